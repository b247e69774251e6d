/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * core_shares: shares and verdicts, as the host reports them (see core.h).
 */
#include "plugin/core/core.h"

/* What the estimator will see: work that the miner did, whoever was paid for it. */
static void note_on_channel(hm_core *core, const hm_late_share *share)
{
    hm_channels *const c = &core->assignment.channels;
    hm_channel_hot *hot = share->expected;
    if (hot == NULL || hot->channel != share->channel || hot->generation != share->generation) {
        const uint32_t slot = hm_channels_look_up(c, share->channel);
        if (slot == HM_SLOT_NONE) {
            return;
        }
        hot = hm_hot(c, slot);
    }
    if (share->verdict != HMX_SHARE_ACCEPTED) {
        hot->work += share->work;
        hot->count =
            share->count > UINT32_MAX - hot->count ? UINT32_MAX : hot->count + share->count;
    } else if (share->upstream == hot->upstream) {
        hot->marks &= ~(uint32_t)HM_MARK_UNCONFIRMED;
    }
}

void hm_core_write_late_shares(hm_core *core)
{
    if (core->late_count == 0) {
        return;
    }
    for (uint64_t i = 0; i < HM_LATE_SHARES; i++) {
        hm_late_share *const share = &core->late[(core->late_count + i) % HM_LATE_SHARES];
        if (share->channel != 0) {
            note_on_channel(core, share);
            share->channel = 0;
        }
    }
    HM_MUST(hm_core_alarm(core), core->late[0].channel == 0);
    core->late_count = 0;
}

/* Asks for the channel's record, and takes its place among the late ones. */
static void note_later(hm_core *core, const hm_share_facts *share)
{
    hm_late_share *const place = &core->late[core->late_count % HM_LATE_SHARES];
    /* Not in a function of its own: gcc takes one that only prefetches for one without effect. */
    hm_channel_hot *const expected =
        hm_channels_expected(&core->assignment.channels, share->cookie);
    __builtin_prefetch(expected, 1);
    if (place->channel != 0) {
        note_on_channel(core, place);
    }
    *place = (hm_late_share){.channel = share->channel,
                             .expected = expected,
                             .generation = (uint32_t)(share->cookie >> 32),
                             .work = share->work,
                             .upstream = share->upstream,
                             .verdict = share->verdict,
                             .count = share->count};
    core->late_count++;
}

/* A stale share of a channel that has left for another pool is the move's doing, not the old
 * pool's. */
static int is_excused(const hm_core *core, const hm_share_facts *share)
{
    if (share->verdict != HMX_SHARE_REJECTED_STALE) {
        return 0;
    }
    const hm_channels *const c = &core->assignment.channels;
    const uint32_t slot = hm_channels_find(c, share->channel, share->cookie);
    return slot == HM_SLOT_NONE || hm_hot(c, slot)->upstream != share->upstream;
}

/* What the pool said of a share that was forwarded, or that nobody can say anything any more. */
static void note_verdict(hm_core *core, const hm_share_facts *share, hm_ledger_answer answer)
{
    hm_health *const health = &core->health[share->upstream - 1u];
    const int takes_back = core->config->controller.measure_on_accepted != 0;
    hm_ledger_verdict(&core->ledger, share->upstream, share->credit, answer, core->now_ns,
                      takes_back);
    if (share->verdict == HMX_SHARE_LOST) {
        return;
    }
    hm_metrics_verdict(&core->counts[share->upstream - 1u], share->credit,
                       answer == HM_ANSWER_ACCEPTED);
    if (answer == HM_ANSWER_EXCUSED) {
        hm_health_answered(health);
    } else {
        hm_health_verdict(health, share->count, answer == HM_ANSWER_ACCEPTED);
    }
}

/* The account of the pool's work. */
static void book(hm_core *core, const hm_share_facts *share)
{
    switch (share->verdict) {
    case HMX_SHARE_SUBMITTED:
        hm_ledger_submitted(&core->ledger, share->upstream, share->credit, share->count,
                            core->now_ns);
        hm_ledger_credit(&core->ledger, share->upstream, share->work, share->count);
        hm_health_forwarded(&core->health[share->upstream - 1u], share->count, core->now_ns);
        return;
    case HMX_SHARE_NOT_FORWARDED:
        hm_ledger_credit(&core->ledger, share->upstream, share->work, share->count);
        return;
    case HMX_SHARE_ACCEPTED:
        note_verdict(core, share, HM_ANSWER_ACCEPTED);
        return;
    case HMX_SHARE_LOST:
        note_verdict(core, share, HM_ANSWER_EXCUSED);
        return;
    default:
        note_verdict(core, share, is_excused(core, share) ? HM_ANSWER_EXCUSED : HM_ANSWER_REJECTED);
    }
}

void hm_core_share(hm_core *core, const hm_share_facts *share)
{
    hm_share_counts *const counts = &core->counts[share->upstream - 1u];
    if (share->verdict >= HMX_SHARE_REJECTED_STALE && share->local) {
        hm_metrics_add(counts, HM_TALLY_LOCAL, share->count, share->work);
        return;
    }
    hm_metrics_add(counts, share->verdict, share->count, share->work);
    book(core, share);
    if (share->verdict <= HMX_SHARE_NOT_FORWARDED) {
        note_later(core, share);
    }
}

void hm_core_withdraw_overdue(hm_core *core)
{
    const int takes_back = core->config->controller.measure_on_accepted != 0;
    for (uint32_t i = 0; i < core->upstreams.top; i++) {
        (void)hm_ledger_overdue(&core->ledger, i + 1u, core->now_ns, takes_back);
    }
}
