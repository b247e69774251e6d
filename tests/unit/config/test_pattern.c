/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/config/pattern.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include "tests/unit/test_random.h"

#define TEXT_MAX 12

static int matches(const char *pattern, const char *text)
{
    return hm_pattern_match(pattern, text, strlen(text));
}

/* The definition, by a table over all prefixes: fits[i][j] says that the first i bytes of the
 * pattern match the first j of the text. */
static int brute_force(const char *pattern, const char *text, size_t len)
{
    static int fits[TEXT_MAX + 1][TEXT_MAX + 1];
    const size_t n = strlen(pattern);
    cr_assert(n <= TEXT_MAX && len <= TEXT_MAX);
    for (size_t i = 0; i <= n; i++) {
        for (size_t j = 0; j <= len; j++) {
            int fit = i == 0 && j == 0;
            for (size_t run = 0; i > 0 && pattern[i - 1] == '*' && run <= j; run++) {
                fit = fit || fits[i - 1][j - run];
            }
            if (i > 0 && j > 0 && pattern[i - 1] != '*') {
                fit = fits[i - 1][j - 1] && pattern[i - 1] == text[j - 1];
            }
            fits[i][j] = fit;
        }
    }
    return fits[n][len];
}

Test(pattern, what_operators_write)
{
    cr_assert(matches("farm1.*", "farm1.s9"));
    cr_assert(matches("farm1.*", "farm1."));
    cr_assert_not(matches("farm1.*", "farm1"));
    cr_assert_not(matches("farm1.*", "Farm1.s9"), "capitals count");
    cr_assert(matches("*.s9", "farm1.s9"));
    cr_assert_not(matches("*.s9", "farm1.s90"), "the whole text");
    cr_assert(matches("*lab*", "the lab 3"));
    cr_assert(matches("exact", "exact"));
    cr_assert_not(matches("exact", "exac"));
    cr_assert_not(matches("exact", "exactly"));
    cr_assert(matches("*", ""));
    cr_assert(matches("*", "anything"));
    cr_assert(matches("***", ""));
    cr_assert_not(matches("?", "a"), "only the star is special");
    cr_assert_not(matches("[ab]", "a"));
    cr_assert_not(matches("a.c", "abc"));
    cr_assert(matches("a*b*c", "a*b*c"), "a star in the text is matched by the pattern's");
    cr_assert_not(matches("abc", "a*c"), "a star in the text is no wildcard");
    cr_assert(matches("caf\xC3\xA9.*", "caf\xC3\xA9.1"));
}

Test(pattern, bytes_that_are_no_text)
{
    cr_assert(hm_pattern_match("*", NULL, 0));
    cr_assert_not(hm_pattern_match("a", NULL, 0));
    cr_assert(hm_pattern_match("a*b", "a\0\xFF\nb", 5));
    cr_assert_not(hm_pattern_match("a", "a\0", 2), "a NUL is a byte as any other");
    cr_assert_not(hm_pattern_match("a*", "\0a", 2));
    const char unterminated[] = {'a', 'b'};
    cr_assert(hm_pattern_match("ab", unterminated, sizeof unterminated));
    cr_assert_not(hm_pattern_match("abc", unterminated, sizeof unterminated));
}

/* Every pattern and every text up to a length over a tiny alphabet. */
Test(pattern, agrees_with_the_definition_in_a_tiny_world)
{
    static const char letters[] = "*ab";
    static char words[400][6];
    size_t count = 0;
    for (size_t len = 0; len <= 5; len++) {
        size_t all = 1;
        for (size_t i = 0; i < len; i++) {
            all *= 3;
        }
        for (size_t n = 0; n < all; n++) {
            size_t rest = n;
            for (size_t i = 0; i < len; i++, rest /= 3) {
                words[count][i] = letters[rest % 3];
            }
            words[count++][len] = '\0';
        }
    }
    cr_assert_eq(count, 364);
    size_t fits = 0;
    for (size_t p = 0; p < count; p++) {
        for (size_t t = 0; t < count; t++) {
            const size_t len = strlen(words[t]);
            const int expected = brute_force(words[p], words[t], len);
            if (hm_pattern_match(words[p], words[t], len) != expected) {
                cr_assert_fail("'%s' and '%s'", words[p], words[t]);
            }
            fits += (size_t)expected;
        }
    }
    cr_assert(fits > 10000 && fits < 100000, "%zu", fits);
}

