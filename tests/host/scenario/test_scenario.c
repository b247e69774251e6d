/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "host_stub/scenario/scenario.h"

#define FARM  "[farm]\ncount = 3\nmix = 95:25 140:15.5\n"
#define POOLS "[pool.a]\ntarget = 60\n[pool.b]\ntarget = 40\n"

static char why[512];

static int parse(hs_scenario *scenario, const char *text)
{
    why[0] = '\0';
    return hs_scenario_parse(scenario, "some/where/x.ini", text, why, sizeof why);
}

static void expect_refusal(const char *text, const char *sentence)
{
    hs_scenario scenario;
    cr_assert_eq(parse(&scenario, text), -1, "accepted: %s", text);
    cr_assert_neq(strstr(why, sentence), NULL, "'%s' is not in '%s'", sentence, why);
    cr_assert_eq(scenario.events, NULL, "something is left");
}

Test(sim_scenario, defaults)
{
    hs_scenario s;
    cr_assert_eq(parse(&s, FARM POOLS), 0, "%s", why);
    cr_assert_str_eq(s.name, "x");
    cr_assert_eq(s.seconds, 26 * 3600);
    cr_assert_eq(s.warmup_secs, 7200);
    cr_assert_eq(s.farm.miners, 3);
    cr_assert_eq(s.farm.is_list, 0);
    cr_assert_eq(s.farm.mix_count, 2);
    cr_assert_eq(s.farm.mix[1].hashrate_ths, 140.0);
    cr_assert_eq(s.farm.mix[1].weight, 15.5);
    cr_assert_eq(s.farm.shares_per_minute, 6.0);
    cr_assert_eq(s.farm.drift_pct, 2.0);
    cr_assert_eq(s.farm.drift_secs, 7200);
    cr_assert_eq(s.farm.vardiff_secs, 180);
    cr_assert_eq(s.farm.move_cost_secs, 1);
    cr_assert(s.farm.deaf_pct == 0.0 && s.farm.reopen_lost_pct == 0.0);
    cr_assert_eq(s.farm.reopen_secs, 30);
    cr_assert_eq(s.pool_count, 2);
    cr_assert_str_eq(s.pools[1].id, "b");
    cr_assert_eq(s.pools[1].priority, 2, "in the order of the file");
    cr_assert_eq(s.pools[1].target_pct, 40.0);
    cr_assert_eq(s.pools[1].accept_pct, 100.0);
    cr_assert_eq(s.pools[1].ack_secs, 5);
    cr_assert(s.pools[1].ack_shares == 0 && s.pools[1].latency_secs == 0);
    cr_assert(s.pools[1].stale_secs == 0 && s.pools[1].stale_pct == 100.0);
    cr_assert(s.farm.tip_secs == 600 && s.farm.host_delay_secs == 0);
    cr_assert(s.farm.unheard_pct == 0.0 && s.farm.drops_pct == 0.0 && s.farm.drops_secs == 10);
    cr_assert(s.farm.bad_pct == 0.0 && s.farm.mute_pct == 0.0 && s.farm.liars_pct == 0.0);
    cr_assert(s.farm.lie == 1.0 && s.farm.second_lie == 1.0 && s.farm.lie_secs == 0);
    cr_assert(s.pools[1].refuses_pct == 0.0 && s.pools[1].fails_pct == 0.0);
    cr_assert(!s.pools[1].ack_per_channel && !s.pools[1].rejects_at_once);
    hs_scenario_free(&s);
}

