/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/base/decimal.h"

#include <math.h>
#include <string.h>

#define MICROS_MAX INT64_C(999999999999999) /* nine digits, six places */

const char *hm_decimal_reason(hm_decimal_refusal refusal)
{
    static const char *const reasons[HM_DECIMAL_REFUSALS] = {
        [HM_DECIMAL_OK] = "is a number",
        [HM_DECIMAL_EMPTY] = "is empty",
        [HM_DECIMAL_NOT_A_NUMBER] = "is not a number",
        [HM_DECIMAL_NAN] = "is not a number (nan)",
        [HM_DECIMAL_INFINITY] = "is not finite",
        [HM_DECIMAL_COMMA] = "has a comma; write a point before the decimals and no separators",
        [HM_DECIMAL_EXPONENT] = "has an exponent; write the number out",
        [HM_DECIMAL_TOO_MANY_DIGITS] = "has too many digits before the point",
        [HM_DECIMAL_TOO_MANY_PLACES] = "has more than six decimals",
        [HM_DECIMAL_BARE_POINT] = "needs a digit before and after the point",
        [HM_DECIMAL_TRAILING] = "has something after the number; write the number alone",
        [HM_DECIMAL_NOT_WHOLE] = "is not a whole number",
        [HM_DECIMAL_NEGATIVE] = "is negative",
    };
    return (unsigned)refusal < HM_DECIMAL_REFUSALS ? reasons[refusal] : "is not a number";
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Does the text begin with `word` (lower case), whatever its own case? */
static int begins_with(const char *text, size_t len, const char *word)
{
    const size_t n = strlen(word);
    if (len < n) {
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        const char c = text[i];
        if ((c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c) != word[i]) {
            return 0;
        }
    }
    return 1;
}

/* Names what stands where a digit is wanted. `len` > 0. */
static hm_decimal_refusal name_beginning(const char *text, size_t len)
{
    if (begins_with(text, len, "nan")) {
        return HM_DECIMAL_NAN;
    }
    if (begins_with(text, len, "inf")) {
        return HM_DECIMAL_INFINITY;
    }
    if (text[0] == '.' && len > 1 && is_digit(text[1])) {
        return HM_DECIMAL_BARE_POINT;
    }
    return HM_DECIMAL_NOT_A_NUMBER;
}

/* Names what follows the digits. `len` > 0. */
static hm_decimal_refusal name_rest(const char *text, size_t len)
{
    if (text[0] == ',') {
        return HM_DECIMAL_COMMA;
    }
    if ((text[0] == 'e' || text[0] == 'E') && len > 1 &&
        (is_digit(text[1]) || text[1] == '+' || text[1] == '-')) {
        return HM_DECIMAL_EXPONENT;
    }
    return HM_DECIMAL_TRAILING;
}

hm_decimal_refusal hm_decimal_parse(const char *text, size_t len, double *out)
{
    if (len == 0) {
        return HM_DECIMAL_EMPTY;
    }
    const int negative = text[0] == '-';
    size_t at = negative || text[0] == '+' ? 1 : 0;
    const size_t first = at;
    int64_t micros = 0;
    for (; at < len && is_digit(text[at]); at++) {
        if (at - first >= HM_DECIMAL_DIGITS) {
            return HM_DECIMAL_TOO_MANY_DIGITS;
        }
        micros = micros * 10 + (text[at] - '0');
    }
    if (at == first) {
        return at < len ? name_beginning(text + at, len - at) : HM_DECIMAL_NOT_A_NUMBER;
    }
    size_t places = 0;
    if (at < len && text[at] == '.') {
        at++;
        for (; at < len && is_digit(text[at]); at++) {
            if (places >= HM_DECIMAL_PLACES) {
                return HM_DECIMAL_TOO_MANY_PLACES;
            }
            micros = micros * 10 + (text[at] - '0');
            places++;
        }
        if (places == 0) {
            return HM_DECIMAL_BARE_POINT;
        }
    }
    if (at < len) {
        return name_rest(text + at, len - at);
    }
    for (; places < HM_DECIMAL_PLACES; places++) {
        micros *= 10;
    }
    *out = hm_decimal_from_micros(negative ? -micros : micros);
    return HM_DECIMAL_OK;
}

hm_decimal_refusal hm_decimal_parse_whole(const char *text, size_t len, uint64_t *out)
{
    if (len == 0) {
        return HM_DECIMAL_EMPTY;
    }
    const int negative = text[0] == '-';
    size_t at = negative || text[0] == '+' ? 1 : 0;
    const size_t first = at;
    uint64_t value = 0;
    for (; at < len && is_digit(text[at]); at++) {
        const uint64_t digit = (uint64_t)(text[at] - '0');
        if (value > (UINT64_MAX - digit) / 10) {
            return HM_DECIMAL_TOO_MANY_DIGITS;
        }
        value = value * 10 + digit;
    }
    if (at == first) {
        return at < len ? name_beginning(text + at, len - at) : HM_DECIMAL_NOT_A_NUMBER;
    }
    if (at < len) {
        const int point = text[at] == '.' && at + 1 < len && is_digit(text[at + 1]);
        return point ? HM_DECIMAL_NOT_WHOLE : name_rest(text + at, len - at);
    }
    if (negative) {
        return HM_DECIMAL_NEGATIVE;
    }
    *out = value;
    return HM_DECIMAL_OK;
}

int hm_decimal_micros(double value, int64_t *out)
{
    /* The bound keeps the product far inside int64_t; NaN fails the comparison too. */
    if (!(fabs(value) < 1e9)) {
        return -1;
    }
    const int64_t micros = (int64_t)llround(value * (double)HM_DECIMAL_MICROS);
    if (micros > MICROS_MAX || micros < -MICROS_MAX) {
        return -1;
    }
    *out = micros;
    return 0;
}

double hm_decimal_from_micros(int64_t micros)
{
    return (double)micros / (double)HM_DECIMAL_MICROS;
}

int hm_decimal_round(double value, double *out)
{
    int64_t micros = 0;
    if (hm_decimal_micros(value, &micros) != 0) {
        return -1;
    }
    *out = hm_decimal_from_micros(micros);
    return 0;
}

size_t hm_decimal_print(double value, char out[HM_DECIMAL_TEXT_SIZE])
{
    int64_t micros = 0;
    out[0] = '\0';
    if (hm_decimal_micros(value, &micros) != 0) {
        return 0;
    }
    const uint64_t magnitude = micros < 0 ? (uint64_t)-micros : (uint64_t)micros;
    uint64_t rest = magnitude % HM_DECIMAL_MICROS;
    uint64_t whole = magnitude / HM_DECIMAL_MICROS;
    char reversed[HM_DECIMAL_TEXT_SIZE];
    size_t n = 0;
    int significant = 0;
    for (int place = 0; place < HM_DECIMAL_PLACES; place++) {
        const char digit = (char)('0' + rest % 10);
        significant |= digit != '0';
        if (significant) {
            reversed[n++] = digit;
        }
        rest /= 10;
    }
    if (significant) {
        reversed[n++] = '.';
    }
    do {
        reversed[n++] = (char)('0' + whole % 10);
        whole /= 10;
    } while (whole > 0);
    if (micros < 0) {
        reversed[n++] = '-';
    }
    for (size_t i = 0; i < n; i++) {
        out[i] = reversed[n - 1 - i];
    }
    out[n] = '\0';
    return n;
}
