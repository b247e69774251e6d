/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>

#include "plugin/farm/proof.h"

static const uint64_t S = HM_NS_PER_S;

Test(proof, a_few_words_say_nothing_and_many_what_is_usual)
{
    hm_proof p = {0};
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(hm_proof_hear(&p, 100.0), 0);
        cr_assert_eq(hm_proof_credible(&p, 1e9), 1e9);
    }
    cr_assert_eq(hm_proof_hear(&p, 100.0), 1, "now all are to be held to it");
    cr_assert_eq(hm_proof_credible(&p, 1e9), 32.0 * 64.0);
    cr_assert_eq(hm_proof_credible(&p, 4000.0), 32.0 * 64.0);
    cr_assert_eq(hm_proof_credible(&p, 2000.0), 2000.0);
    cr_assert_eq(hm_proof_hear(&p, 0.0), 0, "who says nothing is no witness");
    cr_assert_eq(p.heard, 4);
}

Test(proof, one_word_shifts_what_is_usual_by_little)
{
    hm_proof p = {0};
    for (int i = 0; i < 100; i++) {
        (void)hm_proof_hear(&p, 100.0);
    }
    const double before = hm_proof_credible(&p, 1e30);
    (void)hm_proof_hear(&p, 1e30);
    cr_assert_leq(hm_proof_credible(&p, 1e30), 2.0 * before);
    (void)hm_proof_hear(&p, 1e-30);
    cr_assert_geq(hm_proof_credible(&p, 1e30), before / 2.0);
}

Test(proof, what_most_have_shown_counts_from_half_a_minute_later_on)
{
    hm_proof p = {0};
    hm_proof_count count = {0};
    for (int i = 0; i < 40; i++) {
        hm_proof_add(&count, i < 21, i < 21 ? 100.0 : 1e6);
    }
    cr_assert(count.largest == 100.0 && count.boast == 1e6 && count.hashrate == 2100.0);
    hm_proof_judge(&p, &count, 1000 * S);
    hm_proof_judge(&p, &count, 1029 * S);
    cr_assert_eq(hm_proof_credible(&p, 1e6), 1e6);
    hm_proof_judge(&p, &count, 1030 * S);
    cr_assert_eq(hm_proof_credible(&p, 1e6), 100.0, "the largest of them");
    count.largest = 500.0;
    hm_proof_judge(&p, &count, 1060 * S);
    cr_assert_eq(hm_proof_credible(&p, 1e6), 200.0, "twice what is usual among them");
    count.proven = 5;
    count.unproven = 4;
    hm_proof_judge(&p, &count, 1090 * S);
    cr_assert_eq(hm_proof_credible(&p, 1e6), 210.0, "a tenth of what they are together");
    count.unproven = 21;
    hm_proof_judge(&p, &count, 1120 * S);
    cr_assert_eq(hm_proof_credible(&p, 1e6), 1e6, "most are new");
}

/* However small the unit in which all of them speak. */
Test(proof, small_words_are_words)
{
    hm_proof p = {0};
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(hm_proof_hear(&p, 1e-3), 0);
    }
    cr_assert_eq(hm_proof_hear(&p, 1e-3), 1, "from the fourth on something is usual");
    cr_assert_eq(p.heard, 4);
    cr_assert_lt(hm_proof_credible(&p, 1.0), 0.1);
    cr_assert_eq(hm_proof_hear(&p, 0.0), 0);
    cr_assert_eq(p.heard, 4, "nothing was said");
}
