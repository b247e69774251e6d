/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What the header says of pools: what the host tells of them and who makes use of it, a pool
 * without a job, and what is judged when. */
#include "tests/integration/harness_field.h"

static it_host H;

#define AB IT_POOL("a", "60", "1") IT_POOL("b", "40", "2")

static void tell(const hmx_upstream_event *e)
{
    cr_assert_eq(hs_guard_on_upstream(H.guard, e), HMX_OK);
}

static uint32_t lines_with(const char *what)
{
    uint32_t count = 0;
    for (const char *at = strstr(H.log, what); at != NULL; at = strstr(at + 1, what)) {
        count++;
    }
    return count;
}

/* ---- reason ---- */
Test(contract_pools, why_a_pool_is_not_up_stands_in_the_log_and_in_its_row)
{
    static const struct {
        uint32_t reason;
        const char *line;
    } ROWS[] = {
        {HMX_NONE, "upstream a is not up any more\n"},
        {HMX_UPSTREAM_REASON_CONNECT_FAILED,
         "upstream a is not up any more: it cannot be connected to\n"},
        {HMX_UPSTREAM_REASON_LOST, "upstream a is not up any more: the connection broke\n"},
        {HMX_UPSTREAM_REASON_REFUSED,
         "upstream a is not up any more: it refused the setup or the channel\n"},
        {HMX_UPSTREAM_REASON_HOST, "upstream a is not up any more: the host decided so\n"},
        {HMX_UPSTREAM_REASON_HOST + 1, "upstream a is not up any more\n"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        it_open(&H, AB);
        cr_assert_eq(it_row(&H, IT_A).state, 0, "nothing was said yet");
        it_all_up(&H, 2);
        cr_assert_eq(it_row(&H, IT_A).state, HMX_UPSTREAM_UP);
        hmx_upstream_event e = it_upstream(&H, IT_A, HMX_UPSTREAM_DOWN);
        e.reason = ROWS[i].reason;
        tell(&e);
        cr_assert_eq(lines_with(ROWS[i].line), 1, "%s", H.log);
        cr_assert_eq(it_row(&H, IT_A).state, HMX_UPSTREAM_DOWN);
        cr_assert_eq(it_row(&H, IT_A).reason, ROWS[i].reason);
        e = it_upstream(&H, IT_A, HMX_UPSTREAM_UP);
        e.reason = ROWS[i].reason; /* left over: it is up */
        tell(&e);
        cr_assert_eq(it_row(&H, IT_A).reason, HMX_NONE);
        it_close(&H);
    }
}

/* ---- target and max_target ---- */

static void up_at(uint32_t upstream, double difficulty)
{
    hmx_upstream_event e = it_upstream(&H, upstream, HMX_UPSTREAM_UP);
    if (difficulty > 0) {
        it_target_of(difficulty, e.target);
    }
    tell(&e);
}

static hmx_channel_open machine(double ths, double own_difficulty)
{
    hmx_channel_open e = it_channel_event(&H, IT_THS(ths));
    if (own_difficulty > 0) {
        it_target_of(own_difficulty, e.max_target);
    }
    return e;
}

/* b's target is a share in 72 minutes for the small, in 22 seconds for the large. */
Test(contract_pools, a_pool_whose_target_a_device_cannot_meet_is_no_destination_for_it)
{
    it_open(&H, IT_ABC);
    up_at(IT_A, 1);
    up_at(IT_B, 1e6);
    up_at(IT_C, 1);
    for (uint32_t i = 0; i < 100; i++) {
        const hmx_channel_open e = machine(i < 50 ? 1 : 200, 1000);
        const uint32_t at = it_channel_with(&H, &e);
        cr_assert(i >= 50 || H.channels[at].upstream != IT_B);
    }
    for (uint32_t s = 0; s < 7200; s += 10) {
        it_advance(&H, 10);
        it_mine(&H, 10);
        it_tick(&H);
        for (uint32_t i = 0; i < H.decision_count; i++) {
            cr_assert(H.decisions[i].channel > 50 || H.decisions[i].to != IT_B);
        }
        it_answer_all(&H, HMX_RESULT_APPLIED);
    }
    for (uint32_t u = IT_A; u <= IT_C; u++) {
        const double wanted = u == IT_A ? 60 : u == IT_B ? 30 : 10;
        cr_assert_float_eq(it_row(&H, u).delivered_pct, wanted, 1, "pool %u: %.2f", u,
                           it_row(&H, u).delivered_pct);
    }
    it_close(&H);
}

/* What a device asks for itself is what it can do, also when it says so later. */
Test(contract_pools, a_device_that_asks_for_hard_shares_is_believed)
{
    for (int later = 0; later < 2; later++) {
        it_open(&H, IT_POOL("a", "90", "1") IT_POOL("b", "10", "2"));
        up_at(IT_A, 1e6);
        up_at(IT_B, 1);
        hmx_channel_open e = machine(1, later ? 0 : 1e6);
        const uint32_t at = it_channel_with(&H, &e);
        cr_assert_eq(H.channels[at].upstream, later ? IT_B : IT_A);
        if (later) {
            hmx_channel_update change = {.event = it_event(&H, sizeof change),
                                         .channel = e.channel,
                                         .changed = HMX_FACT_MAX_TARGET};
            it_target_of(2e6, change.max_target);
            cr_assert_eq(hs_guard_on_channel_update(H.guard, &change), HMX_OK);
            it_down(&H, IT_B);
            it_tick(&H);
            cr_assert(H.decision_count == 1 && H.decisions[0].to == IT_A);
        }
        it_close(&H);
    }
}

/* A pool that gives easier ones than a device takes: the host gives it those that it takes. */
Test(contract_pools, an_easy_target_and_one_that_is_not_known_forbid_nothing)
{
    static const double POOLS[] = {0, 1, 1e6, 1e6};
    static const double DEVICES[] = {1e3, 1e3, 0, 1e3};
    static const double RATES[] = {1e-6, 1e-6, 200, 200};
    for (int i = 0; i < 4; i++) {
        it_open(&H, IT_POOL("a", "90", "1") IT_POOL("b", "10", "2"));
        up_at(IT_A, POOLS[i]);
        up_at(IT_B, 0);
        const hmx_channel_open e = machine(RATES[i], DEVICES[i]);
        cr_assert_eq(H.channels[it_channel_with(&H, &e)].upstream, IT_A, "%d", i);
        it_close(&H);
    }
}

/* A lottery ticket of a device, and every pool too hard for it: it works all the same. */
Test(contract_pools, a_device_that_can_meet_no_target_is_not_left_without_work)
{
    it_open(&H, AB);
    up_at(IT_A, 1e6);
    up_at(IT_B, 1e5);
    const hmx_channel_open e = machine(1e-6, 0);
    cr_assert_eq(H.channels[it_channel_with(&H, &e)].upstream, IT_A);
    it_down(&H, IT_A);
    it_tick(&H);
    cr_assert(H.decision_count == 1 && H.decisions[0].to == IT_B);
    it_close(&H);
}

/* ---- has_job ---- */
static void job(uint32_t upstream, uint32_t has_job)
{
    hmx_upstream_event e = it_upstream(&H, upstream, HMX_UPSTREAM_UP);
    e.has_job = has_job;
    tell(&e);
}

/* Fifty minutes without a job: nobody is sent there, neither a newcomer nor a miner of the others.
 * (That those who are there leave after a grace is the control's business.) */
Test(contract_pools, without_a_job_a_pool_is_never_a_destination)
{
    it_open(&H, IT_ABC);
    it_all_up(&H, 3);
    it_channels(&H, 100, 1000);
    it_run(&H, 600, 1, IT_APPLY);
    job(IT_A, HMX_NO);
    const uint32_t before = it_count_on(&H, IT_A);
    for (uint32_t minute = 0; minute < 50; minute++) {
        cr_assert_neq(H.channels[it_channel_of(&H, 1000)].upstream, IT_A);
        if (minute == 20) {
            it_down(&H, IT_B); /* the others have to go somewhere, too */
        } else if (minute == 22) {
            it_up(&H, IT_B);
        }
        for (uint32_t s = 0; s < 60; s += 5) {
            it_advance(&H, 5);
            it_mine(&H, 5);
            it_tick(&H);
            for (uint32_t i = 0; i < H.decision_count; i++) {
                cr_assert_neq(H.decisions[i].to, IT_A, "minute %u", minute);
            }
            it_answer_all(&H, HMX_RESULT_APPLIED);
        }
    }
    cr_assert_leq(it_count_on(&H, IT_A), before);
    const hmx_upstream_metrics row = it_row(&H, IT_A);
    cr_assert((row.flags & HMX_ROW_UP) != 0 && (row.flags & HMX_ROW_USABLE) == 0);
    cr_assert_eq(row.effective_pct, 0);
    cr_assert_gt(row.wanted_hashrate, 0.55 * it_snapshot(&H).s.hashrate, "its share, told ahead");
    job(IT_A, HMX_YES);
    cr_assert_eq(H.channels[it_channel_of(&H, 1000)].upstream, IT_A);
    it_close(&H);
}

/* Between a new block and its job a pool has none, for seconds. */
Test(contract_pools, a_job_that_is_away_for_seconds_moves_nobody)
{
    it_open(&H, IT_ABC);
    it_all_up(&H, 3);
    it_channels(&H, 100, 1000);
    it_run(&H, 3600, 1, IT_APPLY);
    const uint64_t before = H.moves;
    for (uint32_t block = 0; block < 12; block++) {
        job(IT_A, HMX_NO);
        it_run(&H, 5, 1, IT_APPLY);
        job(IT_A, HMX_YES);
        it_run(&H, 595, 1, IT_APPLY);
    }
    cr_assert_leq(H.moves - before, 4, "%d moves", (int)(H.moves - before));
    it_close(&H);
}

/* ---- judged when ---- */
#define SLOW                                                                                       \
    "[controller]\nevaluation_interval_secs = 3600\n[failover]\n"                                  \
    "health_check_interval_secs = 3600\nhold_down_secs = 60\nhold_down_max_secs = 7200\n" AB

/* Down and up again, so often. */
static void fail(uint32_t upstream, uint32_t times)
{
    for (uint32_t i = 0; i < times; i++) {
        it_down(&H, upstream);
        it_advance(&H, 1);
        it_up(&H, upstream);
        it_advance(&H, 1);
    }
}

static uint32_t used(uint32_t upstream)
{
    return it_row(&H, upstream).flags & (HMX_ROW_USABLE | HMX_ROW_HELD_DOWN);
}

Test(contract_pools, the_end_of_a_hold_down_is_seen_at_the_next_check_or_report)
{
    for (int reported = 0; reported < 2; reported++) {
        it_open(&H, SLOW);
        it_all_up(&H, 2);
        fail(IT_A, 2);
        cr_assert_eq(used(IT_A), HMX_ROW_HELD_DOWN);
        it_advance(&H, 130);
        it_tick(&H);
        cr_assert_eq(used(IT_A), 0, "over, and not judged yet");
        if (reported) {
            it_up(&H, IT_A);
        } else {
            it_advance(&H, 3600);
            it_tick(&H);
        }
        cr_assert_eq(used(IT_A), HMX_ROW_USABLE);
        it_close(&H);
    }
}

/* Both are held down: they are used for want of better. When the first is not held any more, the
 * second is not used any more, in the snapshot and in fact. */
Test(contract_pools, what_one_pool_does_to_another_is_followed_at_once)
{
    it_open(&H, SLOW);
    it_all_up(&H, 2);
    fail(IT_A, 2);
    fail(IT_B, 4);
    cr_assert_eq(used(IT_A), HMX_ROW_HELD_DOWN | HMX_ROW_USABLE);
    cr_assert_eq(used(IT_B), HMX_ROW_HELD_DOWN | HMX_ROW_USABLE);
    it_channels(&H, 10, 1000);
    cr_assert_eq(it_count_on(&H, IT_B), 4);
    it_advance(&H, 130);
    it_up(&H, IT_A);
    cr_assert_eq(used(IT_A), HMX_ROW_USABLE);
    cr_assert_eq(used(IT_B), HMX_ROW_HELD_DOWN);
    cr_assert_eq(it_row(&H, IT_A).effective_pct, 100);
    cr_assert_eq(it_row(&H, IT_B).effective_pct, 0);
    it_tick(&H);
    it_answer_all(&H, HMX_RESULT_APPLIED);
    cr_assert_eq(it_count_on(&H, IT_B), 0);
    it_close(&H);
}
