/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#define _XOPEN_SOURCE 700 /* realpath, setenv */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host_stub/base/paths.h"

static void expect_same_place(const char *path, const char *expected)
{
    char *const a = realpath(path, NULL);
    char *const b = realpath(expected, NULL);
    cr_assert(a != NULL, "%s is not there", path);
    cr_assert(b != NULL, "%s is not there", expected);
    cr_expect_str_eq(a, b, "another place");
    free(a);
    free(b);
}

/* The test lies in build/tests, beside build/lib, as host_stub does in build/bin. */
Test(paths, plugins_lie_beside_the_executable)
{
    char path[4096];
    cr_expect(hs_path_lib("good_min", path, sizeof path) == 0, "not known");
    expect_same_place(path, HMX_LIB_DIR "/good_min.so");
    cr_expect(hs_path_default_plugin(path, sizeof path) == 0, "not known");
    cr_expect_str_eq(strrchr(path, '/'), "/hashmux.so", "the name");
}

Test(paths, the_environment_tells_the_home)
{
    char path[4096];
    cr_assert(setenv("HASHMUX_HOME", HMX_SOURCE_DIR, 1) == 0, "not set");
    cr_expect(hs_path_default_config(path, sizeof path) == 0, "not known");
    cr_expect_str_eq(path, HMX_SOURCE_DIR "/plugin.ini.example", "the example");
    cr_expect(hs_path_default_scenarios(path, sizeof path) == 0, "not known");
    cr_expect_str_eq(path, HMX_SOURCE_DIR "/tests/sim", "the scenarios");
}

/* Without it, the build folder of this test tells: it lies in the source, or its cache names it. */
Test(paths, the_home_is_found_from_the_executable)
{
    char path[4096];
    cr_assert(unsetenv("HASHMUX_HOME") == 0, "still set");
    cr_assert(hs_path_home(path, sizeof path) == 0, "not found");
    expect_same_place(path, HMX_SOURCE_DIR);
}

Test(paths, what_does_not_fit_is_not_cut)
{
    char path[8] = "xxxxxxx";
    cr_expect(hs_path_lib("good_min", path, sizeof path) == -1 && path[0] == '\0', "'%s'", path);
    cr_assert(setenv("HASHMUX_HOME", "/a/long/path", 1) == 0, "not set");
    cr_expect(hs_path_home(path, sizeof path) == -1 && path[0] == '\0', "'%s'", path);
    cr_expect(hs_path_default_config(path, sizeof path) == -1 && path[0] == '\0', "'%s'", path);
    cr_expect(hs_path_home(path, 0) == -1, "no room at all");
}
