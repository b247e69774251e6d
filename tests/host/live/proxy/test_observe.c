/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy: a plugin that only watches, which is played here: the proxy places and fails over by
 * priority, and says so. */
#include <criterion/criterion.h>

#include "abi/hmx_metrics.h"
#include "abi/hmx_tuning.h"
#include "tests/host/live/proxy/rig_share.h"

static rig_miner miner;
static uint32_t mode = HMX_MODE_OBSERVE;

static hmx_status snapshot(hmx_instance *self, hmx_snapshot *out)
{
    (void)self;
    out->mode = mode;
    return HMX_OK;
}

static const void *extension(hmx_instance *self, const char *id)
{
    static const hmx_metrics_v1 METRICS = {.size = sizeof METRICS, .snapshot = snapshot};
    (void)self;
    return strcmp(id, HMX_METRICS_ID) == 0 ? &METRICS : NULL;
}

/* Pools b and c, then a; one miner, which the plugin passes. */
static void start(void)
{
    rig_start();
    rig.plugin.ops.get_extension = extension;
    rig.assign = 0;
    rig_pool_up(2, 2);
    rig_pool_up(3, 3);
    rig_connect(&miner, 0);
    rig_open(&miner, 1);
    rig_run(300 * RIG_MS);
}

TestSuite(proxy_observe, .init = start, .fini = rig_finish);

Test(proxy_observe, the_proxy_places_by_priority)
{
    cr_assert_eq(rig.where[1], 2, "the first that is there");
    cr_assert_eq(rig_outcome()->result, HMX_RESULT_FORCED);
    rig_pool_up(1, 1);
    rig_open(&miner, 1);
    rig_run(300 * RIG_MS);
    cr_assert_eq(rig.where[2], 1);
    cr_assert_eq(rig.where[1], 2, "nobody is moved for it");
}

Test(proxy_observe, the_proxy_fails_over_by_priority)
{
    rig_pool_lost(2);
    rig_run(200 * RIG_MS);
    cr_assert_eq(rig.where[1], 3);
    cr_assert_eq(rig_outcome()->result, HMX_RESULT_FORCED);
    cr_assert_eq(rig_outcome()->from, 2);
}

/* Who opened under the plugin's eyes is the proxy's all the same once it only watches. */
Test(proxy_observe, of_a_plugin_that_decides_nothing_is_taken_over)
{
    mode = HMX_MODE_LIVE;
    rig_run(300 * RIG_MS);
    rig_pool_lost(2);
    rig_run(300 * RIG_MS);
    cr_assert_eq(rig.where[1], 2, "it is the plugin's to move it");
    mode = HMX_MODE_OBSERVE;
    rig_run(600 * RIG_MS);
    cr_assert_eq(rig.where[1], 3);
}
