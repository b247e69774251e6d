/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/base/decimal.h"
#include "tests/unit/test_random.h"

Test(decimal, reads_what_is_a_number)
{
    static const struct {
        const char *text;
        double value;
    } rows[] = {{"0", 0},
                {"-0", 0},
                {"+1", 1},
                {"-1.5", -1.5},
                {"007", 7},
                {"0.1", 0.1},
                {"33.33", 33.33},
                {"0.000001", 0.000001},
                {"999999999.999999", 999999999.999999},
                {"-999999999.999999", -999999999.999999},
                {"2.500000", 2.5}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double value = NAN;
        cr_assert_eq(hm_decimal_parse(rows[i].text, strlen(rows[i].text), &value), HM_DECIMAL_OK,
                     "%s", rows[i].text);
        cr_assert(value == rows[i].value, "%s", rows[i].text);
    }
    double zero = 1;
    hm_decimal_parse("-0.0", 4, &zero);
    cr_assert(!signbit(zero), "-0 becomes 0");
}

Test(decimal, names_the_reason_of_each_refusal)
{
    static const struct {
        const char *text;
        hm_decimal_refusal refusal;
    } rows[] = {{"", HM_DECIMAL_EMPTY},
                {"x", HM_DECIMAL_NOT_A_NUMBER},
                {"-", HM_DECIMAL_NOT_A_NUMBER},
                {"+", HM_DECIMAL_NOT_A_NUMBER},
                {"--1", HM_DECIMAL_NOT_A_NUMBER},
                {" 1", HM_DECIMAL_NOT_A_NUMBER},
                {"'1'", HM_DECIMAL_NOT_A_NUMBER},
                {".", HM_DECIMAL_NOT_A_NUMBER},
                {"nan", HM_DECIMAL_NAN},
                {"-NaN", HM_DECIMAL_NAN},
                {"nan(0x1)", HM_DECIMAL_NAN},
                {"NAN", HM_DECIMAL_NAN},
                {"none", HM_DECIMAL_NOT_A_NUMBER},
                {"fan", HM_DECIMAL_NOT_A_NUMBER},
                {"nap", HM_DECIMAL_NOT_A_NUMBER},
                {"n{n", HM_DECIMAL_NOT_A_NUMBER},
                {"n!n", HM_DECIMAL_NOT_A_NUMBER},
                {"onf", HM_DECIMAL_NOT_A_NUMBER},
                {"is", HM_DECIMAL_NOT_A_NUMBER},
                {"ink", HM_DECIMAL_NOT_A_NUMBER},
                {"inf", HM_DECIMAL_INFINITY},
                {"INF", HM_DECIMAL_INFINITY},
                {"-Infinity", HM_DECIMAL_INFINITY},
                {"0,5", HM_DECIMAL_COMMA},
                {"1.000,5", HM_DECIMAL_COMMA},
                {"1e3", HM_DECIMAL_EXPONENT},
                {"1.5E-3", HM_DECIMAL_EXPONENT},
                {"1e+3", HM_DECIMAL_EXPONENT},
                {"1f3", HM_DECIMAL_TRAILING},
                {"1e/", HM_DECIMAL_TRAILING},
                {"1e:", HM_DECIMAL_TRAILING},
                {"1/", HM_DECIMAL_TRAILING},
                {"1:", HM_DECIMAL_TRAILING},
                {"/1", HM_DECIMAL_NOT_A_NUMBER},
                {":1", HM_DECIMAL_NOT_A_NUMBER},
                {"0x1p3", HM_DECIMAL_TRAILING},
                {"1234567890", HM_DECIMAL_TOO_MANY_DIGITS},
                {"0000000001", HM_DECIMAL_TOO_MANY_DIGITS},
                {"0.1234567", HM_DECIMAL_TOO_MANY_PLACES},
                {"0.5000000", HM_DECIMAL_TOO_MANY_PLACES},
                {".5", HM_DECIMAL_BARE_POINT},
                {"-.5", HM_DECIMAL_BARE_POINT},
                {"5.", HM_DECIMAL_BARE_POINT},
                {"1.2.3", HM_DECIMAL_TRAILING},
                {"60%", HM_DECIMAL_TRAILING},
                {"60 %", HM_DECIMAL_TRAILING},
                {"1 2", HM_DECIMAL_TRAILING},
                {"1e", HM_DECIMAL_TRAILING},
                {"1 # c", HM_DECIMAL_TRAILING}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double value = 4711;
        const hm_decimal_refusal got = hm_decimal_parse(rows[i].text, strlen(rows[i].text), &value);
        cr_assert_eq(got, rows[i].refusal, "'%s': %s", rows[i].text, hm_decimal_reason(got));
        cr_assert(value == 4711, "'%s' wrote", rows[i].text);
    }
    for (int i = 0; i < HM_DECIMAL_REFUSALS; i++) {
        for (int other = 0; other < i; other++) {
            cr_assert_str_neq(hm_decimal_reason((hm_decimal_refusal)i),
                              hm_decimal_reason((hm_decimal_refusal)other));
        }
    }
    cr_assert_str_eq(hm_decimal_reason(HM_DECIMAL_REFUSALS), "is not a number", "that is none");
    double value = 4711;
    cr_assert_eq(hm_decimal_parse("1\0", 2, &value), HM_DECIMAL_TRAILING, "a NUL is no end");
}

