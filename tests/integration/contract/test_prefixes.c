/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What the header says of prefixes: their length, that they are reserved by their bytes, and what
 * of the host's own is refused. The guard compares all of them on the way. */
#include "tests/integration/harness_field.h"

static it_host H;

#define ONE IT_POOL("a", "100", "1")
#define AB  IT_POOL("a", "60", "1") IT_POOL("b", "40", "2")

enum { GRANT = 12 };

/* The pool's own prefix of two bytes, as it calls it now. */
static void call_it(uint8_t first)
{
    hmx_upstream_event e = it_upstream(&H, IT_A, HMX_UPSTREAM_UP);
    e.extranonce_prefix_len = 2;
    e.extranonce_prefix[0] = first;
    e.extranonce_size = GRANT;
    cr_assert_eq(hs_guard_on_upstream(H.guard, &e), HMX_OK);
}

static uint32_t open_extended(void)
{
    hmx_channel_open e = it_channel_event(&H, 1000);
    e.kind = HMX_CHANNEL_EXTENDED;
    e.min_extranonce_size = e.extranonce_size = 8;
    return it_channel_with(&H, &e);
}

/* So many seconds, a tick in each; all decisions are carried out. */
static void pass(uint32_t seconds)
{
    for (uint32_t i = 0; i < seconds; i++) {
        it_advance(&H, 1);
        it_tick(&H);
        it_answer_all(&H, HMX_RESULT_APPLIED);
    }
}

/* ---- reserved by their bytes ---- */

/* A pool's own prefix is A, then B, then A again: what rests is still what rested. */
static void there_and_back(uint64_t caps)
{
    const it_options o = {.caps = caps};
    it_open_with(&H, ONE, &o);
    call_it(0xaa);
    open_extended();
    open_extended();
    pass(60);
    const it_channel gone = H.channels[0];
    const it_channel before = H.channels[1];
    it_close_channel(&H, 0);
    call_it(0xbb);
    pass(12);
    const it_channel between = H.channels[1];
    cr_assert_eq(between.prefix[0], 0xbb, "it has one of the new space");
    call_it(0xaa);
    pass(12);
    cr_assert_eq(H.channels[1].prefix[0], 0xaa, "and one of the old again");
    for (int i = 0; i < 3; i++) {
        const it_channel *const next = &H.channels[i < 2 ? open_extended() : 1];
        cr_assert(!it_meets(next, &gone) && !it_meets(next, &before) && !it_meets(next, &between),
                  "channel %d has a prefix that rests", (int)next->channel);
    }
    cr_assert_eq(it_drained(&H, 0, IT_A, gone.prefix, gone.prefix_len), HMX_OK,
                 "it is held all the time");
    it_close(&H);
}

Test(contract_prefixes, a_pool_that_calls_itself_otherwise_gives_nothing_away)
{
    there_and_back(HMX_CAP_KNOWN);
    there_and_back(HMX_CAP_KNOWN & ~(uint64_t)HMX_CAP_DRAIN_REPORT);
}

Test(contract_prefixes, who_still_has_the_prefix_of_the_space_that_came_back_keeps_it)
{
    it_open(&H, ONE);
    call_it(0xaa);
    open_extended();
    const it_channel before = H.channels[0];
    call_it(0xbb);
    call_it(0xaa);
    it_advance(&H, 1);
    cr_assert_eq(it_tick(&H), 0, "it works with the right one");
    cr_assert(!it_meets(&before, &H.channels[open_extended()]));
    it_close(&H);
}

