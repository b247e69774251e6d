/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * hmx_abi.h: the contract between a Stratum V2 proxy (the host) and a plugin that decides which
 * mining channel works for which upstream pool. Contract version 1.0. It needs no other document.
 *
 * A host dlopens one shared object, calls its only export, hmx_plugin_entry_v1, and receives a
 * table of hooks. It reports facts (a pool came up, a channel opened, shares were judged, time
 * passed) and the plugin answers with plain structs: put this channel on that upstream, with this
 * extranonce prefix. The host owns every socket and every SV2 message; the plugin does no I/O and
 * calls no clock. "spec N" below is a section of the Stratum V2 specification
 * (github.com/stratum-mining/sv2-spec).
 *
 * THE RULES
 *  1. One export. It is pure, returns static data, and its name carries the major version.
 *  2. Every struct starts with `uint32_t size` = sizeof(the struct) as its filler was compiled. A
 *     reader looks only at fields that lie wholly inside `size` and takes those beyond as zero; a
 *     writer writes only inside the `size` that the owner of the memory set. Structs grow only at
 *     the end. Arrays carry a `stride`. Without a size, and frozen: hmx_view and hmx_event's
 *     layout.
 *  3. Zero is neutral: 0 is no channel, no connection, no upstream (upstreams count from 1), no
 *     action, no reason. A fact that may be unknown has three states (enum hmx_tri). Hashrates are
 *     hashes per second, difficulties are relative to the 0x1d00ffff target, both finite and >= 0;
 *     anything else is refused.
 *  4. Decisions go into structs that the host allocates, zeroes and sizes; the plugin keeps no
 *     pointer to them.
 *  5. Facts may be larger than the plugin knows (it ignores the tail). Instructions (create,
 *     reconfigure, load and what an extension sets) whose unknown tail is not all zero are refused
 *     with HMX_E_UNSUPPORTED.
 *  6. All hooks but create and destroy are optional (NULL). A negative status means: the host goes
 *     on as if there were no plugin. A status <= HMX_E_FATAL poisons the instance: only destroy may
 *     follow.
 *  7. One instance is one serial executor: never two calls at once on one instance, though the
 *     thread may change between calls. To scale, make one instance per worker. Host callbacks never
 *     call hooks.
 *  8. Time comes in calls: `now_ns` is monotonic and never decreases per instance; `seq` strictly
 *     increases. Randomness comes from the seed in hmx_create_args. Same calls, same answers, bit
 *     for bit.
 *  9. Memory comes only from the host's alloc and goes back to its free. After destroy nothing is
 *     left.
 * 10. Cookies are numbers that the plugin chose to find its record quickly (never a pointer). The
 *     host echoes them; it may echo 0, then the plugin looks the channel up.
 * 11. Whoever allocates frees. Pointers inside an argument live until the hook returns. Descriptor,
 *     ops and extension tables are static while the library is loaded. hmx_host and its ctx outlive
 *     destroy.
 *
 * Thread tags:
 *   [load]           any thread, pure
 *   [control]        create
 *   [instance]       serial per instance
 *   [instance, hot]  as [instance], and on success it neither allocates, frees nor logs
 *   [any-thread]     may be called from any thread
 */
#ifndef HMX_ABI_H
#define HMX_ABI_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HMX_ABI_MAJOR    1u
#define HMX_ABI_MINOR    0u
#define HMX_ABI_MAGIC    0x31584d48u /* "HMX1" in memory on a little-endian machine */
#define HMX_ENTRY_SYMBOL "hmx_plugin_entry_v1"

#define HMX_NONE           0u   /* no channel, connection, upstream, action, reason, ... */
#define HMX_UPSTREAMS_MAX  64u  /* upstream numbers are 1..64 */
#define HMX_EXTRANONCE_MAX 32u  /* bytes: spec 5.1.1, the whole extranonce fits in 32 */
#define HMX_ID_SIZE        40u  /* bytes of an upstream id with its NUL; ids are 1..32 characters */
#define HMX_ADDRESS_SIZE   256u /* bytes of a host name or address, NUL included */

