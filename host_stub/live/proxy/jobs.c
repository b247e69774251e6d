/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/proxy/jobs.h"

#include <string.h>

#include "host_stub/base/array.h"
#include "host_stub/live/proxy/plugin.h"
#include "host_stub/live/proxy/probe.h"
#include "host_stub/live/proxy/rate.h"
#include "host_stub/live/proxy/spread.h"
#include "host_stub/live/proxy/target.h"
#include "host_stub/sv2/work.h"

/* The plugin gives up what it has decided about a pool when it hears of another space there: what
 * has been done has to be a fact before. */
static void before_space(hs_proxy *proxy, const hs_proxy_leg *leg)
{
    const hs_proxy_up *const up = leg->up;
    if (up->told_state != HMX_UPSTREAM_UP || hs_prefix_equal(&up->told_prefix, &leg->job.prefix)) {
        return;
    }
    for (size_t i = 0; i < proxy->channel_count; i++) {
        if (proxy->channels[i]->probe.is_on && proxy->channels[i]->probe.to == up->upstream) {
            hs_proxy_probe_abort(proxy, proxy->channels[i]);
        }
    }
}

/* There is a new current job. */
static void changed(hs_proxy *proxy, hs_proxy_leg *leg, int soft)
{
    hs_proxy_up *const up = leg->up;
    hs_kept_job_begin(&leg->job.copy, &leg->tip, &leg->job.target);
    up->pause_ns = proxy->settings.dial_least_ns;
    leg->pause_ns = proxy->settings.dial_least_ns;
    up->latest = leg;
    if (up->told_state != HMX_UPSTREAM_UP) {
        hs_proxy_note(proxy, "pool %s is up", up->row.id);
    }
    if (!leg->is_own) {
        before_space(proxy, leg);
    }
    hs_proxy_tell_up(proxy, up);
    hs_proxy_spread(proxy, leg, soft);
}

static int keep(hs_proxy_leg *leg, hs_proxy_job *to, const hs_sv2_new_extended_job *job)
{
    if (hs_kept_job_copy(&to->copy, job) != 0) {
        return -1;
    }
    to->target = leg->target;
    to->prefix = leg->prefix;
    to->for_hs = leg->for_hs;
    return 0;
}

/* The oldest future job makes room. NULL when out of memory. */
static hs_proxy_job *next_future(hs_proxy_leg *leg)
{
    const size_t before = leg->future_capacity;
    if (leg->future_count == HS_PROXY_FUTURES_MAX) {
        const hs_proxy_job oldest = leg->futures[0];
        memmove(&leg->futures[0], &leg->futures[1],
                (HS_PROXY_FUTURES_MAX - 1) * sizeof leg->futures[0]);
        leg->futures[HS_PROXY_FUTURES_MAX - 1] = oldest; /* its memory is used again */
        leg->future_count--;
    }
    if (HS_GROW(leg->futures, leg->future_capacity, leg->future_count + 1) != 0) {
        return NULL;
    }
    if (leg->future_capacity > before) {
        memset(&leg->futures[before], 0, (leg->future_capacity - before) * sizeof leg->futures[0]);
    }
    return &leg->futures[leg->future_count];
}

static void take_future(hs_proxy_leg *leg, const hs_sv2_new_extended_job *job)
{
    hs_proxy_job *const room = next_future(leg);
    if (room != NULL) {
        leg->future_count += keep(leg, room, job) == 0;
    }
}

void hs_proxy_take_job(hs_proxy *proxy, hs_proxy_leg *leg, const hs_sv2_new_extended_job *job)
{
    const hs_sv2_coinbase coinbase = {job->coinbase_tx_prefix,
                                      {NULL, leg->prefix.len + leg->extranonce_size},
                                      job->coinbase_tx_suffix};
    const char *const fault = hs_sv2_coinbase_fault(&coinbase);
    if (fault != NULL) {
        hs_proxy_end_up(proxy, leg->up, fault);
    } else if (!job->min_ntime.present) {
        take_future(leg, job);
    } else if (!leg->has_tip) {
        hs_proxy_end_up(proxy, leg->up, "a job to work on before any SetNewPrevHash");
    } else if (keep(leg, &leg->job, job) == 0) {
        leg->has_job = 1;
        changed(proxy, leg, 1);
    }
}

/* Those who have jobs of before: shares of them count no more. */
static void end_jobs(hs_proxy *proxy, const hs_proxy_leg *leg)
{
    const uint32_t upstream = leg->up->upstream;
    if (leg->owner != NULL) {
        hs_job_table_end_upstream(&leg->owner->move.jobs, upstream);
    }
    for (size_t i = 0; !leg->is_own && i < proxy->channel_count; i++) {
        hs_job_table_end_upstream(&proxy->channels[i]->move.jobs, upstream);
    }
}

void hs_proxy_take_prev_hash(hs_proxy *proxy, hs_proxy_leg *leg,
                             const hs_sv2_set_new_prev_hash *told)
{
    size_t at = 0;
    while (at < leg->future_count && leg->futures[at].copy.job.job_id != told->job_id) {
        at++;
    }
    if (at == leg->future_count) {
        hs_proxy_end_up(proxy, leg->up, "SetNewPrevHash names no future job");
        return;
    }
    /* Swapped, so that the memory of the one before goes with the futures. */
    const hs_proxy_job before = leg->job;
    leg->job = leg->futures[at];
    leg->futures[at] = before;
    for (size_t i = 0; i < leg->future_count; i++) {
        hs_kept_job_free(&leg->futures[i].copy);
    }
    leg->future_count = 0;
    leg->has_tip_before = leg->has_tip;
    leg->tip_before = leg->tip;
    leg->has_tip = 1;
    leg->has_job = 1;
    leg->tip.prev_hash = told->prev_hash;
    leg->tip.min_ntime = told->min_ntime;
    leg->tip.nbits = told->nbits;
    end_jobs(proxy, leg);
    changed(proxy, leg, 0);
}

static void pass_target(hs_proxy *proxy, const hs_proxy_leg *leg)
{
    hs_proxy_channel *const owner = leg->owner;
    hs_sv2_message m;
    if (owner == NULL || owner->upstream != leg->up->upstream) {
        return;
    }
    const hs_sv2_u256 target = hs_proxy_target(proxy, owner, &leg->target);
    if (hs_move_set_target(&owner->move, &target, &m)) {
        hs_proxy_send_down(owner->peer, &m, 1);
    }
}

void hs_proxy_take_target(hs_proxy *proxy, hs_proxy_leg *leg, const hs_sv2_u256 *target)
{
    if (hs_sv2_is_zero(target)) {
        hs_proxy_end_up(proxy, leg->up, "a target of 0");
        return;
    }
    hs_proxy_target_said(proxy, leg, target);
    /* Active jobs keep theirs (spec 5.3.21): miners get it with the next job, and one that has the
     * channel for itself at once, as from the pool. */
    leg->target = *target;
    for (size_t i = 0; i < leg->future_count; i++) {
        leg->futures[i].target = *target;
        leg->futures[i].for_hs = leg->for_hs;
    }
    pass_target(proxy, leg);
}

void hs_proxy_take_prefix(hs_proxy *proxy, hs_proxy_leg *leg, const hs_sv2_b032 *prefix)
{
    if (prefix->len + leg->extranonce_size > HS_SV2_EXTRANONCE_MAX) {
        hs_proxy_end_up(proxy, leg->up, "an extranonce prefix that is too long");
        return;
    }
    /* For jobs that come after it (spec 5.3.10): the current one keeps the space that it has. */
    leg->prefix = *prefix;
}
