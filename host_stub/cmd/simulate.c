/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * cmd/simulate: `host_stub simulate`: runs a scenario, shows how it goes, and prints the result. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "abi/hmx_access.h"
#include "abi/hmx_metrics.h"
#include "host_stub/base/output.h"
#include "host_stub/base/text.h"
#include "host_stub/cmd/commands.h"
#include "host_stub/cmd/find.h"
#include "host_stub/cmd/simulate_faults.h"
#include "host_stub/report/report.h"
#include "host_stub/sim/explain.h"
#include "host_stub/sim/report.h"
#include "host_stub/sim/run.h"

enum { LINES_MAX = 20 };

typedef struct options {
    const char *scenario;
    const char *world;
    const char *plugin;
    const char *config;
    const char *json;
    const char *report;
    const char *frames;
    const char *audit;
    const char *metrics;
    hs_texts sets;
    uint64_t seed;
    uint64_t seconds;
    uint64_t faults; /* the first seed, 0 = not given */
    uint64_t runs;
    uint32_t first;
    int twice;
    int quiet;
    int list;
    int explain;
} options;

struct screen {
    int quiet;
    int is_terminal;
    unsigned log_lines;
    unsigned violation_lines;
    hs_report_watch *watch; /* with --report */
    FILE *audit;            /* with --audit */
    const char *metrics;    /* with --metrics */
    int unwritten;          /* they are not there; metrics_why says why */
    char metrics_why[256];
    FILE *explain_to; /* with --explain */
    hs_explain explain;
    int unexplained; /* the plugin tells nothing about itself */
};

static int need_scenario(void *given, char *why, size_t capacity)
{
    const options *const o = given;
    return o->list || o->scenario != NULL || o->faults != 0
               ? 0
               : hs_refuse(why, capacity,
                           "--scenario NAME|FILE is needed; host_stub simulate "
                           "--list tells the names");
}

#define AT(member) HS_AT(options, member)
static const hs_option OPTIONS[] = {
    HS_STRING(INPUT, "--scenario", "NAME|FILE", AT(scenario),
              "a scenario of the folder tests/sim, or the path of an INI file",
              .excludes = "--list"),
    HS_STRING(INPUT, "--world", "NAME|FILE", AT(world),
              "how pools, host and miners behave where the scenario does not say: kind, field of "
              "the folder tests/sim/world, or a path; default: kind"),
    HS_FLAG("--list", AT(list), "prints the scenarios of tests/sim, name and title"),
    HS_STRING(INPUT, "--plugin", "FILE", AT(plugin), "default: hashmux.so beside this program"),
    HS_STRING(INPUT, "--config", "FILE", AT(config),
              "the plugin's configuration; default: made from the scenario"),
    HS_STRING(TEXTS, "--set", "S.KEY=VALUE", AT(sets),
              "one more or another key of that configuration"),
    HS_WHOLE("--seed", "N", AT(seed), 0, INT64_MAX, "1",
             "the same seed gives the same farm and the same luck"),
    HS_SCALED("--hours", "H", AT(seconds), 3600.0, 0.01, 8760.0, NULL, "default: the scenario's"),
    HS_STRING(OUTPUT, "--json", "FILE", AT(json),
              "one line of JSON into FILE; - = to standard output instead of the table"),
    HS_STRING(OUTPUT, "--report", "FILE.html", AT(report),
              "the run as a page with charts, to be opened from disk"),
    HS_STRING(OUTPUT_FOLDER, "--frames", "DIR", AT(frames),
              "every connection as Stratum V2 frames: DIR/conn-<n>.hex towards the miners, "
              "DIR/up-<pool>.hex towards the pools; host_stub check reads them"),
    HS_STRING(
        OUTPUT, "--audit", "FILE", AT(audit),
        "each placement, decision and outcome as a line of JSON (abi/AUDIT.md); - = to standard "
        "output instead of the table"),
    HS_STRING(OUTPUT, "--metrics", "FILE", AT(metrics),
              "the plugin's metrics at the end of the run, as Prometheus reads them"),
    HS_FLAG("--explain", AT(explain),
            "a line, before the table, whenever the plugin wants something new: who is to be "
            "moved, what is owed, and why a pool is out"),
    HS_WHOLE("--faults", "SEED", AT(faults), 1, INT64_MAX, NULL,
             "no scenario: a farm on which everything goes wrong that a host can meet; the seed "
             "chooses all of it, and what must hold is checked each second",
             .excludes = "--scenario"),
    HS_WHOLE("--runs", "N", AT(runs), 1, 1000000000, "1",
             "with --faults: this seed and those that follow"),
    HS_WHOLE("--first", "N", AT(first), 1, 1000000, NULL,
             "with --faults: the first N of the faults and no others"),
    HS_FLAG("--twice", AT(twice), "with --faults: each seed again; the plugin answers the same"),
    HS_FLAG("--quiet", AT(quiet), "no table, no progress, no log lines of the plugin"),
};