/* What a hook returns. */
typedef int32_t hmx_status;
enum hmx_status_code {
    HMX_OK = 0,
    HMX_E_INVALID = -1,     /* an argument breaks a rule of this header; nothing changed */
    HMX_E_UNSUPPORTED = -2, /* asked for something that this plugin does not do; nothing changed */
    HMX_E_NOMEM = -3,       /* the host's alloc returned NULL; nothing changed */
    HMX_E_LIMIT = -4,       /* a limit given at create is reached; nothing changed */
    HMX_E_STATE = -5,  /* not now: unknown channel, answer to a decision that is not pending, ... */
    HMX_E_CONFIG = -6, /* the configuration is refused; the text says where and why */
    HMX_E_CORRUPT = -7, /* saved state is damaged; nothing was loaded */
    HMX_E_IO = -8,      /* a file or stream could not be read or written */
    HMX_E_FATAL = -100  /* this and below: the instance is poisoned, only destroy may follow */
};

enum hmx_tri { HMX_UNKNOWN = 0, HMX_YES = 1, HMX_NO = 2 };

enum hmx_log_level { HMX_LOG_ERROR = 1, HMX_LOG_WARN = 2, HMX_LOG_INFO = 3, HMX_LOG_DEBUG = 4 };

/* Capabilities: one namespace for hmx_host.caps, hmx_descriptor.caps and hmx_descriptor.needs. */
/* host: carries out hmx_decision and answers by on_reassign */
#define HMX_CAP_REASSIGN 0x1ull
/* host: fills hmx_share.work with the difficulty of the jobs' own targets */
#define HMX_CAP_SHARE_WORK 0x2ull
/* host: tells each pool's extranonce space; plugin: allocates prefixes in it */
#define HMX_CAP_EXTRANONCE 0x4ull
/* host: reports HMX_RESULT_DRAINED when no job of an old prefix is valid any more */
#define HMX_CAP_DRAIN_REPORT 0x8ull
/* host: can move without a new prev_hash when both pools share the tip */
#define HMX_CAP_SOFT_MOVE 0x10ull
/* all bits that version 1.0 knows */
#define HMX_CAP_KNOWN 0x1full

/* Text or bytes that somebody else owns; valid during the call only. Not NUL-terminated. Frozen
 * layout. */
typedef struct hmx_view {
    const void *data; /* may be NULL when len is 0 */
    uint64_t len;     /* bytes */
} hmx_view;

/* Where a refusal puts its sentence. The caller owns `data`; a plugin writes at most `capacity`
 * bytes, NUL included, and sets `len` (bytes before the NUL, cut when it does not fit). Everywhere
 * it may be NULL. */
typedef struct hmx_text {
    uint32_t size;
    uint32_t len; /* out */
    char *data;
    uint64_t capacity; /* bytes at data; 0 = write nothing */
} hmx_text;

/* The plugin's instance: opaque to the host. */
typedef struct hmx_instance hmx_instance;

/* ---- the host, as the plugin sees it ---- */
typedef struct hmx_host {
    uint32_t size;
    uint32_t abi_major; /* HMX_ABI_MAJOR and _MINOR of the host's header */
    uint32_t abi_minor;
    uint32_t pad0;
    uint64_t caps; /* HMX_CAP_* bits that this host offers */
    void *ctx;     /* passed back as the first argument of each callback */
    /* [any-thread] One line for people, no newline, not NUL-terminated. May be NULL. */
    void (*log)(void *ctx, uint32_t level, const char *text, uint64_t len);
    /* [instance] One finished JSON line for one decision; the host stores it. May be NULL. */
    void (*audit)(void *ctx, const char *json, uint64_t len);
    /* [instance] `size` > 0 bytes aligned to `align` (a power of two, <= 4096), or NULL. Contents
     * undefined. */
    void *(*alloc)(void *ctx, uint64_t size, uint64_t align);
    /* [instance] Gives back what alloc returned, with the same size and align. p is never NULL. */
    void (*free)(void *ctx, void *p, uint64_t size, uint64_t align);
    /* [any-thread] Asks for an on_tick soon, for example because a pool died. May be NULL. */
    void (*request_tick)(void *ctx);
    /* [any-thread] A host extension's table by id, or NULL. May itself be NULL. */
    const void *(*get_extension)(void *ctx, const char *id);
} hmx_host;

