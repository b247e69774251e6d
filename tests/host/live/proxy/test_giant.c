/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * proxy: one channel that is more than half of the farm. Pools, miners and the plugin are played
 * (rig.h). */
#include <criterion/criterion.h>

#include "tests/host/live/proxy/rig.h"

static rig_miner miners[4];

static void start(void)
{
    rig_start();
    rig_pool_up(1, 1);
    rig_pool_up(2, 2);
}

TestSuite(proxy_giant, .init = start, .fini = rig_finish);

/* A miner of this rate on a connection of its own. */
static void join(rig_miner *miner, float rate_hs)
{
    hs_sv2_message m = {.id = HS_SV2_OPEN_STANDARD};
    rig_connect(miner, 0);
    m.as.open.request_id = 1;
    m.as.open.nominal_hash_rate = rate_hs;
    memset(&m.as.open.max_target, 0xff, sizeof m.as.open.max_target);
    rig_say(miner, &m);
}

Test(proxy_giant, is_told_once)
{
    join(&miners[0], 3000.0F);
    join(&miners[1], 1000.0F);
    join(&miners[2], 1000.0F);
    rig_run(100 * RIG_SEC);
    cr_assert_eq(rig.warnings, 0, "it may be the first of many");
    rig_run(60 * RIG_SEC);
    cr_assert_eq(rig.warnings, 1);
    rig_run(300 * RIG_SEC);
    cr_assert_eq(rig.warnings, 1);
}

Test(proxy_giant, half_is_none)
{
    join(&miners[0], 2000.0F);
    join(&miners[1], 1000.0F);
    join(&miners[2], 1000.0F);
    rig_run(300 * RIG_SEC);
    cr_assert_eq(rig.warnings, 0);
}

Test(proxy_giant, who_declares_nothing_is_none)
{
    join(&miners[0], 0.0F);
    rig_run(300 * RIG_SEC);
    cr_assert_eq(rig.warnings, 0);
}

Test(proxy_giant, another_one_is_told_too)
{
    join(&miners[0], 3000.0F);
    rig_run(200 * RIG_SEC);
    cr_assert_eq(rig.warnings, 1);
    join(&miners[1], 30000.0F);
    rig_run(200 * RIG_SEC);
    cr_assert_eq(rig.warnings, 2);
    hs_proxy_leave(miners[1].peer);
    rig_run(200 * RIG_SEC);
    cr_assert_eq(rig.warnings, 2, "it has been told of the first");
}

Test(proxy_giant, with_one_pool_nothing_is_split)
{
    for (uint32_t i = 2; i <= RIG_POOLS; i++) {
        rig.proxy->ups[i].row.percentage = 0.0;
    }
    join(&miners[0], 3000.0F);
    rig_run(200 * RIG_SEC);
    cr_assert_eq(rig.warnings, 0);
}
