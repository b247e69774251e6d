/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/base/problems.h"

#include <string.h>

void hm_problems_add(hm_problems *p, uint32_t line, const char *sentence)
{
    p->count++;
    uint32_t at = p->kept;
    while (at > 0 && p->rows[at - 1].line > line) {
        at--;
    }
    if (at >= HM_PROBLEMS_KEPT) {
        return;
    }
    if (p->kept < HM_PROBLEMS_KEPT) {
        p->kept++;
    }
    memmove(&p->rows[at + 1], &p->rows[at], (p->kept - 1 - at) * sizeof p->rows[0]);
    hm_text t;
    hm_text_init(&t, p->rows[at].text, sizeof p->rows[at].text);
    hm_text_add(&t, sentence);
    p->rows[at].line = line;
}

/* Bytes for "\nand 4294967295 more". */
#define REST_SIZE 21u

static void print_row(const hm_problem *row, const char *file_name, hm_text *out)
{
    hm_text_add_view(out, file_name, strlen(file_name));
    if (row->line != HM_PROBLEM_NO_LINE) {
        hm_text_addf(out, ":%lu", (unsigned long)row->line);
    }
    hm_text_add(out, ": ");
    hm_text_add(out, row->text);
}

/* A line is printed whole or, but for the first, not at all; behind it stays room to tell how many
 * there are besides. */
static int fits(const hm_problem *row, const char *file_name, int is_last, const hm_text *out)
{
    char line[HM_PROBLEM_TEXT_SIZE + 512];
    hm_text t;
    hm_text_init(&t, line, sizeof line);
    print_row(row, file_name, &t);
    const size_t rest = is_last ? 0 : REST_SIZE;
    return !t.cut && out->len + 1 + t.len + rest + 1 <= out->capacity;
}

void hm_problems_print(const hm_problems *p, const char *file_name, hm_text *out)
{
    uint32_t told = 0;
    for (uint32_t i = 0; i < p->kept; i++) {
        if (i > 0 && !fits(&p->rows[i], file_name, i + 1 == p->count, out)) {
            break;
        }
        hm_text_add(out, i > 0 ? "\n" : "");
        print_row(&p->rows[i], file_name, out);
        told++;
    }
    if (p->count > told) {
        hm_text_addf(out, "\nand %lu more", (unsigned long)(p->count - told));
    }
}
