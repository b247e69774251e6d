/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "host_stub/base/text.h"
#include "host_stub/bench/reality.h"

enum { TEXT = 48 };

/* One limit of one row over its values. */
struct worst {
    const hs_reality_cell *cell;
    double value;
    double limit;
    uint64_t seed;
    uint32_t compared;
    uint32_t exceeded;
};

/* Over the seeds of a farm. */
struct seeds {
    double mean;
    double most;
    uint64_t most_seed;
    uint32_t count;
    uint32_t broken; /* runs that failed or broke the contract */
};

static struct seeds over_seeds(const hs_reality *r, uint32_t farm, uint32_t metric)
{
    struct seeds s = {0};
    double sum = 0.0;
    for (uint32_t k = 0; k < r->seed_count; k++) {
        const hs_bench_run *const run = &r->runs[r->farms[farm].first + k];
        const int broken = run->failed || run->guard_violations > 0;
        const double value = broken ? INFINITY : hs_reality_measure(run, metric);
        s.broken += broken ? 1u : 0u;
        if (isnan(value)) {
            continue;
        }
        if (s.count == 0 || value > s.most) {
            s.most = value;
            s.most_seed = run->seed;
        }
        sum += value;
        s.count++;
    }
    s.mean = sum / (double)s.count;
    return s;
}

/* How bad it is: 1 = at the limit. */
static double badness(double value, double limit)
{
    return limit > 0.0 ? value / limit : value;
}

static void judge(const hs_reality *r, const hs_reality_cell *cell, const hs_reality_check *check,
                  struct worst *worst)
{
    const struct seeds seen = over_seeds(r, cell->farm, check->metric);
    double value = seen.most;
    double limit = check->plus;
    if (seen.count == 0 || (check->times > 0.0 && cell->reference == UINT32_MAX)) {
        return; /* a window that the run is too short for, or nothing to compare with */
    }
    if (check->times > 0.0) {
        const struct seeds base = over_seeds(r, cell->reference, check->metric);
        value = seen.mean;
        limit = fmax(check->times * base.mean, base.mean + check->plus);
    }
    worst->compared++;
    worst->exceeded += value <= limit && seen.broken == 0 ? 0u : 1u;
    if (worst->cell == NULL || badness(value, limit) > badness(worst->value, worst->limit)) {
        worst->cell = cell;
        worst->value = value;
        worst->limit = limit;
        worst->seed = seen.most_seed;
    }
}

static void print_worst(FILE *to, const hs_reality_row *row, const hs_reality_check *check,
                        const struct worst *w)
{
    char value[TEXT];
    char limit[TEXT];
    fprintf(to, "%-20s %-23s %10s %9s  %-10s seed %-4" PRIu64, row->name,
            hs_reality_metric_name(check->metric),
            isinf(w->value) ? "never" : hs_format_fixed(value, sizeof value, w->value, 3),
            hs_format_fixed(limit, sizeof limit, w->limit, 3), w->cell->value, w->seed);
    fprintf(to, "  %2u of %2u", (unsigned)w->exceeded, (unsigned)w->compared);
    fputs(w->exceeded > 0 ? "  EXCEEDED\n" : "\n", to);
}

/* The row's cells are `from` to before `end`. */
static void tell_row(const hs_reality *r, uint32_t from, uint32_t end, FILE *to,
                     hs_bench_verdict *verdict)
{
    const hs_reality_row *const row = r->cells[from].row;
    for (int c = 0; c < HS_REALITY_CHECKS && row->checks[c].metric != HS_REALITY_NONE; c++) {
        struct worst worst = {.cell = NULL};
        for (uint32_t i = from; i < end; i++) {
            judge(r, &r->cells[i], &row->checks[c], &worst);
        }
        if (worst.cell != NULL) {
            print_worst(to, row, &row->checks[c], &worst);
        }
        verdict->compared += worst.compared;
        verdict->exceeded += worst.exceeded;
    }
}

hs_bench_verdict hs_reality_tell(const hs_reality *r, FILE *to)
{
    hs_bench_verdict verdict = {0};
    uint32_t from = 0;
    if (r->cell_count > 0) {
        fprintf(to, "%-20s %-23s %10s %9s  %-10s %-9s  %s\n", "row", "what", "worst", "at most",
                "at", "", "exceeded");
    }
    for (uint32_t i = 1; i <= r->cell_count; i++) {
        if (i == r->cell_count || r->cells[i].row != r->cells[from].row) {
            tell_row(r, from, i, to, &verdict);
            from = i;
        }
    }
    for (uint32_t i = 0; i < r->named_count; i++) {
        fprintf(to, "%-20s %s: %s\n", r->named[i]->name, r->named[i]->about, r->named[i]->test);
    }
    return verdict;
}
