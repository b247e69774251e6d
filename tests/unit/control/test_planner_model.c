/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The planner's next action, found by looking at every pair of pools and every channel, and the
 * bounds of what it may do. */
#include "tests/unit/control/planner_fixture.h"

static farm f;
static record r;

/* ---- one move, looked for one by one; pools counted from 0 ---- */

/* The better of two, by distance, rest and age. */
static uint32_t better_of(uint32_t a, uint32_t b, double wanted)
{
    if (a == HM_SLOT_NONE || b == HM_SLOT_NONE) {
        return a == HM_SLOT_NONE ? b : a;
    }
    const double off_a = fabs(farm_hot(&f, a)->hashrate - wanted);
    const double off_b = fabs(farm_hot(&f, b)->hashrate - wanted);
    const uint64_t moved_a = farm_hot(&f, a)->moved_ns;
    const uint64_t moved_b = farm_hot(&f, b)->moved_ns;
    if (off_a != off_b) {
        return off_a < off_b ? a : b;
    }
    return moved_a != moved_b ? (moved_a < moved_b ? a : b) : (a < b ? a : b);
}

/* The best of one bucket that may go; *occupied: is anybody there? */
static uint32_t best_in(uint32_t from, uint32_t to, uint32_t bucket, double wanted, int *occupied)
{
    uint32_t best = HM_SLOT_NONE;
    *occupied = 0;
    for (uint32_t slot = 0; slot < f.assignment.channels.slots; slot++) {
        const hm_channel_hot *const hot = farm_hot(&f, slot);
        if (hot->upstream != from + 1u || hot->pending_to != HMX_NONE ||
            hm_bucket_of(&f.buckets, hot->hashrate) != bucket) {
            continue;
        }
        *occupied = 1;
        if (farm_cold(&f, slot)->upstreams_allowed >> to & 1u) {
            best = better_of(slot, best, wanted);
        }
    }
    return best;
}

/* The best in the nearest of the four occupied buckets on each side that has one. */
static uint32_t best_around(uint32_t from, uint32_t to, double wanted)
{
    const int middle = (int)hm_bucket_of(&f.buckets, wanted);
    int occupied = 0;
    uint32_t best = best_in(from, to, (uint32_t)middle, wanted, &occupied);
    for (int way = -1; way <= 1; way += 2) {
        int seen = way < 0 ? occupied : 0;
        uint32_t here = HM_SLOT_NONE;
        for (int bucket = middle + way;
             here == HM_SLOT_NONE && seen < 4 && bucket >= 0 && bucket < HM_BUCKETS;
             bucket += way) {
            int some = 0;
            here = best_in(from, to, (uint32_t)bucket, wanted, &some);
            seen += some;
        }
        best = better_of(here, best, wanted);
    }
    return best;
}

/* The best in the nearest of the four occupied buckets from `room` down that has one that is no
 * larger. */
static uint32_t best_within(uint32_t from, uint32_t to, double room)
{
    int seen = 0;
    for (int bucket = room > 0.0 ? (int)hm_bucket_of(&f.buckets, room) : -1;
         seen < 4 && bucket >= 0; bucket--) {
        int some = 0;
        const uint32_t here = best_in(from, to, (uint32_t)bucket, room, &some);
        if (here != HM_SLOT_NONE && farm_hot(&f, here)->hashrate <= room) {
            return here;
        }
        seen += some;
    }
    return HM_SLOT_NONE;
}

typedef struct action {
    uint32_t slot; /* HM_SLOT_NONE = nothing is worth it */
    uint32_t to;
    double gap;
} action;

static void compute_needs(const hm_plan_request *request, double *need)
{
    double total = 0.0;
    for (uint32_t i = 0; i < f.n; i++) {
        total += f.usable[i] ? f.assignment.allocated[i + 1u] : 0.0;
    }
    for (uint32_t i = 0; i < f.n; i++) {
        need[i] = f.usable[i] ? request->command[i] * total - f.assignment.allocated[i + 1u] : 0.0;
    }
}

