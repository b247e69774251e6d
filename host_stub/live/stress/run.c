/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/stress/run.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "host_stub/base/text.h"
#include "host_stub/live/net/listen.h"
#include "host_stub/live/stress/farm.h"

#define READY_NS (180 * HS_NET_SECOND_NS)
#define WARM_NS  HS_NET_SECOND_NS       /* before a measurement */
#define DRAIN_NS (2 * HS_NET_SECOND_NS) /* after it, for the last answers */
#define TURN_NS  (HS_NET_MILLISECOND_NS / 2)

typedef struct run {
    const hs_stress_options *options;
    hs_stress_row *row;
    hs_net_loop *loop;
    hs_stress_farm farm;
    hs_swarm *swarm;
    int stop; /* by a signal */
} run;

static void on_signal(void *ctx, int signal_number)
{
    (void)signal_number;
    ((run *)ctx)->stop = 1;
}

/* One turn. 0, or -1 when it cannot go on. */
static int turn(run *r, char *why, size_t capacity)
{
    if (hs_net_loop_turn(r->loop, TURN_NS) != 0) {
        return hs_refuse(why, capacity, "the event loop fails: %s", strerror(errno));
    }
    if (r->stop || !hs_stress_farm_is_alive(&r->farm)) {
        return hs_refuse(why, capacity, "%s",
                         r->stop ? "ended by a signal" : "a pool or the proxy has ended");
    }
    hs_swarm_advance(r->swarm);
    return 0;
}

static int turn_for(run *r, uint64_t ns, char *why, size_t capacity)
{
    const uint64_t until_ns = hs_net_clock_ns() + ns;
    int rc = 0;
    while (rc == 0 && hs_net_clock_ns() < until_ns) {
        rc = turn(r, why, capacity);
    }
    return rc;
}

static double seconds(uint64_t ns)
{
    return (double)ns / 1e9;
}

static int connect_all(run *r, char *why, size_t capacity)
{
    hs_stress_row *const row = r->row;
    const uint64_t begin_ns = hs_net_clock_ns();
    const uint64_t cpu_ns = hs_stress_farm_cpu_ns(&r->farm);
    row->rss_before = hs_stress_farm_rss(&r->farm);
    while (hs_swarm_ready(r->swarm) < row->channels) {
        if (turn(r, why, capacity) != 0) {
            return -1;
        }
        if (hs_net_clock_ns() - begin_ns > READY_NS || hs_swarm_trouble(r->swarm)[0] != '\0') {
            return hs_refuse(why, capacity, "of %u channels %u have a job%s%s",
                             (unsigned)row->channels, (unsigned)hs_swarm_ready(r->swarm),
                             hs_swarm_trouble(r->swarm)[0] != '\0' ? ": " : " in time",
                             hs_swarm_trouble(r->swarm));
        }
    }
    row->ready_secs = seconds(hs_net_clock_ns() - begin_ns);
    row->ready_cpu_secs = seconds(hs_stress_farm_cpu_ns(&r->farm) - cpu_ns);
    row->rss_ready = hs_stress_farm_rss(&r->farm);
    return 0;
}

static int measure(run *r, double per_second, hs_stress_phase *out, char *why, size_t capacity)
{
    hs_swarm_submit(r->swarm, per_second);
    if (turn_for(r, WARM_NS, why, capacity) != 0) {
        return -1;
    }
    const uint64_t begin_ns = hs_net_clock_ns();
    const uint64_t cpu_ns = hs_stress_farm_cpu_ns(&r->farm);
    hs_swarm_begin(r->swarm);
    if (turn_for(r, r->options->run_ns, why, capacity) != 0) {
        return -1;
    }
    out->seconds = seconds(hs_net_clock_ns() - begin_ns);
    out->cpu_secs = seconds(hs_stress_farm_cpu_ns(&r->farm) - cpu_ns);
    hs_swarm_submit(r->swarm, 0.0);
    const uint64_t until_ns = hs_net_clock_ns() + DRAIN_NS;
    while (hs_swarm_unanswered(r->swarm) > 0 && hs_net_clock_ns() < until_ns) {
        if (turn(r, why, capacity) != 0) {
            return -1;
        }
    }
    out->unanswered = hs_swarm_unanswered(r->swarm);
    out->shares = hs_swarm_end(r->swarm);
    return 0;
}

static int take_account(run *r, char *why, size_t capacity)
{
    json_t *const account = hs_stress_farm_stop(&r->farm, why, capacity);
    if (account == NULL) {
        return -1;
    }
    r->row->lost =
        (uint64_t)json_integer_value(json_object_get(json_object_get(account, "shares"), "lost"));
    json_decref(account);
    return 0;
}

static int carry_out(run *r, const char *frames, char *why, size_t capacity)
{
    static const int SIGNALS[] = {SIGTERM, SIGINT, 0};
    hs_stress_row *const row = r->row;
    r->loop = hs_net_loop_new();
    if (r->loop == NULL || hs_net_signals(r->loop, SIGNALS, on_signal, r) != 0) {
        return hs_refuse(why, capacity, "cannot set up the event loop: %s", strerror(errno));
    }
    if (hs_stress_farm_start(&r->farm, r->loop, r->options, frames, why, capacity) != 0) {
        return -1;
    }
    const hs_swarm_options swarm = {.port = r->farm.port,
                                    .connections = row->connections,
                                    .channels = r->options->channels,
                                    .rate_hs = r->options->per_channel,
                                    .authority = r->farm.has_key ? r->farm.key : NULL};
    r->swarm = hs_swarm_new(r->loop, &swarm);
    if (r->swarm == NULL) {
        return hs_refuse(why, capacity, "no memory for %u connections", (unsigned)row->connections);
    }
    if (connect_all(r, why, capacity) != 0 || measure(r, 0.0, &row->idle, why, capacity) != 0 ||
        measure(r, row->per_second, &row->full, why, capacity) != 0 ||
        measure(r, row->per_second / 2.0, &row->half, why, capacity) != 0) {
        return -1;
    }
    row->rss_peak = hs_stress_farm_peak(&r->farm);
    (void)snprintf(row->trouble, sizeof row->trouble, "%s", hs_swarm_trouble(r->swarm));
    return take_account(r, why, capacity);
}

int hs_stress_measure(hs_stress_row *row, const hs_stress_options *options, uint32_t connections,
                      const char *frames, char *why, size_t capacity)
{
    run r;
    memset(&r, 0, sizeof r);
    memset(row, 0, sizeof *row);
    row->connections = connections;
    row->channels = connections * options->channels;
    row->per_second = options->per_channel * (double)row->channels;
    r.options = options;
    r.row = row;
    hs_net_raise_descriptors();
    const int rc = carry_out(&r, frames, why, capacity);
    hs_swarm_free(r.swarm);
    hs_stress_farm_free(&r.farm);
    hs_net_loop_free(r.loop);
    return rc;
}
