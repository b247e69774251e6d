/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tests/unit/config/config_fixture.h"

#define A100    FIXTURE_UPSTREAM("a", "100", "1")
#define A60     FIXTURE_UPSTREAM("a", "60", "1")
#define EXAMPLE HMX_SOURCE_DIR "/plugin.ini.example"

/* ---- what is read ---- */

Test(config, defaults_are_those_of_the_table)
{
    hm_config defaults;
    hm_config_defaults(&defaults);
    const hm_config *const c = fixture_accepted(A100);
    cr_assert_eq(memcmp(&c->controller, &defaults.controller, sizeof c->controller), 0);
    cr_assert_eq(memcmp(&c->failover, &defaults.failover, sizeof c->failover), 0);
    cr_assert_eq(c->controller.tuning_model, HMX_TUNING_BALANCED);
    cr_assert_eq(c->controller.has_custom_gains, 0);
    cr_assert(c->controller.kp == 0 && c->controller.ki == 0 && c->controller.kd == 0);
    cr_assert(c->controller.deadband_points == HM_DEADBAND_AUTO);
    cr_assert_eq(c->controller.evaluation_interval_secs, 30);
    cr_assert_eq(c->controller.min_reassignment_interval_secs, 30);
    cr_assert_eq(c->controller.measure_on_accepted, 1);
    cr_assert(c->controller.integral_limit == 100);
    cr_assert_eq(c->controller.measurement_window_secs, 600);
    cr_assert_eq(c->controller.estimator_window_secs, 14400);
    cr_assert_eq(c->controller.time_slicing, 1);
    cr_assert(!c->controller.has_noise_factor && !c->controller.has_hold_secs &&
              !c->controller.has_min_improvement && !c->controller.has_ripple_point_mins &&
              !c->controller.has_dwell_secs);
    cr_assert_eq(c->failover.hold_down_secs, 30);
    cr_assert_eq(c->failover.hold_down_max_secs, 600);
    cr_assert_eq(c->failover.grey_detection, 1);
    cr_assert_eq(c->failover.grey_min_shares, 50);
    cr_assert_eq(c->failover.grey_reject_pct, 30.0);
    cr_assert_eq(c->upstreams[0].has_percentage, 1);
    cr_assert(!c->upstreams[0].has_hashrate_ths && !c->upstreams[0].has_min_ths &&
              !c->upstreams[0].has_max_ths);
    cr_assert_eq(c->pin_count, 0);
    cr_assert_eq(c->failover.auto_redistribute, 1);
    cr_assert_eq(c->failover.auto_restore, 1);
    cr_assert_eq(c->failover.health_check_interval_secs, 30);
    cr_assert_eq(c->upstreams[0].enabled, 1);
}

Test(config, every_key_of_the_whole_reaches_its_field)
{
    const hm_config *const all = fixture_accepted(FIXTURE_EVERYTHING);
    const hm_config_controller *const c = &all->controller;
    cr_assert_eq(c->tuning_model, HMX_TUNING_CONSERVATIVE);
    cr_assert_eq(c->has_custom_gains, 1);
    cr_assert(c->kp == 0.25 && c->ki == 0.5 && c->kd == 0.125);
    cr_assert(c->deadband_points == 1.5);
    cr_assert_eq(c->evaluation_interval_secs, 11);
    cr_assert_eq(c->min_reassignment_interval_secs, 0);
    cr_assert_eq(c->measure_on_accepted, 0);
    cr_assert(c->integral_limit == 50.5);
    cr_assert_eq(c->measurement_window_secs, 900);
    cr_assert_eq(c->estimator_window_secs, 61);
    cr_assert_eq(c->time_slicing, 0);
    cr_assert(c->has_noise_factor == 1 && c->noise_factor == 1.5);
    cr_assert(c->has_hold_secs == 1 && c->hold_secs == 13);
    cr_assert(c->has_min_improvement == 1 && c->min_improvement == 0.25);
    cr_assert(c->has_ripple_point_mins == 1 && c->ripple_point_mins == 480.5);
    cr_assert(c->has_dwell_secs == 1 && c->dwell_secs == 14);
    cr_assert_eq(all->failover.auto_redistribute, 0);
    cr_assert_eq(all->failover.auto_restore, 0);
    cr_assert_eq(all->failover.health_check_interval_secs, 7);
    cr_assert_eq(all->failover.hold_down_secs, 8);
    cr_assert_eq(all->failover.hold_down_max_secs, 9);
    cr_assert_eq(all->failover.grey_detection, 0);
    cr_assert_eq(all->failover.grey_min_shares, 12);
    cr_assert_eq(all->failover.grey_reject_pct, 12.5);
}