Test(sim_scenario, everything_that_can_be_said)
{
    hs_scenario s;
    cr_assert_eq(parse(&s,
                       "[event.1]\nat = 1h 90min\nkind = derate\nminers_pct = 20\npct = 50\n"
                       "for = 15min\n"
                       "[event.2]\nat = 2h\nkind = targets\ntargets = b:70 a:30\n"
                       "[event.3]\nat = 3h\nkind = down\npools = all\nfor = 2min\n"
                       "every = 4min\nuntil = 4h\n"
                       "[event.4]\nat = 3h\nkind = reconfigure\ncontroller.deadband_points = 1\n"
                       "[event.5]\nat = 3h\nkind = accept\npools = b\npct = 0\n"
                       "[event.6]\nat = 3h\nkind = rates\njoins_per_minute = 8\n"
                       "[scenario]\ntitle = a b\nhours = 1.5\nwarmup = 10min\n"
                       "config = y.ini\n"
                       "[controller]\ntuning_model = aggressive\n"
                       "[farm]\nlist = 100 2x14.5\nnominal_error_pct = 30\n"
                       "deaf_pct = 40\nreopen_time = 2min\nreopen_lost_pct = 5\n"
                       "[pool.a]\ntarget = 60\naccept = 99.5\npriority = 9\n"
                       "extranonce_size = 14\nack_interval = 30s\n[pool.b]\ntarget = 40\n"
                       "ack_shares = 10\nack_per_channel = yes\nrejects_at_once = yes\n"
                       "latency = 2s\naggregate = yes\nupstream_share_rate = 2.5\n"),
                 0, "%s", why);
    cr_assert_str_eq(s.title, "a b");
    cr_assert_str_eq(s.config, "some/where/y.ini", "relative to the scenario");
    cr_assert_eq(s.seconds, 5400);
    cr_assert_eq(s.farm.miners, 3);
    cr_assert_eq(s.farm.mix[1].weight, 2.0);
    cr_assert(s.farm.deaf_pct == 40.0 && s.farm.reopen_lost_pct == 5.0);
    cr_assert_eq(s.farm.reopen_secs, 120);
    cr_assert_eq(s.farm.mix[1].hashrate_ths, 14.5);
    cr_assert_eq(s.pools[0].priority, 9);
    cr_assert_eq(s.pools[0].ack_secs, 30);
    cr_assert_eq(s.pools[0].accept_pct, 99.5);
    cr_assert(s.pools[1].ack_shares == 10 && s.pools[1].ack_secs == 0, "no clock beside it");
    cr_assert(s.pools[1].ack_per_channel == 1 && s.pools[1].rejects_at_once == 1);
    cr_assert_eq(s.pools[1].latency_secs, 2);
    cr_assert(!s.pools[0].aggregate && s.pools[0].upstream_share_rate == 6.0);
    cr_assert(s.pools[1].aggregate == 1 && s.pools[1].upstream_share_rate == 2.5);
    cr_assert_str_eq(hs_ini_get(&s.settings, "controller", "tuning_model"), "aggressive");
    cr_assert_eq(s.event_count, 6);
    cr_assert_eq(s.events[0].times, 2);
    cr_assert_eq(s.events[0].at[1], 5400);
    cr_assert_eq(s.events[0].lasts, 900);
    cr_assert_eq(s.events[1].kind, HS_EVENT_TARGETS);
    cr_assert_eq(s.events[1].target_pct[0], 30.0);
    cr_assert_eq(s.events[1].target_pct[1], 70.0);
    cr_assert_eq(s.events[2].pools, UINT64_MAX);
    cr_assert_eq(s.events[2].every, 240);
    cr_assert_str_eq(hs_ini_get(&s.events[3].settings, "controller", "deadband_points"), "1");
    cr_assert_eq(s.events[4].pools, 2u);
    cr_assert_eq(s.events[5].joins_per_minute, 8.0);
    hs_scenario_free(&s);
}

