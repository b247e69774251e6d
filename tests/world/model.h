/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * model.h: two pools, two channels, and fourteen things that can happen to them; and what must be
 * true then, by the words of hmx_abi.h, hmx_events.h and hmx_metrics.h alone. It knows nothing of
 * how a plugin works: not whom it should move, only what it may do, and what it must count. */
#ifndef TESTS_WORLD_MODEL_H
#define TESTS_WORLD_MODEL_H

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "abi/hmx_abi.h"
#include "abi/hmx_metrics.h"
#include "abi/hmx_tuning.h"

enum world_event {
    UP_A,
    DOWN_A,
    TURN_B, /* up when it is not, else down */
    OPEN_1,
    CLOSE_1,
    TURN_2, /* the second channel opens, or closes */
    SHARES, /* of both, each accepted */
    TICK_1,
    TICK_20,
    APPLY, /* the decision that waits longest, or the last that ran out */
    REFUSE,
    FAIL,
    FORCE_1, /* the host moves the first channel to the other pool */
    DRAIN,   /* the oldest prefix that was left */
    WORLD_EVENTS
};

static const char *const WORLD_NAMES[] = {"UP_A",   "DOWN_A", "TURN_B",  "OPEN_1",  "CLOSE_1",
                                          "TURN_2", "SHARES", "TICK_1",  "TICK_20", "APPLY",
                                          "REFUSE", "FAIL",   "FORCE_1", "DRAIN"};

#define WORLD_SECOND 1000000000ull
#define WORLD_CONFIG                                                                               \
    "[controller]\nmin_reassignment_interval_secs = 0\nevaluation_interval_secs = 1\n"             \
    "[failover]\nhold_down_secs = 0\n"                                                             \
    "[upstream.a]\naddress = a.example\nport = 3333\npercentage = 60\npriority = 1\n"              \
    "[upstream.b]\naddress = b.example\nport = 3333\npercentage = 40\npriority = 2\n"

enum { POOLS = 2, CHANNELS = 2, WORLD_HELD = 64, RAN_OUT = 8, WORLD_WHY = 400 };
/* So long a prefix rests at least where the host reports what has drained. */
#define WORLD_HOLD_NS (600 * WORLD_SECOND)

typedef struct world_prefix {
    uint32_t pool; /* upstream number; 0 = free */
    uint32_t len;
    uint64_t since_ns;
    uint8_t bytes[32];
} world_prefix;

typedef struct world_order {
    uint64_t decision; /* 0 = none */
    uint64_t until_ns;
    uint32_t to;
    uint32_t from;
    world_prefix prefix;
} world_order;

typedef struct world_channel {
    uint64_t number; /* 0 = closed */
    uint64_t cookie;
    uint32_t where;
    world_prefix prefix;
    world_order pending;
    world_order ran_out[RAN_OUT]; /* the last first */
} world_channel;

typedef struct world {
    uint64_t now_ns;
    uint64_t seq;
    uint64_t last_channel;
    uint64_t last_decision;
    uint64_t decisions;
    uint64_t applied;
    uint64_t refused;
    uint64_t failed;
    uint64_t expired;
    uint64_t forced;
    uint64_t shares[POOLS + 1];
    uint32_t up[POOLS + 1];
    uint32_t held_next;
    world_channel channels[CHANNELS];
    world_prefix held[WORLD_HELD];
} world;

typedef struct world_plugin {
    const hmx_ops *ops;
    const hmx_metrics_v1 *metrics;
    hmx_instance *self;
} world_plugin;

static char world_why[WORLD_WHY];

__attribute__((format(printf, 1, 2))) static inline int wrong(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(world_why, sizeof world_why, format, args);
    va_end(args);
    return -1;
}

static inline hmx_event world_head(world *w, size_t size)
{
    return (hmx_event){.size = (uint32_t)size, .now_ns = w->now_ns, .seq = ++w->seq};
}

/* ---- prefixes: none that is in use begins another on the same pool ---- */
static inline int meets(const world_prefix *a, const world_prefix *b)
{
    const uint32_t len = a->len < b->len ? a->len : b->len;
    return a->pool == b->pool && len > 0 && memcmp(a->bytes, b->bytes, len) == 0;
}