Test(config, every_key_of_a_pool_and_a_pin_reaches_its_field)
{
    const hm_config *const all = fixture_accepted(
        FIXTURE_EVERYTHING "[upstream.pool-a_1]\naddress = 192.0.2.7\nport = 65535\n"
                           "percentage = 33.333333\npriority = 0\nenabled = 0\n");
    cr_assert_eq(all->upstream_count, 3);
    const hm_config_upstream *const a = &all->upstreams[0];
    cr_assert_str_eq(a->id, "a");
    cr_assert_str_eq(a->address, "2001:db8::1");
    cr_assert_eq(a->port, 1);
    cr_assert_eq(a->priority, 4294967295u);
    cr_assert(a->has_percentage == 1 && a->percentage == 100);
    cr_assert(a->has_hashrate_ths == 0 && a->hashrate_ths == 0);
    cr_assert(a->has_min_ths == 1 && a->min_ths == 0);
    cr_assert(a->has_max_ths == 1 && a->max_ths == 0.000001);
    cr_assert_eq(a->enabled, 1);
    const hm_config_upstream *const b = &all->upstreams[1];
    cr_assert_str_eq(b->address, "b.example");
    cr_assert_eq(b->has_key, 1);
    cr_assert_eq(b->key[0], 0x24);
    cr_assert_eq(b->key[31], 0xe7);
    cr_assert_str_eq(b->authority_pubkey, FIXTURE_KEY_B);
    cr_assert(b->has_hashrate_ths == 1 && b->hashrate_ths == 123.456);
    cr_assert(b->has_percentage == 0 && b->percentage == 0);
    cr_assert(b->has_min_ths == 1 && b->min_ths == 123.456);
    cr_assert(b->has_max_ths == 1 && b->max_ths == 999999999);
    const hm_config_upstream *const c = &all->upstreams[2];
    cr_assert_str_eq(c->id, "pool-a_1");
    cr_assert_str_eq(c->address, "192.0.2.7");
    cr_assert_eq(c->port, 65535);
    cr_assert_eq(c->has_key, 0);
    cr_assert(c->percentage == 33.333333);
    cr_assert(c->has_min_ths == 0 && c->has_max_ths == 0);
    cr_assert_eq(c->enabled, 0);
    cr_assert_eq(all->pin_count, 2);
    cr_assert_str_eq(all->pins[0].name, "first");
    cr_assert_str_eq(all->pins[0].user_identity, "caf\xC3\xA9 *.s9;x");
    cr_assert_str_eq(all->pins[0].upstream, "b");
    cr_assert_str_eq(all->pins[1].name, "2");
    cr_assert_str_eq(all->pins[1].user_identity, "*");
    cr_assert_str_eq(all->pins[1].upstream, HM_CONFIG_STAY);
}

/* ---- keys and sections ---- */

