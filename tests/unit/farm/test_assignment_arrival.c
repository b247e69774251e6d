/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Where a channel arrives, against the rule as it is told: the first pool, in the order of
 * priority, that will do; what will do is looser with each pass. */
#include "tests/unit/farm/farm_fixture.h"

static farm f;

static int is_legal(const uint32_t slot, uint32_t upstream)
{
    return f.usable[upstream - 1u] &&
           (farm_cold(&f, slot)->upstreams_allowed >> (upstream - 1u) & 1u) != 0;
}

static int will_do(uint32_t pass, uint32_t slot, uint32_t upstream, double total)
{
    const double command = f.command[upstream - 1u];
    const double allocated = f.assignment.allocated[upstream];
    const int has_room = allocated + farm_hot(&f, slot)->hashrate <= f.most[upstream - 1u];
    const int is_short = total > 0.0 ? allocated < command * total - 1e-9 * total : command > 0.0;
    switch (pass) {
    case 0:
        return has_room && is_short;
    case 1:
        return has_room && command > 0.0;
    case 2:
        return has_room;
    case 3:
        return command > 0.0;
    default:
        return 1;
    }
}

static uint32_t expected(uint32_t slot)
{
    const uint32_t pin = farm_cold(&f, slot)->pin;
    double total = 0.0;
    if (pin != 0 && pin != HM_PIN_STAY && is_legal(slot, pin)) {
        return pin;
    }
    for (uint32_t i = 0; i < f.n; i++) {
        total += f.usable[i] ? f.assignment.allocated[i + 1u] : 0.0;
    }
    for (uint32_t pass = 0; pass < 5; pass++) {
        for (uint32_t i = 0; i < f.n; i++) {
            const uint32_t upstream = f.upstreams.order[i] + 1u;
            if (is_legal(slot, upstream) && will_do(pass, slot, upstream, total)) {
                return upstream;
            }
        }
    }
    return HMX_NONE;
}

static double in_64ths(uint64_t *seed, uint32_t most)
{
    return (double)draw_below(seed, most) / 64.0;
}

static void draw_pools(uint64_t *seed)
{
    double percent[5];
    const uint32_t pools = 1u + draw_below(seed, 5);
    for (uint32_t i = 0; i < pools; i++) {
        percent[i] = draw_below(seed, 4) == 0 ? 0.0 : 100.0 * in_64ths(seed, 40);
    }
    farm_open(&f, pools, percent, 100);
    for (uint32_t i = pools; i > 1; i--) {
        const uint32_t k = draw_below(seed, i);
        const uint32_t other = f.upstreams.order[k];
        f.upstreams.order[k] = f.upstreams.order[i - 1u];
        f.upstreams.order[i - 1u] = other;
    }
    const uint32_t channels = draw_below(seed, 12);
    for (uint32_t i = 0; i < channels; i++) {
        (void)farm_place(&f, in_64ths(seed, 640), 1u + draw_below(seed, pools));
    }
    for (uint32_t i = 0; i < pools; i++) {
        if (draw_below(seed, 5) == 0) {
            f.usable[i] = 0;
            f.upstreams.rows[i].facts.state = HMX_UPSTREAM_DOWN;
        }
        f.most[i] = draw_below(seed, 2) == 0 ? INFINITY : in_64ths(seed, 2000);
    }
}

Test(assignment_arrival, the_first_pool_that_will_do_gets_it)
{
    uint64_t seed = 61;
    uint32_t somewhere = 0;
    for (int round = 0; round < 5000; round++) {
        draw_pools(&seed);
        const uint32_t slot = farm_channel(&f, in_64ths(&seed, 640));
        farm_cold(&f, slot)->upstreams_allowed =
            draw_below(&seed, 3) == 0 ? draw_below(&seed, 32) : UINT64_MAX;
        farm_cold(&f, slot)->pin =
            (uint8_t)(draw_below(&seed, 5) != 0   ? 0
                      : draw_below(&seed, 3) == 0 ? HM_PIN_STAY
                                                  : 1u + draw_below(&seed, f.n));
        if (draw_below(&seed, 3) == 0) { /* room for just this one, or not quite */
            const uint32_t at = draw_below(&seed, f.n);
            f.most[at] = f.assignment.allocated[at + 1u] + farm_hot(&f, slot)->hashrate -
                         (draw_below(&seed, 2) == 0 ? 0.0 : 1.0 / 64);
        }
        const uint32_t to = hm_assignment_arrival(&f.assignment, slot, f.command, f.most);
        cr_assert_eq(to, expected(slot), "round %d: %u, not %u", round, to, expected(slot));
        somewhere += to != HMX_NONE;
        farm_close(&f);
    }
    cr_assert(somewhere > 3000 && somewhere < 5000, "%u", somewhere);
}

/* Counted where the pin wants it; astray when it works elsewhere, may go and is not on its way. */
Test(assignment_arrival, pinned_work_counts_where_it_belongs)
{
    static const struct {
        uint8_t pin;
        uint32_t at;
        uint32_t allowed;
        uint32_t counted_at;
        uint32_t astray;
    } rows[] = {{0, 1, 3, 0, 0},           {1, 1, 3, 1, 0}, {2, 1, 3, 2, 1},
                {HM_PIN_STAY, 1, 3, 1, 0}, {2, 1, 1, 2, 0}, {HM_PIN_STAY, 2, 3, 2, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (int pending = 0; pending < 2; pending++) {
            hm_decision d;
            farm_open(&f, 2, (const double[]){50, 50}, 10);
            const uint32_t slot = farm_place(&f, 0.25, rows[i].at);
            farm_cold(&f, slot)->pin = rows[i].pin;
            farm_cold(&f, slot)->upstreams_allowed = rows[i].allowed;
            if (pending) {
                (void)hm_assignment_propose(&f.assignment, slot, 3 - rows[i].at, HMX_DECISION_MOVE,
                                            HMX_REASON_PIN, 5, &d);
            }
            hm_assignment_count_pinned(&f.assignment, slot);
            for (uint32_t place = 1; place <= 2; place++) {
                cr_assert_eq(f.assignment.pinned[place], place == rows[i].counted_at ? 0.25 : 0.0,
                             "row %zu", i);
            }
            cr_assert_eq(f.assignment.astray, pending ? 0 : rows[i].astray, "row %zu", i);
            farm_close(&f);
        }
    }
}
