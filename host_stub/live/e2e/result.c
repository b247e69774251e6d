/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/e2e/result.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/array.h"

int hs_e2e_result_start(hs_e2e_result *result, const hs_e2e_config *config)
{
    int rc = 0;
    memset(result, 0, sizeof *result);
    result->pool_count = config->pool_count;
    for (uint32_t i = 0; i < config->pool_count; i++) {
        result->pools[i].spec = config->pools[i];
        result->pools[i].rejected = json_object();
        rc |= result->pools[i].rejected == NULL;
    }
    rc |= hs_e2e_shares_start(&result->compliant.shares) != 0;
    rc |= hs_e2e_shares_start(&result->others.shares) != 0;
    return rc != 0 ? -1 : 0;
}

void hs_e2e_result_free(hs_e2e_result *result)
{
    for (uint32_t i = 0; i < result->pool_count; i++) {
        json_decref(result->pools[i].rejected);
    }
    hs_e2e_shares_free(&result->compliant.shares);
    hs_e2e_shares_free(&result->others.shares);
    memset(result, 0, sizeof *result);
}

void hs_e2e_result_pool(hs_e2e_result *result, uint32_t index, const json_t *counts)
{
    hs_e2e_pool *const pool = &result->pools[index];
    pool->work = json_real_value(json_object_get(counts, "work_accepted"));
    pool->received = hs_e2e_number(counts, "received");
    pool->accepted = hs_e2e_number(counts, "accepted");
    pool->stale = hs_e2e_number(counts, "stale");
    pool->stale_known = hs_e2e_number(counts, "stale_known");
    pool->cut_off = hs_e2e_number(counts, "cut_off");
    pool->duplicates = hs_e2e_number(counts, "duplicates");
    pool->refused_on_command = hs_e2e_number(counts, "refused_on_command");
    pool->protocol_errors = hs_e2e_number(counts, "protocol_errors");
    pool->rejected_sum = hs_e2e_reasons_add(pool->rejected, json_object_get(counts, "rejected"));
}

void hs_e2e_result_miners(hs_e2e_result *result, const json_t *counts)
{
    const int compliant = json_is_true(json_object_get(counts, "compliant"));
    const char *const fault = json_string_value(json_object_get(counts, "server_fault_first"));
    hs_e2e_miners *const m = compliant ? &result->compliant : &result->others;
    hs_e2e_shares_add(&m->shares, counts);
    m->server_faults += hs_e2e_number(counts, "server_faults");
    if (m->server_fault[0] == '\0' && fault != NULL) {
        (void)snprintf(m->server_fault, sizeof m->server_fault, "%.319s", fault);
    }
}

/* The proxy's account of each pool. What the plugin aimed at counts by the work that was delivered
 * meanwhile. */
static void take_account(hs_e2e_result *result, const json_t *pools)
{
    double work = 0.0;
    size_t i = 0;
    const json_t *row = NULL;
    json_array_foreach(pools, i, row)
    {
        work += json_real_value(json_object_get(row, "work_accepted"));
    }
    json_array_foreach(pools, i, row)
    {
        const char *const id = json_string_value(json_object_get(row, "id"));
        const json_t *const aim = json_object_get(row, "effective_pct");
        result->stale_local += hs_e2e_number(row, "stale_local");
        result->not_forwarded += hs_e2e_number(row, "not_forwarded");
        result->vouched += hs_e2e_number(row, "vouched");
        for (uint32_t k = 0; k < result->pool_count && id != NULL && json_is_number(aim); k++) {
            hs_e2e_pool *const pool = &result->pools[k];
            if (strcmp(pool->spec.id, id) == 0) {
                pool->aim += json_number_value(aim) * work;
                pool->aim_work += work;
            }
        }
    }
}