const hs_command HS_SIMULATE_COMMAND = {
    .name = "simulate",
    .title = "run a plugin on a simulated farm",
    .about =
        "Runs a plugin on a simulated farm in virtual time and tells what was delivered. Simulated "
        "are miners (drift, vardiff, luck) and pools (verdicts in batches, outages). Shares are "
        "not really sought, so those of the frames do not meet their targets.",
    .no = "the guard found violations of the contract, the plugin was refused, or with --faults "
          "something did not hold",
    .options = OPTIONS,
    .count = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(options),
    .settle = need_scenario,
};

static int is_stdout(const char *path)
{
    return path != NULL && strcmp(path, "-") == 0;
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

static void keep_audit(void *ctx, const char *json, uint64_t len)
{
    const struct screen *const screen = ctx;
    (void)fwrite(json, 1, (size_t)len, screen->audit);
    (void)fputc('\n', screen->audit);
}

static hmx_status add_text(void *ctx, const void *data, uint64_t len)
{
    return fwrite(data, 1, (size_t)len, ctx) == len ? HMX_OK : HMX_E_IO;
}

/* The plugin's own text, taken while it is alive. */
static void write_metrics(void *ctx, hs_guard *guard)
{
    struct screen *const screen = ctx;
    const hmx_metrics_v1 *const metrics = hs_guard_extension(guard, HMX_METRICS_ID);
    char *text = NULL;
    size_t len = 0;
    FILE *const memory = open_memstream(&text, &len);
    const hmx_writer writer = {.size = sizeof writer, .ctx = memory, .write = add_text};
    int rc = -1;
    if (memory == NULL) {
        (void)hs_refuse(screen->metrics_why, sizeof screen->metrics_why, "out of memory");
    } else if (metrics == NULL || !HMX_HAS(hmx_metrics_v1, metrics, write_prometheus) ||
               metrics->write_prometheus == NULL) {
        (void)hs_refuse(screen->metrics_why, sizeof screen->metrics_why,
                        "--metrics: this plugin has none to write");
    } else if (metrics->write_prometheus(hs_guard_instance(guard), &writer) < 0 ||
               fflush(memory) != 0) {
        (void)hs_refuse(screen->metrics_why, sizeof screen->metrics_why,
                        "--metrics: the plugin could not write them");
    } else {
        rc = hs_output_save(screen->metrics, text, len, screen->metrics_why,
                            sizeof screen->metrics_why);
    }
    screen->unwritten = rc != 0;
    if (memory != NULL) {
        (void)fclose(memory);
    }
    free(text);
}

static int begin_audit(struct screen *screen, const char *path, char *why, size_t capacity)
{
    if (path == NULL) {
        return 0;
    }
    screen->audit = is_stdout(path) ? stdout : fopen(path, "w");
    return screen->audit != NULL
               ? 0
               : hs_refuse(why, capacity, "%s cannot be written: %s", path, strerror(errno));
}

static int end_audit(const struct screen *screen, const char *path, char *why, size_t capacity)
{
    if (screen->audit == NULL || screen->audit == stdout) {
        return 0; /* what is printed is looked after as a whole */
    }
    const int failed = ferror(screen->audit) != 0;
    return fclose(screen->audit) == 0 && !failed
               ? 0
               : hs_refuse(why, capacity, "%s cannot be written: %s", path, strerror(errno));
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

static void explain(void *ctx, uint64_t second, hs_guard *guard)
{
    char line[HS_EXPLAIN_SIZE];
    struct screen *const screen = ctx;
    const int said = hs_explain_look(&screen->explain, guard, second, line, sizeof line);
    if (said > 0) {
        fprintf(screen->explain_to, "%s\n", line);
    } else if (said < 0 && !screen->unexplained) {
        screen->unexplained = 1;
        fprintf(stderr, "--explain: this plugin has no %s\n", HMX_METRICS_ID);
    }
}

/* ---- the result ---- */

/* The run as a table, a line of JSON and a page. 0, or -1 when one cannot be written. */
static int tell(const hs_call *call, const hs_scenario *scenario, const hs_sim_result *result,
                hs_report_watch *watch, char *why, size_t capacity)
{
    const options *const o = call->options;
    if (!o->quiet && !is_stdout(o->json) && !is_stdout(o->audit) && !is_stdout(o->metrics)) {
        hs_sim_print_table(stdout, result);
    }
    if (o->json != NULL && hs_output_save_text(o->json, hs_sim_json(result), why, capacity) != 0) {
        return -1;
    }
    if (o->report == NULL) {
        return 0;
    }
    const hs_report_run run = {.scenario = scenario,
                               .result = result,
                               .watch = watch,
                               .argc = call->argc,
                               .argv = call->argv};
    return hs_report_watch_end(watch, scenario) != 0
               ? hs_refuse(why, capacity, "out of memory for the report")
               : hs_report_simulate(&run, o->report, why, capacity);
}

/* ---- which scenarios there are ---- */

static void print_title(void *ctx, const char *name)
{
    static hs_scenario scenario;
    hs_call *const call = ctx;
    if (call->why[0] == '\0' &&
        hs_find_scenario(name, NULL, &scenario, call->why, sizeof call->why) == 0) {
        printf("%-14s %s\n", name, scenario.title);
        hs_scenario_free(&scenario);
    }
}

static int list_scenarios(hs_call *call)
{
    const int rc = hs_find_scenarios(print_title, call, call->why, sizeof call->why);
    return rc == 0 && call->why[0] == '\0' ? HS_STATUS_DONE : HS_STATUS_WRONG;
}

static int simulate(hs_call *call, const hs_scenario *scenario, const hs_plugin *plugin)
{
    const options *const o = call->options;
    hs_sim_result result;
    hs_report_watch watch = {.so_far = NULL};
    const int to_stdout = is_stdout(o->json) || is_stdout(o->audit);
    struct screen screen = {.quiet = o->quiet,
                            .is_terminal = isatty(STDERR_FILENO),
                            .metrics = o->metrics,
                            .explain_to = to_stdout ? stderr : stdout};
    int status = HS_STATUS_WRONG;
    if (begin_audit(&screen, o->audit, call->why, sizeof call->why) != 0) {
        return HS_STATUS_WRONG;
    }
    if (o->report != NULL) {
        hs_report_watch_begin(&watch, &result, o->seed);
        screen.watch = &watch;
    }
    const hs_sim_options how = {.plugin = plugin,
                                .config = o->config,
                                .sets = o->sets.at,
                                .set_count = o->sets.count,
                                .seed = o->seed,
                                .seconds = o->seconds,
                                .frames = o->frames,
                                .progress = show_progress,
                                .share = o->report != NULL ? watch_share : NULL,
                                .ticked = o->explain ? explain : NULL,
                                .finished = o->metrics != NULL ? write_metrics : NULL,
                                .log = show_log,
                                .audit = screen.audit != NULL ? keep_audit : NULL,
                                .violation = show_violation,
                                .ctx = &screen};
    if (hs_sim_run(scenario, &how, &result, call->why, sizeof call->why) == 0) {
        status = result.guard_violations > 0 ? HS_STATUS_NO : HS_STATUS_DONE;
        if (tell(call, scenario, &result, &watch, call->why, sizeof call->why) != 0) {
            status = HS_STATUS_WRONG;
        } else if (screen.unwritten) {
            (void)hs_refuse(call->why, sizeof call->why, "%s", screen.metrics_why);
            status = HS_STATUS_WRONG;
        }
        hs_sim_result_free(&result);
    }
    if (end_audit(&screen, o->audit, call->why, sizeof call->why) != 0) {
        status = HS_STATUS_WRONG;
    }
    hs_report_watch_free(&watch);
    return status;
}

static int faults(hs_call *call)
{
    const options *const o = call->options;
    const hs_simulate_faults_options how = {.seed = o->faults,
                                            .runs = o->runs,
                                            .seconds = o->seconds,
                                            .first = o->first,
                                            .twice = o->twice,
                                            .quiet = o->quiet};
    hs_plugin plugin;
    memset(&plugin, 0, sizeof plugin);
    const int status =
        hs_find_plugin(o->plugin, HS_HOST_CAPS, &plugin, call->why, sizeof call->why) != 0
            ? HS_STATUS_NO
            : hs_simulate_faults(call, &plugin, &how);
    hs_loader_close(&plugin);
    return status;
}

int hs_cmd_simulate(hs_call *call)
{
    const options *const o = call->options;
    hs_scenario scenario;
    hs_plugin plugin;
    int status = HS_STATUS_WRONG;
    memset(&scenario, 0, sizeof scenario);
    memset(&plugin, 0, sizeof plugin);
    if (o->list) {
        return list_scenarios(call);
    }
    if (o->faults != 0) {
        return faults(call);
    }
    if (hs_find_scenario(o->scenario, o->world, &scenario, call->why, sizeof call->why) == 0) {
        status = hs_find_plugin(o->plugin, HS_HOST_CAPS, &plugin, call->why, sizeof call->why) != 0
                     ? HS_STATUS_NO
                     : simulate(call, &scenario, &plugin);
    }
    hs_loader_close(&plugin);
    hs_scenario_free(&scenario);
    return status;
}
