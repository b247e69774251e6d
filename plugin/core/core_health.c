/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * core_health: judgement of the pools' health, and the pins of the channels (see core_health.h).
 */
#include "plugin/core/core_health.h"

#include <string.h>

#include "plugin/base/fmath.h"
#include "plugin/config/pattern.h"
#include "plugin/core/core_control.h"
#include "plugin/core/core_mode.h"

/* Between two jobs of a pool that works may lie a moment. */
static const uint64_t JOBLESS_GRACE_NS = 30u * HM_NS_PER_S;

/* A connection that breaks is often back at once: so long nobody leaves, if it held so long. */
static const uint64_t BLIP_NS = 3u * HM_NS_PER_S;
static const uint64_t STEADY_NS = 60u * HM_NS_PER_S;
/* Of one that failed within the hour before and was back so soon it is known how long it takes: it
 * is waited for half as long again. That loses some seconds more than to leave and come back does,
 * and nobody is moved twice. */
static const uint64_t SOON_NS = 15u * HM_NS_PER_S;

/* A trial is made with one channel at least, and where they differ with one that is not large. */
static const double TRIAL_CHANNELS = 1.5;

/* Once an hour the owner is told what rejects cost, from a twentieth of a pool's work on. */
static const uint64_t COST_NS = 3600u * HM_NS_PER_S;
static const uint64_t PIN_PATIENCE_NS = 600u * HM_NS_PER_S;
static const double COST_FROM = 0.05;

hm_health_params hm_core_health_params(const hm_core *core)
{
    const hm_config_failover *const f = &core->config->failover;
    return (hm_health_params){
        .hold_down_ns = f->hold_down_secs * HM_NS_PER_S,
        .hold_down_max_ns = f->hold_down_max_secs * HM_NS_PER_S,
        .border = f->grey_reject_pct / 100.0,
        .min_shares = f->grey_min_shares,
        .detect = f->grey_detection,
    };
}

/* ---- one true line for each change ---- */

static void add_tenths(hm_text *text, double x)
{
    const uint64_t tenths = (uint64_t)(10.0 * hm_clamp(x, 0.0, 1e15) + 0.5);
    hm_text_addf(text, "%llu.%llu", (unsigned long long)(tenths / 10u),
                 (unsigned long long)(tenths % 10u));
}

static void say_health(const hm_core *core, uint32_t i, hm_health_change change)
{
    const hm_health *const h = &core->health[i];
    char line[160];
    hm_text text;
    hm_text_init(&text, line, sizeof line);
    hm_text_addf(&text, "upstream %s ", core->upstreams.rows[i].id);
    switch (change) {
    case HM_HEALTH_REJECTS:
        hm_text_add(&text, "is grey: it rejects ");
        add_tenths(&text, h->figure);
        hm_text_add(&text, " % of the work that it gets");
        break;
    case HM_HEALTH_SILENT:
        hm_text_addf(&text, "is grey: it has accepted nothing for %llu s",
                     (unsigned long long)h->figure);
        break;
    case HM_HEALTH_TRIED:
        hm_text_add(&text, "is tried again: it gets ");
        add_tenths(&text, 100.0 * hm_clamp(h->share, 0.0, 1.0));
        hm_text_add(&text, " % of the farm at most, and more as it accepts");
        break;
    case HM_HEALTH_WELL:
        hm_text_add(&text, "is judged healthy: it gets its whole share again");
        break;
    default:
        return;
    }
    hm_core_log(core, h->grey ? HMX_LOG_WARN : HMX_LOG_INFO, line);
}

/* It failed, or that has been long enough ago. */
static void say_hold(const hm_core *core, uint32_t i)
{
    const hm_health *const h = &core->health[i];
    if (core->now_ns >= h->held_until_ns) {
        hm_core_logf(core, HMX_LOG_INFO, "upstream %s is not held down any more",
                     core->upstreams.rows[i].id);
    } else {
        hm_core_logf(core, HMX_LOG_WARN,
                     "upstream %s failed %lu times within an hour: held down for %llu s",
                     core->upstreams.rows[i].id, (unsigned long)hm_health_failures(h, core->now_ns),
                     (unsigned long long)((h->held_until_ns - core->now_ns) / HM_NS_PER_S));
    }
}

/* ---- the connection ---- */

/* Its connection is gone for good, for all we know. A connection that is new starts unsuspected. */
static void fail(hm_core *core, uint32_t i)
{
    const hm_health_params params = hm_core_health_params(core);
    hm_health_failed(&core->health[i], &params, core->now_ns);
    hm_health_restart(&core->health[i]);
    if (core->now_ns < core->health[i].held_until_ns) {
        say_hold(core, i);
    }
}

