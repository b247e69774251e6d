/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy/spaces: which extranonce prefixes are in use at which pool, and by which channel. Two
 * of them search one space when one is the beginning of the other. An answer takes a few look-ups,
 * however many channels there are. How long a prefix stays in use is for others to say. */
#ifndef HOST_STUB_LIVE_PROXY_SPACES_H
#define HOST_STUB_LIVE_PROXY_SPACES_H

#include <stdint.h>

#include "host_stub/base/table.h"
#include "host_stub/sv2/types.h"

enum { HS_SPACES_POOLS_MAX = 64 };

typedef struct hs_space hs_space;

/* All zero: none is in use. */
typedef struct hs_spaces {
    hs_table whole;                            /* by all bytes: a chain of hs_space */
    hs_table beginnings;                       /* by the first so many: a chain of what is longer */
    uint64_t lengths[HS_SPACES_POOLS_MAX + 1]; /* of prefixes at a pool: a bit for each */
} hs_spaces;

/* The channel has this prefix at that pool (1 to 64) from now on; once more is no matter, and an
 * empty one is nobody's. 0, or -1 when out of memory: then it has not. */
int hs_spaces_take(hs_spaces *spaces, uint32_t upstream, const hs_sv2_b032 *prefix,
                   uint64_t channel);
/* It has it no longer; nothing when it had not. */
void hs_spaces_release(hs_spaces *spaces, uint32_t upstream, const hs_sv2_b032 *prefix,
                       uint64_t channel);
/* Would this prefix share a space with one of another channel? */
int hs_spaces_are_taken(hs_spaces *spaces, uint32_t upstream, const hs_sv2_b032 *prefix,
                        uint64_t channel);

void hs_spaces_free(hs_spaces *spaces);

#endif
