/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The simulator itself: what it promises whatever the plugin does. */
#include "tests/host/sim/test_run.h"

#include <math.h>
#include <sodium.h>

#define SMALL                                                                                      \
    "[scenario]\nhours = 3\nwarmup = 20min\n[farm]\ncount = 30\nmix = 95:1 200:1 473:1\n"          \
    "nominal_error_pct = 30\n"
#define POOLS "[pool.a]\ntarget = 60\n[pool.b]\ntarget = 30\n[pool.c]\ntarget = 10\n"

/* Everything that was found, folded into one number, and how many shares it were. */
struct arrivals {
    uint64_t digest;
    uint64_t count;
    uint64_t per_pool[3];
    double work;
};

static void note_share(void *ctx, uint64_t second, uint64_t miner, uint32_t count,
                       double difficulty, uint32_t pool)
{
    struct arrivals *const a = ctx;
    uint64_t bits;
    memcpy(&bits, &difficulty, sizeof bits);
    const uint64_t words[4] = {second, miner, count, bits};
    for (int i = 0; i < 4; i++) {
        a->digest = (a->digest ^ words[i]) * 0x9e3779b97f4a7c15ull;
        a->digest ^= a->digest >> 29;
    }
    a->count += count;
    a->per_pool[pool] += count;
    a->work += (double)count * difficulty;
}

static char *json_of(const char *what, const char *plugin, uint64_t seed)
{
    hs_sim_options options = {.seed = seed};
    hs_sim_result result;
    run_with(what, plugin, &options, &result);
    char *const text = hs_sim_json(&result);
    cr_assert_not_null(text);
    hs_sim_result_free(&result);
    return text;
}

Test(sim_run, the_same_seed_gives_the_same_bytes_another_one_does_not)
{
    char *const first = json_of(SMALL POOLS, HASHMUX, 3);
    char *const second = json_of(SMALL POOLS, HASHMUX, 3);
    char *const other = json_of(SMALL POOLS, HASHMUX, 4);
    cr_assert_str_eq(first, second);
    cr_assert_str_neq(first, other);
    free(first);
    free(second);
    free(other);
}

Test(sim_run, the_farm_does_not_depend_on_the_plugin)
{
    /* Without the cost of a move, two plugins that place and move differently see the same
     * shares. */
    struct arrivals moved = {0};
    struct arrivals still = {0};
    hs_sim_options with_moves = {.seed = 9, .share = note_share, .ctx = &moved};
    hs_sim_options without = {.seed = 9, .share = note_share, .ctx = &still};
    hs_sim_result result;
    run_with(SMALL "move_cost = 0s\njoins_per_minute = 1\nleaves_per_minute = 1\n" POOLS, HASHMUX,
             &with_moves, &result);
    cr_assert_gt(result.moves, 5);
    cr_assert_eq(result.submitted, moved.count);
    cr_assert_eq(result.lost_work_pct, 0.0);
    hs_sim_result_free(&result);
    run_with(SMALL "move_cost = 0s\njoins_per_minute = 1\nleaves_per_minute = 1\n" POOLS, STATIC,
             &without, &result);
    cr_assert_eq(result.moves, 0);
    hs_sim_result_free(&result);
    cr_assert_gt(moved.count, 10000);
    cr_assert_eq(moved.digest, still.digest);
}

Test(sim_run, a_move_costs_the_miner_its_time)
{
    hs_sim_options options = {.seed = 9};
    hs_sim_result result;
    run_with(SMALL "move_cost = 100s\n" POOLS, HASHMUX, &options, &result);
    /* Of 30 miners of 95 to 473 TH/s, each move takes 100 s of one. */
    const double per_move_pct = 100.0 * 100.0 / (30.0 * 3.0 * 3600.0);
    const double expected = (double)result.moves * per_move_pct;
    cr_assert_gt(result.moves, 0);
    cr_assert_gt(result.lost_work_pct, 0.3 * expected);
    cr_assert_lt(result.lost_work_pct, 2.0 * expected);
    hs_sim_result_free(&result);
}

