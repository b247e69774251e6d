/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy/spaces against the plain rule: two prefixes search one space when one is the beginning
 * of the other. */
#include <criterion/criterion.h>
#include <string.h>

#include "host_stub/base/rng.h"
#include "host_stub/live/proxy/spaces.h"

enum { HELD_MAX = 200, STEPS = 20000, CHANNELS = 12, POOLS = 3 };

typedef struct held {
    uint32_t upstream;
    uint64_t channel;
    hs_sv2_b032 prefix;
} held;

static hs_spaces spaces;
static held all[HELD_MAX];
static int count;

static void finish(void)
{
    hs_spaces_free(&spaces);
}

TestSuite(spaces, .fini = finish);

static hs_sv2_b032 prefix_of(const char *bytes)
{
    hs_sv2_b032 prefix = {.len = (uint32_t)strlen(bytes)};
    memcpy(prefix.byte, bytes, prefix.len);
    return prefix;
}

static int taken(uint32_t upstream, const char *bytes, uint64_t channel)
{
    const hs_sv2_b032 prefix = prefix_of(bytes);
    return hs_spaces_are_taken(&spaces, upstream, &prefix, channel);
}

static void take(uint32_t upstream, const char *bytes, uint64_t channel)
{
    const hs_sv2_b032 prefix = prefix_of(bytes);
    cr_assert_eq(hs_spaces_take(&spaces, upstream, &prefix, channel), 0);
}

static void release(uint32_t upstream, const char *bytes, uint64_t channel)
{
    const hs_sv2_b032 prefix = prefix_of(bytes);
    hs_spaces_release(&spaces, upstream, &prefix, channel);
}

Test(spaces, a_beginning_is_the_same_space)
{
    take(1, "abcd", 7);
    cr_assert(taken(1, "abcd", 8));
    cr_assert(taken(1, "abcdef", 8));
    cr_assert(taken(1, "ab", 8));
    cr_assert_not(taken(1, "abce", 8));
    cr_assert_not(taken(1, "b", 8));
    cr_assert_not(taken(1, "abcd", 7), "its own");
    cr_assert_not(taken(2, "abcd", 8), "another pool");
    cr_assert_not(taken(1, "", 8));
}

Test(spaces, what_is_taken_twice_is_released_once)
{
    take(1, "abcd", 7);
    take(1, "abcd", 7);
    release(1, "abcd", 9);
    cr_assert(taken(1, "abcd", 8));
    release(1, "abcd", 7);
    cr_assert_not(taken(1, "abcd", 8));
    release(1, "abcd", 7);
    take(64, "x", 1);
    cr_assert(taken(64, "xy", 2));
}

static int overlap(const hs_sv2_b032 *a, const hs_sv2_b032 *b)
{
    const uint32_t len = a->len < b->len ? a->len : b->len;
    return memcmp(a->byte, b->byte, len) == 0;
}

static int taken_by_rule(const held *asked)
{
    for (int i = 0; i < count; i++) {
        if (all[i].upstream == asked->upstream && all[i].channel != asked->channel &&
            overlap(&all[i].prefix, &asked->prefix)) {
            return 1;
        }
    }
    return 0;
}

static int find(const held *asked)
{
    int at = 0;
    while (at < count &&
           (all[at].upstream != asked->upstream || all[at].channel != asked->channel ||
            all[at].prefix.len != asked->prefix.len || !overlap(&all[at].prefix, &asked->prefix))) {
        at++;
    }
    return at;
}

/* Few bytes of few values, so that prefixes meet. */
static held some(hs_rng *rng)
{
    held h = {1 + hs_rng_below(rng, POOLS), 1 + hs_rng_below(rng, CHANNELS), {.len = 0}};
    h.prefix.len = 1 + hs_rng_below(rng, hs_rng_below(rng, 20) == 0 ? 32 : 6);
    for (uint32_t i = 0; i < h.prefix.len; i++) {
        h.prefix.byte[i] = (uint8_t)hs_rng_below(rng, 3);
    }
    return h;
}

Test(spaces, agrees_with_the_rule_whatever_comes_and_goes)
{
    hs_rng rng;
    int yes = 0;
    hs_rng_init(&rng, 1, "spaces", 0);
    for (int step = 0; step < STEPS; step++) {
        const held h = some(&rng);
        const int at = find(&h);
        if (hs_rng_below(&rng, 3) == 0 && count > 0) {
            const int gone = (int)hs_rng_below(&rng, (uint32_t)count);
            hs_spaces_release(&spaces, all[gone].upstream, &all[gone].prefix, all[gone].channel);
            all[gone] = all[--count];
        } else if (count < HELD_MAX && hs_rng_below(&rng, 2) == 0) {
            cr_assert_eq(hs_spaces_take(&spaces, h.upstream, &h.prefix, h.channel), 0);
            if (at == count) {
                all[count++] = h;
            }
        }
        const held asked = some(&rng);
        const int expected = taken_by_rule(&asked);
        cr_assert_eq(hs_spaces_are_taken(&spaces, asked.upstream, &asked.prefix, asked.channel),
                     expected, "step %d", step);
        yes += expected;
    }
    cr_assert(yes > STEPS / 10 && yes < STEPS, "%d", yes);
    while (count > 0) {
        count--;
        hs_spaces_release(&spaces, all[count].upstream, &all[count].prefix, all[count].channel);
    }
    cr_assert_eq(spaces.whole.count + spaces.beginnings.count, 0);
}
