/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/bench/keys.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/rng.h"
#include "host_stub/base/text.h"

enum { LINE_SIZE = 512, DECIMALS = 6 };

/* Keys that may only be given together, and one that must not be more than another. */
static const char *const GAINS[] = {"controller.kp", "controller.ki", "controller.kd"};
static const char HOLD[] = "failover.hold_down_secs";
static const char HOLD_MOST[] = "failover.hold_down_max_secs";

/* ---- what a key may be ---- */

static void add_value(hs_key *key, const char *value, size_t len)
{
    for (uint32_t i = 0; i < key->value_count; i++) {
        if (strlen(key->values[i]) == len && memcmp(key->values[i], value, len) == 0) {
            return;
        }
    }
    if (key->value_count < HS_KEY_VALUES && len < HS_KEY_VALUE_SIZE) {
        memcpy(key->values[key->value_count], value, len);
        key->values[key->value_count++][len] = '\0';
    }
}

static void add_number(hs_key *key, double value, int is_whole)
{
    char text[HS_KEY_VALUE_SIZE];
    hs_format_fixed(text, sizeof text, value, is_whole ? 0 : DECIMALS);
    size_t len = strlen(text);
    while (!is_whole && text[len - 1] == '0') {
        len--;
    }
    add_value(key, text, len - (text[len - 1] == '.'));
}

/* "auto, or 0..100 percentage points": the words, then the least, the greatest, the usual number
 * and two between, by their ratio, since a hundred times as long is a step, whatever it begins
 * with. */
static int add_range(hs_key *key, const char *allowed, const char *dots)
{
    char number[HS_KEY_VALUE_SIZE];
    const char *from = dots;
    double least = 0.0;
    double most = 0.0;
    double usual = 0.5; /* where a word is usual */
    while (from > allowed && strchr("0123456789.", from[-1]) != NULL) {
        from--;
    }
    (void)snprintf(number, sizeof number, "%.*s", (int)(dots - from), from);
    int rc = hs_parse_decimal(number, &least);
    (void)snprintf(number, sizeof number, "%.*s", (int)strspn(dots + 2, "0123456789."), dots + 2);
    rc = rc == 0 ? hs_parse_decimal(number, &most) : rc;
    (void)hs_parse_decimal(key->usual, &usual);
    const int is_whole = strstr(allowed, "a whole number") != NULL;
    const double low = least > 0.0 ? least : is_whole ? 1.0 : usual / 100.0;
    const double high = usual > 0.0 ? usual : low;
    if (from > allowed) {
        add_value(key, allowed, strcspn(allowed, ","));
    }
    add_number(key, least, is_whole);
    add_number(key, sqrt(low * high), is_whole);
    add_number(key, usual, is_whole);
    add_number(key, sqrt(high * most), is_whole);
    add_number(key, most, is_whole);
    return rc;
}

/* "off, deaf; default off": each word; of a boolean's only its two meanings. */
static void add_words(hs_key *key, const char *allowed)
{
    const int is_boolean = strncmp(allowed, "true, false,", 12) == 0;
    const char *at = allowed;
    while (*at != '\0' && *at != ';' && !(is_boolean && key->value_count == 2)) {
        const size_t len = strcspn(at, ",;");
        add_value(key, at, len);
        at += len + strspn(at + len, ", ");
    }
}

static int add_key(hs_keys *keys, const char *section, const char *line, const char *allowed,
                   char *why, size_t capacity)
{
    const char *const equals = strstr(line, " = ");
    const char *const dots = strstr(allowed, "..");
    if (keys->count == HS_KEYS_MAX) {
        return hs_refuse(why, capacity, "there are more than %d keys", (int)HS_KEYS_MAX);
    }
    hs_key *const key = &keys->keys[keys->count++];
    (void)snprintf(key->name, sizeof key->name, "%s.%.*s", section, (int)(equals - line), line);
    (void)snprintf(key->usual, sizeof key->usual, "%.23s", equals + 3);
    if (dots == NULL) {
        add_words(key, allowed);
    } else if (add_range(key, allowed, dots) != 0) {
        return hs_refuse(why, capacity, "%s: nothing can be made of '%s'", key->name, allowed);
    }
    return 0;
}

