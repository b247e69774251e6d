/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sim/account: the truth about a simulated run: which pool credited how much work, against which
 * effective target, and the errors that follow. It never looks at what a plugin says.
 *
 * Work is booked at the second in which it was hashed, even when the verdict comes later, so that
 * it meets the target that was valid then. Pools that are down, or reject so much that they are to
 * be left ("unusable"), count neither way while they do. Seconds are kept in buckets of 30. */
#ifndef HOST_STUB_SIM_ACCOUNT_H
#define HOST_STUB_SIM_ACCOUNT_H

#include <stddef.h>
#include <stdint.h>

#include "host_stub/scenario/scenario.h"

enum { HS_BUCKET_SECS = 30 };

/* The effective targets from one second on. */
typedef struct hs_epoch {
    uint64_t from;                   /* second */
    uint64_t usable;                 /* bit i = pool i counts */
    double target[HS_SIM_POOLS_MAX]; /* fractions, sum 1 over the usable ones, or all 0 */
} hs_epoch;

typedef struct hs_account {
    uint32_t pools;
    uint32_t closed;
    uint64_t buckets;
    double
        *work; /* [bucket][pool] credited and counted; after close the sum of all buckets before */
    double *wanted; /* [bucket][pool] credited work x effective target of its second; the same */
    hs_epoch *epochs;
    size_t epoch_count;
    size_t epoch_capacity;
} hs_account;

/* The configured targets (any non-negative weights) renormalised over the usable pools, none above
 * its cap (fraction, 1 = no cap): what a cap cuts off goes to the others in proportion. All 0 when
 * no usable pool has a target. */
void hs_effective_targets(uint32_t pools, const double *weights, uint64_t usable,
                          const double *caps, double *out);

/* Room for a run of `seconds`, a multiple of 30. 0, or -1 out of memory. */
int hs_account_init(hs_account *account, uint32_t pools, uint64_t seconds);
void hs_account_free(hs_account *account);

/* From `second` on (never before an earlier call's) these hold. 0, or -1 out of memory. */
int hs_account_targets(hs_account *account, uint64_t second, const double *weights, uint64_t usable,
                       const double *caps);

/* Pool `pool` credited `work` that was hashed in `second`. */
void hs_account_credit(hs_account *account, uint32_t pool, uint64_t second, double work);

/* Ends the booking: the questions below may be asked. */
void hs_account_close(hs_account *account);

/* Error in points of the window of `window_secs` that ends at `end_secs` (both multiples of 30, the
 * window inside the run). 0, or -1 when no work was credited in it or it is not inside. */
int hs_account_error(const hs_account *account, uint64_t end_secs, uint64_t window_secs,
                     double *points);

/* The same per pool: shares in per cent of the window's work, and of its effective targets. 0 or
 * -1. */
int hs_account_shares(const hs_account *account, uint64_t end_secs, uint64_t window_secs,
                      double *delivered_pct, double *effective_pct);

typedef struct hs_error_summary {
    uint64_t ticks; /* at which the error is defined; 0 = the other members mean nothing */
    double mean;
    double max;
    uint64_t max_at; /* end of the worst window, second */
} hs_error_summary;

/* Over all ticks (every 30 s) after `warmup_secs`. */
hs_error_summary hs_account_summary(const hs_account *account, uint64_t window_secs,
                                    uint64_t warmup_secs);

/* What held at a second. */
const hs_epoch *hs_account_epoch(const hs_account *account, uint64_t second);

#endif
