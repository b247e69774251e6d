/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * pid: the PID controller of one upstream.
 *
 * Responsible for the three terms, and for what they remember of the update before. Setpoint and
 * measurement are percentages of the delivered work, the output is a correction in percentage
 * points (positive: this upstream wants more). The time unit is the minute: Ki in 1/min, Kd in min;
 * with seconds the published gains end in a limit cycle. The derivative is that of the measurement,
 * so neither the first update nor a change of the setpoint gives a kick (Astrom and Murray,
 * Feedback Systems, section 11.5).
 *
 * Leaves to others what the error is and, in the loop, the integral of it: there both come from the
 * books of ledger.h, which know the targets that were valid at each time and what cannot be paid
 * back. Without such books the controller integrates by itself.
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
    double integral_point_min; /* sum of error x time, of its own or as it was given */
    double last_measurement_pct;
    int primed; /* an update has been seen: there is a measurement to differentiate against */
} hm_pid;

typedef struct hm_pid_sample {
    double setpoint_pct;
    double measurement_pct;
    double dt_min;          /* since the last update, >= 0; with 0 the derivative is 0 */
    const double *integral; /* [points x min], kept by somebody else; NULL: its own */
    double integral_limit;  /* which its own never passes, on either side */
} hm_pid_sample;

/* One update. When setpoint or measurement is not finite nothing is remembered of it, and the
 * output is not finite either. */
hm_pid_terms hm_pid_update(hm_pid *pid, const hm_gains *gains, const hm_pid_sample *sample);

/* As new: integral and last measurement forgotten. */
void hm_pid_reset(hm_pid *pid);

#endif