int hs_keys_read(hs_keys *keys, const char *text, char *why, size_t capacity)
{
    char section[HS_KEY_NAME_SIZE / 2] = "";
    char above[LINE_SIZE] = "";
    char line[LINE_SIZE];
    memset(keys, 0, sizeof *keys);
    while (*text != '\0') {
        const size_t len = strcspn(text, "\n");
        (void)snprintf(line, sizeof line, "%.*s", (int)(len < LINE_SIZE ? len : LINE_SIZE - 1),
                       text);
        text += len + (text[len] == '\n');
        const char *const key = line[0] == ';' ? line + 1 : line;
        if (line[0] == '[') {
            (void)snprintf(section, sizeof section, "%.*s", (int)strcspn(line + 1, "]"), line + 1);
        }
        const int is_swept = strcmp(section, "controller") == 0 || strcmp(section, "failover") == 0;
        if (is_swept && line[0] != '#' && strstr(key, " = ") != NULL &&
            add_key(keys, section, key, above, why, capacity) != 0) {
            return -1;
        }
        (void)snprintf(above, sizeof above, "%s", line[0] == '#' ? line + strspn(line, "# ") : "");
    }
    return keys->count > 1 ? 0 : hs_refuse(why, capacity, "it has no keys to sweep");
}

/* ---- the runs ---- */

static const hs_key *named(const hs_keys *keys, const char *name)
{
    for (uint32_t i = 0; i < keys->count; i++) {
        if (strcmp(keys->keys[i].name, name) == 0) {
            return &keys->keys[i];
        }
    }
    return NULL;
}

/* The value that the case gives a key; NULL = none. */
static const char *given(const hs_keys *keys, const hs_keys_case *c, const char *name)
{
    for (uint32_t i = 0; i < c->count; i++) {
        const hs_key *const key = &keys->keys[c->key[i]];
        if (strcmp(key->name, name) == 0) {
            return key->values[c->value[i]];
        }
    }
    return NULL;
}

static void put(hs_keys_plan *plan, uint32_t at, const char *name, const char *value)
{
    uint32_t *const count = &plan->set_count[at];
    (void)snprintf(plan->sets[at][*count], sizeof plan->sets[at][0], "%s=%s", name, value);
    plan->set_at[at][*count] = plan->sets[at][*count];
    (*count)++;
}

/* Gains are given together: the others are the usual ones. */
static void put_gains(hs_keys_plan *plan, uint32_t at)
{
    const hs_keys_case *const c = &plan->cases[at];
    int any = 0;
    for (size_t i = 0; i < sizeof GAINS / sizeof *GAINS; i++) {
        any |= given(plan->keys, c, GAINS[i]) != NULL;
    }
    for (size_t i = 0; i < sizeof GAINS / sizeof *GAINS && any; i++) {
        const hs_key *const key = named(plan->keys, GAINS[i]);
        if (key != NULL && given(plan->keys, c, GAINS[i]) == NULL) {
            put(plan, at, key->name, key->usual);
        }
    }
}

/* A first time that is longer than the longest: what was not chosen gives way. */
static void put_hold(hs_keys_plan *plan, uint32_t at)
{
    const hs_keys_case *const c = &plan->cases[at];
    const hs_key *const first = named(plan->keys, HOLD);
    const hs_key *const longest = named(plan->keys, HOLD_MOST);
    double first_secs = 0.0;
    double longest_secs = 0.0;
    if (first == NULL || longest == NULL) {
        return;
    }
    const char *const chosen = given(plan->keys, c, HOLD);
    const char *const limit = given(plan->keys, c, HOLD_MOST);
    (void)hs_parse_decimal(chosen != NULL ? chosen : first->usual, &first_secs);
    (void)hs_parse_decimal(limit != NULL ? limit : longest->usual, &longest_secs);
    if (first_secs > longest_secs) {
        put(plan, at, limit != NULL ? HOLD : HOLD_MOST, limit != NULL ? limit : chosen);
    }
}

/* The sets of a case, and of what must be given beside them. What comes later wins. */
static void put_sets(hs_keys_plan *plan, uint32_t at)
{
    const hs_keys_case *const c = &plan->cases[at];
    for (uint32_t i = 0; i < c->count; i++) {
        const hs_key *const key = &plan->keys->keys[c->key[i]];
        put(plan, at, key->name, key->values[c->value[i]]);
    }
    put_gains(plan, at);
    put_hold(plan, at);
}

