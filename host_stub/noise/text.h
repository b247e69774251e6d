/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * noise/text: authority keys as people see them (specification 4.7): Base58Check of version 1 and
 * the public key's x; of the bare bytes for a secret key. A refusal never repeats the text: it may
 * be a secret. */
#ifndef HOST_STUB_NOISE_TEXT_H
#define HOST_STUB_NOISE_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "host_stub/noise/curve.h"

enum { HS_NOISE_TEXT_SIZE = 64 }; /* room for either text and its NUL */

void hs_noise_public_write(const uint8_t x[HS_NOISE_X_SIZE], char text[HS_NOISE_TEXT_SIZE]);
/* 0, or -1 with the second half of a sentence about the key. */
int hs_noise_public_read(const char *text, uint8_t x[HS_NOISE_X_SIZE], char *why, size_t capacity);

void hs_noise_secret_write(const uint8_t secret[HS_NOISE_SECRET_SIZE],
                           char text[HS_NOISE_TEXT_SIZE]);
/* The same. The caller wipes the text and the secret. */
int hs_noise_secret_read(const char *text, uint8_t secret[HS_NOISE_SECRET_SIZE], char *why,
                         size_t capacity);

#endif