/* A decision is under way while the pool changes its prefix. */
Test(contract_prefixes, a_decision_with_the_pools_former_prefix_is_answered_as_any)
{
    for (int applied = 0; applied < 2; applied++) {
        it_open(&H, "[failover]\nhold_down_secs = 0\n" AB);
        call_it(0xaa);
        it_up(&H, IT_B);
        for (int i = 0; i < 3; i++) {
            open_extended();
        }
        uint32_t on_b = 0;
        while (H.channels[on_b].upstream != IT_B) {
            on_b++;
        }
        it_down(&H, IT_B);
        it_tick(&H);
        cr_assert_gt(H.decision_count, 0);
        const hmx_decision d = H.decisions[0];
        cr_assert(d.to == IT_A && d.extranonce_prefix[0] == 0xaa);
        call_it(0xbb);
        it_advance(&H, 1);
        cr_assert_eq(it_answer(&H, &d, applied ? HMX_RESULT_APPLIED : HMX_RESULT_REFUSED), HMX_OK);
        cr_assert_eq(it_channel_row(&H, on_b).upstream, applied ? IT_A : IT_B);
        pass(31);
        for (uint32_t i = 0; i < 3; i++) {
            cr_assert_eq(H.channels[i].upstream, IT_A);
            cr_assert_eq(H.channels[i].prefix[0], 0xbb, "channel %u is renewed", i);
        }
        it_close(&H);
    }
}

/* ---- what the host chose ---- */

static hmx_channel_open adoption(const char *prefix, uint32_t len)
{
    hmx_channel_open e = it_channel_event(&H, 1000);
    e.current_upstream = IT_A;
    e.extranonce_prefix_len = len;
    memcpy(e.extranonce_prefix, prefix, len);
    return e;
}

Test(contract_prefixes, a_live_farm_may_be_told_before_its_pool)
{
    it_open(&H, ONE);
    hmx_channel_open e = adoption("\xaa\0\0\0\0\0\0\0\0\0\0\0\0\0", 14); /* as we would give it */
    const uint32_t first = it_channel_with(&H, &e);
    memcpy(H.channels[first].prefix, e.extranonce_prefix, 14);
    H.channels[first].prefix_len = 14;
    call_it(0xaa);
    for (int i = 0; i < 300; i++) {
        cr_assert(!it_meets(&H.channels[open_extended()], &H.channels[first]));
    }
    it_close(&H);
}

/* A host that counts in more bytes than our index has: two of its channels stand behind one index.
 * When one of them is gone and drained, the other one still works there. */
Test(contract_prefixes, a_counter_of_the_hosts_may_be_wider_than_ours)
{
    const it_options o = {.channels_max = 100};
    it_open_with(&H, ONE, &o);
    call_it(0xaa);
    hmx_channel_open e = adoption("\xaa\0\0\0\0\1\0\0\0\0\0\0\0\0", 14);
    it_channel_with(&H, &e);
    const hmx_channel_open other = adoption("\xaa\0\0\0\0\2\0\0\0\0\0\0\0\0", 14);
    const uint32_t stays = it_channel_with(&H, &other);
    memcpy(H.channels[stays].prefix, other.extranonce_prefix, 14);
    H.channels[stays].prefix_len = 14;
    it_close_channel(&H, 0);
    cr_assert_eq(it_drained(&H, 0, IT_A, e.extranonce_prefix, 14), HMX_OK);
    pass(60);
    for (int i = 0; i < 99; i++) {
        const uint32_t index = open_extended();
        cr_assert(H.channels[index].upstream == IT_A &&
                  !it_meets(&H.channels[index], &H.channels[stays]));
    }
    it_close(&H);
}

static void expect_collision(const char *prefix, uint32_t len, uint64_t with)
{
    char sentence[80];
    hmx_channel_decision d = {.size = sizeof d};
    hmx_channel_open e = adoption(prefix, len);
    snprintf(sentence, sizeof sentence, "collides with that of channel %d on upstream a",
             (int)with);
    H.log[0] = '\0';
    cr_assert_eq(hs_guard_on_channel_open(H.guard, &e, &d), HMX_E_INVALID);
    cr_assert_not_null(strstr(H.log, sentence), "%s", H.log);
    H.host_faults_expected++;
}

