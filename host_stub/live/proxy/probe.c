/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/proxy/probe.h"

#include "host_stub/base/text.h"
#include "host_stub/live/proxy/deaf.h"
#include "host_stub/live/proxy/plugin.h"
#include "host_stub/live/proxy/prefix.h"
#include "host_stub/live/proxy/rate.h"
#include "host_stub/live/proxy/serve.h"

#define MARGIN_NS (1000 * HS_PROXY_MS_NS)

void hs_proxy_probe_begin(hs_proxy_channel *channel, const hmx_decision *decision,
                          const hs_sv2_b032 *from_prefix, const hs_move_frames *frames)
{
    channel->probe = (hs_proxy_probe){.is_on = 1,
                                      .decision = decision->decision,
                                      .until_ns = decision->valid_until_ns,
                                      .is_soft = (int)frames->is_soft,
                                      .kind = decision->kind,
                                      .from = decision->from,
                                      .to = decision->to,
                                      .from_prefix = *from_prefix,
                                      .first_job = frames->job_id};
}

void hs_proxy_applied(hs_proxy *proxy, hs_proxy_channel *channel, uint64_t decision, uint32_t kind,
                      uint32_t from, int is_soft)
{
    if (kind == HMX_DECISION_MOVE) {
        char ths[32];
        hs_proxy_note(proxy, "moved channel %llu (%s TH/s) from %s to %s",
                      (unsigned long long)channel->number,
                      hs_format_fixed(ths, sizeof ths, channel->rate_hs / 1e12, 3),
                      hs_proxy_up_of(proxy, from) != NULL ? proxy->ups[from].row.id : "nowhere",
                      proxy->ups[channel->upstream].row.id);
        proxy->moves.applied++;
        *(is_soft ? &proxy->moves.soft : &proxy->moves.hard) += 1;
    } else {
        proxy->moves.renewed++;
    }
    /* The plugin may have given it up meanwhile: the channel works there all the same. */
    if (hs_proxy_tell_outcome(proxy, channel, decision, from, HMX_RESULT_APPLIED, 0) ==
        HMX_E_STATE) {
        (void)hs_proxy_tell_outcome(proxy, channel, 0, from, HMX_RESULT_FORCED, 0);
    }
}

/* The move is a fact for the plugin, whatever the peer turns out to be. */
static void apply(hs_proxy *proxy, hs_proxy_channel *channel)
{
    hs_proxy_probe *const probe = &channel->probe;
    const uint64_t decision = probe->decision;
    probe->decision = 0;
    if (decision != 0) {
        hs_proxy_applied(proxy, channel, decision, probe->kind, probe->from, probe->is_soft);
    }
}

static void end(hs_proxy *proxy, hs_proxy_channel *channel)
{
    channel->probe.is_on = 0;
    hs_proxy_drain_prefix(proxy, channel, channel->probe.from, &channel->probe.from_prefix);
}

void hs_proxy_probe_abort(hs_proxy *proxy, hs_proxy_channel *channel)
{
    if (channel->probe.is_on) {
        apply(proxy, channel);
        end(proxy, channel);
    }
}

void hs_proxy_probe_due(hs_proxy *proxy, hs_proxy_channel *channel)
{
    const hs_proxy_probe *const probe = &channel->probe;
    if (probe->is_on && probe->decision != 0 && proxy->now_ns + MARGIN_NS >= probe->until_ns) {
        apply(proxy, channel);
    }
}

/* Back to where its prefix is from. -1 when nobody takes it there any more. */
static int go_back(hs_proxy *proxy, hs_proxy_channel *channel, hs_proxy_probe probe)
{
    hs_proxy_leg *const leg = hs_proxy_leg_of(proxy, channel, probe.from);
    hs_move_frames frames;
    if (!hs_proxy_leg_is_usable(leg)) {
        return -1;
    }
    const hs_move_pool pool = hs_proxy_pool_view(leg);
    channel->move.ignores_prefix = 0; /* it is the one that it has never left */
    const int can = hs_move_check(&channel->move, &pool, &probe.from_prefix) == HS_MOVE_LEGAL &&
                    hs_proxy_serve(channel, leg, &probe.from_prefix, 1, NULL, &frames) == 0;
    channel->move.ignores_prefix = 1;
    return can ? 0 : -1;
}

static void fail(hs_proxy *proxy, hs_proxy_channel *channel)
{
    const hs_proxy_probe probe = channel->probe;
    const hs_sv2_b032 tried = channel->prefix;
    channel->probe.is_on = 0;
    channel->decided_ns = 0;
    hs_proxy_note_deaf(proxy, channel->device);
    proxy->moves.failed++;
    hs_proxy_note(proxy, "channel %llu does not obey SetExtranoncePrefix: it goes back to %s",
                  (unsigned long long)channel->number, proxy->ups[probe.from].row.id);
    const int is_back = go_back(proxy, channel, probe) == 0;
    if (probe.decision != 0) {
        (void)hs_proxy_tell_outcome(proxy, channel, probe.decision, probe.from, HMX_RESULT_FAILED,
                                    HS_MOVE_PREFIX_IGNORED);
    } else if (is_back) {
        (void)hs_proxy_tell_outcome(proxy, channel, 0, probe.to, HMX_RESULT_FORCED,
                                    HS_MOVE_PREFIX_IGNORED);
    }
    hs_proxy_tell_honours(proxy, channel, HMX_NO);
    hs_proxy_rate_changed(proxy, hs_proxy_leg_of(proxy, channel, probe.from));
    hs_proxy_rate_changed(proxy, hs_proxy_leg_of(proxy, channel, probe.to));
    if (is_back) {
        hs_proxy_drain_prefix(proxy, channel, probe.to, &tried);
    } else {
        hs_proxy_drain_prefix(proxy, channel, probe.from, &probe.from_prefix);
        hs_proxy_close_channel(proxy, channel, HMX_CLOSE_HOST, "extranonce-prefix-changed");
    }
}

void hs_proxy_probe_share(hs_proxy *proxy, hs_proxy_channel *channel, uint32_t upstream,
                          uint32_t job_id, enum hs_proxy_sign sign)
{
    hs_proxy_probe *const probe = &channel->probe;
    if (!probe->is_on || upstream != probe->to || job_id < probe->first_job) {
        return;
    }
    if (sign == HS_PROBE_OBEYS) {
        apply(proxy, channel);
        end(proxy, channel);
        hs_proxy_note_hearing(proxy, channel->device);
        hs_proxy_tell_honours(proxy, channel, HMX_YES);
        return;
    }
    probe->misses++;
    if (sign == HS_PROBE_IS_DEAF || probe->misses >= HS_PROXY_MISSES_MAX) {
        fail(proxy, channel);
    }
}
