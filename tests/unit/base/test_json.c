/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <math.h>

#include "plugin/base/json.h"

static char buffer[512];
static hm_text text;

static void start(void)
{
    hm_text_init(&text, buffer, sizeof buffer);
}

static const char *number(double value)
{
    start();
    hm_text_add_number(&text, value);
    return buffer;
}

static const char *quoted(const void *bytes, size_t len)
{
    start();
    hm_json_open(&text, NULL, '{');
    hm_json_text(&text, "x", bytes, len);
    hm_json_close(&text, '}');
    return buffer;
}

Test(json, numbers_of_any_size)
{
    cr_assert_str_eq(number(0.0), "0");
    cr_assert_str_eq(number(-12.3456785), "-12.345679");
    cr_assert_str_eq(number(0.001), "0.001");
    cr_assert_str_eq(number(-0.05 / 600), "-83.333333e-6");
    cr_assert_str_eq(number(1e-20), "0e-6");
    cr_assert_str_eq(number(999999999.5), "999999999.5");
    cr_assert_str_eq(number(1e9), "1000000000");
    cr_assert_str_eq(number(-4e14 - 0.3), "-400000000000000");
    cr_assert_str_eq(number(1e19), "10000000000000000000");
    cr_assert_str_eq(number(1e30), "100000000000000e+16");
    cr_assert_str_eq(number(INFINITY), "0");
    cr_assert_str_eq(number(NAN), "0");
    for (double x = 1.7e308; x > 1.0; x /= 1.1e7) {
        cr_assert_float_eq(strtod(number(x), NULL) / x, 1.0, 1e-6, "%s", buffer);
    }
}

Test(json, members_and_elements_have_commas)
{
    start();
    hm_json_open(&text, NULL, '{');
    hm_json_count(&text, "a", UINT64_MAX);
    hm_json_open(&text, "b", '[');
    hm_json_number(&text, NULL, 0.5);
    hm_json_truth(&text, NULL, 1);
    hm_json_open(&text, NULL, '{');
    hm_json_close(&text, '}');
    hm_json_close(&text, ']');
    hm_json_null(&text, "c");
    hm_json_word(&text, "d", "e");
    hm_json_close(&text, '}');
    cr_assert_str_eq(buffer,
                     "{\"a\":18446744073709551615,\"b\":[0.5,true,{}],\"c\":null,\"d\":\"e\"}");
}

Test(json, texts_are_valid_whatever_they_hold)
{
    cr_assert_str_eq(quoted("", 0), "{\"x\":\"\"}");
    cr_assert_str_eq(quoted("a\"b\\c/", 6), "{\"x\":\"a\\\"b\\\\c/\"}");
    cr_assert_str_eq(quoted("\n\t\x1b\x7f", 4), "{\"x\":\"\\u000a\\u0009\\u001b\\u007f\"}");
    cr_assert_str_eq(quoted("\xc2\x85", 2), "{\"x\":\"\\u0085\"}");
    cr_assert_str_eq(quoted("gr\xc3\xbc\xc3\x9f", 6), "{\"x\":\"gr\xc3\xbc\xc3\x9f\"}");
    cr_assert_str_eq(quoted("a\0b\xff\xc3", 5), "{\"x\":\"a\\\\x00b\\\\xFF\\\\xC3\"}");
}
