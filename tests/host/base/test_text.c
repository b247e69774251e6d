/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <locale.h>
#include <math.h>
#include <string.h>

#include "host_stub/base/text.h"

Test(sim_text, decimals)
{
    double value = -1.0;
    cr_assert_eq(hs_parse_decimal("0.1", &value), 0);
    cr_assert_eq(value, 0.1, "the nearest double");
    cr_assert_eq(hs_parse_decimal("33.33", &value), 0);
    cr_assert_eq(value, 33.33);
    cr_assert_eq(hs_parse_decimal("200", &value), 0);
    cr_assert_eq(value, 200.0);
    static const char *const BAD[] = {"",    "-1",   "+1",    "1e3",       ".5",
                                      "1.",  "1,5",  " 1",    "1 ",        "nan",
                                      "inf", "0x10", "1.2.3", "1.1234567", "1234567890123"};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        value = 7.0;
        cr_assert_neq(hs_parse_decimal(BAD[i], &value), 0, "'%s'", BAD[i]);
        cr_assert_eq(value, 7.0, "'%s' left a value", BAD[i]);
    }
}

Test(sim_text, whole_numbers)
{
    uint64_t value = 7;
    cr_assert_eq(hs_parse_whole("18446744073709551615", &value), 0);
    cr_assert_eq(value, UINT64_MAX);
    cr_assert_neq(hs_parse_whole("18446744073709551616", &value), 0);
    cr_assert_neq(hs_parse_whole("", &value), 0);
    cr_assert_neq(hs_parse_whole("-1", &value), 0);
    cr_assert_neq(hs_parse_whole("1.0", &value), 0);
}

Test(sim_text, durations)
{
    uint64_t seconds = 0;
    static const struct {
        const char *text;
        uint64_t seconds;
    } GOOD[] = {{"90s", 90}, {"20min", 1200}, {"6.5h", 23400}, {"2d", 172800}, {"0.25min", 15}};
    for (size_t i = 0; i < sizeof GOOD / sizeof GOOD[0]; i++) {
        cr_assert_eq(hs_parse_duration(GOOD[i].text, &seconds), 0, "%s", GOOD[i].text);
        cr_assert_eq(seconds, GOOD[i].seconds, "%s", GOOD[i].text);
    }
    static const char *const BAD[] = {"90", "s", "0.5s", "1.1234min", "6 h", "6H", "6hours", "-6h"};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        cr_assert_neq(hs_parse_duration(BAD[i], &seconds), 0, "'%s'", BAD[i]);
    }
}

static void expect_text(double value, unsigned decimals, const char *text)
{
    char to[64];
    cr_assert_str_eq(hs_format_fixed(to, sizeof to, value, decimals), text);
}

Test(sim_text, fixed_decimals_under_any_locale)
{
    setlocale(LC_ALL, "");
    expect_text(0.0, 2, "0.00");
    expect_text(1.005, 2, "1.00"); /* the double is below 1.005 */
    expect_text(0.125, 2, "0.13");
    expect_text(-0.125, 2, "-0.13");
    expect_text(-0.001, 2, "0.00");
    expect_text(1234567.0, 0, "1234567");
    expect_text(2.5, 0, "3");
    expect_text(3.000001, 6, "3.000001");
    expect_text(99.9996, 3, "100.000");
    expect_text(NAN, 3, "-");
    expect_text(INFINITY, 3, "-");
    expect_text(1e300, 3, "-");
}

Test(sim_text, rounding_for_others)
{
    cr_assert_eq(hs_round_decimals(1.23456789, 6), 1.234568);
    cr_assert_eq(hs_round_decimals(-1.23456789, 6), -1.234568);
    cr_assert_eq(hs_round_decimals(-1e-9, 6), 0.0);
    cr_assert(isnan(hs_round_decimals(NAN, 6)));
}

Test(sim_text, refusals_are_cut_to_their_room)
{
    char why[8];
    cr_assert_eq(hs_refuse(why, sizeof why, "%s", "a long sentence"), -1);
    cr_assert_str_eq(why, "a long ");
    cr_assert_eq(hs_refuse(NULL, 0, "nothing"), -1);
}