static int is_meant(const hs_keys_how *how, const hs_key *key)
{
    int is = how->only_count == 0;
    for (size_t i = 0; i < how->only_count; i++) {
        is |= strstr(key->name, how->only[i]) != NULL;
    }
    return is;
}

/* The place of the n-th value of all keys that are meant. 0 when there are not so many. */
static int nth_value(const hs_keys_how *how, uint32_t n, hs_keys_case *c)
{
    for (uint32_t k = 0; k < how->keys->count; k++) {
        const hs_key *const key = &how->keys->keys[k];
        if (!is_meant(how, key)) {
            continue;
        }
        if (n < key->value_count) {
            *c = (hs_keys_case){.key = {k}, .value = {n}, .count = 1};
            return 1;
        }
        n -= key->value_count;
    }
    return 0;
}

/* Two different keys. */
static hs_keys_case draw_pair(const hs_keys *keys, hs_rng *rng)
{
    hs_keys_case c = {.count = 2};
    c.key[0] = hs_rng_below(rng, keys->count);
    c.key[1] = (c.key[0] + 1 + hs_rng_below(rng, keys->count - 1)) % keys->count;
    for (int i = 0; i < 2; i++) {
        c.value[i] = hs_rng_below(rng, keys->keys[c.key[i]].value_count);
    }
    return c;
}

static int allocate(hs_keys_plan *plan)
{
    const size_t cases = plan->case_count;
    const size_t jobs = cases * plan->farm_count;
    plan->job_count = (uint32_t)jobs;
    plan->cases = calloc(cases + 1, sizeof *plan->cases);
    plan->sets = calloc(cases + 1, sizeof *plan->sets);
    plan->set_at = calloc(cases + 1, sizeof *plan->set_at);
    plan->set_count = calloc(cases + 1, sizeof *plan->set_count);
    plan->jobs = calloc(jobs + 1, sizeof *plan->jobs);
    plan->runs = calloc(jobs + 1, sizeof *plan->runs);
    plan->lines = calloc(jobs + 1, sizeof *plan->lines);
    return plan->cases != NULL && plan->sets != NULL && plan->set_at != NULL &&
                   plan->set_count != NULL && plan->jobs != NULL && plan->runs != NULL &&
                   plan->lines != NULL
               ? 0
               : -1;
}

int hs_keys_plan_runs(hs_keys_plan *plan, const hs_keys_how *how)
{
    hs_rng rng;
    hs_keys_case c;
    uint32_t alone = 0;
    memset(plan, 0, sizeof *plan);
    plan->keys = how->keys;
    plan->farm_count = how->farm_count;
    memcpy(plan->farms, how->farms, how->farm_count * sizeof *how->farms);
    while (nth_value(how, alone, &c)) {
        alone++;
    }
    plan->case_count = alone + how->pairs;
    if (allocate(plan) != 0) {
        return -1;
    }
    hs_rng_init(&rng, how->seed, "pairs of keys", 0);
    for (uint32_t i = 0; i < plan->case_count; i++) {
        if (i >= alone) {
            plan->cases[i] = draw_pair(how->keys, &rng);
        } else {
            (void)nth_value(how, i, &plan->cases[i]);
        }
        put_sets(plan, i);
        for (uint32_t f = 0; f < how->farm_count; f++) {
            plan->jobs[i * how->farm_count + f] = (hs_bench_job){.scenario = how->farms[f].scenario,
                                                                 .policy = how->policy,
                                                                 .sets = plan->set_at[i],
                                                                 .set_count = plan->set_count[i],
                                                                 .seed = how->seed,
                                                                 .seconds = how->seconds,
                                                                 .want_series = 1};
        }
    }
    return 0;
}

void hs_keys_free(hs_keys_plan *plan)
{
    for (uint32_t i = 0; plan->runs != NULL && plan->lines != NULL && i < plan->job_count; i++) {
        hs_bench_run_free(&plan->runs[i]);
        free(plan->lines[i]);
    }
    free(plan->cases);
    free(plan->sets);
    free(plan->set_at);
    free(plan->set_count);
    free(plan->jobs);
    free(plan->runs);
    free(plan->lines);
    memset(plan, 0, sizeof *plan);
}
