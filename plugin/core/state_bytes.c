/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/core/state_bytes.h"

#include <sodium/crypto_generichash.h>
#include <string.h>

static const uint8_t MAGIC[8] = {'H', 'M', 'X', 'S', 'T', 'A', 'T', 'E'};
enum {
    FARM_SIZE = 3 * 8 + 3 * 4,
    UPSTREAM_SIZE = HMX_ID_SIZE + 10 * 8 + 2 * 8 + 2 * 4,
    MINER_SIZE = HM_MINER_ID_SIZE + 5 * 8 + 4,
    ID_MAX = 32,
    FAILURES_MAX = 1000000,
    FAILED_MAX_MS = 3600000 /* older failures count for nothing */
};
static const uint64_t HELD_MAX_MS = 10000000000u; /* 115 days */
static const uint64_t AWAY_MAX_MS = 10000000000u;
static const uint64_t NS_PER_MS = 1000000u;

/* The doubles of a row and of the farm, in the order of the file, with their ranges. What the core
 * can reach is far inside them; they only keep sums of what passes from overflowing. */
typedef struct field {
    size_t offset;
    double low;
    double high;
} field;

#define ROW(name, low, high)                                                                       \
    {                                                                                              \
        offsetof(hm_state_upstream, name), low, high                                               \
    }
static const field ROW_FIELDS[] = {
    ROW(window, -1e60, 1e60),       ROW(debt, -1e60, 1e60),     ROW(delivered, 0.0, 1e60),
    ROW(error_before, -1e60, 1e60), ROW(accepted, 0.0, 1e18),   ROW(rejected, 0.0, 1e18),
    ROW(balance, -1e60, 1e60),      ROW(p_points, -1e60, 1e60), ROW(i_points, -1e60, 1e60),
    ROW(d_points, -1e60, 1e60),
};
#define FARM(name, low, high)                                                                      \
    {                                                                                              \
        offsetof(hm_state, name), low, high                                                        \
    }
static const field FARM_FIELDS[] = {
    FARM(hashrate, 0.0, 1e60),
    FARM(luck, 0.0, 1e120),
    FARM(window_s, 1.0, 1e9),
};
enum {
    ROW_DOUBLES = sizeof ROW_FIELDS / sizeof ROW_FIELDS[0],
    FARM_DOUBLES = sizeof FARM_FIELDS / sizeof FARM_FIELDS[0]
};
_Static_assert(ROW_DOUBLES == 10 && FARM_DOUBLES == 3, "as the sizes of the rows say");

/* ---- numbers ---- */
static uint8_t *put_u(uint8_t *at, uint64_t value, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++) {
        at[i] = (uint8_t)(value >> (8u * i));
    }
    return at + bytes;
}

static const uint8_t *get_u(const uint8_t *at, uint64_t *value, uint32_t bytes)
{
    *value = 0;
    for (uint32_t i = 0; i < bytes; i++) {
        *value |= (uint64_t)at[i] << (8u * i);
    }
    return at + bytes;
}

static const uint8_t *get_u32(const uint8_t *at, uint32_t *value)
{
    uint64_t wide = 0;
    at = get_u(at, &wide, 4);
    *value = (uint32_t)wide;
    return at;
}

static uint8_t *put_f(uint8_t *at, double value)
{
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof bits);
    return put_u(at, bits, 8);
}

static const uint8_t *get_f(const uint8_t *at, double *value)
{
    uint64_t bits = 0;
    at = get_u(at, &bits, 8);
    memcpy(value, &bits, sizeof *value);
    return at;
}

static uint8_t *put_fields(uint8_t *at, const field *fields, uint32_t count, const void *from)
{
    for (uint32_t i = 0; i < count; i++) {
        double value = 0.0;
        memcpy(&value, (const uint8_t *)from + fields[i].offset, sizeof value);
        at = put_f(at, value);
    }
    return at;
}

static const uint8_t *get_fields(const uint8_t *at, const field *fields, uint32_t count, void *to)
{
    for (uint32_t i = 0; i < count; i++) {
        double value = 0.0;
        at = get_f(at, &value);
        memcpy((uint8_t *)to + fields[i].offset, &value, sizeof value);
    }
    return at;
}

