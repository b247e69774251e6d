/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/proxy/rate.h"

#include <string.h>

#include "host_stub/live/proxy/plugin.h"
#include "host_stub/sv2/work.h"

/* A little more than the second, since recordings and pools count in whole milliseconds. */
#define DEBOUNCE_NS (1050 * HS_PROXY_MS_NS)
#define RESTATE_NS  (10000 * HS_PROXY_MS_NS) /* between reminders of a rate that has not changed */
#define ANSWER_NS   (10000 * HS_PROXY_MS_NS) /* a target so long after a statement answers it */
#define SETTLED_NS  (2000 * HS_PROXY_MS_NS)  /* no target so long after one: the old one holds */
#define LOOK_NS     (1000 * HS_PROXY_MS_NS)  /* how often the plugin is asked */
#define PATIENCE_NS (10000 * HS_PROXY_MS_NS) /* for a harder job */
#define AT_ONCE_NS  (100 * HS_PROXY_MS_NS)   /* where nobody is disturbed: so that many are one */
#define REOPEN_NS   (10000 * HS_PROXY_MS_NS) /* from one opening again to the next */
#define LEAST_HS    1.0                      /* stated while nobody has ever come */
#define UNKNOWN_HS  1e12 /* a miner that declares nothing, and no other is there */
#define EASY_MOST   4.0  /* times the shares that the pool wants */
#define OFF_MOST    2.0  /* a target is so far from what will work there */
#define RATE_MOST   3e38 /* it is sent as a float */

/* ---- what works where ---- */

static void add(hs_proxy *proxy, uint32_t upstream, double rate_hs, int more)
{
    hs_proxy_up *const up = hs_proxy_up_of(proxy, upstream);
    if (up == NULL) {
        return;
    }
    if (more) {
        up->working++;
        up->working_hs += rate_hs;
    } else {
        up->working--;
        up->working_hs = up->working > 0 ? up->working_hs - rate_hs : 0.0;
        proxy->sums_are_rough = 1;
    }
}

void hs_proxy_put(hs_proxy *proxy, hs_proxy_channel *channel, uint32_t upstream)
{
    if (channel->upstream != upstream) {
        add(proxy, channel->upstream, channel->rate_hs, 0);
        add(proxy, upstream, channel->rate_hs, 1);
        channel->upstream = upstream;
    }
}

void hs_proxy_declare(hs_proxy *proxy, hs_proxy_channel *channel, double nominal_hs)
{
    const uint32_t upstream = channel->upstream;
    const int comes = channel->waits_for_job;
    hs_proxy_comes_no_more(proxy, channel);
    hs_proxy_put(proxy, channel, HMX_NONE);
    channel->nominal_hs = nominal_hs;
    channel->rate_hs = hs_proxy_rate_taken(proxy, nominal_hs);
    hs_proxy_put(proxy, channel, upstream);
    if (comes) {
        hs_proxy_comes(proxy, channel);
    }
}

/* Of those that work and wait, or of the last that did; 0 when nobody ever has. */
static double mean_hs(const hs_proxy *proxy)
{
    double sum = proxy->waiting_hs;
    size_t count = proxy->waiting;
    for (uint32_t i = 1; i <= HMX_UPSTREAMS_MAX; i++) {
        sum += proxy->ups[i].working_hs;
        count += proxy->ups[i].working;
    }
    return count > 0 ? sum / (double)count : proxy->usual_hs;
}

double hs_proxy_rate_taken(const hs_proxy *proxy, double nominal_hs)
{
    if (nominal_hs > 0.0) {
        return nominal_hs;
    }
    const double mean = mean_hs(proxy);
    return mean > 0.0 ? mean : UNKNOWN_HS;
}

/* What differs by so much that a small rate is lost in it is added up anew. */
static void add_up(hs_proxy *proxy)
{
    proxy->sums_are_rough = 0;
    for (uint32_t i = 1; i <= HMX_UPSTREAMS_MAX; i++) {
        proxy->ups[i].working_hs = 0.0;
    }
    for (size_t i = 0; i < proxy->channel_count; i++) {
        const hs_proxy_channel *const channel = proxy->channels[i];
        if (channel->upstream != HMX_NONE) {
            proxy->ups[channel->upstream].working_hs += channel->rate_hs;
        }
    }
}

