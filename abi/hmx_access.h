/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * hmx_access.h: the few lines that make growing structs safe, for both sides of the contract.
 *
 * A struct that came from the other side may be shorter (an older header) or longer (a newer one)
 * than ours. HMX_HAS tells whether a field is wholly there. hmx_copy_in makes a full-size local
 * copy whose missing tail is zero. hmx_copy_out writes into the other side's struct, never beyond
 * its size. Optional: a program that does not include this header still obeys the contract if it
 * does the same by hand.
 */
#ifndef HMX_ACCESS_H
#define HMX_ACCESS_H

#include <stddef.h>
#include <string.h>

#include "hmx_abi.h"

/* Does *ptr (never NULL) hold `field` wholly inside its declared size? */
#define HMX_HAS(type, ptr, field)                                                                  \
    ((size_t)(ptr)->size >= offsetof(type, field) + sizeof(((type *)0)->field))

/* As HMX_HAS for events, whose size is in their first member. */
#define HMX_EVENT_HAS(type, ptr, field)                                                            \
    ((size_t)(ptr)->event.size >= offsetof(type, field) + sizeof(((type *)0)->field))

/* Copies the struct at `from` (its first 4 bytes are its size) into `to` of `known` bytes; what is
 * missing is zero; the copy's size field says how much of it was there. Returns HMX_E_INVALID for
 * NULL or a size below `required` (bytes that version 1.0 had, or fewer where a prefix is enough),
 * else HMX_OK. */
static inline hmx_status hmx_copy_in(void *to, size_t known, size_t required, const void *from)
{
    uint32_t size = 0;
    if (from == NULL) {
        return HMX_E_INVALID;
    }
    memcpy(&size, from, sizeof size);
    if (size < sizeof size || size < required) {
        return HMX_E_INVALID;
    }
    const size_t present = size < known ? (size_t)size : known;
    memset(to, 0, known);
    memcpy(to, from, present);
    const uint32_t present32 = (uint32_t)present;
    memcpy(to, &present32, sizeof present32);
    return HMX_OK;
}

/* Rule 5 for instructions: 1 if every byte of *from beyond `known` is zero. */
static inline int hmx_tail_is_zero(const void *from, size_t known)
{
    uint32_t size = 0;
    memcpy(&size, from, sizeof size);
    const unsigned char *const bytes = (const unsigned char *)from;
    for (size_t i = known; i < size; i++) {
        if (bytes[i] != 0) {
            return 0;
        }
    }
    return 1;
}

/* Writes our struct of `known` bytes over *to, within the size that *to declares; that size stays.
 * Returns HMX_E_INVALID for NULL or a size below `required`; then nothing was written. */
static inline hmx_status hmx_copy_out(void *to, size_t required, const void *from, size_t known)
{
    uint32_t size = 0;
    if (to == NULL) {
        return HMX_E_INVALID;
    }
    memcpy(&size, to, sizeof size);
    if (size < sizeof size || size < required) {
        return HMX_E_INVALID;
    }
    const size_t n = size < known ? (size_t)size : known;
    memcpy((unsigned char *)to + sizeof size, (const unsigned char *)from + sizeof size,
           n - sizeof size);
    return HMX_OK;
}

#endif /* HMX_ACCESS_H */
