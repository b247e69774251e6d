/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * report/split: the charts of one run over time: each pool's delivered share against its target,
 * its deviation, the moves; and what the scenario orders, as marks in them and as sentences for
 * people. Both pages use it. */
#ifndef HOST_STUB_REPORT_SPLIT_H
#define HOST_STUB_REPORT_SPLIT_H

#include "host_stub/report/plot.h"
#include "host_stub/scenario/scenario.h"
#include "host_stub/sim/run.h"

/* Point p holds for the time from p * step_secs to (p + 1) * step_secs; row p of pool i is
 * [p * pool_count + i]. NAN = no work was credited. */
typedef struct hs_split {
    uint64_t step_secs;
    size_t points;
    uint32_t pool_count;
    const hs_sim_pool_result *pools; /* for their names */
    const double *delivered_pct;
    const double *effective_pct;
    const hs_plot_mark *marks; /* in the order of their times */
    size_t mark_count;
} hs_split;

/* Colours, names. */
void hs_split_legend(hs_html *out, const hs_sim_pool_result *pools, uint32_t pool_count);

/* Wide and narrow. */
void hs_split_chart(hs_html *out, const hs_split *split);

/* One small drawing for every screen, without numbers of events. */
void hs_split_mini(hs_html *out, const hs_split *split, const char *label);

/* Deviations in points over windows that end at (p + 1) * step_secs, one strip per pool. `band` is
 * the luck floor of that window, NAN = not known. Values before `warmup_secs` set no scale. */
void hs_split_deviations(hs_html *out, const hs_split *split, const double *deviation, double band,
                         uint64_t warmup_secs);

/* Bars of [points] numbers of moves in bin_secs each. */
void hs_split_moves(hs_html *out, const hs_split *split, const double *moves, size_t points,
                    uint64_t bin_secs);

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
