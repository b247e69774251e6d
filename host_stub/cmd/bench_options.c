/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/cmd/bench_options.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/text.h"
#include "host_stub/bench/jobs.h"

const char HS_BENCH_USAGE[] =
    "usage: host_stub bench control [options]\n"
    "\n"
    "Runs policies on simulated farms, all on the same shares, and prints for each scenario the\n"
    "error of the last hour (points, mean over the seeds) @ moves per channel and day, beside "
    "what\n"
    "luck alone and whole miners make unavoidable.\n"
    "\n"
    "  --seeds N|LIST     N = 1 to N (default 2); a list has a comma: 301,302, or 301, for one\n"
    "  --scenarios LIST   names of tests/sim or paths; default: those that have limits\n"
    "  --plugins LIST     names beside this program, or paths; default:\n"
    "                     hashmux,count_pid,static_hashrate\n"
    "  --presets LIST     tuning models given to hashmux; default: aggressive,balanced,\n"
    "                     conservative,proportional_only. Other plugins run once\n"
    "  --set S.KEY=VALUE  one more key of every run's configuration; may be repeated\n"
    "  --hours H          default: each scenario's\n"
    "  --random N         random fleets 1 to N instead of scenarios, each with its number as "
    "seed;\n"
    "                     only hashmux unless --plugins says more\n"
    "  --json FILE        one line of JSON per run; - = to standard output instead of the table\n"
    "  --report FILE.html the same as a page to look at\n"
    "  --jobs N           runs at a time; default: the number of processors\n"
    "  --check            compare with the limits; status 1 and a line for each that is exceeded\n"
    "  --quiet            no table and no progress\n"
    "\n"
    "Status: 0 done, 1 a limit is exceeded, a run failed or broke the contract, 2 the command "
    "line\n"
    "or a file is wrong.\n";

static const char DEFAULT_SCENARIOS[] =
    "homo100,hetero200,highrate,lowrate,big5000,churn674,small20,nine,three,pair,solo1,"
    "wrongnominal,derate,rackdrop,racksilent,targetchange,drain,outage,alldown,flap,gray,reject15,"
    "infeasible,hiddencap";
static const char DEFAULT_PLUGINS[] = "hashmux,count_pid,static_hashrate";
static const char DEFAULT_PRESETS[] = "aggressive,balanced,conservative,proportional_only";

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

