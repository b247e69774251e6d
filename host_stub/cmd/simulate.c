/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * cmd/simulate: host_stub simulate: reads the command line, runs the scenario, prints the
 * result. */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host_stub/base/paths.h"
#include "host_stub/base/text.h"
#include "host_stub/cmd/commands.h"
#include "host_stub/report/report.h"
#include "host_stub/sim/report.h"
#include "host_stub/sim/run.h"

#if defined(__SANITIZE_ADDRESS__)
#define KEEP_LOADED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KEEP_LOADED 1
#endif
#endif
#ifndef KEEP_LOADED
#define KEEP_LOADED 0
#endif

enum { SETS_MAX = 64, LINES_MAX = 20, WHY_SIZE = 4096, PATH_SIZE = 4096 };

struct command_line {
    const char *scenario;
    const char *plugin;
    const char *config;
    const char *json;
    const char *report;
    const char *frames;
    const char *sets[SETS_MAX];
    size_t set_count;
    uint64_t seed;
    uint64_t seconds;
    int quiet;
    int help;
};

struct screen {
    int quiet;
    int is_terminal;
    unsigned log_lines;
    unsigned violation_lines;
    hs_report_watch *watch; /* with --report */
};

static const char USAGE[] =
    "usage: host_stub simulate --scenario NAME|FILE [options]\n"
    "\n"
    "Runs a plugin on a simulated farm in virtual time and tells what was delivered.\n"
    "\n"
    "  --scenario NAME    a scenario of the folder tests/sim, or the path of an INI file\n"
    "  --plugin FILE.so   default: hashmux.so beside this program\n"
    "  --config FILE.ini  the plugin's configuration; default: made from the scenario\n"
    "  --set S.KEY=VALUE  one more or another key of that configuration; may be repeated\n"
    "  --seed N           default 1: the same seed gives the same farm and the same luck\n"
    "  --hours H          default: the scenario's\n"
    "  --json FILE        one line of JSON into FILE; - = to standard output instead of the table\n"
    "  --report FILE.html the run as a page with charts, to be opened from disk\n"
    "  --frames DIR       every connection as Stratum V2 frames: DIR/conn-<n>.hex towards the\n"
    "                     miners, DIR/up-<pool>.hex towards the pools; host_stub check reads them\n"
    "  --quiet            no table, no progress, no log lines of the plugin\n"
    "\n"
    "Simulated are miners (drift, vardiff, luck) and pools (verdicts in batches, outages). Shares\n"
    "are not really sought, so those of the frames do not meet their targets. Status: 0 done,\n"
    "1 the guard found violations of the contract or the plugin was refused, 2 the command line "
    "or\n"
    "a file is wrong.\n";

static int complain(const char *what)
{
    fprintf(stderr, "host_stub simulate: %s\n", what);
    return -1;
}

/* Takes the value of a known option. 0, or -1 after a complaint. */
static int take_option(struct command_line *line, const char *name, const char *value)
{
    double hours = 0.0;
    if (strcmp(name, "--scenario") == 0) {
        line->scenario = value;
    } else if (strcmp(name, "--plugin") == 0) {
        line->plugin = value;
    } else if (strcmp(name, "--config") == 0) {
        line->config = value;
    } else if (strcmp(name, "--json") == 0) {
        line->json = value;
    } else if (strcmp(name, "--frames") == 0) {
        line->frames = value;
    } else if (strcmp(name, "--report") == 0) {
        line->report = value;
    } else if (strcmp(name, "--seed") == 0) {
        if (hs_parse_whole(value, &line->seed) != 0 || line->seed > INT64_MAX) {
            return complain("--seed takes a whole number from 0 to 9223372036854775807");
        }
    } else if (strcmp(name, "--hours") == 0) {
        if (hs_parse_decimal(value, &hours) != 0 || hours < 0.01 || hours > 8760.0) {
            return complain("--hours takes a number from 0.01 to 8760, such as 26 or 0.5");
        }
        line->seconds = (uint64_t)(hours * 3600.0 + 0.5);
    } else if (line->set_count == SETS_MAX) {
        return complain("--set may be given 64 times");
    } else {
        line->sets[line->set_count++] = value;
    }
    return 0;
}