static int is_near_enough(const hm_plan_request *request, const double *need)
{
    double squares = 0.0;
    for (uint32_t i = 0; i < f.n; i++) {
        squares += need[i] * need[i];
    }
    return squares <= 2.0 * 0.35 * 0.35 * request->band * request->band;
}

/* Of all moves that are worth it that between the pools with the largest gap. */
static action next_action(const hm_plan_request *request)
{
    action best = {HM_SLOT_NONE, 0, 0.0};
    double need[HMX_UPSTREAMS_MAX];
    compute_needs(request, need);
    for (uint32_t pair = 0; pair < f.n * f.n && !is_near_enough(request, need); pair++) {
        const uint32_t from = pair / f.n;
        const uint32_t to = pair % f.n;
        const double gap = need[to] - need[from];
        if (!f.usable[from] || !f.usable[to] || need[from] >= 0.0 || gap <= best.gap ||
            gap <= 0.35 * request->band || request->command[to] == 0.0) {
            continue;
        }
        const double wanted = gap / 2.0;
        const double room = request->most[to] - f.assignment.allocated[to + 1u];
        uint32_t slot = best_around(from, to, wanted);
        if (slot != HM_SLOT_NONE && farm_hot(&f, slot)->hashrate > room) {
            slot = best_within(from, to, room);
        }
        if (slot != HM_SLOT_NONE) {
            const double amount = farm_hot(&f, slot)->hashrate;
            const double least = fmin(request->min_improvement * amount, request->ripple);
            const int fits = f.assignment.allocated[to + 1u] + amount <= request->most[to];
            if (fits && wanted - fabs(wanted - amount) - 2.0 * least > 0.0) {
                best = (action){slot, to, gap};
            }
        }
    }
    return best;
}

/* Pools with targets from 0 on, one of them perhaps down, and channels of which some may not go
 * everywhere. */
static void draw_farm(uint64_t *seed)
{
    double percent[5];
    const uint32_t pools = 2u + draw_below(seed, 4);
    for (uint32_t i = 0; i < pools; i++) {
        percent[i] = draw_below(seed, 5) == 0 ? 0.0 : draw_between(seed, 1.0, 50.0);
    }
    farm_open(&f, pools, percent, 100);
    if (pools > 2 && draw_below(seed, 3) == 0) {
        f.usable[0] = 0;
        f.upstreams.rows[0].facts.state = HMX_UPSTREAM_DOWN;
        f.command[0] = 0.0;
    }
    double sum = 0.0;
    for (uint32_t i = 0; i < pools; i++) {
        sum += f.command[i];
    }
    for (uint32_t i = 0; i < pools; i++) {
        f.command[i] = sum > 0.0 ? f.command[i] / sum : i == pools - 1u;
    }
    const uint32_t channels = 1u + draw_below(seed, 40);
    for (uint32_t i = 0; i < channels; i++) {
        const uint32_t at = 1u + draw_below(seed, pools);
        const uint32_t slot = farm_place(&f, draw_between(seed, 0.1, 10.0), at);
        farm_cold(&f, slot)->upstreams_allowed =
            draw_below(seed, 3) == 0 ? 1u << (at - 1u) | draw_below(seed, 32) : UINT64_MAX;
    }
}

