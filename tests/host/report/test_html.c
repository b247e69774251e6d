/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
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
