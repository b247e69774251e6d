/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * tests/fixtures/policy/static.c, the yardstick of the simulations: it has to place by the priority
 * rule, and by nothing else. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/host/guard/life.h"

static uint64_t next_channel;

/* Starts it with pools of these percentages, all up. */
static void start(life *l, const double *percentages, uint32_t count)
{
    char text[2048] = "; a comment\n[controller]\npercentage = 99\n\n";
    cr_assert(life_load(l, "static") == 0, "not built");
    for (uint32_t i = 0; i < count; i++) {
        const size_t n = strlen(text);
        const int hundredths = (int)lround(percentages[i] * 100);
        snprintf(text + n, sizeof text - n,
                 "[upstream.p%u]\r\naddress=10.0.0.%u\r\n  port = 34254\npercentage = %d.%02d ; x\n"
                 "priority = %u\nenabled = true\n",
                 i + 1, i + 1, hundredths / 100, hundredths % 100, 10 + i);
    }
    hmx_create_args args = life_args(l);
    args.channels_max = 0;
    args.config_text = (hmx_view){text, strlen(text)};
    l->guard = hs_guard_new(&l->plugin, &args, &l->options, &l->created);
    cr_assert(l->created == HMX_OK, "create answered %d", l->created);
    cr_assert(life_table(l) == HMX_OK, "no table");
    for (uint32_t i = 0; i < count; i++) {
        life_upstream(l, i + 1, HMX_UPSTREAM_UP);
    }
    next_channel = 1;
}

static void finish(life *l)
{
    cr_expect(hs_guard_delete(l->guard) == 0, "%s", l->notes[0].text);
    hs_loader_close(&l->plugin);
}

/* Opens one more channel and gives its upstream. */
static uint32_t arrive_at(life *l, double hashrate, uint64_t allowed, uint32_t current)
{
    const hmx_channel_open e = {.event = life_event(l, sizeof e),
                                .channel = next_channel++,
                                .connection = 1,
                                .kind = HMX_CHANNEL_STANDARD,
                                .nominal_hashrate = hashrate,
                                .upstreams_allowed = allowed,
                                .current_upstream = current};
    hmx_channel_decision out = {.size = sizeof out};
    cr_assert(hs_guard_on_channel_open(l->guard, &e, &out) == HMX_OK, "refused");
    return out.action == HMX_ACTION_ASSIGN ? out.upstream : HMX_NONE;
}

static uint32_t arrive(life *l, double hashrate)
{
    return arrive_at(l, hashrate, 0, HMX_NONE);
}

static void leave(life *l, uint64_t channel)
{
    const hmx_channel_close e = {.event = life_event(l, sizeof e), .channel = channel};
    cr_expect(hs_guard_on_channel_close(l->guard, &e) == HMX_OK, "close refused");
}

static void expect_arrivals(const double *percentages, uint32_t count, const char *expected)
{
    static life l;
    start(&l, percentages, count);
    for (size_t i = 0; expected[i] != '\0'; i++) {
        const char got = (char)('A' + arrive(&l, 2e14) - 1);
        cr_expect(got == expected[i], "arrival %zu of %s went to %c", i + 1, expected, got);
    }
    finish(&l);
}

Test(static_placement, equal_miners_arrive_in_the_known_order)
{
    expect_arrivals((const double[]){60, 30, 10}, 3, "ABACABAABAABACABAABAABACABAABA");
    expect_arrivals((const double[]){50, 50}, 2, "ABABABABAB");
    expect_arrivals((const double[]){95, 5}, 2, "ABAAAAAAAAAAAAAAAAAAAB");
    expect_arrivals((const double[]){70, 20, 9, 1}, 4, "ABAACAABAA");
    expect_arrivals((const double[]){1, 9, 20, 70}, 4, "ABCDDDCDDD");
}

Test(static_placement, counts_are_exact_at_round_numbers)
{
    static life l;
    int counts[4] = {0};
    start(&l, (const double[]){60, 30, 10}, 3);
    for (int i = 0; i < 1000; i++) {
        counts[arrive(&l, 2e14)]++;
    }
    cr_expect(counts[1] == 600 && counts[2] == 300 && counts[3] == 100, "%d %d %d", counts[1],
              counts[2], counts[3]);
    finish(&l);
}

Test(static_placement, it_goes_by_hashrate_and_not_by_number)
{
    static life l;
    start(&l, (const double[]){50, 50}, 2);
    cr_expect(arrive(&l, 9e14) == 1, "the first");
    for (int i = 0; i < 9; i++) {
        cr_expect(arrive(&l, 1e14) == 2, "miner %d: A has nine times as much", i);
    }
    cr_expect(arrive(&l, 1e14) == 1, "even: the first again");
    finish(&l);
}

