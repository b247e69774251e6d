/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/e2e/result: what was delivered when, and each promise that can be broken. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "host_stub/live/e2e/progress.h"
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

Test(e2e_progress, is_a_line)
{
    static hs_e2e_state state;
    char text[HS_E2E_PROGRESS_SIZE];
    memset(&config, 0, sizeof config);
    memset(&options, 0, sizeof options);
    options.run_ms = 60000;
    config.pool_count = 3;
    state.options = &options;
    state.config = &config;
    for (uint32_t i = 0; i < 3; i++) {
        cr_assert_eq(hs_e2e_track_add(&state.tracks[i], 0, 0.0), 0);
        cr_assert_eq(hs_e2e_track_add(&state.tracks[i], 14000, (double)(3 - i)), 0);
        state.accepted[i] = 100 + i;
    }
    cr_assert_str_eq(hs_e2e_progress_text(&state, 15999, text),
                     "15 of 60 s: 303 shares accepted, 50.0 / 33.3 / 16.7 % of the work");
    for (uint32_t i = 0; i < 3; i++) {
        hs_e2e_track_free(&state.tracks[i]);
    }
}

/* A run in which all was well: 60 and 40. */
static json_t *pool_counts(double work, int accepted)
{
    return json_pack("{s:f,s:i,s:i,s:i,s:{}}", "work_accepted", work, "received", accepted + 2,
                     "accepted", accepted, "stale", 2, "rejected");
}

static json_t *miner_counts(int submitted, int accepted)
{
    return json_pack("{s:b,s:i,s:i,s:{s:i,s:i,s:i},s:i,s:{}}", "compliant", 1, "submitted",
                     submitted, "accepted", accepted, "stale", "tip", 24, "move", 0, "odd", 0,
                     "unanswered", 0, "rejected");
}

static int not_forwarded;
static int vouched;

static json_t *proxy_counts(double work, double aim)
{
    return json_pack("{s:{s:i,s:i,s:i,s:i,s:i},s:i,s:[{s:s,s:f,s:f,s:i},{s:s,s:f,s:f,s:i,s:i}]}",
                     "moves", "applied", 5, "hard", 2, "soft", 3, "first_accepts", 5,
                     "ms_to_first_accept", 120, "guard_violations", 0, "pools", "id", "pool_b",
                     "work_accepted", work / 4.0, "effective_pct", 100.0 - aim, "stale_local", 20,
                     "id", "pool_a", "work_accepted", work * 3.0 / 4.0, "effective_pct", aim,
                     "not_forwarded", not_forwarded, "vouched", vouched);
}

enum who { NOBODY, POOL, MINER, PROXY };

/* Counts `value` more in `name`: a share that is in another column now, unless `name` is no
 * column. */
static void with(enum who who, json_t *object, const char *inner, const char *name, int value)
{
    json_t *const to = inner != NULL ? json_object_get(object, inner) : object;
    const char *const all = who == POOL ? "received" : who == MINER ? "submitted" : "";
    const int is_column = inner != NULL || strcmp(name, "accepted") == 0 ||
                          strcmp(name, "stale") == 0 || strcmp(name, "duplicates") == 0 ||
                          strcmp(name, "cut_off") == 0 || strcmp(name, "closed") == 0 ||
                          strcmp(name, "unanswered") == 0;
    const json_int_t before = json_integer_value(json_object_get(to, name));
    cr_assert_eq(json_object_set_new(to, name, json_integer(before + value)), 0);
    if (who != PROXY && is_column && strcmp(name, "needless") != 0) {
        const json_int_t sum = json_integer_value(json_object_get(object, all));
        cr_assert_eq(json_object_set_new(object, all, json_integer(sum + value)), 0);
    }
}

