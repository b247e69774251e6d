// SPDX-License-Identifier: MIT OR Apache-2.0

//! The facts that a host reports and the answers that it gets, in Rust's words.

use crate::{sized, sys, view};
use std::os::raw::c_char;

/// A tristate fact: `None` is "unknown".
pub type Tri = Option<bool>;

fn tri(fact: Tri) -> u32 {
    match fact {
        None => sys::HMX_UNKNOWN,
        Some(true) => sys::HMX_YES,
        Some(false) => sys::HMX_NO,
    }
}

/// Bytes of an extranonce prefix, at most 32; empty = the host chooses, or not known.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Prefix {
    len: u8,
    pub(crate) bytes: [u8; 32],
}

impl Prefix {
    /// The first 32 bytes of `from`.
    pub fn new(from: &[u8]) -> Prefix {
        let mut prefix = Prefix { len: from.len().min(32) as u8, bytes: [0; 32] };
        prefix.bytes[..from.len().min(32)].copy_from_slice(&from[..from.len().min(32)]);
        prefix
    }

    pub(crate) fn from_parts(len: u32, bytes: &[u8; 32]) -> Prefix {
        Prefix::new(&bytes[..(len as usize).min(32)])
    }

    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    pub(crate) fn len(&self) -> u32 {
        u32::from(self.len)
    }
}

impl std::fmt::Debug for Prefix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

impl std::fmt::Display for Prefix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.as_slice().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A NUL-terminated text in a fixed array.
pub(crate) fn text_of(from: &[c_char]) -> String {
    let bytes: Vec<u8> = from.iter().take_while(|&&c| c != 0).map(|&c| c as u8).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A pool to connect to.
#[derive(Debug, Clone, PartialEq)]
pub struct Upstream {
    /// 1..64.
    pub number: u32,
    /// As in the configuration.
    pub id: String,
    /// Host name or address.
    pub address: String,
    /// TCP port.
    pub port: u16,
    /// The account with which to open channels there; empty = the host's own choice.
    pub user_identity: String,
    /// x-only secp256k1 key, when one is configured.
    pub authority_key: Option<[u8; 32]>,
    /// Smaller is preferred.
    pub priority: u32,
    /// Configured target, 0..100.
    pub percentage: f64,
    /// False: it is drained.
    pub enabled: bool,
    /// No longer configured: keep the connection until its channels have left.
    pub removed: bool,
    /// How often a pool in doubt is judged, a hint for the host's own checks.
    pub health_check_interval_secs: u32,
}

impl Upstream {
    pub(crate) fn from_row(row: &sys::hmx_upstream_info) -> Upstream {
        let has = |flag| row.flags & flag != 0;
        Upstream {
            number: row.upstream,
            id: text_of(&row.id),
            address: text_of(&row.address),
            port: row.port as u16,
            user_identity: text_of(&row.user_identity),
            authority_key: has(sys::HMX_UPSTREAM_FLAG_HAS_KEY).then(|| row.authority_key),
            priority: row.priority,
            percentage: row.percentage,
            enabled: has(sys::HMX_UPSTREAM_FLAG_ENABLED),
            removed: has(sys::HMX_UPSTREAM_FLAG_REMOVED),
            health_check_interval_secs: row.health_check_interval_secs,
        }
    }
}

/// How a pool's connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connection {
    /// Under way.
    Connecting,
    /// Channels can work there.
    Up,
    /// No new channels: it will be closed.
    Draining,
    /// Gone.
    Down(DownReason),
}

/// Why a pool is not up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DownReason {
    /// Nobody said.
    Unknown = 0,
    /// It cannot be connected to.
    ConnectFailed = sys::HMX_UPSTREAM_REASON_CONNECT_FAILED as isize,
    /// The connection broke.
    Lost = sys::HMX_UPSTREAM_REASON_LOST as isize,
    /// Setup or the channel was refused.
    Refused = sys::HMX_UPSTREAM_REASON_REFUSED as isize,
    /// The host's own decision.
    Host = sys::HMX_UPSTREAM_REASON_HOST as isize,
}

