/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * core: coordinates the components. One core is one instance.
 *
 *   share   -> metrics (counts), ledger (what pools credited), channel record (what the
 *              estimator will read)
 *   tick    -> estimator -> ledger -> pid -> targets (command) -> planner -> decisions
 *   outcome -> assignment (the only place where a move becomes fact)
 *
 * Here: what an instance consists of, its beginning and end, and changes of its configuration.
 * core_events.c takes what the host reports of pools and channels, core_shares.c of shares,
 * core_moves.c what became of decisions, core_tick.c says when to evaluate and who has to move.
 * What is wanted is core_control.h's business, the pools' health and the pins are core_health.h's,
 * a saved state is state.h's.
 *
 * It does no I/O and meets none of the ABI's events and answers: adapter.h turns them into plain
 * arguments and back. What it takes of the ABI are statuses, limits and named numbers. All times
 * are the host's monotonic nanoseconds; hashrates are difficulty 1 units per second, work is
 * difficulty 1 units. The control law is described in plugin/CONTROL.md.
 */
#ifndef PLUGIN_CORE_CORE_H
#define PLUGIN_CORE_CORE_H

#include <stddef.h>
#include <stdint.h>

#include "plugin/base/memory.h"
#include "plugin/base/units.h"
#include "plugin/config/config.h"
#include "plugin/control/buckets.h"
#include "plugin/control/health.h"
#include "plugin/control/ledger.h"
#include "plugin/control/metrics.h"
#include "plugin/control/pid.h"
#include "plugin/control/planner.h"
#include "plugin/control/tuning.h"
#include "plugin/core/state_miners.h"
#include "plugin/farm/assignment.h"
#include "plugin/farm/common.h"
#include "plugin/farm/habits.h"
#include "plugin/farm/outbox.h"
#include "plugin/farm/proof.h"
#include "plugin/farm/reopen.h"
#include "plugin/farm/upstreams.h"

typedef struct hm_core_limits {
    uint32_t channels_max;
    uint32_t upstreams_max;
    uint32_t instance_index;
    uint32_t instance_count;
    uint64_t host_caps; /* HMX_CAP_* */
} hm_core_limits;

/* Slicing by the clock (core_slices.h). */
typedef struct hm_slicing {
    double half_s;   /* half of the period */
    uint64_t due_ns; /* when the next change is expected */
    uint8_t on;
    uint8_t ordered; /* it is known which half begins */
    uint8_t turned;  /* the second one does */
} hm_slicing;

/* The controller's working values, all per upstream i + 1. */
typedef struct hm_control {
    double effective[HMX_UPSTREAMS_MAX]; /* target after health, fraction */
    double command[HMX_UPSTREAMS_MAX];   /* wanted allocation, fraction */
    double planned[HMX_UPSTREAMS_MAX];   /* the command of the last evaluation */
    double aim[HMX_UPSTREAMS_MAX];       /* the target as allocation: corrected for rejects alone */
    double low[HMX_UPSTREAMS_MAX];       /* bounds of the command: pins and caps */
    double high[HMX_UPSTREAMS_MAX];
    double missing[HMX_UPSTREAMS_MAX]; /* hashrate that an absolute target or a min lacks */
    double most[HMX_UPSTREAMS_MAX];    /* cap as hashrate, INFINITY = none */
    double fit[HMX_UPSTREAMS_MAX];     /* what the channels that fit there can give (core_fit.h) */
    uint64_t short_pools;              /* bit i: some do not fit on upstream i + 1 */
    double balance[HMX_UPSTREAMS_MAX]; /* without Ki: leaky integral of command - allocation */
    uint8_t usable[HMX_UPSTREAMS_MAX];
    hm_pid pids[HMX_UPSTREAMS_MAX];
    hm_pid_terms terms[HMX_UPSTREAMS_MAX]; /* of its last update */
    hm_ledger_input inputs[HMX_UPSTREAMS_MAX];
    double band_points;      /* deadband in effect: a smaller deviation moves nobody */
    double luck_points;      /* what luck moves within: how exact a plan is */
    double deviation_points; /* largest |command - allocation| */
    double over_s;           /* how long it has been beyond the band */
    double arrived;          /* hashrate that came since the last evaluation */
    uint64_t moves_applied;  /* of all time, at the last evaluation */
    uint64_t moves_refused;
    double arrival_rate; /* hashrate that comes per second, averaged over ARRIVAL_WINDOW_S */
    double largest;      /* hashrate of the largest channel */
    hm_gains gains;      /* in effect: slewing to those set */
    hm_gains limited;    /* what the log has said they are limited to; all 0 = nothing */
    uint8_t primed;      /* the controllers have run: from now on the measurement has a rate */
    uint8_t saturated;
    uint8_t held_back; /* the host refused more than it carried out since the evaluation before */
    uint8_t burst;     /* a plan is being carried out over several evaluations */
    uint8_t force;     /* rebalance_now: evaluate at once and do not wait */
    uint8_t evacuate;  /* channels may have to leave somewhere */
    uint8_t leave;     /* or for a reason of their own (core_leave.h) */
    uint8_t all_down_said;
    uint8_t resume;      /* the host's buffer was full: go on at the next call with the same time */
    uint64_t paused;     /* bit i: upstream i + 1 went with the last of them: its books are open */
    uint64_t rests_said; /* bit i: the log has said that moves to upstream i + 1 rest */
    uint32_t burst_left; /* moves that the plan under way may still make */
    hm_slicing slicing;
    uint32_t plan_moves; /* of the plan under way, all parts of a burst */
} hm_control;