static int read_seeds(hs_bench_options *o, const char *value, char *why, size_t capacity)
{
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

static int read_count(const char *option, const char *value, uint32_t most, uint32_t *out,
                      char *why, size_t capacity)
{
    uint64_t n = 0;
    if (hs_parse_whole(value, &n) != 0 || n < 1 || n > most) {
        return hs_refuse(why, capacity, "%s takes a whole number from 1 to %u, not '%s'", option,
                         (unsigned)most, value);
    }
    *out = (uint32_t)n;
    return 0;
}

static int read_presets(hs_bench_options *o, const char *value, char *why, size_t capacity)
{
    if (split(value, "--presets", o->presets, &o->preset_count, why, capacity) != 0) {
        return -1;
    }
    for (uint32_t i = 0; i < o->preset_count; i++) {
        if (strlen(o->presets[i]) > 31) {
            return hs_refuse(why, capacity, "there is no tuning model '%s'", o->presets[i]);
        }
    }
    return 0;
}

static int take(hs_bench_options *o, const char *name, const char *value, char *why,
                size_t capacity)
{
    double hours = 0.0;
    if (strcmp(name, "--seeds") == 0) {
        return read_seeds(o, value, why, capacity);
    }
    if (strcmp(name, "--scenarios") == 0) {
        return split(value, name, o->scenarios, &o->scenario_count, why, capacity);
    }
    if (strcmp(name, "--plugins") == 0) {
        o->plugins_given = 1;
        return split(value, name, o->plugins, &o->plugin_count, why, capacity);
    }
    if (strcmp(name, "--presets") == 0) {
        return read_presets(o, value, why, capacity);
    }
    if (strcmp(name, "--random") == 0) {
        return read_count(name, value, HS_BENCH_FLEETS_MAX, &o->fleets, why, capacity);
    }
    if (strcmp(name, "--jobs") == 0) {
        return read_count(name, value, HS_BENCH_WORKERS_MAX, &o->workers, why, capacity);
    }
    if (strcmp(name, "--hours") == 0) {
        if (hs_parse_decimal(value, &hours) != 0 || hours < 0.01 || hours > 8760.0) {
            return hs_refuse(why, capacity, "--hours takes a number from 0.01 to 8760, such as 26");
        }
        o->seconds = (uint64_t)(hours * 3600.0 + 0.5);
        return 0;
    }
    if (strcmp(name, "--json") == 0) {
        o->json = value;
    } else if (strcmp(name, "--report") == 0) {
        o->report = value;
    } else if (o->set_count == sizeof o->sets / sizeof o->sets[0]) {
        return hs_refuse(why, capacity, "--set may be given 64 times");
    } else {
        o->sets[o->set_count++] = value;
    }
    return 0;
}

static int takes_value(const char *word)
{
    static const char *const WITH_VALUE[] = {"--seeds",  "--scenarios", "--plugins", "--presets",
                                             "--random", "--jobs",      "--hours",   "--json",
                                             "--report", "--set"};
    for (size_t i = 0; i < sizeof WITH_VALUE / sizeof WITH_VALUE[0]; i++) {
        if (strcmp(word, WITH_VALUE[i]) == 0) {
            return 1;
        }
    }
    return 0;
}

/* What nobody gave. */
static int fill_defaults(hs_bench_options *o, char *why, size_t capacity)
{
    const char *const plugins = o->fleets > 0 ? "hashmux" : DEFAULT_PLUGINS;
    if (o->fleets > 0 && o->scenario_count > 0) {
        return hs_refuse(why, capacity, "--random and --scenarios exclude each other");
    }
    if (o->fleets > 0 && o->seed_count > 0) {
        return hs_refuse(why, capacity,
                         "--random and --seeds exclude each other: each fleet has its own seed");
    }
    if (o->seed_count == 0 && read_seeds(o, o->fleets > 0 ? "1" : "2", why, capacity) != 0) {
        return -1;
    }
    if (o->fleets == 0 && o->scenario_count == 0 &&
        split(DEFAULT_SCENARIOS, "--scenarios", o->scenarios, &o->scenario_count, why, capacity) !=
            0) {
        return -1;
    }
    if (o->plugin_count == 0 &&
        split(plugins, "--plugins", o->plugins, &o->plugin_count, why, capacity) != 0) {
        return -1;
    }
    return o->preset_count > 0 ? 0 : read_presets(o, DEFAULT_PRESETS, why, capacity);
}

int hs_bench_options_read(hs_bench_options *options, int argc, char **argv, char *why,
                          size_t capacity)
{
    memset(options, 0, sizeof *options);
    for (int i = 1; i < argc; i++) {
        const char *const word = argv[i];
        if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
            options->help = 1;
            return 0;
        }
        if (strcmp(word, "--check") == 0) {
            options->check = 1;
        } else if (strcmp(word, "--quiet") == 0) {
            options->quiet = 1;
        } else if (!takes_value(word)) {
            return hs_refuse(why, capacity, "there is no option '%s'; --help lists them", word);
        } else if (i + 1 == argc) {
            return hs_refuse(why, capacity, "%s needs a value", word);
        } else if (take(options, word, argv[++i], why, capacity) != 0) {
            return -1;
        }
    }
    return fill_defaults(options, why, capacity);
}

void hs_bench_options_free(hs_bench_options *options)
{
    for (uint32_t i = 0; i < HS_BENCH_NAMES_MAX; i++) {
        free(options->scenarios[i]);
        free(options->plugins[i]);
        free(options->presets[i]);
    }
    memset(options, 0, sizeof *options);
}
