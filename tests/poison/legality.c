/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * legality.c of a plugin with a fault, for test_poison.c: the real one, but when it is asked about
 * the channel with the number POISONED_CHANNEL it counts one that is not there. */
#define hm_assignment_legal real_legal
#include "plugin/farm/legality.c"
#undef hm_assignment_legal

#include "tests/poison/poison.h"

int hm_assignment_legal(hm_assignment *a, uint32_t slot, uint32_t to)
{
    if (hm_hot(&a->channels, slot)->channel == POISONED_CHANNEL) {
        a->counts[to]++;
    }
    return real_legal(a, slot, to);
}
