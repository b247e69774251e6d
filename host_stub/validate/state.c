/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Saved bytes of a farm's plugin: written to memory, and read from it in pieces. */
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/array.h"
#include "host_stub/validate/farm.h"

enum { STATE_MAX = 64 << 20 };

static hmx_status write_bytes(void *ctx, const void *data, uint64_t len)
{
    hs_farm_state *const s = ctx;
    if (len > STATE_MAX - s->len || HS_GROW(s->data, s->capacity, (size_t)(s->len + len)) != 0) {
        return HMX_E_IO;
    }
    memcpy(s->data + s->len, data, (size_t)len);
    s->len += len;
    return HMX_OK;
}

static hmx_status read_bytes(void *ctx, void *data, uint64_t capacity, uint64_t *len)
{
    hs_farm_state *const s = ctx;
    uint64_t n = s->len - s->at;
    n = n < capacity ? n : capacity;
    n = s->piece != 0 && n > s->piece ? s->piece : n;
    memcpy(data, s->data + s->at, (size_t)n);
    s->at += n;
    *len = n;
    return HMX_OK;
}

hmx_status hs_farm_save(hs_farm *farm, hs_farm_state *state)
{
    const hmx_writer to = {.size = sizeof to, .ctx = state, .write = write_bytes};
    return hs_guard_save(farm->link.guard, &to);
}

hmx_status hs_farm_load(hs_farm *farm, hs_farm_state *state)
{
    const hmx_reader from = {.size = sizeof from, .ctx = state, .read = read_bytes};
    const hmx_load_args args = {.size = sizeof args,
                                .now_ns = farm->link.now_ns,
                                .unix_ms = farm->link.unix_ms,
                                .from = &from,
                                .why = hs_link_text(&farm->link)};
    state->at = 0;
    return hs_guard_load(farm->link.guard, &args);
}

void hs_farm_state_free(hs_farm_state *state)
{
    free(state->data);
    *state = (hs_farm_state){0};
}
