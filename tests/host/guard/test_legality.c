/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What SV2 forbids, as the guard judges it: one row per reason, and the nearest legal case beside
 * each. Upstream 1 has a full extranonce of 11 bytes, upstream 2 of 10, as in life.h. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include "host_stub/guard/check_plugin.h"
#include "host_stub/guard/model.h"
#include "tests/host/guard/life.h"

typedef struct legality_case {
    char what[48];
    int legal_to_assign;
    int legal_to_move;
    uint32_t style;
    uint32_t version_rolling; /* of upstream 2 */
    uint32_t fixed_version;
    uint32_t extranonce_size; /* of upstream 2, 0 = told nothing */
    hs_guard_channel channel;
} legality_case;

#define STANDARD .kind = HMX_CHANNEL_STANDARD, .channel = 1, .upstream = 1
#define EXTENDED .kind = HMX_CHANNEL_EXTENDED, .channel = 1, .upstream = 1, .extranonce_size = 4

ParameterizedTestParameters(guard_legality, each_case)
{
    static legality_case rows[] = {
        {"plain", 1, 1, 0, HMX_YES, HMX_NO, 8, {STANDARD}},
        {"extended", 1, 1, 0, HMX_YES, HMX_NO, 8, {EXTENDED, .honours_prefix = HMX_UNKNOWN}},
        {"not allowed", 0, 0, 0, HMX_YES, HMX_NO, 8, {STANDARD, .upstreams_allowed = 5}},
        {"allowed", 1, 1, 0, HMX_YES, HMX_NO, 8, {STANDARD, .upstreams_allowed = 2}},
        {"deaf", 1, 0, 0, HMX_YES, HMX_NO, 8, {EXTENDED, .honours_prefix = HMX_NO}},
        {"deaf, reopened", 1, 1, 2, HMX_YES, HMX_NO, 8, {EXTENDED, .honours_prefix = HMX_NO}},
        {"group, reopened", 1, 1, 2, HMX_YES, HMX_NO, 8, {EXTENDED, .flags = 4}},
        {"deaf but standard", 1, 1, 0, HMX_YES, HMX_NO, 8, {STANDARD, .honours_prefix = HMX_NO}},
        {"custom jobs, reopened",
         1,
         0,
         2,
         HMX_YES,
         HMX_NO,
         8,
         {EXTENDED, .flags = HMX_CHANNEL_FLAG_CUSTOM_JOBS}},
        {"custom jobs",
         1,
         0,
         3,
         HMX_YES,
         HMX_NO,
         8,
         {EXTENDED, .flags = HMX_CHANNEL_FLAG_CUSTOM_JOBS}},
        {"rolls", 1, 1, 0, HMX_UNKNOWN, HMX_UNKNOWN, 8, {STANDARD, .flags = 1}},
        {"rolls, may not", 0, 0, 0, HMX_NO, HMX_NO, 8, {STANDARD, .flags = 1}},
        {"rolls, fixed", 0, 0, 0, HMX_YES, HMX_YES, 8, {STANDARD, .flags = 1}},
        {"does not roll", 1, 1, 0, HMX_NO, HMX_YES, 8, {STANDARD}},
        {"grants enough", 1, 1, 0, HMX_YES, HMX_NO, 4, {EXTENDED}},
        {"grants too little", 0, 0, 0, HMX_YES, HMX_NO, 3, {EXTENDED}},
        {"grants unknown", 1, 1, 0, HMX_YES, HMX_NO, 0, {EXTENDED}},
        {"group, other size", 1, 0, 0, HMX_YES, HMX_NO, 8, {EXTENDED, .flags = 4}},
        {"group, same size", 1, 1, 0, HMX_YES, HMX_NO, 9, {EXTENDED, .flags = 4}},
        {"group, size in force",
         1,
         1,
         3,
         HMX_YES,
         HMX_NO,
         8,
         {EXTENDED, .flags = 4, .full_size = 10}},
        {"group, size unknown", 1, 1, 0, HMX_YES, HMX_NO, 0, {EXTENDED, .flags = 4}},
    };
    return cr_make_param_array(legality_case, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(legality_case *row, guard_legality, each_case)
{
    static life l;
    cr_assert(life_load(&l, "good_mover") == 0, "not built");
    life_create(&l);
    life_table(&l);
    life_upstream(&l, 1, HMX_UPSTREAM_UP);
    hmx_upstream_event e = life_upstream_event(&l, 2, HMX_UPSTREAM_UP);
    e.version_rolling = row->version_rolling;
    e.fixed_version = row->fixed_version;
    e.extranonce_size = row->extranonce_size;
    cr_assert(hs_guard_on_upstream(l.guard, &e) == HMX_OK, "refused");
    const char *why = hs_guard_check_not_allowed(l.guard, &row->channel, 2);
    cr_expect((why == NULL) == row->legal_to_assign, "%s: assigning: %s", row->what,
              why != NULL ? why : "legal");
    why = hs_guard_check_not_movable(l.guard, &row->channel, 2, row->style);
    cr_expect((why == NULL) == row->legal_to_move, "%s: moving: %s", row->what,
              why != NULL ? why : "legal");
    hs_guard_delete(l.guard);
    hs_loader_close(&l.plugin);
}

/* Where no channel may be sent. */
Test(guard_legality, usable_upstreams)
{
    static life l;
    cr_assert(life_load(&l, "good_mover") == 0, "not built");
    life_create(&l);
    cr_expect(!hs_guard_model_upstream_exists(l.guard, 1), "exists before anybody spoke of it");
    life_table(&l);
    cr_expect(hs_guard_model_upstream_exists(l.guard, 3) &&
                  !hs_guard_model_upstream_exists(l.guard, 4) &&
                  !hs_guard_model_upstream_exists(l.guard, 0) &&
                  !hs_guard_model_upstream_exists(l.guard, 65),
              "the table has 1 to 3");
    cr_expect(hs_guard_model_not_usable(l.guard, 1) != NULL, "never reported");
    static const uint32_t STATES[] = {HMX_UPSTREAM_CONNECTING, HMX_UPSTREAM_DRAINING,
                                      HMX_UPSTREAM_DOWN};
    for (int i = 0; i < 3; i++) {
        life_upstream(&l, 1, STATES[i]);
        cr_expect(hs_guard_model_not_usable(l.guard, 1) != NULL, "state %u", STATES[i]);
    }
    life_upstream(&l, 1, HMX_UPSTREAM_UP);
    cr_expect(hs_guard_model_not_usable(l.guard, 1) == NULL, "up");
    hmx_upstream_event e = life_upstream_event(&l, 1, HMX_UPSTREAM_UP);
    e.has_job = HMX_UNKNOWN;
    cr_assert(hs_guard_on_upstream(l.guard, &e) == HMX_OK, "refused");
    cr_expect(hs_guard_model_not_usable(l.guard, 1) == NULL, "up, and nobody knows of a job");
    e = life_upstream_event(&l, 1, HMX_UPSTREAM_UP);
    e.has_job = HMX_NO;
    cr_assert(hs_guard_on_upstream(l.guard, &e) == HMX_OK, "refused");
    cr_expect(hs_guard_model_not_usable(l.guard, 1) != NULL, "up without a job");
    hs_guard_delete(l.guard);
    hs_loader_close(&l.plugin);
}
