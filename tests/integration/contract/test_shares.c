/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What the header says of shares: work in every verdict, credit beside it, and how a host reports
 * that aggregates many miners into one upstream channel per pool. */
#include "host_stub/base/rng.h"
#include "tests/integration/harness_field.h"

static it_host H;

#define AB IT_POOL("a", "60", "1") IT_POOL("b", "40", "2")

static void tell(uint32_t index, uint32_t upstream, uint32_t verdict, uint32_t count, double work,
                 double credit)
{
    hmx_share e = it_share_event(&H, index, upstream, verdict, count, work);
    e.credit = credit;
    cr_assert_eq(hs_guard_on_share(H.guard, &e), HMX_OK);
}

static void evaluate(void)
{
    it_advance(&H, 30);
    it_tick(&H);
    it_answer_all(&H, HMX_RESULT_APPLIED);
}

/* ---- credit ---- */
Test(contract_shares, acceptance_is_credit_to_credit)
{
    it_open(&H, AB);
    it_all_up(&H, 2);
    it_channels(&H, 2, 1000);
    cr_assert_eq(it_row(&H, IT_A).acceptance_pct, 100, "no verdict yet");
    tell(0, IT_A, HMX_SHARE_SUBMITTED, 10, 10, 1000);
    tell(0, IT_A, HMX_SHARE_ACCEPTED, 9, 9, 90);
    tell(0, IT_A, HMX_SHARE_REJECTED_OTHER, 1, 1, 910);
    cr_assert_float_eq(it_row(&H, IT_A).acceptance_pct, 9, 1e-9, "of 1000 it took 90");
    it_close(&H);
}

Test(contract_shares, credit_of_zero_is_the_work)
{
    it_open(&H, AB);
    it_all_up(&H, 2);
    it_channels(&H, 2, 1000);
    for (uint32_t i = 0; i < 2; i++) {
        tell(i, i + 1, HMX_SHARE_SUBMITTED, 1, i == 0 ? 30 : 70, 0);
        tell(i, i + 1, HMX_SHARE_ACCEPTED, 1, i == 0 ? 30 : 70, 0);
    }
    evaluate();
    cr_assert_float_eq(it_row(&H, IT_A).actual_pct, 30, 1e-9);
    cr_assert_float_eq(it_row(&H, IT_B).actual_pct, 70, 1e-9);
    it_close(&H);
}

/* What a pool rejects is made good by more hashrate: by what it is worth. a rejects a tenth of its
 * shares, of the usual credit or of ten times that. */
static double command_of_a(double credit_of_rejects)
{
    it_open(&H, "[failover]\ngrey_detection = false\n" AB);
    it_all_up(&H, 2);
    it_channels(&H, 100, 1000);
    for (uint32_t step = 0; step < 40; step++) {
        it_advance(&H, 30);
        for (uint32_t i = 0; i < 100; i++) {
            const uint32_t at = H.channels[i].upstream;
            tell(i, at, HMX_SHARE_SUBMITTED, 10, 30000, 0);
            tell(i, at, HMX_SHARE_ACCEPTED, at == IT_A ? 9 : 10, at == IT_A ? 27000 : 30000, 0);
            if (at == IT_A) {
                tell(i, at, HMX_SHARE_REJECTED_OTHER, 1, 3000, credit_of_rejects);
            }
        }
        it_tick(&H);
        it_answer_all(&H, HMX_RESULT_REFUSED);
    }
    const double command = it_row(&H, IT_A).command_pct;
    it_close(&H);
    return command;
}

Test(contract_shares, what_a_pool_rejects_is_made_good_by_what_it_is_worth)
{
    const double usual = command_of_a(3000);
    const double tenfold = command_of_a(30000);
    cr_assert_gt(usual, 61, "%.2f", usual);
    cr_assert_gt(tenfold, usual + 3, "%.2f and %.2f", usual, tenfold);
}

/* The same shares with any credit are the same miner. */
Test(contract_shares, the_miner_is_measured_by_its_work)
{
    double rate[3];
    for (int k = 0; k < 3; k++) {
        it_open(&H, AB);
        it_all_up(&H, 2);
        it_channels(&H, 1, 1000);
        const uint32_t at = H.channels[0].upstream;
        for (uint32_t step = 0; step < 60; step++) {
            it_advance(&H, 30);
            tell(0, at, HMX_SHARE_NOT_FORWARDED, 3, 40000, 0);
            tell(0, at, HMX_SHARE_SUBMITTED, 1, 20000, k == 0 ? 0 : k * 1e6);
            tell(0, at, HMX_SHARE_ACCEPTED, 1, 20000, k == 0 ? 0 : k * 1e6);
            it_tick(&H);
            it_answer_all(&H, HMX_RESULT_REFUSED);
        }
        rate[k] = it_channel_row(&H, 0).hashrate;
        it_close(&H);
    }
    cr_assert_float_eq(rate[0], 2000 * IT_HASHES_PER_SHARE, 0.2 * 2000 * IT_HASHES_PER_SHARE);
    cr_assert(rate[0] == rate[1] && rate[1] == rate[2]);
}