static void judge(enum who who, const char *inner, const char *name, int value)
{
    json_t *const a = pool_counts(6.0, 60);
    json_t *const b = pool_counts(4.0, 40);
    json_t *const m = miner_counts(124, 100);
    json_t *const p = proxy_counts(10.0, 60.0);
    memset(&config, 0, sizeof config);
    config.pool_count = 2;
    config.pools[0] = (hs_e2e_pool_spec){"pool_a", 60.0};
    config.pools[1] = (hs_e2e_pool_spec){"pool_b", 40.0};
    cr_assert_eq(hs_e2e_result_start(&result, &config), 0);
    if (who != NOBODY) {
        with(who, who == POOL ? a : who == MINER ? m : p, inner, name, value);
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
    double effective = 0.0;
    double delivered = 0.0;
    int received = 0;
    int accepted = 0;
    int stale = 0;
    int duplicates = -1;
    json_t *rejected = NULL;
    cr_assert_eq(json_unpack(json_array_get(json_object_get(json, "pools"), 0),
                             "{s:s,s:f,s:f,s:f,s:i,s:i,s:i,s:o,s:i}", "id", &id, "target_pct",
                             &target, "effective_pct", &effective, "delivered_pct", &delivered,
                             "received", &received, "accepted", &accepted, "stale", &stale,
                             "rejected", &rejected, "duplicates", &duplicates),
                 0);
    cr_assert_str_eq(id, "pool_a");
    cr_assert_float_eq(target, 60.0, 1e-9);
    cr_assert_float_eq(effective, 60.0, 1e-9);
    cr_assert_float_eq(delivered, 60.0, 1e-9);
    cr_assert(received == 62 && accepted == 60 && stale == 2 && duplicates == 0);
    int applied = 0;
    int first = 0;
    int submitted = 0;
    int lost = -1;
    cr_assert_eq(json_unpack(json, "{s:{s:i,s:i},s:{s:i,s:i},s:F}", "moves", "applied", &applied,
                             "ms_to_first_accept", &first, "shares", "submitted", &submitted,
                             "lost", &lost, "seconds", &target),
                 0);
    cr_assert(applied == 5 && first == 120 && submitted == 124 && lost == 0);
    json_decref(json);
    hs_e2e_result_free(&result);
}

/* Of a proxy that was started again, too: what it aimed at counts by the work of each life. */
Test(e2e_result, what_was_aimed_at_is_weighted_by_work)
{
    memset(&options, 0, sizeof options);
    judge(NOBODY, NULL, NULL, 0);
    json_t *const second = proxy_counts(30.0, 20.0);
    hs_e2e_result_proxy(&result, second);
    json_decref(second);
    hs_e2e_result_judge(&result, &options);
    cr_assert_float_eq(result.pools[0].effective_pct, 0.25 * 60.0 + 0.75 * 20.0, 1e-9);
    cr_assert_float_eq(result.pools[1].effective_pct, 0.25 * 40.0 + 0.75 * 80.0, 1e-9);
    hs_e2e_result_free(&result);
    cr_assert_eq(hs_e2e_result_start(&result, &config), 0);
    hs_e2e_result_judge(&result, &options);
    cr_assert(isnan(result.pools[0].effective_pct), "a plugin that does not tell");
    hs_e2e_result_free(&result);
}

/* The numbers of `columns` but the first; reasons count each. */
static json_int_t sum_of(json_t *columns)
{
    json_int_t sum = 0;
    for (void *it = json_object_iter(columns); it != NULL;
         it = json_object_iter_next(columns, it)) {
        json_t *const value = json_object_iter_value(it);
        if (strcmp(json_object_iter_key(it), "submitted") != 0) {
            sum += json_is_object(value) ? sum_of(value) : json_integer_value(value);
        }
    }
    return sum;
}

/* Each column has a number of its own. */
Test(e2e_shares, every_share_is_in_one_column)
{
    static const char *const NAMES[] = {"accepted", "duplicates", "cut_off", "closed",
                                        "unanswered"};
    hs_e2e_shares shares;
    json_t *const m = miner_counts(0, 0);
    json_t *const stale = json_object_get(m, "stale");
    json_t *const reasons = json_object_get(m, "rejected");
    int all = 0;
    int value = 1;
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++, value *= 2) {
        with(PROXY, m, NULL, NAMES[i], value);
        all += value;
    }
    (void)json_object_set_new(stale, "tip", json_integer(0));
    with(PROXY, stale, NULL, "tip", 32);
    with(PROXY, stale, NULL, "move", 64);
    with(PROXY, stale, NULL, "needless", 9);
    with(PROXY, stale, NULL, "odd", 128);
    with(PROXY, reasons, NULL, "invalid-job-id", 256);
    with(PROXY, reasons, NULL, "upstream-lost", 512);
    with(PROXY, reasons, NULL, "upstream-too-slow", 1024);
    all += 32 + 64 + 128 + 256 + 512 + 1024;
    with(PROXY, m, NULL, "submitted", all);
    cr_assert_eq(hs_e2e_shares_start(&shares), 0);
    hs_e2e_shares_add(&shares, m);
    cr_assert_eq(hs_e2e_shares_sum(&shares), (uint64_t)all);
    cr_assert_eq(shares.in[HS_E2E_STALE_BY_POOL], 128u);
    cr_assert_eq(shares.in[HS_E2E_REJECTED], 256u);
    cr_assert_eq(shares.in[HS_E2E_LOST], 512u + 1024u);
    cr_assert_eq(hs_e2e_shares_open(&shares), 512u + 1024u + 4u + 8u + 16u);
    hs_e2e_shares_add(&shares, m);
    cr_assert_eq(shares.submitted, 2 * (uint64_t)all);
    cr_assert_eq(hs_e2e_shares_sum(&shares), shares.submitted);
    json_t *const json = hs_e2e_shares_json(&shares);
    cr_assert_eq(sum_of(json), 2 * all);
    json_decref(json);
    json_decref(m);
    hs_e2e_shares_free(&shares);
}

