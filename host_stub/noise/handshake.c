/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/noise/handshake.h"

#include <sodium.h>
#include <string.h>

#include "host_stub/base/text.h"

enum {
    STATIC_AT = HS_ELLSWIFT_SIZE, /* in act 2, behind the ephemeral key */
    CERTIFICATE_AT = STATIC_AT + HS_ELLSWIFT_SIZE + HS_NOISE_TAG_SIZE
};
_Static_assert((int)CERTIFICATE_AT + (int)HS_NOISE_CERTIFICATE_SIZE + (int)HS_NOISE_TAG_SIZE ==
                   (int)HS_NOISE_ACT2_SIZE,
               "the parts of act 2");

/* ---- the symmetric state of the Noise Protocol Framework, section 5.2 ---- */

static void mix_hash(hs_noise_handshake *h, const uint8_t *data, size_t len)
{
    crypto_hash_sha256_state state;
    (void)crypto_hash_sha256_init(&state);
    (void)crypto_hash_sha256_update(&state, h->hash, sizeof h->hash);
    (void)crypto_hash_sha256_update(&state, data, len);
    (void)crypto_hash_sha256_final(&state, h->hash);
}

static void begin(hs_noise_handshake *h)
{
    static const char NAME[] = "Noise_NX_Secp256k1+EllSwift_ChaChaPoly_SHA256";
    (void)crypto_hash_sha256(h->chaining, (const uint8_t *)NAME, sizeof NAME - 1);
    memcpy(h->hash, h->chaining, sizeof h->hash);
    mix_hash(h, NULL, 0); /* the prologue, which is empty */
}

/* HKDF with two outputs. */
static void derive(const uint8_t chaining[32], const uint8_t *data, size_t len, uint8_t first[32],
                   uint8_t second[32])
{
    static const uint8_t ONE = 1;
    uint8_t key[32];
    uint8_t block[33];
    (void)crypto_auth_hmacsha256(key, data, len, chaining);
    (void)crypto_auth_hmacsha256(block, &ONE, 1, key);
    block[32] = 2;
    (void)crypto_auth_hmacsha256(second, block, sizeof block, key);
    memcpy(first, block, 32);
    sodium_memzero(key, sizeof key);
    sodium_memzero(block, sizeof block);
}

static void mix_key(hs_noise_handshake *h, const uint8_t shared[32])
{
    uint8_t chaining[32];
    derive(h->chaining, shared, 32, chaining, h->cipher.key);
    memcpy(h->chaining, chaining, sizeof chaining);
    h->cipher.nonce = 0;
    sodium_memzero(chaining, sizeof chaining);
}

/* Mixes in what `ours` and the other's key share. */
static int mix_shared(hs_noise_handshake *h, const hs_noise_key *ours, const uint8_t *theirs,
                      int we_initiate)
{
    uint8_t shared[32];
    if (hs_noise_shared(ours, theirs, we_initiate, shared) != 0) {
        return -1;
    }
    mix_key(h, shared);
    sodium_memzero(shared, sizeof shared);
    return 0;
}

static void seal_and_hash(hs_noise_handshake *h, const uint8_t *data, size_t len, uint8_t *out)
{
    hs_noise_seal(&h->cipher, h->hash, sizeof h->hash, data, len, out);
    mix_hash(h, out, len + HS_NOISE_TAG_SIZE);
}

static int open_and_hash(hs_noise_handshake *h, const uint8_t *data, size_t len, uint8_t *out)
{
    if (hs_noise_open(&h->cipher, h->hash, sizeof h->hash, data, len, out) != 0) {
        return -1;
    }
    mix_hash(h, data, len);
    return 0;
}

/* The ciphers of both directions, the initiator's first. */
static void split(const hs_noise_handshake *h, hs_noise_cipher *first, hs_noise_cipher *second)
{
    derive(h->chaining, NULL, 0, first->key, second->key);
    first->nonce = 0;
    second->nonce = 0;
}

/* ---- the messages ---- */

