/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * harness_cases: the farm of the cases that brought the first version to its knees: devices that
 * find their shares by luck, one in ten seconds on average, and pools a, b and c that answer each
 * in its own rhythm. The host is a plain one: it reports no drained prefix. What was hashed for
 * whom is counted by the truth, not by the shares' luck. Needs harness.h and harness_farm.h. */
#ifndef INTEGRATION_CASES_HARNESS_CASES_H
#define INTEGRATION_CASES_HARNESS_CASES_H

#include <math.h>

#include "host_stub/base/rng.h"
#include "tests/integration/harness_farm.h"

#define CASE_CAPS    (HMX_CAP_REASSIGN | HMX_CAP_SHARE_WORK | HMX_CAP_EXTRANONCE)
#define CASE_SHARE_S 10.0

enum { CASE_POOLS = 3 };

/* Shares whose verdict is still to come. */
typedef struct case_owed {
    uint32_t count;
    double work;
    double credit;
} case_owed;

typedef struct case_device {
    double rate;       /* work per second */
    double difficulty; /* of its jobs */
    double next_s;     /* when it finds its next share */
    double flood;      /* rejected shares a second on top */
    double flood_difficulty;
    double flood_next_s;
    uint32_t verdict; /* of what is rejected */
    uint32_t finds_nothing;
    uint32_t is_broken;                /* what it does counts for nobody */
    case_owed owed[CASE_POOLS + 1][2]; /* by pool; to be rejected, to be accepted */
} case_device;

typedef struct case_pool {
    uint32_t answers_every_s; /* 0 = it answers nothing */
    double acceptance;        /* a share is accepted with this probability */
    double difficulty;        /* of the upstream job where that is harder than the device's */
    uint32_t state;
    uint32_t has_job;
    uint8_t prefix[4]; /* of its own; it grants 12 bytes behind it */
    uint8_t target[32];
    double hashed; /* work, since case_mark */
    double paid;   /* credit of what it accepted, since then */
} case_pool;

typedef struct case_farm {
    hs_rng rng;
    uint64_t now_s;
    case_device devices[IT_CHANNELS]; /* by the index of the channel */
    case_pool pools[CASE_POOLS + 1];  /* by upstream */
} case_farm;

static case_farm case_it;

static const double CASE_TARGETS[CASE_POOLS + 1] = {0, 60, 30, 10};

/* ---- pools ---- */

/* What was submitted to a pool that is gone gets no verdict any more. */
static inline void case_lose_owed(it_host *h, uint32_t upstream)
{
    for (uint32_t i = 0; i < h->channel_count; i++) {
        for (int accepted = 0; accepted < 2; accepted++) {
            case_owed *const owed = &case_it.devices[i].owed[upstream][accepted];
            if (owed->count > 0) {
                it_share(h, i, upstream, HMX_SHARE_LOST, owed->count, owed->work);
            }
            *owed = (case_owed){0};
        }
    }
}

/* The whole truth about a pool, with the state that it has now. */
static inline void case_tell(it_host *h, uint32_t upstream, uint32_t state)
{
    case_pool *const pool = &case_it.pools[upstream];
    hmx_upstream_event e = it_upstream(h, upstream, state);
    pool->state = state;
    e.reason = state == HMX_UPSTREAM_DOWN ? HMX_UPSTREAM_REASON_LOST : 0;
    e.has_job = pool->has_job;
    e.extranonce_size = 12;
    e.extranonce_prefix_len = sizeof pool->prefix;
    memcpy(e.extranonce_prefix, pool->prefix, sizeof pool->prefix);
    memcpy(e.target, pool->target, sizeof e.target);
    cr_assert_eq(hs_guard_on_upstream(h->guard, &e), HMX_OK);
    if (state == HMX_UPSTREAM_DOWN) {
        case_lose_owed(h, upstream);
    }
}

/* An instance with so many pools, all up. */
static inline void case_open(it_host *h, const char *config, uint32_t pools)
{
    const it_options o = {.caps = CASE_CAPS};
    it_open_with(h, config, &o);
    memset(&case_it, 0, sizeof case_it);
    hs_rng_init(&case_it.rng, 2026, "the reported cases", 0);
    for (uint32_t u = 1; u <= pools; u++) {
        case_it.pools[u] = (case_pool){.answers_every_s = 5,
                                       .acceptance = 1.0,
                                       .has_job = HMX_YES,
                                       .prefix = {(uint8_t)u, 0, 0, 0xa0}};
        case_tell(h, u, HMX_UPSTREAM_UP);
    }
}

