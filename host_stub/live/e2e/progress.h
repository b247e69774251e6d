/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/e2e/progress: tells a person who waits for a live run how far it is, on standard error:
 * where that is a terminal, or on demand. Standard output is the result's. */
#ifndef HOST_STUB_LIVE_E2E_PROGRESS_H
#define HOST_STUB_LIVE_E2E_PROGRESS_H

#include "host_stub/live/e2e/state.h"

enum { HS_E2E_PROGRESS_MS = 15000, HS_E2E_PROGRESS_SIZE = 256 };

/* "15 of 60 s: 4711 shares accepted, 59.2 / 30.1 / 10.7 % of the work", from what the pools said
 * last. Returns `to`. */
const char *hs_e2e_progress_text(const hs_e2e_state *r, uint64_t at_ms,
                                 char to[HS_E2E_PROGRESS_SIZE]);

/* A line when it is time for one, at_ms after all have begun to mine. */
void hs_e2e_tell_progress(hs_e2e_state *r, uint64_t at_ms);
/* A fault begins or ends now. */
void hs_e2e_tell_fault(const hs_e2e_state *r, const hs_e2e_fault *fault, int begins);

#endif
