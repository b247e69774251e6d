/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sv2/f32: a hashrate as a person reads it, exactly and in no locale. Printf and strtod follow the
 * process's locale and would print a comma in one run and a point in the next. */
#ifndef HOST_STUB_SV2_F32_H
#define HOST_STUB_SV2_F32_H

#include <stddef.h>

enum { HS_SV2_F32_TEXT_SIZE = 64 }; /* bytes, NUL included: enough for every float */

/* The shortest decimal digits that only this float rounds to, written out without an exponent:
 * 110000000000000, 0.1, 0. `value` is finite and not negative. Returns the length. */
size_t hs_sv2_f32_text(float value, char out[HS_SV2_F32_TEXT_SIZE]);

#endif
