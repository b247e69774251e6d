/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A plugin with a fault: where a channel may not work is forgotten. */
#define hm_assignment_legal legal
#include "plugin/farm/legality.c"
#undef hm_assignment_legal

int hm_assignment_legal(hm_assignment *a, uint32_t slot, uint32_t to)
{
    hm_channel_cold *const cold = hm_cold(&a->channels, slot);
    const uint64_t allowed = cold->upstreams_allowed;
    cold->upstreams_allowed = UINT64_MAX;
    const int answer = legal(a, slot, to);
    cold->upstreams_allowed = allowed;
    return answer;
}
