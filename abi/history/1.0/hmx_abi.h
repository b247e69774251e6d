/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * hmx_abi.h: the contract between a Stratum V2 proxy (the host) and a plugin that decides which
 * mining channel works for which upstream pool. Contract version 1.0, release candidate. It needs
 * no other document.
 *
 * A host dlopens one shared object, calls its only export, hmx_plugin_entry_v1, and receives a
 * table of hooks. It reports facts (a pool came up, a channel opened, shares were judged, time
 * passed) and the plugin answers with plain structs: put this channel on that upstream, with this
 * extranonce prefix. The host owns every socket and every SV2 message; the plugin does no I/O and
 * calls no clock. "spec N" below is a section of the Stratum V2 specification
 * (github.com/stratum-mining/sv2-spec).
 *
 * THE ORDER OF LIFE
 *
 *   hmx_plugin_entry_v1 -> descriptor        any time, any thread
 *          |
 *       create                                  configuration read, or refused with its reasons
 *          |
 *       upstreams                               the table to connect from
 *          |
 *       load                                    at most one that succeeds; before the first event
 *          |
 *    +-> on_upstream, on_channel_open, on_channel_update, on_channel_close,
 *    |   on_share, on_tick, on_reassign         events, in the order in which things happened
 *    |   save, reconfigure (then upstreams), extensions        between events, at any time
 *    +-----+
 *          |
 *       destroy                                 always, also after a fatal status
 *
 * THE RULES
 *
 *  1. One export. It is pure, returns static data, and its name carries the major version.
 *
 *  2. Every struct starts with `uint32_t size`: sizeof(the struct) as its filler was compiled. A
 *     reader looks only at fields that lie wholly inside `size` and takes those beyond as zero; a
 *     writer writes only inside the `size` that the owner of the memory set. Structs grow only at
 *     the end. The least size of each is that of version 1.0, its ..._SIZE_VER0 below, whatever
 *     header it is compared in: smaller is HMX_E_INVALID, larger alone never refuses anybody. (Two
 *     tables may be shorter, since what they lack counts as NULL: hmx_ops needs no more than create
 *     and destroy, hmx_host no more than alloc and free.) Arrays carry a `stride`, and each row its
 *     size. Without a size, and frozen: hmx_view, and the layout of hmx_event.
 *
 *  3. Zero is neutral: 0 is no channel, no connection, no upstream (upstreams count from 1), no
 *     action, no reason. A fact that may be unknown has three states (enum hmx_tri). A view of
 *     length 0 is "not given", whatever its pointer. Hashrates are hashes per second, difficulties
 *     are relative to the 0x1d00ffff target, both finite and >= 0; anything else is refused.
 *     Values and flags that a reader does not know: of a flag, the bit is ignored; of an enum in a
 *     fact, the call is HMX_E_INVALID only where this header says that the value is judged.
 *
 *  4. Decisions go into structs that the host allocates, zeroes and sizes; the plugin keeps no
 *     pointer to them. On a negative status nothing in them counts.
 *
 *  5. Facts may be larger than the plugin knows (it ignores the tail). Instructions (the arguments
 *     of create, load and reconfigure, and what an extension sets, each row of an array for itself)
 *     whose unknown tail is not all zero are refused with HMX_E_UNSUPPORTED: they ask for something
 *     that nobody here can do.
 *
 *  6. All hooks but create and destroy are optional (NULL). A negative status means: the host goes
 *     on as if there were no plugin. A positive status is success with a remark of a later version:
 *     count it as HMX_OK. A status <= HMX_E_FATAL poisons the instance: only destroy may follow.
 *
 *  7. One instance is one serial executor: never two calls at once on one instance, though the
 *     thread may change between calls. To scale, make one instance per worker. Host callbacks never
 *     call hooks.
 *
 *  8. Time comes in calls: `now_ns` is monotonic and never decreases per instance; `seq` strictly
 *     increases over its events. An event that is answered with a status >= 0 has used up its time
 *     and number. One that is answered with a negative status changed nothing, and its number may
 *     be used again. Randomness comes from the seed in hmx_create_args. Same calls, same answers,
 *     bit for bit.
 *
 *  9. Memory comes only from the host's alloc and goes back to its free. After destroy nothing is
 *     left.
 *
 * 10. Cookies are numbers that the plugin chose to find its record quickly (never a pointer). The
 *     host echoes them; it may echo 0, then the plugin looks the channel up.
 *
 * 11. Whoever allocates frees. Pointers inside an argument live until the hook returns. Descriptor,
 *     ops and extension tables are static while the library is loaded. hmx_host, its ctx and its
 *     strings outlive destroy.
 *
 * 12. For 64-bit targets: pointers of 8 bytes, IEEE 754 doubles, 8-byte alignment.
 *
 * Thread tags: [load] any thread, pure. [control] create. [instance] serial per instance.
 * [instance, hot] as [instance], and on success it neither allocates, frees nor logs. [any-thread]
 * may be called from any thread.
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
#define HMX_ID_SIZE        40u  /* bytes of an upstream id of 1..32 characters, NUL included */
#define HMX_ADDRESS_SIZE   256u /* bytes of a host name or address, NUL included */
#define HMX_IDENTITY_SIZE  256u /* bytes of a user_identity, NUL included (STR0_255) */

