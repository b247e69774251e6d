/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Reported case: a pool whose connection breaks again and again; beside it what the first version
 * did. */
#include "tests/integration/cases/harness_cases.h"

static it_host H;

enum { HOUR_S = 3600 };

static void open_farm(void)
{
    case_open(&H, IT_ABC, 3);
    case_add_many(&H, 100, 200);
}

/* ---- h12_reconnect ---- */

enum { NEVER = 10000 };

/* Five times, 20 minutes apart, a is gone for so many seconds; returns the moves decided. */
static uint32_t reconnect(uint32_t away_s, int with_another_prefix)
{
    uint32_t moves = 0;
    open_farm();
    case_run(&H, HOUR_S);
    for (uint32_t k = 0; k < 5; k++) {
        if (away_s != NEVER) {
            case_tell(&H, IT_A, HMX_UPSTREAM_DOWN);
        }
        for (uint32_t s = 0; s < 1200; s++) {
            if (s == away_s) {
                case_it.pools[IT_A].prefix[1] = (uint8_t)(with_another_prefix ? k + 1 : 0);
                case_tell(&H, IT_A, HMX_UPSTREAM_UP);
            }
            case_second(&H);
            for (uint32_t i = 0; i < H.decision_count; i++) {
                cr_assert_neq(H.decisions[i].reason, HMX_REASON_EVACUATION);
                moves += H.decisions[i].kind == HMX_DECISION_MOVE;
            }
        }
    }
    it_close(&H);
    return moves;
}

/* 120 moves each time. With another prefix everybody there needs a new one, and stays. */
Test(abi_h12_reconnect, within_three_seconds_no_decision)
{
    const uint32_t without = reconnect(NEVER, 0);
    for (uint32_t away_s = 0; away_s <= 3; away_s += 3) {
        const uint32_t same = reconnect(away_s, 0);
        const uint32_t other = reconnect(away_s, 1);
        cr_assert(same <= without && other <= without, "%u s: %u and %u moves, %u without", away_s,
                  same, other, without);
    }
}

/* 120 moves each time, and a hold-down that cost it a quarter of its work. Who leaves it leaves in
 * a moment: to wait first, and miss its return, would cost the most. */
Test(abi_h12_reconnect, ten_seconds_each_twenty_minutes_at_most_one_evacuation_an_hour)
{
    uint64_t last_s = 0;
    uint32_t evacuations = 0;
    open_farm();
    case_run(&H, HOUR_S);
    case_mark();
    for (uint32_t k = 0; k < 10; k++) {
        case_tell(&H, IT_A, HMX_UPSTREAM_DOWN);
        for (uint32_t s = 0; s < 1200; s++) {
            if (s == 10) {
                case_tell(&H, IT_A, HMX_UPSTREAM_UP);
            }
            case_second(&H);
            if (H.decision_count > 0 && H.decisions[0].reason == HMX_REASON_EVACUATION) {
                cr_assert(evacuations == 0 || case_it.now_s - last_s >= HOUR_S, "%llu s",
                          (unsigned long long)(case_it.now_s - last_s));
                cr_assert_leq(s, 4);
                last_s = case_it.now_s;
                evacuations++;
            }
        }
    }
    cr_assert_geq(evacuations, 1);
    case_expect_split("h12_reconnect", 1.5); /* it is gone for a hundredth of the time */
    it_close(&H);
}
