/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * hmx_metrics.h: the extension "hashmux.metrics/1": what hashmux knows, at any time, without side
 * effects.
 *
 * Get the table with ops->get_extension(self, HMX_METRICS_ID). All functions are [instance]. Work
 * is in units of difficulty 1 (one such share is 2^256 / (65535 * 2^208 + 1) = 4 295 032 833
 * hashes); hashrates are hashes per second; percentages are 0..100; "points" are percentage points.
 * Every number is finite.
 */
#ifndef HMX_METRICS_H
#define HMX_METRICS_H

#include "hmx_abi.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HMX_METRICS_ID "hashmux.metrics/1"

/* The size of each struct in version 1.0 (hmx_abi.h, rule 2). */
#define HMX_UPSTREAM_METRICS_SIZE_VER0 424u
#define HMX_SNAPSHOT_SIZE_VER0         216u
#define HMX_CHANNEL_METRICS_SIZE_VER0  72u
#define HMX_ADJUSTMENT_SIZE_VER0       24u
#define HMX_ADJUSTMENTS_SIZE_VER0      24u
#define HMX_METRICS_V1_SIZE_VER0       48u

/* Number of shares and the sum of their difficulties. Embedded by value; frozen layout. */
typedef struct hmx_tally {
    uint64_t count;
    double work;
} hmx_tally;

enum hmx_row_flag {
    HMX_ROW_ENABLED = 0x1,
    HMX_ROW_UP = 0x2,      /* the host said UP */
    HMX_ROW_USABLE = 0x4,  /* enabled, up and with a job: may receive channels */
    HMX_ROW_REMOVED = 0x8, /* no longer configured, channels are leaving */
    HMX_ROW_GREY = 0x10,   /* connected, but rejects or swallows shares: nobody is sent there, but
                              for one small channel that may watch it */
    /* Failed too often lately: waits before it is used again. When the wait is over it is judged at
     * the next health check (health_check_interval_secs), or when the host next reports it; until
     * then it has neither this flag nor HMX_ROW_USABLE. */
    HMX_ROW_HELD_DOWN = 0x20,
    /* It grants fewer extranonce bytes than some channels need, which cannot work there: it gets no
     * more than the others give. */
    HMX_ROW_SHORT_GRANT = 0x40,
    /* Moves to it are refused or fail, one after the other: they are tried ever more rarely. */
    HMX_ROW_MOVES_FAIL = 0x80
};

/* Why a pool gets no work, or less than its target; the first that holds. */
enum hmx_out_reason {
    HMX_OUT_NONE = 0,     /* it takes part in full */
    HMX_OUT_REMOVED = 1,  /* no longer configured */
    HMX_OUT_DISABLED = 2, /* by the owner */
    HMX_OUT_LATCHED = 3,  /* it failed while auto_restore is off: until a reconfigure */
    HMX_OUT_DOWN = 4,     /* as the host says */
    HMX_OUT_NO_JOB = 5,   /* up, and without a job */
    HMX_OUT_HELD = 6,     /* it failed too often lately */
    HMX_OUT_REJECTS = 7,  /* it rejects more than grey_reject_pct */
    HMX_OUT_SILENT = 8,   /* it answers nothing */
    HMX_OUT_TRIAL = 9     /* it is tried again, with a small share that grows */
};