static inline int is_reserved(const world *w, const world_prefix *p)
{
    for (uint32_t i = 0; i < CHANNELS; i++) {
        const world_channel *const c = &w->channels[i];
        if (c->number != 0 && (meets(&c->prefix, p) || meets(&c->pending.prefix, p))) {
            return 1;
        }
    }
    for (uint32_t i = 0; i < WORLD_HELD; i++) {
        if (w->held[i].pool != 0 && w->now_ns - w->held[i].since_ns < WORLD_HOLD_NS &&
            meets(&w->held[i], p)) {
            return 1;
        }
    }
    return 0;
}

static inline void hold(world *w, world_prefix *p)
{
    if (p->len > 0 && p->pool != HMX_NONE) {
        p->since_ns = w->now_ns;
        w->held[w->held_next] = *p;
        w->held_next = (w->held_next + 1) % WORLD_HELD;
    }
    *p = (world_prefix){0};
}

/* Of those that certainly rest still; NULL = none. */
static inline world_prefix *oldest_held(world *w)
{
    for (uint32_t i = 0; i < WORLD_HELD; i++) {
        world_prefix *const p = &w->held[(w->held_next + i) % WORLD_HELD];
        if (p->pool != 0 && w->now_ns - p->since_ns < WORLD_HOLD_NS) {
            return p;
        }
    }
    return NULL;
}

static inline world_prefix *find_held(world *w, const world_prefix *wanted)
{
    for (uint32_t i = 0; i < WORLD_HELD; i++) {
        world_prefix *const p = &w->held[i];
        if (p->pool == wanted->pool && p->len == wanted->len && p->pool != 0 &&
            memcmp(p->bytes, wanted->bytes, p->len) == 0) {
            return p;
        }
    }
    return NULL;
}

/* The pools' spaces. */
static inline uint32_t space_len(uint32_t pool)
{
    return pool == 1 ? 1u : 2u;
}

static inline uint32_t space_size(uint32_t pool)
{
    return pool == 1 ? 8u : 6u;
}

static inline int check_prefix(const world *w, uint32_t channel, uint32_t pool, uint32_t len,
                               const uint8_t *bytes, world_prefix *out)
{
    const uint32_t own = channel == 0 ? 0 : 4; /* the second channel is an extended one */
    *out = (world_prefix){.pool = pool, .len = len};
    memcpy(out->bytes, bytes, sizeof out->bytes);
    if (len != space_len(pool) + space_size(pool) - own) {
        return wrong("a prefix of %u bytes for channel %u on pool %u", len, channel + 1, pool);
    }
    for (uint32_t i = 0; i < space_len(pool); i++) {
        if (bytes[i] != 0xA0 + 16 * pool + i) {
            return wrong("a prefix outside the space of pool %u", pool);
        }
    }
    return is_reserved(w, out)
               ? wrong("channel %u got a prefix on pool %u that is in use", channel + 1, pool)
               : 0;
}

/* ---- decisions ---- */
static inline void run_out(world *w)
{
    for (uint32_t i = 0; i < CHANNELS; i++) {
        world_channel *const c = &w->channels[i];
        if (c->pending.decision != 0 && w->now_ns > c->pending.until_ns) {
            memmove(&c->ran_out[1], &c->ran_out[0], (RAN_OUT - 1) * sizeof c->ran_out[0]);
            c->ran_out[0] = c->pending;
            hold(w, &c->pending.prefix);
            c->pending = (world_order){0};
            w->expired++;
        }
    }
}

