/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * base/rng: the simulator's randomness and the few functions of analysis that it needs, equal bit
 * for bit on every compiler and machine. Bits are libsodium's ChaCha20 stream; a stream's key is
 * derived from the run's seed, a context text and an index by keyed hashing, so that a draw added
 * in one place shifts no other. Logarithm and exponential are our own, made of + - * / alone: those
 * of a libm differ from one to the next. It knows nothing of miners and pools. */
#ifndef HOST_STUB_BASE_RNG_H
#define HOST_STUB_BASE_RNG_H

#include <stdint.h>

enum { HS_RNG_WORDS = 16 };

typedef struct hs_rng {
    uint8_t key[32];
    uint64_t block; /* of 64 bytes, the next to be made */
    uint32_t used;  /* words of `words` already drawn */
    uint64_t words[HS_RNG_WORDS];
} hs_rng;

/* Starts the stream (seed, context, index). `context` is a text of 1..64 characters. */
void hs_rng_init(hs_rng *rng, uint64_t seed, const char *context, uint64_t index);

uint64_t hs_rng_u64(hs_rng *rng);
/* 0 <= u < 1, 53 bits. */
double hs_rng_uniform(hs_rng *rng);
/* Mean 1. */
double hs_rng_exponential(hs_rng *rng);
/* Mean 0, standard deviation 1. */
double hs_rng_normal(hs_rng *rng);
/* 0..n-1; n from 1. */
uint32_t hs_rng_below(hs_rng *rng, uint32_t n);

/* Natural logarithm of a normal double x > 0, and exp(x) for |x| <= 700; relative error below
 * 1e-14. */
double hs_ln(double x);
double hs_exp(double x);

#endif
