/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The planner on random fleets, and in portions. Hashrates that must add up to the last bit are
 * multiples of 1/64. */
#include "tests/unit/control/planner_fixture.h"

static const double SPLIT[] = {60.0, 30.0, 10.0};
static const double HALVES[] = {50.0, 50.0};
static farm f;
static record r;

/* A fleet of `channels` with hashrates from a wide range, placed at random, on random targets. */
static void draw_fleet(farm *fleet, uint64_t *seed, uint32_t pools, uint32_t channels)
{
    double percent[8];
    double sum = 0.0;
    for (uint32_t i = 0; i < pools; i++) {
        percent[i] = 1.0 + (double)draw_below(seed, 50);
        sum += percent[i];
    }
    for (uint32_t i = 0; i < pools; i++) {
        percent[i] *= 100.0 / sum;
    }
    farm_open(fleet, pools, percent, channels);
    for (uint32_t i = 0; i < channels; i++) {
        const double hashrate = (double)(64u + draw_below(seed, 64u * 20u)) / 64.0;
        (void)farm_place(fleet, hashrate, 1u + draw_below(seed, pools));
    }
}

Test(planner_fleets, random_fleets_end_near_their_targets_and_no_hashrate_is_lost)
{
    uint64_t seed = 91;
    for (int round = 0; round < 300; round++) {
        const uint32_t pools = 2u + draw_below(&seed, 5);
        draw_fleet(&f, &seed, pools, 40u + draw_below(&seed, 260));
        const double total = total_of(&f);
        const hm_plan_request request = request_for(&f, 0.5);
        r.count = 0;
        const hm_plan_result result = plan_with(&f, &request, MANY, &r);
        cr_assert(result.more == 0 && result.moves == r.count);
        cr_assert_lt(deviation_points(&f), 1.0, "round %d: %f", round, deviation_points(&f));
        cr_assert_float_eq(total_of(&f), total, 1e-9);
        farm_check_sums(&f, 1e-9);
        farm_close(&f);
    }
}

/* What moving the channel of `from` whose hashrate is nearest to half the gap would gain, as a
 * fraction of that hashrate; looked for one by one. Pools counted from 0. */
static double gain_of_nearest(farm *fleet, const hm_plan_request *request, const double *need,
                              uint32_t from, uint32_t to)
{
    const double wanted = (need[to] - need[from]) / 2.0;
    double nearest = 0.0;
    for (uint32_t slot = 0; slot < fleet->assignment.channels.slots; slot++) {
        const hm_channel_hot *const hot = farm_hot(fleet, slot);
        if (hot->upstream == from + 1u && hot->pending_to == HMX_NONE &&
            (nearest == 0.0 || fabs(hot->hashrate - wanted) < fabs(nearest - wanted))) {
            nearest = hot->hashrate;
        }
    }
    const double by_size = request->min_improvement * nearest;
    const double least = by_size < request->ripple ? by_size : request->ripple;
    return nearest > 0.0 ? (wanted - fabs(wanted - nearest) - 2.0 * least) / nearest : 0.0;
}

/* When the planner rests, either the farm is near enough or in no pair of pools the channel that
 * fits best is worth its move. (A bucket is up to 1.6 % wide and only its first entries are
 * compared, hence the margin.) */
Test(planner_fleets, does_not_stall_while_a_move_is_worth_it)
{
    uint64_t seed = 92;
    int checked = 0;
    for (int round = 0; round < 1000; round++) {
        draw_fleet(&f, &seed, 2u + draw_below(&seed, 4), 1u + draw_below(&seed, 40));
        const hm_plan_request request = request_for(&f, 0.5);
        r.count = 0;
        (void)plan_with(&f, &request, MANY, &r);
        apply_all(&f, 1);
        (void)plan_with(&f, &request, MANY, &r);
        double need[8];
        double squares = 0.0;
        for (uint32_t i = 0; i < f.n; i++) {
            need[i] = f.command[i] * total_of(&f) - f.assignment.allocated[i + 1u];
            squares += need[i] * need[i];
        }
        for (uint32_t pair = 0; pair < f.n * f.n; pair++) {
            const uint32_t from = pair / f.n;
            const uint32_t to = pair % f.n;
            if (sqrt(squares / 2.0) > 0.35 * request.band && need[from] < 0.0 &&
                need[to] - need[from] > 0.35 * request.band) {
                cr_assert_lt(gain_of_nearest(&f, &request, need, from, to), 0.04,
                             "round %d: from %u to %u", round, from + 1u, to + 1u);
                checked++;
            }
        }
        farm_close(&f);
    }
    cr_assert_gt(checked, 1000);
}

