/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What Stratum V2 forbids, rule by rule, each once allowed and once refused. The channel works for
 * pool 1 and is asked to go to pool 2. */
#include "tests/unit/farm/farm_fixture.h"

static farm f;
static uint32_t slot;

static void set_up(void)
{
    static const double percent[] = {50.0, 50.0};
    farm_open(&f, 2, percent, 100);
    slot = farm_place(&f, 1.0, 1);
}

static void tear_down(void)
{
    farm_close(&f);
}

static int legal(void)
{
    return hm_assignment_legal(&f.assignment, slot, 2);
}

static hm_upstream_facts *pool(uint32_t upstream)
{
    return &f.upstreams.rows[upstream - 1u].facts;
}

TestSuite(legality, .init = set_up, .fini = tear_down);

Test(legality, a_plain_channel_may_go_to_a_plain_pool)
{
    cr_assert(legal());
    cr_assert(hm_assignment_legal(&f.assignment, slot, 1), "and stay");
    cr_assert(hm_assignment_movable(&f.assignment, slot));
}

Test(legality, numbers_that_are_no_pool_are_never_legal)
{
    cr_assert_not(hm_assignment_legal(&f.assignment, slot, HMX_NONE));
    cr_assert_not(hm_assignment_legal(&f.assignment, slot, 3));
    cr_assert_not(hm_assignment_legal(&f.assignment, slot, 65));
    cr_assert_not(hm_assignment_legal(&f.assignment, slot, UINT32_MAX));
}

/* 3.9 rule 1: the pool must be open and have a job. */
Test(legality, the_pool_must_be_up_enabled_and_have_a_job)
{
    static const uint32_t states[] = {0, HMX_UPSTREAM_CONNECTING, HMX_UPSTREAM_DRAINING,
                                      HMX_UPSTREAM_DOWN};
    for (int i = 0; i < 4; i++) {
        pool(2)->state = states[i];
        cr_assert_not(legal(), "state %u", states[i]);
    }
    pool(2)->state = HMX_UPSTREAM_UP;
    pool(2)->has_job = HMX_NO;
    cr_assert_not(legal());
    pool(2)->has_job = HMX_UNKNOWN;
    cr_assert(legal());
    f.upstreams.rows[1].enabled = 0;
    cr_assert_not(legal());
}

Test(legality, the_host_may_allow_only_some_pools)
{
    farm_cold(&f, slot)->upstreams_allowed = 0x1;
    cr_assert_not(legal());
    farm_cold(&f, slot)->upstreams_allowed = 0x2;
    cr_assert(legal());
    cr_assert_not(hm_assignment_legal(&f.assignment, slot, 1));
}

/* 3.9 rule 2: enough bytes for the index and for what the channel was promised. */
Test(legality, an_extended_channel_needs_its_bytes_and_the_index)
{
    farm_cold(&f, slot)->kind = HMX_CHANNEL_EXTENDED;
    farm_cold(&f, slot)->extranonce_size = 8;
    cr_assert(legal(), "the host chooses the prefix: its business");
    farm_grant(&f, 2, 8, 300);
    cr_assert_not(legal(), "the index byte is missing");
    farm_grant(&f, 2, 9, 300);
    cr_assert(legal(), "the index makes do with one byte");
    farm_grant(&f, 2, 10, 300);
    cr_assert(legal());
}

Test(legality, a_standard_channel_needs_the_index_only)
{
    farm_grant(&f, 2, 1, 300);
    cr_assert(legal(), "the index makes do with one byte");
    farm_grant(&f, 2, 2, 300);
    cr_assert(legal());
}

Test(legality, a_pool_whose_indexes_are_all_taken_is_full)
{
    hm_extranonce_space *const space = hm_space(&f.assignment.prefixes, 2);
    hm_prefix_place place;
    farm_grant(&f, 2, 8, 100);
    while (space->in_use < space->capacity) {
        cr_assert(legal());
        cr_assert_eq(hm_extranonce_take(space, HMX_CHANNEL_STANDARD, 0, &place), 0);
    }
    cr_assert_not(legal());
    hm_extranonce_release(space, place);
    cr_assert(legal());
}

/* 3.9 rule 3: an extended peer that ignores SetExtranoncePrefix would only produce garbage. */
Test(legality, an_extended_peer_must_obey_set_extranonce_prefix)
{
    farm_cold(&f, slot)->kind = HMX_CHANNEL_EXTENDED;
    cr_assert(hm_assignment_movable(&f.assignment, slot), "unknown: try");
    farm_cold(&f, slot)->honours_prefix = HMX_YES;
    cr_assert(hm_assignment_movable(&f.assignment, slot));
    farm_cold(&f, slot)->honours_prefix = HMX_NO;
    cr_assert_not(hm_assignment_movable(&f.assignment, slot));
    farm_cold(&f, slot)->kind = HMX_CHANNEL_STANDARD;
    cr_assert(hm_assignment_movable(&f.assignment, slot), "a header-only device never uses it");
}

/* 3.9 rule 4: the whole extranonce of a group has one size. */
Test(legality, a_group_that_cannot_be_regrouped_needs_the_same_extranonce_size)
{
    farm_cold(&f, slot)->flags = HMX_CHANNEL_FLAG_SHARES_GROUP;
    cr_assert_not(legal(), "both unknown: nobody can promise it");
    farm_grant(&f, 1, 8, 100);
    cr_assert_not(legal());
    farm_grant(&f, 2, 9, 100);
    cr_assert_not(legal());
    farm_grant(&f, 2, 8, 100);
    cr_assert(legal());
    pool(2)->extranonce_prefix_len = 2;
    cr_assert_not(legal(), "9 bytes against 10");
    farm_cold(&f, slot)->flags = 0;
    cr_assert(legal());
}

