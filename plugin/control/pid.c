/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/control/pid.h"

#include <math.h>
#include <stddef.h>

#include "plugin/base/fmath.h"

static hm_pid_terms terms_of(const hm_gains *gains, double error_points, double integral_point_min,
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

hm_pid_terms hm_pid_update(hm_pid *pid, const hm_gains *gains, const hm_pid_sample *s)
{
    const double error = s->setpoint_pct - s->measurement_pct;
    const double grown = pid->integral_point_min + error * s->dt_min;
    const double integral =
        s->integral != NULL ? *s->integral : hm_clamp(grown, -s->integral_limit, s->integral_limit);
    double rate = 0.0;
    if (!isfinite(error) || isnan(integral)) {
        /* Nothing was measured: what is remembered must not be wound up by it. */
        return terms_of(gains, error, pid->integral_point_min, rate);
    }
    if (pid->primed && s->dt_min > 0.0) {
        rate = (s->measurement_pct - pid->last_measurement_pct) / s->dt_min;
    }
    pid->integral_point_min = integral;
    pid->last_measurement_pct = s->measurement_pct;
    pid->primed = 1;
    return terms_of(gains, error, integral, rate);
}

void hm_pid_reset(hm_pid *pid)
{
    *pid = (hm_pid){0};
}
