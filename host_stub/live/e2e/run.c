/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/e2e/run.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/text.h"
#include "host_stub/live/e2e/progress.h"
#include "host_stub/live/e2e/start.h"

enum {
    STEP_MS = 50,
    STATS_MS = 500, /* between two questions to the pools */
    /* A process that hangs has to end some day. These are no promises: a busy machine needs a part
     * of them. */
    START_MS = 120000, /* for all to be ready */
    END_MS = 180000    /* for those that are told to end: miners wait for their answers */
};

static void enter(hs_e2e_state *r, enum hs_e2e_phase phase)
{
    r->phase = phase;
    r->phase_ms = hs_e2e_now_ms(r);
}

static int pools_are_ready(const hs_e2e_state *r)
{
    for (uint32_t i = 0; i < r->config->pool_count; i++) {
        if (r->ports[i] == 0) {
            return 0;
        }
    }
    return 1;
}

/* Whoever ends before it is told to. */
static void look_after(hs_e2e_state *r, hs_e2e_child *child)
{
    if (child->pid > 0 && hs_e2e_child_reap(child)) {
        if (r->phase < HS_E2E_MINERS_START) {
            hs_e2e_fail(r, "%s does not start; it said last: %s", child->name, child->last);
            return;
        }
        hs_e2e_result_break(r->result, "%s ended by itself; it said last: %s", child->name,
                            child->last);
        enter(r, HS_E2E_MINERS_END);
        for (int i = 0; i < HS_E2E_GROUPS_MAX; i++) {
            hs_e2e_child_signal(&r->miners[i], SIGTERM);
        }
    }
}

static void look_after_all(hs_e2e_state *r)
{
    for (uint32_t i = 0; i < r->config->pool_count; i++) {
        look_after(r, &r->pools[i]);
    }
    if (!r->restarting) {
        look_after(r, &r->proxy);
    }
    for (int i = 0; i < HS_E2E_GROUPS_MAX; i++) {
        look_after(r, &r->miners[i]);
    }
}

static void ask_pools(hs_e2e_state *r)
{
    if (hs_e2e_now_ms(r) >= r->stats_ms) {
        r->stats_ms = hs_e2e_now_ms(r) + STATS_MS;
        for (uint32_t i = 0; i < r->config->pool_count; i++) {
            (void)hs_e2e_child_say(&r->pools[i], "stats");
        }
    }
}

static void signal_miners(hs_e2e_state *r)
{
    r->result->seconds = (double)(hs_e2e_now_ms(r) - r->begin_ms) / 1000.0;
    for (int i = 0; i < HS_E2E_GROUPS_MAX; i++) {
        hs_e2e_child_signal(&r->miners[i], SIGTERM);
    }
    enter(r, HS_E2E_MINERS_END);
}

static void begin_fault(hs_e2e_state *r, const hs_e2e_fault *fault)
{
    hs_e2e_tell_fault(r, fault, 1);
    if (strcmp(fault->name, HS_E2E_RESTART) == 0) {
        r->restarting = 1;
        hs_e2e_child_signal(&r->proxy, SIGTERM);
    } else if (hs_e2e_child_say(&r->pools[fault->pool], fault->name) != 0) {
        hs_e2e_result_break(r->result, "%s takes no commands", r->pools[fault->pool].name);
    }
}

static void end_fault(hs_e2e_state *r, const hs_e2e_fault *fault)
{
    char line[64];
    (void)snprintf(line, sizeof line, "%s off", fault->name);
    if (fault->lasts) {
        hs_e2e_tell_fault(r, fault, 0);
    }
    if (fault->lasts && hs_e2e_child_say(&r->pools[fault->pool], line) != 0) {
        hs_e2e_result_break(r->result, "%s takes no commands", r->pools[fault->pool].name);
    }
}

/* Commands what is due at_ms after all have begun to mine. */
static void command_faults(hs_e2e_state *r, uint64_t at_ms)
{
    const hs_e2e_options *const o = r->options;
    if (r->faults_begun < o->fault_count && at_ms >= o->faults[r->faults_begun].begin_ms) {
        begin_fault(r, &o->faults[r->faults_begun++]);
    }
    if (r->faults_ended < r->faults_begun && at_ms >= o->faults[r->faults_ended].end_ms) {
        end_fault(r, &o->faults[r->faults_ended++]);
    }
    if (r->restarting && hs_e2e_child_reap(&r->proxy)) {
        if (!hs_e2e_child_went_well(&r->proxy)) {
            hs_e2e_result_break(r->result, "%s did not end well; it said last: %s", r->proxy.name,
                                r->proxy.last);
        }
        r->restarting = 0;
        hs_e2e_child_free(&r->proxy);
        hs_e2e_start_proxy(r);
    }
}

