/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/bench/floors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/rng.h"

void hs_luck_init(hs_luck *luck, const hs_account *truth, uint64_t seed)
{
    memset(luck, 0, sizeof *luck);
    luck->truth = truth;
    hs_rng_init(&luck->rng, seed, "luck floor", 0);
}

void hs_luck_free(hs_luck *luck)
{
    hs_account_free(&luck->account);
    free(luck->work);
    free(luck->squares);
    memset(luck, 0, sizeof *luck);
}

/* When the first share comes the run has an account. */
static int begin(hs_luck *luck)
{
    const size_t rows = (size_t)luck->truth->buckets + 1;
    luck->ready = 1;
    luck->work = calloc(rows, sizeof *luck->work);
    luck->squares = calloc(rows, sizeof *luck->squares);
    const uint64_t seconds = luck->truth->buckets * HS_BUCKET_SECS;
    if (luck->work == NULL || luck->squares == NULL ||
        hs_account_init(&luck->account, luck->truth->pools, seconds) != 0) {
        return -1;
    }
    return 0;
}

/* Epochs are complete when a share of their time comes: shares are found at the end of a second. */
static int follow_targets(hs_luck *luck)
{
    double caps[HS_SIM_POOLS_MAX];
    for (uint32_t i = 0; i < HS_SIM_POOLS_MAX; i++) {
        caps[i] = 1.0;
    }
    for (; luck->epochs_taken < luck->truth->epoch_count; luck->epochs_taken++) {
        const hs_epoch *const epoch = &luck->truth->epochs[luck->epochs_taken];
        if (hs_account_targets(&luck->account, epoch->from, epoch->target, epoch->usable, caps) !=
            0) {
            return -1;
        }
    }
    return 0;
}

static uint32_t draw_pool(hs_luck *luck, const hs_epoch *epoch)
{
    const uint32_t pools = luck->account.pools;
    double left = hs_rng_uniform(&luck->rng);
    uint32_t last = pools;
    for (uint32_t i = 0; i < pools; i++) {
        if (epoch->target[i] > 0.0) {
            last = i;
            left -= epoch->target[i];
            if (left < 0.0) {
                break;
            }
        }
    }
    return last; /* rounding may leave a crumb: it is the last one's. `pools` when there is none */
}

void hs_luck_share(hs_luck *luck, uint64_t second, uint32_t count, double difficulty)
{
    if (!luck->no_memory && !luck->ready && begin(luck) != 0) {
        luck->no_memory = 1;
    }
    if (luck->no_memory || follow_targets(luck) != 0) {
        luck->no_memory = 1;
        return;
    }
    const hs_epoch *const epoch = hs_account_epoch(&luck->account, second);
    const uint64_t bucket = second / HS_BUCKET_SECS;
    if (epoch == NULL || bucket >= luck->account.buckets) {
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t pool = draw_pool(luck, epoch);
        if (pool < luck->account.pools) {
            hs_account_credit(&luck->account, pool, second, difficulty);
            luck->work[bucket] += difficulty;
            luck->squares[bucket] += difficulty * difficulty;
        }
    }
}

static void accumulate(double *cells, uint64_t rows)
{
    double sum = 0.0;
    for (uint64_t b = 0; b <= rows; b++) {
        const double here = cells[b];
        cells[b] = sum;
        sum += here;
    }
}

int hs_luck_close(hs_luck *luck)
{
    if (luck->no_memory) {
        return -1;
    }
    if (luck->ready && !luck->account.closed) {
        accumulate(luck->work, luck->account.buckets);
        accumulate(luck->squares, luck->account.buckets);
        hs_account_close(&luck->account);
    }
    return 0;
}

hs_error_summary hs_luck_summary(const hs_luck *luck, uint64_t window_secs, uint64_t warmup_secs)
{
    if (!luck->ready) {
        return (hs_error_summary){0};
    }
    return hs_account_summary(&luck->account, window_secs, warmup_secs);
}

double hs_luck_sigma(const hs_luck *luck, uint64_t end_secs, uint64_t window_secs)
{
    double delivered[HS_SIM_POOLS_MAX];
    double effective[HS_SIM_POOLS_MAX];
    double widest = 0.0;
    if (!luck->ready ||
        hs_account_shares(&luck->account, end_secs, window_secs, delivered, effective) != 0) {
        return 0.0;
    }
    for (uint32_t i = 0; i < luck->account.pools; i++) {
        const double p = effective[i] / 100.0;
        widest = p * (1.0 - p) > widest ? p * (1.0 - p) : widest;
    }
    const uint64_t end = end_secs / HS_BUCKET_SECS;
    const uint64_t begin_at = end - window_secs / HS_BUCKET_SECS;
    const double work = luck->work[end] - luck->work[begin_at];
    const double squares = luck->squares[end] - luck->squares[begin_at];
    return work > 0.0 && squares > 0.0 ? 100.0 * sqrt(widest * squares) / work : 0.0;
}