static int gives_work(hs_proxy *proxy, const hs_proxy_channel *channel)
{
    return hs_proxy_leg_is_usable(hs_proxy_leg_of(proxy, channel, channel->upstream));
}

void hs_proxy_comes(hs_proxy *proxy, hs_proxy_channel *channel)
{
    hs_proxy_up *const up = &proxy->ups[channel->deferred.to];
    if (!channel->waits_for_job) {
        channel->waits_for_job = 1;
        channel->waits_idle = !gives_work(proxy, channel);
        up->coming++;
        up->coming_hs += channel->rate_hs;
        up->coming_idle += (size_t)channel->waits_idle;
    }
}

void hs_proxy_comes_no_more(hs_proxy *proxy, hs_proxy_channel *channel)
{
    hs_proxy_up *const up = &proxy->ups[channel->deferred.to];
    if (channel->waits_for_job) {
        channel->waits_for_job = 0;
        up->coming--;
        up->coming_hs = up->coming > 0 ? up->coming_hs - channel->rate_hs : 0.0;
        up->coming_idle -= (size_t)channel->waits_idle;
    }
}

/* ---- what will work there ---- */

/* Its part of what waits: each of those has a pool as soon as there is one. */
static double part_of(const hs_proxy *proxy, const hs_proxy_up *up)
{
    double all = 0.0;
    for (uint32_t i = 1; i <= HMX_UPSTREAMS_MAX; i++) {
        all += hs_proxy_up_is_offered(&proxy->ups[i]) ? proxy->ups[i].row.percentage : 0.0;
    }
    return hs_proxy_up_is_offered(up) && all > 0.0 ? up->row.percentage / all : 0.0;
}

/* How many work in it. */
static size_t working(const hs_proxy_leg *leg)
{
    return !leg->is_own ? leg->up->working
                        : leg->owner != NULL && leg->owner->upstream == leg->up->upstream;
}

static double working_hs(const hs_proxy_leg *leg)
{
    return !leg->is_own ? leg->up->working_hs : working(leg) > 0 ? leg->owner->rate_hs : 0.0;
}

/* Those who work there, and those who would if they could. */
static double needed_hs(const hs_proxy *proxy, const hs_proxy_leg *leg)
{
    const hs_proxy_up *const up = leg->up;
    if (leg->is_own) {
        return leg->owner != NULL ? leg->owner->rate_hs : 0.0;
    }
    double sum = up->working_hs + up->coming_hs;
    if (proxy->waiting > 0 && hs_proxy_up_is_offered(up)) {
        const double part = part_of(proxy, up) * proxy->waiting_hs;
        sum += part > proxy->waiting_most_hs ? part : proxy->waiting_most_hs;
    }
    return sum;
}

double hs_proxy_rate_due(const hs_proxy *proxy, const hs_proxy_leg *leg)
{
    double due = needed_hs(proxy, leg);
    if (!(due > 0.0)) {
        due = mean_hs(proxy);
    }
    const double wanted = leg->is_own ? 0.0 : proxy->wanted_hs[leg->up->upstream];
    due = wanted > due ? wanted : due;
    due = due > LEAST_HS ? due : LEAST_HS;
    return due < RATE_MOST ? due : RATE_MOST;
}

/* ---- is the job made for it? ---- */

/* As a pool sees them. */
static int is_other(double a, double b)
{
    return (float)a > (float)b || (float)a < (float)b;
}

int hs_proxy_fits(const hs_proxy_leg *leg, double more_hs)
{
    return working_hs(leg) + more_hs <= EASY_MOST * leg->job.for_hs;
}

void hs_proxy_target_opened(hs_proxy_leg *leg)
{
    leg->for_hs = leg->stated_hs;
    leg->asked_ns = 0;
    leg->unfit_ns = 0;
}

