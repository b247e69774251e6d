/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/base/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "abi/hmx_access.h"
#include "plugin/base/decimal.h"

void hm_text_init(hm_text *t, char *buffer, size_t capacity)
{
    t->data = buffer;
    t->capacity = buffer == NULL ? 0 : capacity;
    t->len = 0;
    t->cut = 0;
    if (t->capacity > 0) {
        t->data[0] = '\0';
    }
}

/* Bytes that can still be written before the NUL. */
static size_t room(const hm_text *t)
{
    return t->capacity == 0 || t->cut ? 0 : t->capacity - 1 - t->len;
}

size_t hm_utf8_character(const void *data, size_t len)
{
    const unsigned char *const b = (const unsigned char *)data;
    if (len == 0) {
        return 0;
    }
    size_t need = 0;
    unsigned char second_min = 0x80;
    unsigned char second_max = 0xBF;
    if (b[0] < 0x80) {
        return 1;
    } else if (b[0] >= 0xC2 && b[0] <= 0xDF) {
        need = 2;
    } else if (b[0] >= 0xE0 && b[0] <= 0xEF) {
        need = 3;
        second_min = b[0] == 0xE0 ? 0xA0 : 0x80; /* below: overlong */
        second_max = b[0] == 0xED ? 0x9F : 0xBF; /* above: surrogates */
    } else if (b[0] >= 0xF0 && b[0] <= 0xF4) {
        need = 4;
        second_min = b[0] == 0xF0 ? 0x90 : 0x80; /* below: overlong */
        second_max = b[0] == 0xF4 ? 0x8F : 0xBF; /* above: beyond U+10FFFF */
    } else {
        return 0;
    }
    if (len < need || b[1] < second_min || b[1] > second_max) {
        return 0;
    }
    for (size_t i = 2; i < need; i++) {
        if ((b[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    return need;
}

int hm_utf8_is_control(const void *data, size_t character_len)
{
    const unsigned char *const b = (const unsigned char *)data;
    if (character_len == 1) {
        return b[0] < 0x20 || b[0] == 0x7F;
    }
    return character_len == 2 && b[0] == 0xC2 && b[1] < 0xA0;
}

/* The longest beginning of `len` bytes, at most `most`, that does not end inside a character. */
static size_t whole_characters(const char *data, size_t len, size_t most)
{
    if (len <= most) {
        return len;
    }
    size_t end = most;
    for (int back = 0; back < 3 && end > 0 && ((unsigned char)data[end] & 0xC0) == 0x80; back++) {
        end--;
    }
    return end;
}

void hm_text_add_bytes(hm_text *t, const void *data, size_t len)
{
    if (len == 0) {
        return;
    }
    const size_t free_bytes = room(t);
    const size_t n = whole_characters((const char *)data, len, free_bytes);
    if (n > 0) {
        memcpy(t->data + t->len, data, n);
        t->len += n;
        t->data[t->len] = '\0';
    }
    t->cut |= n < len;
}

void hm_text_add(hm_text *t, const char *s)
{
    hm_text_add_bytes(t, s, strlen(s));
}

/* Appends all of it or, when it does not fit, nothing. */
static void add_whole(hm_text *t, const char *data, size_t len)
{
    if (len > room(t)) {
        t->cut = 1;
        return;
    }
    hm_text_add_bytes(t, data, len);
}

void hm_text_add_view(hm_text *t, const void *data, size_t len)
{
    static const char hex[] = "0123456789ABCDEF";
    const char *const bytes = (const char *)data;
    size_t at = 0;
    while (at < len && !t->cut) {
        const size_t n = hm_utf8_character(bytes + at, len - at);
        if (n > 0 && !hm_utf8_is_control(bytes + at, n)) {
            add_whole(t, bytes + at, n);
            at += n;
            continue;
        }
        const size_t escaped = n > 0 ? n : 1;
        for (size_t i = 0; i < escaped; i++) {
            const unsigned char byte = (unsigned char)bytes[at + i];
            const char escape[4] = {'\\', 'x', hex[byte >> 4], hex[byte & 15]};
            add_whole(t, escape, sizeof escape);
        }
        at += escaped;
    }
}

void hm_text_add_u64(hm_text *t, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    add_whole(t, digits + at, sizeof digits - at);
}

void hm_text_add_decimal(hm_text *t, double value)
{
    char printed[HM_DECIMAL_TEXT_SIZE];
    const size_t len = hm_decimal_print(value, printed);
    if (len > 0) {
        add_whole(t, printed, len);
    } else if (isnan(value)) {
        hm_text_add(t, "nan");
    } else if (isinf(value)) {
        hm_text_add(t, value > 0 ? "infinity" : "-infinity");
    } else {
        hm_text_add(t, value > 0 ? "above 999999999" : "below -999999999");
    }
}

void hm_text_addv(hm_text *t, const char *format, va_list args)
{
    if (t->capacity == 0 || t->cut) {
        t->cut = 1;
        return;
    }
    const size_t free_bytes = room(t);
    char *const end = t->data + t->len;
    const int wanted = vsnprintf(end, free_bytes + 1, format, args);
    if (wanted < 0) {
        *end = '\0';
        return;
    }
    size_t n = (size_t)wanted;
    if (n > free_bytes) {
        /* vsnprintf cuts between bytes: take back the beginning of a character that was cut. */
        n = 0;
        for (size_t c = 1; n < free_bytes && c > 0; n += c) {
            c = hm_utf8_character(end + n, free_bytes - n);
        }
        t->cut = 1;
    }
    end[n] = '\0';
    t->len += n;
}

void hm_text_addf(hm_text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    hm_text_addv(t, format, args);
    va_end(args);
}

void hm_text_from_abi(hm_text *t, const hmx_text *out)
{
    if (out == NULL || !HMX_HAS(hmx_text, out, capacity)) {
        hm_text_init(t, NULL, 0);
        return;
    }
    /* hmx_text.len has 32 bits: what cannot be told is not written either. */
    const uint64_t capacity = out->capacity < UINT32_MAX ? out->capacity : UINT32_MAX;
    hm_text_init(t, out->data, (size_t)capacity);
}

void hm_text_to_abi(const hm_text *t, hmx_text *out)
{
    if (out != NULL && HMX_HAS(hmx_text, out, len)) {
        out->len = (uint32_t)t->len;
    }
}
