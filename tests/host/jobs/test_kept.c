/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * jobs/kept: a pool's job outlives its frame and its pool, as long as somebody needs it. */
#include <criterion/criterion.h>
#include <string.h>

#include "host_stub/jobs/table.h"
#include "host_stub/jobs/template.h"
#include "host_stub/sv2/work.h"

enum { NTIME = 1700000000, FULL = 12 };

static hs_job_stream stream;

static void start(void)
{
    const hs_job_stream_options options = {.seed = 1, .full_extranonce_len = FULL};
    cr_assert(hs_job_stream_init(&stream, &options, 1, NTIME) == 0);
}

TestSuite(job_kept, .init = start);

static hs_sv2_u256 root_of(const hs_job_parts *parts)
{
    static const uint8_t ZEROS[FULL];
    const hs_sv2_coinbase coinbase = {parts->prefix, {ZEROS, FULL}, parts->suffix};
    return hs_sv2_merkle_root(&coinbase, &parts->path);
}

static hs_job_parts parts_of(const hs_sv2_new_extended_job *job)
{
    return (hs_job_parts){job->coinbase_tx_prefix, job->coinbase_tx_suffix, job->merkle_path};
}

Test(job_kept, a_copy_outlives_its_frame)
{
    const hs_sv2_new_extended_job job = hs_job_stream_job(&stream);
    hs_job_parts parts = parts_of(&job);
    const hs_sv2_u256 before = root_of(&parts);
    hs_kept_job copy = {.body = NULL};
    cr_assert(hs_kept_job_copy(&copy, &job) == 0);
    hs_job_stream_refresh(&stream, NTIME + 1);
    parts = parts_of(&copy.job);
    hs_sv2_u256 after = root_of(&parts);
    cr_assert_eq(hs_sv2_compare(&before, &after), 0);
    parts = hs_kept_body_parts(copy.body);
    after = root_of(&parts);
    cr_assert_eq(hs_sv2_compare(&before, &after), 0);
    cr_assert_eq(copy.job.job_id, 1);
    const hs_sv2_new_extended_job empty = {.job_id = 9};
    cr_assert(hs_kept_job_copy(&copy, &empty) == 0); /* replaces what was there */
    cr_assert_eq(copy.job.job_id, 9);
    cr_assert_eq(copy.job.merkle_path.count, 0);
    hs_kept_job_free(&copy);
    cr_assert_null(copy.body);
}

Test(job_kept, a_downstream_job_keeps_what_its_pool_has_given_up)
{
    const hs_sv2_new_extended_job job = hs_job_stream_job(&stream);
    const hs_sv2_u256 target = {{7}};
    hs_kept_job copy = {.body = NULL};
    hs_job_table table = {.count = 0};
    cr_assert(hs_kept_job_copy(&copy, &job) == 0);
    hs_kept_job_begin(&copy, &stream.tip, &target);
    const hs_job_entry entry = {
        .state = HS_JOB_ACTIVE, .upstream = 1, .pool_takes = 1, .body = copy.body};
    cr_assert_not_null(hs_job_table_add(&table, &entry));
    cr_assert_not_null(hs_job_table_add(&table, &entry));
    hs_kept_job_free(&copy);
    const hs_job_entry *const kept = hs_job_table_find(&table, 1);
    const hs_share_terms terms = hs_job_entry_terms(kept, 8);
    cr_assert_eq(terms.extranonce_size, 8);
    cr_assert_eq(terms.tip->nbits, stream.tip.nbits);
    const hs_job_parts wanted = parts_of(&job);
    const hs_sv2_u256 root = root_of(&terms.parts);
    const hs_sv2_u256 same = root_of(&wanted);
    cr_assert_eq(hs_sv2_compare(&root, &same), 0);
    cr_assert_eq(hs_sv2_compare(hs_kept_body_target(kept->body), &target), 0);
    hs_job_table_free(&table); /* and nothing leaks, which a sanitizer sees */
}

Test(job_kept, a_share_is_new_once_whoever_brings_it)
{
    const hs_sv2_new_extended_job job = hs_job_stream_job(&stream);
    hs_kept_job copy = {.body = NULL};
    cr_assert(hs_kept_job_copy(&copy, &job) == 0);
    hs_kept_body *const other = hs_kept_body_share(copy.body);
    cr_assert(hs_kept_body_is_new(copy.body, 5));
    cr_assert_not(hs_kept_body_is_new(other, 5));
    cr_assert(hs_kept_body_is_new(other, 6));
    hs_kept_body_release(other);
    cr_assert_not(hs_kept_body_is_new(copy.body, 6));
    hs_kept_job_free(&copy);
}

Test(job_kept, what_is_remembered_of_shares_is_bounded)
{
    const hs_sv2_new_extended_job job = hs_job_stream_job(&stream);
    hs_kept_job copy = {.body = NULL};
    cr_assert(hs_kept_job_copy(&copy, &job) == 0);
    for (uint64_t key = 1; key <= HS_KEPT_SHARES_MAX; key++) {
        cr_assert(hs_kept_body_is_new(copy.body, key));
    }
    cr_assert_not(hs_kept_body_is_new(copy.body, 1));
    cr_assert(hs_kept_body_is_new(copy.body, HS_KEPT_SHARES_MAX + 1));
    cr_assert(hs_kept_body_is_new(copy.body, 1), "it has begun anew");
    cr_assert_not(hs_kept_body_is_new(copy.body, HS_KEPT_SHARES_MAX + 1));
    hs_kept_job_free(&copy);
}
