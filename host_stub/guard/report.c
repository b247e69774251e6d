/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/guard/report.h"

#include <stdarg.h>
#include <stdio.h>

#define PLUGIN_ROW(id, name, meaning) {HS_SIDE_PLUGIN, name, meaning},
#define HOST_ROW(id, name, meaning)   {HS_SIDE_HOST, name, meaning},
static const hs_guard_check CHECKS[HS_GUARD_CHECK_COUNT] = {HS_GUARD_CHECKS(PLUGIN_ROW, HOST_ROW)};

const hs_guard_check *hs_guard_checks(size_t index)
{
    return index < HS_GUARD_CHECK_COUNT ? &CHECKS[index] : NULL;
}

void hs_guard_report(hs_guard *g, enum hs_guard_rule check, const char *format, ...)
{
    char text[1024];
    const hs_guard_check *const c = &CHECKS[check];
    g->violations[c->side]++;
    if (g->options.violation == NULL) {
        return;
    }
    int n = snprintf(text, sizeof text, "%s: ", g->hook != NULL ? g->hook : "outside a hook");
    if (n < 0) {
        n = 0;
    }
    va_list list;
    va_start(list, format);
    vsnprintf(text + n, sizeof text - (size_t)n, format, list);
    va_end(list);
    g->options.violation(g->options.ctx, c->side, c->name, text);
}

int hs_guard_host_at_fault(const hs_guard *g)
{
    return g->violations[HS_SIDE_HOST] != g->host_faults_before;
}

uint64_t hs_guard_violations(const hs_guard *g, enum hs_side side)
{
    return g->violations[side];
}
