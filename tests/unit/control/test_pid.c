/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The facts of the specification about one controller. "The reference" is the crate that the
 * specification comes from; it counts time in seconds, we in minutes. */
#include <criterion/criterion.h>
#include <math.h>

#include "plugin/control/pid.h"
#include "tests/unit/test_draw.h"

static const hm_gains AGGRESSIVE = {1.0, 0.1, 0.05};
static const hm_gains BALANCED = {0.5, 0.05, 0.02};
static const hm_gains CONSERVATIVE = {0.2, 0.01, 0.005};
static const hm_gains PROPORTIONAL = {0.3, 0.0, 0.0};
static const double MS = 1.0 / 60000.0; /* a millisecond in minutes */
static const double LIMIT = 100.0;

/* One update that integrates by itself. */
static hm_pid_terms update(hm_pid *pid, const hm_gains *gains, double setpoint, double measurement,
                           double dt, double limit)
{
    const hm_pid_sample sample = {.setpoint_pct = setpoint,
                                  .measurement_pct = measurement,
                                  .dt_min = dt,
                                  .integral_limit = limit};
    return hm_pid_update(pid, gains, &sample);
}

static double first_output(const hm_gains *gains, double setpoint, double measurement, double dt)
{
    hm_pid pid = {0};
    return update(&pid, gains, setpoint, measurement, dt, LIMIT).output_points;
}

Test(pid, kp_alone_is_exact)
{
    const hm_gains half = {0.5, 0.0, 0.0};
    cr_assert_eq(first_output(&half, 60.0, 50.0, 0.5), 5.0);
    cr_assert_eq(first_output(&half, 60.0, 70.0, 0.5), -5.0);
    cr_assert_eq(first_output(&half, 60.0, 60.0, 0.5), 0.0);
    cr_assert_eq(first_output(&half, 60.0, 50.0, 0.0), 5.0);
    cr_assert_eq(first_output(&PROPORTIONAL, 60.0, 50.0, 1234.0), 3.0);
}

Test(pid, every_preset_rests_at_the_setpoint)
{
    const hm_gains *const presets[] = {&AGGRESSIVE, &BALANCED, &CONSERVATIVE, &PROPORTIONAL};
    for (int i = 0; i < 4; i++) {
        hm_pid pid = {0};
        for (int n = 0; n < 100; n++) {
            const hm_pid_terms t = update(&pid, presets[i], 60.0, 60.0, 0.5, LIMIT);
            cr_assert_eq(t.output_points, 0.0);
        }
        cr_assert_eq(pid.integral_point_min, 0.0);
    }
}

Test(pid, output_is_the_sum_of_the_three_terms)
{
    const hm_gains gains = {0.5, 0.25, 0.125};
    const double integral = -16.0;
    const hm_pid_sample before = {.setpoint_pct = 60.0, .measurement_pct = 44.0, .dt_min = 1.0};
    const hm_pid_sample now = {
        .setpoint_pct = 60.0, .measurement_pct = 52.0, .dt_min = 2.0, .integral = &integral};
    hm_pid pid = {0};
    (void)hm_pid_update(&pid, &gains, &before);
    const hm_pid_terms t = hm_pid_update(&pid, &gains, &now);
    cr_assert_eq(t.p_points, 4.0);
    cr_assert_eq(t.i_points, -4.0);
    cr_assert_eq(t.d_points, -0.5, "a rising measurement is held back");
    cr_assert_eq(t.output_points, -0.5);
}

/* First update at an error of +10 after dt: the reference's table without its kick, in minutes. */
Test(pid, first_update_has_the_values_of_the_reference_in_minutes)
{
    static const double dt[] = {0.0, 0.5, 1.0, 30.0};
    static const double aggressive[] = {10.0, 10.5, 11.0, 20.0};
    static const double balanced[] = {5.0, 5.25, 5.5, 10.0};
    static const double conservative[] = {2.0, 2.05, 2.1, 3.0};
    for (int i = 0; i < 4; i++) {
        cr_assert_float_eq(first_output(&AGGRESSIVE, 60, 50, dt[i]), aggressive[i], 1e-12);
        cr_assert_float_eq(first_output(&BALANCED, 60, 50, dt[i]), balanced[i], 1e-12);
        cr_assert_float_eq(first_output(&CONSERVATIVE, 60, 50, dt[i]), conservative[i], 1e-12);
        cr_assert_eq(first_output(&PROPORTIONAL, 60, 50, dt[i]), 3.0);
    }
}

/* An error that jumps from 0 to +10 within one minute: here all three terms of the table's column
 * "1" carry over, because the derivative has something to compare with. */
