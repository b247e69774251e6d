/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A farm of exactly as many channels as one piece of the plugin's memory holds: every walk over the
 * channels reaches the last one and ends there, since behind it there is nothing. */
#include "plugin/farm/channels.h"
#include "tests/integration/state/harness_state.h"

static it_host H;
static it_host G;
static it_bytes state;

enum { FULL = HM_CHUNK_SLOTS, PINNED = 256 };
_Static_assert(FULL + 1 <= IT_CHANNELS, "the harness has as many");

static const it_options LARGE = {.channels_max = 4 * FULL};

#define AB         IT_POOL("a", "60", "1") IT_POOL("b", "40", "2")
#define KEEP(pool) "[pin.keep]\nuser_identity = keep*\nupstream = " pool "\n"

static void open_both(it_host *h, const char *config)
{
    it_open_with(h, config, &LARGE);
    it_up_space(h, IT_A, 10, 4, 8);
    it_up_space(h, IT_B, 20, 4, 8);
}

/* The last ones are those that pins are for. */
static void open_full(const char *config)
{
    open_both(&H, config);
    for (uint32_t i = 0; i < FULL; i++) {
        it_named(&H, i < FULL - PINNED ? "free" : "keep", 1000);
    }
    it_run(&H, 4, 30, IT_APPLY);
    cr_assert_eq(it_count_on(&H, IT_A) + it_count_on(&H, IT_B), FULL);
}

static void count_kept_on(uint32_t upstream)
{
    for (uint32_t i = FULL - PINNED; i < FULL; i++) {
        cr_assert_eq(H.channels[i].upstream, upstream, "channel %u", i);
    }
}

Test(chunk, a_pool_that_dies_is_left_by_all_and_gets_its_part_again)
{
    open_full(AB);
    it_down(&H, IT_A);
    it_run(&H, 2, 30, IT_APPLY);
    cr_assert_eq(it_count_on(&H, IT_B), FULL);
    it_up_space(&H, IT_A, 10, 4, 8);
    it_run(&H, 60, 30, IT_APPLY);
    cr_assert_float_eq(it_count_on(&H, IT_A), 0.6 * FULL, 0.02 * FULL, "%u", it_count_on(&H, IT_A));
    it_close(&H);
}

Test(chunk, new_pins_are_those_of_the_last_channel_too)
{
    static const char config[] = AB KEEP("b");
    open_full(AB KEEP("a"));
    count_kept_on(IT_A);
    hmx_text why = it_text(&H);
    const hmx_reconfigure_args args = {.size = sizeof args,
                                       .now_ns = H.now_ns,
                                       .config_text = {config, sizeof config - 1},
                                       .why = &why};
    cr_assert_eq(hs_guard_reconfigure(H.guard, &args), HMX_OK, "%s", H.why);
    it_run(&H, 5, 30, IT_APPLY);
    count_kept_on(IT_B);
    it_close(&H);
}

/* A pool with another space: all of its channels get new prefixes, or stay with what a host chose
 * for them. */
Test(chunk, a_pool_that_changes_its_space_renews_all_prefixes)
{
    open_full(AB);
    const uint32_t on_a = it_count_on(&H, IT_A);
    it_advance(&H, 1);
    it_up_space(&H, IT_A, 30, 4, 8);
    cr_assert_eq(it_tick(&H), on_a);
    for (uint32_t i = 0; i < on_a; i++) {
        cr_assert_eq(H.decisions[i].kind, HMX_DECISION_PREFIX);
        cr_assert_eq(H.decisions[i].extranonce_prefix[0], 30);
    }
    it_answer_all(&H, HMX_RESULT_APPLIED);
    /* One more collides with none of them. */
    it_run(&H, 1, 30, IT_APPLY);
    it_named(&H, "free", 1000);
    cr_assert_eq(it_count_on(&H, IT_A) + it_count_on(&H, IT_B), FULL + 1);
    it_close(&H);
}

Test(chunk, a_state_has_them_all)
{
    open_full(AB);
    it_run(&H, 20, 30, IT_APPLY);
    it_save(&H, &state);
    cr_assert_eq(state.len, (uint64_t)IT_STATE_HEAD + IT_STATE_FARM + 2 * IT_STATE_ROW +
                                FULL * IT_STATE_MINER + IT_STATE_SUM);
    it_open_with(&G, AB, &LARGE);
    cr_assert_eq(it_load(&G, &state), HMX_OK, "%s", G.log);
    it_close(&G);
    it_close(&H);
}
