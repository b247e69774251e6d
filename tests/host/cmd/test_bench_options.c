/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "host_stub/cmd/bench_options.h"

static char why[512];

static int read_words(hs_bench_options *o, int argc, const char *const *argv)
{
    static char words[16][128];
    char *copies[16];
    for (int i = 0; i < argc; i++) {
        strncpy(words[i], argv[i], sizeof words[i] - 1);
        copies[i] = words[i];
    }
    why[0] = '\0';
    return hs_options_read(&HS_BENCH_CONTROL_COMMAND, o, argc, copies, why, sizeof why);
}

#define READ(o, ...)                                                                               \
    read_words(o, (int)(sizeof((const char *[]){"control", __VA_ARGS__}) / sizeof(char *)),        \
               (const char *[]){"control", __VA_ARGS__})

static void expect_seeds(const char *value, uint32_t count, uint64_t first, uint64_t last)
{
    hs_bench_options o;
    cr_expect_eq(READ(&o, "--seeds", value), 0, "'%s': %s", value, why);
    cr_assert_eq(o.seed_count, count, "'%s' is %u seeds", value, o.seed_count);
    cr_expect_eq(o.seeds[0], first);
    cr_expect_eq(o.seeds[count - 1], last);
    HS_BENCH_CONTROL_COMMAND.release(&o);
}

Test(bench_options, a_number_is_how_many_and_a_list_has_a_comma)
{
    expect_seeds("8", 8, 1, 8);
    expect_seeds("1", 1, 1, 1);
    expect_seeds("301,302", 2, 301, 302);
    expect_seeds("301,", 1, 301, 301);
    expect_seeds("7,0,7", 3, 7, 7);
}

Test(bench_options, defaults_are_everything_with_limits)
{
    hs_bench_options o;
    cr_assert_eq(READ(&o, "--check"), 0, "%s", why);
    cr_expect_eq(o.check, 1);
    cr_expect_eq(o.scenario_count, 24);
    cr_expect_eq(o.plugin_count, 3);
    cr_expect_eq(o.preset_count, 4);
    cr_expect_eq(o.seed_count, 2);
    cr_expect_eq(o.plugins_given, 0);
    HS_BENCH_CONTROL_COMMAND.release(&o);
    cr_assert_eq(READ(&o, "--random", "200"), 0, "%s", why);
    cr_expect_eq(o.fleets, 200);
    cr_expect_eq(o.scenario_count, 0);
    cr_expect_eq(o.plugin_count, 1);
    cr_expect_str_eq(o.plugins[0], "hashmux");
    HS_BENCH_CONTROL_COMMAND.release(&o);
}

Test(bench_options, the_last_of_two_lists_holds)
{
    hs_bench_options o;
    cr_assert_eq(READ(&o, "--scenarios", "a,b,c", "--scenarios", "d,", "--hours", "1.5"), 0, "%s",
                 why);
    cr_expect_eq(o.scenario_count, 1);
    cr_expect_str_eq(o.scenarios[0], "d");
    cr_expect_eq(o.seconds, 5400);
    HS_BENCH_CONTROL_COMMAND.release(&o);
}

static void expect_refused(const char *option, const char *value, const char *sentence)
{
    hs_bench_options o;
    cr_expect_neq(READ(&o, option, value), 0, "%s '%s' was taken", option, value);
    cr_expect_not_null(strstr(why, sentence), "%s '%s': no '%s' in '%s'", option, value, sentence,
                       why);
    HS_BENCH_CONTROL_COMMAND.release(&o);
}

Test(bench_options, what_is_wrong_is_refused_with_what_is_allowed)
{
    hs_bench_options o;
    expect_refused("--seeds", "0", "how many, 1 to 1000");
    expect_refused("--seeds", "301x", "not '301x'");
    expect_refused("--seeds", "5000", "for the one seed 5000 say '5000,'");
    expect_refused("--seeds", ",", "--seeds");
    expect_refused("--seeds", "", "--seeds");
    expect_refused("--seeds", "1,,2", "--seeds");
    expect_refused("--scenarios", "", "at least one name");
    expect_refused("--plugins", "a,,b", "with commas between");
    expect_refused("--presets", "an_extraordinarily_long_name_of_a_model", "no tuning model");
    expect_refused("--jobs", "0", "1 to 256");
    expect_refused("--random", "-1", "1 to 10000");
    expect_refused("--hours", "1e3", "0.01 to 8760");
    expect_refused("--sedes", "8", "no option '--sedes'");
    cr_expect_neq(READ(&o, "--json"), 0);
    cr_expect_not_null(strstr(why, "needs a value"), "%s", why);
    HS_BENCH_CONTROL_COMMAND.release(&o);
    cr_expect_neq(READ(&o, "--random", "2", "--scenarios", "nine"), 0);
    cr_expect_not_null(strstr(why, "exclude each other"), "%s", why);
    HS_BENCH_CONTROL_COMMAND.release(&o);
    cr_expect_neq(READ(&o, "--random", "2", "--seeds", "8"), 0);
    cr_expect_not_null(strstr(why, "exclude each other"), "%s", why);
    HS_BENCH_CONTROL_COMMAND.release(&o);
}
