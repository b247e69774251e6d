/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What load and save refuse: and that nothing changed then, down to the next decisions. */
#include <math.h>

#include "tests/integration/state/harness_state.h"

static it_host H;
static it_host G;
static it_bytes good;
static it_bytes bad;
static it_bytes before;
static it_view fresh;

enum { MINERS = 30 };

/* A state with something in every kind of row, in `good`. */
static void make_good(void)
{
    it_open(&H, IT_ABC);
    it_all_up(&H, 3);
    it_channels(&H, MINERS, 1000);
    it_named(&H, "known", 700);
    it_named(&H, "known", 900);
    it_down(&H, IT_B);
    it_up(&H, IT_B);
    it_run(&H, 300, 1, IT_REFUSE);
    it_down(&H, IT_C);
    it_up(&H, IT_C);
    it_run(&H, 40, 1, IT_REFUSE);
    it_save(&H, &good);
    cr_assert_eq(good.len, (uint64_t)IT_STATE_HEAD + IT_STATE_FARM + 3 * IT_STATE_ROW +
                               2 * IT_STATE_MINER + IT_STATE_SUM);
    it_close(&H);
}

/* A fresh instance, and what it looks like. */
static void setup(void)
{
    make_good();
    it_open(&H, IT_ABC);
    it_advance(&H, 3);
    fresh = it_snapshot(&H);
    it_save(&H, &before);
}

/* The snapshot, and all that save knows, are those of a fresh instance. */
static void expect_untouched(const char *what, uint64_t number)
{
    static it_bytes after;
    const it_view view = it_snapshot(&H);
    cr_assert(it_same_view(&view, &fresh), "%s %llu changed the snapshot", what,
              (unsigned long long)number);
    it_save(&H, &after);
    cr_assert(it_same_bytes(&before, &after), "%s %llu changed the state", what,
              (unsigned long long)number);
}

static void expect_refused(hmx_status status, const char *words, const char *what, uint64_t number)
{
    memset(H.log, 0, sizeof H.log);
    const hmx_status got = it_load(&H, &bad);
    cr_assert_eq(got, status, "%s %llu: %d", what, (unsigned long long)number, got);
    cr_assert(strstr(H.log, "saved state refused, nothing of it is used: ") == H.log, "%s", H.log);
    cr_assert(strstr(H.log, words) != NULL, "%s %llu: %s", what, (unsigned long long)number, H.log);
    expect_untouched(what, number);
}

/* H, to which states were offered and refused, decides as G, to which none was. */
static void expect_same_life(void)
{
    it_open(&G, IT_ABC);
    it_advance(&G, 3);
    it_host *const both[] = {&H, &G};
    uint64_t decisions = 0;
    for (uint32_t k = 0; k < 2; k++) {
        it_all_up(both[k], 3);
        it_channels(both[k], MINERS, 1000);
        it_named(both[k], "known", 600);
    }
    it_close_channel(&H, 3);
    it_close_channel(&G, 3);
    for (uint32_t s = 0; s < 600; s++) {
        for (uint32_t k = 0; k < 2; k++) {
            it_advance(both[k], 1);
            it_mine(both[k], 1);
            if (s == 100) {
                it_down(both[k], IT_A);
            }
            if (s == 200) {
                it_up(both[k], IT_A);
            }
            it_tick(both[k]);
        }
        cr_assert(H.decision_count == G.decision_count &&
                      memcmp(H.decisions, G.decisions, H.decision_count * sizeof H.decisions[0]) ==
                          0,
                  "second %u", s);
        decisions += H.decision_count;
        it_answer_all(&H, HMX_RESULT_APPLIED);
        it_answer_all(&G, HMX_RESULT_APPLIED);
    }
    cr_assert_gt(decisions, 20);
    fresh = it_snapshot(&G);
    const it_view view = it_snapshot(&H);
    cr_assert(it_same_view(&view, &fresh));
    it_close(&H);
    it_close(&G);
}

Test(state_refused, empty_and_cut_off_at_every_length, .init = setup)
{
    bad = good;
    for (uint64_t len = 0; len < good.len; len++) {
        bad.len = len;
        expect_refused(HMX_E_CORRUPT, len == 0 ? "it is empty" : "it ends after", "length", len);
    }
    bad.len = good.len + 1;
    expect_refused(HMX_E_CORRUPT, "longer than it says", "length", bad.len);
    expect_same_life();
}

