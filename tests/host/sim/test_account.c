/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <math.h>

#include "host_stub/sim/account.h"

static const double NO_CAPS[HS_SIM_POOLS_MAX] = {1, 1, 1, 1};

static void credit(hs_account *a, uint64_t second, double w0, double w1)
{
    hs_account_credit(a, 0, second, w0);
    hs_account_credit(a, 1, second, w1);
}

Test(sim_account, effective_targets)
{
    double out[3];
    const double weights[3] = {60, 30, 10};
    hs_effective_targets(3, weights, 7, NO_CAPS, out);
    cr_assert_float_eq(out[0], 0.6, 1e-15);
    cr_assert_float_eq(out[2], 0.1, 1e-15);
    hs_effective_targets(3, weights, 6, NO_CAPS, out);
    cr_assert_eq(out[0], 0.0);
    cr_assert_float_eq(out[1], 0.75, 1e-15);
    cr_assert_float_eq(out[2], 0.25, 1e-15);
    hs_effective_targets(3, weights, 0, NO_CAPS, out);
    cr_assert_eq(out[0] + out[1] + out[2], 0.0, "all down: nobody has a target");
    /* 15 points above the cap of 45 % go to b and c as 30 to 10. */
    const double cap_a[3] = {0.45, 1, 1};
    hs_effective_targets(3, weights, 7, cap_a, out);
    cr_assert_eq(out[0], 0.45);
    cr_assert_float_eq(out[1], 0.4125, 1e-15);
    cr_assert_float_eq(out[2], 0.1375, 1e-15);
    /* What a gives lifts b above its own cap: c takes that too. */
    const double caps_ab[3] = {0.45, 0.4, 1};
    hs_effective_targets(3, weights, 7, caps_ab, out);
    cr_assert_eq(out[1], 0.4);
    cr_assert_float_eq(out[2], 0.15, 1e-15);
}

Test(sim_account, error_of_a_window_by_hand)
{
    hs_account a;
    double error = -1.0;
    const double even[2] = {50, 50};
    cr_assert_eq(hs_account_init(&a, 2, 120), 0);
    cr_assert_eq(hs_account_targets(&a, 0, even, 3, NO_CAPS), 0);
    credit(&a, 0, 75, 25);  /* bucket 0: 25 points off */
    credit(&a, 29, 0, 0);   /* still bucket 0 */
    credit(&a, 30, 25, 75); /* bucket 1: 25 points off, the other way */
    credit(&a, 60, 10, 30); /* bucket 2 */
    hs_account_close(&a);
    cr_assert_eq(hs_account_error(&a, 30, 30, &error), 0);
    cr_assert_eq(error, 25.0);
    cr_assert_eq(hs_account_error(&a, 60, 60, &error), 0);
    cr_assert_eq(error, 0.0);
    cr_assert_eq(hs_account_error(&a, 90, 60, &error), 0);
    cr_assert_eq(error, 25.0, "35 of 140 is a quarter");
    cr_assert_eq(hs_account_error(&a, 90, 90, &error), 0);
    cr_assert_float_eq(error, 100.0 * (130.0 / 240.0 - 0.5), 1e-12);
    cr_assert_neq(hs_account_error(&a, 120, 30, &error), 0, "no work, no error");
    cr_assert_neq(hs_account_error(&a, 60, 90, &error), 0, "begins before the run");
    cr_assert_neq(hs_account_error(&a, 150, 30, &error), 0, "ends after the run");
    hs_account_free(&a);
}

Test(sim_account, the_target_is_weighted_by_the_work_done_under_it)
{
    hs_account a;
    double delivered[2];
    double effective[2];
    const double before[2] = {50, 50};
    const double after[2] = {100, 0};
    cr_assert_eq(hs_account_init(&a, 2, 60), 0);
    cr_assert_eq(hs_account_targets(&a, 0, before, 3, NO_CAPS), 0);
    cr_assert_eq(hs_account_targets(&a, 10, after, 3, NO_CAPS), 0);
    credit(&a, 12, 100, 0);  /* 100 of work under the new target */
    credit(&a, 9, 150, 150); /* booked later, hashed before: 300 under the old one */
    hs_account_close(&a);
    cr_assert_eq(hs_account_shares(&a, 30, 30, delivered, effective), 0);
    cr_assert_eq(delivered[0], 62.5);
    cr_assert_eq(effective[0], 62.5, "(300 * 0.5 + 100 * 1) / 400");
    cr_assert_eq(effective[1], 37.5);
    hs_account_free(&a);
}

Test(sim_account, an_unusable_pool_counts_neither_way)
{
    hs_account a;
    double delivered[3];
    double effective[3];
    const double weights[3] = {60, 30, 10};
    cr_assert_eq(hs_account_init(&a, 3, 30), 0);
    cr_assert_eq(hs_account_targets(&a, 0, weights, 6, NO_CAPS), 0);
    hs_account_credit(&a, 0, 5, 1000);
    hs_account_credit(&a, 1, 5, 300);
    hs_account_credit(&a, 2, 5, 100);
    hs_account_close(&a);
    cr_assert_eq(hs_account_shares(&a, 30, 30, delivered, effective), 0);
    cr_assert_eq(delivered[0], 0.0);
    cr_assert_eq(delivered[1], 75.0);
    cr_assert_eq(effective[1], 75.0);
    hs_account_free(&a);
}

Test(sim_account, targets_of_one_second_replace_each_other)
{
    hs_account a;
    const double one[2] = {50, 50};
    const double two[2] = {80, 20};
    cr_assert_eq(hs_account_init(&a, 2, 30), 0);
    for (uint64_t s = 0; s < 20; s++) {
        cr_assert_eq(hs_account_targets(&a, s, one, 3, NO_CAPS), 0);
        cr_assert_eq(hs_account_targets(&a, s, two, 3, NO_CAPS), 0);
    }
    cr_assert_eq(a.epoch_count, 20);
    cr_assert_float_eq(hs_account_epoch(&a, 7)->target[0], 0.8, 1e-15);
    cr_assert_eq(hs_account_epoch(&a, 7)->from, 7);
    hs_account_free(&a);
}

Test(sim_account, summary_is_mean_and_worst_after_the_warm_up)
{
    hs_account a;
    const double even[2] = {50, 50};
    cr_assert_eq(hs_account_init(&a, 2, 150), 0);
    cr_assert_eq(hs_account_targets(&a, 0, even, 3, NO_CAPS), 0);
    credit(&a, 0, 100, 0);   /* 50 points, in the warm-up */
    credit(&a, 30, 60, 40);  /* 10 */
    credit(&a, 60, 40, 60);  /* 10 */
    credit(&a, 120, 80, 20); /* 30; nothing at all in the bucket before */
    hs_account_close(&a);
    const hs_error_summary s = hs_account_summary(&a, 30, 30);
    cr_assert_eq(s.ticks, 3,
                 "the tick that ends the warm-up is inside it, an empty window is none");
    cr_assert_float_eq(s.mean, (10.0 + 10.0 + 30.0) / 3.0, 1e-12);
    cr_assert_float_eq(s.max, 30.0, 1e-12);
    cr_assert_eq(s.max_at, 150);
    cr_assert_eq(hs_account_summary(&a, 180, 0).ticks, 0, "longer than the run");
    hs_account_free(&a);
}
