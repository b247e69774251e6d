/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/sv2/f32.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* 0.d1d2d3... * 10^point with d1 != 0. 2^26 * 5^151 has 114 digits, 2^129 has 39. */
enum { DIGITS_MAX = 128 };
typedef struct decimal {
    uint8_t digit[DIGITS_MAX];
    int count;
    int point;
} decimal;

/* Multiplies the little-endian digits by 2 or 5. */
static int multiply(uint8_t *digits, int count, unsigned factor)
{
    unsigned carry = 0;
    for (int i = 0; i < count; i++) {
        const unsigned product = digits[i] * factor + carry;
        digits[i] = (uint8_t)(product % 10);
        carry = product / 10;
    }
    if (carry > 0 && count < DIGITS_MAX) {
        digits[count++] = (uint8_t)carry;
    }
    return count;
}

/* mantissa * 2^exponent, exactly; mantissa > 0, -151 <= exponent <= 104. */
static decimal exactly(uint64_t mantissa, int exponent)
{
    uint8_t reversed[DIGITS_MAX];
    int count = 0;
    for (uint64_t rest = mantissa; rest > 0; rest /= 10) {
        reversed[count++] = (uint8_t)(rest % 10);
    }
    for (int i = 0; i < exponent; i++) {
        count = multiply(reversed, count, 2);
    }
    for (int i = 0; i < -exponent; i++) { /* m * 2^-k = m * 5^k * 10^-k */
        count = multiply(reversed, count, 5);
    }
    decimal out;
    memset(&out, 0, sizeof out);
    out.count = count;
    out.point = exponent < 0 ? count + exponent : count;
    for (int i = 0; i < count; i++) {
        out.digit[i] = reversed[count - 1 - i];
    }
    return out;
}

static int digit_at(const decimal *d, int index)
{
    return index < d->count ? d->digit[index] : 0;
}

/* <0, 0, >0 as a is below, equal to, above b. */
static int compare(const decimal *a, const decimal *b)
{
    if (a->point != b->point) {
        return a->point < b->point ? -1 : 1;
    }
    for (int i = 0; i < DIGITS_MAX; i++) {
        if (digit_at(a, i) != digit_at(b, i)) {
            return digit_at(a, i) - digit_at(b, i);
        }
    }
    return 0;
}

/* Must `d`, cut to its first `places` digits, be rounded up (to nearest, a tie to even)? */
static int rounds_up(const decimal *d, int places)
{
    const int next = digit_at(d, places);
    int sticky = 0;
    for (int i = places + 1; i < d->count; i++) {
        sticky |= d->digit[i];
    }
    return next > 5 || (next == 5 && (sticky != 0 || (d->digit[places - 1] & 1) != 0));
}

static decimal rounded(const decimal *d, int places)
{
    decimal out = *d;
    if (places >= d->count) {
        return out;
    }
    out.count = places;
    if (rounds_up(d, places)) {
        int i = places - 1;
        while (i >= 0 && out.digit[i] == 9) {
            out.digit[i--] = 0;
        }
        if (i >= 0) {
            out.digit[i]++;
        } else { /* all nines */
            out.digit[0] = 1;
            out.point++;
        }
    }
    while (out.count > 1 && out.digit[out.count - 1] == 0) {
        out.count--;
    }
    return out;
}

/* The shortest rounding of m * 2^e that lies between the midpoints to the neighbouring floats. */
static decimal shortest(uint64_t mantissa, int exponent)
{
    const decimal exact = exactly(mantissa, exponent);
    const int at_power_of_two = mantissa == 1u << 23 && exponent > -149;
    const decimal low = at_power_of_two ? exactly(4 * mantissa - 1, exponent - 2)
                                        : exactly(2 * mantissa - 1, exponent - 1);
    const decimal high = exactly(2 * mantissa + 1, exponent - 1);
    const int ties_are_ours = (mantissa & 1) == 0;
    for (int places = 1; places < 9; places++) {
        const decimal candidate = rounded(&exact, places);
        const int below = compare(&low, &candidate);
        const int above = compare(&candidate, &high);
        if ((below < 0 && above < 0) || (ties_are_ours && below <= 0 && above <= 0)) {
            return candidate;
        }
    }
    return rounded(&exact, 9); /* nine digits tell any two floats apart */
}

static size_t put_decimal(const decimal *d, char *out)
{
    size_t len = 0;
    if (d->point <= 0) {
        out[len++] = '0';
    }
    for (int i = 0; i < d->point; i++) {
        out[len++] = (char)('0' + digit_at(d, i));
    }
    if (d->count > d->point) {
        out[len++] = '.';
        for (int i = d->point; i < 0; i++) {
            out[len++] = '0';
        }
        for (int i = d->point > 0 ? d->point : 0; i < d->count; i++) {
            out[len++] = (char)('0' + d->digit[i]);
        }
    }
    out[len] = '\0';
    return len;
}

size_t hs_sv2_f32_text(float value, char out[HS_SV2_F32_TEXT_SIZE])
{
    uint32_t bits = 0;
    memcpy(&bits, &value, sizeof bits);
    const uint32_t biased = bits >> 23 & 0xff;
    const uint64_t fraction = bits & 0x7fffff;
    if (!isfinite(value) || value <= 0.0F) {
        memcpy(out, "0", 2);
        return 1;
    }
    const decimal d =
        biased == 0 ? shortest(fraction, -149) : shortest(fraction | 1u << 23, (int)biased - 150);
    return put_decimal(&d, out);
}
