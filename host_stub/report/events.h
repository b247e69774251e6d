/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * report/events: what a scenario orders, as marks for the charts and as sentences for people. */
#ifndef HOST_STUB_REPORT_EVENTS_H
#define HOST_STUB_REPORT_EVENTS_H

#include "host_stub/report/html.h"
#include "host_stub/report/plot.h"
#include "host_stub/sim/scenario.h"

enum { HS_REPORT_MARKS_MAX = 512 };

/* Event k of the scenario gets number k + 1, each time that it happens before `seconds`. Returns
 * how many marks were written, in the order of their times. */
size_t hs_report_marks(const hs_scenario *scenario, uint64_t seconds, hs_plot_mark *marks);

/* One sentence per event, with its number. Nothing for a scenario without events. `converge` says
 * how many minutes after a second the split was right again, NAN = never or not known; `known` is
 * given to it, and NULL there leaves it out. */
void hs_report_events(hs_html *out, const hs_scenario *scenario, uint64_t seconds,
                      double (*converge)(const void *known, uint64_t second), const void *known);

/* "pool down", "new targets"; "event" for a kind that it does not know. */
const char *hs_report_event_kind(uint32_t kind);

#endif
