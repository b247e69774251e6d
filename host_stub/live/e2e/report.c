/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The result of a live run as JSON and as a table. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "host_stub/base/json.h"
#include "host_stub/base/text.h"
#include "host_stub/live/e2e/result.h"

static json_t *pools_json(const hs_e2e_result *r)
{
    json_t *const pools = json_array();
    for (uint32_t i = 0; i < r->pool_count; i++) {
        const hs_e2e_pool *const pool = &r->pools[i];
        json_t *const row = json_object();
        hs_json_text(row, "id", pool->spec.id);
        hs_json_number(row, "target_pct", pool->spec.target_pct, 3);
        hs_json_number(row, "effective_pct", pool->effective_pct, 3);
        hs_json_number(row, "delivered_pct", pool->delivered_pct, 3);
        hs_json_count(row, "received", pool->received);
        hs_json_count(row, "accepted", pool->accepted);
        hs_json_count(row, "stale", pool->stale);
        hs_json_count(row, "cut_off", pool->cut_off);
        hs_json_count(row, "duplicates", pool->duplicates);
        (void)json_object_set(row, "rejected", pool->rejected);
        (void)json_array_append_new(pools, row);
    }
    return pools;
}

static json_t *moves_json(const hs_e2e_result *r)
{
    const hs_e2e_moves *const m = &r->moves;
    json_t *const moves = json_object();
    hs_json_count(moves, "applied", m->applied);
    hs_json_count(moves, "hard", m->hard);
    hs_json_count(moves, "soft", m->soft);
    hs_json_count(moves, "refused", m->refused);
    hs_json_count(moves, "failed", m->failed);
    hs_json_count(moves, "reopened", m->reopened);
    hs_json_count(moves, "closed_unproven", m->unproven);
    hs_json_count(moves, "ms_to_first_accept", m->ms_to_first_accept);
    return moves;
}

static json_t *windows_json(const hs_e2e_result *r)
{
    json_t *const windows = json_array();
    for (size_t i = 0; i < r->window_count; i++) {
        const hs_e2e_window *const w = &r->windows[i];
        json_t *const row = json_object();
        json_t *const split = json_object();
        for (uint32_t j = 0; j < r->pool_count; j++) {
            hs_json_number(split, r->pools[j].spec.id, w->percent[j], 3);
        }
        hs_json_text(row, "fault", w->fault.name);
        hs_json_text(row, "pool", r->pools[w->fault.pool].spec.id);
        hs_json_put(row, "from_secs", json_real((double)w->fault.begin_ms / 1000.0));
        hs_json_put(row, "to_secs", json_real((double)w->fault.end_ms / 1000.0));
        hs_json_put(row, "delivered_pct", split);
        hs_json_number(row, "off_most_pct", w->off_most, 3);
        (void)json_array_append_new(windows, row);
    }
    return windows;
}

json_t *hs_e2e_result_json(const hs_e2e_result *r)
{
    json_t *const root = json_object();
    json_t *const broken = json_array();
    for (size_t i = 0; i < r->broken_count; i++) {
        (void)json_array_append_new(broken, json_string(r->broken[i]));
    }
    hs_json_put(root, "pools", pools_json(r));
    hs_json_put(root, "moves", moves_json(r));
    hs_json_put(root, "shares", hs_e2e_shares_json(&r->compliant.shares));
    if (r->others.shares.submitted > 0) {
        hs_json_put(root, "shares_of_those_that_ignore", hs_e2e_shares_json(&r->others.shares));
    }
    hs_json_put(root, "faults", windows_json(r));
    hs_json_put(root, "broken", broken);
    hs_json_number(root, "seconds", r->seconds, 3);
    return root;
}