Test(sim_scenario, refusals_name_line_value_and_what_is_allowed)
{
    expect_refusal("[farm]\ncount = 0\nmix = 95:1\n" POOLS,
                   "x.ini:2: [farm] count: '0': is not allowed here; allowed: a whole number of "
                   "miners from 1 to 100000");
    expect_refusal(FARM "shares_per_minute = 1e3\n" POOLS, "x.ini:4: [farm] shares_per_minute");
    expect_refusal(FARM "shares_per_minute = nan\n" POOLS, "'nan'");
    expect_refusal(FARM "colour = red\n" POOLS, "there is no such key; [farm] has count, mix");
    expect_refusal(FARM "drift_time = 5\n" POOLS, "allowed: a time of 1min or more");
    expect_refusal(FARM "list = 100\n" POOLS, "not both");
    expect_refusal("[farm]\nmix = 95\ncount = 2\n" POOLS, "such as 95:25 140:15");
    expect_refusal("[farm]\nlist = 2x\n" POOLS, "as 5x200");
    expect_refusal("[farm]\nlist = 1.5x200\n" POOLS, "as 5x200");
    expect_refusal("[farm]\nlist = 200000x200\n" POOLS, "as 5x200");
    expect_refusal("[farm]\nlist = 100\ncount = 1\n" POOLS, "a list has its own count");
    expect_refusal("[farm]\nmix = 95:1\n" POOLS, "needs a count");
    expect_refusal(POOLS, "needs a mix");
    expect_refusal(FARM, "there is no [pool.<id>]");
    expect_refusal(FARM "[pool.A]\ntarget = 100\n", "x.ini:5: [pool.A]: a pool's id has 1 to 32");
    expect_refusal(FARM "[pool.a]\ntarget = 60\n", "do not add up to 100");
    expect_refusal(FARM "[pool.a]\ntarget = 101\n", "per cent from 0 to 100");
    expect_refusal(FARM "[pool.a]\nweight = 1\n", "[pool.<id>] has target");
    expect_refusal(FARM "[pool.a]\nack_interval = 2h\n", "a time from 1s to 1h");
    expect_refusal(FARM "[pool.a]\nack_shares = 10001\n", "shares from 0 to 10000");
    expect_refusal(FARM "[pool.a]\nack_per_channel = 1\n", "allowed: yes or no");
    expect_refusal(FARM "[pool.a]\nrejects_at_once = maybe\n", "allowed: yes or no");
    expect_refusal(FARM "[pool.a]\nlatency = 11min\n", "a time from 0s to 10min");
    expect_refusal(FARM "[pool.a]\nstale_time = 1h\n", "a time from 0s to 10min");
    expect_refusal(FARM "[pool.a]\nstale_pct = 101\n", "per cent from 0 to 100");
    expect_refusal(FARM "tip_interval = 2d\n" POOLS, "a time from 1s to 24h");
    expect_refusal(FARM "[pool.a]\nrefuses_pct = 101\n", "per cent from 0 to 100");
    expect_refusal(FARM "[pool.a]\nfails_pct = -1\n", "per cent from 0 to 100");
    expect_refusal(FARM "host_delay = 11min\n" POOLS, "a time from 0s to 10min");
    expect_refusal(FARM "unheard_pct = 101\n" POOLS, "per cent from 0 to 100");
    expect_refusal(FARM "drops_pct = 101\n" POOLS, "per cent from 0 to 100");
    expect_refusal(FARM "drops_time = 0s\n" POOLS, "a time from 1s to 24h");
    expect_refusal(FARM "bad_pct = 101\n" POOLS, "per cent from 0 to 100");
    expect_refusal(FARM "bad_shares_per_minute = 3001\n" POOLS, "0 to 3000");
    expect_refusal(FARM "bad_difficulty = -1\n" POOLS, "0 to 1000000000000000");
    expect_refusal(FARM "mute_pct = 101\n" POOLS, "per cent from 0 to 100");
    expect_refusal(FARM "liars_pct = 101\n" POOLS, "per cent from 0 to 100");
    expect_refusal(FARM "lie = 1000000000001\n" POOLS, "a factor from 0 to 1000000000000");
    expect_refusal(FARM "second_lie = x\n" POOLS, "a factor from 0 to 1000000000000");
    expect_refusal(FARM "lie_time = 5\n" POOLS, "a time such as 10min, or 0s");
    expect_refusal(FARM POOLS "[bogus]\nx = 1\n", "x.ini:9: [bogus]: there is no such section");
    expect_refusal("x = 1\n" FARM POOLS, "there is no such section");
    expect_refusal(FARM POOLS "[scenario]\nhours = 0\n", "hours from 0.01 to 8760");
    expect_refusal(FARM POOLS "[scenario]\nlength = 3\n", "[scenario] has title");
    expect_refusal(FARM POOLS "[scenario]\nconfig =\n", "'default', or a path");
}

