/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/validate/farm.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char HS_FARM_CONFIG[] =
    "[upstream.a]\naddress = a.example\nport = 3333\npercentage = 60\npriority = 1\n"
    "[upstream.b]\naddress = b.example\nport = 3333\npercentage = 30\npriority = 2\n"
    "[upstream.c]\naddress = c.example\nport = 3333\npercentage = 10\npriority = 3\n";

enum { DRAIN_SECONDS = 60, CHANNELS_MAX = 6 };

static void note(void *ctx, enum hs_side side, const char *check, const char *text)
{
    hs_farm *const farm = ctx;
    if (side == HS_SIDE_HOST) {
        if (farm->host_found++ == 0) {
            (void)snprintf(farm->host_text, sizeof farm->host_text, "%s: %s", check, text);
        }
        return;
    }
    if (farm->found++ == 0) {
        farm->first = check;
        (void)snprintf(farm->first_text, sizeof farm->first_text, "%s", text);
    }
    if (hs_farm_note(farm, check) == NULL && farm->note_count < HS_FARM_RULES) {
        farm->notes[farm->note_count].check = check;
        (void)snprintf(farm->notes[farm->note_count++].text, HS_FARM_NOTE, "%s", text);
    }
}

const char *hs_farm_note(const hs_farm *farm, const char *check)
{
    for (size_t i = 0; i < farm->note_count; i++) {
        if (strcmp(farm->notes[i].check, check) == 0) {
            return farm->notes[i].text;
        }
    }
    return NULL;
}

static void hear(hs_farm *farm, const void *data, size_t len)
{
    (void)crypto_generichash_update(&farm->answers, data, len);
}

/* What a hook answered: part of the answers; and was it a refusal? */
static hmx_status answered(hs_farm *farm, const char *hook, hmx_status status)
{
    hear(farm, &status, sizeof status);
    if (status < 0) {
        farm->refusals++;
        if (status != HMX_E_NOMEM && status != HMX_E_LIMIT && status != HMX_E_UNSUPPORTED) {
            farm->negative = status;
            farm->negative_hook = hook;
        }
    }
    return status;
}

/* The fact holds: the plugin took it, or has no hook to be told by. */
static int holds(hmx_status status)
{
    return status >= 0 || status == HMX_E_UNSUPPORTED;
}

int hs_farm_start(hs_farm *farm, hs_trial *trial, const hs_farm_options *options)
{
    char why[HS_TRIAL_TEXT];
    uint8_t seed[32];
    memset(farm, 0, sizeof *farm);
    farm->trial = trial;
    farm->options = *options;
    farm->negative_hook = "a hook";
    (void)crypto_generichash_init(&farm->answers, NULL, 0, HS_FARM_HASH);
    hs_rng_init(&farm->rng, options->seed, "validate", 0);
    for (size_t i = 0; i < sizeof seed; i++) {
        seed[i] = (uint8_t)(options->seed >> (8 * (i % 8)));
    }
    farm->link.now_ns = options->start_ns != 0 ? options->start_ns : HS_FARM_SECOND_NS;
    farm->link.unix_ms = UINT64_C(1700000000000);
    const char *const given =
        options->config_text != NULL ? options->config_text : trial->config_text;
    const hs_link_options link = {.config_text = given != NULL ? given : HS_FARM_CONFIG,
                                  .seed = seed,
                                  .channels_max = options->channels_max != 0 ? options->channels_max
                                                                             : CHANNELS_MAX,
                                  .upstreams_max = options->upstreams_max,
                                  .instance_index = options->instance_index,
                                  .instance_count = options->instance_count,
                                  .without = options->without & ~trial->plugin.descriptor.needs,
                                  .guard = {.caps = HMX_CAP_KNOWN,
                                            .fail_alloc = options->fail_alloc,
                                            .fail_all_after = options->fail_all_after,
                                            .echo_zero_cookie = options->zero_cookie,
                                            .extra_tail_bytes = options->extra_tail_bytes,
                                            .violation = note,
                                            .ctx = farm}};
    if (hs_link_start(&farm->link, &trial->plugin, &link, why, sizeof why) != 0) {
        if (options->fail_alloc == 0) {
            hs_trial_say(trial, HS_VERDICT_SKIP, "%s; --config gives it another configuration",
                         why);
        }
        return -1;
    }
    (void)answered(farm, "upstreams", hs_link_upstreams(&farm->link, &farm->table));
    hear(farm, farm->table.rows, farm->table.count * sizeof farm->table.rows[0]);
    return 0;
}

