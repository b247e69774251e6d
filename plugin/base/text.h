/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * text: sentences for people, built in a buffer that somebody else owns.
 *
 * Responsible for: appending without ever overflowing, cutting between whole UTF-8 characters,
 * printing foreign bytes so that they cannot disturb a terminal or a log, and the way to and from
 * the contract's hmx_text. Leaves to others: what the sentences say. Never allocates, never depends
 * on the locale: numbers with decimals go through decimal.h.
 *
 * A text is always NUL-terminated when its capacity is above 0. What no longer fits is cut; after a
 * cut nothing more is appended, so that a text is always the beginning of what was meant.
 */
#ifndef PLUGIN_BASE_TEXT_H
#define PLUGIN_BASE_TEXT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/hmx_abi.h"

typedef struct hm_text {
    char *data;      /* the caller's buffer; may be NULL when capacity is 0 */
    size_t capacity; /* bytes at data, NUL included */
    size_t len;      /* bytes written, NUL not counted */
    int cut;         /* 1 once something did not fit */
} hm_text;

/* Starts an empty text in `buffer`, which must outlive it. Capacity 0 swallows everything. */
void hm_text_init(hm_text *t, char *buffer, size_t capacity);

/* Appends text of our own (valid UTF-8, no control characters but newline). */
void hm_text_add(hm_text *t, const char *s);
void hm_text_add_bytes(hm_text *t, const void *data, size_t len);

/* Appends foreign bytes: control characters and bytes that are not UTF-8 appear as \xNN. An escape
 * is written whole or not at all. */
void hm_text_add_view(hm_text *t, const void *data, size_t len);

void hm_text_add_u64(hm_text *t, uint64_t value);

/* Appends a number as decimal.h prints it (six decimals at most); what has no such form as "nan",
 * "infinity", "-infinity", "above 999999999" or "below -999999999". */
void hm_text_add_decimal(hm_text *t, double value);

/* printf for integers and strings. %f, %g and their like are forbidden: they print a comma under a
 * comma locale. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void hm_text_addf(hm_text *t, const char *format, ...);
#if defined(__GNUC__)
__attribute__((format(printf, 2, 0)))
#endif
void hm_text_addv(hm_text *t, const char *format, va_list args);

/* Starts a text in the caller's out text, which may be NULL, too short for its fields or without
 * capacity: then the text swallows everything. */
void hm_text_from_abi(hm_text *t, const hmx_text *out);

/* Tells the caller's out text (may be NULL) how long the text became. */
void hm_text_to_abi(const hm_text *t, hmx_text *out);

/* Length, 1..4, of the valid UTF-8 character at `data`; 0 when there is none (overlong forms,
 * surrogates and what is cut off are not valid). */
size_t hm_utf8_character(const void *data, size_t len);

/* 1 when a character found by hm_utf8_character is a control character: U+0000..1F, U+7F..9F. */
int hm_utf8_is_control(const void *data, size_t character_len);

#endif
