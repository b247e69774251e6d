/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Reported cases: who is given a prefix that another one may still work with, and who gets none.
 * Each test has its case's name and numbers; beside it what the first version did. */
#include "tests/integration/harness_farm.h"

static it_host H;

#define ONE        IT_POOL("a", "100", "1")
#define AB         IT_POOL("a", "60", "1") IT_POOL("b", "40", "2")
#define UNREPORTED (HMX_CAP_KNOWN & ~(uint64_t)HMX_CAP_DRAIN_REPORT)

static hmx_channel_open extended(uint32_t rollable)
{
    hmx_channel_open e = it_channel_event(&H, 1e14 / IT_HASHES_PER_SHARE);
    e.kind = HMX_CHANNEL_EXTENDED;
    e.min_extranonce_size = e.extranonce_size = rollable;
    return e;
}

static uint32_t open_extended(uint32_t rollable)
{
    const hmx_channel_open e = extended(rollable);
    return it_channel_with(&H, &e);
}

/* The place's next channel, with a number that nobody had. */
static it_channel *open_again(uint32_t index, uint32_t rollable)
{
    static uint64_t number = 1000000;
    hmx_channel_open e = extended(rollable);
    e.channel = e.connection = ++number;
    return it_channel_at(&H, index, &e);
}

static void pass(uint32_t seconds)
{
    for (uint32_t i = 0; i < seconds; i++) {
        it_advance(&H, 1);
        it_tick(&H);
        it_answer_all(&H, HMX_RESULT_APPLIED);
    }
}

/* ---- h4_min: a pool's own prefix is aa00, bb00, and aa00 again 12 s later ---- */

static void call_it(uint8_t first)
{
    hmx_upstream_event e = it_upstream(&H, IT_A, HMX_UPSTREAM_UP);
    e.extranonce_prefix_len = 2;
    e.extranonce_prefix[0] = first;
    e.extranonce_size = 12;
    cr_assert_eq(hs_guard_on_upstream(H.guard, &e), HMX_OK);
}

/* The prefix of the first one, which rested, went to the third. */
Test(abi_h4_min, what_rests_and_what_lives_is_given_to_nobody_else)
{
    const it_options o = {.caps = HMX_CAP_REASSIGN | HMX_CAP_SHARE_WORK | HMX_CAP_EXTRANONCE};
    it_open_with(&H, ONE, &o);
    call_it(0xaa);
    open_extended(8);
    open_extended(8);
    pass(60);
    const it_channel rests = H.channels[0];
    const it_channel lived = H.channels[1];
    it_close_channel(&H, 0);
    call_it(0xbb);
    pass(12);
    const it_channel between = H.channels[1];
    call_it(0xaa);
    pass(12);
    cr_assert_eq(H.channels[1].prefix[0], 0xaa);
    const it_channel *const newcomer = &H.channels[open_extended(8)];
    cr_assert_eq(newcomer->upstream, IT_A);
    cr_assert_not(it_meets(newcomer, &rests));
    cr_assert_not(it_meets(newcomer, &lived));
    cr_assert_not(it_meets(newcomer, &between));
    cr_assert_not(it_meets(newcomer, &H.channels[1]));
    it_close(&H);
}

/* ---- scn 5: a live farm is told before its pool is up ---- */

static hmx_channel_open adoption(const uint8_t prefix[9])
{
    hmx_channel_open e = extended(8);
    e.current_upstream = IT_A;
    e.extranonce_prefix_len = 9;
    memcpy(e.extranonce_prefix, prefix, 9);
    return e;
}

/* Tells the channel, and keeps what the host chose. */
static it_channel adopt(const uint8_t prefix[9])
{
    const hmx_channel_open e = adoption(prefix);
    it_channel *const c = &H.channels[it_channel_with(&H, &e)];
    c->prefix_len = 9;
    memcpy(c->prefix, prefix, 9);
    return *c;
}

