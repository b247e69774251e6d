/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A plugin with a fault: a decision that the host refuses stays pending. */
#include "plugin/core/core.h"

static void forget(hm_assignment *a, uint32_t slot, uint64_t now_ns, int hold_prefix)
{
    if (hold_prefix) {
        hm_assignment_fail(a, slot, now_ns, hold_prefix);
    }
}
#define hm_assignment_fail forget
#include "plugin/core/core_moves.c"
