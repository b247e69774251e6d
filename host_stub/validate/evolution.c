/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Validate, group evolution: hosts of another version, with structs that are longer, or tables that
 * are shorter. */
#define _XOPEN_SOURCE 700 /* posix_memalign */
#include <stdlib.h>
#include <string.h>

#include "host_stub/validate/farm.h"
#include "host_stub/validate/groups.h"

enum { GROWN = 64, NOISE = 0x5a };

static void longer_events(hs_trial *t)
{
    const hs_farm_options o = {.seed = t->seed, .extra_tail_bytes = GROWN};
    hs_farm_compare(t, &o, "events with a tail of a later version");
}

static void later_flags(hs_trial *t)
{
    const hs_farm_options o = {.seed = t->seed, .event_flags = 0x40000000};
    hs_farm_compare(t, &o, "events with a flag of a later version");
}

/* ---- create, without the guard: its host is always whole ---- */

static void *give(void *ctx, uint64_t size, uint64_t align)
{
    void *p = NULL;
    (void)ctx;
    return posix_memalign(&p, align < sizeof(void *) ? sizeof(void *) : (size_t)align,
                          (size_t)size) == 0
               ? p
               : NULL;
}

static void take(void *ctx, void *p, uint64_t size, uint64_t align)
{
    (void)ctx;
    (void)size;
    (void)align;
    free(p);
}

typedef struct grown_host {
    hmx_host host;
    unsigned char tail[GROWN];
} grown_host;

typedef struct grown_args {
    hmx_create_args args;
    unsigned char tail[GROWN];
} grown_args;

static grown_args args_of(const hs_trial *t)
{
    const char *const text = t->config_text != NULL ? t->config_text : HS_FARM_CONFIG;
    grown_args a;
    memset(&a, 0, sizeof a);
    a.args = (hmx_create_args){
        .size = sizeof a.args, .config_text = {text, strlen(text)}, .now_ns = HS_FARM_SECOND_NS};
    return a;
}

static grown_host host_of(void)
{
    grown_host h;
    memset(&h, NOISE, sizeof h); /* what lies beyond its size must not be looked at */
    h.host = (hmx_host){.size = sizeof h.host,
                        .abi_major = HMX_ABI_MAJOR,
                        .abi_minor = HMX_ABI_MINOR,
                        .caps = HMX_CAP_KNOWN,
                        .alloc = give,
                        .free = take};
    return h;
}

/* Creates, opens a channel, ticks, destroys. */
static hmx_status short_life(hs_trial *t, const hmx_host *host, const hmx_create_args *args)
{
    const hmx_ops *const ops = &t->plugin.ops;
    hmx_instance *self = NULL;
    const hmx_status status = ops->create(host, args, &self);
    if (status < 0 || self == NULL) {
        return status < 0 ? status : HMX_E_FATAL;
    }
    hmx_upstream_event pool = hs_farm_pool(1, HMX_UPSTREAM_UP);
    hmx_channel_open open = hs_farm_device(1);
    hmx_channel_decision out = {.size = sizeof out};
    hmx_tick tick = {.event = {.size = sizeof tick, .now_ns = 3 * HS_FARM_SECOND_NS, .seq = 3}};
    hmx_decision row = {.size = sizeof row};
    hmx_decision_buf buf = {.size = sizeof buf, .stride = sizeof row, .capacity = 1, .rows = &row};
    pool.event = (hmx_event){.size = sizeof pool, .now_ns = HS_FARM_SECOND_NS, .seq = 1};
    open.event = (hmx_event){.size = sizeof open, .now_ns = HS_FARM_SECOND_NS, .seq = 2};
    if (ops->on_upstream != NULL) {
        (void)ops->on_upstream(self, &pool);
    }
    if (ops->on_channel_open != NULL) {
        (void)ops->on_channel_open(self, &open, &out);
    }
    if (ops->on_tick != NULL) {
        (void)ops->on_tick(self, &tick, &buf);
    }
    ops->destroy(self);
    return HMX_OK;
}

/* The plain host must do, or there is nothing to compare with. */
static int plain_host_does(hs_trial *t)
{
    const grown_host h = host_of();
    const grown_args a = args_of(t);
    const hs_farm_options o = {.seed = t->seed};
    if (hs_farm_sound(t, &o, NULL) != 0) {
        return 0;
    }
    const hmx_status status = short_life(t, &h.host, &a.args);
    if (status < 0) {
        hs_trial_say(t, HS_VERDICT_SKIP, "create answers %d to an ordinary host", status);
    }
    return status >= 0;
}

