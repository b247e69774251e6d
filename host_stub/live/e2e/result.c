/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/e2e/result.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/array.h"

/* A share that was on its way when the tip changed is stale; later than this it was not on its way.
 * A loaded machine may hold a process up so long. */
enum { STALE_MS_MOST = 2000 };

/* Answers of the proxy about shares whose pool never answered. */
static const char *const LOST_CODES[] = {"upstream-lost", "upstream-too-slow"};
enum { LOST_CODE_COUNT = sizeof LOST_CODES / sizeof LOST_CODES[0] };

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
    result->compliant.rejected = json_object();
    result->others.rejected = json_object();
    return rc != 0 || result->compliant.rejected == NULL || result->others.rejected == NULL ? -1
                                                                                            : 0;
}

void hs_e2e_result_free(hs_e2e_result *result)
{
    for (uint32_t i = 0; i < result->pool_count; i++) {
        json_decref(result->pools[i].rejected);
    }
    json_decref(result->compliant.rejected);
    json_decref(result->others.rejected);
    memset(result, 0, sizeof *result);
}

static uint64_t number(const json_t *object, const char *name)
{
    const json_int_t value = json_integer_value(json_object_get(object, name));
    return value > 0 ? (uint64_t)value : 0;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Adds the numbers of `more` to those of `total`. */
static void add_reasons(json_t *total, const json_t *more)
{
    json_t *const from = (json_t *)more;
    for (void *it = json_object_iter(from); it != NULL; it = json_object_iter_next(from, it)) {
        const char *const key = json_object_iter_key(it);
        const json_int_t count = json_integer_value(json_object_get(total, key)) +
                                 json_integer_value(json_object_iter_value(it));
        (void)json_object_set_new(total, key, json_integer(count));
    }
}

void hs_e2e_result_pool(hs_e2e_result *result, uint32_t index, const json_t *counts)
{
    hs_e2e_pool *const pool = &result->pools[index];
    pool->work = json_real_value(json_object_get(counts, "work_accepted"));
    pool->accepted = number(counts, "accepted");
    pool->stale = number(counts, "stale");
    pool->stale_ms_most = number(counts, "stale_ms_most");
    pool->stale_older = number(counts, "stale_older");
    pool->duplicates = number(counts, "duplicates");
    pool->refused_on_command = number(counts, "refused_on_command");
    pool->protocol_errors = number(counts, "protocol_errors");
    add_reasons(pool->rejected, json_object_get(counts, "rejected"));
}

void hs_e2e_result_miners(hs_e2e_result *result, const json_t *counts)
{
    const int compliant = json_is_true(json_object_get(counts, "compliant"));
    const json_t *const stale = json_object_get(counts, "stale");
    const char *const fault = json_string_value(json_object_get(counts, "server_fault_first"));
    hs_e2e_miners *const m = compliant ? &result->compliant : &result->others;
    m->submitted += number(counts, "submitted");
    m->accepted += number(counts, "accepted");
    m->stale_tip += number(stale, "tip");
    m->stale_move += number(stale, "move");
    m->stale_odd += number(stale, "odd");
    m->stale_ms_most = larger(m->stale_ms_most, number(stale, "ms_most"));
    m->duplicates += number(counts, "duplicates");
    m->unanswered += number(counts, "unanswered");
    m->cut_off += number(counts, "cut_off") + number(counts, "closed");
    m->server_faults += number(counts, "server_faults");
    add_reasons(m->rejected, json_object_get(counts, "rejected"));
    if (m->server_fault[0] == '\0' && fault != NULL) {
        (void)snprintf(m->server_fault, sizeof m->server_fault, "%.319s", fault);
    }
}

void hs_e2e_result_proxy(hs_e2e_result *result, const json_t *counts)
{
    const json_t *const told = json_object_get(counts, "moves");
    hs_e2e_moves *const m = &result->moves;
    m->applied += number(told, "applied");
    m->hard += number(told, "hard");
    m->soft += number(told, "soft");
    m->refused += number(told, "refused");
    m->failed += number(told, "failed");
    m->reopened += number(told, "reopened");
    m->unproven += number(told, "closed_unproven");
    if (number(told, "first_accepts") > 0) {
        m->ms_to_first_accept = number(told, "ms_to_first_accept");
    }
    m->guard_violations += number(counts, "guard_violations");
    m->protocol_errors += number(counts, "protocol_errors");
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

static int is_lost_code(const char *code)
{
    for (int i = 0; i < LOST_CODE_COUNT; i++) {
        if (strcmp(code, LOST_CODES[i]) == 0) {
            return 1;
        }
    }
    return 0;
}

static uint64_t answered_as_lost(const hs_e2e_miners *miners)
{
    uint64_t count = 0;
    for (int i = 0; i < LOST_CODE_COUNT; i++) {
        count += number(miners->rejected, LOST_CODES[i]);
    }
    return count;
}

uint64_t hs_e2e_result_lost(const hs_e2e_result *result)
{
    return result->compliant.unanswered + answered_as_lost(&result->compliant);
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

static void judge_rejections(hs_e2e_result *r, const hs_e2e_options *options)
{
    uint64_t commanded = 0;
    for (uint32_t i = 0; i < r->pool_count; i++) {
        commanded += r->pools[i].refused_on_command;
    }
    json_t *const rejected = r->compliant.rejected;
    for (void *it = json_object_iter(rejected); it != NULL;
         it = json_object_iter_next(rejected, it)) {
        const char *const code = json_object_iter_key(it);
        const uint64_t count = number(rejected, code);
        const int by_command = strcmp(code, "invalid-share") == 0 && count <= commanded;
        const int by_fault = is_lost_code(code) && breaks_connections(options);
        if (count > 0 && !by_command && !by_fault) {
            hs_e2e_result_break(r, "%llu shares of compliant miners were rejected as %s",
                                (unsigned long long)count, code);
        }
    }
}

static void judge_miners(hs_e2e_result *r, const hs_e2e_options *options)
{
    const hs_e2e_miners *const m = &r->compliant;
    none(r, m->duplicates, "shares of compliant miners were rejected as duplicates");
    none(r, m->unanswered, "shares of compliant miners were never answered");
    none(
        r, breaks_miners(options) ? 0 : m->cut_off,
        "shares of compliant miners were cut off: the proxy ended a miner's connection or channel");
    none(r, m->stale_odd,
         "shares of compliant miners were rejected as stale, and no new tip had come");
    none(r, options->one_tip ? m->stale_move : 0,
         "shares are stale because of a move, and all pools have one tip");
    if (m->server_faults > 0) {
        hs_e2e_result_break(r,
                            "%llu messages of the proxy to compliant miners break a rule; the "
                            "first: %s",
                            (unsigned long long)m->server_faults, m->server_fault);
    }
    if (m->submitted == 0) {
        hs_e2e_result_break(r, "no compliant miner submitted a share");
    }
}

/* Does a pool read or answer late on command? */
static int is_held_up(const hs_e2e_options *options)
{
    static const char *const NAMES[] = {"stall", "slow", NULL};
    return has_fault(options, NAMES);
}

static void judge_pool(hs_e2e_result *r, const hs_e2e_pool *pool, const hs_e2e_options *options)
{
    static const char *const NEVER[] = {"difficulty-too-low", "invalid-job-id",
                                        "bad-extranonce-size", "invalid-channel-id"};
    const char *const id = pool->spec.id;
    for (size_t i = 0; i < sizeof NEVER / sizeof NEVER[0]; i++) {
        const uint64_t count = number(pool->rejected, NEVER[i]);
        if (count > 0 && (options->ignore_prefix == 0 || i > 0)) {
            hs_e2e_result_break(r, "%s rejected %llu shares as %s", id, (unsigned long long)count,
                                NEVER[i]);
        }
    }
    if (pool->duplicates > 0) {
        hs_e2e_result_break(r, "%s rejected %llu shares as duplicates", id,
                            (unsigned long long)pool->duplicates);
    }
    if (pool->stale_older > 0) {
        hs_e2e_result_break(r, "%s got %llu shares that had been stale before its last new tip", id,
                            (unsigned long long)pool->stale_older);
    }
    if (pool->stale_ms_most > STALE_MS_MOST && !is_held_up(options)) {
        hs_e2e_result_break(r, "%s got a stale share %llu ms after its new tip", id,
                            (unsigned long long)pool->stale_ms_most);
    }
    if (pool->protocol_errors > 0) {
        hs_e2e_result_break(r, "%s counts %llu messages of the proxy that break a rule", id,
                            (unsigned long long)pool->protocol_errors);
    }
}

/* Nothing may be credited that no miner was told of, nor the other way round. */
static void judge_credit(hs_e2e_result *r)
{
    const uint64_t told = r->compliant.accepted + r->others.accepted;
    const uint64_t open = r->compliant.cut_off + r->others.cut_off +
                          answered_as_lost(&r->compliant) + answered_as_lost(&r->others) +
                          r->compliant.unanswered + r->others.unanswered;
    uint64_t credited = 0;
    for (uint32_t i = 0; i < r->pool_count; i++) {
        credited += r->pools[i].accepted;
    }
    if (told > credited) {
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
        judge_pool(r, pool, options);
    }
    judge_miners(r, options);
    judge_rejections(r, options);
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
