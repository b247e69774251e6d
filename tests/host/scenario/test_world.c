/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A world under a scenario: what it changes, and that what the scenario says stays. */
#include <dirent.h>
#include <unistd.h>

#include "tests/host/sim/test_run.h"

#define FIELD HMX_TEST_DATA "/sim/world/field.ini"

static char dir[64];
static char why[512];

static void begin(void)
{
    snprintf(dir, sizeof dir, "/tmp/hmx_sim_world_XXXXXX");
    cr_assert_not_null(mkdtemp(dir));
}

static void end(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    cr_assert_eq(system(command), 0);
}

TestSuite(sim_world, .init = begin, .fini = end);

static const char *write_file(const char *name, const char *text)
{
    static char paths[2][128];
    char *const path = paths[strcmp(name, "w.ini") == 0];
    snprintf(path, sizeof paths[0], "%s/%s", dir, name);
    FILE *const to = fopen(path, "w");
    cr_assert_not_null(to);
    fputs(text, to);
    cr_assert_eq(fclose(to), 0);
    return path;
}

static int load(hs_scenario *s, const char *scenario, const char *world)
{
    why[0] = '\0';
    const char *const world_path = write_file("w.ini", world);
    return hs_scenario_load_in(s, write_file("s.ini", scenario), world_path, why, sizeof why);
}

#define FARM "[farm]\nlist = 3x100\n"

Test(sim_world, it_is_what_the_scenario_does_not_say)
{
    hs_scenario s;
    cr_assert_eq(load(&s,
                      FARM "drift_pct = 7\n[pool.a]\ntarget = 40\n[pool.b]\ntarget = 30\n"
                           "accept = 72\n[pool.c]\ntarget = 20\n[pool.d]\ntarget = 10\n",
                      "[pool.2]\nack_interval = 10min\nlatency = 0s\n"
                      "[farm]\ndrift_pct = 3\nhost_delay = 2s\n"
                      "[pool]\naccept = 99\nlatency = 2s\n[pool.3]\nack_shares = 10\n"),
                 0, "%s", why);
    cr_assert_str_eq(s.world, "w");
    cr_assert_eq(s.farm.drift_pct, 7.0);
    cr_assert_eq(s.farm.host_delay_secs, 2);
    cr_assert_eq(s.farm.miners, 3);
    cr_assert(s.pools[0].accept_pct == 99.0 && s.pools[1].accept_pct == 72.0);
    cr_assert(s.pools[0].ack_secs == 5 && s.pools[0].latency_secs == 2);
    cr_assert(s.pools[1].ack_secs == 600 && s.pools[1].latency_secs == 0);
    cr_assert(s.pools[2].ack_secs == 0 && s.pools[2].ack_shares == 10);
    cr_assert(s.pools[3].ack_secs == 5 && s.pools[3].ack_shares == 0, "the first again");
    cr_assert(s.pools[3].priority == 4 && s.pools[3].target_pct == 10.0);
    hs_scenario_free(&s);
}

static void expect_refusal(const char *world, const char *sentence)
{
    hs_scenario s;
    cr_assert_eq(load(&s, FARM "[pool.a]\ntarget = 100\n", world), -1, "accepted: %s", world);
    cr_assert_neq(strstr(why, sentence), NULL, "'%s' is not in '%s'", sentence, why);
    cr_assert_null(s.events);
}

Test(sim_world, refusals)
{
    expect_refusal("[farm]\ncount = 3\n", "w.ini:2: [farm] count: '3': is a scenario's own");
    expect_refusal("[pool]\ntarget = 3\n", "[pool] target: '3': is a scenario's own business");
    expect_refusal("[pool.2]\npriority = 3\n", "is a scenario's own business, not a world's");
    expect_refusal("[pool.0]\naccept = 99\n", "[pool.1] to [pool.16]");
    expect_refusal("[pool.17]\naccept = 99\n", "[pool.1] to [pool.16]");
    expect_refusal("[pool.a]\naccept = 99\n", "[pool.1] to [pool.16]");
    expect_refusal("[event.e]\nkind = return\n", "a world has [farm], [pool] for all pools");
    expect_refusal("[pool]\naccept = 101\n", "per cent from 0 to 100");
    expect_refusal("[pool.2]\ncolour = red\n", "there is no such key; [pool.<id>] has target");
    expect_refusal("[farm]\ncolour = red\n", "there is no such key; [farm] has count");
}

/* Of every scenario, and they stay what they are. */
Test(sim_world, the_field_goes_under_all)
{
    DIR *const folder = opendir(HMX_TEST_DATA "/sim");
    int files = 0;
    cr_assert_not_null(folder);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        char path[1024];
        hs_scenario kind;
        hs_scenario field;
        const size_t len = strlen(entry->d_name);
        if (len < 5 || strcmp(entry->d_name + len - 4, ".ini") != 0) {
            continue;
        }
        snprintf(path, sizeof path, "%s/sim/%s", HMX_TEST_DATA, entry->d_name);
        cr_assert_eq(hs_scenario_load(&kind, path, why, sizeof why), 0, "%s", why);
        cr_assert_eq(hs_scenario_load_in(&field, path, FIELD, why, sizeof why), 0, "%s", why);
        cr_assert_str_eq(field.world, "field");
        cr_assert_str_eq(kind.world, "");
        cr_assert(field.farm.miners == kind.farm.miners && field.pool_count == kind.pool_count);
        cr_assert_eq(field.farm.host_delay_secs, 2);
        for (uint32_t i = 0; i < kind.pool_count; i++) {
            cr_assert_str_eq(field.pools[i].id, kind.pools[i].id);
            cr_assert_eq(field.pools[i].target_pct, kind.pools[i].target_pct);
            cr_assert(field.pools[i].rejects_at_once && !kind.pools[i].rejects_at_once);
        }
        hs_scenario_free(&kind);
        hs_scenario_free(&field);
        files++;
    }
    closedir(folder);
    cr_assert_gt(files, 40);
}

/* A run in it: 1 % of rejections and 0.2 % at tips, of the same shares. */
Test(sim_world, the_field_in_the_account)
{
    static hs_plugin plugin;
    const hs_load_options load_options = {
        .host_caps = HMX_CAP_KNOWN, .host_minor = HMX_ABI_MINOR, .keep_loaded = 1};
    cr_assert_eq(hs_loader_open(STATIC, &load_options, &plugin, why, sizeof why), HS_LOAD_OK);
    const hs_sim_options options = {.plugin = &plugin, .seed = 2, .seconds = 6 * H};
    hs_sim_result r[2];
    for (int i = 0; i < 2; i++) {
        hs_scenario s;
        cr_assert_eq(hs_scenario_load_in(&s, HMX_TEST_DATA "/sim/hetero200.ini",
                                         i == 1 ? FIELD : NULL, why, sizeof why),
                     0, "%s", why);
        cr_assert_eq(hs_sim_run(&s, &options, &r[i], why, sizeof why), 0, "%s", why);
        hs_scenario_free(&s);
    }
    cr_assert_eq(r[0].submitted, r[1].submitted, "the farm has the same luck");
    cr_assert_eq(r[0].rejected, 0);
    cr_assert_eq(r[1].lost, 0);
    cr_assert_float_eq(100.0 * (double)r[1].rejected / (double)r[1].submitted, 1.2, 0.1);
    char *const json = hs_sim_json(&r[1]);
    cr_assert_not_null(strstr(json, "\"world\":\"field\""));
    free(json);
    hs_sim_result_free(&r[0]);
    hs_sim_result_free(&r[1]);
    hs_loader_close(&plugin);
}
