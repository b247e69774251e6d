/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The faults of a live run, at their moments. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "host_stub/live/e2e/internal.h"

static void begin_fault(hs_e2e_state *r, const hs_e2e_fault *fault)
{
    if (strcmp(fault->name, HS_E2E_RESTART) == 0) {
        r->restarting = 1;
        hs_child_signal(&r->proxy, SIGTERM);
    } else if (hs_child_say(&r->pools[fault->pool], fault->name) != 0) {
        hs_e2e_result_break(r->result, "%s takes no commands", r->pools[fault->pool].name);
    }
}

static void end_fault(hs_e2e_state *r, const hs_e2e_fault *fault)
{
    char line[64];
    (void)snprintf(line, sizeof line, "%s off", fault->name);
    if (fault->lasts && hs_child_say(&r->pools[fault->pool], line) != 0) {
        hs_e2e_result_break(r->result, "%s takes no commands", r->pools[fault->pool].name);
    }
}

void hs_e2e_command_faults(hs_e2e_state *r, uint64_t at_ms)
{
    const hs_e2e_options *const o = r->options;
    if (r->faults_begun < o->fault_count && at_ms >= o->faults[r->faults_begun].begin_ms) {
        begin_fault(r, &o->faults[r->faults_begun++]);
    }
    if (r->faults_ended < r->faults_begun && at_ms >= o->faults[r->faults_ended].end_ms) {
        end_fault(r, &o->faults[r->faults_ended++]);
    }
    if (r->restarting && hs_child_reap(&r->proxy)) {
        if (!hs_child_went_well(&r->proxy)) {
            hs_e2e_result_break(r->result, "%s did not end well; it said last: %s", r->proxy.name,
                                r->proxy.last);
        }
        r->restarting = 0;
        hs_child_free(&r->proxy);
        hs_e2e_start_proxy(r);
    }
}
