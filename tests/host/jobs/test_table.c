/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A channel's jobs as its host keeps them: numbers, states, captured values, prefixes in use. */
#include <criterion/criterion.h>
#include <string.h>

#include "host_stub/jobs/table.h"

static hs_job_table table;

static hs_sv2_b032 prefix(uint8_t fill)
{
    hs_sv2_b032 p = {.len = 6};
    memset(p.byte, fill, p.len);
    return p;
}

static uint32_t add(uint32_t upstream, uint8_t fill, enum hs_job_state state)
{
    hs_job_entry job = {.state = state,
                        .upstream = upstream,
                        .upstream_job_id = 1, /* pools' numbers collide */
                        .prefix = prefix(fill)};
    job.target.byte[0] = fill;
    const hs_job_entry *const added = hs_job_table_add(&table, &job);
    cr_assert_not_null(added);
    return added->job_id;
}

static enum hs_job_state state_of(uint32_t job_id)
{
    const hs_job_entry *const job = hs_job_table_find(&table, job_id);
    return job != NULL ? job->state : (enum hs_job_state)0;
}

static int in_use(uint32_t upstream, uint8_t fill)
{
    const hs_sv2_b032 p = prefix(fill);
    return hs_job_table_uses_prefix(&table, upstream, &p);
}

static void end(void)
{
    hs_job_table_free(&table);
}

TestSuite(job_table, .fini = end);

Test(job_table, numbers_are_never_used_again)
{
    uint32_t last = 0;
    for (int i = 0; i < 2000; i++) {
        const uint32_t id = add(1, 1, i % 3 == 0 ? HS_JOB_FUTURE : HS_JOB_ACTIVE);
        cr_assert_gt(id, last);
        last = id;
        if (i % 3 == 0) {
            cr_assert(hs_job_table_new_prev_hash(&table, id, 5) == 0);
        }
    }
}

Test(job_table, a_share_is_routed_by_its_job)
{
    const uint32_t a = add(1, 0xa, HS_JOB_FUTURE);
    cr_assert(hs_job_table_new_prev_hash(&table, a, 100) == 0);
    const uint32_t b = add(2, 0xb, HS_JOB_ACTIVE);
    cr_assert_eq(hs_job_table_find(&table, a)->upstream, 1);
    cr_assert_eq(hs_job_table_find(&table, a)->target.byte[0], 0xa);
    cr_assert_eq(hs_job_table_find(&table, a)->min_ntime, 100);
    cr_assert_eq(hs_job_table_find(&table, b)->upstream, 2);
    cr_assert_eq(hs_job_table_active(&table)->job_id, b);
    cr_assert_null(hs_job_table_find(&table, b + 1));
    cr_assert_null(hs_job_table_find(&table, 0));
}

Test(job_table, states_follow_the_tip)
{
    const uint32_t first = add(1, 1, HS_JOB_FUTURE);
    cr_assert_null(hs_job_table_active(&table));
    cr_assert(hs_job_table_new_prev_hash(&table, first, 1) == 0);
    cr_assert_eq(state_of(first), HS_JOB_ACTIVE);
    const uint32_t second = add(1, 1, HS_JOB_ACTIVE);
    cr_assert_eq(state_of(first), HS_JOB_PAST);
    const uint32_t unused = add(1, 1, HS_JOB_FUTURE);
    const uint32_t third = add(1, 1, HS_JOB_FUTURE);
    cr_assert(hs_job_table_new_prev_hash(&table, third, 2) == 0);
    cr_assert_eq(state_of(first), HS_JOB_STALE);
    cr_assert_eq(state_of(second), HS_JOB_STALE);
    cr_assert_eq(state_of(third), HS_JOB_ACTIVE);
    cr_assert_eq(state_of(unused), 0, "other future jobs are dropped");
    const uint32_t fourth = add(1, 1, HS_JOB_FUTURE);
    cr_assert(hs_job_table_new_prev_hash(&table, fourth, 3) == 0);
    cr_assert_eq(state_of(first), 0, "two tips back nobody knows it");
    cr_assert_eq(state_of(third), HS_JOB_STALE);
}