/* A buffer of one: then nothing is exchanged. */
Test(planner_model, the_most_urgent_move_that_is_worth_it_is_made)
{
    uint64_t seed = 98;
    int moved = 0;
    int rested = 0;
    for (int round = 0; round < 4000; round++) {
        draw_farm(&seed);
        hm_plan_request request = request_for(&f, draw_between(&seed, 0.1, 20.0));
        double need[HMX_UPSTREAMS_MAX];
        double squares = 0.0;
        compute_needs(&request, need);
        for (uint32_t i = 0; i < f.n; i++) {
            squares += need[i] * need[i];
            f.most[i] = draw_below(&seed, 4) == 0
                            ? f.assignment.allocated[i + 1u] + draw_between(&seed, 0.0, 10.0)
                            : INFINITY;
        }
        if (round % 2 == 0) { /* about where it rests */
            request.band = sqrt(squares / 2.0) / draw_between(&seed, 0.30, 0.45);
            request.min_improvement = 0.0;
        }
        request.ripple *= draw_between(&seed, 0.0, 2.0);
        request.most_moves = 1;
        r.count = 0;
        (void)plan_with(&f, &request, 1, &r);
        apply_all(&f, 0);
        /* Back again: what would have been right before? */
        for (uint32_t i = 0; i < r.count; i++) {
            const uint32_t slot = hm_channels_look_up(&f.assignment.channels, r.list[i].channel);
            const uint64_t moved_ns = farm_hot(&f, slot)->moved_ns;
            hm_assignment_force(&f.assignment, slot, r.list[i].from, 0, NULL, 0);
            farm_hot(&f, slot)->moved_ns = moved_ns > 1 ? moved_ns : 0;
        }
        const action expected = next_action(&request);
        cr_assert_eq(r.count, expected.slot != HM_SLOT_NONE, "round %d", round);
        if (r.count > 0) {
            cr_assert_eq(r.list[0].channel, farm_hot(&f, expected.slot)->channel, "round %d",
                         round);
            cr_assert_eq(r.list[0].to, expected.to + 1u);
        }
        moved += r.count > 0;
        rested += r.count == 0;
        farm_close(&f);
    }
    cr_assert(moved > 500 && rested > 500, "%d and %d", moved, rested);
}

/* ---- what a move may do ---- */

/* Pool 1 has a channel of 10 that may go and one of 90 that may not, pool 2 one of 100; 10 would be
 * ideal, `base` by the targets themselves. */
static uint32_t moves_towards(double base, double band, double most, int slicing)
{
    double aim[HMX_UPSTREAMS_MAX] = {0.5, 0.5};
    farm_open(&f, 2, (const double[]){45, 55}, 10);
    farm_cold(&f, farm_place(&f, 90.0, 1))->pin = HM_PIN_STAY;
    (void)farm_place(&f, 10.0, 1);
    farm_cold(&f, farm_place(&f, 100.0, 2))->pin = HM_PIN_STAY;
    f.most[1] = most;
    hm_plan_request request = request_for(&f, 0.5);
    aim[1] = (100.0 + base) / 200.0;
    aim[0] = 1.0 - aim[1];
    request.aim = aim;
    request.band = band;
    request.slicing = (uint8_t)slicing;
    r.count = 0;
    const uint32_t moves = plan_with(&f, &request, MANY, &r).moves;
    apply_all(&f, 1);
    farm_close(&f);
    return moves;
}

/* Nearer by a twentieth of what is moved, or to within the deadband. */
Test(planner_model, without_slicing_a_move_comes_nearer_to_the_targets)
{
    static const double bases[] = {-20.0, -5.0, 0.0, 4.9, 5.2, 5.3, 7.0, 10.0, 14.0, 50.0};
    static const double bands[] = {1.0, 4.3, 4.5, 4.7, 5.2, 9.9, 10.1, 14.9, 15.1};
    for (size_t i = 0; i < sizeof bases / sizeof bases[0]; i++) {
        const double base = bases[i];
        for (size_t k = 0; k < sizeof bands / sizeof bands[0]; k++) {
            const int comes_near = fabs(base - 10.0) <= bands[k];
            const int comes_nearer = fabs(base) - fabs(base - 10.0) >= 0.5;
            cr_assert_eq(moves_towards(base, bands[k], INFINITY, 0), comes_near || comes_nearer,
                         "%g with %g", base, bands[k]);
            cr_assert_eq(moves_towards(base, bands[k], INFINITY, 1), 1);
        }
    }
}

