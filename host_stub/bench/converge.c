/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/bench/converge.h"

#include <math.h>

const hs_within HS_WITHIN_10M = {600, 1.0, 3.0};
const hs_within HS_WITHIN_1H = {3600, 0.75, 2.0};

static double tolerance(const hs_luck *luck, const hs_within *within, uint64_t end)
{
    const double luck_points = within->sigmas * hs_luck_sigma(luck, end, within->window_secs);
    return luck_points > within->points ? luck_points : within->points;
}

static uint64_t next_tick(uint64_t second)
{
    return (second + HS_BUCKET_SECS - 1) / HS_BUCKET_SECS * HS_BUCKET_SECS;
}

static double minutes(uint64_t from, uint64_t to)
{
    return (double)(to - from) / 60.0;
}

double hs_converge_next(const hs_account *account, const hs_luck *luck, const hs_within *within,
                        uint64_t event_secs)
{
    const uint64_t last = account->buckets * HS_BUCKET_SECS;
    for (uint64_t at = next_tick(event_secs); at + within->window_secs <= last;
         at += HS_BUCKET_SECS) {
        const uint64_t end = at + within->window_secs;
        double error = 0.0;
        if (hs_account_error(account, end, within->window_secs, &error) == 0 &&
            error <= tolerance(luck, within, end)) {
            return minutes(event_secs, at);
        }
    }
    return NAN;
}

/* Error of the window against the target in effect at its end; -1 when there is none. */
static double error_against_now(const hs_account *account, uint64_t end, uint64_t window)
{
    double delivered[HS_SIM_POOLS_MAX];
    double effective[HS_SIM_POOLS_MAX];
    const hs_epoch *const epoch = hs_account_epoch(account, end - 1);
    double worst = 0.0;
    if (epoch == NULL || epoch->usable == 0 ||
        hs_account_shares(account, end, window, delivered, effective) != 0) {
        return -1.0;
    }
    for (uint32_t i = 0; i < account->pools; i++) {
        const double off = fabs(delivered[i] - 100.0 * epoch->target[i]);
        worst = off > worst ? off : worst;
    }
    return worst;
}

double hs_converge_last(const hs_account *account, const hs_luck *luck, const hs_within *within,
                        uint64_t event_secs)
{
    const uint64_t last = account->buckets * HS_BUCKET_SECS;
    for (uint64_t end = next_tick(event_secs + 1); end <= last; end += HS_BUCKET_SECS) {
        const double error = end >= within->window_secs
                                 ? error_against_now(account, end, within->window_secs)
                                 : -1.0;
        if (error >= 0.0 && error <= tolerance(luck, within, end)) {
            return minutes(event_secs, end);
        }
    }
    return NAN;
}

double hs_alloc_dev_max(const hs_sim_result *result, uint64_t from, uint64_t until)
{
    const uint32_t pools = result->pool_count;
    double worst = NAN;
    for (uint64_t s = from; s < until && s < result->seconds; s++) {
        const double *const row = &result->hashrate_at[(size_t)s * pools];
        const hs_epoch *const epoch = hs_account_epoch(&result->account, s);
        double all = 0.0;
        for (uint32_t i = 0; i < pools; i++) {
            all += row[i];
        }
        if (epoch == NULL || epoch->usable == 0 || !(all > 0.0)) {
            continue;
        }
        for (uint32_t i = 0; i < pools; i++) {
            const double off = 100.0 * fabs(row[i] / all - epoch->target[i]);
            worst = off > worst || isnan(worst) ? off : worst;
        }
    }
    return worst;
}
