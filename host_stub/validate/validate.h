/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * validate/validate: does a plugin keep the contract of hmx_abi.h? A list of named tests, in
 * groups. Each runs in a process of its own, with limits of time, memory and files, so that a
 * plugin that crashes or hangs fails that test and no other. */
#ifndef HOST_STUB_VALIDATE_VALIDATE_H
#define HOST_STUB_VALIDATE_VALIDATE_H

#include <stddef.h>

#include "host_stub/validate/trial.h"

/* The tests, in the order in which they run; NULL beyond the last. */
const hs_validate_test *hs_validate_list(size_t index);

typedef struct hs_validate_options {
    const char *path;
    const char *config_text; /* NULL: see validate/farm.h */
    const char *only;        /* a pattern for GROUP.NAME with * and ?; NULL = all */
    uint64_t seed;
    double seconds; /* for the tests that go on until their time is up */
    double limit;   /* seconds that a test may take beyond that */
} hs_validate_options;

typedef struct hs_validate_sums {
    unsigned count[HS_VERDICT_FAIL + 1]; /* by verdict */
} hs_validate_sums;

/* 1 if `only` chooses the test. */
int hs_validate_chosen(const hs_validate_test *test, const char *only);

/* Runs those that are chosen, and tells each as it ends. 0; -1 with `why` when a process cannot be
 * made. */
typedef void (*hs_validate_told)(void *ctx, const hs_trial *trial);
int hs_validate_run(const hs_validate_options *options, hs_validate_sums *sums,
                    hs_validate_told told, void *ctx, char *why, size_t capacity);

/* "pass", "skip", "warn" or "fail". */
const char *hs_verdict_name(enum hs_verdict verdict);

#endif
