/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sv2/text: a decoded message as one line of text, `Name | field=value,field=value`. Integers are
 * decimal, flags and nonces 0x-hex, bytes lowercase hex in wire order, strings quoted (or hex: when
 * they are not plain UTF-8), a float its shortest decimal and its bits, an absent OPTION `none`, a
 * sequence [a;b]; TLVs come last as tlv(0xEEEE:0xFF)=value. The same in every locale. */
#ifndef HOST_STUB_SV2_TEXT_H
#define HOST_STUB_SV2_TEXT_H

#include "host_stub/sv2/types.h"

enum hs_sv2_text_flag {
    HS_SV2_TEXT_SHORT = 0x1,      /* for people: long bytes, sequences and tails are abbreviated */
    HS_SV2_TEXT_FIELDS_ONLY = 0x2 /* without `Name | ` */
};

/* Writes at most `capacity` bytes, NUL included, as snprintf does. Returns the length of the whole
 * text: it was cut when that is >= capacity. `message` must come from hs_sv2_decode or satisfy
 * hs_sv2_encode. */
size_t hs_sv2_text(const hs_sv2_message *message, uint32_t flags, char *out, size_t capacity);

/* One field of it as `field=value`, the same way. 0 and an empty text when the message has none of
 * that name. */
size_t hs_sv2_text_field(const hs_sv2_message *message, const char *name, uint32_t flags, char *out,
                         size_t capacity);

/* A hashrate as a person reads it, exactly and in no locale: printf and strtod follow the process's
 * and would print a comma in one run and a point in the next. */
enum { HS_SV2_F32_TEXT_SIZE = 64 }; /* bytes, NUL included: enough for every float */

/* The shortest decimal digits that only this float rounds to, written out without an exponent:
 * 110000000000000, 0.1, 0. `value` is finite and not negative. Returns the length. */
size_t hs_sv2_f32_text(float value, char out[HS_SV2_F32_TEXT_SIZE]);

#endif
