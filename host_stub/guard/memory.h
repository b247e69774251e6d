/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * guard/memory: the allocator that the plugin gets. Each block lies between watch bytes, is filled
 * with rubbish when given and when taken back, and is known by its address in a table, so that a
 * wild pointer is recognised without being touched. */
#ifndef HOST_STUB_GUARD_MEMORY_H
#define HOST_STUB_GUARD_MEMORY_H

#include "host_stub/guard/report.h"

void *hs_guard_alloc(void *ctx, uint64_t size, uint64_t align);
void hs_guard_free(void *ctx, void *p, uint64_t size, uint64_t align);
/* Reports what is still allocated as `check` and frees it. */
void hs_guard_memory_finish(hs_guard *g, enum hs_guard_rule check);

#endif