/* The size of each struct in version 1.0 (rule 2). */
#define HMX_TEXT_SIZE_VER0             24u
#define HMX_HOST_SIZE_VER0             88u
#define HMX_CREATE_ARGS_SIZE_VER0      112u
#define HMX_RECONFIGURE_ARGS_SIZE_VER0 64u
#define HMX_LOAD_ARGS_SIZE_VER0        40u
#define HMX_UPSTREAM_INFO_SIZE_VER0    616u
#define HMX_UPSTREAM_TABLE_SIZE_VER0   24u
#define HMX_WRITER_SIZE_VER0           24u
#define HMX_READER_SIZE_VER0           24u
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
#define HMX_OPS_SIZE_VER0              120u
#define HMX_DESCRIPTOR_SIZE_VER0       80u

/* What a hook returns: one of these, or a later version's positive remark (rule 6). */
typedef int32_t hmx_status;
enum hmx_status_code {
    HMX_OK = 0,
    HMX_E_INVALID = -1,     /* an argument breaks a rule of this header; nothing changed */
    HMX_E_UNSUPPORTED = -2, /* asked for something that this plugin does not do; nothing changed */
    HMX_E_NOMEM = -3,       /* the host's alloc returned NULL; nothing changed */
    HMX_E_LIMIT = -4,       /* a limit given at create is reached; nothing changed */
    HMX_E_STATE = -5,       /* not now: unknown channel, answer to a decision that is not pending,
                               ...; nothing changed */
    HMX_E_CONFIG = -6,      /* the configuration is refused; the text says where and why */
    HMX_E_CORRUPT = -7,     /* saved state is damaged; nothing was loaded */
    HMX_E_IO = -8,          /* a file or stream could not be read or written */
    HMX_E_FATAL = -100      /* this and below: the instance is poisoned, only destroy may follow */
};

enum hmx_tri { HMX_UNKNOWN = 0, HMX_YES = 1, HMX_NO = 2 };

enum hmx_log_level { HMX_LOG_ERROR = 1, HMX_LOG_WARN = 2, HMX_LOG_INFO = 3, HMX_LOG_DEBUG = 4 };

/* Text or bytes that somebody else owns; valid during the call only. Not NUL-terminated. Frozen
 * layout. */
typedef struct hmx_view {
    const void *data; /* may be anything when len is 0 */
    uint64_t len;     /* bytes; 0 = not given */
} hmx_view;

typedef struct hmx_text hmx_text;
typedef struct hmx_instance hmx_instance; /* the plugin's instance: opaque to the host */
typedef struct hmx_host hmx_host;
typedef struct hmx_create_args hmx_create_args;
typedef struct hmx_reconfigure_args hmx_reconfigure_args;
typedef struct hmx_load_args hmx_load_args;
typedef struct hmx_upstream_table hmx_upstream_table;
typedef struct hmx_writer hmx_writer;
typedef struct hmx_reader hmx_reader;
typedef struct hmx_upstream_event hmx_upstream_event;
typedef struct hmx_channel_open hmx_channel_open;
typedef struct hmx_channel_decision hmx_channel_decision;
typedef struct hmx_channel_update hmx_channel_update;
typedef struct hmx_channel_close hmx_channel_close;
typedef struct hmx_share hmx_share;
typedef struct hmx_tick hmx_tick;
typedef struct hmx_decision_buf hmx_decision_buf;
typedef struct hmx_reassign hmx_reassign;

/* ---- the hooks ----
 *
 * Each tells what it does, when it may be called, what it returns beside HMX_OK, and what it may
 * write. Every hook may return HMX_E_INVALID (a rule of this header is broken), HMX_E_NOMEM where
 * it is not [hot], and a status <= HMX_E_FATAL. `self` is never NULL. */
