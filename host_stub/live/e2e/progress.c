/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/e2e/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host_stub/base/text.h"

static int is_wanted(const hs_e2e_state *r)
{
    return r->options->progress || isatty(STDERR_FILENO);
}

const char *hs_e2e_progress_text(const hs_e2e_state *r, uint64_t at_ms,
                                 char to[HS_E2E_PROGRESS_SIZE])
{
    const uint32_t count = r->config->pool_count;
    double percent[HS_E2E_POOLS_MAX];
    char number[32];
    uint64_t accepted = 0;
    for (uint32_t i = 0; i < count; i++) {
        accepted += r->accepted[i];
    }
    hs_e2e_split(r->tracks, count, 0, at_ms, percent);
    int len = snprintf(to, HS_E2E_PROGRESS_SIZE,
                       "%" PRIu64 " of %" PRIu64 " s: %" PRIu64 " shares accepted", at_ms / 1000,
                       r->options->run_ms / 1000, accepted);
    for (uint32_t i = 0; i < count; i++) {
        len += snprintf(to + len, HS_E2E_PROGRESS_SIZE - (size_t)len, "%s%s", i == 0 ? ", " : " / ",
                        hs_format_fixed(number, sizeof number, percent[i], 1));
    }
    (void)snprintf(to + len, HS_E2E_PROGRESS_SIZE - (size_t)len, " %% of the work");
    return to;
}

void hs_e2e_tell_progress(hs_e2e_state *r, uint64_t at_ms)
{
    char text[HS_E2E_PROGRESS_SIZE];
    if (at_ms < r->progress_ms || !is_wanted(r)) {
        return;
    }
    if (r->progress_ms == 0) {
        (void)fprintf(stderr, "e2e: all %" PRIu32 " miners mine, for %" PRIu64 " s\n",
                      r->options->miners, r->options->run_ms / 1000);
    } else {
        (void)fprintf(stderr, "e2e: %s\n", hs_e2e_progress_text(r, at_ms, text));
    }
    r->progress_ms = at_ms + HS_E2E_PROGRESS_MS;
}

void hs_e2e_tell_fault(const hs_e2e_state *r, const hs_e2e_fault *fault, int begins)
{
    if (!is_wanted(r)) {
        return;
    }
    if (strcmp(fault->name, HS_E2E_RESTART) == 0) {
        (void)fprintf(stderr, "e2e: the proxy starts again\n");
    } else {
        (void)fprintf(stderr, "e2e: %s %s on %s\n", fault->name,
                      !fault->lasts ? "happens"
                      : begins      ? "begins"
                                    : "ends",
                      r->config->pools[fault->pool].id);
    }
}
