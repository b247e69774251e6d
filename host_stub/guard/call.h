/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * guard/call: entering and leaving a hook, and the copies of its event: what every call has in
 * common. */
#ifndef HOST_STUB_GUARD_CALL_H
#define HOST_STUB_GUARD_CALL_H

#include "host_stub/guard/state.h"

typedef struct hs_guard_call {
    void *given;     /* the plugin's copy, NULL in the fast path */
    void *views[4];  /* copies of what the event's views point to */
    int missing;     /* the plugin has no such hook */
    uint64_t memory; /* allocator and log counters at the beginning */
    uint64_t logs;
    uint64_t seq; /* of the event, 0 = it was no good: used up when the plugin accepts */
} hs_guard_call;

/* Calls the hook of that name, or notes in the call that the plugin has none. */
#define HS_GUARD_CALL(g, call, hook, ...)                                                          \
    ((call).missing = (g)->plugin->ops.hook == NULL,                                               \
     (call).missing ? HMX_E_UNSUPPORTED : (g)->plugin->ops.hook((g)->instance, __VA_ARGS__))

/* Lifecycle checks; HMX_OK = the hook may run, and hs_guard_leave has to follow. */
hmx_status hs_guard_enter(hs_guard *g, const char *hook);
/* Status checks, poisoning. Returns the status. */
hmx_status hs_guard_leave(hs_guard *g, hmx_status status);
void hs_guard_time(hs_guard *g, uint64_t now_ns);
/* Enters, checks the head of the event, fills *known (our struct, `known_size` bytes,
 * zero-extended) and makes the plugin's copy, with the cookie at `cookie_offset` (0 = has none) as
 * the options say. `least`: the size of the struct in version 1.0. */
hmx_status hs_guard_call_open(hs_guard *g, hs_guard_call *call, const char *hook, const void *event,
                              void *known, size_t known_size, size_t least, size_t cookie_offset);
/* As hs_guard_call_open, without any copy. */
hmx_status hs_guard_call_open_bare(hs_guard *g, hs_guard_call *call, const char *hook,
                                   const hmx_event *head);
/* Checks that the copy is as it was, frees it and leaves. `fact` = refusing it needs a reason. */
hmx_status hs_guard_call_close(hs_guard *g, hs_guard_call *call, hmx_status status, int fact);
/* 1 if the model follows: the plugin accepted, or does not listen at all. */
int hs_guard_call_accepted(const hs_guard_call *call, hmx_status status);

/* The buffer into which a refusal writes its sentence. A copy of it to hand out; *out is NULL when
 * `why` is. -1 = out of memory. */
int hs_guard_text_open(const hmx_text *why, hmx_text **out);
/* Checks what the plugin wrote, hands it to the host and frees the copy. */
void hs_guard_text_close(hs_guard *g, hmx_text *copy, hmx_text *why, hmx_status status);

#endif
