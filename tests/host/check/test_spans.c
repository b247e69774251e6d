/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * check/spans: overlapping search spaces, by hand and against a comparison of every pair; then the
 * spans that the checker makes of connections. */
#include <stdlib.h>

#include "host_stub/check/pools.h"
#include "host_stub/check/spans.h"
#include "tests/host/check/world.h"

static size_t overlaps;
static hs_check_span last_later;
static hs_check_span last_earlier;

static void count(void *ctx, const hs_check_span *later, const hs_check_span *earlier)
{
    (void)ctx;
    overlaps++;
    last_later = *later;
    last_earlier = *earlier;
}

static hs_check_span span(uint32_t channel, const char *prefix, uint64_t from, uint64_t to)
{
    hs_check_span s = {.pool = 1, .from = from, .to = to, .channel_id = channel, .frame = channel};
    s.prefix.len = (uint32_t)strlen(prefix);
    memcpy(s.prefix.byte, prefix, s.prefix.len);
    return s;
}

static size_t compare(const hs_check_span *list, size_t n)
{
    hs_check_spans spans = {.count = 0};
    overlaps = 0;
    for (size_t i = 0; i < n; i++) {
        cr_assert(hs_check_spans_add(&spans, &list[i]) == 0);
    }
    cr_assert(hs_check_spans_overlaps(&spans, count, NULL) == 0);
    hs_check_spans_free(&spans);
    return overlaps;
}

Test(check_spans, a_prefix_of_another_overlaps_if_it_is_there_at_the_time)
{
    hs_check_span two[2] = {span(1, "abc", 10, 20), span(2, "abc", 15, 30)};
    cr_assert_eq(compare(two, 2), 1);
    cr_assert_eq(last_later.channel_id, 2);
    cr_assert_eq(last_earlier.channel_id, 1);
    two[1].from = 20; /* handed over */
    cr_assert_eq(compare(two, 2), 0);
    two[1] = span(2, "abcd", 0, 11); /* within the other's */
    cr_assert_eq(compare(two, 2), 1);
    cr_assert_eq(last_later.channel_id, 2);
    two[1] = span(2, "abcd", 0, 10);
    cr_assert_eq(compare(two, 2), 0);
    two[1] = span(2, "abd", 10, 20);
    cr_assert_eq(compare(two, 2), 0);
    two[1] = span(2, "", 19, 20);
    cr_assert_eq(compare(two, 2), 1);
    two[1] = span(1, "abc", 15, 30); /* the same channel */
    cr_assert_eq(compare(two, 2), 0);
    two[1].file = 1; /* the same number on another connection */
    cr_assert_eq(compare(two, 2), 1);
    two[1] = span(2, "abc", 15, 30);
    two[1].pool = 2;
    cr_assert_eq(compare(two, 2), 0);
    two[1].pool = 1;
    two[1].timeline = 1;
    cr_assert_eq(compare(two, 2), 0);
    cr_assert_eq(compare(two, 0), 0);
}

Test(check_spans, a_short_span_does_not_hide_a_long_one)
{
    const hs_check_span list[4] = {span(1, "ab", 0, 100), span(1, "ab", 5, 6),
                                   span(2, "a", 200, 300), span(3, "abc", 50, 60)};
    cr_assert_eq(compare(list, 4), 1);
    cr_assert_eq(last_later.channel_id, 3);
    cr_assert_eq(last_earlier.channel_id, 1);
}

/* As it is defined, for every pair. Of two with one prefix the one that sorts later is at fault. */
static int overlap(const hs_check_span *a, const hs_check_span *b)
{
    return a->timeline == b->timeline && a->pool == b->pool && a->prefix.len <= b->prefix.len &&
           memcmp(a->prefix.byte, b->prefix.byte, a->prefix.len) == 0 && a->from < b->to &&
           b->from < a->to && (a->file != b->file || a->channel_id != b->channel_id);
}

static int comes_before(const hs_check_span *a, const hs_check_span *b)
{
    return a->from != b->from ? a->from < b->from : a->frame < b->frame;
}

