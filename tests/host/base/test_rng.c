/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>

#include "host_stub/base/rng.h"

/* Vectors made with another implementation: Python's hashlib.blake2b (key = the seed as 8 bytes
 * little endian and 24 zero bytes, message = the context and the index as 8 bytes) and a ChaCha20
 * block function written from the RFC, with a 64-bit counter and an all-zero nonce. */
Test(sim_rng, first_words_equal_another_implementation)
{
    hs_rng rng;
    hs_rng_init(&rng, 11, "miner shares", 3);
    cr_assert_eq(hs_rng_u64(&rng), 0x01dc8a4b41f38d91ull);
    cr_assert_eq(hs_rng_u64(&rng), 0x41f1814960b31e4cull);
    for (int i = 2; i < 16; i++) {
        (void)hs_rng_u64(&rng);
    }
    cr_assert_eq(hs_rng_u64(&rng), 0x6111679e4ee613a2ull, "the third block follows the second");
}

Test(sim_rng, seed_context_and_index_each_make_another_stream)
{
    hs_rng a, b, c, d, again;
    hs_rng_init(&a, 1, "tips", 0);
    hs_rng_init(&b, 2, "tips", 0);
    hs_rng_init(&c, 1, "tipt", 0);
    hs_rng_init(&d, 1, "tips", 1);
    hs_rng_init(&again, 1, "tips", 0);
    const uint64_t word = hs_rng_u64(&a);
    cr_assert_neq(word, hs_rng_u64(&b));
    cr_assert_neq(word, hs_rng_u64(&c));
    cr_assert_neq(word, hs_rng_u64(&d));
    cr_assert_eq(word, hs_rng_u64(&again));
}

Test(sim_rng, logarithm_and_exponential_agree_with_the_library)
{
    for (double x = 1e-12; x < 1e12; x *= 1.37) {
        const double scale = fabs(log(x)) > 1.0 ? fabs(log(x)) : 1.0;
        cr_assert_lt(fabs(hs_ln(x) - log(x)), 4e-15 * scale, "ln");
    }
    cr_assert_eq(hs_ln(1.0), 0.0);
    for (double x = -40.0; x < 40.0; x += 0.173) {
        cr_assert_lt(fabs(hs_exp(x) / exp(x) - 1.0), 1e-13, "exp");
    }
    cr_assert_eq(hs_exp(0.0), 1.0);
}

Test(sim_rng, draws_have_the_moments_of_their_laws)
{
    enum { N = 400000 };
    hs_rng rng;
    double sums[6] = {0};
    uint32_t below[7] = {0};
    hs_rng_init(&rng, 5, "test", 0);
    for (int i = 0; i < N; i++) {
        const double u = hs_rng_uniform(&rng);
        const double e = hs_rng_exponential(&rng);
        const double n = hs_rng_normal(&rng);
        cr_assert(u >= 0.0 && u < 1.0 && e >= 0.0);
        sums[0] += u;
        sums[1] += u * u;
        sums[2] += e;
        sums[3] += e * e;
        sums[4] += n;
        sums[5] += n * n;
        below[hs_rng_below(&rng, 7)]++;
    }
    /* Five standard errors each. */
    cr_assert_float_eq(sums[0] / N, 0.5, 0.0023);
    cr_assert_float_eq(sums[1] / N, 1.0 / 3.0, 0.0024);
    cr_assert_float_eq(sums[2] / N, 1.0, 0.0080);
    cr_assert_float_eq(sums[3] / N, 2.0, 0.0360);
    cr_assert_float_eq(sums[4] / N, 0.0, 0.0080);
    cr_assert_float_eq(sums[5] / N, 1.0, 0.0112);
    for (int i = 0; i < 7; i++) {
        cr_assert_float_eq((double)below[i], N / 7.0, 5.0 * sqrt(N / 7.0));
    }
}
