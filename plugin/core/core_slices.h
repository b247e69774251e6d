/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * core_slices: slicing by the clock for this instance (see control/slices.h): whether its farm
 * needs that, what is wanted until the end of the half, and the changes.
 * Internal to the core.
 */
#ifndef PLUGIN_CORE_CORE_SLICES_H
#define PLUGIN_CORE_CORE_SLICES_H

#include "plugin/core/core.h"

/* At an evaluation, after the control law: is the farm sliced by the clock from now on? Then the
 * planner has nothing to do. */
int hm_core_slices_judge(hm_core *core);

/* Makes the changes that are due. Returns 1 when the outbox was full. */
int hm_core_slices_plan(hm_core *core, hm_outbox *out);

#endif
