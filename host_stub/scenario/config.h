/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sim/config: the configuration that a simulated run gives to its plugin: made from the scenario's
 * pools, or an INI file with changes. It knows only the form of a plugin configuration (sections,
 * and the percentages of [upstream.<id>]); what the keys mean and whether they are right, the
 * plugin says. */
#ifndef HOST_STUB_SCENARIO_CONFIG_H
#define HOST_STUB_SCENARIO_CONFIG_H

#include "host_stub/base/ini.h"
#include "host_stub/scenario/scenario.h"

typedef struct hs_sim_config {
    hs_ini ini;
    char path[4096];    /* give the plugin this file as it is; "" = give it the text of `ini` */
    int can_be_changed; /* `ini` holds the whole configuration */
} hs_sim_config;

/* `path` NULL or "": what the scenario says. `sets` are count texts section.key=value, which win
 * over all. 0, or -1 with the sentence in `why` and *config empty. */
int hs_sim_config_build(hs_sim_config *config, const hs_scenario *scenario, const char *path,
                        const char *const *sets, size_t set_count, char *why, size_t capacity);
void hs_sim_config_free(hs_sim_config *config);

/* A plugin that refuses the text of `ini` speaks of its lines, "<text>:14: ...", which nobody has
 * seen: in `why` they become what a person wrote, "--set controller.kp=abc: ...", or the key. */
void hs_sim_config_explain(const hs_sim_config *config, const char *const *sets, size_t set_count,
                           char *why, size_t capacity);

/* Sets [upstream.<id>] percentage. 0, or -1 out of memory. */
int hs_sim_config_target(hs_sim_config *config, const char *id, double target_pct);

/* Overlays every entry of `changes`. 0, or -1 out of memory. */
int hs_sim_config_merge(hs_sim_config *config, const hs_ini *changes);

#endif
