/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/replay/rows.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "host_stub/base/text.h"

void hs_replay_note(const hs_replay *b, const char *format, ...)
{
    char text[512];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(text, sizeof text, format, list);
    va_end(list);
    b->note(b->ctx, text);
}

const char *hs_replay_hashrate(double hashrate_hs, char *out, size_t capacity)
{
    static const char *const UNITS[] = {"H", "kH", "MH", "GH", "TH", "PH", "EH", "ZH"};
    double value = hashrate_hs;
    char number[48];
    size_t unit = 0;
    while (value >= 1000.0 && unit + 1 < sizeof UNITS / sizeof UNITS[0]) {
        value /= 1000.0;
        unit++;
    }
    hs_format_fixed(number, sizeof number, value, 2);
    const size_t len = strlen(number);
    if (len > 3 && strcmp(number + len - 3, ".00") == 0) {
        number[len - 3] = '\0';
    }
    (void)snprintf(out, capacity, "%s %s/s", number, UNITS[unit]);
    return out;
}

const char *hs_replay_prefix(const hs_sv2_b032 *prefix, char out[2 * HS_SV2_EXTRANONCE_MAX + 8])
{
    return prefix->len > 0 ? hs_hex(out, prefix->byte, prefix->len) : strcpy(out, "(none)");
}

const char *hs_replay_pool_name(const hs_replay *b, uint32_t upstream)
{
    for (uint32_t i = 0; i < b->pool_count; i++) {
        if (b->pools[i].upstream == upstream) {
            return b->pools[i].id;
        }
    }
    return "-";
}

/* The n-th enabled pool, or the last one when there are fewer. */
static uint32_t nth_enabled(const hs_replay *b, uint32_t n)
{
    uint32_t found = 0;
    uint32_t last = 0;
    for (uint32_t i = 0; i < b->pool_count && found <= n; i++) {
        if (b->pools[i].enabled) {
            last = i;
            found++;
        }
    }
    return last;
}

hs_replay_pool *hs_replay_pool_of(hs_replay *b, const hs_sv2_b032 *prefix)
{
    const uint32_t space = prefix->len > 0 ? prefix->byte[0] : HS_REPLAY_SPACES - 1;
    if (b->pool_of_space[space] == 0) {
        char hex[2 * HS_SV2_EXTRANONCE_MAX + 8];
        const hs_sv2_b032 first = {prefix->len > 0 ? 1 : 0, {prefix->byte[0]}};
        const uint32_t index = nth_enabled(b, b->space_count++);
        b->pool_of_space[space] = index + 1;
        hs_replay_note(b, "prefixes that begin with %s are taken as those of %s",
                       hs_replay_prefix(&first, hex), b->pools[index].id);
    }
    return &b->pools[b->pool_of_space[space] - 1];
}

void hs_replay_tell_pool(hs_replay *b, hs_replay_pool *pool)
{
    (void)hs_link_upstream(&b->link, &pool->facts);
}

hs_replay_row *hs_replay_row_of(hs_replay *b, uint32_t channel_id)
{
    for (uint32_t i = 0; i < b->row_end; i++) {
        if (b->rows[i].number != 0 && !b->rows[i].waits && b->rows[i].channel_id == channel_id) {
            return &b->rows[i];
        }
    }
    return NULL;
}

hs_replay_row *hs_replay_waiting_row(hs_replay *b, uint32_t request_id)
{
    for (uint32_t i = 0; i < b->row_end; i++) {
        if (b->rows[i].number != 0 && b->rows[i].waits && b->rows[i].request_id == request_id) {
            return &b->rows[i];
        }
    }
    return NULL;
}

hs_replay_row *hs_replay_numbered_row(hs_replay *b, uint64_t number)
{
    for (uint32_t i = 0; i < b->row_end; i++) {
        if (number != 0 && b->rows[i].number == number) {
            return &b->rows[i];
        }
    }
    return NULL;
}
