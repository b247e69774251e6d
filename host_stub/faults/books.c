/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "host_stub/faults/state.h"

#define MOST_BYTES   (8u << 20) /* of the plugin's memory, for 34 channels and 64 pools */
#define NEARLY       1e-6
#define LIMIT_POINTS 3.0

static void check_numbers(hs_fault_farm *f, const hmx_upstream_metrics *r)
{
    const double numbers[] = {r->target_pct,         r->effective_pct,  r->command_pct,
                              r->allocated_pct,      r->actual_pct,     r->delivered_pct,
                              r->hashrate,           r->acceptance_pct, r->error_points,
                              r->integral_point_min, r->p_points,       r->i_points,
                              r->d_points,           r->output_points,  r->missing_hashrate,
                              r->wanted_hashrate,    r->trial_pct,      r->owed_work,
                              r->provisional_work,   r->confirmed_work, r->wasted_hashrate};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (!isfinite(numbers[i])) {
            hs_fault_broken(f, "%s tells a number that is none (the %uth of its row)", r->id,
                            (unsigned)i + 1u);
        }
    }
}

static void check_tally(hs_fault_farm *f, const hmx_upstream_metrics *r, const char *name,
                        const hmx_tally *told, const hmx_tally *own)
{
    if (told->count != own->count || fabs(told->work - own->work) > NEARLY * own->work) {
        hs_fault_broken(f, "%s tells %" PRIu64 " shares %s, there were %" PRIu64, r->id,
                        told->count, name, own->count);
    }
}

static void check_row(hs_fault_farm *f, const hmx_upstream_metrics *r)
{
    const hs_fault_pool *const pool = hs_fault_pool_of(f, r->upstream);
    if (pool == NULL || strcmp(pool->id, r->id) != 0) {
        hs_fault_broken(f, "upstream %u is told as %s", (unsigned)r->upstream, r->id);
        return;
    }
    if (r->channels != pool->channels) {
        hs_fault_broken(f, "%s has %u channels, told are %u", r->id, (unsigned)pool->channels,
                        (unsigned)r->channels);
    }
    if ((r->flags & HMX_ROW_USABLE) != 0 && !hs_fault_is_up(pool)) {
        hs_fault_broken(f, "%s is told to be usable, and is not", r->id);
    }
    const hmx_tally *const own = pool->tallies;
    check_tally(f, r, "submitted", &r->submitted, &own[HMX_SHARE_SUBMITTED]);
    check_tally(f, r, "accepted", &r->accepted, &own[HMX_SHARE_ACCEPTED]);
    check_tally(f, r, "not forwarded", &r->not_forwarded, &own[HMX_SHARE_NOT_FORWARDED]);
    check_tally(f, r, "lost", &r->lost, &own[HMX_SHARE_LOST]);
    check_tally(f, r, "stale", &r->rejected_stale, &own[HMX_SHARE_REJECTED_STALE]);
    check_tally(f, r, "of low difficulty", &r->rejected_low_difficulty,
                &own[HMX_SHARE_REJECTED_LOW_DIFFICULTY]);
    check_tally(f, r, "duplicate", &r->rejected_duplicate, &own[HMX_SHARE_REJECTED_DUPLICATE]);
    check_tally(f, r, "of an invalid job", &r->rejected_invalid_job,
                &own[HMX_SHARE_REJECTED_INVALID_JOB]);
    check_tally(f, r, "rejected", &r->rejected_other, &own[HMX_SHARE_REJECTED_OTHER]);
    check_tally(f, r, "rejected locally", &r->rejected_local, &own[HS_FAULT_LOCAL]);
    check_numbers(f, r);
}

/* A column of per cent is whole or nothing. */
static void check_sum(hs_fault_farm *f, const char *name, double sum)
{
    if (fabs(sum - 100.0) > NEARLY * 100.0 && fabs(sum) > NEARLY) {
        hs_fault_broken(f, "%s adds up to %d millionths, not to 100 per cent", name,
                        (int)(sum * 1e6));
    }
}

static void check_sums(hs_fault_farm *f, const hmx_snapshot *s)
{
    double effective = 0.0, command = 0.0, allocated = 0.0, actual = 0.0, delivered = 0.0;
    double hashrate = 0.0;
    uint32_t in = 0, out = 0, channels = 0;
    for (uint32_t i = 0; i < s->count; i++) {
        const hmx_upstream_metrics *const r = &s->rows[i];
        effective += r->effective_pct;
        command += r->command_pct;
        allocated += r->allocated_pct;
        actual += r->actual_pct;
        delivered += r->delivered_pct;
        hashrate += r->hashrate;
        in += r->pending_in;
        out += r->pending_out;
        channels += r->channels;
    }
    check_sum(f, "effective", effective);
    check_sum(f, "command", command);
    check_sum(f, "allocated", allocated);
    check_sum(f, "actual", actual);
    check_sum(f, "delivered", delivered);
    if (in != s->pending || out > s->pending || channels > s->channels ||
        hashrate > s->hashrate * (1.0 + NEARLY) + 1.0) {
        hs_fault_broken(f, "pending %u in and %u out of %u, channels %u of %u, or their hashrate",
                        (unsigned)in, (unsigned)out, (unsigned)s->pending, (unsigned)channels,
                        (unsigned)s->channels);
    }
}

