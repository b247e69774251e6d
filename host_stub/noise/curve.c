/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/noise/curve.h"

#include <secp256k1.h>
#include <secp256k1_ecdh.h>
#include <secp256k1_extrakeys.h>
#include <secp256k1_schnorrsig.h>
#include <sodium.h>
#include <string.h>

enum { COMPRESSED_SIZE = 33, TRIES_MAX = 8 };

/* Made once and kept; blinded, so that what a signature takes tells less. */
static secp256k1_context *context(void)
{
    static secp256k1_context *made;
    if (made == NULL) {
        uint8_t seed[32];
        made = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
        randombytes_buf(seed, sizeof seed);
        (void)!secp256k1_context_randomize(made, seed);
        sodium_memzero(seed, sizeof seed);
    }
    return made;
}

int hs_noise_public(const uint8_t secret[HS_NOISE_SECRET_SIZE], uint8_t x[HS_NOISE_X_SIZE])
{
    secp256k1_pubkey point;
    uint8_t bytes[COMPRESSED_SIZE];
    size_t len = sizeof bytes;
    if (!secp256k1_ec_pubkey_create(context(), &point, secret)) {
        return -1;
    }
    (void)secp256k1_ec_pubkey_serialize(context(), bytes, &len, &point, SECP256K1_EC_COMPRESSED);
    memcpy(x, bytes + 1, HS_NOISE_X_SIZE);
    return 0;
}

int hs_noise_key_make(hs_noise_key *key)
{
    uint8_t x[HS_NOISE_X_SIZE];
    for (int i = 0; i < TRIES_MAX; i++) {
        randombytes_buf(key->secret, sizeof key->secret);
        if (hs_noise_public(key->secret, x) == 0) {
            return hs_ellswift_encode(x, key->encoded);
        }
    }
    return -1;
}

int hs_noise_is_public(const uint8_t x[HS_NOISE_X_SIZE])
{
    secp256k1_xonly_pubkey key;
    return secp256k1_xonly_pubkey_parse(context(), &key, x);
}

static int copy_x(unsigned char *to, const unsigned char *x, const unsigned char *y, void *ctx)
{
    (void)y;
    (void)ctx;
    memcpy(to, x, HS_NOISE_X_SIZE);
    return 1;
}

/* A tagged hash of BIP340 over both encodings and the shared x. */
static void hash_shared(const uint8_t *initiator, const uint8_t *responder, const uint8_t *x,
                        uint8_t shared[32])
{
    static const char TAG[] = "bip324_ellswift_xonly_ecdh";
    uint8_t tag[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_state state;
    (void)crypto_hash_sha256(tag, (const uint8_t *)TAG, sizeof TAG - 1);
    (void)crypto_hash_sha256_init(&state);
    (void)crypto_hash_sha256_update(&state, tag, sizeof tag);
    (void)crypto_hash_sha256_update(&state, tag, sizeof tag);
    (void)crypto_hash_sha256_update(&state, initiator, HS_ELLSWIFT_SIZE);
    (void)crypto_hash_sha256_update(&state, responder, HS_ELLSWIFT_SIZE);
    (void)crypto_hash_sha256_update(&state, x, HS_NOISE_X_SIZE);
    (void)crypto_hash_sha256_final(&state, shared);
    sodium_memzero(&state, sizeof state);
}

int hs_noise_shared(const hs_noise_key *ours, const uint8_t theirs[HS_ELLSWIFT_SIZE],
                    int we_initiate, uint8_t shared[32])
{
    /* Either y will do: only x enters. */
    uint8_t bytes[COMPRESSED_SIZE] = {SECP256K1_TAG_PUBKEY_EVEN};
    uint8_t x[HS_NOISE_X_SIZE];
    secp256k1_pubkey point;
    hs_ellswift_decode(theirs, bytes + 1);
    if (!secp256k1_ec_pubkey_parse(context(), &point, bytes, sizeof bytes) ||
        !secp256k1_ecdh(context(), x, &point, ours->secret, copy_x, NULL)) {
        return -1;
    }
    hash_shared(we_initiate ? ours->encoded : theirs, we_initiate ? theirs : ours->encoded, x,
                shared);
    sodium_memzero(x, sizeof x);
    return 0;
}

int hs_noise_sign(const uint8_t secret[HS_NOISE_SECRET_SIZE], const uint8_t digest[32],
                  uint8_t signature[HS_NOISE_SIGNATURE_SIZE])
{
    secp256k1_keypair pair;
    uint8_t chance[32];
    randombytes_buf(chance, sizeof chance);
    const int done = secp256k1_keypair_create(context(), &pair, secret) &&
                     secp256k1_schnorrsig_sign32(context(), signature, digest, &pair, chance);
    sodium_memzero(&pair, sizeof pair);
    return done ? 0 : -1;
}

int hs_noise_verify(const uint8_t x[HS_NOISE_X_SIZE], const uint8_t digest[32],
                    const uint8_t signature[HS_NOISE_SIGNATURE_SIZE])
{
    secp256k1_xonly_pubkey key;
    return secp256k1_xonly_pubkey_parse(context(), &key, x) &&
                   secp256k1_schnorrsig_verify(context(), signature, digest, 32, &key)
               ? 0
               : -1;
}
