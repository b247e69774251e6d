/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * guard/internal: what the files of the guard share: the state, the model, and which file answers
 * for what. Nobody else includes it.
 *
 *   guard.c           create, destroy, services of the host, reports
 *   guard/call.c      entering and leaving a hook; copies of events
 *   guard/hooks.c     the hooks that take events
 *   guard/tables.c    the hooks that fill rows: upstreams, on_tick
 *   guard/stream.c    save, load, reconfigure, extensions
 *   guard/memory.c    the allocator
 *   guard/model.c     channels, upstreams and decisions as the plugin has accepted them
 *   guard/prefix.c    extranonce prefixes in use
 *   guard_check_*.c   the checks */
#ifndef HOST_STUB_GUARD_INTERNAL_H
#define HOST_STUB_GUARD_INTERNAL_H

#include "host_stub/base/table.h"
#include "host_stub/guard/checks.h"
#include "host_stub/guard/guard.h"

/* A plugin may use a drained prefix again after "its own hold time" when nobody reports it drained.
 * How long that is, it decides; reusing one sooner than this is certainly wrong. */
#define HS_HOLD_NS          60000000000u  /* 1 min, for a host that reports nothing */
#define HS_HOLD_REPORTED_NS 600000000000u /* 10 min, for a host that promised to report */

#define HS_STRUCT_MAX 65536u /* bytes; a larger size in an event is rubbish */
#define HS_ROWS_MAX   (64u << 20)

enum hs_guard_state {
    HS_GUARD_LIVE = 1,
    HS_GUARD_NO_INSTANCE,
    HS_GUARD_POISONED,
    HS_GUARD_DESTROYED
};

typedef struct hs_prefix hs_prefix; /* guard/prefix.c */

typedef struct hs_upstream {
    int in_table; /* in the last table that was read */
    int removed;
    int reported; /* an upstream event was accepted: `facts` is filled */
    char id[HMX_ID_SIZE];
    hmx_upstream_event facts;
    uint64_t in_flight; /* shares submitted and not yet judged */
    void *prefixes;     /* search tree, guard/prefix.c */
} hs_upstream;

typedef struct hs_channel {
    uint64_t channel;
    uint64_t cookie;
    int known; /* the plugin accepted its opening */
    uint32_t upstream;
    uint32_t kind;
    uint32_t honours_prefix;
    uint32_t flags;
    uint32_t extranonce_size;
    uint64_t upstreams_allowed;
    hs_prefix *prefix; /* in force, NULL = unknown to the guard */
    uint32_t prefix_len;
    /* The pending decision, 0 = none. */
    uint64_t pending;
    uint32_t pending_kind;
    uint32_t pending_to;
    uint64_t pending_until_ns;
    int pending_loose; /* the host moved the channel meanwhile: both sides may count it as void */
    uint32_t pending_prefix_len;
    uint8_t pending_prefix_bytes[HMX_EXTRANONCE_MAX];
    hs_prefix *pending_prefix;
} hs_channel;

struct hs_guard {
    const hs_plugin *plugin;
    hs_guard_options options;
    hmx_host host;
    hmx_instance *instance;
    enum hs_guard_state state;
    const char *hook; /* the running one, or NULL */
    uint64_t violations[3];
    uint64_t host_faults_before; /* host violations when the running hook was entered */
    uint64_t now_ns;
    uint64_t seq;
    uint64_t seq_given;
    /* allocator and services */
    hs_table blocks;
    uint64_t live_bytes;
    uint64_t allocations;
    uint64_t frees;
    uint64_t logs;
    int stream_failed; /* the host's stream answered an error during save or load */
    const hmx_writer *writer;
    const hmx_reader *reader;
    /* model */
    hs_table channels; /* numbers never come back, so closed ones stay, as a pointer to `closed` */
    hs_channel closed;
    uint64_t channels_open;
    uint64_t channels_max;
    uint32_t upstreams_max;
    int table_read;
    hs_upstream upstreams[HMX_UPSTREAMS_MAX + 1];
    uint64_t last_decision;
    hs_prefix *drain_first;
    hs_prefix *drain_last;
    const void *tuning; /* extension tables seen, to notice when they change */
    const void *metrics;
};

