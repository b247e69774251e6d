/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What mining devices have counted, added up and as JSON. */
#include <string.h>

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

static void put(json_t *object, const char *name, uint64_t value)
{
    (void)json_object_set_new(object, name, json_integer((json_int_t)value));
}

static json_t *stale_json(const hs_miner_counts *c)
{
    json_t *const stale = json_object();
    put(stale, "tip", c->stale_tip);
    put(stale, "move", c->stale_move);
    put(stale, "odd", c->stale_odd);
    put(stale, "ms_most", c->stale_ms_most);
    return stale;
}

static json_t *moves_json(const hs_miner_counts *c)
{
    json_t *const moves = json_object();
    put(moves, "hard", c->moves_hard);
    put(moves, "soft", c->moves_soft);
    put(moves, "first_accepts", c->firsts);
    (void)json_object_set_new(moves, "ms_to_first_accept",
                              c->firsts > 0 ? json_real((double)c->first_ms_sum / (double)c->firsts)
                                            : json_null());
    put(moves, "ms_most", c->first_ms_most);
    return moves;
}

void hs_miner_put_counts(json_t *object, const hs_miner_counts *c)
{
    json_t *const rejected = json_object();
    for (int i = 0; i < HS_MINER_CODES_MAX && c->rejected[i].count > 0; i++) {
        put(rejected, c->rejected[i].code, c->rejected[i].count);
    }
    put(object, "hashes", c->hashes);
    put(object, "submitted", c->submitted);
    put(object, "accepted", c->accepted);
    (void)json_object_set_new(object, "work_accepted", json_real(c->work_accepted));
    (void)json_object_set_new(object, "hashes_accepted",
                              json_real(hs_sv2_hashes_of(c->work_accepted)));
    (void)json_object_set_new(object, "stale", stale_json(c));
    put(object, "duplicates", c->duplicates);
    (void)json_object_set_new(object, "rejected", rejected);
    put(object, "cut_off", c->cut_off);
    put(object, "closed", c->closed);
    put(object, "unanswered", c->unanswered);
    put(object, "answer_ms_most", c->answer_ms_most);
    put(object, "opens", c->opens);
    put(object, "open_errors", c->open_errors);
    put(object, "jobs", c->jobs);
    put(object, "tips", c->tips);
    put(object, "targets", c->targets);
    (void)json_object_set_new(object, "moves", moves_json(c));
}

void hs_miner_put_channels(const hs_miner *miner, json_t *array)
{
    for (uint32_t i = 0; i < miner->slot_count; i++) {
        const hs_miner_slot *const slot = &miner->slots[i];
        json_t *const row = json_object();
        (void)json_object_set_new(row, "name", json_string(slot->name));
        (void)json_object_set_new(row, "kind",
                                  json_string(slot->extended ? "extended" : "standard"));
        (void)json_object_set_new(row, "rate",
                                  json_real(hs_miner_rate_of(miner->options, slot->index)));
        (void)json_object_set_new(row, "nominal",
                                  json_real(hs_miner_nominal_of(miner->options, slot->index)));
        hs_miner_put_counts(row, &slot->counts);
        (void)json_array_append_new(array, row);
    }
}
