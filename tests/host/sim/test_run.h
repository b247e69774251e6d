/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * test_run.h: runs a scenario with a plugin of the build tree, for the tests of the
 * simulator. */
#ifndef TESTS_HOST_SIM_TEST_RUN_H
#define TESTS_HOST_SIM_TEST_RUN_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/sim/report.h"
#include "host_stub/sim/run.h"

#define HASHMUX HMX_HASHMUX_SO
#define STATIC  HMX_LIB_DIR "/static.so"
#define MINIMAL HMX_LIB_DIR "/good_min.so"

#define H 3600u

/* Runs the scenario (a file of tests/sim, or text if it has a newline). Returns hs_sim_run's
 * answer. */
static inline int try_run(const char *what, const char *plugin_path, hs_sim_options *options,
                          hs_sim_result *result, char *why, size_t capacity)
{
    static hs_scenario scenario;
    static hs_plugin plugin;
    char path[2048];
    const hs_load_options load = {
        .host_caps = HMX_CAP_KNOWN, .host_minor = HMX_ABI_MINOR, .keep_loaded = 1};
    int rc = 0;
    if (strchr(what, '\n') != NULL) {
        rc = hs_scenario_parse(&scenario, "text.ini", what, why, capacity);
    } else {
        snprintf(path, sizeof path, "%s/sim/%.200s.ini", HMX_TEST_DATA, what);
        rc = hs_scenario_load(&scenario, path, why, capacity);
    }
    cr_assert_eq(rc, 0, "%s", why);
    cr_assert_eq(hs_loader_open(plugin_path, &load, &plugin, why, capacity), HS_LOAD_OK, "%s", why);
    options->plugin = &plugin;
    rc = hs_sim_run(&scenario, options, result, why, capacity);
    hs_loader_close(&plugin);
    hs_scenario_free(&scenario);
    return rc;
}

static inline void run_with(const char *what, const char *plugin, hs_sim_options *options,
                            hs_sim_result *result)
{
    char why[2048] = "";
    cr_assert_eq(try_run(what, plugin, options, result, why, sizeof why), 0, "%s", why);
    cr_assert_eq(result->guard_violations, 0);
    cr_assert_eq(result->submitted, result->accepted + result->rejected + result->lost);
}

static inline uint32_t channels_at(const hs_sim_result *r, uint64_t second, uint32_t pool)
{
    return r->channels_at[second * r->pool_count + pool];
}

/* Share of the farm's true hashrate that is placed on the pool, per cent. */
static inline double placed_pct(const hs_sim_result *r, uint64_t second, uint32_t pool)
{
    double all = 0.0;
    for (uint32_t i = 0; i < r->pool_count; i++) {
        all += r->hashrate_at[second * r->pool_count + i];
    }
    return all > 0.0 ? 100.0 * r->hashrate_at[second * r->pool_count + pool] / all : 0.0;
}

static inline uint32_t all_channels_at(const hs_sim_result *r, uint64_t second)
{
    uint32_t all = 0;
    for (uint32_t i = 0; i < r->pool_count; i++) {
        all += channels_at(r, second, i);
    }
    return all;
}

#endif
