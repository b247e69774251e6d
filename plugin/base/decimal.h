/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * decimal: the numbers of the configuration, read and printed the same under every locale.
 *
 * A configured number has at most nine digits before the point and six after it. It is therefore an
 * integer n of millionths, |n| < 10^15, and the double that stands for it is n / 1e6, correctly
 * rounded. Reading makes n and divides once; printing finds n again exactly; neither needs strtod
 * nor printf, whose answers depend on the locale of the process that we are a guest in. Leaves to
 * others: which range a number must lie in.
 */
#ifndef PLUGIN_BASE_DECIMAL_H
#define PLUGIN_BASE_DECIMAL_H

#include <stddef.h>
#include <stdint.h>

#define HM_DECIMAL_TEXT_SIZE 20 /* "-999999999.999999" and NUL fit */
#define HM_DECIMAL_MICROS    1000000
#define HM_DECIMAL_DIGITS    9 /* before the point */
#define HM_DECIMAL_PLACES    6 /* after it */

/* Why a text is no number. */
typedef enum hm_decimal_refusal {
    HM_DECIMAL_OK = 0,
    HM_DECIMAL_EMPTY,
    HM_DECIMAL_NOT_A_NUMBER, /* does not begin as one */
    HM_DECIMAL_NAN,
    HM_DECIMAL_INFINITY,
    HM_DECIMAL_COMMA,           /* a comma where a point is wanted */
    HM_DECIMAL_EXPONENT,        /* 1e3, 0x1p3 */
    HM_DECIMAL_TOO_MANY_DIGITS, /* before the point */
    HM_DECIMAL_TOO_MANY_PLACES, /* after the point */
    HM_DECIMAL_BARE_POINT,      /* ".5" or "5." */
    HM_DECIMAL_TRAILING,        /* something follows the number: "60 %" */
    HM_DECIMAL_NOT_WHOLE,       /* a whole number is wanted: "2.5" */
    HM_DECIMAL_NEGATIVE,        /* a whole number from 0 up is wanted: "-1" */
    HM_DECIMAL_REFUSALS
} hm_decimal_refusal;

/* The second half of the sentence "'x' ...", for example "is not a number". Static. */
const char *hm_decimal_reason(hm_decimal_refusal refusal);

/* Reads `len` bytes: [+-] digits [. digits]. *out is written on HM_DECIMAL_OK only. The range is
 * the caller's business, the sign too. -0 becomes 0. */
hm_decimal_refusal hm_decimal_parse(const char *text, size_t len, double *out);

/* Reads a whole number, 0 up, [+] digits; at most 20 characters. *out on HM_DECIMAL_OK only. */
hm_decimal_refusal hm_decimal_parse_whole(const char *text, size_t len, uint64_t *out);

/* The number in millionths, rounded half away from zero. Returns 0, or -1 when the value is not
 * finite or has more than nine digits before the point: then *out is left alone. */
int hm_decimal_micros(double value, int64_t *out);

/* The double that stands for n millionths. */
double hm_decimal_from_micros(int64_t micros);

/* The value rounded to six places, as the configuration file would have it. Returns 0, or -1 as
 * hm_decimal_micros does. */
int hm_decimal_round(double value, double *out);

/* Prints the shortest text that reads back as the value rounded to six places, no exponent, no
 * trailing zeros. Returns its length; 0 (and an empty text) where hm_decimal_micros fails. */
size_t hm_decimal_print(double value, char out[HM_DECIMAL_TEXT_SIZE]);

#endif