static int fields_are_sound(const field *fields, uint32_t count, const void *of)
{
    for (uint32_t i = 0; i < count; i++) {
        double value = 0.0;
        memcpy(&value, (const uint8_t *)of + fields[i].offset, sizeof value);
        if (!(value >= fields[i].low && value <= fields[i].high)) { /* so is NaN */
            return 0;
        }
    }
    return 1;
}

int hm_state_upstream_is_sound(const hm_state_upstream *r)
{
    return fields_are_sound(ROW_FIELDS, ROW_DOUBLES, r) && r->failures <= FAILURES_MAX &&
           r->failed_ms <= FAILED_MAX_MS && (r->failures > 0 || r->failed_ms == 0) &&
           r->held_ms <= HELD_MAX_MS && (r->flags & ~(uint32_t)HM_STATE_LATCHED) == 0;
}

int hm_state_farm_is_sound(const hm_state *s)
{
    return fields_are_sound(FARM_FIELDS, FARM_DOUBLES, s) &&
           (s->flags & ~(uint32_t)HM_STATE_PRIMED) == 0;
}

/* ---- sizes ---- */
size_t hm_state_miner_offset(uint32_t row)
{
    return (size_t)row * MINER_SIZE;
}

size_t hm_state_miners_at(uint32_t upstreams)
{
    return HM_STATE_HEAD_SIZE + FARM_SIZE + (size_t)upstreams * UPSTREAM_SIZE;
}

size_t hm_state_size(uint32_t upstreams, uint32_t miners)
{
    return hm_state_miners_at(upstreams) + hm_state_miner_offset(miners) + HM_STATE_SUM_SIZE;
}

size_t hm_state_habits_size(uint32_t habits)
{
    return habits == 0 ? 0 : 4u + (size_t)habits * HM_STATE_HABIT_SIZE;
}

/* ---- habits ---- */
int hm_state_habit_of(const hm_habit *h, uint64_t now_ns, hm_state_habit *out)
{
    const uint64_t away_ms = h->away_ns / NS_PER_MS;
    *out = (hm_state_habit){
        .who = h->who,
        .rest_ms = h->until_ns > now_ns ? (h->until_ns - now_ns) / NS_PER_MS : 0,
        .away_ms = away_ms < AWAY_MAX_MS ? away_ms : AWAY_MAX_MS,
        .drops = h->drops,
        .flags = h->deaf ? (uint32_t)HM_STATE_DEAF : 0u,
    };
    return h->drops > 0 || h->deaf;
}

static int habit_is_sound(const hm_state_habit *h)
{
    return h->who != 0 && h->rest_ms <= HM_HABIT_REST_NS / NS_PER_MS && h->away_ms <= AWAY_MAX_MS &&
           h->drops <= HM_HABIT_DROPS_MAX && h->flags <= HM_STATE_DEAF &&
           (h->drops > 0 || h->flags != 0);
}

void hm_state_put_habit(uint8_t *out, const hm_state_habit *h)
{
    out = put_u(out, h->who, 8);
    out = put_u(out, h->rest_ms, 8);
    out = put_u(out, h->away_ms, 8);
    out = put_u(out, h->drops, 4);
    (void)put_u(out, h->flags, 4);
}

void hm_state_get_habit(const uint8_t *bytes, hm_state_habit *out)
{
    const uint8_t *at = get_u(bytes, &out->who, 8);
    at = get_u(at, &out->rest_ms, 8);
    at = get_u(at, &out->away_ms, 8);
    at = get_u32(at, &out->drops);
    (void)get_u32(at, &out->flags);
}

/* ---- writing ---- */
void hm_state_put_miner(uint8_t *out, const hm_miner *m)
{
    memcpy(out, m->id, sizeof m->id);
    out = put_f(out + sizeof m->id, m->a);
    out = put_f(out, m->b);
    out = put_f(out, m->reference);
    out = put_f(out, m->nominal);
    out = put_f(out, m->difficulty);
    (void)put_u(out, m->away_s, 4);
}

static uint8_t *put_upstream(uint8_t *at, const hm_state_upstream *r)
{
    memcpy(at, r->id, sizeof r->id);
    at = put_fields(at + sizeof r->id, ROW_FIELDS, ROW_DOUBLES, r);
    at = put_u(at, r->failed_ms, 8);
    at = put_u(at, r->held_ms, 8);
    at = put_u(at, r->failures, 4);
    return put_u(at, r->flags, 4);
}

