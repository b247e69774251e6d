/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * fuzz_proxy_up: a pool that says anything to the proxy, while another behaves, two miners mine and
 * a plugin is played. The input is frames as on the wire, from SetupConnection.Success on; frames
 * of extension 0x7ffe steer: type 0 lets as many times 16 ms pass as its first byte says, type 1
 * has a miner submit a share, type 2 has the plugin move a channel, type 3 ends the connection. No
 * input crashes it, breaks the contract with the plugin, makes it send what cannot be encoded, or
 * costs a miner or the other pool its connection. Corpus: tests/fuzz/corpus/proxy_up. */
#define RIG_LOG_MAX 64
#include "tests/fuzz/fuzz.h"
#include "tests/host/live/proxy/rig_share.h"

enum { STEER = 0x7ffe, FRAMES_MAX = 400, BAD = 1, GOOD = 2 };

static rig_miner miners[2]; /* an extended one, a standard one */
static uint32_t sequence_number;

/* The connection is over; the next one is there when the proxy has dialled. */
static void reconnect(void)
{
    hs_proxy_up_closed(rig.proxy, BAD, "it is over");
    for (int i = 0; i < 200; i++) {
        rig_advance(50 * RIG_MS);
    }
    hs_proxy_up_opened(rig.proxy, BAD);
}

static void steer(uint8_t type, uint8_t value)
{
    const uint8_t who = value & 1u;
    switch (type) {
    case 0:
        rig_advance((uint64_t)value * 16 * RIG_MS);
        break;
    case 1:
        rig_submit(&miners[who], who == 0, ++sequence_number, (uint32_t)value >> 1);
        rig_success(GOOD, UINT32_MAX, UINT16_MAX); /* it answers whatever it has */
        break;
    case 2:
        rig_decide_legally(1u + (value >> 1 & 3u),
                           (value & 1u) != 0 ? HMX_STYLE_SOFT_ALLOWED : HMX_STYLE_HARD);
        break;
    default:
        reconnect();
        break;
    }
}

static void feed(const uint8_t *frame, size_t len)
{
    if (len >= HS_SV2_HEADER_SIZE && (frame[0] | (uint32_t)frame[1] << 8) == STEER) {
        steer(frame[2], len > HS_SV2_HEADER_SIZE ? frame[HS_SV2_HEADER_SIZE] : 0);
        return;
    }
    hs_proxy_up_frame(rig.proxy, BAD, frame, len);
    rig_advance(RIG_MS);
    if (rig.pools[BAD].ended) {
        reconnect();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t at = 0;
    rig_start();
    rig.quiet = 1;
    sequence_number = 0;
    rig_pool_up(GOOD, 1);
    rig.assign = GOOD;
    for (int i = 0; i < 2; i++) {
        rig_connect(&miners[i], 0);
        rig_open(&miners[i], i == 0);
    }
    hs_proxy_up_opened(rig.proxy, BAD);
    for (int i = 0; at < size && i < FRAMES_MAX; i++) {
        size_t len = 0;
        (void)hs_sv2_frame_size(data + at, size - at, &len, NULL);
        len = len < size - at ? len : size - at;
        feed(data + at, len);
        at += len;
    }
    ALWAYS(!miners[0].ended && !miners[1].ended && !rig.pools[GOOD].ended);
    ALWAYS(rig.violations == 0);
    hs_proxy_begin_end(rig.proxy);
    hs_proxy_settle(rig.proxy);
    ALWAYS(hs_proxy_unanswered(rig.proxy) == 0);
    json_t *const account = hs_proxy_json(rig.proxy);
    ALWAYS(account != NULL);
    json_decref(account);
    (void)rig_end();
    ALWAYS(rig.violations == 0);
    return 0;
}
