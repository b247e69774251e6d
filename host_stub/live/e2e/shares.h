/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/e2e/shares: what became of the shares that the miners submitted: each is in exactly one
 * column, and the columns add up to what was submitted. What was on its way when something ended
 * has columns of its own, since nobody is at fault for it. */
#ifndef HOST_STUB_LIVE_E2E_SHARES_H
#define HOST_STUB_LIVE_E2E_SHARES_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

enum hs_e2e_column {
    HS_E2E_ACCEPTED,
    HS_E2E_STALE_BY_TIP,  /* a new tip came after it had been submitted */
    HS_E2E_STALE_BY_MOVE, /* the same, and that tip came with a move to another pool */
    HS_E2E_STALE_BY_POOL, /* its job had ended at the pool, and the miner was not told yet */
    HS_E2E_DUPLICATE,
    HS_E2E_REJECTED, /* for a reason: hs_e2e_shares.reasons */
    HS_E2E_LOST,     /* the proxy says so: its pool has gone without a verdict */
    HS_E2E_CUT_OFF,  /* the miner's connection ended before the answer */
    HS_E2E_CLOSED,   /* the miner's channel was closed before the answer */
    HS_E2E_UNANSWERED,
    HS_E2E_COLUMNS
};

typedef struct hs_e2e_shares {
    uint64_t submitted;
    uint64_t in[HS_E2E_COLUMNS];
    uint64_t needless; /* of those stale by a move: both pools had the same tip */
    json_t *reasons;   /* code: count, of the rejected ones */
} hs_e2e_shares;

/* 0, or -1 out of memory. Free it in either case. */
int hs_e2e_shares_start(hs_e2e_shares *shares);
void hs_e2e_shares_free(hs_e2e_shares *shares);

/* The counts of `host_stub miner --json`; may come several times. */
void hs_e2e_shares_add(hs_e2e_shares *shares, const json_t *counts);

/* Of all columns; what was submitted, unless a share is in none or in two. */
uint64_t hs_e2e_shares_sum(const hs_e2e_shares *shares);
/* Those of which the miner knows no verdict: the pool may have credited them. */
uint64_t hs_e2e_shares_open(const hs_e2e_shares *shares);

/* {"submitted", one member for each column}; "rejected" is the object of the reasons. */
json_t *hs_e2e_shares_json(const hs_e2e_shares *shares);
/* "shares submitted 7 = accepted 5 + ...", and the reasons. */
void hs_e2e_shares_print(const hs_e2e_shares *shares, const char *title);

/* "reason n, reason n", or "-"; returns `to`. */
const char *hs_e2e_reasons_text(json_t *reasons, char *to, size_t capacity);
/* Adds the numbers of `more` to those of `total`; returns their sum. */
uint64_t hs_e2e_reasons_add(json_t *total, const json_t *more);

/* A member that is a whole number; 0 when it is none. */
uint64_t hs_e2e_number(const json_t *object, const char *name);

#endif
