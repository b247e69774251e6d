/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * calls: what cgo cannot do by itself: calling the function pointers of the contract, and the
 * host's memory, which stays in C so that the plugin never holds a Go pointer and an allocation
 * never crosses into Go. Included by hashmux.go only.
 */
#ifndef HASHMUX_GO_CALLS_H
#define HASHMUX_GO_CALLS_H

#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

#include "../hmx_access.h"
#include "../hmx_metrics.h"
#include "../hmx_tuning.h"

/* Everything that outlives a call: in C memory, given back by go_host_free. */
typedef struct go_host {
    hmx_host host;
    uintptr_t handle; /* of the Go side */
    int64_t blocks;
} go_host;

extern void goLog(uintptr_t handle, uint32_t level, char *text, uint64_t len);
extern void goAudit(uintptr_t handle, char *json, uint64_t len);
extern void goRequestTick(uintptr_t handle);
extern int32_t goWrite(uintptr_t handle, void *data, uint64_t len);
extern int32_t goRead(uintptr_t handle, void *data, uint64_t capacity, uint64_t *len);

static void host_log(void *ctx, uint32_t level, const char *text, uint64_t len)
{
    goLog(((go_host *)ctx)->handle, level, (char *)text, len);
}
static void host_audit(void *ctx, const char *json, uint64_t len)
{
    goAudit(((go_host *)ctx)->handle, (char *)json, len);
}
static void host_request_tick(void *ctx)
{
    goRequestTick(((go_host *)ctx)->handle);
}
static void *host_alloc(void *ctx, uint64_t size, uint64_t align)
{
    void *const p = aligned_alloc(align, (size + align - 1) / align * align);
    ((go_host *)ctx)->blocks += p != NULL;
    return p;
}
static void host_free(void *ctx, void *p, uint64_t size, uint64_t align)
{
    (void)size, (void)align;
    ((go_host *)ctx)->blocks--;
    free(p);
}

static inline go_host *go_host_new(uintptr_t handle, uint64_t caps, char *name, char *version,
                                   int log, int audit, int request_tick)
{
    go_host *const h = calloc(1, sizeof *h);
    if (h != NULL) {
        h->handle = handle;
        h->host.size = sizeof h->host;
        h->host.abi_major = HMX_ABI_MAJOR;
        h->host.abi_minor = HMX_ABI_MINOR;
        h->host.caps = caps;
        h->host.ctx = h;
        h->host.log = log ? host_log : NULL;
        h->host.audit = audit ? host_audit : NULL;
        h->host.alloc = host_alloc;
        h->host.free = host_free;
        h->host.request_tick = request_tick ? host_request_tick : NULL;
        h->host.name = name;
        h->host.version = version;
    }
    return h;
}
static inline void go_host_free(go_host *h)
{
    free((void *)h->host.name);
    free((void *)h->host.version);
    free(h);
}

static hmx_status stream_write(void *ctx, const void *data, uint64_t len)
{
    return goWrite((uintptr_t)ctx, (void *)data, len);
}
static hmx_status stream_read(void *ctx, void *data, uint64_t capacity, uint64_t *len)
{
    return goRead((uintptr_t)ctx, data, capacity, len);
}
static inline hmx_writer writer_of(uintptr_t handle)
{
    return (hmx_writer){.size = sizeof(hmx_writer), .ctx = (void *)handle, .write = stream_write};
}

static inline const hmx_descriptor *call_entry(void *symbol)
{
    return ((hmx_plugin_entry_fn)symbol)();
}
/* Rule 2: what the other side does not have is zero. */
static inline hmx_ops ops_of(const hmx_descriptor *d)
{
    hmx_ops ops = {0};
    const size_t shared = d->ops->size < sizeof ops ? d->ops->size : sizeof ops;
    memcpy(&ops, d->ops, shared - shared % sizeof ops.create); /* half a pointer is none */
    return ops;
}

/* Each hook; one that is not there answers as if there were no plugin. */
static inline hmx_status call_create(const hmx_ops *o, const go_host *h, const hmx_create_args *a,
                                     hmx_instance **out)
{
    return o->create(&h->host, a, out);
}
static inline void call_destroy(const hmx_ops *o, hmx_instance *i)
{
    o->destroy(i);
}
#define CALL(name, type)                                                                           \
    static inline hmx_status call_##name(const hmx_ops *o, hmx_instance *i, type *argument)        \
    {                                                                                              \
        return o->name != NULL ? o->name(i, argument) : HMX_OK;                                    \
    }