/* Act 1 and its payload, which is empty. */
static void hash_act1(hs_noise_handshake *h, const uint8_t act1[HS_NOISE_ACT1_SIZE])
{
    mix_hash(h, act1, HS_NOISE_ACT1_SIZE);
    mix_hash(h, NULL, 0);
}

void hs_noise_initiate(hs_noise_handshake *handshake, const hs_noise_key *ephemeral,
                       uint8_t act1[HS_NOISE_ACT1_SIZE])
{
    begin(handshake);
    handshake->own = *ephemeral;
    memcpy(act1, ephemeral->encoded, HS_NOISE_ACT1_SIZE);
    hash_act1(handshake, act1);
}

/* Reads act 2 up to what it proves. */
static int read_act2(hs_noise_handshake *h, const uint8_t act2[HS_NOISE_ACT2_SIZE])
{
    mix_hash(h, act2, HS_ELLSWIFT_SIZE);
    if (mix_shared(h, &h->own, act2, 1) != 0 ||
        open_and_hash(h, act2 + STATIC_AT, CERTIFICATE_AT - STATIC_AT, h->encoded) != 0) {
        return -1;
    }
    return mix_shared(h, &h->own, h->encoded, 1) != 0
               ? -1
               : open_and_hash(h, act2 + CERTIFICATE_AT, HS_NOISE_ACT2_SIZE - CERTIFICATE_AT,
                               h->certificate);
}

/* Nothing is left from which the ciphers could be made again. */
static void forget(hs_noise_handshake *h)
{
    sodium_memzero(&h->own, sizeof h->own);
    sodium_memzero(h->chaining, sizeof h->chaining);
    sodium_memzero(&h->cipher, sizeof h->cipher);
}

int hs_noise_complete(hs_noise_handshake *handshake, const uint8_t act2[HS_NOISE_ACT2_SIZE],
                      const uint8_t *authority, uint64_t now_s, hs_noise_ciphers *ciphers,
                      char *why, size_t capacity)
{
    int rc = read_act2(handshake, act2);
    if (rc != 0) {
        (void)hs_refuse(why, capacity,
                        "what it answers to the handshake is no Noise of Stratum V2");
    } else if (authority != NULL) {
        rc = hs_noise_certificate_check(handshake->certificate, handshake->encoded, authority,
                                        now_s, why, capacity);
    }
    if (rc == 0) {
        split(handshake, &ciphers->send, &ciphers->receive.cipher);
        ciphers->receive.left = 0;
    }
    forget(handshake);
    return rc;
}

/* Writes act 2. */
static int write_act2(hs_noise_handshake *h, const uint8_t *act1, const hs_noise_identity *identity,
                      uint8_t act2[HS_NOISE_ACT2_SIZE])
{
    memcpy(act2, h->own.encoded, HS_ELLSWIFT_SIZE);
    mix_hash(h, act2, HS_ELLSWIFT_SIZE);
    if (mix_shared(h, &h->own, act1, 0) != 0) {
        return -1;
    }
    seal_and_hash(h, identity->key.encoded, HS_ELLSWIFT_SIZE, act2 + STATIC_AT);
    if (mix_shared(h, &identity->key, act1, 0) != 0) {
        return -1;
    }
    seal_and_hash(h, identity->certificate, HS_NOISE_CERTIFICATE_SIZE, act2 + CERTIFICATE_AT);
    return 0;
}

int hs_noise_respond(const uint8_t act1[HS_NOISE_ACT1_SIZE], const hs_noise_key *ephemeral,
                     const hs_noise_identity *identity, uint8_t act2[HS_NOISE_ACT2_SIZE],
                     hs_noise_ciphers *ciphers)
{
    hs_noise_handshake h;
    begin(&h);
    h.own = *ephemeral;
    hash_act1(&h, act1);
    const int rc = write_act2(&h, act1, identity, act2);
    if (rc == 0) {
        split(&h, &ciphers->receive.cipher, &ciphers->send);
        ciphers->receive.left = 0;
    }
    forget(&h);
    return rc;
}