/* ---- devices ---- */

static inline hmx_channel_open case_event(it_host *h, const char *who, double declared_ths)
{
    hmx_channel_open e = it_channel_event(h, declared_ths * 1e12 / IT_HASHES_PER_SHARE);
    const int is_extended = h->channel_count % 5 < 3;
    e.kind = is_extended ? HMX_CHANNEL_EXTENDED : HMX_CHANNEL_STANDARD;
    e.min_extranonce_size = e.extranonce_size = is_extended ? 8 : 0;
    e.honours_prefix = HMX_UNKNOWN;
    e.user_identity = (hmx_view){who, strlen(who)};
    return e;
}

/* One that does so much, whatever it declares. Returns its index. */
static inline uint32_t case_join(it_host *h, const hmx_channel_open *e, double ths)
{
    const uint32_t index = it_channel_with(h, e);
    case_device *const d = &case_it.devices[index];
    const double rate = ths * 1e12 / IT_HASHES_PER_SHARE;
    const double now_s = (double)case_it.now_s;
    *d = (case_device){.rate = rate,
                       .difficulty = CASE_SHARE_S * rate,
                       .flood_next_s = now_s,
                       .verdict = HMX_SHARE_REJECTED_OTHER};
    d->flood_difficulty = d->difficulty;
    d->next_s = now_s + CASE_SHARE_S * hs_rng_exponential(&case_it.rng);
    return index;
}

static inline uint32_t case_add(it_host *h, const char *who, double ths)
{
    const hmx_channel_open e = case_event(h, who, ths);
    return case_join(h, &e, ths);
}

static inline void case_add_many(it_host *h, uint32_t count, double ths)
{
    for (uint32_t i = 0; i < count; i++) {
        case_add(h, "farm.w", ths);
    }
}

static inline void case_declare(it_host *h, uint32_t index, double hashrate)
{
    const hmx_channel_update e = {.event = it_event(h, sizeof e),
                                  .channel = h->channels[index].channel,
                                  .cookie = h->channels[index].cookie,
                                  .changed = HMX_FACT_NOMINAL_HASHRATE,
                                  .nominal_hashrate = hashrate};
    cr_assert_eq(hs_guard_on_channel_update(h->guard, &e), HMX_OK);
}

/* ---- a second ---- */

/* Finds since the last second of one whose finds come so often. */
static inline uint32_t case_finds(double *next_s, double mean_s)
{
    uint32_t count = 0;
    for (; *next_s <= (double)case_it.now_s; count++) {
        *next_s += mean_s * hs_rng_exponential(&case_it.rng);
    }
    return count;
}

static inline void case_submit(it_host *h, uint32_t index, uint32_t at, uint32_t verdict,
                               const case_owed *what)
{
    hmx_share e = it_share_event(h, index, at, verdict, what->count, what->work);
    e.credit = what->credit;
    cr_assert_eq(hs_guard_on_share(h->guard, &e), HMX_OK);
}

static inline void case_owe(case_owed *owed, uint32_t count, double work, double credit)
{
    owed->count += count;
    owed->work += work;
    owed->credit += credit;
}

/* Its shares go to the pool; an aggregating host keeps those that miss the pool's target. */
static inline void case_mine(it_host *h, uint32_t index, uint32_t at)
{
    case_device *const d = &case_it.devices[index];
    const case_pool *const pool = &case_it.pools[at];
    const int is_aggregated = pool->difficulty > d->difficulty;
    const double credit = is_aggregated ? pool->difficulty : 0.0;
    const uint32_t found = case_finds(&d->next_s, d->difficulty / d->rate);
    case_owed sent = {0};
    for (uint32_t k = 0; k < found; k++) {
        if (!is_aggregated || hs_rng_uniform(&case_it.rng) < d->difficulty / pool->difficulty) {
            const int accepted = pool->acceptance > hs_rng_uniform(&case_it.rng);
            case_owe(&d->owed[at][accepted], 1, d->difficulty, credit);
            case_owe(&sent, 1, d->difficulty, credit);
        }
    }
    if (found > sent.count) {
        const uint32_t kept = found - sent.count;
        it_share(h, index, at, HMX_SHARE_NOT_FORWARDED, kept, kept * d->difficulty);
    }
    if (sent.count > 0) {
        case_submit(h, index, at, HMX_SHARE_SUBMITTED, &sent);
    }
}