void hs_farm_stop(hs_farm *farm, uint8_t hash[HS_FARM_HASH])
{
    uint8_t last[HS_FARM_HASH];
    (void)hs_link_stop(&farm->link);
    (void)crypto_generichash_final(&farm->answers, last, sizeof last);
    if (hash != NULL) {
        memcpy(hash, last, sizeof last);
    }
}

void hs_farm_pass(hs_farm *farm, uint64_t seconds)
{
    farm->link.now_ns += seconds * HS_FARM_SECOND_NS;
    farm->link.unix_ms += seconds * 1000;
}

/* ---- pools ---- */

hmx_upstream_event hs_farm_pool(uint32_t upstream, uint32_t state)
{
    return (hmx_upstream_event){.upstream = upstream,
                                .state = state,
                                .reason = state == HMX_UPSTREAM_DOWN ? HMX_UPSTREAM_REASON_LOST
                                                                     : HMX_NONE,
                                .extranonce_size = upstream < 4 ? 10 - upstream : 8,
                                .extranonce_prefix_len = 2,
                                .has_job = HMX_YES,
                                .version_rolling = HMX_YES,
                                .fixed_version = HMX_NO,
                                .extranonce_prefix = {0xaa, (uint8_t)upstream},
                                .tip_prev_hash = {(uint8_t)upstream},
                                .tip_nbits = 0x1d00ffff};
}

hmx_status hs_farm_tell(hs_farm *farm, const hmx_upstream_event *facts)
{
    hmx_upstream_event e = *facts;
    e.event.flags = farm->options.event_flags;
    const hmx_status status = answered(farm, "on_upstream", hs_link_upstream(&farm->link, &e));
    if (holds(status)) {
        farm->pools[e.upstream] = e;
    }
    return status;
}

void hs_farm_all_up(hs_farm *farm)
{
    const uint32_t count = farm->table.count;
    for (uint32_t i = 0; i < count; i++) {
        const int last = count >= 3 && i == count - 1;
        const hmx_upstream_event e =
            hs_farm_pool(farm->table.rows[i].upstream, last ? HMX_UPSTREAM_DOWN : HMX_UPSTREAM_UP);
        (void)hs_farm_tell(farm, &e);
    }
}

/* ---- channels ---- */