Test(contract_prefixes, two_channels_with_one_prefix_are_refused_with_a_reason)
{
    for (int up_first = 0; up_first < 2; up_first++) {
        it_open(&H, AB);
        if (up_first) {
            call_it(0xaa);
        }
        hmx_channel_open e = adoption("\xaa\0\7\7\7\7", 6);
        it_channel_with(&H, &e);
        expect_collision("\xaa\0\7\7\7\7", 6, 1);
        expect_collision("\xaa\0\7\7\7\7\7", 7, 1); /* it begins with that */
        expect_collision("\xaa\0\7\7\7", 5, 1);     /* and this one is how that begins */
        e = adoption("\xaa\0\7\7\7\x8", 6);
        it_channel_with(&H, &e);
        e = adoption("\xaa\0\7\7\7\7", 6);
        e.channel = 77;
        e.current_upstream = IT_B;
        cr_assert_eq(it_channel_with(&H, &e), 2, "on another pool it is another space");
        it_close_channel(&H, 0);
        e = adoption("\xaa\0\7\7\7\7", 6);
        e.channel = 78;
        it_channel_with(&H, &e); /* which is what the guard objects to: it is not drained */
        H.host_faults_expected++;
        it_close(&H);
    }
}

Test(contract_prefixes, and_so_is_one_that_we_gave_to_another)
{
    it_open(&H, ONE);
    call_it(0xaa);
    for (int i = 0; i < 5; i++) {
        open_extended();
    }
    const it_channel third = H.channels[2];
    hmx_channel_open e = adoption((const char *)third.prefix, third.prefix_len);
    expect_collision((const char *)e.extranonce_prefix, third.prefix_len, 3);
    expect_collision((const char *)e.extranonce_prefix, third.prefix_len + 8u, 3);
    e.extranonce_prefix[third.prefix_len - 1u] ^= 1; /* behind our index: another space */
    it_channel_with(&H, &e);
    it_close(&H);
}

/* ---- how long they rest ---- */
static int is_given_again(double seconds, uint32_t tries)
{
    const it_channel old = H.channels[0];
    int found = 0;
    it_advance(&H, seconds);
    it_tick(&H);
    for (uint32_t i = 0; i < tries && !found; i++) {
        const uint32_t index = open_extended();
        found = H.channels[index].upstream == IT_A && it_meets(&H.channels[index], &old);
        it_close_channel(&H, index);
    }
    return found;
}

Test(contract_prefixes, who_promised_to_report_is_waited_for_and_who_did_not_is_not)
{
    for (int reports = 0; reports < 2; reports++) {
        const it_options o = {.channels_max = 100,
                              .caps = HMX_CAP_KNOWN &
                                      ~(reports ? 0ull : (uint64_t)HMX_CAP_DRAIN_REPORT)};
        it_open_with(&H, ONE, &o);
        call_it(0xaa);
        open_extended();
        it_close_channel(&H, 0);
        cr_assert_not(is_given_again(3590, 250));
        cr_assert_eq(is_given_again(3600, 250), !reports, "with reports: %d", reports);
        it_close(&H);
    }
}

Test(contract_prefixes, a_report_frees_it_at_the_next_evaluation)
{
    const it_options o = {.channels_max = 100};
    it_open_with(&H, ONE, &o);
    call_it(0xaa);
    open_extended();
    it_close_channel(&H, 0);
    cr_assert_eq(it_drained(&H, 0, IT_A, H.channels[0].prefix, H.channels[0].prefix_len), HMX_OK);
    cr_assert_eq(it_drained(&H, 0, IT_A, H.channels[0].prefix, H.channels[0].prefix_len), HMX_OK,
                 "twice is no harm");
    cr_assert(is_given_again(31, 256));
    it_close(&H);
}

/* A decision that failed, or that nobody answered: the miner may have seen its prefix. */
Test(contract_prefixes, what_was_offered_and_did_not_come_about_rests_too)
{
    static const uint32_t HOW[] = {HMX_RESULT_FAILED, HMX_RESULT_REFUSED, 0};
    for (int i = 0; i < 3; i++) {
        const it_options o = {.channels_max = 100};
        it_open_with(&H, "[failover]\nhold_down_secs = 0\n" AB, &o);
        it_up(&H, IT_B);
        it_channels(&H, 1, 1000);
        call_it(0xaa);
        it_down(&H, IT_B);
        it_tick(&H);
        cr_assert_eq(H.decision_count, 1);
        const hmx_decision d = H.decisions[0];
        if (HOW[i] != 0) {
            cr_assert_eq(it_answer(&H, &d, HOW[i]), HMX_OK);
        }
        it_advance(&H, 16);
        it_tick(&H);
        cr_assert_eq(it_drained(&H, 0, IT_A, d.extranonce_prefix, d.extranonce_prefix_len),
                     HOW[i] == HMX_RESULT_REFUSED ? HMX_E_STATE : HMX_OK);
        it_close(&H);
    }
}

