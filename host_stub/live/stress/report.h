/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/stress/report: the figures of `host_stub bench live` as a table and as JSON, and whether
 * they are good enough. */
#ifndef HOST_STUB_LIVE_STRESS_REPORT_H
#define HOST_STUB_LIVE_STRESS_REPORT_H

#include <jansson.h>

#include "host_stub/live/stress/run.h"

/* The heading, and a line for each row. */
void hs_stress_print_heading(const hs_stress_options *options);
void hs_stress_print(const hs_stress_row *row);

/* NULL when out of memory. */
json_t *hs_stress_json(const hs_stress_row *row);

/* What is wrong with it, one sentence per line; "" = nothing. Returns `text`. */
const char *hs_stress_check(const hs_stress_row *row, char *text, size_t capacity);

#endif
