/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The two kinds of targets, minimum and maximum, and the hold-down times: what they must be to each
 * other, in a file and in a struct. */
#include "tests/unit/config/config_fixture.h"

#include <math.h>

/* An upstream with `keys` as its targets; 4 lines and those of `keys`. */
#define POOL(id, priority, keys)                                                                   \
    "[upstream." id "]\naddress = " id ".example\nport = 1\npriority = " priority "\n" keys

static hm_config *loaded(const char *text)
{
    static hm_config config;
    config = *fixture_accepted(text);
    return &config;
}

static const char *why_of(int running, const hm_config *config)
{
    static char why[4096];
    hm_text t;
    hm_text_init(&t, why, sizeof why);
    const hmx_status status =
        running ? hm_config_validate_running(config, &t) : hm_config_validate(config, &t);
    cr_assert_eq(status, t.len == 0 ? HMX_OK : HMX_E_CONFIG);
    return why;
}

Test(config_targets, each_pool_has_one_kind)
{
    (void)fixture_accepted(POOL("a", "1", "percentage = 100\n")
                               POOL("b", "2", "hashrate_ths = 1\n"));
    fixture_refused(POOL("a", "1", "percentage = 100\nhashrate_ths = 5\n"),
                    "<text>:6: [upstream.a] has both percentage and hashrate_ths; allowed: one of "
                    "the two, choose one");
    fixture_refused(POOL("a", "1", "hashrate_ths = 5\npercentage = 0\n"),
                    "<text>:6: [upstream.a] has both percentage and hashrate_ths; allowed: one of "
                    "the two, choose one");
    fixture_refused(POOL("a", "1", "percentage = 100\n") POOL("b", "2", "min_ths = 5\n"),
                    "<text>:6: [upstream.b] key 'percentage' is missing, and 'hashrate_ths' too; "
                    "allowed: one of the two");
    /* One slip, one line: what could not be read is not missing too. */
    fixture_refused(POOL("a", "1", "hashrate_ths = 0\n"),
                    "<text>:5: [upstream.a] hashrate_ths '0' is out of range; allowed: "
                    "0.000001..999999999 TH/s, six decimals at most");
    fixture_refused(POOL("a", "1", "hashrate_ths = 1e3\n"),
                    "<text>:5: [upstream.a] hashrate_ths '1e3' has an exponent; write the number "
                    "out; allowed: 0.000001..999999999 TH/s, six decimals at most");
    fixture_refused_with(POOL("a", "1", "hashrate_ths = 1\nhashrate_ths = 2\n"), "comes twice");
}

Test(config_targets, the_sum_is_over_percentages)
{
    (void)fixture_accepted(POOL("a", "1", "hashrate_ths = 1\n"));
    (void)fixture_accepted(POOL("a", "1", "hashrate_ths = 1\n")
                               POOL("b", "2", "hashrate_ths = 1\n"));
    (void)fixture_accepted(POOL("a", "1", "hashrate_ths = 1\n") POOL("b", "2", "percentage = 60\n")
                               POOL("c", "3", "percentage = 40\n"));
    fixture_refused(
        POOL("a", "1", "hashrate_ths = 1\n") POOL("b", "2", "percentage = 60\n"),
        "<text>: the percentages of the enabled upstreams sum to 60: b 60; 40 is missing; "
        "allowed: 99.99..100.01, where those with hashrate_ths do not count");
    fixture_refused(
        POOL("a", "1", "percentage = 60\n"),
        "<text>: the percentages of the enabled upstreams sum to 60: a 60; 40 is missing; "
        "allowed: 99.99..100.01");
    /* One that works only when the others cannot. */
    (void)fixture_accepted(POOL("a", "1", "hashrate_ths = 1\n") POOL("b", "2", "percentage = 0\n"));
    /* What is not enabled counts neither way. */
    fixture_refused(
        POOL("a", "1", "hashrate_ths = 1\nenabled = no\n") POOL("b", "2", "percentage = 0\n"),
        "<text>: the percentages of the enabled upstreams sum to 0: b 0; 100 is missing; "
        "allowed: 99.99..100.01");
    (void)fixture_accepted(POOL("a", "1", "hashrate_ths = 1\n")
                               POOL("b", "2", "percentage = 7\nenabled = no\n"));
    fixture_refused(POOL("a", "1", "hashrate_ths = 1\nenabled = no\n"),
                    "<text>: no upstream is enabled; at least one must be");
}

