/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Pools that reject or swallow: what they cost a small farm, and how they come back. */
#include "tests/integration/harness_field.h"
#include "tests/unit/test_draw.h"

static it_host H;

static uint64_t luck;
static double hashed[4]; /* difficulty x seconds by upstream, since it was cleared */

/* One second in which each miner finds a share of ten seconds' work every ten seconds. */
static void live(void)
{
    it_advance(&H, 1);
    for (uint32_t i = 0; i < H.channel_count; i++) {
        const it_channel *const c = &H.channels[i];
        if (!c->open || c->upstream == HMX_NONE) {
            continue;
        }
        hashed[c->upstream] += c->difficulty;
        if ((H.now_ns / 1000000000u + i) % 10 != 0) {
            continue;
        }
        it_pool *const pool = &it_pools[c->upstream];
        it_share(&H, i, c->upstream, HMX_SHARE_SUBMITTED, 1, 10 * c->difficulty);
        if (pool->swallows) {
            continue;
        }
        const int accepted = draw_unit(&luck) < pool->acceptance;
        it_share(&H, i, c->upstream, accepted ? HMX_SHARE_ACCEPTED : HMX_SHARE_REJECTED_OTHER, 1,
                 10 * c->difficulty);
    }
    it_tick(&H);
    it_answer_all(&H, HMX_RESULT_APPLIED);
}

static void live_for(uint32_t seconds)
{
    for (uint32_t i = 0; i < seconds; i++) {
        live();
    }
}

static void open_farm(const char *config, uint32_t pools, uint32_t miners)
{
    memset(hashed, 0, sizeof hashed);
    luck = 1;
    it_open(&H, config);
    it_all_up(&H, pools);
    it_pools_healthy();
    it_channels(&H, miners, IT_THS(100));
}

static double pct_of(uint32_t upstream)
{
    const double all = hashed[1] + hashed[2] + hashed[3];
    return all > 0.0 ? 100.0 * hashed[upstream] / all : 0.0;
}

static uint32_t lines_with(const char *text)
{
    uint32_t count = 0;
    for (const char *at = strstr(H.log, text); at != NULL; at = strstr(at + 1, text)) {
        count++;
    }
    return count;
}

#define HALVES      IT_POOL("a", "50", "1") IT_POOL("b", "50", "2")
#define NEARLY_ALL  IT_POOL("a", "95", "1") IT_POOL("b", "5", "2")
#define SMALL_OF(n) ((n) == 1 ? NEARLY_ALL : HALVES)

/* One to five machines, and the second pool is no good for ten hours. */
Test(grey_return, watching_a_grey_pool_costs_a_small_farm_a_hundredth)
{
    for (uint32_t miners = 1; miners <= 5; miners += miners == 2 ? 3 : 1) {
        for (int swallows = 0; swallows <= 1; swallows++) {
            open_farm(SMALL_OF(miners), 2, miners);
            live_for(2 * 3600);
            it_pools[IT_B].acceptance = 0.0;
            it_pools[IT_B].swallows = swallows;
            live_for(2 * 3600);
            cr_assert_geq(lines_with("upstream b is grey"), 1, "%u, %d: %s", miners, swallows,
                          H.log);
            memset(hashed, 0, sizeof hashed);
            live_for(8 * 3600);
            cr_assert_leq(pct_of(IT_B), 1.2, "%u machines, swallows %d: %f %%, %s", miners,
                          swallows, pct_of(IT_B), H.log);
            it_close(&H);
        }
    }
}

/* A farm of 200: the share doubles as it accepts, and the whole of it is there within minutes. */
Test(grey_return, a_pool_that_is_well_again_gets_its_share_little_by_little)
{
    open_farm(IT_ABC, 3, 200);
    live_for(900);
    it_pools[IT_A].acceptance = 0.0;
    live_for(120);
    cr_assert_leq(it_count_on(&H, IT_A), 1);
    it_pools[IT_A].acceptance = 1.0;
    uint32_t before = it_count_on(&H, IT_A);
    uint32_t well = 0;
    for (uint32_t s = 1; s <= 600 && well == 0; s++) {
        live();
        const uint32_t now = it_count_on(&H, IT_A);
        cr_assert(now <= 2 * before + 3 || before >= 50, "second %u: %u after %u", s, now, before);
        before = now;
        well = now >= 118 ? s : 0;
    }
    cr_assert(well > 0 && well <= 300, "%u s", well);
    cr_assert_eq(lines_with("upstream a is tried again"), 1);
    live_for(600);
    cr_assert_eq(lines_with("upstream a is judged healthy"), 1);
    it_close(&H);
}

/* It accepts the canary's shares and rejects those of others: each try is cheap, and they become
 * rare. */
Test(grey_return, returns_that_fail_are_cheap_and_ever_more_rare)
{
    open_farm(IT_ABC, 3, 200);
    live_for(900);
    it_pools[IT_A].acceptance = 0.0;
    live_for(120);
    memset(hashed, 0, sizeof hashed);
    uint32_t tries = 0;
    for (uint32_t s = 0; s < 4 * 3600; s++) {
        it_pools[IT_A].acceptance = it_count_on(&H, IT_A) <= 1 ? 1.0 : 0.0;
        live();
    }
    tries = lines_with("upstream a is tried again");
    cr_assert(tries >= 3 && tries <= 10, "%u", tries);
    cr_assert_leq(pct_of(IT_A), 1.0, "%f %%", pct_of(IT_A));
    it_close(&H);
}

/* Either side of the border: with a quarter of rejects everybody stays, and the log says what it
 * costs; with a border of 20 it is left, and tried again with a miner at a time. */
Test(grey_return, the_border_is_the_owners)
{
    open_farm(IT_ABC, 3, 60);
    it_pools[IT_A].acceptance = 0.75;
    live_for(3 * 3600);
    cr_assert_eq(lines_with("is grey"), 0);
    cr_assert_eq(lines_with("upstream a rejected 2"), 3, "%s", H.log);
    cr_assert_eq(lines_with("rejected"), 3, "the others reject nothing");
    it_close(&H);
    open_farm("[failover]\ngrey_reject_pct = 20\n" IT_ABC, 3, 60);
    it_pools[IT_A].acceptance = 0.75;
    live_for(6 * 3600);
    const uint32_t left = lines_with("is grey: it rejects 2");
    cr_assert(left >= 1 && left <= 4, "left, and tried again ever more rarely: %s", H.log);
    cr_assert_leq(it_count_on(&H, IT_A), 2);
    it_close(&H);
}

Test(grey_return, a_small_cost_is_not_told)
{
    open_farm(IT_ABC, 3, 60);
    it_pools[IT_A].acceptance = 0.96;
    live_for(2 * 3600);
    cr_assert_eq(lines_with("in the last hour"), 0, "%s", H.log);
    it_close(&H);
}

/* A pool that is down is not said to reject. */
Test(grey_return, all_down_is_not_called_grey)
{
    open_farm(IT_ABC, 3, 20);
    live_for(600);
    for (uint32_t u = IT_A; u <= IT_C; u++) {
        it_pools[u].swallows = 1;
        it_down(&H, u);
    }
    live_for(900);
    it_pools_healthy();
    it_all_up(&H, 3);
    live_for(300);
    cr_assert_eq(lines_with("is grey"), 0, "%s", H.log);
    it_close(&H);
}
