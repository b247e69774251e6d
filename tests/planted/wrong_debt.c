/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A plugin with a fault: what a pool is owed is saved wrong. */
#include "plugin/core/state_bytes.h"

static void encode(hm_state *state, uint8_t *out)
{
    state->upstreams[0].debt += 1e6;
    hm_state_encode(state, out);
}
#define hm_state_encode encode
#include "plugin/core/state.c"
