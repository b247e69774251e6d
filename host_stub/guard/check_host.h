/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * guard/check_host: checks of what the host says. */
#ifndef HOST_STUB_GUARD_CHECK_HOST_H
#define HOST_STUB_GUARD_CHECK_HOST_H

#include "host_stub/guard/state.h"

void hs_guard_check_create_args(hs_guard *g, const hmx_create_args *a);
void hs_guard_check_config_views(hs_guard *g, const hmx_view *path, const hmx_view *text);
void hs_guard_check_upstream_event(hs_guard *g, const hmx_upstream_event *e);
void hs_guard_check_open_event(hs_guard *g, const hmx_channel_open *e);
void hs_guard_check_update_event(hs_guard *g, const hmx_channel_update *e);
void hs_guard_check_close_event(hs_guard *g, const hmx_channel_close *e);
/* Returns 1 if the channel is open and the plugin knows it. */
int hs_guard_check_share(hs_guard *g, const hmx_share *e);
/* Counts what is under way to the pool. */
void hs_guard_follow_share(hs_guard *g, const hmx_share *e);
void hs_guard_check_reassign(hs_guard *g, const hmx_reassign *e);
int hs_guard_check_hashrate(double x); /* 1 if finite and not negative */

#endif
