/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * guard/check_reopen: is a peer that was closed to be moved, and comes back, placed where the
 * decision said? The plugin is not blamed where the pool may have turned bad meanwhile: what health
 * is, is its own business. */
#ifndef HOST_STUB_GUARD_CHECK_REOPEN_H
#define HOST_STUB_GUARD_CHECK_REOPEN_H

#include "host_stub/guard/state.h"

/* A channel was opened, and this was the plugin's answer. Outside of a hook: it reads the upstream
 * table before it blames. */
void hs_guard_check_returned(hs_guard *g, const hmx_channel_open *e, const hmx_channel_decision *d);

#endif
