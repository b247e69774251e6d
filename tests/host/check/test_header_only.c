/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * check: devices that set REQUIRES_STANDARD_JOBS. They are told merkle roots and need no prefix, so
 * that a move may change it without a word; what then can still be seen. */
#include "tests/host/check/world.h"

static world w;
static conn device;
static conn neighbour;

/* A device that works for a with the given prefix, then for b without a word. */
static void build_device(conn *c, const char *file, uint8_t index)
{
    const parts a1 = parts_of('a', 1);
    const parts b2 = parts_of('b', 2);
    const hs_sv2_b032 first = on_a(16, index);
    const hs_sv2_b032 second = on_b(12, index);
    memset(c, 0, sizeof *c);
    c->file = file;
    say_setup(c, 1000, HS_SV2_REQUIRES_STANDARD_JOBS);
    say_open(c, 2000, 0, 1, STANDARD, 3, first, 0);
    hs_sv2_message m = standard_job(STANDARD, 1, &a1, &first, 0);
    say(c, 2000, &m);
    m = new_tip(STANDARD, 1, 1, T0 + 2);
    say(c, 2000, &m);
    m = standard_job(STANDARD, 2, &b2, &second, 0);
    say(c, 22000, &m);
    m = new_tip(STANDARD, 2, 1, T0 + 22);
    say(c, 22000, &m);
    m = standard_job(STANDARD, 3, &b2, &second, T0 + 30);
    say(c, 30000, &m);
}

static void build(void)
{
    build_world(&w);
    build_device(&device, "conn-3.hex", 0x31);
    build_device(&neighbour, "conn-4.hex", 0x32);
}

TestSuite(check_header_only, .init = build);

static size_t check_all(void)
{
    const conn *const conns[] = {&w.a, &w.b, &w.miner, &w.rack, &device, &neighbour};
    return check_conns(conns, 6, 0);
}

/* The n-th standard job gets this root. */
static void put_root(conn *c, size_t n, const hs_sv2_u256 *root)
{
    frame *const f = &c->frames[find(c, HS_SV2_NEW_MINING_JOB, n)];
    hs_sv2_message m = decoded(f);
    m.as.new_mining_job.merkle_root = *root;
    encode(f, &m);
}

Test(check_header_only, a_move_needs_no_word_about_the_prefix)
{
    expect_clean(check_all());
}

Test(check_header_only, a_device_that_takes_extended_jobs_has_to_be_told)
{
    frame *const f = &device.frames[find(&device, HS_SV2_SETUP_CONNECTION, 0)];
    hs_sv2_message m = decoded(f);
    m.as.setup_connection.flags = 0;
    encode(f, &m);
    (void)check_all();
    expect_first("a silent move", HS_CHECK_MERKLE_ROOT);
}

Test(check_header_only, the_first_job_has_the_prefix_that_the_opening_told)
{
    const hs_sv2_u256 root = every(0x77);
    put_root(&device, 0, &root);
    (void)check_all();
    expect_first("another root", HS_CHECK_MERKLE_ROOT);
}

Test(check_header_only, two_devices_never_have_one_root)
{
    const hs_sv2_message m = decoded(&device.frames[find(&device, HS_SV2_NEW_MINING_JOB, 1)]);
    put_root(&neighbour, 1, &m.as.new_mining_job.merkle_root);
    (void)check_all();
    expect_first("one root for two", HS_CHECK_OVERLAP);
    cr_assert_eq(finding_count, 1);
    /* Without the pools' files it is seen all the same. */
    const conn *const conns[] = {&device, &neighbour};
    (void)check_conns(conns, 2, 0);
    expect_first("one root for two", HS_CHECK_OVERLAP);
}

Test(check_header_only, a_space_may_be_handed_over_without_a_word)
{
    /* The neighbour opens with the prefix that the device has left on a. */
    const conn *const conns[] = {&device, &neighbour};
    neighbour.count = 0;
    build_device(&neighbour, "conn-4.hex", 0x31);
    for (size_t i = 0; i < neighbour.count; i++) {
        neighbour.frames[i].t_ms += 25000;
    }
    drop(&neighbour, find(&neighbour, HS_SV2_NEW_MINING_JOB, 2));
    drop(&neighbour, find(&neighbour, HS_SV2_SET_NEW_PREV_HASH, 1));
    drop(&neighbour, find(&neighbour, HS_SV2_NEW_MINING_JOB, 1));
    expect_clean(check_conns(conns, 2, 0));
}

Test(check_header_only, its_tips_are_still_those_of_the_pools)
{
    frame *const f = &device.frames[find(&device, HS_SV2_SET_NEW_PREV_HASH, 1)];
    hs_sv2_message m = decoded(f);
    m.as.set_new_prev_hash.prev_hash = every(0x55);
    encode(f, &m);
    (void)check_all();
    expect_first("a tip of nobody", HS_CHECK_POOL_TIP);
    cr_assert_eq(finding_count, 2, "with SetNewPrevHash, and again with the job that has none");
}
