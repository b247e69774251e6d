/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "plugin/core/state_miners.h"
#include "tests/unit/counted_memory.h"

static const unsigned char KEY[16] = {1, 2, 3};
static const uint64_t NOW_NS = 5000000000u;
static const uint64_t SECOND_NS = 1000000000u;
static counted_memory counted;
static hm_memory memory;
static hm_miners miners;
static hm_estimate estimate;

static void setup(void)
{
    counted = (counted_memory){0};
    memory = counted_hm_memory(&counted);
}

/* Row i: `name`, with rate i + 1 and the nominal given. */
static void set_row(uint32_t i, const char *name, double nominal)
{
    hm_miner *const row = &miners.rows[i];
    *row = (hm_miner){.a = 10.0 * (i + 1),
                      .b = 10.0,
                      .reference = 7.0 + i,
                      .nominal = nominal,
                      .difficulty = 3.0};
    hm_miner_id(row->id, name, (uint32_t)strlen(name));
}

static double recall(const char *name, double nominal, uint64_t now_ns)
{
    memset(&estimate, 0xEE, sizeof estimate);
    return hm_miners_recall(&miners, name, (uint32_t)strlen(name), nominal, now_ns, &estimate);
}

static void expect_nothing_left(void)
{
    cr_assert_eq(counted.live_blocks, 0);
    cr_assert_eq(counted.mistakes, 0);
}

Test(state_miners, every_one_of_many_is_found_once, .init = setup)
{
    enum { MANY = 5000 };
    char name[16];
    cr_assert_eq(hm_miners_reserve(&miners, &memory, MANY, KEY), 0);
    for (uint32_t i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "rig%u", i);
        set_row(i, name, 100);
    }
    hm_miners_fill(&miners, NOW_NS);
    cr_assert_eq(recall("rig", 100, NOW_NS), 0.0);
    for (uint32_t k = 0; k < MANY; k++) {
        const uint32_t i = k * 1999 % MANY; /* in another order */
        cr_assert_eq(miners.left, MANY - k);
        snprintf(name, sizeof name, "rig%u", i);
        cr_assert_eq(recall(name, 100, NOW_NS), i + 1.0);
        cr_assert(estimate.reference == 7.0 + i && estimate.nominal == 100 &&
                  estimate.difficulty == 3.0f && estimate.silent == 0.0f);
        cr_assert_eq(recall(name, 100, NOW_NS), 0.0, "taken twice");
    }
    cr_assert_null(miners.rows);
    expect_nothing_left();
    hm_miners_free(&miners);
}

Test(state_miners, one_name_for_many_machines, .init = setup)
{
    cr_assert_eq(hm_miners_reserve(&miners, &memory, 40, KEY), 0);
    for (uint32_t i = 0; i < 40; i++) {
        set_row(i, "farm", i < 20 ? 100 : 300);
    }
    hm_miners_fill(&miners, NOW_NS);
    cr_assert_eq(recall("farm", 300, NOW_NS), 0.0, "only the first sixteen are compared");
    for (uint32_t i = 0; i < 10; i++) {
        cr_assert_eq(recall("farm", 149, NOW_NS), i + 1.0, "in their order");
    }
    cr_assert_eq(recall("farm", 300, NOW_NS), 21.0);
    cr_assert_eq(recall("farm", 0, NOW_NS), 0.0, "one who declares nothing may be anybody");
    cr_assert_eq(miners.left, 29);
    hm_miners_free(&miners);
    expect_nothing_left();
}

/* A name has a limit of rows that are compared: the sixteenth is the last. */
Test(state_miners, the_seventeenth_of_a_name_is_not_compared, .init = setup)
{
    for (uint32_t others = 15; others <= 16; others++) {
        cr_assert_eq(hm_miners_reserve(&miners, &memory, others + 1u, KEY), 0);
        for (uint32_t i = 0; i <= others; i++) {
            set_row(i, "farm", i < others ? 100 : 300);
        }
        hm_miners_fill(&miners, NOW_NS);
        cr_assert_eq(recall("farm", 300, NOW_NS), others == 15 ? 16.0 : 0.0, "%u others", others);
        hm_miners_free(&miners);
    }
    expect_nothing_left();
}

Test(state_miners, the_declared_hashrates_have_to_be_alike, .init = setup)
{
    const double declared[] = {100, 149.9, 66.8, 150, 66.6, 0};
    for (uint32_t i = 0; i < 6; i++) {
        cr_assert_eq(hm_miners_reserve(&miners, &memory, 1, KEY), 0);
        set_row(0, "m", 100);
        hm_miners_fill(&miners, NOW_NS);
        cr_assert_eq(recall("m", declared[i], NOW_NS), i < 3 ? 1.0 : 0.0, "%f", declared[i]);
        hm_miners_free(&miners);
    }
    cr_assert_eq(hm_miners_reserve(&miners, &memory, 1, KEY), 0);
    set_row(0, "m", 0);
    hm_miners_fill(&miners, NOW_NS);
    cr_assert_eq(recall("m", 100, NOW_NS), 0.0);
    cr_assert_eq(recall("m", 0, NOW_NS), 1.0, "nobody declared anything");
    expect_nothing_left();
}