Test(state_refused, cut_off_and_sealed_at_every_length, .init = setup)
{
    const uint64_t ends = IT_STATE_HEAD + IT_STATE_SUM;
    for (uint64_t len = ends; len < good.len; len++) {
        bad = good;
        bad.len = len;
        const uint32_t payload = (uint32_t)(len - ends);
        memcpy(bad.data + 12, &payload, sizeof payload);
        it_seal(&bad);
        expect_refused(HMX_E_CORRUPT, payload < IT_STATE_FARM ? "cannot be" : "do not add up",
                       "sealed length", len);
    }
    expect_same_life();
}

Test(state_refused, every_byte_flipped, .init = setup)
{
    for (uint64_t i = 0; i < good.len; i++) {
        for (uint32_t bit = 0; bit < 8; bit++) {
            bad = good;
            bad.data[i] ^= (uint8_t)(1u << bit);
            const int is_version = i >= 8 && i < 12;
            expect_refused(is_version && bad.data[8] + bad.data[9] + bad.data[10] + bad.data[11] > 0
                               ? HMX_E_UNSUPPORTED
                               : HMX_E_CORRUPT,
                           "", "byte", i);
        }
    }
    expect_same_life();
}

Test(state_refused, a_future_version_is_named, .init = setup)
{
    bad = good;
    bad.data[8] = 3;
    it_seal(&bad);
    expect_refused(HMX_E_UNSUPPORTED,
                   "it has version 3, and this hashmux knows version 2: a newer one wrote it",
                   "version", 3);
    bad.len = 40; /* whatever its form may be */
    expect_refused(HMX_E_UNSUPPORTED, "version 3", "version", 3);
    bad = good;
    bad.data[8] = 0;
    it_seal(&bad);
    expect_refused(HMX_E_CORRUPT, "version 0", "version", 0);
    expect_same_life();
}

static void put_double(uint64_t at, double value)
{
    bad = good;
    memcpy(bad.data + at, &value, sizeof value);
    it_seal(&bad);
}

/* Every double of the state in turn becomes what no state may hold; the checksum is right. */
Test(state_refused, numbers_that_are_none_with_the_right_checksum, .init = setup)
{
    const double none[] = {NAN, -NAN, INFINITY, -INFINITY, 1e300, -1e300};
    const uint64_t rows = IT_STATE_HEAD + IT_STATE_FARM;
    const uint64_t miners = rows + 3 * IT_STATE_ROW;
    for (uint32_t k = 0; k < sizeof none / sizeof none[0]; k++) {
        for (uint64_t i = 0; i < 3; i++) {
            put_double(IT_STATE_HEAD + 8 * i, none[k]);
            expect_refused(HMX_E_CORRUPT, "a number of the farm is out of its range", "farm", i);
        }
        for (uint64_t i = 0; i < 30; i++) {
            put_double(rows + i / 10 * IT_STATE_ROW + HMX_ID_SIZE + i % 10 * 8, none[k]);
            expect_refused(HMX_E_CORRUPT, " has a number out of its range", "upstream", i);
        }
        for (uint64_t i = 0; i < 10; i++) {
            put_double(miners + i / 5 * IT_STATE_MINER + 16 + i % 5 * 8, none[k]);
            expect_refused(HMX_E_CORRUPT, "a miner has a number out of its range", "miner", i);
        }
    }
    expect_same_life();
}

/* Nothing that passes leads to a state that is refused later: what grew beyond all measure is saved
 * as forgotten. */
Test(state_refused, what_was_saved_is_never_refused, .init = setup)
{
    const double most = 1e60;
    put_double(IT_STATE_HEAD, most); /* so that the debt is not clamped */
    memcpy(bad.data + IT_STATE_HEAD + IT_STATE_FARM + HMX_ID_SIZE + 8, &most, sizeof most);
    it_seal(&bad);
    cr_assert_eq(it_load(&H, &bad), HMX_OK, "%s", H.log);
    it_all_up(&H, 3);
    it_channels(&H, 5, 1e-3);
    it_run(&H, 65, 1, IT_APPLY);
    cr_assert_gt(it_row(&H, IT_A).i_points, most);
    it_save(&H, &bad);
    it_open(&G, IT_ABC);
    cr_assert_eq(it_load(&G, &bad), HMX_OK, "%s", G.log);
    cr_assert_eq(it_adjustment(&G, IT_A).points, 0.0);
    it_close(&G);
    it_close(&H);
}

static void put_u32(uint64_t at, uint32_t value)
{
    bad = good;
    memcpy(bad.data + at, &value, sizeof value);
    it_seal(&bad);
}

