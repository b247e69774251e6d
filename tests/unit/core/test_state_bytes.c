/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The form of a state. What damaged ones are refused for is tested through load
 * (tests/integration/state/test_state_refused.c). */
#include <criterion/criterion.h>
#include <math.h>
#include <sodium/crypto_generichash.h>
#include <string.h>

#include "plugin/core/state_bytes.h"
#include "tests/unit/test_draw.h"

enum { MINERS = 3 };

static hm_state state;
static hm_state back;
static uint8_t bytes[1 << 15];
static uint8_t rows[1024];
static char why_text[256];

static void fill(uint32_t upstreams, uint32_t miners)
{
    uint64_t draw = 5;
    memset(&state, 0, sizeof state);
    state.hashrate = 12345.5;
    state.luck = 1e70;
    state.window_s = 600;
    state.flags = HM_STATE_PRIMED;
    state.upstream_count = upstreams;
    for (uint32_t i = 0; i < upstreams; i++) {
        hm_state_upstream *const row = &state.upstreams[i];
        row->id[0] = (char)('a' + i / 26);
        row->id[1] = (char)('a' + i % 26);
        double *const fields[] = {
            &row->window,   &row->debt,    &row->delivered, &row->error_before, &row->accepted,
            &row->rejected, &row->balance, &row->p_points,  &row->i_points,     &row->d_points};
        for (uint32_t k = 0; k < 10; k++) {
            *fields[k] = draw_unit(&draw) * 1e6;
        }
        row->window = -row->window;
        row->failures = i;
        row->failed_ms = i > 0 ? 3600000 - i : 0;
        row->held_ms = 10000000000u - i;
        row->flags = i % 2;
    }
    state.miner_count = miners;
    for (uint32_t i = 0; i < miners; i++) {
        const hm_miner miner = {{(uint8_t)i, 7}, 1.5 + i, 2.5, 3.5, 4.5, 5.5, i * 43200, 0};
        hm_state_put_miner(rows + hm_state_miner_offset(i), &miner);
    }
    state.miners = rows;
}

static hmx_status decode(size_t len)
{
    hm_text why;
    size_t size = 0;
    hm_text_init(&why, why_text, sizeof why_text);
    cr_assert_eq(hm_state_head(bytes, &size, &why), HMX_OK, "%s", why_text);
    cr_assert_eq(size, len);
    return hm_state_decode(bytes, size, &back, &why);
}

Test(state_bytes, what_is_written_is_read)
{
    const uint32_t counts[] = {0, 1, 3, 64};
    for (uint32_t c = 0; c < 4; c++) {
        fill(counts[c], MINERS);
        const size_t size = hm_state_size(counts[c], MINERS);
        memset(bytes, 0xA5, sizeof bytes);
        hm_state_encode(&state, bytes);
        cr_assert_eq(bytes[size], 0xA5, "wrote beyond its size");
        cr_assert_eq(decode(size), HMX_OK, "%s", why_text);
        cr_assert(back.hashrate == state.hashrate && back.luck == state.luck &&
                  back.window_s == 600 && back.flags == HM_STATE_PRIMED &&
                  back.upstream_count == counts[c] && back.miner_count == MINERS);
        cr_assert_eq(memcmp(back.upstreams, state.upstreams, sizeof state.upstreams), 0);
        cr_assert_eq(memcmp(back.miners, rows, hm_state_miner_offset(MINERS)), 0);
        hm_miner last;
        hm_state_get_miner(back.miners + hm_state_miner_offset(2), &last);
        cr_assert(last.id[0] == 2 && last.a == 3.5 && last.b == 2.5 && last.reference == 3.5 &&
                  last.nominal == 4.5 && last.difficulty == 5.5 && last.away_s == 86400);
    }
}

/* The form is a promise to states that are on disks: these bytes are version 1. */
Test(state_bytes, the_form_of_version_1)
{
    static const uint8_t HEAD[] = {
        'H', 'M', 'X', 'S', 'T', 'A', 'T', 'E', 1, 0, 0, 0, 36 + 144 + 60, 0, 0, 0,
        /* 2.0, 3.0 and 600.0 */
        0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 8, 0x40, 0, 0, 0, 0, 0, 0xC0, 0x82, 0x40,
        /* flags, upstreams, miners */
        1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 'a', 'a', 0};
    uint8_t sum[32];
    fill(1, 1);
    state.hashrate = 2.0;
    state.luck = 3.0;
    state.upstreams[0].debt = -1.0;
    state.upstreams[0].held_ms = 0x0102;
    hm_state_encode(&state, bytes);
    cr_assert_eq(hm_state_size(1, 1), 16 + 36 + 144 + 60 + 32);
    cr_assert_eq(memcmp(bytes, HEAD, sizeof HEAD), 0);
    cr_assert(bytes[52 + 40 + 15] == 0xBF && bytes[52 + 40 + 14] == 0xF0, "debt");
    cr_assert(bytes[52 + 128] == 2 && bytes[52 + 129] == 1, "what remains of the hold-down");
    crypto_generichash(sum, sizeof sum, bytes, 256, NULL, 0);
    cr_assert_eq(memcmp(sum, bytes + 256, sizeof sum), 0);
}