Test(planner_model, a_cap_can_be_reached_and_not_exceeded)
{
    for (int slicing = 0; slicing < 2; slicing++) {
        cr_assert_eq(moves_towards(10.0, 1.0, 110.0, slicing), 1);
        cr_assert_eq(moves_towards(10.0, 1.0, 109.99, slicing), 0);
    }
}

Test(planner_model, an_exchange_takes_the_last_two_of_a_burst)
{
    for (uint32_t most = 1; most <= 3; most++) {
        farm_open(&f, 2, (const double[]){100.0 * 9.0 / 19.0, 100.0 * 10.0 / 19.0}, 100);
        (void)farm_place(&f, 10.0, 1);
        (void)farm_place(&f, 9.0, 2);
        hm_plan_request request = request_for(&f, 0.5);
        request.most_moves = most;
        r.count = 0;
        cr_assert_eq(plan_with(&f, &request, MANY, &r).moves, most > 1 ? 2 : 0);
        apply_all(&f, 1);
        farm_close(&f);
    }
}

/* ---- evacuation ---- */

static hm_plan_result leave_first(const double *canary)
{
    static const uint8_t LEAVE_FIRST[HM_PLACES] = {1, 1};
    const hm_plan_request request = request_for(&f, 0.5);
    hm_outbox out = outbox_of(&r, MANY);
    const hm_plan_result result =
        hm_evacuate(&f.buckets, &f.assignment, &request, LEAVE_FIRST, canary, &out);
    r.count += out.count;
    return result;
}

/* Whoever has no move under way, finds shares and is not too large; of equals the first. */
Test(planner_model, the_smallest_channel_is_the_canary)
{
    static const struct {
        double hashrates[5];
        double most;
        uint32_t stays; /* 5 = nobody */
    } rows[] = {{{3, 1, 0, 1, 2}, INFINITY, 1}, {{1, 2, 3, 4, 5}, INFINITY, 0},
                {{5, 4, 3, 2, 1}, INFINITY, 4}, {{2, 2, 2, 2, 2}, INFINITY, 0},
                {{0, 0, 0, 0, 0}, INFINITY, 5}, {{0, 0, 9, 0, 0}, INFINITY, 2},
                {{3, 2, 0, 2, 4}, 2.0, 1},      {{3, 2, 0, 2, 4}, 1.99, 5},
                {{3, 2, 0, 2, 4}, 0.0, 5}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (uint32_t pending = 0; pending < 2; pending++) {
            hm_decision d;
            farm_open(&f, 2, (const double[]){50, 50}, 10);
            place_many(&f, 2, 1, 4.0);
            for (uint32_t k = 0; k < 5; k++) {
                (void)farm_place(&f, rows[i].hashrates[k], 1);
            }
            if (pending) { /* the smallest of all, and it goes already */
                const uint32_t slot = farm_place(&f, 0.5, 1);
                (void)hm_assignment_propose(&f.assignment, slot, 2, HMX_DECISION_MOVE,
                                            HMX_REASON_BALANCE, 5, &d);
            }
            r.count = 0;
            const double first[HM_PLACES] = {0.0, rows[i].most};
            (void)leave_first(first);
            apply_all(&f, 1);
            for (uint32_t k = 0; k < 5; k++) {
                cr_assert_eq(farm_hot(&f, k + 1u)->upstream, k == rows[i].stays ? 1 : 2,
                             "row %zu, channel %u", i, k);
            }
            farm_close(&f);
        }
    }
}

/* A pool that works and has no target keeps what is pinned to it or anywhere; a dead one nobody. */
Test(planner_model, pins_keep_channels_on_a_pool_that_works)
{
    static const double nobody[HM_PLACES];
    static const uint8_t pins[] = {0, 1, 2, 3, HM_PIN_STAY};
    for (int dead = 0; dead < 2; dead++) {
        farm_open(&f, 3, (const double[]){0, 50, 50}, 10);
        for (uint32_t k = 0; k < 5; k++) {
            farm_cold(&f, farm_place(&f, 1.0, 1))->pin = pins[k];
        }
        if (dead) {
            f.usable[0] = 0;
            f.upstreams.rows[0].facts.state = HMX_UPSTREAM_DOWN;
        }
        r.count = 0;
        (void)leave_first(nobody);
        apply_all(&f, 1);
        cr_assert_neq(farm_hot(&f, 0)->upstream, 1);
        cr_assert_eq(farm_hot(&f, 1)->upstream == 1, !dead);
        cr_assert_eq(farm_hot(&f, 2)->upstream, 2);
        cr_assert_eq(farm_hot(&f, 3)->upstream, 3);
        cr_assert_eq(farm_hot(&f, 4)->upstream == 1, !dead);
        farm_close(&f);
    }
}

