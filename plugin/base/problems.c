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

void hm_problems_print(const hm_problems *p, const char *file_name, hm_text *out)
{
    for (uint32_t i = 0; i < p->kept; i++) {
        if (i > 0) {
            hm_text_add(out, "\n");
        }
        hm_text_add_view(out, file_name, strlen(file_name));
        if (p->rows[i].line != HM_PROBLEM_NO_LINE) {
            hm_text_addf(out, ":%lu", (unsigned long)p->rows[i].line);
        }
        hm_text_add(out, ": ");
        hm_text_add(out, p->rows[i].text);
    }
    if (p->count > p->kept) {
        hm_text_addf(out, "\nand %lu more", (unsigned long)(p->count - p->kept));
    }
}