Test(config, unknown_keys_and_sections)
{
#define KNOWN_CONTROLLER                                                                           \
    "known: mode, tuning_model, kp, ki, kd, deadband_points, evaluation_interval_secs, "           \
    "min_reassignment_interval_secs, measure_on_accepted, integral_limit, "                        \
    "measurement_window_secs, "                                                                    \
    "estimator_window_secs, time_slicing, noise_factor, hold_secs, min_improvement, "              \
    "ripple_point_mins, dwell_secs, reopen, reopen_dwell_secs, reopen_cost_secs"
    fixture_refused(
        A100 "[controller]\nkpp = 1\n",
        "<text>:8: unknown key 'kpp' in [controller]; did you mean 'kp'? " KNOWN_CONTROLLER);
    fixture_refused(A100 "[controller]\ndeadband = 1\n",
                    "<text>:8: unknown key 'deadband' in [controller]; did you mean "
                    "'deadband_points'? " KNOWN_CONTROLLER);
    fixture_refused(A100 "[controller]\nenabled = 1\n",
                    "<text>:8: unknown key 'enabled' in [controller]; it belongs in "
                    "[upstream.<id>]; " KNOWN_CONTROLLER);
    fixture_refused(A100 "[controller]\nTuning_Model = balanced\nxyzzy = 1\n",
                    "<text>:8: unknown key 'Tuning_Model' in [controller]; did you mean "
                    "'tuning_model'? " KNOWN_CONTROLLER
                    "\n<text>:9: unknown key 'xyzzy' in [controller]");
    fixture_refused_with("[controller]\nTIME_SLICING = off\n", "did you mean 'time_slicing'?");
    fixture_refused_with("[upstream.a]\npercentge = 100\n", "did you mean 'percentage'?");
    fixture_refused_with("[upstream.a]\nprot = 1\n", "'prot' in [upstream.a]; known: address");
    fixture_refused(A100 "[controler]\nkp = 1\nfoo\n",
                    "<text>:7: unknown section [controler]; did you mean [controller]? known: "
                    "[controller], [failover], [upstream.<id>], [pin.<name>], [schedule.<name>]\n"
                    "<text>:9: 'foo' has no =; write key = value");
    fixture_refused("[upstream]\nport = 1\n",
                    "<text>:1: unknown section [upstream]; did you mean [upstream.<id>]? known: "
                    "[controller], [failover], [upstream.<id>], [pin.<name>], [schedule.<name>]");
    fixture_refused_with("[pool]\n", "unknown section [pool]; known: [controller]");
    fixture_refused_with("[upst]\n", "unknown section [upst]; did you mean [upstream.<id>]?");
    fixture_refused_with("[ups]\n", "unknown section [ups]; known: [controller]");
    fixture_refused_with("[pin]\n", "unknown section [pin]; did you mean [pin.<name>]? known");
    fixture_refused_with(A100 "upstream = x\n", "it belongs in [pin.<name>]; known: address");
}

/* One slip, and one more for each five characters of the longer name; or the beginning of a name,
 * from four characters on. */