static void print_pools(const hs_e2e_result *r)
{
    char target[32];
    char effective[32];
    char delivered[32];
    char error[32];
    char reasons[400];
    (void)printf("%-10s %8s %11s %11s %7s %9s %9s %6s %8s %10s  %s\n", "pool", "target %",
                 "effective %", "delivered %", "error", "received", "accepted", "stale", "cut off",
                 "duplicates", "rejected");
    for (uint32_t i = 0; i < r->pool_count; i++) {
        const hs_e2e_pool *const pool = &r->pools[i];
        const double aim =
            isfinite(pool->effective_pct) ? pool->effective_pct : pool->spec.target_pct;
        (void)printf("%-10s %8s %11s %11s %7s %9llu %9llu %6llu %8llu %10llu  %s\n", pool->spec.id,
                     hs_format_fixed(target, sizeof target, pool->spec.target_pct, 2),
                     hs_format_fixed(effective, sizeof effective, pool->effective_pct, 2),
                     hs_format_fixed(delivered, sizeof delivered, pool->delivered_pct, 2),
                     hs_format_fixed(error, sizeof error, pool->delivered_pct - aim, 2),
                     (unsigned long long)pool->received, (unsigned long long)pool->accepted,
                     (unsigned long long)pool->stale, (unsigned long long)pool->cut_off,
                     (unsigned long long)pool->duplicates,
                     hs_e2e_reasons_text(pool->rejected, reasons, sizeof reasons));
    }
}

static void print_shares(const hs_e2e_result *r)
{
    (void)printf("\nmoves applied %llu (hard %llu, soft %llu), refused %llu, failed %llu; first "
                 "accepted share\non the new pool %llu ms after the decision (median)\n",
                 (unsigned long long)r->moves.applied, (unsigned long long)r->moves.hard,
                 (unsigned long long)r->moves.soft, (unsigned long long)r->moves.refused,
                 (unsigned long long)r->moves.failed,
                 (unsigned long long)r->moves.ms_to_first_accept);
    if (r->moves.reopened > 0) {
        (void)printf("channels closed to be opened again on another pool %llu\n",
                     (unsigned long long)r->moves.reopened);
    }
    if (r->moves.unproven > 0) {
        (void)printf(
            "channels that ended before it was known whether they obey a new prefix %llu\n",
            (unsigned long long)r->moves.unproven);
    }
    hs_e2e_shares_print(&r->compliant.shares, "shares");
    if (r->others.shares.submitted > 0) {
        hs_e2e_shares_print(&r->others.shares, "of miners that ignore SetExtranoncePrefix:");
    }
}

static void print_windows(const hs_e2e_result *r)
{
    char text[32];
    if (r->window_count == 0) {
        return;
    }
    (void)printf("\n%-14s %-10s %9s %9s", "fault", "on", "from s", "to s");
    for (uint32_t i = 0; i < r->pool_count; i++) {
        (void)printf(" %9.9s", r->pools[i].spec.id);
    }
    (void)printf(" %9s\n", "off most");
    for (size_t i = 0; i < r->window_count; i++) {
        const hs_e2e_window *const w = &r->windows[i];
        (void)printf("%-14s %-10s", w->fault.name, r->pools[w->fault.pool].spec.id);
        (void)printf(" %9s",
                     hs_format_fixed(text, sizeof text, (double)w->fault.begin_ms / 1000.0, 1));
        (void)printf(" %9s",
                     hs_format_fixed(text, sizeof text, (double)w->fault.end_ms / 1000.0, 1));
        for (uint32_t j = 0; j < r->pool_count; j++) {
            (void)printf(" %9s", hs_format_fixed(text, sizeof text, w->percent[j], 2));
        }
        (void)printf(" %9s%s\n", hs_format_fixed(text, sizeof text, w->off_most, 2),
                     w->off_most > 5.0 ? "  more than 5 points" : "");
    }
}

void hs_e2e_result_print(const hs_e2e_result *r)
{
    print_pools(r);
    print_shares(r);
    print_windows(r);
    (void)printf("\n");
    for (size_t i = 0; i < r->broken_count; i++) {
        (void)printf("BROKEN: %s\n", r->broken[i]);
    }
    if (r->broken_count == 0) {
        (void)printf("every promise was kept\n");
    }
    (void)fflush(stdout);
}
