/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The audit: a line for each placement, decision and outcome. The guard refuses what is no JSON;
 * tests/cli/audit.sh compares with the schema. */
#include <jansson.h>

#include "tests/integration/harness_farm.h"

#define EVEN IT_POOL("a", "50", "1") IT_POOL("b", "50", "2")

static it_host H;

/* Calls `each` with every line; returns how many have this member of this value. */
static uint32_t count(const char *event, const char *name, const char *value)
{
    uint32_t found = 0;
    for (const char *at = H.audit; *at != '\0'; at = strchr(at, '\n') + 1) {
        json_error_t error;
        json_t *const line = json_loadb(at, strcspn(at, "\n"), 0, &error);
        cr_assert_not_null(line, "%s", error.text);
        const char *const is = json_string_value(json_object_get(line, name));
        found += strcmp(json_string_value(json_object_get(line, "event")), event) == 0 &&
                 (value == NULL || (is != NULL && strcmp(is, value) == 0));
        json_decref(line);
    }
    return found;
}

/* The last line, as JSON; to be given back. */
static json_t *last(void)
{
    size_t begin = H.audit_len - 1;
    while (begin > 0 && H.audit[begin - 1] != '\n') {
        begin--;
    }
    json_t *const line = json_loadb(H.audit + begin, H.audit_len - 1 - begin, 0, NULL);
    cr_assert_not_null(line);
    return line;
}

static void forget(void)
{
    H.audit_len = 0;
    H.audit[0] = '\0';
}

static double number(const json_t *line, const char *object, const char *name)
{
    const json_t *const in = object != NULL ? json_object_get(line, object) : line;
    const json_t *const value = json_object_get(in, name);
    cr_assert(json_is_number(value), "%s.%s", object != NULL ? object : "", name);
    return json_number_value(value);
}

/* All on a; the targets are even. */
static void lopsided(const char *config)
{
    it_open(&H, config);
    it_all_up(&H, 2);
    it_channels(&H, 40, 1000);
    for (uint32_t i = 0; i < 40; i++) {
        cr_assert_eq(it_force(&H, i, IT_A), HMX_OK);
    }
    cr_assert_eq(count("placement", "reason", "arrival"), 40);
    cr_assert_eq(count("outcome", "result", "forced"), 40);
    forget();
}

/* Until there are decisions. */
static void decide(void)
{
    for (uint32_t i = 0; i < 100 && it_tick(&H) == 0; i++) {
        it_advance(&H, 5);
        it_mine(&H, 5);
    }
    cr_assert_gt(H.decision_count, 0);
}

Test(audit, a_decision_tells_what_caused_it)
{
    lopsided(EVEN);
    decide();
    cr_assert_eq(count("decision", "reason", "balance"), H.decision_count);
    const hmx_decision *const d = &H.decisions[H.decision_count - 1];
    json_t *const line = last();
    cr_assert_eq(number(line, NULL, "decision"), (double)d->decision);
    cr_assert_eq(number(line, NULL, "channel"), (double)d->channel);
    cr_assert_eq(number(line, "from", "upstream"), IT_A);
    cr_assert_eq(number(line, "to", "upstream"), IT_B);
    cr_assert_str_eq(json_string_value(json_object_get(json_object_get(line, "to"), "id")), "b");
    cr_assert_float_eq(number(line, NULL, "hashrate_hs") / d->expected_hashrate, 1.0, 1e-6);
    cr_assert_float_eq(number(line, "to", "target_pct"), 50.0, 1e-6);
    cr_assert_float_eq(number(line, "from", "actual_pct"), 100.0, 1e-6);
    cr_assert_gt(number(line, "to", "owed_work"), 0.0);
    cr_assert_gt(number(line, "to", "command_pct"), 50.0, "it was short-changed");
    cr_assert_gt(number(line, NULL, "deviation_points"), number(line, NULL, "deadband_points"));
    cr_assert_float_eq(number(line, NULL, "gained_points"),
                       number(line, NULL, "deviation_points") - number(line, NULL, "left_points"),
                       1e-5);
    cr_assert_gt(number(line, NULL, "gained_points"), 10.0);
    cr_assert_float_eq(number(line, NULL, "unix_ms"), 1700000000000.0 + (double)H.now_ns / 1e6,
                       1.0);
    json_decref(line);
    it_close(&H);
}