Test(config, what_was_meant_is_guessed_up_to_here)
{
    static const struct {
        const char *seen;
        const char *meant; /* NULL = no guess */
    } rows[] = {{"prcntag", "percentage"},
                {"prcntg", NULL},
                {"pertage", "percentage"},
                {"xpercentagexx", "percentage"},
                {"xxpercentagexxx", NULL},
                {"prioxxty", "priority"},
                {"prioxxxy", NULL},
                {"xpriorityx", "priority"},
                {"por", "port"},
                {"po", NULL},
                {"p", NULL},
                {"porT", "port"},
                {"porxx", "port"},
                {"poxx", NULL},
                {"portx", "port"},
                {"portxx", "port"}, /* as its beginning */
                {"enab", "enabled"},
                {"ena", NULL},
                {"ENAB", NULL},
                {"AddreXX", "address"},
                {"addreXXX", NULL},
                {"max_th", "max_ths"},
                {"min_th", "min_ths"},
                {"mxx_ths", "max_ths"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[64];
        char reason[160];
        (void)snprintf(text, sizeof text, "[upstream.a]\n%s = 1\n", rows[i].seen);
        (void)snprintf(reason, sizeof reason, "unknown key '%s' in [upstream.a]; %s%s%s",
                       rows[i].seen, rows[i].meant != NULL ? "did you mean '" : "known: address",
                       rows[i].meant != NULL ? rows[i].meant : "",
                       rows[i].meant != NULL ? "'?" : "");
        fixture_refused_with(text, reason);
    }
}

/* What stood in a section that could not be read nobody knows: no word about sums and missing
 * upstreams, which would only lead astray. */
Test(config, a_refused_section_is_told_once)
{
    fixture_refused(A60 "[upstream.b\naddress = b\nport = 1\npercentage = 40\npriority = 2\n",
                    "<text>:7: section '[upstream.b' is not closed; write [name]");
    fixture_refused("[upstream.a\n", "<text>:1: section '[upstream.a' is not closed; write [name]");
}

Test(config, duplicate_keys_and_sections)
{
    fixture_refused(A100 "[controller]\nkp = 1\nki = 1\nkd = 1\nkp = 1\n",
                    "<text>:11: [controller] key 'kp' comes twice, first in line 8");
    fixture_refused(
        "[upstream.a]\naddress = a\nport = 1\nport = 1\npercentage = 100\npriority = 1\n",
        "<text>:4: [upstream.a] key 'port' comes twice, first in line 3");
    fixture_refused(A100 A100, "<text>:7: section [upstream.a] comes twice, first in line 1");
    fixture_refused("[controller]\n" A100 "[controller]\nkp=1\n",
                    "<text>:8: section [controller] comes twice, first in line 1");
}

Test(config, missing_keys_are_told_at_their_section)
{
    fixture_refused(
        "\n[upstream.a]\n",
        "<text>:2: [upstream.a] key 'address' is missing; allowed: a host name, an IPv4 "
        "or an IPv6 address, 1..160 characters\n"
        "<text>:2: [upstream.a] key 'port' is missing; allowed: 1..65535, a whole "
        "number\n"
        "<text>:2: [upstream.a] key 'priority' is missing; allowed: 0..4294967295, a "
        "whole number\n"
        "<text>:2: [upstream.a] key 'percentage' is missing, and 'hashrate_ths' too; allowed: one "
        "of the two");
    fixture_refused(A100 "[pin.p]\n",
                    "<text>:7: [pin.p] key 'user_identity' is missing; allowed: 1..128 bytes of "
                    "printable text; * stands for any text, also for none\n"
                    "<text>:7: [pin.p] key 'upstream' is missing; allowed: the id of an "
                    "[upstream.<id>], or stay");
}

Test(config, several_problems_in_the_order_of_the_lines)
{
    fixture_refused(
        "[upstream.a]\naddress = a\nport = 0\npercentage = 101\n"
        "[upstream.b]\naddress = http://b\nport = 1\npercentage = 50\npriority = -1\n"
        "[oops\n",
        "<text>:1: [upstream.a] key 'priority' is missing; allowed: 0..4294967295, a "
        "whole number\n"
        "<text>:3: [upstream.a] port '0' is out of range; allowed: 1..65535, a whole "
        "number\n"
        "<text>:4: [upstream.a] percentage '101' is out of range; allowed: 0..100 "
        "percent, six decimals at most\n"
        "<text>:6: [upstream.b] address 'http://b' looks like a URL; give the host name "
        "alone, the port and the key have keys of their own; allowed: a host name, an "
        "IPv4 or an IPv6 address, 1..160 characters\n"
        "<text>:9: [upstream.b] priority '-1' is negative; allowed: 0..4294967295, a "
        "whole number\n"
        "<text>:10: section '[oops' is not closed; write [name]");
    char text[2048] = "[controller]\n";
    for (int i = 0; i < 20; i++) {
        (void)strcat(text, "x = 1\n");
    }
    fixture_refused_with(text, "\n<text>:17: unknown key 'x'");
    fixture_refused_with(text, "\nand 5 more"); /* 20 keys, and no upstream */
    cr_assert_null(strstr(fixture_text(text)->why, "<text>:18"));
}

/* ---- upstreams ---- */

Test(config, at_least_one_upstream_and_one_enabled)
{
    fixture_refused("", "<text>: no upstream is configured; add at least one [upstream.<id>]");
    fixture_refused("[controller]\n",
                    "<text>: no upstream is configured; add at least one [upstream.<id>]");
    fixture_refused(A100 "enabled = no\n", "<text>: no upstream is enabled; at least one must be");
}

Test(config, upstream_ids)
{
    static const char *const good[] = {"a", "0",        "-",
                                       "_", "pool-a_9", "abcdefghijklmnopqrstuvwxyz012345"};
    static const char *const bad[] = {"A",
                                      "pool.a",
                                      "pool/a",
                                      "p%",
                                      "a:b",
                                      "abcdefghijklmnopqrstuvwxyz0123456",
                                      "abcdefghijklmnopqrstuvwxyz0123456789abc"};
    char text[1024];
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        (void)snprintf(text, sizeof text,
                       "[upstream.%s]\naddress = a\nport = 1\npercentage = 100\npriority = 1\n",
                       good[i]);
        cr_assert_str_eq(fixture_accepted(text)->upstreams[0].id, good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char why[512];
        (void)snprintf(text, sizeof text,
                       "[upstream.%s]\naddress = a\nport = 1\npercentage = 100\npriority = 1\n",
                       bad[i]);
        (void)snprintf(
            why, sizeof why,
            "<text>:1: [upstream.%s] is no upstream id; allowed: 1..32 of the characters "
            "a-z, 0-9, _ and -%s",
            bad[i], strcmp(bad[i], "A") == 0 ? "; write it a" : "");
        fixture_refused(text, why);
    }
    fixture_refused_with("[upstream.]\n", "<text>:1: [upstream.] is no upstream id");
}

Test(config, priorities_are_unique_enabled_or_not)
{
    fixture_refused(FIXTURE_UPSTREAM("a", "50", "7") FIXTURE_UPSTREAM("b", "50", "7"),
                    "<text>:12: [upstream.b] priority 7, the same as [upstream.a]; each upstream, "
                    "also one that is not enabled, needs its own");
    fixture_refused_with(A100 FIXTURE_UPSTREAM("b", "0", "1") "enabled = no\n",
                         "priority 1, the same as [upstream.a]");
}

Test(config, address_and_port_are_unique)
{
#define AT(id, address, port, priority)                                                            \
    "[upstream." id "]\naddress = " address "\nport = " port                                       \
    "\npercentage = 50\npriority = " priority "\n"
    (void)fixture_accepted(AT("a", "p.example", "1", "1") AT("b", "p.example", "2", "2"));
    (void)fixture_accepted(AT("a", "p.example", "1", "1") AT("b", "q.example", "1", "2"));
    fixture_refused(AT("a", "p.example", "1", "1") AT("b", "p.example", "1", "2"),
                    "<text>:7: [upstream.b] has the same address, port and user_identity as "
                    "[upstream.a]; two accounts at one pool each have a user_identity of their "
                    "own");
    (void)fixture_accepted(AT("a", "p.example", "1", "1\nuser_identity = me")
                               AT("b", "p.example", "1", "2\nuser_identity = you"));
    (void)fixture_accepted(AT("a", "p.example", "1", "1")
                               AT("b", "p.example", "1", "2\nuser_identity = you"));
    fixture_refused_with(AT("a", "p.example", "1", "1\nuser_identity = me")
                             AT("b", "p.example", "1", "2\nuser_identity = me"),
                         "has the same address, port and user_identity");
    fixture_refused_with(AT("a", "p.example", "1", "1") AT("b", "P.Example.", "1", "2"),
                         "has the same address, port and user_identity");
    fixture_refused_with(AT("a", "p.example.", "1", "1") AT("b", "p.EXAMPLE", "1", "2"),
                         "has the same address, port and user_identity");
    fixture_refused_with(AT("a", "az.AZ.example", "1", "1") AT("b", "AZ.az.example", "1", "2"),
                         "has the same address, port and user_identity");
    (void)fixture_accepted(AT("a", "p.example", "1", "1") AT("b", "0.example", "1", "2"));
    (void)fixture_accepted(AT("a", "p1.example", "1", "1") AT("b", "pQ.example", "1", "2"));
    (void)fixture_accepted(AT("a", "pQ.example", "1", "1") AT("b", "p1.example", "1", "2"));
    /* A point at the end changes nothing; one with a label of a single letter behind it does. */
    (void)fixture_accepted(AT("a", "p.example", "1", "1") AT("b", "p.example.x", "1", "2"));
    (void)fixture_accepted(AT("a", "p.example.x", "1", "1") AT("b", "p.example", "1", "2"));
    fixture_refused_with(A100 "[upstream.b]\naddress = a.example\nport = 3333\npercentage = 0\n"
                              "priority = 2\nenabled = no\n",
                         "has the same address, port and user_identity");
#undef AT
}

Test(config, percentages_sum_to_100)
{
    static const struct {
        const char *a, *b, *c;
        int good;
    } rows[] = {{"60", "30", "10", 1},
                {"33.33", "33.33", "33.33", 1},
                {"33.34", "33.33", "33.33", 1},
                {"60", "39.99", "0", 1},
                {"60", "40.01", "0", 1},
                {"60", "39.98", "0", 0},
                {"60", "40.02", "0", 0},
                {"60", "39.989999", "0", 0},
                {"60", "40.010001", "0", 0},
                {"60", "30", "0", 0},
                {"0", "0", "0", 0},
                {"100", "0", "0", 1},
                {"-0", "100", "0", 1},
                {"100", "100", "100", 0},
                {"14.285714", "28.571428", "57.142857", 1}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (int order = 0; order < 3; order++) {
            const char *const p[] = {rows[i].a, rows[i].b, rows[i].c};
            char text[1024];
            hm_text t;
            hm_text_init(&t, text, sizeof text);
            for (int u = 0; u < 3; u++) {
                hm_text_addf(&t,
                             "[upstream.u%d]\naddress=u%d\nport=1\npriority=%d\npercentage=%s\n", u,
                             u, u, p[(u + order) % 3]);
            }
            const fixture_load *const r = fixture_text(text);
            cr_assert_eq(r->status, rows[i].good ? HMX_OK : HMX_E_CONFIG, "row %zu: %s", i, r->why);
        }
    }
    fixture_refused(A60 FIXTURE_UPSTREAM("b", "30", "2"),
                    "<text>: the percentages of the enabled upstreams sum to 90: a 60, b 30; 10 is "
                    "missing; allowed: 99.99..100.01");
    fixture_refused(A60 FIXTURE_UPSTREAM("b", "45", "2"),
                    "<text>: the percentages of the enabled upstreams sum to 105: a 60, b 45; 5 is "
                    "too much; allowed: 99.99..100.01");
}

Test(config, what_is_not_enabled_does_not_count_but_must_be_legal)
{
    (void)fixture_accepted(A100 FIXTURE_UPSTREAM("b", "55", "2") "enabled = no\n");
    fixture_refused_with(A100 FIXTURE_UPSTREAM("b", "101", "2") "enabled = no\n",
                         "percentage '101' is out of range");
}

Test(config, no_more_upstreams_than_the_host_handles)
{
    static char text[16384];
    hm_text t;
    hm_text_init(&t, text, sizeof text);
    for (int u = 0; u < 66; u++) {
        hm_text_addf(&t, "[upstream.u%d]\naddress=u%d\nport=1\npriority=%d\npercentage=%d\n", u, u,
                     u, u == 0 ? 100 : 0);
        const size_t len = t.len;
        const fixture_load *r = fixture_run(NULL, text, len, 0);
        cr_assert_eq(r->status, u < 64 ? HMX_OK : HMX_E_CONFIG, "%d: %s", u, r->why);
        if (u < 64) {
            cr_assert_eq(r->config.upstream_count, (uint32_t)u + 1);
        }
        r = fixture_run(NULL, text, len, 2);
        cr_assert_eq(r->status, u < 2 ? HMX_OK : HMX_E_CONFIG);
        if (u >= 2) {
            cr_assert_str_eq(r->why,
                             "<text>:11: one upstream too many; the host handles at most 2");
        }
    }
    cr_assert_str_eq(fixture_run(NULL, text, t.len, 1000)->why,
                     "<text>:321: one upstream too many; the host handles at most 64");
}

/* ---- files and arguments ---- */

Test(config, files)
{
    const fixture_load *r = fixture_run("/nonexistent/hashmux.ini", NULL, 0, 0);
    cr_assert_eq(r->status, HMX_E_IO);
    cr_assert_str_eq(r->why, "/nonexistent/hashmux.ini: cannot open it: there is no such file");
    r = fixture_run("/", NULL, 0, 0);
    cr_assert_eq(r->status, HMX_E_IO);
    cr_assert_str_eq(r->why, "/: is a directory; a regular file is wanted");
    cr_assert_eq(fixture_run(EXAMPLE, "x", 1, 0)->status, HMX_E_INVALID);
    cr_assert_eq(fixture_run(NULL, NULL, 0, 0)->status, HMX_E_INVALID);
}
