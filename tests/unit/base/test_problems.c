/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "plugin/base/problems.h"

static const char *printed(const hm_problems *p)
{
    static char buffer[16384];
    hm_text t;
    hm_text_init(&t, buffer, sizeof buffer);
    hm_problems_print(p, "f\n", &t);
    return buffer;
}

Test(problems, none_prints_nothing)
{
    static hm_problems p;
    cr_assert_str_eq(printed(&p), "");
}

Test(problems, in_the_order_of_the_lines_and_whole_input_last)
{
    static hm_problems p;
    hm_problems_add(&p, HM_PROBLEM_NO_LINE, "whole");
    hm_problems_add(&p, 7, "first of 7");
    hm_problems_add(&p, 3, "three");
    hm_problems_add(&p, 7, "second of 7");
    cr_assert_eq(p.count, 4);
    cr_assert_str_eq(printed(&p), "f\\x0A:3: three\nf\\x0A:7: first of 7\nf\\x0A:7: second of 7\n"
                                  "f\\x0A: whole");
}

/* With something behind the last row that must stay as it is. */
typedef struct guarded {
    hm_problems p;
    hm_problem behind;
} guarded;

static void check_behind(const guarded *g)
{
    static const hm_problem untouched;
    cr_assert_eq(memcmp(&g->behind, &untouched, sizeof untouched), 0);
}

/* As they come in a file: what is too much is the last. */
Test(problems, keeps_the_first_sixteen_that_come)
{
    static guarded g;
    for (uint32_t n = 0; n < 40; n++) {
        hm_problems_add(&g.p, 1 + n / 2, n % 2 == 0 ? "even" : "odd");
        check_behind(&g);
    }
    cr_assert_eq(g.p.count, 40);
    cr_assert_eq(g.p.kept, HM_PROBLEMS_KEPT);
    for (uint32_t i = 0; i < HM_PROBLEMS_KEPT; i++) {
        cr_assert_eq(g.p.rows[i].line, 1 + i / 2);
        cr_assert_str_eq(g.p.rows[i].text, i % 2 == 0 ? "even" : "odd", "row %u", i);
    }
    hm_problems_add(&g.p, 4, "between");
    check_behind(&g);
    cr_assert_str_eq(g.p.rows[8].text, "between");
    cr_assert_eq(g.p.rows[9].line, 5);
    cr_assert_str_eq(g.p.rows[HM_PROBLEMS_KEPT - 1].text, "even");
}

Test(problems, keeps_the_first_sixteen_by_line)
{
    static guarded g;
    for (uint32_t line = 40; line > 0; line--) {
        hm_problems_add(&g.p, line, "x");
        check_behind(&g);
    }
    const hm_problems p = g.p;
    cr_assert_eq(p.count, 40);
    cr_assert_eq(p.kept, HM_PROBLEMS_KEPT);
    for (uint32_t i = 0; i < HM_PROBLEMS_KEPT; i++) {
        cr_assert_eq(p.rows[i].line, i + 1);
    }
    const char *const text = printed(&p);
    cr_assert_not_null(strstr(text, "f\\x0A:16: x\nand 24 more"));
    cr_assert_null(strstr(text, ":17"));
}

Test(problems, a_long_sentence_is_cut)
{
    static hm_problems p;
    static char sentence[2 * HM_PROBLEM_TEXT_SIZE];
    memset(sentence, 'x', sizeof sentence - 1);
    hm_problems_add(&p, 1, sentence);
    cr_assert_eq(strlen(p.rows[0].text), HM_PROBLEM_TEXT_SIZE - 1);
}

/* Whatever room there is: whole lines, and how many are not there. */
Test(problems, no_line_is_cut_in_a_word)
{
    static hm_problems p;
    for (uint32_t i = 1; i <= 20; i++) {
        hm_problems_add(&p, i, "a sentence that says something");
    }
    for (size_t capacity = 120; capacity < 1200; capacity++) {
        char text[1200];
        hm_text t;
        hm_text_init(&t, text, capacity);
        hm_problems_print(&p, "f", &t);
        cr_assert_not(t.cut, "%zu", capacity);
        uint32_t lines = 0;
        uint32_t more = 0;
        for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
            if (sscanf(line, "and %u more", &more) != 1) {
                lines++;
                cr_assert_str_eq(line + strlen(line) - 9, "something");
            }
        }
        cr_assert_eq(lines + more, 20, "%u lines and %u more in %zu", lines, more, capacity);
    }
}