/* The next one got the very prefix. */
Test(abi2_scn_5, a_farm_that_is_adopted_before_its_pool_is_up)
{
    static const uint8_t PREFIX[9] = {0xa0};
    it_open(&H, AB);
    const it_channel first = adopt(PREFIX);
    it_up_space(&H, IT_A, 0xa0, 1, 16);
    it_up_space(&H, IT_B, 0xb0, 1, 16);
    for (uint32_t i = 0; i < 300; i++) {
        const it_channel *const c = &H.channels[open_extended(8)];
        cr_assert(c->upstream != HMX_NONE && (c->upstream != IT_A || !it_meets(c, &first)), "%u",
                  i);
    }
    it_close(&H);
}

/* ---- scn 7: as many channels as there may be, or nearly, and a space that is left and filled
 * again ---- */

/* A minute's outage of a (60 %), three times; 25 minutes after each return it has its share. */
static void outages(uint32_t channels_max, uint64_t caps)
{
    const it_options o = {.caps = caps, .channels_max = channels_max, .capacity = 256};
    it_open_with(&H, "[failover]\nhold_down_secs = 0\n" AB, &o);
    it_up_space(&H, IT_A, 0xa0, 1, 16);
    it_up_space(&H, IT_B, 0xb0, 1, 16);
    for (uint32_t i = 0; i < 250; i++) {
        open_extended(8);
    }
    for (uint32_t outage = 1; outage <= 3; outage++) {
        it_down(&H, IT_A);
        for (uint32_t s = 0; s < 60 + 1500; s += 10) {
            if (s == 60) {
                it_up_space(&H, IT_A, 0xa0, 1, 16);
            }
            it_advance(&H, 10);
            it_mine(&H, 10);
            static it_channel before[250];
            memcpy(before, H.channels, sizeof before);
            it_tick(&H);
            for (uint32_t k = 0; k < H.decision_count; k++) {
                const hmx_decision *const d = &H.decisions[k];
                const uint32_t i = (uint32_t)(it_channel_named(&H, d->channel) - H.channels);
                cr_assert_gt(d->extranonce_prefix_len, 0);
                cr_assert_eq(it_answer(&H, d, HMX_RESULT_APPLIED), HMX_OK);
                if (caps & HMX_CAP_DRAIN_REPORT) {
                    cr_assert_eq(it_drained(&H, i, d->from, before[i].prefix, before[i].prefix_len),
                                 HMX_OK);
                }
            }
            cr_assert(s < 60 - 10 || s >= 60 || it_count_on(&H, IT_A) == 0);
        }
        const uint32_t on_a = it_count_on(&H, IT_A);
        cr_assert(on_a >= 149 && on_a <= 151, "outage %u: %u of 250", outage, on_a);
    }
    it_close(&H);
}

/* Twice the channels were cut at what the bytes of the index hold: nothing was to spare. */
Test(abi2_scn_7, an_outage_and_its_return_leave_room)
{
    outages(256, UNREPORTED);
    outages(256, HMX_CAP_KNOWN);
    outages(300, UNREPORTED);
}

/* All reconnect four times within the hour: each of them is placed. */
static void power_cuts(uint32_t channels_max, uint32_t farm)
{
    const it_options o = {.caps = UNREPORTED, .channels_max = channels_max};
    it_open_with(&H, AB, &o);
    it_up_space(&H, IT_A, 0xa0, 1, 16);
    it_up_space(&H, IT_B, 0xb0, 1, 16);
    for (uint32_t i = 0; i < farm; i++) {
        open_extended(8);
    }
    for (uint32_t cut = 0; cut < 5; cut++) {
        for (uint32_t i = 0; i < farm && cut > 0; i++) {
            it_close_channel(&H, i);
        }
        pass(60);
        for (uint32_t i = 0; i < farm && cut > 0; i++) {
            open_again(i, 8);
        }
        for (uint32_t i = 0; i < farm; i++) {
            cr_assert(H.channels[i].upstream != HMX_NONE && H.channels[i].prefix_len > 0,
                      "%u of %u, cut %u", i, farm, cut);
        }
        cr_assert_eq(it_count_on(&H, IT_A), farm * 60 / 100);
    }
    it_close(&H);
}

/* 200 of 256 reconnected four times: all of them passed. */
Test(abi2_scn_7, a_farm_that_reconnects_within_the_hour_is_placed)
{
    power_cuts(256, 200);
    power_cuts(1000, 1000);
    power_cuts(0, 200);
}

