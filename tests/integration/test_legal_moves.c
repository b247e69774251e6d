/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What Stratum V2 or the host forbids is never decided, even when the split suffers for it. The
 * guard checks every decision as well; here each rule is the only thing that stands in the way. */
#include "tests/integration/harness_farm.h"

static it_host H;

typedef void (*describe)(hmx_channel_open *e);

/* Twenty channels of that kind on A, and nobody elsewhere, for half an hour. Returns the moves. */
static uint64_t moves_of(describe describe_channel, void (*prepare)(void))
{
    it_open(&H, IT_POOL("a", "50", "1") IT_POOL("b", "50", "2"));
    it_up_space(&H, IT_A, 10, 4, 8);
    it_up_space(&H, IT_B, 20, 4, 8);
    if (prepare != NULL) {
        prepare();
    }
    for (int i = 0; i < 20; i++) {
        hmx_channel_open e = it_channel_event(&H, 1000);
        hmx_channel_decision d = {.size = sizeof d};
        e.current_upstream = IT_A;
        describe_channel(&e);
        cr_assert_eq(hs_guard_on_channel_open(H.guard, &e, &d), HMX_OK);
        H.channels[H.channel_count++] = (it_channel){.channel = e.channel,
                                                     .cookie = d.cookie,
                                                     .open = 1,
                                                     .upstream = d.upstream,
                                                     .difficulty = 1000};
    }
    it_run(&H, 1800, 1, IT_APPLY);
    const uint64_t moves = H.moves;
    cr_assert_eq(it_snapshot(&H).s.pending, 0);
    it_close(&H);
    return moves;
}

static void plain(hmx_channel_open *e)
{
    (void)e;
}

static void extended(hmx_channel_open *e)
{
    e->kind = HMX_CHANNEL_EXTENDED;
    e->min_extranonce_size = e->extranonce_size = 4;
}

Test(legal, without_any_obstacle_half_of_them_move)
{
    cr_assert_eq(moves_of(plain, NULL), 10);
    cr_assert_eq(moves_of(extended, NULL), 10);
}

static void custom_jobs(hmx_channel_open *e)
{
    extended(e);
    e->flags = HMX_CHANNEL_FLAG_CUSTOM_JOBS;
}

Test(legal, channels_with_custom_jobs_stay)
{
    cr_assert_eq(moves_of(custom_jobs, NULL), 0);
}

static void deaf(hmx_channel_open *e)
{
    extended(e);
    e->honours_prefix = HMX_NO;
}

static void deaf_standard(hmx_channel_open *e)
{
    e->honours_prefix = HMX_NO;
}

static void perhaps_deaf(hmx_channel_open *e)
{
    extended(e);
    e->honours_prefix = HMX_UNKNOWN;
}

Test(legal, an_extended_channel_that_ignores_set_extranonce_prefix_stays)
{
    cr_assert_eq(moves_of(deaf, NULL), 0);
    cr_assert_eq(moves_of(deaf_standard, NULL), 10, "the job of a standard channel holds it all");
    cr_assert_eq(moves_of(perhaps_deaf, NULL), 10);
}

static void only_a(hmx_channel_open *e)
{
    e->upstreams_allowed = 1u << (IT_A - 1);
}

Test(legal, upstreams_allowed_binds_moves)
{
    cr_assert_eq(moves_of(only_a, NULL), 0);
}

static void wide(hmx_channel_open *e)
{
    e->kind = HMX_CHANNEL_EXTENDED;
    e->min_extranonce_size = e->extranonce_size = 6;
}

static void b_grants_six(void)
{
    it_up_space(&H, IT_B, 20, 4, 6); /* six for the channel leave nothing to tell channels apart */
}

static void b_grants_twelve(void)
{
    it_up_space(&H, IT_B, 20, 4, 12);
}

Test(legal, a_pool_that_grants_too_few_bytes_is_no_destination)
{
    cr_assert_eq(moves_of(wide, b_grants_six), 0);
    cr_assert_eq(moves_of(wide, b_grants_twelve), 10);
}

static void rolls(hmx_channel_open *e)
{
    e->flags = HMX_CHANNEL_FLAG_REQUIRES_VERSION_ROLLING;
}

static void b_forbids_rolling(void)
{
    hmx_upstream_event e = it_upstream(&H, IT_B, HMX_UPSTREAM_UP);
    e.version_rolling = HMX_NO;
    cr_assert_eq(hs_guard_on_upstream(H.guard, &e), HMX_OK);
}

static void b_fixes_the_version(void)
{
    hmx_upstream_event e = it_upstream(&H, IT_B, HMX_UPSTREAM_UP);
    e.fixed_version = HMX_YES;
    cr_assert_eq(hs_guard_on_upstream(H.guard, &e), HMX_OK);
}

Test(legal, channels_that_roll_versions_go_where_it_is_allowed)
{
    cr_assert_eq(moves_of(rolls, NULL), 10);
    cr_assert_eq(moves_of(rolls, b_forbids_rolling), 0);
    cr_assert_eq(moves_of(rolls, b_fixes_the_version), 0);
    cr_assert_eq(moves_of(plain, b_forbids_rolling), 10);
}

Test(legal, a_standard_miner_may_not_come_to_a_fixed_version_from_a_free_one)
{
    cr_assert_eq(moves_of(plain, b_fixes_the_version), 0);
    cr_assert_eq(moves_of(extended, b_fixes_the_version), 10);
}

static void grouped(hmx_channel_open *e)
{
    extended(e);
    e->flags = HMX_CHANNEL_FLAG_SHARES_GROUP;
}

