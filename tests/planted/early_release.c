/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A plugin with a fault: the prefix that a channel leaves is given to the next one, whatever
 * the miner still works on. */
#include "plugin/farm/prefixes.h"

static void release(hm_prefixes *p, uint32_t upstream, hm_prefix_place place)
{
    if (place.count > 0) {
        hm_extranonce_release(hm_space(p, upstream), place);
        hm_space(p, upstream)->scan = place.first;
    }
}
#define hm_prefixes_hold(p, now, channel, owner, upstream, place, prefix, len, unconfirmed)        \
    ((void)(now), (void)(prefix), (void)(len), (void)(unconfirmed), release(p, upstream, place))
#include "plugin/farm/assignment.c"