static void take_over(hm_core *core, uint32_t i)
{
    const hm_health *const h = &core->health[i];
    hm_upstreams_judge(&core->upstreams, i + 1u, h->grey, hm_health_is_out(h, core->now_ns),
                       h->share > 0.0);
}

/* Since when the connection has been broken if it may be back in a moment, 0 = that is not so. One
 * that breaks again and again is no blip, and what was refused or decided is final. */
static uint64_t blip_of(const hm_core *core, const hm_upstream *row, const hm_upstream_facts *next)
{
    const uint64_t lived_ns = hm_core_lived_ns(core);
    const int is_gone = next->state == HMX_UPSTREAM_DOWN || next->state == HMX_UPSTREAM_CONNECTING;
    if (!is_gone || next->reason == HMX_UPSTREAM_REASON_REFUSED ||
        next->reason == HMX_UPSTREAM_REASON_HOST) {
        return 0;
    }
    const int is_broken =
        next->state == HMX_UPSTREAM_CONNECTING || next->reason == HMX_UPSTREAM_REASON_LOST;
    if (row->blip_ns != 0 || row->facts.state != HMX_UPSTREAM_UP || !is_broken) {
        return row->blip_ns;
    }
    return lived_ns - row->up_ns >= STEADY_NS ? lived_ns : 0;
}

void hm_core_note_state(hm_core *core, uint32_t upstream, const hm_upstream_facts *next)
{
    hm_upstream *const row = &core->upstreams.rows[upstream - 1u];
    const uint64_t blip_ns = blip_of(core, row, next);
    const int was_up = row->facts.state == HMX_UPSTREAM_UP;
    const int is_gone = next->state == HMX_UPSTREAM_DOWN || next->state == HMX_UPSTREAM_CONNECTING;
    if ((was_up || row->blip_ns != 0) && is_gone && blip_ns == 0) {
        fail(core, upstream - 1u);
    }
    if (!was_up && next->state == HMX_UPSTREAM_UP) {
        row->up_ns = hm_core_lived_ns(core);
        row->away_ns = row->gone_ns != 0 ? row->up_ns - row->gone_ns : row->away_ns;
        row->gone_ns = 0;
    }
    hm_upstreams_report(&core->upstreams, upstream, next, blip_ns);
    take_over(core, upstream - 1u);
}

static void end_blip(hm_core *core, uint32_t i)
{
    hm_core_logf(core, HMX_LOG_WARN, "upstream %s was not back in a moment: it is down",
                 core->upstreams.rows[i].id);
    fail(core, i);
    core->upstreams.rows[i].gone_ns = core->upstreams.rows[i].blip_ns;
    hm_upstreams_end_blip(&core->upstreams, i + 1u);
    take_over(core, i);
}

/* How long its channels wait for it. What it did in the hour before it broke decides: an hour that
 * ends meanwhile would have them wait in vain, and leave as it comes back. */
static uint64_t patience_ns(const hm_core *core, uint32_t i)
{
    const hm_upstream *const row = &core->upstreams.rows[i];
    const uint64_t broken_ns = core->now_ns - (core->lived_ns - row->blip_ns);
    const uint64_t longer_ns = row->away_ns + row->away_ns / 2u;
    const int is_known = row->away_ns <= SOON_NS && longer_ns > BLIP_NS &&
                         hm_health_failures(&core->health[i], broken_ns) > 0;
    return is_known ? longer_ns : BLIP_NS;
}

static int blip_is_over(const hm_core *core, uint32_t i)
{
    const hm_upstream *const row = &core->upstreams.rows[i];
    return row->blip_ns != 0 && core->lived_ns - row->blip_ns > patience_ns(core, i);
}

/* Those that broke together go together: with the last of them nobody is left. */
void hm_core_judge_blips(hm_core *core)
{
    uint8_t before[HMX_UPSTREAMS_MAX] = {0};
    int any = 0;
    for (uint32_t i = 0; i < core->upstreams.top; i++) {
        if (!blip_is_over(core, i)) {
            continue;
        }
        if (!any) {
            hm_core_settle(core);
            hm_core_list_usable(core, before);
            any = 1;
        }
        end_blip(core, i);
    }
    if (any) {
        hm_core_follow_usable(core, before);
    }
}

/* ---- the judgement ---- */

