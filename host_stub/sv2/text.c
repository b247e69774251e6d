/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/sv2/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "host_stub/base/text.h"
#include "host_stub/sv2/codec.h"

enum {
    SHORT_BYTES = 12, /* longer byte strings are abbreviated to their first 4 and last 4 bytes */
    SHORT_ITEMS = 8,  /* of a sequence */
    SHORT_HASHES = 2,
    SHORT_TLVS = 4
};

typedef struct text {
    char *out;
    size_t capacity;
    size_t len; /* of the whole text */
    int brief;
} text;

static void put(text *t, const char *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (t->len + 1 < t->capacity) {
            t->out[t->len] = data[i];
        }
        t->len++;
    }
    if (t->capacity > 0) {
        t->out[t->len < t->capacity ? t->len : t->capacity - 1] = '\0';
    }
}

__attribute__((format(printf, 2, 3))) static void put_format(text *t, const char *format, ...)
{
    char buffer[96];
    va_list list;
    va_start(list, format);
    const int len = vsnprintf(buffer, sizeof buffer, format, list);
    va_end(list);
    if (len > 0) {
        put(t, buffer, (size_t)len < sizeof buffer ? (size_t)len : sizeof buffer - 1);
    }
}

static void put_hex(text *t, const uint8_t *data, size_t len)
{
    char pair[3];
    for (size_t i = 0; i < len; i++) {
        put(t, hs_hex(pair, data + i, 1), 2);
    }
}

static void put_bytes(text *t, const uint8_t *data, size_t len)
{
    if (t->brief && len > SHORT_BYTES) {
        put_hex(t, data, 4);
        put(t, "..", 2);
        put_hex(t, data + len - 4, 4);
        put_format(t, "(%zu bytes)", len);
    } else {
        put_hex(t, data, len);
    }
}

static int is_plain(uint32_t c)
{
    return c < 0x80 ? c >= 0x20 && c != 0x7f && strchr("|,\"\\", (int)c) == NULL : c >= 0xa0;
}

static void put_string(text *t, hs_sv2_bytes value)
{
    size_t at = 0;
    while (at < value.len) {
        uint32_t character = 0;
        const size_t size = hs_utf8(value.data + at, value.len - at, &character);
        if (size == 0 || !is_plain(character)) {
            put(t, "hex:", 4);
            put_bytes(t, value.data, value.len);
            return;
        }
        at += size;
    }
    put(t, "\"", 1);
    put(t, (const char *)value.data, value.len);
    put(t, "\"", 1);
}

static void put_float(text *t, const void *from)
{
    char buffer[HS_SV2_F32_TEXT_SIZE];
    float value = 0.0F;
    uint32_t bits = 0;
    memcpy(&value, from, sizeof value);
    memcpy(&bits, from, sizeof bits);
    put(t, buffer, hs_sv2_f32_text(value, buffer));
    put_format(t, "(0x%08" PRIx32 ")", bits);
}

static void put_seq(text *t, enum hs_sv2_kind kind, const hs_sv2_seq *seq)
{
    const uint32_t most = kind == HS_SV2_SEQ0_255_U256 ? SHORT_HASHES : SHORT_ITEMS;
    const uint32_t shown = t->brief && seq->count > most ? most : seq->count;
    put(t, "[", 1);
    for (uint32_t i = 0; i < shown; i++) {
        put(t, ";", i > 0 ? 1 : 0);
        if (kind == HS_SV2_SEQ0_255_U256) {
            put_bytes(t, seq->data + (size_t)i * 32, 32);
        } else if (kind == HS_SV2_SEQ0_64K_U32) {
            put_format(t, "%" PRIu32, hs_sv2_seq_u32(seq, i));
        } else {
            put_format(t, "%u", (unsigned)hs_sv2_seq_u16(seq, i));
        }
    }
    if (shown < seq->count) {
        put_format(t, ";..(%" PRIu32 " items)", seq->count);
    }
    put(t, "]", 1);
}

static void put_number(text *t, enum hs_sv2_kind kind, const void *from)
{
    uint32_t value = 0;
    memcpy(&value, from, sizeof value);
    if (kind == HS_SV2_X32) {
        put_format(t, "0x%08" PRIx32, value);
    } else if (kind == HS_SV2_BOOL) {
        put_format(t, "%s", value ? "true" : "false");
    } else {
        put_format(t, "%" PRIu32, value);
    }
}

