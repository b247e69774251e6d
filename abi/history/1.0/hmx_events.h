/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * hmx_events.h: what a host tells a plugin (facts), and what the plugin answers (decisions). Part
 * of the contract: hmx_abi.h includes it, and has the rules and the hooks that they go to.
 */
#ifndef HMX_EVENTS_H
#define HMX_EVENTS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The size of each struct in version 1.0 (rule 2 of hmx_abi.h). */
#define HMX_UPSTREAM_EVENT_SIZE_VER0   160u
#define HMX_CHANNEL_OPEN_SIZE_VER0     216u
#define HMX_CHANNEL_DECISION_SIZE_VER0 64u
#define HMX_CHANNEL_UPDATE_SIZE_VER0   104u
#define HMX_CHANNEL_CLOSE_SIZE_VER0    48u
#define HMX_SHARE_SIZE_VER0            72u
#define HMX_TICK_SIZE_VER0             32u
#define HMX_DECISION_SIZE_VER0         104u
#define HMX_DECISION_BUF_SIZE_VER0     32u
#define HMX_REASSIGN_SIZE_VER0         104u

enum hmx_tri { HMX_UNKNOWN = 0, HMX_YES = 1, HMX_NO = 2 };

/* Text or bytes that somebody else owns; valid during the call only. Not NUL-terminated. Frozen
 * layout. */
typedef struct hmx_view {
    const void *data; /* may be anything when len is 0 */
    uint64_t len;     /* bytes; 0 = not given */
} hmx_view;

/* The first member of every event. Frozen layout; `size` is that of the whole event. */
typedef struct hmx_event {
    uint32_t size;
    uint32_t flags;  /* per event; unknown bits are ignored */
    uint64_t now_ns; /* monotonic clock, nanoseconds, never decreasing */
    uint64_t seq;    /* strictly increasing per instance */
} hmx_event;

enum hmx_upstream_state {
    HMX_UPSTREAM_CONNECTING = 1,
    HMX_UPSTREAM_UP = 2,
    HMX_UPSTREAM_DRAINING = 3, /* the host takes no new channel there and will close it */
    HMX_UPSTREAM_DOWN = 4
};

enum hmx_upstream_reason {
    HMX_UPSTREAM_REASON_CONNECT_FAILED = 1,
    /* the connection broke: it may be back in a moment, and a plugin may wait so long before
     * anybody leaves; give another reason to what is final */
    HMX_UPSTREAM_REASON_LOST = 2,
    HMX_UPSTREAM_REASON_REFUSED = 3, /* setup or channel opening was refused */
    HMX_UPSTREAM_REASON_HOST = 4     /* the host's own decision */
};

/* The whole truth about an upstream, sent whenever any of it changes.
 *
 * The extranonce space (spec 5.1.1). A host that aggregates has one upstream channel per pool: it
 * tells the prefix that the pool gave it and the bytes that the pool granted behind that, and the
 * plugin divides those bytes among the channels. A host with one upstream channel per miner and
 * pool has no such space to divide: it says extranonce_size 0 and chooses every prefix itself. */
typedef struct hmx_upstream_event {
    hmx_event event;
    uint32_t upstream;
    uint32_t state;           /* HMX_UPSTREAM_*: judged */
    uint32_t reason;          /* HMX_UPSTREAM_REASON_*, why it is not up: for the log and metrics */
    uint32_t extranonce_size; /* rollable bytes granted; 0 = the host chooses every prefix on this
                                 pool */
    uint32_t extranonce_prefix_len; /* 0..32; prefix_len + extranonce_size <= 32 */
    uint32_t has_job; /* hmx_tri: a current job and prev_hash are there. NO = never a destination;
                         when it stays so for half a minute, a pool to leave */
    uint32_t version_rolling;      /* hmx_tri: its jobs allow version rolling */
    uint32_t fixed_version;        /* hmx_tri: the pool set REQUIRES_FIXED_VERSION (spec 5.3.1) */
    uint8_t extranonce_prefix[32]; /* the pool's own prefix for the host's upstream channel */
    /* U256 little-endian: the target that a miner would be given there; all zero = unknown. A
     * channel that would find less than a share in ten minutes with it is not sent there while
     * another pool can do better, unless its own max_target is as hard. (An easier target than
     * max_target forbids nothing: the host gives the miner its max_target then.) A host that sets
     * each miner's target itself says unknown, and so does one whose upstream channel serves many
     * miners: its target follows the rate of all of them. */
    uint8_t target[32];
    uint8_t tip_prev_hash[32]; /* all zero = unknown; same tip and nbits on two pools allow soft
                                  moves */
    uint32_t tip_nbits;
    uint32_t pad0;
} hmx_upstream_event;