typedef struct hmx_ops {
    uint32_t size;
    uint32_t pad0;

    /* [control] Makes an instance: reads and validates the whole configuration.
     * Returns: HMX_E_CONFIG the configuration is refused, args->why tells why, line by line;
     *          HMX_E_IO the file cannot be read; HMX_E_LIMIT a limit of args is too high;
     *          HMX_E_UNSUPPORTED a flag or tail of args is not known.
     * In:   host and args. host is copied; its ctx and strings must outlive destroy.
     * Out:  *out, on HMX_OK only.
     * Required. */
    hmx_status (*create)(const hmx_host *host, const hmx_create_args *args, hmx_instance **out);

    /* [instance] Ends an instance and frees all that it holds. Legal at any time after create, also
     * after a fatal status. Required. */
    void (*destroy)(hmx_instance *self);

    /* [instance] Tells the upstreams to connect to. Call it after create and after each
     * reconfigure.
     * Out:  rows up to out->capacity, and out->count: how many there are. */
    hmx_status (*upstreams)(hmx_instance *self, hmx_upstream_table *out);

    /* [instance] A pool's connection or facts changed. Send the whole truth each time. Until UP
     * arrives an upstream counts as down. Also legal for an upstream that was removed and is
     * forgotten: then it is noted and ignored. */
    hmx_status (*on_upstream)(hmx_instance *self, const hmx_upstream_event *event);

    /* [instance] A channel wants to open: where? Call it before Open*MiningChannel.Success.
     * Returns: HMX_E_LIMIT channels_max are open; HMX_E_STATE the channel is open already.
     *          After either, and after any other negative status, the channel is not known here:
     *          the same channel number may be tried again.
     * Out:  *out: ASSIGN or PASS (see hmx_channel_decision). After both the channel is known. */
    hmx_status (*on_channel_open)(hmx_instance *self, const hmx_channel_open *event,
                                  hmx_channel_decision *out);

    /* [instance] Facts of an open channel changed.
     * Returns: HMX_E_STATE the channel is not known. */
    hmx_status (*on_channel_update)(hmx_instance *self, const hmx_channel_update *event);

    /* [instance] A channel is gone.
     * Returns: HMX_E_STATE the channel is not known. */
    hmx_status (*on_channel_close)(hmx_instance *self, const hmx_channel_close *event);

    /* [instance, hot] Shares of a channel. Also legal for a channel that closed lately, and for a
     * pool that was removed: the first still counts for its pool, the second for nobody. */
    hmx_status (*on_share)(hmx_instance *self, const hmx_share *event);

    /* [instance] Time passed. Call it at least every second; more often does no harm. What is wrong
     * is judged once per evaluation interval; who has to leave a dead pool leaves at once.
     * Out:  decisions to carry out, up to out->capacity; with out->more the call is repeated with
     *       the same now_ns (and the next seq) until there are no more. */
    hmx_status (*on_tick)(hmx_instance *self, const hmx_tick *event, hmx_decision_buf *out);

    /* [instance] What became of a decision, or what the host did on its own (see hmx_reassign).
     * Returns: HMX_E_STATE the channel is not known, the decision was answered before or is none of
     *          this channel, or (DRAINED) that prefix is not held. A late or double answer that
     *          changes nothing is no harm. */
    hmx_status (*on_reassign)(hmx_instance *self, const hmx_reassign *event);

    /* [instance] Writes what was learned. Between events; no event itself: an instance that saves
     * decides as one that does not. The bytes are deterministic.
     * Returns: HMX_E_IO the writer failed: the bytes are worth nothing. */
    hmx_status (*save)(hmx_instance *self, const hmx_writer *to);

    /* [instance] Takes over what save wrote: all or nothing, on a fresh instance, before the first
     * event.
     * Returns: HMX_E_STATE too late, or for the second time; HMX_E_CORRUPT damaged, cut off, empty;
     *          HMX_E_UNSUPPORTED of a newer version; HMX_E_IO the reader failed. In each case the
     *          instance goes on without the state, and args->why has the sentence. */
    hmx_status (*load)(hmx_instance *self, const hmx_load_args *args);

    /* [instance] A new configuration as a whole, or nothing. Call upstreams afterwards.
     * Returns: as create. */
    hmx_status (*reconfigure)(hmx_instance *self, const hmx_reconfigure_args *args);

    /* [instance] A static table by id ("hashmux.tuning/1"), or NULL: its first member is its size,
     * and a member may be NULL. A plugin that wraps another asks it through its own instance. */
    const void *(*get_extension)(hmx_instance *self, const char *id);
} hmx_ops;

