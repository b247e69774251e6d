/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * bench/speed_report: the rows of a bench as a table for people and as JSON lines for programs. */
#ifndef HOST_STUB_BENCH_SPEED_REPORT_H
#define HOST_STUB_BENCH_SPEED_REPORT_H

#include <stdio.h>

#include "host_stub/bench/speed_measure.h"

void hs_speed_print_table(FILE *to, const hs_speed_result *result);

/* One object per row: "name", "channels", "ns", "floor_ns" and "ratio", null where there is none;
 * "bytes" where memory was counted, "moves" where channels were moved. 0, or -1 when it cannot be
 * written. */
int hs_speed_print_json(FILE *to, const hs_speed_result *result);

/* The same for two plugins. JSON: "name", "channels", "rounds"; "ns" and "against_ns", or "bytes"
 * and "against_bytes"; "ratio", "lowest", "highest". */
void hs_speed_print_comparison(FILE *to, const hs_speed_comparison *comparison);
int hs_speed_print_comparison_json(FILE *to, const hs_speed_comparison *comparison);

#endif