Test(sim_text, addresses)
{
    char host[12] = "";
    uint16_t port = 0;
    cr_assert_eq(hs_parse_address("127.0.0.1:3333", 1, host, sizeof host, &port), 0);
    cr_assert_str_eq(host, "127.0.0.1");
    cr_assert_eq(port, 3333);
    cr_assert_eq(hs_parse_address("[::1]:65535", 1, host, sizeof host, &port), 0);
    cr_assert_str_eq(host, "::1");
    cr_assert_eq(port, 65535);
    cr_assert_eq(hs_parse_address("elevenchars:0", 0, host, sizeof host, &port), 0);
    cr_assert_str_eq(host, "elevenchars");
    cr_assert_eq(port, 0);
    static const char *const BAD[] = {
        "",        "a",      ":1",    "a:",   "a:0",           "a:65536", "a:1x",
        "a:-1",    "::1:9",  "[]:1",  "[a:1", "[::1]",         "[::1]9",  "a]:1",
        "[a[b]:1", "[a]b:1", "a:1:2", "a: 1", "twelve_chars:1"};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        cr_assert_eq(hs_parse_address(BAD[i], 1, host, sizeof host, &port), -1, "'%s'", BAD[i]);
    }
    cr_assert_str_eq(host, "elevenchars", "what is refused leaves the host");
    cr_assert_eq(port, 0);
}

Test(sim_text, utf8_is_what_rfc_3629_says)
{
    static const struct {
        const char *bytes;
        size_t len;
        size_t size;
        uint32_t character;
    } CASES[] = {{"a", 1, 1, 'a'},
                 {"\0", 1, 1, 0},
                 {"\x7f", 1, 1, 0x7f},
                 {"\xc2\x80", 2, 2, 0x80},
                 {"\xdf\xbf", 2, 2, 0x7ff},
                 {"\xe0\xa0\x80", 3, 3, 0x800},
                 {"\xed\x9f\xbf", 3, 3, 0xd7ff},
                 {"\xee\x80\x80", 3, 3, 0xe000},
                 {"\xef\xbf\xbf", 3, 3, 0xffff},
                 {"\xf0\x90\x80\x80", 4, 4, 0x10000},
                 {"\xf4\x8f\xbf\xbf", 4, 4, 0x10ffff},
                 {"\x80", 1, 0, 0},             /* a continuation */
                 {"\xc1\xbf", 2, 0, 0},         /* overlong */
                 {"\xe0\x9f\xbf", 3, 0, 0},     /* overlong */
                 {"\xf0\x8f\xbf\xbf", 4, 0, 0}, /* overlong */
                 {"\xed\xa0\x80", 3, 0, 0},     /* a surrogate */
                 {"\xf4\x90\x80\x80", 4, 0, 0}, /* beyond the last one */
                 {"\xf5\x80\x80\x80", 4, 0, 0},
                 {"\xff", 1, 0, 0},
                 {"\xc2", 1, 0, 0},             /* cut */
                 {"\xe2\x82\xac", 2, 0, 0},     /* cut */
                 {"\xf0\x9f\x98\x80", 3, 0, 0}, /* cut */
                 {"\xc2"
                  "a",
                  2, 0, 0},
                 {"\xe2\x82"
                  "a",
                  3, 0, 0}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        uint32_t character = 0;
        cr_assert_eq(hs_utf8(CASES[i].bytes, CASES[i].len, &character), CASES[i].size, "case %zu",
                     i);
        cr_assert_eq(character, CASES[i].character, "case %zu", i);
    }
}

Test(sim_text, hex)
{
    static const uint8_t BYTES[] = {0x00, 0x9a, 0xff, 0x0b};
    char text[9] = "";
    cr_assert_str_eq(hs_hex(text, BYTES, sizeof BYTES), "009aff0b");
    cr_assert_str_eq(hs_hex(text, BYTES, 0), "");
    int sum = 0;
    for (int c = -128; c < 128; c++) {
        sum += hs_hex_digit((char)c);
    }
    cr_assert_eq(hs_hex_digit('0'), 0);
    cr_assert_eq(hs_hex_digit('f'), 15);
    cr_assert_eq(hs_hex_digit('A'), 10);
    cr_assert_eq(hs_hex_digit('g'), -1);
    cr_assert_eq(sum, 120 + 75 - (256 - 22), "twenty-two digits, and all else is none");
}
