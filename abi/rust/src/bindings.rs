// SPDX-License-Identifier: MIT OR Apache-2.0
// Made by make-bindings from abi/*.h: do not edit.


pub const HMX_UPSTREAM_EVENT_SIZE_VER0: u32 = 160;
pub const HMX_CHANNEL_OPEN_SIZE_VER0: u32 = 216;
pub const HMX_CHANNEL_DECISION_SIZE_VER0: u32 = 64;
pub const HMX_CHANNEL_UPDATE_SIZE_VER0: u32 = 104;
pub const HMX_CHANNEL_CLOSE_SIZE_VER0: u32 = 48;
pub const HMX_SHARE_SIZE_VER0: u32 = 72;
pub const HMX_TICK_SIZE_VER0: u32 = 32;
pub const HMX_DECISION_SIZE_VER0: u32 = 104;
pub const HMX_DECISION_BUF_SIZE_VER0: u32 = 32;
pub const HMX_REASSIGN_SIZE_VER0: u32 = 104;
pub const HMX_ABI_MAJOR: u32 = 1;
pub const HMX_ABI_MINOR: u32 = 0;
pub const HMX_ABI_MAGIC: u32 = 827870536;
pub const HMX_ENTRY_SYMBOL: &[u8; 20usize] = b"hmx_plugin_entry_v1\0";
pub const HMX_NONE: u32 = 0;
pub const HMX_UPSTREAMS_MAX: u32 = 64;
pub const HMX_EXTRANONCE_MAX: u32 = 32;
pub const HMX_ID_SIZE: u32 = 40;
pub const HMX_ADDRESS_SIZE: u32 = 256;
pub const HMX_IDENTITY_SIZE: u32 = 256;
pub const HMX_TEXT_SIZE_VER0: u32 = 24;
pub const HMX_HOST_SIZE_VER0: u32 = 88;
pub const HMX_CREATE_ARGS_SIZE_VER0: u32 = 112;
pub const HMX_RECONFIGURE_ARGS_SIZE_VER0: u32 = 64;
pub const HMX_LOAD_ARGS_SIZE_VER0: u32 = 40;
pub const HMX_UPSTREAM_INFO_SIZE_VER0: u32 = 616;
pub const HMX_UPSTREAM_TABLE_SIZE_VER0: u32 = 24;
pub const HMX_WRITER_SIZE_VER0: u32 = 24;
pub const HMX_READER_SIZE_VER0: u32 = 24;
pub const HMX_OPS_SIZE_VER0: u32 = 120;
pub const HMX_DESCRIPTOR_SIZE_VER0: u32 = 80;
pub const HMX_CAP_REASSIGN: u32 = 1;
pub const HMX_CAP_SHARE_WORK: u32 = 2;
pub const HMX_CAP_EXTRANONCE: u32 = 4;
pub const HMX_CAP_DRAIN_REPORT: u32 = 8;
pub const HMX_CAP_SOFT_MOVE: u32 = 16;
pub const HMX_CAP_REOPEN: u32 = 32;
pub const HMX_CAP_KNOWN: u32 = 63;
pub const HMX_METRICS_ID: &[u8; 18usize] = b"hashmux.metrics/1\0";
pub const HMX_UPSTREAM_METRICS_SIZE_VER0: u32 = 424;
pub const HMX_SNAPSHOT_SIZE_VER0: u32 = 216;
pub const HMX_CHANNEL_METRICS_SIZE_VER0: u32 = 72;
pub const HMX_ADJUSTMENT_SIZE_VER0: u32 = 24;
pub const HMX_ADJUSTMENTS_SIZE_VER0: u32 = 24;
pub const HMX_METRICS_V1_SIZE_VER0: u32 = 48;
pub const HMX_TUNING_ID: &[u8; 17usize] = b"hashmux.tuning/1\0";
pub const HMX_PID_GAINS_SIZE_VER0: u32 = 32;
pub const HMX_TARGET_SIZE_VER0: u32 = 16;
pub const HMX_TARGETS_SIZE_VER0: u32 = 24;
pub const HMX_TUNING_V1_SIZE_VER0: u32 = 104;
pub type __uint8_t = ::std::os::raw::c_uchar;
pub type __int32_t = ::std::os::raw::c_int;
pub type __uint32_t = ::std::os::raw::c_uint;
pub type __uint64_t = ::std::os::raw::c_ulong;
pub const HMX_UNKNOWN: hmx_tri = 0;
pub const HMX_YES: hmx_tri = 1;
pub const HMX_NO: hmx_tri = 2;
pub type hmx_tri = ::std::os::raw::c_uint;
#[doc = " Text or bytes that somebody else owns; valid during the call only. Not NUL-terminated. Frozen"]
#[doc = " layout."]
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct hmx_view {
    #[doc = " may be anything when len is 0"]
    pub data: *const ::core::ffi::c_void,
    #[doc = " bytes; 0 = not given"]
    pub len: u64,
}
impl Default for hmx_view {
    fn default() -> Self {
        let mut s = ::core::mem::MaybeUninit::<Self>::uninit();
        unsafe {
            ::core::ptr::write_bytes(s.as_mut_ptr(), 0, 1);
            s.assume_init()
        }
    }
}
#[doc = " The first member of every event. Frozen layout; `size` is that of the whole event."]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone)]
pub struct hmx_event {
    pub size: u32,
    #[doc = " per event; unknown bits are ignored"]
    pub flags: u32,
    #[doc = " monotonic clock, nanoseconds, never decreasing"]
    pub now_ns: u64,
    #[doc = " strictly increasing per instance"]
    pub seq: u64,
}
pub const HMX_UPSTREAM_CONNECTING: hmx_upstream_state = 1;
pub const HMX_UPSTREAM_UP: hmx_upstream_state = 2;
#[doc = " the host takes no new channel there and will close it"]
pub const HMX_UPSTREAM_DRAINING: hmx_upstream_state = 3;
pub const HMX_UPSTREAM_DOWN: hmx_upstream_state = 4;
pub type hmx_upstream_state = ::std::os::raw::c_uint;
pub const HMX_UPSTREAM_REASON_CONNECT_FAILED: hmx_upstream_reason = 1;
#[doc = " the connection broke: it may be back in a moment, and a plugin may wait so long before"]
#[doc = " anybody leaves; give another reason to what is final"]
pub const HMX_UPSTREAM_REASON_LOST: hmx_upstream_reason = 2;
#[doc = " setup or channel opening was refused"]
pub const HMX_UPSTREAM_REASON_REFUSED: hmx_upstream_reason = 3;
#[doc = " the host's own decision"]
pub const HMX_UPSTREAM_REASON_HOST: hmx_upstream_reason = 4;
pub type hmx_upstream_reason = ::std::os::raw::c_uint;
#[doc = " The whole truth about an upstream, sent whenever any of it changes."]
#[doc = ""]
#[doc = " The extranonce space (spec 5.1.1). A host that aggregates has one upstream channel per pool: it"]
#[doc = " tells the prefix that the pool gave it and the bytes that the pool granted behind that, and the"]
#[doc = " plugin divides those bytes among the channels. A host with one upstream channel per miner and"]
#[doc = " pool has no such space to divide: it says extranonce_size 0 and chooses every prefix itself."]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone)]
pub struct hmx_upstream_event {
    pub event: hmx_event,
    pub upstream: u32,
    #[doc = " HMX_UPSTREAM_*: judged"]
    pub state: u32,
    #[doc = " HMX_UPSTREAM_REASON_*, why it is not up: for the log and metrics"]
    pub reason: u32,
    #[doc = " rollable bytes granted; 0 = the host chooses every prefix on this"]
    #[doc = "pool"]
    pub extranonce_size: u32,
    #[doc = " 0..32; prefix_len + extranonce_size <= 32"]
    pub extranonce_prefix_len: u32,
    #[doc = " hmx_tri: a current job and prev_hash are there. NO = never a destination;"]
    #[doc = "when it stays so for half a minute, a pool to leave"]
    pub has_job: u32,
    #[doc = " hmx_tri: its jobs allow version rolling"]
    pub version_rolling: u32,
    #[doc = " hmx_tri: the pool set REQUIRES_FIXED_VERSION (spec 5.3.1)"]
    pub fixed_version: u32,
    #[doc = " the pool's own prefix for the host's upstream channel"]
    pub extranonce_prefix: [u8; 32usize],
    #[doc = " U256 little-endian: the target that a miner would be given there; all zero = unknown. A"]
    #[doc = " channel that would find less than a share in ten minutes with it is not sent there while"]
    #[doc = " another pool can do better, unless its own max_target is as hard. (An easier target than"]
    #[doc = " max_target forbids nothing: the host gives the miner its max_target then.) A host that sets"]
    #[doc = " each miner's target itself says unknown, and so does one whose upstream channel serves many"]
    #[doc = " miners: its target follows the rate of all of them."]
    pub target: [u8; 32usize],
    #[doc = " all zero = unknown; same tip and nbits on two pools allow soft"]
    #[doc = "moves"]
    pub tip_prev_hash: [u8; 32usize],
    pub tip_nbits: u32,
    pub pad0: u32,
}
pub const HMX_CHANNEL_STANDARD: hmx_channel_kind = 1;
pub const HMX_CHANNEL_EXTENDED: hmx_channel_kind = 2;
pub type hmx_channel_kind = ::std::os::raw::c_uint;
#[doc = " spec 5.3.1"]
pub const HMX_CHANNEL_FLAG_REQUIRES_VERSION_ROLLING: hmx_channel_flag = 1;
#[doc = " work selection: bound to its pool, never moved"]
pub const HMX_CHANNEL_FLAG_CUSTOM_JOBS: hmx_channel_flag = 2;
#[doc = " its group has other members and the host cannot regroup it (spec 5.3.22)"]
pub const HMX_CHANNEL_FLAG_SHARES_GROUP: hmx_channel_flag = 4;
pub type hmx_channel_flag = ::std::os::raw::c_uint;
#[doc = " Sent before the host answers Open*MiningChannel.Success: the answer tells the pool and the"]
#[doc = " prefix."]
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct hmx_channel_open {
    pub event: hmx_event,
    #[doc = " unique in the host, never reused, not 0 (SV2 channel ids are only per"]
    #[doc = "connection)"]
    pub channel: u64,
    #[doc = " downstream connection, not 0"]
    pub connection: u64,
    #[doc = " HMX_CHANNEL_STANDARD or HMX_CHANNEL_EXTENDED: judged"]
    pub kind: u32,
    #[doc = " hmx_tri: the peer obeys SetExtranoncePrefix. NO = an extended one is"]
    #[doc = "never moved by a new prefix"]
    pub honours_prefix: u32,
    #[doc = " HMX_CHANNEL_FLAG_*"]
    pub flags: u32,
    #[doc = " extended: what the peer asked for, 0..32"]
    pub min_extranonce_size: u32,
    #[doc = " extended: what the host promises the peer for life; promise no"]
    #[doc = "more than asked, other pools may grant less. standard: 0"]
    pub extranonce_size: u32,
    #[doc = " HMX_NONE, or where it already works (a host that adds the"]
    #[doc = "plugin to a live farm)"]
    pub current_upstream: u32,
    #[doc = " hashes per second as declared, 0 = unknown"]
    pub nominal_hashrate: f64,
    #[doc = " bit n-1 = upstream n may serve it; 0 = all"]
    pub upstreams_allowed: u64,
    #[doc = " U256 little-endian, easiest target it accepts; all zero ="]
    #[doc = "unknown"]
    pub max_target: [u8; 32usize],
    #[doc = " UTF-8, at most 255 bytes"]
    pub user_identity: hmx_view,
    #[doc = " SetupConnection.vendor, at most 255 bytes, as the next two"]
    pub vendor: hmx_view,
    #[doc = " SetupConnection.hardware_version"]
    pub hardware: hmx_view,
    #[doc = " SetupConnection.firmware"]
    pub firmware: hmx_view,
    #[doc = " with current_upstream: the prefix in force, else 0"]
    pub extranonce_prefix_len: u32,
    pub pad0: u32,
    pub extranonce_prefix: [u8; 32usize],
}
impl Default for hmx_channel_open {
    fn default() -> Self {
        let mut s = ::core::mem::MaybeUninit::<Self>::uninit();
        unsafe {
            ::core::ptr::write_bytes(s.as_mut_ptr(), 0, 1);
            s.assume_init()
        }
    }
}
pub const HMX_ACTION_PASS: hmx_action = 0;
pub const HMX_ACTION_ASSIGN: hmx_action = 1;
pub type hmx_action = ::std::os::raw::c_uint;
#[doc = " Answer to on_channel_open."]
#[doc = ""]
#[doc = " ASSIGN is a fact at once: the channel works for `upstream`. A host that cannot do it says where"]
#[doc = " the channel is by on_reassign with HMX_RESULT_FORCED, or closes it."]
#[doc = ""]
#[doc = " PASS: the plugin placed the channel nowhere; it counts as parked until the host says by"]
#[doc = " on_reassign with HMX_RESULT_FORCED where it put it, or closes it. `reason` tells why:"]
#[doc = "   HMX_REASON_NO_POOL      no upstream can be used yet. Let the peer wait, or place the channel"]
#[doc = "                           where you see fit: it will be offered a pool when there is one."]
#[doc = "   HMX_REASON_CANNOT       no configured upstream could ever serve it: what was promised to it"]
#[doc = "                           (extranonce_size, upstreams_allowed, version rolling) fits none. Refuse"]
#[doc = "                           the opening and close it here."]
#[doc = "   HMX_REASON_OBSERVE      the plugin only watches."]
#[doc = "   HMX_NONE                no opinion: do what you would do without a plugin."]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone)]
pub struct hmx_channel_decision {
    pub size: u32,
    #[doc = " HMX_ACTION_*"]
    pub action: u32,
    #[doc = " with ASSIGN"]
    pub upstream: u32,
    #[doc = " HMX_REASON_*"]
    pub reason: u32,
    #[doc = " echo it in later events of this channel"]
    pub cookie: u64,
    #[doc = " 0 = the host chooses the prefix"]
    pub extranonce_prefix_len: u32,
    pub pad0: u32,
    pub extranonce_prefix: [u8; 32usize],
}
pub const HMX_FACT_NOMINAL_HASHRATE: hmx_channel_fact = 1;
pub const HMX_FACT_MAX_TARGET: hmx_channel_fact = 2;
pub const HMX_FACT_HONOURS_PREFIX: hmx_channel_fact = 4;
pub const HMX_FACT_FLAGS: hmx_channel_fact = 8;
#[doc = " a channel that works where it may no longer is moved away at the next tick"]
pub const HMX_FACT_UPSTREAMS_ALLOWED: hmx_channel_fact = 16;
pub type hmx_channel_fact = ::std::os::raw::c_uint;
#[repr(C)]
#[derive(Debug, Default, Copy, Clone)]
pub struct hmx_channel_update {
    pub event: hmx_event,
    pub channel: u64,
    pub cookie: u64,
    #[doc = " HMX_FACT_* bits: only these fields are read"]
    pub changed: u32,
    pub honours_prefix: u32,
    pub flags: u32,
    pub pad0: u32,
    pub nominal_hashrate: f64,
    pub upstreams_allowed: u64,
    pub max_target: [u8; 32usize],
}
pub const HMX_CLOSE_PEER: hmx_close_reason = 1;
pub const HMX_CLOSE_CONNECTION_LOST: hmx_close_reason = 2;
pub const HMX_CLOSE_HOST: hmx_close_reason = 3;
#[doc = " by the host, to carry out a decision of style HMX_STYLE_REOPEN"]
pub const HMX_CLOSE_REOPEN: hmx_close_reason = 4;
pub type hmx_close_reason = ::std::os::raw::c_uint;
#[doc = " The channel is gone and forgotten; a pending decision about it is void and needs no answer,"]
#[doc = " except one of style HMX_STYLE_REOPEN that is closed with HMX_CLOSE_REOPEN. Its prefix stays"]
#[doc = " reserved until on_reassign(DRAINED) for it arrives, or for the plugin's own hold time when none"]
#[doc = " ever does: byte for byte, also while the pool's own prefix is another. So does the prefix that a"]
#[doc = " channel leaves by a move, and that of a decision which failed or was not answered."]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone)]
pub struct hmx_channel_close {
    pub event: hmx_event,
    pub channel: u64,
    pub cookie: u64,
    #[doc = " HMX_CLOSE_*"]
    pub reason: u32,
    pub pad0: u32,
}
pub const HMX_SHARE_SUBMITTED: hmx_verdict = 1;
pub const HMX_SHARE_ACCEPTED: hmx_verdict = 2;
pub const HMX_SHARE_NOT_FORWARDED: hmx_verdict = 3;
#[doc = " the pool died before it answered"]
pub const HMX_SHARE_LOST: hmx_verdict = 4;
pub const HMX_SHARE_REJECTED_STALE: hmx_verdict = 5;
pub const HMX_SHARE_REJECTED_LOW_DIFFICULTY: hmx_verdict = 6;
pub const HMX_SHARE_REJECTED_DUPLICATE: hmx_verdict = 7;
pub const HMX_SHARE_REJECTED_INVALID_JOB: hmx_verdict = 8;
pub const HMX_SHARE_REJECTED_OTHER: hmx_verdict = 9;
#[doc = " Each share forwarded to a pool is reported twice: SUBMITTED when it goes, then exactly one of"]
#[doc = " ACCEPTED, LOST or REJECTED_*. A valid share that an aggregating host keeps to itself because it"]
#[doc = " misses the pool's target is reported once, NOT_FORWARDED. With HMX_SHARE_FLAG_LOCAL a rejection"]
#[doc = " is the host's own verdict: the pool never saw the share, no SUBMITTED came before it, and it is"]
#[doc = " not held against the pool."]
pub type hmx_verdict = ::std::os::raw::c_uint;
pub const HMX_SHARE_FLAG_LOCAL: hmx_share_flag = 1;
pub type hmx_share_flag = ::std::os::raw::c_uint;
#[doc = " One or more shares of one channel with one verdict. event.flags: HMX_SHARE_FLAG_*."]
#[doc = ""]
#[doc = " Two numbers tell what a share is worth."]
#[doc = "   work    is what the miner proved: the difficulty of the target that the host had set for the"]
#[doc = "           miner's own job, in every verdict."]
#[doc = "   credit  is what the pool counts: the difficulty of the target of the upstream job, credited"]
#[doc = "           (ACCEPTED) or to be credited had it been accepted (SUBMITTED, REJECTED_*, LOST); 0 with"]
#[doc = "           NOT_FORWARDED. 0 otherwise = the same as work."]
#[doc = " Neither is ever the pool's new_shares_sum: that is a truncated integer. How much a pool accepts"]
#[doc = " is a ratio of credit to credit."]
#[doc = ""]
#[doc = " A host that aggregates many miners into one upstream channel has miners with easy targets and a"]
#[doc = " pool with a hard one. Of a miner's shares it forwards those that meet the pool's: SUBMITTED, then"]
#[doc = " the verdict, with work at the miner's difficulty and credit at the pool's, which is larger. The"]
#[doc = " others it reports NOT_FORWARDED, with work. So the work of all shares together measures the"]
#[doc = " miner, and the credit of the accepted ones what the pool pays for. A host with one upstream"]
#[doc = " channel per miner, whose miners work at the pool's target, leaves credit 0."]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone)]
pub struct hmx_share {
    pub event: hmx_event,
    pub channel: u64,
    pub cookie: u64,
    #[doc = " of the job, which after a move may not be the channel's"]
    pub upstream: u32,
    #[doc = " HMX_SHARE_*: judged"]
    pub verdict: u32,
    #[doc = " shares, 1 or more: pools acknowledge in batches"]
    pub count: u32,
    pub pad0: u32,
    #[doc = " sum over the shares, > 0, at most 1e30"]
    pub work: f64,
    #[doc = " sum over the shares, >= 0, at most 1e30"]
    pub credit: f64,
}
#[doc = " ---- ticks, decisions, outcomes ----"]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone)]
pub struct hmx_tick {
    pub event: hmx_event,
    #[doc = " wall clock, for schedules and messages"]
    pub unix_ms: u64,
}
#[doc = " work for another upstream from now on"]
pub const HMX_DECISION_MOVE: hmx_decision_kind = 1;
#[doc = " same upstream, new prefix (the pool changed its own)"]
pub const HMX_DECISION_PREFIX: hmx_decision_kind = 2;
pub type hmx_decision_kind = ::std::os::raw::c_uint;
pub const HMX_STYLE_HARD: hmx_style = 0;
pub const HMX_STYLE_SOFT_ALLOWED: hmx_style = 1;
pub const HMX_STYLE_REOPEN: hmx_style = 2;
#[doc = " How a move is carried out (spec 5.3.14 to 5.3.17)."]
#[doc = ""]
#[doc = " HARD: SetExtranoncePrefix, SetTarget where it changes, the new pool's job as a future job, then"]
#[doc = " SetNewPrevHash."]
#[doc = ""]
#[doc = " SOFT: both pools are on one tip, so a non-future job will do and nothing goes stale. The host"]
#[doc = " raises the job's min_ntime to the miner's own tip: to the largest min_ntime and ntime that the"]
#[doc = " miner was given for this prev_hash. Without it client code refuses every share of the new job,"]
#[doc = " and nobody sees why."]
#[doc = ""]
#[doc = " REOPEN: for a peer that is known not to obey SetExtranoncePrefix, and only to a host with"]
#[doc = " HMX_CAP_REOPEN. The host closes the channel (CloseChannel; on_channel_close with"]
#[doc = " HMX_CLOSE_REOPEN), the peer opens again, and on_channel_open places the one that comes with the"]
#[doc = " same user_identity, vendor and hardware (the first of several) where the decision said: that is"]
#[doc = " its APPLIED, no on_reassign is sent. The decision stays pending meanwhile. When nobody came by"]
#[doc = " valid_until_ns it has failed; after two failures this identity is never reopened again, since"]
#[doc = " such a device may have gone to another pool for good. A host that will not close the channel"]
#[doc = " answers REFUSED as ever."]
pub type hmx_style = ::std::os::raw::c_uint;
#[doc = " a new channel"]
pub const HMX_REASON_ARRIVAL: hmx_reason = 1;
#[doc = " it already worked there"]
pub const HMX_REASON_ADOPTED: hmx_reason = 2;
#[doc = " towards the targets"]
pub const HMX_REASON_BALANCE: hmx_reason = 3;
#[doc = " its upstream is down, disabled, removed, has target 0, or may not"]
#[doc = "serve it any more"]
pub const HMX_REASON_EVACUATION: hmx_reason = 4;
pub const HMX_REASON_PIN: hmx_reason = 5;
#[doc = " the pool's own prefix changed"]
pub const HMX_REASON_PREFIX: hmx_reason = 6;
pub const HMX_REASON_OPERATOR: hmx_reason = 7;
#[doc = " with PASS, as the next two"]
pub const HMX_REASON_NO_POOL: hmx_reason = 8;
pub const HMX_REASON_CANNOT: hmx_reason = 9;
pub const HMX_REASON_OBSERVE: hmx_reason = 10;
#[doc = " Why a channel was placed, moved or passed; also hmx_reassign.cause."]
pub type hmx_reason = ::std::os::raw::c_uint;
#[doc = " An instruction to the host."]
#[doc = ""]
#[doc = " The length of a prefix. The coinbase has one length on a pool, so an extended channel's prefix"]
#[doc = " and its own extranonce_size together are as long as the pool's prefix and its grant together; a"]
#[doc = " standard channel's prefix is all of that. hashmux writes the pool's prefix, the instance's index"]
#[doc = " (instance_count > 1: the bytes that hold instance_count - 1), the channel's index of one width W,"]
#[doc = " and zeros. W is the fewest bytes, 1 to 4, whose 256^W numbers are at least twice the channels"]
#[doc = " that the instance may have (channels_max), and at most what the grant leaves beside the index of"]
#[doc = " the instance and the largest extranonce_size promised to a channel that came there: as few as the"]
#[doc = " channels that are there need. It gets no narrower than twice the prefixes in use fit: a channel"]
#[doc = " that needs more than that leaves is not sent there."]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone)]
pub struct hmx_decision {
    pub size: u32,
    #[doc = " HMX_DECISION_*"]
    pub kind: u32,
    #[doc = " its number, > 0, strictly increasing"]
    pub decision: u64,
    pub channel: u64,
    pub cookie: u64,
    #[doc = " upstream it works for now"]
    pub from: u32,
    pub to: u32,
    #[doc = " HMX_STYLE_*"]
    pub style: u32,
    #[doc = " HMX_REASON_*"]
    pub reason: u32,
    #[doc = " hashes per second that move with it, the plugin's estimate"]
    pub expected_hashrate: f64,
    #[doc = " The last moment at which an answer counts. From then on (now_ns > valid_until_ns) the"]
    #[doc = " decision is no longer pending; an APPLIED that comes still later is a fact all the same."]
    pub valid_until_ns: u64,
    #[doc = " 0 = the host chooses"]
    pub extranonce_prefix_len: u32,
    pub pad0: u32,
    pub extranonce_prefix: [u8; 32usize],
}
#[doc = " Host sets size, stride, capacity and rows (zeroed, each row's size preset); plugin sets count and"]
#[doc = " more."]
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct hmx_decision_buf {
    pub size: u32,
    pub stride: u32,
    #[doc = " rows that fit; 0 is allowed"]
    pub capacity: u32,
    #[doc = " out: rows written. Only what is listed is pending"]
    pub count: u32,
    #[doc = " out: 1 = there is more, call on_tick again with the same now_ns"]
    pub more: u32,
    pub pad0: u32,
    pub rows: *mut hmx_decision,
}
impl Default for hmx_decision_buf {
    fn default() -> Self {
        let mut s = ::core::mem::MaybeUninit::<Self>::uninit();
        unsafe {
            ::core::ptr::write_bytes(s.as_mut_ptr(), 0, 1);
            s.assume_init()
        }
    }
}
#[doc = " The frames of the move were written: only here an assignment becomes fact. It is one however"]
#[doc = " late it comes (of the last eight about the channel that were not answered in time): the"]
#[doc = " channel is where `to` says, and another decision that is pending about it is void (its answer"]
#[doc = " is HMX_E_STATE)."]
pub const HMX_RESULT_APPLIED: hmx_result = 1;
#[doc = " Not legal or not wanted, nothing was sent; the channel stays where it was."]
pub const HMX_RESULT_REFUSED: hmx_result = 2;
#[doc = " Tried and failed; the channel is where `to` says, normally where it was. The miner may have"]
#[doc = " seen the new prefix: it stays reserved until it is drained."]
pub const HMX_RESULT_FAILED: hmx_result = 3;
#[doc = " The host moved it on its own (decision 0). `to` may be HMX_NONE: parked. A pending decision"]
#[doc = " about the channel is void."]
pub const HMX_RESULT_FORCED: hmx_result = 4;
#[doc = " No job of the prefix given here, byte for byte, is valid any more: it may be used again. Also"]
#[doc = " legal for a pool that was removed and is forgotten."]
pub const HMX_RESULT_DRAINED: hmx_result = 5;
pub type hmx_result = ::std::os::raw::c_uint;
#[doc = " What became of a decision, or what the host did on its own."]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone)]
pub struct hmx_reassign {
    pub event: hmx_event,
    #[doc = " as in hmx_decision; 0 with FORCED and DRAINED"]
    pub decision: u64,
    pub channel: u64,
    pub cookie: u64,
    pub from: u32,
    #[doc = " With DRAINED: HMX_NONE, and `from` is the pool of the prefix. A pool that was removed and is"]
    #[doc = " forgotten counts as HMX_NONE: the channel is parked."]
    pub to: u32,
    #[doc = " HMX_RESULT_*: judged"]
    pub result: u32,
    #[doc = " host's own code for the audit line, 0 = none given"]
    pub cause: u32,
    #[doc = " in force now, 0 = not told, and as before where the channel stays; with DRAINED: the one that"]
    #[doc = " is free again"]
    pub extranonce_prefix_len: u32,
    pub pad0: u32,
    pub extranonce_prefix: [u8; 32usize],
}
#[doc = " What a hook returns: one of these, or a later version's positive remark (rule 6)."]
pub type hmx_status = i32;
pub const HMX_OK: hmx_status_code = 0;
#[doc = " an argument breaks a rule of this header; nothing changed"]
pub const HMX_E_INVALID: hmx_status_code = -1;
#[doc = " asked for something that this plugin does not do; nothing changed"]
pub const HMX_E_UNSUPPORTED: hmx_status_code = -2;
#[doc = " the host's alloc returned NULL; nothing changed"]
pub const HMX_E_NOMEM: hmx_status_code = -3;
#[doc = " a limit given at create is reached; nothing changed"]
pub const HMX_E_LIMIT: hmx_status_code = -4;
#[doc = " not now: unknown channel, answer to a decision that is not pending,"]
#[doc = "...; nothing changed"]
pub const HMX_E_STATE: hmx_status_code = -5;
#[doc = " the configuration is refused; the text says where and why"]
pub const HMX_E_CONFIG: hmx_status_code = -6;
#[doc = " saved state is damaged; nothing was loaded"]
pub const HMX_E_CORRUPT: hmx_status_code = -7;
#[doc = " a file or stream could not be read or written"]
pub const HMX_E_IO: hmx_status_code = -8;
#[doc = " this and below: the instance is poisoned, only destroy may follow"]
pub const HMX_E_FATAL: hmx_status_code = -100;
pub type hmx_status_code = ::std::os::raw::c_int;
pub const HMX_LOG_ERROR: hmx_log_level = 1;
pub const HMX_LOG_WARN: hmx_log_level = 2;
pub const HMX_LOG_INFO: hmx_log_level = 3;
pub const HMX_LOG_DEBUG: hmx_log_level = 4;
pub type hmx_log_level = ::std::os::raw::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct hmx_instance {
    _unused: [u8; 0],
}
#[doc = " ---- the hooks ----"]
#[doc = ""]
#[doc = " Each tells what it does, when it may be called, what it returns beside HMX_OK, and what it may"]
#[doc = " write. Every hook may return HMX_E_INVALID (a rule of this header is broken), HMX_E_NOMEM where"]
#[doc = " it is not [hot], and a status <= HMX_E_FATAL. `self` is never NULL."]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone)]
pub struct hmx_ops {
    pub size: u32,
    pub pad0: u32,
    #[doc = " [control] Makes an instance: reads and validates the whole configuration."]
    #[doc = " Returns: HMX_E_CONFIG the configuration is refused, args->why tells why, line by line;"]
    #[doc = "          HMX_E_IO the file cannot be read; HMX_E_LIMIT a limit of args is too high;"]
    #[doc = "          HMX_E_UNSUPPORTED a flag or tail of args is not known."]
    #[doc = " In:   host and args. host is copied; its ctx and strings must outlive destroy."]
    #[doc = " Out:  *out, on HMX_OK only."]
    #[doc = " Required."]
    pub create: ::core::option::Option<
        unsafe extern "C" fn(
            host: *const hmx_host,
            args: *const hmx_create_args,
            out: *mut *mut hmx_instance,
        ) -> hmx_status,
    >,
    #[doc = " [instance] Ends an instance and frees all that it holds. Legal at any time after create, also"]
    #[doc = " after a fatal status. Required."]
    pub destroy: ::core::option::Option<unsafe extern "C" fn(self_: *mut hmx_instance)>,
    #[doc = " [instance] Tells the upstreams to connect to. Call it after create and after each"]
    #[doc = " reconfigure."]
    #[doc = " Out:  rows up to out->capacity, and out->count: how many there are."]
    pub upstreams: ::core::option::Option<
        unsafe extern "C" fn(self_: *mut hmx_instance, out: *mut hmx_upstream_table) -> hmx_status,
    >,
    #[doc = " [instance] A pool's connection or facts changed. Send the whole truth each time. Until UP"]
    #[doc = " arrives an upstream counts as down. Also legal for an upstream that was removed and is"]
    #[doc = " forgotten: then it is noted and ignored."]
    pub on_upstream: ::core::option::Option<
        unsafe extern "C" fn(
            self_: *mut hmx_instance,
            event: *const hmx_upstream_event,
        ) -> hmx_status,
    >,
    #[doc = " [instance] A channel wants to open: where? Call it before Open*MiningChannel.Success."]
    #[doc = " Returns: HMX_E_LIMIT channels_max are open; HMX_E_STATE the channel is open already;"]
    #[doc = "          HMX_E_INVALID, among others, the prefix in force of a channel that already works"]
    #[doc = "          somewhere collides with that of another one there (the log says whose): one begins"]
    #[doc = "          with the other."]
    #[doc = "          After each of these, and after any other negative status, the channel is not known"]
    #[doc = "          here: the same channel number may be tried again."]
    #[doc = " Out:  *out: ASSIGN or PASS (see hmx_channel_decision). After both the channel is known."]
    pub on_channel_open: ::core::option::Option<
        unsafe extern "C" fn(
            self_: *mut hmx_instance,
            event: *const hmx_channel_open,
            out: *mut hmx_channel_decision,
        ) -> hmx_status,
    >,
    #[doc = " [instance] Facts of an open channel changed."]
    #[doc = " Returns: HMX_E_STATE the channel is not known."]
    pub on_channel_update: ::core::option::Option<
        unsafe extern "C" fn(
            self_: *mut hmx_instance,
            event: *const hmx_channel_update,
        ) -> hmx_status,
    >,
    #[doc = " [instance] A channel is gone."]
    #[doc = " Returns: HMX_E_STATE the channel is not known."]
    pub on_channel_close: ::core::option::Option<
        unsafe extern "C" fn(
            self_: *mut hmx_instance,
            event: *const hmx_channel_close,
        ) -> hmx_status,
    >,
    #[doc = " [instance, hot] Shares of a channel. Also legal for a channel that closed lately, and for a"]
    #[doc = " pool that was removed: the first still counts for its pool, the second for nobody."]
    pub on_share: ::core::option::Option<
        unsafe extern "C" fn(self_: *mut hmx_instance, event: *const hmx_share) -> hmx_status,
    >,
    #[doc = " [instance] Time passed. Call it at least every second; more often does no harm. What is wrong"]
    #[doc = " is judged once per evaluation interval, the pools' health (and the end of a hold-down) once"]
    #[doc = " per health_check_interval_secs; who has to leave a dead pool leaves at once, or some seconds"]
    #[doc = " later where its connection broke (HMX_UPSTREAM_REASON_LOST) and may be back: three, or more"]
    #[doc = " if it broke within the hour too and was back soon then."]
    #[doc = " Out:  decisions to carry out, up to out->capacity; with out->more the call is repeated with"]
    #[doc = "       the same now_ns (and the next seq) until there are no more."]
    pub on_tick: ::core::option::Option<
        unsafe extern "C" fn(
            self_: *mut hmx_instance,
            event: *const hmx_tick,
            out: *mut hmx_decision_buf,
        ) -> hmx_status,
    >,
    #[doc = " [instance] What became of a decision, or what the host did on its own (see hmx_reassign)."]
    #[doc = " Returns: HMX_E_STATE the channel is not known, the decision was answered before or is none of"]
    #[doc = "          this channel, or (DRAINED) that prefix is not held. A late or double answer that"]
    #[doc = "          changes nothing is no harm."]
    pub on_reassign: ::core::option::Option<
        unsafe extern "C" fn(self_: *mut hmx_instance, event: *const hmx_reassign) -> hmx_status,
    >,
    #[doc = " [instance] Writes what was learned. Between events; no event itself: an instance that saves"]
    #[doc = " decides as one that does not. The bytes are deterministic."]
    #[doc = " Returns: HMX_E_IO the writer failed: the bytes are worth nothing."]
    pub save: ::core::option::Option<
        unsafe extern "C" fn(self_: *mut hmx_instance, to: *const hmx_writer) -> hmx_status,
    >,
    #[doc = " [instance] Takes over what save wrote: all or nothing, on a fresh instance, before the first"]
    #[doc = " event."]
    #[doc = " Returns: HMX_E_STATE too late, or for the second time; HMX_E_CORRUPT damaged, cut off, empty;"]
    #[doc = "          HMX_E_UNSUPPORTED of a newer version; HMX_E_IO the reader failed. In each case the"]
    #[doc = "          instance goes on without the state, and args->why has the sentence."]
    pub load: ::core::option::Option<
        unsafe extern "C" fn(self_: *mut hmx_instance, args: *const hmx_load_args) -> hmx_status,
    >,
    #[doc = " [instance] A new configuration as a whole, or nothing. Call upstreams afterwards."]
    #[doc = " Returns: as create."]
    pub reconfigure: ::core::option::Option<
        unsafe extern "C" fn(
            self_: *mut hmx_instance,
            args: *const hmx_reconfigure_args,
        ) -> hmx_status,
    >,
    #[doc = " [instance] A static table by id (\"hashmux.tuning/1\"), or NULL: its first member is its size,"]
    #[doc = " and a member may be NULL. A plugin that wraps another asks it through its own instance."]
    pub get_extension: ::core::option::Option<
        unsafe extern "C" fn(
            self_: *mut hmx_instance,
            id: *const ::std::os::raw::c_char,
        ) -> *const ::core::ffi::c_void,
    >,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct hmx_descriptor {
    pub size: u32,
    #[doc = " HMX_ABI_MAGIC"]
    pub magic: u32,
    #[doc = " HMX_ABI_MAJOR"]
    pub abi_major: u32,
    #[doc = " of the header that the plugin was compiled with"]
    pub abi_minor: u32,
    #[doc = " an older host is refused"]
    pub min_host_minor: u32,
    pub pad0: u32,
    #[doc = " HMX_CAP_* that the plugin makes use of"]
    pub caps: u64,
    #[doc = " HMX_CAP_* without which it cannot work; an unknown bit is refused too"]
    pub needs: u64,
    #[doc = " reverse DNS, 1..127 printable ASCII characters"]
    pub id: *const ::std::os::raw::c_char,
    #[doc = " for people, 1..127 bytes of UTF-8"]
    pub name: *const ::std::os::raw::c_char,
    #[doc = " semantic version, 1..31 printable ASCII characters"]
    pub version: *const ::std::os::raw::c_char,
    #[doc = " free text, 0..127 printable ASCII characters; never NULL"]
    pub build: *const ::std::os::raw::c_char,
    pub ops: *const hmx_ops,
}
impl Default for hmx_descriptor {
    fn default() -> Self {
        let mut s = ::core::mem::MaybeUninit::<Self>::uninit();
        unsafe {
            ::core::ptr::write_bytes(s.as_mut_ptr(), 0, 1);
            s.assume_init()
        }
    }
}
pub type hmx_plugin_entry_fn =
    ::core::option::Option<unsafe extern "C" fn() -> *const hmx_descriptor>;
#[doc = " ---- the host, as the plugin sees it ----"]
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct hmx_host {
    pub size: u32,
    #[doc = " HMX_ABI_MAJOR and _MINOR of the host's header"]
    pub abi_major: u32,
    pub abi_minor: u32,
    pub pad0: u32,
    #[doc = " HMX_CAP_* bits that this host offers"]
    pub caps: u64,
    #[doc = " passed back as the first argument of each callback"]
    pub ctx: *mut ::core::ffi::c_void,
    #[doc = " [any-thread] One line for people, no newline, not NUL-terminated. May be NULL."]
    pub log: ::core::option::Option<
        unsafe extern "C" fn(
            ctx: *mut ::core::ffi::c_void,
            level: u32,
            text: *const ::std::os::raw::c_char,
            len: u64,
        ),
    >,
    #[doc = " [instance] One finished JSON line for one decision or outcome, with hmx_reassign.cause; the"]
    #[doc = " host stores it. May be NULL."]
    pub audit: ::core::option::Option<
        unsafe extern "C" fn(
            ctx: *mut ::core::ffi::c_void,
            json: *const ::std::os::raw::c_char,
            len: u64,
        ),
    >,
    #[doc = " [instance] `size` > 0 bytes aligned to `align` (a power of two, <= 4096), or NULL. Contents"]
    #[doc = " undefined."]
    pub alloc: ::core::option::Option<
        unsafe extern "C" fn(
            ctx: *mut ::core::ffi::c_void,
            size: u64,
            align: u64,
        ) -> *mut ::core::ffi::c_void,
    >,
    #[doc = " [instance] Gives back what alloc returned, with the same size and align. p is never NULL."]
    pub free: ::core::option::Option<
        unsafe extern "C" fn(
            ctx: *mut ::core::ffi::c_void,
            p: *mut ::core::ffi::c_void,
            size: u64,
            align: u64,
        ),
    >,
    #[doc = " [any-thread] Asks for an on_tick soon, for example because a pool died. May be NULL."]
    pub request_tick: ::core::option::Option<unsafe extern "C" fn(ctx: *mut ::core::ffi::c_void)>,
    #[doc = " who the host is, for the log: printable UTF-8; may be NULL"]
    pub name: *const ::std::os::raw::c_char,
    #[doc = " of the host; may be NULL"]
    pub version: *const ::std::os::raw::c_char,
}
impl Default for hmx_host {
    fn default() -> Self {
        let mut s = ::core::mem::MaybeUninit::<Self>::uninit();
        unsafe {
            ::core::ptr::write_bytes(s.as_mut_ptr(), 0, 1);
            s.assume_init()
        }
    }
}
#[doc = " Where a refusal puts its sentence. The caller owns `data`; a plugin writes at most `capacity`"]
#[doc = " bytes, NUL included, and sets `len` (bytes before the NUL, cut when it does not fit). Everywhere"]
#[doc = " it may be NULL."]
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct hmx_text {
    pub size: u32,
    #[doc = " out"]
    pub len: u32,
    pub data: *mut ::std::os::raw::c_char,
    #[doc = " bytes at data; 0 = write nothing"]
    pub capacity: u64,
}
impl Default for hmx_text {
    fn default() -> Self {
        let mut s = ::core::mem::MaybeUninit::<Self>::uninit();
        unsafe {
            ::core::ptr::write_bytes(s.as_mut_ptr(), 0, 1);
            s.assume_init()
        }
    }
}
#[doc = " ---- lifecycle ----"]
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct hmx_create_args {
    pub size: u32,
    #[doc = " none defined: 0"]
    pub flags: u32,
    #[doc = " a path (no NUL inside): exactly one of path and text is given"]
    pub config_path: hmx_view,
    #[doc = " the configuration itself, UTF-8"]
    pub config_text: hmx_view,
    #[doc = " all randomness of the instance comes from here"]
    pub seed: [u8; 32usize],
    #[doc = " monotonic clock, nanoseconds"]
    pub now_ns: u64,
    #[doc = " wall clock, milliseconds since 1970, as everywhere: for schedules,"]
    #[doc = "the age of a saved state, and the audit; never for a decision's"]
    #[doc = "time, which is now_ns"]
    pub unix_ms: u64,
    #[doc = " most channels open at once; on_channel_open beyond it answers"]
    #[doc = "HMX_E_LIMIT; 0 = 65536"]
    pub channels_max: u32,
    #[doc = " most upstreams that the host handles, 1..64; 0 = 64"]
    pub upstreams_max: u32,
    #[doc = " 0..instance_count-1: becomes part of the prefixes that this instance"]
    #[doc = "allocates"]
    pub instance_index: u32,
    #[doc = " that share the pools' extranonce spaces; 0 and 1 mean one"]
    pub instance_count: u32,
    #[doc = " gets the reasons of a refusal, one per line; may be NULL"]
    pub why: *mut hmx_text,
}
impl Default for hmx_create_args {
    fn default() -> Self {
        let mut s = ::core::mem::MaybeUninit::<Self>::uninit();
        unsafe {
            ::core::ptr::write_bytes(s.as_mut_ptr(), 0, 1);
            s.assume_init()
        }
    }
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct hmx_reconfigure_args {
    pub size: u32,
    #[doc = " none defined: 0"]
    pub flags: u32,
    pub config_path: hmx_view,
    pub config_text: hmx_view,
    pub now_ns: u64,
    pub unix_ms: u64,
    pub why: *mut hmx_text,
}
impl Default for hmx_reconfigure_args {
    fn default() -> Self {
        let mut s = ::core::mem::MaybeUninit::<Self>::uninit();
        unsafe {
            ::core::ptr::write_bytes(s.as_mut_ptr(), 0, 1);
            s.assume_init()
        }
    }
}
#[doc = " A stream that the host gives to save and to write_config. write returns HMX_OK or HMX_E_IO."]
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct hmx_writer {
    pub size: u32,
    pub pad0: u32,
    pub ctx: *mut ::core::ffi::c_void,
    pub write: ::core::option::Option<
        unsafe extern "C" fn(
            ctx: *mut ::core::ffi::c_void,
            data: *const ::core::ffi::c_void,
            len: u64,
        ) -> hmx_status,
    >,
}
impl Default for hmx_writer {
    fn default() -> Self {
        let mut s = ::core::mem::MaybeUninit::<Self>::uninit();
        unsafe {
            ::core::ptr::write_bytes(s.as_mut_ptr(), 0, 1);
            s.assume_init()
        }
    }
}
#[doc = " A stream that the host gives to load: read fills up to `capacity` bytes, *len = 0 at the end, and"]
#[doc = " returns HMX_OK or HMX_E_IO."]
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct hmx_reader {
    pub size: u32,
    pub pad0: u32,
    pub ctx: *mut ::core::ffi::c_void,
    pub read: ::core::option::Option<
        unsafe extern "C" fn(
            ctx: *mut ::core::ffi::c_void,
            data: *mut ::core::ffi::c_void,
            capacity: u64,
            len: *mut u64,
        ) -> hmx_status,
    >,
}
impl Default for hmx_reader {
    fn default() -> Self {
        let mut s = ::core::mem::MaybeUninit::<Self>::uninit();
        unsafe {
            ::core::ptr::write_bytes(s.as_mut_ptr(), 0, 1);
            s.assume_init()
        }
    }
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct hmx_load_args {
    pub size: u32,
    #[doc = " none defined: 0"]
    pub flags: u32,
    #[doc = " on the clock of this process"]
    pub now_ns: u64,
    pub unix_ms: u64,
    pub from: *const hmx_reader,
    #[doc = " gets the reason of a refusal; may be NULL"]
    pub why: *mut hmx_text,
}
impl Default for hmx_load_args {
    fn default() -> Self {
        let mut s = ::core::mem::MaybeUninit::<Self>::uninit();
        unsafe {
            ::core::ptr::write_bytes(s.as_mut_ptr(), 0, 1);
            s.assume_init()
        }
    }
}
pub const HMX_UPSTREAM_FLAG_ENABLED: hmx_upstream_flag = 1;
#[doc = " authority_key is set"]
pub const HMX_UPSTREAM_FLAG_HAS_KEY: hmx_upstream_flag = 2;
#[doc = " no longer configured; keep the connection until its channels have left"]
pub const HMX_UPSTREAM_FLAG_REMOVED: hmx_upstream_flag = 4;
pub type hmx_upstream_flag = ::std::os::raw::c_uint;
#[doc = " One row of the table from which the host connects. Unique is address, port and user_identity"]
#[doc = " together: two accounts at one pool are two upstreams."]
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct hmx_upstream_info {
    pub size: u32,
    #[doc = " 1..64; the same id keeps its number over reconfigure"]
    pub upstream: u32,
    #[doc = " smaller is preferred; unique"]
    pub priority: u32,
    #[doc = " HMX_UPSTREAM_FLAG_*"]
    pub flags: u32,
    #[doc = " configured target, 0..100"]
    pub percentage: f64,
    #[doc = " 1..65535"]
    pub port: u32,
    #[doc = " how often grey pools are judged; a hint for the host's"]
    #[doc = "own checks"]
    pub health_check_interval_secs: u32,
    #[doc = " x-only secp256k1 key (spec 4.7); whether it lies on the"]
    #[doc = "curve is not checked"]
    pub authority_key: [u8; 32usize],
    #[doc = " NUL-terminated, [a-z0-9_-]"]
    pub id: [::std::os::raw::c_char; 40usize],
    #[doc = " NUL-terminated host name or address"]
    pub address: [::std::os::raw::c_char; 256usize],
    #[doc = " NUL-terminated UTF-8: the account with which the host opens its channels there"]
    #[doc = " (Open*MiningChannel.user_identity, spec 5.3.2); empty = the host's own choice"]
    pub user_identity: [::std::os::raw::c_char; 256usize],
}
impl Default for hmx_upstream_info {
    fn default() -> Self {
        let mut s = ::core::mem::MaybeUninit::<Self>::uninit();
        unsafe {
            ::core::ptr::write_bytes(s.as_mut_ptr(), 0, 1);
            s.assume_init()
        }
    }
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct hmx_upstream_table {
    pub size: u32,
    #[doc = " in: bytes from one row to the next; each row's size is preset"]
    pub stride: u32,
    #[doc = " in: rows that fit"]
    pub capacity: u32,
    #[doc = " out: rows that exist; those beyond capacity were not written"]
    pub count: u32,
    pub rows: *mut hmx_upstream_info,
}
impl Default for hmx_upstream_table {
    fn default() -> Self {
        let mut s = ::core::mem::MaybeUninit::<Self>::uninit();
        unsafe {
            ::core::ptr::write_bytes(s.as_mut_ptr(), 0, 1);
            s.assume_init()
        }
    }
}
#[doc = " Number of shares and the sum of their difficulties. Embedded by value; frozen layout."]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone)]
pub struct hmx_tally {
    pub count: u64,
    pub work: f64,
}
pub const HMX_ROW_ENABLED: hmx_row_flag = 1;
#[doc = " the host said UP"]
pub const HMX_ROW_UP: hmx_row_flag = 2;
#[doc = " enabled, up and with a job: may receive channels"]
pub const HMX_ROW_USABLE: hmx_row_flag = 4;
#[doc = " no longer configured, channels are leaving"]
pub const HMX_ROW_REMOVED: hmx_row_flag = 8;
#[doc = " connected, but rejects or swallows shares: nobody is sent there, but"]
#[doc = "for one small channel that may watch it"]
pub const HMX_ROW_GREY: hmx_row_flag = 16;
#[doc = " Failed too often lately: waits before it is used again. When the wait is over it is judged at"]
#[doc = " the next health check (health_check_interval_secs), or when the host next reports it; until"]
#[doc = " then it has neither this flag nor HMX_ROW_USABLE."]
pub const HMX_ROW_HELD_DOWN: hmx_row_flag = 32;
#[doc = " It grants fewer extranonce bytes than some channels need, which cannot work there: it gets no"]
#[doc = " more than the others give."]
pub const HMX_ROW_SHORT_GRANT: hmx_row_flag = 64;
#[doc = " Moves to it are refused or fail, one after the other: they are tried ever more rarely."]
pub const HMX_ROW_MOVES_FAIL: hmx_row_flag = 128;
pub type hmx_row_flag = ::std::os::raw::c_uint;
#[doc = " it takes part in full"]
pub const HMX_OUT_NONE: hmx_out_reason = 0;
#[doc = " no longer configured"]
pub const HMX_OUT_REMOVED: hmx_out_reason = 1;
#[doc = " by the owner"]
pub const HMX_OUT_DISABLED: hmx_out_reason = 2;
#[doc = " it failed while auto_restore is off: until a reconfigure"]
pub const HMX_OUT_LATCHED: hmx_out_reason = 3;
#[doc = " as the host says"]
pub const HMX_OUT_DOWN: hmx_out_reason = 4;
#[doc = " up, and without a job"]
pub const HMX_OUT_NO_JOB: hmx_out_reason = 5;
#[doc = " it failed too often lately"]
pub const HMX_OUT_HELD: hmx_out_reason = 6;
#[doc = " it rejects more than grey_reject_pct"]
pub const HMX_OUT_REJECTS: hmx_out_reason = 7;
#[doc = " it answers nothing"]
pub const HMX_OUT_SILENT: hmx_out_reason = 8;
#[doc = " it is tried again, with a small share that grows"]
pub const HMX_OUT_TRIAL: hmx_out_reason = 9;
#[doc = " Why a pool gets no work, or less than its target; the first that holds."]
pub type hmx_out_reason = ::std::os::raw::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct hmx_upstream_metrics {
    pub size: u32,
    pub upstream: u32,
    #[doc = " HMX_ROW_*"]
    pub flags: u32,
    pub priority: u32,
    #[doc = " assigned (a pending move still counts where it is)"]
    pub channels: u32,
    #[doc = " moves under way to here"]
    pub pending_in: u32,
    pub pending_out: u32,
    #[doc = " HMX_UPSTREAM_*, as the host said last; 0 = it said nothing yet"]
    pub state: u32,
    #[doc = " configured"]
    pub target_pct: f64,
    #[doc = " after health and enabled flags: what the controller steers to"]
    pub effective_pct: f64,
    #[doc = " wanted allocation: effective target + correction, not clamped: below 0"]
    #[doc = "or above 100 where a debt asks for more than a pool can give"]
    pub command_pct: f64,
    #[doc = " share of the estimated hashrate, pending moves counted at their"]
    #[doc = "destination"]
    pub allocated_pct: f64,
    #[doc = " delivered work over the measurement window; 0 while has_actual is not"]
    #[doc = "HMX_YES"]
    pub actual_pct: f64,
    #[doc = " delivered work since create; 0 while there is none"]
    pub delivered_pct: f64,
    #[doc = " hmx_tri: YES while any work that was delivered lies in the window"]
    pub has_actual: u32,
    #[doc = " HMX_UPSTREAM_REASON_*, why it is not up, as the host said last"]
    pub reason: u32,
    #[doc = " estimate of the channels assigned here, hashes per second"]
    pub hashrate: f64,
    #[doc = " accepted / (accepted + rejected), credit by credit; 100 while there is"]
    #[doc = "no verdict"]
    pub acceptance_pct: f64,
    pub submitted: hmx_tally,
    pub accepted: hmx_tally,
    pub not_forwarded: hmx_tally,
    pub lost: hmx_tally,
    pub rejected_stale: hmx_tally,
    pub rejected_low_difficulty: hmx_tally,
    pub rejected_duplicate: hmx_tally,
    pub rejected_invalid_job: hmx_tally,
    pub rejected_other: hmx_tally,
    #[doc = " the host's own verdicts; in no other number"]
    pub rejected_local: hmx_tally,
    #[doc = " P input: setpoint - measurement"]
    pub error_points: f64,
    #[doc = " I input"]
    pub integral_point_min: f64,
    #[doc = " the three terms of the controller and their sum"]
    pub p_points: f64,
    pub i_points: f64,
    pub d_points: f64,
    pub output_points: f64,
    #[doc = " what an absolute target or a min lacks, hashes per second"]
    pub missing_hashrate: f64,
    #[doc = " What will work here when the pool can be used: state it upstream (the nominal_hashrate of the"]
    #[doc = " host's channel there). Also told while the pool has no job yet, and before a first move."]
    pub wanted_hashrate: f64,
    pub id: [::std::os::raw::c_char; 40usize],
    #[doc = " HMX_OUT_*"]
    pub out_reason: u32,
    pub pad0: u32,
    #[doc = " when that may end, by the host's monotonic clock; 0 = not known"]
    pub out_until_ns: u64,
    #[doc = " with HMX_OUT_TRIAL: at most so much of the farm; else 0"]
    pub trial_pct: f64,
    #[doc = " by which it was short-changed so far and may still be paid; less than"]
    #[doc = "0: what it got too much"]
    pub owed_work: f64,
    #[doc = " submitted, and no verdict yet: counted as delivered"]
    pub provisional_work: f64,
    #[doc = " delivered since create without that"]
    pub confirmed_work: f64,
    #[doc = " of the hashrate here, what the rejects cost"]
    pub wasted_hashrate: f64,
}
impl Default for hmx_upstream_metrics {
    fn default() -> Self {
        let mut s = ::core::mem::MaybeUninit::<Self>::uninit();
        unsafe {
            ::core::ptr::write_bytes(s.as_mut_ptr(), 0, 1);
            s.assume_init()
        }
    }
}
#[doc = " no usable upstream: nobody is moved"]
pub const HMX_SNAPSHOT_ALL_DOWN: hmx_snapshot_flag = 1;
#[doc = " The last plan could not reach the command with whole channels."]
pub const HMX_SNAPSHOT_SATURATED: hmx_snapshot_flag = 2;
#[doc = " a plan is being carried out over several evaluations"]
pub const HMX_SNAPSHOT_BURST: hmx_snapshot_flag = 4;
#[doc = " The gains that are set are more than the evaluation interval bears: those in effect are less."]
pub const HMX_SNAPSHOT_GAINS_LIMITED: hmx_snapshot_flag = 8;
#[doc = " With schedules: targets that were set by hand hold, until the next begins or ends."]
pub const HMX_SNAPSHOT_BY_HAND: hmx_snapshot_flag = 16;
pub type hmx_snapshot_flag = ::std::os::raw::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct hmx_snapshot {
    pub size: u32,
    #[doc = " in: bytes from one row to the next; each row's size is preset"]
    pub stride: u32,
    #[doc = " in: rows that fit"]
    pub capacity: u32,
    #[doc = " out: upstreams that exist"]
    pub count: u32,
    pub rows: *mut hmx_upstream_metrics,
    #[doc = " out, as all that follows: time of the last call that carried one"]
    pub now_ns: u64,
    #[doc = " HMX_SNAPSHOT_*"]
    pub flags: u32,
    #[doc = " HMX_MODE_* of hmx_tuning.h"]
    pub mode: u32,
    #[doc = " open"]
    pub channels: u32,
    #[doc = " decisions not answered yet"]
    pub pending: u32,
    #[doc = " estimate of all open channels"]
    pub hashrate: f64,
    #[doc = " HMX_TUNING_* of hmx_tuning.h"]
    pub tuning_model: u32,
    pub evaluation_interval_secs: u32,
    #[doc = " configured gains, and those in effect while they slew"]
    pub kp_set: f64,
    pub ki_set: f64,
    pub kd_set: f64,
    pub kp_effective: f64,
    pub ki_effective: f64,
    pub kd_effective: f64,
    #[doc = " configured; 0 with deadband HMX_DEADBAND_AUTO"]
    pub deadband_points: f64,
    #[doc = " in force: from luck, or as configured"]
    pub deadband_effective_points: f64,
    #[doc = " largest |command - allocation| at the last evaluation"]
    pub deviation_points: f64,
    pub min_reassignment_interval_secs: u32,
    #[doc = " hmx_tri"]
    pub measure_on_accepted: u32,
    pub evaluations: u64,
    pub decisions: u64,
    pub moves_applied: u64,
    pub moves_refused: u64,
    pub moves_failed: u64,
    pub moves_expired: u64,
    pub moves_forced: u64,
    #[doc = " HMX_DEADBAND_* of hmx_tuning.h"]
    pub deadband: u32,
    #[doc = " channels with HMX_CHANNEL_STRANDED"]
    pub stranded: u32,
    #[doc = " channels with HMX_CHANNEL_BAD, at the last evaluation"]
    pub bad: u32,
    pub pad0: u32,
    #[doc = " Decisions that HMX_MODE_OBSERVE did not hand out. The last about each channel counts as"]
    #[doc = " pending, for an hour or until the host moves it or something else is asked for."]
    pub withheld: u64,
    #[doc = " which [schedule.*] holds, in the order of the file from 1; 0 = none"]
    pub schedule: u32,
    pub pad1: u32,
    #[doc = " its name; empty = none"]
    pub schedule_name: [::std::os::raw::c_char; 40usize],
}
impl Default for hmx_snapshot {
    fn default() -> Self {
        let mut s = ::core::mem::MaybeUninit::<Self>::uninit();
        unsafe {
            ::core::ptr::write_bytes(s.as_mut_ptr(), 0, 1);
            s.assume_init()
        }
    }
}
#[doc = " Its pool is gone and it may not be moved (custom jobs, a peer that does not obey, no other"]
#[doc = " pool that fits): it earns nothing. The host should close it (CloseChannel): the peer opens"]
#[doc = " again and is placed where it can work. One line in the log when it begins."]
pub const HMX_CHANNEL_STRANDED: hmx_channel_metrics_flag = 1;
#[doc = " Its shares are rejected and those of its neighbours are not: its hashrate counts as 0, and"]
#[doc = " its rejects are held against no pool."]
pub const HMX_CHANNEL_BAD: hmx_channel_metrics_flag = 2;
#[doc = " Its peer does not obey SetExtranoncePrefix: only a reopening moves it."]
pub const HMX_CHANNEL_DEAF: hmx_channel_metrics_flag = 4;
pub type hmx_channel_metrics_flag = ::std::os::raw::c_uint;
#[repr(C)]
#[derive(Debug, Default, Copy, Clone)]
pub struct hmx_channel_metrics {
    pub size: u32,
    #[doc = " where it works, HMX_NONE = parked"]
    pub upstream: u32,
    pub channel: u64,
    pub cookie: u64,
    #[doc = " HMX_NONE = no pending move"]
    pub pending_to: u32,
    #[doc = " HMX_CHANNEL_STRANDED, _BAD, _DEAF"]
    pub flags: u32,
    pub pending_decision: u64,
    #[doc = " estimate, hashes per second"]
    pub hashrate: f64,
    #[doc = " as declared"]
    pub nominal_hashrate: f64,
    #[doc = " 0 = never moved"]
    pub last_move_ns: u64,
    pub moves: u64,
}
#[doc = " What one evaluation of the controller asks for, per upstream: by definition of the specification,"]
#[doc = " output in points, and that share of the farm in average channels, positive = wants more."]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone)]
pub struct hmx_adjustment {
    pub size: u32,
    pub upstream: u32,
    pub points: f64,
    pub channels: f64,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct hmx_adjustments {
    pub size: u32,
    pub stride: u32,
    pub capacity: u32,
    #[doc = " out"]
    pub count: u32,
    pub rows: *mut hmx_adjustment,
}
impl Default for hmx_adjustments {
    fn default() -> Self {
        let mut s = ::core::mem::MaybeUninit::<Self>::uninit();
        unsafe {
            ::core::ptr::write_bytes(s.as_mut_ptr(), 0, 1);
            s.assume_init()
        }
    }
}
#[repr(C)]
#[derive(Debug, Default, Copy, Clone)]
pub struct hmx_metrics_v1 {
    pub size: u32,
    pub pad0: u32,
    pub snapshot: ::core::option::Option<
        unsafe extern "C" fn(self_: *mut hmx_instance, out: *mut hmx_snapshot) -> hmx_status,
    >,
    #[doc = " cookie may be 0. HMX_E_STATE for an unknown channel."]
    pub channel: ::core::option::Option<
        unsafe extern "C" fn(
            self_: *mut hmx_instance,
            channel: u64,
            cookie: u64,
            out: *mut hmx_channel_metrics,
        ) -> hmx_status,
    >,
    pub adjustments: ::core::option::Option<
        unsafe extern "C" fn(self_: *mut hmx_instance, out: *mut hmx_adjustments) -> hmx_status,
    >,
    #[doc = " The snapshot as text: in the Prometheus exposition format (hashmux_..., with the label"]
    #[doc = " `upstream`, and `model` of hashmux_tuning_model), and as one object of JSON, whose members"]
    #[doc = " are called as those of hmx_snapshot and hmx_upstream_metrics; flags and enums are words."]
    #[doc = " Returns: HMX_E_IO the writer failed: what it got so far is worth nothing."]
    pub write_prometheus: ::core::option::Option<
        unsafe extern "C" fn(self_: *mut hmx_instance, to: *const hmx_writer) -> hmx_status,
    >,
    pub write_json: ::core::option::Option<
        unsafe extern "C" fn(self_: *mut hmx_instance, to: *const hmx_writer) -> hmx_status,
    >,
    #[doc = " The open channels as one object of JSON: as many as there are."]
    pub write_channels: ::core::option::Option<
        unsafe extern "C" fn(self_: *mut hmx_instance, to: *const hmx_writer) -> hmx_status,
    >,
}
#[doc = " Kp 1.0, Ki 0.1, Kd 0.05"]
pub const HMX_TUNING_AGGRESSIVE: hmx_tuning_model = 1;
#[doc = " Kp 0.5, Ki 0.05, Kd 0.02 (default)"]
pub const HMX_TUNING_BALANCED: hmx_tuning_model = 2;
#[doc = " Kp 0.2, Ki 0.01, Kd 0.005"]
pub const HMX_TUNING_CONSERVATIVE: hmx_tuning_model = 3;
#[doc = " Kp 0.3"]
pub const HMX_TUNING_PROPORTIONAL_ONLY: hmx_tuning_model = 4;
#[doc = " in snapshots only"]
pub const HMX_TUNING_CUSTOM: hmx_tuning_model = 5;
pub type hmx_tuning_model = ::std::os::raw::c_uint;
pub const HMX_DEADBAND_AUTO: hmx_deadband = 1;
pub const HMX_DEADBAND_POINTS: hmx_deadband = 2;
pub type hmx_deadband = ::std::os::raw::c_uint;
pub const HMX_MODE_LIVE: hmx_mode = 1;
pub const HMX_MODE_OBSERVE: hmx_mode = 2;
pub const HMX_MODE_PAUSED: hmx_mode = 3;
#[doc = " OBSERVE: the plugin decides as ever and hands nothing out; on_channel_open answers PASS with"]
#[doc = " HMX_REASON_OBSERVE. The host places its channels, also those of a pool that fails, by its own"]
#[doc = " rule, and reports FORCED. PAUSED: no move towards the targets; who has no usable pool is moved,"]
#[doc = " newcomers are placed and prefixes renewed. What was missed in either is not made up for."]
pub type hmx_mode = ::std::os::raw::c_uint;
#[doc = " Gains: percentage points of output per point of error; the time unit is the minute. All finite,"]
#[doc = " 0..1000."]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone)]
pub struct hmx_pid_gains {
    pub size: u32,
    pub pad0: u32,
    #[doc = " points per point"]
    pub kp: f64,
    #[doc = " 1/min"]
    pub ki: f64,
    #[doc = " min"]
    pub kd: f64,
}
#[repr(C)]
#[derive(Debug, Default, Copy, Clone)]
pub struct hmx_target {
    pub size: u32,
    pub upstream: u32,
    #[doc = " 0..100"]
    pub percentage: f64,
}
#[doc = " The whole vector (where the file has schedules: until the next begins or ends, and not part of"]
#[doc = " write_config): every configured upstream that has a percentage exactly once; those enabled sum"]
#[doc = " to 100 within 0.01. A row whose tail beyond hmx_target is not zero is refused with"]
#[doc = " HMX_E_UNSUPPORTED."]
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct hmx_targets {
    pub size: u32,
    pub stride: u32,
    pub count: u32,
    pub pad0: u32,
    pub rows: *const hmx_target,
}
impl Default for hmx_targets {
    fn default() -> Self {
        let mut s = ::core::mem::MaybeUninit::<Self>::uninit();
        unsafe {
            ::core::ptr::write_bytes(s.as_mut_ptr(), 0, 1);
            s.assume_init()
        }
    }
}
#[repr(C)]
#[derive(Debug, Default, Copy, Clone)]
pub struct hmx_tuning_v1 {
    pub size: u32,
    pub pad0: u32,
    #[doc = " A preset, HMX_TUNING_AGGRESSIVE..PROPORTIONAL_ONLY; forgets custom gains."]
    pub set_tuning_model: ::core::option::Option<
        unsafe extern "C" fn(
            self_: *mut hmx_instance,
            now_ns: u64,
            model: u32,
            why: *mut hmx_text,
        ) -> hmx_status,
    >,
    #[doc = " Custom gains; bumpless: the gains in effect slew to them over the measurement window."]
    pub set_custom_pid_params: ::core::option::Option<
        unsafe extern "C" fn(
            self_: *mut hmx_instance,
            now_ns: u64,
            gains: *const hmx_pid_gains,
            why: *mut hmx_text,
        ) -> hmx_status,
    >,
    #[doc = " HMX_DEADBAND_AUTO: the luck of the shares decides; points is not read. HMX_DEADBAND_POINTS:"]
    #[doc = " percentage points, 0..100."]
    pub set_deadband: ::core::option::Option<
        unsafe extern "C" fn(
            self_: *mut hmx_instance,
            now_ns: u64,
            kind: u32,
            points: f64,
            why: *mut hmx_text,
        ) -> hmx_status,
    >,
    #[doc = " Seconds, 1..86400."]
    pub set_evaluation_interval: ::core::option::Option<
        unsafe extern "C" fn(
            self_: *mut hmx_instance,
            now_ns: u64,
            secs: u32,
            why: *mut hmx_text,
        ) -> hmx_status,
    >,
    #[doc = " Cooldown of a channel between two moves, seconds, 0..604800."]
    pub set_min_reassignment_interval: ::core::option::Option<
        unsafe extern "C" fn(
            self_: *mut hmx_instance,
            now_ns: u64,
            secs: u32,
            why: *mut hmx_text,
        ) -> hmx_status,
    >,
    pub set_targets: ::core::option::Option<
        unsafe extern "C" fn(
            self_: *mut hmx_instance,
            now_ns: u64,
            targets: *const hmx_targets,
            why: *mut hmx_text,
        ) -> hmx_status,
    >,
    #[doc = " enabled: hmx_tri YES or NO. NO drains the upstream and the others scale up; at least one must"]
    #[doc = " stay."]
    pub set_upstream_enabled: ::core::option::Option<
        unsafe extern "C" fn(
            self_: *mut hmx_instance,
            now_ns: u64,
            upstream: u32,
            enabled: u32,
            why: *mut hmx_text,
        ) -> hmx_status,
    >,
    #[doc = " HMX_MODE_*."]
    pub set_mode: ::core::option::Option<
        unsafe extern "C" fn(
            self_: *mut hmx_instance,
            now_ns: u64,
            mode: u32,
            why: *mut hmx_text,
        ) -> hmx_status,
    >,
    #[doc = " Channels whose user_identity matches the pattern (1 to 128 bytes of UTF-8 without control"]
    #[doc = " characters; * stands for any run of bytes) work for this upstream (HMX_NONE: stay where they"]
    #[doc = " are). HMX_E_LIMIT: there are 64 pins, with those of the file."]
    pub pin: ::core::option::Option<
        unsafe extern "C" fn(
            self_: *mut hmx_instance,
            now_ns: u64,
            pattern: hmx_view,
            upstream: u32,
            why: *mut hmx_text,
        ) -> hmx_status,
    >,
    pub unpin: ::core::option::Option<
        unsafe extern "C" fn(
            self_: *mut hmx_instance,
            now_ns: u64,
            pattern: hmx_view,
            why: *mut hmx_text,
        ) -> hmx_status,
    >,
    #[doc = " The next on_tick evaluates, and does not wait for the deviation to persist."]
    pub rebalance_now: ::core::option::Option<
        unsafe extern "C" fn(
            self_: *mut hmx_instance,
            now_ns: u64,
            why: *mut hmx_text,
        ) -> hmx_status,
    >,
    #[doc = " The configuration in effect as INI text; loads to the same configuration."]
    pub write_config: ::core::option::Option<
        unsafe extern "C" fn(self_: *mut hmx_instance, to: *const hmx_writer) -> hmx_status,
    >,
}
