/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/bench/floor_luck.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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
