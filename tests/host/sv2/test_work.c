/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sv2/work: against Bitcoin's genesis block and published difficulties. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "host_stub/sv2/work.h"

static size_t from_hex(const char *hex, uint8_t *out)
{
    size_t len = 0;
    unsigned byte = 0;
    while (sscanf(hex + 2 * len, "%2x", &byte) == 1) {
        out[len++] = (uint8_t)byte;
    }
    return len;
}

static const char GENESIS_PREFIX[] =
    "01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff4d";
static const char GENESIS_SCRIPT[] =
    "04ffff001d0104455468652054696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e20627269"
    "6e6b206f66207365636f6e64206261696c6f757420666f722062616e6b73";
static const char GENESIS_SUFFIX[] =
    "ffffffff0100f2052a01000000434104678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61de"
    "b649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac00000000";
/* As it stands in the header. */
static const char GENESIS_ROOT[] =
    "3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a";
static const char GENESIS_HASH[] =
    "6fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000";

typedef struct genesis {
    uint8_t prefix[64];
    uint8_t script[100];
    uint8_t suffix[128];
    hs_sv2_coinbase coinbase;
} genesis;

static void make_genesis(genesis *g)
{
    g->coinbase.prefix = (hs_sv2_bytes){g->prefix, (uint32_t)from_hex(GENESIS_PREFIX, g->prefix)};
    g->coinbase.extranonce =
        (hs_sv2_bytes){g->script, (uint32_t)from_hex(GENESIS_SCRIPT, g->script)};
    g->coinbase.suffix = (hs_sv2_bytes){g->suffix, (uint32_t)from_hex(GENESIS_SUFFIX, g->suffix)};
}

Test(sv2_work, genesis_block)
{
    genesis g;
    uint8_t want[32];
    make_genesis(&g);
    const hs_sv2_seq no_path = {NULL, 0};
    hs_sv2_header header = {.version = 1, .ntime = 1231006505, .nbits = 0x1d00ffff};
    header.nonce = 2083236893;
    header.merkle_root = hs_sv2_merkle_root(&g.coinbase, &no_path);
    from_hex(GENESIS_ROOT, want);
    cr_assert_arr_eq(header.merkle_root.byte, want, 32);
    const hs_sv2_u256 hash = hs_sv2_header_hash(&header);
    from_hex(GENESIS_HASH, want);
    cr_assert_arr_eq(hash.byte, want, 32);
    hs_sv2_u256 target = {{0}};
    target.byte[26] = target.byte[27] = 0xff;
    cr_assert_lt(hs_sv2_compare(&hash, &target), 0);
    cr_assert_null(hs_sv2_coinbase_fault(&g.coinbase));
}

Test(sv2_work, a_path_item_is_hashed_behind_the_root)
{
    genesis g;
    uint8_t item[64];
    make_genesis(&g);
    const hs_sv2_seq path = {item, 2};
    memset(item, 0x11, 32);
    memset(item + 32, 0x22, 32);
    hs_sv2_u256 want = hs_sv2_merkle_root(&g.coinbase, &(hs_sv2_seq){NULL, 0});
    for (int i = 0; i < 2; i++) {
        uint8_t both[64];
        memcpy(both, want.byte, 32);
        memcpy(both + 32, item + 32 * i, 32);
        want = hs_sv2_double_sha256(both, 64, NULL, 0);
    }
    const hs_sv2_u256 got = hs_sv2_merkle_root(&g.coinbase, &path);
    cr_assert_arr_eq(got.byte, want.byte, 32);
}

