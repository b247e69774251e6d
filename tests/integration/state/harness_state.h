/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * harness_state: streams for save and load that keep the state in memory, and what a restart of a
 * host looks like. Needs harness_farm.h. */
#ifndef INTEGRATION_HARNESS_STATE_H
#define INTEGRATION_HARNESS_STATE_H

#include <sodium.h>

#include "tests/integration/harness_farm.h"

enum { IT_STATE_MAX = 1 << 17 };
/* Where things are in version 1 of a state (plugin/core/state_bytes.h). */
enum {
    IT_STATE_HEAD = 16,
    IT_STATE_FARM = 36,
    IT_STATE_ROW = 144,
    IT_STATE_MINER = 60,
    IT_STATE_SUM = 32
};

typedef struct it_bytes {
    uint8_t data[IT_STATE_MAX];
    uint64_t len;
    uint64_t at;     /* reading */
    uint64_t piece;  /* bytes given per read, 0 = as many as wanted */
    uint64_t broken; /* calls until the stream fails, 0 = never */
    uint64_t calls;
} it_bytes;

static inline hmx_status it_stream_write(void *ctx, const void *data, uint64_t len)
{
    it_bytes *const b = ctx;
    b->calls++;
    if (b->calls == b->broken) {
        return HMX_E_IO;
    }
    cr_assert_leq(b->len + len, sizeof b->data);
    memcpy(b->data + b->len, data, len);
    b->len += len;
    return HMX_OK;
}

static inline hmx_status it_stream_read(void *ctx, void *data, uint64_t capacity, uint64_t *len)
{
    it_bytes *const b = ctx;
    uint64_t n = b->len - b->at;
    b->calls++;
    if (b->calls == b->broken) {
        return HMX_E_IO;
    }
    n = n < capacity ? n : capacity;
    n = b->piece != 0 && n > b->piece ? b->piece : n;
    memcpy(data, b->data + b->at, n);
    b->at += n;
    *len = n;
    return HMX_OK;
}

static inline hmx_status it_try_save(it_host *h, it_bytes *to)
{
    to->len = to->calls = 0;
    const hmx_writer writer = {.size = sizeof writer, .ctx = to, .write = it_stream_write};
    return hs_guard_save(h->guard, &writer);
}

static inline void it_save(it_host *h, it_bytes *to)
{
    to->broken = 0;
    cr_assert_eq(it_try_save(h, to), HMX_OK);
}

static inline hmx_status it_load(it_host *h, it_bytes *from)
{
    from->at = from->calls = 0;
    const hmx_reader reader = {.size = sizeof reader, .ctx = from, .read = it_stream_read};
    const hmx_load_args args = {
        .size = sizeof args, .now_ns = h->now_ns, .unix_ms = 1700000000000ull, .from = &reader};
    return hs_guard_load(h->guard, &args);
}

/* Gives a changed state the checksum that it should have. */
static inline void it_seal(it_bytes *b)
{
    crypto_generichash(b->data + b->len - IT_STATE_SUM, IT_STATE_SUM, b->data,
                       b->len - IT_STATE_SUM, NULL, 0);
}

static inline int it_same_bytes(const it_bytes *a, const it_bytes *b)
{
    return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

/* A channel with a name. */
static inline uint32_t it_named(it_host *h, const char *identity, double difficulty)
{
    hmx_channel_open e = it_channel_event(h, difficulty);
    e.user_identity = (hmx_view){identity, strlen(identity)};
    return it_channel_with(h, &e);
}

#endif