Test(state_miners, after_a_day_it_is_forgotten, .init = setup)
{
    cr_assert_eq(hm_miners_reserve(&miners, &memory, 2, KEY), 0);
    set_row(0, "a", 1);
    set_row(1, "b", 1);
    miners.rows[1].away_s = 86000;
    hm_miners_fill(&miners, NOW_NS);
    cr_assert_eq(hm_miner_away_s(&miners, 0, NOW_NS + 99 * SECOND_NS + 1), 99);
    cr_assert_eq(hm_miner_away_s(&miners, 1, NOW_NS + 400 * SECOND_NS), 86400);
    cr_assert_gt(hm_miner_away_s(&miners, 1, NOW_NS + 401 * SECOND_NS), HM_MINER_AWAY_MAX_S);
    cr_assert_eq(recall("b", 1, NOW_NS + 401 * SECOND_NS), 0.0);
    cr_assert_eq(recall("a", 1, NOW_NS + 86401 * SECOND_NS), 0.0);
    cr_assert_eq(recall("b", 1, NOW_NS + 400 * SECOND_NS), 2.0);
    cr_assert_gt(hm_miner_away_s(&miners, 1, NOW_NS), HM_MINER_AWAY_MAX_S, "it is here");
    cr_assert_eq(recall("a", 1, NOW_NS + 86400 * SECOND_NS), 1.0);
    expect_nothing_left();
}

Test(state_miners, none_and_no_memory, .init = setup)
{
    cr_assert_eq(hm_miners_reserve(&miners, &memory, 0, KEY), 0);
    hm_miners_fill(&miners, NOW_NS);
    cr_assert_eq(recall("a", 1, NOW_NS), 0.0);
    cr_assert_eq(counted.asked, 0);
    hm_miners_free(&miners);
    for (uint64_t k = 1; k <= 2; k++) {
        counted = (counted_memory){.fail_at = k};
        cr_assert_eq(hm_miners_reserve(&miners, &memory, 9, KEY), -1);
        cr_assert_null(miners.rows);
        expect_nothing_left();
    }
    hm_miners none = {0}; /* as in an instance that never loaded anything */
    cr_assert_eq(hm_miners_recall(&none, "a", 1, 1, NOW_NS, &estimate), 0.0);
    hm_miners_free(&none);
}

Test(state_miners, what_is_worth_keeping)
{
    hm_miner out;
    hm_estimate e;
    hm_estimate_init(&e, &HM_ESTIMATOR_DEFAULTS, 50, 1);
    cr_assert_eq(hm_miner_of(&e, &out), -1, "no share was seen");
    hm_estimate_update(&e, &HM_ESTIMATOR_DEFAULTS, 3000, 2, 30, 0.998);
    cr_assert_eq(hm_miner_of(&e, &out), 0);
    cr_assert(out.a == e.a && out.b == e.b && out.reference == e.reference && out.nominal == 50 &&
              out.difficulty == 1500 && out.away_s == 0);
    const hm_miner good = out;
    double *const fields[] = {&out.a, &out.b, &out.reference, &out.nominal, &out.difficulty};
    const double bad[] = {NAN, INFINITY, -INFINITY, -1, 1e200};
    for (uint32_t i = 0; i < 5; i++) {
        for (uint32_t k = 0; k < 5; k++) {
            *fields[i] = bad[k];
            cr_assert_not(hm_miner_is_sound(&out), "field %u, %f", i, bad[k]);
            out = good;
        }
        *fields[i] = 0;
        cr_assert_eq(hm_miner_is_sound(&out), i == 3, "only the declared hashrate may be unknown");
        out = good;
    }
    out.difficulty = 0.1; /* no float: it would be another one after loading */
    cr_assert_not(hm_miner_is_sound(&out));
    out = good;
    out.away_s = 86401;
    cr_assert_not(hm_miner_is_sound(&out));
}

/* What a saved state may say of a miner, to the last figure: each number at its limits, the others
 * such that all else is in order. */
Test(state_miners, the_least_and_the_most_that_can_be)
{
    hm_miner m;
    const struct {
        double *of;
        double least;
        double most;
        hm_miner others;
    } limits[] = {
        {&m.a, 1e-60, 1e30, {.a = 1, .b = 1, .reference = 1, .nominal = 1, .difficulty = 1}},
        {&m.a, 1e-48, 1e42, {.a = 1, .b = 1e12, .reference = 1, .nominal = 1, .difficulty = 1}},
        {&m.b, 1e-60, 1, {.a = 1e-60, .b = 1, .reference = 1, .nominal = 1, .difficulty = 1}},
        {&m.b, 1e-30, 1e12, {.a = 1, .b = 1, .reference = 1, .nominal = 1, .difficulty = 1}},
        {&m.reference, 1e-60, 1e30, {.a = 1, .b = 1, .nominal = 1, .difficulty = 1}},
        {&m.nominal, 0, 1e30, {.a = 1, .b = 1, .reference = 1, .difficulty = 1}},
    };
    for (uint32_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        const double values[] = {limits[i].least, limits[i].most, limits[i].least * 0.99 - 1e-70,
                                 limits[i].most * 1.01};
        for (uint32_t k = 0; k < 4; k++) {
            m = limits[i].others;
            *limits[i].of = values[k];
            cr_assert_eq(hm_miner_is_sound(&m), k < 2, "limit %u: %g", i, values[k]);
        }
    }
}