static inline int take_decision(world *w, const hmx_decision *d)
{
    uint32_t i = 0;
    while (i < CHANNELS && (w->channels[i].number == 0 || w->channels[i].number != d->channel)) {
        i++;
    }
    if (i == CHANNELS) {
        return wrong("decision %llu is about channel %llu, which is not open",
                     (unsigned long long)d->decision, (unsigned long long)d->channel);
    }
    world_channel *const c = &w->channels[i];
    const int is_move = d->kind == HMX_DECISION_MOVE;
    if ((!is_move && d->kind != HMX_DECISION_PREFIX) || d->decision <= w->last_decision ||
        d->cookie != c->cookie || d->from != c->where || is_move == (d->to == d->from) ||
        d->to < 1 || d->to > POOLS || d->valid_until_ns <= w->now_ns ||
        !(d->expected_hashrate >= 0.0) || !isfinite(d->expected_hashrate)) {
        return wrong("decision %llu: kind %u, channel %u, cookie %llu, from %u to %u",
                     (unsigned long long)d->decision, d->kind, i + 1, (unsigned long long)d->cookie,
                     d->from, d->to);
    }
    if (c->pending.decision != 0) {
        return wrong("decision %llu while %llu is pending", (unsigned long long)d->decision,
                     (unsigned long long)c->pending.decision);
    }
    if (!w->up[d->to]) {
        return wrong("decision %llu to pool %u, which is not up", (unsigned long long)d->decision,
                     d->to);
    }
    world_prefix prefix;
    if (check_prefix(w, i, d->to, d->extranonce_prefix_len, d->extranonce_prefix, &prefix) != 0) {
        return -1;
    }
    w->last_decision = d->decision;
    w->decisions++;
    c->pending = (world_order){.decision = d->decision,
                               .until_ns = d->valid_until_ns,
                               .to = d->to,
                               .from = d->from,
                               .prefix = prefix};
    return 0;
}

static inline int is_status(const char *what, hmx_status seen, hmx_status wanted)
{
    return seen == wanted ? 0 : wrong("%s answered %d, not %d", what, (int)seen, (int)wanted);
}

/* ---- events ---- */
static inline int tell_pool(world *w, const world_plugin *p, uint32_t pool, int up)
{
    hmx_upstream_event e = {.event = world_head(w, sizeof e),
                            .upstream = pool,
                            .state = up ? HMX_UPSTREAM_UP : HMX_UPSTREAM_DOWN,
                            .reason = up ? 0 : HMX_UPSTREAM_REASON_REFUSED,
                            .extranonce_size = space_size(pool),
                            .extranonce_prefix_len = space_len(pool),
                            .has_job = up ? HMX_YES : HMX_NO};
    for (uint32_t i = 0; i < space_len(pool); i++) {
        e.extranonce_prefix[i] = (uint8_t)(0xA0 + 16 * pool + i);
    }
    w->up[pool] = (uint32_t)up;
    return is_status("on_upstream", p->ops->on_upstream(p->self, &e), HMX_OK);
}

static inline int open_channel(world *w, const world_plugin *p, uint32_t i)
{
    world_channel *const c = &w->channels[i];
    const int known = c->number != 0;
    const hmx_channel_open e = {.event = world_head(w, sizeof e),
                                .channel = known ? c->number : ++w->last_channel,
                                .connection = i + 1,
                                .kind = i == 0 ? HMX_CHANNEL_STANDARD : HMX_CHANNEL_EXTENDED,
                                .honours_prefix = HMX_YES,
                                .min_extranonce_size = i == 0 ? 0 : 4,
                                .extranonce_size = i == 0 ? 0 : 4,
                                .nominal_hashrate = 1e14,
                                .user_identity = {i == 0 ? "one" : "two", 3}};
    hmx_channel_decision d = {.size = sizeof d};
    const hmx_status status = p->ops->on_channel_open(p->self, &e, &d);
    if (known) {
        return is_status("opening an open channel", status, HMX_E_STATE);
    }
    if (status != HMX_OK) {
        return is_status("on_channel_open", status, HMX_OK);
    }
    *c = (world_channel){.number = e.channel, .cookie = d.cookie};
    if (!w->up[1] && !w->up[2]) {
        return d.action == HMX_ACTION_PASS && d.reason == HMX_REASON_NO_POOL
                   ? 0
                   : wrong("action %u, reason %u with no pool up", d.action, d.reason);
    }
    if (d.action != HMX_ACTION_ASSIGN || d.upstream < 1 || d.upstream > POOLS ||
        !w->up[d.upstream]) {
        return wrong("action %u to pool %u", d.action, d.upstream);
    }
    world_prefix prefix;
    if (check_prefix(w, i, d.upstream, d.extranonce_prefix_len, d.extranonce_prefix, &prefix)) {
        return -1;
    }
    c->where = d.upstream;
    c->prefix = prefix;
    return 0;
}

