/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * guard_life: one plugin's life through the guard, as the tests of the guard tell it: three
 * upstreams (the third is down), channels of every kind, shares, ticks, moves, and the end. What
 * the guard reports on the way is noted by name. */
#ifndef TESTS_HOST_GUARD_LIFE_H
#define TESTS_HOST_GUARD_LIFE_H

#include <stdio.h>
#include <string.h>

#include "host_stub/guard/guard.h"
#include "host_stub/load/loader.h"

enum {
    NOTES_MAX = 256,
    LIFE_ROWS = 2,
    LIFE_CHANNELS = 4,
    LIFE_CHANNELS_MAX = 6,
    LIFE_DEAF = 8,
    LIFE_RETURNING = 9
};

typedef struct note {
    enum hs_side side;
    char check[48];
    char text[256];
} note;

typedef struct life {
    hs_plugin plugin;
    hs_guard *guard;
    hs_guard_options options;
    hmx_status created;
    uint64_t now_ns;
    uint64_t cookies[LIFE_CHANNELS_MAX + 4];
    uint32_t upstream[LIFE_CHANNELS_MAX + 4];
    uint64_t decisions; /* rows that ticks gave */
    int no_answer;      /* leave decisions unanswered */
    int note_count;
    note notes[NOTES_MAX];
} life;

static const char LIFE_CONFIG[] = "[upstream.a]\naddress = 127.0.0.1\nport = 3333\n"
                                  "percentage = 60\npriority = 1\n"
                                  "[upstream.b]\naddress = 127.0.0.1\nport = 3334\n"
                                  "percentage = 30\npriority = 2\n"
                                  "[upstream.c]\naddress = 127.0.0.1\nport = 3335\n"
                                  "percentage = 10\npriority = 3\n";

static inline void life_note(void *ctx, enum hs_side side, const char *check, const char *text)
{
    life *const l = ctx;
    if (l->note_count < NOTES_MAX) {
        note *const n = &l->notes[l->note_count++];
        n->side = side;
        snprintf(n->check, sizeof n->check, "%s", check);
        snprintf(n->text, sizeof n->text, "%s", text);
    }
}

/* How often the check was reported. */
static inline int life_count(const life *l, enum hs_side side, const char *check)
{
    int count = 0;
    for (int i = 0; i < l->note_count; i++) {
        count += l->notes[i].side == side && strcmp(l->notes[i].check, check) == 0;
    }
    return count;
}

/* The first report that is not of this check, or NULL. With check NULL: the first report. */
static inline const char *life_other(const life *l, enum hs_side side, const char *check)
{
    for (int i = 0; i < l->note_count; i++) {
        if (check == NULL || l->notes[i].side != side || strcmp(l->notes[i].check, check) != 0) {
            return l->notes[i].text;
        }
    }
    return NULL;
}

/* Loads build/lib/<name>.so; returns 0, or -1 with the reason printed. */
static inline int life_load(life *l, const char *name)
{
    char path[4096];
    char why[8192];
    const hs_load_options options = hs_loader_defaults();
    memset(l, 0, sizeof *l);
    l->options = (hs_guard_options){.caps = HMX_CAP_KNOWN, .violation = life_note, .ctx = l};
    l->now_ns = 1000000000u;
    snprintf(path, sizeof path, "%s/%s.so", HMX_LIB_DIR, name);
    if (hs_loader_open(path, &options, &l->plugin, why, sizeof why) != HS_LOAD_OK) {
        fprintf(stderr, "%s\n", why);
        return -1;
    }
    return 0;
}

static inline hmx_create_args life_args(const life *l)
{
    return (hmx_create_args){.size = sizeof(hmx_create_args),
                             .config_text = {LIFE_CONFIG, sizeof LIFE_CONFIG - 1},
                             .now_ns = l->now_ns,
                             .unix_ms = 1700000000000u,
                             .channels_max = LIFE_CHANNELS_MAX};
}

static inline void life_create(life *l)
{
    char reasons[256] = "";
    hmx_text why = {.size = sizeof why, .data = reasons, .capacity = sizeof reasons};
    hmx_create_args args = life_args(l);
    args.why = &why;
    l->guard = hs_guard_new(&l->plugin, &args, &l->options, &l->created);
}

static inline hmx_event life_event(life *l, size_t size)
{
    l->now_ns += 1000000000u;
    return hs_guard_event(l->guard, size, l->now_ns);
}

