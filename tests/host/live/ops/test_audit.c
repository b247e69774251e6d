/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The audit's file: whole lines, renamed by size, and a disk that is full for a while. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host_stub/live/ops/audit.h"

static char dir[] = "/tmp/hmx_audit_XXXXXX";
static char path[64];
static char why[512];

static void begin(void)
{
    cr_assert_not_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/audit", dir);
}

static void end(void)
{
    char command[100];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    cr_assert_eq(system(command), 0);
}

TestSuite(ops_audit, .init = begin, .fini = end);

static const char *content(const char *name)
{
    static char text[4096];
    FILE *const file = fopen(name, "r");
    cr_assert_not_null(file, "%s", name);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static int add(hs_ops_audit *audit, const char *line)
{
    why[0] = '\0';
    return hs_ops_audit_line(audit, line, strlen(line), why, sizeof why);
}

Test(ops_audit, goes_on_where_it_was)
{
    for (int i = 0; i < 2; i++) {
        hs_ops_audit *const audit = hs_ops_audit_open(path, 1000, why, sizeof why);
        cr_assert_not_null(audit, "%s", why);
        cr_assert_eq(add(audit, i == 0 ? "one" : "two"), 0);
        cr_assert_eq(hs_ops_audit_sync(audit, why, sizeof why), 0, "%s", why);
        hs_ops_audit_close(audit);
    }
    cr_assert_str_eq(content(path), "one\ntwo\n");
}

Test(ops_audit, a_line_in_pieces_is_ended_before_the_next)
{
    FILE *const file = fopen(path, "w");
    fputs("one\ntw", file);
    fclose(file);
    hs_ops_audit *const audit = hs_ops_audit_open(path, 1000, why, sizeof why);
    cr_assert(add(audit, "three") == 0 && add(audit, "four") == 0);
    hs_ops_audit_close(audit);
    cr_assert_str_eq(content(path), "one\ntw\nthree\nfour\n");
}

Test(ops_audit, is_renamed_by_its_size_and_eight_are_kept)
{
    char name[80];
    char line[32];
    struct stat st;
    hs_ops_audit *const audit = hs_ops_audit_open(path, 20, why, sizeof why);
    for (int i = 0; i < 30; i++) {
        snprintf(line, sizeof line, "line %03d", i);
        cr_assert_eq(add(audit, line), 0, "%s", why);
    }
    hs_ops_audit_close(audit);
    cr_assert_str_eq(content(path), "line 028\nline 029\n");
    snprintf(name, sizeof name, "%s.1", path);
    cr_assert_str_eq(content(name), "line 026\nline 027\n");
    snprintf(name, sizeof name, "%s.8", path);
    cr_assert_str_eq(content(name), "line 012\nline 013\n");
    snprintf(name, sizeof name, "%s.9", path);
    cr_assert_neq(stat(name, &st), 0);
    cr_assert(stat(path, &st) == 0 && (st.st_mode & 0777) == 0640, "others may not read it");
}

/* A disk that is full is said once, each line that is lost is counted, and later ones are whole. */
Test(ops_audit, a_full_disk_loses_lines_and_nothing_else)
{
    struct rlimit before;
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    hs_ops_audit *const audit = hs_ops_audit_open(path, 1000, why, sizeof why);
    cr_assert_eq(add(audit, "0123456789"), 0);
    const struct rlimit full = {16, before.rlim_max};
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &full), 0);
    cr_assert_eq(add(audit, "lost in pieces"), -1);
    cr_assert_not_null(strstr(why, "cannot be written: "), "%s", why);
    cr_assert_not_null(strstr(why, "lines are lost"), "%s", why);
    cr_assert_eq(add(audit, "lost"), -1);
    cr_assert_str_eq(why, "", "said once");
    cr_assert_eq(hs_ops_audit_lost(audit), 2);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    cr_assert_eq(add(audit, "again"), 0);
    hs_ops_audit_close(audit);
    cr_assert_str_eq(content(path), "0123456789\nlost \nagain\n");
}

Test(ops_audit, what_is_no_file_of_ours_is_refused)
{
    cr_assert_null(hs_ops_audit_open("/dev/null", 1000, why, sizeof why));
    cr_assert_not_null(strstr(why, "it is no regular file"), "%s", why);
    cr_assert_null(hs_ops_audit_open("/nowhere/audit", 1000, why, sizeof why));
    cr_assert_not_null(strstr(why, "No such file"), "%s", why);
    char longer[5000];
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    cr_assert_null(hs_ops_audit_open(longer, 1000, why, sizeof why));
    cr_assert_not_null(strstr(why, "too long"), "%s", why);
}
