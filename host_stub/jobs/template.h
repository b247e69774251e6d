/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * jobs/template: where the jobs of a made-up pool come from: a stream of tips (prev_hash, nbits,
 * min_ntime), with a first job on each and refreshed ones in between, whose coinbases are real
 * transactions (BIP34 height, one input, two outputs, no witness) and whose script length counts
 * the pool's full extranonce. The same options give the same stream, bit for bit.
 *
 * Who gets the jobs, under which number and with which prefix, is jobs/move's business. Values come
 * from libsodium's stream through base/rng; nothing here reads a clock. */
#ifndef HOST_STUB_JOBS_TEMPLATE_H
#define HOST_STUB_JOBS_TEMPLATE_H

#include <stdint.h>

#include "host_stub/session/session.h"
#include "host_stub/sv2/types.h"

enum {
    HS_JOB_PATH_MAX = 4,      /* items of a made-up merkle path: 1 to this */
    HS_JOB_COINBASE_MAX = 160 /* bytes of either part of a made-up coinbase */
};

typedef struct hs_job_stream_options {
    uint64_t seed;
    uint32_t pool;  /* tells the pools of a seed apart: coinbases, transactions, versions */
    uint32_t chain; /* pools of one seed and chain see the same prev_hash at the same tip number */
    uint32_t full_extranonce_len; /* bytes, 0..32: pool prefix + extranonce_size */
    char tag[17];                 /* printable, into the coinbase; NUL-terminated, may be empty */
    uint8_t version_rolling;      /* its jobs allow it: 0 or 1 */
} hs_job_stream_options;

/* May be copied and moved: nothing in it points into it. */
typedef struct hs_job_stream {
    hs_job_stream_options options;
    uint64_t tip_number;
    hs_tip tip;
    uint32_t job_id; /* of the current job, the pool's own number: from 1, never used again */
    uint32_t version;
    uint32_t min_ntime;    /* when the current job was made, seconds since 1970 */
    uint32_t is_refreshed; /* it is not the first on its tip */
    uint32_t path_count;
    uint32_t prefix_len;
    uint32_t suffix_len;
    uint8_t path[32 * HS_JOB_PATH_MAX];
    uint8_t prefix[HS_JOB_COINBASE_MAX];
    uint8_t suffix[HS_JOB_COINBASE_MAX];
} hs_job_stream;

/* Begins with tip `tip_number` and a first job on it; ntime is in seconds since 1970. Returns 0, or
 * -1 when the full extranonce has more than 32 bytes. */
int hs_job_stream_init(hs_job_stream *stream, const hs_job_stream_options *options,
                       uint64_t tip_number, uint32_t ntime);

/* The world has found a block: another tip, and a new job on it. */
void hs_job_stream_new_tip(hs_job_stream *stream, uint64_t tip_number, uint32_t ntime);

/* A new job on the same tip: other transactions, another coinbase value. */
void hs_job_stream_refresh(hs_job_stream *stream, uint32_t ntime);

/* The current job as its pool would send it, on channel 0: without min_ntime when it came with the
 * tip (a future one), with it when it was refreshed since. The views point into *stream and hold
 * until it changes. */
hs_sv2_new_extended_job hs_job_stream_job(const hs_job_stream *stream);

/* What every tip of a chain is: for those who need it without a stream. */
hs_tip hs_job_stream_tip_of(uint64_t seed, uint32_t chain, uint64_t tip_number, uint32_t ntime);

#endif
