/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy/identity: the name under which a channel is opened at a pool. With one channel for
 * each miner there, the pool's user_identity in the configuration is a template:
 *
 *   %u  the miner's own user_identity, as it came
 *   %w  what stands behind the first dot of that: the worker, where it is ACCOUNT.WORKER; all of it
 *       where there is no dot
 *   %%  a percent sign
 *
 * With one channel for all miners there is no miner to name, and the text stands for itself. */
#ifndef HOST_STUB_LIVE_PROXY_IDENTITY_H
#define HOST_STUB_LIVE_PROXY_IDENTITY_H

#include <stddef.h>
#include <stdint.h>

#include "host_stub/sv2/types.h"

enum { HS_IDENTITY_MAX = 255 }; /* bytes of a STR0_255 */

/* Can the pool's text be used? 0, or -1 with half a sentence: "user_identity '...': ...". */
int hs_identity_check(const char *text, int per_channel, char *why, size_t capacity);

/* The template with what this miner calls itself; an empty one is %u. Returns the length, or -1
 * when it is longer than a pool can be told, or no template. */
int hs_identity_expand(const char *text, hs_sv2_bytes user, uint8_t to[HS_IDENTITY_MAX]);

#endif