/* What its prefix and its own bytes came to counts, whatever the pool calls its space now. */
Test(legality, the_size_of_a_group_is_that_of_the_day_when_the_channel_came)
{
    farm_grant(&f, 1, 8, 100);
    farm_grant(&f, 2, 8, 100);
    const uint32_t member = farm_channel(&f, 1.0);
    uint8_t prefix[HMX_EXTRANONCE_MAX];
    uint32_t len = 0;
    farm_cold(&f, member)->flags = HMX_CHANNEL_FLAG_SHARES_GROUP;
    cr_assert_eq(hm_assignment_place(&f.assignment, member, 1, 1, prefix, &len), 0);
    cr_assert(hm_assignment_legal(&f.assignment, member, 2));
    pool(1)->extranonce_size = 5;
    cr_assert(hm_assignment_legal(&f.assignment, member, 2), "8 then, and 8 there");
    farm_grant(&f, 2, 5, 100);
    cr_assert_not(hm_assignment_legal(&f.assignment, member, 2), "8 then, and 5 there");
}

Test(legality, a_group_is_no_obstacle_for_an_arrival)
{
    const uint32_t arriving = farm_channel(&f, 1.0);
    farm_cold(&f, arriving)->flags = HMX_CHANNEL_FLAG_SHARES_GROUP;
    cr_assert(hm_assignment_legal(&f.assignment, arriving, 2));
}

/* 3.9 rule 6: version rolling. */
Test(legality, a_channel_that_requires_version_rolling_needs_a_pool_that_allows_it)
{
    farm_cold(&f, slot)->flags = HMX_CHANNEL_FLAG_REQUIRES_VERSION_ROLLING;
    cr_assert(legal(), "unknown: try");
    pool(2)->version_rolling = HMX_NO;
    cr_assert_not(legal());
    pool(2)->version_rolling = HMX_YES;
    cr_assert(legal());
    pool(2)->fixed_version = HMX_YES;
    cr_assert_not(legal());
    farm_cold(&f, slot)->flags = 0;
    farm_cold(&f, slot)->kind = HMX_CHANNEL_EXTENDED;
    cr_assert(legal(), "an extended job says itself that its version is fixed");
}

Test(legality, a_standard_device_that_may_roll_must_not_go_to_a_fixed_version)
{
    pool(2)->fixed_version = HMX_YES;
    cr_assert_not(legal());
    pool(1)->fixed_version = HMX_YES;
    cr_assert(legal(), "it was told so where it is");
    pool(1)->fixed_version = HMX_NO;
    farm_cold(&f, slot)->kind = HMX_CHANNEL_EXTENDED;
    cr_assert(legal());
    const uint32_t arriving = farm_channel(&f, 1.0);
    cr_assert(hm_assignment_legal(&f.assignment, arriving, 2), "it has not been told anything yet");
}

/* 3.9 rule 7: custom jobs belong to their pool. */
Test(legality, a_channel_with_custom_jobs_is_never_moved)
{
    farm_cold(&f, slot)->flags = HMX_CHANNEL_FLAG_CUSTOM_JOBS;
    cr_assert_not(hm_assignment_movable(&f.assignment, slot));
    farm_cold(&f, slot)->flags =
        HMX_CHANNEL_FLAG_SHARES_GROUP | HMX_CHANNEL_FLAG_REQUIRES_VERSION_ROLLING;
    cr_assert(hm_assignment_movable(&f.assignment, slot));
}

/* 3.9 rule 8: a soft move needs the same tip, and a host that can do it. */
Test(legality, a_move_is_soft_only_on_the_same_tip)
{
    hm_decision decision;
    for (int same = 0; same < 2; same++) {
        for (uint32_t host = 0; host < 2; host++) {
            memset(pool(1)->tip_prev_hash, 9, 32);
            memset(pool(2)->tip_prev_hash, same ? 9 : 8, 32);
            f.assignment.soft_moves = host;
            cr_assert_eq(hm_assignment_propose(&f.assignment, slot, 2, HMX_DECISION_MOVE,
                                               HMX_REASON_BALANCE, 1, &decision),
                         0);
            cr_assert_eq(decision.style, same && host ? HMX_STYLE_SOFT_ALLOWED : HMX_STYLE_HARD);
            hm_assignment_cancel(&f.assignment, slot, 2, 0);
        }
    }
}

/* 3.9 rule 9: a closed channel never comes back; and one decision at a time. */
Test(legality, closed_and_pending_channels_are_not_movable)
{
    hm_decision decision;
    cr_assert_eq(hm_assignment_propose(&f.assignment, slot, 2, HMX_DECISION_MOVE,
                                       HMX_REASON_BALANCE, 1, &decision),
                 0);
    cr_assert_not(hm_assignment_movable(&f.assignment, slot));
    hm_assignment_cancel(&f.assignment, slot, 2, 0);
    cr_assert(hm_assignment_movable(&f.assignment, slot));
    (void)farm_place(&f, 1.0, 1);
    hm_assignment_close(&f.assignment, slot, 3);
    cr_assert_not(hm_assignment_movable(&f.assignment, slot));
}
