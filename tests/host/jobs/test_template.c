/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The streams of jobs that made-up pools send: deterministic, and each coinbase a transaction that
 * has room for exactly the full extranonce. */
#include <criterion/criterion.h>
#include <string.h>

#include "host_stub/jobs/template.h"
#include "host_stub/sv2/codec.h"
#include "host_stub/sv2/work.h"

#define NTIME 1735689600u

static hs_job_stream_options options(uint32_t pool, uint32_t chain, uint32_t full)
{
    hs_job_stream_options o = {
        .seed = 5, .pool = pool, .chain = chain, .full_extranonce_len = full, .version_rolling = 1};
    memcpy(o.tag, "pool", 5);
    return o;
}

static hs_job_stream stream_of(uint32_t pool, uint32_t chain, uint32_t full, uint64_t tip)
{
    const hs_job_stream_options o = options(pool, chain, full);
    hs_job_stream s;
    cr_assert(hs_job_stream_init(&s, &o, tip, NTIME) == 0);
    return s;
}

static const char *fault(const hs_job_stream *s, uint32_t extranonce)
{
    const hs_sv2_new_extended_job job = hs_job_stream_job(s);
    const hs_sv2_coinbase coinbase = {
        job.coinbase_tx_prefix, {NULL, extranonce}, job.coinbase_tx_suffix};
    return hs_sv2_coinbase_fault(&coinbase);
}

static hs_sv2_u256 root(const hs_job_stream *s)
{
    static const uint8_t ZEROS[HS_SV2_EXTRANONCE_MAX];
    const hs_sv2_new_extended_job job = hs_job_stream_job(s);
    const hs_sv2_coinbase coinbase = {
        job.coinbase_tx_prefix, {ZEROS, s->options.full_extranonce_len}, job.coinbase_tx_suffix};
    return hs_sv2_merkle_root(&coinbase, &job.merkle_path);
}

static int same_tip(const hs_tip *a, const hs_tip *b)
{
    return a->nbits == b->nbits && hs_sv2_compare(&a->prev_hash, &b->prev_hash) == 0;
}

Test(job_template, a_coinbase_has_room_for_the_full_extranonce_and_no_other_length)
{
    for (uint32_t full = 0; full <= HS_SV2_EXTRANONCE_MAX; full++) {
        hs_job_stream s = stream_of(1, 0, full, 0);
        for (uint32_t job = 0; job < 6; job++) {
            cr_assert_null(fault(&s, full), "%u bytes: %s", full, fault(&s, full));
            cr_assert_not_null(fault(&s, full + 1));
            cr_assert(full == 0 || fault(&s, full - 1) != NULL);
            hs_job_stream_refresh(&s, NTIME + job);
        }
    }
}

Test(job_template, more_than_32_bytes_are_refused)
{
    const hs_job_stream_options o = options(1, 0, 33);
    hs_job_stream s;
    cr_assert(hs_job_stream_init(&s, &o, 0, NTIME) != 0);
}

Test(job_template, the_same_options_give_the_same_stream_another_seed_or_pool_does_not)
{
    hs_job_stream a = stream_of(1, 0, 16, 7);
    hs_job_stream b = stream_of(1, 0, 16, 7);
    hs_job_stream other = stream_of(2, 0, 16, 7);
    for (uint32_t i = 0; i < 20; i++) {
        const hs_sv2_u256 x = root(&a);
        const hs_sv2_u256 y = root(&b);
        const hs_sv2_u256 z = root(&other);
        cr_assert_eq(a.job_id, b.job_id);
        cr_assert_eq(hs_sv2_compare(&x, &y), 0);
        cr_assert_neq(hs_sv2_compare(&x, &z), 0);
        cr_assert(same_tip(&a.tip, &b.tip));
        if (i % 5 == 4) {
            hs_job_stream_new_tip(&a, 8 + i, NTIME + i);
            hs_job_stream_new_tip(&b, 8 + i, NTIME + i);
        } else {
            hs_job_stream_refresh(&a, NTIME + i);
            hs_job_stream_refresh(&b, NTIME + i);
        }
        hs_job_stream_refresh(&other, NTIME + i);
    }
    hs_job_stream_options o = options(1, 0, 16);
    o.seed = 6;
    cr_assert(hs_job_stream_init(&b, &o, 7, NTIME) == 0);
    a = stream_of(1, 0, 16, 7);
    cr_assert_not(same_tip(&a.tip, &b.tip));
}

Test(job_template, pools_of_one_chain_share_their_tips_others_never_do)
{
    for (uint64_t tip = 0; tip < 10; tip++) {
        const hs_job_stream a = stream_of(1, 0, 16, tip);
        const hs_job_stream b = stream_of(2, 0, 20, tip);
        const hs_job_stream c = stream_of(3, 1, 16, tip);
        const hs_job_stream later = stream_of(1, 0, 16, tip + 1);
        const hs_tip alone = hs_job_stream_tip_of(5, 0, tip, NTIME);
        cr_assert(same_tip(&a.tip, &b.tip));
        cr_assert(same_tip(&a.tip, &alone));
        cr_assert_not(same_tip(&a.tip, &c.tip));
        cr_assert_not(same_tip(&a.tip, &later.tip));
    }
}

Test(job_template, job_numbers_rise_and_roots_never_return)
{
    enum { JOBS = 200 };
    static hs_sv2_u256 roots[JOBS];
    hs_job_stream s = stream_of(1, 0, 12, 0);
    for (uint32_t i = 0; i < JOBS; i++) {
        cr_assert_eq(s.job_id, i + 1);
        roots[i] = root(&s);
        for (uint32_t k = 0; k < i; k++) {
            cr_assert_neq(hs_sv2_compare(&roots[i], &roots[k]), 0);
        }
        if (i % 7 == 0) {
            hs_job_stream_new_tip(&s, i, NTIME + i);
        } else {
            hs_job_stream_refresh(&s, NTIME + i);
        }
    }
}

Test(job_template, the_first_job_of_a_tip_is_a_future_one_a_refreshed_one_is_not)
{
    hs_job_stream s = stream_of(1, 0, 12, 0);
    cr_assert_not(hs_job_stream_job(&s).min_ntime.present);
    hs_job_stream_refresh(&s, NTIME + 30);
    cr_assert(hs_job_stream_job(&s).min_ntime.present);
    cr_assert_eq(hs_job_stream_job(&s).min_ntime.value, NTIME + 30);
    cr_assert_eq(s.tip.min_ntime, NTIME);
    hs_job_stream_new_tip(&s, 1, NTIME + 60);
    cr_assert_not(hs_job_stream_job(&s).min_ntime.present);
    cr_assert_eq(s.tip.min_ntime, NTIME + 60);
    hs_job_stream_refresh(&s, NTIME); /* a clock that went back does not go below the tip */
    cr_assert_eq(hs_job_stream_job(&s).min_ntime.value, NTIME + 60);
}

Test(job_template, a_tip_could_be_a_hash_that_meets_its_nbits)
{
    const hs_job_stream s = stream_of(1, 0, 12, 3);
    const uint32_t exponent = s.tip.nbits >> 24;
    for (uint32_t i = exponent; i < 32; i++) {
        cr_assert_eq(s.tip.prev_hash.byte[i], 0, "byte %u", i);
    }
    cr_assert_not(hs_sv2_is_zero(&s.tip.prev_hash));
}
