/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The ways in which the reference crate fails, by their numbers, as far as a host can see them.
 * Elsewhere: 1, 2, 3, 5, 6 test_rebalance_long.c; 7 to 10, 13, 16, 30 test_rebalance.c; 11, 12, 19,
 * 20 test_setters.c; 14 test_instances.c (and below); 17 test_failover.c. Not to be seen through a
 * serial interface without locks: 23, 25, 26, 27 (below what is left of 23 and 24). */
#include <math.h>
#include <time.h>

#include "tests/integration/harness_farm.h"

static it_host H;

static void expect_refused(const char *config, const char *part)
{
    it_try(&H, config, NULL);
    cr_assert_eq(H.created, HMX_E_CONFIG, "%s", config);
    cr_assert(strstr(H.why, part) != NULL, "'%s' is not said: %s", part, H.why);
    it_close(&H);
}

static void expect_accepted(const char *config)
{
    it_open(&H, config);
    it_close(&H);
}

/* 4: the published daemon lists no candidates, moves nothing and gives random prefixes; its core
 * can neither list a pool's miners nor commit a move. */
Test(defects, reference_defect_04_moves_are_listed_committed_and_visible)
{
    it_open(&H, IT_ABC);
    for (uint32_t u = IT_A; u <= IT_C; u++) {
        it_up_space(&H, u, (uint8_t)(16 * u), 4, 8);
    }
    it_channels(&H, 10, 1000);
    it_down(&H, IT_A);
    cr_assert_eq(it_tick(&H), 6);
    for (uint32_t i = 0; i < 6; i++) {
        cr_assert_eq(H.decisions[i].extranonce_prefix_len, 12);
        cr_assert_eq(H.decisions[i].extranonce_prefix[0], 16 * H.decisions[i].to);
    }
    it_answer_all(&H, HMX_RESULT_APPLIED);
    for (uint32_t i = 0; i < 10; i++) {
        cr_assert_eq(it_channel_row(&H, i).upstream, H.channels[i].upstream);
        cr_assert_neq(H.channels[i].upstream, IT_A);
    }
    it_close(&H);
}

/* 14: which pool is paired with which depends on a random hash. Here the largest gap comes first,
 * and of equal ones the smaller number. */
Test(defects, reference_defect_14_the_order_of_pairing_is_fixed)
{
    for (int life = 0; life < 3; life++) {
        it_open(&H, IT_POOL("a", "25", "4") IT_POOL("b", "25", "3") IT_POOL("c", "25", "2")
                        IT_POOL("d", "25", "1"));
        it_all_up(&H, 4);
        for (uint32_t i = 0; i < 80; i++) {
            hmx_channel_open e = it_channel_event(&H, 1000);
            hmx_channel_decision d = {.size = sizeof d};
            e.current_upstream = i < 40 ? IT_A : IT_B;
            cr_assert_eq(hs_guard_on_channel_open(H.guard, &e, &d), HMX_OK);
            H.channels[H.channel_count++] = (it_channel){.channel = e.channel};
        }
        it_advance(&H, 30);
        cr_assert_eq(it_tick(&H), 20, "a quarter of them per plan");
        uint32_t moves[5][5] = {{0}};
        for (uint32_t i = 0; i < 20; i++) {
            moves[H.decisions[i].from][H.decisions[i].to]++;
        }
        cr_assert(H.decisions[0].from == IT_A && H.decisions[0].to == IT_C);
        cr_assert_eq(moves[IT_A][IT_C] + moves[IT_B][IT_C], 10, "%u", moves[IT_A][IT_C]);
        cr_assert_eq(moves[IT_A][IT_D] + moves[IT_B][IT_D], 10);
        cr_assert_eq(moves[IT_A][IT_C] + moves[IT_A][IT_D], 10);
        it_close(&H);
    }
}

/* 15: a victim is drawn by lot; here it is the one that fits. A and B are 6 too uneven: the one of
 * 3 goes, not the one of 10 and not six small ones. */
Test(defects, reference_defect_15_the_channel_that_fits_is_moved)
{
    const double difficulties[] = {10000, 10000, 3000, 500, 500};
    it_open(&H, IT_POOL("a", "50", "1") IT_POOL("b", "50", "2"));
    it_all_up(&H, 2);
    for (uint32_t i = 0; i < 7; i++) {
        hmx_channel_open e = it_channel_event(&H, i < 5 ? difficulties[i] : 9000);
        hmx_channel_decision d = {.size = sizeof d};
        e.current_upstream = i < 5 ? IT_A : IT_B;
        cr_assert_eq(hs_guard_on_channel_open(H.guard, &e, &d), HMX_OK);
        H.channels[H.channel_count++] = (it_channel){.channel = e.channel};
    }
    it_advance(&H, 30);
    cr_assert_eq(it_tick(&H), 1);
    cr_assert_eq(H.decisions[0].channel, H.channels[2].channel);
    cr_assert(H.decisions[0].from == IT_A && H.decisions[0].to == IT_B);
    it_close(&H);
}