Test(sim_run, the_truth_of_a_farm_that_never_moves)
{
    /* One miner, all of it on a: the error is 40 points at every tick and in every window. */
    hs_sim_options options = {.seed = 2, .record = 1};
    hs_sim_result r;
    run_with("[scenario]\nhours = 7\n[farm]\nlist = 200\n[pool.a]\ntarget = 60\n"
             "[pool.b]\ntarget = 40\n",
             STATIC, &options, &r);
    for (int i = 0; i < 3; i++) {
        cr_assert_float_eq(r.errors[i].mean, 40.0, 1e-9);
        cr_assert_float_eq(r.errors[i].max, 40.0, 1e-9);
    }
    cr_assert_eq(r.errors[0].ticks, 5 * 120, "every 30 s after the first 2 hours");
    cr_assert_eq(r.errors[2].ticks, 1 + 120, "6 hour windows end from 6 h on");
    cr_assert_eq(r.errors[3].ticks, 0, "there is no window of 24 hours");
    cr_assert_eq(r.pools[0].delivered_pct, 100.0);
    cr_assert_float_eq(r.pools[1].effective_pct, 40.0, 1e-9);
    cr_assert_eq(r.channels, 1.0);
    cr_assert_eq(channels_at(&r, 0, 0), 1);
    cr_assert_eq(channels_at(&r, 7 * H - 1, 0), 1);
    /* 6 shares a minute for 7 hours: 2520, five standard deviations. */
    cr_assert_float_eq((double)r.submitted, 2520.0, 5.0 * sqrt(2520.0));
    cr_assert_float_eq(r.pools[0].hashrate_ths, 200.0, 200.0 * (0.05 + 5.0 / sqrt(2520.0)));
    hs_sim_result_free(&r);
}

Test(sim_run, shares_are_conserved_and_only_a_dead_pool_loses_any)
{
    static const char *const EVENTS[] = {
        "[event.e]\nat = 1h\nkind = down\npools = a\nfor = 20min\n",
        "[event.e]\nat = 1h\nkind = accept\npools = a\npct = 10\nfor = 1h\n",
        "[event.e]\nat = 1h\nkind = down\npools = all\nfor = 10min\n",
    };
    static const char *const PLUGINS[] = {HASHMUX, STATIC};
    for (int i = 0; i < 6; i++) {
        char text[1024];
        struct arrivals seen = {0};
        hs_sim_options options = {.seed = 1, .share = note_share, .ctx = &seen};
        hs_sim_result r;
        snprintf(text, sizeof text, "%s%s%s", SMALL, POOLS, EVENTS[i / 2]);
        run_with(text, PLUGINS[i % 2], &options, &r);
        cr_assert_eq(r.submitted, seen.count);
        for (uint32_t p = 0; p < 3; p++) {
            cr_assert_eq(r.pools[p].submitted, seen.per_pool[p]);
            cr_assert_eq(r.pools[p].submitted,
                         r.pools[p].accepted + r.pools[p].rejected + r.pools[p].lost);
        }
        const int pools_die = i / 2 != 1;
        cr_assert_eq(r.lost > 0, pools_die);
        cr_assert_eq(r.rejected > 0, !pools_die);
        cr_assert(i / 2 == 2 || (r.pools[1].lost == 0 && r.pools[2].lost == 0), "b and c live");
        hs_sim_result_free(&r);
    }
}

Test(sim_run, all_shares_for_a_dead_pool_are_lost)
{
    /* a is dead for 1 of 3 hours and keeps its miners; it rejects half of the rest. */
    hs_sim_options options = {.seed = 1};
    hs_sim_result r;
    run_with(SMALL "[pool.a]\ntarget = 60\naccept = 50\n[pool.b]\ntarget = 30\n"
                   "[pool.c]\ntarget = 10\n"
                   "[event.e]\nat = 1h\nkind = down\npools = a\nfor = 1h\n",
             STATIC, &options, &r);
    const double n = (double)r.pools[0].submitted;
    cr_assert_float_eq((double)r.pools[0].lost / n, 1.0 / 3.0, 0.03);
    cr_assert_float_eq((double)r.pools[0].rejected / n, 1.0 / 3.0, 0.03);
    hs_sim_result_free(&r);
}