void hs_e2e_result_proxy(hs_e2e_result *result, const json_t *counts)
{
    const json_t *const told = json_object_get(counts, "moves");
    hs_e2e_moves *const m = &result->moves;
    m->applied += hs_e2e_number(told, "applied");
    m->hard += hs_e2e_number(told, "hard");
    m->soft += hs_e2e_number(told, "soft");
    m->refused += hs_e2e_number(told, "refused");
    m->failed += hs_e2e_number(told, "failed");
    m->reopened += hs_e2e_number(told, "reopened");
    m->unproven += hs_e2e_number(told, "closed_unproven");
    if (hs_e2e_number(told, "first_accepts") > 0) {
        m->ms_to_first_accept = hs_e2e_number(told, "ms_to_first_accept");
    }
    m->guard_violations += hs_e2e_number(counts, "guard_violations");
    m->protocol_errors += hs_e2e_number(counts, "protocol_errors");
    take_account(result, json_object_get(counts, "pools"));
}

void hs_e2e_result_break(hs_e2e_result *result, const char *format, ...)
{
    va_list args;
    if (result->broken_count < HS_E2E_BROKEN_MAX) {
        va_start(args, format);
        (void)vsnprintf(result->broken[result->broken_count++], HS_E2E_SENTENCE_SIZE, format, args);
        va_end(args);
    }
}

/* There may be none of these. */
static void none(hs_e2e_result *r, uint64_t count, const char *what)
{
    if (count > 0) {
        hs_e2e_result_break(r, "%llu %s", (unsigned long long)count, what);
    }
}

static int has_fault(const hs_e2e_options *options, const char *const *names)
{
    for (size_t i = 0; i < options->fault_count; i++) {
        for (size_t j = 0; names[j] != NULL; j++) {
            if (strcmp(options->faults[i].name, names[j]) == 0) {
                return 1;
            }
        }
    }
    return 0;
}

/* Does some fault end a pool's connection or channel, so that verdicts never come? */
static int breaks_connections(const hs_e2e_options *options)
{
    static const char *const NAMES[] = {"down",      "flap",         "close",
                                        "reconnect", "garbage",      "half-frame",
                                        "stall",     HS_E2E_RESTART, NULL};
    return has_fault(options, NAMES);
}

static int breaks_miners(const hs_e2e_options *options)
{
    static const char *const NAMES[] = {HS_E2E_RESTART, NULL};
    return has_fault(options, NAMES);
}

/* On command a pool refuses shares that are valid. */
static void judge_rejections(hs_e2e_result *r)
{
    uint64_t commanded = 0;
    for (uint32_t i = 0; i < r->pool_count; i++) {
        commanded += r->pools[i].refused_on_command;
    }
    json_t *const reasons = r->compliant.shares.reasons;
    for (void *it = json_object_iter(reasons); it != NULL;
         it = json_object_iter_next(reasons, it)) {
        const char *const code = json_object_iter_key(it);
        const uint64_t count = hs_e2e_number(reasons, code);
        if (count > 0 && (strcmp(code, "invalid-share") != 0 || count > commanded)) {
            hs_e2e_result_break(r, "%llu shares of compliant miners were rejected as %s",
                                (unsigned long long)count, code);
        }
    }
}

static void judge_sum(hs_e2e_result *r, const char *who, const hs_e2e_shares *shares)
{
    const uint64_t sum = hs_e2e_shares_sum(shares);
    if (sum != shares->submitted) {
        hs_e2e_result_break(r, "%s have submitted %llu shares, and the columns have %llu", who,
                            (unsigned long long)shares->submitted, (unsigned long long)sum);
    }
}

