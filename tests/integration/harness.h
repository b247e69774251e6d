/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * harness: a host for the integration tests: hashmux.so opened by the real loader, every call
 * through the guard. It keeps what a host keeps (clock, channels with cookie, pool and prefix, the
 * decisions of the last tick) and nothing else. At the end of each test it_close finds every broken
 * rule and every byte that was not given back. What a farm does all day is in harness_farm.h.
 *
 * Criterion runs each test in a process of its own: one static it_host per test file is enough. */
#ifndef INTEGRATION_HARNESS_H
#define INTEGRATION_HARNESS_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "abi/hmx_abi.h"
#include "abi/hmx_metrics.h"
#include "abi/hmx_tuning.h"
#include "host_stub/guard/guard.h"
#include "host_stub/load/loader.h"

#define IT_SECOND           1000000000ull
#define IT_HASHES_PER_SHARE 4295032833.0 /* hashes behind one share of difficulty 1 */

#define IT_POOL(id, percentage, priority)                                                          \
    "[upstream." id "]\naddress = " id ".example\nport = 3333\npercentage = " percentage           \
    "\npriority = " priority "\n"
/* The split of the specification; the pools are upstreams 1, 2 and 3. */
#define IT_ABC IT_POOL("a", "60", "1") IT_POOL("b", "30", "2") IT_POOL("c", "10", "3")
/* Kp 1 alone: the controller's output is the error of the measurement. */
#define IT_KP_ALONE "[controller]\nkp = 1\nki = 0\nkd = 0\n"

enum { IT_A = 1, IT_B = 2, IT_C = 3, IT_D = 4 };
enum { IT_CHANNELS = 1200, IT_ROWS = 2048, IT_CAPACITY = 64, IT_TEXT = 8192, IT_AUDIT = 1 << 18 };

typedef struct it_channel {
    uint64_t channel;
    uint64_t cookie;
    uint32_t open;
    uint32_t upstream;
    double difficulty; /* of one share; the farm sends one per second */
    uint32_t prefix_len;
    uint8_t prefix[HMX_EXTRANONCE_MAX];
    uint64_t moved_ns; /* the last move that was applied */
} it_channel;

typedef struct it_options {
    uint64_t caps; /* 0 = all */
    uint64_t fail_alloc;
    int echo_zero_cookie;
    uint32_t extra_tail_bytes;
    uint32_t channels_max;
    uint32_t upstreams_max;
    uint32_t instance_index;
    uint32_t instance_count;
    uint32_t capacity;   /* decision rows per call, 0 = IT_CAPACITY */
    uint32_t renumbered; /* other channel numbers */
} it_options;

typedef struct it_host {
    hs_plugin plugin;
    hs_guard *guard;
    hmx_instance *self;
    const hmx_tuning_v1 *tuning;
    const hmx_metrics_v1 *metrics;
    it_options options;
    uint64_t now_ns;
    uint64_t ticked_ns;
    it_channel channels[IT_CHANNELS];
    uint32_t channel_count;          /* ever opened */
    hmx_decision decisions[IT_ROWS]; /* of the last tick */
    uint32_t decision_count;
    uint32_t tick_calls; /* that the last tick took */
    uint64_t moves;      /* applied */
    uint64_t plugin_faults;
    uint64_t host_faults;
    uint64_t host_faults_expected; /* a test that breaks a rule says how often */
    char fault[1024];              /* the first one of the plugin, else of the host */
    char log[IT_TEXT];
    char audit[IT_AUDIT]; /* lines, as many as fit; a test may empty it */
    size_t audit_len;
    uint32_t ticks_requested;
    char why[IT_TEXT];
    hmx_status created;
} it_host;

static inline void it_note_log(void *ctx, uint32_t level, const char *text, uint64_t len)
{
    it_host *const h = ctx;
    const size_t used = strlen(h->log);
    (void)level;
    if (used + len + 2 < sizeof h->log) {
        memcpy(h->log + used, text, len);
        h->log[used + len] = '\n';
    }
}

