/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * locale_init: linked into every Criterion binary. A C program starts in the "C" locale whatever
 * the environment says, and Criterion does not change that; a real host calls setlocale. So does
 * this file, before main, so that `tests/run --locale de_DE.UTF-8` really puts the code under a
 * comma locale. When HMX_EXPECT_DECIMAL_POINT is set and something else is in force, the binary
 * ends at once: a run that only believes to be under that locale must not pass. */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((constructor)) static void enter_locale(void)
{
    setlocale(LC_ALL, "");
    const char *const expected = getenv("HMX_EXPECT_DECIMAL_POINT");
    const char *const point = localeconv()->decimal_point;
    if (expected != NULL && strcmp(expected, point) != 0) {
        fprintf(stderr, "this run wants the decimal point '%s', the locale in force has '%s'\n",
                expected, point);
        exit(99);
    }
}