Test(config_targets, running)
{
    hm_config *const c = loaded(POOL("a", "1", "hashrate_ths = 1\n") POOL(
        "b", "2", "percentage = 100\n") POOL("c", "3", "percentage = 0\n"));
    cr_assert_str_eq(why_of(1, c), "");
    c->upstreams[1].enabled = 0;
    cr_assert_str_eq(why_of(1, c), "", "an absolute target is a target");
    c->upstreams[0].enabled = 0;
    cr_assert_str_eq(why_of(1, c),
                     "every enabled upstream has percentage 0; at least one must have more");
    c->upstreams[1].enabled = 1;
    cr_assert_str_eq(why_of(1, c), "");
    c->upstreams[1].enabled = c->upstreams[2].enabled = 0;
    c->upstreams[0].enabled = 1;
    cr_assert_str_eq(why_of(1, c), "");
    cr_assert_str_eq(why_of(0, c), "");
}

/* Who sets a percentage at run time for a pool with an absolute target hears that it does not
 * count, instead of wondering. */
Test(config_targets, a_percentage_that_would_not_count)
{
    hm_config *const c =
        loaded(POOL("a", "1", "hashrate_ths = 1\n") POOL("b", "2", "percentage = 100\n"));
    for (int running = 0; running < 2; running++) {
        c->upstreams[0].percentage = 40;
        cr_assert_str_eq(why_of(running, c),
                         "[upstream.a] has its target in hashrate_ths, so that a percentage would "
                         "not count; allowed: 0 percent");
        c->upstreams[0].percentage = NAN;
        cr_assert_str_neq(why_of(running, c), "");
        c->upstreams[0].percentage = 0;
        cr_assert_str_eq(why_of(running, c), "");
    }
    c->upstreams[0].percentage = 40;
    c->upstreams[0].has_percentage = 1;
    c->upstreams[0].has_hashrate_ths = 0;
    c->upstreams[1].percentage = 60;
    cr_assert_str_eq(why_of(0, c), "");
}

Test(config_targets, minimum_target_and_maximum_are_in_order)
{
    (void)fixture_accepted(
        POOL("a", "1", "percentage = 100\nmin_ths = 0\nmax_ths = 0.000001\n")
            POOL("b", "2", "hashrate_ths = 5\nmin_ths = 5\nmax_ths = 5\n")
                POOL("c", "3", "hashrate_ths = 5\nmin_ths = 4.999999\nmax_ths = 5.000001\n"));
    fixture_refused(POOL("a", "1", "percentage = 100\nmin_ths = 2\nmax_ths = 1.999999\n"),
                    "<text>:7: [upstream.a] min_ths 2 is more than max_ths 1.999999; allowed: "
                    "min_ths is at most max_ths");
    fixture_refused(POOL("a", "1", "max_ths = 1\nmin_ths = 2\npercentage = 100\n"),
                    "<text>:6: [upstream.a] min_ths 2 is more than max_ths 1; allowed: min_ths is "
                    "at most max_ths");
    fixture_refused(POOL("a", "1", "hashrate_ths = 2\nmax_ths = 1\n"),
                    "<text>:6: [upstream.a] hashrate_ths 2 is more than max_ths 1; allowed: "
                    "hashrate_ths is at most max_ths");
    fixture_refused(
        POOL("a", "1", "min_ths = 3\nhashrate_ths = 2\n"),
        "<text>:6: [upstream.a] min_ths 3 is more than hashrate_ths 2; allowed: min_ths "
        "is at most hashrate_ths");
    /* Also of a pool that is not enabled: enabling is a switch. */
    fixture_refused_with(POOL("a", "1", "percentage = 100\n")
                             POOL("b", "2", "hashrate_ths = 2\nmax_ths = 1\nenabled = no\n"),
                         "[upstream.b] hashrate_ths 2 is more than max_ths 1");
    /* What could not be read is compared with nothing. */
    fixture_refused(POOL("a", "1", "percentage = 100\nmin_ths = 5\nmax_ths = 0\n"),
                    "<text>:7: [upstream.a] max_ths '0' is out of range; allowed: "
                    "0.000001..999999999 TH/s, six decimals at most");
}