/* 18: addresses, ports and keys are not looked at; two of its three example keys are broken. */
Test(defects, reference_defect_18_addresses_ports_and_keys_are_checked)
{
#define ONE(lines) "[upstream.a]\npercentage = 100\npriority = 1\n" lines
    expect_accepted(ONE("address = a.example\nport = 3333\n"));
    expect_refused(ONE("address = not an address\nport = 3333\n"), "address");
    expect_refused(ONE("address =\nport = 3333\n"), "address");
    expect_refused(ONE("address = a.example\nport = 0\n"), "port");
    expect_refused(ONE("address = a.example\nport = 65536\n"), "port");
    expect_refused(ONE("address = a.example\nport = 3333\nauthority_pubkey = ghijklm\n"),
                   "authority_pubkey");
    expect_refused(ONE("address = a.example\nport = 3333\nauthority_pubkey = "
                       "9bXiEd8boQVhq7WddEcERUL5tyyJVFYdU8th3HfbNXK3Yw6GRXH\n"), /* one letter */
                   "authority_pubkey");
}

/* 19: three times 33.33 is refused although 60 + 39.99 is accepted. 20: NaN is accepted. */
Test(defects, reference_defects_19_and_20_the_sum_of_percentages)
{
    expect_accepted(IT_POOL("a", "33.33", "1") IT_POOL("b", "33.33", "2")
                        IT_POOL("c", "33.33", "3"));
    expect_accepted(IT_POOL("a", "60", "1") IT_POOL("b", "39.99", "2"));
    expect_accepted(IT_POOL("a", "60", "1") IT_POOL("b", "40.01", "2"));
    expect_refused(IT_POOL("a", "60", "1") IT_POOL("b", "39.98", "2"), "100");
    expect_refused(IT_POOL("a", "60", "1") IT_POOL("b", "40.02", "2"), "100");
    expect_refused(IT_POOL("a", "60", "1") IT_POOL("b", "30", "2"), "100");
    const char *const numbers[] = {"nan", "NaN", "-nan", "inf", "1e400", "-1", "100.1", "0x10"};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        char config[1024];
        snprintf(config, sizeof config,
                 "[upstream.a]\naddress = a\nport = 1\npriority = 1\npercentage = %s\n" IT_POOL(
                     "b", "100", "2"),
                 numbers[i]);
        expect_refused(config, "percentage");
    }
}

/* 12 and 20: NaN, infinity and negative numbers in every number of the file. */
Test(defects, reference_defect_12_no_number_of_the_file_is_nan)
{
    const char *const keys[] = {"kp",
                                "ki",
                                "kd",
                                "deadband_points",
                                "evaluation_interval_secs",
                                "min_reassignment_interval_secs",
                                "integral_limit",
                                "measurement_window_secs"};
    const char *const numbers[] = {"nan", "inf", "-1", "1e309", ""};
    for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
        for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
            char config[1024];
            snprintf(config, sizeof config, "[controller]\n%s = %s\n%s", keys[k], numbers[i],
                     IT_ABC);
            expect_refused(config, keys[k]);
        }
    }
}

/* 21: what two pools may have in common. */
Test(defects, reference_defect_21_pools_are_told_apart)
{
    expect_refused(IT_POOL("a", "50", "1") IT_POOL("a", "50", "2"), "upstream.a");
    expect_refused(IT_POOL("a", "50", "1") IT_POOL("b", "50", "1"), "priority");
    expect_refused(IT_POOL("a", "100", "1") "[upstream.b]\naddress = a.example\nport = 3333\n"
                                            "percentage = 0\npriority = 2\n",
                   "address");
    expect_refused(IT_POOL(" ", "100", "1"), "upstream");
    expect_accepted(IT_POOL("a", "50", "1") IT_POOL("b", "50", "4294967295"));
}

/* 22: news of a pool that does not exist creates one. */
Test(defects, reference_defect_22_no_ghost_pools)
{
    it_open(&H, IT_ABC);
    it_all_up(&H, 3);
    it_channels(&H, 5, 1000);
    const it_view before = it_snapshot(&H);
    const hmx_share e = it_share_event(&H, 0, 7, HMX_SHARE_SUBMITTED, 1, 1000);
    cr_assert_eq(H.plugin.ops.on_share(H.self, &e), HMX_E_INVALID);
    hmx_reassign forced = {
        .channel = H.channels[0].channel, .from = IT_A, .to = 7, .result = HMX_RESULT_FORCED};
    forced.event = it_event(&H, sizeof forced);
    cr_assert_eq(H.plugin.ops.on_reassign(H.self, &forced), HMX_E_INVALID);
    const it_view after = it_snapshot(&H);
    cr_assert(it_same_view(&before, &after));
    it_close(&H);
}