/* Pool 2 lacks more, but one of the two has no room under its cap; or none has, or both. */
Test(planner_model, room_under_a_cap_wins_over_need)
{
    static const struct {
        double most[2];
        uint32_t to;
    } rows[] = {{{INFINITY, INFINITY}, 2}, {{14.0, 4.0}, 2}, {{13.9, 4.0}, 3},
                {{13.9, 3.9}, 2},          {{14.0, 3.9}, 2}, {{13.9, INFINITY}, 3}};
    static const double nobody[HM_PLACES];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (uint32_t order = 0; order < 2; order++) {
            farm_open(&f, 3, (const double[]){0, 90, 10}, 10);
            f.upstreams.order[1] = 1u + order;
            f.upstreams.order[2] = 2u - order;
            (void)farm_place(&f, 4.0, 1);
            place_many(&f, 2, 1, 10.0);
            f.most[1] = rows[i].most[0];
            f.most[2] = rows[i].most[1];
            f.usable[0] = 0;
            f.upstreams.rows[0].facts.state = HMX_UPSTREAM_DOWN;
            r.count = 0;
            cr_assert_eq(leave_first(nobody).moves, 1);
            cr_assert_eq(r.list[0].to, rows[i].to, "row %zu: %u", i, r.list[0].to);
            apply_all(&f, 1);
            farm_close(&f);
        }
    }
}

/* The lists of an evacuation are not those of the plan that had no room to go on. */
Test(planner_model, after_an_evacuation_the_plan_makes_its_own_lists)
{
    static const uint8_t none[HM_PLACES];
    static const double no_canary[HM_PLACES];
    farm_open(&f, 2, (const double[]){50, 50}, 100);
    place_many(&f, 1, 20, 1.0);
    place_many(&f, 2, 4, 1.0);
    const hm_plan_request request = request_for(&f, 0.5);
    r.count = 0;
    cr_assert_eq(plan_with(&f, &request, 3, &r).more, 1);
    hm_outbox out = outbox_of(&r, MANY);
    cr_assert_eq(hm_evacuate(&f.buckets, &f.assignment, &request, none, no_canary, &out).moves, 0);
    cr_assert_eq(plan_with(&f, &request, MANY, &r).more, 0);
    cr_assert_eq(r.count, 8);
    farm_close(&f);
}

/* ---- several ---- */

/* The command asks for all four, the targets for two of them. */
Test(planner_model, without_slicing_each_move_counts_for_the_next)
{
    double aim[HMX_UPSTREAMS_MAX] = {0.4, 0.6};
    for (int slicing = 0; slicing < 2; slicing++) {
        farm_open(&f, 2, (const double[]){30, 70}, 10);
        farm_cold(&f, farm_place(&f, 60.0, 1))->pin = HM_PIN_STAY;
        place_many(&f, 1, 4, 10.0);
        farm_cold(&f, farm_place(&f, 100.0, 2))->pin = HM_PIN_STAY;
        hm_plan_request request = request_for(&f, 0.5);
        request.aim = aim;
        request.slicing = (uint8_t)slicing;
        r.count = 0;
        cr_assert_eq(plan_with(&f, &request, MANY, &r).moves, slicing ? 4 : 2);
        apply_all(&f, 1);
        farm_close(&f);
    }
}

