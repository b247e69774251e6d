/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host_stub/base/output.h"

static char why[5000];
static char folder[64];
static char path[128];

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/test_base_output.XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/result", folder);
}

static int files_in_folder(void)
{
    int count = 0;
    DIR *const dir = opendir(folder);
    cr_assert_not_null(dir);
    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        count += e->d_name[0] != '.';
    }
    closedir(dir);
    return count;
}

static void assert_holds(const char *file, const char *text)
{
    char got[200] = "";
    FILE *const in = fopen(file, "r");
    cr_assert_not_null(in);
    const size_t n = fread(got, 1, sizeof got - 1, in);
    got[n] = '\0';
    fclose(in);
    cr_assert_str_eq(got, text);
}

static void remove_folder(void)
{
    unlink(path);
    rmdir(folder);
}

Test(output, a_file_is_replaced_as_a_whole_and_keeps_its_rights)
{
    struct stat is;
    make_folder();
    cr_assert_eq(hs_output_check(path, why, sizeof why), 0, "%s", why);
    cr_assert_eq(files_in_folder(), 0, "checking leaves something behind");
    cr_assert_eq(hs_output_save(path, "new", 3, why, sizeof why), 0, "%s", why);
    assert_holds(path, "new");
    const mode_t mask = umask(0);
    umask(mask);
    cr_assert_eq(stat(path, &is), 0);
    cr_assert_eq(is.st_mode & 0777, 0666 & ~mask);
    cr_assert_eq(chmod(path, 0640), 0);
    cr_assert_eq(hs_output_check(path, why, sizeof why), 0, "%s", why);
    assert_holds(path, "new");
    cr_assert_eq(hs_output_save_text(path, strdup("text"), why, sizeof why), 0, "%s", why);
    assert_holds(path, "text\n");
    cr_assert_eq(stat(path, &is), 0);
    cr_assert_eq(is.st_mode & 0777, 0640);
    cr_assert_eq(files_in_folder(), 1, "a temporary file is left");
    remove_folder();
}

Test(output, a_link_stays_a_link)
{
    char link_path[160];
    struct stat is;
    make_folder();
    snprintf(link_path, sizeof link_path, "%s/link", folder);
    cr_assert_eq(hs_output_save(path, "1", 1, why, sizeof why), 0, "%s", why);
    cr_assert_eq(symlink(path, link_path), 0);
    cr_assert_eq(hs_output_save(link_path, "2", 1, why, sizeof why), 0, "%s", why);
    assert_holds(path, "2");
    cr_assert_eq(lstat(link_path, &is), 0);
    cr_assert(S_ISLNK(is.st_mode));
    unlink(link_path);
    remove_folder();
}

Test(output, a_device_is_written_to_and_stays_what_it_is)
{
    struct stat is;
    cr_assert_eq(hs_output_check("/dev/null", why, sizeof why), 0, "%s", why);
    cr_assert_eq(hs_output_save("/dev/null", "x", 1, why, sizeof why), 0, "%s", why);
    cr_assert_eq(stat("/dev/null", &is), 0);
    cr_assert(S_ISCHR(is.st_mode));
    cr_assert_eq(hs_output_save("/dev/full", "x", 1, why, sizeof why), -1);
    cr_assert_str_eq(why, "/dev/full cannot be written: No space left on device");
}

static void assert_refused(const char *where, const char *sentence)
{
    cr_assert_eq(hs_output_check(where, why, sizeof why), -1, "'%s'", where);
    cr_assert_not_null(strstr(why, sentence), "%s", why);
    why[0] = '\0';
    cr_assert_eq(hs_output_save(where, "x", 1, why, sizeof why), -1);
    cr_assert_not_null(strstr(why, sentence), "%s", why);
}

Test(output, refuses_with_a_sentence)
{
    char wrong[160];
    char endless[5000];
    make_folder();
    assert_refused("", "the name of a file has 1 to");
    assert_refused(folder, "is a folder");
    snprintf(wrong, sizeof wrong, "%s/no/page.html", folder);
    assert_refused(wrong, "No such file or directory");
    snprintf(wrong, sizeof wrong, "%s/no/", folder);
    assert_refused(wrong, "is a folder");
    memset(endless, 'x', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    assert_refused(endless, "the name of a file has 1 to");
    cr_assert_eq(hs_output_save_text(path, NULL, why, sizeof why), -1);
    cr_assert_not_null(strstr(why, "out of memory"), "%s", why);
    cr_assert_eq(files_in_folder(), 0);
    remove_folder();
}

Test(output, a_folder_need_not_be_there_but_the_one_above_it)
{
    char wrong[160];
    make_folder();
    cr_assert_eq(hs_output_folder(folder, why, sizeof why), 0, "%s", why);
    cr_assert_eq(hs_output_folder(path, why, sizeof why), 0, "%s", why);
    cr_assert_eq(files_in_folder(), 0, "checking leaves a folder behind");
    snprintf(wrong, sizeof wrong, "%s/no/frames", folder);
    cr_assert_eq(hs_output_folder(wrong, why, sizeof why), -1);
    cr_assert_not_null(strstr(why, "cannot be made: No such file or directory"), "%s", why);
    cr_assert_eq(hs_output_save(path, "x", 1, why, sizeof why), 0);
    cr_assert_eq(hs_output_folder(path, why, sizeof why), -1);
    cr_assert_not_null(strstr(why, "is not a folder"), "%s", why);
    remove_folder();
}
