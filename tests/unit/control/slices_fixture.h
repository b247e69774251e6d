/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * slices_fixture: a farm whose hashrates are known, sliced second by second. */
#ifndef UNIT_CONTROL_SLICES_FIXTURE_H
#define UNIT_CONTROL_SLICES_FIXTURE_H

#include "plugin/control/slices.h"
#include "tests/unit/control/planner_fixture.h"

static farm f;
static record r;

typedef struct life {
    double debts[HMX_UPSTREAMS_MAX];
    double half_s;
    uint64_t second;
    uint64_t moves;
    uint64_t changes; /* seconds with a move */
    int turned;
    double band; /* luck, of the farm */
} life;

static inline void look(life *l)
{
    static const double low[HMX_UPSTREAMS_MAX] = {0};
    double high[HMX_UPSTREAMS_MAX];
    double command[HMX_UPSTREAMS_MAX];
    const double total = total_of(&f);
    for (uint32_t i = 0; i < f.n; i++) {
        high[i] = 1.0;
    }
    hm_slice_request request = {
        .command = command,
        .effective = f.command,
        .most = f.most,
        .usable = f.usable,
        .n = f.n,
        .most_moves = 4,
        .half = hm_slices_half_at(l->second * SECOND_NS, l->half_s),
        .half_s = l->half_s,
        .least_s = 30.0,
        .band = l->band * total,
        .dwell_ns = 60 * SECOND_NS,
        .now_ns = l->second * SECOND_NS,
    };
    hm_slice_wish wish = {
        .effective = f.command,
        .low = low,
        .high = high,
        .allocated = &f.assignment.allocated[1],
        .debts = l->debts,
        .n = f.n,
        .work = total * request.half.left_s,
        .least_work = 30.0 * total / f.assignment.channels.count,
    };
    if (l->turned < 0) {
        l->turned = hm_slices_go_down(&wish) != request.half.second;
    }
    request.half.second ^= l->turned;
    wish.down = request.half.second;
    hm_slices_want(&wish, command);
    r.count = 0;
    hm_outbox out = outbox_of(&r, MANY);
    const hm_slice_result result = hm_slices_plan(&f.assignment, &request, &out);
    cr_assert(result.wait_s >= 0.0 && result.wait_s <= request.half.left_s + 60.0);
    l->moves += result.moves;
    l->changes += result.moves > 0;
    apply_all(&f, request.now_ns);
}

static inline void live(life *l, uint64_t seconds)
{
    for (uint64_t end = l->second + seconds; l->second < end; l->second++) {
        const double total = total_of(&f);
        look(l);
        for (uint32_t i = 0; i < f.n; i++) {
            l->debts[i] += f.command[i] * total - f.assignment.allocated[i + 1u];
        }
    }
}

static inline life begin(double half_s)
{
    return (life){.half_s = half_s, .second = 1000, .turned = -1};
}

#endif