Test(job_table, a_tip_for_no_future_job_changes_nothing)
{
    const uint32_t first = add(1, 1, HS_JOB_FUTURE);
    cr_assert(hs_job_table_new_prev_hash(&table, first, 1) == 0);
    const uint32_t second = add(1, 1, HS_JOB_ACTIVE);
    cr_assert(hs_job_table_new_prev_hash(&table, second, 2) != 0);
    cr_assert(hs_job_table_new_prev_hash(&table, first, 2) != 0);
    cr_assert(hs_job_table_new_prev_hash(&table, 77, 2) != 0);
    cr_assert_eq(state_of(first), HS_JOB_PAST);
    cr_assert_eq(state_of(second), HS_JOB_ACTIVE);
}

Test(job_table, a_target_reaches_future_jobs_only)
{
    const hs_sv2_u256 target = {{9}};
    const uint32_t first = add(1, 1, HS_JOB_FUTURE);
    cr_assert(hs_job_table_new_prev_hash(&table, first, 1) == 0);
    const uint32_t second = add(1, 2, HS_JOB_ACTIVE);
    const uint32_t future = add(1, 3, HS_JOB_FUTURE);
    hs_job_table_set_target(&table, &target);
    cr_assert_eq(hs_job_table_find(&table, first)->target.byte[0], 1);
    cr_assert_eq(hs_job_table_find(&table, second)->target.byte[0], 2);
    cr_assert_eq(hs_job_table_find(&table, future)->target.byte[0], 9);
}

Test(job_table, a_prefix_is_in_use_until_its_last_valid_job_is_gone)
{
    const uint32_t first = add(1, 0xa, HS_JOB_FUTURE);
    cr_assert(in_use(1, 0xa));
    cr_assert_not(in_use(2, 0xa), "another pool's space");
    cr_assert_not(in_use(1, 0xb));
    cr_assert(hs_job_table_new_prev_hash(&table, first, 1) == 0);
    (void)add(2, 0xb, HS_JOB_ACTIVE); /* soft: the past job keeps it */
    cr_assert(in_use(1, 0xa));
    cr_assert(in_use(2, 0xb));
    const uint32_t hard = add(3, 0xc, HS_JOB_FUTURE);
    cr_assert(in_use(1, 0xa));
    cr_assert(hs_job_table_new_prev_hash(&table, hard, 2) == 0);
    cr_assert_not(in_use(1, 0xa), "stale jobs hold nothing");
    cr_assert_not(in_use(2, 0xb));
    cr_assert(in_use(3, 0xc));
}

Test(job_table, a_pool_that_is_gone_takes_its_jobs_along)
{
    const uint32_t first = add(1, 0xa, HS_JOB_FUTURE);
    cr_assert(hs_job_table_new_prev_hash(&table, first, 1) == 0);
    const uint32_t second = add(2, 0xb, HS_JOB_ACTIVE);
    cr_assert_eq(hs_job_table_retire_upstream(&table, 1), 1);
    cr_assert_eq(hs_job_table_retire_upstream(&table, 1), 0);
    cr_assert_eq(state_of(first), HS_JOB_STALE);
    cr_assert_eq(state_of(second), HS_JOB_ACTIVE);
    cr_assert_not(in_use(1, 0xa));
}

Test(job_table, what_a_client_forgets_is_forgotten)
{
    const uint32_t first_future = add(1, 1, HS_JOB_FUTURE);
    for (int i = 0; i < HS_CHANNEL_FUTURE_MAX; i++) {
        (void)add(1, 1, HS_JOB_FUTURE);
    }
    cr_assert_eq(state_of(first_future), 0);
    cr_assert_eq(state_of(first_future + 1), HS_JOB_FUTURE);
    const uint32_t active = add(1, 1, HS_JOB_ACTIVE);
    for (int i = 0; i <= HS_CHANNEL_PAST_MAX; i++) {
        (void)add(1, 1, HS_JOB_ACTIVE);
    }
    cr_assert_eq(state_of(active), 0);
    cr_assert_eq(state_of(active + 1), HS_JOB_PAST);
    cr_assert_leq(table.count, (size_t)HS_CHANNEL_FUTURE_MAX + HS_CHANNEL_PAST_MAX + 1);
}
