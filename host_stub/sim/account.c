/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/sim/account.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/array.h"

static int is_in(uint64_t set, uint32_t pool)
{
    return (set >> pool & 1u) != 0;
}

void hs_effective_targets(uint32_t pools, const double *weights, uint64_t usable,
                          const double *caps, double *out)
{
    uint64_t clamped = 0;
    double sum = 0.0;
    for (uint32_t i = 0; i < pools; i++) {
        out[i] = is_in(usable, i) ? weights[i] : 0.0;
        sum += out[i];
    }
    for (uint32_t i = 0; i < pools && sum > 0.0; i++) {
        out[i] /= sum;
    }
    /* Each round clamps at least one more pool, or is the last. */
    for (uint32_t round = 0; round < pools; round++) {
        double excess = 0.0;
        double open = 0.0;
        for (uint32_t i = 0; i < pools; i++) {
            if (out[i] > caps[i]) {
                excess += out[i] - caps[i];
                out[i] = caps[i];
                clamped |= 1ull << i;
            }
        }
        for (uint32_t i = 0; i < pools; i++) {
            open += is_in(clamped, i) ? 0.0 : out[i];
        }
        if (excess <= 0.0 || open <= 0.0) {
            break;
        }
        for (uint32_t i = 0; i < pools; i++) {
            out[i] += is_in(clamped, i) ? 0.0 : excess * out[i] / open;
        }
    }
}

int hs_account_init(hs_account *account, uint32_t pools, uint64_t seconds)
{
    memset(account, 0, sizeof *account);
    account->pools = pools;
    account->buckets = seconds / HS_BUCKET_SECS;
    /* One row more than buckets: after close row b is the sum of buckets 0..b-1. */
    const size_t cells = (size_t)(account->buckets + 1) * pools;
    account->work = calloc(cells, sizeof *account->work);
    account->wanted = calloc(cells, sizeof *account->wanted);
    if (account->work == NULL || account->wanted == NULL) {
        hs_account_free(account);
        return -1;
    }
    return 0;
}

void hs_account_free(hs_account *account)
{
    free(account->work);
    free(account->wanted);
    free(account->epochs);
    memset(account, 0, sizeof *account);
}

int hs_account_targets(hs_account *account, uint64_t second, const double *weights, uint64_t usable,
                       const double *caps)
{
    const size_t last = account->epoch_count;
    if (last > 0 && account->epochs[last - 1].from == second) {
        account->epoch_count--; /* replaced within its second */
    }
    if (HS_GROW(account->epochs, account->epoch_capacity, account->epoch_count + 1) != 0) {
        return -1;
    }
    hs_epoch *const epoch = &account->epochs[account->epoch_count++];
    memset(epoch, 0, sizeof *epoch);
    epoch->from = second;
    epoch->usable = usable;
    hs_effective_targets(account->pools, weights, usable, caps, epoch->target);
    return 0;
}

const hs_epoch *hs_account_epoch(const hs_account *account, uint64_t second)
{
    /* From the end: a booking is always about the last seconds. */
    for (size_t i = account->epoch_count; i > 0; i--) {
        if (account->epochs[i - 1].from <= second) {
            return &account->epochs[i - 1];
        }
    }
    return NULL;
}

void hs_account_credit(hs_account *account, uint32_t pool, uint64_t second, double work)
{
    const hs_epoch *const epoch = hs_account_epoch(account, second);
    const uint64_t bucket = second / HS_BUCKET_SECS;
    if (epoch == NULL || bucket >= account->buckets || !is_in(epoch->usable, pool)) {
        return;
    }
    const size_t row = (size_t)bucket * account->pools;
    account->work[row + pool] += work;
    for (uint32_t i = 0; i < account->pools; i++) {
        account->wanted[row + i] += work * epoch->target[i];
    }
}

static void accumulate(double *cells, uint64_t rows, uint32_t pools)
{
    for (uint32_t i = 0; i < pools; i++) {
        double sum = 0.0;
        for (uint64_t b = 0; b <= rows; b++) {
            double *const cell = &cells[(size_t)b * pools + i];
            const double here = *cell;
            *cell = sum;
            sum += here;
        }
    }
}

void hs_account_close(hs_account *account)
{
    if (!account->closed) {
        accumulate(account->work, account->buckets, account->pools);
        accumulate(account->wanted, account->buckets, account->pools);
        account->closed = 1;
    }
}

int hs_account_shares(const hs_account *account, uint64_t end_secs, uint64_t window_secs,
                      double *delivered_pct, double *effective_pct)
{
    const uint64_t end = end_secs / HS_BUCKET_SECS;
    const uint64_t window = window_secs / HS_BUCKET_SECS;
    if (!account->closed || window == 0 || window > end || end > account->buckets) {
        return -1;
    }
    const double *const work1 = account->work + (size_t)end * account->pools;
    const double *const work0 = account->work + (size_t)(end - window) * account->pools;
    const double *const wanted1 = account->wanted + (size_t)end * account->pools;
    const double *const wanted0 = account->wanted + (size_t)(end - window) * account->pools;
    double all = 0.0;
    for (uint32_t i = 0; i < account->pools; i++) {
        all += work1[i] - work0[i];
    }
    if (!(all > 0.0)) {
        return -1;
    }
    for (uint32_t i = 0; i < account->pools; i++) {
        delivered_pct[i] = 100.0 * (work1[i] - work0[i]) / all;
        effective_pct[i] = 100.0 * (wanted1[i] - wanted0[i]) / all;
    }
    return 0;
}

int hs_account_error(const hs_account *account, uint64_t end_secs, uint64_t window_secs,
                     double *points)
{
    double delivered[HS_SIM_POOLS_MAX];
    double effective[HS_SIM_POOLS_MAX];
    if (hs_account_shares(account, end_secs, window_secs, delivered, effective) != 0) {
        return -1;
    }
    double worst = 0.0;
    for (uint32_t i = 0; i < account->pools; i++) {
        const double off = fabs(delivered[i] - effective[i]);
        worst = off > worst ? off : worst;
    }
    *points = worst;
    return 0;
}

hs_error_summary hs_account_summary(const hs_account *account, uint64_t window_secs,
                                    uint64_t warmup_secs)
{
    hs_error_summary summary = {0};
    double sum = 0.0;
    for (uint64_t b = 1; b <= account->buckets; b++) {
        const uint64_t end = b * HS_BUCKET_SECS;
        double error = 0.0;
        if (end <= warmup_secs || hs_account_error(account, end, window_secs, &error) != 0) {
            continue;
        }
        sum += error;
        if (summary.ticks == 0 || error > summary.max) {
            summary.max = error;
            summary.max_at = end;
        }
        summary.ticks++;
    }
    summary.mean = summary.ticks > 0 ? sum / (double)summary.ticks : 0.0;
    return summary;
}