static hm_health_look look_at(const hm_core *core, uint32_t i)
{
    const hm_assignment *const a = &core->assignment;
    double farm = 0.0;
    for (uint32_t place = 1; place < HM_PLACES; place++) {
        farm += hm_not_negative(a->working[place]);
    }
    return (hm_health_look){
        .lived_ns = core->lived_ns,
        .rate = hm_not_negative(a->working[i + 1u]),
        .farm = farm,
        .least = a->channels.count > 0 ? TRIAL_CHANNELS / (double)a->channels.count : 0.0,
        .has_canary = a->working[i + 1u] > 0.0, /* a silent channel watches nothing */
    };
}

/* Returns 1 when it may have another share now. */
static int judge_one(hm_core *core, uint32_t i)
{
    hm_health *const health = &core->health[i];
    const hm_health_params params = hm_core_health_params(core);
    const hm_health_look look = look_at(core, i);
    const int was_held = health->held_until_ns != 0;
    hm_health_change change = HM_HEALTH_SAME;
    HM_MUST(hm_core_alarm(core), health->recovery >= 0.0 && health->share >= 0.0);
    if (core->upstreams.rows[i].facts.state == HMX_UPSTREAM_UP) {
        change = hm_health_judge(health, &params, &look);
    }
    hm_health_release(health, core->now_ns);
    take_over(core, i);
    say_health(core, i, change);
    if (change == HM_HEALTH_SILENT) {
        hm_ledger_withdraw(&core->ledger, i + 1u, hm_core_takes_back(core));
    }
    if (was_held && health->held_until_ns == 0) {
        say_hold(core, i);
    }
    return change != HM_HEALTH_SAME;
}

void hm_core_list_usable(const hm_core *core, uint8_t *usable)
{
    for (uint32_t i = 0; i < core->upstreams.top; i++) {
        usable[i] = (uint8_t)hm_upstreams_takes_part(&core->upstreams, i + 1u);
    }
}

/* When the last pools go nobody gets what would have been theirs, and when they are back they are
 * owed what they were owed: so their books stay open. Takes note of it; 1 = they stay open now. */
static int note_pause(hm_core *core, uint32_t upstream, int nobody)
{
    const uint64_t bit = 1ull << (upstream - 1u);
    const int was_paused = (core->control.paused & bit) != 0;
    core->control.paused &= ~bit;
    core->control.paused |= nobody ? bit : 0;
    return was_paused || nobody;
}

static void turn(hm_core *core, uint32_t upstream, int nobody)
{
    const uint64_t bit = 1ull << (upstream - 1u);
    const int spared = (core->restored.waiting & bit) != 0 && hm_core_is_coming_back(core);
    core->restored.waiting &= ~bit;
    if (!note_pause(core, upstream, nobody) && !spared) {
        hm_core_forgive(core, upstream);
    }
    /* Who is back gets its share now, not at the next evaluation. */
    core->control.force |= (uint8_t)(hm_upstreams_takes_part(&core->upstreams, upstream) &&
                                     hm_health_last_failure(&core->health[upstream - 1u]) != 0);
}

void hm_core_follow_usable(hm_core *core, const uint8_t *before)
{
    uint8_t now[HMX_UPSTREAMS_MAX] = {0};
    hm_core_list_usable(core, now);
    const int nobody = memchr(now, 1, sizeof now) == NULL;
    const int any = memcmp(now, before, sizeof now) != 0;
    for (uint32_t i = 0; i < core->upstreams.top; i++) {
        if (before[i] != now[i]) {
            turn(core, i + 1u, nobody);
        }
    }
    if (any) {
        hm_core_retarget(core);
        hm_core_release_withheld(core, 0);
        core->control.evacuate = 1;
    }
}

/* Those that are due: all of them, or between two judgements those that are out or on trial. */
static void judge(hm_core *core, int all)
{
    uint8_t before[HMX_UPSTREAMS_MAX] = {0};
    int any = 0;
    hm_core_list_usable(core, before);
    for (uint32_t i = 0; i < core->upstreams.top; i++) {
        if (core->upstreams.rows[i].exists &&
            (all || core->health[i].grey || core->health[i].share > 0.0)) {
            any |= judge_one(core, i);
        }
    }
    for (uint32_t i = 0; i < core->upstreams.top; i++) {
        any |= before[i] != hm_upstreams_takes_part(&core->upstreams, i + 1u);
    }
    if (any) {
        hm_core_settle(core); /* under the targets valid until now */
        hm_core_follow_usable(core, before);
        hm_core_retarget(core);
        core->control.force = 1;
    }
}

