/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host_stub/base/input.h"

static char why[400];
static char *data;
static size_t len;

Test(input, reads_the_whole_file_up_to_its_limit)
{
    char path[] = "/tmp/hs_input_XXXXXX";
    const int fd = mkstemp(path);
    cr_assert_eq(write(fd, "ab\0d", 4), 4);
    cr_assert_eq(close(fd), 0);
    cr_assert_eq(hs_input_read(path, 4, &data, &len, why, sizeof why), 0, "%s", why);
    cr_assert_eq(len, 4);
    cr_assert_eq(memcmp(data, "ab\0d", 5), 0, "a NUL stands behind it");
    free(data);
    cr_assert_eq(hs_input_read(path, 3, &data, &len, why, sizeof why), -1);
    cr_assert_not_null(strstr(why, ": has 4 bytes; at most 3 are read"));
    cr_assert_null(data);
    cr_assert_eq(errno, 0);
    cr_assert_eq(truncate(path, 0), 0);
    cr_assert_eq(hs_input_read(path, 3, &data, &len, why, sizeof why), 0);
    cr_assert_eq(len, 0);
    cr_assert_str_eq(data, "");
    free(data);
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(hs_input_read(path, 3, &data, &len, why, sizeof why), -1);
    cr_assert_eq(errno, ENOENT, "so that who may go without it can tell");
    cr_assert_null(data);
}

Test(input, refuses_what_is_no_file)
{
    cr_assert_eq(hs_input_read("/tmp", 3, &data, &len, why, sizeof why), -1);
    cr_assert_str_eq(why, "/tmp: is not a regular file");
    cr_assert_eq(hs_input_read("/nonexistent/x", 3, &data, &len, why, sizeof why), -1);
    cr_assert_str_eq(why, "/nonexistent/x: cannot be opened: No such file or directory");
}