/* ---- who a plugin is ---- */
/* Capabilities: one namespace for hmx_host.caps, hmx_descriptor.caps and hmx_descriptor.needs. */
/* host: carries out hmx_decision and answers by on_reassign */
#define HMX_CAP_REASSIGN 0x1ull
/* host: fills hmx_share.work with the difficulty of the miner's own job target */
#define HMX_CAP_SHARE_WORK 0x2ull
/* host: tells each pool's extranonce space and uses the prefixes that it is given; without it the
 * plugin gives none. plugin: allocates prefixes */
#define HMX_CAP_EXTRANONCE 0x4ull
/* host: reports HMX_RESULT_DRAINED when no job of an old prefix is valid any more; without it an
 * old prefix rests for the plugin's own hold time */
#define HMX_CAP_DRAIN_REPORT 0x8ull
/* host: can move without a new prev_hash when both pools share the tip */
#define HMX_CAP_SOFT_MOVE 0x10ull
/* host: carries out HMX_STYLE_REOPEN */
#define HMX_CAP_REOPEN 0x20ull
/* all bits that version 1.0 knows */
#define HMX_CAP_KNOWN 0x3full

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

/* ---- the host, as the plugin sees it ---- */
struct hmx_host {
    uint32_t size;
    uint32_t abi_major; /* HMX_ABI_MAJOR and _MINOR of the host's header */
    uint32_t abi_minor;
    uint32_t pad0;
    uint64_t caps; /* HMX_CAP_* bits that this host offers */
    void *ctx;     /* passed back as the first argument of each callback */
    /* [any-thread] One line for people, no newline, not NUL-terminated. May be NULL. */
    void (*log)(void *ctx, uint32_t level, const char *text, uint64_t len);
    /* [instance] One finished JSON line for one decision or outcome; the host stores it. May be
     * NULL. */
    void (*audit)(void *ctx, const char *json, uint64_t len);
    /* [instance] `size` > 0 bytes aligned to `align` (a power of two, <= 4096), or NULL. Contents
     * undefined. */
    void *(*alloc)(void *ctx, uint64_t size, uint64_t align);
    /* [instance] Gives back what alloc returned, with the same size and align. p is never NULL. */
    void (*free)(void *ctx, void *p, uint64_t size, uint64_t align);
    /* [any-thread] Asks for an on_tick soon, for example because a pool died. May be NULL. */
    void (*request_tick)(void *ctx);
    const char *name;    /* who the host is, for the log: printable UTF-8; may be NULL */
    const char *version; /* of the host; may be NULL */
};

/* Where a refusal puts its sentence. The caller owns `data`; a plugin writes at most `capacity`
 * bytes, NUL included, and sets `len` (bytes before the NUL, cut when it does not fit). Everywhere
 * it may be NULL. */
struct hmx_text {
    uint32_t size;
    uint32_t len; /* out */
    char *data;
    uint64_t capacity; /* bytes at data; 0 = write nothing */
};

/* ---- lifecycle ---- */
struct hmx_create_args {
    uint32_t size;
    uint32_t flags;          /* none defined: 0 */
    hmx_view config_path;    /* a path (no NUL inside): exactly one of path and text is given */
    hmx_view config_text;    /* the configuration itself, UTF-8 */
    uint8_t seed[32];        /* all randomness of the instance comes from here */
    uint64_t now_ns;         /* monotonic clock, nanoseconds */
    uint64_t unix_ms;        /* wall clock, milliseconds since 1970; for schedules and messages */
    uint32_t channels_max;   /* most channels open at once; on_channel_open beyond it answers
                              HMX_E_LIMIT; 0 = 65536 */
    uint32_t upstreams_max;  /* most upstreams that the host handles, 1..64; 0 = 64 */
    uint32_t instance_index; /* 0..instance_count-1: becomes part of the prefixes that this instance
                                allocates */
    uint32_t instance_count; /* that share the pools' extranonce spaces; 0 and 1 mean one */
    hmx_text *why;           /* gets the reasons of a refusal, one per line; may be NULL */
};

struct hmx_reconfigure_args {
    uint32_t size;
    uint32_t flags; /* none defined: 0 */
    hmx_view config_path;
    hmx_view config_text;
    uint64_t now_ns;
    uint64_t unix_ms;
    hmx_text *why;
};