/// The whole truth about a pool.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UpstreamState {
    /// How its connection stands.
    pub connection: Connection,
    /// The prefix that the pool gave the host's channel.
    pub extranonce_prefix: Prefix,
    /// Rollable bytes granted; 0 = the host chooses every prefix there.
    pub extranonce_size: u32,
    /// A current job and prev_hash are there.
    pub has_job: Tri,
    /// Its jobs allow version rolling.
    pub version_rolling: Tri,
    /// It set REQUIRES_FIXED_VERSION.
    pub fixed_version: Tri,
    /// U256 little-endian: the easiest target that a miner would be given there; zero = unknown.
    pub target: [u8; 32],
    /// Its tip; zero = unknown.
    pub tip_prev_hash: [u8; 32],
    /// Its tip's nbits.
    pub tip_nbits: u32,
}

impl UpstreamState {
    /// A pool that is not up, and nothing else known.
    pub fn new(connection: Connection) -> UpstreamState {
        UpstreamState {
            connection,
            extranonce_prefix: Prefix::default(),
            extranonce_size: 0,
            has_job: None,
            version_rolling: None,
            fixed_version: None,
            target: [0; 32],
            tip_prev_hash: [0; 32],
            tip_nbits: 0,
        }
    }

    pub(crate) fn to_event(self, upstream: u32) -> sys::hmx_upstream_event {
        let (state, reason) = match self.connection {
            Connection::Connecting => (sys::HMX_UPSTREAM_CONNECTING, 0),
            Connection::Up => (sys::HMX_UPSTREAM_UP, 0),
            Connection::Draining => (sys::HMX_UPSTREAM_DRAINING, 0),
            Connection::Down(reason) => (sys::HMX_UPSTREAM_DOWN, reason as u32),
        };
        sys::hmx_upstream_event {
            upstream,
            state,
            reason,
            extranonce_size: self.extranonce_size,
            extranonce_prefix_len: self.extranonce_prefix.len(),
            has_job: tri(self.has_job),
            version_rolling: tri(self.version_rolling),
            fixed_version: tri(self.fixed_version),
            extranonce_prefix: self.extranonce_prefix.bytes,
            target: self.target,
            tip_prev_hash: self.tip_prev_hash,
            tip_nbits: self.tip_nbits,
            ..Default::default()
        }
    }
}

/// Which kind of channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelKind {
    /// The device rolls no extranonce.
    Standard = sys::HMX_CHANNEL_STANDARD as isize,
    /// It rolls `extranonce_size` bytes.
    Extended = sys::HMX_CHANNEL_EXTENDED as isize,
}

/// What limits a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChannelFlags {
    /// Needs jobs whose version may be rolled.
    pub requires_version_rolling: bool,
    /// Work selection: bound to its pool, never moved.
    pub custom_jobs: bool,
    /// Its group has other members and the host cannot regroup it.
    pub shares_group: bool,
}

impl ChannelFlags {
    fn bits(self) -> u32 {
        u32::from(self.requires_version_rolling) * sys::HMX_CHANNEL_FLAG_REQUIRES_VERSION_ROLLING
            + u32::from(self.custom_jobs) * sys::HMX_CHANNEL_FLAG_CUSTOM_JOBS
            + u32::from(self.shares_group) * sys::HMX_CHANNEL_FLAG_SHARES_GROUP
    }
}

