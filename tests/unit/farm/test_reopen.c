/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "plugin/farm/reopen.h"

static const uint64_t SECOND_NS = 1000000000u;
static const uint64_t DWELL_NS = 600 * 1000000000ull;
static const uint64_t NOW_NS = 5000 * 1000000000ull;
enum { WHO = 7, OTHER = 8 };

static hm_reopen r; /* each test runs in a process of its own */

static void close_until(uint64_t who, uint64_t decision, uint32_t to, uint64_t seconds)
{
    hm_reopen_closed(&r, who, decision, to, NOW_NS, NOW_NS + seconds * SECOND_NS);
}

static uint64_t who_is(const char *identity, const char *vendor, const char *hardware)
{
    static const unsigned char key[16] = {3};
    return hm_reopen_who(key, (hmx_view){identity, strlen(identity)},
                         (hmx_view){vendor, strlen(vendor)},
                         (hmx_view){hardware, strlen(hardware)});
}

Test(reopen, identity_vendor_and_hardware_tell_who_it_is)
{
    const uint64_t who = who_is("farm.1", "maker", "s9");
    cr_assert_eq(who_is("farm.1", "maker", "s9"), who);
    cr_assert_neq(who_is("farm.2", "maker", "s9"), who);
    cr_assert_neq(who_is("farm.1", "other", "s9"), who);
    cr_assert_neq(who_is("farm.1", "maker", "s19"), who);
    cr_assert_neq(who_is("farm.1", "makers", "9"), who, "where one ends counts too");
    cr_assert_neq(who_is("a", "", ""), who_is("b", "", ""), "one letter is a name");
}

Test(reopen, a_peer_rests_for_the_dwell_and_others_do_not)
{
    cr_assert(hm_reopen_may(&r, WHO, NOW_NS, DWELL_NS));
    close_until(WHO, 1, 2, 60);
    cr_assert_not(hm_reopen_may(&r, WHO, NOW_NS + DWELL_NS - 1, DWELL_NS));
    cr_assert(hm_reopen_may(&r, WHO, NOW_NS + DWELL_NS, DWELL_NS));
    cr_assert(hm_reopen_may(&r, OTHER, NOW_NS, DWELL_NS));
}

Test(reopen, who_returns_in_time_goes_where_it_was_promised_once)
{
    close_until(WHO, 12, 3, 60);
    close_until(WHO, 11, 2, 60);
    close_until(OTHER, 13, 4, 60);
    cr_assert_eq(hm_reopen_returned(&r, 99, NOW_NS), HMX_NONE);
    cr_assert_eq(hm_reopen_returned(&r, WHO, NOW_NS + 60 * SECOND_NS), 2, "the first decision");
    cr_assert_eq(hm_reopen_returned(&r, WHO, NOW_NS), 3);
    cr_assert_eq(hm_reopen_returned(&r, WHO, NOW_NS), HMX_NONE);
    cr_assert_eq(hm_reopen_returned(&r, OTHER, NOW_NS + 60 * SECOND_NS + 1), HMX_NONE, "too late");
}

Test(reopen, who_stays_away_twice_is_not_asked_again)
{
    uint32_t failures = 0;
    for (uint32_t round = 1; round <= HM_REOPEN_FAILURES; round++) {
        cr_assert(hm_reopen_may(&r, WHO, NOW_NS + round * DWELL_NS, DWELL_NS), "round %u", round);
        close_until(WHO, round, 2, 60);
        cr_assert_not(hm_reopen_missed(&r, NOW_NS + 60 * SECOND_NS, &failures));
        cr_assert(hm_reopen_missed(&r, NOW_NS + 60 * SECOND_NS + 1, &failures));
        cr_assert_eq(failures, round);
        cr_assert_not(hm_reopen_missed(&r, NOW_NS + 61 * SECOND_NS, &failures), "told once");
    }
    cr_assert_not(hm_reopen_may(&r, WHO, NOW_NS + 100 * DWELL_NS, DWELL_NS));
    close_until(WHO, 9, 2, 60);
    cr_assert_eq(hm_reopen_returned(&r, WHO, NOW_NS), 2);
    cr_assert(hm_reopen_may(&r, WHO, NOW_NS + DWELL_NS, DWELL_NS), "it came: all is forgiven");
}

/* Each way of leaving the table makes room for one more. */
Test(reopen, no_more_are_awaited_than_there_is_room_for)
{
    uint32_t failures = 0;
    for (uint64_t i = 0; i < HM_REOPEN_MAX; i++) {
        cr_assert(hm_reopen_has_room(&r, (uint32_t)(HM_REOPEN_MAX - 1 - i)));
        cr_assert_not(hm_reopen_has_room(&r, (uint32_t)(HM_REOPEN_MAX - i)), "they are asked");
        close_until(100 + i, 1 + i, 2, i == 5 ? 10 : 60);
    }
    cr_assert_not(hm_reopen_has_room(&r, 0));
    cr_assert(hm_reopen_missed(&r, NOW_NS + 11 * SECOND_NS, &failures));
    cr_assert(hm_reopen_has_room(&r, 0));
    close_until(999, 200, 2, 60);
    cr_assert_not(hm_reopen_has_room(&r, 0));
    cr_assert_eq(hm_reopen_returned(&r, 130, NOW_NS), 2);
    cr_assert(hm_reopen_has_room(&r, 0));
}

/* Its failures are forgotten with it. */
Test(reopen, the_one_that_was_quiet_longest_makes_room_for_a_new_one)
{
    uint32_t failures = 0;
    for (uint64_t i = 0; i < HM_REOPEN_MAX; i++) {
        const uint64_t at_ns = NOW_NS + (i == 40 ? 0 : i + 1) * SECOND_NS;
        for (uint32_t k = 0; k < HM_REOPEN_FAILURES; k++) {
            hm_reopen_closed(&r, 100 + i, 1 + 2 * i + k, 2, at_ns, at_ns);
            cr_assert(hm_reopen_missed(&r, at_ns + 1, &failures));
        }
    }
    hm_reopen_closed(&r, 999, 1000, 2, NOW_NS + 100 * SECOND_NS, NOW_NS + 101 * SECOND_NS);
    for (uint64_t i = 0; i < HM_REOPEN_MAX; i++) {
        cr_assert_eq(hm_reopen_may(&r, 100 + i, NOW_NS + 9999 * SECOND_NS, DWELL_NS), i == 40,
                     "peer %u", (unsigned)i);
    }
}
