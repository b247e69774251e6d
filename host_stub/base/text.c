/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/base/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const uint64_t POWER_OF_TEN[] = {1ull,         10ull,        100ull,     1000ull,
                                        10000ull,     100000ull,    1000000ull, 10000000ull,
                                        100000000ull, 1000000000ull};

/* Reads digits into value = whole * 10^-decimals; returns how many characters were used, 0 = no
 * number. */
static size_t read_decimal(const char *text, uint64_t *whole, unsigned *decimals)
{
    size_t n = 0;
    uint64_t value = 0;
    unsigned after = 0;
    while (n < 12 && text[n] >= '0' && text[n] <= '9') {
        value = value * 10 + (uint64_t)(text[n] - '0');
        n++;
    }
    if (n == 0) {
        return 0;
    }
    if (text[n] == '.') {
        n++;
        while (after < 6 && text[n] >= '0' && text[n] <= '9') {
            value = value * 10 + (uint64_t)(text[n] - '0');
            after++;
            n++;
        }
        if (after == 0) {
            return 0;
        }
    }
    *whole = value;
    *decimals = after;
    return n;
}

int hs_parse_decimal(const char *text, double *out)
{
    uint64_t whole = 0;
    unsigned decimals = 0;
    const size_t n = read_decimal(text, &whole, &decimals);
    if (n == 0 || text[n] != '\0') {
        return -1;
    }
    /* One correctly rounded division: the double nearest to what was written. */
    *out = (double)whole / (double)POWER_OF_TEN[decimals];
    return 0;
}

int hs_parse_whole(const char *text, uint64_t *out)
{
    uint64_t value = 0;
    size_t n = 0;
    for (; text[n] >= '0' && text[n] <= '9'; n++) {
        const uint64_t digit = (uint64_t)(text[n] - '0');
        if (value > (UINT64_MAX - digit) / 10) {
            return -1;
        }
        value = value * 10 + digit;
    }
    if (n == 0 || text[n] != '\0') {
        return -1;
    }
    *out = value;
    return 0;
}

int hs_parse_duration(const char *text, uint64_t *seconds)
{
    static const struct {
        const char *name;
        uint64_t seconds;
    } UNITS[] = {{"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}};
    uint64_t whole = 0;
    unsigned decimals = 0;
    const size_t n = read_decimal(text, &whole, &decimals);
    if (n == 0 || whole > 1000000000000ull) {
        return -1;
    }
    for (size_t i = 0; i < sizeof UNITS / sizeof UNITS[0]; i++) {
        if (strcmp(text + n, UNITS[i].name) == 0) {
            const uint64_t scaled = whole * UNITS[i].seconds;
            if (scaled % POWER_OF_TEN[decimals] != 0) {
                return -1;
            }
            *seconds = scaled / POWER_OF_TEN[decimals];
            return 0;
        }
    }
    return -1;
}

size_t hs_utf8(const void *data, size_t len, uint32_t *character)
{
    static const uint32_t LEAST[] = {0, 0, 0x80, 0x800, 0x10000};
    const uint8_t *const s = data;
    const size_t size = s[0] < 0x80 ? 1 : s[0] < 0xc0 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    if (size == 0 || size > len || s[0] > 0xf4) {
        return 0;
    }
    uint32_t code = size == 1 ? s[0] : s[0] & (0x7fU >> size);
    for (size_t i = 1; i < size; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            return 0;
        }
        code = code << 6 | (s[i] & 0x3fU);
    }
    if (code < LEAST[size] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
        return 0;
    }
    *character = code;
    return size;
}

static const char HEX[] = "0123456789abcdef0123456789ABCDEF";

int hs_hex_digit(char digit)
{
    const char *const at = digit != '\0' ? strchr(HEX, digit) : NULL;
    return at != NULL ? (int)((at - HEX) % 16) : -1;
}

char *hs_hex(char *to, const void *data, size_t len)
{
    const uint8_t *const bytes = data;
    for (size_t i = 0; i < len; i++) {
        to[2 * i] = HEX[bytes[i] >> 4];
        to[2 * i + 1] = HEX[bytes[i] & 15];
    }
    to[2 * len] = '\0';
    return to;
}

int hs_parse_address(const char *text, uint16_t least_port, char *host, size_t host_capacity,
                     uint16_t *port)
{
    const int bracketed = text[0] == '[';
    const char *const begin = text + bracketed;
    const size_t len = strcspn(begin, bracketed ? "[]" : "[]:");
    const char *const end = begin + len + bracketed;
    uint64_t number = 0;
    if (len == 0 || len >= host_capacity || (bracketed && begin[len] != ']') || *end != ':' ||
        hs_parse_whole(end + 1, &number) != 0 || number < least_port || number > UINT16_MAX) {
        return -1;
    }
    memcpy(host, begin, len);
    host[len] = '\0';
    *port = (uint16_t)number;
    return 0;
}

const char *hs_format_fixed(char *to, size_t capacity, double value, unsigned decimals)
{
    const unsigned places = decimals > 9 ? 9 : decimals;
    const double magnitude = fabs(value) * (double)POWER_OF_TEN[places];
    if (!isfinite(value) || magnitude > 9e15) {
        snprintf(to, capacity, "-");
        return to;
    }
    const uint64_t units = (uint64_t)(magnitude + 0.5);
    const char *const sign = value < 0 && units > 0 ? "-" : "";
    const uint64_t whole = units / POWER_OF_TEN[places];
    const uint64_t rest = units % POWER_OF_TEN[places];
    if (places == 0) {
        snprintf(to, capacity, "%s%" PRIu64, sign, whole);
    } else {
        snprintf(to, capacity, "%s%" PRIu64 ".%0*" PRIu64, sign, whole, (int)places, rest);
    }
    return to;
}

double hs_round_decimals(double value, unsigned decimals)
{
    const double scale = (double)POWER_OF_TEN[decimals > 9 ? 9 : decimals];
    const double magnitude = fabs(value) * scale;
    if (!isfinite(value) || magnitude > 9e15) {
        return value;
    }
    const double rounded = (double)(uint64_t)(magnitude + 0.5) / scale;
    return value < 0 && rounded > 0 ? -rounded : rounded;
}

int hs_refuse(char *why, size_t capacity, const char *format, ...)
{
    if (capacity > 0) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(why, capacity, format, arguments);
        va_end(arguments);
    }
    return -1;
}
