/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/control/provisional.h"

#include "plugin/base/units.h"

double hm_provisional_answer(hm_provisional *p, double credit, double *late)
{
    const double waiting = hm_provisional_waiting(p);
    const double of_waiting = credit < waiting ? credit : waiting;
    const double rest = credit - of_waiting;
    *late = rest < p->withdrawn ? rest : p->withdrawn;
    p->answered += of_waiting;
    p->withdrawn -= *late;
    return of_waiting;
}

/* Notes how much was submitted up to now, so sparsely that the marks reach back far enough. */
static void mark(hm_provisional *p, uint64_t now_ns)
{
    const hm_provisional_mark *const last = &p->marks[p->newest];
    const double apart_s = HM_PROVISIONAL_S / (HM_PROVISIONAL_MARKS / 2);
    if (p->count > 0 && hm_seconds(now_ns - last->at_ns) < apart_s) {
        return;
    }
    p->newest = (p->newest + 1u) % HM_PROVISIONAL_MARKS;
    p->marks[p->newest] = (hm_provisional_mark){now_ns, p->submitted};
    p->count += p->count < HM_PROVISIONAL_MARKS ? 1u : 0u;
}

/* How much had been submitted so long ago; as much as is known of it. */
static double submitted_before(const hm_provisional *p, uint64_t now_ns)
{
    for (uint32_t i = 0; i < p->count; i++) {
        const hm_provisional_mark *const m =
            &p->marks[(p->newest + HM_PROVISIONAL_MARKS - i) % HM_PROVISIONAL_MARKS];
        if (hm_seconds(now_ns - m->at_ns) >= HM_PROVISIONAL_S) {
            return m->submitted;
        }
    }
    return 0.0;
}

static double give_up(hm_provisional *p, double credit)
{
    p->answered += credit;
    p->withdrawn += credit;
    return credit;
}

double hm_provisional_expire(hm_provisional *p, uint64_t now_ns)
{
    const double due = submitted_before(p, now_ns);
    mark(p, now_ns);
    return give_up(p, due > p->answered ? due - p->answered : 0.0);
}

double hm_provisional_withdraw(hm_provisional *p)
{
    return give_up(p, hm_provisional_waiting(p));
}