static inline int close_channel(world *w, const world_plugin *p, uint32_t i)
{
    world_channel *const c = &w->channels[i];
    const hmx_channel_close e = {.event = world_head(w, sizeof e),
                                 .channel = c->number != 0 ? c->number : 1000 + w->last_channel,
                                 .cookie = i == 0 ? c->cookie : 0,
                                 .reason = HMX_CLOSE_PEER};
    const hmx_status status = p->ops->on_channel_close(p->self, &e);
    if (c->number == 0) {
        return is_status("closing a closed channel", status, HMX_E_STATE);
    }
    hold(w, &c->prefix);
    hold(w, &c->pending.prefix);
    *c = (world_channel){0};
    return is_status("on_channel_close", status, HMX_OK);
}

static inline int send_shares(world *w, const world_plugin *p)
{
    for (uint32_t i = 0; i < CHANNELS; i++) {
        const world_channel *const c = &w->channels[i];
        for (uint32_t verdict = HMX_SHARE_SUBMITTED;
             c->number != 0 && c->where != HMX_NONE && verdict <= HMX_SHARE_ACCEPTED; verdict++) {
            const hmx_share e = {.event = world_head(w, sizeof e),
                                 .channel = c->number,
                                 .cookie = i == 0 ? c->cookie : 0,
                                 .upstream = c->where,
                                 .verdict = verdict,
                                 .count = 1,
                                 .work = 1024};
            if (is_status("on_share", p->ops->on_share(p->self, &e), HMX_OK) != 0) {
                return -1;
            }
            w->shares[c->where] += verdict == HMX_SHARE_ACCEPTED;
        }
    }
    return 0;
}

static inline int tick(world *w, const world_plugin *p, uint32_t seconds)
{
    w->now_ns += seconds * WORLD_SECOND;
    run_out(w);
    for (uint32_t calls = 0; calls < 10; calls++) {
        hmx_decision rows[4];
        memset(rows, 0, sizeof rows);
        for (uint32_t i = 0; i < 4; i++) {
            rows[i].size = sizeof rows[i];
        }
        const hmx_tick e = {.event = world_head(w, sizeof e), .unix_ms = w->now_ns / 1000000};
        hmx_decision_buf buf = {
            .size = sizeof buf, .stride = sizeof rows[0], .capacity = 4, .rows = rows};
        if (is_status("on_tick", p->ops->on_tick(p->self, &e, &buf), HMX_OK) != 0) {
            return -1;
        }
        for (uint32_t i = 0; i < buf.count; i++) {
            if (take_decision(w, &rows[i]) != 0) {
                return -1;
            }
        }
        if (buf.more == 0) {
            return 0;
        }
    }
    return wrong("on_tick has more and more");
}

static inline hmx_status reassign(world *w, const world_plugin *p, const world_channel *c,
                                  const world_order *o, uint32_t to, uint32_t result,
                                  const world_prefix *prefix)
{
    hmx_reassign e = {.event = world_head(w, sizeof e),
                      .decision = o != NULL ? o->decision : 0,
                      .channel = c->number,
                      .cookie = c == &w->channels[0] ? c->cookie : 0,
                      .from = c->where,
                      .to = to,
                      .result = result,
                      .extranonce_prefix_len = prefix != NULL ? prefix->len : 0};
    if (prefix != NULL) {
        memcpy(e.extranonce_prefix, prefix->bytes, sizeof e.extranonce_prefix);
    }
    return p->ops->on_reassign(p->self, &e);
}

/* Of the two channels the one whose decision is older. */
static inline world_channel *waiting(world *w)
{
    world_channel *found = NULL;
    for (uint32_t i = 0; i < CHANNELS; i++) {
        world_channel *const c = &w->channels[i];
        if (c->number != 0 && c->pending.decision != 0 &&
            (found == NULL || c->pending.decision < found->pending.decision)) {
            found = c;
        }
    }
    return found;
}

