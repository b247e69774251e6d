/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/control/health.h"

#include "plugin/base/fmath.h"
#include "plugin/base/units.h"

#define MINUTE_NS (60ull * HM_NS_PER_S)
#define HOUR_NS   (60ull * MINUTE_NS)

static const double SAMPLE_S = 10.0;      /* of a pool's work: one sample, as one burst is */
static const double FAST_TURN = 0.5;      /* of what lies above the border */
static const double FAST_LIMIT = 3.5;     /* samples: 35 s of nothing but rejects */
static const double SLOW_TURN = 0.01;     /* above the border: at the border a pool is kept */
static const double SLOW_LIMIT = 30.0;    /* samples: five minutes' work rejected beyond it */
static const double USUAL_S = 600.0;      /* over which a usual share is averaged */
static const double LOSS = 0.01;          /* of the farm's hour: what a failed return may cost */
static const double LOSS_USED = 0.5;      /* of it when a trial is ended: the rest is under way */
static const double TRIAL_LEAST = 2.0;    /* samples: one rejected share is luck */
static const double FIRST_SHARE = 0.02;   /* of the farm, of a pool on trial */
static const double SUDDEN_SHARE = 0.05;  /* the same, of one that was well just before */
static const double CANARY_SHARES = 2.7;  /* over the border: accepted shares for a trial */
static const double SUDDEN = 0.5;         /* of them when it was well just before */
static const double WELL_SHARES = 4.5;    /* over the border: accepted shares of a stretch */
static const double WELL_TURN = 0.75;     /* of the border: rejects that are no recovery */
static const double SILENT_RHYTHMS = 3.0; /* of its longest wait, and of the shares in it */
static const double RHYTHM_S = 3600.0;    /* over which a longest wait is forgotten */
static const double WATCH_FACTOR = 100.0; /* watching costs at most one part in so many */
static const uint64_t SILENCE_NS = 2 * MINUTE_NS;
static const uint64_t UNKNOWN_NS = 16 * MINUTE_NS; /* any pool has answered by then */
static const uint64_t RHYTHM_SEEN_NS = 20 * MINUTE_NS;
static const uint32_t ANSWERED_SECONDS = 30;
static const uint64_t SILENCE_TRIAL_NS = MINUTE_NS / 2;
static const double SILENT_SHARES = 10.0;
static const double SILENT_TRIAL_SHARES = 3.0;
static const uint64_t WELL_NS = 30 * MINUTE_NS;
static const uint64_t WAIT_MAX_NS = 4 * HOUR_NS;
static const uint64_t FORGET_NS = 2 * HOUR_NS; /* of its whole share: one relapse less */

static double most(double a, double b)
{
    return a > b ? a : b;
}

/* ---- what is counted ---- */

static void nothing_waits(hm_health *h)
{
    h->waiting = 0;
    h->waiting_work = 0.0;
}

void hm_health_excused(hm_health *h, double work, uint32_t count)
{
    if (h->waiting <= count) {
        nothing_waits(h);
        return;
    }
    h->waiting -= count;
    h->waiting_work -= work < h->waiting_work ? work : h->waiting_work;
}

/* The longest of late: an hour without one like it forgets it. */
static void take_in_rhythm(hm_health *h, double passed_s)
{
    const double kept = hm_clamp(1.0 - passed_s / RHYTHM_S, 0.0, 1.0);
    h->longest_wait_ns = most(kept * h->longest_wait_ns, (double)h->waited_ns);
    h->most_waiting = most(kept * h->most_waiting, (double)h->waited);
    h->waited_ns = h->waited = 0;
}

/* A first answer may come by chance soon: a rhythm is known from half a minute's worth of seconds
 * with an answer on, or after longer than any pool's pause. */
static int knows_rhythm(const hm_health *h, uint64_t lived_ns)
{
    return h->longest_wait_ns > 0.0 &&
           (h->answered_s >= ANSWERED_SECONDS || lived_ns - h->answered_first_ns >= RHYTHM_SEEN_NS);
}

static void note_answered(hm_health *h, uint64_t lived_ns)
{
    h->answered_first_ns = h->answered_s == 0 ? lived_ns : h->answered_first_ns;
    if (h->answered_s == 0 ||
        (h->answered_s < ANSWERED_SECONDS && lived_ns - h->answered_ns >= HM_NS_PER_S)) {
        h->answered_s++;
        h->answered_ns = lived_ns;
    }
}

