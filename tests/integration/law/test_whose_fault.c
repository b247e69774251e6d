/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Miners whose shares are all rejected, wherever they work, and a farm that changes as a whole. */
#include "tests/integration/harness_field.h"

static it_host H;

/* Seconds of a farm whose first `bad` channels have every share rejected: three shares each in half
 * a minute, of as much work as declared, `flood` times as many of a difficulty next to nothing. */
static void work_for(uint32_t seconds, uint32_t bad, uint32_t flood, double part)
{
    for (uint32_t s = 0; s < seconds; s += 30) {
        it_advance(&H, 30);
        for (uint32_t i = 0; i < H.channel_count; i++) {
            const uint32_t at = H.channels[i].upstream;
            const int is_bad = i < bad;
            const uint32_t count = is_bad && flood > 0 ? 3 * flood : 3;
            const double work = is_bad && flood > 0 ? count : 30 * H.channels[i].difficulty * part;
            if (at == HMX_NONE) {
                continue;
            }
            it_share(&H, i, at, HMX_SHARE_SUBMITTED, count, work);
            it_share(&H, i, at, is_bad ? HMX_SHARE_REJECTED_OTHER : HMX_SHARE_ACCEPTED, count,
                     work);
            it_pools[at].credited += is_bad ? 0 : work;
        }
        it_tick(&H);
        it_answer_all(&H, HMX_RESULT_APPLIED);
    }
}

static uint64_t moves(void)
{
    return it_snapshot(&H).s.moves_applied;
}

static void expect_split(double points)
{
    static const double WANTED[] = {60, 30, 10};
    for (uint32_t at = 1; at <= 3; at++) {
        cr_assert_float_eq(it_credited_pct(at), WANTED[at - 1], points, "pool %u got %.2f", at,
                           it_credited_pct(at));
        cr_assert_eq(it_row(&H, at).flags & HMX_ROW_GREY, 0);
    }
}

/* The moves of four hours in which the split is right, with so many miners of whom some are bad. */
static uint64_t moves_with(uint32_t miners, uint32_t bad)
{
    it_open(&H, IT_ABC);
    it_all_up(&H, 3);
    it_channels(&H, miners, 1000);
    work_for(1200, bad, 0, 1);
    const uint64_t before = moves();
    it_account_open();
    work_for(4 * 3600, bad, 0, 1);
    expect_split(1);
    for (uint32_t i = 0; i < bad; i++) {
        cr_assert_eq(it_channel_row(&H, i).hashrate, 0.0, "it is nobody's");
    }
    const double left = (miners - bad) * it_hashrate(1000);
    cr_assert_float_eq(it_snapshot(&H).s.hashrate, left, 0.01 * left);
    cr_assert_eq(strstr(H.log, ": bad,") != NULL, bad > 0, "%s", H.log);
    const uint64_t count = moves() - before;
    it_close(&H);
    return count;
}

/* From one in sixty to one in seven. */
Test(whose_fault, bad_miners_condemn_no_pool)
{
    static const uint32_t BAD[] = {1, 5, 9};
    for (size_t k = 0; k < sizeof BAD / sizeof BAD[0]; k++) {
        const uint64_t without = moves_with(60 - BAD[k], 0);
        const uint64_t with = moves_with(60, BAD[k]);
        cr_assert_leq(with, 2 * without, "%u moves, without the bad %u", (unsigned)with,
                      (unsigned)without);
    }
}

/* Three a second of difficulty one. */
Test(whose_fault, a_flood_of_rejected_trifles_condemns_nobody)
{
    it_open(&H, IT_ABC);
    it_all_up(&H, 3);
    it_channels(&H, 20, 1000);
    work_for(1800, 1, 30, 1);
    it_account_open();
    work_for(6 * 3600, 1, 30, 1);
    expect_split(1);
    it_close(&H);
}

/* Five minutes in which one of sixty miners sends fifty times its work, all of it rejected: half of
 * the farm, if it counted. */
