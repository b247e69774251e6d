/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/miner/options: what the command line of the mining devices means, and what it refuses. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "host_stub/live/miner/options.h"

static hs_miner_options options;
static char why[512];

/* The words of `line`, split at blanks. */
static int read_line(const char *line)
{
    static char text[1024];
    char *argv[40] = {(char *)"miner"};
    int argc = 1;
    (void)snprintf(text, sizeof text, "%s", line);
    for (char *word = strtok(text, " "); word != NULL && argc < 39; word = strtok(NULL, " ")) {
        argv[argc++] = word;
    }
    why[0] = '\0';
    return hs_options_read(&HS_MINER_COMMAND, &options, argc, argv, why, sizeof why);
}

static void refuses(const char *line, const char *words)
{
    cr_expect_eq(read_line(line), -1, "'%s' was taken", line);
    cr_expect_not_null(strstr(why, words), "'%s' was refused with: %s", line, why);
}

Test(miner_options, takes_what_it_documents)
{
    cr_assert_eq(read_line("--connect 127.0.0.1:3333 --kind mixed --rate 1000,2500.5 --nominal 7 "
                           "--name farm --first 4 --count 3 --per-connection 2 --seed 9 "
                           "--ignore-prefix --roll-version --reconnect-every 2.5 --rate-change "
                           "10:0.5 --tell-rate --seconds 30 --min-extranonce 6 --least-hashes 64 "
                           "--json out.json"),
                 0, "%s", why);
    cr_assert_str_eq(options.host, "127.0.0.1");
    cr_assert_eq(options.port, 3333);
    cr_assert(hs_miner_is_extended(&options, 0) && !hs_miner_is_extended(&options, 1));
    cr_assert_float_eq(hs_miner_rate_of(&options, 1), 2500.5, 0.0);
    cr_assert_float_eq(hs_miner_rate_of(&options, 2), 1000.0, 0.0);
    cr_assert_float_eq(hs_miner_nominal_of(&options, 2), 7.0, 0.0);
    cr_assert(options.first == 4 && options.count == 3 && options.per_connection == 2);
    cr_assert(options.ignore_prefix && options.roll_version && options.tell_rate);
    cr_assert_eq(options.reconnect_ms, 2500u);
    cr_assert_eq(options.changes[0].at_ms, 10000u);
    cr_assert_float_eq(options.changes[0].factor, 0.5, 0.0);
    cr_assert_eq(options.run_ms, 30000u);
    cr_assert_eq(options.min_extranonce, 6u);
    cr_assert_float_eq(options.least_hashes, 64.0, 0.0);
    cr_assert_str_eq(options.json, "out.json");
}

Test(miner_options, has_defaults)
{
    cr_assert_eq(read_line("--connect [::1]:9"), 0, "%s", why);
    cr_assert_str_eq(options.host, "::1");
    cr_assert(hs_miner_is_extended(&options, 0));
    cr_assert_float_eq(hs_miner_rate_of(&options, 5), 1000.0, 0.0);
    cr_assert_float_eq(hs_miner_nominal_of(&options, 5), 1000.0, 0.0);
    cr_assert_str_eq(options.name, "miner");
    cr_assert_not(options.noise);
}

Test(miner_options, speaks_noise_with_anybody_or_with_whom_it_knows)
{
    cr_assert_eq(read_line("--connect [::1]:9 --noise any"), 0, "%s", why);
    cr_assert(options.noise && !options.has_authority);
    cr_assert_eq(read_line("--connect [::1]:9 --noise "
                           "9auqWEzQDVyd2oe1JVGFLMLHZtCo2FFqZwtKA5gd9xbuEu7PH72"),
                 0, "%s", why);
    cr_assert(options.noise && options.has_authority);
    cr_assert_eq(options.authority[0], 0x24);
    refuses("--connect [::1]:9 --noise 9auqWEzQ", "--noise takes an authority key (51 characters "
                                                  "that begin with 9), or any; this one fails its "
                                                  "checksum");
}

Test(miner_options, refuses_with_a_sentence)
{
    refuses("", "--connect HOST:PORT is needed");
    refuses("--connect", "needs a value");
    refuses("--connect nowhere", "takes HOST:PORT");
    refuses("--connect a:0", "takes HOST:PORT");
    refuses("--connect :70", "takes HOST:PORT");
    refuses("--connect a:65536", "takes HOST:PORT");
    refuses("--fast", "there is no option '--fast'");
    refuses("--kind both", "takes one of: standard extended mixed; not 'both'");
    refuses("--rate 1,,2", "--rate takes a number");
    refuses("--rate -1", "--rate takes a number");
    refuses("--rate 1e5", "--rate takes a number");
    refuses("--count 0", "--count takes a whole number from 1");
    refuses("--rate-change 5", "SECONDS:FACTOR");
    refuses("--rate-change x:2", "SECONDS:FACTOR");
    refuses("--name \x01", "printable");
    refuses("--connect a:1 --rate 5 --shares-per-minute 5", "exclude each other");
    cr_assert_eq(read_line("--help"), 1);
}

Test(miner_options, a_list_has_its_limit)
{
    char line[600] = "--connect a:1 --rate 1";
    for (int i = 1; i < HS_MINER_LIST_MAX; i++) {
        strcat(line, ",1");
    }
    cr_assert_eq(read_line(line), 0, "%s", why);
    cr_assert_eq(options.rate_count, (size_t)HS_MINER_LIST_MAX);
    strcat(line, ",1");
    refuses(line, "at most 64 numbers");
}
