/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * rig.h: an instance whose memory is made to fail, what it shows, and calls that are judged: one
 * that met a failing allocation has changed nothing, or is of those that do without. */
#ifndef TESTS_OOM_RIG_H
#define TESTS_OOM_RIG_H

#include <sodium.h>
#include <stdio.h>

#include "tests/integration/harness.h"
#include "tests/unit/counted_memory.h"

#define TWO_POOLS                                                                                  \
    IT_POOL("a", "70", "1")                                                                        \
    IT_POOL("b", "30", "2")
#define TEN_POOLS                                                                                  \
    IT_POOL("a", "10", "1")                                                                        \
    IT_POOL("b", "10", "2")                                                                        \
    IT_POOL("c", "10", "3")                                                                        \
    IT_POOL("d", "10", "4")                                                                        \
    IT_POOL("e", "10", "5")                                                                        \
    IT_POOL("f", "10", "6")                                                                        \
    IT_POOL("g", "10", "7")                                                                        \
    IT_POOL("h", "10", "8")                                                                        \
    IT_POOL("i", "10", "9")                                                                        \
    IT_POOL("j", "10", "10")

enum { CHANNELS = 90, ROWS = 64, STATE_MAX = 1 << 16, STEPS = 4096, HASH = 32 };

typedef struct stream {
    uint8_t data[STATE_MAX];
    uint64_t len;
    uint64_t at;
} stream;

typedef struct picture {
    uint8_t hash[HASH];
} picture;

typedef struct rig {
    uint64_t channel; /* 0 = it never was open */
    uint64_t cookie;
    uint32_t open;
    uint32_t upstream;
    uint32_t prefix_len;
    uint8_t prefix[32];
} rig;

typedef struct life {
    counted_memory memory;
    hmx_host host;
    hmx_instance *self;
    const hmx_tuning_v1 *tuning;
    const hmx_metrics_v1 *metrics;
    uint64_t now_ns;
    uint64_t seq;
    uint64_t last_channel;
    rig rigs[CHANNELS];
    hmx_decision decisions[512];
    uint32_t decision_count;
    uint32_t more;
    char why[1024];
    uint32_t step;    /* calls that were looked at */
    uint32_t refused; /* calls that answered NOMEM */
    uint32_t told;    /* of those whose outcome was looked at */
    uint32_t coped;   /* calls that did without the memory that they asked for */
    uint32_t moved;
} life;

static hs_plugin P;
static life L;
static stream BEFORE; /* the state that each life begins with */
/* Of the life in which nothing fails: what it shows after each call, and how many allocations were
 * asked for until then. */
static picture AS_EVER[STEPS];
static uint64_t ASKED[STEPS];
static uint32_t AS_EVER_COUNT;

static inline hmx_status put(void *ctx, const void *data, uint64_t len)
{
    stream *const s = ctx;
    cr_assert_leq(s->len + len, sizeof s->data);
    memcpy(s->data + s->len, data, len);
    s->len += len;
    return HMX_OK;
}

static inline hmx_status get(void *ctx, void *data, uint64_t capacity, uint64_t *len)
{
    stream *const s = ctx;
    *len = s->len - s->at < capacity ? s->len - s->at : capacity;
    memcpy(data, s->data + s->at, *len);
    s->at += *len;
    return HMX_OK;
}

static inline void open_plugin(void)
{
    char why[1024];
    const hs_load_options options = hs_loader_defaults();
    cr_assert_geq(sodium_init(), 0);
    cr_assert_eq(hs_loader_open(HMX_HASHMUX_SO, &options, &P, why, sizeof why), HS_LOAD_OK, "%s",
                 why);
}

static inline void close_plugin(void)
{
    hs_loader_close(&P);
}

/* ---- what it shows ---- */
static inline void see_snapshot(crypto_generichash_state *sum)
{
    static hmx_upstream_metrics rows[HMX_UPSTREAMS_MAX];
    static hmx_adjustment wishes[HMX_UPSTREAMS_MAX];
    hmx_snapshot s = {
        .size = sizeof s, .stride = sizeof rows[0], .capacity = HMX_UPSTREAMS_MAX, .rows = rows};
    hmx_adjustments a = {.size = sizeof a,
                         .stride = sizeof wishes[0],
                         .capacity = HMX_UPSTREAMS_MAX,
                         .rows = wishes};
    memset(rows, 0, sizeof rows);
    memset(wishes, 0, sizeof wishes);
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        rows[i].size = sizeof rows[i];
        wishes[i].size = sizeof wishes[i];
    }
    cr_assert_eq(L.metrics->snapshot(L.self, &s), HMX_OK);
    cr_assert_eq(L.metrics->adjustments(L.self, &a), HMX_OK);
    s.rows = NULL;
    a.rows = NULL;
    (void)crypto_generichash_update(sum, (const void *)&s, sizeof s);
    (void)crypto_generichash_update(sum, (const void *)rows, s.count * sizeof rows[0]);
    (void)crypto_generichash_update(sum, (const void *)wishes, a.count * sizeof wishes[0]);
}