/* ---- guard.c */
void hs_guard_report(hs_guard *g, enum hs_check check, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* 1 if the host broke a rule in the running hook. */
int hs_guard_host_at_fault(const hs_guard *g);

/* ---- guard/memory.c */
void *hs_guard_alloc(void *ctx, uint64_t size, uint64_t align);
void hs_guard_free(void *ctx, void *p, uint64_t size, uint64_t align);
/* Reports what is still allocated as `check` and frees it. */
void hs_guard_memory_finish(hs_guard *g, enum hs_check check);

/* ---- guard/text.c */
/* A copy of a text buffer for a refusal; *out is NULL when `why` is. -1 = out of memory. */
int hs_guard_text_open(const hmx_text *why, hmx_text **out);
/* Checks what the plugin wrote, hands it to the host and frees the copy. */
void hs_guard_text_close(hs_guard *g, hmx_text *copy, hmx_text *why, hmx_status status);

/* ---- guard/call.c */
typedef struct hs_call {
    void *given;     /* the plugin's copy, NULL in the fast path */
    void *views[2];  /* copies of what the event's views point to */
    int missing;     /* the plugin has no such hook */
    uint64_t memory; /* allocator and log counters at the beginning */
    uint64_t logs;
} hs_call;

/* Lifecycle checks; HMX_OK = the hook may run, and hs_guard_leave has to follow. */
hmx_status hs_guard_enter(hs_guard *g, const char *hook);
/* Status checks, poisoning. Returns the status. */
hmx_status hs_guard_leave(hs_guard *g, hmx_status status);
void hs_guard_time(hs_guard *g, uint64_t now_ns);
/* Enters, checks the head of the event, fills *known (our struct, `known_size` bytes,
 * zero-extended) and makes the plugin's copy, with the cookie at `cookie_offset` (0 = has none) as
 * the options say. */
hmx_status hs_call_open(hs_guard *g, hs_call *call, const char *hook, const void *event,
                        void *known, size_t known_size, size_t cookie_offset);
/* As hs_call_open, without any copy. */
hmx_status hs_call_open_bare(hs_guard *g, hs_call *call, const char *hook, const hmx_event *head);
/* Checks that the copy is as it was, frees it and leaves. `fact` = refusing it needs a reason. */
hmx_status hs_call_close(hs_guard *g, hs_call *call, hmx_status status, int fact);
/* 1 if the model follows: the plugin accepted, or does not listen at all. */
int hs_call_accepted(const hs_call *call, hmx_status status);

/* ---- guard/model.c */
hs_channel *hs_model_find(const hs_guard *g, uint64_t channel); /* also &g->closed */
hs_channel *hs_model_open_channel(const hs_guard *g, uint64_t channel);
/* The upstream exists as far as the guard can know. */
int hs_model_upstream_exists(const hs_guard *g, uint32_t upstream);
/* A channel may be sent there: up, with a job, not removed. Else a reason. */
const char *hs_model_not_usable(const hs_guard *g, uint32_t upstream);
/* The pool's space is told and the plugin is to allocate in it. */
int hs_model_space_known(const hs_guard *g, uint32_t upstream);
int hs_model_add(hs_guard *g, const hmx_channel_open *e, const hmx_channel_decision *d, int known);
void hs_model_close(hs_guard *g, hs_channel *c);
void hs_model_update(hs_channel *c, const hmx_channel_update *e);
void hs_model_upstream(hs_guard *g, const hmx_upstream_event *e);
void hs_model_decide(hs_guard *g, hs_channel *c, const hmx_decision *d);
void hs_model_reassign(hs_guard *g, hs_channel *c, const hmx_reassign *e);
/* Forgets a pending decision whose time is over. */
void hs_model_expire(hs_guard *g, hs_channel *c);
void hs_model_free(hs_guard *g);

/* ---- guard/prefix.c */
/* Takes a prefix for a channel. Returns NULL on a collision (*other = whose it is, 0 = nobody's:
 * out of memory); a channel may take its own again. */
hs_prefix *hs_prefix_take(hs_guard *g, uint32_t upstream, const uint8_t *bytes, uint32_t len,
                          uint64_t channel, uint64_t *other);
/* Gives up one hold; with `drain` it stays reserved until drained. NULL is fine. */
void hs_prefix_drop(hs_guard *g, hs_prefix *prefix, int drain);
/* No job of it is valid any more. */
void hs_prefix_drained(hs_guard *g, uint32_t upstream, const uint8_t *bytes, uint32_t len);
/* Forgets reservations that are older than any plugin has to keep them. */
void hs_prefix_expire(hs_guard *g);
void hs_prefix_free_all(hs_guard *g);

/* ---- guard_check_*.c: what the host says */
void hs_check_create_args(hs_guard *g, const hmx_create_args *a);
void hs_check_config_views(hs_guard *g, const hmx_view *path, const hmx_view *text);
void hs_check_upstream_event(hs_guard *g, const hmx_upstream_event *e);
void hs_check_open_event(hs_guard *g, const hmx_channel_open *e);
void hs_check_update_event(hs_guard *g, const hmx_channel_update *e);
void hs_check_close_event(hs_guard *g, const hmx_channel_close *e);
/* Returns 1 if the channel is open and the plugin knows it. */
int hs_check_share(hs_guard *g, const hmx_share *e);
void hs_check_reassign(hs_guard *g, const hmx_reassign *e);
int hs_check_hashrate(double x); /* 1 if finite and not negative */

/* ---- guard_check_*.c: what the plugin answers */
void hs_check_upstream_table(hs_guard *g, const unsigned char *rows, uint32_t stride,
                             uint32_t count, uint32_t written);
void hs_check_open_answer(hs_guard *g, const hmx_channel_open *e, const hmx_channel_decision *d);
void hs_check_decision(hs_guard *g, const hmx_decision *d);
/* Length and space of a prefix in an answer (not collisions). */
void hs_check_prefix(hs_guard *g, const hs_channel *c, uint32_t upstream, uint32_t len,
                     const uint8_t *bytes);
/* Why the channel must not work for the upstream, or NULL. */
const char *hs_check_not_allowed(const hs_guard *g, const hs_channel *c, uint32_t upstream);
/* Why the channel must not be moved to the upstream (or given a new prefix there), or NULL. */
const char *hs_check_not_movable(const hs_guard *g, const hs_channel *c, uint32_t upstream,
                                 uint32_t reason);

#endif
