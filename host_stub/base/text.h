/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * base/text: numbers, durations and addresses as people write them, read and printed the same
 * under every locale (no strtod, no printf of a double). It leaves to its callers which values make
 * sense. */
#ifndef HOST_STUB_BASE_TEXT_H
#define HOST_STUB_BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* "12", "0.5": 1..12 digits, then at most 6 after a point; no sign, no exponent, no blanks. 0 on
 * success. */
int hs_parse_decimal(const char *text, double *out);

/* "0".."18446744073709551615", digits only. 0 on success. */
int hs_parse_whole(const char *text, uint64_t *out);

/* A decimal and a unit, "90s", "20min", "6.5h" or "2d", that make a whole number of seconds. 0 on
 * success. */
int hs_parse_duration(const char *text, uint64_t *seconds);

/* Bytes (1 to 4) of the well-formed UTF-8 character (RFC 3629: the shortest form, no surrogates)
 * that the `len` > 0 bytes at `data` begin with, and the character; 0 when they begin with none. */
size_t hs_utf8(const void *data, size_t len, uint32_t *character);

/* The digit's value, 0 to 15 in either case; -1 for what is none. */
int hs_hex_digit(char digit);

/* The bytes as 2 * len small digits and a NUL. Returns `to`. */
char *hs_hex(char *to, const void *data, size_t len);

/* "HOST:PORT" or "[IPV6]:PORT" with a port from least_port to 65535; whether the host exists is not
 * asked. Nothing is written unless all of it is right. 0 on success. */
int hs_parse_address(const char *text, uint16_t least_port, char *host, size_t host_capacity,
                     uint16_t *port);

/* `value` with `decimals` (0..9) digits after the point, half away from zero; "-" for what is not
 * finite or beyond 9e15. Cut to `capacity` > 0. Returns `to`, for use inside a printf. */
const char *hs_format_fixed(char *to, size_t capacity, double value, unsigned decimals);

/* `value` rounded to `decimals` (0..9) digits, half away from zero, for printing by others. */
double hs_round_decimals(double value, unsigned decimals);

/* printf into `why`, cut to `capacity` (0 = nothing is written); use only %s %c and whole numbers.
 * Returns -1, so that a refusal is one line: return hs_refuse(...). */
int hs_refuse(char *why, size_t capacity, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
