/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The rules as a setter at run time meets them: on a struct, where anything may stand. */
#include "tests/unit/config/config_fixture.h"

#include <math.h>

/* A valid configuration, 60/30/10, to be spoiled. */
static hm_config *valid(void)
{
    static hm_config config;
    config = *fixture_accepted(FIXTURE_UPSTREAM("a", "60", "1") FIXTURE_UPSTREAM("b", "30", "2")
                                   FIXTURE_UPSTREAM("c", "10", "3"));
    return &config;
}

static const char *why_of(hmx_status (*validate)(const hm_config *, hm_text *),
                          const hm_config *config)
{
    static char why[16384];
    hm_text t;
    hm_text_init(&t, why, sizeof why);
    const hmx_status status = validate(config, &t);
    cr_assert_eq(status, t.len == 0 ? HMX_OK : HMX_E_CONFIG);
    return why;
}

/* Both ways of judging say this. */
static void refused(const hm_config *config, const char *why)
{
    cr_assert_str_eq(why_of(hm_config_validate, config), why);
    cr_assert_str_eq(why_of(hm_config_validate_running, config), why);
}

Test(config_rules, what_was_loaded_is_valid)
{
    cr_assert_str_eq(why_of(hm_config_validate, valid()), "");
    cr_assert_str_eq(why_of(hm_config_validate_running, valid()), "");
}

