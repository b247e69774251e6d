/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Reported case: churn 256 100: one peer opens and closes a channel 40 times a second, for an hour;
 * the host reports no drained prefix. Beside it what the first version did. */
#include "tests/integration/harness_farm.h"

static it_host H;

#define AB         IT_POOL("a", "60", "1") IT_POOL("b", "40", "2")
#define UNREPORTED (HMX_CAP_KNOWN & ~(uint64_t)HMX_CAP_DRAIN_REPORT)

/* The place's next channel, with a number that nobody had, on a new connection if that is 0. */
static it_channel *open_again(uint32_t index, uint64_t connection)
{
    static uint64_t number;
    hmx_channel_open e = it_channel_event(&H, 1e14 / IT_HASHES_PER_SHARE);
    e.kind = HMX_CHANNEL_EXTENDED;
    e.min_extranonce_size = e.extranonce_size = 8;
    e.channel = ++number;
    e.connection = connection != 0 ? connection : 10000 + number;
    return it_channel_at(&H, index, &e);
}

/* Everything passed for an hour after 413 times: a farm of a hundred may have 256 channels. */
static void churn(int new_connections)
{
    const it_options o = {.caps = UNREPORTED, .channels_max = 256};
    it_open_with(&H, AB, &o);
    it_up_space(&H, IT_A, 0xa0, 1, 16);
    it_up_space(&H, IT_B, 0xb0, 1, 16);
    for (H.channel_count = 0; H.channel_count < 102; H.channel_count++) {
        open_again(H.channel_count, 0);
    }
    it_close_channel(&H, 100); /* the peer's place */
    it_close_channel(&H, 101); /* and that of the others who come */
    for (uint32_t s = 0; s < 3600; s++) {
        for (uint32_t i = 0; i < 40; i++) {
            it_advance(&H, 1.0 / 40);
            open_again(100, new_connections ? 0 : 4711);
            it_close_channel(&H, 100);
        }
        it_tick(&H);
        it_answer_all(&H, HMX_RESULT_APPLIED);
        if (s % 10 == 0) {
            const it_channel *const other = open_again(101, 0);
            cr_assert(other->upstream != HMX_NONE && other->prefix_len > 0, "%u s", s);
            it_close_channel(&H, 101);
        }
    }
    it_close(&H);
}

Test(abi2_churn, on_one_connection)
{
    churn(0);
}

Test(abi2_churn, on_a_new_connection_each_time)
{
    churn(1);
}