Test(pid, jump_within_one_minute_has_the_values_of_the_reference)
{
    const hm_gains *const presets[] = {&AGGRESSIVE, &BALANCED, &CONSERVATIVE, &PROPORTIONAL};
    static const double outputs[] = {11.5, 5.7, 2.15, 3.0};
    for (int i = 0; i < 4; i++) {
        hm_pid pid = {0};
        (void)update(&pid, presets[i], 60.0, 60.0, 1.0, LIMIT);
        const hm_pid_terms t = update(&pid, presets[i], 60.0, 50.0, 1.0, LIMIT);
        cr_assert_float_eq(t.output_points, outputs[i], 1e-12, "preset %d", i);
    }
}

/* The reference gives +205 points here. */
Test(pid, first_update_has_no_derivative_kick_even_after_a_millisecond)
{
    hm_pid pid = {0};
    const hm_pid_terms t = update(&pid, &BALANCED, 60.0, 50.0, MS, LIMIT);
    cr_assert_eq(t.d_points, 0.0);
    cr_assert_float_eq(t.output_points, 5.0, 1e-4);
    cr_assert_float_eq(t.i_points, 0.05 * 10.0 * MS, 1e-12);
}

Test(pid, change_of_the_setpoint_has_no_derivative_kick)
{
    const hm_gains derivative = {0.0, 0.0, 1.0};
    hm_pid pid = {0};
    (void)update(&pid, &derivative, 60.0, 55.0, 0.5, LIMIT);
    cr_assert_eq(update(&pid, &derivative, 10.0, 55.0, 0.5, LIMIT).output_points, 0.0);
    cr_assert_eq(update(&pid, &derivative, 90.0, 55.0, MS, LIMIT).output_points, 0.0);
}

Test(pid, falling_error_with_kd_alone_gives_a_negative_output)
{
    const hm_gains derivative = {0.0, 0.0, 1.0};
    hm_pid pid = {0};
    (void)update(&pid, &derivative, 60.0, 50.0, 100 * MS, LIMIT);
    const double output = update(&pid, &derivative, 60.0, 55.0, 100 * MS, LIMIT).output_points;
    cr_assert_float_eq(output, -5.0 / (100 * MS), 1e-6);
}

Test(pid, rising_error_with_kd_alone_gives_a_positive_output)
{
    const hm_gains derivative = {0.0, 0.0, 0.5};
    hm_pid pid = {0};
    (void)update(&pid, &derivative, 60.0, 60.0, 1.0, LIMIT);
    cr_assert_eq(update(&pid, &derivative, 60.0, 56.0, 2.0, LIMIT).output_points, 1.0);
}

Test(pid, lasting_error_builds_the_integral)
{
    const hm_gains gains = {0.0, 0.1, 0.0};
    hm_pid pid = {0};
    double output = 0.0;
    for (int i = 0; i < 3; i++) {
        output = update(&pid, &gains, 60.0, 50.0, 100 * MS, LIMIT).output_points;
    }
    cr_assert_float_eq(pid.integral_point_min, 10.0 * 300 * MS, 1e-12);
    cr_assert_float_eq(output, 0.1 * pid.integral_point_min, 1e-15);
    cr_assert_gt(output, 0.0);
}

Test(pid, balanced_controller_calms_down_as_the_error_goes)
{
    static const double measured[] = {50, 52, 55, 57, 59, 60};
    hm_pid pid = {0};
    double first = 0.0;
    double last = 0.0;
    for (int i = 0; i < 6; i++) {
        last = update(&pid, &BALANCED, 60.0, measured[i], 0.5, LIMIT).output_points;
        first = i == 0 ? last : first;
    }
    cr_assert_float_eq(first, 5.25, 1e-12);
    /* I = 0.5 * (10 + 8 + 5 + 3 + 1), D = -1 / 0.5 */
    cr_assert_float_eq(last, 0.05 * 13.5 - 0.02 * 2.0, 1e-12);
    cr_assert(first > last && fabs(last) < 1.0);
}

Test(pid, integral_stays_inside_its_limit_however_long_and_whatever_ki)
{
    static const double ki[] = {0.0, 0.05, 10.0, 1000.0};
    static const double limits[] = {100.0, 0.0, 1e-3, 1e6};
    for (int g = 0; g < 4; g++) {
        for (int l = 0; l < 4; l++) {
            const hm_gains gains = {0.5, ki[g], 0.0};
            hm_pid pid = {0};
            for (int i = 0; i < 100000; i++) {
                (void)update(&pid, &gains, 100.0, 0.0, 0.5, limits[l]);
                cr_assert_leq(pid.integral_point_min, limits[l]);
            }
            cr_assert_eq(pid.integral_point_min, limits[l]);
            for (int i = 0; i < 100000; i++) {
                (void)update(&pid, &gains, 0.0, 100.0, 0.5, limits[l]);
                cr_assert_geq(pid.integral_point_min, -limits[l]);
            }
            cr_assert_eq(pid.integral_point_min, -limits[l]);
        }
    }
}

