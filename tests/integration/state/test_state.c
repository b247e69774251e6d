/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * save and load: what a restart keeps, what it does not, and that saving is no event. What is
 * refused is in test_state_refused.c, the miners in test_state_miners.c. */
#include <math.h>

#include "tests/integration/state/harness_state.h"

static it_host H;
static it_host G;
static it_bytes state;
static it_bytes again;
static double credited[HMX_UPSTREAMS_MAX + 1];

enum { MINERS = 100 };

/* One second: everybody finds a share; pool `silent` (0 = none) does not acknowledge. */
static void mine(it_host *h, uint32_t silent)
{
    it_advance(h, 1);
    for (uint32_t i = 0; i < h->channel_count; i++) {
        const it_channel *const c = &h->channels[i];
        if (c->upstream == HMX_NONE) {
            continue;
        }
        it_share(h, i, c->upstream, HMX_SHARE_SUBMITTED, 1, c->difficulty);
        if (c->upstream == silent) {
            it_share(h, i, c->upstream, HMX_SHARE_LOST, 1, c->difficulty);
        } else {
            it_share(h, i, c->upstream, HMX_SHARE_ACCEPTED, 1, c->difficulty);
            credited[c->upstream] += c->difficulty;
        }
    }
    if (it_tick(h) > 0) {
        it_answer_all(h, HMX_RESULT_APPLIED);
    }
}

static void mine_for(it_host *h, uint32_t seconds, uint32_t silent)
{
    for (uint32_t s = 0; s < seconds; s++) {
        mine(h, silent);
    }
}

static double credited_pct(uint32_t upstream)
{
    return 100.0 * credited[upstream] / (credited[IT_A] + credited[IT_B] + credited[IT_C]);
}

/* What is owed to a pool of IT_ABC in a saved state, as work. */
static double debt_of(const it_bytes *saved, uint32_t upstream)
{
    double debt = 0;
    const uint8_t *const row =
        saved->data + IT_STATE_HEAD + IT_STATE_FARM + (upstream - 1u) * IT_STATE_ROW;
    cr_assert_eq(row[0], 'a' + upstream - 1u);
    memcpy(&debt, row + HMX_ID_SIZE + 8, sizeof debt);
    return debt;
}

/* As farms come back: the pools one after the other, the miners over two minutes. */
static void come_back(it_host *h)
{
    for (uint32_t upstream = 1; upstream <= 3; upstream++) {
        mine_for(h, 7, 0);
        it_up(h, upstream);
    }
    for (uint32_t i = 0; i < MINERS; i++) {
        it_channel_of(h, 1000);
        if (i % 5 == 4) {
            mine_for(h, 6, 0);
        }
    }
}

/* Half an hour in order, then A acknowledges nothing for a minute: it is owed a minute's work. */
static void run_up_a_debt(void)
{
    memset(credited, 0, sizeof credited);
    it_open(&H, IT_ABC);
    it_all_up(&H, 3);
    it_channels(&H, MINERS, 1000);
    mine_for(&H, 1800, 0);
    mine_for(&H, 60, IT_A);
    cr_assert_gt(it_row(&H, IT_A).output_points, 1.0);
}

/* The error of A over both lives, when the second one is two hours long. */
static double restart(int with_state)
{
    run_up_a_debt();
    it_save(&H, &state);
    it_close(&H);
    it_open(&G, IT_ABC);
    if (with_state) {
        cr_assert_eq(it_load(&G, &state), HMX_OK, "%s", G.log);
    }
    come_back(&G);
    mine_for(&G, 7200, 0);
    it_close(&G);
    return credited_pct(IT_A) - 60.0;
}

Test(state, a_debt_is_paid_after_the_restart)
{
    const double error = restart(1);
    cr_assert(error > -0.06 && error < 0.06, "off by %f points", error);
}

Test(state, without_the_state_the_debt_is_lost)
{
    const double error = restart(0);
    cr_assert_lt(error, -0.12, "off by %f points only", error);
}

/* The row of the controller, as people see it. */
static void expect_controller(double pct_actual, double output)
{
    cr_assert_float_eq(it_row(&G, IT_A).actual_pct, pct_actual, 0.05, "%f",
                       it_row(&G, IT_A).actual_pct);
    cr_assert_float_eq(it_adjustment(&G, IT_A).points, output, 1e-9);
}

