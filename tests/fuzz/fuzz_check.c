/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The checker, and the session below it, on whole connections. The first byte: bit 0 = --verify.
 * Then frames as on the wire. Frames of extension 0x7ffe steer: type 0 begins another downstream
 * connection, type 1 one upstream to the pool that its first byte tells, type 2 lets as many times
 * 16 ms pass as its first two bytes say (a connection has times when one stands before its first
 * frame). No input crashes it, and its verdict on the same frames is the same each time. */
#include <string.h>

#include "host_stub/check/check.h"
#include "host_stub/sv2/codec.h"
#include "tests/fuzz/fuzz.h"

enum { STEER_LOW = 0xfe, STEER_HIGH = 0x7f, NEXT_DOWN = 0, NEXT_UP = 1, WAIT = 2, POOLS = 3 };

typedef struct verdict {
    uint64_t digest; /* of everything that was reported, in order */
    uint64_t count;
    uint64_t session_faults;
} verdict;

static void mix(verdict *v, uint64_t value)
{
    v->digest = (v->digest ^ value) * 0x100000001b3u;
}

static void take(void *ctx, const hs_check_violation *violation)
{
    verdict *const v = ctx;
    ALWAYS(violation->rule > HS_RULE_OK && violation->rule < HS_CHECK_RULE_COUNT);
    ALWAYS(violation->text[0] != '\0' && violation->message != NULL && violation->file != NULL);
    v->count++;
    v->session_faults += violation->rule < HS_RULE_COUNT;
    mix(v, violation->rule);
    mix(v, violation->frame);
    mix(v, violation->offset);
    for (const char *c = violation->text; *c != '\0'; c++) {
        mix(v, (uint64_t)(unsigned char)*c);
    }
}

/* The size of the frame at data[0], no more than there is. */
static size_t next_frame(const uint8_t *data, size_t left)
{
    size_t size = 0;
    if (left < HS_SV2_HEADER_SIZE) {
        return left;
    }
    (void)hs_sv2_frame_size(data, left, &size, NULL);
    return size < left ? size : left;
}

typedef struct player {
    hs_check *check;
    hs_session *plain; /* takes the same frames, with a text for each, as replay has it */
    int verify;
    int knows_pools;
    int has_time;
    uint64_t now_ms;
} player;

static void begin(player *p, enum hs_check_role role, const char *pool)
{
    hs_check_end(p->check);
    ALWAYS(hs_check_begin(p->check, role == HS_CHECK_UPSTREAM ? "up.hex" : "conn.hex", role,
                          pool) == 0);
    hs_session_free(p->plain);
    p->plain = hs_session_new();
    ALWAYS(p->plain != NULL);
    hs_session_set_flags(p->plain, p->verify ? 0 : HS_SESSION_SIMULATED);
    p->knows_pools |= role == HS_CHECK_UPSTREAM;
    p->has_time = 0;
}

static void steer(player *p, const uint8_t *frame, size_t size)
{
    static const char *const names[POOLS] = {"a", "b", "c"};
    const unsigned low = size > HS_SV2_HEADER_SIZE ? frame[HS_SV2_HEADER_SIZE] : 0;
    const unsigned high = size > HS_SV2_HEADER_SIZE + 1 ? frame[HS_SV2_HEADER_SIZE + 1] : 0;
    switch (frame[2]) {
    case NEXT_DOWN:
        begin(p, HS_CHECK_DOWNSTREAM, NULL);
        break;
    case NEXT_UP:
        begin(p, HS_CHECK_UPSTREAM, names[low % POOLS]);
        break;
    case WAIT:
        p->has_time = 1;
        p->now_ms += 16 * (low + 256 * (uint64_t)high);
        break;
    default:
        break;
    }
}