/* Where the host connects to. Kept here, because a removed upstream has no configuration any
 * more. */
typedef struct hm_endpoint {
    char address[HMX_ADDRESS_SIZE];
    char user_identity[HMX_IDENTITY_SIZE];
    uint32_t port;
    uint32_t has_key;
    uint8_t key[HM_AUTHORITY_KEY_SIZE];
} hm_endpoint;

/* The last shares, whose channels' records are on their way from memory: a farm does not fit into
 * the caches, its shares come in no order, and waiting for each record would take ten times as long
 * as all the rest. So on_share only asks for the record, and it is written when as many shares
 * later its turn comes, or before any other event is looked at. Nobody can see the difference. */
enum { HM_LATE_SHARES = 16 }; /* a power of two */

typedef struct hm_late_share {
    uint64_t channel;         /* 0 = none */
    hm_channel_hot *expected; /* the record that the cookie names, unread; NULL = none */
    uint64_t cookie;
    double work;
    uint32_t count;
    uint8_t upstream;
    uint8_t verdict;
    uint8_t pad0[2];
} hm_late_share;

/* What a loaded state still waits for (see state.h), at most so long after it was loaded. */
#define HM_STATE_GRACE_NS (600ull * HM_NS_PER_S)

/* Whose percentages hold (core_schedule.h). */
typedef struct hm_scheduled {
    uint32_t number;                /* the schedule that holds, from 1; 0 = none */
    uint32_t by_hand;               /* until the next begins or ends those of `hand` do */
    double hand[HMX_UPSTREAMS_MAX]; /* of upstream i + 1 */
} hm_scheduled;

typedef struct hm_restored {
    uint64_t waiting; /* bit i: upstream i + 1 has its accounts from there and was not used since */
    uint64_t since_ns;
    double hashrate; /* of the farm that comes back, difficulty 1 per second */
    uint8_t loaded;  /* a state was loaded, at since_ns */
} hm_restored;

/* What became of a decision, beside HMX_RESULT_*. */
enum { HM_ENDED_EXPIRED = 64, HM_ENDED_VOID = 65 };

typedef struct hm_ended {
    uint64_t decision; /* 0 = the host's own doing */
    uint32_t slot;     /* HM_SLOT_NONE: the channel is gone */
    uint32_t from;
    uint32_t to; /* where the channel is now */
    uint32_t result;
    uint32_t cause; /* the host's own code */
    int late;       /* the decision had run out before */
} hm_ended;

/* Who keeps account of decisions; told of each when it is made and when it has ended. */
typedef struct hm_audit {
    void (*decided)(void *ctx, const hmx_decision *decision, int withheld);
    void (*ended)(void *ctx, const hm_ended *ended);
    /* A channel opened. With `withheld` the host was not told of `upstream`. */
    void (*placed)(void *ctx, uint32_t slot, uint32_t upstream, uint32_t reason, int withheld);
} hm_audit;

