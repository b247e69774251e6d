/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Pools that grant fewer extranonce bytes than the miners were promised. */
#include "tests/integration/harness_field.h"

static it_host H;

static uint32_t times_in_log(const char *what)
{
    uint32_t count = 0;
    for (const char *at = strstr(H.log, what); at != NULL; at = strstr(at + 1, what)) {
        count++;
    }
    return count;
}

/* a grants so many bytes, the others 12. */
static void start(uint32_t granted)
{
    it_open(&H, IT_ABC);
    it_pools_healthy();
    it_up_space(&H, IT_A, 10, 4, granted);
    it_up_space(&H, IT_B, 20, 4, 12);
    it_up_space(&H, IT_C, 30, 4, 12);
}

/* Extended, with 8 bytes promised. */
static void extended(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        hmx_channel_open e = it_channel_event(&H, IT_THS(100));
        e.kind = HMX_CHANNEL_EXTENDED;
        e.min_extranonce_size = e.extranonce_size = 8;
        it_channel_with(&H, &e);
    }
}

Test(grants, where_nobody_fits_the_others_share_the_farm)
{
    static const uint32_t GRANTED[] = {1, 7, 8};
    for (uint32_t i = 0; i < 3; i++) {
        start(GRANTED[i]);
        extended(40);
        it_seconds(&H, 600);
        cr_assert_float_eq(it_effective(&H, IT_A), 0, 1e-9);
        cr_assert_float_eq(it_effective(&H, IT_B), 75, 1e-6);
        cr_assert_eq(it_count_on(&H, IT_B), 30);
        cr_assert(it_row(&H, IT_A).flags & HMX_ROW_SHORT_GRANT);
        cr_assert_not(it_row(&H, IT_B).flags & HMX_ROW_SHORT_GRANT);
        cr_assert_eq(times_in_log("40 of 40 channels need 9"), 1, "%s", H.log);
        it_close(&H);
    }
}

Test(grants, those_that_fit_are_all_that_it_gets)
{
    start(8);
    extended(30);
    it_channels(&H, 10, IT_THS(100)); /* standard ones: they need none of their own */
    it_seconds(&H, 600);
    cr_assert_float_eq(it_effective(&H, IT_A), 25, 0.1);
    cr_assert_eq(it_count_on(&H, IT_A), 10);
    cr_assert(it_count_on(&H, IT_B) >= 22 && it_count_on(&H, IT_B) <= 23);
    for (uint32_t i = 0; i < 30; i++) {
        it_close_channel(&H, i);
    }
    it_seconds(&H, 31);
    cr_assert_float_eq(it_effective(&H, IT_A), 60, 1e-6);
    cr_assert_not(it_row(&H, IT_A).flags & HMX_ROW_SHORT_GRANT);
    cr_assert_eq(times_in_log("bytes enough for all channels now"), 1);
    it_close(&H);
}

Test(grants, one_byte_for_the_index_is_enough_for_few_and_room_for_so_many_of_more)
{
    start(9);
    extended(100);
    it_seconds(&H, 120);
    cr_assert_float_eq(it_effective(&H, IT_A), 60, 1e-6);
    cr_assert_eq(it_count_on(&H, IT_A), 60);
    extended(700);
    it_seconds(&H, 120);
    cr_assert_float_eq(it_effective(&H, IT_A), 28, 0.1);
    cr_assert_eq(times_in_log("is room for 224 of 800 channels"), 1);
    cr_assert(it_row(&H, IT_A).flags & HMX_ROW_SHORT_GRANT);
    const double ratio = it_effective(&H, IT_B) / it_effective(&H, IT_C);
    cr_assert_float_eq(ratio, 3, 1e-6);
    it_close(&H);
}

/* A pool whose grant is taken back: who is there goes. */
Test(grants, a_pool_that_grants_less_is_left)
{
    start(12);
    extended(40);
    it_seconds(&H, 60);
    cr_assert_eq(it_count_on(&H, IT_A), 24);
    it_up_space(&H, IT_A, 10, 4, 8);
    it_seconds(&H, 300);
    cr_assert_leq(it_count_on(&H, IT_A), 1, "%u", it_count_on(&H, IT_A));
    it_up_space(&H, IT_A, 10, 4, 12);
    it_seconds(&H, 300);
    cr_assert_eq(it_count_on(&H, IT_A), 24);
    it_close(&H);
}