/* The limits of both numbers. */
Test(contract_shares, work_and_credit_have_limits)
{
    static const double WRONG[] = {NAN, INFINITY, -1, 1.1e30};
    it_open(&H, AB);
    it_all_up(&H, 2);
    it_channels(&H, 1, 1000);
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        hmx_share e = it_share_event(&H, 0, IT_A, HMX_SHARE_SUBMITTED, 1, WRONG[i]);
        cr_assert_eq(hs_guard_on_share(H.guard, &e), HMX_E_INVALID, "work %g", WRONG[i]);
        e = it_share_event(&H, 0, IT_A, HMX_SHARE_SUBMITTED, 1, 1);
        e.credit = WRONG[i];
        cr_assert_eq(hs_guard_on_share(H.guard, &e), HMX_E_INVALID, "credit %g", WRONG[i]);
        H.host_faults_expected += 2;
    }
    tell(0, IT_A, HMX_SHARE_SUBMITTED, 1, 1e30, 1e30);
    hmx_share e = it_share_event(&H, 0, IT_A, HMX_SHARE_SUBMITTED, 1, 0);
    cr_assert_eq(hs_guard_on_share(H.guard, &e), HMX_E_INVALID, "work of nothing");
    H.host_faults_expected++;
    it_close(&H);
}

/* ---- verdicts ---- */
Test(contract_shares, the_hosts_own_verdict_is_not_held_against_the_pool)
{
    it_open(&H, AB);
    it_all_up(&H, 2);
    it_channels(&H, 1, 1000);
    for (int i = 0; i < 500; i++) {
        hmx_share e = it_share_event(&H, 0, IT_A, HMX_SHARE_REJECTED_DUPLICATE, 1, 100);
        e.event.flags = HMX_SHARE_FLAG_LOCAL;
        cr_assert_eq(hs_guard_on_share(H.guard, &e), HMX_OK, "no SUBMITTED came before it");
    }
    evaluate();
    const hmx_upstream_metrics row = it_row(&H, IT_A);
    cr_assert(row.rejected_local.count == 500 && row.rejected_duplicate.count == 0);
    cr_assert_eq(row.acceptance_pct, 100);
    cr_assert_eq(row.flags & HMX_ROW_GREY, 0);
    it_close(&H);
}

Test(contract_shares, a_share_counts_for_the_pool_of_its_job)
{
    it_open(&H, AB);
    it_all_up(&H, 2);
    it_channels(&H, 1, 1000);
    cr_assert_eq(it_force(&H, 0, IT_B), HMX_OK);
    tell(0, IT_A, HMX_SHARE_SUBMITTED, 1, 1000, 0); /* of a job from before the move */
    tell(0, IT_A, HMX_SHARE_ACCEPTED, 1, 1000, 0);
    cr_assert_eq(it_row(&H, IT_A).accepted.count, 1);
    it_close_channel(&H, 0);
    tell(0, IT_B, HMX_SHARE_SUBMITTED, 1, 1000, 0); /* and of a channel that is gone */
    tell(0, IT_B, HMX_SHARE_LOST, 1, 1000, 0);
    cr_assert_eq(it_row(&H, IT_B).lost.count, 1);
    it_close(&H);
}

/* ---- a host that aggregates: one upstream channel per pool, whose target gives six shares a
 * minute for all its miners together; those have a share each ten seconds ---- */

enum { MINERS = 50, STEP_S = 10, POOLS = 3 };

typedef struct farm {
    hs_rng rng;
    double difficulty[MINERS]; /* of their own jobs */
    double pool[POOLS + 1];    /* of the upstream job */
    double hashed[POOLS + 1];  /* work that really was done there, since the account was opened */
    double paid[POOLS + 1];    /* credit of what the pool accepted */
    uint32_t due[MINERS];      /* forwarded and not acknowledged yet */
    double due_credit[MINERS];
} farm;

static farm F;

static void farm_open(const char *config)
{
    it_open(&H, config);
    it_all_up(&H, POOLS);
    memset(&F, 0, sizeof F);
    hs_rng_init(&F.rng, 2026, "an aggregating host", 0);
    for (uint32_t i = 0; i < MINERS; i++) {
        it_channels(&H, 1, IT_THS(200));
        F.difficulty[i] = IT_THS(200) * STEP_S;
    }
}