Test(planner_fleets, same_farm_gives_the_same_decisions)
{
    static record again;
    for (int round = 0; round < 50; round++) {
        uint64_t seed = 1000u + (uint64_t)round;
        uint64_t seed_again = seed;
        r.count = again.count = 0;
        draw_fleet(&f, &seed, 4, 200);
        hm_plan_request request = request_for(&f, 0.5);
        (void)plan_with(&f, &request, MANY, &r);
        farm_close(&f);
        draw_fleet(&f, &seed_again, 4, 200);
        request = request_for(&f, 0.5);
        (void)plan_with(&f, &request, MANY, &again);
        farm_close(&f);
        cr_assert_gt(r.count, 0);
        cr_assert_eq(r.count, again.count);
        cr_assert_eq(memcmp(r.list, again.list, r.count * sizeof r.list[0]), 0);
    }
}

/* A plan with little room per call, called again until it says that there is no more. */
static void plan_in_portions(farm *fleet, uint32_t rooms, record *all)
{
    hm_plan_request request = request_for(fleet, 0.5);
    hm_plan_result result = {.more = 1};
    all->count = 0;
    for (int call = 0; result.more; call++) {
        const uint32_t before = all->count;
        request.moves_before = before;
        cr_assert_lt(call, MOST, "it says more for ever");
        result = plan_with(fleet, &request, rooms, all);
        cr_assert_eq(all->count - before, result.moves);
        cr_assert_leq(result.moves, rooms);
        cr_assert(!result.more || result.moves > 0, "more, but nothing in a buffer of %u", rooms);
    }
}

/* Powers of two as totals and commands in 1/64 keep every sum exact, so no tie is broken by
 * rounding. */
static void draw_exact_fleet(farm *fleet, uint64_t seed)
{
    static const double percent[] = {50.0, 31.25, 18.75};
    double sum = 0.0;
    farm_open(fleet, 3, percent, 2000);
    while (sum < 1023.0 - 16.0) {
        const double hashrate = (double)(32u + draw_below(&seed, 32u * 15u)) / 32.0;
        (void)farm_place(fleet, hashrate, 1u + draw_below(&seed, 3));
        sum += hashrate;
    }
    (void)farm_place(fleet, 1024.0 - sum, 1);
}

/* A fleet of multiples of 1/64, times a power of two. */
static void plan_scaled(double scale, uint64_t seed, record *decided)
{
    uint8_t leave[HM_PLACES] = {1, 0, 1};
    const double canary[HM_PLACES] = {0, 0, INFINITY};
    draw_fleet(&f, &seed, 4, 20u + draw_below(&seed, 60));
    for (uint32_t slot = 0; slot < f.assignment.channels.slots; slot++) {
        farm_hot(&f, slot)->hashrate *= scale;
    }
    for (uint32_t place = 0; place < HM_PLACES; place++) {
        f.assignment.allocated[place] *= scale;
        f.assignment.working[place] *= scale;
    }
    f.most[1] = 0.4 * total_of(&f);
    const hm_plan_request request = request_for(&f, 0.5);
    decided->count = 0;
    (void)plan_with(&f, &request, MANY, decided);
    apply_all(&f, 1000 * SECOND_NS);
    hm_outbox out = outbox_of(decided, MANY);
    (void)hm_evacuate(&f.buckets, &f.assignment, &request, leave, canary, &out);
    decided->count += out.count;
    apply_all(&f, 1000 * SECOND_NS);
    farm_close(&f);
}

/* Nothing in it depends on the unit of hashrate. */
Test(planner_fleets, all_hashrates_times_a_power_of_two_give_the_same_decisions)
{
    static const double scales[] = {0x1p-40, 0x1p-8, 0x1p50};
    static record other;
    uint32_t decisions = 0;
    for (uint64_t round = 0; round < 60; round++) {
        plan_scaled(1.0, 900 + round, &r);
        plan_scaled(scales[round % 3], 900 + round, &other);
        cr_assert_eq(r.count, other.count, "round %u", (unsigned)round);
        for (uint32_t i = 0; i < r.count; i++) {
            cr_assert_eq(r.list[i].channel, other.list[i].channel, "round %u", (unsigned)round);
            cr_assert_eq(r.list[i].to, other.list[i].to);
        }
        decisions += r.count;
    }
    cr_assert_gt(decisions, 1000, "%u", decisions);
}

Test(planner_fleets, a_small_buffer_gives_the_same_plan_in_portions)
{
    static record portions;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        draw_exact_fleet(&f, seed);
        plan_in_portions(&f, MANY, &r);
        farm_close(&f);
        cr_assert_gt(r.count, 2);
        for (uint32_t rooms = 2; rooms <= 5; rooms++) {
            draw_exact_fleet(&f, seed);
            plan_in_portions(&f, rooms, &portions);
            cr_assert_eq(portions.count, r.count, "seed %d, rooms %u", (int)seed, rooms);
            cr_assert_eq(memcmp(r.list, portions.list, r.count * sizeof r.list[0]), 0);
            farm_close(&f);
        }
    }
}