typedef struct hmx_upstream_metrics {
    uint32_t size;
    uint32_t upstream;
    uint32_t flags; /* HMX_ROW_* */
    uint32_t priority;
    uint32_t channels;   /* assigned (a pending move still counts where it is) */
    uint32_t pending_in; /* moves under way to here */
    uint32_t pending_out;
    uint32_t state;    /* HMX_UPSTREAM_*, as the host said last; 0 = it said nothing yet */
    double target_pct; /* configured */
    /* Each of these columns sums to 100 over the rows, or is all 0. All but command_pct are 0..100.
     */
    double effective_pct;  /* after health and enabled flags: what the controller steers to */
    double command_pct;    /* wanted allocation: effective target + correction, not clamped: below 0
                             or above 100 where a debt asks for more than a pool can give */
    double allocated_pct;  /* share of the estimated hashrate, pending moves counted at their
                             destination */
    double actual_pct;     /* delivered work over the measurement window; 0 while has_actual is not
                             HMX_YES */
    double delivered_pct;  /* delivered work since create; 0 while there is none */
    uint32_t has_actual;   /* hmx_tri: YES while any work that was delivered lies in the window */
    uint32_t reason;       /* HMX_UPSTREAM_REASON_*, why it is not up, as the host said last */
    double hashrate;       /* estimate of the channels assigned here, hashes per second */
    double acceptance_pct; /* accepted / (accepted + rejected), credit by credit; 100 while there is
                              no verdict */
    hmx_tally submitted;
    hmx_tally accepted;
    hmx_tally not_forwarded;
    hmx_tally lost;
    hmx_tally rejected_stale;
    hmx_tally rejected_low_difficulty;
    hmx_tally rejected_duplicate;
    hmx_tally rejected_invalid_job;
    hmx_tally rejected_other;
    hmx_tally rejected_local;  /* the host's own verdicts; in no other number */
    double error_points;       /* P input: setpoint - measurement */
    double integral_point_min; /* I input */
    double p_points;           /* the three terms of the controller and their sum */
    double i_points;
    double d_points;
    double output_points;
    double missing_hashrate; /* what an absolute target or a min lacks, hashes per second */
    /* What will work here when the pool can be used: state it upstream (the nominal_hashrate of the
     * host's channel there). Also told while the pool has no job yet, and before a first move. */
    double wanted_hashrate;
    char id[HMX_ID_SIZE];
    uint32_t out_reason; /* HMX_OUT_* */
    uint32_t pad0;
    uint64_t out_until_ns; /* when that may end, by the host's monotonic clock; 0 = not known */
    double trial_pct;      /* with HMX_OUT_TRIAL: at most so much of the farm; else 0 */
    double owed_work;      /* by which it was short-changed so far and may still be paid; less than
                              0: what it got too much */
    double provisional_work; /* submitted, and no verdict yet: counted as delivered */
    double confirmed_work;   /* delivered since create without that */
    double wasted_hashrate;  /* of the hashrate here, what the rejects cost */
} hmx_upstream_metrics;

enum hmx_snapshot_flag {
    HMX_SNAPSHOT_ALL_DOWN = 0x1, /* no usable upstream: nobody is moved */
    /* The last plan could not reach the command with whole channels. */
    HMX_SNAPSHOT_SATURATED = 0x2,
    HMX_SNAPSHOT_BURST = 0x4, /* a plan is being carried out over several evaluations */
    /* The gains that are set are more than the evaluation interval bears: those in effect are less.
     */
    HMX_SNAPSHOT_GAINS_LIMITED = 0x8,
    /* With schedules: targets that were set by hand hold, until the next begins or ends. */
    HMX_SNAPSHOT_BY_HAND = 0x10
};

typedef struct hmx_snapshot {
    uint32_t size;
    uint32_t stride;   /* in: bytes from one row to the next; each row's size is preset */
    uint32_t capacity; /* in: rows that fit */
    uint32_t count;    /* out: upstreams that exist */
    hmx_upstream_metrics *rows;
    uint64_t now_ns;       /* out, as all that follows: time of the last call that carried one */
    uint32_t flags;        /* HMX_SNAPSHOT_* */
    uint32_t mode;         /* HMX_MODE_* of hmx_tuning.h */
    uint32_t channels;     /* open */
    uint32_t pending;      /* decisions not answered yet */
    double hashrate;       /* estimate of all open channels */
    uint32_t tuning_model; /* HMX_TUNING_* of hmx_tuning.h */
    uint32_t evaluation_interval_secs;
    double kp_set; /* configured gains, and those in effect while they slew */
    double ki_set;
    double kd_set;
    double kp_effective;
    double ki_effective;
    double kd_effective;
    double deadband_points;           /* configured; 0 with deadband HMX_DEADBAND_AUTO */
    double deadband_effective_points; /* in force: from luck, or as configured */
    double deviation_points;          /* largest |command - allocation| at the last evaluation */
    uint32_t min_reassignment_interval_secs;
    uint32_t measure_on_accepted; /* hmx_tri */
    uint64_t evaluations;
    uint64_t decisions;
    uint64_t moves_applied;
    uint64_t moves_refused;
    uint64_t moves_failed;
    uint64_t moves_expired;
    uint64_t moves_forced;
    uint32_t deadband; /* HMX_DEADBAND_* of hmx_tuning.h */
    uint32_t stranded; /* channels with HMX_CHANNEL_STRANDED */
    uint32_t bad;      /* channels with HMX_CHANNEL_BAD, at the last evaluation */
    uint32_t pad0;
    /* Decisions that HMX_MODE_OBSERVE did not hand out. The last about each channel counts as
     * pending, for an hour or until the host moves it or something else is asked for. */
    uint64_t withheld;
    uint32_t schedule; /* which [schedule.*] holds, in the order of the file from 1; 0 = none */
    uint32_t pad1;
    char schedule_name[HMX_ID_SIZE]; /* its name; empty = none */
} hmx_snapshot;

