/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/report/html.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/array.h"
#include "host_stub/base/output.h"
#include "host_stub/base/text.h"

enum { NUMBER = 40 };

void hs_html_free(hs_html *out)
{
    free(out->data);
    memset(out, 0, sizeof *out);
}

static void append(hs_html *out, const char *bytes, size_t len)
{
    if (out->failed || len >= SIZE_MAX - out->len ||
        HS_GROW(out->data, out->capacity, out->len + len + 1) != 0) {
        out->failed = 1;
    } else {
        memcpy(out->data + out->len, bytes, len);
        out->len += len;
        out->data[out->len] = '\0';
    }
}

void hs_html_raw(hs_html *out, const char *markup)
{
    append(out, markup, strlen(markup));
}

static const char *entity(uint32_t c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    case '\t':
    case '\n':
    case '\r':
        return " ";
    default:
        return c < 0x20 || c == 0x7F ? "&#xFFFD;" : NULL;
    }
}

void hs_html_text(hs_html *out, const char *text)
{
    hs_html_text_part(out, text, strlen(text));
}

void hs_html_text_part(hs_html *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        uint32_t character = 0;
        const size_t n = hs_utf8(text + i, len - i, &character);
        const char *const instead = n == 0 ? "&#xFFFD;" : entity(character);
        if (instead != NULL) {
            hs_html_raw(out, instead);
        } else {
            append(out, text + i, n);
        }
        i += n == 0 ? 1 : n;
    }
}

void hs_html_print(hs_html *out, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    const int n = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (n < 0 || (size_t)n >= sizeof text) {
        out->failed = 1; /* cut markup would be a broken page */
        return;
    }
    append(out, text, (size_t)n);
}

void hs_html_number(hs_html *out, double value, unsigned decimals)
{
    char text[NUMBER];
    hs_format_fixed(text, sizeof text, value, decimals);
    if (text[0] == '-' && text[1] != '\0') {
        hs_html_raw(out, "&#x2212;");
        hs_html_raw(out, text + 1);
    } else {
        hs_html_raw(out, text);
    }
}

void hs_html_signed(hs_html *out, double value, unsigned decimals)
{
    char text[NUMBER];
    hs_format_fixed(text, sizeof text, value, decimals);
    if (value > 0.0 && strpbrk(text, "123456789") != NULL) {
        hs_html_raw(out, "+");
    }
    hs_html_number(out, value, decimals);
}

void hs_html_count(hs_html *out, uint64_t value)
{
    char text[NUMBER];
    const int n = snprintf(text, sizeof text, "%" PRIu64, value);
    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0) {
            hs_html_raw(out, "<i class=\"k\"></i>");
        }
        append(out, &text[i], 1);
    }
}

void hs_html_fill(hs_html *out, const char *markup, const double *values, size_t count)
{
    size_t used = 0;
    for (const char *s = markup; *s != '\0';) {
        const size_t plain = strcspn(s, "@");
        append(out, s, plain);
        s += plain;
        if (*s == '@') {
            char text[NUMBER];
            const double value = used < count && isfinite(values[used]) ? values[used] : 0.0;
            hs_format_fixed(text, sizeof text, value, 1);
            const size_t len = strlen(text);
            append(out, text, len > 2 && text[len - 1] == '0' ? len - 2 : len);
            used++;
            s++;
        }
    }
}

int hs_html_save(const hs_html *page, const char *path, char *why, size_t capacity)
{
    if (page->failed || page->data == NULL) {
        return hs_refuse(why, capacity, "%s is not written: out of memory", path);
    }
    return hs_output_save(path, page->data, page->len, why, capacity);
}
