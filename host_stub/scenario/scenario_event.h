/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sim/scenario_event: the sections [event.<n>] of a scenario. */
#ifndef HOST_STUB_SCENARIO_SCENARIO_EVENT_H
#define HOST_STUB_SCENARIO_SCENARIO_EVENT_H

#include "host_stub/scenario/scenario_read.h"

/* Takes one key of [event.<n>] into *event. 0 or -1. */
int hs_event_take(const struct hs_blame *blame, const hs_scenario *scenario,
                  const hs_ini_entry *entry, hs_event_spec *event);

/* Checks a whole event; `line` is that of its first key. 0 or -1. */
int hs_event_check(const struct hs_blame *blame, uint32_t line, const hs_event_spec *event);

#endif
