/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/miner/core.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/json.h"
#include "host_stub/live/miner/shares.h"
#include "host_stub/live/miner/state.h"
#include "host_stub/sv2/codec.h"
#include "host_stub/sv2/work.h"

enum { VERSION = 2 };

hs_miner *hs_miner_new(const hs_miner_options *options, uint32_t first, uint32_t count,
                       const hs_miner_out *out, void *link)
{
    hs_miner *const miner = calloc(1, sizeof *miner);
    hs_miner_slot *const slots = calloc(count, sizeof *slots);
    if (miner == NULL || slots == NULL) {
        free(miner);
        free(slots);
        return NULL;
    }
    miner->options = options;
    miner->out = *out;
    miner->link = link;
    miner->factor = 1.0;
    miner->slots = slots;
    miner->slot_count = count;
    for (uint32_t i = 0; i < count; i++) {
        hs_miner_slot *const slot = &slots[i];
        slot->index = first + i;
        slot->extended = hs_miner_is_extended(options, slot->index);
        if (options->count > 1) {
            (void)snprintf(slot->name, sizeof slot->name, "%s.%u", options->name,
                           (unsigned)(options->first + slot->index));
        } else {
            (void)snprintf(slot->name, sizeof slot->name, "%s", options->name);
        }
    }
    return miner;
}

void hs_miner_free(hs_miner *miner)
{
    if (miner == NULL) {
        return;
    }
    for (uint32_t i = 0; i < miner->slot_count; i++) {
        free(miner->slots[i].pending);
    }
    free(miner->slots);
    hs_session_free(miner->session);
    free(miner);
}

int hs_miner_connected(hs_miner *miner, uint64_t now_ms)
{
    const hs_miner_options *const o = miner->options;
    hs_sv2_message m = {.id = HS_SV2_SETUP_CONNECTION};
    hs_sv2_setup_connection *const setup = &m.as.setup_connection;
    hs_session_step step;
    int standard_only = 1;
    miner->session = hs_session_new();
    if (miner->session == NULL) {
        return -1;
    }
    hs_session_set_flags(miner->session, HS_SESSION_TERSE);
    hs_session_set_time(miner->session, now_ms);
    miner->is_set_up = 0;
    for (uint32_t i = 0; i < miner->slot_count; i++) {
        standard_only = standard_only && !miner->slots[i].extended;
        miner->slots[i].state = HS_MINER_CLOSED;
        miner->slots[i].open_at_ms = now_ms;
    }
    setup->min_version = VERSION;
    setup->max_version = VERSION;
    setup->flags = (standard_only ? (uint32_t)HS_SV2_REQUIRES_STANDARD_JOBS : 0U) |
                   (o->roll_version ? (uint32_t)HS_SV2_REQUIRES_VERSION_ROLLING : 0U);
    setup->endpoint_host = hs_sv2_bytes_of(o->host);
    setup->endpoint_port = o->port;
    setup->vendor = hs_sv2_bytes_of("hashmux");
    setup->hardware_version = hs_sv2_bytes_of("test device");
    setup->firmware = hs_sv2_bytes_of(o->ignore_prefix ? "ignores prefixes" : "follows prefixes");
    setup->device_id = hs_sv2_bytes_of(miner->slots[0].name);
    (void)hs_miner_emit(miner, &m, &step);
    return 0;
}

void hs_miner_lost(hs_miner *miner)
{
    for (uint32_t i = 0; i < miner->slot_count; i++) {
        hs_miner_slot *const slot = &miner->slots[i];
        slot->counts.cut_off += slot->pending_count;
        slot->pending_count = 0;
        slot->state = HS_MINER_CLOSED;
        slot->credit = 0.0;
    }
    hs_session_free(miner->session);
    miner->session = NULL;
    miner->is_set_up = 0;
}

static void open_channel(hs_miner *miner, hs_miner_slot *slot)
{
    hs_sv2_message m = {.id = slot->extended ? HS_SV2_OPEN_EXTENDED : HS_SV2_OPEN_STANDARD};
    hs_session_step step;
    m.as.open.request_id = ++miner->last_request;
    m.as.open.user_identity = hs_sv2_bytes_of(slot->name);
    m.as.open.nominal_hash_rate =
        (float)(hs_miner_nominal_of(miner->options, slot->index) * miner->factor);
    m.as.open.max_target = hs_sv2_target_of(miner->options->least_hashes);
    m.as.open.min_extranonce_size = slot->extended ? miner->options->min_extranonce : 0;
    if (hs_miner_emit(miner, &m, &step) == 0) {
        slot->state = HS_MINER_ASKED;
        slot->request_id = miner->last_request;
    }
}

