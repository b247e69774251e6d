/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The end of a live run: reads what the processes have counted. */
#include <math.h>
#include <stdio.h>

#include "host_stub/live/e2e/internal.h"

static json_t *read_counts(hs_e2e_state *r, const char *name)
{
    char path[HS_E2E_PATH_SIZE];
    json_error_t error;
    json_t *const counts =
        json_load_file(hs_e2e_folder_path(&r->folder, name, ".json", path), 0, &error);
    if (counts == NULL) {
        hs_e2e_result_break(r->result, "the counts of %s cannot be read: %.200s", name, error.text);
    }
    return counts;
}

static void read_all_counts(hs_e2e_state *r)
{
    char name[32];
    for (uint32_t i = 0; i < r->config->pool_count; i++) {
        json_t *const counts = read_counts(r, r->config->pools[i].id);
        hs_e2e_result_pool(r->result, i, counts);
        json_decref(counts);
    }
    for (uint32_t i = 0; i < HS_E2E_GROUPS_MAX; i++) {
        if (r->miners[i].has_ended) {
            json_t *const counts = read_counts(r, r->miners[i].name);
            hs_e2e_result_miners(r->result, counts);
            json_decref(counts);
        }
    }
    for (unsigned i = 1; i <= r->proxy_starts; i++) {
        (void)snprintf(name, sizeof name, "proxy-%u", i);
        json_t *const counts = read_counts(r, name);
        hs_e2e_result_proxy(r->result, counts);
        json_decref(counts);
    }
}

static void look_at_windows(hs_e2e_state *r)
{
    hs_e2e_result *const result = r->result;
    for (size_t i = 0; i < r->faults_ended; i++) {
        hs_e2e_window *const w = &result->windows[result->window_count++];
        w->fault = r->options->faults[i];
        hs_e2e_split(r->tracks, r->config->pool_count, w->fault.window_ms, w->fault.window_end_ms,
                     w->percent);
        w->off_most = 0.0;
        for (uint32_t j = 0; j < r->config->pool_count; j++) {
            w->off_most = fmax(w->off_most, fabs(w->percent[j] - r->config->pools[j].target_pct));
        }
    }
}

void hs_e2e_finish(hs_e2e_state *r)
{
    read_all_counts(r);
    look_at_windows(r);
    hs_e2e_result_judge(r->result, r->options);
}
