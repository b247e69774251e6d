/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/ini.h"

static char why[512];

static int parse(hs_ini *ini, const char *text)
{
    why[0] = '\0';
    return hs_ini_parse(ini, "farm.ini", text, strlen(text), why, sizeof why);
}

static void expect_refusal(const char *text, const char *sentence)
{
    hs_ini ini;
    cr_assert_eq(parse(&ini, text), -1, "accepted: %s", text);
    cr_assert_neq(strstr(why, sentence), NULL, "'%s' is not in '%s'", sentence, why);
    cr_assert_eq(ini.count, 0);
    cr_assert_eq(ini.entries, NULL);
}

Test(sim_ini, reads_in_order_with_lines)
{
    hs_ini ini;
    cr_assert_eq(parse(&ini, "\xef\xbb\xbf; a comment\n[a]\nx = 1\r\n  y=two words ; not this\n\n"
                             "# another\n[b.c]\n\tx : 3"),
                 0, "%s", why);
    cr_assert_eq(ini.count, 3);
    cr_assert_str_eq(ini.entries[0].section, "a");
    cr_assert_str_eq(ini.entries[0].key, "x");
    cr_assert_str_eq(ini.entries[0].value, "1");
    cr_assert_eq(ini.entries[0].line, 3);
    cr_assert_str_eq(ini.entries[1].key, "y", "an indented line is a line, not a continuation");
    cr_assert_str_eq(ini.entries[1].value, "two words");
    cr_assert_eq(ini.entries[1].line, 4);
    cr_assert_str_eq(hs_ini_get(&ini, "b.c", "x"), "3");
    cr_assert_eq(ini.entries[2].line, 8);
    cr_assert_eq(hs_ini_get(&ini, "b.c", "y"), NULL);
    hs_ini_free(&ini);
}

Test(sim_ini, refuses_with_file_and_line)
{
    char text[600] = "[a]\n; ";
    expect_refusal("[a]\nx = 1\nnonsense\n", "farm.ini:3: neither");
    expect_refusal("[a]\nx = 1\nx = 2\n", "farm.ini:3: [a] x came before");
    expect_refusal("[a]\nx = 1\n[b]\ny = 1\n[a]\nz = 2\n", "farm.ini:5: this section came before");
    expect_refusal("[a\nx = 1\n", "farm.ini:1: the section's ']' is missing");
    expect_refusal("[]\nx = 1\n", "farm.ini:1: a section's name");
    expect_refusal("[a]\n= 1\n", "farm.ini:2: there is no key");
    expect_refusal("[a]\nx = \xff\n", "farm.ini:2: a control character");
    expect_refusal("[a]\nx = \xc0\x80\n", "farm.ini:2: a control character");
    expect_refusal("[a]\nx = \x01\n", "farm.ini:2: a control character");
    memset(text + 6, 'c', 300); /* inih 55 would read a key out of this comment */
    strcpy(text + 306, "=1\n");
    expect_refusal(text, "farm.ini:2: the line is longer than 190 bytes");
    hs_ini ini;
    cr_assert_eq(hs_ini_parse(&ini, "n", "[a]\nx = 1\0y\n", 12, why, sizeof why), -1);
    cr_assert_neq(strstr(why, "n:2: a control character, a NUL byte"), NULL);
    memset(text, 's', 60);
    text[0] = '[';
    strcpy(text + 60, "]\nx=1\n");
    expect_refusal(text, "farm.ini:1: a section's name has 1 to 48 bytes");
}

Test(sim_ini, refuses_what_is_no_file)
{
    hs_ini ini;
    cr_assert_eq(hs_ini_load(&ini, HMX_TEST_DATA, why, sizeof why), -1);
    cr_assert_neq(strstr(why, "is not a regular file"), NULL);
    cr_assert_eq(hs_ini_load(&ini, "/nonexistent/x.ini", why, sizeof why), -1);
    cr_assert_neq(strstr(why, "/nonexistent/x.ini: cannot be opened"), NULL);
}

Test(sim_ini, changes_and_renders)
{
    hs_ini ini;
    cr_assert_eq(parse(&ini, "[a]\nx = 1\n[b]\ny = 2\n"), 0);
    cr_assert_eq(hs_ini_set(&ini, "a", "x", "10"), 0);
    cr_assert_eq(hs_ini_set(&ini, "a", "z", "3"), 0);
    cr_assert_eq(hs_ini_set(&ini, "c", "q", "4"), 0);
    hs_ini_unset(&ini, "b", "y");
    hs_ini_unset(&ini, "b", "never there");
    char *const text = hs_ini_render(&ini);
    cr_assert_str_eq(text, "[a]\nx = 10\nz = 3\n[c]\nq = 4\n");
    free(text);
    hs_ini_free(&ini);
}
