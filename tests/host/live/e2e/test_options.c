/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/e2e/options, live/e2e/config, live/e2e/start: what is run when, with which configuration and
 * which command lines; and what is refused. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host_stub/live/e2e/config.h"
#include "host_stub/live/e2e/start.h"
#include "host_stub/live/miner/options.h"
#include "host_stub/live/pool/options.h"

static hs_e2e_options options;
static hs_e2e_config config;
static char why[1024];

static int read_line(const char *line)
{
    static char text[1024];
    char *argv[40] = {(char *)"e2e"};
    int argc = 1;
    (void)snprintf(text, sizeof text, "%s", line);
    for (char *word = strtok(text, " "); word != NULL && argc < 39; word = strtok(NULL, " ")) {
        argv[argc++] = word;
    }
    why[0] = '\0';
    return hs_options_read(&HS_E2E_COMMAND, &options, argc, argv, why, sizeof why);
}

static void refuses(const char *line, const char *words)
{
    cr_expect_eq(read_line(line), -1, "'%s' was taken", line);
    cr_expect_not_null(strstr(why, words), "'%s' was refused with: %s", line, why);
}

Test(e2e_options, has_defaults_for_a_minute)
{
    cr_assert_eq(read_line(""), 0, "%s", why);
    cr_assert_eq(options.miners, 24u);
    cr_assert_eq(options.run_ms, 60000u);
    cr_assert_eq(options.pools, 0u);
    cr_assert_null(options.plugin);
}

Test(e2e_options, faults_follow_one_another_with_a_window_each)
{
    cr_assert_eq(read_line("--faults refuse,close,grey --fault-secs 8 --settle-secs 20"), 0, "%s",
                 why);
    cr_assert_eq(options.fault_count, 3u);
    hs_e2e_place_faults(&options, 3);
    for (size_t i = 0; i < 3; i++) {
        const hs_e2e_fault *const f = &options.faults[i];
        cr_assert_eq(f->lasts, i != 1);
        cr_assert_eq(f->end_ms, f->begin_ms + (f->lasts ? 8000 : 0));
        cr_assert_eq(f->window_ms, f->end_ms + 20000);
        cr_assert_eq(f->window_end_ms, f->window_ms + 20000);
        cr_assert(i == 0 || f->begin_ms > options.faults[i - 1].window_end_ms);
        cr_assert_leq(f->window_end_ms, options.run_ms);
        cr_assert_eq(f->pool, (i + 1) % 3);
    }
}

Test(e2e_options, everything_is_by_noise_unless_it_is_to_be_plain)
{
    cr_assert_eq(read_line(""), 0);
    cr_assert_not(options.plain);
    cr_assert_eq(read_line("--noise"), 0, "%s", why);
    cr_assert_not(options.plain);
    cr_assert_eq(read_line("--plain"), 0, "%s", why);
    cr_assert(options.plain);
    refuses("--noise --plain", "--plain");
}

Test(e2e_options, refuses_with_a_sentence)
{
    refuses("--fast 1", "there is no option '--fast'");
    refuses("--seconds", "needs a value");
    refuses("--pools 1", "from 2 to 8");
    refuses("--miners 0", "from 1 to 200");
    refuses("--ignore-prefix 5 --miners 4", "there are not so many");
    refuses("--faults meteor", "there is no fault 'meteor'");
    refuses("--faults down,,grey", "there is no fault ''");
    refuses("--faults up", "there is no fault 'up'");
    refuses("--faults down --seconds 30", "these faults need");
    refuses("--seconds 0.5", "from 1 to 86400");
}

Test(e2e_config, the_built_in_one_is_60_30_10)
{
    static const double TARGETS[] = {60.0, 30.0, 10.0};
    cr_assert_eq(read_line(""), 0);
    cr_assert_eq(hs_e2e_config_load(&config, &options, why, sizeof why), 0, "%s", why);
    cr_assert_eq(config.pool_count, 3u);
    for (uint32_t i = 0; i < 3; i++) {
        cr_assert_float_eq(config.pools[i].target_pct, TARGETS[i], 0.0);
    }
    cr_assert_str_eq(config.pools[2].id, "pool_c");
    hs_e2e_config_free(&config);
}

Test(e2e_config, any_number_of_pools_makes_a_hundred)
{
    for (uint32_t n = 2; n <= HS_E2E_POOLS_MAX; n++) {
        double sum = 0.0;
        memset(&options, 0, sizeof options);
        options.pools = n;
        cr_assert_eq(hs_e2e_config_load(&config, &options, why, sizeof why), 0, "%s", why);
        cr_assert_eq(config.pool_count, n);
        for (uint32_t i = 0; i < n; i++) {
            cr_assert(i == 0 || config.pools[i].target_pct <= config.pools[i - 1].target_pct);
            cr_assert_gt(config.pools[i].target_pct, 0.0);
            sum += config.pools[i].target_pct;
        }
        cr_assert_float_eq(sum, 100.0, 1e-9);
        hs_e2e_config_free(&config);
    }
}

static const char *file_with(const char *text)
{
    static char path[64];
    (void)snprintf(path, sizeof path, "/tmp/test_e2e_%ld.ini", (long)getpid());
    FILE *const file = fopen(path, "w");
    cr_assert_not_null(file);
    cr_assert(fputs(text, file) >= 0 && fclose(file) == 0);
    return path;
}

