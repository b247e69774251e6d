/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * core_events: what the host reports about pools and channels (see core.h).
 */
#include <math.h>
#include <string.h>

#include "plugin/core/core.h"
#include "plugin/core/core_control.h"
#include "plugin/core/core_fit.h"
#include "plugin/core/core_health.h"
#include "plugin/core/core_mode.h"

static const double TYPICAL_MACHINE_HS = 1e14;
/* The hash of a peer is in the saved state. Where it is looked up there is a secret key. */
static const unsigned char SAME_IN_EACH_LIFE[16] = {'h', 'm', 'x', '-', 'p', 'e', 'e', 'r'};

static int space_changed(const hm_upstream_facts *a, const hm_upstream_facts *b)
{
    return a->extranonce_size != b->extranonce_size ||
           a->extranonce_prefix_len != b->extranonce_prefix_len ||
           memcmp(a->extranonce_prefix, b->extranonce_prefix, a->extranonce_prefix_len) != 0;
}

/* One true line when a pool comes or goes, with the host's reason. */
static void say_state(const hm_core *core, uint32_t upstream, const hm_upstream_facts *next)
{
    static const char *const REASONS[] = {
        "", ": it cannot be connected to", ": the connection broke",
        ": it refused the setup or the channel", ": the host decided so"};
    const hm_upstream *const row = &core->upstreams.rows[upstream - 1u];
    const int was_up = row->facts.state == HMX_UPSTREAM_UP;
    const int is_up = next->state == HMX_UPSTREAM_UP;
    if (was_up == is_up) {
        return;
    }
    hm_core_logf(core, is_up ? HMX_LOG_INFO : HMX_LOG_WARN, "upstream %s is %s%s", row->id,
                 is_up ? "up" : "not up any more",
                 is_up || next->reason >= sizeof REASONS / sizeof *REASONS ? ""
                                                                           : REASONS[next->reason]);
}

hmx_status hm_core_upstream(hm_core *core, uint32_t upstream, const hm_upstream_facts *facts)
{
    hm_upstream *const row = &core->upstreams.rows[upstream - 1u];
    uint8_t usable[HMX_UPSTREAMS_MAX] = {0};
    hm_upstream_facts next = *facts;
    hm_extranonce_space fresh = {0};
    const int is_replaced = facts->state == HMX_UPSTREAM_UP && space_changed(&row->facts, facts);
    /* First what can fail: without memory nothing changes, and the host may say it again. */
    if (is_replaced && hm_extranonce_reset(&fresh, core->memory, facts->extranonce_prefix,
                                           facts->extranonce_prefix_len, facts->extranonce_size,
                                           core->limits.instance_index, core->limits.instance_count,
                                           core->limits.channels_max) != 0) {
        return HMX_E_NOMEM;
    }
    hm_core_write_late_shares(core);
    hm_core_settle(core);
    if (facts->state == HMX_UPSTREAM_UP && row->facts.state != HMX_UPSTREAM_UP) {
        hm_assignment_end_rest(&core->assignment, upstream); /* a new connection, a new chance */
    }
    if (facts->state == HMX_UPSTREAM_UP) {
        core->assignment.prefixes.told |= 1ull << (upstream - 1u);
        core->assignment.prefixes.spaced |=
            facts->extranonce_size > 0 ? 1ull << (upstream - 1u) : 0u;
    }
    if (is_replaced) {
        core->prefix_stale |=
            (uint8_t)hm_assignment_new_space(&core->assignment, upstream, &fresh, core->now_ns);
    } else if (facts->state != HMX_UPSTREAM_UP) {
        /* While it is away its space stays: the channels may come back to the same prefixes. */
        next.extranonce_size = row->facts.extranonce_size;
        next.extranonce_prefix_len = row->facts.extranonce_prefix_len;
        memcpy(next.extranonce_prefix, row->facts.extranonce_prefix, sizeof next.extranonce_prefix);
    }
    hm_core_list_usable(core, usable);
    say_state(core, upstream, &next);
    hm_core_note_state(core, upstream, &next);
    if (is_replaced) {
        hm_core_measure_fit(core);
    }
    if (hm_upstreams_note_job(&core->upstreams, upstream, hm_core_lived_ns(core))) {
        hm_core_say_job(core, upstream);
    }
    hm_core_follow_usable(core, usable);
    return HMX_OK;
}