/* Work found per bucket, as the miners found it. */
struct booked {
    double work[360];
};

static void note_bucket(void *ctx, uint64_t second, uint64_t miner, uint32_t count,
                        double difficulty, uint32_t pool)
{
    struct booked *const b = ctx;
    (void)miner;
    (void)pool;
    b->work[second / HS_BUCKET_SECS] += (double)count * difficulty;
}

Test(sim_run, work_is_booked_when_it_was_hashed_not_when_the_verdict_came)
{
    static struct booked found;
    hs_sim_options options = {.seed = 1, .share = note_bucket, .ctx = &found};
    hs_sim_result r;
    run_with(SMALL "[pool.a]\ntarget = 60\nack_interval = 600s\n[pool.b]\ntarget = 30\n"
                   "ack_interval = 77s\n[pool.c]\ntarget = 10\n",
             HASHMUX, &options, &r);
    double all = 0.0;
    cr_assert_eq(r.account.buckets, 360);
    for (size_t b = 0; b < 360; b++) {
        const double *const row = r.account.work + b * 3;
        cr_assert_float_eq(row[0] + row[1] + row[2], all, 1e-6 * (all + 1.0), "before %zu", b);
        all += found.work[b];
    }
    hs_sim_result_free(&r);
}

/* The border is the plugin's own key: more than 30 per cent of rejects unless it says otherwise. */
Test(sim_run, a_pool_that_is_to_be_left_counts_neither_way)
{
    static const char *const LATER[] = {"failover.grey_reject_pct=51"};
    hs_sim_options options = {.seed = 1};
    hs_sim_result r;
    double delivered[HS_SIM_POOLS_MAX];
    double effective[HS_SIM_POOLS_MAX];
#define ACCEPTS(pct)                                                                               \
    SMALL POOLS "[event.e]\nat = 1h\nkind = accept\npools = a\npct = " pct "\nfor = 1h\n"
    run_with(ACCEPTS("70"), STATIC, &options, &r);
    cr_assert_eq(hs_account_shares(&r.account, 2 * H, H, delivered, effective), 0);
    cr_assert_float_eq(effective[0], 60.0, 1e-9);
    hs_sim_result_free(&r);
    run_with(ACCEPTS("69"), STATIC, &options, &r);
    cr_assert_eq(hs_account_shares(&r.account, 2 * H, H, delivered, effective), 0);
    cr_assert_eq(delivered[0], 0.0);
    cr_assert_float_eq(effective[1], 75.0, 1e-9);
    cr_assert_eq(hs_account_shares(&r.account, 3 * H, H, delivered, effective), 0);
    cr_assert_float_eq(effective[0], 60.0, 1e-9);
    cr_assert_gt(delivered[0], 40.0);
    hs_sim_result_free(&r);
    options.sets = LATER;
    options.set_count = 1;
    run_with(ACCEPTS("49"), STATIC, &options, &r);
    cr_assert_eq(hs_account_shares(&r.account, 2 * H, H, delivered, effective), 0);
    cr_assert_float_eq(effective[0], 60.0, 1e-9);
    hs_sim_result_free(&r);
}

Test(sim_run, what_ends_comes_before_what_begins)
{
    hs_sim_options options = {.seed = 1};
    hs_sim_result r;
    run_with(SMALL POOLS "[event.e]\nat = 1h\nkind = accept\npools = a\npct = 60\nfor = 1h\n"
                         "[event.f]\nat = 2h\nkind = accept\npools = a\npct = 60\n",
             STATIC, &options, &r);
    const double n = (double)r.pools[0].submitted;
    cr_assert_float_eq((double)r.pools[0].rejected / n, 0.4 * 2.0 / 3.0, 0.02);
    hs_sim_result_free(&r);
}