/* The target tells how many shares the pool wants from this rate: so what the job is made for is
 * known, too. */
static void learn(hs_proxy_leg *leg, double rate_hs, const hs_sv2_u256 *target)
{
    const double hard = hs_sv2_difficulty(target);
    leg->for_hs = rate_hs;
    if (leg->has_job && hard > 0.0) {
        leg->job.for_hs = rate_hs * hs_sv2_difficulty(&leg->job.target) / hard;
    }
}

void hs_proxy_target_said(hs_proxy *proxy, hs_proxy_leg *leg, const hs_sv2_u256 *target)
{
    const double before = hs_sv2_difficulty(&leg->target);
    if (leg->asked_ns != 0 && proxy->now_ns < leg->asked_ns + ANSWER_NS) {
        learn(leg, leg->stated_hs, target);
        leg->asked_ns = 0;
    } else if (working(leg) > 0) {
        learn(leg, hs_proxy_rate_due(proxy, leg), target); /* it has seen what works there */
    } else if (before > 0.0) {
        leg->for_hs *= hs_sv2_difficulty(target) / before; /* it has seen that nobody does */
    }
}

/* No target has come: that of before is the pool's answer. */
static void settle(const hs_proxy *proxy, hs_proxy_leg *leg)
{
    if (leg->asked_ns == 0 || proxy->now_ns < leg->asked_ns + SETTLED_NS) {
        return;
    }
    if (is_other(leg->for_hs, leg->stated_hs)) {
        learn(leg, leg->stated_hs, &leg->target);
        for (size_t i = 0; i < leg->future_count; i++) {
            leg->futures[i].for_hs = leg->for_hs;
        }
    }
    if (proxy->now_ns >= leg->asked_ns + ANSWER_NS) {
        leg->asked_ns = 0;
    }
}

static int is_waited_for(const hs_proxy *proxy, const hs_proxy_leg *leg)
{
    if (leg->is_own) {
        return leg->owner != NULL && leg->owner->waits_for_job &&
               leg->owner->deferred.to == leg->up->upstream;
    }
    return leg->up->coming > 0 || (proxy->waiting > 0 && hs_proxy_up_is_offered(leg->up));
}

static void watch(const hs_proxy *proxy, hs_proxy_leg *leg)
{
    settle(proxy, leg);
    if (!hs_proxy_leg_is_usable(leg) || !is_waited_for(proxy, leg) ||
        hs_proxy_fits(leg, needed_hs(proxy, leg) - working_hs(leg))) {
        leg->unfit_ns = 0;
    } else if (leg->unfit_ns == 0) {
        leg->unfit_ns = proxy->now_ns;
    }
}

/* Who has nothing to do meanwhile, and disturbs nobody, does not wait for the pool. */
int hs_proxy_has_waited(const hs_proxy *proxy, const hs_proxy_leg *leg)
{
    const int idle =
        working(leg) == 0 && (leg->is_own || proxy->waiting > 0 || leg->up->coming_idle > 0);
    const uint64_t patience_ns = idle ? AT_ONCE_NS : PATIENCE_NS;
    return leg->unfit_ns != 0 && proxy->now_ns >= leg->unfit_ns + patience_ns &&
           (leg->reopened_ns == 0 || proxy->now_ns >= leg->reopened_ns + REOPEN_NS);
}

/* ---- what pools are told ---- */

void hs_proxy_rate_changed(const hs_proxy *proxy, hs_proxy_leg *leg)
{
    if (leg != NULL && !leg->is_dirty) {
        leg->is_dirty = 1;
        leg->dirty_at_ns = proxy->now_ns;
    }
}

hs_sv2_u256 hs_proxy_max_target(const hs_proxy_leg *leg)
{
    hs_sv2_u256 any;
    memset(&any, 0xff, sizeof any);
    return leg->owner != NULL ? leg->owner->move.max_target : any;
}

