/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/noise/ellswift.h"

#include <gmp.h>
#include <sodium.h>
#include <string.h>

_Static_assert(GMP_NUMB_BITS == 64, "the constants below are limbs of 64 bits");

/* The field's prime, 2^256 - 2^32 - 977, and the root of -3 that BIP324 calls c. */
static const mp_limb_t PRIME_LIMBS[] = {0xfffffffefffffc2f, 0xffffffffffffffff, 0xffffffffffffffff,
                                        0xffffffffffffffff};
static const mp_limb_t ROOT_LIMBS[] = {0x7d8d27ae1cd5f852, 0xc61f6d15da14ecd4, 0x233770c2a797962c,
                                       0x0a2d2ba93507f1df};
static const mpz_t P = MPZ_ROINIT_N((mp_limb_t *)PRIME_LIMBS, 4);
static const mpz_t C = MPZ_ROINIT_N((mp_limb_t *)ROOT_LIMBS, 4);

enum { TRIES_MAX = 1024 }; /* each succeeds with a chance of about one in four */

/* ---- the field: numbers from 0 to P - 1 ---- */

static void get(mpz_t r, const uint8_t bytes[32])
{
    mpz_import(r, 32, 1, 1, 1, 0, bytes);
    mpz_mod(r, r, P);
}

static void put(uint8_t bytes[32], const mpz_t a)
{
    const size_t len = mpz_sgn(a) == 0 ? 0 : (mpz_sizeinbase(a, 2) + 7) / 8;
    memset(bytes, 0, 32);
    (void)mpz_export(bytes + 32 - len, NULL, 1, 1, 1, 0, a);
}

static void multiply(mpz_t r, const mpz_t a, const mpz_t b)
{
    mpz_mul(r, a, b);
    mpz_mod(r, r, P);
}

/* r = a / b; b is not 0. */
static void divide(mpz_t r, const mpz_t a, const mpz_t b)
{
    mpz_t inverse;
    mpz_init(inverse);
    (void)mpz_invert(inverse, b, P);
    multiply(r, a, inverse);
    mpz_clear(inverse);
}

static void halve(mpz_t r)
{
    mpz_mod(r, r, P);
    if (mpz_odd_p(r)) {
        mpz_add(r, r, P);
    }
    mpz_tdiv_q_2exp(r, r, 1);
}

static int is_square(const mpz_t a)
{
    return mpz_sgn(a) == 0 || mpz_jacobi(a, P) == 1;
}

/* A root of a square: P is 3 modulo 4. */
static void root(mpz_t r, const mpz_t a)
{
    mpz_t exponent;
    mpz_init(exponent);
    mpz_add_ui(exponent, P, 1);
    mpz_tdiv_q_2exp(exponent, exponent, 2);
    mpz_powm(r, a, exponent, P);
    mpz_clear(exponent);
}

/* r = x^3 + 7, the square of y on the curve. */
static void curve(mpz_t r, const mpz_t x)
{
    mpz_t square;
    mpz_init(square);
    multiply(square, x, x);
    mpz_mul(r, square, x);
    mpz_add_ui(r, r, 7);
    mpz_mod(r, r, P);
    mpz_clear(square);
}

static int is_on_curve(const mpz_t x)
{
    mpz_t y2;
    mpz_init(y2);
    curve(y2, x);
    const int on = is_square(y2);
    mpz_clear(y2);
    return on;
}

/* ---- from bytes to x: the function XSwiftEC of BIP324 ---- */

/* The three values of which one at least is on the curve, in the order in which they count. */
static void candidate(mpz_t r, int which, const mpz_t u, const mpz_t big_x, const mpz_t big_y)
{
    if (which == 0) {
        multiply(r, big_y, big_y);
        mpz_mul_2exp(r, r, 2);
        mpz_add(r, r, u);
        mpz_mod(r, r, P);
        return;
    }
    divide(r, big_x, big_y);
    if (which == 1) {
        mpz_neg(r, r);
    }
    mpz_sub(r, r, u);
    halve(r);
}

static void swift(mpz_t x, mpz_t u, mpz_t t)
{
    mpz_t y2, t2, big_x, big_y;
    mpz_inits(y2, t2, big_x, big_y, NULL);
    curve(y2, u);
    multiply(t2, t, t);
    mpz_add(big_x, y2, t2);
    if (mpz_divisible_p(big_x, P)) {
        mpz_mul_2exp(t, t, 1);
        multiply(t2, t, t);
    }
    mpz_sub(big_x, y2, t2);
    mpz_mul_2exp(big_y, t, 1);
    divide(big_x, big_x, big_y);
    mpz_add(big_y, big_x, t);
    multiply(t2, C, u);
    divide(big_y, big_y, t2);
    for (int which = 0; which < 3; which++) {
        candidate(x, which, u, big_x, big_y);
        if (is_on_curve(x)) {
            break;
        }
    }
    mpz_clears(y2, t2, big_x, big_y, NULL);
}

