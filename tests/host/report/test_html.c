/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host_stub/report/html.h"

static hs_html page;

static const char *text_of(const char *text)
{
    hs_html_free(&page);
    hs_html_text(&page, text);
    return page.data;
}

static const char *filled(const char *markup, double a, double b)
{
    hs_html_free(&page);
    HS_HTML_AT(&page, markup, a, b);
    return page.data;
}

static const char *signed_of(double value, unsigned decimals)
{
    hs_html_free(&page);
    hs_html_signed(&page, value, decimals);
    return page.data;
}

TestSuite(report_html);

Test(report_html, markup_from_outside_is_text)
{
    cr_assert_str_eq(text_of("<script a=\"b\" c='d'>&amp;"),
                     "&lt;script a=&quot;b&quot; c=&#39;d&#39;&gt;&amp;amp;");
    cr_assert_str_eq(text_of("a\tb\nc"), "a b c");
    cr_assert_str_eq(text_of("a\x01\x7f"), "a&#xFFFD;&#xFFFD;");
    hs_html_free(&page);
}

Test(report_html, what_is_not_utf8_is_replaced)
{
    cr_assert_str_eq(text_of("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"),
                     "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
    cr_assert_str_eq(text_of("\xff"), "&#xFFFD;");
    cr_assert_str_eq(text_of("\xc0\xaf"), "&#xFFFD;&#xFFFD;"); /* overlong */
    cr_assert_str_eq(text_of("\xe0\x80\xaf"), "&#xFFFD;&#xFFFD;&#xFFFD;");
    cr_assert_str_eq(text_of("\xf0\x80\x80\xaf"), "&#xFFFD;&#xFFFD;&#xFFFD;&#xFFFD;");
    cr_assert_str_eq(text_of("\xed\xa0\x80"), "&#xFFFD;&#xFFFD;&#xFFFD;"); /* a surrogate */
    cr_assert_str_eq(text_of("\xf4\x90\x80\x80"), "&#xFFFD;&#xFFFD;&#xFFFD;&#xFFFD;");
    cr_assert_str_eq(text_of("a\xe2\x82"), "a&#xFFFD;&#xFFFD;"); /* cut */
    cr_assert_str_eq(text_of("\xe2<b"), "&#xFFFD;&lt;b");        /* swallows no markup */
    hs_html_free(&page);
    hs_html_text_part(&page, "a<bcd", 3);
    cr_assert_str_eq(page.data, "a&lt;b");
    hs_html_free(&page);
}

Test(report_html, numbers)
{
    cr_assert_str_eq(signed_of(0.0249, 2), "+0.02");
    cr_assert_str_eq(signed_of(-0.0249, 2), "&#x2212;0.02");
    cr_assert_str_eq(signed_of(0.001, 2), "0.00");
    cr_assert_str_eq(signed_of(-0.001, 2), "0.00");
    cr_assert_str_eq(signed_of(1e300, 2), "-");
    hs_html_free(&page);
    hs_html_count(&page, 1234567);
    cr_assert_str_eq(page.data, "1<i class=\"k\"></i>234<i class=\"k\"></i>567");
    hs_html_free(&page);
    hs_html_count(&page, 999);
    cr_assert_str_eq(page.data, "999");
    hs_html_free(&page);
}

Test(report_html, coordinates)
{
    cr_assert_str_eq(filled("x=\"@\" y=\"@\"", 12.04, -3.55), "x=\"12\" y=\"-3.6\"");
    cr_assert_str_eq(filled("@,@", 0.0 / 0.0, 10.0), "0,10");
    cr_assert_str_eq(filled("@,@,@", 1.0, 2.0), "1,2,0"); /* a value is missing: not memory */
    hs_html_free(&page);
}

Test(report_html, cut_markup_spoils_the_page)
{
    char long_text[2000];
    char why[200] = "";
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    hs_html_print(&page, "<p title=\"%s\">", long_text);
    cr_assert(page.failed);
    hs_html_raw(&page, "more");
    cr_assert_eq(hs_html_save(&page, "never-written.html", why, sizeof why), -1);
    cr_assert_neq(access("never-written.html", F_OK), 0);
    hs_html_free(&page);
}

Test(report_html, grows)
{
    for (int i = 0; i < 100000; i++) {
        hs_html_raw(&page, "ab");
    }
    cr_assert_eq(page.len, 200000);
    cr_assert_eq(strlen(page.data), 200000);
    hs_html_free(&page);
}

/* ---- files ---- */

static char folder[64];
static char path[128];

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/test_report_html.XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/page.html", folder);
    hs_html_free(&page);
    hs_html_raw(&page, "<p>new</p>");
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
    hs_html_free(&page);
    unlink(path);
    rmdir(folder);
}

Test(report_html, saves_and_replaces)
{
    char why[300] = "";
    struct stat is;
    make_folder();
    cr_assert_eq(hs_html_check_path(path, why, sizeof why), 0, "%s", why);
    cr_assert_eq(hs_html_save(&page, path, why, sizeof why), 0, "%s", why);
    assert_holds(path, "<p>new</p>");
    cr_assert_eq(stat(path, &is), 0);
    const mode_t mask = umask(0);
    umask(mask);
    cr_assert_eq(is.st_mode & 0777, 0666 & ~mask);
    hs_html_raw(&page, "2");
    cr_assert_eq(hs_html_save(&page, path, why, sizeof why), 0, "%s", why);
    assert_holds(path, "<p>new</p>2");
    cr_assert_eq(files_in_folder(), 1, "a temporary file is left");
    remove_folder();
}

Test(report_html, a_link_stays_a_link)
{
    char why[300] = "";
    char link_path[160];
    struct stat is;
    make_folder();
    snprintf(link_path, sizeof link_path, "%s/link.html", folder);
    cr_assert_eq(hs_html_save(&page, path, why, sizeof why), 0, "%s", why);
    cr_assert_eq(symlink(path, link_path), 0);
    hs_html_raw(&page, "2");
    cr_assert_eq(hs_html_save(&page, link_path, why, sizeof why), 0, "%s", why);
    assert_holds(path, "<p>new</p>2");
    cr_assert_eq(lstat(link_path, &is), 0);
    cr_assert(S_ISLNK(is.st_mode));
    unlink(link_path);
    remove_folder();
}

static void assert_refused(const char *where, const char *sentence)
{
    char why[5000] = "";
    cr_assert_eq(hs_html_check_path(where, why, sizeof why), -1);
    cr_assert_not_null(strstr(why, sentence), "%s", why);
    why[0] = '\0';
    cr_assert_eq(hs_html_save(&page, where, why, sizeof why), -1);
    cr_assert_not_null(strstr(why, sentence), "%s", why);
}

Test(report_html, refuses_with_a_sentence)
{
    char wrong[160];
    char endless[5000];
    make_folder();
    assert_refused("", "needs the name of a file");
    assert_refused(folder, "is not a regular file");
    assert_refused("/dev/null", "is not a regular file"); /* and not replaced, above all */
    snprintf(wrong, sizeof wrong, "%s/no/page.html", folder);
    assert_refused(wrong, "No such file or directory");
    snprintf(wrong, sizeof wrong, "%s/no/", folder);
    assert_refused(wrong, "names a folder");
    memset(endless, 'x', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    assert_refused(endless, "needs the name of a file");
    cr_assert_eq(files_in_folder(), 0);
    remove_folder();
}