/* ---- whole miners ---- */

enum { POOLS = 64, RESTARTS = 300, STEPS_MAX = 2000, NODES_MAX = 3000000 };
#define CHANGES_MAX 40000000.0 /* looked at by the local search in all */
#define NOTHING     1e-12      /* of the farm: two errors this close are equal */

/* Equal miners are one group; a state says how many of each group work for each pool. */
struct search {
    uint32_t groups;
    uint32_t pools;
    double *rate;    /* [group] part of the farm that one miner is */
    uint32_t *size;  /* [group] miners */
    uint32_t *state; /* [group][pool] */
    int64_t *value;  /* [group][pool] of the exact search, -1 = not chosen yet */
    const double *targets;
    double off[POOLS]; /* share - target */
    double best;       /* largest |off| of the best state so far, fraction */
    double budget;
};

static double largest(const struct search *s)
{
    double most = 0.0;
    for (uint32_t u = 0; u < s->pools; u++) {
        most = fabs(s->off[u]) > most ? fabs(s->off[u]) : most;
    }
    return most;
}

static void note_best(struct search *s)
{
    const double here = largest(s);
    s->best = here < s->best ? here : s->best;
}

static int by_falling_rate(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return x < y ? 1 : x > y ? -1 : 0;
}

/* Largest first. */
static void make_groups(struct search *s, double *sorted, uint32_t count)
{
    double all = 0.0;
    qsort(sorted, count, sizeof *sorted, by_falling_rate);
    for (uint32_t i = 0; i < count; i++) {
        all += sorted[i];
    }
    for (uint32_t i = 0; i < count; i++) {
        if (i == 0 || sorted[i] < sorted[i - 1]) {
            s->rate[s->groups] = sorted[i] / all;
            s->size[s->groups++] = 0;
        }
        s->size[s->groups - 1]++;
    }
}

static void put(struct search *s, uint32_t group, uint32_t pool, double miners)
{
    s->off[pool] += miners * s->rate[group];
}

/* ---- local search ---- */

/* Largest miners first, each to the pool that lacks most. */
static void greedy(struct search *s)
{
    memset(s->state, 0, (size_t)s->groups * s->pools * sizeof *s->state);
    for (uint32_t u = 0; u < s->pools; u++) {
        s->off[u] = -s->targets[u];
    }
    for (uint32_t g = 0; g < s->groups; g++) {
        for (uint32_t n = 0; n < s->size[g]; n++) {
            uint32_t to = 0;
            for (uint32_t u = 1; u < s->pools; u++) {
                to = s->off[u] < s->off[to] ? u : to;
            }
            s->state[(size_t)g * s->pools + to]++;
            put(s, g, to, 1.0);
        }
    }
    note_best(s);
}

/* A miner of `group` goes from one pool to another; a miner of `back` (== groups: none) returns. */
struct change {
    uint32_t group;
    uint32_t back;
    uint32_t from;
    uint32_t to;
};

static void apply(struct search *s, const struct change *c)
{
    uint32_t *const row = &s->state[(size_t)c->group * s->pools];
    row[c->from]--;
    row[c->to]++;
    put(s, c->group, c->from, -1.0);
    put(s, c->group, c->to, 1.0);
    if (c->back < s->groups) {
        uint32_t *const other = &s->state[(size_t)c->back * s->pools];
        other[c->to]--;
        other[c->from]++;
        put(s, c->back, c->to, -1.0);
        put(s, c->back, c->from, 1.0);
    }
}

/* How much smaller the sum of squares of the two pools becomes. */
static double gain(const struct search *s, const struct change *c)
{
    const double x = s->rate[c->group] - (c->back < s->groups ? s->rate[c->back] : 0.0);
    return 2.0 * x * (s->off[c->from] - s->off[c->to] - x);
}

/* The best change between two pools, and what it gains. */
static double best_between(struct search *s, uint32_t from, uint32_t to, struct change *best)
{
    double most = 0.0;
    for (uint32_t g = 0; g < s->groups; g++) {
        if (s->state[(size_t)g * s->pools + from] == 0) {
            continue;
        }
        for (uint32_t back = 0; back <= s->groups; back++) {
            const struct change c = {g, back, from, to};
            if (back == g || (back < s->groups && s->state[(size_t)back * s->pools + to] == 0)) {
                continue;
            }
            const double gained = gain(s, &c);
            if (gained > most) {
                most = gained;
                *best = c;
            }
        }
    }
    s->budget -= (double)s->groups * (double)(s->groups + 1);
    return most;
}