static void judge_miners(hs_e2e_result *r, const hs_e2e_options *options)
{
    const hs_e2e_miners *const m = &r->compliant;
    const uint64_t *const in = m->shares.in;
    judge_sum(r, "compliant miners", &m->shares);
    judge_sum(r, "miners that ignore prefixes", &r->others.shares);
    none(r, in[HS_E2E_DUPLICATE], "shares of compliant miners were rejected as duplicates");
    none(r, in[HS_E2E_UNANSWERED], "shares of compliant miners were never answered");
    none(r, breaks_connections(options) ? 0 : in[HS_E2E_LOST],
         "shares of compliant miners were lost: the proxy lost a pool");
    none(r, breaks_miners(options) ? 0 : in[HS_E2E_CUT_OFF],
         "shares of compliant miners were cut off: the proxy ended a miner's connection");
    none(r, breaks_miners(options) ? 0 : in[HS_E2E_CLOSED],
         "shares of compliant miners were cut off: the proxy closed a miner's channel");
    /* Not a move: a pool that is connected to anew gives another prefix, on the same tip. */
    none(r, breaks_connections(options) ? 0 : m->shares.needless,
         "shares are stale because of a move, and the two pools had one tip");
    if (m->server_faults > 0) {
        hs_e2e_result_break(r,
                            "%llu messages of the proxy to compliant miners break a rule; the "
                            "first: %s",
                            (unsigned long long)m->server_faults, m->server_fault);
    }
    if (m->shares.submitted == 0) {
        hs_e2e_result_break(r, "no compliant miner submitted a share");
    }
}

static void judge_pool(hs_e2e_result *r, const hs_e2e_pool *pool)
{
    /* The proxy judges each share first, also those of miners that ignore their prefix. */
    static const char *const NEVER[] = {
        "difficulty-too-low",          "invalid-job-id",
        "bad-extranonce-size",         "invalid-channel-id",
        "version-rolling-not-allowed", "invalid-non-rollable-version-bit"};
    const char *const id = pool->spec.id;
    const uint64_t sum =
        pool->accepted + pool->stale + pool->cut_off + pool->duplicates + pool->rejected_sum;
    if (sum != pool->received) {
        hs_e2e_result_break(r, "%s has received %llu shares, and its columns have %llu", id,
                            (unsigned long long)pool->received, (unsigned long long)sum);
    }
    for (size_t i = 0; i < sizeof NEVER / sizeof NEVER[0]; i++) {
        const uint64_t count = hs_e2e_number(pool->rejected, NEVER[i]);
        if (count > 0) {
            hs_e2e_result_break(r, "%s rejected %llu shares as %s", id, (unsigned long long)count,
                                NEVER[i]);
        }
    }
    if (pool->duplicates > 0) {
        hs_e2e_result_break(r, "%s rejected %llu shares as duplicates", id,
                            (unsigned long long)pool->duplicates);
    }
    if (pool->stale_known > 0) {
        hs_e2e_result_break(r, "%s got %llu stale shares after others on a newer tip", id,
                            (unsigned long long)pool->stale_known);
    }
    if (pool->protocol_errors > 0) {
        hs_e2e_result_break(r, "%s counts %llu messages of the proxy that break a rule", id,
                            (unsigned long long)pool->protocol_errors);
    }
}

/* Miners can be told that a share is stale before they hear why: its pool has gone, or has a new
 * tip while they work for another. But somebody has to have said so. */
static void judge_stale(hs_e2e_result *r)
{
    const uint64_t *const a = r->compliant.shares.in;
    const uint64_t *const b = r->others.shares.in;
    uint64_t known = r->stale_local;
    for (uint32_t i = 0; i < r->pool_count; i++) {
        known += r->pools[i].stale;
    }
    const uint64_t told = a[HS_E2E_STALE_BY_TIP] + a[HS_E2E_STALE_BY_MOVE] +
                          a[HS_E2E_STALE_BY_POOL] + b[HS_E2E_STALE_BY_TIP] +
                          b[HS_E2E_STALE_BY_MOVE] + b[HS_E2E_STALE_BY_POOL];
    if (told > known) {
        hs_e2e_result_break(r,
                            "miners were told of %llu stale shares, and pools and proxy know of "
                            "%llu",
                            (unsigned long long)told, (unsigned long long)known);
    }
}

/* Nothing may be credited that no miner was told of, nor the other way round; no share comes to two
 * pools. */
