/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * No prefix in use equals or begins another, compared by brute force over a long random life with a
 * book of our own, which knows nothing of indexes; and between instances that share a pool's
 * space. */
#include "host_stub/base/rng.h"
#include "tests/integration/harness_farm.h"

static it_host H;
static it_host G; /* a second instance */

static uint32_t open_kind(it_host *h, uint32_t kind, uint32_t extranonce_size)
{
    hmx_channel_open e = it_channel_event(h, 1000);
    e.kind = kind;
    e.extranonce_size = extranonce_size;
    return it_channel_with(h, &e);
}

/* ---- the book ---- */
enum state { FREE, LIVE, PENDING, HELD };

typedef struct entry {
    enum state state;
    uint32_t upstream;
    uint32_t len;
    uint8_t bytes[HMX_EXTRANONCE_MAX];
    uint32_t owner; /* index of the channel */
    int drained;
    int unconfirmed;
    uint64_t since_ns; /* held since */
} entry;

enum { BOOK = 4096 };
static entry book[BOOK];

static void enter(enum state state, uint32_t upstream, const uint8_t *bytes, uint32_t len,
                  uint32_t owner)
{
    entry *at = NULL;
    for (uint32_t i = 0; i < BOOK; i++) {
        const entry *const e = &book[i];
        const uint32_t common = e->len < len ? e->len : len;
        if (e->state == FREE) {
            at = at == NULL ? &book[i] : at;
        } else if (e->upstream == upstream) {
            cr_assert_neq(memcmp(e->bytes, bytes, common), 0,
                          "channel %u got a prefix that collides with channel %u's, state %d",
                          owner, e->owner, (int)e->state);
        }
    }
    cr_assert_not_null(at);
    *at = (entry){.state = state, .upstream = upstream, .len = len, .owner = owner};
    memcpy(at->bytes, bytes, len);
}

/* All entries of a channel in one state go to another. */
static void turn(uint32_t owner, enum state from, enum state to, int unconfirmed)
{
    for (uint32_t i = 0; i < BOOK; i++) {
        if (book[i].state == from && book[i].owner == owner) {
            book[i].state = to;
            book[i].unconfirmed = unconfirmed;
            book[i].since_ns = H.now_ns;
        }
    }
}

/* After an hour a place is given up, whatever was reported. */
static void give_up(void)
{
    for (uint32_t i = 0; i < BOOK; i++) {
        if (book[i].state == HELD && H.now_ns - book[i].since_ns >= 3600 * IT_SECOND) {
            book[i].state = FREE;
        }
    }
}

static void confirm(uint32_t owner)
{
    for (uint32_t i = 0; i < BOOK; i++) {
        if (book[i].state == HELD && book[i].owner == owner) {
            book[i].unconfirmed = 0;
            book[i].state = book[i].drained ? FREE : HELD;
        }
    }
}

static void random_open(hs_rng *rng)
{
    const int extended = hs_rng_below(rng, 2) == 0;
    const uint32_t index = open_kind(&H, extended ? HMX_CHANNEL_EXTENDED : HMX_CHANNEL_STANDARD,
                                     extended ? hs_rng_below(rng, 6) : 0);
    const it_channel *const c = &H.channels[index];
    if (c->upstream != HMX_NONE) {
        cr_assert_gt(c->prefix_len, 0);
        enter(LIVE, c->upstream, c->prefix, c->prefix_len, index);
    }
}

static void random_close(hs_rng *rng)
{
    const uint32_t index = hs_rng_below(rng, H.channel_count);
    if (H.channels[index].open) {
        it_close_channel(&H, index);
        turn(index, LIVE, HELD, 0);
        turn(index, PENDING, HELD, 0);
        confirm(index); /* who is gone needs no old prefix back */
    }
}

static void random_drain(hs_rng *rng)
{
    entry *const e = &book[hs_rng_below(rng, BOOK)];
    if (e->state == HELD && !e->drained) {
        cr_assert_eq(it_drained(&H, e->owner, e->upstream, e->bytes, e->len), HMX_OK);
        e->drained = 1;
        e->state = e->unconfirmed ? HELD : FREE;
    }
}

static void random_share(hs_rng *rng)
{
    const uint32_t index = hs_rng_below(rng, H.channel_count);
    if (H.channels[index].open && H.channels[index].upstream != HMX_NONE) {
        it_paid(&H, index, 1, 1000);
        confirm(index);
    }
}

