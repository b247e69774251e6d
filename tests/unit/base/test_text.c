/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "plugin/base/text.h"

Test(text, appends_in_order_and_terminates)
{
    char buffer[64];
    hm_text t;
    hm_text_init(&t, buffer, sizeof buffer);
    cr_assert_str_eq(buffer, "");
    hm_text_add(&t, "a");
    hm_text_add_u64(&t, 0);
    hm_text_add(&t, " ");
    hm_text_add_u64(&t, UINT64_MAX);
    hm_text_add(&t, " ");
    hm_text_addf(&t, "%s %d", "x", -3);
    cr_assert_str_eq(buffer, "a0 18446744073709551615 x -3");
    cr_assert_eq(t.len, strlen(buffer));
    cr_assert_eq(t.cut, 0);
}

Test(text, decimals_and_what_is_none)
{
    char buffer[128];
    hm_text t;
    hm_text_init(&t, buffer, sizeof buffer);
    static const double values[] = {0.5, -0.0, 100, 1.0 / 3, NAN, INFINITY, -INFINITY, 1e300, -1e9};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        hm_text_add_decimal(&t, values[i]);
        hm_text_add(&t, "|");
    }
    cr_assert_str_eq(buffer, "0.5|0|100|0.333333|nan|infinity|-infinity|above 999999999|"
                             "below -999999999|");
}

/* Whatever the capacity, the text is the beginning of the whole, and the byte behind the buffer is
 * untouched. */
Test(text, cuts_between_characters_at_every_capacity)
{
    static const char whole[] =
        "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z"; /* a, e acute, euro, face */
    static const size_t ends[] = {0, 1, 3, 6, 10, 11};
    for (int way = 0; way < 3; way++) {
        for (size_t capacity = 0; capacity <= sizeof whole + 1; capacity++) {
            char buffer[32];
            memset(buffer, '#', sizeof buffer);
            hm_text t;
            hm_text_init(&t, buffer, capacity);
            if (way == 0) {
                hm_text_add(&t, whole);
            } else if (way == 1) {
                hm_text_addf(&t, "%s", whole);
            } else {
                hm_text_add_view(&t, whole, strlen(whole));
            }
            cr_assert_eq(buffer[capacity], '#');
            size_t expected = 0;
            for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
                expected = ends[i] + 1 <= capacity ? ends[i] : expected;
            }
            cr_assert_eq(t.len, expected, "way %d capacity %zu: %zu", way, capacity, t.len);
            cr_assert_eq(t.cut, expected < strlen(whole));
            if (capacity > 0) {
                cr_assert_eq(strlen(buffer), t.len);
                cr_assert_eq(memcmp(buffer, whole, t.len), 0);
            }
            hm_text_add(&t, "");
            hm_text_add_u64(&t, 7);
            cr_assert(t.cut == 0 || t.len == expected, "nothing follows a cut");
        }
    }
}

Test(text, foreign_bytes_cannot_disturb_a_terminal)
{
    char buffer[128];
    hm_text t;
    hm_text_init(&t, buffer, sizeof buffer);
    static const char bytes[] = "\x1B[2J\n\0\x7F\xC2\x85 \xC3\xA9 \xFF\xC3(\xED\xA0\x80\xC0\xAF";
    hm_text_add_view(&t, bytes, sizeof bytes - 1);
    cr_assert_str_eq(buffer, "\\x1B[2J\\x0A\\x00\\x7F\\xC2\\x85 \xC3\xA9 \\xFF\\xC3(\\xED\\xA0\\x80"
                             "\\xC0\\xAF");
    hm_text_init(&t, buffer, 6);
    hm_text_add_view(&t, "ab\n", 3);
    cr_assert_str_eq(buffer, "ab", "an escape is never cut in half");
    cr_assert_eq(t.cut, 1);
}

Test(text, utf8_characters)
{
    static const struct {
        const char *bytes;
        size_t len;
    } rows[] = {{"a", 1},
                {"\x7F", 1},
                {"\xC2\x80", 2},
                {"\xDF\xBF", 2},
                {"\xE0\xA0\x80", 3},
                {"\xED\x9F\xBF", 3},
                {"\xEE\x80\x80", 3},
                {"\xEF\xBF\xBF", 3},
                {"\xF0\x90\x80\x80", 4},
                {"\xF4\x8F\xBF\xBF", 4},
                {"\x80", 0},
                {"\xC1\xBF", 0},
                {"\xC2", 0},
                {"\xE0\x9F\xBF", 0},
                {"\xED\xA0\x80", 0},
                {"\xE2\x82", 0},
                {"\xE2\x82z", 0},
                {"\xF0\x8F\xBF\xBF", 0},
                {"\xF4\x90\x80\x80", 0},
                {"\xF5\x80\x80\x80", 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_assert_eq(hm_utf8_character(rows[i].bytes, strlen(rows[i].bytes)), rows[i].len,
                     "row %zu", i);
    }
    cr_assert_eq(hm_utf8_character("", 0), 0);
    cr_assert(hm_utf8_is_control("\x1F", 1) && hm_utf8_is_control("\x7F", 1));
    cr_assert(hm_utf8_is_control("\xC2\x9F", 2) && !hm_utf8_is_control("\xC2\xA0", 2));
    cr_assert(!hm_utf8_is_control(" ", 1) && !hm_utf8_is_control("\xC3\x85", 2));
}

Test(text, the_contracts_text_is_respected)
{
    char buffer[8];
    memset(buffer, '#', sizeof buffer);
    hmx_text out = {sizeof out, 99, buffer, 5};
    hm_text t;
    hm_text_from_abi(&t, &out);
    hm_text_add(&t, "abcdefgh");
    hm_text_to_abi(&t, &out);
    cr_assert_str_eq(buffer, "abcd");
    cr_assert_eq(buffer[5], '#');
    cr_assert_eq(out.len, 4);

    /* NULL, without capacity, without a buffer, too short for its fields: swallowed. */
    hm_text_from_abi(&t, NULL);
    hm_text_add(&t, "abc");
    hm_text_to_abi(&t, NULL);
    hmx_text none = {sizeof none, 99, NULL, 100};
    hm_text_from_abi(&t, &none);
    hm_text_addf(&t, "%d", 3);
    hm_text_to_abi(&t, &none);
    cr_assert_eq(none.len, 0);
    hmx_text brief = {8, 99, buffer, 5};
    hm_text_from_abi(&t, &brief);
    hm_text_add(&t, "xyz");
    hm_text_to_abi(&t, &brief);
    cr_assert_eq(brief.len, 0);
    cr_assert_str_eq(buffer, "abcd");
    hmx_text tiny = {4, 99, buffer, 5};
    hm_text_to_abi(&t, &tiny);
    cr_assert_eq(tiny.len, 99, "a field beyond the size is not written");
}
