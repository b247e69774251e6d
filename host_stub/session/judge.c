/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/session/judge.h"

#include <string.h>

#include "host_stub/sv2/wire.h"
#include "host_stub/sv2/work.h"

/* Bits of the version that a miner may change: BIP323, of which the older BIP320 mask is a part. */
#define ROLLABLE_VERSION_BITS 0x1fffffe0U

static enum hs_judgement judge_version(const hs_share_terms *terms, uint32_t version)
{
    if (version == terms->version) {
        return HS_JUDGED_VALID;
    }
    if (!terms->version_rolling) {
        return HS_JUDGED_VERSION_ROLLING;
    }
    return ((version ^ terms->version) & ~ROLLABLE_VERSION_BITS) == 0 ? HS_JUDGED_VALID
                                                                      : HS_JUDGED_VERSION_BIT;
}

enum hs_judgement hs_judge_fields(const hs_share_terms *terms, const hs_sv2_submit *told)
{
    if (told->extranonce.len != terms->extranonce_size) {
        return HS_JUDGED_EXTRANONCE_SIZE;
    }
    if (told->ntime < terms->min_ntime ||
        (uint64_t)told->ntime > (uint64_t)terms->min_ntime + HS_NTIME_AHEAD_MAX) {
        return HS_JUDGED_NTIME;
    }
    return judge_version(terms, told->version);
}

static hs_sv2_u256 merkle_root(const hs_share_terms *terms, const hs_sv2_b032 *prefix,
                               const hs_sv2_submit *told)
{
    uint8_t extranonce[2 * HS_SV2_EXTRANONCE_MAX];
    if (terms->merkle_root != NULL) {
        return *terms->merkle_root;
    }
    memcpy(extranonce, prefix->byte, prefix->len);
    memcpy(extranonce + prefix->len, told->extranonce.byte, told->extranonce.len);
    const hs_sv2_coinbase coinbase = {
        terms->parts.prefix, {extranonce, prefix->len + told->extranonce.len}, terms->parts.suffix};
    return hs_sv2_merkle_root(&coinbase, &terms->parts.path);
}

hs_sv2_u256 hs_judge_hash(const hs_share_terms *terms, const hs_sv2_b032 *prefix,
                          const hs_sv2_submit *told)
{
    const hs_sv2_header header = {
        told->version, terms->tip->prev_hash, merkle_root(terms, prefix, told),
        told->ntime,   terms->tip->nbits,     told->nonce};
    return hs_sv2_header_hash(&header);
}

uint64_t hs_judge_key(const hs_sv2_u256 *hash)
{
    const uint64_t key = hs_sv2_load_uint(hash->byte, 8);
    return key != 0 ? key : 1;
}
