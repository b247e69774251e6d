/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/base/memory.h"

#include <string.h>

#define ALIGN_MAX 4096u /* the contract's limit for hmx_host.alloc */

void *hm_alloc(const hm_memory *m, size_t count, size_t size, size_t align)
{
    if (count == 0 || size == 0 || count > SIZE_MAX / size) {
        return NULL;
    }
    if (align == 0 || align > ALIGN_MAX || (align & (align - 1)) != 0) {
        return NULL;
    }
    void *const p = m->alloc(m->ctx, (uint64_t)(count * size), (uint64_t)align);
    if (p != NULL) {
        memset(p, 0, count * size);
    }
    return p;
}

void hm_free(const hm_memory *m, void *p, size_t count, size_t size, size_t align)
{
    if (p != NULL) {
        m->free(m->ctx, p, (uint64_t)(count * size), (uint64_t)align);
    }
}