Test(check_spans, agrees_with_a_comparison_of_every_pair)
{
    enum { MOST = 24, ROUNDS = 20000 };
    unsigned seed = 1;
    size_t found = 0;
    for (int round = 0; round < ROUNDS; round++) {
        hs_check_span list[MOST];
        size_t expected = 0;
        const size_t n = 1 + (size_t)(rand_r(&seed) % MOST);
        for (size_t i = 0; i < n; i++) {
            const uint64_t from = (uint64_t)(rand_r(&seed) % 40);
            list[i] = span((uint32_t)(rand_r(&seed) % 6), "", from,
                           from + 1 + (uint64_t)(rand_r(&seed) % 6));
            list[i].frame = i;
            list[i].timeline = (uint32_t)(rand_r(&seed) % 2);
            list[i].prefix.len = (uint32_t)(rand_r(&seed) % 4);
            for (size_t k = 0; k < list[i].prefix.len; k++) {
                list[i].prefix.byte[k] = (uint8_t)(rand_r(&seed) % 3);
            }
        }
        for (size_t i = 0; i < n; i++) {
            int hit = 0;
            for (size_t k = 0; k < n; k++) {
                const int longer = list[k].prefix.len < list[i].prefix.len;
                hit |= k != i && overlap(&list[k], &list[i]) &&
                       (longer || comes_before(&list[k], &list[i]));
            }
            expected += (size_t)hit;
        }
        cr_assert_eq(compare(list, n), expected, "round %d: %zu, and by pairs %zu", round, overlaps,
                     expected);
        found += expected;
    }
    cr_assert_gt(found, ROUNDS / 10);
}

/* ---- what the checker makes of connections ---- */

static world w;

Test(check_spans, a_prefix_may_be_given_away_once_its_jobs_have_ended)
{
    const parts a2 = parts_of('a', 2);
    static conn late;
    build_world(&w);
    /* Channel 4 of the first connection left a's space 2 with its hard move at second 22. */
    for (int early = 0; early < 2; early++) {
        const uint64_t t = early ? 21900 : 22000;
        const hs_sv2_b032 prefix = on_a(16, 2);
        memset(&late, 0, sizeof late);
        late.file = "conn-3.hex";
        say_setup(&late, t, 0);
        say_open(&late, t, 0, 1, 2, 1, prefix, 0);
        hs_sv2_message m = standard_job(2, 1, &a2, &prefix, 0);
        say(&late, t, &m);
        m = new_tip(2, 1, 1, T0 + 22);
        say(&late, t, &m);
        say_share(&late, 23000, 0, 2, 1, 1, 0);
        const conn *const conns[] = {&w.a, &w.b, &w.miner, &late};
        (void)check_conns(conns, 4, 0);
        if (early) {
            cr_assert_eq(finding_count, 1);
            expect_first("a prefix given away too early", HS_CHECK_OVERLAP);
            cr_assert_str_eq(findings[0].file, "conn-3.hex");
            cr_assert_eq(findings[0].frame, 5);
            cr_assert_not_null(strstr(findings[0].text, "conn-1.hex"));
            cr_assert_not_null(strstr(findings[0].text, "both for a"));
        } else {
            expect_clean(finding_count);
        }
    }
}

Test(check_spans, a_draining_prefix_is_still_in_use)
{
    const parts a2 = parts_of('a', 2);
    static conn late;
    build_world(&w);
    /* Channel 2 moved softly to b at second 15: its jobs of a are valid until second 51. */
    memset(&late, 0, sizeof late);
    late.file = "conn-3.hex";
    say_setup(&late, 40000, 0);
    say_open(&late, 40000, 1, 1, 2, 1, on_a(8, 1), 8);
    hs_sv2_message m = extended_job(2, 1, &a2, 0);
    say(&late, 40000, &m);
    m = new_tip(2, 1, 1, T0 + 40);
    say(&late, 40000, &m);
    say_share(&late, 41000, 1, 2, 1, 1, 8);
    const conn *const conns[] = {&w.a, &w.b, &w.miner, &late};
    (void)check_conns(conns, 4, 0);
    cr_assert_eq(finding_count, 1);
    expect_first("the prefix of past jobs", HS_CHECK_OVERLAP);
    late.frames[0].has_time = 0; /* without times nobody knows that they were there together */
    expect_clean(check_conns(conns, 4, 0));
}

Test(check_spans, pools_may_grant_the_same_space)
{
    build_world(&w);
    const conn *const alone[] = {&w.miner, &w.rack};
    expect_clean(check_conns(alone, 2, 0)); /* nobody knows the pools, and the prefixes differ */
    frame *const f = &w.rack.frames[find(&w.rack, HS_SV2_OPEN_EXTENDED_SUCCESS, 0)];
    hs_sv2_message m = decoded(f);
    m.as.open_success.extranonce_prefix = on_a(8, 1);
    frame changed = *f;
    encode(&changed, &m);
    *f = changed;
    cr_assert_eq(check_conns(alone, 2, 0), 1);
    expect_first("one prefix, pools unknown", HS_CHECK_OVERLAP);
}