/* An answer to a decision that nobody made. */
static inline int answer_nothing(world *w, const world_plugin *p, uint32_t result)
{
    static const world_channel nobody = {.number = 1ull << 40};
    const world_order o = {.decision = w->last_decision + 7};
    const world_channel *const c = w->channels[0].number != 0 ? &w->channels[0] : &nobody;
    return is_status(
        "an answer to nothing",
        reassign(w, p, c, &o, result == HMX_RESULT_APPLIED ? 2 : c->where, result, NULL),
        HMX_E_STATE);
}

/* Late: a fact all the same, unless its prefix may be another's by now. */
static inline int apply_late(world *w, const world_plugin *p)
{
    for (uint32_t i = 0; i < CHANNELS; i++) {
        world_channel *const c = &w->channels[i];
        const world_order o = c->ran_out[0];
        world_prefix *const rests = find_held(w, &o.prefix);
        if (c->number == 0 || o.decision == 0 || rests == NULL ||
            w->now_ns - rests->since_ns >= WORLD_HOLD_NS) {
            continue;
        }
        if (is_status("a late APPLIED", reassign(w, p, c, &o, o.to, HMX_RESULT_APPLIED, &o.prefix),
                      HMX_OK) != 0) {
            return -1;
        }
        *rests = (world_prefix){0};
        memmove(&c->ran_out[0], &c->ran_out[1], (RAN_OUT - 1) * sizeof c->ran_out[0]);
        c->ran_out[RAN_OUT - 1] = (world_order){0};
        hold(w, &c->pending.prefix);
        c->pending = (world_order){0};
        hold(w, &c->prefix);
        c->prefix = o.prefix;
        c->where = o.to;
        w->applied++;
        return 0;
    }
    return answer_nothing(w, p, HMX_RESULT_APPLIED);
}

static inline int answer(world *w, const world_plugin *p, uint32_t result)
{
    run_out(w);
    world_channel *const c = waiting(w);
    if (c == NULL) {
        return result == HMX_RESULT_APPLIED ? apply_late(w, p) : answer_nothing(w, p, result);
    }
    const world_order o = c->pending;
    const int applied = result == HMX_RESULT_APPLIED;
    const hmx_status status =
        reassign(w, p, c, &o, applied ? o.to : c->where, result, applied ? &o.prefix : NULL);
    if (applied) {
        hold(w, &c->prefix);
        c->prefix = o.prefix;
        c->where = o.to;
        w->applied++;
    } else if (result == HMX_RESULT_FAILED) { /* the miner may have seen it */
        hold(w, &c->pending.prefix);
        w->failed++;
    } else {
        w->refused++;
    }
    c->pending = (world_order){0};
    return is_status("on_reassign", status, HMX_OK);
}

static inline int force(world *w, const world_plugin *p)
{
    world_channel *const c = &w->channels[0];
    const uint32_t to = c->where == 1 ? 2 : 1;
    static const world_channel nobody = {.number = 1ull << 40};
    const hmx_status status =
        reassign(w, p, c->number != 0 ? c : &nobody, NULL, to, HMX_RESULT_FORCED, NULL);
    if (c->number == 0) {
        return is_status("forcing a closed channel", status, HMX_E_STATE);
    }
    hold(w, &c->pending.prefix);
    c->pending = (world_order){0};
    hold(w, &c->prefix);
    c->where = to;
    w->forced++;
    return is_status("on_reassign, forced", status, HMX_OK);
}

static inline int drain(world *w, const world_plugin *p)
{
    world_prefix *const oldest = oldest_held(w);
    static const world_prefix never = {.pool = 1, .len = 9, .bytes = {9, 9, 9}};
    const world_channel from = {.number = 1ull << 40, .where = oldest != NULL ? oldest->pool : 1};
    const hmx_status status =
        reassign(w, p, &from, NULL, HMX_NONE, HMX_RESULT_DRAINED, oldest != NULL ? oldest : &never);
    if (oldest == NULL) {
        return is_status("DRAINED of nothing", status, HMX_E_STATE);
    }
    *oldest = (world_prefix){0};
    return is_status("DRAINED", status, HMX_OK);
}

#endif