Test(planner_fleets, equal_miners_are_planned_one_by_one_as_at_once)
{
    static record one_by_one;
    for (int portion = 0; portion < 2; portion++) {
        farm_open(&f, 3, SPLIT, 1000);
        place_many(&f, 1, 20, 1.0);
        place_many(&f, 2, 80, 1.0);
        plan_in_portions(&f, portion ? 1u : MANY, portion ? &one_by_one : &r);
        farm_close(&f);
    }
    cr_assert_eq(r.count, 50);
    cr_assert_eq(one_by_one.count, 50);
    cr_assert_eq(memcmp(r.list, one_by_one.list, 50 * sizeof r.list[0]), 0);
}

/* A host with room for a single decision can never carry out a swap: saying "more" for ever would
 * hang it. */
Test(planner_fleets, a_buffer_of_one_never_waits_for_a_swap)
{
    farm_open(&f, 2, HALVES, 100);
    (void)farm_place(&f, 10.0, 1);
    (void)farm_place(&f, 9.0, 2);
    command(&f, (const double[]){100.0 * 9.0 / 19.0, 100.0 * 10.0 / 19.0});
    plan_in_portions(&f, 1, &r);
    cr_assert_eq(r.count, 0);
    farm_close(&f);
    for (uint64_t seed = 1; seed <= 60; seed++) {
        draw_exact_fleet(&f, seed);
        plan_in_portions(&f, 1, &r);
        cr_assert_lt(deviation_points(&f), 1.0, "single moves do nearly as well");
        farm_close(&f);
    }
}

/* One row is left of a larger buffer: the swap waits for the next call instead of being given
 * up. */
Test(planner_fleets, a_swap_waits_for_the_next_buffer_when_this_one_is_nearly_full)
{
    farm_open(&f, 2, HALVES, 100);
    (void)farm_place(&f, 10.0, 1);
    (void)farm_place(&f, 9.0, 2);
    command(&f, (const double[]){100.0 * 9.0 / 19.0, 100.0 * 10.0 / 19.0});
    const hm_plan_request request = request_for(&f, 0.5);
    hm_outbox out = outbox_of(&r, 4);
    out.count = 3;
    hm_plan_result result = hm_plan(&f.buckets, &f.assignment, &request, &out);
    cr_assert(result.moves == 0 && result.more == 1);
    result = plan_with(&f, &request, 4, &r);
    cr_assert(result.moves == 2 && result.more == 0);
    farm_close(&f);
}

Test(planner_fleets, without_any_room_it_only_says_that_there_is_more)
{
    farm_open(&f, 3, SPLIT, 1000);
    place_many(&f, 1, 100, 1.0);
    const hm_plan_request request = request_for(&f, 0.5);
    const hm_plan_result result = plan_with(&f, &request, 0, &r);
    cr_assert(result.moves == 0 && result.more == 1 && r.count == 0);
    farm_check_sums(&f, 0.0);
    farm_close(&f);
}

Test(planner_fleets, never_chooses_an_illegal_destination)
{
    uint64_t seed = 93;
    for (int round = 0; round < 200; round++) {
        uint64_t allowed[MOST] = {0};
        draw_fleet(&f, &seed, 4, 120);
        farm_grant(&f, 2, 6, 10); /* 256 indexes, but extended channels may not fit */
        for (uint32_t slot = 0; slot < f.assignment.channels.slots; slot++) {
            hm_channel_cold *const cold = farm_cold(&f, slot);
            cold->upstreams_allowed = 1u + draw_below(&seed, 15);
            cold->kind = draw_below(&seed, 2) ? HMX_CHANNEL_EXTENDED : HMX_CHANNEL_STANDARD;
            cold->extranonce_size =
                cold->kind == HMX_CHANNEL_EXTENDED ? (uint8_t)draw_below(&seed, 9) : 0;
            allowed[farm_hot(&f, slot)->channel] = cold->upstreams_allowed;
        }
        const hm_plan_request request = request_for(&f, 0.5);
        r.count = 0;
        (void)plan_with(&f, &request, MANY, &r);
        for (uint32_t i = 0; i < r.count; i++) {
            const hmx_decision *const d = &r.list[i];
            const uint32_t slot = hm_channels_find(&f.assignment.channels, d->channel, d->cookie);
            cr_assert_neq(allowed[d->channel] >> (d->to - 1u) & 1u, 0);
            cr_assert_neq(d->from, d->to);
            cr_assert(d->to != 2 || farm_cold(&f, slot)->extranonce_size <= 5);
            cr_assert_eq(d->extranonce_prefix_len,
                         d->to == 2 ? 7u - farm_cold(&f, slot)->extranonce_size : 0u);
        }
        farm_close(&f);
    }
}