CALL(upstreams, hmx_upstream_table)
CALL(on_upstream, const hmx_upstream_event)
CALL(on_channel_update, const hmx_channel_update)
CALL(on_channel_close, const hmx_channel_close)
CALL(on_share, const hmx_share)
CALL(on_reassign, const hmx_reassign)
#undef CALL
static inline hmx_status call_on_channel_open(const hmx_ops *o, hmx_instance *i,
                                              const hmx_channel_open *e, hmx_channel_decision *out)
{
    return o->on_channel_open != NULL ? o->on_channel_open(i, e, out) : HMX_OK;
}
static inline hmx_status call_on_tick(const hmx_ops *o, hmx_instance *i, const hmx_tick *e,
                                      hmx_decision_buf *out)
{
    return o->on_tick != NULL ? o->on_tick(i, e, out) : HMX_OK;
}
static inline hmx_status call_save(const hmx_ops *o, hmx_instance *i, uintptr_t handle)
{
    const hmx_writer to = writer_of(handle);
    return o->save != NULL ? o->save(i, &to) : HMX_E_UNSUPPORTED;
}
static inline hmx_status call_load(const hmx_ops *o, hmx_instance *i, uintptr_t handle,
                                   uint64_t now_ns, uint64_t unix_ms, hmx_text *why)
{
    const hmx_reader from = {.size = sizeof from, .ctx = (void *)handle, .read = stream_read};
    const hmx_load_args args = {
        .size = sizeof args, .now_ns = now_ns, .unix_ms = unix_ms, .from = &from, .why = why};
    return o->load != NULL ? o->load(i, &args) : HMX_E_UNSUPPORTED;
}
static inline hmx_status call_reconfigure(const hmx_ops *o, hmx_instance *i,
                                          const hmx_reconfigure_args *a)
{
    return o->reconfigure != NULL ? o->reconfigure(i, a) : HMX_E_UNSUPPORTED;
}

/* ---- extensions ---- */
static inline hmx_tuning_v1 tuning_of(const hmx_ops *o, hmx_instance *i)
{
    hmx_tuning_v1 table = {0};
    const void *const theirs = o->get_extension != NULL ? o->get_extension(i, HMX_TUNING_ID) : NULL;
    if (theirs != NULL) {
        (void)hmx_copy_in(&table, sizeof table, sizeof(uint32_t), theirs);
    }
    return table;
}
static inline hmx_metrics_v1 metrics_of(const hmx_ops *o, hmx_instance *i)
{
    hmx_metrics_v1 table = {0};
    const void *const theirs =
        o->get_extension != NULL ? o->get_extension(i, HMX_METRICS_ID) : NULL;
    if (theirs != NULL) {
        (void)hmx_copy_in(&table, sizeof table, sizeof(uint32_t), theirs);
    }
    return table;
}
static inline hmx_status call_set_targets(const hmx_ops *o, hmx_instance *i, uint64_t now_ns,
                                          const hmx_targets *targets, hmx_text *why)
{
    const hmx_tuning_v1 t = tuning_of(o, i);
    return t.set_targets != NULL ? t.set_targets(i, now_ns, targets, why) : HMX_E_UNSUPPORTED;
}
static inline hmx_status call_set_tuning_model(const hmx_ops *o, hmx_instance *i, uint64_t now_ns,
                                               uint32_t model, hmx_text *why)
{
    const hmx_tuning_v1 t = tuning_of(o, i);
    return t.set_tuning_model != NULL ? t.set_tuning_model(i, now_ns, model, why)
                                      : HMX_E_UNSUPPORTED;
}
static inline hmx_status call_set_deadband(const hmx_ops *o, hmx_instance *i, uint64_t now_ns,
                                           uint32_t kind, double points, hmx_text *why)
{
    const hmx_tuning_v1 t = tuning_of(o, i);
    return t.set_deadband != NULL ? t.set_deadband(i, now_ns, kind, points, why)
                                  : HMX_E_UNSUPPORTED;
}
static inline hmx_status call_set_upstream_enabled(const hmx_ops *o, hmx_instance *i,
                                                   uint64_t now_ns, uint32_t upstream,
                                                   uint32_t enabled, hmx_text *why)
{
    const hmx_tuning_v1 t = tuning_of(o, i);
    return t.set_upstream_enabled != NULL
               ? t.set_upstream_enabled(i, now_ns, upstream, enabled, why)
               : HMX_E_UNSUPPORTED;
}
static inline hmx_status call_pin(const hmx_ops *o, hmx_instance *i, uint64_t now_ns,
                                  hmx_view pattern, uint32_t upstream, hmx_text *why)
{
    const hmx_tuning_v1 t = tuning_of(o, i);
    return t.pin != NULL ? t.pin(i, now_ns, pattern, upstream, why) : HMX_E_UNSUPPORTED;
}
static inline hmx_status call_unpin(const hmx_ops *o, hmx_instance *i, uint64_t now_ns,
                                    hmx_view pattern, hmx_text *why)
{
    const hmx_tuning_v1 t = tuning_of(o, i);
    return t.unpin != NULL ? t.unpin(i, now_ns, pattern, why) : HMX_E_UNSUPPORTED;
}
static inline hmx_status call_rebalance_now(const hmx_ops *o, hmx_instance *i, uint64_t now_ns,
                                            hmx_text *why)
{
    const hmx_tuning_v1 t = tuning_of(o, i);
    return t.rebalance_now != NULL ? t.rebalance_now(i, now_ns, why) : HMX_E_UNSUPPORTED;
}
static inline hmx_status call_write_config(const hmx_ops *o, hmx_instance *i, uintptr_t handle)
{
    const hmx_tuning_v1 t = tuning_of(o, i);
    const hmx_writer to = writer_of(handle);
    return t.write_config != NULL ? t.write_config(i, &to) : HMX_E_UNSUPPORTED;
}
static inline hmx_status call_snapshot(const hmx_ops *o, hmx_instance *i, hmx_snapshot *out)
{
    const hmx_metrics_v1 m = metrics_of(o, i);
    return m.snapshot != NULL ? m.snapshot(i, out) : HMX_E_UNSUPPORTED;
}

#endif
