/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * validate/groups: the tests that neither the loader nor the guard makes by itself, each group in a
 * file of its own. */
#ifndef HOST_STUB_VALIDATE_GROUPS_H
#define HOST_STUB_VALIDATE_GROUPS_H

#include <stddef.h>

#include "host_stub/validate/trial.h"

typedef struct hs_validate_group {
    const hs_validate_test *tests;
    size_t count;
} hs_validate_group;

#define HS_VALIDATE_GROUP(tests)                                                                   \
    {                                                                                              \
        (tests), sizeof(tests) / sizeof(tests)[0]                                                  \
    }

extern const hs_validate_group HS_VALIDATE_LIFE;
extern const hs_validate_group HS_VALIDATE_EVENTS;
extern const hs_validate_group HS_VALIDATE_DECISIONS; /* and prefixes */
extern const hs_validate_group HS_VALIDATE_TIME;
extern const hs_validate_group HS_VALIDATE_MEMORY;
extern const hs_validate_group HS_VALIDATE_STATE;
extern const hs_validate_group HS_VALIDATE_DETERMINISM;
extern const hs_validate_group HS_VALIDATE_HOSTILE;
extern const hs_validate_group HS_VALIDATE_LIMITS;
extern const hs_validate_group HS_VALIDATE_EVOLUTION;
extern const hs_validate_group HS_VALIDATE_FUZZ;

#endif