typedef struct hm_core {
    const hm_memory *memory;
    hm_config *config; /* in effect */
    hm_config *draft;  /* being judged */
    hm_core_limits limits;
    hm_tuning tuning;
    hm_upstreams upstreams;
    hm_endpoint endpoints[HMX_UPSTREAMS_MAX]; /* of upstream i + 1 */
    hm_assignment assignment;
    hm_ledger ledger;
    hm_share_counts counts[HMX_UPSTREAMS_MAX];
    hm_health health[HMX_UPSTREAMS_MAX];
    hm_estimator_params estimator;
    hm_proof proof;
    hm_common common;
    hm_control control;
    hm_buckets buckets;
    hm_restored restored;
    hm_scheduled scheduled;
    uint64_t unix_ms;  /* the host's wall clock when it told it last ... */
    uint64_t clock_ns; /* ... at this time */
    hm_miners miners;  /* known from a loaded state, and not back yet */
    hm_late_share late[HM_LATE_SHARES];
    uint64_t late_count; /* since they were last written: the next one's place, modulo */
    uint64_t now_ns;
    uint64_t evaluated_ns;  /* last evaluation, or create */
    uint64_t estimated_ns;  /* the same, lived */
    uint64_t settled_ns;    /* last settlement of the ledger */
    uint64_t judged_ns;     /* last judgement of the pools' health */
    uint64_t ticked_ns;     /* last tick */
    uint64_t lived_ns;      /* until then: time in which the host was awake, from 1 on */
    uint64_t costed_ns;     /* last time that the log said what rejects cost, lived */
    uint64_t pins_since_ns; /* lived: since when the pins are as they are; 0 = it was said who is
                               matched by none */
    uint64_t pins_matched;  /* bit i: pin i matched a channel since */
    uint64_t evaluations;
    uint64_t withheld; /* decisions that were not told to the host (core_mode.h) */
    hm_reopen reopen;
    uint32_t rollable[HMX_EXTRANONCE_MAX + 1u]; /* channels by the bytes that they were promised */
    hm_habits habits;
    unsigned char hash_key[16];
    uint32_t bad;            /* channels with HM_MARK_BAD, at the last evaluation */
    uint32_t stranded;       /* channels whose pool is gone and that may not be moved */
    uint64_t stranded_pools; /* bit i: some of upstream i + 1 are */
    uint8_t prefix_stale;    /* channels may need a new prefix on the same pool */
    uint8_t unwelcome;       /* channels may work where they are not allowed any more */
    /* One line for the operator; level as hmx_log_level. */
    void (*log)(void *ctx, uint32_t level, const char *text);
    void *log_ctx;
    const hm_audit *audit; /* called with log_ctx; NULL: nobody keeps account */
} hm_core;

/* config: validated, copied. memory must outlive the core. HMX_OK or HMX_E_NOMEM; then nothing is
 * held. */
hmx_status hm_core_init(hm_core *core, const hm_memory *memory, const hm_config *config,
                        const hm_core_limits *limits, const unsigned char hash_key[16],
                        uint64_t now_ns);
void hm_core_free(hm_core *core);

/* ---- core_events.c: facts. All arguments were checked by the adapter. ---- */
hmx_status hm_core_upstream(hm_core *core, uint32_t upstream, const hm_upstream_facts *facts);

typedef struct hm_channel_facts {
    uint64_t channel;
    uint64_t connection;
    uint64_t upstreams_allowed; /* bit mask, not 0 */
    double nominal;             /* difficulty 1 per second, 0 = unknown */
    double max_target;          /* easiest target that it accepts, as a number; 0 = unknown */
    uint32_t kind;
    uint32_t honours_prefix;
    uint32_t flags;
    uint32_t extranonce_size;
    uint32_t current_upstream;
    uint32_t prefix_len;
    uint8_t prefix[HMX_EXTRANONCE_MAX];
    const char *identity; /* user_identity, identity_len bytes: valid during the call */
    uint32_t identity_len;
    hmx_view vendor;
    hmx_view hardware;
} hm_channel_facts;

typedef struct hm_placement {
    uint32_t upstream; /* HMX_NONE = the host decides */
    uint32_t reason;
    uint64_t cookie;
    uint32_t prefix_len;
    uint8_t prefix[HMX_EXTRANONCE_MAX];
} hm_placement;

hmx_status hm_core_open(hm_core *core, const hm_channel_facts *facts, hm_placement *out);
/* changed: HMX_FACT_* bits of `facts` that are valid. */
hmx_status hm_core_update(hm_core *core, uint32_t slot, const hm_channel_facts *facts,
                          uint32_t changed);
/* reason: HMX_CLOSE_*. */
void hm_core_close(hm_core *core, uint32_t slot, uint32_t reason);

