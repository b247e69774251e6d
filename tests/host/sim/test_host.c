/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A host in the simulator that takes its time, and pools to which it cannot move anybody. */
#include "tests/host/sim/test_fake.h"

enum { A, B };

#define FARM(keys)                                                                                 \
    "[scenario]\nhours = 1\nwarmup = 10min\n[farm]\nlist = 20x200\ndrift_pct = 0\n" keys           \
    "\n[pool.a]\ntarget = 60\n"
#define TO_B(keys) "[pool.b]\ntarget = 40\n" keys "\n"

static const struct fake_move ONE[] = {{600, 1, 1, 2}};

Test(sim_host, an_outcome_comes_when_the_host_is_ready)
{
    hs_sim_result r;
    run_fake(FARM("host_delay = 20s") TO_B(""), 900, ONE, 1, &r);
    cr_assert_eq(fake.told_count, 1);
    cr_assert_eq(fake.told[0].second, 620);
    cr_assert_eq(fake.told[0].e.result, HMX_RESULT_APPLIED);
    cr_assert(channels_at(&r, 619, B) == 0 && channels_at(&r, 620, B) == 1);
    /* The old pool has its shares until then. */
    uint64_t last_of_a = 0;
    for (size_t i = 0; i < fake.share_count; i++) {
        const struct fake_share *const s = &fake.shares[i];
        if (s->e.verdict == HMX_SHARE_SUBMITTED && s->e.channel == 1 && s->e.upstream == 1) {
            last_of_a = s->second;
        }
    }
    cr_assert(last_of_a > 600 && last_of_a <= 620, "%u", (unsigned)last_of_a);
    hs_sim_result_free(&r);
    run_fake(FARM("") TO_B(""), 900, ONE, 1, NULL);
    cr_assert_eq(fake.told[0].second, 600, "at once by default");
}

/* The test's decisions are valid for a minute. */
Test(sim_host, too_late_is_never)
{
    hs_sim_result r;
    run_fake(FARM("host_delay = 61s") TO_B(""), 900, ONE, 1, &r);
    cr_assert(fake.told_count == 0 && r.moves == 0 && r.moves_refused == 0);
    hs_sim_result_free(&r);
}

Test(sim_host, who_has_left_meanwhile_is_not_moved)
{
    hs_sim_result r;
    run_fake(FARM("host_delay = 20s") TO_B("[event.e]\nat = 610s\nkind = disconnect\n"
                                           "miners_pct = 100\nfor = 5s"),
             900, ONE, 1, &r);
    cr_assert(fake.told_count == 0 && r.moves == 0);
    hs_sim_result_free(&r);
}

/* Nothing is heard of it for ten minutes, in which a pool goes and comes and a miner leaves. */
Test(sim_host, it_sleeps)
{
    hs_sim_result r;
    run_fake(FARM("") TO_B("[event.s]\nat = 20min\nkind = sleep\nfor = 10min\n"
                           "[event.d]\nat = 25min\nkind = disconnect\nminers_pct = 5\n"),
             3600, NULL, 0, &r);
    cr_assert_eq(fake.longest_gap, 601, "%u", (unsigned)fake.longest_gap);
    cr_assert_eq(fake.ticks, 3000);
    cr_assert_gt(fake_count(HMX_SHARE_ACCEPTED), 0);
    for (size_t i = 0; i < fake.share_count; i++) {
        cr_assert(fake.shares[i].second <= 1200 || fake.shares[i].second > 1800);
    }
    cr_assert(fake.close_count == 1 && fake.closed_at[0] == 1801, "when it has woken");
    cr_assert_float_eq(r.lost_work_pct, 100.0 * 12000.0 / (72000.0 - 1800.0), 0.4, "%f",
                       r.lost_work_pct);
    cr_assert_eq(r.lost, 0);
    hs_sim_result_free(&r);
}

/* A blip: down for a second every five minutes is twelve times in an hour. */
Test(sim_host, blips)
{
    hs_sim_result r;
    run_fake(FARM("") TO_B("[event.b]\nat = 150s\nkind = down\npools = a\nfor = 1s\n"
                           "every = 5min\nuntil = 1h\n"),
             3600, NULL, 0, &r);
    uint32_t blips = 0;
    for (size_t i = 0; i < fake.share_count; i++) {
        const struct fake_share *const s = &fake.shares[i];
        if (s->e.verdict == HMX_SHARE_LOST) {
            cr_assert_leq(s->second % 300 - 150, 1, "%u", (unsigned)s->second);
            blips |= 1u << s->second / 300;
        }
    }
    cr_assert_eq(blips, 0xfff, "%x", blips);
    cr_assert_eq(r.lost, fake_count(HMX_SHARE_LOST));
    cr_assert_eq(r.forced, 0, "nobody is sent away");
    hs_sim_result_free(&r);
}

