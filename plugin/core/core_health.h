/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * core_health: which pools are in order and who is pinned to which, for the core. Responsible for
 * when the pools are judged, and for what it means to the accounts when one of them begins or
 * ceases to be usable. Leaves the judgement itself to health.h, and who moves because of it to
 * core_tick.c. Internal to the core.
 */
#ifndef PLUGIN_CORE_CORE_HEALTH_H
#define PLUGIN_CORE_CORE_HEALTH_H

#include "plugin/core/core.h"

hm_health_params hm_core_health_params(const hm_core *core);
/* Judges the pools' health when it is time; grey and held-down ones stop being usable. */
void hm_core_judge_health(hm_core *core);
/* The host said something about the upstream: takes it over. A connection that breaks may be back
 * in a moment (3 s, or longer if it was the last time): until then nobody leaves, and the books
 * stay open. */
void hm_core_note_state(hm_core *core, uint32_t upstream, const hm_upstream_facts *next);
/* At each tick: connections that were not back in a moment have failed. */
void hm_core_judge_blips(hm_core *core);
/* Once an hour: a line for each pool that rejects much. */
void hm_core_say_costs(hm_core *core);
/* At each tick: pools that have been up without a job for long are to be left. */
void hm_core_judge_jobs(hm_core *core);
/* One line: it is left for want of a job, or it has one again. */
void hm_core_say_job(const hm_core *core, uint32_t upstream);
/* Which upstreams take part: usable[64]. */
void hm_core_list_usable(const hm_core *core, uint8_t *usable);
/* Something changed about one upstream, and these were usable before. Those that began or ceased to
 * be, that one or another: what they are owed is forgotten, unless it is their return after a
 * restart, and the targets follow. */
void hm_core_follow_usable(hm_core *core, const uint8_t *before);

/* Looks up again where each open channel is pinned to; after the pins or the upstreams changed. */
void hm_core_resolve_pins(hm_core *core);
/* The upstream that a user_identity is pinned to, HM_PIN_STAY, or 0. */
uint8_t hm_core_pin_of(hm_core *core, const char *identity, uint32_t len);
/* Once, ten minutes after the pins became what they are: a line for each that nobody matched. */
void hm_core_say_idle_pins(hm_core *core);

#endif
