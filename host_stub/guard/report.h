/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * guard/report: a violation is counted and told, by the name of its check. */
#ifndef HOST_STUB_GUARD_REPORT_H
#define HOST_STUB_GUARD_REPORT_H

#include "host_stub/guard/checks.h"
#include "host_stub/guard/state.h"

void hs_guard_report(hs_guard *g, enum hs_guard_rule check, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same when `broken` holds; what else stands there is evaluated only then. */
#define HS_GUARD_REPORT_IF(g, broken, ...)                                                         \
    do {                                                                                           \
        if (broken) {                                                                              \
            hs_guard_report(g, __VA_ARGS__);                                                       \
        }                                                                                          \
    } while (0)
/* 1 if the host broke a rule in the running hook. */
int hs_guard_host_at_fault(const hs_guard *g);

#endif