static void shorter_host(hs_trial *t)
{
    grown_host h = host_of();
    const grown_args a = args_of(t);
    if (!plain_host_does(t)) {
        return;
    }
    const size_t least = offsetof(hmx_host, free) + sizeof h.host.free;
    memset((unsigned char *)&h.host + least, NOISE, sizeof h.host - least);
    h.host.size = (uint32_t)least;
    const hmx_status status = short_life(t, &h.host, &a.args);
    (void)HS_TRIAL_HOLDS(t, status >= 0, "create answers %d to a host that ends with free", status);
}

static void longer_host(hs_trial *t)
{
    grown_host h = host_of();
    const grown_args a = args_of(t);
    if (!plain_host_does(t)) {
        return;
    }
    h.host.size = sizeof h;
    h.host.abi_minor = HMX_ABI_MINOR + 1;
    h.host.caps |= UINT64_C(1) << 60;
    const hmx_status status = short_life(t, &h.host, &a.args);
    (void)HS_TRIAL_HOLDS(t, status >= 0,
                         "create answers %d to a host of a later version, with a longer table and "
                         "a capability more",
                         status);
}

static void unknown_instructions(hs_trial *t)
{
    const grown_host h = host_of();
    grown_args a = args_of(t);
    if (!plain_host_does(t)) {
        return;
    }
    a.args.size = sizeof a;
    hmx_status status = short_life(t, &h.host, &a.args);
    (void)HS_TRIAL_HOLDS(t, status >= 0,
                         "create answers %d to longer arguments that ask for nothing", status);
    a.tail[8] = 1;
    status = short_life(t, &h.host, &a.args);
    (void)HS_TRIAL_HOLDS(t, status == HMX_E_UNSUPPORTED,
                         "create answers %d to arguments that ask for something unknown", status);
    a = args_of(t);
    a.args.flags = UINT32_C(1) << 31;
    status = short_life(t, &h.host, &a.args);
    (void)HS_TRIAL_HOLDS(t, status == HMX_E_UNSUPPORTED, "create answers %d to an unknown flag",
                         status);
}

/* Rows of a later version, with room between them. */
static void longer_rows(hs_trial *t)
{
    typedef struct wide_row {
        hmx_upstream_info row;
        unsigned char tail[GROWN];
        unsigned char gap[GROWN];
    } wide_row;
    static hs_farm farm;
    static wide_row rows[HMX_UPSTREAMS_MAX];
    const hs_farm_options o = {.seed = t->seed};
    if (hs_farm_sound(t, &o, NULL) != 0 || hs_farm_start(&farm, t, &o) != 0) {
        hs_farm_stop(&farm, NULL);
        return;
    }
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        rows[i].row.size = offsetof(wide_row, gap);
    }
    hmx_upstream_table table = {.size = sizeof table,
                                .stride = sizeof rows[0],
                                .capacity = HMX_UPSTREAMS_MAX,
                                .rows = &rows[0].row};
    const hmx_status status = hs_guard_upstreams(farm.link.guard, &table);
    if (t->plugin.ops.upstreams == NULL) {
        hs_trial_say(t, HS_VERDICT_SKIP, "the plugin has no upstreams");
    } else {
        (void)HS_TRIAL_HOLDS(t, status >= 0 && table.count == farm.table.told,
                             "upstreams answers %d to rows of a later version", status);
    }
    for (uint32_t i = 0; i < farm.table.count && status >= 0; i++) {
        (void)HS_TRIAL_HOLDS(t, strcmp(rows[i].row.id, farm.table.rows[i].id) == 0,
                             "row %u is not where the stride says", i);
    }
    (void)HS_TRIAL_HOLDS(t, farm.found == 0, "%s: %s", farm.first, farm.first_text);
    hs_farm_stop(&farm, NULL);
}

static const hs_validate_test TESTS[] = {
    {"evolution", "longer-events", "hmx_abi.h, rule 5", "the tail of a longer event is ignored",
     longer_events, 0, 0},
    {"evolution", "later-flags", "hmx_abi.h, rule 3", "a flag that is not known is ignored",
     later_flags, 0, 0},
    {"evolution", "shorter-host", "hmx_abi.h, rule 2",
     "of hmx_host only alloc and free need to be there", shorter_host, 0, 0},
    {"evolution", "longer-host", "hmx_abi.h, rule 2", "a larger struct alone refuses nobody",
     longer_host, 0, 0},
    {"evolution", "unknown-instructions", "hmx_abi.h, rule 5",
     "what create does not know, and is not zero, is HMX_E_UNSUPPORTED", unknown_instructions, 0,
     0},
    {"evolution", "longer-rows", "hmx_abi.h, rule 2", "rows lie where the stride says", longer_rows,
     0, 0},
};
const hs_validate_group HS_VALIDATE_EVOLUTION = HS_VALIDATE_GROUP(TESTS);
