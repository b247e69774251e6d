/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "host_stub/base/array.h"
#include "host_stub/faults/state.h"

enum { CONFIG_SIZE = 1 << 14 };

static void on_violation(void *ctx, enum hs_side side, const char *check, const char *text)
{
    hs_fault_farm *const f = ctx;
    const int expected = side == HS_SIDE_HOST && f->result->failed == 0;
    if (side == HS_SIDE_PLUGIN) {
        hs_fault_broken(f, "the plugin breaks %s: %s", check, text);
    } else if (expected && strcmp(check, "reassign-not-pending") != 0 &&
               strcmp(check, "unknown-channel") != 0 && strcmp(check, "too-many-channels") != 0) {
        hs_fault_broken(f, "this host breaks %s: %s", check, text);
    }
}

void hs_fault_share_out(hs_fault_farm *f)
{
    uint32_t weights[HMX_UPSTREAMS_MAX] = {0};
    uint32_t all = 0;
    uint32_t left = 10000;
    hs_fault_pool *last = NULL;
    for (uint32_t i = 0; i < f->pool_count; i++) {
        weights[i] = f->pools[i].configured ? hs_fault_between(&f->rng, 20, 100) : 0;
        all += weights[i];
    }
    for (uint32_t i = 0; i < f->pool_count; i++) {
        hs_fault_pool *const pool = &f->pools[i];
        pool->hundredths = weights[i] * 10000u / all;
        left -= pool->hundredths;
        last = pool->configured ? pool : last;
    }
    if (last != NULL) {
        last->hundredths += left;
    }
}

__attribute__((format(printf, 3, 4))) static void add(char *text, size_t *at, const char *format,
                                                      ...)
{
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(text + *at, CONFIG_SIZE - *at, format, args);
    va_end(args);
    *at += n > 0 && (size_t)n < CONFIG_SIZE - *at ? (size_t)n : 0;
}

static void write_config(hs_fault_farm *f, char text[CONFIG_SIZE])
{
    static const char *const models[] = {"aggressive", "balanced", "conservative"};
    size_t at = 0;
    add(text, &at, "[controller]\ntuning_model = %s\nmin_reassignment_interval_secs = %u\n",
        models[hs_rng_below(&f->rng, 3)], hs_rng_below(&f->rng, 2) * 30u);
    add(text, &at, "measure_on_accepted = %s\nevaluation_interval_secs = %u\n",
        hs_rng_below(&f->rng, 2) == 0 ? "true" : "false", hs_rng_below(&f->rng, 2) * 25u + 5u);
    for (uint32_t i = 0; i < f->pool_count; i++) {
        const hs_fault_pool *const pool = &f->pools[i];
        if (pool->configured) {
            add(text, &at,
                "[upstream.%s]\naddress = %s.example\nport = 3333\npriority = %u\npercentage = "
                "%u.%02u\n",
                pool->id, pool->id, (unsigned)i + 1u, (unsigned)(pool->hundredths / 100u),
                (unsigned)(pool->hundredths % 100u));
        }
    }
}

void hs_fault_read_table(hs_fault_farm *f)
{
    hs_link_table table;
    hs_fault_answered(f, "upstreams", hs_link_upstreams(&f->link, &table), HMX_OK, HMX_OK);
    for (uint32_t i = 0; i < f->pool_count; i++) {
        hs_fault_pool *const pool = &f->pools[i];
        const hmx_upstream_info *row = NULL;
        for (uint32_t k = 0; k < table.count; k++) {
            row = strcmp(table.rows[k].id, pool->id) == 0 ? &table.rows[k] : row;
        }
        if (pool->configured && row == NULL) {
            hs_fault_broken(f, "the table of upstreams lacks %s", pool->id);
        }
        if (pool->in_table && (row == NULL || row->upstream != pool->upstream)) {
            hs_fault_forget_pool(f, pool);
        }
        if (row != NULL && !pool->in_table) {
            pool->in_table = 1;
            pool->upstream = row->upstream;
            pool->back_s = f->second + hs_fault_between(&f->rng, 1, 10);
        }
    }
}

