/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/control/slices.h"

#include "plugin/control/tuning.h"
#include "tests/unit/control/planner_fixture.h"
#include "tests/unit/test_draw.h"

enum { FLEETS = 8 };

static farm f;
static record r;

/* ---- the grain ---- */

static hm_grain grain_of(const double *percent, uint32_t n, const double *hashrates, uint32_t count)
{
    double effective[HMX_UPSTREAMS_MAX];
    uint32_t place[HM_SLICES_CHANNELS] = {0};
    hm_grain grain;
    for (uint32_t i = 0; i < n; i++) {
        effective[i] = percent[i] / 100.0;
    }
    hm_grain_measure(effective, n, hashrates, place, count, &grain);
    return grain;
}

Test(slices, nine_miners_and_five_per_cent_leave_one_to_be_sliced)
{
    const hm_grain grain =
        grain_of((const double[]){95, 5}, 2, (const double[]){1, 1, 1, 1, 1, 1, 1, 1, 1}, 9);
    cr_assert(grain.moves == 1 && grain.sliced == 1);
    cr_assert_float_eq(grain.off_points, 5.0, 1e-9);
    cr_assert_float_eq(grain.ripple_points, 2 * 100.0 / 9.0 * 0.45 * 0.55, 1e-9);
}

Test(slices, what_whole_channels_express_leaves_nothing)
{
    const hm_grain grain =
        grain_of((const double[]){50, 30, 20}, 3, (const double[]){5, 3, 1, 1}, 4);
    cr_assert(grain.moves == 0 && grain.sliced == 0 && grain.starving == 0);
    cr_assert_float_eq(grain.off_points, 0.0, 1e-9);
}

Test(slices, one_miner_leaves_every_other_pool_without_any)
{
    const hm_grain grain = grain_of((const double[]){99, 1, 0}, 3, (const double[]){7}, 1);
    cr_assert(grain.starving == 1 && grain.moves == 1);
    cr_assert_float_eq(grain.off_points, 1.0, 1e-9);
}

Test(slices, many_pools_are_short_and_one_miner_is_sliced)
{
    const hm_grain grain =
        grain_of((const double[]){40, 20, 20, 10, 10}, 5, (const double[]){7}, 1);
    cr_assert(grain.starving == 4 && grain.moves == 4 && grain.sliced == 1);
}

Test(slices, who_is_pinned_is_not_placed_elsewhere)
{
    hm_grain grain;
    hm_grain_measure((const double[]){0.5, 0.5}, 2, (const double[]){1, 1},
                     (const uint32_t[]){2, 2}, 2, &grain);
    cr_assert_float_eq(grain.off_points, 50.0, 1e-9);
}

/* ---- the clock ---- */

static double period_min(const double *percent, uint32_t n, const double *hashrates, uint32_t count,
                         uint32_t model)
{
    const hm_tuning *const tuning = hm_tuning_preset(model);
    const hm_grain grain = grain_of(percent, n, hashrates, count);
    return 2.0 * hm_slices_half_s(&grain, &tuning->pace, tuning->ripple_point_min, 0.0) / 60.0;
}

Test(slices, the_period_is_as_long_as_the_preset_allows_and_divides_the_hour)
{
    static const double solo[] = {60, 40};
    static const double one[] = {1};
    cr_assert_eq(period_min(solo, 2, one, 1, HMX_TUNING_AGGRESSIVE), 6);
    cr_assert_eq(period_min(solo, 2, one, 1, HMX_TUNING_BALANCED), 12);
    cr_assert_eq(period_min(solo, 2, one, 1, HMX_TUNING_CONSERVATIVE), 30);
    static const double most[] = {95, 5};
    static const double nine[] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    cr_assert_eq(period_min(most, 2, nine, 9, HMX_TUNING_AGGRESSIVE), 30);
    cr_assert_eq(period_min(most, 2, nine, 9, HMX_TUNING_BALANCED), 60);
    cr_assert_eq(period_min(most, 2, nine, 9, HMX_TUNING_CONSERVATIVE), 80);
}

Test(slices, many_pools_on_one_miner_need_hours)
{
    double percent[50];
    for (int i = 0; i < 50; i++) {
        percent[i] = 2.0;
    }
    cr_assert_eq(period_min(percent, 50, (const double[]){1}, 1, HMX_TUNING_BALANCED), 360);
}

Test(slices, a_period_that_trembling_estimates_would_change_stays)
{
    const hm_slice_pace pace = {.longest_s = 3600.0, .least_s = 60.0};
    hm_grain grain = {.ripple_points = 61.2 / 1.05, .moves = 1, .sliced = 1}; /* 10.5 minutes */
    cr_assert_eq(hm_slices_half_s(&grain, &pace, 120.0, 0.0), 300, "10 minutes");
    cr_assert_eq(hm_slices_half_s(&grain, &pace, 120.0, 360.0), 360, "12 are nearly allowed");
    cr_assert_eq(hm_slices_half_s(&grain, &pace, 120.0, 600.0), 300, "20 are not");
}

