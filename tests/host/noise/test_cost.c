/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What a handshake costs beside what it cannot do without: two ECDH and one signature, verified by
 * the initiator and made by the responder, as libsecp256k1 does them. All in one run, taken in
 * turns, and of each the quickest of many, so that a busy machine slows both down. */
#include <criterion/criterion.h>
#include <secp256k1.h>
#include <secp256k1_ecdh.h>
#include <secp256k1_extrakeys.h>
#include <secp256k1_schnorrsig.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "host_stub/noise/handshake.h"

enum { ROUNDS = 300, NOW = 1790000000 };

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void keep_least(double *least, double began)
{
    const double took = now_us() - began;
    *least = *least == 0.0 || took < *least ? took : *least;
}

typedef struct floors {
    secp256k1_context *context;
    secp256k1_pubkey point;
    secp256k1_keypair pair;
    secp256k1_xonly_pubkey x;
    uint8_t secret[32];
    uint8_t signature[64];
    double initiator;
    double responder;
} floors;

static void floors_start(floors *f)
{
    memset(f, 0, sizeof *f);
    memset(f->secret, 0x31, sizeof f->secret);
    f->context = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    cr_assert(secp256k1_ec_pubkey_create(f->context, &f->point, f->secret));
    cr_assert(secp256k1_keypair_create(f->context, &f->pair, f->secret));
    cr_assert(secp256k1_keypair_xonly_pub(f->context, &f->x, NULL, &f->pair));
}

static void floors_measure(floors *f)
{
    uint8_t shared[32];
    static const uint8_t DIGEST[32] = {1};
    double began = now_us();
    cr_assert(secp256k1_ecdh(f->context, shared, &f->point, f->secret, NULL, NULL));
    cr_assert(secp256k1_ecdh(f->context, shared, &f->point, f->secret, NULL, NULL));
    cr_assert(secp256k1_schnorrsig_sign32(f->context, f->signature, DIGEST, &f->pair, NULL));
    keep_least(&f->responder, began);
    began = now_us();
    cr_assert(secp256k1_ecdh(f->context, shared, &f->point, f->secret, NULL, NULL));
    cr_assert(secp256k1_ecdh(f->context, shared, &f->point, f->secret, NULL, NULL));
    cr_assert(secp256k1_schnorrsig_verify(f->context, f->signature, DIGEST, 32, &f->x));
    keep_least(&f->initiator, began);
}

Test(noise_cost, a_handshake_costs_at_most_3_and_4_times_what_it_must)
{
    static floors f;
    hs_noise_key authority;
    hs_noise_identity identity = {.made_s = 0};
    uint8_t x[32];
    double initiator = 0.0;
    double responder = 0.0;
    floors_start(&f);
    cr_assert_eq(hs_noise_key_make(&authority), 0);
    cr_assert_eq(hs_noise_public(authority.secret, x), 0);
    for (int i = 0; i < ROUNDS; i++) {
        uint8_t act1[HS_NOISE_ACT1_SIZE];
        uint8_t act2[HS_NOISE_ACT2_SIZE];
        hs_noise_handshake h;
        hs_noise_key key;
        hs_noise_ciphers ciphers;
        char why[200];
        floors_measure(&f);
        double began = now_us();
        cr_assert_eq(hs_noise_key_make(&key), 0);
        hs_noise_initiate(&h, &key, act1);
        const double first = now_us() - began;
        began = now_us();
        cr_assert_eq(hs_noise_identity_renew(&identity, authority.secret, NOW), 0);
        cr_assert_eq(hs_noise_key_make(&key), 0);
        cr_assert_eq(hs_noise_respond(act1, &key, &identity, act2, &ciphers), 0);
        keep_least(&responder, began);
        began = now_us() - first;
        cr_assert_eq(hs_noise_complete(&h, act2, x, NOW, &ciphers, why, sizeof why), 0);
        keep_least(&initiator, began);
    }
    secp256k1_context_destroy(f.context);
    printf("initiator %d us of %d, responder %d us of %d\n", (int)initiator, (int)f.initiator,
           (int)responder, (int)f.responder);
    cr_assert_leq(initiator, 3.0 * f.initiator);
    cr_assert_leq(responder, 4.0 * f.responder);
}
