/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The tests of the validator in one order: by group, those of loader and guard first. */
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "host_stub/validate/groups.h"
#include "host_stub/validate/rules.h"
#include "host_stub/validate/validate.h"

enum { TESTS_MAX = 256 };

static const char *const ORDER[] = {"load",        "life",      "events", "decisions", "prefixes",
                                    "time",        "memory",    "state",  "hostile",   "limits",
                                    "determinism", "evolution", "fuzz"};

static const hs_validate_group *const GROUPS[] = {
    &HS_VALIDATE_LIFE,        &HS_VALIDATE_EVENTS,    &HS_VALIDATE_DECISIONS, &HS_VALIDATE_TIME,
    &HS_VALIDATE_MEMORY,      &HS_VALIDATE_STATE,     &HS_VALIDATE_HOSTILE,   &HS_VALIDATE_LIMITS,
    &HS_VALIDATE_DETERMINISM, &HS_VALIDATE_EVOLUTION, &HS_VALIDATE_FUZZ};

static hs_validate_test tests[TESTS_MAX];
static size_t test_count;

static void add(const hs_validate_test *test, const char *group)
{
    if (strcmp(test->group, group) == 0 && test_count < TESTS_MAX) {
        tests[test_count++] = *test;
    }
}

static void make_list(void)
{
    hs_validate_test rule;
    for (size_t i = 0; i < sizeof ORDER / sizeof ORDER[0]; i++) {
        for (size_t k = 0; hs_validate_rule(k, &rule) == 0; k++) {
            add(&rule, ORDER[i]);
        }
        for (size_t g = 0; g < sizeof GROUPS / sizeof GROUPS[0]; g++) {
            for (size_t k = 0; k < GROUPS[g]->count; k++) {
                add(&GROUPS[g]->tests[k], ORDER[i]);
            }
        }
    }
}

const hs_validate_test *hs_validate_list(size_t index)
{
    if (test_count == 0) {
        make_list();
    }
    return index < test_count ? &tests[index] : NULL;
}

int hs_validate_chosen(const hs_validate_test *test, const char *only)
{
    char name[128];
    (void)snprintf(name, sizeof name, "%s.%s", test->group, test->name);
    return only == NULL || fnmatch(only, name, 0) == 0;
}

const char *hs_verdict_name(enum hs_verdict verdict)
{
    static const char *const NAMES[] = {"pass", "skip", "warn", "fail"};
    return NAMES[verdict];
}
