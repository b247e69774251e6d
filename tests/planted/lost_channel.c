/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A plugin with a fault: channels with some numbers cannot be found without their cookie. */
#define hm_channels_look_up look_up
#include "plugin/farm/channels.c"
#undef hm_channels_look_up

uint32_t hm_channels_look_up(const hm_channels *c, uint64_t channel)
{
    return channel % 16 == 11 ? HM_SLOT_NONE : look_up(c, channel);
}
