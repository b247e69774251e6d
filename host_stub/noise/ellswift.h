/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * noise/ellswift: ElligatorSwift of BIP324: a secp256k1 key's x as 64 bytes that cannot be told
 * from random ones, and back. Debian 12's libsecp256k1 comes without it. Times depend on the
 * numbers: only what is sent in the clear, or to somebody, may be given to it; never a secret. */
#ifndef HOST_STUB_NOISE_ELLSWIFT_H
#define HOST_STUB_NOISE_ELLSWIFT_H

#include <stdint.h>

enum { HS_ELLSWIFT_SIZE = 64, HS_ELLSWIFT_X_SIZE = 32 };

/* The x that the bytes stand for; any 64 bytes stand for one on the curve. */
void hs_ellswift_decode(const uint8_t encoded[HS_ELLSWIFT_SIZE], uint8_t x[HS_ELLSWIFT_X_SIZE]);

/* One of the about 2^256 encodings of an x on the curve, chosen by chance. 0; or -1 when none was
 * found, which happens to no x on the curve. */
int hs_ellswift_encode(const uint8_t x[HS_ELLSWIFT_X_SIZE], uint8_t encoded[HS_ELLSWIFT_SIZE]);

#endif
