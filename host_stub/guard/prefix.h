/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * guard/prefix: extranonce prefixes in use, one search tree per pool. */
#ifndef HOST_STUB_GUARD_PREFIX_H
#define HOST_STUB_GUARD_PREFIX_H

#include "host_stub/guard/state.h"

/* Takes a prefix for a channel. Returns NULL on a collision (*other = whose it is, 0 = nobody's:
 * out of memory); a channel may take its own again. */
hs_guard_prefix *hs_guard_prefix_take(hs_guard *g, uint32_t upstream, const uint8_t *bytes,
                                      uint32_t len, uint64_t channel, uint64_t *other);
/* The channel whose prefix is this one, or stands in its way; 0 = nobody's. */
uint64_t hs_guard_prefix_owner(hs_guard *g, uint32_t upstream, const uint8_t *bytes, uint32_t len);
/* Gives up one hold; with `drain` it stays reserved until drained. NULL is fine. */
void hs_guard_prefix_drop(hs_guard *g, hs_guard_prefix *prefix, int drain);
/* No job of it is valid any more. */
void hs_guard_prefix_drained(hs_guard *g, uint32_t upstream, const uint8_t *bytes, uint32_t len);
/* How long any plugin has to keep one of which nothing is reported. */
uint64_t hs_guard_prefix_hold_ns(const hs_guard *g);
/* Forgets reservations that are older than any plugin has to keep them. */
void hs_guard_prefix_expire(hs_guard *g);
void hs_guard_prefix_free_all(hs_guard *g);

#endif