static inline void it_note_audit(void *ctx, const char *json, uint64_t len)
{
    it_host *const h = ctx;
    if (h->audit_len + len + 2 < sizeof h->audit) {
        memcpy(h->audit + h->audit_len, json, len);
        h->audit_len += len;
        h->audit[h->audit_len++] = '\n';
        h->audit[h->audit_len] = '\0';
    }
}

static inline void it_note_violation(void *ctx, enum hs_side side, const char *check,
                                     const char *text)
{
    it_host *const h = ctx;
    if (side == HS_SIDE_PLUGIN ? h->plugin_faults == 0 : h->host_faults + h->plugin_faults == 0) {
        snprintf(h->fault, sizeof h->fault, "%s: %s", check, text);
    }
    *(side == HS_SIDE_PLUGIN ? &h->plugin_faults : &h->host_faults) += 1;
}

static inline void it_note_request(void *ctx)
{
    ((it_host *)ctx)->ticks_requested++;
}

/* A place for the sentences of a refusal; they are in h->why afterwards. */
static inline hmx_text it_text(it_host *h)
{
    memset(h->why, 0, sizeof h->why);
    return (hmx_text){.size = sizeof(hmx_text), .data = h->why, .capacity = sizeof h->why};
}

static inline hmx_create_args it_args(const char *config, const it_options *o)
{
    hmx_create_args args = {
        .size = sizeof args,
        .config_text = {config, config != NULL ? strlen(config) : 0},
        .now_ns = 1000 * IT_SECOND,
        .unix_ms = 1700000000000ull,
        .channels_max = o->channels_max,
        .upstreams_max = o->upstreams_max,
        .instance_index = o->instance_index,
        .instance_count = o->instance_count,
    };
    for (size_t i = 0; i < sizeof args.seed; i++) {
        args.seed[i] = (uint8_t)(7 * i + 1);
    }
    return args;
}

/* Reads the upstream table: a host does it after create and after each reconfigure. */
static inline uint32_t it_table(it_host *h, hmx_upstream_info rows[HMX_UPSTREAMS_MAX])
{
    hmx_upstream_table table = {.size = sizeof table,
                                .stride = sizeof rows[0],
                                .capacity = HMX_UPSTREAMS_MAX,
                                .rows = rows};
    memset(rows, 0, HMX_UPSTREAMS_MAX * sizeof rows[0]);
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        rows[i].size = sizeof rows[i];
    }
    cr_assert_eq(hs_guard_upstreams(h->guard, &table), HMX_OK);
    return table.count;
}

/* Loads and creates; h->created is create's answer. Call it_close or it_end whatever it is. */
static inline void it_try(it_host *h, const char *config, const it_options *options)
{
    char why[1024] = "";
    memset(h, 0, sizeof *h);
    h->options = options != NULL ? *options : (it_options){0};
    h->options.caps = h->options.caps != 0 ? h->options.caps : HMX_CAP_KNOWN;
    h->options.capacity = h->options.capacity != 0 ? h->options.capacity : (uint32_t)IT_CAPACITY;
    const hs_load_options load = hs_loader_defaults();
    cr_assert_eq(hs_loader_open(HMX_HASHMUX_SO, &load, &h->plugin, why, sizeof why), HS_LOAD_OK,
                 "%s", why);
    const hs_guard_options guard = {
        .caps = h->options.caps,
        .fail_alloc = h->options.fail_alloc,
        .echo_zero_cookie = h->options.echo_zero_cookie,
        .extra_tail_bytes = h->options.extra_tail_bytes,
        .log = it_note_log,
        .audit = it_note_audit,
        .violation = it_note_violation,
        .request_tick = it_note_request,
        .ctx = h,
    };
    hmx_create_args args = it_args(config, &h->options);
    hmx_text text = it_text(h);
    args.why = &text;
    h->now_ns = h->ticked_ns = args.now_ns;
    h->guard = hs_guard_new(&h->plugin, &args, &guard, &h->created);
    cr_assert_not_null(h->guard);
    h->self = hs_guard_instance(h->guard);
    if (h->self != NULL) {
        h->tuning = hs_guard_extension(h->guard, HMX_TUNING_ID);
        h->metrics = hs_guard_extension(h->guard, HMX_METRICS_ID);
        cr_assert(h->tuning != NULL && h->metrics != NULL);
    }
}