static inline void see_channels(crypto_generichash_state *sum)
{
    for (uint32_t i = 0; i < CHANNELS; i++) {
        hmx_channel_metrics row = {.size = sizeof row};
        const hmx_status status = L.rigs[i].channel != 0
                                      ? L.metrics->channel(L.self, L.rigs[i].channel, 0, &row)
                                      : HMX_E_STATE;
        cr_assert_eq(status, L.rigs[i].open ? HMX_OK : HMX_E_STATE, "channel %u", i);
        (void)crypto_generichash_update(sum, (const void *)&row, sizeof row);
    }
}

static inline void see_table(crypto_generichash_state *sum)
{
    static hmx_upstream_info rows[HMX_UPSTREAMS_MAX];
    hmx_upstream_table table = {.size = sizeof table,
                                .stride = sizeof rows[0],
                                .capacity = HMX_UPSTREAMS_MAX,
                                .rows = rows};
    memset(rows, 0, sizeof rows);
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        rows[i].size = sizeof rows[i];
    }
    cr_assert_eq(P.ops.upstreams(L.self, &table), HMX_OK);
    (void)crypto_generichash_update(sum, (const void *)rows, table.count * sizeof rows[0]);
}

/* Saved bytes, configuration, and all that the metrics tell; with memory, and uncounted. */
static inline picture look(void)
{
    static stream out;
    picture p;
    crypto_generichash_state sum;
    const counted_memory memory = L.memory;
    const hmx_writer writer = {.size = sizeof writer, .ctx = &out, .write = put};
    memset(&p, 0, sizeof p);
    if (L.self == NULL) {
        cr_assert_eq(L.memory.live_bytes, 0);
        return p;
    }
    L.memory.fail_at = 0;
    out.len = 0;
    cr_assert_eq(P.ops.save(L.self, &writer), HMX_OK);
    cr_assert_eq(L.tuning->write_config(L.self, &writer), HMX_OK);
    (void)crypto_generichash_init(&sum, NULL, 0, HASH);
    (void)crypto_generichash_update(&sum, out.data, out.len);
    see_snapshot(&sum);
    see_channels(&sum);
    see_table(&sum);
    (void)crypto_generichash_final(&sum, p.hash, HASH);
    cr_assert_eq(L.memory.live_bytes, memory.live_bytes, "looking leaves something behind");
    L.memory = memory;
    return p;
}

/* ---- calls ---- */
typedef hmx_status (*call)(void *what);
static inline hmx_status do_close(void *what);
static inline hmx_status do_reassign(void *what);
static inline hmx_status do_tick(void *what);
static inline hmx_status do_upstream(void *what);
static inline hmx_status do_update(void *what);

static inline int has_failed(uint64_t asked_before)
{
    const counted_memory *const m = &L.memory;
    return m->fail_at != 0 && m->asked > asked_before &&
           (asked_before < m->fail_at ? m->asked >= m->fail_at : m->fail_from);
}

/* Will this call ask for the allocation that fails, or for one after it? */
static inline int may_fail(void)
{
    const counted_memory *const m = &L.memory;
    return m->fail_at != 0 && (m->fail_from ? m->asked + 64 >= m->fail_at
                                            : m->asked < m->fail_at && ASKED[L.step] >= m->fail_at);
}

static inline hmx_status attempt(call make, void *what, const char *name)
{
    const uint64_t asked = L.memory.asked;
    const int looks = may_fail();
    const picture before = looks ? look() : (picture){{0}};
    hmx_status status = make(what);
    if (!has_failed(asked)) {
        cr_assert_eq(status, HMX_OK, "%s: %d %s", name, status, L.why);
        return status;
    }
    cr_assert(looks);
    if (status == HMX_E_NOMEM) {
        const picture after = look();
        cr_assert_eq(memcmp(&before, &after, sizeof after), 0,
                     "%s without memory (allocation %llu) has changed something", name,
                     (unsigned long long)L.memory.fail_at);
        L.refused++;
        if (!L.memory.fail_from) {
            status = make(what);
            cr_assert_eq(status, HMX_OK, "%s again, with memory: %d", name, status);
        }
    } else {
        cr_assert_eq(status, HMX_OK, "%s without memory: %d", name, status);
        cr_assert(make == do_close || make == do_reassign || make == do_tick ||
                      make == do_upstream || make == do_update,
                  "%s answers OK without memory", name);
        L.coped++;
    }
    return status;
}

/* Makes the call, and looks at what the instance shows then. Who did without memory may show
 * something else than usual; others never. */