Test(whose_fault, a_flood_of_rejected_shares_counts_as_nothing)
{
    it_open(&H, IT_ABC);
    it_all_up(&H, 3);
    it_channels(&H, 60, 1000);
    work_for(3600, 0, 0, 1);
    const uint64_t before = moves();
    for (uint32_t s = 0; s < 300; s += 30) {
        const double work = 50 * 30 * H.channels[0].difficulty;
        it_share(&H, 0, H.channels[0].upstream, HMX_SHARE_SUBMITTED, 150, work);
        it_share(&H, 0, H.channels[0].upstream, HMX_SHARE_REJECTED_DUPLICATE, 150, work);
        work_for(30, 0, 0, 1);
        cr_assert_leq(it_channel_row(&H, 0).hashrate, 1.1 * it_hashrate(1000), "%u s", s);
    }
    cr_assert_leq(moves() - before, 4);
    cr_assert_not_null(strstr(H.log, ": bad,"), "%s", H.log);
    it_close(&H);
}

Test(whose_fault, a_miner_that_was_mended_counts_again)
{
    it_open(&H, IT_ABC);
    it_all_up(&H, 3);
    it_channels(&H, 30, 1000);
    work_for(1800, 1, 0, 1);
    cr_assert_eq(it_channel_row(&H, 0).hashrate, 0.0);
    work_for(3600, 0, 0, 1);
    cr_assert_float_eq(it_channel_row(&H, 0).hashrate, it_hashrate(1000), 0.1 * it_hashrate(1000));
    cr_assert_not_null(strstr(H.log, "accepted again"), "%s", H.log);
    it_close(&H);
}

/* Alone at its pool nobody can say: the pool takes the blame, until there are others. */
Test(whose_fault, the_only_miner_of_a_pool_is_found_out_elsewhere)
{
    it_open(&H, IT_POOL("a", "50", "1") IT_POOL("b", "50", "2"));
    it_all_up(&H, 2);
    it_channels(&H, 2, 1000);
    work_for(4 * 3600, 1, 0, 1);
    cr_assert_eq(it_channel_row(&H, 0).hashrate, 0.0);
    it_close(&H);
}

/* ---- the farm as a whole ---- */
/* An absolute target of 20 of 100 miners; then all do only a part of it. */
static void drop_to(double part)
{
    it_open(&H, IT_ABSOLUTE("a", "200", "1") IT_POOL_KEYS("b", "2", "percentage = 100"));
    it_all_up(&H, 2);
    it_channels(&H, 100, IT_THS(10));
    work_for(3 * 3600, 0, 0, 1);
    cr_assert_float_eq(it_effective(&H, IT_A), 20, 0.1);
    work_for(600, 0, 0, part);
    cr_assert_float_eq(it_effective(&H, IT_A), 20 / part, 1, "%.2f after ten minutes",
                       it_effective(&H, IT_A));
    work_for(3000, 0, 0, part);
    cr_assert_float_eq(it_effective(&H, IT_A), 20 / part, 1, "%.2f after an hour",
                       it_effective(&H, IT_A));
    cr_assert_float_eq(it_row(&H, IT_A).allocated_pct, 20 / part, 1.1);
    it_close(&H);
}

Test(whose_fault, a_farm_that_drops_as_a_whole_is_known_in_minutes)
{
    drop_to(0.9);
    drop_to(0.7);
}

Test(whose_fault, a_farm_that_drops_as_a_whole_moves_nobody_by_that)
{
    it_open(&H, IT_ABC);
    it_all_up(&H, 3);
    it_channels(&H, 60, 1000);
    work_for(3600, 0, 0, 1);
    const uint64_t before = moves();
    work_for(3600, 0, 0, 0.85);
    cr_assert_eq(moves(), before);
    const double now = 60 * 0.85 * it_hashrate(1000);
    cr_assert_float_eq(it_snapshot(&H).s.hashrate, now, 0.01 * now);
    it_close(&H);
}
