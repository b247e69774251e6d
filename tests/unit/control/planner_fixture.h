/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * planner_fixture.h: a farm, a record of what the planner decided, and requests as the core makes
 * them. "Points" are per cent of the farm's hashrate. */
#ifndef TESTS_UNIT_CONTROL_PLANNER_FIXTURE_H
#define TESTS_UNIT_CONTROL_PLANNER_FIXTURE_H

#include "plugin/control/planner.h"
#include "tests/unit/farm/farm_fixture.h"

#define SECOND_NS 1000000000ull

enum { MOST = 4000, MANY = 1000000 };

/* What the planner decided, in its order. */
typedef struct record {
    hm_decision list[MOST];
    uint32_t count;
} record;

static inline int note(void *ctx, const hm_decision *decision)
{
    record *const r = (record *)ctx;
    if (r->count < MOST) {
        r->list[r->count] = *decision;
    }
    r->count++;
    return 0;
}

/* Balanced gains: deadband in points, improvement 0.3, ripple 120 point min, swap cost = band. */
static inline hm_plan_request request_for(const farm *f, double band_points)
{
    double hashrate = 0.0;
    for (uint32_t i = 0; i < f->n; i++) {
        hashrate += f->usable[i] ? f->assignment.allocated[i + 1u] : 0.0;
    }
    return (hm_plan_request){
        .command = f->command,
        .effective = f->command,
        .most = f->most,
        .slicing = 1,
        .usable = f->usable,
        .n = f->n,
        .most_moves = MANY,
        .split_moves = 10,
        .band = band_points / 100.0 * hashrate,
        .min_improvement = 0.3,
        .ripple = 120.0 * 0.05 / 100.0 * hashrate,
        .swap_cost = band_points / 100.0 * hashrate,
        .dwell_ns = 120 * SECOND_NS,
        .now_ns = 1000 * SECOND_NS,
    };
}

static inline hm_plan_result plan_with(farm *f, const hm_plan_request *request, uint32_t rooms,
                                       record *r)
{
    return hm_plan(&f->buckets, &f->assignment, request, rooms, note, r);
}

static inline void command(farm *f, const double *percent)
{
    for (uint32_t i = 0; i < f->n; i++) {
        f->command[i] = percent[i] / 100.0;
    }
}

static inline void apply_all(farm *f, uint64_t now_ns)
{
    while (f->assignment.pending_head != HM_SLOT_NONE) {
        hm_assignment_apply(&f->assignment, f->assignment.pending_head, now_ns, NULL, 0);
    }
}

static inline void place_many(farm *f, uint32_t upstream, int count, double hashrate)
{
    for (int i = 0; i < count; i++) {
        (void)farm_place(f, hashrate, upstream);
    }
}

static inline double total_of(const farm *fleet)
{
    double sum = 0.0;
    for (uint32_t i = 0; i < fleet->n; i++) {
        sum += fleet->assignment.allocated[i + 1u];
    }
    return sum;
}

static inline double deviation_points(const farm *fleet)
{
    const double total = total_of(fleet);
    double most = 0.0;
    for (uint32_t i = 0; i < fleet->n; i++) {
        const double off = fabs(fleet->command[i] - fleet->assignment.allocated[i + 1u] / total);
        most = off > most ? off : most;
    }
    return 100.0 * most;
}

#endif /* TESTS_UNIT_CONTROL_PLANNER_FIXTURE_H */
