/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/miner/search: what is found meets the target when it is recomputed the long way, and no
 * place is tried twice. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/live/miner/search.h"
#include "host_stub/session/jobs.h"
#include "host_stub/sv2/work.h"

static const uint8_t PREFIX_TX[] = {1, 0, 0, 0, 1, 7, 7, 7};
static const uint8_t SUFFIX_TX[] = {9, 9, 9};
static hs_session_job job;
static const hs_sv2_b032 PREFIX = {3, {0xaa, 0xbb, 0xcc}};

static void make_job(int extended, double hashes)
{
    memset(&job, 0, sizeof job);
    job.job_id = 5;
    job.state = HS_JOB_ACTIVE;
    job.version = 0x20000000;
    job.min_ntime = 1700000000;
    job.tip.nbits = 0x1d00ffff;
    memset(job.tip.prev_hash.byte, 0x11, 32);
    memset(job.merkle_root.byte, 0x22, 32);
    job.target = hs_sv2_target_of(hashes);
    job.prefix = PREFIX;
    if (extended) {
        static const uint8_t PATH[64] = {1, 2, 3};
        job.body = hs_session_template_new((hs_sv2_bytes){PREFIX_TX, sizeof PREFIX_TX},
                                           (hs_sv2_bytes){SUFFIX_TX, sizeof SUFFIX_TX},
                                           (hs_sv2_seq){PATH, 2});
        cr_assert_not_null(job.body);
    }
}

static void end_job(void)
{
    hs_session_template_release(job.body);
}

static hs_sv2_u256 hash_of(const hs_sv2_b032 *prefix, const hs_miner_search_find *find)
{
    hs_sv2_header header = {find->version, job.tip.prev_hash, job.merkle_root,
                            find->ntime,   job.tip.nbits,     find->nonce};
    if (job.body != NULL) {
        uint8_t whole[64];
        memcpy(whole, prefix->byte, prefix->len);
        memcpy(whole + prefix->len, find->extranonce.byte, find->extranonce.len);
        const hs_job_parts parts = hs_job_body_parts(&job);
        const hs_sv2_coinbase coinbase = {
            parts.prefix, {whole, prefix->len + find->extranonce.len}, parts.suffix};
        header.merkle_root = hs_sv2_merkle_root(&coinbase, &parts.path);
    }
    return hs_sv2_header_hash(&header);
}

/* Finds `count` shares and checks each; returns the hashes that it took. */
static uint64_t find_some(const hs_miner_search *search, int count, const hs_sv2_b032 *prefix)
{
    hs_miner_search_find finds[64];
    uint64_t cursor = 0;
    uint64_t hashes = 0;
    cr_assert_leq(count, 64);
    for (int i = 0; i < count; i++) {
        cr_assert(hs_miner_search_run(search, &cursor, 1000000, &hashes, &finds[i]));
        cr_assert_eq(cursor, hashes, "every place costs one hash");
        const hs_sv2_u256 hash = hash_of(prefix, &finds[i]);
        cr_assert_leq(hs_sv2_compare(&hash, &job.target), 0, "find %d misses the target", i);
        cr_assert_eq(finds[i].extranonce.len, search->extranonce_size);
        for (int j = 0; j < i; j++) {
            const hs_sv2_u256 other = hash_of(prefix, &finds[j]);
            cr_assert_neq(hs_sv2_compare(&hash, &other), 0, "finds %d and %d are the same", i, j);
        }
    }
    return hashes;
}

Test(miner_search, finds_on_a_standard_job)
{
    make_job(0, 500.0);
    const hs_miner_search search = {&job, &PREFIX, 0, 3, 0};
    const uint64_t hashes = find_some(&search, 40, &PREFIX);
    /* 40 finds take 20000 hashes on average, with a standard deviation of 3200. */
    cr_assert(hashes > 8000 && hashes < 36000, "%llu hashes", (unsigned long long)hashes);
    end_job();
}