Test(pid, saturated_integral_turns_back_at_once)
{
    hm_pid pid = {0};
    (void)update(&pid, &BALANCED, 100.0, 0.0, 1e9, LIMIT);
    cr_assert_eq(pid.integral_point_min, LIMIT);
    (void)update(&pid, &BALANCED, 50.0, 52.0, 1.0, LIMIT);
    cr_assert_eq(pid.integral_point_min, LIMIT - 2.0);
}

Test(pid, smaller_limit_takes_effect_at_the_next_update)
{
    hm_pid pid = {.integral_point_min = 80.0};
    (void)update(&pid, &BALANCED, 50.0, 50.0, 1.0, 10.0);
    cr_assert_eq(pid.integral_point_min, 10.0);
}

Test(pid, no_time_means_no_integral_and_no_derivative)
{
    hm_pid pid = {0};
    (void)update(&pid, &BALANCED, 60.0, 50.0, 1.0, LIMIT);
    const hm_pid_terms t = update(&pid, &BALANCED, 60.0, 20.0, 0.0, LIMIT);
    cr_assert_eq(pid.integral_point_min, 10.0);
    cr_assert_eq(t.d_points, 0.0);
    cr_assert_eq(t.output_points, 20.0 + 0.5);
}

Test(pid, reset_forgets_everything)
{
    hm_pid pid = {0};
    (void)update(&pid, &AGGRESSIVE, 60.0, 50.0, 1.0, LIMIT);
    cr_assert(pid.integral_point_min > 0.0 && pid.last_measurement_pct > 0.0);
    hm_pid_reset(&pid);
    cr_assert_eq(pid.integral_point_min, 0.0);
    cr_assert_eq(pid.last_measurement_pct, 0.0);
    const hm_pid_terms t = update(&pid, &AGGRESSIVE, 60.0, 59.0, MS, LIMIT);
    cr_assert_eq(t.d_points, 0.0, "nothing to differentiate against");
}

Test(pid, anything_in_leaves_the_integral_finite_and_inside)
{
    static const double odd[] = {0.0, -0.0, 50.0, 1e308, -1e308, 5e-324, INFINITY, -INFINITY, NAN};
    uint64_t seed = 3;
    hm_pid pid = {0};
    for (int i = 0; i < 200000; i++) {
        const double setpoint = odd[draw_below(&seed, 9)];
        const double measurement = odd[draw_below(&seed, 9)];
        const double dt = fabs(odd[draw_below(&seed, 9)]);
        (void)update(&pid, &BALANCED, setpoint, measurement, dt, LIMIT);
        cr_assert(isfinite(pid.integral_point_min));
        cr_assert(fabs(pid.integral_point_min) <= LIMIT);
    }
}

/* In the loop the ledger keeps the integral, and clamps it: the controller takes it as it is. */
Test(pid, integral_that_is_given_is_neither_grown_nor_clamped)
{
    const double given = 250.0;
    const hm_gains gains = {0.0, 0.1, 0.0};
    const hm_pid_sample sample = {.setpoint_pct = 60.0,
                                  .measurement_pct = 50.0,
                                  .dt_min = 5.0,
                                  .integral = &given,
                                  .integral_limit = LIMIT};
    hm_pid pid = {.integral_point_min = 7.0};
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(hm_pid_update(&pid, &gains, &sample).i_points, 25.0);
        cr_assert_eq(pid.integral_point_min, 250.0);
    }
}

Test(pid, integral_that_is_given_and_not_finite_is_seen_and_not_remembered)
{
    const double given = NAN;
    const hm_pid_sample bad = {
        .setpoint_pct = 60.0, .measurement_pct = 50.0, .dt_min = 5.0, .integral = &given};
    hm_pid pid = {.integral_point_min = 7.0};
    (void)hm_pid_update(&pid, &BALANCED, &bad);
    cr_assert_eq(pid.integral_point_min, 7.0);
    cr_assert_eq(pid.primed, 0);
}

/* One bad sample must not wind the controller up, let alone in a direction of its own. */
Test(pid, not_a_number_leaves_the_state_as_it_was)
{
    static const double odd[] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 3; i++) {
        hm_pid pid = {0};
        (void)update(&pid, &BALANCED, 60.0, 50.0, 1.0, LIMIT);
        (void)update(&pid, &BALANCED, 60.0, odd[i], 1.0, LIMIT);
        cr_assert_eq(pid.integral_point_min, 10.0, "measurement %f: %f", odd[i],
                     pid.integral_point_min);
        (void)update(&pid, &BALANCED, odd[i], 50.0, 0.0, LIMIT);
        cr_assert_eq(pid.integral_point_min, 10.0, "setpoint %f", odd[i]);
        const hm_pid_terms t = update(&pid, &BALANCED, 60.0, 52.0, 1.0, LIMIT);
        cr_assert_float_eq(t.output_points, 4.0 + 0.05 * 18.0 - 0.02 * 2.0, 1e-12,
                           "%f: the next good sample is as if the bad one had never been", odd[i]);
    }
}