void hm_state_encode(const hm_state *s, uint8_t *out)
{
    const size_t size =
        hm_state_size(s->upstream_count, s->miner_count) + hm_state_habits_size(s->habit_count);
    uint8_t *at = out;
    memcpy(at, MAGIC, sizeof MAGIC);
    at = put_u(at + sizeof MAGIC, s->habit_count > 0 ? HM_STATE_VERSION : 1u, 4);
    at = put_u(at, size - HM_STATE_HEAD_SIZE - HM_STATE_SUM_SIZE, 4);
    at = put_fields(at, FARM_FIELDS, FARM_DOUBLES, s);
    at = put_u(at, s->flags, 4);
    at = put_u(at, s->upstream_count, 4);
    at = put_u(at, s->miner_count, 4);
    for (uint32_t i = 0; i < s->upstream_count; i++) {
        at = put_upstream(at, &s->upstreams[i]);
    }
    if (s->miner_count > 0) {
        memmove(at, s->miners, hm_state_miner_offset(s->miner_count));
    }
    at += hm_state_miner_offset(s->miner_count);
    if (s->habit_count > 0) {
        at = put_u(at, s->habit_count, 4);
        memmove(at, s->habits, (size_t)s->habit_count * HM_STATE_HABIT_SIZE);
        at += (size_t)s->habit_count * HM_STATE_HABIT_SIZE;
    }
    (void)crypto_generichash(at, HM_STATE_SUM_SIZE, out, size - HM_STATE_SUM_SIZE, NULL, 0);
}

/* ---- reading ---- */
static hmx_status refuse(hm_text *why, const char *sentence)
{
    hm_text_add(why, sentence);
    return HMX_E_CORRUPT;
}

hmx_status hm_state_head(const uint8_t *bytes, size_t *size, hm_text *why)
{
    uint32_t version = 0;
    uint32_t len = 0;
    const uint8_t *at = get_u32(bytes + sizeof MAGIC, &version);
    (void)get_u32(at, &len);
    if (memcmp(bytes, MAGIC, sizeof MAGIC) != 0) {
        return refuse(why, "it does not begin as a state of hashmux does");
    }
    if (version > HM_STATE_VERSION) {
        hm_text_addf(why,
                     "it has version %lu, and this hashmux knows version %lu: a newer one wrote it",
                     (unsigned long)version, (unsigned long)HM_STATE_VERSION);
        return HMX_E_UNSUPPORTED;
    }
    if (version == 0) {
        return refuse(why, "it says version 0, which never was");
    }
    if (len < FARM_SIZE || (size_t)len + HM_STATE_HEAD_SIZE + HM_STATE_SUM_SIZE >
                               hm_state_size(HMX_UPSTREAMS_MAX, HM_MINERS_MAX) +
                                   hm_state_habits_size(version > 1 ? HM_HABITS_MAX : 0)) {
        return refuse(why, "the length that it says cannot be");
    }
    *size = HM_STATE_HEAD_SIZE + (size_t)len + HM_STATE_SUM_SIZE;
    return HMX_OK;
}

/* An id as the configuration allows it, zero to the end. */
static int id_is_sound(const char *id)
{
    uint32_t len = 0;
    while (len < HMX_ID_SIZE && id[len] != '\0') {
        const char c = id[len];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-')) {
            return 0;
        }
        len++;
    }
    for (uint32_t i = len; i < HMX_ID_SIZE; i++) {
        if (id[i] != '\0') {
            return 0;
        }
    }
    return len >= 1 && len <= ID_MAX;
}

static const uint8_t *get_upstream(const uint8_t *at, hm_state_upstream *out)
{
    memcpy(out->id, at, sizeof out->id);
    at = get_fields(at + sizeof out->id, ROW_FIELDS, ROW_DOUBLES, out);
    at = get_u(at, &out->failed_ms, 8);
    at = get_u(at, &out->held_ms, 8);
    at = get_u32(at, &out->failures);
    return get_u32(at, &out->flags);
}

