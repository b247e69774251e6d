/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * core_leave: channels that cannot stay where they are for a reason of their own: they may not be
 * there any more, or their pool is gone and they may not be moved by a new prefix. The first are
 * moved, the second reopened where the operator and the host allow it, else marked as stranded
 * and told in the log. Leaves to core_tick.c whom a pool's end moves in the ordinary way. Internal
 * to the core.
 */
#ifndef PLUGIN_CORE_CORE_LEAVE_H
#define PLUGIN_CORE_CORE_LEAVE_H

#include "plugin/core/core.h"

/* Decides for all of them. Returns 1 when the outbox was full. */
int hm_core_leave(hm_core *core, hm_outbox *out);

/* Is there anybody to look at? */
int hm_core_somebody_is_stuck(const hm_core *core);

#endif