/* A stream that the host gives to save and to write_config. write returns HMX_OK or HMX_E_IO. */
struct hmx_writer {
    uint32_t size;
    uint32_t pad0;
    void *ctx;
    hmx_status (*write)(void *ctx, const void *data, uint64_t len);
};

/* A stream that the host gives to load: read fills up to `capacity` bytes, *len = 0 at the end, and
 * returns HMX_OK or HMX_E_IO. */
struct hmx_reader {
    uint32_t size;
    uint32_t pad0;
    void *ctx;
    hmx_status (*read)(void *ctx, void *data, uint64_t capacity, uint64_t *len);
};

struct hmx_load_args {
    uint32_t size;
    uint32_t flags;  /* none defined: 0 */
    uint64_t now_ns; /* on the clock of this process */
    uint64_t unix_ms;
    const hmx_reader *from;
    hmx_text *why; /* gets the reason of a refusal; may be NULL */
};

enum hmx_upstream_flag {
    HMX_UPSTREAM_FLAG_ENABLED = 0x1,
    HMX_UPSTREAM_FLAG_HAS_KEY = 0x2, /* authority_key is set */
    /* no longer configured; keep the connection until its channels have left */
    HMX_UPSTREAM_FLAG_REMOVED = 0x4
};

/* One row of the table from which the host connects. Unique is address, port and user_identity
 * together: two accounts at one pool are two upstreams. */
typedef struct hmx_upstream_info {
    uint32_t size;
    uint32_t upstream;                   /* 1..64; the same id keeps its number over reconfigure */
    uint32_t priority;                   /* smaller is preferred; unique */
    uint32_t flags;                      /* HMX_UPSTREAM_FLAG_* */
    double percentage;                   /* configured target, 0..100 */
    uint32_t port;                       /* 1..65535 */
    uint32_t health_check_interval_secs; /* how often grey pools are judged; a hint for the host's
                                            own checks */
    uint8_t authority_key[32];           /* x-only secp256k1 key (spec 4.7); whether it lies on the
                                            curve is not checked */
    char id[HMX_ID_SIZE];                /* NUL-terminated, [a-z0-9_-] */
    char address[HMX_ADDRESS_SIZE];      /* NUL-terminated host name or address */
    /* NUL-terminated UTF-8: the account with which the host opens its channels there
     * (Open*MiningChannel.user_identity, spec 5.3.2); empty = the host's own choice */
    char user_identity[HMX_IDENTITY_SIZE];
} hmx_upstream_info;

struct hmx_upstream_table {
    uint32_t size;
    uint32_t stride;   /* in: bytes from one row to the next; each row's size is preset */
    uint32_t capacity; /* in: rows that fit */
    uint32_t count;    /* out: rows that exist; those beyond capacity were not written */
    hmx_upstream_info *rows;
};

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

/* The whole truth about an upstream, sent whenever any of it changes.
 *
 * The extranonce space (spec 5.1.1). A host that aggregates has one upstream channel per pool: it
 * tells the prefix that the pool gave it and the bytes that the pool granted behind that, and the
 * plugin divides those bytes among the channels. A host with one upstream channel per miner and
 * pool has no such space to divide: it says extranonce_size 0 and chooses every prefix itself. */
struct hmx_upstream_event {
    hmx_event event;
    uint32_t upstream;
    uint32_t state;           /* HMX_UPSTREAM_*: judged */
    uint32_t reason;          /* HMX_UPSTREAM_REASON_*, why it is not up: goes into the log */
    uint32_t extranonce_size; /* rollable bytes granted; 0 = the host chooses every prefix on this
                                 pool */
    uint32_t extranonce_prefix_len; /* 0..32; prefix_len + extranonce_size <= 32 */
    uint32_t has_job; /* hmx_tri: a current job and prev_hash are there. NO = never a destination */
    uint32_t version_rolling;      /* hmx_tri: its jobs allow version rolling */
    uint32_t fixed_version;        /* hmx_tri: the pool set REQUIRES_FIXED_VERSION (spec 5.3.1) */
    uint8_t extranonce_prefix[32]; /* the pool's own prefix for the host's upstream channel */
    /* U256 little-endian: the easiest target that a miner would be given there; all zero = unknown.
     * A channel whose max_target is harder is not sent there. A host that sets each miner's target
     * itself says unknown. */
    uint8_t target[32];
    uint8_t tip_prev_hash[32]; /* all zero = unknown; same tip and nbits on two pools allow soft
                                  moves */
    uint32_t tip_nbits;
    uint32_t pad0;
};

