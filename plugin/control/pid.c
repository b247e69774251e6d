/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/control/pid.h"

#include <math.h>

#include "plugin/base/fmath.h"

hm_pid_terms hm_pid_terms_of(const hm_gains *gains, double error_points, double integral_point_min,
                             double measurement_rate)
{
    hm_pid_terms terms = {
        .p_points = gains->kp * error_points,
        .i_points = gains->ki * integral_point_min,
        .d_points = -gains->kd * measurement_rate,
    };
    terms.output_points = terms.p_points + terms.i_points + terms.d_points;
    return terms;
}

hm_pid_terms hm_pid_update(hm_pid *pid, const hm_gains *gains, double setpoint_pct,
                           double measurement_pct, double dt_min, double integral_limit)
{
    const double error = setpoint_pct - measurement_pct;
    const double grown = pid->integral_point_min + error * dt_min;
    double rate = 0.0;
    if (!isfinite(error) || isnan(grown)) {
        /* Nothing was measured: what is remembered must not be wound up by it. */
        return hm_pid_terms_of(gains, error, pid->integral_point_min, rate);
    }
    if (pid->primed && dt_min > 0.0) {
        rate = (measurement_pct - pid->last_measurement_pct) / dt_min;
    }
    pid->integral_point_min = hm_clamp(grown, -integral_limit, integral_limit);
    pid->last_error_points = error;
    pid->last_measurement_pct = measurement_pct;
    pid->primed = 1;
    return hm_pid_terms_of(gains, error, pid->integral_point_min, rate);
}

void hm_pid_reset(hm_pid *pid)
{
    *pid = (hm_pid){0};
}
