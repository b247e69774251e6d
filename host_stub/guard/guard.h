/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * guard/guard: stands between a host and one plugin instance and checks the contract of hmx_abi.h
 * on every call, in both directions. It changes nothing that either side sees, except that it hands
 * the plugin exact-size copies of every struct and that a call which would be undefined (a hook
 * after destroy or after a fatal status) is not made and answers HMX_E_STATE.
 *
 * What each side is found to have done wrong has a short stable name (hs_guard_checks lists them).
 * A call in which the host broke a rule is still made when that is memory-safe, since the plugin
 * has to answer it with HMX_E_INVALID or HMX_E_STATE itself; otherwise (a NULL struct, rows that
 * are not there) the guard answers HMX_E_INVALID. The guard judges by a model of its own (upstream
 * states, channels, pending decisions, prefixes), which follows what the plugin accepted. Cost: one
 * hash look-up for a share, O(log prefixes) for a placement.
 *
 * The guard also is the plugin's hmx_host: it owns the allocator (which counts, checks sizes and
 * alignment and can be told to fail) and forwards log lines. A hook that the plugin does not have
 * answers HMX_E_UNSUPPORTED and leaves its out-struct zero. */
#ifndef HOST_STUB_GUARD_GUARD_H
#define HOST_STUB_GUARD_GUARD_H

#include <stddef.h>

#include "abi/hmx_abi.h"
#include "host_stub/load/loader.h"

enum hs_side { HS_SIDE_HOST = 1, HS_SIDE_PLUGIN = 2 };

typedef struct hs_guard hs_guard;

typedef struct hs_guard_options {
    uint64_t caps;             /* HMX_CAP_* that the host offers */
    uint64_t fail_alloc;       /* the n-th allocation (from 1) returns NULL; 0 = never */
    int fail_all_after;        /* every allocation from fail_alloc on fails */
    int echo_zero_cookie;      /* hand cookie 0 to the plugin instead of the host's (abi rule 10) */
    uint32_t extra_tail_bytes; /* play a newer host: each event grows by so many bytes of noise */
    /* All may be NULL. */
    const char *name;    /* of the host, as in hmx_host; outlives the guard */
    const char *version; /* the host's */
    void (*log)(void *ctx, uint32_t level, const char *text, uint64_t len);
    void (*violation)(void *ctx, enum hs_side side, const char *check, const char *text);
    void (*audit)(void *ctx, const char *json, uint64_t len);
    void (*request_tick)(void *ctx);
    void *ctx;
} hs_guard_options;

/* Calls create. Returns the guard also when create failed (*status tells), so that its violations
 * can be read; NULL only when out of memory. `plugin` must outlive the guard. */
hs_guard *hs_guard_new(const hs_plugin *plugin, const hmx_create_args *args,
                       const hs_guard_options *options, hmx_status *status);

/* Calls destroy and checks that no byte is left. The guard stays: any hook from now on is a
 * violation. Does nothing when there is no instance (any more). */
void hs_guard_destroy(hs_guard *guard);

/* Calls destroy (once), checks that no byte is left, and frees the guard. Returns the number of
 * violations in its whole life. */
uint64_t hs_guard_delete(hs_guard *guard);

/* The hooks, as in hmx_ops. */
hmx_status hs_guard_upstreams(hs_guard *g, hmx_upstream_table *out);
hmx_status hs_guard_on_upstream(hs_guard *g, const hmx_upstream_event *e);
hmx_status hs_guard_on_channel_open(hs_guard *g, const hmx_channel_open *e,
                                    hmx_channel_decision *out);
hmx_status hs_guard_on_channel_update(hs_guard *g, const hmx_channel_update *e);
hmx_status hs_guard_on_channel_close(hs_guard *g, const hmx_channel_close *e);
hmx_status hs_guard_on_share(hs_guard *g, const hmx_share *e);
hmx_status hs_guard_on_tick(hs_guard *g, const hmx_tick *e, hmx_decision_buf *out);
hmx_status hs_guard_on_reassign(hs_guard *g, const hmx_reassign *e);
hmx_status hs_guard_save(hs_guard *g, const hmx_writer *to);
hmx_status hs_guard_load(hs_guard *g, const hmx_load_args *args);
hmx_status hs_guard_reconfigure(hs_guard *g, const hmx_reconfigure_args *args);
const void *hs_guard_extension(hs_guard *g, const char *id);

/* For extension functions, which take the instance itself. */
hmx_instance *hs_guard_instance(hs_guard *g);

/* Fills the head of an event: size, flags 0, now_ns, and the next seq. */
hmx_event hs_guard_event(hs_guard *g, size_t size, uint64_t now_ns);

/* Name, side and meaning of every check, in a fixed order; NULL beyond the last. */
typedef struct hs_guard_check {
    enum hs_side side;
    const char *name;
    const char *meaning;
} hs_guard_check;
const hs_guard_check *hs_guard_checks(size_t index);

/* What was found so far, and the allocator's account. */
uint64_t hs_guard_violations(const hs_guard *g, enum hs_side side);
uint64_t hs_guard_live_bytes(const hs_guard *g);
uint64_t hs_guard_live_blocks(const hs_guard *g);
uint64_t hs_guard_allocations(const hs_guard *g);

#endif
