/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/core/state.h"

#include <string.h>

#include "plugin/core/core_control.h"
#include "plugin/core/core_health.h"
#include "plugin/core/state_bytes.h"

static const uint64_t NS_PER_MS = HM_NS_PER_S / 1000u;

/* ---- saving ---- */
static void note_health(const hm_core *core, uint32_t i, hm_state_upstream *row)
{
    const hm_health *const h = &core->health[i];
    row->failures = hm_health_failures(h, core->now_ns);
    if (row->failures > 0) {
        row->failed_ms = (core->now_ns - hm_health_last_failure(h)) / NS_PER_MS;
    }
    if (core->now_ns < h->held_until_ns) {
        row->held_ms = (h->held_until_ns - core->now_ns) / NS_PER_MS;
    }
    row->flags = core->upstreams.rows[i].held ? (uint32_t)HM_STATE_LATCHED : 0u;
}

static hm_state_upstream row_of(const hm_core *core, const hm_ledger *ledger, uint32_t i)
{
    const hm_account *const account = &ledger->accounts[i];
    const hm_pid_terms *const terms = &core->control.terms[i];
    hm_state_upstream row = {
        .window = account->window,
        .debt = account->debt,
        .delivered = account->delivered,
        .error_before = 0.0 - core->control.pids[i].last_measurement_pct,
        .balance = core->control.balance[i],
        .p_points = terms->p_points,
        .i_points = terms->i_points,
        .d_points = terms->d_points,
    };
    hm_account_verdicts(account, &row.accepted, &row.rejected);
    note_health(core, i, &row);
    if (!hm_state_upstream_is_sound(&row)) {
        row = (hm_state_upstream){0}; /* better a fresh start than a state that nobody loads */
    }
    memcpy(row.id, core->upstreams.rows[i].id, sizeof row.id);
    return row;
}

/* Upstreams in ascending order of their ids: their numbers may be others after a restart. */
static void add_upstream(hm_state *state, const hm_state_upstream *row)
{
    uint32_t at = state->upstream_count;
    while (at > 0 && strcmp(state->upstreams[at - 1u].id, row->id) > 0) {
        state->upstreams[at] = state->upstreams[at - 1u];
        at--;
    }
    state->upstreams[at] = *row;
    state->upstream_count++;
}

static void describe(const hm_core *core, hm_state *state)
{
    hm_ledger ledger;
    memset(state, 0, sizeof *state);
    hm_core_settled_ledger(core, &ledger);
    const double hashrate = hm_core_expected_hashrate(core, hm_control_hashrate(core));
    state->hashrate = hashrate > 0.0 ? hashrate : 0.0;
    state->luck = ledger.luck_known ? ledger.luck : 0.0;
    state->window_s = (double)core->config->controller.measurement_window_secs;
    state->flags = core->control.primed ? (uint32_t)HM_STATE_PRIMED : 0u;
    if (!hm_state_farm_is_sound(state)) {
        state->hashrate = state->luck = 0.0;
    }
    for (uint32_t i = 0; i < core->upstreams.top; i++) {
        if (core->upstreams.rows[i].exists && !core->upstreams.rows[i].removed) {
            const hm_state_upstream row = row_of(core, &ledger, i);
            add_upstream(state, &row);
        }
    }
}

/* What was measured of an open channel. Returns 0, or -1 when nothing was, or it has no name. */
static int miner_at(const hm_channels *c, uint32_t slot, hm_miner *out)
{
    const hm_channel_cold *const cold = hm_cold(c, slot);
    if (hm_hot(c, slot)->channel == 0 || cold->identity_len == 0 ||
        !(hm_hot(c, slot)->hashrate > 0.0) || hm_miner_of(hm_estimate_of(c, slot), out) != 0) {
        return -1;
    }
    hm_miner_id(out->id, cold->identity, cold->identity_len);
    return 0;
}

