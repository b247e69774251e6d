/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/cmd/bench_options.h"

#include <stdlib.h>
#include <string.h>

#include "host_stub/base/text.h"
#include "host_stub/bench/jobs.h"

static const char DEFAULT_SCENARIOS[] =
    "homo100,hetero200,highrate,lowrate,big5000,churn674,small20,nine,three,pair,solo1,"
    "wrongnominal,derate,rackdrop,racksilent,targetchange,drain,outage,alldown,flap,gray,reject15,"
    "infeasible,hiddencap";
static const char DEFAULT_PLUGINS[] = "hashmux,count_pid,static_hashrate";

/* Splits at commas. An empty last word is allowed: "301,". */
static int split(const char *list, const char *option, char **names, uint32_t *count, char *why,
                 size_t capacity)
{
    for (uint32_t i = 0; i < *count; i++) { /* given twice: the last holds */
        free(names[i]);
        names[i] = NULL;
    }
    *count = 0;
    for (const char *at = list; *at != '\0';) {
        const size_t len = strcspn(at, ",");
        if (len == 0 || *count == HS_BENCH_NAMES_MAX) {
            return hs_refuse(why, capacity, "%s takes 1 to %d names with commas between, not '%s'",
                             option, (int)HS_BENCH_NAMES_MAX, list);
        }
        char *const name = strndup(at, len);
        if (name == NULL) {
            return hs_refuse(why, capacity, "out of memory");
        }
        names[(*count)++] = name;
        at += len + (at[len] == ',');
    }
    return *count > 0 ? 0 : hs_refuse(why, capacity, "%s needs at least one name", option);
}

static int read_seeds(const hs_option *option, void *options, const char *value, char *why,
                      size_t capacity)
{
    hs_bench_options *const o = options;
    (void)option;
    char word[32];
    o->seed_count = 0;
    for (const char *at = value; *at != '\0';) {
        const size_t len = strcspn(at, ",");
        uint64_t seed = 0;
        if (len < sizeof word) {
            memcpy(word, at, len);
            word[len] = '\0';
        }
        if (len == 0 || len >= sizeof word || hs_parse_whole(word, &seed) != 0 ||
            seed > INT64_MAX || o->seed_count == HS_BENCH_SEEDS_MAX) {
            return hs_refuse(why, capacity,
                             "--seeds takes a number of seeds, 8 (1 to 8), or a list with a comma, "
                             "301,302 or 301, and at most %d of them; not '%s'",
                             (int)HS_BENCH_SEEDS_MAX, value);
        }
        o->seeds[o->seed_count++] = seed;
        at += len + (at[len] == ',');
    }
    if (strchr(value, ',') != NULL) {
        return 0;
    }
    const uint64_t n = o->seed_count == 1 ? o->seeds[0] : 0;
    if (n < 1 || n > HS_BENCH_SEEDS_MAX) {
        return hs_refuse(why, capacity,
                         "--seeds without a comma is how many, 1 to %d; not '%s' (for the one seed "
                         "%s say '%s,')",
                         (int)HS_BENCH_SEEDS_MAX, value, value, value);
    }
    for (uint32_t i = 0; i < n; i++) {
        o->seeds[i] = i + 1;
    }
    o->seed_count = (uint32_t)n;
    return 0;
}

static int read_scenarios(const hs_option *option, void *options, const char *value, char *why,
                          size_t capacity)
{
    hs_bench_options *const o = options;
    return split(value, option->name, o->scenarios, &o->scenario_count, why, capacity);
}

static int read_plugins(const hs_option *option, void *options, const char *value, char *why,
                        size_t capacity)
{
    hs_bench_options *const o = options;
    return split(value, option->name, o->plugins, &o->plugin_count, why, capacity);
}

static int read_presets(const hs_option *option, void *options, const char *value, char *why,
                        size_t capacity)
{
    hs_bench_options *const o = options;
    if (split(value, option->name, o->presets, &o->preset_count, why, capacity) != 0) {
        return -1;
    }
    for (uint32_t i = 0; i < o->preset_count; i++) {
        if (strlen(o->presets[i]) > 31) {
            return hs_refuse(why, capacity, "there is no tuning model '%s'", o->presets[i]);
        }
    }
    return 0;
}

