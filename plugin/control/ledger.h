/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * ledger: what each upstream was owed and what it got: the measurement side of the controllers
 * (pid.h).
 *
 * Work is booked when a miner has proved it, and taken back when the pool rejects it, or when it is
 * lost, or when no verdict comes for too long (provisional.h): innocent until rejected. Pools
 * acknowledge in lumps, after seconds or after a quarter of an hour; booked at the verdict the
 * rhythm of the pools would look like an error of the split.
 *
 * Per upstream two accounts of work (difficulty 1 units), positive when it was short-changed:
 * `window`, an exponential window of the error, and `debt`, the error since ever. The proportional
 * input is the windowed error, the integral input is debt - window: with Kp = Ki x window that
 * equals feedback of the debt alone, the pole of the measurement cancelled exactly. The error of an
 * interval uses the targets that were valid in it, so that a change of targets is no kick and is
 * not paid back. The integral input is clamped here, because the ledger (not the controller) is
 * what would wind up: with a clamp on the debt itself an error that grows beyond it would make the
 * difference smaller, and in the end correct the wrong way.
 */
#ifndef PLUGIN_CONTROL_LEDGER_H
#define PLUGIN_CONTROL_LEDGER_H

#include <stdint.h>

#include "abi/hmx_abi.h"
#include "plugin/base/check.h"
#include "plugin/control/provisional.h"

typedef struct hm_account {
    double credited;  /* work since the last settlement, less what was taken back */
    double window;    /* S: windowed error */
    double debt;      /* D: error since ever; D - S is clamped */
    double delivered; /* windowed work, for people */
    double total;     /* work since create */
    /* For the acceptance, discounted over 20 min: what was submitted, in credit and in shares, what
     * of it was rejected, and what of it says nothing about the pool. */
    double asked;
    double asked_shares;
    double rejected;
    double excused;
    double proven; /* work of all shares, discounted in the same way: what credit stands for */
    int unscaled;  /* from a saved state: credits are in shares until the first that is submitted */
    uint32_t pad0;
    hm_provisional provisional; /* what has no verdict yet */
} hm_account;

typedef struct hm_ledger {
    hm_account accounts[HMX_UPSTREAMS_MAX]; /* of upstream i + 1 */
    double luck;          /* q: sum of squared difficulties per second, averaged over 30 min */
    double luck_credited; /* of it since the last settlement */
    double silent_s;      /* since the last settlement with any work */
    int luck_known;
    int spoken;      /* somebody proved work since the last settlement */
    hm_alarm *alarm; /* of the instance; NULL in tests of this module */
} hm_ledger;

/* Inputs of one upstream's controller. */
typedef struct hm_ledger_input {
    double error_points;
    double integral_point_min;
} hm_ledger_input;

#define HM_LUCK_TIMES 100.0

/* Books shares of together `work`, the squares of their difficulties together `squared`, that were
 * proved for an upstream, forwarded or not. */
static inline void hm_ledger_credit(hm_ledger *l, uint32_t upstream, double work, double squared)
{
    hm_account *const a = &l->accounts[upstream - 1u];
    a->credited += work;
    a->proven += work;
    l->spoken = 1;
    l->luck_credited += squared;
}

/* The rate of squared difficulties [1/s], at most a hundred times what is usual: one absurd share
 * must not look like the luck of days. */
static inline double hm_ledger_plausible(const hm_ledger *l, double rate)
{
    const double most = HM_LUCK_TIMES * l->luck;
    return l->luck_known && l->luck > 0.0 && rate > most ? most : rate;
}

/* What is remembered of verdicts in shares, of whatever credit they were. */
static inline void hm_account_scale(hm_account *a, double credit)
{
    a->asked *= credit;
    a->rejected *= credit;
    a->excused *= credit;
    a->proven = a->asked;
    a->unscaled = 0;
}

/* Notes that `count` shares of together `credit` wait for the pool's verdict. Comes before
 * hm_ledger_credit for the same shares. */
