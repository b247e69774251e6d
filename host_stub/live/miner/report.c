/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What mining devices have counted, added up and as JSON. */
#include <string.h>

#include "host_stub/base/json.h"
#include "host_stub/live/miner/state.h"
#include "host_stub/sv2/work.h"

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static void add_rejects(hs_miner_counts *total, const hs_miner_rejects *more)
{
    for (int i = 0; more->count > 0 && i < HS_MINER_CODES_MAX; i++) {
        hs_miner_rejects *const row = &total->rejected[i];
        if (row->count == 0) {
            memcpy(row->code, more->code, sizeof row->code);
        }
        if (strcmp(row->code, more->code) == 0 || i == HS_MINER_CODES_MAX - 1) {
            row->count += more->count;
            return;
        }
    }
}

static void add(hs_miner_counts *total, const hs_miner_counts *more)
{
    total->hashes += more->hashes;
    total->submitted += more->submitted;
    total->accepted += more->accepted;
    total->work_accepted += more->work_accepted;
    total->stale_tip += more->stale_tip;
    total->stale_move += more->stale_move;
    total->stale_odd += more->stale_odd;
    total->stale_ms_most = larger(total->stale_ms_most, more->stale_ms_most);
    total->duplicates += more->duplicates;
    for (int i = 0; i < HS_MINER_CODES_MAX; i++) {
        add_rejects(total, &more->rejected[i]);
    }
    total->cut_off += more->cut_off;
    total->closed += more->closed;
    total->unanswered += more->unanswered;
    total->answer_ms_most = larger(total->answer_ms_most, more->answer_ms_most);
    total->opens += more->opens;
    total->open_errors += more->open_errors;
    total->jobs += more->jobs;
    total->tips += more->tips;
    total->targets += more->targets;
    total->moves_hard += more->moves_hard;
    total->moves_soft += more->moves_soft;
    total->firsts += more->firsts;
    total->first_ms_sum += more->first_ms_sum;
    total->first_ms_most = larger(total->first_ms_most, more->first_ms_most);
}

void hs_miner_add_counts(const hs_miner *miner, hs_miner_counts *total)
{
    for (uint32_t i = 0; i < miner->slot_count; i++) {
        add(total, &miner->slots[i].counts);
    }
}

static json_t *stale_json(const hs_miner_counts *c)
{
    json_t *const stale = json_object();
    hs_json_count(stale, "tip", c->stale_tip);
    hs_json_count(stale, "move", c->stale_move);
    hs_json_count(stale, "odd", c->stale_odd);
    hs_json_count(stale, "ms_most", c->stale_ms_most);
    return stale;
}

static json_t *moves_json(const hs_miner_counts *c)
{
    json_t *const moves = json_object();
    hs_json_count(moves, "hard", c->moves_hard);
    hs_json_count(moves, "soft", c->moves_soft);
    hs_json_count(moves, "first_accepts", c->firsts);
    hs_json_put(moves, "ms_to_first_accept",
                c->firsts > 0 ? json_real((double)c->first_ms_sum / (double)c->firsts)
                              : json_null());
    hs_json_count(moves, "ms_most", c->first_ms_most);
    return moves;
}

void hs_miner_put_counts(json_t *object, const hs_miner_counts *c)
{
    json_t *const rejected = json_object();
    for (int i = 0; i < HS_MINER_CODES_MAX && c->rejected[i].count > 0; i++) {
        hs_json_count(rejected, c->rejected[i].code, c->rejected[i].count);
    }
    hs_json_count(object, "hashes", c->hashes);
    hs_json_count(object, "submitted", c->submitted);
    hs_json_count(object, "accepted", c->accepted);
    hs_json_put(object, "work_accepted", json_real(c->work_accepted));
    hs_json_put(object, "hashes_accepted", json_real(hs_sv2_hashes_of(c->work_accepted)));
    hs_json_put(object, "stale", stale_json(c));
    hs_json_count(object, "duplicates", c->duplicates);
    hs_json_put(object, "rejected", rejected);
    hs_json_count(object, "cut_off", c->cut_off);
    hs_json_count(object, "closed", c->closed);
    hs_json_count(object, "unanswered", c->unanswered);
    hs_json_count(object, "answer_ms_most", c->answer_ms_most);
    hs_json_count(object, "opens", c->opens);
    hs_json_count(object, "open_errors", c->open_errors);
    hs_json_count(object, "jobs", c->jobs);
    hs_json_count(object, "tips", c->tips);
    hs_json_count(object, "targets", c->targets);
    hs_json_put(object, "moves", moves_json(c));
}

void hs_miner_put_channels(const hs_miner *miner, json_t *array)
{
    for (uint32_t i = 0; i < miner->slot_count; i++) {
        const hs_miner_slot *const slot = &miner->slots[i];
        json_t *const row = json_object();
        hs_json_text(row, "name", slot->name);
        hs_json_text(row, "kind", slot->extended ? "extended" : "standard");
        hs_json_put(row, "rate", json_real(hs_miner_rate_of(miner->options, slot->index)));
        hs_json_put(row, "nominal", json_real(hs_miner_nominal_of(miner->options, slot->index)));
        hs_miner_put_counts(row, &slot->counts);
        (void)json_array_append_new(array, row);
    }
}