/* 40 moves to b, of miners in turn. */
static void forty(const char *text, uint32_t *applied, uint32_t *refused, uint32_t *failed)
{
    static struct fake_move moves[40];
    hs_sim_result r;
    for (uint32_t i = 0; i < 40; i++) {
        moves[i] = (struct fake_move){600 + 30 * i, 1 + i % 20, 1, 2};
    }
    run_fake(text, 3600, moves, 40, &r);
    *applied = *refused = *failed = 0;
    for (uint32_t i = 0; i < fake.told_count; i++) {
        *applied += fake.told[i].e.result == HMX_RESULT_APPLIED;
        *refused += fake.told[i].e.result == HMX_RESULT_REFUSED;
        *failed += fake.told[i].e.result == HMX_RESULT_FAILED;
    }
    cr_assert(r.moves == *applied && r.moves_refused == *refused && r.moves_failed == *failed);
    cr_assert_eq(channels_at(&r, 3599, B), *applied);
    hs_sim_result_free(&r);
}

/* Up, and with nothing to work on: its miners stay and find nothing, and nobody can go there. */
Test(sim_host, a_pool_without_a_job)
{
    static const struct fake_move MOVES[] = {{100, 1, 1, 2}, {2500, 1, 2, 1}};
    hs_sim_result r;
    run_fake("[scenario]\nhours = 1\nwarmup = 10min\n[farm]\nlist = 20x200\ndrift_pct = 0\n"
             "[pool.a]\ntarget = 60\n[pool.b]\ntarget = 40\n"
             "[event.e]\nat = 20min\nkind = no_job\npools = a\nfor = 20min\n",
             3600, MOVES, 2, &r);
    for (size_t i = 0; i < fake.share_count; i++) {
        const struct fake_share *const s = &fake.shares[i];
        cr_assert(s->e.verdict != HMX_SHARE_SUBMITTED || s->e.upstream == 2 || s->second <= 1200 ||
                      s->second > 2400,
                  "%u", (unsigned)s->second);
    }
    cr_assert_eq(fake.told_count, 2);
    cr_assert_float_eq(r.lost_work_pct, 100.0 / 3.0 * 19.0 / 20.0, 0.5, "%f", r.lost_work_pct);
    cr_assert_float_eq(hs_account_epoch(&r.account, 1800)->target[0], 0.0, 1e-12);
    cr_assert_float_eq(hs_account_epoch(&r.account, 3000)->target[0], 0.6, 1e-12);
    hs_sim_result_free(&r);
}

Test(sim_host, pools_to_which_moves_are_refused_or_fail)
{
    uint32_t applied = 0;
    uint32_t refused = 0;
    uint32_t failed = 0;
    forty(FARM("") TO_B("fails_pct = 100"), &applied, &refused, &failed);
    cr_assert(failed == 40 && applied == 0 && refused == 0, "%u %u %u", applied, refused, failed);
    cr_assert_eq(fake.drained_of_b, 40, "%u: the devices may have seen them", fake.drained_of_b);
    forty(FARM("") TO_B("refuses_pct = 100\nfails_pct = 100"), &applied, &refused, &failed);
    cr_assert(refused == 40 && applied == 0 && failed == 0, "%u %u %u", applied, refused, failed);
    forty(FARM("") TO_B("[event.e]\nat = 0s\nkind = fail_moves\npools = b\npct = 100\nfor = 900s"),
          &applied, &refused, &failed);
    cr_assert(failed == 10, "those before 900 s: %u", failed);
    forty(FARM("") TO_B("[event.e]\nat = 0s\nkind = refuse_moves\npools = b\npct = 100\n"
                        "for = 900s"),
          &applied, &refused, &failed);
    cr_assert(refused == 10 && failed == 0 && applied == 20, "%u %u", refused, applied);
}

/* By luck, and hashmux gets its split all the same. */
Test(sim_host, half_of_the_moves)
{
    hs_sim_options options = {.seed = 4};
    hs_sim_result r;
    run_with("[scenario]\nhours = 8\n[farm]\nlist = 50x200\n[pool.a]\ntarget = 60\n"
             "refuses_pct = 25\nfails_pct = 25\n[pool.b]\ntarget = 40\nrefuses_pct = 25\n"
             "fails_pct = 25\n[event.t]\nat = 3h 4h 5h\nkind = targets\ntargets = a:20 b:80\n"
             "[event.u]\nat = 210min 270min\nkind = targets\ntargets = a:80 b:20\n",
             HASHMUX, &options, &r);
    const double tried = (double)(r.moves + r.moves_refused + r.moves_failed);
    cr_assert_gt(tried, 100.0);
    cr_assert_float_eq((double)r.moves_refused / tried, 0.25, 0.12);
    cr_assert_float_eq((double)r.moves_failed / tried, 0.75 * 0.25, 0.12);
    hs_sim_result_free(&r);
}
