/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * hmx_abi.h: the contract between a Stratum V2 proxy (the host) and a plugin that decides which
 * mining channel works for which upstream pool. Contract version 1.0, release candidate. The
 * rules, the hooks and the life of an instance are here, the facts and answers in hmx_events.h;
 * together they need no other document.
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
 *     the end. The least size of each is that of version 1.0, its ..._SIZE_VER0, whatever
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

#include "hmx_events.h"

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

enum hmx_log_level { HMX_LOG_ERROR = 1, HMX_LOG_WARN = 2, HMX_LOG_INFO = 3, HMX_LOG_DEBUG = 4 };

typedef struct hmx_text hmx_text;
typedef struct hmx_instance hmx_instance; /* the plugin's instance: opaque to the host */
typedef struct hmx_host hmx_host;
typedef struct hmx_create_args hmx_create_args;
typedef struct hmx_reconfigure_args hmx_reconfigure_args;
typedef struct hmx_load_args hmx_load_args;
typedef struct hmx_upstream_table hmx_upstream_table;
typedef struct hmx_writer hmx_writer;
typedef struct hmx_reader hmx_reader;

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
     * Returns: HMX_E_LIMIT channels_max are open; HMX_E_STATE the channel is open already;
     *          HMX_E_INVALID, among others, the prefix in force of a channel that already works
     *          somewhere collides with that of another one there (the log says whose): one begins
     *          with the other.
     *          After each of these, and after any other negative status, the channel is not known
     *          here: the same channel number may be tried again.
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
     * is judged once per evaluation interval, the pools' health (and the end of a hold-down) once
     * per health_check_interval_secs; who has to leave a dead pool leaves at once, or some seconds
     * later where its connection broke (HMX_UPSTREAM_REASON_LOST) and may be back: three, or more
     * if it broke within the hour too and was back soon then.
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
    /* [instance] One finished JSON line for one decision or outcome, with hmx_reassign.cause; the
     * host stores it. May be NULL. */
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
    uint64_t unix_ms;        /* wall clock, milliseconds since 1970, as everywhere: for schedules,
                                the age of a saved state, and the audit; never for a decision's
                                time, which is now_ns */
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

#ifdef __cplusplus
}
#endif
#endif /* HMX_ABI_H */
