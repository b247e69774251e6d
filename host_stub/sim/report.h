/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sim/report: a run's result as a table for people and as one line of JSON for programs. Both are
 * the same bytes for the same result, under every locale. It computes nothing but what it
 * prints. */
#ifndef HOST_STUB_SIM_REPORT_H
#define HOST_STUB_SIM_REPORT_H

#include <stdio.h>

#include "host_stub/sim/run.h"

void hs_sim_print_table(FILE *to, const hs_sim_result *result);

/* One line without its newline; the caller frees it. NULL when out of memory. */
char *hs_sim_json(const hs_sim_result *result);

#endif
