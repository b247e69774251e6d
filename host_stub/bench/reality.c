/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/bench/reality.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/array.h"
#include "host_stub/base/text.h"

#define NO_FARM UINT32_MAX

int hs_reality_is_named(const hs_reality_row *row, const char *name)
{
    const size_t len = strlen(name);
    return len > 0 && strncmp(row->name, name, len) == 0 && !isalnum((unsigned char)row->name[len]);
}

/* ---- which farms there are ---- */

static int same_policy(const hs_bench_policy *a, const hs_bench_policy *b)
{
    return strcmp(a->path, b->path) == 0 && strcmp(a->preset, b->preset) == 0;
}

static int find_farm(const hs_reality *r, const char *text, const hs_bench_policy *policy,
                     uint32_t *farm)
{
    for (uint32_t i = 0; i < r->farm_count; i++) {
        if (strcmp(r->farms[i].text, text) == 0 && same_policy(r->farms[i].policy, policy)) {
            *farm = i;
            return 1;
        }
    }
    return 0;
}

static hs_scenario *read_scenario(const hs_reality_row *row, const char *value, const char *text,
                                  char *why, size_t capacity)
{
    char name[64];
    hs_scenario *const scenario = calloc(1, sizeof *scenario);
    snprintf(name, sizeof name, "%.28s %.28s.ini", row->name, value);
    for (char *at = name; *at != '\0'; at++) {
        *at = (char)(*at == '/' ? ':' : *at); /* no folder */
    }
    if (scenario == NULL) {
        hs_refuse(why, capacity, "out of memory");
    } else if (hs_scenario_parse(scenario, name, text, why, capacity) != 0) {
        free(scenario);
        return NULL;
    }
    return scenario;
}

/* The farm of this scenario and policy, which may be there already. */
static int add_farm(hs_reality *r, const hs_reality_row *row, const char *sets, const char *value,
                    const hs_bench_policy *policy, uint32_t *farm, char *why, size_t capacity)
{
    char *const text = hs_reality_text(row, sets, value, why, capacity);
    if (text == NULL) {
        return -1;
    }
    if (find_farm(r, text, policy, farm)) {
        free(text);
        return 0;
    }
    hs_scenario *const scenario = read_scenario(row, value, text, why, capacity);
    const hs_reality_farm made = {.text = text, .scenario = scenario, .policy = policy};
    *farm = r->farm_count;
    if (scenario == NULL || HS_GROW(r->farms, r->farm_capacity, (size_t)r->farm_count + 1) != 0) {
        free(text);
        free(scenario);
        return -1;
    }
    r->farms[r->farm_count++] = made;
    return 0;
}

static int add_cell(hs_reality *r, const hs_reality_row *row, const char *value,
                    const hs_reality_how *how, char *why, size_t capacity)
{
    const hs_bench_policy *const against = row->is_static ? how->still : how->policy;
    hs_reality_cell cell = {.row = row, .reference = NO_FARM};
    snprintf(cell.value, sizeof cell.value, "%s", value);
    if (HS_GROW(r->cells, r->cell_capacity, (size_t)r->cell_count + 1) != 0) {
        return hs_refuse(why, capacity, "out of memory");
    }
    if (add_farm(r, row, row->set, value, how->policy, &cell.farm, why, capacity) != 0 ||
        (row->reference != NULL && against != NULL &&
         add_farm(r, row, row->reference, value, against, &cell.reference, why, capacity) != 0)) {
        return -1;
    }
    r->cells[r->cell_count++] = cell;
    return 0;
}

int hs_reality_add(hs_reality *reality, const hs_reality_row *row, const hs_reality_how *how,
                   char *why, size_t capacity)
{
    char value[HS_REALITY_VALUE_SIZE];
    if (row->test != NULL) {
        if (HS_GROW(reality->named, reality->named_capacity, (size_t)reality->named_count + 1) !=
            0) {
            return hs_refuse(why, capacity, "out of memory");
        }
        reality->named[reality->named_count++] = row;
        return 0;
    }
    for (const char *at = row->values; *at != '\0';) {
        const size_t len = strcspn(at, " ");
        snprintf(value, sizeof value, "%.*s", (int)len, at);
        if (add_cell(reality, row, value, how, why, capacity) != 0) {
            return -1;
        }
        at += len + (at[len] == ' ');
    }
    return 0;
}

/* ---- runs ---- */

int hs_reality_plan(hs_reality *reality, const hs_reality_how *how)
{
    const uint32_t count = reality->farm_count * how->seed_count;
    const size_t room = count > 0 ? count : 1;
    reality->seed_count = how->seed_count;
    reality->jobs = calloc(room, sizeof *reality->jobs);
    reality->runs = calloc(room, sizeof *reality->runs);
    reality->lines = calloc(room, sizeof *reality->lines);
    if (reality->jobs == NULL || reality->runs == NULL || reality->lines == NULL) {
        return -1;
    }
    for (uint32_t i = 0; i < reality->farm_count; i++) {
        reality->farms[i].first = reality->job_count;
        for (uint32_t k = 0; k < how->seed_count; k++) {
            reality->jobs[reality->job_count++] =
                (hs_bench_job){.scenario = reality->farms[i].scenario,
                               .policy = reality->farms[i].policy,
                               .sets = how->sets,
                               .set_count = how->set_count,
                               .seed = how->seeds[k],
                               .seconds = how->seconds,
                               .want_series = 1};
        }
    }
    return 0;
}

void hs_reality_free(hs_reality *reality)
{
    for (uint32_t i = 0; i < reality->job_count; i++) {
        hs_bench_run_free(&reality->runs[i]);
        free(reality->lines[i]);
    }
    for (uint32_t i = 0; i < reality->farm_count; i++) {
        hs_scenario_free(reality->farms[i].scenario);
        free(reality->farms[i].scenario);
        free(reality->farms[i].text);
    }
    free(reality->farms);
    free(reality->cells);
    free(reality->named);
    free(reality->jobs);
    free(reality->runs);
    free(reality->lines);
    memset(reality, 0, sizeof *reality);
}
