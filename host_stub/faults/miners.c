/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "host_stub/faults/state.h"

void hs_fault_miner_plain(hs_fault_miner *m)
{
    const int extended = m->facts.connection % 3 == 0;
    m->facts = (hmx_channel_open){
        .connection = m->facts.connection,
        .kind = extended ? HMX_CHANNEL_EXTENDED : HMX_CHANNEL_STANDARD,
        .honours_prefix = HMX_YES,
        .min_extranonce_size = extended ? 4 : 0,
        .extranonce_size = extended ? 4 : 0,
        .nominal_hashrate = m->rate * 4295032833.0,
        .user_identity = {m->identity, strlen(m->identity)},
        .vendor = {"maker", 5},
    };
    m->silent_s = 0;
    m->bad = m->odd = 0;
}

void hs_fault_miner_init(hs_fault_farm *f, uint32_t index)
{
    hs_fault_miner *const m = &f->miners[index];
    memset(m, 0, sizeof *m);
    m->rate = 1000.0 * hs_fault_between(&f->rng, 10, 50);
    m->back_s = hs_fault_between(&f->rng, 1, 60);
    (void)snprintf(m->identity, sizeof m->identity, "farm.m%02u", (unsigned)(index % 100u));
    m->facts.connection = index + 1;
    hs_fault_miner_plain(m);
}

uint64_t hs_fault_cookie(hs_fault_farm *f, const hs_fault_miner *m)
{
    return hs_fault_chance(&f->manner, f->zero_cookies) ? 0 : m->cookie;
}

static void put(hs_fault_farm *f, hs_fault_miner *m, uint32_t upstream)
{
    hs_fault_pool *const from = hs_fault_pool_of(f, m->where);
    hs_fault_pool *const to = hs_fault_pool_of(f, upstream);
    if (m->channel != 0 && from != NULL) {
        from->channels--;
    }
    m->where = upstream;
    if (to != NULL) {
        to->channels++;
    }
}

void hs_fault_void(hs_fault_farm *f, hs_fault_miner *m)
{
    f->perhaps_expired +=
        m->pending.decision != 0 && f->link.now_ns > m->pending.valid_until_ns ? 1u : 0u;
    m->pending.decision = m->late.decision = 0;
}

void hs_fault_connect(hs_fault_farm *f, hs_fault_miner *m)
{
    hmx_channel_decision answer;
    hmx_channel_open e = m->facts;
    e.channel = ++f->last_channel;
    m->where = HMX_NONE;
    m->channel = 0;
    m->pending.decision = m->late.decision = 0;
    m->back_s = 0;
    const hmx_status status = hs_link_open(&f->link, &e, &answer);
    hs_fault_answered(f, "on_channel_open", status, HMX_OK, HMX_OK);
    hs_fault_hear(f, &answer, sizeof answer);
    if (status < 0) {
        return;
    }
    m->cookie = answer.cookie;
    put(f, m, answer.action == HMX_ACTION_ASSIGN ? answer.upstream : (uint32_t)HMX_NONE);
    m->channel = e.channel;
    m->prefix_len = answer.extranonce_prefix_len;
    memcpy(m->prefix, answer.extranonce_prefix, sizeof m->prefix);
}

void hs_fault_disconnect(hs_fault_farm *f, hs_fault_miner *m, uint32_t reason, uint64_t back_s)
{
    if (m->channel == 0) {
        return;
    }
    const hmx_status status = hs_link_close(&f->link, m->channel, hs_fault_cookie(f, m), reason);
    hs_fault_answered(f, "on_channel_close", status, HMX_OK, HMX_OK);
    hs_fault_drain(f, m, m->where, m->prefix, m->prefix_len);
    put(f, m, HMX_NONE);
    hs_fault_void(f, m);
    m->channel = 0;
    m->back_s = back_s;
}

void hs_fault_force(hs_fault_farm *f, hs_fault_miner *m, uint32_t to)
{
    static const uint8_t NOTHING[32];
    if (m->channel == 0) {
        return;
    }
    hmx_reassign e = {.channel = m->channel,
                      .cookie = hs_fault_cookie(f, m),
                      .from = m->where,
                      .to = to,
                      .result = HMX_RESULT_FORCED};
    const hmx_status status = hs_link_reassign(&f->link, &e, NOTHING, 0);
    hs_fault_answered(f, "on_reassign (forced)", status, HMX_OK, HMX_OK);
    f->forced++;
    hs_fault_void(f, m);
    if (to != m->where) {
        hs_fault_drain(f, m, m->where, m->prefix, m->prefix_len);
        put(f, m, to);
        m->prefix_len = 0;
    }
}

/* Devices that nobody asked for, until the plugin says that there are enough; then they go. */
void hs_fault_crowd(hs_fault_farm *f)
{
    uint64_t guests[HS_FAULT_MINERS + HS_FAULT_CROWD + 1];
    uint32_t open = 0;
    uint32_t count = 0;
    for (uint32_t i = 0; i < HS_FAULT_MINERS; i++) {
        open += f->miners[i].channel != 0;
    }
    const uint32_t room = HS_FAULT_MINERS + HS_FAULT_CROWD - open;
    for (uint32_t i = 0; i <= room; i++) {
        hmx_channel_decision answer;
        hmx_channel_open e = {.channel = ++f->last_channel,
                              .connection = 1000 + i,
                              .kind = HMX_CHANNEL_STANDARD,
                              .nominal_hashrate = 1e14};
        hs_fault_answered(f, "on_channel_open", hs_link_open(&f->link, &e, &answer),
                          i < room ? HMX_OK : HMX_E_LIMIT, HMX_OK);
        hs_fault_hear(f, &answer, sizeof answer);
        guests[count++] = e.channel;
    }
    for (uint32_t i = 0; i < count && !f->result->failed; i++) {
        hs_fault_answered(f, "on_channel_close",
                          hs_link_close(&f->link, guests[i], 0, HMX_CLOSE_PEER),
                          i < room ? HMX_OK : HMX_E_STATE, HMX_OK);
    }
}