Test(config_targets, in_a_struct_anything_may_stand)
{
    static const double bad[] = {NAN, INFINITY, -INFINITY, -0.000001, 1e300};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        for (int field = 0; field < 3; field++) {
            hm_config *const c = loaded(POOL("a", "1", "hashrate_ths = 2\n"));
            hm_config_upstream *const u = &c->upstreams[0];
            double *const values[] = {&u->hashrate_ths, &u->min_ths, &u->max_ths};
            uint32_t *const flags[] = {&u->has_hashrate_ths, &u->has_min_ths, &u->has_max_ths};
            *flags[field] = 1;
            *values[field] = bad[i];
            const char *const why = why_of(1, c);
            cr_assert_not_null(strstr(why, "is out of range; allowed: 0"));
            cr_assert_null(strchr(why, '\n'), "%s", why);
            *flags[field] = 2;
            cr_assert_not_null(strstr(why_of(1, c), "is given is neither 0 nor 1"));
        }
    }
}

Test(config_targets, hold_down_times_are_in_order)
{
#define A100 POOL("a", "1", "percentage = 100\n")
    (void)fixture_accepted(A100 "[failover]\nhold_down_secs = 600\n");
    (void)fixture_accepted(A100 "[failover]\nhold_down_secs = 0\nhold_down_max_secs = 0\n");
    fixture_refused(A100 "[failover]\nhold_down_secs = 601\n",
                    "<text>:7: [failover] hold_down_secs 601 is more than hold_down_max_secs 600; "
                    "allowed: hold_down_secs is at most hold_down_max_secs");
    fixture_refused(A100 "[failover]\nauto_restore = no\nhold_down_max_secs = 29\n",
                    "<text>:8: [failover] hold_down_secs 30 is more than hold_down_max_secs 29; "
                    "allowed: hold_down_secs is at most hold_down_max_secs");
    fixture_refused(A100 "[failover]\nhold_down_max_secs = 1\nhold_down_secs = 2\n",
                    "<text>:8: [failover] hold_down_secs 2 is more than hold_down_max_secs 1; "
                    "allowed: hold_down_secs is at most hold_down_max_secs");
    hm_config *const c = loaded(A100);
    c->failover.hold_down_max_secs = 3;
    cr_assert_str_eq(why_of(1, c),
                     "[failover] hold_down_secs 30 is more than hold_down_max_secs 3; "
                     "allowed: hold_down_secs is at most hold_down_max_secs");
}

/* Each of the model's constants is given or not by itself. */
Test(config_targets, constants_of_the_model_one_by_one)
{
    const hm_config_controller c =
        fixture_accepted(A100 "[controller]\nhold_secs = 0\n")->controller;
    cr_assert(c.has_hold_secs == 1 && c.hold_secs == 0);
    cr_assert(!c.has_noise_factor && !c.has_min_improvement && !c.has_ripple_point_mins &&
              !c.has_dwell_secs && !c.has_custom_gains);
    cr_assert_eq(
        fixture_accepted(A100 "[controller]\ntime_slicing = OFF\n")->controller.time_slicing, 0);
    fixture_refused(A100 "[controller]\ntime_slicing = on\n",
                    "<text>:7: [controller] time_slicing 'on' is not known; allowed: auto, off");
    fixture_refused(A100 "[controller]\nmin_improvement = 0.500001\n",
                    "<text>:7: [controller] min_improvement '0.500001' is out of range; allowed: "
                    "0..0.5 of the moved hashrate, six decimals at most");
}
