/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/miner/search: what a mining device does all day: tries one header after the other of a job
 * until one meets the job's target. Every place that it tries is another one: a cursor that never
 * goes back is spread over nonce, extranonce and ntime. Pure but for the hashing, which is
 * libsodium's. Which job, how fast and what to do with a find is the caller's business. */
#ifndef HOST_STUB_LIVE_MINER_SEARCH_H
#define HOST_STUB_LIVE_MINER_SEARCH_H

#include "host_stub/session/session.h"

/* The bits of the version that a device rolls: those of BIP320, which every server allows. */
#define HS_SEARCH_VERSION_BITS 0x1fffe000U

typedef struct hs_miner_search {
    const hs_session_job *job; /* active, or past */
    const hs_sv2_b032 *prefix; /* the job's own, or the one that a device insists on */
    uint32_t extranonce_size;  /* bytes to roll; 0 on a standard channel */
    uint32_t elapsed_secs;     /* how long the job is being worked on: ntime goes with the time */
    int roll_version;          /* where the job allows it */
} hs_miner_search;

typedef struct hs_miner_search_find {
    uint32_t nonce;
    uint32_t ntime; /* seconds since 1970 */
    uint32_t version;
    hs_sv2_b032 extranonce; /* the rolled bytes */
} hs_miner_search_find;

/* Tries at most `budget` places from *cursor on. Returns 1 with the first find in *find, or 0.
 * *cursor is moved past what was tried and *hashes raised by their number. */
int hs_miner_search_run(const hs_miner_search *search, uint64_t *cursor, uint64_t budget,
                        uint64_t *hashes, hs_miner_search_find *find);

#endif