static int start(hs_fault_farm *f, char *why, size_t capacity)
{
    static const uint8_t seed[32] = {5};
    char config[CONFIG_SIZE];
    const hs_link_options link = {
        .config_text = config,
        .seed = seed,
        .channels_max = HS_FAULT_MINERS + HS_FAULT_CROWD,
        .without = f->without,
        .guard = {.caps = HMX_CAP_KNOWN, .violation = on_violation, .ctx = f}};
    write_config(f, config);
    if (hs_link_start(&f->link, f->options.plugin, &link, why, capacity) != 0) {
        return -1;
    }
    f->metrics = hs_guard_extension(f->link.guard, HMX_METRICS_ID);
    f->tuning = hs_guard_extension(f->link.guard, HMX_TUNING_ID);
    f->decided = f->refused = f->forced = f->expired = f->perhaps_expired = 0;
    return 0;
}

int hs_fault_start(hs_fault_farm *f, char *why, size_t capacity)
{
    if (start(f, why, capacity) != 0) {
        return -1;
    }
    hs_fault_read_table(f);
    return 0;
}

/* Destroys the instance: a byte that is left is a violation. */
void hs_fault_stop(hs_fault_farm *f)
{
    if (f->link.guard != NULL) {
        hs_guard_destroy(f->link.guard);
    }
    (void)hs_link_stop(&f->link);
}

static hmx_status write_bytes(void *ctx, const void *data, uint64_t len)
{
    hs_fault_bytes *const b = ctx;
    if (HS_GROW(b->data, b->capacity, b->len + (size_t)len) != 0) {
        return HMX_E_IO;
    }
    memcpy(b->data + b->len, data, (size_t)len);
    b->len += (size_t)len;
    return HMX_OK;
}

static hmx_status read_bytes(void *ctx, void *data, uint64_t capacity, uint64_t *len)
{
    hs_fault_bytes *const b = ctx;
    *len = b->len - b->at < capacity ? b->len - b->at : capacity;
    memcpy(data, b->data + b->at, (size_t)*len);
    b->at += (size_t)*len;
    return HMX_OK;
}

void hs_fault_save(hs_fault_farm *f, hs_fault_bytes *to)
{
    to->len = 0;
    const hmx_writer writer = {.size = sizeof writer, .ctx = to, .write = write_bytes};
    hs_fault_answered(f, "save", hs_guard_save(f->link.guard, &writer), HMX_OK, HMX_OK);
    hs_fault_hear(f, to->data, to->len);
}

static void load(hs_fault_farm *f, hs_fault_bytes *from, hmx_status wanted, hmx_status also)
{
    from->at = 0;
    const hmx_reader reader = {.size = sizeof reader, .ctx = from, .read = read_bytes};
    const hmx_load_args args = {
        .size = sizeof args, .now_ns = f->link.now_ns, .unix_ms = f->link.unix_ms, .from = &reader};
    hs_fault_answered(f, "load", hs_guard_load(f->link.guard, &args), wanted, also);
}

/* What each pool is owed, by its place. 0, or -1 when nobody tells. */
static int read_owed(hs_fault_farm *f, double owed[HMX_UPSTREAMS_MAX])
{
    hmx_upstream_metrics rows[HMX_UPSTREAMS_MAX];
    hmx_snapshot s = {
        .size = sizeof s, .stride = sizeof rows[0], .capacity = HMX_UPSTREAMS_MAX, .rows = rows};
    memset(rows, 0, sizeof rows);
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        rows[i].size = sizeof rows[i];
        owed[i] = 0.0;
    }
    if (f->metrics == NULL ||
        f->metrics->snapshot(hs_guard_instance(f->link.guard), &s) != HMX_OK) {
        return -1;
    }
    for (uint32_t i = 0; i < s.count; i++) {
        for (uint32_t k = 0; k < f->pool_count; k++) {
            if (f->pools[k].configured && strcmp(rows[i].id, f->pools[k].id) == 0) {
                owed[k] = rows[i].owed_work;
            }
        }
    }
    return 0;
}