static void note_rhythm(hm_health *h, uint64_t lived_ns)
{
    const uint64_t waited_ns = lived_ns - h->waiting_since_ns + 1u;
    if (!h->grey) { /* how long a bad pool took is no rhythm */
        note_answered(h, lived_ns);
        h->waited_ns = waited_ns > h->waited_ns ? waited_ns : h->waited_ns;
        h->waited = h->waiting > h->waited ? h->waiting : h->waited;
    }
}

void hm_health_answered(hm_health *h, uint64_t lived_ns)
{
    if (h->waiting > 0) {
        note_rhythm(h, lived_ns);
        nothing_waits(h);
    }
    if (h->silent) {
        h->silent = 2; /* it answers again */
    }
}

void hm_health_verdict(hm_health *h, double work, uint32_t count, hm_health_answer answer,
                       uint64_t lived_ns)
{
    if (answer == HM_HEALTH_ACCEPTED) {
        hm_health_accepted(h, work, count, lived_ns);
        return;
    }
    h->judged += work;
    h->rejected += work;
    h->stale += answer == HM_HEALTH_STALE ? work : 0.0;
    h->verdicts += count;
    hm_health_excused(h, work, count);
}

/* ---- failures of the connection ---- */

uint64_t hm_health_last_failure(const hm_health *h)
{
    return h->failed_ns[(h->failures + HM_FAILURES - 1u) % HM_FAILURES];
}

uint32_t hm_health_failures(const hm_health *h, uint64_t now_ns)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < HM_FAILURES; i++) {
        count += h->failed_ns[i] != 0 && now_ns - h->failed_ns[i] <= HOUR_NS;
    }
    return count;
}

/* first x 2^doublings, at most `most`. */
static uint64_t doubled(uint64_t first_ns, uint32_t doublings, uint64_t most_ns)
{
    uint64_t ns = first_ns;
    for (uint32_t i = 0; i < doublings && ns > 0 && ns < most_ns; i++) {
        ns *= 2u;
    }
    return ns < most_ns ? ns : most_ns;
}

void hm_health_failed(hm_health *h, const hm_health_params *p, uint64_t now_ns)
{
    h->failed_ns[h->failures % HM_FAILURES] = now_ns > 0 ? now_ns : 1;
    h->failures = (h->failures + 1u) % HM_FAILURES;
    const uint32_t count = hm_health_failures(h, now_ns > 0 ? now_ns : 1);
    if (count >= 2) {
        h->held_until_ns = now_ns + doubled(p->hold_down_ns, count - 1u, p->hold_down_max_ns);
    }
}

void hm_health_release(hm_health *h, uint64_t now_ns)
{
    if (h->held_until_ns != 0 && now_ns >= h->held_until_ns) {
        h->held_until_ns = 0;
    }
}

int hm_health_is_out(const hm_health *h, uint64_t now_ns)
{
    return h->grey || now_ns < h->held_until_ns;
}

/* ---- the tests ---- */

static double work_of_sample(const hm_health *h, const hm_health_look *look)
{
    const double usual = h->seen > 0.0 ? h->seen_squared / h->seen : 0.0;
    const double ten_seconds = SAMPLE_S * look->rate;
    return usual > ten_seconds ? usual : ten_seconds;
}

static double turn_of(const hm_health_params *p, uint32_t test)
{
    const double b = p->border;
    return test == 0 ? b + FAST_TURN * (1.0 - b) : hm_clamp(b + SLOW_TURN, 0.0, 0.99);
}

/* Samples rejected, less what is allowed of those that were not. */
static double score(const hm_health *h, const hm_health_params *p, uint32_t test)
{
    const hm_health_test *const t = &h->tests[test];
    const double turn = turn_of(p, test);
    return t->rejected - (most(t->submitted, t->judged) - t->rejected) * turn / (1.0 - turn);
}

/* Per cent rejected, of what a test has seen. */
static double rejected_pct(const hm_health_test *t)
{
    const double all = most(t->submitted, t->judged);
    return all > 0.0 ? 100.0 * t->rejected / all : 0.0;
}