Test(e2e_result, each_promise_that_is_broken_is_said)
{
    memset(&options, 0, sizeof options);
    breaks(MINER, NULL, "duplicates", 1, "rejected as duplicates");
    breaks(MINER, NULL, "unanswered", 3, "3 shares of compliant miners were never answered");
    breaks(MINER, NULL, "cut_off", 1, "were cut off");
    breaks(MINER, "stale", "odd", 1,
           "were told of 25 stale shares, and pools and proxy know of 24");
    breaks(MINER, NULL, "server_faults", 1, "break a rule");
    breaks(MINER, NULL, "submitted", -124, "no compliant miner");
    breaks(MINER, NULL, "submitted", 1, "have submitted 125 shares, and the columns have 124");
    breaks(MINER, NULL, "closed", 1, "closed a miner's channel");
    breaks(MINER, "stale", "needless", 1, "the two pools had one tip");
    breaks(MINER, "rejected", "difficulty-too-low", 2, "2 shares of compliant miners");
    breaks(MINER, "rejected", "invalid-job-id", 1, "rejected as invalid-job-id");
    breaks(MINER, "rejected", "bad-extranonce-size", 1, "rejected as bad-extranonce-size");
    breaks(MINER, "rejected", "upstream-lost", 1, "1 shares of compliant miners were lost");
    breaks(POOL, "rejected", "difficulty-too-low", 1, "pool_a rejected 1 shares");
    breaks(POOL, NULL, "duplicates", 1, "pool_a rejected 1 shares as duplicates");
    breaks(POOL, NULL, "stale_known", 1, "1 stale shares after others on a newer tip");
    breaks(POOL, NULL, "received", 1, "has received 63 shares, and its columns have 62");
    breaks(POOL, NULL, "duplicates", 30, "have received 134 shares, and miners submitted 124");
    breaks(POOL, NULL, "protocol_errors", 1, "break a rule");
    breaks(POOL, NULL, "accepted", -1, "have credited 99");
    breaks(POOL, NULL, "accepted", 1, "have credited 101 shares, and miners were told of 100");
    breaks(PROXY, "moves", "failed", 1, "1 moves failed, and 0 miners ignore");
    breaks(PROXY, NULL, "guard_violations", 1, "violations of the contract");
    breaks(PROXY, NULL, "protocol_errors", 1, "the proxy counts 1 messages");
}

Test(e2e_result, what_a_run_allows_is_no_breach)
{
    memset(&options, 0, sizeof options);
    passes(POOL, NULL, "stale", 3);
    passes(POOL, NULL, "stale_ms_most", 60000);
    not_forwarded = 3;
    passes(POOL, NULL, "accepted", -3);
    breaks(POOL, NULL, "accepted", -4, "have credited 96");
    vouched = 2;
    passes(POOL, NULL, "accepted", -5);
    breaks(POOL, NULL, "accepted", -6, "have credited 94");
    vouched = 0;
    not_forwarded = 0;
    options.ignore_prefix = 2;
    passes(PROXY, "moves", "failed", 2);
    breaks(POOL, "rejected", "difficulty-too-low", 7, "pool_a rejected 7 shares");
    breaks(MINER, "rejected", "difficulty-too-low", 7, "difficulty-too-low");
    options.ignore_prefix = 0;
    options.fault_count = 1;
    memcpy(options.faults[0].name, "down", sizeof "down");
    passes(MINER, "rejected", "upstream-lost", 1);
    passes(MINER, "stale", "needless", 1);
    passes(PROXY, NULL, "protocol_errors", 1);
    memcpy(options.faults[0].name, "slow", sizeof "slow");
    breaks(MINER, "rejected", "upstream-lost", 1, "were lost");
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