/* A restart keeps what each pool is owed. */
static void check_owed(hs_fault_farm *f, const double before[HMX_UPSTREAMS_MAX])
{
    double after[HMX_UPSTREAMS_MAX];
    const int told = read_owed(f, after) == 0;
    for (uint32_t i = 0; i < f->pool_count && told; i++) {
        if (fabs(after[i] - before[i]) > 1e-9 * fabs(before[i]) + 1e-6) {
            hs_fault_broken(f, "%s was owed %" PRId64 " of work before the restart, now %" PRId64,
                            f->pools[i].id, (int64_t)before[i], (int64_t)after[i]);
        }
    }
}

/* All facts of a pool, unchanged: what is owed is counted up to now. */
static void tell_one(hs_fault_farm *f)
{
    for (uint32_t i = 0; i < f->pool_count; i++) {
        if (f->pools[i].in_table) {
            hs_fault_tell(f, &f->pools[i]);
            return;
        }
    }
}

/* The process ends and another begins: how 0 with its state, 1 with an old one, 2 with a damaged
 * one, 3 without. All miners and pools have to connect again. */
void hs_fault_restart(hs_fault_farm *f, uint32_t how)
{
    char why[HS_FAULTS_WHY];
    double owed[HMX_UPSTREAMS_MAX];
    tell_one(f);
    const int told = read_owed(f, owed) == 0;
    hs_fault_save(f, &f->state);
    hs_fault_stop(f);
    f->result->restarts++;
    f->verdict_count = f->drain_count = 0;
    for (uint32_t i = 0; i < f->pool_count; i++) {
        hs_fault_forget_pool(f, &f->pools[i]);
    }
    for (uint32_t i = 0; i < HS_FAULT_MINERS; i++) {
        hs_fault_miner *const m = &f->miners[i];
        m->channel = 0;
        m->pending.decision = m->late.decision = 0;
        m->where = HMX_NONE;
        m->back_s =
            m->back_s > f->second ? m->back_s : f->second + hs_fault_between(&f->rng, 1, 60);
    }
    if (start(f, why, sizeof why) != 0) {
        hs_fault_broken(f, "after a restart: %s", why);
        return;
    }
    if (how == 2) {
        f->state.data[hs_rng_below(&f->rng, (uint32_t)f->state.len)] ^= 0x10;
        load(f, &f->state, HMX_E_CORRUPT, HMX_E_UNSUPPORTED); /* of another version, it seems */
    } else if (how < 2) {
        hs_fault_bytes *const from = how == 1 && f->old.len > 0 ? &f->old : &f->state;
        load(f, from, HMX_OK, HMX_OK);
        if (how == 0 && told) {
            check_owed(f, owed);
        }
    }
    hs_fault_read_table(f);
}

void hs_fault_reconfigure(hs_fault_farm *f)
{
    char config[CONFIG_SIZE];
    uint32_t configured = 0;
    hs_fault_pool *const changes = &f->pools[hs_rng_below(&f->rng, f->pool_count)];
    for (uint32_t i = 0; i < f->pool_count; i++) {
        configured += (uint32_t)f->pools[i].configured;
    }
    if (!changes->configured || configured > 2) {
        changes->configured = !changes->configured;
    }
    hs_fault_share_out(f);
    write_config(f, config);
    hs_fault_answered(f, "reconfigure", hs_link_reconfigure(&f->link, NULL, config), HMX_OK,
                      HMX_OK);
    hs_fault_read_table(f);
}

void hs_fault_reconfigure_badly(hs_fault_farm *f)
{
    char config[CONFIG_SIZE];
    write_config(f, config);
    memcpy(strstr(config, "percentage = ") + 13, "99", 2);
    hs_fault_answered(f, "reconfigure (a bad one)", hs_link_reconfigure(&f->link, NULL, config),
                      HMX_E_CONFIG, HMX_E_CONFIG);
}
