/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "host_stub/faults/state.h"

static hs_fault_miner *miner_of(hs_fault_farm *f, uint64_t channel)
{
    for (uint32_t i = 0; i < HS_FAULT_MINERS; i++) {
        if (channel != 0 && f->miners[i].channel == channel) {
            return &f->miners[i];
        }
    }
    return NULL;
}

static hmx_status say(hs_fault_farm *f, const hs_fault_miner *m, const hmx_decision *d,
                      uint32_t result)
{
    static const uint8_t NOTHING[32];
    const int applied = result == HMX_RESULT_APPLIED;
    hmx_reassign e = {.decision = d->decision,
                      .channel = m->channel,
                      .cookie = hs_fault_cookie(f, m),
                      .from = m->where,
                      .to = applied ? d->to : m->where,
                      .result = result};
    return hs_link_reassign(&f->link, &e, applied ? d->extranonce_prefix : NOTHING,
                            applied ? d->extranonce_prefix_len : 0);
}

static void settle(hs_fault_farm *f, hs_fault_miner *m, const hmx_decision *d)
{
    hs_fault_pool *const from = hs_fault_pool_of(f, m->where);
    hs_fault_pool *const to = hs_fault_pool_of(f, d->to);
    hs_fault_drain(f, m, m->where, m->prefix, m->prefix_len);
    if (from != NULL) {
        from->channels--;
    }
    if (to != NULL) {
        to->channels++;
    }
    m->where = d->to;
    m->prefix_len = d->extranonce_prefix_len;
    memcpy(m->prefix, d->extranonce_prefix, sizeof m->prefix);
}

static void answer(hs_fault_farm *f, hs_fault_miner *m, uint32_t result)
{
    const hmx_decision d = m->pending;
    m->pending.decision = 0;
    if (d.style == HMX_STYLE_REOPEN && result != HMX_RESULT_REFUSED) {
        hs_fault_disconnect(f, m, HMX_CLOSE_REOPEN,
                            f->second + hs_fault_between(&f->manner, 1, 20));
        return;
    }
    hs_fault_answered(f, "on_reassign", say(f, m, &d, result), HMX_OK, HMX_OK);
    f->refused += result == HMX_RESULT_REFUSED;
    if (result == HMX_RESULT_APPLIED) {
        settle(f, m, &d);
    } else if (result == HMX_RESULT_FAILED) { /* the miner may have seen it */
        hs_fault_drain(f, m, d.to, d.extranonce_prefix, d.extranonce_prefix_len);
    }
}

static void apply_late(hs_fault_farm *f, hs_fault_miner *m)
{
    const hmx_decision d = m->late;
    m->late.decision = 0;
    if (hs_fault_pool_of(f, d.to) == NULL) {
        return;
    }
    hs_fault_answered(f, "on_reassign (late)", say(f, m, &d, HMX_RESULT_APPLIED), HMX_OK, HMX_OK);
    hs_fault_void(f, m);
    settle(f, m, &d);
}

void hs_fault_answers(hs_fault_farm *f)
{
    for (uint32_t i = 0; i < HS_FAULT_MINERS; i++) {
        hs_fault_miner *const m = &f->miners[i];
        if (m->channel == 0) {
            continue;
        }
        if (m->pending.decision != 0 && m->answer_s != 0 && m->answer_s <= f->second &&
            f->link.now_ns <= m->pending.valid_until_ns) {
            answer(f, m, m->result);
        }
        if (m->channel != 0 && m->late.decision != 0 && m->late_s <= f->second) {
            apply_late(f, m);
        }
    }
}

/* A second answer to what was answered, and a second close: known to nobody, and no harm. */
void hs_fault_answer_twice(hs_fault_farm *f)
{
    hs_fault_miner *const m = &f->miners[hs_rng_below(&f->rng, HS_FAULT_MINERS)];
    if (m->channel == 0 || m->pending.decision != 0) {
        return;
    }
    const hmx_decision d = {.decision = f->decided + 1000000, .to = m->where};
    hs_fault_answered(f, "on_reassign (again)", say(f, m, &d, HMX_RESULT_REFUSED), HMX_E_STATE,
                      HMX_E_STATE);
    hs_fault_answered(f, "on_channel_close (again)",
                      hs_link_close(&f->link, f->last_channel + 1000, 0, HMX_CLOSE_PEER),
                      HMX_E_STATE, HMX_E_STATE);
}

/* What will become of it. */
static void plan_answer(hs_fault_farm *f, hs_fault_miner *m)
{
    const hs_fault_pool *const pool = hs_fault_pool_of(f, m->pending.to);
    const double draw = hs_rng_uniform(&f->manner);
    const uint32_t wait_s = hs_fault_between(&f->manner, 1, 12);
    double edge = pool != NULL ? pool->refuses : 0.0;
    m->answer_s = f->second;
    m->result = HMX_RESULT_APPLIED;
    if (pool == NULL || draw < edge) {
        m->result = HMX_RESULT_REFUSED;
    } else if (draw < (edge += pool->fails)) {
        m->result = HMX_RESULT_FAILED;
    } else if (draw < (edge += pool->late)) {
        m->answer_s = f->second + wait_s;
    } else if (draw < edge + pool->silent) {
        m->answer_s = 0;
        if (m->pending.style != HMX_STYLE_REOPEN && wait_s % 3 != 0) {
            m->late = m->pending; /* carried out all the same, when nobody waits any more */
            m->late_s = f->second + 17 + 2 * wait_s;
        }
    }
}

static void take(hs_fault_farm *f, const hmx_decision *d)
{
    hs_fault_miner *const m = miner_of(f, d->channel);
    hs_fault_hear(f, d, sizeof *d);
    f->decided++;
    f->result->decisions++;
    if (m == NULL) {
        hs_fault_broken(f, "decision %" PRIu64 " is about channel %" PRIu64 ", which is not open",
                        d->decision, d->channel);
        return;
    }
    if (m->pending.decision != 0) {
        hs_fault_broken(f, "decision %" PRIu64 " while %" PRIu64 " waits, about channel %" PRIu64,
                        d->decision, m->pending.decision, d->channel);
        return;
    }
    m->pending = *d;
    m->late.decision = 0;
    plan_answer(f, m);
}

void hs_fault_tick(hs_fault_farm *f)
{
    hs_link_tick tick = {.link = &f->link};
    for (uint32_t i = 0; i < HS_FAULT_MINERS; i++) {
        hs_fault_miner *const m = &f->miners[i];
        if (m->channel != 0 && m->pending.decision != 0 &&
            f->link.now_ns > m->pending.valid_until_ns) {
            m->pending.decision = 0;
            f->expired++;
        }
    }
    for (const hmx_decision *d; !f->result->failed && (d = hs_link_next(&tick)) != NULL;) {
        take(f, d);
    }
    hs_fault_answers(f);
}