static void descend(struct search *s)
{
    for (int step = 0; step < STEPS_MAX && s->budget > 0.0; step++) {
        struct change best = {0, 0, 0, 0};
        double most = 0.0;
        for (uint32_t from = 0; from < s->pools; from++) {
            for (uint32_t to = 0; to < s->pools; to++) {
                struct change c = {0, 0, 0, 0};
                const double gained =
                    s->off[from] > s->off[to] ? best_between(s, from, to, &c) : 0.0;
                if (gained > most) {
                    most = gained;
                    best = c;
                }
            }
        }
        if (most <= NOTHING * NOTHING) {
            break;
        }
        apply(s, &best);
        note_best(s);
    }
}

static void shake(struct search *s, hs_rng *rng)
{
    const uint32_t moves = 2 + hs_rng_below(rng, 8);
    for (uint32_t i = 0; i < moves; i++) {
        const struct change c = {hs_rng_below(rng, s->groups), s->groups,
                                 hs_rng_below(rng, s->pools), hs_rng_below(rng, s->pools)};
        if (c.from != c.to && s->state[(size_t)c.group * s->pools + c.from] > 0) {
            apply(s, &c);
        }
    }
}

static void search_locally(struct search *s)
{
    hs_rng rng;
    hs_rng_init(&rng, 1, "granularity floor", 0);
    s->budget = CHANGES_MAX;
    greedy(s);
    descend(s);
    for (int i = 0; i < RESTARTS && s->budget > 0.0 && s->best > NOTHING; i++) {
        shake(s, &rng);
        descend(s);
    }
}

/* ---- branch and bound ---- */

/* Chooses, group by group and pool by pool, how many miners of the group work for the pool; the
 * last pool gets the rest of each group. 1 when every choice that could be better was looked at. */
static int search_exactly(struct search *s)
{
    const uint32_t free_pools = s->pools - 1;
    const int64_t last = (int64_t)s->groups * free_pools - 1;
    int64_t at = 0;
    for (uint32_t u = 0; u < s->pools; u++) {
        s->off[u] = -s->targets[u];
    }
    memset(s->state, 0, (size_t)s->groups * s->pools * sizeof *s->state);
    if (free_pools == 0) {
        s->best = 0.0;
        return 1;
    }
    s->value[0] = -1;
    for (int nodes = 0; at >= 0; nodes++) {
        const uint32_t g = (uint32_t)(at / free_pools);
        const uint32_t u = (uint32_t)(at % free_pools);
        uint32_t *const row = &s->state[(size_t)g * s->pools];
        const uint32_t rest = u == 0 ? s->size[g] : row[u - 1]; /* row[u]: left after pool u */
        if (nodes == NODES_MAX) {
            return 0;
        }
        if (s->value[at] >= 0) { /* take back the last choice */
            put(s, g, u, -(double)s->value[at]);
            if (u + 1 == free_pools) {
                put(s, g, free_pools, -(double)row[u]);
            }
        }
        if (s->value[at] == (int64_t)rest) {
            at--;
            continue;
        }
        s->value[at]++;
        row[u] = rest - (uint32_t)s->value[at];
        put(s, g, u, (double)s->value[at]);
        if (u + 1 == free_pools) {
            put(s, g, free_pools, (double)row[u]);
        }
        /* Pools only fill up from here: too much already is too much at the end. */
        const int too_full = s->off[u] >= s->best - NOTHING ||
                             (u + 1 == free_pools && s->off[free_pools] >= s->best - NOTHING);
        if (at == last) {
            note_best(s);
        } else if (!too_full) {
            s->value[++at] = -1;
        }
    }
    return 1;
}

int hs_granularity_floor(const double *hashrates, uint32_t count, const double *targets,
                         uint32_t pools, double *points, int *exact)
{
    struct search s = {.pools = pools, .targets = targets, .best = INFINITY};
    double *const sorted = malloc(count * sizeof *sorted);
    int rc = -1;
    s.rate = calloc(count, sizeof *s.rate);
    s.size = calloc(count, sizeof *s.size);
    s.state = calloc((size_t)count * pools, sizeof *s.state);
    s.value = calloc((size_t)count * pools, sizeof *s.value);
    if (sorted == NULL || s.rate == NULL || s.size == NULL || s.state == NULL || s.value == NULL) {
        goto cleanup;
    }
    memcpy(sorted, hashrates, count * sizeof *sorted);
    make_groups(&s, sorted, count);
    search_locally(&s);
    const int proved = s.best <= NOTHING || search_exactly(&s);
    *points = s.best <= NOTHING ? 0.0 : 100.0 * s.best;
    if (exact != NULL) {
        *exact = proved;
    }
    rc = 0;
cleanup:
    free(sorted);
    free(s.rate);
    free(s.size);
    free(s.state);
    free(s.value);
    return rc;
}