static inline void it_open_with(it_host *h, const char *config, const it_options *options)
{
    hmx_upstream_info rows[HMX_UPSTREAMS_MAX];
    it_try(h, config, options);
    cr_assert_eq(h->created, HMX_OK, "%s", h->why);
    it_table(h, rows);
}

static inline void it_open(it_host *h, const char *config)
{
    it_open_with(h, config, NULL);
}

/* Destroys and checks that nothing is left and that nobody broke a rule. */
static inline void it_close(it_host *h)
{
    hs_guard_destroy(h->guard);
    const uint64_t bytes = hs_guard_live_bytes(h->guard);
    const uint64_t blocks = hs_guard_live_blocks(h->guard);
    hs_guard_delete(h->guard);
    hs_loader_close(&h->plugin);
    cr_assert(bytes == 0 && blocks == 0, "%llu bytes are left", (unsigned long long)bytes);
    cr_assert_eq(h->plugin_faults, 0, "%s", h->fault);
    cr_assert_eq(h->host_faults, h->host_faults_expected, "host: %s", h->fault);
}

static inline hmx_event it_event(it_host *h, size_t size)
{
    return hs_guard_event(h->guard, size, h->now_ns);
}

static inline void it_advance(it_host *h, double seconds)
{
    h->now_ns += (uint64_t)(seconds * 1e9);
}

/* ---- pools ---- */
static inline hmx_upstream_event it_upstream(it_host *h, uint32_t upstream, uint32_t state)
{
    return (hmx_upstream_event){.event = it_event(h, sizeof(hmx_upstream_event)),
                                .upstream = upstream,
                                .state = state,
                                .has_job = state == HMX_UPSTREAM_UP ? HMX_YES : HMX_UNKNOWN,
                                .version_rolling = HMX_YES,
                                .fixed_version = HMX_NO};
}

static inline void it_state(it_host *h, uint32_t upstream, uint32_t state)
{
    const hmx_upstream_event e = it_upstream(h, upstream, state);
    cr_assert_eq(hs_guard_on_upstream(h->guard, &e), HMX_OK);
}

static inline void it_up(it_host *h, uint32_t upstream)
{
    it_state(h, upstream, HMX_UPSTREAM_UP);
}

static inline void it_down(it_host *h, uint32_t upstream)
{
    it_state(h, upstream, HMX_UPSTREAM_DOWN);
}

static inline void it_all_up(it_host *h, uint32_t count)
{
    for (uint32_t i = 1; i <= count; i++) {
        it_up(h, i);
    }
}

/* Up, with an extranonce space: prefix bytes `first`, first + 1, ... */
static inline void it_up_space(it_host *h, uint32_t upstream, uint8_t first, uint32_t prefix_len,
                               uint32_t size)
{
    hmx_upstream_event e = it_upstream(h, upstream, HMX_UPSTREAM_UP);
    e.extranonce_prefix_len = prefix_len;
    e.extranonce_size = size;
    for (uint32_t i = 0; i < prefix_len; i++) {
        e.extranonce_prefix[i] = (uint8_t)(first + i);
    }
    cr_assert_eq(hs_guard_on_upstream(h->guard, &e), HMX_OK);
}

/* The target of a difficulty, nearly: its first 32 bits. */
static inline void it_target_of(double difficulty, uint8_t target[32])
{
    uint32_t at = 22;
    double value = 65535.0 * 65536.0 * 65536.0 / difficulty; /* in units of 2^176 */
    memset(target, 0, 32);
    for (; value >= 4294967296.0; at++) {
        value /= 256.0;
    }
    for (uint32_t i = 0; i < 4; i++) {
        target[at + i] = (uint8_t)((uint64_t)value >> (8 * i));
    }
}

/* ---- channels: named by their index, in order of opening ---- */
static inline double it_hashrate(double difficulty)
{
    return difficulty * IT_HASHES_PER_SHARE; /* one share per second */
}

