/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy/aim: what the plugin aimed at while the work came. Its targets are played here. */
#include <criterion/criterion.h>
#include <math.h>

#include "abi/hmx_metrics.h"
#include "host_stub/live/proxy/aim.h"
#include "tests/host/live/proxy/rig.h"

static double targets[RIG_POOLS + 1];

static hmx_status snapshot(hmx_instance *self, hmx_snapshot *out)
{
    (void)self;
    for (uint32_t i = 0; i < RIG_POOLS && i < out->capacity; i++) {
        out->rows[i].upstream = i + 1;
        out->rows[i].effective_pct = targets[i + 1];
    }
    out->count = RIG_POOLS;
    return HMX_OK;
}

static const void *extension(hmx_instance *self, const char *id)
{
    static const hmx_metrics_v1 METRICS = {.size = sizeof METRICS, .snapshot = snapshot};
    (void)self;
    return strcmp(id, HMX_METRICS_ID) == 0 ? &METRICS : NULL;
}

static void aim_at(double a, double b)
{
    targets[1] = a;
    targets[2] = b;
    targets[3] = 100.0 - a - b;
}

TestSuite(proxy_aim, .init = rig_start, .fini = rig_finish);

Test(proxy_aim, is_weighted_by_the_work_that_came_meanwhile)
{
    rig.plugin.ops.get_extension = extension;
    aim_at(60.0, 30.0);
    hs_proxy_aim_note(rig.proxy);
    cr_assert(isnan(hs_proxy_aim_of(rig.proxy, 1)), "nothing has come");
    rig.proxy->ups[1].counts.work = 2.0;
    rig.proxy->ups[3].counts.work = 1.0;
    rig_run(RIG_SEC);
    aim_at(0.0, 75.0); /* a is down */
    rig.proxy->ups[2].counts.work = 1.0;
    rig_run(RIG_SEC);
    cr_assert_float_eq(hs_proxy_aim_of(rig.proxy, 1), 0.75 * 60.0, 1e-9);
    cr_assert_float_eq(hs_proxy_aim_of(rig.proxy, 2), 0.75 * 30.0 + 0.25 * 75.0, 1e-9);
    cr_assert_float_eq(hs_proxy_aim_of(rig.proxy, 3), 0.75 * 10.0 + 0.25 * 25.0, 1e-9);
    json_t *const account = hs_proxy_json(rig.proxy);
    const json_t *const pool = json_array_get(json_object_get(account, "pools"), 0);
    cr_assert_float_eq(json_real_value(json_object_get(pool, "effective_pct")), 45.0, 1e-9);
    json_decref(account);
}

Test(proxy_aim, of_a_plugin_that_does_not_tell_is_not_known)
{
    rig.proxy->ups[1].counts.work = 2.0;
    rig_run(RIG_SEC);
    cr_assert(isnan(hs_proxy_aim_of(rig.proxy, 1)));
    json_t *const account = hs_proxy_json(rig.proxy);
    const json_t *const pool = json_array_get(json_object_get(account, "pools"), 0);
    cr_assert(json_is_null(json_object_get(pool, "effective_pct")));
    json_decref(account);
}
