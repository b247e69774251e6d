/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/proxy/jobs.h"

#include <string.h>

#include "host_stub/live/proxy/plugin.h"
#include "host_stub/live/proxy/probe.h"
#include "host_stub/live/proxy/rate.h"
#include "host_stub/live/proxy/spread.h"
#include "host_stub/sv2/work.h"

/* The plugin gives up what it has decided about a pool when it hears of another space there: what
 * has been done has to be a fact before. */
static void before_space(hs_proxy *proxy, const hs_proxy_up *up)
{
    if (up->told_state != HMX_UPSTREAM_UP || hs_prefix_equal(&up->told_prefix, &up->job.prefix)) {
        return;
    }
    for (size_t i = 0; i < proxy->channel_count; i++) {
        if (proxy->channels[i]->probe.is_on && proxy->channels[i]->probe.to == up->upstream) {
            hs_proxy_probe_abort(proxy, proxy->channels[i]);
        }
    }
}

/* There is a new current job. */
static void changed(hs_proxy *proxy, hs_proxy_up *up, int soft)
{
    up->job_at_ns = proxy->now_ns;
    hs_kept_job_begin(&up->job.copy, &up->tip, &up->job.target);
    up->pause_ns = proxy->settings.dial_least_ns;
    if (up->told_state != HMX_UPSTREAM_UP) {
        hs_proxy_note(proxy, "pool %s is up", up->row.id);
    }
    before_space(proxy, up);
    hs_proxy_tell_up(proxy, up);
    hs_proxy_spread(proxy, up, soft);
}

static int keep(hs_proxy_up *up, hs_proxy_job *to, const hs_sv2_new_extended_job *job)
{
    if (hs_kept_job_copy(&to->copy, job) != 0) {
        return -1;
    }
    to->target = up->target;
    to->prefix = up->prefix;
    to->for_hs = up->for_hs;
    return 0;
}

/* The oldest future job makes room. */
static hs_proxy_job *next_future(hs_proxy_up *up)
{
    if (up->future_count == HS_PROXY_FUTURES_MAX) {
        const hs_proxy_job oldest = up->futures[0];
        memmove(&up->futures[0], &up->futures[1],
                (HS_PROXY_FUTURES_MAX - 1) * sizeof up->futures[0]);
        up->futures[HS_PROXY_FUTURES_MAX - 1] = oldest; /* its memory is used again */
        up->future_count--;
    }
    return &up->futures[up->future_count];
}

void hs_proxy_take_job(hs_proxy *proxy, hs_proxy_up *up, const hs_sv2_new_extended_job *job)
{
    const hs_sv2_coinbase coinbase = {job->coinbase_tx_prefix,
                                      {NULL, up->prefix.len + up->extranonce_size},
                                      job->coinbase_tx_suffix};
    const char *const fault = hs_sv2_coinbase_fault(&coinbase);
    if (fault != NULL) {
        hs_proxy_end_up(proxy, up, fault);
        return;
    }
    if (!job->min_ntime.present) {
        up->future_count += keep(up, next_future(up), job) == 0;
        return;
    }
    if (!up->has_tip) {
        hs_proxy_end_up(proxy, up, "a job to work on before any SetNewPrevHash");
        return;
    }
    if (keep(up, &up->job, job) == 0) {
        up->has_job = 1;
        changed(proxy, up, 1);
    }
}

void hs_proxy_take_prev_hash(hs_proxy *proxy, hs_proxy_up *up, const hs_sv2_set_new_prev_hash *told)
{
    uint32_t at = 0;
    while (at < up->future_count && up->futures[at].copy.job.job_id != told->job_id) {
        at++;
    }
    if (at == up->future_count) {
        hs_proxy_end_up(proxy, up, "SetNewPrevHash names no future job");
        return;
    }
    /* Swapped, so that the memory of the one before goes with the futures. */
    const hs_proxy_job before = up->job;
    up->job = up->futures[at];
    up->futures[at] = before;
    for (uint32_t i = 0; i < up->future_count; i++) {
        hs_kept_job_free(&up->futures[i].copy);
    }
    up->future_count = 0;
    up->has_tip_before = up->has_tip;
    up->tip_before = up->tip;
    up->has_tip = 1;
    up->has_job = 1;
    up->tip.prev_hash = told->prev_hash;
    up->tip.min_ntime = told->min_ntime;
    up->tip.nbits = told->nbits;
    for (size_t i = 0; i < proxy->channel_count; i++) {
        hs_job_table_end_upstream(&proxy->channels[i]->move.jobs, up->upstream);
    }
    changed(proxy, up, 0);
}

void hs_proxy_take_target(hs_proxy *proxy, hs_proxy_up *up, const hs_sv2_u256 *target)
{
    if (hs_sv2_is_zero(target)) {
        hs_proxy_end_up(proxy, up, "a target of 0");
        return;
    }
    hs_proxy_target_said(proxy, up, target);
    /* Active jobs keep theirs (spec 5.3.21): miners get it with the next job. */
    up->target = *target;
    for (uint32_t i = 0; i < up->future_count; i++) {
        up->futures[i].target = *target;
        up->futures[i].for_hs = up->for_hs;
    }
}

void hs_proxy_take_prefix(hs_proxy *proxy, hs_proxy_up *up, const hs_sv2_b032 *prefix)
{
    if (prefix->len + up->extranonce_size > HS_SV2_EXTRANONCE_MAX) {
        hs_proxy_end_up(proxy, up, "an extranonce prefix that is too long");
        return;
    }
    /* For jobs that come after it (spec 5.3.10): the current one keeps the space that it has. */
    up->prefix = *prefix;
}
