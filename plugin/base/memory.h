/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * memory: the only way in which the plugin gets memory.
 *
 * Responsible for: asking the host's allocator, refusing sizes that overflow, clearing what it
 * gives. Leaves to others: who owns a block and for how long. Nothing in plugin/ calls malloc, so
 * that a host can account for, limit and fail every allocation (rule 9 of hmx_abi.h).
 */
#ifndef PLUGIN_BASE_MEMORY_H
#define PLUGIN_BASE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "plugin/base/check.h"

/* The host's allocator, as in hmx_host: alloc gives `size` > 0 bytes aligned to `align` or NULL,
 * free takes back a non-NULL pointer with the same size and align. */
typedef struct hm_memory {
    void *ctx;
    void *(*alloc)(void *ctx, uint64_t size, uint64_t align);
    void (*free)(void *ctx, void *p, uint64_t size, uint64_t align);
    hm_alarm *alarm; /* of the instance whose memory it is; NULL in tests of single modules */
} hm_memory;

/* Returns `count` * `size` zeroed bytes aligned to `align` (a power of two, at most 4096), owned by
 * the caller; NULL when the host has none, the product overflows or is 0, or `align` is not
 * legal. */
void *hm_alloc(const hm_memory *m, size_t count, size_t size, size_t align);

/* Gives back what hm_alloc returned for the same count, size and align. p may be NULL. */
void hm_free(const hm_memory *m, void *p, size_t count, size_t size, size_t align);

#endif
