/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/sv2/work.h"

#include <math.h>
#include <sodium.h>
#include <string.h>

#include "host_stub/sv2/codec.h"
#include "host_stub/sv2/wire.h"

#define HASHES_MOST (UINT64_C(1) << 55)

enum { HEADER_BYTES = 80, SCRIPT_SIG_MAX = 100 };

static void update(crypto_hash_sha256_state *state, hs_sv2_bytes bytes)
{
    if (bytes.len > 0) {
        (void)crypto_hash_sha256_update(state, bytes.data, bytes.len);
    }
}

static hs_sv2_u256 finish(crypto_hash_sha256_state *state)
{
    hs_sv2_u256 once;
    hs_sv2_u256 twice;
    (void)crypto_hash_sha256_final(state, once.byte);
    (void)crypto_hash_sha256(twice.byte, once.byte, sizeof once.byte);
    return twice;
}

hs_sv2_u256 hs_sv2_double_sha256(const void *a, size_t a_len, const void *b, size_t b_len)
{
    crypto_hash_sha256_state state;
    (void)crypto_hash_sha256_init(&state);
    if (a_len > 0) {
        (void)crypto_hash_sha256_update(&state, a, a_len);
    }
    if (b_len > 0) {
        (void)crypto_hash_sha256_update(&state, b, b_len);
    }
    return finish(&state);
}

hs_sv2_u256 hs_sv2_merkle_root(const hs_sv2_coinbase *coinbase, const hs_sv2_seq *path)
{
    crypto_hash_sha256_state state;
    (void)crypto_hash_sha256_init(&state);
    update(&state, coinbase->prefix);
    update(&state, coinbase->extranonce);
    update(&state, coinbase->suffix);
    hs_sv2_u256 root = finish(&state);
    for (uint32_t i = 0; i < path->count; i++) {
        const hs_sv2_u256 item = hs_sv2_seq_u256(path, i);
        root = hs_sv2_double_sha256(root.byte, sizeof root.byte, item.byte, sizeof item.byte);
    }
    return root;
}

/* The three parts read as one. */
typedef struct parts {
    hs_sv2_bytes part[3];
    uint64_t pos;
    uint64_t len;
} parts;

/* Up to 8 bytes as a little-endian integer. Returns 0, or -1 when they run past the end. */
static int take(parts *p, size_t bytes, uint64_t *out)
{
    uint8_t wire[8] = {0};
    if (p->len - p->pos < bytes) {
        return -1;
    }
    for (size_t i = 0; i < bytes; i++) {
        uint64_t at = p->pos++;
        int part = 0;
        while (part < 2 && at >= p->part[part].len) {
            at -= p->part[part].len;
            part++;
        }
        /* An extranonce without bytes to point at is only counted: see the header. */
        wire[i] = p->part[part].data != NULL ? p->part[part].data[at] : 0;
    }
    *out = hs_sv2_load_uint(wire, bytes);
    return 0;
}

static int skip(parts *p, uint64_t bytes)
{
    if (p->len - p->pos < bytes) {
        return -1;
    }
    p->pos += bytes;
    return 0;
}

/* Bitcoin's variable-length integer. */
static int take_compact(parts *p, uint64_t *out)
{
    uint64_t first = 0;
    if (take(p, 1, &first) != 0) {
        return -1;
    }
    if (first < 0xfd) {
        *out = first;
        return 0;
    }
    return take(p, first == 0xfd ? 2 : first == 0xfe ? 4 : 8, out);
}

static const char *input_fault(parts *p)
{
    uint64_t inputs = 0;
    uint64_t script = 0;
    if (skip(p, 4) != 0 || take_compact(p, &inputs) != 0) {
        return "the transaction ends within its first bytes";
    }
    if (inputs == 0) {
        return "it has no input, or carries a segregated witness marker, which it must not";
    }
    if (inputs != 1) {
        return "it has more than one input";
    }
    if (skip(p, 36) != 0 || take_compact(p, &script) != 0) {
        return "the transaction ends within its input";
    }
    if (script > SCRIPT_SIG_MAX) {
        return "its scriptSig is longer than 100 bytes";
    }
    return skip(p, script + 4) == 0 ? NULL : "its scriptSig runs past the end";
}

