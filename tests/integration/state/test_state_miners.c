/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What a saved state keeps of the miners: a hashrate that was measured is not replaced by what the
 * miner declares, only because the proxy was restarted. */
#include <math.h>

#include "tests/integration/state/harness_state.h"

static it_host H;
static it_host G;
static it_bytes state;
static it_bytes again;

static uint32_t open_declaring(it_host *h, const char *identity, double difficulty)
{
    hmx_channel_open e = it_channel_event(h, difficulty);
    e.user_identity = (hmx_view){identity, strlen(identity)};
    return it_channel_with(h, &e);
}

static double measured(it_host *h, uint32_t index)
{
    return it_channel_row(h, index).hashrate / IT_HASHES_PER_SHARE;
}

/* Opens it declaring 1000 and lets it find `really` per second for an hour. */
static void learn(const char *const *names, const double *really, uint32_t count)
{
    it_open(&H, IT_ABC);
    it_all_up(&H, 3);
    for (uint32_t i = 0; i < count; i++) {
        open_declaring(&H, names[i], 1000);
        H.channels[i].difficulty = really[i];
    }
    it_run(&H, 3600, 1, IT_APPLY);
    it_save(&H, &state);
}

static void restart(void)
{
    it_open(&G, IT_ABC);
    cr_assert_eq(it_load(&G, &state), HMX_OK, "%s", G.log);
    it_all_up(&G, 3);
}

Test(state_miners, a_measured_hashrate_comes_back_with_the_name)
{
    const char *const names[] = {"liar.1", "liar.2", "", "honest"};
    const double really[] = {400, 2500, 3000, 1000};
    learn(names, really, 4);
    restart();
    static const char *const back[] = {"honest", "liar.2", "stranger", "liar.1", "liar.1", ""};
    for (uint32_t i = 0; i < 6; i++) {
        open_declaring(&G, back[i], 1000);
    }
    cr_assert_eq(measured(&G, 0), measured(&H, 3), "bit for bit");
    cr_assert_eq(measured(&G, 1), measured(&H, 1));
    cr_assert_float_eq(measured(&G, 1), 2500, 50, "%f", measured(&G, 1));
    cr_assert_float_eq(measured(&G, 2), 1000, 1e-6, "nobody knows it");
    cr_assert_eq(measured(&G, 3), measured(&H, 0));
    cr_assert_float_eq(measured(&G, 4), 1000, 1e-6, "it is here already");
    cr_assert_float_eq(measured(&G, 5), 1000, 1e-6, "without a name nothing is kept");
    it_close(&H);
    it_close(&G);
}

Test(state_miners, another_machine_under_the_name_starts_afresh)
{
    const char *const names[] = {"m", "m"};
    const double really[] = {400, 2500};
    learn(names, really, 2);
    restart();
    open_declaring(&G, "m", 1600);
    cr_assert_float_eq(measured(&G, 0), 1600, 1e-6, "it is not what declared 1000");
    open_declaring(&G, "m", 0);
    cr_assert_neq(measured(&G, 1), measured(&H, 0));
    open_declaring(&G, "m", 1400); /* vardiff: about the same */
    cr_assert_eq(measured(&G, 2), measured(&H, 0), "in the order in which they were");
    open_declaring(&G, "m", 700);
    cr_assert_eq(measured(&G, 3), measured(&H, 1));
    it_close(&H);
    it_close(&G);
}

Test(state_miners, a_farm_that_lies_is_split_right_from_the_first_moment)
{
    /* Every second machine has nine times what the next one has, and all declare the same. */
    char names[20][8];
    const char *list[20];
    double really[20];
    double on[2][4] = {{0}};
    double all = 0;
    for (uint32_t i = 0; i < 20; i++) {
        snprintf(names[i], sizeof names[i], "m%u", i);
        list[i] = names[i];
        really[i] = i % 2 == 0 ? 1800 : 200;
        all += really[i];
    }
    learn(list, really, 20);
    for (uint32_t k = 0; k < 2; k++) {
        it_open(&G, IT_ABC);
        if (k == 1) {
            cr_assert_eq(it_load(&G, &state), HMX_OK);
        }
        it_all_up(&G, 3);
        for (uint32_t i = 0; i < 20; i++) {
            const uint32_t index = open_declaring(&G, names[i], 1000);
            on[k][G.channels[index].upstream] += really[i];
        }
        it_close(&G);
    }
    const double declared = fabs(100 * on[0][IT_A] / all - 60);
    const double known = fabs(100 * on[1][IT_A] / all - 60);
    cr_assert_gt(declared, 8, "by what they declare: off by %f", declared);
    cr_assert_lt(known, 4, "by what is known: off by %f", known);
    it_close(&H);
}

Test(state_miners, who_stays_away_is_kept_for_a_day)
{
    const char *const names[] = {"early", "late", "gone"};
    const double really[] = {400, 500, 600};
    learn(names, really, 3);
    restart();
    open_declaring(&G, "early", 1000);
    it_run(&G, 400, 100, IT_REFUSE);
    it_save(&G, &again);
    cr_assert_eq(again.len, state.len, "one is here and two are awaited");
    it_close(&G);
    state = again;
    restart();
    it_advance(&G, 46000);
    open_declaring(&G, "late", 1000);
    cr_assert_eq(measured(&G, 0), measured(&H, 1), "86000 seconds, over two restarts");
    it_advance(&G, 1000);
    open_declaring(&G, "gone", 1000);
    cr_assert_float_eq(measured(&G, 1), 1000, 1e-6, "more than a day: %f", measured(&G, 1));
    it_save(&G, &again);
    /* "late" is here but has found no share since: what was known is saved again; "early" was away
     * for 47000 s. */
    cr_assert_eq(again.len, state.len - IT_STATE_MINER);
    it_close(&H);
    it_close(&G);
}

Test(state_miners, a_silent_one_is_not_kept)
{
    const char *const names[] = {"loud", "silent"};
    const double really[] = {1000, 1000};
    learn(names, really, 2);
    const uint64_t both = state.len;
    H.channels[1].upstream = HMX_NONE; /* the harness lets it find nothing */
    it_run(&H, 600, 1, IT_REFUSE);
    it_save(&H, &state);
    cr_assert_eq(state.len, both - IT_STATE_MINER);
    it_close(&H);
}

/* 4.3 GH/s are one unit of work per second: some have less. */
Test(state_miners, a_tiny_one_comes_back_as_it_was_measured_too)
{
    it_open(&H, IT_ABC);
    it_all_up(&H, 3);
    open_declaring(&H, "tiny", 0.5);
    H.channels[0].difficulty = 0.25;
    it_run(&H, 3600, 1, IT_APPLY);
    cr_assert_float_eq(measured(&H, 0), 0.25, 0.01, "%f", measured(&H, 0));
    it_save(&H, &state);
    restart();
    open_declaring(&G, "tiny", 0.5);
    cr_assert_eq(measured(&G, 0), measured(&H, 0));
    it_close(&H);
    it_close(&G);
}