static void mine(hs_e2e_state *r)
{
    const uint64_t at_ms = hs_e2e_now_ms(r) - r->begin_ms;
    look_after_all(r);
    if (r->phase != HS_E2E_MINING) {
        return;
    }
    ask_pools(r);
    hs_e2e_tell_progress(r, at_ms);
    command_faults(r, at_ms);
    if (at_ms >= r->options->run_ms && !r->restarting) {
        signal_miners(r);
    }
}

static int have_ended(hs_e2e_state *r, hs_e2e_child *children, uint32_t count)
{
    int all = 1;
    for (uint32_t i = 0; i < count; i++) {
        all = hs_e2e_child_reap(&children[i]) && all;
    }
    if (!all && hs_e2e_now_ms(r) - r->phase_ms > END_MS) {
        for (uint32_t i = 0; i < count; i++) {
            if (!hs_e2e_child_reap(&children[i])) {
                hs_e2e_result_break(r->result, "%s does not end: killed", children[i].name);
                hs_e2e_child_signal(&children[i], SIGKILL);
            }
        }
        r->phase_ms = hs_e2e_now_ms(r);
    }
    return all;
}

static void check_end(hs_e2e_state *r, const hs_e2e_child *children, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (children[i].has_ended && !hs_e2e_child_went_well(&children[i])) {
            hs_e2e_result_break(r->result, "%s did not end well; it said last: %s",
                                children[i].name, children[i].last);
        }
    }
}

static void on_started(hs_e2e_state *r)
{
    look_after_all(r);
    if (r->phase == HS_E2E_POOLS_START && pools_are_ready(r)) {
        hs_e2e_write_config(r);
        if (!r->failed) {
            hs_e2e_start_proxy(r);
            enter(r, HS_E2E_PROXY_STARTS);
        }
    } else if (r->phase == HS_E2E_PROXY_STARTS && r->proxy_port != 0) {
        hs_e2e_start_miners(r);
        enter(r, HS_E2E_MINERS_START);
    } else if (r->phase == HS_E2E_MINERS_START && r->mining == r->group_count) {
        r->begin_ms = hs_e2e_now_ms(r);
        enter(r, HS_E2E_MINING);
    } else if (r->phase < HS_E2E_MINING && hs_e2e_now_ms(r) - r->phase_ms > START_MS) {
        static const char *const WHO[] = {"a pool does not listen", "the proxy does not listen",
                                          "not all miners have a job"};
        hs_e2e_result_break(r->result, "%s after %d seconds", WHO[r->phase], START_MS / 1000);
        r->begin_ms = hs_e2e_now_ms(r);
        signal_miners(r);
    }
}

static void on_ending(hs_e2e_state *r)
{
    if (r->phase == HS_E2E_MINERS_END && have_ended(r, r->miners, HS_E2E_GROUPS_MAX)) {
        check_end(r, r->miners, HS_E2E_GROUPS_MAX);
        hs_e2e_child_signal(&r->proxy, SIGTERM);
        enter(r, HS_E2E_PROXY_ENDS);
    } else if (r->phase == HS_E2E_PROXY_ENDS && have_ended(r, &r->proxy, 1)) {
        check_end(r, &r->proxy, 1);
        for (uint32_t i = 0; i < r->config->pool_count; i++) {
            hs_e2e_child_signal(&r->pools[i], SIGTERM);
        }
        enter(r, HS_E2E_POOLS_END);
    } else if (r->phase == HS_E2E_POOLS_END && have_ended(r, r->pools, r->config->pool_count)) {
        check_end(r, r->pools, r->config->pool_count);
        enter(r, HS_E2E_OVER);
    }
}

static void on_step(void *ctx)
{
    hs_e2e_state *const r = ctx;
    if (r->phase < HS_E2E_MINING) {
        on_started(r);
    } else if (r->phase == HS_E2E_MINING) {
        mine(r);
    } else {
        on_ending(r);
    }
    if (r->failed || r->phase == HS_E2E_OVER) {
        hs_net_loop_stop(r->loop);
    }
    hs_net_timer_after(r->timer, STEP_MS * HS_NET_MILLISECOND_NS);
}

