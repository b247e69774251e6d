/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sv2/work: the proof-of-work arithmetic of a share: coinbase, merkle root, header hash, targets
 * and difficulties (spec 5.3.16; sv2 targets are U256 little-endian). Pure functions; SHA-256 is
 * libsodium's. Which job and which prefix a share belongs to is the session's business. */
#ifndef HOST_STUB_SV2_WORK_H
#define HOST_STUB_SV2_WORK_H

#include "host_stub/sv2/types.h"

/* SHA-256(SHA-256(a || b)). */
hs_sv2_u256 hs_sv2_double_sha256(const void *a, size_t a_len, const void *b, size_t b_len);

/* What the coinbase transaction is put together from, in this order. */
typedef struct hs_sv2_coinbase {
    hs_sv2_bytes prefix;     /* coinbase_tx_prefix */
    hs_sv2_bytes extranonce; /* the channel's extranonce_prefix and the rollable part */
    hs_sv2_bytes suffix;     /* coinbase_tx_suffix */
} hs_sv2_coinbase;

/* The root: the coinbase's txid, then one double SHA-256 for each item of the path (U256). */
hs_sv2_u256 hs_sv2_merkle_root(const hs_sv2_coinbase *coinbase, const hs_sv2_seq *path);

/* Is it one transaction without witness, with one input whose scriptSig has at most 100 bytes, and
 * nothing left over? Returns NULL if so, else what is wrong, as a static half sentence. The value
 * of the extranonce does not matter, only its length. */
const char *hs_sv2_coinbase_fault(const hs_sv2_coinbase *coinbase);

typedef struct hs_sv2_header {
    uint32_t version;
    hs_sv2_u256 prev_hash;
    hs_sv2_u256 merkle_root;
    uint32_t ntime; /* seconds since 1970 */
    uint32_t nbits;
    uint32_t nonce;
} hs_sv2_header;

/* The double SHA-256 of the 80-byte header. Read as a U256 it is what a target is compared with. */
hs_sv2_u256 hs_sv2_header_hash(const hs_sv2_header *header);

/* <0, 0, >0 as a is below, equal to, above b, as little-endian integers. */
int hs_sv2_compare(const hs_sv2_u256 *a, const hs_sv2_u256 *b);

int hs_sv2_is_zero(const hs_sv2_u256 *value);

/* Difficulty relative to 0xffff * 2^208 (nbits 0x1d00ffff). 0 for the target 0, which no hash
 * meets. */
double hs_sv2_difficulty(const hs_sv2_u256 *target);

/* The target that one of `hashes` hashes meets, on average: 2^256 / hashes - 1. `hashes` is rounded
 * to a whole number; up to 1 every hash meets it, and above 2^55 it is taken for that. */
hs_sv2_u256 hs_sv2_target_of(double hashes);

/* How many hashes a share of this difficulty stands for: difficulty * 2^48 / 65535. */
double hs_sv2_hashes_of(double difficulty);

#endif
