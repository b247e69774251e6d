/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/config/pattern.h"

#include <string.h>

#include "plugin/base/text.h"

const char *hm_pattern_refusal(const char *pattern)
{
    return pattern[0] == '\0' ? "is empty" : hm_pattern_text_refusal(pattern, HM_PATTERN_MAX);
}

const char *hm_pattern_text_refusal(const char *pattern, size_t most)
{
    const size_t len = strlen(pattern);
    if (len > most) {
        return "is too long";
    }
    for (size_t i = 0; i < len;) {
        const size_t n = hm_utf8_character(pattern + i, len - i);
        if (n == 0) {
            return "is not valid UTF-8";
        }
        if (hm_utf8_is_control(pattern + i, n)) {
            return "has a control character";
        }
        i += n;
    }
    if (pattern[0] == ' ' || pattern[len - 1] == ' ') {
        return "begins or ends with a blank";
    }
    if (pattern[0] == ';' || strstr(pattern, " ;") != NULL) {
        return "has a ; at its start or behind a blank, where a comment would begin; write * for "
               "it";
    }
    return NULL;
}

/* A star first takes nothing. When the rest does not fit, the last star takes one byte more: an
 * earlier star never has to, because a later one can take whatever it would have taken. */
int hm_pattern_match(const char *pattern, const char *text, size_t len)
{
    const char *after_star = NULL; /* the pattern behind the last star seen */
    size_t taken_to = 0;           /* where in the text that star ends for now */
    size_t at = 0;
    while (at < len) {
        if (*pattern == '*') {
            after_star = ++pattern;
            taken_to = at;
        } else if (*pattern != '\0' && *pattern == text[at]) {
            pattern++;
            at++;
        } else if (after_star != NULL) {
            pattern = after_star;
            at = ++taken_to;
        } else {
            return 0;
        }
    }
    while (*pattern == '*') {
        pattern++;
    }
    return *pattern == '\0';
}