/* 23: setters against evaluations hang for ever in the reference. Here they take turns, and each
 * takes effect. */
Test(defects, reference_defect_23_setters_between_evaluations)
{
    it_open(&H, "[controller]\nevaluation_interval_secs = 1\n" IT_ABC);
    it_all_up(&H, 3);
    it_channels(&H, 20, 1000);
    for (uint32_t i = 0; i < 6000; i++) {
        const uint32_t model = 1 + i % 4;
        it_advance(&H, 1);
        cr_assert_eq(H.tuning->set_tuning_model(H.self, H.now_ns, model, NULL), HMX_OK);
        it_tick(&H);
        it_answer_all(&H, HMX_RESULT_APPLIED);
        cr_assert_eq(it_snapshot(&H).s.tuning_model, model);
    }
    cr_assert_eq(it_snapshot(&H).s.evaluations, 6000);
    it_close(&H);
}

static double seconds_for(uint32_t first, uint32_t count)
{
    struct timespec from;
    struct timespec to;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    for (uint32_t i = 0; i < count; i++) {
        const uint64_t channel = first + i + 1;
        const hmx_channel_open e = {.event = it_event(&H, sizeof e),
                                    .channel = channel,
                                    .connection = channel,
                                    .kind = HMX_CHANNEL_STANDARD,
                                    .nominal_hashrate = 1e14};
        hmx_channel_decision d = {.size = sizeof d};
        cr_assert_eq(H.plugin.ops.on_channel_open(H.self, &e, &d), HMX_OK);
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    return (double)(to.tv_sec - from.tv_sec) + 1e-9 * (double)(to.tv_nsec - from.tv_nsec);
}

/* 24: each arrival looks at all channels: 50 000 of them take 44 s. The tenth ten thousand cost
 * what the second did (a table that doubles now and then included). */
Test(defects, reference_defect_24_an_arrival_does_not_cost_more_when_many_are_there)
{
    const it_options o = {.channels_max = 200000};
    it_open_with(&H, IT_ABC, &o);
    it_all_up(&H, 3);
    (void)seconds_for(0, 10000);
    const double early = seconds_for(10000, 10000);
    (void)seconds_for(20000, 70000);
    const double late = seconds_for(90000, 10000);
    cr_assert_lt(late, 10 * early + 0.05, "%f s, early %f s", late, early);
    cr_assert_eq(it_snapshot(&H).s.channels, 100000);
    it_close(&H);
}

/* 28: the key of an assignment is the connection, so a second channel on it replaces the first. */
Test(defects, reference_defect_28_two_channels_on_one_connection)
{
    it_open(&H, IT_POOL("a", "50", "1") IT_POOL("b", "50", "2"));
    it_all_up(&H, 2);
    for (int i = 0; i < 2; i++) {
        hmx_channel_open e = it_channel_event(&H, 1000);
        e.connection = 77;
        it_channel_with(&H, &e);
    }
    cr_assert_eq(it_snapshot(&H).s.channels, 2);
    cr_assert_eq(it_channel_row(&H, 0).upstream, IT_A);
    cr_assert_eq(it_channel_row(&H, 1).upstream, IT_B);
    it_close_channel(&H, 0);
    cr_assert_eq(it_channel_row(&H, 1).upstream, IT_B);
    it_close(&H);
}

/* 29: more accepted than submitted makes 200 %; shares under way count against the pool; and all
 * rejections are one number (test_counting.c). */
Test(defects, reference_defect_29_acceptance_is_never_above_100)
{
    it_open(&H, IT_ABC);
    it_all_up(&H, 3);
    it_channels(&H, 1, 1000);
    it_share(&H, 0, IT_A, HMX_SHARE_SUBMITTED, 1, 1000);
    it_share(&H, 0, IT_A, HMX_SHARE_ACCEPTED, 2, 2000); /* the guard notes that this is odd */
    cr_assert_eq(it_row(&H, IT_A).acceptance_pct, 100.0);
    it_share(&H, 0, IT_A, HMX_SHARE_SUBMITTED, 100, 100000);
    cr_assert_eq(it_row(&H, IT_A).acceptance_pct, 100.0);
    H.host_faults_expected = 1;
    it_close(&H);
}
