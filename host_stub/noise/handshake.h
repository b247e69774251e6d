/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * noise/handshake: Noise_NX_Secp256k1+EllSwift_ChaChaPoly_SHA256, the handshake of Stratum V2
 * (specification 4.5), in both roles. The initiator, a miner or the proxy towards a pool, sends
 * act 1; the responder answers with act 2, in which it proves who it is; then both have a cipher
 * for each direction. No I/O, no clock, no chance: keys and times are given to it, and what it
 * keeps it wipes when it is done. */
#ifndef HOST_STUB_NOISE_HANDSHAKE_H
#define HOST_STUB_NOISE_HANDSHAKE_H

#include <stddef.h>
#include <stdint.h>

#include "host_stub/noise/certificate.h"
#include "host_stub/noise/cipher.h"

enum { HS_NOISE_ACT1_SIZE = 64, HS_NOISE_ACT2_SIZE = 234 };

typedef struct hs_noise_handshake {
    hs_noise_key own; /* the ephemeral one */
    uint8_t hash[32];
    uint8_t chaining[32];
    hs_noise_cipher cipher;
    /* What the responder has shown: its static key and its certificate. */
    uint8_t encoded[HS_ELLSWIFT_SIZE];
    uint8_t certificate[HS_NOISE_CERTIFICATE_SIZE];
} hs_noise_handshake;

/* What is agreed upon. Whoever has one wipes it. */
typedef struct hs_noise_ciphers {
    hs_noise_cipher send;
    hs_noise_opener receive;
} hs_noise_ciphers;

/* The initiator's first step, with a new key. */
void hs_noise_initiate(hs_noise_handshake *handshake, const hs_noise_key *ephemeral,
                       uint8_t act1[HS_NOISE_ACT1_SIZE]);
/* And its second. `authority` is the x whose certificate is accepted; NULL: anybody's is, so that
 * whoever answers is taken for the right one. 0; or -1 with a sentence about the peer, and no
 * ciphers. Of the handshake only `encoded` and `certificate` are left in either case. */
int hs_noise_complete(hs_noise_handshake *handshake, const uint8_t act2[HS_NOISE_ACT2_SIZE],
                      const uint8_t *authority, uint64_t now_s, hs_noise_ciphers *ciphers,
                      char *why, size_t capacity);

/* The responder's only step. 0, or -1: the identity or the key is none. */
int hs_noise_respond(const uint8_t act1[HS_NOISE_ACT1_SIZE], const hs_noise_key *ephemeral,
                     const hs_noise_identity *identity, uint8_t act2[HS_NOISE_ACT2_SIZE],
                     hs_noise_ciphers *ciphers);

#endif
