/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "plugin/farm/reopen.h"

static const uint64_t SECOND_NS = 1000000000u;
static const uint64_t DWELL_NS = 600 * 1000000000ull;
static const uint64_t NOW_NS = 5000 * 1000000000ull;
enum { WHO = 7, OTHER = 8 };

static hm_reopen r; /* each test runs in a process of its own */
static uint64_t by; /* the decision */

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
    cr_assert_eq(hm_reopen_returned(&r, 99, NOW_NS, &by), HMX_NONE);
    cr_assert_eq(hm_reopen_returned(&r, WHO, NOW_NS + 60 * SECOND_NS, &by), 2,
                 "the first decision");
    cr_assert_eq(by, 11);
    cr_assert_eq(hm_reopen_returned(&r, WHO, NOW_NS, &by), 3);
    cr_assert_eq(hm_reopen_returned(&r, WHO, NOW_NS, &by), HMX_NONE);
    cr_assert_eq(hm_reopen_returned(&r, OTHER, NOW_NS + 60 * SECOND_NS + 1, &by), HMX_NONE,
                 "too late");
}

Test(reopen, who_stays_away_twice_is_not_asked_again)
{
    uint32_t failures = 0;
    for (uint32_t round = 1; round <= HM_REOPEN_FAILURES; round++) {
        cr_assert(hm_reopen_may(&r, WHO, NOW_NS + round * DWELL_NS, DWELL_NS), "round %u", round);
        close_until(WHO, round, 2, 60);
        cr_assert_not(hm_reopen_missed(&r, NOW_NS + 60 * SECOND_NS, &by, &failures));
        cr_assert(hm_reopen_missed(&r, NOW_NS + 60 * SECOND_NS + 1, &by, &failures));
        cr_assert_eq(failures, round);
        cr_assert_eq(by, round);
        cr_assert_not(hm_reopen_missed(&r, NOW_NS + 61 * SECOND_NS, &by, &failures), "told once");
    }
    cr_assert_not(hm_reopen_may(&r, WHO, NOW_NS + 100 * DWELL_NS, DWELL_NS));
    close_until(WHO, 9, 2, 60);
    cr_assert_eq(hm_reopen_returned(&r, WHO, NOW_NS, &by), 2);
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
    cr_assert(hm_reopen_missed(&r, NOW_NS + 11 * SECOND_NS, &by, &failures));
    cr_assert(hm_reopen_has_room(&r, 0));
    close_until(999, 200, 2, 60);
    cr_assert_not(hm_reopen_has_room(&r, 0));
    cr_assert_eq(hm_reopen_returned(&r, 130, NOW_NS, &by), 2);
    cr_assert(hm_reopen_has_room(&r, 0));
}

static void fail_twice(uint64_t who, uint64_t at_ns)
{
    uint32_t failures = 0;
    for (uint64_t k = 0; k < HM_REOPEN_FAILURES; k++) {
        hm_reopen_closed(&r, who, 1 + k, 2, at_ns, at_ns);
        cr_assert(hm_reopen_missed(&r, at_ns + 1, &by, &failures));
    }
    cr_assert_eq(failures, HM_REOPEN_FAILURES);
}

/* The one that was quiet longest makes room for a new one, when its rest is over. */
Test(reopen, who_is_never_asked_again_is_never_forgotten)
{
    for (uint64_t i = 0; i < HM_REOPEN_KNOWN; i++) {
        if (i == 40 || i == 41) {
            hm_reopen_closed(&r, 1000 + i, 5000 + i, 2, NOW_NS + i * SECOND_NS, NOW_NS * 9);
            cr_assert_eq(hm_reopen_returned(&r, 1000 + i, NOW_NS, &by), 2);
        } else {
            fail_twice(1000 + i, NOW_NS);
        }
    }
    const uint64_t rested_ns = NOW_NS + 40 * SECOND_NS + DWELL_NS;
    cr_assert_not(hm_reopen_may(&r, 999, rested_ns - 1, DWELL_NS), "nobody can be forgotten yet");
    cr_assert(hm_reopen_may(&r, 999, rested_ns, DWELL_NS));
    hm_reopen_closed(&r, 999, 6000, 2, rested_ns, rested_ns);
    for (uint64_t i = 0; i < HM_REOPEN_KNOWN; i++) {
        cr_assert_eq(hm_reopen_may(&r, 1000 + i, rested_ns + DWELL_NS, DWELL_NS),
                     i == 40 || i == 41, "peer %u", (unsigned)i);
    }
}

/* All places are taken by those who do not come: nobody new is asked, and nothing breaks. */
Test(reopen, when_nobody_can_be_forgotten_nobody_new_is_asked)
{
    uint32_t failures = 0;
    for (uint64_t i = 0; i < HM_REOPEN_KNOWN; i++) {
        fail_twice(1000 + i, NOW_NS);
    }
    cr_assert_not(hm_reopen_may(&r, 999, NOW_NS + 1000 * DWELL_NS, DWELL_NS));
    close_until(999, 7000, 3, 60); /* the host did so all the same */
    cr_assert_eq(hm_reopen_returned(&r, 999, NOW_NS, &by), 3);
    close_until(999, 7001, 3, 60);
    cr_assert(hm_reopen_missed(&r, NOW_NS + 61 * SECOND_NS, &by, &failures));
    cr_assert_eq(failures, 1);
}