static void tell_rates(hs_miner *miner)
{
    for (uint32_t i = 0; miner->options->tell_rate && i < miner->slot_count; i++) {
        const hs_miner_slot *const slot = &miner->slots[i];
        hs_sv2_message m = {.id = HS_SV2_UPDATE_CHANNEL};
        hs_session_step step;
        if (slot->state == HS_MINER_OPEN) {
            m.as.update_channel.channel_id = slot->channel_id;
            m.as.update_channel.nominal_hash_rate =
                (float)(hs_miner_nominal_of(miner->options, slot->index) * miner->factor);
            m.as.update_channel.maximum_target = hs_sv2_target_of(miner->options->least_hashes);
            (void)hs_miner_emit(miner, &m, &step);
        }
    }
}

void hs_miner_advance(hs_miner *miner, uint64_t now_ms)
{
    const uint64_t elapsed_ms = now_ms - miner->advanced_ms;
    miner->advanced_ms = now_ms;
    miner->now_ms = now_ms;
    while (miner->changes_done < miner->options->change_count &&
           miner->options->changes[miner->changes_done].at_ms <= now_ms) {
        miner->factor *= miner->options->changes[miner->changes_done++].factor;
        if (miner->session != NULL) {
            tell_rates(miner);
        }
    }
    if (miner->session == NULL || !miner->is_set_up) {
        return;
    }
    hs_session_set_time(miner->session, now_ms);
    for (uint32_t i = 0; i < miner->slot_count && !miner->stopped; i++) {
        hs_miner_slot *const slot = &miner->slots[i];
        if (slot->state == HS_MINER_CLOSED && now_ms >= slot->open_at_ms) {
            open_channel(miner, slot);
        }
        if (slot->state == HS_MINER_OPEN) {
            hs_miner_hash(miner, slot, elapsed_ms);
        }
    }
}

void hs_miner_stop(hs_miner *miner)
{
    miner->stopped = 1;
}

/* Is its channel the one that is open now? */
static int is_awaited(const hs_miner_slot *slot, const hs_miner_share *share)
{
    return slot->state == HS_MINER_OPEN && share->channel_id == slot->channel_id;
}

size_t hs_miner_unanswered(const hs_miner *miner)
{
    size_t count = 0;
    for (uint32_t i = 0; i < miner->slot_count; i++) {
        for (size_t j = 0; j < miner->slots[i].pending_count; j++) {
            count += is_awaited(&miner->slots[i], &miner->slots[i].pending[j]) != 0;
        }
    }
    return count;
}

int hs_miner_is_mining(const hs_miner *miner)
{
    for (uint32_t i = 0; i < miner->slot_count; i++) {
        const hs_session_channel *const channel = hs_miner_view(miner, &miner->slots[i]);
        if (channel == NULL || hs_session_channel_active_job(channel) == NULL) {
            return 0;
        }
    }
    return 1;
}

int hs_miner_take_reconnect(hs_miner *miner, char *host, size_t host_size, uint16_t *port)
{
    if (miner->reconnect_port == 0) {
        return 0;
    }
    if (miner->reconnect_host[0] != '\0') {
        (void)snprintf(host, host_size, "%s", miner->reconnect_host);
    }
    *port = miner->reconnect_port;
    miner->reconnect_port = 0;
    return 1;
}

void hs_miner_settle(hs_miner *miner)
{
    for (uint32_t i = 0; i < miner->slot_count; i++) {
        hs_miner_slot *const slot = &miner->slots[i];
        for (size_t j = 0; j < slot->pending_count; j++) {
            if (is_awaited(slot, &slot->pending[j])) {
                slot->counts.unanswered++;
            } else {
                slot->counts.closed++;
            }
        }
        slot->pending_count = 0;
    }
}