/* Stands in for a hashrate that the peer did not declare: the mean of the others, or a usual
 * machine. */
static double guess_of(const hm_core *core)
{
    double total = 0.0;
    for (uint32_t i = 0; i < HM_PLACES; i++) {
        total += core->assignment.working[i] > 0.0 ? core->assignment.working[i] : 0.0;
    }
    const uint32_t channels = core->assignment.channels.count;
    return total > 0.0 && channels > 1 ? total / (double)(channels - 1u)
                                       : TYPICAL_MACHINE_HS / HM_HASHES_PER_WORK;
}

/* Of those that came before: seldom, since what is usual has to have become half as much. */
static void hold_to_what_is_usual(hm_core *core)
{
    const hm_proof_count count = {.boast = INFINITY};
    (void)hm_proof_apply(&core->proof, &count, &core->assignment);
}

/* What is known of the peer from channels that it had before. */
static void recall_habits(const hm_core *core, uint32_t slot)
{
    hm_channel_cold *const cold = hm_cold(&core->assignment.channels, slot);
    const hm_habit *const habit = hm_habits_of(&core->habits, cold->who);
    if (habit == NULL) {
        return;
    }
    hm_hot(&core->assignment.channels, slot)->moved_ns = habit->moved_ns;
    cold->calm_until_ns = habit->until_ns;
    if (habit->deaf && cold->honours_prefix == HMX_UNKNOWN) {
        cold->honours_prefix = HMX_NO;
    }
}

static void fill_record(hm_core *core, uint32_t slot, const hm_channel_facts *facts)
{
    hm_channel_cold *const cold = hm_cold(&core->assignment.channels, slot);
    const hmx_view identity = {facts->identity, facts->identity_len};
    cold->connection = facts->connection;
    cold->upstreams_allowed = facts->upstreams_allowed;
    cold->max_target = facts->max_target;
    cold->who = hm_reopen_who(SAME_IN_EACH_LIFE, identity, facts->vendor, facts->hardware);
    cold->kind = (uint8_t)facts->kind;
    cold->honours_prefix = (uint8_t)facts->honours_prefix;
    cold->flags = (uint8_t)facts->flags;
    cold->extranonce_size = (uint8_t)facts->extranonce_size;
    cold->pin = hm_core_pin_of(core, facts->identity, facts->identity_len);
    cold->pending_next = cold->pending_prev = HM_SLOT_NONE;
    hm_core_fit_count(core, cold->kind == HMX_CHANNEL_EXTENDED ? cold->extranonce_size : 0u, 1);
    hm_channel_hot *const hot = hm_hot(&core->assignment.channels, slot);
    hm_estimate *const estimate = hm_estimate_of(&core->assignment.channels, slot);
    hot->hashrate = hm_miners_recall(&core->miners, facts->identity, facts->identity_len,
                                     facts->nominal, core->now_ns, estimate);
    if (!(hot->hashrate > 0.0)) {
        if (hm_proof_hear(&core->proof, facts->nominal)) {
            hold_to_what_is_usual(core);
        }
        const double rate =
            hm_estimate_init(estimate, &core->estimator, facts->nominal, guess_of(core));
        hot->hashrate = hm_proof_credible(&core->proof, rate);
    }
}

/* Targets in hashes per second are another fraction of a farm that has grown. */
static void follow_growth(hm_core *core)
{
    const hm_upstreams *const u = &core->upstreams;
    for (uint32_t i = 0; i < u->top; i++) {
        const hm_upstream *const row = &u->rows[i];
        if (row->exists &&
            (row->hashrate_ths > 0.0 || row->min_ths > 0.0 || row->max_ths < INFINITY)) {
            hm_core_settle(core);
            hm_core_retarget(core);
            return;
        }
    }
}

/* Where a newcomer goes: one that was closed to be moved, or by a move, where that was to bring
 * it. */
static uint32_t destination_of(hm_core *core, uint32_t slot, uint64_t *reopened_by)
{
    hm_assignment *const a = &core->assignment;
    const uint64_t who = hm_cold(&a->channels, slot)->who;
    uint32_t promised = hm_reopen_returned(&core->reopen, who, core->now_ns, reopened_by);
    a->moves.applied += promised != HMX_NONE;
    if (promised == HMX_NONE) {
        promised = hm_habits_returned(&core->habits, who, core->now_ns);
    }
    if (promised != HMX_NONE && hm_upstreams_exists(&core->upstreams, promised) &&
        hm_assignment_legal(a, slot, promised)) {
        return promised;
    }
    return hm_assignment_arrival(a, slot, core->control.command, core->control.most);
}