Test(audit, each_end_of_a_decision_is_told)
{
    lopsided(EVEN);
    decide();
    const uint32_t asked = H.decision_count;
    cr_assert_gt(asked, 4);
    cr_assert_eq(it_answer(&H, &H.decisions[0], HMX_RESULT_APPLIED), HMX_OK);
    cr_assert_eq(it_answer(&H, &H.decisions[1], HMX_RESULT_REFUSED), HMX_OK);
    cr_assert_eq(it_answer(&H, &H.decisions[2], HMX_RESULT_FAILED), HMX_OK);
    it_close_channel(&H, (uint32_t)H.decisions[3].channel - 1);
    cr_assert_eq(count("outcome", NULL, NULL), 4);
    cr_assert_eq(count("outcome", "result", "applied"), 1);
    cr_assert_eq(count("outcome", "result", "refused"), 1);
    cr_assert_eq(count("outcome", "result", "failed"), 1);
    cr_assert_eq(count("outcome", "result", "void"), 1);
    const hmx_decision late = H.decisions[4];
    it_advance(&H, 20);
    it_tick(&H);
    cr_assert_eq(count("outcome", "result", "expired"), asked - 4);
    cr_assert_eq(it_answer(&H, &late, HMX_RESULT_APPLIED), HMX_OK);
    json_t *const line = last();
    cr_assert_eq(number(line, NULL, "decision"), (double)late.decision);
    cr_assert(json_is_true(json_object_get(line, "late")));
    cr_assert_eq(number(line, "to", "upstream"), IT_B);
    json_decref(line);
    it_close(&H);
}

/* Every decision that the host was told has one end, and none has two. */
Test(audit, the_sums_agree)
{
    lopsided(EVEN);
    it_run(&H, 200, 5, IT_APPLY);
    it_down(&H, IT_B);
    it_run(&H, 20, 5, IT_APPLY);
    const it_view v = it_snapshot(&H);
    cr_assert_eq(count("decision", NULL, NULL), v.s.decisions);
    cr_assert_eq(count("outcome", "result", "applied"), v.s.moves_applied);
    cr_assert_gt(count("decision", "reason", "evacuation"), 15);
    cr_assert_eq(count("outcome", NULL, NULL), v.s.decisions);
    it_close(&H);
}

Test(audit, what_is_withheld_says_so_and_has_no_end)
{
    lopsided("[controller]\nmode = live\n" EVEN);
    cr_assert_eq(H.tuning->set_mode(H.self, H.now_ns, HMX_MODE_OBSERVE, NULL), HMX_OK);
    it_run(&H, 200, 5, IT_APPLY);
    const uint32_t decisions = count("decision", NULL, NULL);
    cr_assert_eq(decisions, it_snapshot(&H).s.withheld);
    cr_assert_gt(decisions, 15);
    cr_assert_eq(count("outcome", NULL, NULL), 0);
    json_t *const line = last();
    cr_assert(json_is_true(json_object_get(line, "withheld")));
    cr_assert_float_eq(number(line, "to", "owed_work"), 0.0, 1e-9);
    json_decref(line);
    forget();
    it_channel_of(&H, 1000);
    json_t *const placement = last();
    cr_assert(json_is_true(json_object_get(placement, "withheld")));
    cr_assert_str_eq(json_string_value(json_object_get(placement, "reason")), "observe");
    cr_assert(json_is_object(json_object_get(placement, "to")), "where it would be");
    json_decref(placement);
    it_close(&H);
}

/* Whatever a miner calls itself, the line is one object of valid JSON: the guard looks. */
Test(audit, any_identity_is_valid_json)
{
    char identity[255];
    it_open(&H, EVEN);
    it_all_up(&H, 2);
    for (uint32_t round = 0; round < 64; round++) {
        for (uint32_t i = 0; i < sizeof identity; i++) {
            identity[i] =
                (char)(round < 4 ? "\x01\xff\"\\"[round] : (int)(i * (round + 7) + round));
        }
        hmx_channel_open e = it_channel_event(&H, 1000);
        e.user_identity = (hmx_view){identity, sizeof identity};
        it_channel_with(&H, &e);
    }
    cr_assert_eq(count("placement", NULL, NULL), 64);
    it_close(&H);
}