Test(sv2_work, a_coinbase_of_another_length_is_at_fault)
{
    genesis g;
    make_genesis(&g);
    g.coinbase.extranonce.len--;
    cr_assert_not_null(hs_sv2_coinbase_fault(&g.coinbase));
    g.coinbase.extranonce.len += 2;
    cr_assert_not_null(hs_sv2_coinbase_fault(&g.coinbase));
    make_genesis(&g);
    g.prefix[41] = 101; /* the scriptSig's length */
    cr_assert_str_eq(hs_sv2_coinbase_fault(&g.coinbase), "its scriptSig is longer than 100 bytes");
    make_genesis(&g);
    g.prefix[4] = 0; /* what a segregated witness marker looks like */
    cr_assert_not_null(strstr(hs_sv2_coinbase_fault(&g.coinbase), "witness"));
}

Test(sv2_work, a_coinbase_cut_anywhere_is_at_fault)
{
    genesis g;
    make_genesis(&g);
    const uint32_t whole = g.coinbase.suffix.len;
    for (uint32_t len = 0; len < whole; len++) {
        g.coinbase.suffix.len = len;
        cr_assert_not_null(hs_sv2_coinbase_fault(&g.coinbase), "%u", len);
    }
    /* 2^64-1 outputs end with the bytes, not with the number. */
    make_genesis(&g);
    memset(g.suffix + 4, 0xff, 9);
    cr_assert_not_null(hs_sv2_coinbase_fault(&g.coinbase));
    g.coinbase = (hs_sv2_coinbase){{NULL, 0}, {NULL, 0}, {NULL, 0}};
    cr_assert_not_null(hs_sv2_coinbase_fault(&g.coinbase));
}

Test(sv2_work, lengths_of_more_than_one_byte)
{
    genesis g;
    /* One output whose script has 256 bytes: fd 00 01. */
    uint8_t suffix[4 + 1 + 8 + 3 + 256 + 4] = {[4] = 1, [13] = 0xfd, [14] = 0x00, [15] = 0x01};
    make_genesis(&g);
    g.coinbase.suffix = (hs_sv2_bytes){suffix, sizeof suffix};
    cr_assert_null(hs_sv2_coinbase_fault(&g.coinbase));
    suffix[13] = 0xfe; /* four bytes of length: far more than there are */
    suffix[17] = 0x01;
    cr_assert_not_null(hs_sv2_coinbase_fault(&g.coinbase));
    suffix[13] = 0xff;
    cr_assert_not_null(hs_sv2_coinbase_fault(&g.coinbase));
}

Test(sv2_work, difficulties_as_published)
{
    const struct {
        const char *target;
        double difficulty;
    } rows[] = {
        {"0000000000000000000000000000000000000000000000000000ffff00000000", 1.0},
        {"d51120316bee49e93ec94e512a0cbeafcf3b2442589d7bbe0e48000000000000", 232827.09094019103},
        {"6395cf26308c19dc1f4cf7022a028102068108ad3d06ce921878000000000000", 139696.25456411473},
        {"44175d74d145175d74d145175d74d145175d74d145175d74d145175d74d14517",
         0.000000002561098000342099},
        {"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
         0.00000000023282709094019083},
        {"0000000000000000000000000000000000000000943805000000000000000000", 53911173001054.586},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        hs_sv2_u256 target;
        cr_assert_eq(from_hex(rows[i].target, target.byte), 32);
        const double got = hs_sv2_difficulty(&target);
        cr_assert(fabs(got / rows[i].difficulty - 1.0) < 1e-14, "row %zu: %.17g", i, got);
    }
    const hs_sv2_u256 zero = {{0}};
    cr_assert(hs_sv2_is_zero(&zero));
    cr_assert(hs_sv2_difficulty(&zero) <= 0.0);
}

Test(sv2_work, targets_compare_from_the_last_byte)
{
    hs_sv2_u256 a = {{0}};
    hs_sv2_u256 b = {{0}};
    cr_assert_eq(hs_sv2_compare(&a, &b), 0);
    a.byte[0] = 0xff;
    b.byte[1] = 0x01;
    cr_assert_lt(hs_sv2_compare(&a, &b), 0);
    a.byte[31] = 0x01;
    cr_assert_gt(hs_sv2_compare(&a, &b), 0);
}