void hs_ellswift_decode(const uint8_t encoded[HS_ELLSWIFT_SIZE], uint8_t x[HS_ELLSWIFT_X_SIZE])
{
    mpz_t u, t, found;
    mpz_inits(u, t, found, NULL);
    get(u, encoded);
    get(t, encoded + 32);
    if (mpz_sgn(u) == 0) {
        mpz_set_ui(u, 1);
    }
    if (mpz_sgn(t) == 0) {
        mpz_set_ui(t, 1);
    }
    swift(found, u, t);
    put(x, found);
    mpz_clears(u, t, found, NULL);
}

/* ---- from x to bytes: XSwiftECInv, which has eight cases, named by three bits ---- */

/* The cases without bit 1: v is x itself. 0 with v and s, or -1: there is no t. */
static int invert_at_x(mpz_t v, mpz_t s, const mpz_t x, const mpz_t u)
{
    mpz_t sum;
    mpz_init(sum);
    mpz_add(sum, x, u);
    mpz_neg(sum, sum);
    mpz_mod(sum, sum, P);
    const int found = !is_on_curve(sum);
    if (found) {
        mpz_set(v, x);
        /* u^2 + u x + x^2 = (u + x)^2 - u x, and (u + x)^2 is that of its negative. */
        mpz_mul(sum, sum, sum);
        mpz_submul(sum, u, x);
        mpz_mod(sum, sum, P);
        curve(s, u);
        mpz_neg(s, s);
        divide(s, s, sum);
    }
    mpz_clear(sum);
    return found ? 0 : -1;
}

/* The cases with bit 1: s is x - u. */
static int invert_beside_x(mpz_t v, mpz_t s, const mpz_t x, const mpz_t u, int other_root)
{
    mpz_t r, a;
    int found = 0;
    mpz_inits(r, a, NULL);
    mpz_sub(s, x, u);
    mpz_mod(s, s, P);
    /* r = -s (4 (u^3 + 7) + 3 s u^2) */
    curve(a, u);
    mpz_mul_2exp(a, a, 2);
    multiply(r, u, u);
    mpz_mul(r, r, s);
    mpz_addmul_ui(a, r, 3);
    mpz_mul(r, a, s);
    mpz_neg(r, r);
    mpz_mod(r, r, P);
    if (mpz_sgn(s) != 0 && is_square(r) && !(other_root && mpz_sgn(r) == 0)) {
        root(r, r);
        divide(v, r, s);
        mpz_sub(v, v, u);
        halve(v);
        found = 1;
    }
    mpz_clears(r, a, NULL);
    return found ? 0 : -1;
}

static int invert(mpz_t t, const mpz_t x, const mpz_t u, unsigned which)
{
    mpz_t v, s, w;
    mpz_inits(v, s, w, NULL);
    const int rc =
        (which & 2) == 0 ? invert_at_x(v, s, x, u) : invert_beside_x(v, s, x, u, (which & 1) != 0);
    const int found = rc == 0 && is_square(s);
    if (found) {
        root(w, s);
        mpz_set_ui(t, 1);
        if ((which & 1) != 0) {
            mpz_add(t, t, C);
        } else {
            mpz_sub(t, t, C);
        }
        mpz_mul(t, t, u);
        halve(t);
        mpz_add(t, t, v);
        mpz_mul(t, t, w);
        if ((which & 5) == 0 || (which & 5) == 5) {
            mpz_neg(t, t);
        }
        mpz_mod(t, t, P);
    }
    mpz_clears(v, s, w, NULL);
    return found ? 0 : -1;
}

int hs_ellswift_encode(const uint8_t x[HS_ELLSWIFT_X_SIZE], uint8_t encoded[HS_ELLSWIFT_SIZE])
{
    mpz_t point, u, t;
    uint8_t chance[33];
    int rc = -1;
    mpz_inits(point, u, t, NULL);
    get(point, x);
    for (int i = 0; rc != 0 && i < TRIES_MAX; i++) {
        randombytes_buf(chance, sizeof chance);
        get(u, chance);
        if (mpz_sgn(u) != 0) {
            rc = invert(t, point, u, chance[32] & 7u);
        }
    }
    put(encoded, u);
    put(encoded + 32, t);
    mpz_clears(point, u, t, NULL);
    return rc;
}
