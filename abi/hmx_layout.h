/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * hmx_layout.h: the binary form of hmx_events.h, hmx_abi.h, hmx_tuning.h and hmx_metrics.h, nailed
 * down.
 *
 * hmx_layout.def names every struct with its size and alignment, every field with its type and
 * offset, and every constant with its value. This header turns that list into static asserts, so it
 * belongs in one source file on each side of the contract: a compiler, a flag or an edit that
 * changes the binary form then fails to compile instead of failing at run time. It adds no code and
 * no data. How the list may change is told in ABI.md.
 *
 * The contract is for 64-bit targets: pointers of 8 bytes, doubles of 8 bytes, 8-byte alignment.
 */
#ifndef HMX_LAYOUT_H
#define HMX_LAYOUT_H

#include <stddef.h>

#include "hmx_abi.h"
#include "hmx_metrics.h"
#include "hmx_tuning.h"

#ifdef __cplusplus
#include <type_traits>
#define HMX_STATIC_ASSERT(condition, text) static_assert(condition, text)
#define HMX_ALIGNOF(type)                  alignof(type)
#define HMX_SAME_TYPE(owner, field, type)  (std::is_same<decltype(owner::field), type>::value)
#else
#define HMX_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#define HMX_ALIGNOF(type)                  _Alignof(type)
#define HMX_SAME_TYPE(owner, field, type)  _Generic(&((owner *)0)->field, type * : 1, default : 0)
#endif

/* Names for the array fields, so that each type of the list is one name or a pointer. */
typedef uint8_t hmx_layout_bytes32[32];
typedef char hmx_layout_chars40[40];
typedef char hmx_layout_chars256[256];

#define HMX_STRUCT(name, bytes, align)                                                             \
    HMX_STATIC_ASSERT(sizeof(name) == (bytes), "the size of " #name " is not " #bytes);            \
    HMX_STATIC_ASSERT(HMX_ALIGNOF(name) == (align), "the alignment of " #name " is not " #align);
#define HMX_FIELD(owner, field, type, at)                                                          \
    HMX_STATIC_ASSERT(offsetof(owner, field) == (at), #owner "." #field " is not at byte " #at);   \
    HMX_STATIC_ASSERT(HMX_SAME_TYPE(owner, field, type), #owner "." #field " is not a " #type);
#define HMX_HOOK(owner, field, at)                                                                 \
    HMX_STATIC_ASSERT(offsetof(owner, field) == (at), #owner "." #field " is not at byte " #at);   \
    HMX_STATIC_ASSERT(sizeof(((owner *)0)->field) == 8, #owner "." #field " is not a pointer");
#define HMX_CONSTANT(name, value)                                                                  \
    HMX_STATIC_ASSERT((long long)(name) == (long long)(value), #name " is not " #value);
/* What a text says cannot be asserted by a compiler: the golden text holds it. */
#define HMX_TEXT(name) HMX_STATIC_ASSERT(sizeof(name) > 1, #name " is empty");

HMX_STATIC_ASSERT(sizeof(void *) == 8, "hashmux's ABI is defined for 64-bit targets only: this "
                                       "compiler makes pointers that are not 8 bytes");
HMX_STATIC_ASSERT(sizeof(double) == 8, "hashmux's ABI needs doubles of 8 bytes (IEEE 754)");
HMX_STATIC_ASSERT(sizeof(hmx_status) == 4, "hmx_status is not 4 bytes");
#include "hmx_layout.def"

#endif /* HMX_LAYOUT_H */