static void acknowledge(uint32_t i, uint32_t at)
{
    if (F.due[i] > 0) {
        tell(i, at, HMX_SHARE_ACCEPTED, F.due[i], F.due[i] * F.difficulty[i], F.due_credit[i]);
        F.paid[at] += F.due_credit[i];
    }
    F.due[i] = 0;
    F.due_credit[i] = 0;
}

/* Shares that a miner finds in the time that one takes on average. */
static uint32_t luck(void)
{
    uint32_t count = 0;
    for (double t = hs_rng_exponential(&F.rng); t < 1.0; t += hs_rng_exponential(&F.rng)) {
        count++;
    }
    return count;
}

static void mine(uint32_t i)
{
    const uint32_t at = H.channels[i].upstream;
    const double pool = F.pool[at] > F.difficulty[i] ? F.pool[at] : F.difficulty[i];
    const uint32_t found = luck();
    uint32_t forwarded = 0;
    F.hashed[at] += F.difficulty[i];
    for (uint32_t k = 0; k < found; k++) {
        forwarded += hs_rng_uniform(&F.rng) < F.difficulty[i] / pool;
    }
    if (found > forwarded) {
        tell(i, at, HMX_SHARE_NOT_FORWARDED, found - forwarded,
             (found - forwarded) * F.difficulty[i], 0);
    }
    if (forwarded > 0) {
        tell(i, at, HMX_SHARE_SUBMITTED, forwarded, forwarded * F.difficulty[i], forwarded * pool);
        F.due[i] = forwarded;
        F.due_credit[i] = forwarded * pool;
        acknowledge(i, at);
    }
}

static void farm_hours(double hours)
{
    for (uint32_t step = 0; step < hours * 3600 / STEP_S; step++) {
        for (uint32_t at = 1; at <= POOLS; at++) { /* the pool's vardiff */
            F.pool[at] = it_ths_on(&H, at) > 0 ? IT_THS(it_ths_on(&H, at)) * 10 : 1;
        }
        it_advance(&H, STEP_S);
        for (uint32_t i = 0; i < MINERS; i++) {
            mine(i);
        }
        it_tick(&H);
        it_answer_all(&H, HMX_RESULT_APPLIED);
    }
}

static double share_of(const double *what, uint32_t at)
{
    return 100 * what[at] / (what[1] + what[2] + what[3]);
}

/* The farm is what it is, by the work of all shares; and where submitted work is measured, the work
 * that is done is split as wanted. */
Test(contract_shares, an_aggregating_host_is_measured_by_all_its_shares, .timeout = 120)
{
    farm_open("[controller]\nmeasure_on_accepted = false\n" IT_ABC);
    farm_hours(1);
    memset(F.hashed, 0, sizeof F.hashed);
    farm_hours(8);
    const it_view v = it_snapshot(&H);
    cr_assert_float_eq(v.s.hashrate, MINERS * 200e12, 0.03 * MINERS * 200e12);
    for (uint32_t at = 1; at <= POOLS; at++) {
        const double target = v.rows[at - 1].target_pct;
        cr_assert_float_eq(share_of(F.hashed, at), target, 1, "pool %u: %.2f of %.0f", at,
                           share_of(F.hashed, at), target);
        cr_assert_gt(v.rows[at - 1].not_forwarded.count, 0);
    }
    it_close(&H);
}

/* Where accepted work is measured, the luck of the few shares that meet a pool's target is not
 * chased: the work that is done is split as wanted, and the pools' credit is it but for luck. */
Test(contract_shares, an_aggregating_host_is_paid_by_the_pools_credit, .timeout = 120)
{
    farm_open(IT_ABC);
    farm_hours(1);
    memset(F.hashed, 0, sizeof F.hashed);
    memset(F.paid, 0, sizeof F.paid);
    farm_hours(8);
    const it_view v = it_snapshot(&H);
    cr_assert_float_eq(v.s.hashrate, MINERS * 200e12, 0.03 * MINERS * 200e12);
    for (uint32_t at = 1; at <= POOLS; at++) {
        const double target = v.rows[at - 1].target_pct;
        cr_assert_float_eq(share_of(F.hashed, at), target, 1, "pool %u: %.2f of %.0f", at,
                           share_of(F.hashed, at), target);
        cr_assert_eq(v.rows[at - 1].acceptance_pct, 100);
        cr_assert_float_eq(share_of(F.paid, at), target, 3, "pool %u is paid %.2f", at,
                           share_of(F.paid, at));
    }
    it_close(&H);
}
