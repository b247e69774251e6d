/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/control/ledger.h"

#include <math.h>

#include "plugin/base/fmath.h"
#include "plugin/control/law.h"

static const double LUCK_WINDOW_S = 1800.0;
static const double VERDICT_WINDOW_S = 1200.0;
static const double VERDICT_PRIOR = 50.0;

/* Averages the squared difficulties of the interval into `luck`. */
static void settle_luck(hm_ledger *l, double dt_s)
{
    const double rate = hm_ledger_plausible(l, l->luck_credited / dt_s);
    l->luck_credited = 0.0;
    if (!isfinite(rate)) {
        return;
    }
    if (!l->luck_known) {
        l->luck_known = rate > 0.0;
        l->luck = rate;
        return;
    }
    const double decay = hm_decay(dt_s, LUCK_WINDOW_S);
    l->luck = l->luck * decay + rate * (1.0 - decay);
}

static void book(hm_account *a, double error, double dt_s, double window_s, double debt_limit)
{
    const double decay = hm_decay(dt_s, window_s);
    a->window = a->window * decay + error * (window_s / dt_s) * (1.0 - decay);
    const double centre = HM_LAW.integral_limit ? a->window : 0.0;
    a->debt = hm_clamp(a->debt + error, centre - debt_limit, centre + debt_limit);
}

/* The integral, but for rounding. */
static int is_limited(const hm_account *a, double debt_limit)
{
    return !HM_LAW.integral_limit ||
           !(fabs(a->debt - a->window) > debt_limit + 1e-9 * fabs(a->window));
}

static void forget_verdicts(hm_account *a, double keep)
{
    a->asked *= keep;
    a->asked_shares *= keep;
    a->rejected *= keep;
    a->excused *= keep;
    a->proven *= keep;
}

void hm_ledger_settle(hm_ledger *l, const double *effective, const uint8_t *part, uint32_t n,
                      double dt_s, double window_s, double debt_limit)
{
    double total = 0.0;
    HM_MUST(l->alarm, n <= HMX_UPSTREAMS_MAX && dt_s > 0.0);
    for (uint32_t i = 0; i < n; i++) {
        total += part[i] ? l->accounts[i].credited : 0.0;
    }
    const double keep = hm_decay(dt_s, window_s);
    const double keep_verdicts = hm_decay(dt_s, VERDICT_WINDOW_S);
    for (uint32_t i = 0; i < n; i++) {
        hm_account *const a = &l->accounts[i];
        if (part[i]) {
            const double error = effective[i] * total - a->credited;
            book(a, error, dt_s, window_s, debt_limit);
            HM_MUST(l->alarm, is_limited(a, debt_limit));
        }
        /* Of what is taken back some was delivered in a window before this one. */
        a->delivered = hm_not_negative(a->delivered * keep + a->credited);
        a->total = hm_not_negative(a->total + a->credited);
        a->credited = 0.0;
        forget_verdicts(a, keep_verdicts);
    }
    l->silent_s = l->spoken ? 0.0 : l->silent_s + dt_s;
    l->spoken = 0;
    settle_luck(l, dt_s);
}

hm_ledger_input hm_ledger_inputs(const hm_ledger *l, uint32_t upstream, double hashrate,
                                 double window_s)
{
    const hm_account *const a = &l->accounts[upstream - 1u];
    HM_MUST(l->alarm, hashrate > 0.0 && window_s > 0.0);
    return (hm_ledger_input){
        .error_points = 100.0 * a->window / (hashrate * window_s),
        .integral_point_min = 100.0 * (a->debt - a->window) / (hashrate * 60.0),
    };
}

void hm_ledger_close(hm_ledger *l, uint32_t upstream, const double *effective, uint32_t n,
                     double keep)
{
    hm_account *const a = &l->accounts[upstream - 1u];
    const int is_sound = isfinite(a->debt) && isfinite(a->window);
    double others = 0.0;
    for (uint32_t i = 0; i < n; i++) {
        others += i + 1u != upstream ? effective[i] : 0.0;
    }
    for (uint32_t i = 0; i < n; i++) {
        const double part = is_sound && others > 0.0 ? effective[i] / others : 0.0;
        hm_account *const other = &l->accounts[i];
        if (other != a) {
            other->debt = keep * (other->debt + (part > 0.0 ? part * a->debt : 0.0));
            other->window = keep * (other->window + (part > 0.0 ? part * a->window : 0.0));
        }
    }
    a->window = a->debt = 0.0;
    hm_account_restore_verdicts(a, 0.0, 0.0);
}

void hm_ledger_forget_debts(hm_ledger *l)
{
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        l->accounts[i].debt = l->accounts[i].window = 0.0;
    }
}