Test(state, a_returning_farm_is_placed_as_the_debt_wants_it)
{
    run_up_a_debt();
    const double output = it_adjustment(&H, IT_A).points;
    const double actual = it_row(&H, IT_A).actual_pct;
    it_save(&H, &state);
    it_close(&H);
    it_open(&G, IT_ABC);
    cr_assert_eq(it_load(&G, &state), HMX_OK);
    expect_controller(actual, output);
    it_all_up(&G, 3);
    expect_controller(actual, output);
    it_channels(&G, MINERS, 1000); /* all before the first evaluation */
    cr_assert_geq(it_count_on(&G, IT_A), (uint32_t)(60 + output), "%u on A", it_count_on(&G, IT_A));
    it_close(&G);
}

Test(state, who_comes_back_too_late_or_goes_again_starts_afresh)
{
    run_up_a_debt();
    it_save(&H, &state);
    it_close(&H);
    it_open(&G, IT_ABC);
    cr_assert_eq(it_load(&G, &state), HMX_OK);
    it_up(&G, IT_B);
    it_up(&G, IT_C); /* with the last pool all books would stay open */
    it_advance(&G, 1);
    it_down(&G, IT_B); /* what it owed is forgiven now, as ever */
    cr_assert_eq(it_adjustment(&G, IT_B).points, 0.0);
    cr_assert_neq(it_adjustment(&G, IT_A).points, 0.0);
    it_advance(&G, 601);
    it_up(&G, IT_A);
    cr_assert_eq(it_adjustment(&G, IT_A).points, 0.0, "ten minutes are over");
    it_close(&G);
}

/* While a pool of the first life is not back, the next one that goes leaves the others their debts.
 * Who is switched off is not waited for. */
Test(state, nobody_waits_for_a_pool_that_was_switched_off)
{
    run_up_a_debt();
    it_save(&H, &state);
    it_close(&H);
    for (uint32_t off = 0; off < 2; off++) {
        it_open(&G, IT_ABC);
        cr_assert_eq(it_load(&G, &state), HMX_OK);
        if (off) {
            cr_assert_eq(G.tuning->set_upstream_enabled(G.self, G.now_ns, IT_B, HMX_NO, NULL),
                         HMX_OK);
        }
        it_up(&G, IT_A);
        it_up(&G, IT_C);
        it_channels(&G, MINERS, 1000);
        it_advance(&G, 1);
        it_down(&G, IT_C);
        it_save(&G, &again);
        const double debt = debt_of(&again, IT_A);
        cr_assert(off ? debt == 0.0 : debt > 0.0, "switched off: %u, debt %f", off, debt);
        const double all = debt_of(&state, IT_A) + debt_of(&state, IT_C); /* C's is A's now */
        cr_assert(off || fabs(debt - all) < 1e-9 * all, "%f instead of %f", debt, all);
        it_close(&G);
    }
}

/* ---- the same bytes ---- */
/* now_ns: the clock of the second life, which has nothing to do with that of the first. */
static void expect_same_after_load(const char *config, uint64_t now_ns)
{
    it_save(&H, &state);
    it_open(&G, config);
    G.now_ns = now_ns;
    cr_assert_eq(it_load(&G, &state), HMX_OK, "%s", G.log);
    it_save(&G, &again);
    cr_assert(it_same_bytes(&state, &again), "another state of %llu instead of %llu bytes",
              (unsigned long long)again.len, (unsigned long long)state.len);
    it_save(&G, &again);
    cr_assert(it_same_bytes(&state, &again), "saving twice is not the same");
    it_close(&G);
}

#define STICKY                                                                                     \
    "[failover]\nauto_restore = no\nhold_down_secs = 100\nhold_down_max_secs = 4000\n" IT_ABC