static void on_signal(void *ctx, int signal_number)
{
    hs_e2e_state *const r = ctx;
    (void)signal_number;
    hs_e2e_fail(r, "interrupted%s%s", "", "");
    hs_net_loop_stop(r->loop);
}

static int begin(hs_e2e_state *r)
{
    static const int SIGNALS[] = {SIGINT, SIGTERM, SIGHUP, 0};
    if (hs_e2e_folder_open(&r->folder, r->options->logs, r->why, r->capacity) != 0) {
        return -1;
    }
    r->loop = hs_net_loop_new();
    if (r->loop == NULL || hs_net_signals(r->loop, SIGNALS, on_signal, r) != 0 ||
        (r->timer = hs_net_timer_new(r->loop, on_step, r)) == NULL) {
        return hs_refuse(r->why, r->capacity, "cannot set up the event loop: %s", strerror(errno));
    }
    hs_e2e_make_authority(r);
    hs_e2e_start_pools(r);
    enter(r, HS_E2E_POOLS_START);
    hs_net_timer_after(r->timer, 0);
    return 0;
}

static json_t *read_counts(hs_e2e_state *r, const char *name)
{
    char path[HS_E2E_PATH_SIZE];
    json_error_t error;
    json_t *const counts =
        json_load_file(hs_e2e_folder_path(&r->folder, name, ".json", path), 0, &error);
    if (counts == NULL) {
        hs_e2e_result_break(r->result, "the counts of %s cannot be read: %.200s", name, error.text);
    }
    return counts;
}

static void read_all_counts(hs_e2e_state *r)
{
    char name[32];
    for (uint32_t i = 0; i < r->config->pool_count; i++) {
        json_t *const counts = read_counts(r, r->config->pools[i].id);
        hs_e2e_result_pool(r->result, i, counts);
        json_decref(counts);
    }
    for (uint32_t i = 0; i < HS_E2E_GROUPS_MAX; i++) {
        if (r->miners[i].has_ended) {
            json_t *const counts = read_counts(r, r->miners[i].name);
            hs_e2e_result_miners(r->result, counts);
            json_decref(counts);
        }
    }
    for (unsigned i = 1; i <= r->proxy_starts; i++) {
        (void)snprintf(name, sizeof name, "proxy-%u", i);
        json_t *const counts = read_counts(r, name);
        hs_e2e_result_proxy(r->result, counts);
        json_decref(counts);
    }
}

static void look_at_windows(hs_e2e_state *r)
{
    hs_e2e_result *const result = r->result;
    for (size_t i = 0; i < r->faults_ended; i++) {
        hs_e2e_window *const w = &result->windows[result->window_count++];
        w->fault = r->options->faults[i];
        hs_e2e_split(r->tracks, r->config->pool_count, w->fault.window_ms, w->fault.window_end_ms,
                     w->percent);
        w->off_most = 0.0;
        for (uint32_t j = 0; j < r->config->pool_count; j++) {
            w->off_most = fmax(w->off_most, fabs(w->percent[j] - r->config->pools[j].target_pct));
        }
    }
}

/* After everybody has ended, what they have counted goes into the result. */
static void finish(hs_e2e_state *r)
{
    read_all_counts(r);
    look_at_windows(r);
    hs_e2e_result_judge(r->result, r->options);
}

static void free_run(hs_e2e_state *r)
{
    for (int i = 0; i < HS_E2E_GROUPS_MAX; i++) {
        hs_e2e_child_free(&r->miners[i]);
    }
    hs_e2e_child_free(&r->proxy);
    for (int i = 0; i < HS_E2E_POOLS_MAX; i++) {
        hs_e2e_child_free(&r->pools[i]);
        hs_e2e_track_free(&r->tracks[i]);
    }
    hs_net_loop_free(r->loop);
    hs_e2e_folder_close(&r->folder);
    free(r);
}

int hs_e2e_run(const hs_e2e_options *options, hs_e2e_config *config, hs_e2e_result *result,
               char *why, size_t capacity)
{
    hs_e2e_state *const r = calloc(1, sizeof *r);
    if (r == NULL) {
        return hs_refuse(why, capacity, "no memory for a run");
    }
    r->options = options;
    r->config = config;
    r->result = result;
    r->why = why;
    r->capacity = capacity;
    int rc = begin(r);
    if (rc == 0 && (hs_net_loop_run(r->loop) != 0 || r->failed)) {
        hs_e2e_fail(r, "the event loop fails%s%s", "", "");
        rc = -1;
    }
    if (rc == 0) {
        finish(r);
    }
    free_run(r);
    return rc;
}
