/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/base/rng.h"

#include <math.h>
#include <sodium.h>
#include <string.h>

#define LN2 0.69314718055994530942

static void put_u64(uint8_t *to, uint64_t value)
{
    for (int i = 0; i < 8; i++) {
        to[i] = (uint8_t)(value >> (8 * i));
    }
}

static uint64_t get_u64(const uint8_t *from)
{
    uint64_t value = 0;
    for (int i = 7; i >= 0; i--) {
        value = (value << 8) | from[i];
    }
    return value;
}

void hs_rng_init(hs_rng *rng, uint64_t seed, const char *context, uint64_t index)
{
    uint8_t master[crypto_generichash_KEYBYTES] = {0};
    uint8_t message[64 + 8];
    const size_t len = strnlen(context, 64);
    memset(rng, 0, sizeof *rng);
    put_u64(master, seed);
    memcpy(message, context, len);
    put_u64(message + len, index);
    (void)crypto_generichash(rng->key, sizeof rng->key, message, len + 8, master, sizeof master);
    rng->used = HS_RNG_WORDS;
}

static void refill(hs_rng *rng)
{
    static const uint8_t nonce[crypto_stream_chacha20_NONCEBYTES];
    uint8_t bytes[8 * HS_RNG_WORDS] = {0};
    (void)crypto_stream_chacha20_xor_ic(bytes, bytes, sizeof bytes, nonce, rng->block, rng->key);
    rng->block += sizeof bytes / 64;
    for (int i = 0; i < HS_RNG_WORDS; i++) {
        rng->words[i] = get_u64(bytes + (size_t)i * 8);
    }
    rng->used = 0;
}

uint64_t hs_rng_u64(hs_rng *rng)
{
    if (rng->used == HS_RNG_WORDS) {
        refill(rng);
    }
    return rng->words[rng->used++];
}

double hs_rng_uniform(hs_rng *rng)
{
    return (double)(hs_rng_u64(rng) >> 11) * (1.0 / 9007199254740992.0);
}

double hs_rng_exponential(hs_rng *rng)
{
    return -hs_ln(1.0 - hs_rng_uniform(rng));
}

double hs_rng_normal(hs_rng *rng)
{
    /* Marsaglia's polar method. A pair falls outside the circle with probability 0.22: 200 misses
     * in a row do not happen, and the bound is there because every loop has one. */
    for (int i = 0; i < 200; i++) {
        const double a = 2.0 * hs_rng_uniform(rng) - 1.0;
        const double b = 2.0 * hs_rng_uniform(rng) - 1.0;
        const double s = a * a + b * b;
        if (s > 0.0 && s < 1.0) {
            return a * sqrt(-2.0 * hs_ln(s) / s);
        }
    }
    return 0.0;
}

uint32_t hs_rng_below(hs_rng *rng, uint32_t n)
{
    return (uint32_t)(((hs_rng_u64(rng) >> 32) * n) >> 32);
}

double hs_ln(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int exponent = (int)((bits >> 52) & 0x7ff) - 1023;
    bits = (bits & 0xfffffffffffffull) | 0x3ff0000000000000ull;
    double m; /* 1 <= m < 2 */
    memcpy(&m, &bits, sizeof m);
    if (m > 1.41421356237309504880) {
        m *= 0.5;
        exponent++;
    }
    /* ln m = 2 atanh(s) = 2 (s + s^3/3 + ...), |s| <= 0.1716: s^23 is below 1e-17. */
    const double s = (m - 1.0) / (m + 1.0);
    const double q = s * s;
    double sum = 0.0;
    for (int k = 21; k >= 1; k -= 2) {
        sum = sum * q + 1.0 / (double)k;
    }
    return (double)exponent * LN2 + 2.0 * s * sum;
}

double hs_exp(double x)
{
    /* exp(x) = exp(x / 1024)^1024; the series at |y| <= 0.69 needs 18 terms. */
    double y = x;
    int halvings = 0;
    while ((y > 0.5 || y < -0.5) && halvings < 12) {
        y *= 0.5;
        halvings++;
    }
    double sum = 1.0;
    for (int k = 18; k >= 1; k--) {
        sum = 1.0 + sum * y / (double)k;
    }
    for (int i = 0; i < halvings; i++) {
        sum *= sum;
    }
    return sum;
}
