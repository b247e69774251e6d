/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/control/provisional.h"

#include "plugin/base/units.h"

static const double PATIENCE_UNKNOWN_S = 900.0;
static const double PATIENCE_LEAST_S = 120.0;
static const double PATIENCE_GAPS = 3.0;
static const double RHYTHM_MEMORY_S = 6.0 * 3600.0;

/* The longest gap is known at once and forgotten over hours. */
static void note_rhythm(hm_provisional *p, uint64_t now_ns)
{
    const double gap_s = hm_seconds(now_ns - p->since_ns);
    const double part = gap_s < RHYTHM_MEMORY_S ? gap_s / RHYTHM_MEMORY_S : 1.0;
    p->longest_s = gap_s > p->longest_s ? gap_s : p->longest_s + (gap_s - p->longest_s) * part;
    p->since_ns = now_ns;
    p->has_rhythm = 1;
}

double hm_provisional_patience_s(const hm_provisional *p)
{
    const double gaps_s = PATIENCE_GAPS * p->longest_s;
    if (!p->has_rhythm) {
        return PATIENCE_UNKNOWN_S;
    }
    return gaps_s > PATIENCE_LEAST_S ? gaps_s : PATIENCE_LEAST_S;
}

double hm_provisional_answer(hm_provisional *p, double credit, uint64_t now_ns, double *late)
{
    if (p->submitted > p->answered) {
        note_rhythm(p, now_ns);
    }
    const double waiting = hm_provisional_waiting(p);
    const double of_waiting = credit < waiting ? credit : waiting;
    const double rest = credit - of_waiting;
    *late = rest < p->withdrawn ? rest : p->withdrawn;
    p->answered += of_waiting;
    p->withdrawn -= *late;
    return of_waiting;
}

/* Notes how much was submitted up to now, so sparsely that the marks reach back beyond what is
 * asked for. */
static void mark(hm_provisional *p, uint64_t now_ns, double patience_s)
{
    const hm_provisional_mark *const last = &p->marks[p->newest];
    const double apart_s = patience_s / (HM_PROVISIONAL_MARKS / 2);
    if (p->count > 0 && hm_seconds(now_ns - last->at_ns) < apart_s) {
        return;
    }
    p->newest = (p->newest + 1u) % HM_PROVISIONAL_MARKS;
    p->marks[p->newest] = (hm_provisional_mark){now_ns, p->submitted};
    p->count += p->count < HM_PROVISIONAL_MARKS ? 1u : 0u;
}

/* How much had been submitted so long ago; as much as is known of it. */
static double submitted_before(const hm_provisional *p, uint64_t now_ns, double patience_s)
{
    for (uint32_t i = 0; i < p->count; i++) {
        const hm_provisional_mark *const m =
            &p->marks[(p->newest + HM_PROVISIONAL_MARKS - i) % HM_PROVISIONAL_MARKS];
        if (hm_seconds(now_ns - m->at_ns) >= patience_s) {
            return m->submitted;
        }
    }
    return 0.0;
}

double hm_provisional_expire(hm_provisional *p, uint64_t now_ns)
{
    const double patience_s = hm_provisional_patience_s(p);
    const double due = submitted_before(p, now_ns, patience_s);
    const double overdue = due > p->answered ? due - p->answered : 0.0;
    mark(p, now_ns, patience_s);
    p->answered += overdue;
    p->withdrawn += overdue;
    return overdue;
}
