/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "plugin/farm/upstreams.h"

static const uint8_t NOBODY[HMX_UPSTREAMS_MAX];
static hm_config config;
static hm_upstreams upstreams;

static void configured(const char *id, double percentage, uint32_t priority, uint32_t enabled)
{
    hm_config_upstream *const row = &config.upstreams[config.upstream_count];
    memset(row, 0, sizeof *row);
    (void)snprintf(row->id, sizeof row->id, "%s", id);
    row->percentage = percentage;
    row->has_percentage = 1;
    row->priority = priority;
    row->enabled = enabled;
    config.upstream_count++;
}

static void set_up(void)
{
    memset(&config, 0, sizeof config);
    memset(&upstreams, 0, sizeof upstreams);
    config.failover.auto_redistribute = 1;
    config.failover.auto_restore = 1;
    configured("alpha", 60.0, 1, 1);
    configured("beta", 30.0, 2, 1);
    configured("gamma", 10.0, 3, 1);
    cr_assert_eq(hm_upstreams_configure(&upstreams, &config, NOBODY), 0);
}

static void report(uint32_t upstream, uint32_t state, uint32_t has_job)
{
    hm_upstream_facts facts = upstreams.rows[upstream - 1u].facts;
    facts.state = state;
    facts.has_job = has_job;
    hm_upstreams_report(&upstreams, upstream, &facts, 0);
}

static void all_up(void)
{
    for (uint32_t u = 1; u <= upstreams.top; u++) {
        report(u, HMX_UPSTREAM_UP, HMX_YES);
    }
}

TestSuite(upstreams, .init = set_up);

Test(upstreams, numbers_follow_the_file_and_order_follows_priority)
{
    config.upstream_count = 0;
    memset(&upstreams, 0, sizeof upstreams);
    configured("alpha", 20.0, 3, 1);
    configured("beta", 30.0, 1, 0);
    configured("gamma", 50.0, 2, 1);
    cr_assert_eq(hm_upstreams_configure(&upstreams, &config, NOBODY), 0);
    cr_assert_eq(hm_upstreams_by_id(&upstreams, "alpha"), 1);
    cr_assert_eq(hm_upstreams_by_id(&upstreams, "beta"), 2);
    cr_assert_eq(hm_upstreams_by_id(&upstreams, "gamma"), 3);
    cr_assert_eq(hm_upstreams_by_id(&upstreams, "delta"), HMX_NONE);
    cr_assert(upstreams.count == 3 && upstreams.top == 3);
    cr_assert_eq(upstreams.order[0], 1);
    cr_assert_eq(upstreams.order[1], 2);
    cr_assert_eq(upstreams.order[2], 0);
    cr_assert_eq(upstreams.rows[2].percentage, 50.0);
    cr_assert_eq(upstreams.rows[2].config_row, 2);
    cr_assert_eq(upstreams.rows[1].enabled, 0);
}

Test(upstreams, an_id_keeps_its_number_through_a_new_configuration)
{
    all_up();
    config.upstream_count = 0;
    configured("gamma", 70.0, 1, 1);
    configured("delta", 10.0, 2, 1);
    configured("alpha", 20.0, 3, 1);
    cr_assert_eq(hm_upstreams_configure(&upstreams, &config, NOBODY), 0);
    cr_assert_eq(hm_upstreams_by_id(&upstreams, "alpha"), 1);
    cr_assert_eq(hm_upstreams_by_id(&upstreams, "gamma"), 3);
    cr_assert_eq(hm_upstreams_by_id(&upstreams, "delta"), 4, "beta's number rests");
    cr_assert_eq(upstreams.rows[2].facts.state, HMX_UPSTREAM_UP, "what is known of it stays");
    cr_assert_eq(upstreams.rows[3].facts.state, 0, "of delta nothing is known");
    cr_assert_eq(upstreams.rows[2].percentage, 70.0);
    cr_assert_eq(upstreams.rows[0].config_row, 2);
    cr_assert_eq(upstreams.order[0], 2);
}

