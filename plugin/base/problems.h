/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * problems: the complaints about one input, collected until all of it was read.
 *
 * Responsible for: keeping the first 16 in the order of the lines (a complaint about line 3 may
 * come up only after line 90 was read), counting the rest, printing them as "file:line: sentence".
 * Leaves to others: the sentences. Fixed size, no allocation; about 8 KB.
 */
#ifndef PLUGIN_BASE_PROBLEMS_H
#define PLUGIN_BASE_PROBLEMS_H

#include <stddef.h>
#include <stdint.h>

#include "plugin/base/text.h"

#define HM_PROBLEMS_KEPT     16
#define HM_PROBLEM_TEXT_SIZE 512
#define HM_PROBLEM_NO_LINE   UINT32_MAX /* about the input as a whole: comes last */

typedef struct hm_problem {
    uint32_t line; /* from 1, or HM_PROBLEM_NO_LINE */
    char text[HM_PROBLEM_TEXT_SIZE];
} hm_problem;

typedef struct hm_problems {
    uint32_t count; /* all, also those not kept */
    uint32_t kept;
    hm_problem rows[HM_PROBLEMS_KEPT]; /* ascending lines; equal lines as they were added */
} hm_problems;

/* An hm_problems of zero bytes is empty. */

/* Adds one sentence about a line. */
void hm_problems_add(hm_problems *p, uint32_t line, const char *sentence);

/* Prints one line per problem, without a newline at the end, each whole or not at all (the first
 * may be cut), and how many more there were. */
void hm_problems_print(const hm_problems *p, const char *file_name, hm_text *out);

#endif