#define AT(member) HS_AT(hs_bench_options, member)
static const hs_option OPTIONS[] = {
    HS_OTHER("--seeds", "N|LIST", AT(seeds), read_seeds, NULL,
             "N = 1 to N (default 2); a list has a comma: 301,302, or 301, for one",
             .excludes = "--random"),
    HS_OTHER("--scenarios", "LIST", AT(scenarios), read_scenarios, NULL,
             "names of tests/sim or paths; default: those that have limits",
             .excludes = "--random"),
    HS_STRING(INPUT, "--world", "NAME|FILE", AT(world),
              "how pools, host and miners behave where a scenario does not say: kind, field of the "
              "folder tests/sim/world, or a path; default: kind, of which the limits are. With "
              "--check another one is compared with kind, which is run beside it",
              .excludes = "--random"),
    HS_OTHER("--plugins", "LIST", AT(plugins), read_plugins, NULL,
             "names beside this program, or paths; default: hashmux,count_pid,static_hashrate",
             .given = offsetof(hs_bench_options, plugins_given)),
    HS_OTHER("--presets", "LIST", AT(presets), read_presets,
             "aggressive,balanced,conservative,proportional_only",
             "tuning models given to hashmux. Other plugins run once",
             .given = offsetof(hs_bench_options, presets_given)),
    HS_STRING(TEXTS, "--set", "S.KEY=VALUE", AT(sets), "one more key of every run's configuration"),
    HS_SCALED("--hours", "H", AT(seconds), 3600.0, 0.01, 8760.0, NULL, "default: each scenario's"),
    HS_WHOLE("--random", "N", AT(fleets), 1, HS_BENCH_FLEETS_MAX, NULL,
             "random fleets 1 to N instead of scenarios, each with its number as seed; only "
             "hashmux unless --plugins says more"),
    HS_NUMBER("--shares", "R", AT(shares), 0.01, 600.0, "6",
              "shares of each miner of a random fleet, a minute", .excludes = "--scenarios"),
    HS_FLAG("--reality", AT(reality),
            "instead of scenarios the table of what real farms do: each row over values from mild "
            "to absurd, its worst value beside what must hold; 3 seeds, balanced",
            .excludes = "--scenarios"),
    HS_WHOLE("--keys", "N", AT(pairs), 0, HS_BENCH_PAIRS_MAX, NULL,
             "instead of scenarios every key of [controller] and [failover] at its least, its "
             "greatest, its usual value and two between, alone and in N random pairs, on nine and "
             "homo20; with a point of error and many moves as limits",
             .given = offsetof(hs_bench_options, keys), .excludes = "--scenarios"),
    HS_STRING(REST, "ROW", NULL, AT(rows),
              "only these rows of --reality: B1 is all that begin with B1, 'B1 left' is one; or of "
              "--keys only the keys alone whose name has one of these words in it"),
    HS_STRING(OUTPUT, "--json", "FILE", AT(json),
              "one line of JSON per run; - = to standard output instead of the table"),
    HS_STRING(OUTPUT, "--report", "FILE.html", AT(report), "the same as a page to look at"),
    HS_WHOLE("--jobs", "N", AT(workers), 1, HS_BENCH_WORKERS_MAX, NULL,
             "runs at a time; default: the number of processors"),
    HS_FLAG("--check", AT(check),
            "compare with the limits; status 1 and a line for each that is exceeded"),
    HS_FLAG("--quiet", AT(quiet), "no table and no progress"),
};

int hs_bench_other_world(const hs_bench_options *options)
{
    return options->world != NULL && strcmp(options->world, "kind") != 0;
}

/* Whose results the limits are about, when all are not shown for themselves. */
static const char *default_plugins(const hs_bench_options *o)
{
    const int only_one =
        o->fleets > 0 || o->reality || o->keys || (o->check && hs_bench_other_world(o));
    return only_one ? "hashmux" : DEFAULT_PLUGINS;
}

/* What nobody gave. */
static int fill_defaults(void *options, char *why, size_t capacity)
{
    hs_bench_options *const o = options;
    const char *const seeds = o->reality ? "3" : o->fleets > 0 || o->keys ? "1" : "2";
    if (o->keys && (o->fleets > 0 || o->report != NULL || o->reality || o->sets.count > 0)) {
        return hs_refuse(why, capacity,
                         "--keys has farms and keys of its own: no --random, --reality, --report "
                         "or --set");
    }
    if (o->reality && (o->fleets > 0 || o->world != NULL || o->report != NULL)) {
        return hs_refuse(why, capacity,
                         "--reality has farms of its own: no --random, --world or --report");
    }
    if (o->rows.count > 0 && !o->reality && !o->keys) {
        return hs_refuse(why, capacity, "'%s' is a row of --reality, which is not given",
                         o->rows.at[0]);
    }
    if (o->seed_count == 0 && read_seeds(NULL, o, seeds, why, capacity) != 0) {
        return -1;
    }
    if (o->fleets == 0 && o->scenario_count == 0 &&
        split(DEFAULT_SCENARIOS, "--scenarios", o->scenarios, &o->scenario_count, why, capacity) !=
            0) {
        return -1;
    }
    return o->plugin_count > 0 ? 0
                               : split(default_plugins(o), "--plugins", o->plugins,
                                       &o->plugin_count, why, capacity);
}

static void release(void *options)
{
    hs_bench_options *const o = options;
    for (uint32_t i = 0; i < HS_BENCH_NAMES_MAX; i++) {
        free(o->scenarios[i]);
        free(o->plugins[i]);
        free(o->presets[i]);
    }
}

const hs_command HS_BENCH_CONTROL_COMMAND = {
    .name = "bench control",
    .title = "error and moves of policies, on simulated farms",
    .about =
        "Runs policies on simulated farms, all on the same shares, and prints for each "
        "scenario the error of the last hour (points, mean over the seeds) @ moves per channel "
        "and day, beside what luck alone and whole miners make unavoidable.",
    .no = "a limit is exceeded, a run failed or broke the contract",
    .options = OPTIONS,
    .count = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(hs_bench_options),
    .settle = fill_defaults,
    .release = release,
};