/* Nowhere to go: is there a pool for it at all? */
static uint32_t reason_to_pass(hm_core *core, uint32_t slot)
{
    for (uint32_t i = 1; i <= core->upstreams.top; i++) {
        if (hm_assignment_could(&core->assignment, slot, i)) {
            return HMX_REASON_NO_POOL;
        }
    }
    return HMX_REASON_CANNOT;
}

/* Two channels in one search space: the second is refused, and the log says why. */
static int is_taken(hm_core *core, const hm_channel_facts *facts)
{
    hm_assignment *const a = &core->assignment;
    const uint32_t slot =
        hm_assignment_collision(a, facts->current_upstream, facts->prefix, facts->prefix_len);
    if (slot == HM_SLOT_NONE) {
        return 0;
    }
    hm_core_logf(
        core, HMX_LOG_WARN,
        "channel %llu is refused: its extranonce prefix collides with that of channel %llu "
        "on upstream %s",
        (unsigned long long)facts->channel, (unsigned long long)hm_hot(&a->channels, slot)->channel,
        core->upstreams.rows[facts->current_upstream - 1u].id);
    return 1;
}

static void tell_placed(const hm_core *core, uint32_t slot, const hm_placement *out, uint32_t to)
{
    const int withheld = out->reason == HMX_REASON_OBSERVE;
    if (core->audit != NULL) {
        core->audit->placed(core->log_ctx, slot, to, out->reason, withheld);
    }
}

/* One that came back for a decision: that is its end. */
static void tell_reopened(const hm_core *core, uint32_t slot, uint64_t decision)
{
    const hm_ended ended = {.decision = decision,
                            .slot = slot,
                            .to = hm_hot(&core->assignment.channels, slot)->upstream,
                            .result = HMX_RESULT_APPLIED};
    if (core->audit != NULL && decision != 0) {
        core->audit->ended(core->log_ctx, &ended);
    }
}

static void place_newcomer(hm_core *core, uint32_t slot, hm_placement *out)
{
    hm_assignment *const a = &core->assignment;
    uint64_t reopened_by = 0;
    const uint32_t to = destination_of(core, slot, &reopened_by);
    const int observes = hm_core_is_mode(core, HMX_MODE_OBSERVE);
    out->upstream = observes ? (uint32_t)HMX_NONE : to;
    recall_habits(core, slot);
    if (hm_assignment_place(a, slot, out->upstream, core->now_ns, out->prefix, &out->prefix_len) !=
        0) {
        out->upstream = HMX_NONE; /* no prefix is left there: parking needs none */
        (void)hm_assignment_place(a, slot, HMX_NONE, core->now_ns, out->prefix, &out->prefix_len);
    }
    out->reason = HMX_REASON_ARRIVAL;
    if (observes) {
        out->reason = HMX_REASON_OBSERVE; /* parked, until the host says where it is */
    } else if (out->upstream == HMX_NONE) {
        out->reason = reason_to_pass(core, slot);
    }
    tell_placed(core, slot, out, observes ? to : out->upstream);
    tell_reopened(core, slot, reopened_by);
}

hmx_status hm_core_open(hm_core *core, const hm_channel_facts *facts, hm_placement *out)
{
    hm_assignment *const a = &core->assignment;
    hm_core_write_late_shares(core);
    memset(out, 0, sizeof *out);
    if (hm_channels_find(&a->channels, facts->channel, 0) != HM_SLOT_NONE) {
        return HMX_E_STATE;
    }
    if (a->channels.count >= a->channels.limit) {
        return HMX_E_LIMIT;
    }
    if (facts->current_upstream != HMX_NONE && is_taken(core, facts)) {
        return HMX_E_INVALID;
    }
    const uint32_t slot = hm_channels_open(&a->channels, facts->channel);
    if (slot == HM_SLOT_NONE) {
        return HMX_E_NOMEM;
    }
    if (hm_channels_name(&a->channels, slot, facts->identity, facts->identity_len) != 0) {
        hm_channels_take_back(&a->channels, slot);
        return HMX_E_NOMEM;
    }
    fill_record(core, slot, facts);
    out->cookie = hm_channels_cookie(&a->channels, slot);
    if (facts->current_upstream != HMX_NONE) {
        recall_habits(core, slot);
        hm_assignment_adopt(a, slot, facts->current_upstream, facts->prefix, facts->prefix_len);
        out->upstream = facts->current_upstream;
        out->reason = HMX_REASON_ADOPTED;
        out->prefix_len = facts->prefix_len;
        memcpy(out->prefix, facts->prefix, sizeof out->prefix);
        core->control.evacuate = 1;
        core->unwelcome |= !hm_assignment_may_stay(a, slot);
        follow_growth(core);
        tell_placed(core, slot, out, out->upstream);
        return HMX_OK;
    }
    place_newcomer(core, slot, out);
    core->control.arrived += hm_hot(&a->channels, slot)->hashrate;
    follow_growth(core);
    return HMX_OK;
}