/* ---- lifecycle ---- */
typedef struct hmx_create_args {
    uint32_t size;
    uint32_t flags;       /* none defined: 0 */
    hmx_view config_path; /* a path (no NUL inside): exactly one of path and text is given */
    hmx_view config_text; /* the configuration itself, UTF-8 */
    uint8_t seed[32];     /* all randomness of the instance comes from here */
    uint64_t now_ns;      /* monotonic clock, nanoseconds */
    uint64_t unix_ms;     /* wall clock, milliseconds since 1970; only for messages and state age */
    uint32_t channels_max;   /* most channels open at once; on_channel_open beyond it answers
                                HMX_E_LIMIT; 0 = 65536 */
    uint32_t upstreams_max;  /* most upstreams that the host handles, 1..64; 0 = 64 */
    uint32_t instance_index; /* 0..instance_count-1: becomes part of the prefixes that this instance
                                allocates */
    uint32_t instance_count; /* that share the pools' extranonce spaces; 0 and 1 mean one */
    hmx_text *why;           /* gets the reasons of a refusal, one per line; may be NULL */
} hmx_create_args;

typedef struct hmx_reconfigure_args {
    uint32_t size;
    uint32_t flags; /* none defined: 0 */
    hmx_view config_path;
    hmx_view config_text;
    uint64_t now_ns;
    uint64_t unix_ms;
    hmx_text *why;
} hmx_reconfigure_args;

enum hmx_upstream_flag {
    HMX_UPSTREAM_ENABLED = 0x1,
    HMX_UPSTREAM_HAS_KEY = 0x2, /* authority_key is set */
    /* no longer configured; keep the connection until its channels have left */
    HMX_UPSTREAM_REMOVED = 0x4
};

/* One row of the table from which the host connects. */
typedef struct hmx_upstream_info {
    uint32_t size;
    uint32_t upstream;                   /* 1..64; the same id keeps its number over reconfigure */
    uint32_t priority;                   /* smaller is preferred; unique */
    uint32_t flags;                      /* HMX_UPSTREAM_* */
    double percentage;                   /* configured target, 0..100 */
    uint32_t port;                       /* 1..65535 */
    uint32_t health_check_interval_secs; /* how often grey pools are judged; a hint for the host's
                                            own checks */
    uint8_t authority_key[32]; /* x-only secp256k1 key (spec 4.7); whether it lies on the curve is
                                  not checked */
    char id[HMX_ID_SIZE];      /* NUL-terminated, [a-z0-9_-] */
    char address[HMX_ADDRESS_SIZE]; /* NUL-terminated host name or address */
} hmx_upstream_info;

typedef struct hmx_upstream_table {
    uint32_t size;
    uint32_t stride;   /* in: bytes from one row to the next; each row's size is preset */
    uint32_t capacity; /* in: rows that fit */
    uint32_t count;    /* out: rows that exist; those beyond capacity were not written */
    hmx_upstream_info *rows;
} hmx_upstream_table;

/* A stream that the host gives to save and to write_config. write returns HMX_OK or HMX_E_IO. */
typedef struct hmx_writer {
    uint32_t size;
    uint32_t pad0;
    void *ctx;
    hmx_status (*write)(void *ctx, const void *data, uint64_t len);
} hmx_writer;

/* A stream that the host gives to load: read fills up to `capacity` bytes, *len = 0 at the end. */
typedef struct hmx_reader {
    uint32_t size;
    uint32_t pad0;
    void *ctx;
    hmx_status (*read)(void *ctx, void *data, uint64_t capacity, uint64_t *len);
    uint64_t now_ns;
    uint64_t unix_ms;
} hmx_reader;

/* ---- events ---- */
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
    HMX_UPSTREAM_REASON_LOST = 2,    /* the connection broke */
    HMX_UPSTREAM_REASON_REFUSED = 3, /* setup or channel opening was refused */
    HMX_UPSTREAM_REASON_HOST = 4     /* the host's own decision */
};

