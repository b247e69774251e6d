/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/e2e/start: the processes of a live run: their command lines, which are pure text, and what
 * they say. */
#ifndef HOST_STUB_LIVE_E2E_START_H
#define HOST_STUB_LIVE_E2E_START_H

#include "host_stub/live/e2e/state.h"

enum { HS_E2E_WORDS_MAX = 60, HS_E2E_TEXT_SIZE = 16384 };

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

/* Each sets `failed` when it cannot.
 *
 * First of all the authority of pools and proxy, unless frames are plain. */
void hs_e2e_make_authority(hs_e2e_state *r);
void hs_e2e_start_pools(hs_e2e_state *r);
/* Once the pools listen: the configuration with their ports. */
void hs_e2e_write_config(hs_e2e_state *r);
void hs_e2e_start_proxy(hs_e2e_state *r);
void hs_e2e_start_miners(hs_e2e_state *r);

#endif