/* Writes the miners one after the other, those that are here first. Returns how many. */
static uint32_t put_miners(const hm_core *core, uint8_t *at, uint32_t most)
{
    const hm_channels *const c = &core->assignment.channels;
    const hm_miners *const known = &core->miners;
    uint32_t count = 0;
    for (uint32_t slot = 0; slot < c->slots && count < most; slot++) {
        hm_miner miner;
        if (miner_at(c, slot, &miner) == 0) {
            hm_state_put_miner(at + hm_state_miner_offset(count), &miner);
            count++;
        }
    }
    for (uint32_t row = 0; row < known->count && count < most; row++) {
        hm_miner miner = known->rows[row];
        miner.away_s = hm_miner_away_s(known, row, core->now_ns);
        if (miner.away_s <= HM_MINER_AWAY_MAX_S) {
            hm_state_put_miner(at + hm_state_miner_offset(count), &miner);
            count++;
        }
    }
    return count;
}

/* Writes what is worth keeping of the peers' habits. Returns how many. */
static uint32_t put_habits(const hm_core *core, uint8_t *at)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < core->habits.count; i++) {
        hm_state_habit row;
        if (hm_state_habit_of(&core->habits.rows[i], core->now_ns, &row)) {
            hm_state_put_habit(at + (size_t)count * HM_STATE_HABIT_SIZE, &row);
            count++;
        }
    }
    return count;
}

hmx_status hm_state_save(const hm_core *core, const hmx_writer *to)
{
    hm_state state;
    const uint64_t miners = (uint64_t)core->assignment.channels.count + core->miners.left;
    const uint32_t most = miners < HM_MINERS_MAX ? (uint32_t)miners : (uint32_t)HM_MINERS_MAX;
    describe(core, &state);
    const size_t room =
        hm_state_size(state.upstream_count, most) + hm_state_habits_size(core->habits.count);
    uint8_t *const bytes = hm_alloc(core->memory, 1, room, 1);
    if (bytes == NULL) {
        return HMX_E_NOMEM;
    }
    uint8_t *const place = bytes + hm_state_miners_at(state.upstream_count);
    state.miner_count = put_miners(core, place, most);
    state.miners = place;
    const size_t rows_end = hm_state_size(state.upstream_count, state.miner_count);
    uint8_t *const habits = bytes + rows_end - HM_STATE_SUM_SIZE + 4u; /* behind their number */
    state.habit_count = core->habits.count > 0 ? put_habits(core, habits) : 0;
    state.habits = habits;
    hm_state_encode(&state, bytes);
    const size_t size = rows_end + hm_state_habits_size(state.habit_count);
    const hmx_status status = to->write(to->ctx, bytes, size);
    hm_free(core->memory, bytes, 1, room, 1);
    return status < 0 ? HMX_E_IO : HMX_OK;
}

/* ---- loading ---- */
static void take_miners(hm_miners *miners, const hm_state *state, uint64_t now_ns)
{
    for (uint32_t i = 0; i < state->miner_count; i++) {
        hm_state_get_miner(state->miners + hm_state_miner_offset(i), &miners->rows[i]);
    }
    hm_miners_fill(miners, now_ns);
}

/* Those of the state, beside the instance's own, which nobody has yet. 0, or -1 out of memory and
 * nothing is held. */
static int read_habits(const hm_core *core, const hm_state *state, uint64_t now_ns,
                       hm_habits *habits)
{
    hm_habits_init(habits, core->memory, core->limits.channels_max, core->hash_key);
    for (uint32_t i = 0; i < state->habit_count; i++) {
        hm_state_habit row;
        hm_state_get_habit(state->habits + (size_t)i * HM_STATE_HABIT_SIZE, &row);
        if (hm_habits_recall(habits, &(hm_habit){.who = row.who,
                                                 .until_ns = now_ns + row.rest_ms * NS_PER_MS,
                                                 .away_ns = row.away_ms * NS_PER_MS,
                                                 .drops = (uint8_t)row.drops,
                                                 .deaf = (row.flags & HM_STATE_DEAF) != 0}) != 0) {
            hm_habits_free(habits);
            return -1;
        }
    }
    return 0;
}

