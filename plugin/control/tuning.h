/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * tuning: the published presets, the constants that belong to each, and the slewing of gains.
 *
 * The gains are those of the specification; their time unit is the minute, and with a measurement
 * window of 10 min the zero of Aggressive and Balanced cancels the pole of the measurement (Kp / Ki
 * = window). The other constants decide when a correction is worth its moves. Custom gains inherit
 * those of the preset whose 1/Ki is nearest on a logarithmic scale (10, 20, 100 min; Ki = 0:
 * proportional only).
 */
#ifndef PLUGIN_CONTROL_TUNING_H
#define PLUGIN_CONTROL_TUNING_H

#include <stdint.h>

#include "plugin/control/pid.h"
#include "plugin/control/slices.h"

typedef struct hm_tuning {
    hm_gains gains;
    double noise_factor;     /* deadband in sigmas of 10 minutes' share luck */
    double hold_s;           /* a deviation must last so long before it is planned for */
    double min_improvement;  /* least net gain of an action, as fraction of what it moves */
    double ripple_point_min; /* the same as debt ripple, which bounds it when slicing a miner */
    hm_slice_pace pace;      /* of slicing by the clock */
    double dwell_s;          /* least time between two moves of one channel */
} hm_tuning;

/* Constants of a preset, HMX_TUNING_AGGRESSIVE..HMX_TUNING_PROPORTIONAL_ONLY. */
const hm_tuning *hm_tuning_preset(uint32_t model);

/* Constants for custom gains: `gains` with the rest of the nearest preset. */
hm_tuning hm_tuning_custom(const hm_gains *gains);

/* The gains that a loop closed once per interval can bear: an evaluation takes back at most what is
 * owed (Ki at most 1/interval) and what the window holds (Kp at most window/interval), with five
 * minutes as least interval, since what is off for less is luck; and it answers a change with a
 * tenth of it at most (Kd at most about a tenth of the window). */
hm_gains hm_gains_limited(const hm_gains *set, double interval_s, double window_s);

/* Moves the gains in effect towards those set, by 1 - decay of the way; bumpless because the
 * integral is a ledger of work, not of output. */
void hm_gains_slew(hm_gains *effective, const hm_gains *set, double decay);

#endif