Test(slices, so_does_one_that_is_nearly_too_short)
{
    const hm_slice_pace pace = {.longest_s = 3600.0, .least_s = 310.0}; /* at least 620 s */
    const hm_grain grain = {.ripple_points = 200.0, .moves = 1, .sliced = 1};
    cr_assert_eq(hm_slices_half_s(&grain, &pace, 120.0, 0.0), 360, "12 minutes");
    cr_assert_eq(hm_slices_half_s(&grain, &pace, 120.0, 300.0), 300, "10 are nearly enough");
    cr_assert_eq(hm_slices_half_s(&grain, &pace, 120.0, 180.0), 360, "6 are not");
}

Test(slices, the_clock_is_that_of_the_host)
{
    const hm_slice_half early = hm_slices_half_at(0, 360.0);
    cr_assert(early.left_s == 180.0 && !early.second);
    const hm_slice_half late = hm_slices_half_at(181 * SECOND_NS, 360.0);
    cr_assert(late.left_s == 359.0 && late.second);
    const hm_slice_half next = hm_slices_half_at((720 + 181) * SECOND_NS, 360.0);
    cr_assert(next.left_s == 359.0 && next.second, "a period later it is the same");
}

/* ---- the wish ---- */

Test(slices, a_pool_owed_less_than_a_slice_waits_for_its_half)
{
    static const double zero[] = {0, 0};
    static const double one[] = {1, 1};
    static const double effective[] = {0.99, 0.01};
    static const double allocated[] = {1, 0};
    double command[2];
    hm_slice_wish wish = {effective, zero, one, allocated, zero, 2, 0, 1800.0, 60.0};
    hm_slices_want(&wish, command);
    cr_assert(command[1] == 0.0 && command[0] == 1.0);
    wish.debts = (const double[]){-54, 54};
    hm_slices_want(&wish, command);
    cr_assert_float_eq(command[1], 0.04, 1e-12);
}

/* ---- decisions: a farm whose hashrates are known ---- */

typedef struct life {
    double debts[HMX_UPSTREAMS_MAX];
    double half_s;
    uint64_t second;
    uint64_t moves;
    uint64_t changes; /* seconds with a move */
    int turned;
} life;

static void look(life *l)
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

static void live(life *l, uint64_t seconds)
{
    for (uint64_t end = l->second + seconds; l->second < end; l->second++) {
        const double total = total_of(&f);
        look(l);
        for (uint32_t i = 0; i < f.n; i++) {
            l->debts[i] += f.command[i] * total - f.assignment.allocated[i + 1u];
        }
    }
}

static life begin(double half_s)
{
    return (life){.half_s = half_s, .second = 1000, .turned = -1};
}

Test(slices, one_miner_changes_over_once_a_half_and_each_period_is_right)
{
    farm_open(&f, 2, (const double[]){60, 40}, 10);
    (void)farm_place(&f, 1.0, 1);
    life l = begin(360.0);
    live(&l, 3600);
    const uint64_t before = l.moves;
    for (int i = 0; i < 20; i++) {
        const double debt = l.debts[0];
        live(&l, 720);
        cr_assert_float_eq(l.debts[0], debt, 3.0, "%f s", l.debts[0] - debt);
    }
    cr_assert_eq(l.moves - before, 40);
    farm_close(&f);
}

/* Moves of an hour in which a debt has to be made up for, in a farm with this unit of hashrate. */
static uint64_t moves_in_debt(double unit, double halves)
{
    farm_open(&f, 2, (const double[]){60, 40}, 10);
    (void)farm_place(&f, unit, 1);
    life l = begin(360.0);
    live(&l, 3600);
    const uint64_t before = l.moves;
    l.debts[0] += halves * 360.0 * unit;
    l.debts[1] -= halves * 360.0 * unit;
    live(&l, 3600);
    farm_close(&f);
    return l.moves - before;
}

Test(slices, the_unit_of_hashrate_changes_nothing)
{
    static const double HALVES[] = {-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0};
    for (size_t i = 0; i < sizeof HALVES / sizeof HALVES[0]; i++) {
        const uint64_t moves = moves_in_debt(1.0, HALVES[i]);
        cr_assert_eq(moves_in_debt(1024.0, HALVES[i]), moves, "%f", HALVES[i]);
        cr_assert_eq(moves_in_debt(1.0 / 1024.0, HALVES[i]), moves, "%f", HALVES[i]);
    }
}

Test(slices, several_pools_are_visited_to_and_fro)
{
    farm_open(&f, 4, (const double[]){40, 30, 20, 10}, 10);
    (void)farm_place(&f, 1.0, 1);
    life l = begin(1800.0);
    live(&l, 7200);
    const uint64_t before = l.moves;
    live(&l, 10 * 3600);
    cr_assert_eq(l.moves - before, 60, "three changes a half: %llu",
                 (unsigned long long)(l.moves - before));
    farm_close(&f);
}