Test(upstreams, a_removed_one_with_channels_stays_until_they_have_left)
{
    uint8_t busy[HMX_UPSTREAMS_MAX] = {0};
    all_up();
    busy[0] = 1;
    config.upstream_count = 0;
    configured("beta", 100.0, 9, 1);
    cr_assert_eq(hm_upstreams_configure(&upstreams, &config, busy), 0);
    cr_assert(hm_upstreams_exists(&upstreams, 1) && upstreams.rows[0].removed);
    cr_assert_not(hm_upstreams_exists(&upstreams, 3), "nobody worked for gamma");
    cr_assert_not(hm_upstreams_usable(&upstreams, 1));
    cr_assert(hm_upstreams_must_leave(&upstreams, 1));
    cr_assert_eq(upstreams.count, 2);
    cr_assert_eq(upstreams.order[0], 1, "removed ones come last, whatever their priority");
    cr_assert_eq(upstreams.order[1], 0);
    cr_assert_eq(hm_upstreams_by_id(&upstreams, "alpha"), HMX_NONE);
    hm_upstreams_collect(&upstreams, busy);
    cr_assert(hm_upstreams_exists(&upstreams, 1), "still busy");
    hm_upstreams_collect(&upstreams, NOBODY);
    cr_assert_not(hm_upstreams_exists(&upstreams, 1));
    cr_assert_eq(upstreams.count, 1);
    cr_assert_eq(upstreams.top, 2);
}

Test(upstreams, a_removed_one_that_comes_back_has_its_number_again)
{
    uint8_t busy[HMX_UPSTREAMS_MAX] = {0};
    all_up();
    busy[0] = 1;
    config.upstream_count = 0;
    configured("beta", 100.0, 2, 1);
    cr_assert_eq(hm_upstreams_configure(&upstreams, &config, busy), 0);
    configured("alpha", 0.0, 1, 1);
    cr_assert_eq(hm_upstreams_configure(&upstreams, &config, busy), 0);
    cr_assert_eq(hm_upstreams_by_id(&upstreams, "alpha"), 1);
    cr_assert(hm_upstreams_usable(&upstreams, 1));
    cr_assert_eq(upstreams.count, 2);
}

Test(upstreams, sixty_four_fit_and_one_more_is_refused_as_a_whole)
{
    char id[8];
    uint8_t busy[HMX_UPSTREAMS_MAX] = {1};
    config.upstream_count = 0;
    memset(&upstreams, 0, sizeof upstreams);
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        (void)snprintf(id, sizeof id, "p%u", i);
        configured(id, 1.0, i, 1);
    }
    cr_assert_eq(hm_upstreams_configure(&upstreams, &config, NOBODY), 0);
    cr_assert(upstreams.count == 64 && upstreams.top == 64);
    (void)snprintf(config.upstreams[0].id, sizeof config.upstreams[0].id, "new");
    static hm_upstreams before;
    before = upstreams;
    cr_assert_eq(hm_upstreams_configure(&upstreams, &config, busy), -1, "p0 still has channels");
    cr_assert_eq(memcmp(&before, &upstreams, sizeof before), 0, "nothing changed");
    cr_assert_eq(hm_upstreams_configure(&upstreams, &config, NOBODY), 0);
    cr_assert_eq(hm_upstreams_by_id(&upstreams, "new"), 1);
}

Test(upstreams, numbers_outside_1_to_64_do_not_exist)
{
    cr_assert_not(hm_upstreams_exists(&upstreams, 0));
    cr_assert_not(hm_upstreams_exists(&upstreams, 4));
    cr_assert_not(hm_upstreams_exists(&upstreams, 64));
    cr_assert_not(hm_upstreams_exists(&upstreams, 65));
    cr_assert_not(hm_upstreams_exists(&upstreams, UINT32_MAX));
    cr_assert_not(hm_upstreams_usable(&upstreams, 65));
    cr_assert(hm_upstreams_must_leave(&upstreams, 65));
    cr_assert_not(hm_upstreams_same_tip(&upstreams, 1, 65));
}