static void declare(hm_core *core, uint32_t slot, double nominal)
{
    hm_assignment *const a = &core->assignment;
    hm_estimate *const estimate = hm_estimate_of(&a->channels, slot);
    const double rate = hm_estimate_declare(estimate, &core->estimator, nominal, guess_of(core));
    if (!hm_estimate_is_proven(estimate)) {
        /* What is believed of its word; it has been silent as long as before. */
        const double part =
            hm_proof_credible(&core->proof, estimate->reference) / estimate->reference;
        estimate->a *= part;
        hm_assignment_set_hashrate(a, slot, rate * part);
    }
}

hmx_status hm_core_update(hm_core *core, uint32_t slot, const hm_channel_facts *facts,
                          uint32_t changed)
{
    hm_assignment *const a = &core->assignment;
    hm_channel_cold *const cold = hm_cold(&a->channels, slot);
    hm_core_write_late_shares(core);
    a->changes++;
    if ((changed & HMX_FACT_NOMINAL_HASHRATE) != 0) {
        declare(core, slot, facts->nominal);
    }
    if ((changed & HMX_FACT_HONOURS_PREFIX) != 0) {
        cold->honours_prefix = (uint8_t)facts->honours_prefix;
        hm_habits_obeys(&core->habits, cold->who, facts->honours_prefix != HMX_NO);
    }
    if ((changed & HMX_FACT_FLAGS) != 0) {
        cold->flags = (uint8_t)facts->flags;
    }
    if ((changed & HMX_FACT_MAX_TARGET) != 0) {
        cold->max_target = facts->max_target;
    }
    if ((changed & HMX_FACT_UPSTREAMS_ALLOWED) != 0) {
        cold->upstreams_allowed = facts->upstreams_allowed;
        core->unwelcome |= !hm_assignment_may_stay(a, slot);
        core->control.leave |= core->unwelcome;
    }
    return HMX_OK;
}

void hm_core_close(hm_core *core, uint32_t slot, uint32_t reason)
{
    const hm_channel_cold *const cold = hm_cold(&core->assignment.channels, slot);
    hm_core_write_late_shares(core); /* the last channel that closes takes the records with it */
    HM_MUST(hm_core_alarm(core), core->late_count == 0);
    if (reason == HMX_CLOSE_REOPEN && cold->decision != 0 &&
        cold->pending_style == HMX_STYLE_REOPEN && cold->decision_until_ns >= core->now_ns) {
        hm_reopen_closed(&core->reopen, cold->who, cold->decision,
                         hm_hot(&core->assignment.channels, slot)->pending_to, core->now_ns,
                         cold->decision_until_ns);
    } else {
        hm_core_end_pending(core, slot, HM_ENDED_VOID);
    }
    if (cold->moves > 0 && reason != HMX_CLOSE_HOST && reason != HMX_CLOSE_REOPEN) {
        const hm_channel_hot *const hot = hm_hot(&core->assignment.channels, slot);
        hm_habits_closed(&core->habits, cold->who, hot->moved_ns, hot->upstream, core->now_ns,
                         hm_control_dwell_ns(core));
    }
    hm_core_fit_count(core, cold->kind == HMX_CHANNEL_EXTENDED ? cold->extranonce_size : 0u, 0);
    hm_assignment_close(&core->assignment, slot, core->now_ns);
    if (core->assignment.channels.count == 0) {
        core->proof = (hm_proof){0}; /* the next farm has to prove itself first */
    }
}
