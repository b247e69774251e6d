/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * report/html: a growing text for pages, and the file that it becomes. It escapes what comes from
 * outside, prints numbers the same under every locale, and puts a page in place only when all of
 * it is written. What a page looks like is left to its callers.
 *
 * Running out of memory is remembered: later calls do nothing, and hs_html_save refuses. */
#ifndef HOST_STUB_REPORT_HTML_H
#define HOST_STUB_REPORT_HTML_H

#include <stddef.h>
#include <stdint.h>

typedef struct hs_html {
    char *data; /* ends with a NUL; NULL while empty */
    size_t len;
    size_t capacity;
    int failed; /* out of memory */
} hs_html;

void hs_html_free(hs_html *out);

/* Markup, as it is. */
void hs_html_raw(hs_html *out, const char *markup);

/* Text of any origin: markup characters and control characters are made harmless, bytes that are
 * not UTF-8 become U+FFFD. Fit for the text of an element and for a quoted attribute. */
void hs_html_text(hs_html *out, const char *text);
/* The same of its first `len` bytes, which end between two characters. */
void hs_html_text_part(hs_html *out, const char *text, size_t len);

/* As printf, for markup with whole numbers and strings that need no escaping. */
void hs_html_print(hs_html *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* `value` with so many decimals (0..9), "-" for what is not a number. */
void hs_html_number(hs_html *out, double value, unsigned decimals);

/* The same with its sign: "+0.02", "0.00", "-0.02" with a true minus. */
void hs_html_signed(hs_html *out, double value, unsigned decimals);

/* A whole number in groups of three: "1 234 567" with narrow blanks that do not break. */
void hs_html_count(hs_html *out, uint64_t value);

/* Markup in which each @ stands for the next of `count` values, as a coordinate: at most one
 * decimal. Values that are not finite are written as 0. */
void hs_html_fill(hs_html *out, const char *markup, const double *values, size_t count);
#define HS_HTML_AT(out, markup, ...)                                                               \
    hs_html_fill((out), (markup), (const double[]){__VA_ARGS__},                                   \
                 sizeof((const double[]){__VA_ARGS__}) / sizeof(double))

/* 0, or -1 with the sentence in `why` and nothing changed at `path`. */
int hs_html_save(const hs_html *page, const char *path, char *why, size_t capacity);

#endif
