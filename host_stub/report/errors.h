/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * report/errors: the error of each window of a run beside what is unavoidable: the luck floor and
 * the floor of whole miners, as a chart and as a table. Values in points, NAN = not known. */
#ifndef HOST_STUB_REPORT_ERRORS_H
#define HOST_STUB_REPORT_ERRORS_H

#include "host_stub/report/html.h"
#include "host_stub/sim/run.h"

typedef struct hs_floors {
    const double *luck; /* [HS_WINDOWS] */
    double granularity;
} hs_floors;

/* `floors` may be NULL. */
void hs_report_errors(hs_html *out, const hs_error_summary *errors, const hs_floors *floors);

#endif