/* ---- core_shares.c ---- */
typedef struct hm_share_facts {
    uint64_t channel; /* may be closed: its verdicts still count for the pool */
    uint64_t cookie;
    double work;    /* what the miner proved */
    double squared; /* sum over the shares of their work squared */
    double credit;  /* what the pool counts */
    uint32_t upstream;
    uint32_t verdict;
    uint32_t count;
    int local; /* the host's own verdict */
} hm_share_facts;

/* What a pool rejected or will not answer any more: HMX_SHARE_LOST and above. */
void hm_core_share_refused(hm_core *core, const hm_share_facts *share);
/* All else. */
void hm_core_share(hm_core *core, const hm_share_facts *share);
/* Judges a bad channel again, and says so in the log when that is news. Returns 1 while it is bad:
 * its hashrate is none then. */
int hm_core_review_bad(hm_core *core, uint32_t slot);
/* Takes back what has waited for a verdict for too long. */
void hm_core_expire_provisional(hm_core *core);
/* Writes the late shares to their channels: first thing in each other event. */
void hm_core_write_late_shares(hm_core *core);

/* ---- core_moves.c: outcomes ---- */
typedef struct hm_outcome {
    uint64_t decision;
    uint32_t slot; /* HM_SLOT_NONE with DRAINED when the channel is gone */
    uint32_t from;
    uint32_t to;
    uint32_t result;
    uint32_t cause;
    uint32_t prefix_len;
    uint8_t prefix[HMX_EXTRANONCE_MAX];
} hm_outcome;

hmx_status hm_core_reassign(hm_core *core, const hm_outcome *outcome);
/* Ends what nobody answered in time. */
void hm_core_expire_decisions(hm_core *core);
/* For the audit: the pending decision of a channel, if the host knows it, ends so. */
void hm_core_end_pending(const hm_core *core, uint32_t slot, uint32_t result);

/* ---- core_tick.c ---- */
/* Evaluates when it is time and puts decisions into the outbox. Returns 1 when there are more than
 * it has room for. */
int hm_core_tick(hm_core *core, hm_outbox *out);
/* ---- run-time changes ---- */
/* Clears the accounts and the extranonce space of each number that belonged to another id, or to
 * nobody any more, since `before`. */
void hm_core_forget_former_owners(hm_core *core, const hm_upstreams *before);
/* Puts core->draft in place: all or nothing. wanted: upstreams that the operator wants back
 * although they failed while auto_restore was off, bit n-1 = upstream n. HMX_OK, or HMX_E_LIMIT
 * with the reason in why. */
hmx_status hm_core_adopt_draft(hm_core *core, uint64_t wanted, hm_text *why);

/* Time in which the host was awake. A host that was suspended or stopped calls no on_tick, and
 * hears nothing of its pools and miners: that is no silence of theirs, so the pools' health and the
 * miners' hashrate are measured in this time. Beyond the last tick it knows of moments only. */
#define HM_ASLEEP_NS (60ull * HM_NS_PER_S)
#define HM_MOMENT_NS (10ull * HM_NS_PER_S)

static inline uint64_t hm_core_lived_ns(const hm_core *core)
{
    const uint64_t passed_ns = core->now_ns - core->ticked_ns;
    return core->lived_ns + (passed_ns < HM_MOMENT_NS ? passed_ns : HM_MOMENT_NS);
}

/* The wall clock, as the host tells it: for the audit and schedules alone. 0 = not known. */
static inline uint64_t hm_core_unix_ms(const hm_core *core)
{
    return core->unix_ms > 0 ? core->unix_ms + (core->now_ns - core->clock_ns) / 1000000u : 0;
}

/* Marks the upstreams that still have channels or moves under way: busy[64]. */
void hm_core_busy(const hm_core *core, uint8_t *busy);

/* Is what is rejected or lost taken back from the books? */
static inline int hm_core_takes_back(const hm_core *core)
{
    return core->config->controller.measure_on_accepted != 0;
}

static inline hm_alarm *hm_core_alarm(const hm_core *core)
{
    return core->memory->alarm;
}

static inline void hm_core_log(const hm_core *core, uint32_t level, const char *text)
{
    if (core->log != NULL) {
        core->log(core->log_ctx, level, text);
    }
}
/* The same, put together as hm_text_addf does; what is beyond 239 bytes is cut. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
void hm_core_logf(const hm_core *core, uint32_t level, const char *format, ...);

#endif
