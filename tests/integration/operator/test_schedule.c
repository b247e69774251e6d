/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Schedules: other targets at some times, by the wall clock that the host tells. */
#include "tests/integration/harness_farm.h"

/* The harness begins at 2023-11-14 22:13:20 UTC, a Tuesday, and its ticks say 1000 s more. */
#define AB     IT_POOL("a", "20", "1") IT_POOL("b", "80", "2")
#define LATE   "[schedule.late]\nfrom = 22:45\nto = 23:15\ntargets = a:80 b:20\n"
#define ALWAYS "[schedule.always]\ntargets = a:50 b:50\n"

static it_host H;

static void farm(const char *config)
{
    it_open(&H, config);
    it_all_up(&H, 2);
    it_channels(&H, 50, 1000);
}

/* Runs until this minute of the hour from 22:00 on. */
static void run_to(uint32_t minute)
{
    const uint64_t until_ns = 1000 * IT_SECOND + (minute * 60ull - 13 * 60 - 20 - 1000) * IT_SECOND;
    while (H.now_ns < until_ns) {
        it_run(&H, 1, 20, IT_APPLY);
    }
}

static hmx_status set_targets(double a, double b)
{
    hmx_text why = it_text(&H);
    const hmx_target rows[] = {{.size = sizeof rows[0], .upstream = IT_A, .percentage = a},
                               {.size = sizeof rows[0], .upstream = IT_B, .percentage = b}};
    const hmx_targets targets = {
        .size = sizeof targets, .stride = sizeof rows[0], .count = 2, .rows = rows};
    return H.tuning->set_targets(H.self, H.now_ns, &targets, &why);
}

Test(schedule, targets_change_when_it_begins_and_when_it_ends)
{
    farm(AB LATE);
    run_to(44);
    it_view v = it_snapshot(&H);
    cr_assert_eq(v.s.schedule, 0);
    cr_assert_str_eq(v.s.schedule_name, "");
    cr_assert_float_eq(v.rows[0].target_pct, 20, 1e-9);
    cr_assert_float_eq(v.rows[0].allocated_pct, 20, 2.5);
    run_to(46);
    v = it_snapshot(&H);
    cr_assert_eq(v.s.schedule, 1);
    cr_assert_str_eq(v.s.schedule_name, "late");
    cr_assert_float_eq(v.rows[0].target_pct, 80, 1e-9);
    cr_assert_float_eq(v.rows[1].effective_pct, 20, 1e-9);
    cr_assert_not_null(strstr(H.log, "schedule late holds"));
    run_to(52);
    cr_assert_float_eq(it_row(&H, IT_A).allocated_pct, 80, 2.5, "in one step");
    run_to(77);
    cr_assert_float_eq(it_row(&H, IT_A).target_pct, 20, 1e-9);
    cr_assert_not_null(strstr(H.log, "no schedule holds"));
    it_close(&H);
}

Test(schedule, by_hand_holds_until_the_next_begins_or_ends)
{
    farm(AB LATE);
    run_to(35);
    cr_assert_eq(set_targets(60, 40), HMX_OK, "%s", H.why);
    cr_assert_float_eq(it_row(&H, IT_A).target_pct, 60, 1e-9);
    cr_assert_eq(it_snapshot(&H).s.flags & HMX_SNAPSHOT_BY_HAND, HMX_SNAPSHOT_BY_HAND);
    cr_assert_eq(set_targets(60, 30), HMX_E_CONFIG);
    cr_assert_float_eq(it_row(&H, IT_A).target_pct, 60, 1e-9, "nothing changed");
    cr_assert_eq(H.tuning->set_deadband(H.self, H.now_ns, HMX_DEADBAND_POINTS, 1, NULL), HMX_OK);
    cr_assert_float_eq(it_row(&H, IT_A).target_pct, 60, 1e-9, "another setter does not end it");
    run_to(44);
    cr_assert_float_eq(it_row(&H, IT_A).target_pct, 60, 1e-9);
    run_to(46);
    cr_assert_float_eq(it_row(&H, IT_A).target_pct, 80, 1e-9);
    cr_assert_eq(it_snapshot(&H).s.flags & HMX_SNAPSHOT_BY_HAND, 0);
    cr_assert_eq(set_targets(10, 90), HMX_OK);
    run_to(77);
    cr_assert_float_eq(it_row(&H, IT_A).target_pct, 20, 1e-9, "the file's again");
    it_close(&H);
}

Test(schedule, holds_from_create_and_over_a_reload)
{
    it_open(&H, AB ALWAYS);
    cr_assert_str_eq(it_snapshot(&H).s.schedule_name, "always");
    cr_assert_float_eq(it_row(&H, IT_A).target_pct, 50, 1e-9, "before any tick");
    cr_assert_eq(set_targets(60, 40), HMX_OK);
    cr_assert_eq(it_reconfigure(&H, IT_POOL("a", "30", "1") IT_POOL("b", "70", "2") ALWAYS),
                 HMX_OK);
    cr_assert_float_eq(it_row(&H, IT_A).target_pct, 50, 1e-9);
    cr_assert_eq(it_reconfigure(&H, AB "[schedule.x]\ntargets = a:50\n"), HMX_E_CONFIG);
    cr_assert_str_eq(it_snapshot(&H).s.schedule_name, "always");
    cr_assert_eq(it_reconfigure(&H, IT_POOL("a", "30", "1") IT_POOL("b", "70", "2")), HMX_OK);
    cr_assert_eq(it_snapshot(&H).s.schedule, 0);
    cr_assert_float_eq(it_row(&H, IT_A).target_pct, 30, 1e-9);
    it_close(&H);
}

typedef struct text {
    char data[32768];
    size_t len;
} text;

static hmx_status keep(void *ctx, const void *data, uint64_t len)
{
    text *const t = ctx;
    memcpy(t->data + t->len, data, len);
    t->len += len;
    t->data[t->len] = '\0';
    return HMX_OK;
}

/* The file's percentages stay the file's, whatever holds; and it reads back to the same. */
Test(schedule, write_config_has_the_file_and_the_schedules)
{
    static text first;
    static text second;
    hmx_writer to = {.size = sizeof to, .ctx = &first, .write = keep};
    it_open(&H, AB ALWAYS LATE);
    cr_assert_eq(set_targets(60, 40), HMX_OK);
    cr_assert_eq(H.tuning->write_config(H.self, &to), HMX_OK);
    cr_assert_not_null(strstr(first.data, "percentage = 20\n"));
    cr_assert_not_null(strstr(first.data, "[schedule.late]\n"));
    cr_assert_not_null(strstr(first.data, "\nfrom = 22:45\n"));
    cr_assert_not_null(strstr(first.data, "\ntargets = a:80 b:20\n"));
    cr_assert_eq(it_reconfigure(&H, first.data), HMX_OK, "%s", H.why);
    to.ctx = &second;
    cr_assert_eq(H.tuning->write_config(H.self, &to), HMX_OK);
    cr_assert_str_eq(first.data, second.data);
    it_close(&H);
}
