/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * core_schedule: the percentages that hold now: those of a schedule, those that were set by hand
 * until the next schedule begins or ends, or those of the file. Only the wall clock that the host
 * tells says which; nothing else is decided by it. Internal to the core.
 */
#ifndef PLUGIN_CORE_CORE_SCHEDULE_H
#define PLUGIN_CORE_CORE_SCHEDULE_H

#include "plugin/core/core.h"

/* Puts the percentages that hold in place, after those of the file were. */
void hm_core_hold_targets(hm_core *core);

/* Has a schedule begun or ended? Then the targets change as by a setter. */
void hm_core_follow_schedule(hm_core *core);

#endif
