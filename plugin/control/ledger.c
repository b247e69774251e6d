/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/control/ledger.h"

#include <math.h>

#include "plugin/base/fmath.h"

static const double LUCK_WINDOW_S = 1800.0;
static const double VERDICT_WINDOW_S = 1200.0;
static const double VERDICT_PRIOR = 50.0;

/* Averages the squared difficulties of the interval into `luck`. */
static void settle_luck(hm_ledger *l, double dt_s)
{
    const double rate = l->luck_credited / dt_s;
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
    a->debt = hm_clamp(a->debt + error, a->window - debt_limit, a->window + debt_limit);
}

void hm_ledger_settle(hm_ledger *l, const double *effective, const uint8_t *part, uint32_t n,
                      double dt_s, double window_s, int frozen, double debt_limit)
{
    double total = 0.0;
    double any = 0.0;
    HM_MUST(l->alarm, n <= HMX_UPSTREAMS_MAX && dt_s > 0.0);
    for (uint32_t i = 0; i < n; i++) {
        HM_MUST(l->alarm, !(l->accounts[i].credited < 0.0));
        any += l->accounts[i].credited;
        total += part[i] ? l->accounts[i].credited : 0.0;
    }
    const double keep = hm_decay(dt_s, window_s);
    const double keep_verdicts = hm_decay(dt_s, VERDICT_WINDOW_S);
    for (uint32_t i = 0; i < n; i++) {
        hm_account *const a = &l->accounts[i];
        if (part[i]) {
            const double error = frozen ? 0.0 : effective[i] * total - a->credited;
            book(a, error, dt_s, window_s, debt_limit);
            HM_MUST(l->alarm, !(fabs(a->debt - a->window) > debt_limit + 1e-9 * fabs(a->window)));
        }
        a->delivered = a->delivered * keep + a->credited;
        a->total += a->credited;
        a->credited = 0.0;
        a->accepted *= keep_verdicts;
        a->rejected *= keep_verdicts;
        a->verdicts *= keep_verdicts;
    }
    l->silent_s = any > 0.0 ? 0.0 : l->silent_s + dt_s;
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

void hm_ledger_rescale(hm_ledger *l, double old_window_s, double new_window_s)
{
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        l->accounts[i].window *= new_window_s / old_window_s;
    }
}

/* Of a share with a verdict; 0 while there is none, or when all are forgotten. */
static double usual_credit(const hm_account *a)
{
    const double seen = a->accepted + a->rejected;
    return seen > 0.0 && a->verdicts > 0.0 ? seen / a->verdicts : 0.0;
}

double hm_ledger_acceptance(const hm_ledger *l, uint32_t upstream)
{
    const hm_account *const a = &l->accounts[upstream - 1u];
    const double usual = usual_credit(a);
    if (!(usual > 0.0)) {
        return 1.0;
    }
    const double accepted = a->accepted + VERDICT_PRIOR * usual;
    return hm_clamp(accepted / (accepted + a->rejected), 0.5, 1.0);
}

void hm_account_verdicts(const hm_account *a, double *accepted, double *rejected)
{
    /* Unscaled ones are in shares already: divided they might not be the same to the last bit. */
    const double usual = a->unscaled ? 1.0 : usual_credit(a);
    *accepted = usual > 0.0 ? a->accepted / usual : 0.0;
    *rejected = usual > 0.0 ? a->rejected / usual : 0.0;
}

void hm_account_restore_verdicts(hm_account *a, double accepted, double rejected)
{
    a->accepted = accepted;
    a->rejected = rejected;
    a->verdicts = accepted + rejected;
    a->unscaled = a->verdicts > 0.0;
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