/* ---- scn 9: drained, with another prefix of the same index ---- */

/* It gave the index away. */
Test(abi2_scn_9, a_report_is_about_the_prefix_byte_for_byte)
{
    uint8_t other[20] = {0};
    it_open(&H, AB);
    it_up_space(&H, IT_A, 0xa0, 1, 16);
    it_up_space(&H, IT_B, 0xb0, 1, 16);
    open_extended(8);
    const it_channel c = H.channels[0];
    cr_assert(c.upstream == IT_A && c.prefix_len == 9);
    it_close_channel(&H, 0);
    memcpy(other, c.prefix, 9);
    cr_assert_eq(it_drained(&H, 0, IT_A, other, 20), HMX_E_STATE, "longer");
    other[8] = 0x77;
    cr_assert_eq(it_drained(&H, 0, IT_A, other, 9), HMX_E_STATE, "another last byte");
    cr_assert_eq(it_drained(&H, 0, IT_A, c.prefix, 9), HMX_OK);
    it_close(&H);
}

/* ---- scn2 T21: two prefixes of the host's counter are behind one index; one of them goes ---- */

/* The index was free with the first, and its next owner began the other one's prefix. */
Test(abi2_scn2_t21, a_counter_of_the_hosts_is_wider_than_the_index)
{
    static const uint8_t FIRST[9] = {0xa0, 0, 0, 0, 1};
    static const uint8_t OTHER[9] = {0xa0, 0, 0, 0, 2};
    it_open(&H, AB);
    it_up_space(&H, IT_A, 0xa0, 1, 16);
    it_down(&H, IT_B);
    (void)adopt(FIRST);
    const it_channel stays = adopt(OTHER);
    it_close_channel(&H, 0);
    cr_assert_eq(it_drained(&H, 0, IT_A, FIRST, 9), HMX_OK);
    pass(31);
    open_extended(14); /* three bytes of prefix: the index has two */
    cr_assert_eq(H.channels[2].prefix_len, 3);
    it_close_channel(&H, 2);
    for (uint32_t i = 0; i < 70000; i++) { /* all the way round */
        const it_channel *const c = open_again(2, 14);
        cr_assert(c->upstream == IT_A && !it_meets(c, &stays), "%u", i);
        it_close_channel(&H, 2);
        cr_assert_eq(it_drained(&H, 2, IT_A, c->prefix, c->prefix_len), HMX_OK);
        if (i % 1000 == 0) {
            pass(31);
        }
    }
    it_close(&H);
}

/* ---- scn2 T23: instances that share the pools ---- */

enum { OF_EACH = 100, SAMPLES = 9 };
static it_channel samples[SAMPLES * OF_EACH];

/* It held; here for all that the numbers of two instances may be. */
Test(abi2_scn2_t23, prefixes_of_instances_are_disjoint)
{
    static const uint32_t COUNTS[] = {2, 151, 300};
    for (uint32_t k = 0; k < 3; k++) {
        const uint32_t step = COUNTS[k] > 10 ? 37 : 1;
        uint32_t count = 0;
        for (uint32_t index = 0; index < COUNTS[k]; index += step) {
            const it_options o = {.instance_index = index, .instance_count = COUNTS[k]};
            it_open_with(&H, ONE, &o);
            it_up_space(&H, IT_A, 0xa0, 2, 20);
            for (uint32_t i = 0; i < OF_EACH; i++) {
                hmx_channel_open e = extended(8);
                e.kind = 1 + i % 2;
                e.min_extranonce_size = e.extranonce_size = i % 2 ? 8 : 0;
                samples[count++] = H.channels[it_channel_with(&H, &e)];
            }
            it_close(&H);
        }
        for (uint32_t i = 0; i < count; i++) {
            for (uint32_t j = 0; j < i; j++) {
                if (it_meets(&samples[i], &samples[j])) {
                    cr_assert_fail("%u of %u and %u", COUNTS[k], i, j);
                }
            }
        }
        cr_assert_geq(count, 2 * OF_EACH);
    }
}