/* Usable: enabled, up and not known to be without a job. */
Test(upstreams, usable_in_every_combination)
{
    for (uint32_t state = 0; state <= HMX_UPSTREAM_DOWN; state++) {
        for (uint32_t job = HMX_UNKNOWN; job <= HMX_NO; job++) {
            for (uint8_t enabled = 0; enabled < 2; enabled++) {
                report(1, state, job);
                upstreams.rows[0].enabled = enabled;
                const int expected = enabled && state == HMX_UPSTREAM_UP && job != HMX_NO;
                cr_assert_eq(hm_upstreams_usable(&upstreams, 1), expected, "%u %u %u", state, job,
                             enabled);
            }
        }
    }
}

Test(upstreams, channels_leave_what_is_disabled_draining_or_down)
{
    all_up();
    cr_assert_not(hm_upstreams_must_leave(&upstreams, 1));
    for (uint8_t redistribute = 0; redistribute < 2; redistribute++) {
        upstreams.auto_redistribute = redistribute;
        report(1, HMX_UPSTREAM_DOWN, HMX_YES);
        cr_assert_eq(hm_upstreams_must_leave(&upstreams, 1), redistribute);
        report(1, HMX_UPSTREAM_CONNECTING, HMX_YES);
        cr_assert_eq(hm_upstreams_must_leave(&upstreams, 1), redistribute);
        report(1, HMX_UPSTREAM_DRAINING, HMX_YES);
        cr_assert_eq(hm_upstreams_must_leave(&upstreams, 1), 1, "the host will close it");
        report(1, HMX_UPSTREAM_UP, HMX_YES);
        cr_assert_eq(hm_upstreams_must_leave(&upstreams, 1), 0);
        upstreams.rows[0].enabled = 0;
        cr_assert_eq(hm_upstreams_must_leave(&upstreams, 1), 1, "the operator's word");
        upstreams.rows[0].enabled = 1;
    }
    report(1, HMX_UPSTREAM_UP, HMX_NO);
    cr_assert_eq(hm_upstreams_must_leave(&upstreams, 1), 0, "no destination, but no exit either");
}

Test(upstreams, channels_leave_a_target_of_zero_only_for_somebody_who_has_one)
{
    all_up();
    upstreams.rows[0].percentage = 0.0;
    cr_assert(hm_upstreams_must_leave(&upstreams, 1));
    report(2, HMX_UPSTREAM_DOWN, HMX_YES);
    cr_assert(hm_upstreams_must_leave(&upstreams, 1), "gamma is there");
    report(3, HMX_UPSTREAM_UP, HMX_NO);
    cr_assert_not(hm_upstreams_must_leave(&upstreams, 1), "there is nowhere to go");
}

Test(upstreams, without_auto_restore_a_failed_one_waits_for_the_operator)
{
    config.failover.auto_restore = 0;
    cr_assert_eq(hm_upstreams_configure(&upstreams, &config, NOBODY), 0);
    report(1, HMX_UPSTREAM_CONNECTING, HMX_UNKNOWN);
    all_up();
    cr_assert(hm_upstreams_usable(&upstreams, 1), "the first connection is no failure");
    report(1, HMX_UPSTREAM_DOWN, HMX_YES);
    report(1, HMX_UPSTREAM_UP, HMX_YES);
    cr_assert_not(hm_upstreams_usable(&upstreams, 1));
    cr_assert(hm_upstreams_must_leave(&upstreams, 1));
    cr_assert(hm_upstreams_usable(&upstreams, 2));
    upstreams.auto_redistribute = 0;
    cr_assert_not(hm_upstreams_must_leave(&upstreams, 1));
    cr_assert_eq(hm_upstreams_configure(&upstreams, &config, NOBODY), 0);
    cr_assert_not(hm_upstreams_usable(&upstreams, 1), "a configuration is not his word about it");
    hm_upstreams_readmit(&upstreams, 0x2);
    cr_assert_not(hm_upstreams_usable(&upstreams, 1), "nor is a word about another one");
    hm_upstreams_readmit(&upstreams, 0x1);
    cr_assert(hm_upstreams_usable(&upstreams, 1), "he has spoken");
}