static inline hmx_status life_table(life *l)
{
    hmx_upstream_info rows[8];
    memset(rows, 0, sizeof rows);
    for (size_t i = 0; i < 8; i++) {
        rows[i].size = sizeof rows[i];
    }
    hmx_upstream_table table = {
        .size = sizeof table, .stride = sizeof rows[0], .capacity = 8, .rows = rows};
    return hs_guard_upstreams(l->guard, &table);
}

static inline hmx_upstream_event life_upstream_event(life *l, uint32_t upstream, uint32_t state)
{
    return (hmx_upstream_event){.event = life_event(l, sizeof(hmx_upstream_event)),
                                .upstream = upstream,
                                .state = state,
                                .extranonce_size = 10 - upstream,
                                .extranonce_prefix_len = 2,
                                .has_job = HMX_YES,
                                .version_rolling = HMX_YES,
                                .fixed_version = HMX_NO,
                                .extranonce_prefix = {0xaa, (uint8_t)upstream},
                                .tip_prev_hash = {(uint8_t)upstream},
                                .tip_nbits = 0x1d00ffff};
}

static inline hmx_status life_upstream(life *l, uint32_t upstream, uint32_t state)
{
    const hmx_upstream_event e = life_upstream_event(l, upstream, state);
    return hs_guard_on_upstream(l->guard, &e);
}

/* 1 and 4 standard, 2 extended, 3 extended on custom jobs; 4 may use upstream 2 only. 8 is extended
 * and deaf, and comes back as 9 when it is closed to be moved. */
static inline hmx_channel_open life_open_event(life *l, uint64_t channel)
{
    const int deaf = channel == LIFE_DEAF || channel == LIFE_RETURNING;
    const int extended = channel == 2 || channel == 3 || deaf;
    return (hmx_channel_open){.event = life_event(l, sizeof(hmx_channel_open)),
                              .channel = channel,
                              .connection = 10 + channel,
                              .kind = extended ? HMX_CHANNEL_EXTENDED : HMX_CHANNEL_STANDARD,
                              .honours_prefix = deaf ? HMX_NO : HMX_YES,
                              .flags = channel == 3 ? HMX_CHANNEL_FLAG_CUSTOM_JOBS : 0,
                              .min_extranonce_size = extended ? 4 : 0,
                              .extranonce_size = extended ? 4 : 0,
                              .nominal_hashrate = 2e14,
                              .upstreams_allowed = channel == 4 ? 2 : 0,
                              .user_identity = {"farm.rig", 8},
                              .vendor = {"maker", 5}};
}

static inline hmx_status life_open(life *l, uint64_t channel)
{
    const hmx_channel_open e = life_open_event(l, channel);
    hmx_channel_decision out = {.size = sizeof out};
    const hmx_status status = hs_guard_on_channel_open(l->guard, &e, &out);
    l->cookies[channel] = out.cookie;
    const int known = out.action == HMX_ACTION_ASSIGN && out.upstream >= 1 && out.upstream <= 3;
    l->upstream[channel] = known ? out.upstream : HMX_NONE;
    return status;
}

static inline hmx_share life_share_event(life *l, uint64_t channel, uint32_t verdict)
{
    return (hmx_share){.event = life_event(l, sizeof(hmx_share)),
                       .channel = channel,
                       .cookie = l->cookies[channel],
                       .upstream = l->upstream[channel] != 0 ? l->upstream[channel] : 1,
                       .verdict = verdict,
                       .count = 2,
                       .work = 2 * 65536.0};
}

static inline hmx_status life_share(life *l, uint64_t channel, uint32_t verdict)
{
    const hmx_share e = life_share_event(l, channel, verdict);
    return hs_guard_on_share(l->guard, &e);
}

static inline hmx_status life_reassign(life *l, const hmx_decision *d, uint32_t result)
{
    hmx_reassign e = {.event = life_event(l, sizeof e),
                      .decision = d->decision,
                      .channel = d->channel,
                      .cookie = d->cookie,
                      .from = d->from,
                      .to = result == HMX_RESULT_APPLIED ? d->to : d->from,
                      .result = result,
                      .extranonce_prefix_len = d->extranonce_prefix_len};
    memcpy(e.extranonce_prefix, d->extranonce_prefix, sizeof e.extranonce_prefix);
    return hs_guard_on_reassign(l->guard, &e);
}