Test(state_refused, whole_numbers_out_of_their_range, .init = setup)
{
    const uint64_t farm = IT_STATE_HEAD;
    const uint64_t row = farm + IT_STATE_FARM;
    const uint64_t ends = row + IT_STATE_ROW; /* of the first row */
    put_u32(farm + 24, 2);
    expect_refused(HMX_E_CORRUPT, "a number of the farm", "flags", 2);
    put_u32(farm + 28, 65);
    expect_refused(HMX_E_CORRUPT, "do not add up", "upstreams", 65);
    put_u32(farm + 28, 2);
    expect_refused(HMX_E_CORRUPT, "do not add up", "upstreams", 2);
    put_u32(farm + 32, 65537);
    expect_refused(HMX_E_CORRUPT, "do not add up", "miners", 65537);
    put_u32(farm + 32, UINT32_MAX);
    expect_refused(HMX_E_CORRUPT, "do not add up", "miners", UINT32_MAX);
    put_u32(12, UINT32_MAX);
    expect_refused(HMX_E_CORRUPT, "the length that it says cannot be", "length", UINT32_MAX);
    put_u32(ends - 4, 2);
    expect_refused(HMX_E_CORRUPT, "upstream a has a number", "row flags", 2);
    put_u32(ends - 8, 1000001);
    expect_refused(HMX_E_CORRUPT, "upstream a has a number", "failures", 1000001);
    put_u32(ends - 24, 1); /* the age of a failure that never was: a has none */
    expect_refused(HMX_E_CORRUPT, "upstream a has a number", "failed", 1);
    put_u32(ends - 12, 3); /* a hold-down of centuries */
    expect_refused(HMX_E_CORRUPT, "upstream a has a number", "held", 3);
    put_u32(good.len - IT_STATE_SUM - 4, 86401);
    expect_refused(HMX_E_CORRUPT, "a miner has a number", "away", 86401);
    expect_same_life();
}

Test(state_refused, ids_that_cannot_be, .init = setup)
{
    const uint64_t row = IT_STATE_HEAD + IT_STATE_FARM;
    static const char *const ids[] = {"",
                                      "A",
                                      "a b",
                                      "\xff",
                                      "a\nb",
                                      "012345678901234567890123456789012",
                                      "0123456789012345678901234567890123456789"};
    for (uint64_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        bad = good;
        memset(bad.data + row, 0, HMX_ID_SIZE);
        memcpy(bad.data + row, ids[i], strlen(ids[i]));
        it_seal(&bad);
        expect_refused(HMX_E_CORRUPT, "an id that cannot be", "id", i);
    }
    bad = good;
    bad.data[row + 20] = 'x'; /* after the end of the id */
    it_seal(&bad);
    expect_refused(HMX_E_CORRUPT, "an id that cannot be", "tail", 0);
    for (char c = 'b'; c <= 'c'; c++) { /* twice the same, or out of order */
        bad = good;
        bad.data[row] = (uint8_t)c;
        it_seal(&bad);
        expect_refused(HMX_E_CORRUPT, "not in ascending order", "id", (uint64_t)c);
    }
    expect_same_life();
}

Test(state_refused, a_stream_that_fails_or_trickles, .init = setup)
{
    for (uint64_t call = 1; call <= 3; call++) {
        bad = good;
        bad.broken = call;
        expect_refused(HMX_E_IO, "it could not be read", "call", call);
    }
    expect_untouched("a broken stream", 0);
    bad.broken = 0;
    bad.piece = 10; /* the head has 16 bytes: at the second call it wants no ten more */
    cr_assert_eq(it_load(&H, &bad), HMX_OK);
    it_save(&H, &bad);
    cr_assert(it_same_bytes(&good, &bad));
    bad.broken = 1;
    cr_assert_eq(it_try_save(&H, &bad), HMX_E_IO);
    cr_assert_eq(bad.len, 0);
    it_save(&H, &bad);
    cr_assert(it_same_bytes(&good, &bad));
    it_close(&H);
}

static hmx_status read_too_much(void *ctx, void *data, uint64_t capacity, uint64_t *len)
{
    (void)ctx;
    memset(data, 'x', capacity);
    *len = capacity + 1;
    return HMX_OK;
}

/* One byte first. */
static hmx_status read_too_much_later(void *ctx, void *data, uint64_t capacity, uint64_t *len)
{
    it_bytes *const b = ctx;
    memset(data, 'x', capacity);
    *len = b->calls++ == 0 ? 1 : capacity + 1;
    return HMX_OK;
}