/* 2, 3 and 4 lack the same, and only 4 will do. */
Test(planner_model, all_pairs_of_the_same_gap_are_tried)
{
    farm_open(&f, 4, (const double[]){55, 15, 15, 15}, 100);
    for (uint32_t i = 0; i < 16; i++) {
        farm_cold(&f, farm_place(&f, 1.0, 1))->upstreams_allowed = 0x9;
    }
    const hm_plan_request request = request_for(&f, 0.5);
    cr_assert_gt(plan_with(&f, &request, MANY, &r).moves, 0);
    for (uint32_t i = 0; i < r.count; i++) {
        cr_assert_eq(r.list[i].to, 4);
    }
    farm_close(&f);
}

/* A tenth of the deadband is near enough for a new split, a third of it for a correction. */
Test(planner_model, a_new_split_ends_at_a_tenth_of_the_deadband)
{
    static const double sizes[] = {0.99, 1.01, 1.2, 3.4, 3.6};
    for (int i = 0; i < 5; i++) {
        for (uint32_t before = 9; before <= 10; before++) {
            farm_open(&f, 2, (const double[]){50, 50}, 10);
            (void)farm_place(&f, sizes[i], 1);
            farm_cold(&f, farm_place(&f, 100.0, 1))->pin = HM_PIN_STAY;
            farm_cold(&f, farm_place(&f, 100.0, 2))->pin = HM_PIN_STAY;
            f.command[1] = (100.0 + sizes[i]) / (200.0 + sizes[i]);
            f.command[0] = 1.0 - f.command[1];
            hm_plan_request request = request_for(&f, 0.5);
            request.band = 10.0;
            request.moves_before = before;
            r.count = 0;
            const int moves = sizes[i] > (before == 10 ? 1.0 : 3.5);
            cr_assert_eq(plan_with(&f, &request, MANY, &r).moves, (uint32_t)moves, "%g after %u",
                         sizes[i], before);
            apply_all(&f, 1);
            farm_close(&f);
        }
    }
}

/* Pool 1 has 6 and 8, pool 2 has 3; 5 would be ideal. */
static uint32_t moves_of_five(double band, double swap_cost, double most)
{
    farm_open(&f, 2, (const double[]){9.0 / 0.17, 8.0 / 0.17}, 10);
    (void)farm_place(&f, 6.0, 1);
    (void)farm_place(&f, 8.0, 1);
    (void)farm_place(&f, 3.0, 2);
    f.most[1] = most;
    hm_plan_request request = request_for(&f, 0.5);
    request.band = band;
    request.ripple = 0.0;
    request.swap_cost = swap_cost;
    r.count = 0;
    const uint32_t moves = plan_with(&f, &request, 2, &r).moves;
    apply_all(&f, 1);
    farm_close(&f);
    return moves;
}

/* Where one channel fits to half a deadband, none is exchanged. */
Test(planner_model, an_exchange_is_for_what_no_single_channel_can)
{
    cr_assert_eq(moves_of_five(1.9, 0.5, INFINITY), 2, "one that is off by 1 is off by too much");
    cr_assert_eq(moves_of_five(2.1, 0.5, INFINITY), 1);
    cr_assert_eq(moves_of_five(1.9, 1.5, INFINITY), 1, "an exchange has its price");
    cr_assert_eq(moves_of_five(1.9, 0.5, 8.0), 2, "and may fill a cap");
    cr_assert_eq(moves_of_five(1.9, 0.5, 5.9), 0, "but not exceed it");
}

Test(planner_model, no_burst_is_exceeded)
{
    uint64_t seed = 99;
    for (int round = 0; round < 1000; round++) {
        draw_farm(&seed);
        hm_plan_request request = request_for(&f, 0.1);
        request.most_moves = 1u + draw_below(&seed, 6);
        r.count = 0;
        const hm_plan_result result = plan_with(&f, &request, MANY, &r);
        cr_assert(result.moves == r.count && r.count <= request.most_moves, "round %d", round);
        apply_all(&f, 1);
        farm_close(&f);
    }
}
