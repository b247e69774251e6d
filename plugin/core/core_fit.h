/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * core_fit: pools whose extranonce space is too small for the miners that are there. A device was
 * promised its rollable bytes for life; with a pool that grants no more, or no more than leaves
 * room for an index, it cannot work. So such a pool is capped at what the channels that fit can
 * give, and one line of the log says why. Internal to the core.
 */
#ifndef PLUGIN_CORE_CORE_FIT_H
#define PLUGIN_CORE_CORE_FIT_H

#include "plugin/core/core.h"

/* A channel with so many rollable bytes (0 for a standard one) came or went. */
void hm_core_fit_count(hm_core *core, uint32_t rollable, int came);

/* Looks again who fits where: control.fit. At each evaluation, and when a pool's space changed. */
void hm_core_measure_fit(hm_core *core);

#endif