static void send_update(hs_proxy *proxy, hs_proxy_leg *leg, const hs_sv2_u256 *max_target)
{
    hs_sv2_message m = {.id = HS_SV2_UPDATE_CHANNEL};
    leg->stated_at_ns = proxy->now_ns;
    m.as.update_channel.channel_id = leg->channel_id;
    m.as.update_channel.nominal_hash_rate = (float)leg->stated_hs;
    m.as.update_channel.maximum_target = *max_target;
    proxy->out.send_up(proxy->ctx, leg->up->upstream, &m, 1);
}

static void state_rate(hs_proxy *proxy, hs_proxy_leg *leg, double rate_hs)
{
    leg->stated_hs = rate_hs;
    leg->stated_max = hs_proxy_max_target(leg);
    leg->asked_ns = proxy->now_ns;
    leg->is_dirty = 0;
    send_update(proxy, leg, &leg->stated_max);
}

/* Is the target that holds for jobs to come far from what will work there? */
static int is_off(const hs_proxy_leg *leg, double rate_hs)
{
    return leg->for_hs * OFF_MOST < rate_hs || leg->for_hs > rate_hs * OFF_MOST;
}

static void state_if_due(hs_proxy *proxy, hs_proxy_leg *leg)
{
    const uint64_t silent_ns = proxy->now_ns - leg->stated_at_ns;
    const int is_urgent = leg->unfit_ns != 0;
    const int changed =
        leg->is_dirty && (is_urgent || proxy->now_ns >= leg->dirty_at_ns + DEBOUNCE_NS);
    if (leg->state != HS_LEG_OPEN || silent_ns < DEBOUNCE_NS) {
        return;
    }
    const double rate_hs = hs_proxy_rate_due(proxy, leg);
    if (changed) {
        leg->is_dirty = 0;
        const hs_sv2_u256 max_target = hs_proxy_max_target(leg);
        if (is_other(rate_hs, leg->stated_hs) ||
            hs_sv2_compare(&max_target, &leg->stated_max) != 0) {
            state_rate(proxy, leg, rate_hs);
            return;
        }
    }
    if (is_off(leg, rate_hs) && leg->asked_ns == 0 && (is_urgent || silent_ns >= RESTATE_NS)) {
        state_rate(proxy, leg, rate_hs);
    } else if (leg->up->asked_for_life_ns == 0 && leg->lowered_max) {
        leg->lowered_max = 0; /* it lives: any target will do again */
        state_rate(proxy, leg, rate_hs);
    }
}

/* A max_target below the target has to be followed by SetTarget (spec 5.3.7). */
void hs_proxy_ask_for_life(hs_proxy *proxy, hs_proxy_leg *leg)
{
    hs_sv2_u256 lower = leg->target;
    uint32_t at = 0;
    if (proxy->now_ns - leg->stated_at_ns < DEBOUNCE_NS) {
        return;
    }
    while (at < sizeof lower.byte && lower.byte[at] == 0) {
        lower.byte[at++] = 0xff;
    }
    if (at < sizeof lower.byte) {
        lower.byte[at]--;
    }
    leg->up->asked_for_life_ns = proxy->now_ns;
    leg->lowered_max = 1;
    send_update(proxy, leg, &lower);
}

static void look_around(hs_proxy *proxy)
{
    if (proxy->looked_ns != 0 && proxy->now_ns < proxy->looked_ns + LOOK_NS) {
        return;
    }
    proxy->looked_ns = proxy->now_ns;
    hs_proxy_ask_wanted(proxy, proxy->wanted_hs);
    if (proxy->sums_are_rough) {
        add_up(proxy);
    }
}

void hs_proxy_look_around(hs_proxy *proxy)
{
    look_around(proxy);
    proxy->usual_hs = mean_hs(proxy);
}

void hs_proxy_state_rate(hs_proxy *proxy, hs_proxy_leg *leg)
{
    if (hs_proxy_leg_is_open(leg)) {
        watch(proxy, leg);
        if (!proxy->sums_are_rough) {
            state_if_due(proxy, leg);
        }
    }
}