Test(decimal, whole_numbers)
{
    static const struct {
        const char *text;
        hm_decimal_refusal refusal;
        uint64_t value;
    } rows[] = {{"0", HM_DECIMAL_OK, 0},
                {"+30", HM_DECIMAL_OK, 30},
                {"65535", HM_DECIMAL_OK, 65535},
                {"18446744073709551615", HM_DECIMAL_OK, UINT64_MAX},
                {"18446744073709551616", HM_DECIMAL_TOO_MANY_DIGITS, 0},
                {"99999999999999999999999", HM_DECIMAL_TOO_MANY_DIGITS, 0},
                {"-1", HM_DECIMAL_NEGATIVE, 0},
                {"2.5", HM_DECIMAL_NOT_WHOLE, 0},
                {"2.", HM_DECIMAL_TRAILING, 0},
                {"2,5", HM_DECIMAL_COMMA, 0},
                {"1e3", HM_DECIMAL_EXPONENT, 0},
                {"0x10", HM_DECIMAL_TRAILING, 0},
                {"30s", HM_DECIMAL_TRAILING, 0},
                {"nan", HM_DECIMAL_NAN, 0},
                {"-nan", HM_DECIMAL_NAN, 0},
                {"+inf", HM_DECIMAL_INFINITY, 0},
                {"2.x", HM_DECIMAL_TRAILING, 0},
                {"", HM_DECIMAL_EMPTY, 0},
                {"ten", HM_DECIMAL_NOT_A_NUMBER, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t value = 4711;
        const hm_decimal_refusal got =
            hm_decimal_parse_whole(rows[i].text, strlen(rows[i].text), &value);
        cr_assert_eq(got, rows[i].refusal, "'%s': %s", rows[i].text, hm_decimal_reason(got));
        cr_assert_eq(value, got == HM_DECIMAL_OK ? rows[i].value : 4711, "'%s'", rows[i].text);
    }
}

/* Every beginning of these, with something else behind each. */
Test(decimal, what_stands_behind_the_number_is_not_looked_at)
{
    static const char *const texts[] = {"-nan", "+inf", "12.55", ".5", "1e5", "1E+5", "7,", "-3x"};
    static const char *const behind[] = {"5",  ".5", "e5",  "+",         "n",
                                         "an", "nf", "inf", "0000000000"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        for (size_t len = 0; len <= strlen(texts[i]); len++) {
            char alone[32] = {0};
            double number = 4711;
            uint64_t whole = 4711;
            memcpy(alone, texts[i], len);
            const hm_decimal_refusal refusal = hm_decimal_parse(alone, len, &number);
            const hm_decimal_refusal refusal_whole = hm_decimal_parse_whole(alone, len, &whole);
            for (size_t k = 0; k < sizeof behind / sizeof behind[0]; k++) {
                char text[32] = {0};
                double number_here = 4711;
                uint64_t whole_here = 4711;
                memcpy(text, texts[i], len);
                memcpy(text + len, behind[k], strlen(behind[k]));
                cr_assert_eq(hm_decimal_parse(text, len, &number_here), refusal, "%s, %zu", text,
                             len);
                cr_assert_eq(hm_decimal_parse_whole(text, len, &whole_here), refusal_whole,
                             "%s, %zu", text, len);
                cr_assert(number_here == number && whole_here == whole, "%s, %zu", text, len);
            }
        }
    }
}

Test(decimal, prints_the_shortest_form)
{
    static const struct {
        double value;
        const char *text;
    } rows[] = {{0, "0"},
                {-0.0, "0"},
                {0.5, "0.5"},
                {-0.5, "-0.5"},
                {100, "100"},
                {33.33, "33.33"},
                {1e-6, "0.000001"},
                {4e-7, "0"},
                {-4e-7, "0"},
                {5.1e-7, "0.000001"},
                {2.0 / 3, "0.666667"},
                {120.000001, "120.000001"},
                {999999999.999999, "999999999.999999"},
                {-999999999.999999, "-999999999.999999"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[HM_DECIMAL_TEXT_SIZE];
        cr_assert_eq(hm_decimal_print(rows[i].value, text), strlen(rows[i].text));
        cr_assert_str_eq(text, rows[i].text);
    }
}

Test(decimal, refuses_to_round_what_has_no_six_places)
{
    static const double rows[] = {NAN, INFINITY, -INFINITY, 1e9, -1e9, 1e300, 999999999.9999999};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double rounded = 4711;
        int64_t micros = 4711;
        char text[HM_DECIMAL_TEXT_SIZE] = "x";
        cr_assert_eq(hm_decimal_round(rows[i], &rounded), -1, "row %zu", i);
        cr_assert_eq(hm_decimal_micros(rows[i], &micros), -1);
        cr_assert_eq(hm_decimal_print(rows[i], text), 0);
        cr_assert(rounded == 4711 && micros == 4711);
        cr_assert_str_eq(text, "");
    }
}

Test(decimal, rounds_to_six_places)
{
    static const double rows[][2] = {
        {0, 0},         {0.1234567, 0.123457}, {-0.1234564, -0.123456},   {4e-7, 0},
        {5.1e-7, 1e-6}, {33.33, 33.33},        {1e8 / 3, 33333333.333333}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double rounded = 4711;
        cr_assert_eq(hm_decimal_round(rows[i][0], &rounded), 0, "row %zu", i);
        cr_assert(rounded == rows[i][1], "row %zu: %.9f", i, rounded);
    }
}

/* Every number of millionths survives printing and reading, bit for bit, and reading gives the same
 * double as the C library does under the C locale. */
Test(decimal, printing_and_reading_is_exact)
{
    uint64_t state = 1;
    (void)setlocale(LC_ALL, "C"); /* for strtod, which has its point only there */
    for (int i = 0; i < 300000; i++) {
        const uint64_t r = test_random(&state);
        /* All sizes alike: from one digit to fifteen. */
        static const int64_t scales[] = {10, 1000, 1000000, 100000000, INT64_C(1000000000000000)};
        const int64_t magnitude = (int64_t)(r >> 4) % scales[i % 5];
        const int64_t micros = (r & 1) != 0 ? -magnitude : magnitude;
        const double value = hm_decimal_from_micros(micros);
        int64_t back = -1;
        cr_assert(hm_decimal_micros(value, &back) == 0 && back == micros, "%" PRId64, micros);
        char text[HM_DECIMAL_TEXT_SIZE];
        const size_t len = hm_decimal_print(value, text);
        double again = NAN;
        cr_assert_eq(hm_decimal_parse(text, len, &again), HM_DECIMAL_OK, "%s", text);
        cr_assert(memcmp(&again, &value, sizeof value) == 0, "%s", text);
        cr_assert(again == strtod(text, NULL), "%s", text);
    }
}
