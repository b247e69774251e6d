/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sv2/field: the checks of single values that decoding and encoding share. Private to the codec. */
#ifndef HOST_STUB_SV2_FIELD_H
#define HOST_STUB_SV2_FIELD_H

#include "host_stub/sv2/codec.h"

/* Fills *why (may be NULL) from a printf format; always returns -1. */
int hs_sv2_refuse(hs_sv2_error *why, enum hs_sv2_reason reason, size_t offset, const char *format,
                  ...) __attribute__((format(printf, 4, 5)));

/* Returns 0 if the value is a legal hashrate (finite and not negative; -0.0 is negative), else -1
 * with *why. */
int hs_sv2_check_f32(const char *message, const char *field, float value, size_t offset,
                     hs_sv2_error *why);

/* Returns 0 if the text has no control character, else -1 with *why. `offset` is that of its first
 * byte in the frame. */
int hs_sv2_check_reason(const char *message, const char *field, hs_sv2_bytes text, size_t offset,
                        hs_sv2_error *why);

#endif
