/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * hashmux.tuning/1: what each setter takes, what it refuses and with which words; that a refusal
 * changes nothing; and that a change of gains is no jolt. */
#include <math.h>

#include "tests/integration/harness_farm.h"

static it_host H;

/* ---- write_config ---- */
typedef struct written {
    char text[65536];
    size_t len;
    uint32_t fail_at; /* the n-th write fails, 0 = never */
    uint32_t writes;
} written;

static hmx_status take(void *ctx, const void *data, uint64_t len)
{
    written *const w = ctx;
    w->writes++;
    if (w->writes == w->fail_at || w->len + len >= sizeof w->text) {
        return HMX_E_IO;
    }
    memcpy(w->text + w->len, data, len);
    w->len += len;
    w->text[w->len] = '\0';
    return HMX_OK;
}

static const char *config_of(it_host *h)
{
    static written pages[2];
    static unsigned next;
    written *const w = &pages[next++ % 2];
    memset(w, 0, sizeof *w);
    const hmx_writer writer = {.size = sizeof writer, .ctx = w, .write = take};
    cr_assert_eq(h->tuning->write_config(h->self, &writer), HMX_OK);
    return w->text;
}

static void setup(void)
{
    it_open(&H, IT_ABC);
    it_all_up(&H, 3);
    it_channels(&H, 20, 1000);
    it_run(&H, 31, 1, IT_APPLY);
}

static char before[65536];

