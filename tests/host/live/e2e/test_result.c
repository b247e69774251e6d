/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/e2e/result: what was delivered when, and each promise that can be broken. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "host_stub/live/e2e/result.h"

static hs_e2e_options options;
static hs_e2e_config config;
static hs_e2e_result result;

Test(e2e_split, between_samples_in_proportion)
{
    hs_e2e_track tracks[2] = {{NULL, 0, 0}, {NULL, 0, 0}};
    double percent[2];
    for (uint64_t t = 0; t <= 1000; t++) {
        cr_assert_eq(hs_e2e_track_add(&tracks[0], t * 100, (double)t * 3.0), 0);
        cr_assert_eq(hs_e2e_track_add(&tracks[1], t * 100, t < 500 ? 0.0 : (double)(t - 500)), 0);
    }
    cr_assert_float_eq(hs_e2e_track_at(&tracks[0], 150), 4.5, 1e-9);
    cr_assert_float_eq(hs_e2e_track_at(&tracks[0], 999999), 3000.0, 1e-9);
    hs_e2e_split(tracks, 2, 10000, 20000, percent);
    cr_assert_float_eq(percent[0], 100.0, 1e-9);
    hs_e2e_split(tracks, 2, 60000, 80050, percent);
    cr_assert_float_eq(percent[0], 75.0, 1e-9);
    cr_assert_float_eq(percent[1], 25.0, 1e-9);
    hs_e2e_split(tracks, 2, 200000, 300000, percent);
    cr_assert(percent[0] == 0.0 && percent[1] == 0.0, "nothing was delivered");
    cr_assert_eq(hs_e2e_track_add(&tracks[0], 5, 1e9), 0);
    cr_assert_float_eq(hs_e2e_track_at(&tracks[0], 999999), 3000.0, 1e-9, "time does not go back");
    hs_e2e_track_free(&tracks[0]);
    hs_e2e_track_free(&tracks[1]);
    cr_assert_float_eq(hs_e2e_track_at(&tracks[0], 50), 0.0, 0.0);
}

/* A run in which all was well: 60 and 40. */
static json_t *pool_counts(double work, int accepted)
{
    return json_pack("{s:f,s:i,s:i,s:{}}", "work_accepted", work, "accepted", accepted, "stale", 2,
                     "rejected");
}

static json_t *miner_counts(int submitted, int accepted)
{
    return json_pack("{s:b,s:i,s:i,s:{s:i,s:i,s:i},s:i,s:{}}", "compliant", 1, "submitted",
                     submitted, "accepted", accepted, "stale", "tip", 4, "move", 0, "odd", 0,
                     "unanswered", 0, "rejected");
}

static json_t *proxy_counts(void)
{
    return json_pack("{s:{s:i,s:i,s:i,s:i,s:i},s:i}", "moves", "applied", 5, "hard", 2, "soft", 3,
                     "first_accepts", 5, "ms_to_first_accept", 120, "guard_violations", 0);
}

/* Sets `name` of the object to a number, and a reason in "rejected" where the name has no place of
 * its own. */
static void with(json_t *object, const char *inner, const char *name, int value)
{
    json_t *const to = inner != NULL ? json_object_get(object, inner) : object;
    cr_assert_eq(json_object_set_new(to, name, json_integer(value)), 0);
}

enum who { NOBODY, POOL, MINER, PROXY };

static void judge(enum who who, const char *inner, const char *name, int value)
{
    json_t *const a = pool_counts(6.0, 60);
    json_t *const b = pool_counts(4.0, 40);
    json_t *const m = miner_counts(104, 100);
    json_t *const p = proxy_counts();
    memset(&config, 0, sizeof config);
    config.pool_count = 2;
    config.pools[0] = (hs_e2e_pool_spec){"pool_a", 60.0};
    config.pools[1] = (hs_e2e_pool_spec){"pool_b", 40.0};
    cr_assert_eq(hs_e2e_result_start(&result, &config), 0);
    if (who != NOBODY) {
        with(who == POOL ? a : who == MINER ? m : p, inner, name, value);
    }
    hs_e2e_result_pool(&result, 0, a);
    hs_e2e_result_pool(&result, 1, b);
    hs_e2e_result_miners(&result, m);
    hs_e2e_result_proxy(&result, p);
    hs_e2e_result_judge(&result, &options);
    json_decref(a);
    json_decref(b);
    json_decref(m);
    json_decref(p);
}

static void breaks(enum who who, const char *inner, const char *name, int value, const char *words)
{
    judge(who, inner, name, value);
    cr_expect_geq(result.broken_count, 1u, "%s was not noticed", name);
    int said = 0;
    for (size_t i = 0; i < result.broken_count; i++) {
        said |= strstr(result.broken[i], words) != NULL;
    }
    cr_expect(said, "%s: '%s' was not said, but: %s", name, words, result.broken[0]);
    hs_e2e_result_free(&result);
}

static void passes(enum who who, const char *inner, const char *name, int value)
{
    judge(who, inner, name, value);
    cr_expect_eq(result.broken_count, 0u, "%s", result.broken[0]);
    hs_e2e_result_free(&result);
}