/* The whole truth about an upstream, sent whenever any of it changes. */
typedef struct hmx_upstream_event {
    hmx_event event;
    uint32_t upstream;
    uint32_t state;           /* HMX_UPSTREAM_* */
    uint32_t reason;          /* HMX_UPSTREAM_REASON_*, why it is not up */
    uint32_t extranonce_size; /* rollable bytes granted; 0 = the host chooses every prefix on this
                                 pool */
    uint32_t extranonce_prefix_len; /* 0..32; prefix_len + extranonce_size <= 32 */
    uint32_t has_job; /* hmx_tri: a current job and prev_hash are there. NO = never a destination */
    uint32_t version_rolling;      /* hmx_tri: its jobs allow version rolling */
    uint32_t fixed_version;        /* hmx_tri: the pool set REQUIRES_FIXED_VERSION (spec 5.3.1) */
    uint8_t extranonce_prefix[32]; /* the pool's own prefix for the host's upstream channel */
    uint8_t target[32];            /* U256 little-endian; all zero = unknown */
    uint8_t tip_prev_hash[32];     /* all zero = unknown; same tip and nbits on two pools allow soft
                                      moves */
    uint32_t tip_nbits;
    uint32_t pad0;
    uint64_t latency_ns; /* round trip, 0 = unknown */
} hmx_upstream_event;

enum hmx_channel_kind { HMX_CHANNEL_STANDARD = 1, HMX_CHANNEL_EXTENDED = 2 };

enum hmx_channel_flag {
    HMX_CHANNEL_REQUIRES_VERSION_ROLLING = 0x1, /* spec 5.3.1 */
    HMX_CHANNEL_CUSTOM_JOBS = 0x2,              /* work selection: bound to its pool, never moved */
    /* its group has other members and the host cannot regroup it (spec 5.3.22) */
    HMX_CHANNEL_SHARES_GROUP = 0x4
};

/* Sent before the host answers Open*MiningChannel.Success: the answer tells the pool and the
 * prefix. */
typedef struct hmx_channel_open {
    hmx_event event;
    uint64_t channel;    /* unique in the host, never reused, not 0 (SV2 channel ids are only per
                            connection) */
    uint64_t connection; /* downstream connection, not 0 */
    uint32_t kind;       /* HMX_CHANNEL_STANDARD or HMX_CHANNEL_EXTENDED */
    uint32_t honours_prefix; /* hmx_tri: the peer obeys SetExtranoncePrefix. NO = an extended one is
                                never moved */
    uint32_t flags;          /* HMX_CHANNEL_* */
    uint32_t min_extranonce_size; /* extended: what the peer asked for, 0..32 */
    uint32_t extranonce_size; /* extended: what the host promises the peer for life; promise no more
                                 than asked, since other pools may grant less. standard: 0 */
    uint32_t current_upstream;  /* HMX_NONE, or where it already works (a host that adds the plugin
                                   to a live farm) */
    double nominal_hashrate;    /* hashes per second as declared, 0 = unknown */
    uint64_t upstreams_allowed; /* bit n-1 = upstream n may serve it; 0 = all */
    uint8_t max_target[32]; /* U256 little-endian, easiest target it accepts; all zero = unknown */
    hmx_view user_identity; /* UTF-8, at most 255 bytes */
    hmx_view vendor;        /* SetupConnection.vendor */
    uint32_t extranonce_prefix_len; /* with current_upstream: the prefix in force, else 0 */
    uint32_t pad0;
    uint8_t extranonce_prefix[32];
} hmx_channel_open;

enum hmx_action { HMX_ACTION_PASS = 0, HMX_ACTION_ASSIGN = 1 };

/* Answer to on_channel_open. PASS: the host does what it would do without a plugin, and says what
 * it did by on_reassign with HMX_RESULT_FORCED. ASSIGN is a fact at once; a host that cannot do it
 * says so the same way. */
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

enum hmx_close_reason { HMX_CLOSE_PEER = 1, HMX_CLOSE_CONNECTION_LOST = 2, HMX_CLOSE_HOST = 3 };

/* The channel is gone and forgotten; a pending decision about it is void and needs no answer. Its
 * prefix stays reserved until on_reassign(DRAINED) for it arrives, or for the plugin's own hold
 * time when none ever does. */
typedef struct hmx_channel_close {
    hmx_event event;
    uint64_t channel;
    uint64_t cookie;
    uint32_t reason; /* HMX_CLOSE_* */
    uint32_t pad0;
} hmx_channel_close;

