/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tests/unit/control/slices_fixture.h"
#include "tests/unit/test_draw.h"

enum { FLEETS = 8 };

/* Random farms, their channels anywhere at first: two periods hold for each pool what they should,
 * to two minutes of the largest channel, wherever they begin. */
static double worst_window(uint64_t *luck)
{
    const uint32_t pools = 2 + draw_below(luck, 7);
    const uint32_t miners = 1 + draw_below(luck, 12);
    double percent[8];
    double before[8];
    double sum = 0.0;
    double largest = 0.0;
    double worst = 0.0;
    for (uint32_t i = 0; i < pools; i++) {
        percent[i] = draw_between(luck, 0.2, 1.0);
        sum += percent[i];
    }
    for (uint32_t i = 0; i < pools; i++) {
        percent[i] *= 100.0 / sum;
    }
    farm_open(&f, pools, percent, 20);
    for (uint32_t i = 0; i < miners; i++) {
        const double hashrate = draw_between(luck, 1.0, 3.0);
        largest = fmax(largest, hashrate);
        (void)farm_place(&f, hashrate, 1 + draw_below(luck, pools));
    }
    life l = begin(1800.0);
    live(&l, 4 * 3600);
    for (uint32_t window = 0; window < 3; window++) {
        live(&l, 1111);
        memcpy(before, l.debts, sizeof before);
        live(&l, 7200);
        for (uint32_t i = 0; i < pools; i++) {
            worst = fmax(worst, fabs(l.debts[i] - before[i]) / largest);
        }
    }
    farm_close(&f);
    return worst;
}

Test(slices, every_window_of_whole_periods_has_the_duty_right)
{
    uint64_t luck = 11;
    for (int fleet = 0; fleet < FLEETS; fleet++) {
        const double worst = worst_window(&luck);
        cr_assert_leq(worst, 120.0, "fleet %d: %f s of the largest channel in two hours", fleet,
                      worst);
    }
}