/* A standard channel whose miner finds one share of `difficulty` per second. */
static inline hmx_channel_open it_channel_event(it_host *h, double difficulty)
{
    const uint64_t n = h->channel_count;
    return (hmx_channel_open){.event = it_event(h, sizeof(hmx_channel_open)),
                              .channel = h->options.renumbered ? 5000000 - 7 * n : n + 1,
                              .connection = n + 1,
                              .kind = HMX_CHANNEL_STANDARD,
                              .honours_prefix = HMX_YES,
                              .nominal_hashrate = it_hashrate(difficulty)};
}

/* Opens it as the event says, in a place that is free. */
static inline it_channel *it_channel_at(it_host *h, uint32_t index, const hmx_channel_open *e)
{
    hmx_channel_decision d = {.size = sizeof d};
    cr_assert_eq(hs_guard_on_channel_open(h->guard, e, &d), HMX_OK);
    it_channel *const c = &h->channels[index];
    *c = (it_channel){.channel = e->channel,
                      .cookie = d.cookie,
                      .open = 1,
                      .upstream = d.action == HMX_ACTION_ASSIGN ? d.upstream : HMX_NONE,
                      .difficulty = e->nominal_hashrate / IT_HASHES_PER_SHARE,
                      .prefix_len = d.extranonce_prefix_len};
    memcpy(c->prefix, d.extranonce_prefix, sizeof c->prefix);
    return c;
}

/* Opens it as the event says; returns its index. */
static inline uint32_t it_channel_with(it_host *h, const hmx_channel_open *e)
{
    cr_assert_lt(h->channel_count, IT_CHANNELS);
    it_channel_at(h, h->channel_count, e);
    return h->channel_count++;
}

static inline uint32_t it_channel_of(it_host *h, double difficulty)
{
    const hmx_channel_open e = it_channel_event(h, difficulty);
    return it_channel_with(h, &e);
}

static inline void it_channels(it_host *h, uint32_t count, double difficulty)
{
    for (uint32_t i = 0; i < count; i++) {
        it_channel_of(h, difficulty);
    }
}

static inline void it_close_channel(it_host *h, uint32_t index)
{
    it_channel *const c = &h->channels[index];
    const hmx_channel_close e = {.event = it_event(h, sizeof e),
                                 .channel = c->channel,
                                 .cookie = c->cookie,
                                 .reason = HMX_CLOSE_PEER};
    cr_assert_eq(hs_guard_on_channel_close(h->guard, &e), HMX_OK);
    c->open = 0;
}

static inline uint32_t it_count_on(const it_host *h, uint32_t upstream)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < h->channel_count; i++) {
        count += h->channels[i].open && h->channels[i].upstream == upstream;
    }
    return count;
}

/* Does one prefix begin with the other? Then two miners are in one search space. */
static inline int it_meets(const it_channel *a, const it_channel *b)
{
    const uint32_t len = a->prefix_len < b->prefix_len ? a->prefix_len : b->prefix_len;
    return memcmp(a->prefix, b->prefix, len) == 0;
}

static inline hmx_share it_share_event(it_host *h, uint32_t index, uint32_t upstream,
                                       uint32_t verdict, uint32_t count, double work)
{
    return (hmx_share){.event = it_event(h, sizeof(hmx_share)),
                       .channel = h->channels[index].channel,
                       .cookie = h->channels[index].cookie,
                       .upstream = upstream,
                       .verdict = verdict,
                       .count = count,
                       .work = work};
}

static inline void it_share(it_host *h, uint32_t index, uint32_t upstream, uint32_t verdict,
                            uint32_t count, double work)
{
    const hmx_share e = it_share_event(h, index, upstream, verdict, count, work);
    cr_assert_eq(hs_guard_on_share(h->guard, &e), HMX_OK);
}

/* Sent to the channel's pool and accepted there at once. */
static inline void it_paid(it_host *h, uint32_t index, uint32_t count, double work)
{
    const uint32_t upstream = h->channels[index].upstream;
    it_share(h, index, upstream, HMX_SHARE_SUBMITTED, count, work);
    it_share(h, index, upstream, HMX_SHARE_ACCEPTED, count, work);
}
#endif
