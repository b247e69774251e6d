/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * harness_field: farms as operators describe them: TH/s, worker names, absolute targets, verdicts
 * of pools that reject or swallow shares, and the host's own account of who credited what. Needs
 * harness_farm.h. */
#ifndef INTEGRATION_HARNESS_FIELD_H
#define INTEGRATION_HARNESS_FIELD_H

#include <math.h>

#include "tests/integration/harness_farm.h"

/* Difficulty of a share per second for so many TH/s. */
#define IT_THS(ths) ((ths)*1e12 / IT_HASHES_PER_SHARE)

/* A pool with other keys than a percentage. */
#define IT_POOL_KEYS(id, priority, keys)                                                           \
    "[upstream." id "]\naddress = " id ".example\nport = 3333\npriority = " priority "\n" keys "\n"
#define IT_ABSOLUTE(id, ths, priority) IT_POOL_KEYS(id, priority, "hashrate_ths = " ths)
#define IT_PIN(name, who, where)       "[pin." name "]\nuser_identity = " who "\nupstream = " where "\n"

/* A standard channel of so many TH/s that calls itself `who`. */
static inline uint32_t it_named(it_host *h, const char *who, double ths)
{
    hmx_channel_open e = it_channel_event(h, IT_THS(ths));
    e.user_identity = (hmx_view){who, strlen(who)};
    return it_channel_with(h, &e);
}

static inline double it_effective(it_host *h, uint32_t upstream)
{
    return it_row(h, upstream).effective_pct;
}

/* ---- pools that do not credit everything, and the host's own account ---- */
typedef struct it_pool {
    double acceptance; /* fraction of the shares that it accepts; the others it rejects */
    int swallows;      /* it answers nothing at all */
    double due;        /* error diffusion: rejected ones are spread evenly */
    double credited;   /* work since the account was opened */
} it_pool;

static it_pool it_pools[HMX_UPSTREAMS_MAX + 1]; /* by upstream */

static inline void it_pools_healthy(void)
{
    memset(it_pools, 0, sizeof it_pools);
    for (uint32_t i = 0; i <= HMX_UPSTREAMS_MAX; i++) {
        it_pools[i].acceptance = 1.0;
    }
}

static inline void it_account_open(void)
{
    for (uint32_t i = 0; i <= HMX_UPSTREAMS_MAX; i++) {
        it_pools[i].credited = 0.0;
    }
}

/* Share of the credited work, per cent. */
static inline double it_credited_pct(uint32_t upstream)
{
    double all = 0.0;
    for (uint32_t i = 1; i <= HMX_UPSTREAMS_MAX; i++) {
        all += it_pools[i].credited;
    }
    return all > 0.0 ? 100.0 * it_pools[upstream].credited / all : 0.0;
}

/* Every open channel finds `shares` in `seconds`, and its pool says what it thinks of them. */
static inline void it_mine_judged(it_host *h, double seconds, uint32_t shares)
{
    for (uint32_t i = 0; i < h->channel_count; i++) {
        const it_channel *const c = &h->channels[i];
        if (!c->open || c->upstream == HMX_NONE) {
            continue;
        }
        it_pool *const pool = &it_pools[c->upstream];
        const double work = c->difficulty * seconds / shares;
        for (uint32_t k = 0; k < shares; k++) {
            it_share(h, i, c->upstream, HMX_SHARE_SUBMITTED, 1, work);
            if (pool->swallows) {
                continue;
            }
            pool->due += pool->acceptance;
            const int accepted = pool->due >= 1.0 - 1e-9;
            pool->due -= accepted ? 1.0 : 0.0;
            pool->credited += accepted ? work : 0.0;
            it_share(h, i, c->upstream,
                     accepted ? HMX_SHARE_ACCEPTED : HMX_SHARE_REJECTED_INVALID_JOB, 1, work);
        }
    }
}

/* One second: shares, a tick, all its decisions applied. */
static inline void it_second(it_host *h)
{
    it_advance(h, 1);
    it_mine_judged(h, 1, 1);
    it_tick(h);
    it_answer_all(h, HMX_RESULT_APPLIED);
}

static inline void it_seconds(it_host *h, uint32_t seconds)
{
    for (uint32_t i = 0; i < seconds; i++) {
        it_second(h);
    }
}

/* Sum of what works there, TH/s. */
static inline double it_ths_on(const it_host *h, uint32_t upstream)
{
    double sum = 0.0;
    for (uint32_t i = 0; i < h->channel_count; i++) {
        const it_channel *const c = &h->channels[i];
        sum += c->open && c->upstream == upstream ? c->difficulty : 0.0;
    }
    return sum / IT_THS(1.0);
}

static inline void it_new_targets(it_host *h, uint32_t count, const double *percentages)
{
    hmx_target rows[HMX_UPSTREAMS_MAX];
    for (uint32_t i = 0; i < count; i++) {
        rows[i] = (hmx_target){sizeof rows[i], i + 1, percentages[i]};
    }
    const hmx_targets targets = {
        .size = sizeof targets, .stride = sizeof rows[0], .count = count, .rows = rows};
    hmx_text why = it_text(h);
    cr_assert_eq(h->tuning->set_targets(h->self, h->now_ns, &targets, &why), HMX_OK, "%s", h->why);
}

#endif