static void note_recovery(hm_health *h, const hm_health_params *p)
{
    const double usual = h->seen > 0.0 ? h->seen_squared / h->seen : 0.0;
    const double turn = WELL_TURN * p->border;
    if (usual > 0.0) {
        h->recovery +=
            (h->judged - h->rejected) / usual - h->rejected / usual * (1.0 - turn) / turn;
        h->recovery = h->recovery > 0.0 ? h->recovery : 0.0;
    }
}

/* Takes in what came since the last look. */
static void take_in(hm_health *h, const hm_health_params *p, const hm_health_look *look)
{
    const double sample = work_of_sample(h, look);
    const double passed_s = hm_seconds(look->lived_ns - h->looked_ns);
    for (uint32_t i = 0; i < HM_HEALTH_TESTS && sample > 0.0; i++) {
        hm_health_test *const t = &h->tests[i];
        t->submitted += h->submitted / sample;
        t->judged += h->judged / sample;
        /* A minute of nothing but stale shares comes with a tip, and is no fault for the fast. */
        t->rejected += (i == 0 ? h->rejected - h->stale : h->rejected) / sample;
        t->verdicts += h->verdicts;
        if (!(score(h, p, i) > 0.0)) {
            *t = (hm_health_test){0};
        }
    }
    if (h->grey || h->share > 0.0) {
        note_recovery(h, p);
    }
    h->lost += h->share > 0.0 ? h->rejected : 0.0;
    h->hour_submitted += h->submitted;
    h->hour_rejected += h->rejected;
    h->seen /= 1.0 + passed_s / USUAL_S;
    h->seen_squared /= 1.0 + passed_s / USUAL_S;
    h->submitted = h->judged = h->rejected = h->stale = 0.0;
    h->verdicts = 0;
    take_in_rhythm(h, passed_s);
    h->looked_ns = look->lived_ns;
}

/* ---- the judgement ---- */

static double limit_of(const hm_health *h, const hm_health_look *look, uint32_t test)
{
    const double usual = test == 0 ? FAST_LIMIT : SLOW_LIMIT;
    const double sample = work_of_sample(h, look);
    if (!(h->share > 0.0) || !(sample > 0.0)) {
        return usual;
    }
    return hm_clamp(LOSS_USED * LOSS * 3600.0 * look->farm / sample, TRIAL_LEAST, usual);
}

static int rejects_too_much(const hm_health *h, const hm_health_params *p,
                            const hm_health_look *look, uint32_t test)
{
    const uint64_t least = h->share > 0.0 ? 0 : p->min_shares;
    return h->tests[test].verdicts >= least && score(h, p, test) >= limit_of(h, look, test);
}

static int is_silent(const hm_health *h, const hm_health_look *look)
{
    const int on_trial = h->share > 0.0;
    const double shares = on_trial ? SILENT_TRIAL_SHARES : SILENT_SHARES;
    const uint64_t known_ns = on_trial ? SILENCE_TRIAL_NS : SILENCE_NS;
    const uint64_t unknown_ns = on_trial ? SILENCE_NS : UNKNOWN_NS;
    const uint64_t least_ns = knows_rhythm(h, look->lived_ns) ? known_ns : unknown_ns;
    const double patience_ns = most(SILENT_RHYTHMS * h->longest_wait_ns, (double)least_ns);
    return (double)h->waiting >= most(SILENT_RHYTHMS * h->most_waiting, shares) &&
           (double)(look->lived_ns - h->waiting_since_ns) >= patience_ns;
}

static void forget_tests(hm_health *h)
{
    for (uint32_t i = 0; i < HM_HEALTH_TESTS; i++) {
        h->tests[i] = (hm_health_test){0};
    }
    h->recovery = 0.0;
}

/* It had its whole share for long, and fails from one moment to the next: that is another matter
 * than a return that fails. (What the slow test finds was not well before, either.) */
static int was_well(const hm_health *h, const hm_health_look *look)
{
    return !(h->share > 0.0) && look->lived_ns - h->whole_ns >= WELL_NS;
}