Test(upstreams, a_number_that_was_given_back_is_retired_until_somebody_has_it)
{
    uint8_t busy[HMX_UPSTREAMS_MAX] = {0};
    cr_assert_not(hm_upstreams_retired(&upstreams, 1));
    cr_assert_not(hm_upstreams_retired(&upstreams, 4), "never used");
    busy[0] = 1;
    config.upstream_count = 0;
    configured("beta", 100.0, 2, 1);
    cr_assert_eq(hm_upstreams_configure(&upstreams, &config, busy), 0);
    cr_assert_not(hm_upstreams_retired(&upstreams, 1), "its channels are still leaving");
    cr_assert(hm_upstreams_retired(&upstreams, 3));
    hm_upstreams_collect(&upstreams, NOBODY);
    cr_assert(hm_upstreams_retired(&upstreams, 1));
    configured("delta", 0.0, 3, 1);
    cr_assert_eq(hm_upstreams_configure(&upstreams, &config, NOBODY), 0);
    cr_assert_eq(hm_upstreams_by_id(&upstreams, "delta"), 4, "that nobody has had");
    upstreams.most = 4;
    configured("epsilon", 0.0, 4, 1);
    cr_assert_eq(hm_upstreams_configure(&upstreams, &config, NOBODY), 0);
    cr_assert_eq(hm_upstreams_by_id(&upstreams, "epsilon"), 3, "that was left longest ago");
    cr_assert(hm_upstreams_retired(&upstreams, 1));
    cr_assert_not(hm_upstreams_retired(&upstreams, 3));
    cr_assert_not(hm_upstreams_retired(&upstreams, 0));
    cr_assert_not(hm_upstreams_retired(&upstreams, 65));
}

Test(upstreams, with_auto_restore_it_is_used_again_at_once)
{
    all_up();
    report(1, HMX_UPSTREAM_DOWN, HMX_YES);
    cr_assert_not(hm_upstreams_usable(&upstreams, 1));
    report(1, HMX_UPSTREAM_UP, HMX_YES);
    cr_assert(hm_upstreams_usable(&upstreams, 1));
}

static void tip(uint32_t upstream, uint8_t byte, uint8_t last, uint32_t nbits)
{
    hm_upstream_facts facts = upstreams.rows[upstream - 1u].facts;
    memset(facts.tip_prev_hash, byte, sizeof facts.tip_prev_hash);
    facts.tip_prev_hash[31] = last;
    facts.tip_nbits = nbits;
    hm_upstreams_report(&upstreams, upstream, &facts, 0);
}

Test(upstreams, same_tip_needs_the_same_known_hash_and_nbits)
{
    cr_assert_not(hm_upstreams_same_tip(&upstreams, 1, 2), "both unknown is not the same");
    tip(1, 7, 7, 100);
    cr_assert_not(hm_upstreams_same_tip(&upstreams, 1, 2));
    cr_assert_not(hm_upstreams_same_tip(&upstreams, 2, 1));
    tip(2, 7, 8, 100);
    cr_assert_not(hm_upstreams_same_tip(&upstreams, 1, 2));
    tip(2, 7, 7, 101);
    cr_assert_not(hm_upstreams_same_tip(&upstreams, 1, 2));
    tip(2, 7, 7, 100);
    cr_assert(hm_upstreams_same_tip(&upstreams, 1, 2));
    cr_assert_not(hm_upstreams_same_tip(&upstreams, 1, HMX_NONE), "a parked channel has no tip");
}

Test(upstreams, failover_flags_come_from_the_configuration)
{
    config.failover.auto_redistribute = 0;
    config.failover.auto_restore = 1;
    cr_assert_eq(hm_upstreams_configure(&upstreams, &config, NOBODY), 0);
    cr_assert(!upstreams.auto_redistribute && upstreams.auto_restore);
    config.failover.auto_redistribute = 1;
    config.failover.auto_restore = 0;
    cr_assert_eq(hm_upstreams_configure(&upstreams, &config, NOBODY), 0);
    cr_assert(upstreams.auto_redistribute && !upstreams.auto_restore);
}