static void check_moves(hs_fault_farm *f, const hmx_snapshot *s)
{
    uint32_t open = 0;
    uint32_t pending = 0;
    for (uint32_t i = 0; i < HS_FAULT_MINERS; i++) {
        open += f->miners[i].channel != 0;
        pending += f->miners[i].channel != 0 && f->miners[i].pending.decision != 0;
    }
    if (s->channels != open) {
        hs_fault_broken(f, "%u channels are open, told are %u", (unsigned)open,
                        (unsigned)s->channels);
    }
    if (s->pending != pending) {
        hs_fault_broken(f, "%u decisions wait, told are %u", (unsigned)pending,
                        (unsigned)s->pending);
    }
    if (s->decisions != f->decided || s->moves_refused != f->refused ||
        s->moves_forced != f->forced || s->moves_expired < f->expired ||
        s->moves_expired > f->expired + f->perhaps_expired) {
        hs_fault_broken(f,
                        "decisions %" PRIu64 " of %" PRIu64 ", refused %" PRIu64 " of %" PRIu64
                        ", forced %" PRIu64 " of %" PRIu64 ", expired %" PRIu64 " of %" PRIu64,
                        s->decisions, f->decided, s->moves_refused, f->refused, s->moves_forced,
                        f->forced, s->moves_expired, f->expired);
    }
}

static int look(hs_fault_farm *f, hmx_snapshot *s)
{
    static hmx_upstream_metrics rows[HMX_UPSTREAMS_MAX];
    *s = (hmx_snapshot){
        .size = sizeof *s, .stride = sizeof rows[0], .capacity = HMX_UPSTREAMS_MAX, .rows = rows};
    if (f->metrics == NULL) {
        return -1;
    }
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        rows[i].size = sizeof rows[i];
    }
    const hmx_status status = f->metrics->snapshot(hs_guard_instance(f->link.guard), s);
    hs_fault_answered(f, "snapshot", status, HMX_OK, HMX_OK);
    return status == HMX_OK ? 0 : -1;
}

/* Removed pools vanish when their last channel has left. */
static void note_vanished(hs_fault_farm *f, const hmx_snapshot *s)
{
    for (uint32_t i = 0; i < f->pool_count; i++) {
        hs_fault_pool *const pool = &f->pools[i];
        int told = 0;
        for (uint32_t k = 0; k < s->count; k++) {
            told |= strcmp(s->rows[k].id, pool->id) == 0;
        }
        if (pool->in_table && !told && !pool->configured && pool->channels == 0) {
            hs_fault_forget_pool(f, pool);
        } else if (pool->in_table != told) {
            hs_fault_broken(f, "%s is %s", pool->id, told ? "told, and is none" : "not told");
        }
    }
}

void hs_fault_check(hs_fault_farm *f)
{
    hmx_snapshot s;
    const uint64_t bytes = hs_guard_live_bytes(f->link.guard);
    f->result->peak_bytes = bytes > f->result->peak_bytes ? bytes : f->result->peak_bytes;
    if (bytes > MOST_BYTES) {
        hs_fault_broken(f, "the plugin holds %" PRIu64 " bytes", bytes);
    }
    if (look(f, &s) != 0) {
        return;
    }
    note_vanished(f, &s);
    for (uint32_t i = 0; i < s.count; i++) {
        check_row(f, &s.rows[i]);
    }
    check_sums(f, &s);
    check_moves(f, &s);
    for (uint32_t i = 0; i < s.count && f->second >= f->measure_s; i++) {
        hs_fault_pool *const pool = hs_fault_pool_of(f, s.rows[i].upstream);
        if (pool != NULL) {
            pool->wanted += s.rows[i].effective_pct;
        }
    }
}

void hs_fault_check_recovered(hs_fault_farm *f)
{
    hmx_snapshot s;
    if (look(f, &s) != 0) {
        return;
    }
    for (uint32_t i = 0; i < s.count; i++) {
        const hs_fault_pool *const pool = hs_fault_pool_of(f, s.rows[i].upstream);
        /* One that was judged too often is tried again after hours: so it is meant. */
        const int is_judged = s.rows[i].out_reason == HMX_OUT_REJECTS ||
                              s.rows[i].out_reason == HMX_OUT_SILENT ||
                              s.rows[i].out_reason == HMX_OUT_TRIAL;
        if (pool != NULL && pool->configured && !is_judged &&
            (s.rows[i].flags & HMX_ROW_USABLE) == 0) {
            hs_fault_broken(
                f, "%s is still out of use, for reason %u, with %u channels and flags 0x%x",
                pool->id, (unsigned)s.rows[i].out_reason, (unsigned)pool->channels,
                (unsigned)s.rows[i].flags);
        }
    }
}

void hs_fault_check_split(hs_fault_farm *f)
{
    double work = 0.0;
    double wanted = 0.0;
    double worst = 0.0;
    const hs_fault_pool *of = NULL;
    for (uint32_t i = 0; i < f->pool_count; i++) {
        work += f->pools[i].accepted;
        wanted += f->pools[i].wanted;
    }
    for (uint32_t i = 0; i < f->pool_count && work > 0.0 && wanted > 0.0; i++) {
        const hs_fault_pool *const pool = &f->pools[i];
        const double error =
            fabs(100.0 * (pool->accepted / work) - 100.0 * (pool->wanted / wanted));
        of = error > worst ? pool : of;
        worst = error > worst ? error : worst;
    }
    f->result->error_points = worst;
    if (!(work > 0.0) || worst > LIMIT_POINTS) {
        hs_fault_broken(
            f, "an hour after the faults the split is off by %d thousandths of a point at %s",
            (int)(1000.0 * worst), of != NULL ? of->id : "all");
    }
}