static int read_command_line(int argc, char **argv, struct command_line *line)
{
    static const char *const WITH_VALUE[] = {"--scenario", "--plugin", "--config",
                                             "--json",     "--report", "--seed",
                                             "--hours",    "--set",    "--frames"};
    *line = (struct command_line){.seed = 1};
    for (int i = 1; i < argc; i++) {
        int known = 0;
        for (size_t k = 0; k < sizeof WITH_VALUE / sizeof WITH_VALUE[0]; k++) {
            known |= strcmp(argv[i], WITH_VALUE[k]) == 0;
        }
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            line->help = 1;
        } else if (strcmp(argv[i], "--quiet") == 0) {
            line->quiet = 1;
        } else if (!known) {
            fprintf(stderr, "host_stub simulate: there is no option '%s'; --help lists them\n",
                    argv[i]);
            return -1;
        } else if (i + 1 == argc) {
            fprintf(stderr, "host_stub simulate: %s needs a value\n", argv[i]);
            return -1;
        } else if (take_option(line, argv[i], argv[i + 1]) != 0) {
            return -1;
        } else {
            i++;
        }
    }
    if (!line->help && line->scenario == NULL) {
        return complain("say which: --scenario NAME|FILE; --help tells more");
    }
    return 0;
}

/* ---- finding things ---- */