enum hmx_channel_kind { HMX_CHANNEL_STANDARD = 1, HMX_CHANNEL_EXTENDED = 2 };

enum hmx_channel_flag {
    HMX_CHANNEL_FLAG_REQUIRES_VERSION_ROLLING = 0x1, /* spec 5.3.1 */
    HMX_CHANNEL_FLAG_CUSTOM_JOBS = 0x2, /* work selection: bound to its pool, never moved */
    /* its group has other members and the host cannot regroup it (spec 5.3.22) */
    HMX_CHANNEL_FLAG_SHARES_GROUP = 0x4
};

/* Sent before the host answers Open*MiningChannel.Success: the answer tells the pool and the
 * prefix. */
typedef struct hmx_channel_open {
    hmx_event event;
    uint64_t channel;    /* unique in the host, never reused, not 0 (SV2 channel ids are only per
                            connection) */
    uint64_t connection; /* downstream connection, not 0 */
    uint32_t kind;       /* HMX_CHANNEL_STANDARD or HMX_CHANNEL_EXTENDED: judged */
    uint32_t honours_prefix; /* hmx_tri: the peer obeys SetExtranoncePrefix. NO = an extended one is
                                never moved by a new prefix */
    uint32_t flags;          /* HMX_CHANNEL_FLAG_* */
    uint32_t min_extranonce_size; /* extended: what the peer asked for, 0..32 */
    uint32_t extranonce_size;     /* extended: what the host promises the peer for life; promise no
                                     more than asked, other pools may grant less. standard: 0 */
    uint32_t current_upstream;    /* HMX_NONE, or where it already works (a host that adds the
                                     plugin to a live farm) */
    double nominal_hashrate;      /* hashes per second as declared, 0 = unknown */
    uint64_t upstreams_allowed;   /* bit n-1 = upstream n may serve it; 0 = all */
    uint8_t max_target[32];       /* U256 little-endian, easiest target it accepts; all zero =
                                     unknown */
    hmx_view user_identity;       /* UTF-8, at most 255 bytes */
    hmx_view vendor;              /* SetupConnection.vendor, at most 255 bytes, as the next two */
    hmx_view hardware;            /* SetupConnection.hardware_version */
    hmx_view firmware;            /* SetupConnection.firmware */
    uint32_t extranonce_prefix_len; /* with current_upstream: the prefix in force, else 0 */
    uint32_t pad0;
    uint8_t extranonce_prefix[32];
} hmx_channel_open;

enum hmx_action { HMX_ACTION_PASS = 0, HMX_ACTION_ASSIGN = 1 };

/* Answer to on_channel_open.
 *
 * ASSIGN is a fact at once: the channel works for `upstream`. A host that cannot do it says where
 * the channel is by on_reassign with HMX_RESULT_FORCED, or closes it.
 *
 * PASS: the plugin placed the channel nowhere; it counts as parked until the host says by
 * on_reassign with HMX_RESULT_FORCED where it put it, or closes it. `reason` tells why:
 *   HMX_REASON_NO_POOL      no upstream can be used yet. Let the peer wait, or place the channel
 *                           where you see fit: it will be offered a pool when there is one.
 *   HMX_REASON_CANNOT       no configured upstream could ever serve it: what was promised to it
 *                           (extranonce_size, upstreams_allowed, version rolling) fits none. Refuse
 *                           the opening and close it here.
 *   HMX_REASON_OBSERVE      the plugin only watches.
 *   HMX_NONE                no opinion: do what you would do without a plugin. */
