/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * fuzz_proxy_down: a miner that says anything to the proxy, while another behaves and two pools and
 * a plugin are played. The input is frames as on the wire; frames of extension 0x7ffe steer: type 0
 * lets as many times 16 ms pass as its first byte says, type 1 has pool a or b answer as its first
 * byte says, type 2 has the plugin move a channel, type 3 lets the miner go and another come.
 * Time and version of shares are drawn near to those of the jobs. No input crashes it, breaks the
 * contract with the plugin, makes it send what cannot be encoded, or costs the other miner its
 * connection. Corpus: tests/fuzz/corpus/proxy_down. */
#define RIG_LOG_MAX 64
#define RIG_TARGET  0xff /* every hash meets it: shares get as far as the pools */
#include "tests/fuzz/fuzz.h"
#include "tests/host/live/proxy/rig.h"

enum { STEER = 0x7ffe, FRAMES_MAX = 400 };

static rig_miner bad;
static rig_miner good;

static void replace_miner(void)
{
    hs_proxy_leave(bad.peer);
    memset(&bad, 0, sizeof bad);
    bad.peer = hs_proxy_join(rig.proxy, &bad);
    ALWAYS(bad.peer != NULL);
}

static void answer(uint8_t how)
{
    const uint32_t upstream = 1u + (how & 1u);
    const uint32_t number = (uint32_t)(how >> 3);
    if ((how & 2u) != 0) {
        rig_success(upstream, number, 1u + (how >> 6));
    } else {
        rig_error(upstream, number, (how & 4u) != 0 ? "stale-share" : "difficulty-too-low");
    }
}

static void steer(uint8_t type, uint8_t value)
{
    switch (type) {
    case 0:
        rig_advance((uint64_t)value * 16 * RIG_MS);
        break;
    case 1:
        answer(value);
        break;
    case 2:
        rig_decide_legally(1u + (value >> 1 & 3u), (value & 8u) != 0   ? HMX_STYLE_REOPEN
                                                   : (value & 1u) != 0 ? HMX_STYLE_SOFT_ALLOWED
                                                                       : HMX_STYLE_HARD);
        break;
    default:
        replace_miner();
        break;
    }
}

/* Most shares are to be such that the proxy does not refuse them at once. */
static void put_near(uint8_t *frame, size_t len)
{
    enum { NTIME = HS_SV2_HEADER_SIZE + 16, VERSION = NTIME + 4 };
    if (len < VERSION + 4 || frame[0] != 0 ||
        (frame[2] != HS_SV2_SUBMIT_STANDARD && frame[2] != HS_SV2_SUBMIT_EXTENDED)) {
        return;
    }
    frame[NTIME + 1] = (uint8_t)(3 + (frame[NTIME + 1] & 0x1f)); /* from 768, some beyond 8200 */
    frame[NTIME + 2] = 0;
    frame[NTIME + 3] = 0;
    if ((frame[VERSION] & 1) == 0) {
        frame[VERSION] &= 0xe0;
        frame[VERSION + 3] = (uint8_t)(0x20 | (frame[VERSION + 3] & 0x1f));
    }
}

static void feed(const uint8_t *input, size_t len)
{
    static uint8_t frame[1 << 16];
    if (len > sizeof frame) {
        return;
    }
    memcpy(frame, input, len);
    put_near(frame, len);
    if (len >= HS_SV2_HEADER_SIZE && (frame[0] | (uint32_t)frame[1] << 8) == STEER) {
        steer(frame[2], len > HS_SV2_HEADER_SIZE ? frame[HS_SV2_HEADER_SIZE] : 0);
        return;
    }
    hs_proxy_down_frame(bad.peer, frame, len);
    rig_advance(RIG_MS);
    if (bad.ended) {
        replace_miner(); /* as the live proxy does when the connection is over */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t at = 0;
    rig_start();
    rig.quiet = 1;
    rig_pool_up(1, 1);
    rig_pool_up(2, 1);
    rig_connect(&good, 0);
    rig_open(&good, 1);
    memset(&bad, 0, sizeof bad);
    bad.peer = hs_proxy_join(rig.proxy, &bad);
    ALWAYS(bad.peer != NULL);
    for (int i = 0; at < size && i < FRAMES_MAX; i++) {
        size_t len = 0;
        (void)hs_sv2_frame_size(data + at, size - at, &len, NULL);
        len = len < size - at ? len : size - at;
        feed(data + at, len);
        at += len;
    }
    ALWAYS(!good.ended);
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