static inline hmx_status life_close_for(life *l, uint64_t channel, uint32_t reason)
{
    const hmx_channel_close e = {.event = life_event(l, sizeof e),
                                 .channel = channel,
                                 .cookie = l->cookies[channel],
                                 .reason = reason};
    return hs_guard_on_channel_close(l->guard, &e);
}

static inline void life_carry_out(life *l, const hmx_decision *d)
{
    if (d->style == HMX_STYLE_REOPEN) {
        life_close_for(l, d->channel, HMX_CLOSE_REOPEN);
        life_open(l, LIFE_RETURNING);
        return;
    }
    life_reassign(l, d, HMX_RESULT_APPLIED);
    l->upstream[d->channel] = d->to;
}

static inline hmx_status life_tick(life *l)
{
    hmx_decision rows[LIFE_ROWS];
    memset(rows, 0, sizeof rows);
    for (size_t i = 0; i < LIFE_ROWS; i++) {
        rows[i].size = sizeof rows[i];
    }
    hmx_decision_buf out = {
        .size = sizeof out, .stride = sizeof rows[0], .capacity = LIFE_ROWS, .rows = rows};
    const hmx_tick e = {.event = life_event(l, sizeof e)};
    const hmx_status status = hs_guard_on_tick(l->guard, &e, &out);
    for (uint32_t i = 0; status >= 0 && i < out.count && i < LIFE_ROWS; i++) {
        l->decisions++;
        if (!l->no_answer && l->note_count == 0) {
            life_carry_out(l, &rows[i]);
        }
    }
    return status;
}

static inline hmx_status life_update(life *l, uint64_t channel)
{
    const hmx_channel_update e = {.event = life_event(l, sizeof e),
                                  .channel = channel,
                                  .cookie = l->cookies[channel],
                                  .changed = HMX_FACT_NOMINAL_HASHRATE,
                                  .nominal_hashrate = 1.5e14};
    return hs_guard_on_channel_update(l->guard, &e);
}

static inline hmx_status life_close(life *l, uint64_t channel)
{
    return life_close_for(l, channel, HMX_CLOSE_PEER);
}

static inline hmx_status life_fail_write(void *ctx, const void *data, uint64_t len)
{
    (void)ctx;
    (void)data;
    (void)len;
    return HMX_E_IO;
}

static inline void life_save(life *l)
{
    const hmx_writer to = {.size = sizeof to, .write = life_fail_write};
    (void)hs_guard_save(l->guard, &to);
}

/* The beginning: upstreams known and up, channels open. */
static inline void life_begin(life *l)
{
    life_table(l);
    life_upstream(l, 1, HMX_UPSTREAM_UP);
    life_upstream(l, 2, HMX_UPSTREAM_UP);
    life_upstream(l, 3, HMX_UPSTREAM_DOWN);
    for (uint64_t channel = 1; channel <= LIFE_CHANNELS; channel++) {
        life_open(l, channel);
    }
}

/* All of it. The guard is gone afterwards; returns its count of violations. */
static inline uint64_t life_run(life *l)
{
    life_create(l);
    if (l->created >= 0) {
        life_begin(l);
        life_table(l);
        for (uint64_t channel = 1; channel <= LIFE_CHANNELS; channel++) {
            life_share(l, channel, HMX_SHARE_SUBMITTED);
            life_share(l, channel, HMX_SHARE_ACCEPTED);
        }
        life_update(l, 1);
        life_tick(l);
        life_tick(l);
        life_save(l);
        (void)hs_guard_extension(l->guard, "hashmux.metrics/1");
        life_open(l, 5); /* up to the limit, and one beyond */
        life_open(l, 6);
        life_open(l, 7);
        life_upstream(l, 1, HMX_UPSTREAM_DOWN);
        life_tick(l);
        life_upstream(l, 1, HMX_UPSTREAM_UP);
        life_close(l, 2);
        life_close(l, 4);
        life_open(l, LIFE_DEAF);                   /* there is room again */
        life_share(l, 2, HMX_SHARE_NOT_FORWARDED); /* late news of a closed channel is legal */
        life_tick(l);
    }
    const uint64_t found = hs_guard_delete(l->guard);
    l->guard = NULL;
    hs_loader_close(&l->plugin);
    return found;
}

#endif
