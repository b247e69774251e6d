/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * hmx_tuning.h: the extension "hashmux.tuning/1": what an operator changes while hashmux runs.
 *
 * Get the table with ops->get_extension(self, HMX_TUNING_ID). Every setter is [instance], carries
 * now_ns, is validated as the configuration file is, and is all or nothing: on a refusal nothing
 * changed and `why` (may be NULL) has the sentence, also when memory ran out. A refusal of a value
 * is HMX_E_CONFIG. A member may be NULL when `size` says that it is there: not in this version.
 * Decimal values are rounded to six places, as the file has them, so that write_config loads to the
 * same configuration.
 */
#ifndef HMX_TUNING_H
#define HMX_TUNING_H

#include "hmx_abi.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HMX_TUNING_ID "hashmux.tuning/1"

/* The size of each struct in version 1.0 (hmx_abi.h, rule 2). */
#define HMX_PID_GAINS_SIZE_VER0 32u
#define HMX_TARGET_SIZE_VER0    16u
#define HMX_TARGETS_SIZE_VER0   24u
#define HMX_TUNING_V1_SIZE_VER0 104u

enum hmx_tuning_model {
    HMX_TUNING_AGGRESSIVE = 1,        /* Kp 1.0, Ki 0.1, Kd 0.05 */
    HMX_TUNING_BALANCED = 2,          /* Kp 0.5, Ki 0.05, Kd 0.02 (default) */
    HMX_TUNING_CONSERVATIVE = 3,      /* Kp 0.2, Ki 0.01, Kd 0.005 */
    HMX_TUNING_PROPORTIONAL_ONLY = 4, /* Kp 0.3 */
    HMX_TUNING_CUSTOM = 5             /* in snapshots only */
};

enum hmx_deadband { HMX_DEADBAND_AUTO = 1, HMX_DEADBAND_POINTS = 2 };

/* OBSERVE: the plugin decides as ever and hands nothing out; on_channel_open answers PASS with
 * HMX_REASON_OBSERVE. The host places its channels, also those of a pool that fails, by its own
 * rule, and reports FORCED. PAUSED: no move towards the targets; who has no usable pool is moved,
 * newcomers are placed and prefixes renewed. What was missed in either is not made up for. */
enum hmx_mode { HMX_MODE_LIVE = 1, HMX_MODE_OBSERVE = 2, HMX_MODE_PAUSED = 3 };

/* Gains: percentage points of output per point of error; the time unit is the minute. All finite,
 * 0..1000. */
typedef struct hmx_pid_gains {
    uint32_t size;
    uint32_t pad0;
    double kp; /* points per point */
    double ki; /* 1/min */
    double kd; /* min */
} hmx_pid_gains;

typedef struct hmx_target {
    uint32_t size;
    uint32_t upstream;
    double percentage; /* 0..100 */
} hmx_target;

/* The whole vector (where the file has schedules: until the next begins or ends, and not part of
 * write_config): every configured upstream that has a percentage exactly once; those enabled sum
 * to 100 within 0.01. A row whose tail beyond hmx_target is not zero is refused with
 * HMX_E_UNSUPPORTED. */
typedef struct hmx_targets {
    uint32_t size;
    uint32_t stride;
    uint32_t count;
    uint32_t pad0;
    const hmx_target *rows;
} hmx_targets;

typedef struct hmx_tuning_v1 {
    uint32_t size;
    uint32_t pad0;
    /* A preset, HMX_TUNING_AGGRESSIVE..PROPORTIONAL_ONLY; forgets custom gains. */
    hmx_status (*set_tuning_model)(hmx_instance *self, uint64_t now_ns, uint32_t model,
                                   hmx_text *why);
    /* Custom gains; bumpless: the gains in effect slew to them over the measurement window. */
    hmx_status (*set_custom_pid_params)(hmx_instance *self, uint64_t now_ns,
                                        const hmx_pid_gains *gains, hmx_text *why);
    /* HMX_DEADBAND_AUTO: the luck of the shares decides; points is not read. HMX_DEADBAND_POINTS:
     * percentage points, 0..100. */
    hmx_status (*set_deadband)(hmx_instance *self, uint64_t now_ns, uint32_t kind, double points,
                               hmx_text *why);
    /* Seconds, 1..86400. */
    hmx_status (*set_evaluation_interval)(hmx_instance *self, uint64_t now_ns, uint32_t secs,
                                          hmx_text *why);
    /* Cooldown of a channel between two moves, seconds, 0..604800. */
    hmx_status (*set_min_reassignment_interval)(hmx_instance *self, uint64_t now_ns, uint32_t secs,
                                                hmx_text *why);
    hmx_status (*set_targets)(hmx_instance *self, uint64_t now_ns, const hmx_targets *targets,
                              hmx_text *why);
    /* enabled: hmx_tri YES or NO. NO drains the upstream and the others scale up; at least one must
     * stay. */
    hmx_status (*set_upstream_enabled)(hmx_instance *self, uint64_t now_ns, uint32_t upstream,
                                       uint32_t enabled, hmx_text *why);
    /* HMX_MODE_*. */
    hmx_status (*set_mode)(hmx_instance *self, uint64_t now_ns, uint32_t mode, hmx_text *why);
    /* Channels whose user_identity matches the pattern (1 to 128 bytes of UTF-8 without control
     * characters; * stands for any run of bytes) work for this upstream (HMX_NONE: stay where they
     * are). HMX_E_LIMIT: there are 64 pins, with those of the file. */
    hmx_status (*pin)(hmx_instance *self, uint64_t now_ns, hmx_view pattern, uint32_t upstream,
                      hmx_text *why);
    hmx_status (*unpin)(hmx_instance *self, uint64_t now_ns, hmx_view pattern, hmx_text *why);
    /* The next on_tick evaluates, and does not wait for the deviation to persist. */
    hmx_status (*rebalance_now)(hmx_instance *self, uint64_t now_ns, hmx_text *why);
    /* The configuration in effect as INI text; loads to the same configuration. */
    hmx_status (*write_config)(hmx_instance *self, const hmx_writer *to);
} hmx_tuning_v1;

#ifdef __cplusplus
}
#endif
#endif /* HMX_TUNING_H */