static void put_option(text *t, const void *from)
{
    hs_sv2_option_u32 option;
    memcpy(&option, from, sizeof option);
    if (option.present) {
        put_format(t, "%" PRIu32, option.value);
    } else {
        put(t, "none", 4);
    }
}

static void put_blob(text *t, enum hs_sv2_kind kind, const void *from)
{
    hs_sv2_bytes value;
    memcpy(&value, from, sizeof value);
    if (kind == HS_SV2_STR0_255 || kind == HS_SV2_REASON) {
        put_string(t, value);
    } else {
        put_bytes(t, value.data, value.len);
    }
}

static void put_value(text *t, enum hs_sv2_kind kind, const void *from)
{
    hs_sv2_b032 short_bytes;
    hs_sv2_seq seq;
    uint64_t wide = 0;
    switch (kind) {
    case HS_SV2_U8:
    case HS_SV2_U16:
    case HS_SV2_U32:
    case HS_SV2_X32:
    case HS_SV2_BOOL:
        put_number(t, kind, from);
        break;
    case HS_SV2_U64:
        memcpy(&wide, from, sizeof wide);
        put_format(t, "%" PRIu64, wide);
        break;
    case HS_SV2_F32:
        put_float(t, from);
        break;
    case HS_SV2_OPTION_U32:
        put_option(t, from);
        break;
    case HS_SV2_U256:
        put_bytes(t, from, 32);
        break;
    case HS_SV2_B0_32:
        memcpy(&short_bytes, from, sizeof short_bytes);
        put_bytes(t, short_bytes.byte, short_bytes.len);
        break;
    case HS_SV2_STR0_255:
    case HS_SV2_REASON:
    case HS_SV2_B0_255:
    case HS_SV2_B0_64K:
        put_blob(t, kind, from);
        break;
    case HS_SV2_SEQ0_255_U256:
    case HS_SV2_SEQ0_64K_U32:
    case HS_SV2_SEQ0_64K_U16:
        memcpy(&seq, from, sizeof seq);
        put_seq(t, kind, &seq);
        break;
    }
}

static void put_field(text *t, const hs_sv2_message *message, const hs_sv2_field *field)
{
    put(t, field->name, strlen(field->name));
    put(t, "=", 1);
    put_value(t, field->kind, (const unsigned char *)message + field->offset);
}

static void put_tlvs(text *t, hs_sv2_bytes rest)
{
    hs_sv2_tlv tlv;
    uint32_t count = 0;
    while (hs_sv2_tlv_next(&rest, &tlv)) {
        count++;
        if (!t->brief || count <= SHORT_TLVS) {
            put_format(t, ",tlv(0x%04x:0x%02x)=", (unsigned)tlv.extension_type,
                       (unsigned)tlv.field_type);
            put_string(t, tlv.value);
        }
    }
    if (t->brief && count > SHORT_TLVS) {
        put_format(t, ",..(%" PRIu32 " TLVs)", count);
    }
}

size_t hs_sv2_text(const hs_sv2_message *message, uint32_t flags, char *out, size_t capacity)
{
    const hs_sv2_spec *const spec = hs_sv2_spec_of(message->id);
    text t = {out, capacity, 0, (flags & HS_SV2_TEXT_SHORT) != 0};
    put(&t, "", 0);
    if (spec == NULL) {
        put_format(&t, "unknown message 0x%" PRIx32, message->id);
        return t.len;
    }
    if ((flags & HS_SV2_TEXT_FIELDS_ONLY) == 0) {
        put(&t, spec->name, strlen(spec->name));
        put(&t, " | ", 3);
    }
    for (size_t i = 0; i < spec->field_count; i++) {
        const hs_sv2_field *const field = &spec->fields[i];
        put(&t, ",", i > 0 ? 1 : 0);
        put_field(&t, message, field);
    }
    put_tlvs(&t, message->tlv);
    return t.len;
}

size_t hs_sv2_text_field(const hs_sv2_message *message, const char *name, uint32_t flags, char *out,
                         size_t capacity)
{
    const hs_sv2_spec *const spec = hs_sv2_spec_of(message->id);
    text t = {out, capacity, 0, (flags & HS_SV2_TEXT_SHORT) != 0};
    put(&t, "", 0);
    for (size_t i = 0; spec != NULL && i < spec->field_count; i++) {
        if (strcmp(spec->fields[i].name, name) == 0) {
            put_field(&t, message, &spec->fields[i]);
        }
    }
    return t.len;
}

/* ---- hashrates ---- */

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