static inline void case_flood(it_host *h, uint32_t index, uint32_t at)
{
    case_device *const d = &case_it.devices[index];
    const uint32_t found = case_finds(&d->flood_next_s, 1.0 / d->flood);
    const case_owed sent = {found, found * d->flood_difficulty, 0.0};
    if (found > 0) {
        case_submit(h, index, at, HMX_SHARE_SUBMITTED, &sent);
        case_owe(&d->owed[at][0], sent.count, sent.work, 0.0);
    }
}

static inline void case_answer(it_host *h, uint32_t upstream)
{
    case_pool *const pool = &case_it.pools[upstream];
    for (uint32_t i = 0; i < h->channel_count; i++) {
        case_device *const d = &case_it.devices[i];
        for (int accepted = 0; accepted < 2; accepted++) {
            case_owed *const owed = &d->owed[upstream][accepted];
            if (owed->count > 0) {
                case_submit(h, i, upstream, accepted ? HMX_SHARE_ACCEPTED : d->verdict, owed);
                pool->paid += accepted ? owed->credit : 0.0;
                *owed = (case_owed){0};
            }
        }
    }
}

/* Everybody mines for a second, and the pools that are due answer. */
static inline void case_work(it_host *h)
{
    it_advance(h, 1);
    case_it.now_s++;
    for (uint32_t i = 0; i < h->channel_count; i++) {
        case_device *const d = &case_it.devices[i];
        const uint32_t at = h->channels[i].upstream;
        if (!h->channels[i].open || at == HMX_NONE) {
            d->next_s += 1.0;
            continue;
        }
        case_it.pools[at].hashed += d->is_broken || d->finds_nothing ? 0.0 : d->rate;
        if (!d->finds_nothing) {
            case_mine(h, i, at);
        }
        if (d->flood > 0) {
            case_flood(h, i, at);
        }
    }
    for (uint32_t u = 1; u <= CASE_POOLS; u++) {
        const case_pool *const pool = &case_it.pools[u];
        if (pool->state != HMX_UPSTREAM_UP) {
            case_lose_owed(h, u);
        } else if (pool->answers_every_s > 0 && case_it.now_s % pool->answers_every_s == 0) {
            case_answer(h, u);
        }
    }
}

static inline void case_second(it_host *h)
{
    case_work(h);
    it_tick(h);
    it_answer_all(h, HMX_RESULT_APPLIED);
}

static inline void case_run(it_host *h, uint32_t seconds)
{
    for (uint32_t s = 0; s < seconds; s++) {
        case_second(h);
    }
}

/* ---- what was hashed for whom ---- */

static inline void case_mark(void)
{
    for (uint32_t u = 0; u <= CASE_POOLS; u++) {
        case_it.pools[u].hashed = case_it.pools[u].paid = 0.0;
    }
}

/* Share of the work since case_mark, per cent. */
static inline double case_pct(uint32_t upstream)
{
    double all = 0.0;
    for (uint32_t u = 1; u <= CASE_POOLS; u++) {
        all += case_it.pools[u].hashed;
    }
    return all > 0.0 ? 100.0 * case_it.pools[upstream].hashed / all : 0.0;
}

/* By how many points the worst of 60/30/10 is missed since case_mark. */
static inline double case_off(void)
{
    double worst = 0.0;
    for (uint32_t u = 1; u <= CASE_POOLS; u++) {
        worst = fmax(worst, fabs(case_pct(u) - CASE_TARGETS[u]));
    }
    return worst;
}

static inline void case_expect_split(const char *when, double points)
{
    cr_assert_leq(case_off(), points, "%s: %.2f/%.2f/%.2f", when, case_pct(1), case_pct(2),
                  case_pct(3));
}

/* Lines of the log with these words. */
static inline uint32_t case_lines(const it_host *h, const char *words)
{
    uint32_t count = 0;
    for (const char *at = strstr(h->log, words); at != NULL; at = strstr(at + 1, words)) {
        count++;
    }
    return count;
}

#endif