static hmx_status read_without_end(void *ctx, void *data, uint64_t capacity, uint64_t *len)
{
    it_bytes *const b = ctx;
    if (b->at < b->len) {
        return it_stream_read(ctx, data, capacity, len);
    }
    memset(data, 0, capacity);
    *len = capacity;
    return HMX_OK;
}

/* Past the guard, which would not let most of these through. */
Test(state_refused, calls_that_break_the_rules, .init = setup)
{
    const hmx_ops *const ops = &H.plugin.ops;
    it_bytes b = good;
    hmx_reader r = {.size = sizeof r, .ctx = &b, .read = it_stream_read};
    hmx_load_args args = {.size = sizeof args, .now_ns = H.now_ns, .from = &r};
    hmx_writer w = {.size = sizeof w, .ctx = &b, .write = it_stream_write};
    cr_assert_eq(ops->load(NULL, &args), HMX_E_INVALID);
    cr_assert_eq(ops->load(H.self, NULL), HMX_E_INVALID);
    cr_assert_eq(ops->save(NULL, &w), HMX_E_INVALID);
    cr_assert_eq(ops->save(H.self, NULL), HMX_E_INVALID);
    r.read = NULL;
    w.write = NULL;
    cr_assert_eq(ops->load(H.self, &args), HMX_E_INVALID);
    cr_assert_eq(ops->save(H.self, &w), HMX_E_INVALID);
    r.read = it_stream_read;
    w.write = it_stream_write;
    r.size--;
    w.size--;
    cr_assert_eq(ops->load(H.self, &args), HMX_E_INVALID);
    cr_assert_eq(ops->save(H.self, &w), HMX_E_INVALID);
    r.size++;
    args.now_ns = 1000 * IT_SECOND - 1; /* before create */
    cr_assert_eq(ops->load(H.self, &args), HMX_E_INVALID);
    args.now_ns = H.now_ns;
    r.read = read_too_much;
    cr_assert_eq(ops->load(H.self, &args), HMX_E_IO);
    b.calls = 0;
    r.read = read_too_much_later;
    cr_assert_eq(ops->load(H.self, &args), HMX_E_IO);
    r.read = read_without_end;
    cr_assert_eq(ops->load(H.self, &args), HMX_E_CORRUPT);
    struct {
        hmx_load_args args;
        uint64_t tail;
    } newer = {{0}, 1};
    b.at = 0;
    r.read = it_stream_read;
    newer.args = args;
    newer.args.size = sizeof newer;
    cr_assert_eq(ops->load(H.self, &newer.args), HMX_E_UNSUPPORTED);
    expect_untouched("a broken rule", 0);
    newer.tail = 0;
    cr_assert_eq(ops->load(H.self, &newer.args), HMX_OK);
    it_close(&H);
}

Test(state_refused, load_comes_once_and_before_the_first_event, .init = setup)
{
    bad = good;
    cr_assert_eq(it_load(&H, &bad), HMX_OK);
    fresh = it_snapshot(&H);
    before = good;
    expect_refused(HMX_E_STATE, "before the first event", "again", 2);
    it_close(&H);
    it_open(&H, IT_ABC);
    it_up(&H, IT_A);
    fresh = it_snapshot(&H);
    it_save(&H, &before);
    expect_refused(HMX_E_STATE, "before the first event", "after an event", 1);
    it_close(&H);
}

Test(state_refused, without_memory_nothing_changes_and_all_is_given_back, .init = setup)
{
    const uint64_t allocations = hs_guard_allocations(H.guard);
    it_close(&H);
    it_open(&H, IT_ABC);
    const uint64_t created = hs_guard_allocations(H.guard);
    it_close(&H);
    cr_assert_eq(allocations, created + 1, "save takes one block");
    bad = good;
    for (uint64_t k = 1; k <= 4; k++) {
        const it_options options = {.fail_alloc = created + k};
        it_open_with(&H, IT_ABC, &options);
        it_advance(&H, 3);
        const it_view new_view = it_snapshot(&H);
        const hmx_status status = it_load(&H, &bad);
        cr_assert_eq(status, k <= 3 ? HMX_E_NOMEM : HMX_OK, "%llu: %d", (unsigned long long)k,
                     status);
        if (k <= 3) {
            const it_view view = it_snapshot(&H);
            cr_assert(it_same_view(&view, &new_view));
            expect_untouched("allocation", k);
        } else {
            cr_assert_eq(it_try_save(&H, &before), HMX_E_NOMEM);
            cr_assert_eq(before.len, 0);
            it_save(&H, &before);
            cr_assert(it_same_bytes(&before, &good));
        }
        it_close(&H);
    }
}