static inline hmx_status must(call make, void *what, const char *name)
{
    const hmx_status status = attempt(make, what, name);
    cr_assert_lt(L.step, STEPS);
    if (L.memory.fail_at == 0 && !L.memory.fail_from) {
        AS_EVER[L.step] = look();
        ASKED[L.step] = L.memory.asked;
        AS_EVER_COUNT = L.step + 1;
    } else if (!L.memory.fail_from && L.refused > 0 && (L.step % 8 == 0 || L.refused != L.told)) {
        const picture now = look();
        L.told = L.refused;
        cr_assert_eq(memcmp(&AS_EVER[L.step], &now, sizeof now), 0,
                     "call %u, %s: after allocation %llu failed it shows something else", L.step,
                     name, (unsigned long long)L.memory.fail_at);
    }
    L.step++;
    return status;
}

static inline hmx_event head(size_t size)
{
    return (hmx_event){.size = (uint32_t)size, .now_ns = L.now_ns, .seq = ++L.seq};
}

static inline hmx_text text(void)
{
    memset(L.why, 0, sizeof L.why);
    return (hmx_text){.size = sizeof(hmx_text), .data = L.why, .capacity = sizeof L.why};
}

static inline hmx_status do_create(void *what)
{
    const it_options o = {.channels_max = 100};
    hmx_create_args args = it_args(what, &o);
    hmx_text why = text();
    args.why = &why;
    const hmx_status status = P.ops.create(&L.host, &args, &L.self);
    if (status == HMX_E_NOMEM) {
        cr_assert_null(L.self);
        cr_assert_not_null(strstr(L.why, "memory"), "'%s'", L.why);
    } else if (status == HMX_OK) {
        L.tuning = P.ops.get_extension(L.self, HMX_TUNING_ID);
        L.metrics = P.ops.get_extension(L.self, HMX_METRICS_ID);
    }
    return status;
}

static inline hmx_status do_load(void *what)
{
    hmx_text why = text();
    stream *const s = what;
    s->at = 0;
    const hmx_reader reader = {.size = sizeof reader, .ctx = s, .read = get};
    const hmx_load_args args = {
        .size = sizeof args, .now_ns = L.now_ns, .from = &reader, .why = &why};
    return P.ops.load(L.self, &args);
}

static inline hmx_status do_save(void *what)
{
    stream *const s = what;
    s->len = 0;
    const hmx_writer writer = {.size = sizeof writer, .ctx = s, .write = put};
    return P.ops.save(L.self, &writer);
}

static inline hmx_status do_reconfigure(void *what)
{
    hmx_text why = text();
    const hmx_reconfigure_args args = {
        .size = sizeof args, .config_text = {what, strlen(what)}, .now_ns = L.now_ns, .why = &why};
    const hmx_status status = P.ops.reconfigure(L.self, &args);
    cr_assert(status != HMX_E_NOMEM || strstr(L.why, "memory") != NULL, "'%s'", L.why);
    return status;
}

static inline hmx_status do_upstream(void *what)
{
    return P.ops.on_upstream(L.self, what);
}

typedef struct opening {
    hmx_channel_open event;
    hmx_channel_decision answer;
} opening;

static inline hmx_status do_open(void *what)
{
    opening *const o = what;
    const hmx_channel_decision zero = {.size = sizeof zero};
    o->answer = zero;
    const hmx_status status = P.ops.on_channel_open(L.self, &o->event, &o->answer);
    cr_assert(status == HMX_OK || memcmp(&o->answer, &zero, sizeof zero) == 0);
    rig *const r = &L.rigs[o->event.connection - 1];
    if (status == HMX_OK) {
        *r = (rig){.channel = o->event.channel,
                   .cookie = o->answer.cookie,
                   .open = 1,
                   .upstream = o->answer.upstream,
                   .prefix_len = o->answer.extranonce_prefix_len};
        memcpy(r->prefix, o->answer.extranonce_prefix, sizeof r->prefix);
    }
    return status;
}

static inline hmx_status do_update(void *what)
{
    return P.ops.on_channel_update(L.self, what);
}

static inline hmx_status do_close(void *what)
{
    const hmx_channel_close *const e = what;
    const hmx_status status = P.ops.on_channel_close(L.self, e);
    for (uint32_t i = 0; i < CHANNELS; i++) {
        L.rigs[i].open = L.rigs[i].open && (status < 0 || L.rigs[i].channel != e->channel);
    }
    return status;
}

static inline hmx_status do_reassign(void *what)
{
    return P.ops.on_reassign(L.self, what);
}

static inline hmx_status do_tick(void *what)
{
    const hmx_tick *const e = what;
    static hmx_decision rows[ROWS];
    memset(rows, 0, sizeof rows);
    for (uint32_t i = 0; i < ROWS; i++) {
        rows[i].size = sizeof rows[i];
    }
    hmx_decision_buf buf = {
        .size = sizeof buf, .stride = sizeof rows[0], .capacity = ROWS, .rows = rows};
    const hmx_status status = P.ops.on_tick(L.self, e, &buf);
    L.more = buf.more;
    cr_assert_leq(L.decision_count + buf.count, 512);
    memcpy(&L.decisions[L.decision_count], rows, buf.count * sizeof rows[0]);
    L.decision_count += buf.count;
    return status;
}

#endif
