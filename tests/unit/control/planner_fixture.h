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
    hmx_decision list[MOST];
    uint32_t count;
} record;

/* An outbox of so many rows, behind what is in the record. */
static inline hm_outbox outbox_of(record *r, uint32_t capacity)
{
    const uint32_t left = MOST - r->count;
    const uint32_t rows = capacity < left ? capacity : left;
    for (uint32_t i = r->count; i < r->count + rows && r->list[i].size == 0; i++) {
        r->list[i].size = sizeof r->list[i];
    }
    return (hm_outbox){&r->list[r->count], sizeof r->list[0], rows, 0, NULL};
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
        .aim = f->command,
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
    hm_outbox out = outbox_of(r, rooms);
    const hm_plan_result result = hm_plan(&f->buckets, &f->assignment, request, &out);
    r->count += out.count;
    return result;
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
