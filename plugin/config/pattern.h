/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * pattern: does a user_identity fit a pattern of the operator?
 *
 * Responsible for: the form of a pattern and matching. `*` matches any run of bytes, also none;
 * every other byte only itself, capitals too. There is no way to mean a star: one that stands in a
 * user_identity is matched by the pattern's, together with anything else. Leaves to others: which
 * of several patterns wins.
 */
#ifndef PLUGIN_CONFIG_PATTERN_H
#define PLUGIN_CONFIG_PATTERN_H

#include <stddef.h>

#define HM_PATTERN_MAX 128u /* bytes */

/* NULL when `pattern` (NUL-terminated) may stand in a configuration file: 1..128 bytes of UTF-8
 * without control characters, no blank at either end (the file's reader takes it away), no ; at the
 * start or behind a blank (there a comment begins). Else the second half of a sentence, static. */
const char *hm_pattern_refusal(const char *pattern);

/* The same of a text that may stand there and is no pattern: 1 to `most` bytes. */
const char *hm_pattern_text_refusal(const char *text, size_t most);

/* 1 when the pattern (NUL-terminated) matches all `len` bytes of `text`, which may be any bytes,
 * NULL with len 0. Takes at most strlen(pattern) + strlen(pattern) * len steps, no recursion. */
int hm_pattern_match(const char *pattern, const char *text, size_t len);

#endif
