/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/base/json.h"

#include <math.h>
#include <string.h>

static const double SMALL = 1e-3;
static const double WHOLE_FROM = 1e9;
static const double EXPONENT_FROM = 1.8e19; /* below it a number fits into 64 bits */
static const double DIGITS_BELOW = 1e15;    /* more of them mean nothing */

void hm_text_add_number(hm_text *t, double value)
{
    double size = isfinite(value) ? fabs(value) : 0.0;
    unsigned exponent = 0;
    if (size > 0.0 && size < SMALL) {
        hm_text_add_decimal(t, value * 1e6);
        hm_text_add(t, "e-6");
        return;
    }
    if (size < WHOLE_FROM) {
        hm_text_add_decimal(t, isfinite(value) ? value : 0.0);
        return;
    }
    if (size >= EXPONENT_FROM) {
        for (; size >= DIGITS_BELOW; exponent++) { /* 308 times at most */
            size /= 10.0;
        }
    }
    hm_text_add(t, value < 0.0 ? "-" : "");
    hm_text_add_u64(t, (uint64_t)(size + 0.5));
    if (exponent > 0) {
        hm_text_addf(t, "e+%u", exponent);
    }
}

static void begin(hm_text *t, const char *name)
{
    const char last = t->len > 0 ? t->data[t->len - 1u] : '{';
    hm_text_add(t, last == '{' || last == '[' ? "" : ",");
    if (name != NULL) {
        hm_text_addf(t, "\"%s\":", name);
    }
}

void hm_json_open(hm_text *t, const char *name, char bracket)
{
    if (t->len > 0) {
        begin(t, name);
    }
    hm_text_add_bytes(t, &bracket, 1);
}

void hm_json_close(hm_text *t, char bracket)
{
    hm_text_add_bytes(t, &bracket, 1);
}

void hm_json_number(hm_text *t, const char *name, double value)
{
    begin(t, name);
    hm_text_add_number(t, value);
}

void hm_json_count(hm_text *t, const char *name, uint64_t value)
{
    begin(t, name);
    hm_text_add_u64(t, value);
}

void hm_json_truth(hm_text *t, const char *name, int value)
{
    begin(t, name);
    hm_text_add(t, value ? "true" : "false");
}

void hm_json_null(hm_text *t, const char *name)
{
    begin(t, name);
    hm_text_add(t, "null");
}

void hm_json_text(hm_text *t, const char *name, const void *bytes, size_t len)
{
    const unsigned char *const b = (const unsigned char *)bytes;
    begin(t, name);
    hm_text_add(t, "\"");
    for (size_t at = 0; at < len;) {
        const size_t n = b[at] != 0 ? hm_utf8_character(b + at, len - at) : 0;
        if (n == 0) {
            hm_text_addf(t, "\\\\x%02X", b[at]);
        } else if (hm_utf8_is_control(b + at, n)) {
            hm_text_addf(t, "\\u%04x", b[at + n - 1u]); /* up to U+9F: its last byte */
        } else {
            hm_text_add(t, b[at] == '"' || b[at] == '\\' ? "\\" : "");
            hm_text_add_bytes(t, b + at, n);
        }
        at += n > 0 ? n : 1u;
    }
    hm_text_add(t, "\"");
}

void hm_json_word(hm_text *t, const char *name, const char *word)
{
    hm_json_text(t, name, word, strlen(word));
}