/* It is left. When it is tried again depends on how often that failed, and on what it cost. */
static void leave(hm_health *h, const hm_health_params *p, const hm_health_look *look, int sudden)
{
    const double lost = h->share > 0.0 ? h->lost + h->waiting_work : 0.0;
    const double cost_s = look->farm > 0.0 ? hm_clamp(lost / look->farm, 0.0, 3600.0) : 0.0;
    const uint64_t pause_ns = (uint64_t)(cost_s * WATCH_FACTOR) * HM_NS_PER_S;
    const uint64_t longest_ns =
        p->hold_down_max_ns > WAIT_MAX_NS ? p->hold_down_max_ns : WAIT_MAX_NS;
    const uint64_t well_ns = h->share > 0.0 ? 0 : look->lived_ns - h->whole_ns;
    const uint64_t forgotten = well_ns / FORGET_NS;
    h->relapses = h->relapses > forgotten && !sudden ? h->relapses - (uint32_t)forgotten : 0u;
    const uint64_t wait_ns =
        h->relapses > 0 ? doubled(p->hold_down_ns, h->relapses, longest_ns) : 0;
    const uint64_t blind_ns = doubled(p->hold_down_max_ns, h->relapses, longest_ns);
    h->tested_ns = look->lived_ns + (wait_ns > pause_ns ? wait_ns : pause_ns);
    h->blind_ns = look->lived_ns + (blind_ns > pause_ns ? blind_ns : pause_ns);
    h->relapses += h->relapses < UINT32_MAX;
    h->grey = 1;
    h->sudden = (uint8_t)sudden;
    h->share = 0.0;
    if (sudden) {
        h->seen = h->seen_squared = 0.0; /* the usual share is its canary's from now on */
    }
    forget_tests(h);
}

static void begin_trial(hm_health *h, double least)
{
    forget_tests(h);
    nothing_waits(h);
    h->grey = h->silent = 0;
    h->share = most(h->sudden ? SUDDEN_SHARE : FIRST_SHARE, least);
    h->lost = 0.0;
}

static hm_health_change judge_grey(hm_health *h, const hm_health_params *p,
                                   const hm_health_look *look)
{
    const double shares = h->sudden ? SUDDEN * CANARY_SHARES : CANARY_SHARES;
    const int is_well = h->recovery >= shares / p->border || h->silent == 2;
    if ((is_well && look->lived_ns >= h->tested_ns) ||
        (!look->has_canary && look->lived_ns >= h->blind_ns)) {
        begin_trial(h, look->least);
        return HM_HEALTH_TRIED;
    }
    return HM_HEALTH_SAME;
}

static hm_health_change judge_trial(hm_health *h, const hm_health_params *p,
                                    const hm_health_look *look)
{
    if (h->recovery < WELL_SHARES / p->border) {
        return HM_HEALTH_SAME;
    }
    h->recovery = 0.0;
    h->share *= 2.0;
    if (h->share < 1.0) {
        return HM_HEALTH_WIDER;
    }
    h->share = 0.0;
    h->whole_ns = look->lived_ns;
    return HM_HEALTH_WELL;
}

hm_health_change hm_health_judge(hm_health *h, const hm_health_params *p,
                                 const hm_health_look *look)
{
    const int was_doubtful = h->grey || h->share > 0.0;
    take_in(h, p, look);
    if (!p->detect) {
        h->grey = h->silent = 0;
        h->share = 0.0;
        return was_doubtful ? HM_HEALTH_WELL : HM_HEALTH_SAME;
    }
    if (h->grey) {
        return judge_grey(h, p, look);
    }
    for (uint32_t i = 0; i < HM_HEALTH_TESTS; i++) {
        if (rejects_too_much(h, p, look, i)) {
            h->figure = rejected_pct(&h->tests[i]);
            leave(h, p, look, i == 0 && was_well(h, look));
            return HM_HEALTH_REJECTS;
        }
    }
    if (is_silent(h, look)) {
        h->figure = hm_seconds(look->lived_ns - h->waiting_since_ns);
        h->silent = 1;
        leave(h, p, look, was_well(h, look));
        return HM_HEALTH_SILENT;
    }
    return h->share > 0.0 ? judge_trial(h, p, look) : HM_HEALTH_SAME;
}

void hm_health_restart(hm_health *h)
{
    if (h->grey) {
        begin_trial(h, 0.0);
    }
    forget_tests(h);
    nothing_waits(h);
    h->submitted = h->judged = h->rejected = h->stale = 0.0;
    h->verdicts = 0;
}