Test(sim_scenario, refusals_of_events)
{
    static const char *const BAD[][2] = {
        {"at = 6h\n", "[event.e] needs kind and at"},
        {"kind = down\npools = a\n", "x.ini:9: [event.e] needs kind and at"},
        {"at = 6\nkind = down\npools = a\n", "is not a time since the start such as 6h"},
        {"at = 6h\nkind = explode\n", "there are down, up, targets"},
        {"at = 6h\nkind = down\n", "an event of kind 'down' takes pools"},
        {"at = 6h\nkind = down\npools = z\n", "ids of pools that have a [pool.<id>]"},
        {"at = 6h\nkind = down\npools = a\npct = 0\n", "of kind 'down' takes pools"},
        {"at = 6h\nkind = accept\npools = a\n", "of kind 'accept' takes pools, pct"},
        {"at = 6h\nkind = sleep\n", "of kind 'sleep' takes for"},
        {"at = 6h\nkind = sleep\nfor = 1min\npools = a\n", "of kind 'sleep' takes for"},
        {"at = 6h\nkind = no_job\nfor = 1min\n", "of kind 'no_job' takes pools, and perhaps for"},
        {"at = 6h\nkind = fail_moves\npools = a\n", "of kind 'fail_moves' takes pools, pct"},
        {"at = 6h\nkind = refuse_moves\npct = 5\n", "of kind 'refuse_moves' takes pools"},
        {"at = 6h\nkind = derate\npct = 50\n", "of kind 'derate' takes miners_pct"},
        {"at = 6h\nkind = targets\ntargets = a:60\n", "does not name each pool once"},
        {"at = 6h\nkind = targets\ntargets = a:60 a:40\n", "does not name each pool once"},
        {"at = 6h\nkind = targets\ntargets = a:60 b:41\n", "100 in all"},
        {"at = 6h\nkind = targets\ntargets = a:60 b:40\nfor = 1h\n", "of kind 'targets' takes"},
        {"at = 6h\nkind = down\npools = a\nevery = 4min\n", "every and until go together"},
        {"at = 6h\nkind = down\npools = a\nevery = 4min\nuntil = 7h\nfor = 4min\n", "is shorter"},
        {"at = 6h\nkind = reconfigure\n", "takes settings such as"},
        {"at = 6h\nkind = up\npools = a\ncontroller.x = 1\n", "of kind 'up' takes pools"},
        {"at = 6h\nkind = up\npools = a\n.x = 1\n", "is not section.key = value"},
        {"at = 6h\nwhen = 7h\n", "[event.<name>] has at, kind"},
    };
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        char text[512];
        snprintf(text, sizeof text, "%s%s[event.e]\n%s", FARM, POOLS, BAD[i][0]);
        expect_refusal(text, BAD[i][1]);
    }
}

Test(sim_scenario, every_scenario_of_the_folder_reads)
{
    DIR *const dir = opendir(HMX_TEST_DATA "/sim");
    int files = 0;
    cr_assert_not_null(dir);
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        char path[1024];
        hs_scenario s;
        const size_t len = strlen(entry->d_name);
        if (len < 5 || strcmp(entry->d_name + len - 4, ".ini") != 0) {
            continue;
        }
        snprintf(path, sizeof path, "%s/sim/%s", HMX_TEST_DATA, entry->d_name);
        cr_assert_eq(hs_scenario_load(&s, path, why, sizeof why), 0, "%s", why);
        cr_assert_gt(strlen(s.title), 0, "%s has no title", path);
        hs_scenario_free(&s);
        files++;
    }
    closedir(dir);
    cr_assert_geq(files, 9);
}