static void note_miner(void *ctx, uint64_t second, uint64_t miner, uint32_t count,
                       double difficulty, uint32_t pool)
{
    uint64_t *const shares = ctx;
    (void)difficulty;
    (void)pool;
    if (second >= H && second < 2 * H) {
        shares[miner] += count;
    }
}

Test(sim_run, groups_are_drawn_at_random)
{
    static uint64_t shares[101];
    hs_sim_options options = {.seed = 1, .share = note_miner, .ctx = shares};
    hs_sim_result r;
    run_with("[scenario]\nhours = 2\n[farm]\nlist = 100x200\n" POOLS
             "[event.e]\nat = 1h\nkind = silent\nminers_pct = 30\n",
             STATIC, &options, &r);
    hs_sim_result_free(&r);
    int silent[4] = {0};
    for (int i = 1; i <= 100; i++) {
        silent[(i - 1) / 25] += shares[i] == 0;
    }
    cr_assert_eq(silent[0] + silent[1] + silent[2] + silent[3], 30);
    for (int i = 0; i < 4; i++) {
        cr_assert(silent[i] >= 2 && silent[i] <= 16, "%d in the %d. quarter", silent[i], i + 1);
    }
}

Test(sim_run, prefixes_of_other_lengths_on_other_pools)
{
    /* The guard sees that each prefix in force is the one that was decided. */
    hs_sim_options options = {.seed = 1};
    hs_sim_result r;
    run_with(SMALL "[pool.a]\ntarget = 60\nextranonce_size = 14\n[pool.b]\ntarget = 30\n"
                   "extranonce_size = 12\n[pool.c]\ntarget = 10\nextranonce_size = 0\n"
                   "[event.e]\nat = 1h\nkind = down\npools = a\nfor = 10min\n",
             HASHMUX, &options, &r);
    cr_assert_gt(r.moves, 20);
    hs_sim_result_free(&r);
}

Test(sim_run, a_pool_accepts_as_much_as_it_should)
{
    hs_sim_options options = {.seed = 1};
    hs_sim_result r;
    run_with(SMALL POOLS "accept = 85\n", STATIC, &options, &r);
    const double n = (double)r.pools[2].submitted;
    cr_assert_eq(r.pools[0].rejected + r.pools[1].rejected, 0);
    cr_assert_float_eq((double)r.pools[2].accepted / n, 0.85, 5.0 * sqrt(0.85 * 0.15 / n));
    hs_sim_result_free(&r);
}

Test(sim_run, miners_leave_fall_silent_and_return)
{
    hs_sim_options options = {.seed = 1, .record = 1};
    hs_sim_result r;
    run_with(SMALL POOLS "[event.e]\nat = 1h\nkind = disconnect\nminers_pct = 10\nfor = 30min\n"
                         "[event.f]\nat = 2h\nkind = disconnect\nminers_pct = 50\n"
                         "[event.g]\nat = 150min\nkind = return\n",
             STATIC, &options, &r);
    cr_assert_eq(all_channels_at(&r, 0), 1, "one after the other");
    cr_assert_eq(all_channels_at(&r, 10), 30);
    cr_assert_eq(all_channels_at(&r, H - 1), 30);
    cr_assert_eq(all_channels_at(&r, H), 27);
    cr_assert_eq(all_channels_at(&r, H + 1799), 27);
    cr_assert_eq(all_channels_at(&r, H + 1800), 30);
    cr_assert_eq(all_channels_at(&r, 2 * H), 15);
    cr_assert_eq(all_channels_at(&r, 150 * 60), 30);
    cr_assert_lt(r.channels, 30.0);
    const uint64_t complete = r.submitted;
    hs_sim_result_free(&r);
    run_with(SMALL POOLS "[event.e]\nat = 1h\nkind = silent\nminers_pct = 100\nfor = 1h\n", STATIC,
             &options, &r);
    cr_assert_eq(all_channels_at(&r, H + 10), 30, "they stay connected");
    cr_assert_float_eq((double)r.submitted, 30 * 720.0, 5.0 * sqrt(30 * 720.0) + 0.05 * 30 * 720.0);
    cr_assert_lt(r.submitted, complete);
    hs_sim_result_free(&r);
}

