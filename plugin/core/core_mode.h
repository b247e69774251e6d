/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * core_mode: what it means that the controller is not live.
 *
 * Observing it decides as ever, and withholds what it decides: the channel counts at its
 * destination, so that each move is decided once and not at every evaluation; where it works stays
 * what the host says. After an hour without the move, or when what is asked for or who is up
 * changes, it is decided anew. Paused it makes no plan.
 *
 * In both the controllers track: what the farm is off by is not theirs, so nothing is owed, and a
 * change to live pays nothing back. Internal to the core.
 */
#ifndef PLUGIN_CORE_CORE_MODE_H
#define PLUGIN_CORE_CORE_MODE_H

#include "plugin/core/core.h"

static inline int hm_core_is_mode(const hm_core *core, uint32_t mode)
{
    return core->config->controller.mode == mode;
}

/* The configuration has another mode by now. */
void hm_core_change_mode(hm_core *core);

/* Once per evaluation while it is not live. */
void hm_core_track(hm_core *core);

/* A decision that the host is not told. */
void hm_core_withhold(hm_core *core, const hmx_decision *decision);

/* Decisions that are withheld are void: all, or those whose pool takes no part any more. */
void hm_core_release_withheld(hm_core *core, int all);

#endif