Test(state_bytes, rows_at_the_edge_of_what_is_sound)
{
    fill(1, 0);
    hm_state_upstream row = state.upstreams[0];
    cr_assert(hm_state_upstream_is_sound(&row));
    row.debt = -1e60;
    row.accepted = 1e18;
    row.failures = 1000000;
    row.failed_ms = 3600000;
    cr_assert(hm_state_upstream_is_sound(&row));
    row.debt = nextafter(-1e60, -INFINITY);
    cr_assert_not(hm_state_upstream_is_sound(&row));
    row.debt = 0;
    row.rejected = -1;
    cr_assert_not(hm_state_upstream_is_sound(&row));
    row.rejected = 0;
    row.failed_ms++;
    cr_assert_not(hm_state_upstream_is_sound(&row));
    row.failed_ms--;
    row.held_ms = 10000000000u;
    cr_assert(hm_state_upstream_is_sound(&row));
    row.held_ms++;
    cr_assert_not(hm_state_upstream_is_sound(&row));
    fill(0, 0);
    cr_assert(hm_state_farm_is_sound(&state));
    state.window_s = 0.5;
    cr_assert_not(hm_state_farm_is_sound(&state));
}

typedef struct range {
    double *value;
    double low;
    double high;
} range;

static void check_ranges(const range *ranges, uint32_t count, int (*is_sound)(void))
{
    for (uint32_t i = 0; i < count; i++) {
        const double was = *ranges[i].value;
        const double good[] = {ranges[i].low, ranges[i].high};
        const double bad[] = {nextafter(ranges[i].low, -INFINITY),
                              nextafter(ranges[i].high, INFINITY), NAN, INFINITY, -INFINITY};
        for (int k = 0; k < 2; k++) {
            *ranges[i].value = good[k];
            cr_assert(is_sound(), "number %u, %g", i, good[k]);
        }
        for (int k = 0; k < 5; k++) {
            *ranges[i].value = bad[k];
            cr_assert_not(is_sound(), "number %u, %g", i, bad[k]);
        }
        *ranges[i].value = was;
    }
}

static int row_is_sound(void)
{
    return hm_state_upstream_is_sound(&state.upstreams[0]);
}

static int farm_is_sound(void)
{
    return hm_state_farm_is_sound(&state);
}

Test(state_bytes, every_number_has_its_range)
{
    hm_state_upstream *const row = &state.upstreams[0];
    const range of_row[] = {{&row->window, -1e60, 1e60},   {&row->debt, -1e60, 1e60},
                            {&row->delivered, 0.0, 1e60},  {&row->error_before, -1e60, 1e60},
                            {&row->accepted, 0.0, 1e18},   {&row->rejected, 0.0, 1e18},
                            {&row->balance, -1e60, 1e60},  {&row->p_points, -1e60, 1e60},
                            {&row->i_points, -1e60, 1e60}, {&row->d_points, -1e60, 1e60}};
    const range of_farm[] = {
        {&state.hashrate, 0.0, 1e60}, {&state.luck, 0.0, 1e120}, {&state.window_s, 1.0, 1e9}};
    fill(1, 0);
    check_ranges(of_row, 10, row_is_sound);
    check_ranges(of_farm, 3, farm_is_sound);
    row->failures = 1000001;
    cr_assert_not(row_is_sound());
}

/* The first of them, one between and the last. */
Test(state_bytes, every_miner_is_judged)
{
    for (uint32_t bad = 0; bad <= MINERS; bad++) {
        fill(2, MINERS);
        if (bad < MINERS) {
            const hm_miner miner = {{1}, NAN, 2.5, 3.5, 4.5, 5.5, 0, 0};
            hm_state_put_miner(rows + hm_state_miner_offset(bad), &miner);
        }
        hm_state_encode(&state, bytes);
        const hmx_status status = decode(hm_state_size(2, MINERS));
        cr_assert_eq(status, bad < MINERS ? HMX_E_CORRUPT : HMX_OK, "miner %u", bad);
    }
}

/* Is a state read whose upstream is called so? Bytes that are not given are zeros. */
static int is_read_with(const void *id, size_t len)
{
    fill(1, 0);
    memset(state.upstreams[0].id, 0, sizeof state.upstreams[0].id);
    memcpy(state.upstreams[0].id, id, len);
    hm_state_encode(&state, bytes);
    return decode(hm_state_size(1, 0)) == HMX_OK;
}

Test(state_bytes, ids_are_those_of_a_configuration)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
    char id[HMX_ID_SIZE];
    memset(id, 'x', sizeof id);
    for (int byte = 1; byte < 256; byte++) {
        id[0] = id[1] = 'b';
        id[2] = (char)byte;
        cr_assert_eq(is_read_with(id, 3), strchr(letters, byte) != NULL, "byte %d", byte);
    }
    memset(id, 'x', sizeof id);
    for (size_t len = 0; len <= sizeof id; len++) {
        cr_assert_eq(is_read_with(id, len), len >= 1 && len <= 32, "%zu letters", len);
    }
    for (size_t at = 4; at < sizeof id; at++) {
        char behind[HMX_ID_SIZE] = "abc";
        behind[at] = 'd';
        cr_assert_not(is_read_with(behind, sizeof behind), "something behind its end, at %zu", at);
    }
}

Test(state_bytes, the_largest_state_has_a_size_that_is_allowed)
{
    const size_t most = hm_state_size(HMX_UPSTREAMS_MAX, HM_MINERS_MAX);
    const uint32_t payload = (uint32_t)(most - 48);
    hm_text why;
    size_t size = 0;
    hm_text_init(&why, why_text, sizeof why_text);
    fill(0, 0);
    hm_state_encode(&state, bytes);
    memcpy(bytes + 12, &payload, sizeof payload);
    cr_assert_eq(hm_state_head(bytes, &size, &why), HMX_OK);
    cr_assert_eq(size, most);
    bytes[12]++;
    cr_assert_eq(hm_state_head(bytes, &size, &why), HMX_E_CORRUPT);
}