Test(sim_run, churn_keeps_its_rates)
{
    /* 8 joins a minute for 3 hours: 1440 newcomers. */
    hs_sim_options options = {.seed = 1, .record = 1};
    hs_sim_result r;
    run_with("[scenario]\nhours = 3\n[farm]\ncount = 100\nmix = 95:1\njoins_per_minute = 8\n" POOLS,
             STATIC, &options, &r);
    cr_assert_float_eq((double)all_channels_at(&r, 3 * H - 1), 100 + 1440.0, 5.0 * sqrt(1440.0));
    hs_sim_result_free(&r);
    run_with(
        "[scenario]\nhours = 3\n[farm]\ncount = 1000\nmix = 95:1\nleaves_per_minute = 8\n" POOLS,
        STATIC, &options, &r);
    /* Leaving in proportion to those present: 1000 exp(-1440 / 1000). */
    const double left = 1000.0 * exp(-1.44);
    cr_assert_float_eq((double)all_channels_at(&r, 3 * H - 1), left, 5.0 * sqrt(left));
    hs_sim_result_free(&r);
}

Test(sim_run, nobody_up_at_the_start_is_parked_and_then_placed)
{
    static const char *const PLUGINS[] = {HASHMUX, STATIC};
    for (int i = 0; i < 2; i++) {
        hs_sim_options options = {.seed = 1, .record = 1};
        hs_sim_result r;
        run_with(SMALL POOLS "[event.e]\nat = 0s\nkind = down\npools = all\nfor = 1min\n",
                 PLUGINS[i], &options, &r);
        cr_assert_eq(all_channels_at(&r, 30), 0);
        cr_assert_eq(all_channels_at(&r, 60), 30);
        cr_assert_eq(r.lost, 0, "a parked miner has no job to find a share for");
        cr_assert_gt(r.lost_work_pct, 0.0);
        hs_sim_result_free(&r);
    }
}

Test(sim_run, the_host_refuses_what_it_is_told_to_refuse)
{
    hs_sim_options options = {.seed = 1, .record = 1};
    hs_sim_result r;
    run_with(SMALL POOLS "[event.t]\nat = 1h\nkind = targets\ntargets = a:10 b:80 c:10\n"
                         "[event.r]\nat = 1h\nkind = refuse\npools = b\npct = 40\nfor = 1h\n",
             HASHMUX, &options, &r);
    cr_assert_gt(r.moves_refused, 0);
    for (uint64_t s = H; s < 2 * H; s += 60) {
        cr_assert_lt(placed_pct(&r, s, 1), 43.0, "drift aside, b stays below");
    }
    cr_assert_gt(placed_pct(&r, 2 * H + 600, 1), 75.0);
    hs_sim_result_free(&r);
}

Test(sim_run, a_yardstick_is_measured_against_the_new_targets_all_the_same)
{
    hs_sim_options options = {.seed = 1};
    hs_sim_result r;
    double delivered[HS_SIM_POOLS_MAX];
    double effective[HS_SIM_POOLS_MAX];
    run_with(SMALL POOLS "[event.t]\nat = 1h\nkind = targets\ntargets = a:10 b:80 c:10\n", STATIC,
             &options, &r);
    cr_assert_eq(hs_account_shares(&r.account, 3 * H, H, delivered, effective), 0);
    cr_assert_float_eq(effective[1], 80.0, 1e-6);
    cr_assert_lt(delivered[1], 40.0);
    cr_assert_eq(r.pools[1].target_pct, 80.0);
    cr_assert_eq(r.note_count, 1);
    cr_assert_not_null(strstr(r.notes[0], "cannot be reconfigured"));
    hs_sim_result_free(&r);
}