uint64_t hs_miner_faults(const hs_miner *miner, const char **first)
{
    *first = miner->first_fault;
    return miner->faults;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static void add_rejects(hs_miner_counts *total, const hs_miner_rejects *more)
{
    for (int i = 0; more->count > 0 && i < HS_MINER_CODES_MAX; i++) {
        hs_miner_rejects *const row = &total->rejected[i];
        if (row->count == 0) {
            memcpy(row->code, more->code, sizeof row->code);
        }
        if (strcmp(row->code, more->code) == 0 || i == HS_MINER_CODES_MAX - 1) {
            row->count += more->count;
            return;
        }
    }
}

static void add(hs_miner_counts *total, const hs_miner_counts *more)
{
    total->hashes += more->hashes;
    total->submitted += more->submitted;
    total->accepted += more->accepted;
    total->work_accepted += more->work_accepted;
    total->stale_tip += more->stale_tip;
    total->stale_move += more->stale_move;
    total->stale_needless += more->stale_needless;
    total->stale_odd += more->stale_odd;
    total->stale_ms_most = larger(total->stale_ms_most, more->stale_ms_most);
    total->duplicates += more->duplicates;
    for (int i = 0; i < HS_MINER_CODES_MAX; i++) {
        add_rejects(total, &more->rejected[i]);
    }
    total->cut_off += more->cut_off;
    total->closed += more->closed;
    total->unanswered += more->unanswered;
    total->answer_ms_most = larger(total->answer_ms_most, more->answer_ms_most);
    total->opens += more->opens;
    total->open_errors += more->open_errors;
    total->jobs += more->jobs;
    total->tips += more->tips;
    total->targets += more->targets;
    total->moves_hard += more->moves_hard;
    total->moves_soft += more->moves_soft;
    total->firsts += more->firsts;
    total->first_ms_sum += more->first_ms_sum;
    total->first_ms_most = larger(total->first_ms_most, more->first_ms_most);
}

void hs_miner_add_counts(const hs_miner *miner, hs_miner_counts *total)
{
    for (uint32_t i = 0; i < miner->slot_count; i++) {
        add(total, &miner->slots[i].counts);
    }
}

static json_t *stale_json(const hs_miner_counts *c)
{
    json_t *const stale = json_object();
    hs_json_count(stale, "tip", c->stale_tip);
    hs_json_count(stale, "move", c->stale_move);
    hs_json_count(stale, "needless", c->stale_needless);
    hs_json_count(stale, "odd", c->stale_odd);
    hs_json_count(stale, "ms_most", c->stale_ms_most);
    return stale;
}

static json_t *moves_json(const hs_miner_counts *c)
{
    json_t *const moves = json_object();
    hs_json_count(moves, "hard", c->moves_hard);
    hs_json_count(moves, "soft", c->moves_soft);
    hs_json_count(moves, "first_accepts", c->firsts);
    hs_json_put(moves, "ms_to_first_accept",
                c->firsts > 0 ? json_real((double)c->first_ms_sum / (double)c->firsts)
                              : json_null());
    hs_json_count(moves, "ms_most", c->first_ms_most);
    return moves;
}

void hs_miner_put_counts(json_t *object, const hs_miner_counts *c)
{
    json_t *const rejected = json_object();
    for (int i = 0; i < HS_MINER_CODES_MAX && c->rejected[i].count > 0; i++) {
        hs_json_count(rejected, c->rejected[i].code, c->rejected[i].count);
    }
    hs_json_count(object, "hashes", c->hashes);
    hs_json_count(object, "submitted", c->submitted);
    hs_json_count(object, "accepted", c->accepted);
    hs_json_put(object, "work_accepted", json_real(c->work_accepted));
    hs_json_put(object, "hashes_accepted", json_real(hs_sv2_hashes_of(c->work_accepted)));
    hs_json_put(object, "stale", stale_json(c));
    hs_json_count(object, "duplicates", c->duplicates);
    hs_json_put(object, "rejected", rejected);
    hs_json_count(object, "cut_off", c->cut_off);
    hs_json_count(object, "closed", c->closed);
    hs_json_count(object, "unanswered", c->unanswered);
    hs_json_count(object, "answer_ms_most", c->answer_ms_most);
    hs_json_count(object, "opens", c->opens);
    hs_json_count(object, "open_errors", c->open_errors);
    hs_json_count(object, "jobs", c->jobs);
    hs_json_count(object, "tips", c->tips);
    hs_json_count(object, "targets", c->targets);
    hs_json_put(object, "moves", moves_json(c));
}

void hs_miner_put_channels(const hs_miner *miner, json_t *array)
{
    for (uint32_t i = 0; i < miner->slot_count; i++) {
        const hs_miner_slot *const slot = &miner->slots[i];
        json_t *const row = json_object();
        hs_json_text(row, "name", slot->name);
        hs_json_text(row, "kind", slot->extended ? "extended" : "standard");
        hs_json_put(row, "rate", json_real(hs_miner_rate_of(miner->options, slot->index)));
        hs_json_put(row, "nominal", json_real(hs_miner_nominal_of(miner->options, slot->index)));
        hs_miner_put_counts(row, &slot->counts);
        (void)json_array_append_new(array, row);
    }
}