Test(legal, members_of_a_group_move_only_where_the_extranonce_is_as_long)
{
    cr_assert_eq(moves_of(grouped, NULL), 10);
    cr_assert_eq(moves_of(grouped, b_grants_twelve), 0);
}

static void b_has_no_job(void)
{
    hmx_upstream_event e = it_upstream(&H, IT_B, HMX_UPSTREAM_UP);
    e.has_job = HMX_NO;
    cr_assert_eq(hs_guard_on_upstream(H.guard, &e), HMX_OK);
}

static void b_drains(void)
{
    it_state(&H, IT_B, HMX_UPSTREAM_DRAINING);
}

static void b_connects(void)
{
    it_state(&H, IT_B, HMX_UPSTREAM_CONNECTING);
}

Test(legal, a_pool_that_cannot_be_used_is_no_destination)
{
    cr_assert_eq(moves_of(plain, b_has_no_job), 0);
    cr_assert_eq(moves_of(plain, b_drains), 0);
    cr_assert_eq(moves_of(plain, b_connects), 0);
}

/* Facts may change while the channel is open. */
static void say(uint32_t index, uint32_t changed, uint32_t honours, uint32_t flags,
                uint64_t allowed)
{
    const hmx_channel_update e = {.event = it_event(&H, sizeof e),
                                  .channel = H.channels[index].channel,
                                  .cookie = H.channels[index].cookie,
                                  .changed = changed,
                                  .honours_prefix = honours,
                                  .flags = flags,
                                  .upstreams_allowed = allowed};
    cr_assert_eq(hs_guard_on_channel_update(H.guard, &e), HMX_OK);
}

static void open_extended(uint32_t count)
{
    it_open(&H, IT_ABC);
    it_all_up(&H, 3);
    for (uint32_t i = 0; i < count; i++) {
        hmx_channel_open e = it_channel_event(&H, 1000);
        e.kind = HMX_CHANNEL_EXTENDED;
        e.extranonce_size = 4;
        it_channel_with(&H, &e);
    }
}

Test(legal, what_a_channel_says_later_binds_too)
{
    open_extended(60);
    it_place(&H, 60, 0, 0);
    for (uint32_t i = 0; i < 60; i++) {
        say(i,
            i % 3 == 0   ? HMX_FACT_HONOURS_PREFIX
            : i % 3 == 1 ? HMX_FACT_FLAGS
                         : HMX_FACT_UPSTREAMS_ALLOWED,
            HMX_NO, HMX_CHANNEL_FLAG_CUSTOM_JOBS, 1u << (IT_A - 1));
    }
    it_run(&H, 600, 1, IT_APPLY);
    cr_assert_eq(H.moves, 0);
    for (uint32_t i = 0; i < 60; i++) {
        say(i, HMX_FACT_HONOURS_PREFIX | HMX_FACT_FLAGS | HMX_FACT_UPSTREAMS_ALLOWED, HMX_YES, 0,
            0);
    }
    it_run(&H, 7200, 1, IT_APPLY);
    cr_assert(it_count_on(&H, IT_A) >= 34 && it_count_on(&H, IT_A) <= 38, "%u",
              it_count_on(&H, IT_A));
    it_close(&H);
}

/* A quarter may move, and it is exactly those who do. */
Test(legal, only_those_who_may_move_are_moved)
{
    open_extended(40);
    it_place(&H, 40, 0, 0);
    for (uint32_t i = 0; i < 40; i++) {
        if (i % 4 != 0) {
            say(i, HMX_FACT_FLAGS, 0, HMX_CHANNEL_FLAG_CUSTOM_JOBS, 0);
        }
    }
    it_run(&H, 900, 1, IT_APPLY);
    for (uint32_t i = 0; i < 40; i++) {
        cr_assert(i % 4 == 0 || H.channels[i].upstream == IT_A, "channel %u moved", i);
    }
    cr_assert_eq(it_count_on(&H, IT_A), 30, "all ten that may, went");
    it_close(&H);
}

/* Even a dead pool is not left by those that may not leave: a custom job belongs to its pool. */
Test(legal, an_evacuation_is_no_excuse)
{
    open_extended(20);
    it_place(&H, 20, 0, 0);
    for (uint32_t i = 0; i < 10; i++) {
        say(i, HMX_FACT_FLAGS, 0, HMX_CHANNEL_FLAG_CUSTOM_JOBS, 0);
    }
    it_down(&H, IT_A);
    it_tick(&H);
    cr_assert_eq(H.decision_count, 10);
    for (uint32_t i = 0; i < 10; i++) {
        cr_assert_geq(it_channel_named(&H, H.decisions[i].channel) - H.channels, 10);
    }
    it_close(&H);
}

/* However few rows the host has room for, and without waiting for an evaluation. */
Test(legal, all_that_are_no_longer_allowed_there_leave_with_one_tick)
{
    const it_options o = {.capacity = 1};
    it_open_with(&H, IT_ABC, &o);
    it_all_up(&H, 3);
    it_channels(&H, 10, 1000);
    for (uint32_t i = 0; i < 3; i++) {
        cr_assert_eq(it_force(&H, i, IT_A), HMX_OK);
        say(i, HMX_FACT_UPSTREAMS_ALLOWED, 0, 0, 1u << (IT_B - 1));
    }
    it_advance(&H, 1);
    cr_assert_eq(it_tick(&H), 3);
    for (uint32_t i = 0; i < 3; i++) {
        cr_assert_eq(H.decisions[i].to, IT_B);
        cr_assert_eq(H.decisions[i].reason, HMX_REASON_EVACUATION);
    }
    it_close(&H);
}
