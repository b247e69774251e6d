/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * cmd/bench_live: `host_stub bench live`: what the live proxy bears. The measurements are
 * live/stress's. */
#include <stdio.h>
#include <string.h>

#include "host_stub/base/json.h"
#include "host_stub/base/output.h"
#include "host_stub/cmd/commands.h"
#include "host_stub/live/stress/report.h"

static int write_rows(const hs_stress_options *options, const hs_stress_row *rows, char *why,
                      size_t capacity)
{
    if (options->json == NULL) {
        return 0;
    }
    json_t *const all = json_array();
    for (uint32_t i = 0; i < options->size_count; i++) {
        (void)json_array_append_new(all, hs_stress_json(&rows[i]));
    }
    return hs_output_save_text(options->json, hs_json_page(all), why, capacity);
}

int hs_cmd_bench_live(hs_call *call)
{
    static hs_stress_row rows[HS_STRESS_SIZES_MAX];
    const hs_stress_options *const o = call->options;
    const int prints = o->json == NULL || strcmp(o->json, "-") != 0;
    if (prints) {
        hs_stress_print_heading(o);
    }
    for (uint32_t i = 0; i < o->size_count; i++) {
        const char *const frames = i + 1 == o->size_count ? o->frames : NULL;
        if (hs_stress_measure(&rows[i], o, o->sizes[i], frames, call->why, sizeof call->why) != 0) {
            return HS_STATUS_WRONG;
        }
        if (prints) {
            hs_stress_print(&rows[i]);
        }
    }
    if (write_rows(o, rows, call->why, sizeof call->why) != 0) {
        return HS_STATUS_WRONG;
    }
    if (o->check &&
        hs_stress_check(&rows[o->size_count - 1], call->why, sizeof call->why)[0] != '\0') {
        return HS_STATUS_NO;
    }
    return HS_STATUS_DONE;
}