/* Each share forwarded to a pool is reported twice: SUBMITTED when it goes, then exactly one of
 * ACCEPTED, LOST or REJECTED_*. A valid share that an aggregating host keeps to itself because it
 * misses the pool's target is reported once, NOT_FORWARDED. With HMX_SHARE_LOCAL a rejection is the
 * host's own verdict: the pool never saw the share, no SUBMITTED came before it, and it is not held
 * against the pool. */
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

enum hmx_share_flag { HMX_SHARE_LOCAL = 0x1 };

/* One or more shares of one channel with one verdict. event.flags: HMX_SHARE_LOCAL. */
typedef struct hmx_share {
    hmx_event event;
    uint64_t channel;
    uint64_t cookie;
    uint32_t upstream; /* of the job, which after a move may not be the channel's */
    uint32_t verdict;  /* HMX_SHARE_* */
    uint32_t count;    /* shares, 1 or more: pools acknowledge in batches */
    uint32_t pad0;
    /* Sum of the difficulties of the jobs' own targets, > 0, at most 1e30. Never the pool's
     * new_shares_sum: that is a truncated integer. */
    double work;
    uint64_t job_age_ns; /* age of the (oldest) job, 0 = unknown */
} hmx_share;

/* ---- ticks, decisions, outcomes ---- */
typedef struct hmx_tick {
    hmx_event event;
    uint64_t elapsed_ns; /* since the tick before, 0 at the first */
    uint64_t unix_ms;    /* wall clock, for messages only */
} hmx_tick;

enum hmx_decision_kind {
    HMX_DECISION_MOVE = 1,  /* work for another upstream from now on */
    HMX_DECISION_PREFIX = 2 /* same upstream, new prefix (the pool changed its own) */
};

enum hmx_style {
    HMX_STYLE_HARD = 0, /* future job, then SetNewPrevHash */
    /* both pools are on one tip: a non-future job will do and nothing goes stale */
    HMX_STYLE_SOFT_ALLOWED = 1
};

/* Why a channel was placed or moved; also hmx_reassign.cause. */
enum hmx_reason {
    HMX_REASON_ARRIVAL = 1,    /* a new channel */
    HMX_REASON_ADOPTED = 2,    /* it already worked there */
    HMX_REASON_BALANCE = 3,    /* towards the targets */
    HMX_REASON_EVACUATION = 4, /* its upstream is down, disabled, removed, or has target 0 */
    HMX_REASON_PIN = 5,
    HMX_REASON_PREFIX = 6,    /* the pool's own prefix changed */
    HMX_REASON_TAKE_BACK = 7, /* the peer does not obey SetExtranoncePrefix */
    HMX_REASON_OPERATOR = 8
};

typedef struct hmx_decision {
    uint32_t size;
    uint32_t kind;     /* HMX_DECISION_* */
    uint64_t decision; /* its number, > 0, strictly increasing */
    uint64_t channel;
    uint64_t cookie;
    uint32_t from; /* upstream it works for now */
    uint32_t to;
    uint32_t style;                 /* HMX_STYLE_* */
    uint32_t reason;                /* HMX_REASON_* */
    double expected_hashrate;       /* hashes per second that move with it, the plugin's estimate */
    uint64_t valid_until_ns;        /* no answer at this time or before: it is void */
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
    /* The frames of the move were written: only here an assignment becomes fact. */
    HMX_RESULT_APPLIED = 1,
    /* Not legal or not wanted, nothing was sent; the channel stays where it was. */
    HMX_RESULT_REFUSED = 2,
    /* Tried and failed; the channel is where `to` says, normally where it was. The miner may have
     * seen the new prefix: it stays reserved until it is drained. */
    HMX_RESULT_FAILED = 3,
    /* The host moved it on its own (decision 0). `to` may be HMX_NONE: parked. A pending decision
     * about the channel is void. */
    HMX_RESULT_FORCED = 4,
    /* No job of the prefix given here is valid any more: it may be used again. */
    HMX_RESULT_DRAINED = 5
};

