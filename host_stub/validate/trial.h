/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * validate/trial: one test of a plugin while it runs, in a process of its own: what it was given,
 * and what it found. The worst verdict counts, and the first sentence that comes with it. */
#ifndef HOST_STUB_VALIDATE_TRIAL_H
#define HOST_STUB_VALIDATE_TRIAL_H

#include <stdint.h>

#include "host_stub/load/loader.h"

/* In ascending order: what is said later does not mend what was worse. */
enum hs_verdict {
    HS_VERDICT_PASS,
    HS_VERDICT_SKIP, /* the plugin does not do what is asked about */
    HS_VERDICT_WARN, /* allowed, and better avoided */
    HS_VERDICT_FAIL
};

enum { HS_TRIAL_TEXT = 1024 };

typedef struct hs_trial hs_trial;

/* One test. */
typedef struct hs_validate_test {
    const char *group;
    const char *name;
    const char *where; /* in the headers: which rule, hook or struct says so */
    const char *rule;  /* what has to hold, in a sentence */
    void (*run)(hs_trial *trial);
    unsigned number; /* for tests that share `run`: of the rule or of the result */
    int unloaded;    /* it opens the file itself */
} hs_validate_test;

struct hs_trial {
    const hs_validate_test *test;
    const char *path;
    const char *config_text; /* NULL: a farm of three pools, see validate/farm.h */
    uint64_t seed;
    double seconds;   /* for tests that go on until their time is up */
    hs_plugin plugin; /* loaded, but for tests that are `unloaded` */
    enum hs_verdict verdict;
    char text[HS_TRIAL_TEXT];
};

/* Use only %s %c and whole numbers. */
void hs_trial_say(hs_trial *trial, enum hs_verdict verdict, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* For a promise: says FAIL with the sentence when it does not hold; 1 when it holds. */
#define HS_TRIAL_HOLDS(trial, condition, ...)                                                      \
    ((condition) ? 1 : (hs_trial_say((trial), HS_VERDICT_FAIL, __VA_ARGS__), 0))

#endif
