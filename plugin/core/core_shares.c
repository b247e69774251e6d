/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * core_shares: shares and verdicts, as the host reports them (see core.h).
 */
#include "plugin/base/rare.h"
#include "plugin/control/law.h"
#include "plugin/core/core.h"

/* The channel of a share whose cookie is not good; NULL = it is not open. */
HM_RARE static hm_channel_hot *without_cookie(const hm_channels *c, uint64_t channel)
{
    const uint32_t slot = hm_channels_look_up(c, channel);
    return slot == HM_SLOT_NONE ? NULL : hm_hot(c, slot);
}

/* What the estimator will see: work that the miner did, whoever was paid for it. */
static void note_on_channel(const hm_core *core, const hm_late_share *share)
{
    hm_channel_hot *hot = share->expected;
    if (hot == NULL || hot->channel != share->channel || hot->generation != share->cookie >> 32) {
        hot = without_cookie(&core->assignment.channels, share->channel);
        if (hot == NULL) {
            return;
        }
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
                             .cookie = share->cookie,
                             .work = share->work,
                             .count = share->count,
                             .upstream = (uint8_t)share->upstream,
                             .verdict = (uint8_t)share->verdict};
    core->late_count++;
}

static void say_bad(const hm_core *core, uint32_t slot, uint32_t upstream, int is_bad)
{
    hm_core_logf(core, is_bad ? HMX_LOG_WARN : HMX_LOG_INFO,
                 is_bad ? "channel %llu: upstream %s rejects its shares and not those of others: "
                          "bad, its hashrate counts as nothing"
                        : "channel %llu: its shares are accepted again by upstream %s",
                 (unsigned long long)hm_hot(&core->assignment.channels, slot)->channel,
                 core->upstreams.rows[upstream - 1u].id);
}

/* From now on the channel is to blame, also for what was held against the pool. */
static void condemn(hm_core *core, uint32_t slot, uint32_t upstream)
{
    const hm_blame *const blame = &hm_cold(&core->assignment.channels, slot)->blame;
    hm_ledger_excuse(&core->ledger, upstream, blame->rejected);
    hm_hot(&core->assignment.channels, slot)->marks |= HM_MARK_BAD;
    hm_assignment_set_hashrate(&core->assignment, slot, 0.0);
}

int hm_core_review_bad(hm_core *core, uint32_t slot)
{
    const hm_channels *const c = &core->assignment.channels;
    hm_blame *const blame = &hm_cold(c, slot)->blame;
    uint32_t *const marks = &hm_hot(c, slot)->marks;
    const int is_bad = hm_blame_review(blame, hm_estimate_of(c, slot)->reference, core->now_ns);
    const int is_news = !is_bad || (*marks & HM_MARK_BAD_SAID) == 0;
    if (is_bad) {
        *marks |= HM_MARK_BAD_SAID;
    } else {
        *marks &= ~(uint32_t)(HM_MARK_BAD | HM_MARK_BAD_SAID);
    }
    if (is_news && hm_upstreams_exists(&core->upstreams, blame->upstream)) {
        say_bad(core, slot, blame->upstream, is_bad);
    }
    return is_bad;
}

/* A pool rejected shares: whose fault is it? */
static hm_ledger_answer blame(hm_core *core, const hm_share_facts *share)
{
    const hm_channels *const c = &core->assignment.channels;
    const uint32_t slot = hm_channels_find(c, share->channel, share->cookie);
    if (slot == HM_SLOT_NONE || hm_hot(c, slot)->upstream != share->upstream) {
        /* A stale share of a channel that has left for another pool is the move's doing. */
        return share->verdict == HMX_SHARE_REJECTED_STALE ? HM_ANSWER_EXCUSED : HM_ANSWER_REJECTED;
    }
    const uint32_t i = share->upstream - 1u;
    const hm_blame_pool pool = {.submitted = core->ledger.accounts[i].provisional.submitted,
                                .rejected = core->counts[i].rejected_credit};
    hm_blame *const own = &hm_cold(c, slot)->blame;
    const double rate = hm_estimate_of(c, slot)->reference;
    hm_blame_note(own, share->upstream, share->credit, share->count, &pool, core->now_ns);
    hm_hot(c, slot)->marks |= hm_blame_is_suspect(own, rate, core->now_ns) ? HM_MARK_SUSPECT : 0;
    if ((hm_hot(c, slot)->marks & HM_MARK_BAD) == 0 && HM_LAW.blame &&
        hm_blame_is_bad(own, rate, &pool, core->now_ns)) {
        condemn(core, slot, share->upstream);
    }
    return (hm_hot(c, slot)->marks & HM_MARK_BAD) != 0 ? HM_ANSWER_EXCUSED : HM_ANSWER_REJECTED;
}

/* What the pool did not accept, or will say nothing of any more. */
static void note_refused(hm_core *core, const hm_share_facts *share, hm_ledger_answer answer)
{
    hm_health *const health = &core->health[share->upstream - 1u];
    hm_ledger_verdict(&core->ledger, share->upstream, share->credit, answer,
                      hm_core_takes_back(core));
    if (share->verdict != HMX_SHARE_LOST) {
        hm_metrics_verdict(&core->counts[share->upstream - 1u], share->credit, 0);
    }
    if (answer == HM_ANSWER_EXCUSED) {
        hm_health_excused(health, share->work, share->count);
    } else {
        hm_health_verdict(health, share->work, share->count,
                          share->verdict == HMX_SHARE_REJECTED_STALE ? HM_HEALTH_STALE
                                                                     : HM_HEALTH_REJECTED,
                          hm_core_lived_ns(core));
    }
}

void hm_core_share_refused(hm_core *core, const hm_share_facts *share)
{
    hm_share_counts *const counts = &core->counts[share->upstream - 1u];
    if (share->verdict >= HMX_SHARE_REJECTED_STALE && share->local) {
        hm_metrics_add(counts, HM_TALLY_LOCAL, share->count, share->work);
        return;
    }
    hm_metrics_add(counts, share->verdict, share->count, share->work);
    note_refused(core, share,
                 share->verdict == HMX_SHARE_LOST ? HM_ANSWER_EXCUSED : blame(core, share));
}

void hm_core_share(hm_core *core, const hm_share_facts *share)
{
    const uint32_t i = share->upstream - 1u;
    hm_metrics_add(&core->counts[i], share->verdict, share->count, share->work);
    if (share->verdict == HMX_SHARE_ACCEPTED) {
        hm_ledger_accepted(&core->ledger, share->upstream, share->credit, hm_core_takes_back(core));
        hm_metrics_verdict(&core->counts[i], share->credit, 1);
        hm_health_accepted(&core->health[i], share->work, share->count, hm_core_lived_ns(core));
    } else {
        if (share->verdict == HMX_SHARE_SUBMITTED) {
            hm_ledger_submitted(&core->ledger, share->upstream, share->credit, share->count);
            hm_health_forwarded(&core->health[i], share->work, share->squared, share->count,
                                hm_core_lived_ns(core));
        }
        hm_ledger_credit(&core->ledger, share->upstream, share->work, share->squared);
    }
    note_later(core, share);
}

void hm_core_expire_provisional(hm_core *core)
{
    for (uint32_t i = 0; i < core->upstreams.top; i++) {
        hm_ledger_expire(&core->ledger, i + 1u, core->now_ns, hm_core_takes_back(core));
    }
}