static void random_answers(hs_rng *rng)
{
    for (uint32_t i = 0; i < H.channel_count; i++) {
        turn(i, PENDING, HELD,
             0); /* not answered in time: expired, and the miner may have seen it */
    }
    for (uint32_t i = 0; i < H.decision_count; i++) {
        const hmx_decision *const d = &H.decisions[i];
        const uint32_t index = (uint32_t)(it_channel_named(&H, d->channel) - H.channels);
        enter(PENDING, d->to, d->extranonce_prefix, d->extranonce_prefix_len, index);
        switch (hs_rng_below(rng, 4)) {
        case 0:
            cr_assert_eq(it_answer(&H, d, HMX_RESULT_REFUSED), HMX_OK);
            turn(index, PENDING, FREE, 0);
            break;
        case 1:
            cr_assert_eq(it_answer(&H, d, HMX_RESULT_FAILED), HMX_OK);
            turn(index, PENDING, HELD, 0); /* the miner may have seen it */
            break;
        case 2:
            if (i % 4 == 0) {
                break; /* never answered */
            }
            /* fall through */
        default:
            cr_assert_eq(it_answer(&H, d, HMX_RESULT_APPLIED), HMX_OK);
            turn(index, LIVE, HELD, 1);
            turn(index, PENDING, LIVE, 0);
            break;
        }
    }
}

static void swing(hs_rng *rng)
{
    const double a = hs_rng_below(rng, 90);
    hmx_target rows[] = {
        {sizeof rows[0], IT_A, a}, {sizeof rows[0], IT_B, 90 - a}, {sizeof rows[0], IT_C, 10}};
    const hmx_targets targets = {
        .size = sizeof targets, .stride = sizeof rows[0], .count = 3, .rows = rows};
    cr_assert_eq(H.tuning->set_targets(H.self, H.now_ns, &targets, NULL), HMX_OK);
}

Test(prefix_free, over_a_long_random_life, .timeout = 120)
{
    hs_rng rng;
    uint32_t decided = 0;
    const it_options o = {.channels_max = 300};
    hs_rng_init(&rng, 20, "prefixes", 0);
    it_open_with(&H, "[controller]\nmin_reassignment_interval_secs = 0\n" IT_ABC, &o);
    for (uint32_t u = IT_A; u <= IT_C; u++) {
        it_up_space(&H, u, (uint8_t)(16 * u), u, 8);
    }
    for (int step = 0; step < 10000; step++) {
        const uint32_t what = hs_rng_below(&rng, 100);
        if (what < 8 && H.channel_count < IT_CHANNELS && it_snapshot(&H).s.channels < 300) {
            random_open(&rng);
        } else if (what < 12 && H.channel_count > 0) {
            random_close(&rng);
        } else if (what < 50) {
            random_drain(&rng);
        } else if (what < 90 && H.channel_count > 0) {
            random_share(&rng);
        } else if (what < 91) {
            swing(&rng);
        } else {
            it_advance(&H, 16); /* what was not answered has expired */
            give_up();
            decided += it_tick(&H);
            random_answers(&rng);
        }
    }
    cr_assert_gt(decided, 500, "only %u decisions", decided);
    it_close(&H);
}

/* ---- several instances in one space ---- */
Test(prefix_free, between_instances_that_share_a_space)
{
    const it_options first = {.instance_index = 0, .instance_count = 2, .channels_max = 300};
    const it_options second = {.instance_index = 1, .instance_count = 2, .channels_max = 300};
    it_open_with(&H, IT_POOL("a", "100", "1"), &first);
    it_open_with(&G, IT_POOL("a", "100", "1"), &second);
    it_up_space(&H, IT_A, 10, 4, 8);
    it_up_space(&G, IT_A, 10, 4, 8);
    for (uint32_t i = 0; i < 300; i++) {
        const uint32_t size = i % 5;
        open_kind(&H, size == 0 ? HMX_CHANNEL_STANDARD : HMX_CHANNEL_EXTENDED, size);
        open_kind(&G, size == 1 ? HMX_CHANNEL_STANDARD : HMX_CHANNEL_EXTENDED,
                  size == 1 ? 0 : size);
    }
    for (uint32_t i = 0; i < 300; i++) {
        const it_channel *const a = &H.channels[i];
        cr_assert_gt(a->prefix_len, 0);
        for (uint32_t k = 0; k < 300; k++) {
            const it_channel *const b = &G.channels[k];
            const uint32_t common = a->prefix_len < b->prefix_len ? a->prefix_len : b->prefix_len;
            cr_assert_neq(memcmp(a->prefix, b->prefix, common), 0, "%u of one, %u of the other", i,
                          k);
        }
    }
    it_close(&H);
    it_close(&G);
}