/* Expects a refusal with a sentence, and that nothing changed. */
#define REFUSED(expected, part, call)                                                              \
    do {                                                                                           \
        hmx_text why = it_text(&H);                                                                \
        strcpy(before, config_of(&H));                                                             \
        const it_view seen = it_snapshot(&H);                                                      \
        cr_assert_eq(call, expected, #call);                                                       \
        cr_assert(strstr(H.why, part) != NULL, #call " says '%s'", H.why);                         \
        cr_assert_eq(why.len, strlen(H.why));                                                      \
        cr_assert_str_eq(config_of(&H), before, #call);                                            \
        const it_view now = it_snapshot(&H);                                                       \
        cr_assert(it_same_view(&seen, &now), #call " changed something");                          \
    } while (0)

Test(setters, deadband, .init = setup)
{
    const hmx_tuning_v1 *const t = H.tuning;
    cr_assert_eq(t->set_deadband(H.self, H.now_ns, HMX_DEADBAND_POINTS, 1.5, NULL), HMX_OK);
    cr_assert_eq(it_snapshot(&H).s.deadband_points, 1.5);
    cr_assert_eq(t->set_deadband(H.self, H.now_ns, HMX_DEADBAND_POINTS, 0, NULL), HMX_OK);
    cr_assert_eq(t->set_deadband(H.self, H.now_ns, HMX_DEADBAND_POINTS, 100, NULL), HMX_OK);
    cr_assert_eq(t->set_deadband(H.self, H.now_ns, HMX_DEADBAND_POINTS, 0.1234567, NULL), HMX_OK);
    cr_assert_eq(it_snapshot(&H).s.deadband_points, 0.123457, "six decimals, as the file");
    REFUSED(HMX_E_CONFIG, "deadband",
            t->set_deadband(H.self, H.now_ns, HMX_DEADBAND_POINTS, -1, &why));
    REFUSED(HMX_E_CONFIG, "deadband",
            t->set_deadband(H.self, H.now_ns, HMX_DEADBAND_POINTS, 100.1, &why));
    REFUSED(HMX_E_CONFIG, "deadband",
            t->set_deadband(H.self, H.now_ns, HMX_DEADBAND_POINTS, NAN, &why));
    REFUSED(HMX_E_CONFIG, "deadband",
            t->set_deadband(H.self, H.now_ns, HMX_DEADBAND_POINTS, INFINITY, &why));
    it_close(&H);
}

Test(setters, intervals, .init = setup)
{
    const hmx_tuning_v1 *const t = H.tuning;
    cr_assert_eq(t->set_evaluation_interval(H.self, H.now_ns, 10, NULL), HMX_OK);
    cr_assert_eq(it_snapshot(&H).s.evaluation_interval_secs, 10);
    REFUSED(HMX_E_CONFIG, "1..86400", t->set_evaluation_interval(H.self, H.now_ns, 0, &why));
    REFUSED(HMX_E_CONFIG, "1..86400", t->set_evaluation_interval(H.self, H.now_ns, 86401, &why));
    cr_assert_eq(t->set_min_reassignment_interval(H.self, H.now_ns, 0, NULL), HMX_OK);
    cr_assert_eq(t->set_min_reassignment_interval(H.self, H.now_ns, 604800, NULL), HMX_OK);
    cr_assert_eq(it_snapshot(&H).s.min_reassignment_interval_secs, 604800);
    REFUSED(HMX_E_CONFIG, "0..604800",
            t->set_min_reassignment_interval(H.self, H.now_ns, 604801, &why));
    REFUSED(HMX_E_CONFIG, "0..604800",
            t->set_min_reassignment_interval(H.self, H.now_ns, UINT32_MAX, &why));
    it_close(&H);
}

/* 11: in the reference the timer of a running daemon was built once. */
Test(setters, reference_defect_11_a_new_interval_takes_effect_at_once, .init = setup)
{
    cr_assert_eq(H.tuning->set_evaluation_interval(H.self, H.now_ns, 5, NULL), HMX_OK);
    const uint64_t evaluations = it_snapshot(&H).s.evaluations;
    it_run(&H, 50, 1, IT_APPLY);
    cr_assert_eq(it_snapshot(&H).s.evaluations, evaluations + 10);
    it_close(&H);
}

Test(setters, models_and_custom_gains, .init = setup)
{
    const hmx_tuning_v1 *const t = H.tuning;
    const double presets[][3] = {{1.0, 0.1, 0.05}, {0.5, 0.05, 0.02}, {0.2, 0.01, 0.005}, {0.3}};
    for (uint32_t model = HMX_TUNING_AGGRESSIVE; model <= HMX_TUNING_PROPORTIONAL_ONLY; model++) {
        cr_assert_eq(t->set_tuning_model(H.self, H.now_ns, model, NULL), HMX_OK);
        const hmx_snapshot s = it_snapshot(&H).s;
        cr_assert_eq(s.tuning_model, model);
        cr_assert(s.kp_set == presets[model - 1][0] && s.ki_set == presets[model - 1][1] &&
                  s.kd_set == presets[model - 1][2]);
    }
    const hmx_pid_gains gains = {.size = sizeof gains, .kp = 0.7, .ki = 0.03, .kd = 0.001};
    cr_assert_eq(t->set_custom_pid_params(H.self, H.now_ns, &gains, NULL), HMX_OK);
    cr_assert_eq(it_snapshot(&H).s.tuning_model, HMX_TUNING_CUSTOM);
    cr_assert_eq(it_snapshot(&H).s.kp_set, 0.7);
    cr_assert_eq(t->set_tuning_model(H.self, H.now_ns, HMX_TUNING_BALANCED, NULL), HMX_OK);
    cr_assert_eq(it_snapshot(&H).s.kp_set, 0.5, "a preset forgets custom gains");
    const char *const models = "1 (aggressive), 2 (balanced), 3 (conservative) or 4";
    REFUSED(HMX_E_CONFIG, models, t->set_tuning_model(H.self, H.now_ns, 0, &why));
    REFUSED(HMX_E_CONFIG, models, t->set_tuning_model(H.self, H.now_ns, 5, &why));
    it_close(&H);
}

/* 12: a gain that is NaN or infinite, or a NaN deadband, passes the reference's validation. */
Test(setters, reference_defect_12_no_gain_is_nan_infinite_or_negative, .init = setup)
{
    const double wrong[] = {NAN, INFINITY, -INFINITY, -0.001, 1000.1, 1e300};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        for (int which = 0; which < 3; which++) {
            hmx_pid_gains gains = {.size = sizeof gains, .kp = 1, .ki = 1, .kd = 1};
            *(which == 0 ? &gains.kp : which == 1 ? &gains.ki : &gains.kd) = wrong[i];
            REFUSED(HMX_E_CONFIG,
                    which == 0   ? "kp"
                    : which == 1 ? "ki"
                                 : "kd",
                    H.tuning->set_custom_pid_params(H.self, H.now_ns, &gains, &why));
        }
    }
    struct {
        hmx_pid_gains gains;
        uint64_t newer;
    } larger = {{.size = sizeof larger, .kp = 1}, 1};
    REFUSED(HMX_E_UNSUPPORTED, "not known",
            H.tuning->set_custom_pid_params(H.self, H.now_ns, &larger.gains, &why));
    larger.newer = 0;
    cr_assert_eq(H.tuning->set_custom_pid_params(H.self, H.now_ns, &larger.gains, NULL), HMX_OK);
    it_close(&H);
}

static hmx_status set_targets(const hmx_target *rows, uint32_t count, hmx_text *why)
{
    const hmx_targets targets = {
        .size = sizeof targets, .stride = sizeof rows[0], .count = count, .rows = rows};
    return H.tuning->set_targets(H.self, H.now_ns, &targets, why);
}

#define ROW(upstream, percentage)                                                                  \
    {                                                                                              \
        sizeof(hmx_target), upstream, percentage                                                   \
    }

Test(setters, targets_are_the_whole_vector_or_nothing, .init = setup)
{
    const hmx_target good[] = {ROW(IT_C, 20), ROW(IT_A, 50), ROW(IT_B, 30)};
    cr_assert_eq(set_targets(good, 3, NULL), HMX_OK);
    cr_assert_eq(it_row(&H, IT_A).target_pct, 50.0);
    cr_assert_eq(it_row(&H, IT_C).effective_pct, 20.0);
    const hmx_target twice[] = {ROW(IT_A, 50), ROW(IT_A, 30), ROW(IT_B, 20)};
    REFUSED(HMX_E_CONFIG, "twice", set_targets(twice, 3, &why));
    const hmx_target other[] = {ROW(IT_C, 50), ROW(IT_C, 30), ROW(IT_B, 20)};
    REFUSED(HMX_E_CONFIG, "twice", set_targets(other, 3, &why));
    const hmx_target unknown[] = {ROW(IT_A, 50), ROW(IT_B, 30), ROW(IT_D, 20)};
    REFUSED(HMX_E_CONFIG, "not configured", set_targets(unknown, 3, &why));
    const hmx_target none[] = {ROW(IT_A, 50), ROW(0, 30), ROW(IT_B, 20)};
    REFUSED(HMX_E_CONFIG, "not configured", set_targets(none, 3, &why));
    REFUSED(HMX_E_CONFIG, "every", set_targets(good, 2, &why));
    REFUSED(HMX_E_CONFIG, "every", set_targets(NULL, 0, &why));
    const hmx_target low[] = {ROW(IT_A, 60), ROW(IT_B, 39.98), ROW(IT_C, 0)};
    REFUSED(HMX_E_CONFIG, "100", set_targets(low, 3, &why));
    const hmx_target high[] = {ROW(IT_A, 60), ROW(IT_B, 30), ROW(IT_C, 10.02)};
    REFUSED(HMX_E_CONFIG, "100", set_targets(high, 3, &why));
    it_close(&H);
}

/* 19 and 20: tolerance that depends on the order of addition, and NaN as a percentage. */
Test(setters, reference_defects_19_and_20_percentages, .init = setup)
{
    const double wrong[] = {NAN, INFINITY, -1, 100.1};
    for (size_t i = 0; i < 4; i++) {
        const hmx_target rows[] = {ROW(IT_A, wrong[i]), ROW(IT_B, 50), ROW(IT_C, 50)};
        REFUSED(HMX_E_CONFIG, "percentage", set_targets(rows, 3, &why));
    }
    const hmx_target thirds[] = {ROW(IT_A, 33.33), ROW(IT_B, 33.33), ROW(IT_C, 33.33)};
    cr_assert_eq(set_targets(thirds, 3, NULL), HMX_OK);
    const hmx_target lowest[] = {ROW(IT_A, 60), ROW(IT_B, 39.99), ROW(IT_C, 0)};
    cr_assert_eq(set_targets(lowest, 3, NULL), HMX_OK);
    const hmx_target highest[] = {ROW(IT_A, 60), ROW(IT_B, 40.01), ROW(IT_C, 0)};
    cr_assert_eq(set_targets(highest, 3, NULL), HMX_OK);
    it_close(&H);
}

Test(setters, enabled, .init = setup)
{
    const hmx_tuning_v1 *const t = H.tuning;
    REFUSED(HMX_E_CONFIG, "enabled", t->set_upstream_enabled(H.self, H.now_ns, IT_A, 0, &why));
    REFUSED(HMX_E_CONFIG, "enabled", t->set_upstream_enabled(H.self, H.now_ns, IT_A, 3, &why));
    REFUSED(HMX_E_CONFIG, "number", t->set_upstream_enabled(H.self, H.now_ns, 4, HMX_NO, &why));
    REFUSED(HMX_E_CONFIG, "number", t->set_upstream_enabled(H.self, H.now_ns, 0, HMX_NO, &why));
    REFUSED(HMX_E_CONFIG, "number", t->set_upstream_enabled(H.self, H.now_ns, 99, HMX_NO, &why));
    cr_assert_eq(t->set_upstream_enabled(H.self, H.now_ns, IT_A, HMX_NO, NULL), HMX_OK);
    cr_assert_eq(t->set_upstream_enabled(H.self, H.now_ns, IT_B, HMX_NO, NULL), HMX_OK);
    REFUSED(HMX_E_CONFIG, "enabled", t->set_upstream_enabled(H.self, H.now_ns, IT_C, HMX_NO, &why));
    cr_assert_eq(it_row(&H, IT_C).effective_pct, 100.0);
    it_close(&H);
}

Test(setters, a_drained_pool_s_share_is_written_scaled_and_loads_again, .init = setup)
{
    cr_assert_eq(H.tuning->set_upstream_enabled(H.self, H.now_ns, IT_A, HMX_NO, NULL), HMX_OK);
    const char *const text = config_of(&H);
    static char copy[65536];
    strcpy(copy, text);
    it_close(&H);
    it_open(&H, copy);
    cr_assert_eq(it_row(&H, IT_B).target_pct, 75.0);
    cr_assert_eq(it_row(&H, IT_C).target_pct, 25.0);
    cr_assert_not(it_row(&H, IT_A).flags & HMX_ROW_ENABLED);
    strcpy(copy, config_of(&H)); /* the remark that it was scaled is gone; nothing else is */
    it_close(&H);
    it_open(&H, copy);
    cr_assert_str_eq(config_of(&H), copy);
    it_close(&H);
}

Test(setters, what_is_written_loads_to_the_same, .init = setup)
{
    static char copy[65536];
    const hmx_tuning_v1 *const t = H.tuning;
    const hmx_pid_gains gains = {.size = sizeof gains, .kp = 1.0 / 3, .ki = 0.1234567, .kd = 1e-6};
    cr_assert_eq(t->set_custom_pid_params(H.self, H.now_ns, &gains, NULL), HMX_OK);
    cr_assert_eq(t->set_deadband(H.self, H.now_ns, HMX_DEADBAND_POINTS, 2.0 / 3, NULL), HMX_OK);
    cr_assert_eq(t->set_evaluation_interval(H.self, H.now_ns, 17, NULL), HMX_OK);
    cr_assert_eq(t->set_min_reassignment_interval(H.self, H.now_ns, 99, NULL), HMX_OK);
    const hmx_target rows[] = {ROW(IT_A, 100.0 / 3), ROW(IT_B, 100.0 / 3), ROW(IT_C, 100.0 / 3)};
    cr_assert_eq(set_targets(rows, 3, NULL), HMX_OK);
    strcpy(copy, config_of(&H));
    const hmx_snapshot s = it_snapshot(&H).s;
    it_close(&H);
    it_open(&H, copy);
    cr_assert_str_eq(config_of(&H), copy);
    const hmx_snapshot again = it_snapshot(&H).s;
    cr_assert(s.kp_set == again.kp_set && s.ki_set == again.ki_set && s.kd_set == again.kd_set);
    cr_assert(s.deadband_points == again.deadband_points && s.tuning_model == again.tuning_model);
    cr_assert_eq(again.evaluation_interval_secs, 17);
    cr_assert_eq(again.min_reassignment_interval_secs, 99);
    it_close(&H);
}

Test(setters, a_failing_stream_fails_the_writing, .init = setup)
{
    static written w;
    const hmx_writer writer = {.size = sizeof writer, .ctx = &w, .write = take};
    for (uint32_t at = 1; at <= 3; at++) {
        memset(&w, 0, sizeof w);
        w.fail_at = at;
        cr_assert_eq(H.tuning->write_config(H.self, &writer), HMX_E_IO);
        cr_assert_eq(w.writes, at, "it goes on after an error");
    }
    cr_assert_eq(H.tuning->write_config(NULL, &writer), HMX_E_INVALID);
    cr_assert_eq(H.tuning->write_config(H.self, NULL), HMX_E_INVALID);
    const hmx_writer mute = {.size = sizeof mute};
    cr_assert_eq(H.tuning->write_config(H.self, &mute), HMX_E_INVALID);
    it_close(&H);
}

Test(setters, calls_that_break_a_rule, .init = setup)
{
    const hmx_tuning_v1 *const t = H.tuning;
    const hmx_pid_gains gains = {.size = sizeof gains, .kp = 1};
    const hmx_pid_gains small = {.size = 8};
    const hmx_target row = ROW(IT_A, 100);
    const hmx_targets targets = {.size = sizeof targets, .stride = sizeof row, .count = 1};
    const uint64_t past = H.now_ns - 1;
    REFUSED(HMX_E_INVALID, "", t->set_deadband(H.self, past, HMX_DEADBAND_POINTS, 1, &why));
    REFUSED(HMX_E_INVALID, "", t->set_tuning_model(H.self, past, HMX_TUNING_BALANCED, &why));
    REFUSED(HMX_E_INVALID, "", t->set_custom_pid_params(H.self, past, &gains, &why));
    REFUSED(HMX_E_INVALID, "", t->set_custom_pid_params(H.self, H.now_ns, NULL, &why));
    REFUSED(HMX_E_INVALID, "", t->set_custom_pid_params(H.self, H.now_ns, &small, &why));
    REFUSED(HMX_E_INVALID, "", t->set_targets(H.self, H.now_ns, NULL, &why));
    REFUSED(HMX_E_INVALID, "", t->set_targets(H.self, H.now_ns, &targets, &why)); /* no rows */
    REFUSED(HMX_E_INVALID, "", t->set_upstream_enabled(H.self, past, IT_A, HMX_NO, &why));
    REFUSED(HMX_E_INVALID, "", t->rebalance_now(H.self, past, &why));
    cr_assert_eq(t->set_deadband(NULL, H.now_ns, HMX_DEADBAND_POINTS, 1, NULL), HMX_E_INVALID);
    cr_assert_eq(t->rebalance_now(NULL, H.now_ns, NULL), HMX_E_INVALID);
    it_close(&H);
}

Test(setters, rebalance_now_evaluates_at_the_next_tick, .init = setup)
{
    it_place(&H, 11, 7, 2); /* less than four deadbands off, and only just */
    it_run(&H, 130, 1, IT_REFUSE);
    it_advance(&H, 1);
    const uint64_t evaluations = it_snapshot(&H).s.evaluations;
    const uint32_t requested = H.ticks_requested;
    cr_assert_eq(H.tuning->rebalance_now(H.self, H.now_ns, NULL), HMX_OK);
    cr_assert_gt(H.ticks_requested, requested);
    cr_assert_gt(it_tick(&H), 0);
    cr_assert_eq(it_snapshot(&H).s.evaluations, evaluations + 1);
    it_close(&H);
}

/* 11: the reference keeps the integral and changes the gain: the output jumps by the ratio. */
Test(setters, reference_defect_11_a_change_of_gains_is_bumpless)
{
    /* A wide deadband: what nobody tries to move for is not saturation, and stays on the books. */
    it_open(&H, "[controller]\ntuning_model = conservative\ndeadband_points = 100\n" IT_ABC);
    it_all_up(&H, 3);
    it_channels(&H, 100, 1000);
    for (int second = 0; second < 1800; second++) { /* some debt: B is paid a tenth of A's */
        it_advance(&H, 1);
        for (uint32_t i = 0; i < 100; i++) {
            const uint32_t paid = i % 20 == 0 ? IT_B : H.channels[i].upstream;
            it_share(&H, i, paid, HMX_SHARE_SUBMITTED, 1, 1000);
            it_share(&H, i, paid, HMX_SHARE_ACCEPTED, 1, 1000);
        }
        it_tick(&H);
        it_answer_all(&H, HMX_RESULT_REFUSED);
    }
    double points = it_adjustment(&H, IT_A).points;
    cr_assert_gt(fabs(points), 0.5, "there is something to jump");
    const uint32_t model = HMX_TUNING_AGGRESSIVE; /* Kp times 5, Ki times 10 */
    cr_assert_eq(H.tuning->set_tuning_model(H.self, H.now_ns, model, NULL), HMX_OK);
    cr_assert_eq(it_adjustment(&H, IT_A).points, points);
    hmx_snapshot s = it_snapshot(&H).s;
    cr_assert(s.kp_set == 1.0 && s.kp_effective == 0.2, "set and effective gains are shown");
    double kp = s.kp_effective;
    for (int evaluation = 0; evaluation < 120; evaluation++) {
        it_run(&H, 30, 1, IT_REFUSE);
        s = it_snapshot(&H).s;
        cr_assert(s.kp_effective > kp && s.kp_effective <= 1.0 && s.kp_effective - kp < 0.05);
        const double next = it_adjustment(&H, IT_A).points;
        cr_assert_lt(fabs(next - points), 1, "%f after %f", next, points);
        kp = s.kp_effective;
        points = next;
    }
    cr_assert_gt(kp, 0.99, "arrived after an hour");
    cr_assert_gt(fabs(points), 5, "at once it would have been a jump: %f", points);
    it_close(&H);
}

static void expect_pins(const char *const patterns[3])
{
    const char *const config = config_of(&H);
    for (uint32_t i = 0; i < 3; i++) {
        char section[32];
        char who[32];
        snprintf(section, sizeof section, "[pin.run-%u]\n", i + 1);
        snprintf(who, sizeof who, "\nuser_identity = %s\n", patterns[i]);
        const char *at = strstr(config, section);
        cr_assert_not_null(at, "%s", section);
        at = strstr(at, "\nuser_identity");
        cr_assert(strncmp(at, who, strlen(who)) == 0, "%s: %.30s", section, at);
    }
}

Test(setters, a_pin_of_run_time_takes_the_first_name_that_is_free, .init = setup)
{
    static const hmx_view who[] = {{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}};
    for (uint32_t i = 0; i < 3; i++) {
        cr_assert_eq(H.tuning->pin(H.self, H.now_ns, who[i], IT_A, NULL), HMX_OK);
    }
    expect_pins((const char *const[]){"a", "b", "c"});
    cr_assert_eq(H.tuning->unpin(H.self, H.now_ns, who[1], NULL), HMX_OK);
    cr_assert_eq(H.tuning->pin(H.self, H.now_ns, who[3], IT_A, NULL), HMX_OK);
    expect_pins((const char *const[]){"a", "d", "c"});
    it_close(&H);
}

Test(setters, a_pattern_has_1_to_128_bytes, .init = setup)
{
    static char letters[256];
    const uint64_t wrong[] = {0, 129, 131, 132, 133, 256};
    memset(letters, 'x', sizeof letters);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        const hmx_view pattern = {letters, wrong[i]};
        const char *const limits = i == 1 || i == 2 ? "x' is too long; allowed: 1..128 bytes"
                                                    : "a pattern is 1 to 128 bytes long";
        REFUSED(HMX_E_CONFIG, limits, H.tuning->pin(H.self, H.now_ns, pattern, IT_A, &why));
    }
    const hmx_view longest = {letters, 128};
    cr_assert_eq(H.tuning->pin(H.self, H.now_ns, longest, IT_A, NULL), HMX_OK);
    it_close(&H);
}

Test(setters, there_is_a_name_for_each_of_64_pins, .init = setup)
{
    char who[8];
    char section[32];
    for (uint32_t i = 1; i <= 65; i++) {
        snprintf(who, sizeof who, "rig%u", i);
        const hmx_view pattern = {who, strlen(who)};
        if (i == 65) {
            REFUSED(HMX_E_LIMIT, "64 pins", H.tuning->pin(H.self, H.now_ns, pattern, IT_A, &why));
            break;
        }
        hmx_text why = it_text(&H);
        cr_assert_eq(H.tuning->pin(H.self, H.now_ns, pattern, IT_A, &why), HMX_OK, "%s", H.why);
        snprintf(section, sizeof section, "[pin.run-%u]\n", i);
        cr_assert_not_null(strstr(config_of(&H), section), "%s", section);
    }
    it_close(&H);
}