/// A channel that wants to open.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChannelOpen<'a> {
    /// Unique in the host, never reused, not 0.
    pub channel: u64,
    /// The downstream connection, not 0.
    pub connection: u64,
    /// Standard or extended.
    pub kind: ChannelKind,
    /// The peer obeys SetExtranoncePrefix.
    pub honours_prefix: Tri,
    /// What limits it.
    pub flags: ChannelFlags,
    /// Extended: what the peer asked for.
    pub min_extranonce_size: u32,
    /// Extended: what the host promises for life.
    pub extranonce_size: u32,
    /// Where it already works, and its prefix there.
    pub current: Option<(u32, Prefix)>,
    /// Hashes per second as declared; 0 = unknown.
    pub nominal_hashrate: f64,
    /// Bit n-1 = upstream n may serve it; 0 = all.
    pub upstreams_allowed: u64,
    /// U256 little-endian, easiest target that it accepts; zero = unknown.
    pub max_target: [u8; 32],
    /// At most 255 bytes, as the next three.
    pub user_identity: &'a str,
    /// SetupConnection.vendor.
    pub vendor: &'a str,
    /// SetupConnection.hardware_version.
    pub hardware: &'a str,
    /// SetupConnection.firmware.
    pub firmware: &'a str,
}

impl<'a> ChannelOpen<'a> {
    /// A standard channel of which nothing more is known.
    pub fn new(channel: u64, connection: u64) -> ChannelOpen<'a> {
        ChannelOpen {
            channel,
            connection,
            kind: ChannelKind::Standard,
            honours_prefix: None,
            flags: ChannelFlags::default(),
            min_extranonce_size: 0,
            extranonce_size: 0,
            current: None,
            nominal_hashrate: 0.0,
            upstreams_allowed: 0,
            max_target: [0; 32],
            user_identity: "",
            vendor: "",
            hardware: "",
            firmware: "",
        }
    }

    pub(crate) fn to_event(self) -> sys::hmx_channel_open {
        let (current_upstream, prefix) = self.current.unwrap_or_default();
        sys::hmx_channel_open {
            channel: self.channel,
            connection: self.connection,
            kind: self.kind as u32,
            honours_prefix: tri(self.honours_prefix),
            flags: self.flags.bits(),
            min_extranonce_size: self.min_extranonce_size,
            extranonce_size: self.extranonce_size,
            current_upstream,
            nominal_hashrate: self.nominal_hashrate,
            upstreams_allowed: self.upstreams_allowed,
            max_target: self.max_target,
            user_identity: view(self.user_identity.as_bytes()),
            vendor: view(self.vendor.as_bytes()),
            hardware: view(self.hardware.as_bytes()),
            firmware: view(self.firmware.as_bytes()),
            extranonce_prefix_len: prefix.len(),
            extranonce_prefix: prefix.bytes,
            ..Default::default()
        }
    }
}

/// Why the plugin placed a channel nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassReason {
    /// No opinion: do what you would do without a plugin.
    NoOpinion,
    /// No pool can be used yet: let the peer wait.
    NoPool,
    /// No configured pool could ever serve it: refuse the opening.
    Cannot,
    /// The plugin only watches.
    Observe,
}

/// Where a channel goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// Nowhere: the host decides, and says so by [`Outcome::Forced`].
    Pass(PassReason),
    /// It works there from now on.
    Assign {
        /// 1..64.
        upstream: u32,
        /// Empty = the host chooses.
        prefix: Prefix,
        /// `sys::HMX_REASON_*`.
        reason: u32,
    },
}

/// The answer to an opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// Echo it in later events of this channel.
    pub cookie: u64,
    /// Where it goes.
    pub placement: Placement,
}

impl Default for Opened {
    fn default() -> Opened {
        Opened { cookie: 0, placement: Placement::Pass(PassReason::NoOpinion) }
    }
}

impl Opened {
    pub(crate) fn from_answer(answer: &sys::hmx_channel_decision) -> Opened {
        let placement = if answer.action == sys::HMX_ACTION_ASSIGN {
            Placement::Assign {
                upstream: answer.upstream,
                prefix: Prefix::from_parts(answer.extranonce_prefix_len, &answer.extranonce_prefix),
                reason: answer.reason,
            }
        } else {
            Placement::Pass(match answer.reason {
                sys::HMX_REASON_NO_POOL => PassReason::NoPool,
                sys::HMX_REASON_CANNOT => PassReason::Cannot,
                sys::HMX_REASON_OBSERVE => PassReason::Observe,
                _ => PassReason::NoOpinion,
            })
        };
        Opened { cookie: answer.cookie, placement }
    }
}

