/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * validate/rules: the tests that the loader and the guard make: one for each result of the loader,
 * and one for each rule that binds a plugin in guard/checks.h. */
#ifndef HOST_STUB_VALIDATE_RULES_H
#define HOST_STUB_VALIDATE_RULES_H

#include <stddef.h>

#include "host_stub/validate/trial.h"

/* Fills *test with the index-th of them; 0, or -1 beyond the last. */
int hs_validate_rule(size_t index, hs_validate_test *test);

#endif