static int is_scenario_file(const struct dirent *entry)
{
    const size_t len = strlen(entry->d_name);
    return len > 4 && strcmp(entry->d_name + len - 4, ".ini") == 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void list_scenarios(const char *dir)
{
    struct dirent **entries = NULL;
    const int n = scandir(dir, &entries, is_scenario_file, by_bytes);
    fprintf(stderr, "There are in %s:%s", dir, n > 0 ? "" : " none");
    for (int i = 0; i < n; i++) {
        fprintf(stderr, " %.*s", (int)strlen(entries[i]->d_name) - 4, entries[i]->d_name);
        free(entries[i]);
    }
    fputc('\n', stderr);
    free(entries);
}

/* A name is a file of the scenarios' folder; anything with a slash or .ini is a path. */
static int load_scenario(const char *given, hs_scenario *scenario)
{
    char dir[PATH_SIZE];
    char path[PATH_SIZE + 256];
    char why[WHY_SIZE];
    const size_t len = strlen(given);
    const int is_path =
        strchr(given, '/') != NULL || (len > 4 && strcmp(given + len - 4, ".ini") == 0);
    if (is_path) {
        snprintf(path, sizeof path, "%s", given);
    } else {
        if (hs_path_default_scenarios(dir, sizeof dir) != 0) {
            return complain("the folder of scenarios is not found; give the path of a file");
        }
        snprintf(path, sizeof path, "%s/%.200s.ini", dir, given);
        if (access(path, R_OK) != 0) {
            fprintf(stderr, "host_stub simulate: there is no scenario '%s'. ", given);
            list_scenarios(dir);
            return -1;
        }
    }
    return hs_scenario_load(scenario, path, why, sizeof why) != 0 ? complain(why) : 0;
}

static int open_plugin(const char *given, hs_plugin *plugin)
{
    char path[PATH_SIZE];
    char why[WHY_SIZE];
    const hs_load_options options = {
        .host_caps = HMX_CAP_KNOWN, .host_minor = HMX_ABI_MINOR, .keep_loaded = KEEP_LOADED};
    if (given == NULL && hs_path_default_plugin(path, sizeof path) != 0) {
        return complain("hashmux.so is not found; name a plugin with --plugin");
    }
    if (hs_loader_open(given != NULL ? given : path, &options, plugin, why, sizeof why) !=
        HS_LOAD_OK) {
        return complain(why);
    }
    return 0;
}

/* ---- while it runs ---- */

static void show_progress(void *ctx, uint64_t second, uint64_t seconds)
{
    struct screen *const screen = ctx;
    if (screen->watch != NULL) {
        hs_report_watch_minute(screen->watch, second);
    }
    /* Ten lines per simulated hour would do; a terminal wants to see it move. */
    if (!screen->quiet && screen->is_terminal && second % 600 == 0) {
        fprintf(stderr, "\rsimulating: %3" PRIu64 " %%", 100 * second / seconds);
        if (second + 600 > seconds) {
            fprintf(stderr, "\r                 \r");
        }
        fflush(stderr);
    }
}

static void watch_share(void *ctx, uint64_t second, uint64_t miner, uint32_t count,
                        double difficulty, uint32_t pool)
{
    const struct screen *const screen = ctx;
    (void)miner;
    (void)pool;
    hs_report_watch_share(screen->watch, second, count, difficulty);
}

static void show_log(void *ctx, uint64_t second, uint32_t level, const char *text, uint64_t len)
{
    static const char *const LEVELS[] = {"?", "error", "warning", "info", "debug"};
    struct screen *const screen = ctx;
    if (screen->quiet || level > HMX_LOG_WARN || screen->log_lines == LINES_MAX) {
        return;
    }
    screen->log_lines++;
    fprintf(stderr, "plugin %s at %02" PRIu64 ":%02" PRIu64 ":%02" PRIu64 ": %.*s\n",
            LEVELS[level <= 4 ? level : 0], second / 3600, second / 60 % 60, second % 60,
            len > 1000 ? 1000 : (int)len, text);
    if (screen->log_lines == LINES_MAX) {
        fprintf(stderr, "(further lines of the plugin are not shown)\n");
    }
}

static void show_violation(void *ctx, uint64_t second, enum hs_side side, const char *check,
                           const char *text)
{
    struct screen *const screen = ctx;
    if (screen->violation_lines++ < LINES_MAX) {
        fprintf(stderr, "violation by the %s, %s, at second %" PRIu64 ": %s\n",
                side == HS_SIDE_HOST ? "host" : "plugin", check, second, text);
    }
}

/* ---- the result ---- */

static int write_json(const char *path, const char *text)
{
    FILE *const to = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
    if (to == NULL) {
        return -1;
    }
    int rc = fprintf(to, "%s\n", text) < 0 ? -1 : 0;
    if ((to == stdout ? fflush(to) : fclose(to)) != 0) {
        rc = -1;
    }
    return rc;
}

static int report(const struct command_line *line, const hs_sim_result *result)
{
    int status = result->guard_violations > 0 ? 1 : 0;
    const int json_to_stdout = line->json != NULL && strcmp(line->json, "-") == 0;
    if (!line->quiet && !json_to_stdout) {
        hs_sim_print_table(stdout, result);
    }
    if (line->json != NULL) {
        char *const text = hs_sim_json(result);
        if (text == NULL || write_json(line->json, text) != 0) {
            fprintf(stderr, "host_stub simulate: %s cannot be written\n", line->json);
            status = 2;
        }
        free(text);
    }
    return status;
}

/* The page is one more output: a run whose page cannot be written ends with 2, as for --json. */
static int write_report(int argc, char **argv, const char *path, const hs_scenario *scenario,
                        hs_report_watch *watch)
{
    char why[WHY_SIZE] = "out of memory for the report";
    const hs_report_run run = {
        .scenario = scenario, .result = watch->so_far, .watch = watch, .argc = argc, .argv = argv};
    if (hs_report_watch_end(watch, scenario) != 0 ||
        hs_report_simulate(&run, path, why, sizeof why) != 0) {
        return complain(why);
    }
    return 0;
}

int hs_cmd_simulate(int argc, char **argv)
{
    struct command_line line;
    hs_scenario scenario;
    hs_plugin plugin;
    hs_sim_result result;
    hs_report_watch watch = {.so_far = NULL};
    char why[WHY_SIZE];
    int status = 2;
    if (read_command_line(argc, argv, &line) != 0) {
        return 2;
    }
    if (line.help) {
        fputs(USAGE, stdout);
        return 0;
    }
    struct screen screen = {.quiet = line.quiet, .is_terminal = isatty(STDERR_FILENO)};
    memset(&scenario, 0, sizeof scenario);
    memset(&plugin, 0, sizeof plugin);
    if (line.report != NULL && hs_report_check_path(line.report, why, sizeof why) != 0) {
        complain(why);
        goto cleanup;
    }
    if (load_scenario(line.scenario, &scenario) != 0) {
        goto cleanup;
    }
    status = 1;
    if (open_plugin(line.plugin, &plugin) != 0) {
        goto cleanup;
    }
    if (line.report != NULL) {
        hs_report_watch_begin(&watch, &result, line.seed);
        screen.watch = &watch;
    }
    const hs_sim_options options = {.plugin = &plugin,
                                    .config = line.config,
                                    .sets = line.sets,
                                    .set_count = line.set_count,
                                    .seed = line.seed,
                                    .seconds = line.seconds,
                                    .frames = line.frames,
                                    .progress = show_progress,
                                    .share = line.report != NULL ? watch_share : NULL,
                                    .log = show_log,
                                    .violation = show_violation,
                                    .ctx = &screen};
    if (hs_sim_run(&scenario, &options, &result, why, sizeof why) != 0) {
        complain(why);
        status = 2;
        goto cleanup;
    }
    status = report(&line, &result);
    if (line.report != NULL && write_report(argc, argv, line.report, &scenario, &watch) != 0) {
        status = 2;
    }
    hs_sim_result_free(&result);
cleanup:
    hs_report_watch_free(&watch);
    hs_loader_close(&plugin);
    hs_scenario_free(&scenario);
    return status;
}