Test(state, saved_loaded_and_saved_again_gives_the_same_bytes)
{
    /* Failures may be older than the clock of the second life. */
    const uint64_t starts[] = {1000 * IT_SECOND, 1000 * IT_SECOND + 1, 4000 * IT_SECOND + 12345,
                               1ull << 62};
    const char *const configs[] = {
        IT_POOL("m", "60", "1") IT_POOL("z-1", "30", "2") IT_POOL("a_b", "10", "3"), STICKY,
        "[controller]\ntuning_model = proportional_only\n" IT_ABC,
        "[controller]\nmeasure_on_accepted = false\nmeasurement_window_secs = 61\n" IT_ABC};
    for (uint32_t c = 0; c < sizeof configs / sizeof configs[0]; c++) {
        it_open(&H, configs[c]);
        expect_same_after_load(configs[c], starts[c]);
        it_all_up(&H, 3);
        char name[] = "miner-00";
        for (uint32_t i = 0; i < 40; i++) {
            name[6] = (char)('0' + i / 10);
            name[7] = (char)('0' + i % 7);
            it_named(&H, name, i % 3 == 0 ? 900 + i : 1100);
        }
        for (uint32_t s = 0; s < 1500; s++) {
            mine(&H, s % 400 > 300 ? IT_A : 0);
            if (s % 150 == 77) {
                it_down(&H, 1 + s % 3);
            }
            if (s % 150 == 99) {
                it_up(&H, 1 + (s - 22) % 3);
            }
            if (s % 59 == 0) {
                expect_same_after_load(configs[c], starts[s % 4]);
            }
        }
        it_close(&H);
    }
}

/* What B is owed after a restart, points x minutes, when it got `work` so long after the last
 * evaluation and the state was saved then. */
static double owed_after(uint64_t gap_ns, double work)
{
    run_up_a_debt(); /* ends with an evaluation */
    H.now_ns += gap_ns;
    if (work > 0) {
        it_share(&H, 0, IT_B, HMX_SHARE_SUBMITTED, 1, work);
        it_share(&H, 0, IT_B, HMX_SHARE_ACCEPTED, 1, work);
    }
    it_save(&H, &state);
    it_close(&H);
    it_open(&G, IT_ABC);
    cr_assert_eq(it_load(&G, &state), HMX_OK);
    it_all_up(&G, 3);
    it_channels(&G, MINERS, 1000);
    it_advance(&G, 31);
    it_tick(&G);
    it_answer_all(&G, HMX_RESULT_REFUSED);
    const hmx_upstream_metrics row = it_row(&G, IT_B);
    /* Nobody found anything in half a minute, so the farm is taken for a smaller one. */
    const double farm = it_snapshot(&G).s.hashrate / it_hashrate(1000.0 * MINERS);
    it_close(&G);
    return farm * (row.integral_point_min + row.error_points * 10); /* window of ten minutes */
}

Test(state, work_that_is_not_booked_yet_is_not_lost)
{
    const uint64_t gaps_ns[] = {0, 500000, 900 * 1000000};
    const double without = owed_after(0, 0);
    for (uint32_t i = 0; i < 3; i++) {
        /* Twenty seconds of the farm's work, of which three tenths are B's. */
        const double more = without - owed_after(gaps_ns[i], 2e6);
        cr_assert_float_eq(more, 0.7 * 100 / 3, 0.1, "after %llu ns: %f",
                           (unsigned long long)gaps_ns[i], more);
    }
}

/* Also of a farm whose shares are small. */
Test(state, a_share_below_difficulty_one_is_booked_in_what_is_saved)
{
    run_up_a_debt();
    it_save(&H, &state);
    const double before = debt_of(&state, IT_B);
    it_share(&H, 0, IT_B, HMX_SHARE_SUBMITTED, 1, 0.5);
    it_share(&H, 0, IT_B, HMX_SHARE_ACCEPTED, 1, 0.5);
    it_save(&H, &state);
    cr_assert_float_eq(before - debt_of(&state, IT_B), 0.7 * 0.5, 1e-6, "%f",
                       before - debt_of(&state, IT_B));
    it_close(&H);
}

/* The luck of the farm's shares in the saved state: sum of squared difficulties per second. */
static double saved_luck(void)
{
    double luck = 0;
    memcpy(&luck, state.data + IT_STATE_HEAD + 8, sizeof luck);
    return luck;
}

Test(state, what_is_saved_is_what_the_next_event_would_book)
{
    run_up_a_debt();
    for (uint32_t i = 0; i < 50; i++) {
        H.now_ns += 1000000 + i * 7000000;
        it_mine(&H, 2);
        it_save(&H, &state);
        it_up(&H, IT_A); /* as it is already: the ledger is settled and nothing else happens */
        it_save(&H, &again);
        cr_assert(it_same_bytes(&state, &again), "round %u", i);
    }
    const double luck = saved_luck();
    it_share(&H, 0, IT_B, HMX_SHARE_SUBMITTED, 1, 2e6);
    it_share(&H, 0, IT_B, HMX_SHARE_ACCEPTED, 1, 2e6);
    it_save(&H, &state);
    cr_assert_float_eq(saved_luck(), luck, 1e-3 * luck, "a moment has no rate");
    it_close(&H);
}

