/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * max_ths of random sizes, together less or more than the farm: what is shown as the effective
 * target is where the miners are, when they come, when a pool goes and comes back, and all day. */
#include "tests/integration/harness_field.h"
#include "tests/unit/test_draw.h"

static it_host H;

typedef struct farm {
    double total; /* TH/s */
    double largest;
} farm;

/* Three pools with caps that together are `room` farms. */
static void open_with_caps(uint64_t *seed, const double *percentage, double total, double room)
{
    char config[1024];
    double cap[3];
    double sum = 0.0;
    for (int i = 0; i < 3; i++) {
        cap[i] = draw_between(seed, 0.05, 1.0);
        sum += cap[i];
    }
    for (int i = 0; i < 3; i++) {
        cap[i] *= room * total / sum;
    }
    snprintf(config, sizeof config,
             IT_POOL_KEYS("a", "1", "percentage = %.0f\nmax_ths = %.0f")
                 IT_POOL_KEYS("b", "2", "percentage = %.0f\nmax_ths = %.0f")
                     IT_POOL_KEYS("c", "3", "percentage = %.0f\nmax_ths = %.0f"),
             percentage[0], cap[0], percentage[1], cap[1], percentage[2], cap[2]);
    it_open(&H, config);
    it_all_up(&H, 3);
    it_pools_healthy();
}

static farm add_miners(uint64_t *seed, uint32_t count, const double *sizes)
{
    farm f = {0.0, 0.0};
    for (uint32_t i = 0; i < count; i++) {
        const double ths = sizes[draw_below(seed, 7)];
        it_channel_of(&H, IT_THS(ths));
        f.total += ths;
        f.largest = fmax(f.largest, ths);
    }
    return f;
}

/* Nothing finer than half the largest miner can be promised, where whole miners have to do. */
static void check(const farm *f, const char *when, uint64_t seed)
{
    for (uint32_t upstream = IT_A; upstream <= IT_C; upstream++) {
        const double placed = it_ths_on(&H, upstream);
        const double wanted = it_effective(&H, upstream) / 100 * f->total;
        cr_assert_float_eq(placed, wanted, f->largest + 0.01 * f->total,
                           "seed %llu, %s: pool %u has %f of %f", (unsigned long long)seed, when,
                           upstream, placed, wanted);
    }
}

Test(caps_random, the_allocation_follows_the_effective_targets)
{
    static const double sizes[] = {95, 140, 200, 270, 114, 170, 473};
    static const double percentages[][3] = {{60, 30, 10}, {34, 33, 33}, {5, 5, 90}, {0, 99, 1}};
    enum { FARMS = 40, MINERS = 60, MEAN = 200 };
    for (uint64_t number = 1; number <= FARMS; number++) {
        uint64_t seed = number;
        const double room =
            number % 3 == 0 ? draw_between(&seed, 0.95, 1.05) : draw_between(&seed, 0.2, 1.8);
        open_with_caps(&seed, percentages[number % 4], MINERS * MEAN, room);
        const farm f = add_miners(&seed, MINERS, sizes);
        it_run(&H, 40, 30, IT_APPLY);
        check(&f, "after the arrivals", number);
        it_down(&H, IT_B);
        it_run(&H, 20, 30, IT_APPLY);
        cr_assert_eq(it_count_on(&H, IT_B), 0);
        check(&f, "without b", number);
        it_up(&H, IT_B);
        it_run(&H, 60, 30, IT_APPLY);
        check(&f, "with b again", number);
        it_close(&H);
    }
}

/* Each takes a third, since no cap is larger than another. */
Test(caps_random, caps_of_a_tenth_each_split_the_farm_by_the_caps)
{
    it_open(&H, IT_POOL_KEYS("a", "1", "percentage = 60\nmax_ths = 34")
                    IT_POOL_KEYS("b", "2", "percentage = 30\nmax_ths = 34")
                        IT_POOL_KEYS("c", "3", "percentage = 10\nmax_ths = 34"));
    it_all_up(&H, 3);
    it_channels(&H, 300, IT_THS(1));
    for (uint32_t upstream = IT_A; upstream <= IT_C; upstream++) {
        cr_assert_float_eq(it_ths_on(&H, upstream), 100, 1.01, "newcomers");
    }
    it_run(&H, 240, 30, IT_APPLY);
    for (uint32_t upstream = IT_A; upstream <= IT_C; upstream++) {
        cr_assert_float_eq(it_effective(&H, upstream), 100 / 3.0, 1e-3);
        cr_assert_float_eq(it_ths_on(&H, upstream), 100, 1.01);
    }
    it_close(&H);
}
