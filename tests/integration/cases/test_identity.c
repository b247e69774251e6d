/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Reported case: a farm behind one name that is restarted; beside it what the first version did. */
#include "tests/integration/cases/harness_cases.h"
#include "tests/integration/state/harness_state.h"

static it_host H;

enum { HOUR_S = 3600, MINERS = 100 };

/* ---- h7_identity: all devices have one name, two kinds of them ---- */

/* Every second one of 200 TH/s, the others of 13.5; all declare 10. */
static void open_named(uint32_t device)
{
    const hmx_channel_open e = case_event(&H, "bc1qexample", 10);
    case_join(&H, &e, device % 2 ? 200 : 13.5);
}

/* By how much the estimates are wrong, per cent of the farm. */
static double estimates_off(void)
{
    double off = 0.0;
    double all = 0.0;
    for (uint32_t i = 0; i < MINERS; i++) {
        const double truth = case_it.devices[i].rate * IT_HASHES_PER_SHARE;
        off += fabs(it_channel_row(&H, i).hashrate - truth);
        all += truth;
    }
    return 100.0 * off / all;
}

/* The split held; the estimates were 175 % off, since each device got another one's. */
Test(abi_h7_identity, a_restart_in_the_opposite_order)
{
    static it_bytes state;
    case_open(&H, IT_ABC, 3);
    for (uint32_t i = 0; i < MINERS; i++) {
        open_named(i);
    }
    case_run(&H, 4 * HOUR_S);
    it_save(&H, &state);
    it_close(&H);
    const it_options o = {.caps = CASE_CAPS};
    it_open_with(&H, IT_ABC, &o);
    cr_assert_eq(it_load(&H, &state), HMX_OK);
    for (uint32_t u = IT_A; u <= IT_C; u++) {
        case_tell(&H, u, HMX_UPSTREAM_UP);
    }
    for (uint32_t i = MINERS; i-- > 0;) {
        open_named(i);
    }
    case_run(&H, 600);
    for (uint32_t i = 0; i < 5; i++) {
        case_mark();
        case_run(&H, 600);
        case_expect_split("ten minutes after the restart", 2);
    }
    cr_assert_leq(estimates_off(), 20, "%.1f %%", estimates_off());
    it_close(&H);
}
