/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * noise/curve: what the transport of Stratum V2 does with secp256k1: keys in their encoded form,
 * the secret that two of them share, and the signatures (BIP340) of an authority. On libsecp256k1,
 * whose times do not depend on secrets. One thread only. */
#ifndef HOST_STUB_NOISE_CURVE_H
#define HOST_STUB_NOISE_CURVE_H

#include <stdint.h>

#include "host_stub/noise/ellswift.h"

enum { HS_NOISE_SECRET_SIZE = 32, HS_NOISE_X_SIZE = 32, HS_NOISE_SIGNATURE_SIZE = 64 };

/* Whoever has one wipes it (sodium_memzero). */
typedef struct hs_noise_key {
    uint8_t secret[HS_NOISE_SECRET_SIZE];
    uint8_t encoded[HS_ELLSWIFT_SIZE]; /* of its public key: what is sent */
} hs_noise_key;

/* A new key, by chance. 0, or -1 (a matter of theory: chance has failed). */
int hs_noise_key_make(hs_noise_key *key);

/* The x of a secret's public key. 0, or -1: it is no secret key. */
int hs_noise_public(const uint8_t secret[HS_NOISE_SECRET_SIZE], uint8_t x[HS_NOISE_X_SIZE]);

/* Is there a point with this x? */
int hs_noise_is_public(const uint8_t x[HS_NOISE_X_SIZE]);

/* The secret that the owners of the two keys share (v2_ecdh of BIP324); both come to the same when
 * they agree on who is the initiator. 0, or -1: ours is no secret key. */
int hs_noise_shared(const hs_noise_key *ours, const uint8_t theirs[HS_ELLSWIFT_SIZE],
                    int we_initiate, uint8_t shared[32]);

/* 0, or -1: it is no secret key. */
int hs_noise_sign(const uint8_t secret[HS_NOISE_SECRET_SIZE], const uint8_t digest[32],
                  uint8_t signature[HS_NOISE_SIGNATURE_SIZE]);
/* 0: the owner of x has signed; else -1. */
int hs_noise_verify(const uint8_t x[HS_NOISE_X_SIZE], const uint8_t digest[32],
                    const uint8_t signature[HS_NOISE_SIGNATURE_SIZE]);

#endif