/// Facts of an open channel that changed; `None` did not.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ChannelUpdate {
    /// Which channel.
    pub channel: u64,
    /// Its cookie, or 0.
    pub cookie: u64,
    /// Hashes per second as declared.
    pub nominal_hashrate: Option<f64>,
    /// Easiest target that it accepts.
    pub max_target: Option<[u8; 32]>,
    /// The peer obeys SetExtranoncePrefix.
    pub honours_prefix: Option<Tri>,
    /// What limits it.
    pub flags: Option<ChannelFlags>,
    /// Bit n-1 = upstream n may serve it; 0 = all.
    pub upstreams_allowed: Option<u64>,
}

impl ChannelUpdate {
    pub(crate) fn to_event(self) -> sys::hmx_channel_update {
        let changed = u32::from(self.nominal_hashrate.is_some()) * sys::HMX_FACT_NOMINAL_HASHRATE
            + u32::from(self.max_target.is_some()) * sys::HMX_FACT_MAX_TARGET
            + u32::from(self.honours_prefix.is_some()) * sys::HMX_FACT_HONOURS_PREFIX
            + u32::from(self.flags.is_some()) * sys::HMX_FACT_FLAGS
            + u32::from(self.upstreams_allowed.is_some()) * sys::HMX_FACT_UPSTREAMS_ALLOWED;
        sys::hmx_channel_update {
            channel: self.channel,
            cookie: self.cookie,
            changed,
            honours_prefix: tri(self.honours_prefix.unwrap_or(None)),
            flags: self.flags.unwrap_or_default().bits(),
            nominal_hashrate: self.nominal_hashrate.unwrap_or(0.0),
            upstreams_allowed: self.upstreams_allowed.unwrap_or(0),
            max_target: self.max_target.unwrap_or([0; 32]),
            ..sized()
        }
    }
}

/// Why a channel closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    /// The peer closed it.
    Peer = sys::HMX_CLOSE_PEER as isize,
    /// The connection is gone.
    ConnectionLost = sys::HMX_CLOSE_CONNECTION_LOST as isize,
    /// The host closed it.
    Host = sys::HMX_CLOSE_HOST as isize,
    /// The host closed it to carry out a decision of style [`Style::Reopen`].
    Reopen = sys::HMX_CLOSE_REOPEN as isize,
}

/// What became of shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Sent to the pool.
    Submitted = sys::HMX_SHARE_SUBMITTED as isize,
    /// Credited.
    Accepted = sys::HMX_SHARE_ACCEPTED as isize,
    /// Valid, and kept by an aggregating host because it misses the pool's target.
    NotForwarded = sys::HMX_SHARE_NOT_FORWARDED as isize,
    /// The pool died before it answered.
    Lost = sys::HMX_SHARE_LOST as isize,
    /// Rejected: of an old job.
    RejectedStale = sys::HMX_SHARE_REJECTED_STALE as isize,
    /// Rejected: misses the target.
    RejectedLowDifficulty = sys::HMX_SHARE_REJECTED_LOW_DIFFICULTY as isize,
    /// Rejected: seen before.
    RejectedDuplicate = sys::HMX_SHARE_REJECTED_DUPLICATE as isize,
    /// Rejected: of no job.
    RejectedInvalidJob = sys::HMX_SHARE_REJECTED_INVALID_JOB as isize,
    /// Rejected for another reason.
    RejectedOther = sys::HMX_SHARE_REJECTED_OTHER as isize,
}

/// One or more shares of one channel with one verdict.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// Whose.
    pub channel: u64,
    /// Its cookie, or 0.
    pub cookie: u64,
    /// The pool of the job.
    pub upstream: u32,
    /// What became of them.
    pub verdict: Verdict,
    /// How many, 1 or more.
    pub count: u32,
    /// Sum of the difficulties of the miner's own job targets.
    pub work: f64,
    /// Sum of what the pool counts; 0 = as `work`.
    pub credit: f64,
    /// A rejection that is the host's own verdict.
    pub local: bool,
}
