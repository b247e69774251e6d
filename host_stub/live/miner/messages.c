/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What servers say to the mining devices: the session takes each message first, and what it finds
 * legal moves the devices on. */
#include <stdio.h>
#include <string.h>

#include "host_stub/live/miner/shares.h"
#include "host_stub/live/miner/state.h"
#include "host_stub/sv2/codec.h"

enum { AGAIN_MS = 1000 };

static void on_opened(hs_miner *miner, const hs_sv2_open_success *told)
{
    for (uint32_t i = 0; i < miner->slot_count; i++) {
        hs_miner_slot *const slot = &miner->slots[i];
        if (slot->state != HS_MINER_ASKED || slot->request_id != told->request_id) {
            continue;
        }
        slot->state = HS_MINER_OPEN;
        slot->channel_id = told->channel_id;
        slot->first_prefix = told->extranonce_prefix;
        slot->prefix = told->extranonce_prefix;
        slot->prefix_news = 0;
        memset(&slot->prev_hash, 0, sizeof slot->prev_hash);
        slot->awaits_first = 0;
        slot->last_sequence = 0;
        slot->credit = 0.0;
        slot->counts.opens++;
    }
}

static void on_open_error(hs_miner *miner, uint32_t request_id)
{
    for (uint32_t i = 0; i < miner->slot_count; i++) {
        hs_miner_slot *const slot = &miner->slots[i];
        if (slot->state == HS_MINER_ASKED && slot->request_id == request_id) {
            slot->state = HS_MINER_CLOSED;
            slot->open_at_ms = miner->now_ms + AGAIN_MS;
            slot->counts.open_errors++;
        }
    }
}

/* Of a channel or of a group: all that the session knows as closed now. */
static void on_closed(hs_miner *miner)
{
    for (uint32_t i = 0; i < miner->slot_count; i++) {
        hs_miner_slot *const slot = &miner->slots[i];
        if (slot->state == HS_MINER_OPEN && hs_miner_view(miner, slot) == NULL) {
            slot->state = HS_MINER_CLOSED;
            slot->open_at_ms = miner->now_ms + AGAIN_MS;
        }
    }
}

static void on_prefix(hs_miner *miner, const hs_sv2_set_extranonce_prefix *told)
{
    hs_miner_slot *const slot = hs_miner_slot_of(miner, told->channel_id);
    if (slot != NULL && !hs_prefix_equal(&slot->prefix, &told->extranonce_prefix)) {
        slot->prefix = told->extranonce_prefix;
        slot->prefix_news = 1;
        slot->prefix_at_ms = miner->now_ms;
    }
}

/* The first work with a new prefix is there. */
static void on_moved(hs_miner_slot *slot, uint64_t *moves)
{
    ++*moves;
    slot->prefix_news = 0;
    slot->awaits_first = 1;
}

static void on_job(hs_miner_slot *slot, int future)
{
    slot->counts.jobs++;
    if (!future && slot->prefix_news) {
        on_moved(slot, &slot->counts.moves_soft);
    }
}

static void on_tip(hs_miner *miner, hs_miner_slot *slot, const hs_sv2_u256 *prev_hash)
{
    slot->counts.tips++;
    hs_miner_mark_gone(miner, slot, prev_hash);
    if (slot->prefix_news) {
        on_moved(slot, &slot->counts.moves_hard);
    }
}

/* A legal message about the work of the channels that it addresses. */
static void on_work(hs_miner *miner, const hs_sv2_message *m)
{
    const hs_session_channel *channel = NULL;
    size_t at = 0;
    while ((channel = hs_session_addressed(miner->session, hs_sv2_channel_of(m), &at)) != NULL) {
        hs_miner_slot *const slot = hs_miner_slot_of(miner, channel->channel_id);
        if (slot == NULL) {
            continue;
        }
        if (m->id == HS_SV2_SET_NEW_PREV_HASH) {
            on_tip(miner, slot, &m->as.set_new_prev_hash.prev_hash);
        } else if (m->id == HS_SV2_SET_TARGET) {
            slot->counts.targets++;
        } else {
            on_job(slot, m->id == HS_SV2_NEW_MINING_JOB
                             ? !m->as.new_mining_job.min_ntime.present
                             : !m->as.new_extended_job.min_ntime.present);
        }
    }
}

