/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host_stub/scenario/config.h"

#define SCENARIO                                                                                   \
    "[farm]\nlist = 100\n[pool.a]\ntarget = 66.666667\n[pool.b_2]\ntarget = 33.333333\n"           \
    "priority = 9\n[controller]\ntuning_model = balanced\n"

static char why[512];

static void load_scenario(hs_scenario *scenario, const char *text)
{
    cr_assert_eq(hs_scenario_parse(scenario, "x.ini", text, why, sizeof why), 0, "%s", why);
}

Test(sim_config, made_from_the_pools)
{
    hs_scenario scenario;
    hs_sim_config config;
    load_scenario(&scenario, SCENARIO);
    cr_assert_eq(hs_sim_config_build(&config, &scenario, NULL, NULL, 0, why, sizeof why), 0);
    cr_assert_str_eq(config.path, "");
    cr_assert(config.can_be_changed);
    char *const text = hs_ini_render(&config.ini);
    cr_assert_str_eq(text,
                     "[upstream.a]\naddress = pool-1.invalid\nport = 3333\n"
                     "authority_pubkey = 9bXiEd8boQVhq7WddEcERUL5tyyJVFYdU8th3HfbNXK3Yw6GRXh\n"
                     "priority = 1\npercentage = 66.666667\n"
                     "[upstream.b_2]\naddress = pool-2.invalid\nport = 3334\n"
                     "authority_pubkey = 9bXiEd8boQVhq7WddEcERUL5tyyJVFYdU8th3HfbNXK3Yw6GRXh\n"
                     "priority = 9\npercentage = 33.333333\n"
                     "[controller]\ntuning_model = balanced\n");
    free(text);
    cr_assert_eq(hs_sim_config_target(&config, "a", 12.5), 0);
    cr_assert_str_eq(hs_ini_get(&config.ini, "upstream.a", "percentage"), "12.500000");
    hs_sim_config_free(&config);
    hs_scenario_free(&scenario);
}

Test(sim_config, sets_win_over_the_scenario)
{
    const char *const sets[] = {"controller.tuning_model=aggressive", "upstream.a.port=1",
                                "controller.note=a=b.c"};
    hs_scenario scenario;
    hs_sim_config config;
    load_scenario(&scenario, SCENARIO);
    cr_assert_eq(hs_sim_config_build(&config, &scenario, "", sets, 3, why, sizeof why), 0);
    cr_assert_str_eq(hs_ini_get(&config.ini, "controller", "tuning_model"), "aggressive");
    cr_assert_str_eq(hs_ini_get(&config.ini, "upstream.a", "port"), "1");
    cr_assert_str_eq(hs_ini_get(&config.ini, "controller", "note"), "a=b.c");
    hs_sim_config_free(&config);
    static const char *const BAD[] = {"", "=", "a", "a.b", "a=b", ".a=b", "a.=b", "a=b.c"};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        cr_assert_eq(hs_sim_config_build(&config, &scenario, "", &BAD[i], 1, why, sizeof why), -1,
                     "%s", BAD[i]);
        cr_assert_not_null(strstr(why, "--set takes SECTION.KEY=VALUE"));
        cr_assert_eq(config.ini.entries, NULL);
    }
    hs_scenario_free(&scenario);
}

Test(sim_config, a_file_is_given_as_it_is_unless_it_is_changed)
{
    char path[] = "/tmp/sim_config_XXXXXX";
    const char *const sets[] = {"upstream.x.port=7"};
    hs_scenario scenario;
    hs_sim_config config;
    const int fd = mkstemp(path);
    static const char text[] = "[upstream.x]\nport = 1\n";
    cr_assert_eq(write(fd, text, sizeof text - 1), (ssize_t)sizeof text - 1);
    close(fd);
    load_scenario(&scenario, "[farm]\nlist = 100\n[scenario]\nconfig = /no/such.ini\n");
    cr_assert_eq(hs_sim_config_build(&config, &scenario, path, NULL, 0, why, sizeof why), 0);
    cr_assert_str_eq(config.path, path);
    cr_assert(config.can_be_changed);
    hs_sim_config_free(&config);
    cr_assert_eq(hs_sim_config_build(&config, &scenario, path, sets, 1, why, sizeof why), 0);
    cr_assert_str_eq(config.path, "");
    cr_assert_str_eq(hs_ini_get(&config.ini, "upstream.x", "port"), "7");
    hs_sim_config_free(&config);
    /* Whether a file is good, the plugin says: here it only cannot be changed. */
    cr_assert_eq(hs_sim_config_build(&config, &scenario, NULL, NULL, 0, why, sizeof why), 0);
    cr_assert_str_eq(config.path, "/no/such.ini");
    cr_assert_not(config.can_be_changed);
    hs_sim_config_free(&config);
    cr_assert_eq(hs_sim_config_build(&config, &scenario, NULL, sets, 1, why, sizeof why), -1);
    cr_assert_not_null(strstr(why, "/no/such.ini"));
    hs_scenario_free(&scenario);
    unlink(path);
}

/* The refusals of a plugin, in the words of whoever wrote what it refuses. */
Test(sim_config, a_line_of_the_text_is_named_as_it_was_written)
{
    static const char *const sets[] = {"controller.kp=1", "upstream.zz.port=3",
                                       "controller.kp=abc"};
    hs_scenario scenario;
    hs_sim_config config;
    load_scenario(&scenario, SCENARIO);
    cr_assert_eq(hs_sim_config_build(&config, &scenario, "", sets, 3, why, sizeof why), 0);
    unsigned line = 0;
    for (size_t i = 0; i < config.ini.count; i++) {
        const hs_ini_entry *const e = &config.ini.entries[i];
        char expected[300];
        if (i == 0 || strcmp(e->section, config.ini.entries[i - 1].section) != 0) {
            line++;
            snprintf(why, sizeof why, "no: <text>:%u: is odd", line);
            hs_sim_config_explain(&config, sets, 3, why, sizeof why);
            if (strcmp(e->section, "upstream.zz") == 0) {
                cr_expect_str_eq(why, "no: --set upstream.zz.port=3: is odd");
            } else if (strcmp(e->section, "upstream.a") == 0) {
                cr_expect_str_eq(why, "no: the configuration's [upstream.a]: is odd");
            }
        }
        line++;
        snprintf(why, sizeof why, "<text>:%u: bad\n<text>: sum", line);
        hs_sim_config_explain(&config, sets, 3, why, sizeof why);
        snprintf(expected, sizeof expected,
                 strcmp(e->key, "kp") == 0                ? "--set controller.kp=%s: bad\n%s"
                 : strcmp(e->section, "upstream.zz") == 0 ? "--set upstream.zz.port=%s: bad\n%s"
                                                          : "%s: bad\n%s",
                 e->value, "the configuration, with what --set changes: sum");
        cr_expect_not_null(strstr(why, expected), "line %u: '%s', not '%s'", line, why, expected);
    }
    cr_assert_gt(line, 10u);
    hs_sim_config_explain(&config, sets, 3, strcpy(why, "<text>:99999: x"), sizeof why);
    cr_expect_str_eq(why, "the configuration, with what --set changes: x");
    hs_sim_config_free(&config);
    hs_scenario_free(&scenario);
}