static void play(player *p, const uint8_t *frame, size_t size, verdict *v)
{
    const hs_check_frame told = {
        .data = frame, .len = size, .has_time = p->has_time, .t_ms = p->now_ms};
    hs_sv2_message m;
    hs_sv2_error why;
    hs_session_step step;
    const uint64_t before = v->session_faults;
    hs_check_frame_in(p->check, &told);
    if (hs_sv2_decode(frame, size, 0, &m, &why) == 0) {
        const int legal = hs_session_apply(p->plain, &m, &step) == 0;
        ALWAYS(step.text[0] != '\0');
        ALWAYS(legal == (step.rule == HS_RULE_OK));
        /* The checker lets no fault of the session pass, and adds none where pools say nothing. */
        ALWAYS(legal || v->session_faults > before);
        ALWAYS(!legal || v->session_faults == before || p->knows_pools);
    }
}

static verdict run(const uint8_t *data, size_t size, int verify)
{
    verdict v = {.digest = 0xcbf29ce484222325u};
    const hs_check_options options = {.verify = verify, .report = take, .ctx = &v};
    player p = {.check = hs_check_new(&options), .verify = verify};
    size_t at = 0;
    ALWAYS(p.check != NULL);
    begin(&p, HS_CHECK_DOWNSTREAM, NULL);
    while (at < size) {
        const size_t len = next_frame(data + at, size - at);
        if (len >= HS_SV2_HEADER_SIZE && data[at] == STEER_LOW && data[at + 1] == STEER_HIGH) {
            steer(&p, data + at, len);
        } else {
            play(&p, data + at, len, &v);
        }
        at += len;
    }
    hs_check_end(p.check);
    hs_check_finish(p.check);
    const hs_check_totals *const totals = hs_check_totals_of(p.check);
    uint64_t sum = 0;
    for (unsigned i = 0; i < HS_CHECK_RULE_COUNT; i++) {
        sum += totals->by_rule[i];
    }
    ALWAYS(sum == totals->violations && sum == v.count);
    hs_check_free(p.check);
    hs_session_free(p.plain);
    return v;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    const verdict once = run(data + 1, size - 1, data[0] & 1);
    const verdict twice = run(data + 1, size - 1, data[0] & 1);
    ALWAYS(once.digest == twice.digest && once.count == twice.count);
    return 0;
}

#ifdef HMX_LIBFUZZER
/* Blind changes break the frame lengths at once and everything behind them: so whole frames are
 * dropped, repeated and exchanged, and payloads are changed in place. */

enum { FRAMES_MAX = 400 };

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

/* Swaps two neighbouring pieces of memory. */
static void exchange(uint8_t *data, size_t first, size_t second)
{
    uint8_t *const copy = malloc(first + second);
    ALWAYS(copy != NULL);
    memcpy(copy, data + first, second);
    memcpy(copy + second, data, first);
    memcpy(data, copy, first + second);
    free(copy);
}

static void change_payload(uint8_t *payload, size_t len)
{
    uint8_t *const copy = calloc(1, len);
    ALWAYS(copy != NULL);
    memcpy(copy, payload, len);
    const size_t now = LLVMFuzzerMutate(copy, len, len);
    memset(copy + now, 0, len - now);
    memcpy(payload, copy, len);
    free(copy);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    size_t starts[FRAMES_MAX + 1];
    size_t count = 0;
    size_t at = 1;
    while (at < size && count < FRAMES_MAX) {
        starts[count++] = at;
        at += next_frame(data + at, size - at);
    }
    starts[count] = at;
    if (count < 3 || seed % 16 == 0) {
        return LLVMFuzzerMutate(data, size, max_size);
    }
    const size_t i = (seed / 16) % (count - 1);
    const size_t len = starts[i + 1] - starts[i];
    switch (seed / 7 % 6) {
    case 0:
        memmove(data + starts[i], data + starts[i + 1], size - starts[i + 1]);
        return size - len;
    case 1:
        if (size + len <= max_size) {
            memmove(data + starts[i + 1], data + starts[i], size - starts[i]);
            return size + len;
        }
        break;
    case 2:
        exchange(data + starts[i], len, starts[i + 2] - starts[i + 1]);
        return size;
    default:
        break;
    }
    if (len > HS_SV2_HEADER_SIZE) {
        change_payload(data + starts[i] + HS_SV2_HEADER_SIZE, len - HS_SV2_HEADER_SIZE);
    }
    return size;
}
#endif
