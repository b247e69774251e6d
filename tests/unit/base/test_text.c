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

/* The definition by way of the number: what the bytes say, written in the shortest form. */
static size_t character_by_number(const unsigned char *b, size_t len)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t need = 0; /* the first byte has as many ones as the character has bytes */
    while (need < 8 && (b[0] & 0x80u >> need) != 0) {
        need++;
    }
    if (len == 0 || need < 2 || need > 4) {
        return len > 0 && need == 0;
    }
    uint32_t number = b[0] & (0x7Fu >> need);
    for (size_t i = 1; i < need; i++) {
        if (i >= len || b[i] < 0x80 || b[i] > 0xBF) {
            return 0;
        }
        number = number << 6 | (b[i] & 0x3F);
    }
    const int surrogate = number >= 0xD800 && number <= 0xDFFF;
    return number < least[need] || surrogate || number > 0x10FFFF ? 0 : need;
}

/* Every pair of first bytes, and behind them the bounds of what may follow. */
Test(text, utf8_characters_agree_with_their_numbers)
{
    static const unsigned char bounds[] = {0, 0x7F, 0x80, 0x81, 0xBF, 0xC0, 0xFF};
    enum { BOUNDS = sizeof bounds };
    for (unsigned pair = 0; pair < 0x10000; pair++) {
        for (unsigned rest = 0; rest < BOUNDS * BOUNDS; rest++) {
            const unsigned char b[] = {(unsigned char)(pair >> 8), (unsigned char)pair,
                                       bounds[rest / BOUNDS], bounds[rest % BOUNDS]};
            const int also_cut_off = rest % BOUNDS == 2;
            for (size_t len = also_cut_off ? 0 : 4; len <= 4; len++) {
                const size_t found = hm_utf8_character(b, len);
                if (found != character_by_number(b, len)) {
                    cr_assert_fail("%02X %02X %02X %02X, %zu bytes: %zu", b[0], b[1], b[2], b[3],
                                   len, found);
                }
            }
        }
    }
}

Test(text, control_characters_are_those_below_a_blank_and_around_delete)
{
    for (unsigned number = 0; number < 0x800; number++) {
        const unsigned char two[] = {(unsigned char)(0xC0 | number >> 6),
                                     (unsigned char)(0x80 | (number & 0x3F))};
        const unsigned char one = (unsigned char)number;
        const int expected = number < 0x20 || (number >= 0x7F && number < 0xA0);
        const int found = number < 0x80 ? hm_utf8_is_control(&one, 1) : hm_utf8_is_control(two, 2);
        cr_assert_eq(found, expected, "U+%04X", number);
    }
    cr_assert_not(hm_utf8_is_control("\xE0\xA0\x80", 3));
    cr_assert_not(hm_utf8_is_control("\xC2\x80\x80", 3), "the length is the caller's");
}

/* The end of a view is its length, and not what the memory behind it says. */
Test(text, what_stands_behind_a_view_is_not_looked_at)
{
    char buffer[16];
    hm_text t;
    hm_text_init(&t, buffer, sizeof buffer);
    hm_text_add_view(&t, "aa\xC3\xA9", 3);
    cr_assert_str_eq(buffer, "aa\\xC3", "half of a character");
    hm_text_init(&t, buffer, 2);
    hm_text_add_view(&t, "a\x80", 2);
    cr_assert_str_eq(buffer, "a", "it fits, and the byte behind it belongs to nothing");
    cr_assert_eq(t.cut, 1);
    hm_text_init(&t, buffer, 3);
    hm_text_add_bytes(&t, "bc\x80", 2);
    cr_assert_str_eq(buffer, "bc");
    cr_assert_eq(t.cut, 0);
}

/* A character of which not even the first byte may stay, and bytes that are none: three at most are
 * taken for the rest of one. */
Test(text, a_cut_takes_back_one_character_at_most)
{
    static const struct {
        const char *whole;
        size_t capacity;
        const char *kept;
    } rows[] = {{"\xC3\xA9", 2, ""},
                {"\xE2\x82\xAC", 2, ""},
                {"\xE2\x82\xAC", 3, ""},
                {"\xF0\x9F\x98\x80", 2, ""},
                {"\xF0\x9F\x98\x80", 4, ""},
                {"\xF0\x9F\x98\x80", 5, "\xF0\x9F\x98\x80"},
                {"\xC3\xA9\xC3\xA9", 4, "\xC3\xA9"},
                {"abcd\x80\x80\x80\x80\x80", 9, "abcd\x80"},
                {"abcd\x80\x80\x80\x80", 8, "abcd"},
                {"\x80\x80\x80\x80\x80\x80\x80", 7, "\x80\x80\x80"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char buffer[16];
        hm_text t;
        hm_text_init(&t, buffer, rows[i].capacity);
        hm_text_add(&t, rows[i].whole);
        cr_assert_str_eq(buffer, rows[i].kept, "row %zu", i);
        cr_assert_eq(t.len, strlen(rows[i].kept), "row %zu", i);
        cr_assert_eq(t.cut, strlen(rows[i].kept) < strlen(rows[i].whole), "row %zu", i);
    }
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