hmx_channel_open hs_farm_device(uint64_t channel)
{
    const int deaf = channel == 8;
    const int extended = channel == 2 || channel == 3 || (channel > 4 && channel % 2 == 0);
    return (hmx_channel_open){.channel = channel,
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

hs_farm_channel *hs_farm_find(hs_farm *farm, uint64_t channel)
{
    for (uint32_t i = 0; i < HS_FARM_CHANNELS; i++) {
        if (farm->channels[i].channel == channel) {
            return &farm->channels[i];
        }
    }
    return NULL;
}

hmx_status hs_farm_open(hs_farm *farm, const hmx_channel_open *facts)
{
    hmx_channel_decision out;
    hmx_channel_open e = *facts;
    e.event.flags = farm->options.event_flags;
    const hmx_status status =
        answered(farm, "on_channel_open", hs_link_open(&farm->link, &e, &out));
    hear(farm, &out, sizeof out);
    if (e.channel > farm->last_channel) {
        farm->last_channel = e.channel;
    }
    hs_farm_channel *const c = hs_farm_find(farm, 0);
    if (status < 0 || c == NULL) {
        return status;
    }
    *c = (hs_farm_channel){.channel = e.channel, .cookie = out.cookie, .facts = e};
    if (out.action == HMX_ACTION_ASSIGN && out.upstream <= HMX_UPSTREAMS_MAX) {
        c->upstream = out.upstream;
        c->prefix_len = out.extranonce_prefix_len <= 32 ? out.extranonce_prefix_len : 0;
        memcpy(c->prefix, out.extranonce_prefix, sizeof c->prefix);
    }
    return status;
}

hmx_status hs_farm_open_next(hs_farm *farm)
{
    const hmx_channel_open e = hs_farm_device(farm->last_channel + 1);
    return hs_farm_open(farm, &e);
}

hmx_status hs_farm_change(hs_farm *farm, hmx_channel_update *facts)
{
    facts->event.flags = farm->options.event_flags;
    return answered(farm, "on_channel_update", hs_link_update(&farm->link, facts));
}

hmx_status hs_farm_update(hs_farm *farm, const hs_farm_channel *c, double hashrate)
{
    hmx_channel_update e = {.channel = c->channel,
                            .cookie = c->cookie,
                            .changed = HMX_FACT_NOMINAL_HASHRATE,
                            .nominal_hashrate = hashrate};
    return hs_farm_change(farm, &e);
}

/* The jobs of this prefix stay valid for a minute. */
static void drains(hs_farm *farm, const hs_farm_channel *c)
{
    if (c->prefix_len == 0 || (farm->options.without & HMX_CAP_DRAIN_REPORT) != 0) {
        return;
    }
    for (uint32_t i = 0; i < HS_FARM_DRAINING; i++) {
        hs_farm_draining *const d = &farm->draining[i];
        if (d->channel == 0) {
            *d = (hs_farm_draining){.channel = c->channel,
                                    .due_ns = farm->link.now_ns + DRAIN_SECONDS * HS_FARM_SECOND_NS,
                                    .upstream = c->upstream,
                                    .prefix_len = c->prefix_len};
            memcpy(d->prefix, c->prefix, sizeof d->prefix);
            return;
        }
    }
}

static void report_drained(hs_farm *farm)
{
    for (uint32_t i = 0; i < HS_FARM_DRAINING; i++) {
        hs_farm_draining *const d = &farm->draining[i];
        if (d->channel != 0 && d->due_ns <= farm->link.now_ns) {
            const hs_farm_channel *const c = hs_farm_find(farm, d->channel);
            /* HMX_E_STATE is an answer too: that it holds no such prefix. */
            const hmx_status status =
                hs_link_drained(&farm->link, d->channel, c != NULL ? c->cookie : 0, d->upstream,
                                d->prefix, d->prefix_len);
            (void)answered(farm, "on_reassign", status == HMX_E_STATE ? HMX_OK : status);
            d->channel = 0;
        }
    }
}

void hs_farm_close(hs_farm *farm, hs_farm_channel *c, uint32_t reason)
{
    (void)answered(farm, "on_channel_close",
                   hs_link_close(&farm->link, c->channel, c->cookie, reason));
    drains(farm, c);
    if (farm->late.decision.channel == c->channel) {
        farm->late.due_ns = 0;
    }
    c->channel = 0;
}

static void tell_share(hs_farm *farm, const hs_farm_channel *c, uint32_t verdict, uint32_t count)
{
    hmx_share e = {.event = {.flags = farm->options.event_flags},
                   .channel = c->channel,
                   .cookie = c->cookie,
                   .upstream = c->upstream,
                   .verdict = verdict,
                   .count = count,
                   .work = 65536.0 * count};
    (void)answered(farm, "on_share", hs_link_share(&farm->link, &e));
}

void hs_farm_share(hs_farm *farm, const hs_farm_channel *c, uint32_t verdict, uint32_t count)
{
    if (c->upstream == HMX_NONE || farm->pools[c->upstream].upstream == HMX_NONE) {
        return; /* it works nowhere, or for a pool that nobody told about */
    }
    if (verdict != HMX_SHARE_NOT_FORWARDED) {
        tell_share(farm, c, HMX_SHARE_SUBMITTED, count);
    }
    tell_share(farm, c, verdict, count);
}

/* ---- moves ---- */

static hmx_status reassign(hs_farm *farm, hmx_reassign *e, const uint8_t *prefix, uint32_t len)
{
    e->event.flags = farm->options.event_flags;
    return answered(farm, "on_reassign", hs_link_reassign(&farm->link, e, prefix, len));
}

void hs_farm_force(hs_farm *farm, hs_farm_channel *c, uint32_t to)
{
    static const uint8_t NOTHING[32];
    hmx_reassign e = {.channel = c->channel,
                      .cookie = c->cookie,
                      .from = c->upstream,
                      .to = to,
                      .result = HMX_RESULT_FORCED};
    if (farm->late.decision.channel == c->channel) {
        farm->late.due_ns = 0; /* void */
    }
    if (holds(reassign(farm, &e, NOTHING, 0)) && to != c->upstream) {
        drains(farm, c);
        c->upstream = to;
        c->prefix_len = 0;
    }
}

static void apply(hs_farm *farm, hs_farm_channel *c, const hmx_decision *d)
{
    hmx_reassign e = {.decision = d->decision,
                      .channel = d->channel,
                      .cookie = d->cookie,
                      .from = c->upstream,
                      .to = d->to,
                      .result = HMX_RESULT_APPLIED};
    if (holds(reassign(farm, &e, d->extranonce_prefix, d->extranonce_prefix_len))) {
        drains(farm, c);
        c->upstream = d->to;
        c->prefix_len = d->extranonce_prefix_len <= 32 ? d->extranonce_prefix_len : 0;
        memcpy(c->prefix, d->extranonce_prefix, sizeof c->prefix);
    }
}

/* Not applied: the channel stays. */
static void turn_down(hs_farm *farm, const hs_farm_channel *c, const hmx_decision *d,
                      uint32_t result)
{
    hmx_reassign e = {.decision = d->decision,
                      .channel = d->channel,
                      .cookie = d->cookie,
                      .from = c->upstream,
                      .to = c->upstream,
                      .result = result};
    (void)reassign(farm, &e, c->prefix, c->prefix_len);
}

/* Closes the channel, and the peer opens another one at once. */
static void reopen(hs_farm *farm, hs_farm_channel *c)
{
    hmx_channel_open e = c->facts;
    hs_farm_close(farm, c, HMX_CLOSE_REOPEN);
    e.channel = farm->last_channel + 1;
    e.current_upstream = HMX_NONE;
    e.extranonce_prefix_len = 0;
    (void)hs_farm_open(farm, &e);
}

static void carry_out(hs_farm *farm, const hmx_decision *d)
{
    hs_farm_channel *const c = d->channel != 0 ? hs_farm_find(farm, d->channel) : NULL;
    hear(farm, d, sizeof *d);
    farm->decisions++;
    if (farm->late.decision.channel == d->channel) {
        farm->late.due_ns = 0; /* there is a newer one */
    }
    if (c == NULL || farm->found > 0) {
        return; /* after a broken rule nobody knows what an answer would mean */
    }
    const uint32_t draw =
        farm->options.policy == HS_FARM_ANYTHING ? hs_rng_below(&farm->rng, 10) : 0;
    if (draw == 6 || draw == 7) {
        turn_down(farm, c, d, draw == 6 ? HMX_RESULT_REFUSED : HMX_RESULT_FAILED);
    } else if (draw == 8) {
        return; /* no answer at all */
    } else if (draw == 9 && farm->late.due_ns == 0) {
        farm->late = (hs_farm_late){*d, d->valid_until_ns + HS_FARM_SECOND_NS};
    } else if (d->style == HMX_STYLE_REOPEN) {
        reopen(farm, c);
    } else {
        apply(farm, c, d);
    }
}

/* An APPLIED that comes when nobody waits for it any more is a fact all the same. */
static void answer_late(hs_farm *farm)
{
    if (farm->late.due_ns == 0 || farm->late.due_ns > farm->link.now_ns) {
        return;
    }
    hs_farm_channel *const c = hs_farm_find(farm, farm->late.decision.channel);
    farm->late.due_ns = 0;
    /* Not so late that its prefix may have been given to another. */
    const int rests =
        farm->link.now_ns - farm->late.decision.valid_until_ns < DRAIN_SECONDS * HS_FARM_SECOND_NS;
    if (c != NULL && rests && farm->late.decision.style != HMX_STYLE_REOPEN &&
        c->upstream == farm->late.decision.from && farm->late.decision.channel != 0) {
        apply(farm, c, &farm->late.decision);
    }
}

void hs_farm_tick(hs_farm *farm)
{
    hs_link_tick tick = {.link = &farm->link};
    answer_late(farm);
    for (const hmx_decision *d; (d = hs_link_next(&tick)) != NULL;) {
        carry_out(farm, d);
    }
    report_drained(farm);
    if (farm->options.saves_often) {
        hs_farm_state state = {0};
        (void)hs_farm_save(farm, &state);
        hs_farm_state_free(&state);
    }
}

void hs_farm_tick_room(hs_farm *farm, uint32_t capacity)
{
    hmx_decision rows[4];
    hmx_decision_buf out;
    memset(rows, 0, sizeof rows);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        rows[i].size = sizeof rows[i];
    }
    capacity = capacity < 4 ? capacity : 4;
    const hmx_status status =
        answered(farm, "on_tick", hs_link_tick_once(&farm->link, rows, capacity, &out));
    for (uint32_t i = 0; status >= 0 && i < out.count && i < capacity; i++) {
        carry_out(farm, &rows[i]);
    }
}
