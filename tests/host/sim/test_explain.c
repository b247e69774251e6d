/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "host_stub/sim/explain.h"

enum { POOLS = 3, SECOND = 6 * 3600 + 30 };

static hs_explain x;
static char line[HS_EXPLAIN_SIZE];

/* 200 miners; b has one per cent too much, a lacks it. */
static void start(void)
{
    static const double ALLOCATED[POOLS] = {59.0, 31.0, 10.0};
    static const double COMMAND[POOLS] = {60.0, 30.0, 10.0};
    memset(&x, 0, sizeof x);
    x.snapshot.count = POOLS;
    x.snapshot.channels = 200;
    x.snapshot.deviation_points = 1.04;
    x.snapshot.deadband_effective_points = 0.5;
    for (uint32_t i = 0; i < POOLS; i++) {
        hmx_upstream_metrics *const row = &x.rows[i];
        snprintf(row->id, sizeof row->id, "%c", 'a' + (char)i);
        row->flags = HMX_ROW_ENABLED | HMX_ROW_UP | HMX_ROW_USABLE;
        row->state = HMX_UPSTREAM_UP;
        row->command_pct = COMMAND[i];
        row->allocated_pct = ALLOCATED[i];
    }
}

static void expect(const char *text)
{
    cr_assert_eq(hs_explain_line(&x, SECOND, line, sizeof line), 1);
    cr_expect_str_eq(line, text);
}

static void expect_nothing(void)
{
    cr_expect_eq(hs_explain_line(&x, SECOND, line, sizeof line), 0);
}

Test(explain, in_the_words_of_average_miners)
{
    start();
    expect("06:00:30 move 2.0 average miners from b to a (off by 1.0 points, deadband 0.5)");
    expect_nothing();
}

Test(explain, several_give_and_take)
{
    start();
    x.rows[0].command_pct = 58.0;
    x.rows[1].command_pct = 30.5;
    x.rows[2].command_pct = 11.5;
    expect("06:00:30 move 2.0 average miners from a to c, 1.0 from b to c (off by 1.0 points, "
           "deadband 0.5)");
    start();
    x.rows[0].command_pct = 59.0;
    x.rows[1].command_pct = 31.0;
    x.snapshot.deviation_points = 0.0;
    expect("06:00:30 move nobody (off by 0.0 points, deadband 0.5)");
}

Test(explain, what_is_owed_and_what_was_decided)
{
    start();
    x.rows[0].integral_point_min = 12.34;
    x.rows[1].integral_point_min = -12.31;
    x.rows[2].integral_point_min = -0.03;
    x.snapshot.decisions = 2;
    expect("06:00:30 moves decided: 2; and then move 2.0 average miners from b to a (off by 1.0 "
           "points, deadband 0.5); owed (point-minutes): a 12.3, b -12.3");
    x.rows[0].integral_point_min = 20.0;
    expect_nothing();
    x.snapshot.decisions = 3;
    cr_expect_eq(hs_explain_line(&x, SECOND, line, sizeof line), 1);
    cr_expect_not_null(strstr(line, "decided: 1;"), "%s", line);
}

/* A miner more or less than in the last line is new, however slowly it came. */
Test(explain, only_what_has_changed)
{
    start();
    cr_expect_eq(hs_explain_line(&x, SECOND, line, sizeof line), 1);
    for (int step = 1; step <= 6; step++) {
        x.rows[0].command_pct += 0.1;
        x.rows[2].command_pct -= 0.1;
        cr_expect_eq(hs_explain_line(&x, SECOND, line, sizeof line), step == 5, "%d", step);
    }
}

static void expect_out(uint32_t flags, uint32_t state, uint32_t reason, const char *why)
{
    start();
    x.rows[2].flags = flags;
    x.rows[2].state = state;
    x.rows[2].reason = reason;
    x.rows[2].acceptance_pct = 61.25;
    cr_assert_eq(hs_explain_line(&x, SECOND, line, sizeof line), 1);
    cr_expect_not_null(strstr(line, why), "no '%s' in %s", why, line);
    expect_nothing();
}

Test(explain, why_a_pool_is_out)
{
    const uint32_t on = HMX_ROW_ENABLED;
    const uint32_t up = on | HMX_ROW_UP;
    expect_out(on | HMX_ROW_REMOVED, HMX_UPSTREAM_UP, 0, "; c is out (no longer configured)");
    expect_out(HMX_ROW_UP, HMX_UPSTREAM_UP, 0, "; c is out (disabled)");
    expect_out(on, 0, 0, "; c is out (not connected yet)");
    expect_out(on, HMX_UPSTREAM_DOWN, 0, "; c is out (down)");
    expect_out(on, HMX_UPSTREAM_DOWN, HMX_UPSTREAM_REASON_LOST, "(down: the connection broke)");
    expect_out(on, HMX_UPSTREAM_DOWN, HMX_UPSTREAM_REASON_CONNECT_FAILED, "cannot be connected");
    expect_out(on, HMX_UPSTREAM_DOWN, HMX_UPSTREAM_REASON_REFUSED, "it refused the host");
    expect_out(on, HMX_UPSTREAM_DOWN, HMX_UPSTREAM_REASON_HOST, "the host took it down");
    expect_out(up | HMX_ROW_USABLE | HMX_ROW_GREY, HMX_UPSTREAM_UP, 0,
               "; c is out (connected, but of its shares it has accepted 61.3 %)");
    expect_out(up | HMX_ROW_HELD_DOWN, HMX_UPSTREAM_UP, 0, "(back, but it failed too often)");
    expect_out(up, HMX_UPSTREAM_UP, 0, "; c is out (no job)");
}

/* That it accepts a little more is none, that it is back is one. */
Test(explain, news_of_a_pool)
{
    start();
    x.rows[2].flags |= HMX_ROW_GREY;
    x.rows[2].acceptance_pct = 60.0;
    cr_expect_eq(hs_explain_line(&x, SECOND, line, sizeof line), 1);
    x.rows[2].acceptance_pct = 63.0;
    expect_nothing();
    x.rows[2].flags &= ~(uint32_t)HMX_ROW_GREY;
    cr_expect_eq(hs_explain_line(&x, SECOND, line, sizeof line), 1);
    cr_expect_null(strstr(line, "is out"), "%s", line);
}

Test(explain, a_short_line_is_cut)
{
    char small[16];
    start();
    cr_expect_eq(hs_explain_line(&x, SECOND, small, sizeof small), 1);
    cr_expect_str_eq(small, "06:00:30 move 2");
}
