/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * session/judge: is a share valid by what its job asks? Both who watches a connection
 * (session/shares) and who answers the shares itself (live/proxy) judge by it. Which job a share
 * names, whether that job still counts and whether the share is new is the caller's business. */
#ifndef HOST_STUB_SESSION_JUDGE_H
#define HOST_STUB_SESSION_JUDGE_H

#include "host_stub/session/session.h"

/* Seconds that ntime may be ahead of the job's own: a block further ahead of the time of the
 * network is none for it. A device that counts with the clock (spec 5.3.11) never gets there. */
enum { HS_NTIME_AHEAD_MAX = 7200 };

/* What a job asks of its shares. The pointers are the caller's. */
typedef struct hs_share_terms {
    uint32_t version;
    uint32_t version_rolling; /* 0 or 1 */
    uint32_t min_ntime;
    uint32_t extranonce_size;       /* bytes that a share has to have */
    const hs_tip *tip;              /* its prev_hash and nbits */
    const hs_sv2_u256 *merkle_root; /* NULL: it follows from the parts */
    hs_job_parts parts;
} hs_share_terms;

/* Everything but the hash: HS_JUDGED_VALID, _EXTRANONCE_SIZE, _NTIME, _VERSION_ROLLING or
 * _VERSION_BIT. */
enum hs_judgement hs_judge_fields(const hs_share_terms *terms, const hs_sv2_submit *told);

/* The header's hash, with this extranonce prefix in the coinbase. */
hs_sv2_u256 hs_judge_hash(const hs_share_terms *terms, const hs_sv2_b032 *prefix,
                          const hs_sv2_submit *told);

/* 8 bytes of it that are as good as random and tell any two shares apart; never 0. */
uint64_t hs_judge_key(const hs_sv2_u256 *hash);

#endif