/* ---- the formula ---- */

static uint32_t bytes_for(uint64_t numbers)
{
    uint32_t bytes = 1;
    while (1ull << (8 * bytes) < numbers) {
        bytes++;
    }
    return bytes;
}

/* pool prefix, instance (the bytes that hold instance_count - 1), index of W bytes, zeros; W from
 * twice channels_max, and at most what the grant leaves. */
Test(contract_prefixes, the_width_of_the_index_is_that_of_the_header)
{
    static const uint32_t MAX[] = {1, 100, 128, 129, 32768, 32769, 65536};
    static const uint32_t COUNTS[] = {0, 1, 2, 256, 257, 70000};
    for (size_t m = 0; m < sizeof MAX / sizeof *MAX; m++) {
        for (size_t n = 0; n < sizeof COUNTS / sizeof *COUNTS; n++) {
            const uint32_t instances = COUNTS[n] > 1 ? COUNTS[n] : 1;
            const it_options o = {.channels_max = MAX[m],
                                  .instance_count = COUNTS[n],
                                  .instance_index = instances - 1};
            it_open_with(&H, ONE, &o);
            it_up_space(&H, IT_A, 0x40, 2, 20);
            it_channels(&H, 1, 1000);
            it_close_channel(&H, 0);
            it_channels(&H, 1, 1000); /* index 1: a one in the last byte of the index */
            const it_channel *const c = &H.channels[1];
            const uint32_t instance_bytes = instances > 1 ? bytes_for(instances) : 0;
            const uint32_t w = bytes_for(2ull * MAX[m]);
            uint8_t expected[32] = {0x40, 0x41};
            for (uint32_t i = 0; i < instance_bytes; i++) {
                expected[2 + instance_bytes - 1 - i] = (uint8_t)((instances - 1) >> (8 * i));
            }
            expected[2 + instance_bytes + w - 1] = 1;
            cr_assert_eq(c->prefix_len, 22);
            cr_assert_eq(memcmp(c->prefix, expected, 22), 0, "%u channels, %u instances", MAX[m],
                         instances);
            it_close(&H);
        }
    }
}

/* One byte is left beside what the devices were promised: 256 of them, for a pool of a hundred and
 * for one that may have 65536. */
Test(contract_prefixes, the_index_takes_no_more_than_the_devices_leave)
{
    it_open(&H, IT_ABC);
    for (uint32_t u = IT_A; u <= IT_C; u++) {
        it_up_space(&H, u, (uint8_t)(16 * u), 4, u == IT_A ? 9 : 16);
    }
    for (uint32_t i = 0; i < 100; i++) {
        open_extended();
    }
    cr_assert_eq(it_count_on(&H, IT_A), 60);
    cr_assert_eq(it_count_on(&H, IT_B), 30);
    it_close(&H);
}

/* A device that would leave too few numbers for those who are there is not sent there. */
Test(contract_prefixes, the_many_are_not_driven_out_by_one_that_needs_more)
{
    it_open(&H, AB);
    it_up_space(&H, IT_A, 0x10, 4, 9);
    it_up_space(&H, IT_B, 0x20, 4, 16);
    for (uint32_t i = 0; i < 400; i++) {
        it_channel_of(&H, 1000);
    }
    cr_assert_gt(it_count_on(&H, IT_A), 200);
    for (uint32_t i = 0; i < 50; i++) {
        cr_assert_eq(H.channels[open_extended()].upstream, IT_B, "8 + 1 bytes leave 256 numbers");
    }
    for (uint32_t i = 0; i < 100; i++) {
        it_channel_of(&H, 1000);
    }
    cr_assert_gt(it_count_on(&H, IT_A), 260, "there is still room for the others");
    it_close(&H);
}
