/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/e2e/run.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/text.h"
#include "host_stub/live/e2e/internal.h"

enum {
    STEP_MS = 50,
    STATS_MS = 500,   /* between two questions to the pools */
    START_MS = 20000, /* for all to be ready */
    END_MS = 15000    /* for those that are told to end */
};

uint64_t hs_e2e_now_ms(const hs_e2e_state *r)
{
    return hs_net_now_ns(r->loop) / HS_NET_MILLISECOND_NS;
}

static void enter(hs_e2e_state *r, enum hs_e2e_phase phase)
{
    r->phase = phase;
    r->phase_ms = hs_e2e_now_ms(r);
}

void hs_e2e_fail(hs_e2e_state *r, const char *format, const char *name, const char *detail)
{
    if (!r->failed) {
        (void)hs_refuse(r->why, r->capacity, format, name, detail);
    }
    r->failed = 1;
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
static void look_after(hs_e2e_state *r, hs_child *child)
{
    if (child->pid > 0 && hs_child_reap(child)) {
        if (r->phase < HS_E2E_MINERS_START) {
            hs_e2e_fail(r, "%s does not start; it said last: %s", child->name, child->last);
            return;
        }
        hs_e2e_result_break(r->result, "%s ended by itself; it said last: %s", child->name,
                            child->last);
        enter(r, HS_E2E_MINERS_END);
        for (int i = 0; i < HS_E2E_GROUPS_MAX; i++) {
            hs_child_signal(&r->miners[i], SIGTERM);
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
            (void)hs_child_say(&r->pools[i], "stats");
        }
    }
}

static void signal_miners(hs_e2e_state *r)
{
    r->result->seconds = (double)(hs_e2e_now_ms(r) - r->begin_ms) / 1000.0;
    for (int i = 0; i < HS_E2E_GROUPS_MAX; i++) {
        hs_child_signal(&r->miners[i], SIGTERM);
    }
    enter(r, HS_E2E_MINERS_END);
}

static void mine(hs_e2e_state *r)
{
    const uint64_t at_ms = hs_e2e_now_ms(r) - r->begin_ms;
    look_after_all(r);
    if (r->phase != HS_E2E_MINING) {
        return;
    }
    ask_pools(r);
    hs_e2e_command_faults(r, at_ms);
    if (at_ms >= r->options->run_ms && !r->restarting) {
        signal_miners(r);
    }
}

static int have_ended(hs_e2e_state *r, hs_child *children, uint32_t count)
{
    int all = 1;
    for (uint32_t i = 0; i < count; i++) {
        all = hs_child_reap(&children[i]) && all;
    }
    if (!all && hs_e2e_now_ms(r) - r->phase_ms > END_MS) {
        for (uint32_t i = 0; i < count; i++) {
            if (!hs_child_reap(&children[i])) {
                hs_e2e_result_break(r->result, "%s does not end: killed", children[i].name);
                hs_child_signal(&children[i], SIGKILL);
            }
        }
        r->phase_ms = hs_e2e_now_ms(r);
    }
    return all;
}

static void check_end(hs_e2e_state *r, const hs_child *children, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (children[i].has_ended && !hs_child_went_well(&children[i])) {
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
        hs_child_signal(&r->proxy, SIGTERM);
        enter(r, HS_E2E_PROXY_ENDS);
    } else if (r->phase == HS_E2E_PROXY_ENDS && have_ended(r, &r->proxy, 1)) {
        check_end(r, &r->proxy, 1);
        for (uint32_t i = 0; i < r->config->pool_count; i++) {
            hs_child_signal(&r->pools[i], SIGTERM);
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
    hs_e2e_start_pools(r);
    enter(r, HS_E2E_POOLS_START);
    hs_net_timer_after(r->timer, 0);
    return 0;
}

static void free_run(hs_e2e_state *r)
{
    for (int i = 0; i < HS_E2E_GROUPS_MAX; i++) {
        hs_child_free(&r->miners[i]);
    }
    hs_child_free(&r->proxy);
    for (int i = 0; i < HS_E2E_POOLS_MAX; i++) {
        hs_child_free(&r->pools[i]);
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
        hs_e2e_fail(r, "poll fails%s%s", "", "");
        rc = -1;
    }
    if (rc == 0) {
        hs_e2e_finish(r);
    }
    free_run(r);
    return rc;
}
