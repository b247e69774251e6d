/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/miner/search.h"

#include <sodium.h>
#include <string.h>

#include "host_stub/sv2/wire.h"
#include "host_stub/sv2/work.h"

enum {
    HEADER_BYTES = 80,
    FIRST_BLOCK = 64, /* of SHA-256: the header's part in which the nonce is not */
    NONCE_AT = 76,
    /* A nonce runs over so many bits before the extranonce moves on. A real device uses all 32;
     * at our rates it would never come to the extranonce then. */
    SHORT_NONCE_BITS = 12,
    NONCE_BITS = 32,
    WIDE_EXTRANONCE = 4 /* bytes from which on the extranonce takes the rest */
};

static uint32_t nonce_bits(const hs_miner_search *search)
{
    return search->extranonce_size >= WIDE_EXTRANONCE ? SHORT_NONCE_BITS : NONCE_BITS;
}

/* The header's fields but the nonce, at the cursor. Where the extranonce is too short for the
 * cursor, what is left over of it moves the ntime. */
static void place_at(const hs_miner_search *search, uint64_t cursor, hs_miner_search_find *out)
{
    const uint64_t round = cursor >> nonce_bits(search);
    const uint32_t size = search->extranonce_size;
    const uint64_t spill = size >= 8 ? 0 : round >> (8 * size);
    memset(out, 0, sizeof *out);
    out->extranonce.len = size;
    for (uint32_t i = 0; i < size && i < 8; i++) {
        out->extranonce.byte[size - 1 - i] = (uint8_t)(round >> (8 * i));
    }
    out->ntime = search->job->min_ntime + search->elapsed_secs + (uint32_t)spill;
    out->version = search->job->version;
    if (search->roll_version && search->job->version_rolling) {
        out->version = (out->version & ~HS_SEARCH_VERSION_BITS) |
                       ((uint32_t)(round << 13) & HS_SEARCH_VERSION_BITS);
    }
}

static hs_sv2_u256 merkle_root(const hs_miner_search *search, const hs_sv2_b032 *extranonce)
{
    uint8_t whole[2 * HS_SV2_EXTRANONCE_MAX];
    if (search->job->body == NULL) {
        return search->job->merkle_root;
    }
    const hs_job_parts parts = hs_job_body_parts(search->job);
    memcpy(whole, search->prefix->byte, search->prefix->len);
    memcpy(whole + search->prefix->len, extranonce->byte, extranonce->len);
    const hs_sv2_coinbase coinbase = {
        parts.prefix, {whole, search->prefix->len + extranonce->len}, parts.suffix};
    return hs_sv2_merkle_root(&coinbase, &parts.path);
}

/* The header with nonce 0. */
static void write_header(const hs_miner_search *search, const hs_miner_search_find *at,
                         uint8_t *wire)
{
    const hs_sv2_u256 root = merkle_root(search, &at->extranonce);
    hs_sv2_writer out = {wire, HEADER_BYTES, 0, 0};
    hs_sv2_write_uint(&out, 4, at->version);
    hs_sv2_write_bytes(&out, search->job->tip.prev_hash.byte, 32);
    hs_sv2_write_bytes(&out, root.byte, 32);
    hs_sv2_write_uint(&out, 4, at->ntime);
    hs_sv2_write_uint(&out, 4, search->job->tip.nbits);
    hs_sv2_write_uint(&out, 4, 0);
}

/* Nonces from `nonce` on, at most `count`. Returns how many were tried; *met = the last one meets
 * the target. */
static uint64_t try_nonces(const hs_miner_search *search, uint8_t *wire, uint32_t nonce,
                           uint64_t count, int *met)
{
    crypto_hash_sha256_state middle;
    (void)crypto_hash_sha256_init(&middle);
    (void)crypto_hash_sha256_update(&middle, wire, FIRST_BLOCK);
    for (uint64_t i = 0; i < count; i++) {
        crypto_hash_sha256_state state = middle;
        hs_sv2_u256 once;
        hs_sv2_u256 hash;
        hs_sv2_writer out = {wire + NONCE_AT, 4, 0, 0};
        hs_sv2_write_uint(&out, 4, nonce + (uint32_t)i);
        (void)crypto_hash_sha256_update(&state, wire + FIRST_BLOCK, HEADER_BYTES - FIRST_BLOCK);
        (void)crypto_hash_sha256_final(&state, once.byte);
        (void)crypto_hash_sha256(hash.byte, once.byte, sizeof once.byte);
        if (hs_sv2_compare(&hash, &search->job->target) <= 0) {
            *met = 1;
            return i + 1;
        }
    }
    return count;
}

int hs_miner_search_run(const hs_miner_search *search, uint64_t *cursor, uint64_t budget,
                        uint64_t *hashes, hs_miner_search_find *find)
{
    const uint64_t per_round = UINT64_C(1) << nonce_bits(search);
    uint8_t wire[HEADER_BYTES];
    int met = 0;
    while (budget > 0 && !met) {
        const uint64_t nonce = *cursor % per_round;
        const uint64_t left = per_round - nonce;
        place_at(search, *cursor, find);
        write_header(search, find, wire);
        const uint64_t tried =
            try_nonces(search, wire, (uint32_t)nonce, budget < left ? budget : left, &met);
        find->nonce = (uint32_t)(nonce + tried - 1);
        *cursor += tried;
        *hashes += tried;
        budget -= tried;
    }
    return met;
}