Test(pattern, agrees_with_the_definition_at_random)
{
    uint64_t state = 11;
    for (int i = 0; i < 100000; i++) {
        char pattern[TEXT_MAX + 1];
        char text[TEXT_MAX + 1];
        const size_t n = (size_t)(test_random(&state) % (TEXT_MAX + 1));
        const size_t len = (size_t)(test_random(&state) % (TEXT_MAX + 1));
        for (size_t b = 0; b < TEXT_MAX; b++) {
            pattern[b] = "**aab"[test_random(&state) % 5];
            text[b] = "aab"[test_random(&state) % 3];
        }
        pattern[n] = '\0';
        text[len] = '\0';
        cr_assert_eq(hm_pattern_match(pattern, text, len), brute_force(pattern, text, len),
                     "'%s' and '%s'", pattern, text);
    }
}

/* The worst pattern for a matcher that tries every combination of its stars: it would still be
 * here tomorrow. */
Test(pattern, many_stars_cost_little)
{
    char pattern[HM_PATTERN_MAX + 1];
    static char text[65536];
    for (size_t i = 0; i < HM_PATTERN_MAX; i++) {
        pattern[i] = i % 2 == 0 ? 'a' : '*';
    }
    pattern[HM_PATTERN_MAX - 1] = 'b';
    pattern[HM_PATTERN_MAX] = '\0';
    memset(text, 'a', sizeof text);
    for (int i = 0; i < 100; i++) {
        cr_assert_not(hm_pattern_match(pattern, text, sizeof text));
    }
    text[sizeof text - 1] = 'b';
    text[0] = 'a';
    pattern[HM_PATTERN_MAX - 2] = '*';
    cr_assert(hm_pattern_match(pattern, text, sizeof text));
}

/* ---- the form ---- */

Test(pattern, what_may_stand_in_a_file)
{
    static const char *const good[] = {"a",   "*",     "a b",         "a;b",
                                       "#a",  "a # b", "caf\xC3\xA9", "\xE2\x82\xAC",
                                       "[x]", "a = b", "\"quoted\"",  "stay"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        const char *const reason = hm_pattern_refusal(good[i]);
        cr_assert_null(reason, "'%s' %s", good[i], reason);
    }
    static const struct {
        const char *pattern;
        const char *part;
    } bad[] = {{"", "is empty"},
               {" a", "begins or ends with a blank"},
               {"a ", "begins or ends with a blank"},
               {";a", "where a comment would begin"},
               {"a ;b", "where a comment would begin"},
               {"a\tb", "has a control character"},
               {"a\nb", "has a control character"},
               {"a\x7F", "has a control character"},
               {"a\xC2\x85", "has a control character"},
               {"a\xFF", "is not valid UTF-8"},
               {"a\xC3", "is not valid UTF-8"},
               {"\xED\xA0\x80", "is not valid UTF-8"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *const reason = hm_pattern_refusal(bad[i].pattern);
        cr_assert_not_null(reason, "'%s' is accepted", bad[i].pattern);
        cr_assert_not_null(strstr(reason, bad[i].part), "'%s' %s", bad[i].pattern, reason);
    }
    char longest[HM_PATTERN_MAX + 2];
    memset(longest, 'a', sizeof longest);
    longest[HM_PATTERN_MAX] = '\0';
    cr_assert_null(hm_pattern_refusal(longest));
    longest[HM_PATTERN_MAX] = 'a';
    longest[HM_PATTERN_MAX + 1] = '\0';
    cr_assert_str_eq(hm_pattern_refusal(longest), "is too long");
}