typedef struct hmx_channel_decision {
    uint32_t size;
    uint32_t action;                /* HMX_ACTION_* */
    uint32_t upstream;              /* with ASSIGN */
    uint32_t reason;                /* HMX_REASON_* */
    uint64_t cookie;                /* echo it in later events of this channel */
    uint32_t extranonce_prefix_len; /* 0 = the host chooses the prefix */
    uint32_t pad0;
    uint8_t extranonce_prefix[32];
} hmx_channel_decision;

enum hmx_channel_fact {
    HMX_FACT_NOMINAL_HASHRATE = 0x1,
    HMX_FACT_MAX_TARGET = 0x2,
    HMX_FACT_HONOURS_PREFIX = 0x4,
    HMX_FACT_FLAGS = 0x8,
    /* a channel that works where it may no longer is moved away at the next tick */
    HMX_FACT_UPSTREAMS_ALLOWED = 0x10
};

typedef struct hmx_channel_update {
    hmx_event event;
    uint64_t channel;
    uint64_t cookie;
    uint32_t changed; /* HMX_FACT_* bits: only these fields are read */
    uint32_t honours_prefix;
    uint32_t flags;
    uint32_t pad0;
    double nominal_hashrate;
    uint64_t upstreams_allowed;
    uint8_t max_target[32];
} hmx_channel_update;

enum hmx_close_reason {
    HMX_CLOSE_PEER = 1,
    HMX_CLOSE_CONNECTION_LOST = 2,
    HMX_CLOSE_HOST = 3,
    /* by the host, to carry out a decision of style HMX_STYLE_REOPEN */
    HMX_CLOSE_REOPEN = 4
};

/* The channel is gone and forgotten; a pending decision about it is void and needs no answer,
 * except one of style HMX_STYLE_REOPEN that is closed with HMX_CLOSE_REOPEN. Its prefix stays
 * reserved until on_reassign(DRAINED) for it arrives, or for the plugin's own hold time when none
 * ever does: byte for byte, also while the pool's own prefix is another. So does the prefix that a
 * channel leaves by a move, and that of a decision which failed or was not answered. */
typedef struct hmx_channel_close {
    hmx_event event;
    uint64_t channel;
    uint64_t cookie;
    uint32_t reason; /* HMX_CLOSE_* */
    uint32_t pad0;
} hmx_channel_close;

/* Each share forwarded to a pool is reported twice: SUBMITTED when it goes, then exactly one of
 * ACCEPTED, LOST or REJECTED_*. A valid share that an aggregating host keeps to itself because it
 * misses the pool's target is reported once, NOT_FORWARDED. With HMX_SHARE_FLAG_LOCAL a rejection
 * is the host's own verdict: the pool never saw the share, no SUBMITTED came before it, and it is
 * not held against the pool. */
enum hmx_verdict {
    HMX_SHARE_SUBMITTED = 1,
    HMX_SHARE_ACCEPTED = 2,
    HMX_SHARE_NOT_FORWARDED = 3,
    HMX_SHARE_LOST = 4, /* the pool died before it answered */
    HMX_SHARE_REJECTED_STALE = 5,
    HMX_SHARE_REJECTED_LOW_DIFFICULTY = 6,
    HMX_SHARE_REJECTED_DUPLICATE = 7,
    HMX_SHARE_REJECTED_INVALID_JOB = 8,
    HMX_SHARE_REJECTED_OTHER = 9
};

enum hmx_share_flag { HMX_SHARE_FLAG_LOCAL = 0x1 };