void hm_core_judge_health(hm_core *core)
{
    const uint64_t interval_ns = core->config->failover.health_check_interval_secs * HM_NS_PER_S;
    const int is_due = core->now_ns - core->judged_ns >= interval_ns;
    core->judged_ns = is_due ? core->now_ns : core->judged_ns;
    judge(core, is_due);
}

/* ---- what rejects cost ---- */

static void say_cost(const hm_core *core, uint32_t i, double farm)
{
    const hm_health *const h = &core->health[i];
    char line[200];
    hm_text text;
    hm_text_init(&text, line, sizeof line);
    hm_text_addf(&text, "upstream %s rejected ", core->upstreams.rows[i].id);
    add_tenths(&text, 100.0 * h->hour_rejected / h->hour_submitted);
    hm_text_add(&text, " % of its work in the last hour: it costs ");
    add_tenths(&text, h->hour_rejected * HM_HASHES_PER_WORK / hm_seconds(COST_NS) / 1e12);
    hm_text_add(&text, " TH/s, ");
    add_tenths(&text, 100.0 * h->hour_rejected / farm);
    hm_text_add(&text, " % of the farm");
    hm_core_log(core, HMX_LOG_WARN, line);
}

void hm_core_say_costs(hm_core *core)
{
    double farm = 0.0;
    if (core->lived_ns - core->costed_ns < COST_NS) {
        return;
    }
    core->costed_ns = core->lived_ns;
    for (uint32_t i = 0; i < core->upstreams.top; i++) {
        farm += core->health[i].hour_submitted;
    }
    for (uint32_t i = 0; i < core->upstreams.top; i++) {
        hm_health *const h = &core->health[i];
        if (h->hour_submitted > 0.0 && h->hour_rejected >= COST_FROM * h->hour_submitted) {
            say_cost(core, i, farm);
        }
        h->hour_submitted = h->hour_rejected = 0.0;
    }
}

void hm_core_say_job(const hm_core *core, uint32_t upstream)
{
    const hm_upstream *const row = &core->upstreams.rows[upstream - 1u];
    hm_core_logf(core, row->jobless ? HMX_LOG_WARN : HMX_LOG_INFO, "upstream %s %s", row->id,
                 row->jobless ? "is up without a job for 30 s: its channels leave"
                              : "has a job again");
}

void hm_core_judge_jobs(hm_core *core)
{
    for (uint32_t i = 0; i < core->upstreams.top; i++) {
        hm_upstream *const row = &core->upstreams.rows[i];
        if (row->jobless_ns != 0 && !row->jobless &&
            core->lived_ns - row->jobless_ns >= JOBLESS_GRACE_NS) {
            row->jobless = 1;
            core->control.evacuate = 1;
            hm_core_say_job(core, i + 1u);
        }
    }
}

uint8_t hm_core_pin_of(hm_core *core, const char *identity, uint32_t len)
{
    const hm_config *const config = core->config;
    for (uint32_t i = 0; i < config->pin_count && len > 0; i++) {
        const hm_config_pin *const pin = &config->pins[i];
        if (!hm_pattern_match(pin->user_identity, identity, len)) {
            continue;
        }
        core->pins_matched |= UINT64_C(1) << i;
        return strcmp(pin->upstream, HM_CONFIG_STAY) == 0
                   ? HM_PIN_STAY
                   : (uint8_t)hm_upstreams_by_id(&core->upstreams, pin->upstream);
    }
    return 0;
}

void hm_core_resolve_pins(hm_core *core)
{
    hm_channels *const c = &core->assignment.channels;
    core->assignment.changes++;
    core->pins_matched = 0;
    core->pins_since_ns = core->lived_ns;
    for (uint32_t slot = 0; slot < c->slots; slot++) {
        if (hm_hot(c, slot)->channel != 0) {
            hm_channel_cold *const cold = hm_cold(c, slot);
            cold->pin = hm_core_pin_of(core, cold->identity, cold->identity_len);
        }
    }
}

void hm_core_say_idle_pins(hm_core *core)
{
    if (core->pins_since_ns == 0 || core->lived_ns - core->pins_since_ns < PIN_PATIENCE_NS) {
        return;
    }
    core->pins_since_ns = 0;
    for (uint32_t i = 0; i < core->config->pin_count; i++) {
        if ((core->pins_matched & UINT64_C(1) << i) == 0) {
            hm_core_logf(core, HMX_LOG_WARN,
                         "[pin.%s] matched no miner for ten minutes: does any miner say a "
                         "user_identity like that?",
                         core->config->pins[i].name);
        }
    }
}
