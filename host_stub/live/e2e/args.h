/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/e2e/args: the command lines of the processes of a live run. Pure text. */
#ifndef HOST_STUB_LIVE_E2E_ARGS_H
#define HOST_STUB_LIVE_E2E_ARGS_H

#include "host_stub/live/e2e/options.h"

enum { HS_E2E_WORDS_MAX = 60, HS_E2E_TEXT_SIZE = 16384, HS_E2E_GROUPS_MAX = 4 };

/* argv as exec wants it; it must not be copied. */
typedef struct hs_e2e_args {
    char *argv[HS_E2E_WORDS_MAX + 1];
    int count;
    char text[HS_E2E_TEXT_SIZE];
    size_t used;
    int full; /* something found no place: not to be used */
} hs_e2e_args;

void hs_e2e_args_start(hs_e2e_args *args, const char *command);
/* One word, copied. */
void hs_e2e_args_add(hs_e2e_args *args, const char *word);
/* An option and its value; nothing when the value is NULL. */
void hs_e2e_args_pair(hs_e2e_args *args, const char *name, const char *value);
void hs_e2e_args_number(hs_e2e_args *args, const char *name, uint64_t value);

/* Pool `index`: its own prefix, of another length than the others', its own extranonce size, tips
 * and jobs at moments of its own unless they are to be the same. */
void hs_e2e_pool_args(hs_e2e_args *args, const hs_e2e_options *options, uint32_t index,
                      const char *id, const char *json);

/* How many processes the miners are. */
uint32_t hs_e2e_group_count(const hs_e2e_options *options);
/* Group `group`, which may have no miner (0 is returned, and nothing is written). Together they are
 * all miners: single ones, some with several channels on a connection, some that roll the version,
 * and those that ignore prefixes; each at a rate of its own. Returns how many miners it has. */
uint32_t hs_e2e_miner_args(hs_e2e_args *args, const hs_e2e_options *options, uint32_t group,
                           uint16_t port, const char *json);

#endif