Test(static_placement, only_usable_upstreams_are_considered)
{
    static life l;
    start(&l, (const double[]){60, 30, 10}, 3);
    hmx_upstream_event no_job = life_upstream_event(&l, 1, HMX_UPSTREAM_UP);
    no_job.has_job = HMX_NO;
    cr_assert(hs_guard_on_upstream(l.guard, &no_job) == HMX_OK, "refused");
    cr_expect(arrive(&l, 1e14) == 2, "A has no job");
    life_upstream(&l, 1, HMX_UPSTREAM_UP);
    cr_expect(arrive_at(&l, 1e14, 4, HMX_NONE) == 3, "only C is allowed");
    cr_expect(arrive_at(&l, 1e14, 0, 3) == 3, "works for C already");
    for (uint32_t u = 1; u <= 3; u++) {
        life_upstream(&l, u, HMX_UPSTREAM_DOWN);
    }
    cr_expect(arrive(&l, 1e14) == HMX_NONE, "all are down");
    finish(&l);
}

/* What leaves is forgotten; what declares another hashrate, and what the host moved, is counted. */
Test(static_placement, the_account_follows)
{
    static life l;
    start(&l, (const double[]){50, 50}, 2);
    cr_expect(arrive(&l, 4e14) == 1, "1");
    cr_expect(arrive(&l, 4e14) == 2, "2");
    leave(&l, 1);
    cr_expect(arrive(&l, 1e14) == 1, "A is empty");
    const hmx_channel_update e = {.event = life_event(&l, sizeof e),
                                  .channel = 3,
                                  .changed = HMX_FACT_NOMINAL_HASHRATE,
                                  .nominal_hashrate = 9e14};
    cr_expect(hs_guard_on_channel_update(l.guard, &e) == HMX_OK, "update refused");
    cr_expect(arrive(&l, 1e14) == 2, "A has 9, B has 4");
    const hmx_reassign forced = {.event = life_event(&l, sizeof forced),
                                 .channel = 3,
                                 .from = 1,
                                 .to = 2,
                                 .result = HMX_RESULT_FORCED};
    cr_expect(hs_guard_on_reassign(l.guard, &forced) == HMX_OK, "forced move refused");
    cr_expect(arrive(&l, 1e14) == 1, "A is empty again");
    finish(&l);
}

Test(static_placement, a_hundred_thousand_channels_come_and_go)
{
    static life l;
    start(&l, (const double[]){60, 30, 10}, 3);
    const uint64_t before = hs_guard_live_bytes(l.guard);
    for (int i = 0; i < 100000; i++) {
        (void)arrive(&l, 1e14);
    }
    const uint64_t most = hs_guard_live_bytes(l.guard);
    cr_expect(most - before < 100000 * 128, "%d bytes", (int)(most - before));
    for (uint64_t channel = 1; channel <= 100000; channel++) {
        leave(&l, channel);
    }
    cr_expect(arrive(&l, 1e14) == 1 && arrive(&l, 1e14) == 2 && arrive(&l, 1e14) == 1 &&
                  arrive(&l, 1e14) == 3,
              "as on the first day");
    for (int i = 0; i < 100000; i++) {
        (void)arrive(&l, 1e14);
        leave(&l, next_channel - 1);
    }
    cr_expect(hs_guard_live_bytes(l.guard) == most, "it grew");
    finish(&l);
}

/* The file that the project ships, as the simulations use it. */
Test(static_placement, it_reads_files)
{
    static life l;
    cr_assert(life_load(&l, "static") == 0, "not built");
    hmx_create_args args = life_args(&l);
    args.config_text = (hmx_view){NULL, 0};
    args.config_path =
        (hmx_view){HMX_SOURCE_DIR "/plugin.ini.example", strlen(HMX_SOURCE_DIR) + 19};
    l.guard = hs_guard_new(&l.plugin, &args, &l.options, &l.created);
    cr_expect(l.created == HMX_OK, "the shipped configuration: %d", l.created);
    cr_expect(life_table(&l) == HMX_OK, "no table");
    finish(&l);
}

static void expect_refused(const char *text, hmx_status status)
{
    static life l;
    char reasons[256] = "";
    hmx_text why = {.size = sizeof why, .data = reasons, .capacity = sizeof reasons};
    cr_assert(life_load(&l, "static") == 0, "not built");
    hmx_create_args args = life_args(&l);
    args.why = &why;
    args.config_text = (hmx_view){NULL, 0};
    if (text != NULL) {
        args.config_text = (hmx_view){text, strlen(text)};
    } else {
        args.config_path = (hmx_view){"/no/such.ini", 12};
    }
    l.guard = hs_guard_new(&l.plugin, &args, &l.options, &l.created);
    cr_expect(l.created == status, "'%s': create answered %d", text, l.created);
    cr_expect(reasons[0] != '\0', "'%s': no reason", text);
    finish(&l);
}

Test(static_placement, it_refuses_what_it_cannot_use)
{
    expect_refused("\n", HMX_E_CONFIG);
    expect_refused("[upstream.a]\nport = 1\naddress = x\npercentage = 101\n", HMX_E_CONFIG);
    expect_refused("[upstream.a]\nport = 0\naddress = x\npercentage = 10\n", HMX_E_CONFIG);
    expect_refused("[upstream.a]\nport = 1\npercentage = 10\n", HMX_E_CONFIG);
    expect_refused("[upstream.a]\nport = 1\naddress = x\npercentage = nan\n", HMX_E_CONFIG);
    expect_refused("[upstream.a]\nport = 1.5\naddress = x\npercentage = 1\n", HMX_E_CONFIG);
    expect_refused(NULL, HMX_E_IO);
}