void hm_state_get_miner(const uint8_t *bytes, hm_miner *out)
{
    memset(out, 0, sizeof *out);
    memcpy(out->id, bytes, sizeof out->id);
    const uint8_t *at = get_f(bytes + sizeof out->id, &out->a);
    at = get_f(at, &out->b);
    at = get_f(at, &out->reference);
    at = get_f(at, &out->nominal);
    at = get_f(at, &out->difficulty);
    (void)get_u32(at, &out->away_s);
}

static hmx_status read_upstreams(const uint8_t *at, hm_state *out, hm_text *why)
{
    for (uint32_t i = 0; i < out->upstream_count; i++) {
        hm_state_upstream *const row = &out->upstreams[i];
        at = get_upstream(at, row);
        if (!id_is_sound(row->id)) {
            return refuse(why, "an upstream has an id that cannot be");
        }
        if (i > 0 && strcmp(out->upstreams[i - 1u].id, row->id) >= 0) {
            return refuse(why, "its upstreams are not in ascending order of their ids");
        }
        if (!hm_state_upstream_is_sound(row)) {
            hm_text_addf(why, "upstream %s has a number out of its range", row->id);
            return HMX_E_CORRUPT;
        }
    }
    return HMX_OK;
}

static hmx_status judge_miners(const hm_state *s, hm_text *why)
{
    for (uint32_t i = 0; i < s->miner_count; i++) {
        hm_miner miner;
        hm_state_get_miner(s->miners + hm_state_miner_offset(i), &miner);
        if (!hm_miner_is_sound(&miner)) {
            return refuse(why, "a miner has a number out of its range");
        }
    }
    return HMX_OK;
}

/* What follows the miners, `size` bytes. */
static hmx_status read_habits(const uint8_t *at, size_t size, hm_state *out, hm_text *why)
{
    if (size < 4u) {
        return refuse(why, "its rows do not add up to its length");
    }
    out->habits = get_u32(at, &out->habit_count);
    if (out->habit_count == 0 || out->habit_count > HM_HABITS_MAX ||
        hm_state_habits_size(out->habit_count) != size) {
        return refuse(why, "its rows do not add up to its length");
    }
    for (uint32_t i = 0; i < out->habit_count; i++) {
        hm_state_habit habit;
        hm_state_get_habit(out->habits + (size_t)i * HM_STATE_HABIT_SIZE, &habit);
        if (!habit_is_sound(&habit)) {
            return refuse(why, "a peer's habit has a number out of its range");
        }
    }
    return HMX_OK;
}

hmx_status hm_state_decode(const uint8_t *bytes, size_t size, hm_state *out, hm_text *why)
{
    uint8_t sum[HM_STATE_SUM_SIZE];
    memset(out, 0, sizeof *out);
    (void)crypto_generichash(sum, sizeof sum, bytes, size - sizeof sum, NULL, 0);
    if (memcmp(sum, bytes + size - sizeof sum, sizeof sum) != 0) {
        return refuse(why, "it is damaged: its checksum is not that of its content");
    }
    const uint8_t *at = get_fields(bytes + HM_STATE_HEAD_SIZE, FARM_FIELDS, FARM_DOUBLES, out);
    at = get_u32(at, &out->flags);
    at = get_u32(at, &out->upstream_count);
    at = get_u32(at, &out->miner_count);
    uint32_t version = 0;
    (void)get_u32(bytes + sizeof MAGIC, &version);
    const size_t rows_end = hm_state_size(
        out->upstream_count <= HMX_UPSTREAMS_MAX ? out->upstream_count : HMX_UPSTREAMS_MAX,
        out->miner_count <= HM_MINERS_MAX ? out->miner_count : HM_MINERS_MAX);
    if (out->upstream_count > HMX_UPSTREAMS_MAX || out->miner_count > HM_MINERS_MAX ||
        (version == 1u ? rows_end != size : rows_end > size)) {
        return refuse(why, "its rows do not add up to its length");
    }
    if (!hm_state_farm_is_sound(out)) {
        return refuse(why, "a number of the farm is out of its range");
    }
    hmx_status status = read_upstreams(at, out, why);
    if (status == HMX_OK && version > 1u) {
        status = read_habits(bytes + rows_end - HM_STATE_SUM_SIZE, size - rows_end, out, why);
    }
    out->miners = bytes + hm_state_miners_at(out->upstream_count);
    return status == HMX_OK ? judge_miners(out, why) : status;
}