static void on_reconnect(hs_miner *miner, const hs_sv2_reconnect *told)
{
    const uint32_t len = told->new_host.len;
    if (len <= HS_MINER_HOST_MAX && told->new_port > 0) {
        if (len > 0) {
            memcpy(miner->reconnect_host, told->new_host.data, len);
        }
        miner->reconnect_host[len] = '\0';
        miner->reconnect_port = (uint16_t)told->new_port;
    }
    miner->out.end(miner->link, "the server asked to reconnect");
}

static void take_legal(hs_miner *miner, const hs_sv2_message *m)
{
    switch (m->id) {
    case HS_SV2_SETUP_CONNECTION_SUCCESS:
        miner->is_set_up = 1;
        break;
    case HS_SV2_SETUP_CONNECTION_ERROR:
        miner->out.end(miner->link, "the server refused the connection's setup");
        break;
    case HS_SV2_OPEN_STANDARD_SUCCESS:
    case HS_SV2_OPEN_EXTENDED_SUCCESS:
        on_opened(miner, &m->as.open_success);
        break;
    case HS_SV2_OPEN_ERROR:
        on_open_error(miner, m->as.open_error.request_id);
        break;
    case HS_SV2_CLOSE_CHANNEL:
        on_closed(miner);
        break;
    case HS_SV2_SET_EXTRANONCE_PREFIX:
        on_prefix(miner, &m->as.set_extranonce_prefix);
        break;
    case HS_SV2_NEW_MINING_JOB:
    case HS_SV2_NEW_EXTENDED_JOB:
    case HS_SV2_SET_NEW_PREV_HASH:
    case HS_SV2_SET_TARGET:
        on_work(miner, m);
        break;
    case HS_SV2_RECONNECT:
        on_reconnect(miner, &m->as.reconnect);
        break;
    default:
        break;
    }
}

static void note_fault(hs_miner *miner, const char *name, const char *text)
{
    if (miner->faults++ == 0) {
        (void)snprintf(miner->first_fault, sizeof miner->first_fault, "%s: %.*s", name, 260, text);
    }
}

void hs_miner_frame(hs_miner *miner, const uint8_t *frame, size_t len, uint64_t now_ms)
{
    hs_sv2_message m;
    hs_sv2_error why;
    hs_session_step step;
    miner->now_ms = now_ms;
    if (miner->session == NULL) {
        return;
    }
    hs_session_set_time(miner->session, now_ms);
    if (hs_sv2_decode(frame, len, 0, &m, &why) != 0) {
        if (why.reason != HS_SV2_E_EXTENSION) {
            note_fault(miner, "a frame", why.text);
            miner->out.end(miner->link, "a frame that is none came");
        }
        return;
    }
    const int legal = hs_session_apply(miner->session, &m, &step) == 0;
    if (!legal) {
        note_fault(miner, hs_sv2_spec_of(m.id)->name, step.text);
        if (m.id == HS_SV2_OPEN_STANDARD_SUCCESS || m.id == HS_SV2_OPEN_EXTENDED_SUCCESS ||
            m.id == HS_SV2_SETUP_CONNECTION_SUCCESS) {
            miner->out.end(miner->link, "the server's answer breaks a rule");
        }
    }
    if (m.id == HS_SV2_SUBMIT_SUCCESS || m.id == HS_SV2_SUBMIT_ERROR) {
        hs_miner_answered(miner, &m, &step);
    } else if (legal) {
        take_legal(miner, &m);
    }
}