Test(config_rules, no_number_may_be_nan_infinite_or_out_of_range)
{
    static const struct {
        double value;
        const char *printed;
    } bad[] = {{NAN, "nan"},
               {-NAN, "nan"},
               {INFINITY, "infinity"},
               {-INFINITY, "-infinity"},
               {-0.000001, "-0.000001"},
               {1e300, "above 999999999"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char why[512];
        hm_config *c = valid();
        c->controller.deadband_points = bad[i].value;
        (void)snprintf(
            why, sizeof why,
            "[controller] deadband_points %s is out of range; allowed: auto, or 0..100 percentage "
            "points, six decimals at most",
            bad[i].printed);
        refused(c, why);
        c = valid();
        c->controller.integral_limit = bad[i].value;
        cr_assert_not_null(strstr(why_of(hm_config_validate, c), "integral_limit"));
        double *const gains[] = {&c->controller.kp, &c->controller.ki, &c->controller.kd};
        for (size_t g = 0; g < 3; g++) {
            c = valid();
            c->controller.has_custom_gains = 1;
            *gains[g] = bad[i].value;
            cr_assert_not_null(strstr(why_of(hm_config_validate_running, c), "out of range"));
        }
        c = valid();
        c->upstreams[1].percentage = bad[i].value;
        (void)snprintf(why, sizeof why,
                       "[upstream.b] percentage %s is out of range; allowed: 0..100 percent, six "
                       "decimals at most",
                       bad[i].printed);
        refused(c, why);
        c->upstreams[1].enabled = 0; /* also when it does not count */
        refused(c, why);
    }
}

Test(config_rules, whole_numbers_words_and_booleans)
{
    hm_config *c = valid();
    c->controller.evaluation_interval_secs = 0;
    c->controller.min_reassignment_interval_secs = 604801;
    c->controller.tuning_model = HMX_TUNING_CUSTOM;
    c->controller.measure_on_accepted = 2;
    c->failover.health_check_interval_secs = UINT32_MAX;
    c->upstreams[0].port = 0;
    c->upstreams[1].port = 65536;
    c->upstreams[2].enabled = 7;
    refused(
        c, "[controller] tuning_model 5 is out of range; allowed: aggressive, balanced, "
           "conservative, proportional_only\n"
           "[controller] evaluation_interval_secs 0 is out of range; allowed: 1..86400 seconds, a "
           "whole number\n"
           "[controller] min_reassignment_interval_secs 604801 is out of range; allowed: "
           "0..604800 seconds, a whole number\n"
           "[controller] measure_on_accepted 2 is out of range; allowed: true, false, yes, no, on, "
           "off, 1, 0\n"
           "[failover] health_check_interval_secs 4294967295 is out of range; allowed: "
           "1..86400 seconds, a whole number\n"
           "[upstream.a] port 0 is out of range; allowed: 1..65535, a whole number\n"
           "[upstream.b] port 65536 is out of range; allowed: 1..65535, a whole number\n"
           "[upstream.c] enabled 7 is out of range; allowed: true, false, yes, no, on, off, 1, 0");
}

Test(config_rules, an_authority_key_of_one_character_is_none)
{
    hm_config *const c = valid();
    (void)strcpy(c->upstreams[0].authority_pubkey, "9");
    c->upstreams[0].has_key = 1;
    memset(c->upstreams[0].key, 0, sizeof c->upstreams[0].key);
    cr_assert_not_null(strstr(why_of(hm_config_validate, c), "[upstream.a] authority_pubkey"));
    cr_assert_not_null(strstr(why_of(hm_config_validate, c), "is too short with 1 characters"));
}

Test(config_rules, gains_count_only_when_they_are_custom)
{
    hm_config *c = valid();
    c->controller.kp = NAN;
    cr_assert_str_eq(why_of(hm_config_validate, c), "");
    c->controller.has_custom_gains = 2;
    cr_assert_not_null(strstr(why_of(hm_config_validate, c), "kp is given is neither 0 nor 1"));
    c = valid();
    c->controller.min_improvement = NAN;
    cr_assert_str_eq(why_of(hm_config_validate, c), "");
    c->controller.has_min_improvement = 1;
    refused(c, "[controller] min_improvement nan is out of range; allowed: 0..0.5 of the moved "
               "hashrate, six decimals at most");
    c->controller.has_min_improvement = UINT32_MAX;
    refused(c, "[controller] the flag that min_improvement is given is neither 0 nor 1");
}

Test(config_rules, ids_priorities_addresses)
{
    hm_config *c = valid();
    (void)strcpy(c->upstreams[2].id, "a");
    refused(c, "[upstream.a] has the same id as [upstream.a]; ids are unique");
    c = valid();
    c->upstreams[2].id[0] = '\0';
    refused(c, "[upstream.] is no upstream id; allowed: 1..32 of the characters a-z, 0-9, _ and -");
    c = valid();
    memset(c->upstreams[0].id, 'x', sizeof c->upstreams[0].id); /* not terminated */
    refused(c, "[upstream.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx] is no upstream id; allowed: "
               "1..32 of the characters a-z, 0-9, _ and -");
    c = valid();
    c->upstreams[0].id[0] = '\x1B';
    cr_assert(strncmp(why_of(hm_config_validate, c), "[upstream.\\x1B] is no", 20) == 0);
    c = valid();
    c->upstreams[0].priority = 3;
    refused(c, "[upstream.c] priority 3, the same as [upstream.a]; each upstream, also one that is "
               "not enabled, needs its own");
    c = valid();
    memset(c->upstreams[0].address, 'x', sizeof c->upstreams[0].address);
    refused(c, "[upstream.a] address is not terminated");
    c = valid();
    c->upstreams[0].address[0] = '\0';
    cr_assert_not_null(strstr(why_of(hm_config_validate, c), "[upstream.a] address '' is empty"));
}

/* Two addresses that are the same to the last byte, neither terminated. */
Test(config_rules, comparing_addresses_stays_inside)
{
    hm_config *const c = valid();
    memset(c->upstreams[0].address, 'x', sizeof c->upstreams[0].address);
    memset(c->upstreams[1].address, 'x', sizeof c->upstreams[1].address);
    c->upstreams[1].address[HMX_ADDRESS_SIZE - 1] = '\0';
    cr_assert_not_null(strstr(why_of(hm_config_validate, c), "not terminated"));
    c->upstreams[1].address[HMX_ADDRESS_SIZE - 1] = '.';
    c->upstreams[0].address[HMX_ADDRESS_SIZE - 1] = '\0';
    cr_assert_not_null(strstr(why_of(hm_config_validate, c), "not terminated"));
}

Test(config_rules, authority_text_and_bytes_belong_together)
{
    hm_config *c = valid();
    c->upstreams[0].key[5] ^= 1;
    cr_assert_not_null(strstr(why_of(hm_config_validate, c), "is not the key that is in use"));
    c = valid();
    c->upstreams[0].has_key = 0;
    cr_assert_not_null(strstr(why_of(hm_config_validate, c), "is not the key that is in use"));
    c = valid();
    c->upstreams[0].authority_pubkey[3] ^= 1;
    cr_assert_not_null(strstr(why_of(hm_config_validate, c), "authority_pubkey"));
    c = valid();
    memset(c->upstreams[0].authority_pubkey, '9', sizeof c->upstreams[0].authority_pubkey);
    cr_assert_not_null(strstr(why_of(hm_config_validate, c), "is not terminated"));
}

Test(config_rules, how_many_upstreams)
{
    hm_config *const c = valid();
    c->upstream_count = 0;
    refused(c, "no upstream is configured; add at least one [upstream.<id>]");
    c->upstream_count = UINT32_MAX;
    cr_assert_not_null(strstr(why_of(hm_config_validate, c), "at most 64 are allowed"));
    c->upstream_count = 3;
    for (int i = 0; i < 3; i++) {
        c->upstreams[i].enabled = 0;
    }
    refused(c, "no upstream is enabled; at least one must be");
}

Test(config_rules, the_sum_binds_the_file_and_targets_only)
{
    hm_config *const c = valid();
    c->upstreams[0].enabled = 0; /* drained at run time: the others scale up */
    cr_assert_str_eq(why_of(hm_config_validate, c),
                     "the percentages of the enabled upstreams sum to 40: b 30, c 10; 60 is "
                     "missing; allowed: 99.99..100.01");
    cr_assert_str_eq(why_of(hm_config_validate_running, c), "");
    c->upstreams[1].percentage = 0;
    c->upstreams[2].percentage = 0;
    cr_assert_str_eq(why_of(hm_config_validate_running, c),
                     "every enabled upstream has percentage 0; at least one must have more");
}

/* The tolerance is exact, whatever the order and whatever binary fractions make of the numbers. */
Test(config_rules, the_sum_is_exact)
{
    static const struct {
        double a, b, c;
        int good;
    } rows[] = {{33.33, 33.33, 33.33, 1},
                {60, 39.99, 0, 1},
                {60, 40.01, 0, 1},
                {60, 39.98, 0, 0},
                {60, 39.989999, 0, 0},
                {60, 40.010001, 0, 0},
                {99.99, 0, 0, 1},
                {99.989999, 0, 0, 0},
                {0.1, 0.2, 99.71, 1},
                {33.333333, 33.333333, 33.323334, 1},
                {33.333333, 33.333333, 33.323333, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (int order = 0; order < 3; order++) {
            const double p[] = {rows[i].a, rows[i].b, rows[i].c};
            hm_config *const c = valid();
            for (int u = 0; u < 3; u++) {
                c->upstreams[u].percentage = p[(u + order) % 3];
            }
            cr_assert_eq(why_of(hm_config_validate, c)[0] == '\0', rows[i].good, "row %zu", i);
        }
    }
}

/* A struct of random bytes is judged without reading beyond it (the sanitizers watch). */
Test(config_rules, garbage)
{
    static hm_config c;
    for (int byte = 0; byte < 256; byte += 5) {
        memset(&c, byte, sizeof c);
        hm_text nowhere;
        hm_text_init(&nowhere, NULL, 0);
        cr_assert_eq(hm_config_validate(&c, &nowhere), HMX_E_CONFIG);
        cr_assert_eq(hm_config_validate_running(&c, &nowhere), HMX_E_CONFIG);
    }
}