Test(state, saving_is_no_event)
{
    static it_view view;
    it_open(&H, IT_ABC);
    it_open(&G, IT_ABC);
    it_host *const both[] = {&H, &G};
    for (uint32_t k = 0; k < 2; k++) {
        it_all_up(both[k], 3);
        it_channels(both[k], MINERS, 1000);
    }
    for (uint32_t s = 0; s < 2000; s++) {
        mine(&H, s % 500 > 440 ? IT_B : 0);
        mine(&G, s % 500 > 440 ? IT_B : 0);
        it_save(&G, &state);
        cr_assert(H.decision_count == G.decision_count &&
                      memcmp(H.decisions, G.decisions, H.decision_count * sizeof H.decisions[0]) ==
                          0,
                  "second %u", s);
    }
    cr_assert_gt(H.moves, 0);
    view = it_snapshot(&H);
    const it_view other = it_snapshot(&G);
    cr_assert(it_same_view(&view, &other));
    it_close(&H);
    it_close(&G);
}

/* ---- health ---- */
Test(state, a_hold_down_goes_on_where_it_was)
{
    const char *const config = "[failover]\nhold_down_secs = 100\nhold_down_max_secs = 1000\n"
                               "health_check_interval_secs = 1\n" IT_ABC;
    it_open(&H, config);
    it_all_up(&H, 3);
    for (uint32_t i = 0; i < 2; i++) { /* two failures: held for 200 s */
        it_advance(&H, 10);
        it_down(&H, IT_A);
        it_advance(&H, 10);
        it_up(&H, IT_A);
    }
    it_advance(&H, 40);
    it_tick(&H);
    cr_assert(it_row(&H, IT_A).flags & HMX_ROW_HELD_DOWN);
    it_save(&H, &state);
    it_close(&H);
    it_open(&G, config);
    cr_assert_eq(it_load(&G, &state), HMX_OK);
    it_all_up(&G, 3);
    cr_assert(it_row(&G, IT_A).flags & HMX_ROW_HELD_DOWN);
    cr_assert_not(it_row(&G, IT_A).flags & HMX_ROW_USABLE);
    it_advance(&G, 148);
    it_tick(&G);
    cr_assert_not(it_row(&G, IT_A).flags & HMX_ROW_USABLE, "150 s remained");
    it_advance(&G, 3);
    it_tick(&G);
    cr_assert(it_row(&G, IT_A).flags & HMX_ROW_USABLE);
    it_down(&G, IT_A); /* the third failure within the hour: 400 s */
    it_advance(&G, 1);
    it_up(&G, IT_A);
    it_advance(&G, 390);
    it_tick(&G);
    cr_assert_not(it_row(&G, IT_A).flags & HMX_ROW_USABLE, "the failures were counted on");
    it_close(&G);
}

Test(state, what_failed_as_long_ago_as_the_new_clock_is_old)
{
    it_open(&H, IT_ABC);
    it_up(&H, IT_A);
    it_down(&H, IT_A);
    it_advance(&H, 1000);
    it_tick(&H);
    expect_same_after_load(IT_ABC, 1000 * IT_SECOND);
    it_close(&H);
}

/* Held down at the restart, it came to be used by the end of that: then it is as any other. */
Test(state, what_a_held_pool_is_owed_later_is_forgiven_as_ever)
{
    const char *const config = "[failover]\nhealth_check_interval_secs = 1\n" IT_ABC;
    it_open(&H, config);
    it_all_up(&H, 3);
    for (uint32_t i = 0; i < 2; i++) {
        it_advance(&H, 10);
        it_down(&H, IT_A);
        it_advance(&H, 10);
        it_up(&H, IT_A);
    }
    it_save(&H, &state);
    it_close(&H);
    it_open(&G, config);
    cr_assert_eq(it_load(&G, &state), HMX_OK);
    it_up(&G, IT_B);
    it_up(&G, IT_C);
    it_up(&G, IT_A);
    it_channels(&G, MINERS, 1000);
    cr_assert_not(it_row(&G, IT_A).flags & HMX_ROW_USABLE);
    mine_for(&G, 200, 0);
    cr_assert(it_row(&G, IT_A).flags & HMX_ROW_USABLE);
    mine_for(&G, 70, IT_A);
    cr_assert_gt(it_adjustment(&G, IT_A).points, 0.5);
    it_down(&G, IT_A);
    cr_assert_eq(it_adjustment(&G, IT_A).points, 0.0);
    it_close(&G);
}

