/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * guard/text: the buffer into which a refusal writes its sentence: handed out as a copy, checked,
 * handed back. */
#ifndef HOST_STUB_GUARD_TEXT_H
#define HOST_STUB_GUARD_TEXT_H

#include "host_stub/guard/state.h"

/* A copy of a text buffer for a refusal; *out is NULL when `why` is. -1 = out of memory. */
int hs_guard_text_open(const hmx_text *why, hmx_text **out);
/* Checks what the plugin wrote, hands it to the host and frees the copy. */
void hs_guard_text_close(hs_guard *g, hmx_text *copy, hmx_text *why, hmx_status status);

#endif
