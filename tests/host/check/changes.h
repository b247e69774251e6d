/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * check_changes: what a change to the world of check_world is. */
#ifndef TESTS_HOST_CHECK_CHANGES_H
#define TESTS_HOST_CHECK_CHANGES_H

#include "tests/host/check/world.h"

static world w;

/* Decodes the n-th frame of a message into `m` for what follows, and encodes it again. */
#define EDIT(connection, message, n, ...)                                                          \
    do {                                                                                           \
        frame *const f_ = &(connection).frames[find(&(connection), (message), (n))];               \
        hs_sv2_message m = decoded(f_);                                                            \
        __VA_ARGS__;                                                                               \
        frame changed_ = *f_;                                                                      \
        encode(&changed_, &m);                                                                     \
        *f_ = changed_;                                                                            \
    } while (0)

/* One change, and the rule that it breaks. */
typedef struct change {
    void (*apply)(void);
    const char *name;
    unsigned rule;
    unsigned id; /* of the message that it is about */
} change;

#endif