enum hmx_channel_kind { HMX_CHANNEL_STANDARD = 1, HMX_CHANNEL_EXTENDED = 2 };

enum hmx_channel_flag {
    HMX_CHANNEL_FLAG_REQUIRES_VERSION_ROLLING = 0x1, /* spec 5.3.1 */
    HMX_CHANNEL_FLAG_CUSTOM_JOBS = 0x2, /* work selection: bound to its pool, never moved */
    /* its group has other members and the host cannot regroup it (spec 5.3.22) */
    HMX_CHANNEL_FLAG_SHARES_GROUP = 0x4
};

/* Sent before the host answers Open*MiningChannel.Success: the answer tells the pool and the
 * prefix. */
struct hmx_channel_open {
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
};

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
struct hmx_channel_decision {
    uint32_t size;
    uint32_t action;                /* HMX_ACTION_* */
    uint32_t upstream;              /* with ASSIGN */
    uint32_t reason;                /* HMX_REASON_* */
    uint64_t cookie;                /* echo it in later events of this channel */
    uint32_t extranonce_prefix_len; /* 0 = the host chooses the prefix */
    uint32_t pad0;
    uint8_t extranonce_prefix[32];
};

enum hmx_channel_fact {
    HMX_FACT_NOMINAL_HASHRATE = 0x1,
    HMX_FACT_MAX_TARGET = 0x2,
    HMX_FACT_HONOURS_PREFIX = 0x4,
    HMX_FACT_FLAGS = 0x8,
    /* a channel that works where it may no longer is moved away at the next tick */
    HMX_FACT_UPSTREAMS_ALLOWED = 0x10
};

struct hmx_channel_update {
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
};

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
 * ever does. */
struct hmx_channel_close {
    hmx_event event;
    uint64_t channel;
    uint64_t cookie;
    uint32_t reason; /* HMX_CLOSE_* */
    uint32_t pad0;
};

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
 * Neither is ever the pool's new_shares_sum: that is a truncated integer.
 *
 * A host that aggregates many miners into one upstream channel has miners with easy targets and a
 * pool with a hard one. Of a miner's shares it forwards those that meet the pool's: SUBMITTED, then
 * the verdict, with work at the miner's difficulty and credit at the pool's, which is larger. The
 * others it reports NOT_FORWARDED, with work. So the work of all shares together measures the
 * miner, and the credit of the accepted ones what the pool pays for. A host with one upstream
 * channel per miner, whose miners work at the pool's target, leaves credit 0. */
struct hmx_share {
    hmx_event event;
    uint64_t channel;
    uint64_t cookie;
    uint32_t upstream; /* of the job, which after a move may not be the channel's */
    uint32_t verdict;  /* HMX_SHARE_*: judged */
    uint32_t count;    /* shares, 1 or more: pools acknowledge in batches */
    uint32_t pad0;
    double work;   /* sum over the shares, > 0, at most 1e30 */
    double credit; /* sum over the shares, >= 0, at most 1e30 */
};

/* ---- ticks, decisions, outcomes ---- */
struct hmx_tick {
    hmx_event event;
    uint64_t unix_ms; /* wall clock, for schedules and messages */
};

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
 * channels that are there need. */
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
struct hmx_decision_buf {
    uint32_t size;
    uint32_t stride;
    uint32_t capacity; /* rows that fit; 0 is allowed */
    uint32_t count;    /* out: rows written. Only what is listed is pending */
    uint32_t more;     /* out: 1 = there is more, call on_tick again with the same now_ns */
    uint32_t pad0;
    hmx_decision *rows;
};

enum hmx_result {
    /* The frames of the move were written: only here an assignment becomes fact. It is one however
     * late it comes: the channel is where `to` says, and another decision that is pending about it
     * is void (its answer is HMX_E_STATE). */
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
struct hmx_reassign {
    hmx_event event;
    uint64_t decision; /* as in hmx_decision; 0 with FORCED and DRAINED */
    uint64_t channel;
    uint64_t cookie;
    uint32_t from;
    uint32_t to;     /* with DRAINED: HMX_NONE, and `from` is the pool of the prefix */
    uint32_t result; /* HMX_RESULT_*: judged */
    uint32_t cause;  /* host's own code for the audit line, 0 = none given */
    uint32_t extranonce_prefix_len; /* in force now; with DRAINED: the one that is free again */
    uint32_t pad0;
    uint8_t extranonce_prefix[32];
};

#ifdef __cplusplus
}
#endif
#endif /* HMX_ABI_H */