enum hmx_channel_metrics_flag {
    /* Its pool is gone and it may not be moved (custom jobs, a peer that does not obey, no other
     * pool that fits): it earns nothing. The host should close it (CloseChannel): the peer opens
     * again and is placed where it can work. One line in the log when it begins. */
    HMX_CHANNEL_STRANDED = 0x1,
    /* Its shares are rejected and those of its neighbours are not: its hashrate counts as 0, and
     * its rejects are held against no pool. */
    HMX_CHANNEL_BAD = 0x2,
    /* Its peer does not obey SetExtranoncePrefix: only a reopening moves it. */
    HMX_CHANNEL_DEAF = 0x4
};

typedef struct hmx_channel_metrics {
    uint32_t size;
    uint32_t upstream; /* where it works, HMX_NONE = parked */
    uint64_t channel;
    uint64_t cookie;
    uint32_t pending_to; /* HMX_NONE = no pending move */
    uint32_t flags;      /* HMX_CHANNEL_STRANDED, _BAD, _DEAF */
    uint64_t pending_decision;
    double hashrate;         /* estimate, hashes per second */
    double nominal_hashrate; /* as declared */
    uint64_t last_move_ns;   /* 0 = never moved */
    uint64_t moves;
} hmx_channel_metrics;

/* What one evaluation of the controller asks for, per upstream: by definition of the specification,
 * output in points, and that share of the farm in average channels, positive = wants more. */
typedef struct hmx_adjustment {
    uint32_t size;
    uint32_t upstream;
    double points;
    double channels;
} hmx_adjustment;

typedef struct hmx_adjustments {
    uint32_t size;
    uint32_t stride;
    uint32_t capacity;
    uint32_t count; /* out */
    hmx_adjustment *rows;
} hmx_adjustments;

typedef struct hmx_metrics_v1 {
    uint32_t size;
    uint32_t pad0;
    hmx_status (*snapshot)(hmx_instance *self, hmx_snapshot *out);
    /* cookie may be 0. HMX_E_STATE for an unknown channel. */
    hmx_status (*channel)(hmx_instance *self, uint64_t channel, uint64_t cookie,
                          hmx_channel_metrics *out);
    hmx_status (*adjustments)(hmx_instance *self, hmx_adjustments *out);
    /* The snapshot as text: in the Prometheus exposition format (hashmux_..., with the label
     * `upstream`, and `model` of hashmux_tuning_model), and as one object of JSON, whose members
     * are called as those of hmx_snapshot and hmx_upstream_metrics; flags and enums are words.
     * Returns: HMX_E_IO the writer failed: what it got so far is worth nothing. */
    hmx_status (*write_prometheus)(hmx_instance *self, const hmx_writer *to);
    hmx_status (*write_json)(hmx_instance *self, const hmx_writer *to);
    /* The open channels as one object of JSON: as many as there are. */
    hmx_status (*write_channels)(hmx_instance *self, const hmx_writer *to);
} hmx_metrics_v1;

#ifdef __cplusplus
}
#endif
#endif /* HMX_METRICS_H */