static void take_health(hm_core *core, uint32_t i, const hm_state_upstream *row)
{
    const hm_health_params params = hm_core_health_params(core);
    hm_health *const h = &core->health[i];
    const uint64_t held_ns = row->held_ms * NS_PER_MS;
    *h = (hm_health){0};
    /* All as old as the last. Only differences to now are looked at: that may lie before the
     * clock's zero. */
    const uint64_t failed_ns = core->now_ns - row->failed_ms * NS_PER_MS;
    for (uint32_t k = 0; k < row->failures && k < HM_FAILURES; k++) {
        h->failed_ns[k] = failed_ns != 0 ? failed_ns : UINT64_MAX;
        h->failures = (k + 1u) % HM_FAILURES;
    }
    if (held_ns > 0) {
        h->held_until_ns =
            core->now_ns + (held_ns < params.hold_down_max_ns ? held_ns : params.hold_down_max_ns);
    }
    if ((row->flags & HM_STATE_LATCHED) != 0 && !core->upstreams.auto_restore) {
        core->upstreams.rows[i].held = 1;
    }
}

static void take_accounts(hm_core *core, uint32_t i, const hm_state_upstream *row)
{
    hm_account *const account = &core->ledger.accounts[i];
    hm_pid_terms *const terms = &core->control.terms[i];
    account->window = row->window;
    account->debt = row->debt;
    account->delivered = row->delivered;
    core->control.pids[i].last_measurement_pct = 0.0 - row->error_before;
    hm_account_restore_verdicts(account, row->accepted, row->rejected);
    core->control.balance[i] = row->balance;
    *terms = (hm_pid_terms){
        .p_points = row->p_points,
        .i_points = row->i_points,
        .d_points = row->d_points,
        .output_points = row->p_points + row->i_points + row->d_points,
    };
    core->restored.waiting |= 1ull << i;
}

static void say(const hm_core *core, const char *id, const char *what)
{
    hm_core_logf(core, HMX_LOG_INFO, "saved state: upstream %s %s", id, what);
}

/* Who is in the state, in the configuration, or in both. */
static void take_upstreams(hm_core *core, const hm_state *state)
{
    for (uint32_t r = 0; r < state->upstream_count; r++) {
        const hm_state_upstream *const row = &state->upstreams[r];
        const uint32_t upstream = hm_upstreams_by_id(&core->upstreams, row->id);
        if (upstream == HMX_NONE) {
            say(core, row->id, "is not configured: what was known about it is dropped");
            continue;
        }
        take_accounts(core, upstream - 1u, row);
        take_health(core, upstream - 1u, row);
        if (core->upstreams.rows[upstream - 1u].held) {
            say(core, row->id,
                "stays unused: it failed while auto_restore is off; reconfigure to use it again");
        }
    }
    for (uint32_t i = 0; i < core->upstreams.top; i++) {
        const hm_upstream *const row = &core->upstreams.rows[i];
        if (row->exists && !row->removed && (core->restored.waiting >> i & 1u) == 0) {
            say(core, row->id, "is not in it and starts afresh");
        }
    }
}

hmx_status hm_state_load(hm_core *core, const uint8_t *bytes, size_t size, uint64_t now_ns,
                         hm_text *why)
{
    hm_state state;
    hm_miners miners;
    hm_habits habits;
    const hmx_status status = hm_state_decode(bytes, size, &state, why);
    if (status != HMX_OK) {
        return status;
    }
    if (hm_miners_reserve(&miners, core->memory, state.miner_count,
                          core->assignment.channels.index.hash_key) != 0) {
        hm_text_add(why, "out of memory");
        return HMX_E_NOMEM;
    }
    if (read_habits(core, &state, now_ns, &habits) != 0) {
        hm_miners_free(&miners);
        hm_text_add(why, "out of memory");
        return HMX_E_NOMEM;
    }
    /* From here on nothing can fail. No upstream is up yet, so there is no command to renew. */
    core->now_ns = core->settled_ns = core->ticked_ns = now_ns;
    take_miners(&miners, &state, now_ns);
    core->habits = habits;
    core->miners = miners;
    core->restored = (hm_restored){.since_ns = now_ns, .hashrate = state.hashrate, .loaded = 1};
    core->ledger.luck = state.luck;
    core->ledger.luck_known = state.luck > 0.0;
    core->control.primed = (state.flags & HM_STATE_PRIMED) != 0;
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        core->control.pids[i].primed = core->control.primed;
    }
    take_upstreams(core, &state);
    hm_ledger_rescale(&core->ledger, state.window_s,
                      (double)core->config->controller.measurement_window_secs);
    return HMX_OK;
}