Test(miner_search, finds_on_an_extended_job_over_many_extranonces)
{
    make_job(1, 500.0);
    const hs_miner_search search = {&job, &PREFIX, 5, 0, 0};
    hs_miner_search_find find;
    uint64_t cursor = 0;
    uint64_t hashes = 0;
    (void)find_some(&search, 40, &PREFIX);
    while (hashes < 9000) {
        cr_assert(hs_miner_search_run(&search, &cursor, 100000, &hashes, &find));
    }
    cr_assert_geq(find.extranonce.byte[4], 2, "a nonce's 4096 places, then the next extranonce");
    cr_assert_lt(find.nonce, 4096u);
    end_job();
}

Test(miner_search, the_extranonce_counts_up_from_its_last_byte)
{
    static const uint8_t BYTES[] = {0, 1, 2, 3, 4, 5};
    make_job(1, 1.0);
    const hs_miner_search search = {&job, &PREFIX, 6, 0, 0};
    hs_miner_search_find find;
    uint64_t hashes = 0;
    uint64_t cursor = (UINT64_C(0x0102030405) << 12) + 9;
    cr_assert(hs_miner_search_run(&search, &cursor, 1, &hashes, &find));
    cr_assert_arr_eq(find.extranonce.byte, BYTES, sizeof BYTES);
    cr_assert_eq(find.nonce, 9u);
    end_job();
}

Test(miner_search, insists_on_another_prefix_when_told)
{
    static const hs_sv2_b032 OWN = {3, {1, 2, 3}};
    make_job(1, 500.0);
    const hs_miner_search search = {&job, &OWN, 4, 0, 0};
    (void)find_some(&search, 10, &OWN);
    end_job();
}

Test(miner_search, spends_its_budget_and_goes_on_where_it_was)
{
    make_job(1, 1e9);
    const hs_miner_search search = {&job, &PREFIX, 4, 0, 0};
    hs_miner_search_find find;
    uint64_t cursor = 4000;
    uint64_t hashes = 0;
    cr_assert_not(hs_miner_search_run(&search, &cursor, 5000, &hashes, &find));
    cr_assert_eq(hashes, 5000u);
    cr_assert_eq(cursor, 9000u);
    cr_assert_not(hs_miner_search_run(&search, &cursor, 0, &hashes, &find));
    cr_assert_eq(cursor, 9000u);
    end_job();
}

/* One byte of extranonce, 32 bits of nonce: what is beyond them moves the ntime. */
Test(miner_search, a_short_extranonce_spills_into_the_ntime)
{
    make_job(1, 1.0);
    const hs_miner_search search = {&job, &PREFIX, 1, 7, 0};
    hs_miner_search_find find;
    uint64_t hashes = 0;
    uint64_t cursor = (UINT64_C(3) << 40) + (UINT64_C(0x5a) << 32) + 77;
    cr_assert(hs_miner_search_run(&search, &cursor, 1, &hashes, &find));
    cr_assert_eq(find.nonce, 77u);
    cr_assert_eq(find.extranonce.byte[0], 0x5a);
    cr_assert_eq(find.ntime, 1700000000u + 7 + 3);
    end_job();
}

Test(miner_search, rolls_the_version_only_where_it_may)
{
    make_job(1, 1.0);
    hs_miner_search search = {&job, &PREFIX, 4, 0, 1};
    hs_miner_search_find find;
    uint64_t hashes = 0;
    uint64_t cursor = UINT64_C(0xabc) << 12;
    cr_assert(hs_miner_search_run(&search, &cursor, 1, &hashes, &find));
    cr_assert_eq(find.version, 0x20000000u, "the job does not allow it");
    job.version_rolling = 1;
    cursor = UINT64_C(0xabc) << 12;
    cr_assert(hs_miner_search_run(&search, &cursor, 1, &hashes, &find));
    cr_assert_eq(find.version, 0x20000000u | 0xabcu << 13);
    cr_assert_eq(find.version & ~HS_SEARCH_VERSION_BITS, 0x20000000u);
    end_job();
}