Test(e2e_config, somebodys_file_gets_our_addresses)
{
    char again[64];
    memset(&options, 0, sizeof options);
    options.config = file_with("[upstream.x]\naddress = far.example\nport = 3333\npercentage = 70\n"
                               "priority = 1\n[upstream.off]\naddress = o.example\nport = 1\n"
                               "percentage = 9\npriority = 3\nenabled = false\n[upstream.y]\n"
                               "address = far.example\nport = 3334\nhashrate_ths = 5\n"
                               "priority = 2\n");
    cr_assert_eq(hs_e2e_config_load(&config, &options, why, sizeof why), 0, "%s", why);
    cr_assert_eq(config.pool_count, 2u);
    cr_assert_float_eq(config.pools[0].target_pct, 70.0, 0.0);
    cr_assert(isnan(config.pools[1].target_pct));
    cr_assert_eq(hs_e2e_config_set_port(&config, 1, 4711), 0);
    cr_assert_eq(hs_e2e_config_set_key(&config, 1, "9key"), 0);
    (void)snprintf(again, sizeof again, "%s.out", options.config);
    cr_assert_eq(hs_e2e_config_write(&config, again, why, sizeof why), 0, "%s", why);
    hs_ini ini;
    cr_assert_eq(hs_ini_load(&ini, again, why, sizeof why), 0, "%s", why);
    cr_assert_str_eq(hs_ini_get(&ini, "upstream.y", "address"), "127.0.0.1");
    cr_assert_str_eq(hs_ini_get(&ini, "upstream.y", "port"), "4711");
    cr_assert_str_eq(hs_ini_get(&ini, "upstream.y", "authority_pubkey"), "9key");
    cr_assert_null(hs_ini_get(&ini, "upstream.x", "authority_pubkey"));
    cr_assert_str_eq(hs_ini_get(&ini, "upstream.x", "port"), "3333");
    hs_ini_free(&ini);
    hs_e2e_config_free(&config);
    options.pools = 3;
    cr_assert_eq(hs_e2e_config_load(&config, &options, why, sizeof why), -1);
    cr_assert_not_null(strstr(why, "the configuration has 2 enabled pools"), "%s", why);
    hs_e2e_config_free(&config);
    (void)unlink(again);
    (void)unlink(options.config);
}

Test(e2e_config, one_pool_is_no_split)
{
    memset(&options, 0, sizeof options);
    options.config = file_with("[upstream.x]\naddress = a\nport = 1\npercentage = 100\n");
    cr_assert_eq(hs_e2e_config_load(&config, &options, why, sizeof why), -1);
    cr_assert_not_null(strstr(why, "a split needs two"), "%s", why);
    hs_e2e_config_free(&config);
    (void)unlink(options.config);
}

/* Every command line that is made is one that the commands take. */
Test(e2e_args, pools_take_their_command_lines)
{
    static hs_e2e_args args;
    static hs_pool_options pool;
    uint64_t first_tip = 0;
    cr_assert_eq(read_line("--one-tip"), 0);
    for (int one_tip = 0; one_tip < 2; one_tip++) {
        options.one_tip = one_tip;
        for (uint32_t i = 0; i < HS_E2E_POOLS_MAX; i++) {
            hs_e2e_pool_args(&args, &options, i, "pool_of_a_rather_long_name", "out.json");
            cr_assert_not(args.full);
            cr_assert_eq(
                hs_options_read(&HS_POOL_COMMAND, &pool, args.count, args.argv, why, sizeof why), 0,
                "%s", why);
            cr_assert_eq(pool.prefix.byte[0], 0xa0 + i, "spaces of their own");
            first_tip = i == 0 ? pool.one_tip_seed : first_tip;
            cr_assert_eq(pool.one_tip, one_tip || i < 2);
            cr_assert(!pool.one_tip || pool.one_tip_seed == first_tip);
        }
    }
}

Test(e2e_args, miners_take_theirs_and_are_all_there)
{
    static hs_e2e_args args;
    static hs_miner_options dev;
    static const char *const LINES[] = {"--miners 24", "--miners 24 --ignore-prefix 8",
                                        "--miners 1", "--miners 3 --ignore-prefix 3",
                                        "--miners 200"};
    for (size_t l = 0; l < sizeof LINES / sizeof LINES[0]; l++) {
        uint32_t all = 0;
        uint32_t extended = 0;
        uint32_t deaf = 0;
        cr_assert_eq(read_line(LINES[l]), 0, "%s", why);
        for (uint32_t g = 0; g < hs_e2e_group_count(&options); g++) {
            const uint32_t count = hs_e2e_miner_args(&args, &options, g, 4711, "out.json");
            if (count == 0) {
                continue;
            }
            cr_assert_not(args.full);
            cr_assert_eq(
                hs_options_read(&HS_MINER_COMMAND, &dev, args.count, args.argv, why, sizeof why), 0,
                "%s", why);
            cr_assert_eq(dev.count, count);
            cr_assert_eq(dev.first, all + 1, "names go on");
            cr_assert_geq(dev.rate_count, count < 64 ? count : 64, "a rate each");
            for (uint32_t i = 0; i < count; i++) {
                extended += hs_miner_is_extended(&dev, i) != 0;
            }
            deaf += dev.ignore_prefix ? count : 0;
            all += count;
        }
        cr_assert_eq(all, options.miners, "%s: %u", LINES[l], all);
        cr_assert_eq(deaf, options.ignore_prefix);
        cr_assert_geq(2 * extended, all, "%s: half of them", LINES[l]);
    }
}

Test(e2e_args, what_finds_no_place_is_said)
{
    static hs_e2e_args args;
    hs_e2e_args_start(&args, "miner");
    for (int i = 0; i < HS_E2E_WORDS_MAX; i++) {
        hs_e2e_args_add(&args, "word");
    }
    cr_assert(args.full);
    cr_assert_null(args.argv[args.count]);
}
