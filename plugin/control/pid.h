/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * pid: one PID controller per upstream, a pure function over its state.
 *
 * Setpoint and measurement are percentages of the delivered work, the output is a correction in
 * percentage points (positive: this upstream wants more). The time unit is the minute: Ki in 1/min,
 * Kd in min; with seconds the published gains end in a limit cycle. The derivative is that of the
 * measurement, so neither the first update nor a change of the setpoint gives a kick (Astrom and
 * Murray, Feedback Systems, section 11.5). What the error is and where the integral comes from in
 * the full law is ledger.h's and core.h's business.
 */
#ifndef PLUGIN_CONTROL_PID_H
#define PLUGIN_CONTROL_PID_H

#include <stdint.h>

typedef struct hm_pid_gains {
    double kp; /* points per point */
    double ki; /* 1/min */
    double kd; /* min */
} hm_gains;

typedef struct hm_pid_terms {
    double p_points;
    double i_points;
    double d_points;
    double output_points; /* their sum */
} hm_pid_terms;

typedef struct hm_pid {
    double integral_point_min; /* sum of error x time */
    double last_error_points;
    double last_measurement_pct;
    int primed; /* an update has been seen: there is a measurement to differentiate against */
} hm_pid;

/* The three terms for a given error [points], integral [points x min] and rate of the measurement
 * [points/min]; no state. */
hm_pid_terms hm_pid_terms_of(const hm_gains *gains, double error_points, double integral_point_min,
                             double measurement_rate);

/* One update with the controller's own integral, which never leaves +-integral_limit [points x
 * min]. dt_min is the time since the last update in minutes, >= 0; with 0 the integral stays and
 * the derivative is 0. When setpoint or measurement is not finite nothing is remembered of it, and
 * the output is not finite either. */
hm_pid_terms hm_pid_update(hm_pid *pid, const hm_gains *gains, double setpoint_pct,
                           double measurement_pct, double dt_min, double integral_limit);

/* As new: integral, last error and last measurement forgotten. */
void hm_pid_reset(hm_pid *pid);

#endif
