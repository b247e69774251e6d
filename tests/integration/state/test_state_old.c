/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What version 0.1.0 wrote (tests/data/0.1.0): its configuration is taken, and its state is taken
 * too, or refused with a sentence; the farm runs in both cases. */
#include <math.h>

#include "tests/integration/state/harness_state.h"

enum { MINERS = 12, HOUR = 3600 };

static it_host H;
static it_bytes state;
static char config[1 << 16];

static size_t read_old(const char *name, void *to, size_t most)
{
    char path[1024];
    snprintf(path, sizeof path, HMX_TEST_DATA "/data/0.1.0/%s", name);
    FILE *const f = fopen(path, "rb");
    cr_assert_not_null(f, "%s", path);
    const size_t len = fread(to, 1, most, f);
    fclose(f);
    cr_assert(len > 0 && len < most, "%s: %zu bytes", path, len);
    return len;
}

static void open_old(void)
{
    config[read_old("hashmux.ini", config, sizeof config)] = '\0';
    state.len = read_old("farm.state", state.data, sizeof state.data);
    it_open(&H, config);
}

/* The pools, then the miners that the old one knew, one after the other. */
static void come_back(void)
{
    char who[32];
    it_all_up(&H, 3);
    for (uint32_t i = 0; i < MINERS; i++) {
        snprintf(who, sizeof who, "farm1.rig%02u", i + 1);
        it_named(&H, who, (95 + 15 * (i % 4)) * 1e12 / IT_HASHES_PER_SHARE);
        it_run(&H, 5, 1, IT_APPLY);
    }
}

/* Of what the miners do, per cent. */
static double placed_pct(uint32_t upstream)
{
    double here = 0.0;
    double all = 0.0;
    for (uint32_t i = 0; i < H.channel_count; i++) {
        here += H.channels[i].upstream == upstream ? H.channels[i].difficulty : 0.0;
        all += H.channels[i].difficulty;
    }
    return 100.0 * here / all;
}

Test(state_old, its_configuration_is_taken_and_a_line_tells_of_auto, .init = open_old)
{
    cr_assert_not_null(strstr(H.log, "deadband_points 0.5"), "%s", H.log);
    cr_assert_not_null(strstr(H.log, "auto"), "%s", H.log);
    const hmx_snapshot s = it_snapshot(&H).s;
    cr_assert_eq(s.deadband, HMX_DEADBAND_POINTS);
    cr_assert_eq(s.deadband_points, 0.5);
    it_close(&H);
}

Test(state_old, its_state_is_taken_or_refused_with_a_sentence, .init = open_old)
{
    static const double wanted[] = {60, 30, 10};
    const size_t said = strlen(H.log);
    const hmx_status status = it_load(&H, &state);
    if (status != HMX_OK) { /* it is not known any more: then somebody is told */
        cr_assert(status == HMX_E_UNSUPPORTED || status == HMX_E_CORRUPT, "%d", (int)status);
        cr_assert_gt(strlen(H.log), said + 20, "%s", H.log);
    }
    come_back();
    it_run(&H, HOUR, 1, IT_APPLY);
    for (uint32_t i = 0; i < 3; i++) {
        cr_assert_float_eq(placed_pct(i + 1), wanted[i], 11, "pool %u has %f", i + 1,
                           placed_pct(i + 1));
        cr_assert(isfinite(it_row(&H, i + 1).integral_point_min));
    }
    it_close(&H);
}

/* One byte that is not as it was written. */
Test(state_old, what_is_broken_is_refused_and_the_farm_runs, .init = open_old)
{
    state.data[state.len / 2] ^= 1;
    const size_t said = strlen(H.log);
    cr_assert_neq(it_load(&H, &state), HMX_OK);
    cr_assert_gt(strlen(H.log), said + 20, "%s", H.log);
    come_back();
    it_run(&H, HOUR, 1, IT_APPLY);
    cr_assert_float_eq(placed_pct(IT_A), 60, 11);
    it_close(&H);
}
