/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * noise/authority: a file that only its owner reads, and every other one. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host_stub/noise/authority.h"

static char folder[64];
static char path[128];
static char why[500];

static void setup(void)
{
    snprintf(folder, sizeof folder, "/tmp/test_noise_authority.XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/key", folder);
    why[0] = '\0';
}

static void teardown(void)
{
    unlink(path);
    rmdir(folder);
}

TestSuite(authority, .init = setup, .fini = teardown);

static void put(const char *text)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void refused(const char *reason)
{
    char wanted[600];
    cr_assert_null(hs_noise_authority_load(path, why, sizeof why));
    snprintf(wanted, sizeof wanted, reason, path, path);
    cr_assert_str_eq(why, wanted);
}

Test(authority, is_made_for_its_owner_only_and_loaded_again)
{
    struct stat about;
    uint8_t x[32];
    umask(0);
    cr_assert_eq(hs_noise_authority_create(path, why, sizeof why), 0, "%s", why);
    cr_assert_eq(stat(path, &about), 0);
    cr_assert_eq(about.st_mode & 07777, 0600u);
    hs_noise_authority *const authority = hs_noise_authority_load(path, why, sizeof why);
    cr_assert_not_null(authority, "%s", why);
    cr_assert_eq(hs_noise_public(authority->secret, x), 0);
    cr_assert_arr_eq(x, authority->x, sizeof x);
    hs_noise_authority_free(authority);
    hs_noise_authority_free(NULL);
}

Test(authority, one_that_is_there_is_not_overwritten)
{
    put("something\n");
    cr_assert_eq(hs_noise_authority_create(path, why, sizeof why), -1);
    cr_assert(strstr(why, "is there already and is left as it is") != NULL, "%s", why);
    cr_assert_eq(hs_noise_authority_create("/nowhere/at/all", why, sizeof why), -1);
    cr_assert_str_eq(why, "/nowhere/at/all cannot be made: No such file or directory");
}

Test(authority, a_file_that_others_may_read_is_refused)
{
    static const struct {
        mode_t mode;
        const char *text;
    } MODES[] = {{0640, "640"}, {0604, "604"}, {0620, "620"}};
    cr_assert_eq(hs_noise_authority_create(path, why, sizeof why), 0);
    for (size_t i = 0; i < sizeof MODES / sizeof MODES[0]; i++) {
        char wanted[600];
        cr_assert_eq(chmod(path, MODES[i].mode), 0);
        cr_assert_null(hs_noise_authority_load(path, why, sizeof why));
        snprintf(wanted, sizeof wanted,
                 "others than its owner may use %s (mode %s), which holds a secret key; say: chmod "
                 "600 %s",
                 path, MODES[i].text, path);
        cr_assert_str_eq(why, wanted);
    }
}

Test(authority, what_is_none_is_refused_without_showing_it)
{
    refused("%s cannot be opened: No such file or directory");
    put("");
    refused("the secret key in %s fails its checksum: a character is wrong or missing");
    put("mkDLTBBRxdBv998612qipDYoTK3YUrqLe8uWw7gu3iXbSrn2m\n");
    refused("the secret key in %s fails its checksum: a character is wrong or missing");
    put("9bXiEd8boQVhq7WddEcERUL5tyyJVFYdU8th3HfbNXK3Yw6GRXh9bXiEd8boQVhq7WddEcERUL5tyyJVFYdU8th3H"
        "fbNXK3Yw6GRXh\n");
    refused("the secret key in %s is too long");
    put("mkDLTBBRxdBv998612qipDYoTK3YUrqLe8uWw7gu3iXbSrn2n\r\n");
    hs_noise_authority *const authority = hs_noise_authority_load(path, why, sizeof why);
    cr_assert_not_null(authority, "%s", why);
    cr_assert_eq(authority->x[0], 0x24);
    hs_noise_authority_free(authority);
    cr_assert_null(hs_noise_authority_load(folder, why, sizeof why));
    cr_assert(strstr(why, "is not a regular file") != NULL, "%s", why);
}
