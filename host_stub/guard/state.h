/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * guard/state: what a guard holds: the plugin, what it was given, and the picture of the farm as it
 * has accepted it. It has no functions: guard/model keeps the picture, guard/prefix the prefixes
 * in it, guard/memory the blocks. */
#ifndef HOST_STUB_GUARD_STATE_H
#define HOST_STUB_GUARD_STATE_H

#include "host_stub/base/table.h"
#include "host_stub/guard/guard.h"

/* A plugin may use a drained prefix again after "its own hold time" when nobody reports it drained.
 * How long that is, it decides; reusing one sooner than this is certainly wrong. */
#define HS_HOLD_NS          60000000000u  /* 1 min, for a host that reports nothing */
#define HS_HOLD_REPORTED_NS 600000000000u /* 10 min, for a host that promised to report */

#define HS_RAN_OUT 8 /* decisions about a channel that a plugin has to remember unanswered */

#define HS_STRUCT_MAX 65536u /* bytes; a larger size in an event is rubbish */
#define HS_ROWS_MAX   (64u << 20)

enum hs_guard_state {
    HS_GUARD_LIVE = 1,
    HS_GUARD_NO_INSTANCE,
    HS_GUARD_POISONED,
    HS_GUARD_DESTROYED
};

typedef struct hs_guard_prefix hs_guard_prefix; /* guard/prefix.c */

typedef struct hs_guard_upstream {
    int in_table; /* in the last table that was read */
    int stayed;   /* in the one before, and not to be removed: it keeps its number */
    int removed;
    int reported; /* an upstream event was accepted: `facts` is filled */
    int was_up;   /* one that said UP: its space is known, and that it has none */
    char id[HMX_ID_SIZE];
    hmx_upstream_event facts;
    uint64_t in_flight;   /* shares submitted and not yet judged */
    uint64_t answered_ns; /* its last verdict */
    uint64_t trouble_ns;  /* it was told not to be up, or refused or lost a share */
    void *prefixes;       /* search tree, guard/prefix.c */
} hs_guard_upstream;

typedef struct hs_guard_channel {
    uint64_t channel;
    uint64_t cookie;
    int known; /* the plugin accepted its opening */
    uint32_t upstream;
    uint32_t kind;
    uint32_t honours_prefix;
    uint32_t flags;
    uint32_t extranonce_size;
    uint64_t upstreams_allowed;
    uint64_t who;            /* hs_guard_reopen_who */
    hs_guard_prefix *prefix; /* in force, NULL = unknown to the guard */
    uint32_t prefix_len;
    uint32_t full_size; /* of its whole extranonce when it came there, 0 = unknown */
    /* The pending decision, 0 = none. */
    uint64_t ran_out[HS_RAN_OUT]; /* decisions whose time ran out unanswered, the last first */
    uint64_t pending;
    uint32_t pending_style;
    uint32_t pending_to;
    uint64_t pending_since_ns;
    uint64_t pending_until_ns;
    int pending_loose; /* the host moved the channel meanwhile: both sides may count it as void */
    uint32_t pending_prefix_len;
    uint8_t pending_prefix_bytes[HMX_EXTRANONCE_MAX];
    hs_guard_prefix *pending_prefix;
} hs_guard_channel;

/* A decision whose channel was closed to be opened again. */
typedef struct hs_guard_returning {
    uint64_t who;
    uint64_t decision;
    uint64_t since_ns;
    uint64_t until_ns;
    uint32_t to;
} hs_guard_returning;

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
    hs_guard_channel closed;
    uint64_t channels_open; /* as the plugin knows them */
    uint64_t channels_max;
    uint32_t upstreams_max;
    int table_read;
    hs_guard_upstream upstreams[HMX_UPSTREAMS_MAX + 1];
    uint64_t last_decision;
    hs_guard_returning *returning;
    size_t returning_count;
    size_t returning_capacity;
    hs_guard_prefix *drain_first;
    hs_guard_prefix *drain_last;
    const void *tuning; /* extension tables seen, to notice when they change */
    const void *metrics;
};

#endif