static inline void hm_ledger_submitted(hm_ledger *l, uint32_t upstream, double credit,
                                       uint32_t count)
{
    hm_account *const a = &l->accounts[upstream - 1u];
    if (a->unscaled) {
        hm_account_scale(a, credit / (double)count);
    }
    a->asked += credit;
    a->asked_shares += (double)count;
    a->provisional.submitted += credit;
}

/* What became of `credit` that was submitted. */
typedef enum hm_ledger_answer {
    HM_ANSWER_ACCEPTED,
    HM_ANSWER_REJECTED, /* held against the pool */
    HM_ANSWER_EXCUSED   /* rejected or lost, and not the pool's doing */
} hm_ledger_answer;

/* Notes the end of `credit`; with `takes_back` what was rejected or lost was not delivered. */
void hm_ledger_verdict(hm_ledger *l, uint32_t upstream, double credit, hm_ledger_answer answer,
                       int takes_back);

/* The same for what was accepted: nearly always it waited, and is booked already. */
static inline void hm_ledger_accepted(hm_ledger *l, uint32_t upstream, double credit,
                                      int takes_back)
{
    hm_provisional *const p = &l->accounts[upstream - 1u].provisional;
    if (credit <= hm_provisional_waiting(p)) {
        p->answered += credit;
    } else {
        hm_ledger_verdict(l, upstream, credit, HM_ANSWER_ACCEPTED, takes_back);
    }
}

/* Of what was rejected so much is not the pool's doing after all. */
void hm_ledger_excuse(hm_ledger *l, uint32_t upstream, double credit);

/* What has waited for its verdict for hours is as good as rejected. */
void hm_ledger_expire(hm_ledger *l, uint32_t upstream, uint64_t now_ns, int takes_back);

/* The same with all that waits: the pool answers nothing any more. */
void hm_ledger_withdraw(hm_ledger *l, uint32_t upstream, int takes_back);

/* Work that waits for a verdict: booked, and not confirmed. */
double hm_ledger_provisional(const hm_ledger *l, uint32_t upstream);

/* Books what was credited in the last dt_s seconds against `effective` (fractions, 0 for those that
 * do not take part; `part` marks those that do).
 * debt_limit: of |debt - window|, work units. */
void hm_ledger_settle(hm_ledger *l, const double *effective, const uint8_t *part, uint32_t n,
                      double dt_s, double window_s, double debt_limit);

/* Inputs of an upstream's controller for a farm of `hashrate` (> 0, work per second). */
hm_ledger_input hm_ledger_inputs(const hm_ledger *l, uint32_t upstream, double hashrate,
                                 double window_s);

/* Closes the books of an upstream that comes or goes. What it was owed or owes is what the others
 * owe it or are owed: they share it in proportion to `effective` (fractions, n of them), so that
 * the sum of all stays nothing; left on their books it would make each of them claim from pools
 * that owe it nothing. Of what they owe each other then, `keep` (0 to 1) stays. */
void hm_ledger_close(hm_ledger *l, uint32_t upstream, const double *effective, uint32_t n,
                     double keep);

/* Nobody owes anybody anything any more; what was delivered stays. */
void hm_ledger_forget_debts(hm_ledger *l);

/* Another measurement window: the window accounts are scaled to it. */
void hm_ledger_rescale(hm_ledger *l, double old_window_s, double new_window_s);

/* Credit not rejected per credit submitted, with 50 shares of the usual credit as prior:
 * HM_ACCEPTANCE_LEAST..1. What has no verdict yet counts as accepted: a pool rejects at once and
 * acknowledges much later. */
#define HM_ACCEPTANCE_LEAST 0.05
double hm_ledger_acceptance(const hm_ledger *l, uint32_t upstream);
/* The same in shares of the usual credit, accepted (so far) and rejected: for a saved state. */
void hm_account_verdicts(const hm_account *a, double *accepted, double *rejected);
/* Takes them back. */
void hm_account_restore_verdicts(hm_account *a, double accepted, double rejected);

/* One sigma of share luck in the split over 10 minutes, percentage points; 0 while unknown. */
double hm_ledger_sigma_points(const hm_ledger *l, const double *effective, uint32_t n,
                              double hashrate);

#endif
