/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * noise/ellswift, noise/curve: the published vectors, and encodings of our own that decode. */
#include <criterion/criterion.h>
#include <sodium.h>
#include <string.h>

#include "host_stub/noise/curve.h"
#include "tests/host/noise/vectors.h"

Test(ellswift, all_vectors_decode)
{
    vector v;
    uint8_t encoded[64];
    uint8_t x[32];
    uint8_t wanted[32];
    unsigned count = 0;
    vectors_open(&v);
    while (vectors_next(&v)) {
        const int of = vectors_is(&v, "ellswift-of");
        if (!of && !vectors_is(&v, "ellswift-decode")) {
            continue;
        }
        vectors_bytes(v.word[of ? 2 : 1], encoded, sizeof encoded);
        vectors_bytes(v.word[of ? 1 : 2], wanted, sizeof wanted);
        hs_ellswift_decode(encoded, x);
        cr_assert_arr_eq(x, wanted, sizeof x, "line %u", count);
        count++;
    }
    cr_assert_eq(count, 88u + 12u);
}

Test(ellswift, what_is_encoded_decodes_and_differs_each_time)
{
    vector v;
    uint8_t x[32];
    uint8_t encoded[64];
    uint8_t before[64] = {0};
    uint8_t again[32];
    vectors_open(&v);
    while (vectors_next(&v)) {
        if (!vectors_is(&v, "ellswift-of")) {
            continue;
        }
        vectors_bytes(v.word[1], x, sizeof x);
        for (int i = 0; i < 50; i++) {
            cr_assert_eq(hs_ellswift_encode(x, encoded), 0);
            hs_ellswift_decode(encoded, again);
            cr_assert_arr_eq(again, x, sizeof x);
            cr_assert_neq(memcmp(encoded, before, sizeof before), 0);
            memcpy(before, encoded, sizeof before);
        }
    }
}

/* Bits of an encoding are as good as random: of 4000 each is set about every second time. */
Test(ellswift, encodings_look_random)
{
    enum { COUNT = 4000 };
    unsigned set[512] = {0};
    hs_noise_key key;
    uint8_t x[32];
    cr_assert_eq(hs_noise_key_make(&key), 0);
    cr_assert_eq(hs_noise_public(key.secret, x), 0);
    for (int i = 0; i < COUNT; i++) {
        uint8_t encoded[64];
        cr_assert_eq(hs_ellswift_encode(x, encoded), 0);
        for (unsigned bit = 0; bit < 512; bit++) {
            set[bit] += ((unsigned)encoded[bit / 8] >> (bit % 8)) & 1u;
        }
    }
    for (unsigned bit = 0; bit < 512; bit++) {
        /* 6 standard deviations: 190 */
        cr_assert(set[bit] > COUNT / 2 - 190 && set[bit] < COUNT / 2 + 190, "bit %u: %u", bit,
                  set[bit]);
    }
}

Test(curve, what_two_keys_share_is_that_of_the_vectors)
{
    vector v;
    unsigned count = 0;
    vectors_open(&v);
    while (vectors_next(&v)) {
        hs_noise_key one;
        hs_noise_key two;
        uint8_t wanted[32];
        uint8_t shared[32];
        if (!vectors_is(&v, "ecdh")) {
            continue;
        }
        vectors_bytes(v.word[1], one.secret, sizeof one.secret);
        vectors_bytes(v.word[2], one.encoded, sizeof one.encoded);
        vectors_bytes(v.word[3], two.secret, sizeof two.secret);
        vectors_bytes(v.word[4], two.encoded, sizeof two.encoded);
        vectors_bytes(v.word[5], wanted, sizeof wanted);
        cr_assert_eq(hs_noise_shared(&one, two.encoded, 1, shared), 0);
        cr_assert_arr_eq(shared, wanted, sizeof wanted);
        cr_assert_eq(hs_noise_shared(&two, one.encoded, 0, shared), 0);
        cr_assert_arr_eq(shared, wanted, sizeof wanted);
        cr_assert_eq(hs_noise_shared(&two, one.encoded, 1, shared), 0);
        cr_assert_neq(memcmp(shared, wanted, sizeof wanted), 0);
        count++;
    }
    cr_assert_eq(count, 16u);
}

Test(curve, a_key_is_what_it_encodes)
{
    hs_noise_key key;
    uint8_t x[32];
    uint8_t decoded[32];
    cr_assert_eq(hs_noise_key_make(&key), 0);
    cr_assert_eq(hs_noise_public(key.secret, x), 0);
    hs_ellswift_decode(key.encoded, decoded);
    cr_assert_arr_eq(x, decoded, sizeof x);
    cr_assert(hs_noise_is_public(x));
}

Test(curve, zero_is_no_key)
{
    static const uint8_t ZERO[32] = {0};
    static const hs_noise_key NONE = {{0}, {0}};
    uint8_t out[64];
    cr_assert_eq(hs_noise_public(ZERO, out), -1);
    cr_assert_eq(hs_noise_sign(ZERO, ZERO, out), -1);
    cr_assert_eq(hs_noise_shared(&NONE, NONE.encoded, 1, out), -1);
    cr_assert_not(hs_noise_is_public(ZERO));
}

Test(curve, only_what_was_signed_is_verified)
{
    hs_noise_key key;
    uint8_t x[32];
    uint8_t digest[32] = {7};
    uint8_t signature[64];
    cr_assert_eq(hs_noise_key_make(&key), 0);
    cr_assert_eq(hs_noise_public(key.secret, x), 0);
    cr_assert_eq(hs_noise_sign(key.secret, digest, signature), 0);
    cr_assert_eq(hs_noise_verify(x, digest, signature), 0);
    digest[31] ^= 1;
    cr_assert_eq(hs_noise_verify(x, digest, signature), -1);
    digest[31] ^= 1;
    signature[0] ^= 1;
    cr_assert_eq(hs_noise_verify(x, digest, signature), -1);
}