const char *hs_sv2_coinbase_fault(const hs_sv2_coinbase *coinbase)
{
    parts p = {{coinbase->prefix, coinbase->extranonce, coinbase->suffix}, 0, 0};
    uint64_t outputs = 0;
    uint64_t script = 0;
    p.len = (uint64_t)p.part[0].len + p.part[1].len + p.part[2].len;
    const char *const fault = input_fault(&p);
    if (fault != NULL) {
        return fault;
    }
    if (take_compact(&p, &outputs) != 0) {
        return "the transaction ends before its outputs";
    }
    /* Each output takes 9 bytes or more, so the loop ends with the bytes at the latest. */
    for (uint64_t i = 0; i < outputs; i++) {
        if (skip(&p, 8) != 0 || take_compact(&p, &script) != 0 || skip(&p, script) != 0) {
            return "an output runs past the end: the extranonce has not the length that the "
                   "scriptSig declares";
        }
    }
    if (skip(&p, 4) != 0) {
        return "the transaction ends before its lock time";
    }
    return p.pos == p.len ? NULL
                          : "bytes are left over after its end: the extranonce has not the length "
                            "that the scriptSig declares";
}

hs_sv2_u256 hs_sv2_header_hash(const hs_sv2_header *header)
{
    uint8_t wire[HEADER_BYTES];
    hs_sv2_writer out = {wire, sizeof wire, 0, 0};
    hs_sv2_write_uint(&out, 4, header->version);
    hs_sv2_write_bytes(&out, header->prev_hash.byte, sizeof header->prev_hash.byte);
    hs_sv2_write_bytes(&out, header->merkle_root.byte, sizeof header->merkle_root.byte);
    hs_sv2_write_uint(&out, 4, header->ntime);
    hs_sv2_write_uint(&out, 4, header->nbits);
    hs_sv2_write_uint(&out, 4, header->nonce);
    return hs_sv2_double_sha256(wire, sizeof wire, NULL, 0);
}

int hs_sv2_compare(const hs_sv2_u256 *a, const hs_sv2_u256 *b)
{
    for (int i = 31; i >= 0; i--) {
        if (a->byte[i] != b->byte[i]) {
            return a->byte[i] < b->byte[i] ? -1 : 1;
        }
    }
    return 0;
}

int hs_sv2_is_zero(const hs_sv2_u256 *value)
{
    static const hs_sv2_u256 ZERO;
    return memcmp(value->byte, ZERO.byte, sizeof ZERO.byte) == 0;
}

double hs_sv2_difficulty(const hs_sv2_u256 *target)
{
    double value = 0.0;
    for (int i = 31; i >= 0; i--) {
        value = value * 256.0 + (double)target->byte[i];
    }
    return value > 0.0 ? ldexp(65535.0, 208) / value : 0.0;
}

hs_sv2_u256 hs_sv2_target_of(double hashes)
{
    hs_sv2_u256 target;
    memset(target.byte, 0xff, sizeof target.byte);
    /* Written so that what is not a number counts as 1. */
    if (!(hashes >= 1.5)) {
        return target;
    }
    const uint64_t divisor = hashes < (double)HASHES_MOST ? (uint64_t)(hashes + 0.5) : HASHES_MOST;
    /* 2^256 / divisor, digit by digit in base 256; the remainder stays below 2^55. */
    uint64_t remainder = 1;
    for (int i = 31; i >= 0; i--) {
        const uint64_t value = remainder * 256;
        target.byte[i] = (uint8_t)(value / divisor);
        remainder = value % divisor;
    }
    /* The hashes that meet a target are those up to it, 0 included. */
    for (int i = 0; i < 32 && target.byte[i]-- == 0; i++) {
    }
    return target;
}

double hs_sv2_hashes_of(double difficulty)
{
    return difficulty * 281474976710656.0 / 65535.0;
}