Test(e2e_result, adds_up)
{
    memset(&options, 0, sizeof options);
    judge(NOBODY, NULL, NULL, 0);
    cr_assert_eq(result.broken_count, 0u, "%s", result.broken[0]);
    json_t *const json = hs_e2e_result_json(&result);
    const char *id = NULL;
    double target = 0.0;
    double delivered = 0.0;
    int accepted = 0;
    int stale = 0;
    int duplicates = -1;
    json_t *rejected = NULL;
    cr_assert_eq(json_unpack(json_array_get(json_object_get(json, "pools"), 0),
                             "{s:s,s:f,s:f,s:i,s:i,s:o,s:i}", "id", &id, "target_pct", &target,
                             "delivered_pct", &delivered, "accepted", &accepted, "stale", &stale,
                             "rejected", &rejected, "duplicates", &duplicates),
                 0);
    cr_assert_str_eq(id, "pool_a");
    cr_assert_float_eq(target, 60.0, 1e-9);
    cr_assert_float_eq(delivered, 60.0, 1e-9);
    cr_assert(accepted == 60 && stale == 2 && duplicates == 0);
    int applied = 0;
    int first = 0;
    int submitted = 0;
    int lost = -1;
    cr_assert_eq(json_unpack(json, "{s:{s:i,s:i},s:{s:i,s:i},s:F}", "moves", "applied", &applied,
                             "ms_to_first_accept", &first, "shares", "submitted", &submitted,
                             "lost", &lost, "seconds", &target),
                 0);
    cr_assert(applied == 5 && first == 120 && submitted == 104 && lost == 0);
    json_decref(json);
    hs_e2e_result_free(&result);
}

Test(e2e_result, each_promise_that_is_broken_is_said)
{
    memset(&options, 0, sizeof options);
    breaks(MINER, NULL, "duplicates", 1, "rejected as duplicates");
    breaks(MINER, NULL, "unanswered", 3, "3 shares of compliant miners were never answered");
    breaks(MINER, NULL, "cut_off", 1, "were cut off");
    breaks(MINER, "stale", "odd", 1, "no new tip had come");
    breaks(MINER, NULL, "server_faults", 1, "break a rule");
    breaks(MINER, NULL, "submitted", 0, "no compliant miner");
    breaks(MINER, "rejected", "difficulty-too-low", 2, "2 shares of compliant miners");
    breaks(MINER, "rejected", "invalid-job-id", 1, "rejected as invalid-job-id");
    breaks(MINER, "rejected", "bad-extranonce-size", 1, "rejected as bad-extranonce-size");
    breaks(MINER, "rejected", "upstream-lost", 1, "rejected as upstream-lost");
    breaks(POOL, "rejected", "difficulty-too-low", 1, "pool_a rejected 1 shares");
    breaks(POOL, NULL, "duplicates", 1, "pool_a rejected 1 shares as duplicates");
    breaks(POOL, NULL, "stale_older", 1, "stale before its last new tip");
    breaks(POOL, NULL, "stale_ms_most", 60000, "60000 ms after its new tip");
    breaks(POOL, NULL, "protocol_errors", 1, "break a rule");
    breaks(POOL, NULL, "accepted", 59, "have credited 99");
    breaks(POOL, NULL, "accepted", 61, "have credited 101 shares, and miners were told of 100");
    breaks(PROXY, "moves", "failed", 1, "1 moves failed, and 0 miners ignore");
    breaks(PROXY, NULL, "guard_violations", 1, "violations of the contract");
    breaks(PROXY, NULL, "protocol_errors", 1, "the proxy counts 1 messages");
}

Test(e2e_result, what_a_run_allows_is_no_breach)
{
    memset(&options, 0, sizeof options);
    passes(MINER, "stale", "move", 3);
    passes(POOL, NULL, "stale_ms_most", 40);
    options.one_tip = 1;
    breaks(MINER, "stale", "move", 3, "because of a move");
    options.one_tip = 0;
    options.ignore_prefix = 2;
    passes(PROXY, "moves", "failed", 2);
    passes(POOL, "rejected", "difficulty-too-low", 7);
    breaks(MINER, "rejected", "difficulty-too-low", 7, "difficulty-too-low");
    options.ignore_prefix = 0;
    options.fault_count = 1;
    memcpy(options.faults[0].name, "down", sizeof "down");
    passes(MINER, "rejected", "upstream-lost", 1);
    passes(PROXY, NULL, "protocol_errors", 1);
    memcpy(options.faults[0].name, "slow", sizeof "slow");
    passes(POOL, NULL, "stale_ms_most", 60000);
    breaks(MINER, "rejected", "upstream-lost", 1, "upstream-lost");
    breaks(MINER, NULL, "cut_off", 1, "cut off");
    memcpy(options.faults[0].name, HS_E2E_RESTART, sizeof HS_E2E_RESTART);
    passes(MINER, NULL, "cut_off", 1);
    memset(&options, 0, sizeof options);
}

Test(e2e_result, refusals_on_command_excuse_as_many)
{
    memset(&options, 0, sizeof options);
    judge(POOL, NULL, "refused_on_command", 5);
    cr_assert_eq(result.broken_count, 0u);
    hs_e2e_result_free(&result);
    breaks(MINER, "rejected", "invalid-share", 5, "rejected as invalid-share");
}
