/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * health_fixture: a pool that gets shares and answers them, in virtual seconds, for the tests of
 * health.h. */
#ifndef UNIT_CONTROL_HEALTH_FIXTURE_H
#define UNIT_CONTROL_HEALTH_FIXTURE_H

#include "plugin/control/health.h"
#include "tests/unit/test_draw.h"

#define SECOND 1000000000ull
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

static const hm_health_params USUAL = {
    .hold_down_ns = 30 * SECOND,
    .hold_down_max_ns = 600 * SECOND,
    .border = 0.3,
    .min_shares = 50,
    .detect = 1,
};

/* A pool that gets `per_second` shares of difficulty 1, of a farm that is larger. */
typedef struct pool {
    hm_health h;
    uint64_t lived_ns;
    uint64_t seed;
    double per_second;
    double parts; /* the farm is so many times that */
    int has_canary;
    double due;
    double owed; /* accepted ones that are not said yet */
    uint32_t ack_secs;
    int at_once; /* its rejects do not wait */
    double owed_rejects;
} pool;

static inline pool new_pool(double per_second)
{
    return (pool){.lived_ns = 1000 * SECOND,
                  .seed = 1,
                  .per_second = per_second,
                  .parts = 3.0,
                  .has_canary = 1,
                  .ack_secs = 1,
                  .at_once = 1};
}

static inline hm_health_look look_of(const pool *p)
{
    return (hm_health_look){.lived_ns = p->lived_ns,
                            .rate = p->per_second,
                            .farm = p->per_second * p->parts,
                            .least = 0.0,
                            .has_canary = p->has_canary};
}

static inline hm_health_change judged(pool *p, const hm_health_params *params)
{
    const hm_health_look look = look_of(p);
    return hm_health_judge(&p->h, params, &look);
}

static inline void verdicts(pool *p, uint32_t count, int accepted)
{
    if (count > 0) {
        hm_health_verdict(&p->h, (double)count, count,
                          accepted ? HM_HEALTH_ACCEPTED : HM_HEALTH_REJECTED, p->lived_ns);
    }
}

/* One second: shares go out, and each is rejected by luck. */
static inline void second(pool *p, double rejects)
{
    p->lived_ns += SECOND;
    p->due += p->per_second;
    uint32_t rejected = 0;
    const uint32_t found = (uint32_t)p->due;
    p->due -= found;
    if (found > 0) {
        hm_health_forwarded(&p->h, (double)found, (double)found, found, p->lived_ns);
    }
    for (uint32_t i = 0; i < found; i++) {
        rejected += draw_unit(&p->seed) < rejects;
    }
    p->owed += found - rejected;
    p->owed_rejects += rejected;
    const int is_time = p->lived_ns / SECOND % p->ack_secs == 0;
    if (p->at_once || is_time) {
        verdicts(p, (uint32_t)p->owed_rejects, 0);
        p->owed_rejects = 0;
    }
    if (is_time) {
        verdicts(p, (uint32_t)p->owed, 1);
        p->owed = 0;
    }
}

/* Judged each second while it is in doubt, else every thirty. Returns after how many seconds
 * something changed, 0 = never. */
static inline uint32_t run(pool *p, double rejects, uint32_t seconds, hm_health_change *change)
{
    for (uint32_t s = 1; s <= seconds; s++) {
        second(p, rejects);
        *change = s % 30 == 0 || p->h.share > 0.0 ? judged(p, &USUAL) : HM_HEALTH_SAME;
        if (*change != HM_HEALTH_SAME) {
            return s;
        }
    }
    return 0;
}

static hm_health_change change;

/* Nobody answers from now on: after how many seconds is it known? */
static inline uint32_t until_silent(pool *p, uint32_t most)
{
    p->ack_secs = 1000000;
    for (uint32_t s = 1; s <= most; s++) {
        second(p, 0.0);
        if (judged(p, &USUAL) == HM_HEALTH_SILENT) {
            return s;
        }
    }
    return 0;
}

#endif
