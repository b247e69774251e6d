/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * health: pools that fail while their connection looks fine, and pools that come and go.
 *
 * Grey: a pool that rejects more of the work than the owner's border, or answers nothing. What it
 * rejected is held against what was submitted to it in the same time (or against what it judged,
 * where that is more), so that work without a verdict counts as not rejected, whether a pool
 * rejects at once and accepts in batches or says both late. Two CUSUM tests (Page 1954) run over
 * it: a fast one for a pool that rejects nearly everything, a slow one that turns a point above the
 * border. Their unit is a sample: a usual share of the pool, or ten seconds of its work where that
 * is more; shares that are a millionth of the work weigh a millionth, and the stale shares of a tip
 * are one sample, not a thousand, and count in the slow test only. Silence is measured against the
 * pool's own rhythm.
 *
 * A grey pool is out until its canary (one small channel, when there is one) had shares accepted,
 * or some time has passed; each relapse doubles the wait. Then it is on trial: it may have a small
 * share of the farm, which doubles with each stretch of well accepted work, and the tests are
 * sharper, so that a failed return costs little. Flapping: from the second failure within a sliding
 * hour on a pool is held down for a time that doubles with each.
 *
 * Which channels leave and who gets them is decided elsewhere. Times called lived are of the time
 * in which the host was awake (core.h).
 */
#ifndef PLUGIN_CONTROL_HEALTH_H
#define PLUGIN_CONTROL_HEALTH_H

#include <stdint.h>

enum { HM_FAILURES = 16, HM_HEALTH_TESTS = 2 };

typedef struct hm_health_params {
    uint64_t hold_down_ns; /* the n-th failure within an hour, n > 1, holds for 2^(n-1) of it */
    uint64_t hold_down_max_ns;
    double border;       /* fraction of the work, rejected, above which it is left */
    uint32_t min_shares; /* verdicts before a pool can be judged to reject */
    uint32_t detect;     /* 0 = never grey */
} hm_health_params;

/* What the core knows when a pool is judged. */
typedef struct hm_health_look {
    uint64_t lived_ns;
    double rate;  /* hashrate that works there, work per second */
    double farm;  /* hashrate of all */
    double least; /* the smallest share of the farm that a trial can be made with */
    int has_canary;
} hm_health_look;

typedef enum hm_health_change {
    HM_HEALTH_SAME,
    HM_HEALTH_REJECTS, /* grey */
    HM_HEALTH_SILENT,  /* grey */
    HM_HEALTH_TRIED,   /* on trial */
    HM_HEALTH_WIDER,   /* on trial with a larger share */
    HM_HEALTH_WELL     /* its whole share again */
} hm_health_change;

/* One test since it last began, in samples. */
typedef struct hm_health_test {
    double submitted;
    double judged;
    double rejected;
    uint64_t verdicts; /* shares */
} hm_health_test;

typedef struct hm_health {
    /* Since the last look: work, and shares with a verdict. */
    double submitted;
    double judged;
    double rejected;
    double stale; /* of the rejected */
    uint64_t verdicts;
    double seen; /* work of shares, and share by share its square: the usual share, discounted */
    double seen_squared;
    hm_health_test tests[HM_HEALTH_TESTS];
    /* Silence: shares without a verdict since the last accepted one, their work and since when. */
    uint64_t waiting;
    double waiting_work;
    uint64_t waiting_since_ns; /* lived */
    double longest_wait_ns;    /* until an accepted verdict, of late; 0 = there was none yet */
    double most_waiting;       /* shares, until then */
    uint64_t waited_ns;        /* the longest and the most since the last look */
    uint64_t waited;
    uint64_t answered_first_ns; /* lived: the first accepted verdict */
    uint64_t answered_ns;       /* the last that counts for: */
    uint32_t answered_s;        /* seconds with an accepted verdict, up to what makes a rhythm */
    uint32_t pad1;
    /* While grey or on trial. */
    double recovery;       /* shares accepted, less what was rejected, >= 0 */
    double lost;           /* work rejected on this trial */
    double share;          /* of the farm, at most, on trial; 0 = it is on none */
    uint64_t tested_ns;    /* lived: from when on its canary's word counts */
    uint64_t blind_ns;     /* lived: when it is tried without one */
    uint64_t whole_ns;     /* lived: since when it has its whole share */
    uint32_t relapses;     /* not forgotten yet */
    uint32_t failures;     /* of all time: the next one's place */
    double hour_submitted; /* work, for the hourly line */
    double hour_rejected;
    double figure;      /* of the last change: per cent rejected, or seconds of silence */
    uint64_t looked_ns; /* lived, the last look */
    uint64_t failed_ns[HM_FAILURES]; /* the last of them, 0 = none */
    uint64_t held_until_ns;
    uint8_t grey;
    uint8_t silent; /* it is grey because it answered nothing */
    uint8_t sudden; /* it had been well for long just before */
    uint8_t pad0[5];
} hm_health;

typedef enum hm_health_answer {
    HM_HEALTH_ACCEPTED,
    HM_HEALTH_REJECTED,
    HM_HEALTH_STALE /* rejected as shares are for a while after each tip */
} hm_health_answer;

/* Counts verdicts of the pool itself on `count` shares of together `work`. */
void hm_health_verdict(hm_health *h, double work, uint32_t count, hm_health_answer answer,
                       uint64_t lived_ns);
/* The pool answers: its rhythm, and nothing waits any more. */
void hm_health_answered(hm_health *h, uint64_t lived_ns);
/* The same as hm_health_verdict for what was accepted. */
static inline void hm_health_accepted(hm_health *h, double work, uint32_t count, uint64_t lived_ns)
{
    h->judged += work;
    h->verdicts += count;
    if (h->waiting > 0 || h->silent) {
        hm_health_answered(h, lived_ns);
    }
}
/* Some shares will get no verdict, or one that is not held against the pool. */
void hm_health_excused(hm_health *h, double work, uint32_t count);
/* Counts `count` shares of together `work`, their squares `squared`, that went to the pool. */
static inline void hm_health_forwarded(hm_health *h, double work, double squared, uint32_t count,
                                       uint64_t lived_ns)
{
    h->waiting_since_ns = h->waiting == 0 ? lived_ns : h->waiting_since_ns;
    h->waiting += count;
    h->waiting_work += work;
    h->submitted += work;
    h->seen += work;
    h->seen_squared += squared;
}

/* The connection failed: may hold the pool down. */
void hm_health_failed(hm_health *h, const hm_health_params *p, uint64_t now_ns);
/* Failures within the last hour. */
uint32_t hm_health_failures(const hm_health *h, uint64_t now_ns);
/* When the last one was; 0 = there was none. */
uint64_t hm_health_last_failure(const hm_health *h);

/* Judges a pool that is up. */
hm_health_change hm_health_judge(hm_health *h, const hm_health_params *p,
                                 const hm_health_look *look);
/* Ends a hold-down that is over. */
void hm_health_release(hm_health *h, uint64_t now_ns);

/* Grey or held down: the pool takes no part in the split. */
int hm_health_is_out(const hm_health *h, uint64_t now_ns);

/* The connection is new: verdicts of the old one say nothing, and a pool that was grey is on
 * trial. What failed stays counted. */
void hm_health_restart(hm_health *h);

#endif