Test(slices, a_small_target_is_served_by_whole_slices)
{
    farm_open(&f, 2, (const double[]){99, 1}, 10);
    (void)farm_place(&f, 1.0, 1);
    life l = begin(1800.0);
    live(&l, 4 * 3600);
    cr_assert_geq(l.moves, 2, "within four hours");
    live(&l, 44 * 3600);
    cr_assert_float_eq(l.debts[1] / 1728.0, 0.0, 0.1, "%f of what two days owe",
                       l.debts[1] / 1728.0);
    farm_close(&f);
}

Test(slices, off_by_whole_channels_is_put_right_at_once)
{
    farm_open(&f, 2, (const double[]){30, 70}, 100);
    place_many(&f, 1, 9, 1.0);
    life l = begin(1800.0);
    live(&l, 5);
    cr_assert(f.assignment.counts[1] <= 3, "%u", f.assignment.counts[1]);
    farm_close(&f);
}

Test(slices, a_channel_that_may_not_move_is_left_alone)
{
    farm_open(&f, 2, (const double[]){60, 40}, 10);
    farm_cold(&f, farm_place(&f, 1.0, 1))->upstreams_allowed = 1;
    life l = begin(360.0);
    live(&l, 3600);
    cr_assert_eq(l.moves, 0);
    farm_close(&f);
}

Test(slices, no_pool_is_lifted_above_its_cap)
{
    farm_open(&f, 2, (const double[]){60, 40}, 10);
    (void)farm_place(&f, 1.0, 1);
    f.most[1] = 0.9;
    life l = begin(360.0);
    live(&l, 3600);
    cr_assert_eq(l.moves, 0);
    farm_close(&f);
}

Test(slices, who_is_there_already_counts_for_the_cap)
{
    farm_open(&f, 2, (const double[]){40, 60}, 10);
    place_many(&f, 1, 2, 1.0);
    (void)farm_place(&f, 1.0, 2);
    f.most[1] = 1.5;
    life l = begin(360.0);
    live(&l, 3600);
    cr_assert_eq(l.moves, 0);
    farm_close(&f);
}

Test(slices, waits_for_room_in_the_outbox)
{
    farm_open(&f, 2, (const double[]){0, 100}, 10);
    place_many(&f, 1, 3, 1.0);
    const hm_slice_request request = {
        .command = f.command,
        .effective = f.command,
        .most = f.most,
        .usable = f.usable,
        .n = 2,
        .most_moves = 3,
        .half = {1800.0, 0},
        .half_s = 1800.0,
        .least_s = 60.0,
        .now_ns = 1000 * SECOND_NS,
    };
    hm_outbox out = outbox_of(&r, 2);
    const hm_slice_result result = hm_slices_plan(&f.assignment, &request, &out);
    cr_assert(result.moves == 2 && result.more && out.count == 2);
    farm_close(&f);
}

/* Random farms, their channels anywhere at first: two periods hold for each pool what they should,
 * to two minutes of the largest channel, wherever they begin. */
static double worst_window(uint64_t *luck)
{
    const uint32_t pools = 2 + draw_below(luck, 7);
    const uint32_t miners = 1 + draw_below(luck, 12);
    double percent[8];
    double before[8];
    double sum = 0.0;
    double largest = 0.0;
    double worst = 0.0;
    for (uint32_t i = 0; i < pools; i++) {
        percent[i] = draw_between(luck, 0.2, 1.0);
        sum += percent[i];
    }
    for (uint32_t i = 0; i < pools; i++) {
        percent[i] *= 100.0 / sum;
    }
    farm_open(&f, pools, percent, 20);
    for (uint32_t i = 0; i < miners; i++) {
        const double hashrate = draw_between(luck, 1.0, 3.0);
        largest = fmax(largest, hashrate);
        (void)farm_place(&f, hashrate, 1 + draw_below(luck, pools));
    }
    life l = begin(1800.0);
    live(&l, 4 * 3600);
    for (uint32_t window = 0; window < 3; window++) {
        live(&l, 1111);
        memcpy(before, l.debts, sizeof before);
        live(&l, 7200);
        for (uint32_t i = 0; i < pools; i++) {
            worst = fmax(worst, fabs(l.debts[i] - before[i]) / largest);
        }
    }
    farm_close(&f);
    return worst;
}

Test(slices, every_window_of_whole_periods_has_the_duty_right)
{
    uint64_t luck = 11;
    for (int fleet = 0; fleet < FLEETS; fleet++) {
        const double worst = worst_window(&luck);
        cr_assert_leq(worst, 120.0, "fleet %d: %f s of the largest channel in two hours", fleet,
                      worst);
    }
}
