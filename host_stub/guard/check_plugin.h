/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * guard/check_plugin: checks of what the plugin answers: the upstream table, openings, decisions,
 * what SV2 allows, and prefixes. */
#ifndef HOST_STUB_GUARD_CHECK_PLUGIN_H
#define HOST_STUB_GUARD_CHECK_PLUGIN_H

#include "host_stub/guard/state.h"

void hs_guard_check_upstream_table(hs_guard *g, const unsigned char *rows, uint32_t stride,
                                   uint32_t count, uint32_t written);
void hs_guard_check_open_answer(hs_guard *g, const hmx_channel_open *e,
                                const hmx_channel_decision *d);
void hs_guard_check_decision(hs_guard *g, const hmx_decision *d);
/* Why the channel must not work for the upstream, or NULL. */
const char *hs_guard_check_not_allowed(const hs_guard *g, const hs_guard_channel *c,
                                       uint32_t upstream);
/* Why the channel must not be moved to the upstream (or given a new prefix there), or NULL. */
const char *hs_guard_check_not_movable(const hs_guard *g, const hs_guard_channel *c,
                                       uint32_t upstream, uint32_t style);

#endif