Test(state, a_pool_that_waits_for_the_operator_waits_on)
{
    const char *const config = "[failover]\nauto_restore = no\n" IT_ABC;
    it_open(&H, config);
    it_all_up(&H, 3);
    it_down(&H, IT_C);
    it_up(&H, IT_C);
    cr_assert_not(it_row(&H, IT_C).flags & HMX_ROW_USABLE);
    it_save(&H, &state);
    it_close(&H);
    it_open(&G, config);
    cr_assert_eq(it_load(&G, &state), HMX_OK);
    it_all_up(&G, 3);
    cr_assert_not(it_row(&G, IT_C).flags & HMX_ROW_USABLE);
    cr_assert(it_row(&G, IT_B).flags & HMX_ROW_USABLE);
    cr_assert(strstr(G.log, "upstream c stays unused") != NULL, "%s", G.log);
    cr_assert_eq(G.tuning->set_upstream_enabled(G.self, G.now_ns, IT_C, HMX_YES, NULL), HMX_OK);
    cr_assert(it_row(&G, IT_C).flags & HMX_ROW_USABLE);
    it_close(&G);
    it_open(&G, IT_ABC); /* with auto_restore nobody waits */
    cr_assert_eq(it_load(&G, &state), HMX_OK);
    it_all_up(&G, 3);
    cr_assert(it_row(&G, IT_C).flags & HMX_ROW_USABLE);
    it_close(&G);
}

/* ---- other upstreams ---- */
Test(state, upstreams_are_matched_by_their_ids)
{
    run_up_a_debt();
    const double of_a = it_adjustment(&H, IT_A).points;
    const double of_c = it_adjustment(&H, IT_C).points;
    it_save(&H, &state);
    it_close(&H);
    /* Another order, b is gone, d is new. */
    it_open(&G, IT_POOL("d", "30", "1") IT_POOL("c", "10", "2") IT_POOL("a", "60", "3"));
    cr_assert_eq(it_load(&G, &state), HMX_OK, "%s", G.log);
    cr_assert_eq(it_adjustment(&G, 1).points, 0.0);
    cr_assert_eq(it_adjustment(&G, 2).points, of_c);
    cr_assert_eq(it_adjustment(&G, 3).points, of_a);
    cr_assert(strstr(G.log, "upstream b is not configured") != NULL, "%s", G.log);
    cr_assert(strstr(G.log, "upstream d is not in it") != NULL, "%s", G.log);
    cr_assert(strstr(G.log, "upstream a") == NULL, "%s", G.log);
    it_close(&G);
}

Test(state, a_state_of_strangers_changes_nothing)
{
    static it_view view;
    run_up_a_debt();
    it_save(&H, &state);
    it_close(&H);
    const char *const config =
        IT_POOL("x", "60", "1") IT_POOL("y", "30", "2") IT_POOL("z", "10", "3");
    it_open(&H, config);
    it_open(&G, config);
    cr_assert_eq(it_load(&G, &state), HMX_OK);
    view = it_snapshot(&H);
    const it_view other = it_snapshot(&G);
    cr_assert(it_same_view(&view, &other));
    it_close(&H);
    it_close(&G);
}

Test(state, another_window_scales_what_belongs_to_it)
{
    run_up_a_debt();
    it_save(&H, &state);
    it_close(&H);
    double error[2];
    double integral[2];
    const char *const configs[] = {IT_ABC, "[controller]\nmeasurement_window_secs = 1200\n" IT_ABC};
    for (uint32_t i = 0; i < 2; i++) {
        it_open(&G, configs[i]);
        cr_assert_eq(it_load(&G, &state), HMX_OK);
        it_all_up(&G, 3);
        it_channels(&G, MINERS, 1000);
        it_advance(&G, 30);
        it_tick(&G);
        it_answer_all(&G, HMX_RESULT_APPLIED);
        error[i] = it_row(&G, IT_A).error_points;
        integral[i] = it_row(&G, IT_A).integral_point_min;
        it_close(&G);
    }
    /* As points of the farm over the window the error stays what it was. */
    cr_assert(error[0] > 1.0 && error[1] > 0.99 * error[0] && error[1] < 1.1 * error[0], "%f %f",
              error[0], error[1]);
    cr_assert_lt(integral[1], integral[0]);
}
