/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * fuzz_state: any bytes offered to load, as they are and once more with the length and the checksum
 * that they should have, so that what is behind these is reached. Refused: the instance is as it
 * was. Taken: what is saved can be loaded and is the same then, and the instance lives on with a
 * small farm. */
#include <sodium/crypto_generichash.h>
#include <string.h>

#include "plugin/adapter.h"
#include "tests/fuzz/fuzz.h"

enum { HEAD = 16, SUM = 32, INPUT_MAX = 1 << 16, POOLS = 3, MINERS = 6 };

static const char CONFIG[] =
    "[failover]\nauto_restore = no\n"
    "[upstream.a]\naddress = a.example\nport = 1\npercentage = 60\npriority = 1\n"
    "[upstream.b]\naddress = b.example\nport = 1\npercentage = 30\npriority = 2\n"
    "[upstream.c]\naddress = c.example\nport = 1\npercentage = 10\npriority = 3\n";

typedef struct stream {
    uint8_t *data; /* writing: grows */
    size_t len;
    size_t at;
} stream;

static void *host_alloc(void *ctx, uint64_t size, uint64_t align)
{
    (void)ctx;
    const uint64_t rounded = (size + align - 1) / align * align;
    return align <= sizeof(void *) ? malloc(size) : aligned_alloc(align, rounded);
}

static void host_free(void *ctx, void *p, uint64_t size, uint64_t align)
{
    (void)ctx;
    (void)size;
    (void)align;
    free(p);
}

static hmx_status write_more(void *ctx, const void *data, uint64_t len)
{
    stream *const s = ctx;
    uint8_t *const grown = realloc(s->data, s->len + len);
    ALWAYS(grown != NULL);
    memcpy(grown + s->len, data, len);
    s->data = grown;
    s->len += len;
    return HMX_OK;
}

/* Pieces of seven bytes: what is read does not depend on how it comes. */
static hmx_status read_more(void *ctx, void *data, uint64_t capacity, uint64_t *len)
{
    stream *const s = ctx;
    size_t n = s->len - s->at;
    n = n < capacity ? n : capacity;
    n = n < 7 ? n : 7;
    memcpy(data, s->data + s->at, n);
    s->at += n;
    *len = n;
    return HMX_OK;
}

static hmx_instance *create(void)
{
    static const hmx_host host = {.size = sizeof host,
                                  .abi_major = HMX_ABI_MAJOR,
                                  .caps = HMX_CAP_KNOWN,
                                  .alloc = host_alloc,
                                  .free = host_free};
    const hmx_create_args args = {
        .size = sizeof args, .config_text = {CONFIG, sizeof CONFIG - 1}, .now_ns = 1000000000};
    hmx_instance *self = NULL;
    ALWAYS(HM_OPS.create(&host, &args, &self) == HMX_OK);
    return self;
}

static stream save(hmx_instance *self)
{
    stream s = {NULL, 0, 0};
    const hmx_writer to = {.size = sizeof to, .ctx = &s, .write = write_more};
    ALWAYS(HM_OPS.save(self, &to) == HMX_OK);
    return s;
}

static hmx_status load(hmx_instance *self, stream *s)
{
    const hmx_reader from = {.size = sizeof from, .ctx = s, .read = read_more};
    const hmx_load_args args = {.size = sizeof args, .now_ns = 1000000000, .from = &from};
    s->at = 0;
    return HM_OPS.load(self, &args);
}

static void expect_same(const stream *a, const stream *b)
{
    ALWAYS(a->len == b->len && memcmp(a->data, b->data, a->len) == 0);
}

static hmx_event event(size_t size, uint64_t second)
{
    static uint64_t seq;
    seq++;
    return (hmx_event){.size = (uint32_t)size, .now_ns = 1000000000 * (second + 2), .seq = seq};
}

static void tick(hmx_instance *self, uint64_t second)
{
    hmx_decision rows[4];
    memset(rows, 0, sizeof rows);
    for (uint32_t i = 0; i < 4; i++) {
        rows[i].size = sizeof rows[i];
    }
    hmx_decision_buf out = {
        .size = sizeof out, .stride = sizeof rows[0], .capacity = 4, .rows = rows};
    const hmx_tick e = {.event = event(sizeof e, second)};
    ALWAYS(HM_OPS.on_tick(self, &e, &out) == HMX_OK);
}

static void open_miner(hmx_instance *self, uint64_t number)
{
    const hmx_channel_open e = {.event = event(sizeof e, number),
                                .channel = number + 1,
                                .connection = 1,
                                .kind = HMX_CHANNEL_STANDARD,
                                .nominal_hashrate = 4e12,
                                .user_identity = {"known", 5}};
    hmx_channel_decision d = {.size = sizeof d};
    ALWAYS(HM_OPS.on_channel_open(self, &e, &d) == HMX_OK);
}

static void share(hmx_instance *self, uint64_t second)
{
    for (uint32_t verdict = HMX_SHARE_SUBMITTED; verdict <= HMX_SHARE_ACCEPTED; verdict++) {
        const hmx_share e = {.event = event(sizeof e, second),
                             .channel = second % MINERS + 1,
                             .upstream = (uint32_t)(second % POOLS + 1),
                             .verdict = verdict,
                             .count = 1,
                             .work = 1000};
        ALWAYS(HM_OPS.on_share(self, &e) == HMX_OK);
    }
}

/* What was loaded must not lead anywhere: to the sanitizers' complaints, to a state that nobody
 * loads. */
static void live(hmx_instance *self)
{
    for (uint32_t upstream = 1; upstream <= POOLS; upstream++) {
        const hmx_upstream_event e = {.event = event(sizeof e, 0),
                                      .upstream = upstream,
                                      .state = HMX_UPSTREAM_UP,
                                      .has_job = HMX_YES};
        ALWAYS(HM_OPS.on_upstream(self, &e) == HMX_OK);
    }
    for (uint64_t i = 0; i < MINERS; i++) {
        open_miner(self, i);
    }
    for (uint64_t second = MINERS; second < MINERS + 200; second++) {
        share(self, second);
        tick(self, second);
    }
    stream s = save(self);
    hmx_instance *const other = create();
    ALWAYS(load(other, &s) == HMX_OK);
    HM_OPS.destroy(other);
    free(s.data);
}

static void offer(stream *offered)
{
    hmx_instance *const self = create();
    stream before = save(self);
    if (load(self, offered) != HMX_OK) {
        stream after = save(self);
        expect_same(&before, &after);
        free(after.data);
    } else {
        hmx_instance *const other = create();
        stream first = save(self);
        ALWAYS(load(other, &first) == HMX_OK);
        stream second = save(other);
        expect_same(&first, &second);
        live(self);
        HM_OPS.destroy(other);
        free(first.data);
        free(second.data);
    }
    HM_OPS.destroy(self);
    free(before.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > INPUT_MAX) {
        return 0;
    }
    stream s = {malloc(size + 1), size, 0};
    ALWAYS(s.data != NULL);
    memcpy(s.data, data, size);
    offer(&s);
    if (size >= HEAD + SUM) {
        const size_t payload = size - HEAD - SUM;
        for (uint32_t i = 0; i < 4; i++) {
            s.data[12 + i] = (uint8_t)(payload >> (8 * i));
        }
        (void)crypto_generichash(s.data + size - SUM, SUM, s.data, size - SUM, NULL, 0);
        offer(&s);
    }
    free(s.data);
    return 0;
}
