/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy/spread: a new job for more channels than one turn serves. Pools, miners and the plugin
 * are played (rig.h). */
#include <criterion/criterion.h>

#include "host_stub/live/proxy/spread.h"
#include "tests/host/live/proxy/rig.h"

enum { MANY = 200 };

static rig_miner miner;

static void start(void)
{
    rig_start();
    rig_pool_up(1, 1);
    rig_pool_up(2, 2);
    rig_connect(&miner, 0);
    for (int i = 0; i < MANY; i++) {
        rig_open(&miner, 1);
    }
    rig_run(300 * RIG_MS);
    cr_assert_eq(rig_count(&miner.log, HS_SV2_OPEN_EXTENDED_SUCCESS), MANY);
    miner.log.count = 0;
}

TestSuite(proxy_spread, .init = start, .fini = rig_finish);

static size_t served(void)
{
    return rig_count(&miner.log, HS_SV2_SET_NEW_PREV_HASH);
}

/* Nobody twice. */
static void check_each_once(void)
{
    for (size_t i = 0; i < miner.log.count; i++) {
        for (size_t j = i + 1; j < miner.log.count; j++) {
            const hs_sv2_message *const a = &miner.log.messages[i];
            const hs_sv2_message *const b = &miner.log.messages[j];
            cr_assert(a->id != HS_SV2_SET_NEW_PREV_HASH || b->id != a->id ||
                      a->as.set_new_prev_hash.channel_id != b->as.set_new_prev_hash.channel_id);
        }
    }
}

Test(proxy_spread, all_have_it_after_some_turns)
{
    rig_pool_tip(1, 2);
    const size_t first = served();
    cr_assert(first > 0 && first <= MANY / 3, "%zu in the first turn", first);
    int turns = 1;
    while (hs_proxy_spread_on(rig.proxy)) {
        turns++;
    }
    cr_assert_geq(turns, 3);
    cr_assert_eq(served(), MANY);
    check_each_once();
    cr_assert_eq(hs_proxy_spread_on(rig.proxy), 0);
    cr_assert_eq(served(), MANY);
}

Test(proxy_spread, who_comes_and_goes_meanwhile_is_no_matter)
{
    rig_pool_tip(1, 2);
    hs_sv2_message m = {.id = HS_SV2_CLOSE_CHANNEL};
    const size_t before = served();
    /* The first ones that opened: they are served last. Each leaves its place to one that was. */
    for (uint32_t id = 1; id <= 2 * 10; id += 2) {
        m.as.close_channel.channel_id = id;
        rig_say(&miner, &m);
    }
    rig_open(&miner, 1);
    const size_t opened = served() - before; /* it has the job from its opening on */
    while (hs_proxy_spread_on(rig.proxy)) {
    }
    cr_assert_eq(opened, 1);
    cr_assert_leq(served(), MANY - 10 + 1 + 10, "at most those ten twice");
    cr_assert_geq(served(), MANY - 10 + 1);
}

/* A pool that goes takes its job along; another's has its own round. */
Test(proxy_spread, a_pool_that_is_lost_ends_it)
{
    rig_pool_tip(1, 2);
    const size_t first = served();
    rig_pool_lost(1);
    cr_assert_eq(hs_proxy_spread_on(rig.proxy), 0);
    cr_assert_eq(served(), first);
}

Test(proxy_spread, a_newer_job_begins_anew)
{
    rig_pool_tip(1, 2);
    rig_pool_tip(1, 3);
    while (hs_proxy_spread_on(rig.proxy)) {
    }
    cr_assert_geq(served(), MANY);
    cr_assert_leq(served(), MANY + 64);
}
