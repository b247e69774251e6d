/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * bench/events: the instants of a run from which convergence is measured: the start, and every
 * second in which something that the scenario orders begins or ends. What happens in one second is
 * one event, with the name of the first of it in the order of the scenario. */
#ifndef HOST_STUB_BENCH_EVENTS_H
#define HOST_STUB_BENCH_EVENTS_H

#include "host_stub/bench/result.h"
#include "host_stub/sim/scenario.h"

/* Fills run->events (second, name, kind, begins), event_count and events_left_out, in the order of
 * time, from run->seconds and the scenario. */
void hs_bench_events(const hs_scenario *scenario, hs_bench_run *run);

#endif
