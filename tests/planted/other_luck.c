/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A plugin with a fault: where a channel goes depends on how many came to other instances. */
#define hm_assignment_arrival arrival
#include "plugin/farm/assignment.c"
#undef hm_assignment_arrival

uint32_t hm_assignment_arrival(hm_assignment *a, uint32_t slot, const double *command,
                               const double *most)
{
    static uint32_t arrivals;
    const uint32_t last = a->upstreams->top;
    arrivals++;
    return arrivals % 61 == 0 && last > 0 && hm_assignment_legal(a, slot, last)
               ? last
               : arrival(a, slot, command, most);
}
