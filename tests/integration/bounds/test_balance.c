/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The leaky integral of a controller without one (state_bytes.h keeps it): only of pools that have
 * a target. */
#include "tests/integration/state/harness_state.h"

static it_host H;
static it_bytes state;

enum { IT_STATE_BALANCE = HMX_ID_SIZE + 6 * 8 };

static double balance_of(uint32_t row)
{
    double balance = 0.0;
    memcpy(&balance,
           state.data + IT_STATE_HEAD + IT_STATE_FARM + row * IT_STATE_ROW + IT_STATE_BALANCE,
           sizeof balance);
    return balance;
}

/* The host keeps a miner on the pool without a target; the command of the others is not met. */
Test(balance, a_pool_without_a_target_has_none)
{
    it_open(&H, "[controller]\ntuning_model = proportional_only\n" IT_POOL("a", "60", "1")
                    IT_POOL("b", "40", "2") IT_POOL("c", "0", "3"));
    it_all_up(&H, 3);
    it_channels(&H, 5, 1000);
    it_run(&H, 10, 30, IT_APPLY);
    cr_assert_eq(it_force(&H, 0, IT_C), HMX_OK);
    it_run(&H, 40, 30, IT_REFUSE);
    it_save(&H, &state);
    cr_assert_eq(state.data[IT_STATE_HEAD + IT_STATE_FARM + 2 * IT_STATE_ROW], 'c');
    cr_assert(balance_of(0) != 0.0 || balance_of(1) != 0.0);
    cr_assert_eq(balance_of(2), 0.0, "%f", balance_of(2));
    it_close(&H);
}