Test(sim_run, pools_are_matched_by_id_or_by_order)
{
    hs_sim_options options = {.seed = 1};
    hs_sim_result r;
    run_with("[scenario]\nhours = 3\n[farm]\nlist = 5x100\n[pool.a]\ntarget = 50\n"
             "[pool.b]\ntarget = 50\naccept = 0\n",
             MINIMAL, &options, &r);
    cr_assert_str_eq(r.pools[0].id, "first");
    cr_assert_str_eq(r.pools[1].id, "second");
    cr_assert_eq(r.pools[0].target_pct, 100.0, "the plugin's table says what it aims at");
    cr_assert_eq(r.errors[0].mean, 0.0);
    hs_sim_result_free(&r);
    run_with("[scenario]\nhours = 3\n[farm]\nlist = 5x100\n[pool.second]\ntarget = 50\n"
             "[pool.b]\ntarget = 50\naccept = 0\n",
             MINIMAL, &options, &r);
    cr_assert_str_eq(r.pools[0].id, "second");
    cr_assert_eq(r.pools[1].rejected, r.submitted, "b is first, and rejects everything");
    hs_sim_result_free(&r);
}

Test(sim_run, refusals_come_back_as_sentences)
{
    char why[2048] = "";
    const char *const bad_key[] = {"controller.colour=red"};
    const char *const no_key[] = {"deadband"};
    hs_sim_options options = {.seed = 1, .sets = bad_key, .set_count = 1};
    hs_sim_result r;
    cr_assert_eq(try_run(SMALL POOLS, HASHMUX, &options, &r, why, sizeof why), -1);
    cr_assert_not_null(strstr(why, "the plugin does not start"));
    cr_assert_not_null(strstr(why, "colour"), "%s", why);
    options.sets = no_key;
    cr_assert_eq(try_run(SMALL POOLS, HASHMUX, &options, &r, why, sizeof why), -1);
    cr_assert_not_null(strstr(why, "--set takes SECTION.KEY=VALUE"), "%s", why);
    options = (hs_sim_options){.seed = 1, .config = "/nonexistent.ini"};
    cr_assert_eq(try_run(SMALL POOLS, HASHMUX, &options, &r, why, sizeof why), -1);
    cr_assert_not_null(strstr(why, "/nonexistent.ini"), "%s", why);
    options = (hs_sim_options){.seed = 1};
    cr_assert_eq(try_run(SMALL "[pool.a]\ntarget = 100\n[pool.b]\n[pool.c]\npriority = 3\n"
                               "[pool.d]\npriority = 4\n[pool.e]\npriority = 5\n"
                               "[pool.b2]\npriority = 6\n[pool.b3]\npriority = 7\n",
                         MINIMAL, &options, &r, why, sizeof why),
                 -1);
    cr_assert_not_null(strstr(why, "upstreams, the scenario has 6 pools"), "%s", why);
}

Test(sim_run, the_json_line_has_its_fields_in_their_order)
{
    static const char *const ORDER[] = {"{\"scenario\":\"text\"",
                                        "\"plugin\":\"org.hashmux.hashmux ",
                                        "\"seed\":3",
                                        "\"hours\":3,",
                                        "\"channels\":",
                                        "\"error_pp\":{\"10m\":",
                                        "\"1h\":",
                                        "\"6h\":null",
                                        "\"24h\":null}",
                                        "\"error_max_pp\":{\"10m\":",
                                        "\"pools\":[{\"id\":\"a\"",
                                        "\"target_pct\":60.0",
                                        "\"effective_pct\":60.0",
                                        "\"delivered_pct\":",
                                        "{\"id\":\"b\"",
                                        "{\"id\":\"c\"",
                                        "\"moves\":",
                                        "\"moves_per_channel_day\":",
                                        "\"shares\":{\"submitted\":",
                                        "\"accepted\":",
                                        "\"rejected\":0",
                                        "\"lost\":0}",
                                        "\"guard_violations\":0}"};
    char *const text = json_of(SMALL POOLS, HASHMUX, 3);
    const char *at = text;
    for (size_t i = 0; i < sizeof ORDER / sizeof ORDER[0]; i++) {
        at = strstr(at, ORDER[i]);
        cr_assert_not_null(at, "%s is missing or out of order in %s", ORDER[i], text);
    }
    cr_assert_eq(strchr(text, '\n'), NULL);
    free(text);
}
