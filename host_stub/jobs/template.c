/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/jobs/template.h"

#include <string.h>

#include "host_stub/base/rng.h"
#include "host_stub/sv2/wire.h"

enum {
    FIRST_HEIGHT = 880000,
    NBITS_ZEROS = 10, /* bytes of a hash that its nbits below make zero, and a little more */
    SUBSIDY_SATS = 312500000,
    FEES_MAX_SATS = 50000000
};
#define NBITS_FIRST   0x17034219U
#define VERSION_FIRST 0x20000000U

static void random_bytes(hs_rng *rng, uint8_t *to, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        to[i] = (uint8_t)hs_rng_below(rng, 256);
    }
}

hs_tip hs_job_stream_tip_of(uint64_t seed, uint32_t chain, uint64_t tip_number, uint32_t ntime)
{
    hs_tip tip = {.min_ntime = ntime, .nbits = NBITS_FIRST + chain};
    hs_rng rng;
    hs_rng_init(&rng, seed, "job tip", (uint64_t)chain << 40 | tip_number);
    /* A block's hash meets its target: as an integer it has zeros on top, which stand last. */
    random_bytes(&rng, tip.prev_hash.byte, sizeof tip.prev_hash.byte - NBITS_ZEROS);
    return tip;
}

/* Everything before the extranonce: the script's length counts it. */
static void write_prefix(hs_job_stream *s)
{
    static const uint8_t NO_TXID[32];
    const uint64_t height = FIRST_HEIGHT + s->tip_number;
    const size_t tag_len = strlen(s->options.tag);
    const uint32_t extranonce = s->options.full_extranonce_len;
    const uint64_t script = 4 + (tag_len > 0 ? 1 + tag_len : 0) + 1 + extranonce;
    hs_sv2_writer out = {s->prefix, sizeof s->prefix, 0, 0};
    hs_sv2_write_uint(&out, 4, 2); /* version */
    hs_sv2_write_uint(&out, 1, 1); /* one input */
    hs_sv2_write_bytes(&out, NO_TXID, sizeof NO_TXID);
    hs_sv2_write_uint(&out, 4, 0xffffffffU);
    hs_sv2_write_uint(&out, 1, script);
    hs_sv2_write_uint(&out, 1, 3); /* BIP34: the height, three bytes */
    hs_sv2_write_uint(&out, 3, height);
    if (tag_len > 0) {
        hs_sv2_write_uint(&out, 1, tag_len);
        hs_sv2_write_bytes(&out, (const uint8_t *)s->options.tag, tag_len);
    }
    hs_sv2_write_uint(&out, 1, extranonce);
    s->prefix_len = (uint32_t)out.pos;
}

/* Everything behind it: the reward to the pool, and what commits to the witnesses. */
static void write_suffix(hs_job_stream *s, hs_rng *rng)
{
    static const uint8_t PAY[] = {0x16, 0x00, 0x14};
    static const uint8_t COMMIT[] = {0x26, 0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed};
    uint8_t bytes[32];
    hs_rng payee;
    hs_sv2_writer out = {s->suffix, sizeof s->suffix, 0, 0};
    hs_sv2_write_uint(&out, 4, 0xffffffffU); /* sequence */
    hs_sv2_write_uint(&out, 1, 2);           /* two outputs */
    hs_sv2_write_uint(&out, 8, SUBSIDY_SATS + hs_rng_below(rng, FEES_MAX_SATS));
    hs_sv2_write_bytes(&out, PAY, sizeof PAY);
    hs_rng_init(&payee, s->options.seed, "job payee", s->options.pool);
    random_bytes(&payee, bytes, 20);
    hs_sv2_write_bytes(&out, bytes, 20);
    hs_sv2_write_uint(&out, 8, 0);
    hs_sv2_write_bytes(&out, COMMIT, sizeof COMMIT);
    random_bytes(rng, bytes, 32);
    hs_sv2_write_bytes(&out, bytes, 32);
    hs_sv2_write_uint(&out, 4, 0); /* lock time */
    s->suffix_len = (uint32_t)out.pos;
}

static void make_job(hs_job_stream *s, uint32_t ntime)
{
    hs_rng rng;
    s->job_id++;
    s->min_ntime = ntime > s->tip.min_ntime ? ntime : s->tip.min_ntime;
    s->version = VERSION_FIRST;
    hs_rng_init(&rng, s->options.seed, "job body", (uint64_t)s->options.pool << 40 | s->job_id);
    s->path_count = 1 + hs_rng_below(&rng, HS_JOB_PATH_MAX);
    random_bytes(&rng, s->path, (size_t)s->path_count * 32);
    write_prefix(s);
    write_suffix(s, &rng);
}

int hs_job_stream_init(hs_job_stream *stream, const hs_job_stream_options *options,
                       uint64_t tip_number, uint32_t ntime)
{
    memset(stream, 0, sizeof *stream);
    if (options->full_extranonce_len > HS_SV2_EXTRANONCE_MAX) {
        return -1;
    }
    stream->options = *options;
    stream->options.tag[sizeof stream->options.tag - 1] = '\0';
    hs_job_stream_new_tip(stream, tip_number, ntime);
    return 0;
}

void hs_job_stream_new_tip(hs_job_stream *stream, uint64_t tip_number, uint32_t ntime)
{
    stream->tip_number = tip_number;
    stream->tip =
        hs_job_stream_tip_of(stream->options.seed, stream->options.chain, tip_number, ntime);
    stream->is_refreshed = 0;
    make_job(stream, ntime);
}

void hs_job_stream_refresh(hs_job_stream *stream, uint32_t ntime)
{
    stream->is_refreshed = 1;
    make_job(stream, ntime);
}

hs_sv2_new_extended_job hs_job_stream_job(const hs_job_stream *stream)
{
    const hs_sv2_new_extended_job job = {
        .job_id = stream->job_id,
        .min_ntime = {stream->is_refreshed, stream->is_refreshed ? stream->min_ntime : 0},
        .version = stream->version,
        .version_rolling_allowed = stream->options.version_rolling != 0,
        .merkle_path = {stream->path, stream->path_count},
        .coinbase_tx_prefix = {stream->prefix, stream->prefix_len},
        .coinbase_tx_suffix = {stream->suffix, stream->suffix_len},
    };
    return job;
}