static void judge_credit(hs_e2e_result *r)
{
    const hs_e2e_shares *const a = &r->compliant.shares;
    const hs_e2e_shares *const b = &r->others.shares;
    const uint64_t submitted = a->submitted + b->submitted;
    const uint64_t told = a->in[HS_E2E_ACCEPTED] + b->in[HS_E2E_ACCEPTED];
    const uint64_t open = hs_e2e_shares_open(a) + hs_e2e_shares_open(b);
    uint64_t credited = 0;
    uint64_t received = 0;
    for (uint32_t i = 0; i < r->pool_count; i++) {
        credited += r->pools[i].accepted;
        received += r->pools[i].received;
    }
    if (received > submitted) {
        hs_e2e_result_break(r, "the pools have received %llu shares, and miners submitted %llu",
                            (unsigned long long)received, (unsigned long long)submitted);
    }
    if (told > credited + r->not_forwarded + r->vouched) {
        hs_e2e_result_break(r,
                            "miners were told of %llu accepted shares, and the pools have "
                            "credited %llu",
                            (unsigned long long)told, (unsigned long long)credited);
    }
    if (credited > told + open) {
        hs_e2e_result_break(r, "the pools have credited %llu shares, and miners were told of %llu",
                            (unsigned long long)credited, (unsigned long long)told);
    }
}

void hs_e2e_result_judge(hs_e2e_result *r, const hs_e2e_options *options)
{
    double work = 0.0;
    for (uint32_t i = 0; i < r->pool_count; i++) {
        work += r->pools[i].work;
    }
    for (uint32_t i = 0; i < r->pool_count; i++) {
        hs_e2e_pool *const pool = &r->pools[i];
        pool->delivered_pct = work > 0.0 ? 100.0 * pool->work / work : 0.0;
        pool->effective_pct = pool->aim_work > 0.0 ? pool->aim / pool->aim_work : (double)NAN;
        judge_pool(r, pool);
    }
    judge_miners(r, options);
    judge_rejections(r);
    judge_stale(r);
    judge_credit(r);
    /* A move that shows that a miner ignores its prefix may fail once for each of them. */
    if (r->moves.failed > options->ignore_prefix && options->fault_count == 0) {
        hs_e2e_result_break(r, "%llu moves failed, and %u miners ignore SetExtranoncePrefix",
                            (unsigned long long)r->moves.failed, (unsigned)options->ignore_prefix);
    }
    none(r, r->moves.guard_violations, "violations of the contract between host and plugin");
    if (r->moves.protocol_errors > 0 && options->fault_count == 0) {
        hs_e2e_result_break(r, "the proxy counts %llu messages that break a rule",
                            (unsigned long long)r->moves.protocol_errors);
    }
}

/* ---- the split over pools ---- */

int hs_e2e_track_add(hs_e2e_track *track, uint64_t at_ms, double work)
{
    if (track->count > 0 && at_ms < track->samples[track->count - 1].at_ms) {
        return 0;
    }
    return HS_PUSH(track->samples, track->capacity, track->count, (hs_e2e_sample){at_ms, work});
}

void hs_e2e_track_free(hs_e2e_track *track)
{
    free(track->samples);
    *track = (hs_e2e_track){NULL, 0, 0};
}

double hs_e2e_track_at(const hs_e2e_track *track, uint64_t at_ms)
{
    size_t i = 0;
    if (track->count == 0) {
        return 0.0;
    }
    while (i < track->count && track->samples[i].at_ms < at_ms) {
        i++;
    }
    if (i == 0 || i == track->count) {
        return track->samples[i == 0 ? 0 : i - 1].work;
    }
    const hs_e2e_sample *const a = &track->samples[i - 1];
    const hs_e2e_sample *const b = &track->samples[i];
    return a->work +
           (b->work - a->work) * ((double)(at_ms - a->at_ms) / (double)(b->at_ms - a->at_ms));
}

void hs_e2e_split(const hs_e2e_track *tracks, size_t count, uint64_t from_ms, uint64_t to_ms,
                  double *percent)
{
    double all = 0.0;
    for (size_t i = 0; i < count; i++) {
        percent[i] = hs_e2e_track_at(&tracks[i], to_ms) - hs_e2e_track_at(&tracks[i], from_ms);
        all += percent[i];
    }
    for (size_t i = 0; i < count; i++) {
        percent[i] = all > 0.0 ? 100.0 * percent[i] / all : 0.0;
    }
}