/* One or more shares of one channel with one verdict. event.flags: HMX_SHARE_FLAG_*.
 *
 * Two numbers tell what a share is worth.
 *   work    is what the miner proved: the difficulty of the target that the host had set for the
 *           miner's own job, in every verdict.
 *   credit  is what the pool counts: the difficulty of the target of the upstream job, credited
 *           (ACCEPTED) or to be credited had it been accepted (SUBMITTED, REJECTED_*, LOST); 0 with
 *           NOT_FORWARDED. 0 otherwise = the same as work.
 * Neither is ever the pool's new_shares_sum: that is a truncated integer. How much a pool accepts
 * is a ratio of credit to credit.
 *
 * A host that aggregates many miners into one upstream channel has miners with easy targets and a
 * pool with a hard one. Of a miner's shares it forwards those that meet the pool's: SUBMITTED, then
 * the verdict, with work at the miner's difficulty and credit at the pool's, which is larger. The
 * others it reports NOT_FORWARDED, with work. So the work of all shares together measures the
 * miner, and the credit of the accepted ones what the pool pays for. A host with one upstream
 * channel per miner, whose miners work at the pool's target, leaves credit 0. */
typedef struct hmx_share {
    hmx_event event;
    uint64_t channel;
    uint64_t cookie;
    uint32_t upstream; /* of the job, which after a move may not be the channel's */
    uint32_t verdict;  /* HMX_SHARE_*: judged */
    uint32_t count;    /* shares, 1 or more: pools acknowledge in batches */
    uint32_t pad0;
    double work;   /* sum over the shares, > 0, at most 1e30 */
    double credit; /* sum over the shares, >= 0, at most 1e30 */
} hmx_share;

/* ---- ticks, decisions, outcomes ---- */
typedef struct hmx_tick {
    hmx_event event;
    uint64_t unix_ms; /* wall clock, for schedules and messages */
} hmx_tick;

enum hmx_decision_kind {
    HMX_DECISION_MOVE = 1,  /* work for another upstream from now on */
    HMX_DECISION_PREFIX = 2 /* same upstream, new prefix (the pool changed its own) */
};

/* How a move is carried out (spec 5.3.14 to 5.3.17).
 *
 * HARD: SetExtranoncePrefix, SetTarget where it changes, the new pool's job as a future job, then
 * SetNewPrevHash.
 *
 * SOFT: both pools are on one tip, so a non-future job will do and nothing goes stale. The host
 * raises the job's min_ntime to the miner's own tip: to the largest min_ntime and ntime that the
 * miner was given for this prev_hash. Without it client code refuses every share of the new job,
 * and nobody sees why.
 *
 * REOPEN: for a peer that is known not to obey SetExtranoncePrefix, and only to a host with
 * HMX_CAP_REOPEN. The host closes the channel (CloseChannel; on_channel_close with
 * HMX_CLOSE_REOPEN), the peer opens again, and on_channel_open places the one that comes with the
 * same user_identity, vendor and hardware (the first of several) where the decision said: that is
 * its APPLIED, no on_reassign is sent. The decision stays pending meanwhile. When nobody came by
 * valid_until_ns it has failed; after two failures this identity is never reopened again, since
 * such a device may have gone to another pool for good. A host that will not close the channel
 * answers REFUSED as ever. */
enum hmx_style { HMX_STYLE_HARD = 0, HMX_STYLE_SOFT_ALLOWED = 1, HMX_STYLE_REOPEN = 2 };

/* Why a channel was placed, moved or passed; also hmx_reassign.cause. */
enum hmx_reason {
    HMX_REASON_ARRIVAL = 1,    /* a new channel */
    HMX_REASON_ADOPTED = 2,    /* it already worked there */
    HMX_REASON_BALANCE = 3,    /* towards the targets */
    HMX_REASON_EVACUATION = 4, /* its upstream is down, disabled, removed, has target 0, or may not
                                  serve it any more */
    HMX_REASON_PIN = 5,
    HMX_REASON_PREFIX = 6, /* the pool's own prefix changed */
    HMX_REASON_OPERATOR = 7,
    HMX_REASON_NO_POOL = 8, /* with PASS, as the next two */
    HMX_REASON_CANNOT = 9,
    HMX_REASON_OBSERVE = 10
};

