/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/bench/json.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "host_stub/base/text.h"
#include "host_stub/sim/report.h"

enum { DECIMALS = 6, DIGITS = 15 };

static json_t *real(double value)
{
    return isfinite(value) ? json_real(hs_round_decimals(value, DECIMALS)) : json_null();
}

static json_t *windows(const double *values)
{
    json_t *const object = json_object();
    for (int i = 0; i < HS_WINDOWS; i++) {
        json_object_set_new(object, HS_WINDOW_NAMES[i], real(values[i]));
    }
    return object;
}

/* What happened, when: the start is the first. */
static json_t *events(const hs_bench_run *run)
{
    json_t *const array = json_array();
    for (uint32_t i = 0; i < run->event_count; i++) {
        json_t *const event = json_object();
        json_object_set_new(event, "name", json_string(run->events[i].name));
        json_object_set_new(event, "at_min", real((double)run->events[i].second / 60.0));
        json_object_set_new(event, "begins", json_boolean(run->events[i].begins));
        json_array_append_new(array, event);
    }
    return array;
}

char *hs_bench_json(const hs_bench_run *run, const hs_sim_result *result)
{
    char *const base = hs_sim_json(result);
    json_t *const root = base != NULL ? json_loads(base, 0, NULL) : NULL;
    free(base);
    if (root == NULL) {
        return NULL;
    }
    json_t *const converge = json_array();
    json_t *const deviation = json_array();
    for (uint32_t i = 0; i < run->event_count; i++) {
        json_array_append_new(converge, real(run->events[i].converge_min));
        if (i > 0) {
            json_array_append_new(deviation, real(run->events[i].alloc_dev_max));
        }
    }
    json_object_set_new(root, "policy", json_string(run->policy));
    json_object_set_new(root, "preset",
                        run->preset[0] != '\0' ? json_string(run->preset) : json_null());
    json_object_set_new(root, "luck_floor_pp", windows(run->luck_floor));
    json_object_set_new(root, "granularity_floor_pp", real(run->granularity_floor));
    json_object_set_new(root, "events", events(run));
    json_object_set_new(root, "converge_min", converge);
    json_object_set_new(root, "alloc_dev_max_pp", deviation);
    json_object_set_new(root, "lost_work_pct", real(run->lost_work_pct));
    char *const text = json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(DIGITS));
    json_decref(root);
    return text;
}