void hm_ledger_rescale(hm_ledger *l, double old_window_s, double new_window_s)
{
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        l->accounts[i].window *= new_window_s / old_window_s;
    }
}

/* Of a share; 0 while there is none, or when all are forgotten. */
static double usual_credit(const hm_account *a)
{
    return a->asked > 0.0 && a->asked_shares > 0.0 ? a->asked / a->asked_shares : 0.0;
}

/* The work that a unit of submitted credit stands for. A host that aggregates submits few shares of
 * much credit and proves the rest by shares that it keeps: what is rejected then costs as much of
 * all that was proved. On the long run it is 1, and 1 exactly where each share is forwarded. */
static double worth(const hm_account *a)
{
    const double prior = VERDICT_PRIOR * usual_credit(a);
    return prior > 0.0 ? hm_clamp((a->proven + prior) / (a->asked + prior), 0.5, 2.0) : 1.0;
}

void hm_ledger_verdict(hm_ledger *l, uint32_t upstream, double credit, hm_ledger_answer answer,
                       int takes_back)
{
    hm_account *const a = &l->accounts[upstream - 1u];
    double late = 0.0;
    const double waited = hm_provisional_answer(&a->provisional, credit, &late);
    if (answer == HM_ANSWER_ACCEPTED) {
        if (late > 0.0) { /* else it is booked as it should be */
            a->credited += takes_back ? late * worth(a) : 0.0;
            a->rejected = hm_not_negative(a->rejected - late);
        }
        return;
    }
    a->credited -= takes_back ? waited * worth(a) : 0.0;
    if (answer == HM_ANSWER_REJECTED) {
        a->rejected += credit - late;
    } else {
        a->excused += credit - late;
    }
}

void hm_ledger_excuse(hm_ledger *l, uint32_t upstream, double credit)
{
    hm_account *const a = &l->accounts[upstream - 1u];
    const double most = credit < a->rejected ? credit : a->rejected;
    a->rejected -= most;
    a->excused += most;
}

static void give_up(hm_account *a, double credit, int takes_back)
{
    a->credited -= takes_back ? credit * worth(a) : 0.0;
    a->rejected += credit;
}

void hm_ledger_expire(hm_ledger *l, uint32_t upstream, uint64_t now_ns, int takes_back)
{
    hm_account *const a = &l->accounts[upstream - 1u];
    give_up(a, hm_provisional_expire(&a->provisional, now_ns), takes_back);
}

void hm_ledger_withdraw(hm_ledger *l, uint32_t upstream, int takes_back)
{
    hm_account *const a = &l->accounts[upstream - 1u];
    give_up(a, hm_provisional_withdraw(&a->provisional), takes_back);
}

double hm_ledger_provisional(const hm_ledger *l, uint32_t upstream)
{
    const hm_account *const a = &l->accounts[upstream - 1u];
    return hm_provisional_waiting(&a->provisional) * worth(a);
}

/* What the pool may be judged by, and how much of it it did not reject. */
static double judged(const hm_account *a)
{
    return hm_not_negative(a->asked - a->excused);
}

static double kept(const hm_account *a)
{
    return hm_not_negative(judged(a) - a->rejected);
}

double hm_ledger_acceptance(const hm_ledger *l, uint32_t upstream)
{
    const hm_account *const a = &l->accounts[upstream - 1u];
    const double usual = usual_credit(a);
    if (!(usual > 0.0)) {
        return 1.0;
    }
    const double prior = VERDICT_PRIOR * usual;
    return hm_clamp((kept(a) + prior) / (kept(a) + a->rejected + prior), HM_ACCEPTANCE_LEAST, 1.0);
}

void hm_account_verdicts(const hm_account *a, double *accepted, double *rejected)
{
    /* Unscaled ones are in shares already: divided they might not be the same to the last bit. */
    const double usual = a->unscaled ? 1.0 : usual_credit(a);
    *accepted = usual > 0.0 ? kept(a) / usual : 0.0;
    *rejected = usual > 0.0 ? a->rejected / usual : 0.0;
}

void hm_account_restore_verdicts(hm_account *a, double accepted, double rejected)
{
    a->asked = a->asked_shares = a->proven = accepted + rejected;
    a->rejected = rejected;
    a->excused = 0.0;
    a->unscaled = a->asked > 0.0;
}

double hm_ledger_sigma_points(const hm_ledger *l, const double *effective, uint32_t n,
                              double hashrate)
{
    double widest = 0.0;
    for (uint32_t i = 0; i < n; i++) {
        const double spread = effective[i] * (1.0 - effective[i]);
        widest = spread > widest ? spread : widest;
    }
    const double sigma = 100.0 * sqrt(widest * l->luck / 600.0) / hashrate;
    return isfinite(sigma) ? sigma : 0.0;
}
