/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * guard/copy: what the guard hands to a plugin instead of the host's own struct: a heap copy of
 * exactly the declared size between two rows of watch bytes, with a second copy kept aside. So a
 * write beyond the size, and a change to what is only lent, are seen; and since the copy is
 * overwritten and freed after the call, a kept pointer reads rubbish. */
#ifndef HOST_STUB_GUARD_COPY_H
#define HOST_STUB_GUARD_COPY_H

#include <stddef.h>

#define HS_WATCH_BYTES 64u   /* on each side */
#define HS_WATCH_BYTE  0xa5u /* also what lies between a row's size and its stride */

/* `size` bytes, the first `present` of them copied from `from`, the others HS_WATCH_BYTE. Aligned
 * to 16. NULL when out of memory. */
void *hs_guard_copy_new(const void *from, size_t present, size_t size);

/* Remembers the contents as they are now. Until then they may be changed. */
void hs_guard_copy_seal(void *copy);

/* 1 if no watch byte was written to. */
int hs_guard_copy_intact(const void *copy);

/* 1 if the contents are as they were sealed. */
int hs_guard_copy_unchanged(const void *copy);

/* The contents as they were sealed. */
const void *hs_guard_copy_sealed(const void *copy);

/* Overwrites and frees; NULL is fine. */
void hs_guard_copy_delete(void *copy);

#endif