/* What became of a decision, or what the host did on its own. */
typedef struct hmx_reassign {
    hmx_event event;
    uint64_t decision; /* as in hmx_decision; 0 with FORCED and DRAINED */
    uint64_t channel;
    uint64_t cookie;
    uint32_t from;
    uint32_t to;     /* with DRAINED: HMX_NONE, and `from` is the pool of the prefix */
    uint32_t result; /* HMX_RESULT_* */
    uint32_t cause;  /* host's own code for the audit line, 0 = none given */
    uint32_t extranonce_prefix_len; /* in force now; with DRAINED: the one that is free again */
    uint32_t pad0;
    uint8_t extranonce_prefix[32];
} hmx_reassign;

/* ---- the hooks ---- */
typedef struct hmx_ops {
    uint32_t size;
    uint32_t pad0;
    /* [control] Reads and validates the whole configuration; *out only on HMX_OK. Required. */
    hmx_status (*create)(const hmx_host *host, const hmx_create_args *args, hmx_instance **out);
    /* [instance] Frees everything. Required. Legal after a fatal status. */
    void (*destroy)(hmx_instance *self);
    /* [instance] The table to connect from: call it after create and after each reconfigure. */
    hmx_status (*upstreams)(hmx_instance *self, hmx_upstream_table *out);
    /* [instance] A pool's connection or facts changed. Until UP arrives an upstream counts as
     * down. */
    hmx_status (*on_upstream)(hmx_instance *self, const hmx_upstream_event *event);
    /* [instance] A channel wants to open: where? */
    hmx_status (*on_channel_open)(hmx_instance *self, const hmx_channel_open *event,
                                  hmx_channel_decision *out);
    /* [instance] */
    hmx_status (*on_channel_update)(hmx_instance *self, const hmx_channel_update *event);
    /* [instance] */
    hmx_status (*on_channel_close)(hmx_instance *self, const hmx_channel_close *event);
    /* [instance, hot] Also legal for a channel that closed lately: its verdicts still count for the
     * pool. */
    hmx_status (*on_share)(hmx_instance *self, const hmx_share *event);
    /* [instance] At least every second; more often does no harm. */
    hmx_status (*on_tick)(hmx_instance *self, const hmx_tick *event, hmx_decision_buf *out);
    /* [instance] HMX_E_STATE for a decision that is not pending: late or double answers change
     * nothing. */
    hmx_status (*on_reassign)(hmx_instance *self, const hmx_reassign *event);
    /* [instance] Between hooks. Saved bytes are deterministic; load is all or nothing, on a fresh
     * instance. */
    hmx_status (*save)(hmx_instance *self, const hmx_writer *to);
    hmx_status (*load)(hmx_instance *self, const hmx_reader *from);
    /* [instance] A new configuration as a whole, or nothing. */
    hmx_status (*reconfigure)(hmx_instance *self, const hmx_reconfigure_args *args);
    /* [any-thread] A static table by id ("hashmux.tuning/1"), or NULL. Its first member is its
     * size. */
    const void *(*get_extension)(const char *id);
} hmx_ops;

typedef struct hmx_descriptor {
    uint32_t size;
    uint32_t magic;          /* HMX_ABI_MAGIC */
    uint32_t abi_major;      /* HMX_ABI_MAJOR */
    uint32_t abi_minor;      /* of the header that the plugin was compiled with */
    uint32_t min_host_minor; /* an older host is refused */
    uint32_t pad0;
    uint64_t caps;       /* HMX_CAP_* that the plugin makes use of */
    uint64_t needs;      /* HMX_CAP_* without which it cannot work; an unknown bit is refused too */
    const char *id;      /* reverse DNS, 1..127 printable ASCII characters */
    const char *name;    /* for people, 1..127 bytes of UTF-8 */
    const char *version; /* semantic version, 1..31 printable ASCII characters */
    const char *build;   /* free text, 0..127 printable ASCII characters; never NULL */
    const hmx_ops *ops;
} hmx_descriptor;

#if defined(_WIN32)
#define HMX_EXPORT __declspec(dllexport)
#else
#define HMX_EXPORT __attribute__((visibility("default")))
#endif

/* [load] The only export of a plugin. */
HMX_EXPORT const hmx_descriptor *hmx_plugin_entry_v1(void);
typedef const hmx_descriptor *(*hmx_plugin_entry_fn)(void);

#ifdef __cplusplus
}
#endif
#endif /* HMX_ABI_H */