/* An instruction to the host.
 *
 * The length of a prefix. The coinbase has one length on a pool, so an extended channel's prefix
 * and its own extranonce_size together are as long as the pool's prefix and its grant together; a
 * standard channel's prefix is all of that. hashmux writes the pool's prefix, the instance's index
 * (instance_count > 1: the bytes that hold instance_count - 1), the channel's index of one width W,
 * and zeros. W is the fewest bytes, 1 to 4, whose 256^W numbers are at least twice the channels
 * that the instance may have (channels_max), and at most what the grant leaves beside the index of
 * the instance and the largest extranonce_size promised to a channel that came there: as few as the
 * channels that are there need. It gets no narrower than twice the prefixes in use fit: a channel
 * that needs more than that leaves is not sent there. */
typedef struct hmx_decision {
    uint32_t size;
    uint32_t kind;     /* HMX_DECISION_* */
    uint64_t decision; /* its number, > 0, strictly increasing */
    uint64_t channel;
    uint64_t cookie;
    uint32_t from; /* upstream it works for now */
    uint32_t to;
    uint32_t style;           /* HMX_STYLE_* */
    uint32_t reason;          /* HMX_REASON_* */
    double expected_hashrate; /* hashes per second that move with it, the plugin's estimate */
    /* The last moment at which an answer counts. From then on (now_ns > valid_until_ns) the
     * decision is no longer pending; an APPLIED that comes still later is a fact all the same. */
    uint64_t valid_until_ns;
    uint32_t extranonce_prefix_len; /* 0 = the host chooses */
    uint32_t pad0;
    uint8_t extranonce_prefix[32];
} hmx_decision;

/* Host sets size, stride, capacity and rows (zeroed, each row's size preset); plugin sets count and
 * more. */
typedef struct hmx_decision_buf {
    uint32_t size;
    uint32_t stride;
    uint32_t capacity; /* rows that fit; 0 is allowed */
    uint32_t count;    /* out: rows written. Only what is listed is pending */
    uint32_t more;     /* out: 1 = there is more, call on_tick again with the same now_ns */
    uint32_t pad0;
    hmx_decision *rows;
} hmx_decision_buf;

enum hmx_result {
    /* The frames of the move were written: only here an assignment becomes fact. It is one however
     * late it comes (of the last eight about the channel that were not answered in time): the
     * channel is where `to` says, and another decision that is pending about it is void (its answer
     * is HMX_E_STATE). */
    HMX_RESULT_APPLIED = 1,
    /* Not legal or not wanted, nothing was sent; the channel stays where it was. */
    HMX_RESULT_REFUSED = 2,
    /* Tried and failed; the channel is where `to` says, normally where it was. The miner may have
     * seen the new prefix: it stays reserved until it is drained. */
    HMX_RESULT_FAILED = 3,
    /* The host moved it on its own (decision 0). `to` may be HMX_NONE: parked. A pending decision
     * about the channel is void. */
    HMX_RESULT_FORCED = 4,
    /* No job of the prefix given here, byte for byte, is valid any more: it may be used again. Also
     * legal for a pool that was removed and is forgotten. */
    HMX_RESULT_DRAINED = 5
};

/* What became of a decision, or what the host did on its own. */
typedef struct hmx_reassign {
    hmx_event event;
    uint64_t decision; /* as in hmx_decision; 0 with FORCED and DRAINED */
    uint64_t channel;
    uint64_t cookie;
    uint32_t from;
    /* With DRAINED: HMX_NONE, and `from` is the pool of the prefix. A pool that was removed and is
     * forgotten counts as HMX_NONE: the channel is parked. */
    uint32_t to;
    uint32_t result; /* HMX_RESULT_*: judged */
    uint32_t cause;  /* host's own code for the audit line, 0 = none given */
    /* in force now, 0 = not told, and as before where the channel stays; with DRAINED: the one that
     * is free again */
    uint32_t extranonce_prefix_len;
    uint32_t pad0;
    uint8_t extranonce_prefix[32];
} hmx_reassign;

#ifdef __cplusplus
}
#endif
#endif /* HMX_EVENTS_H */
