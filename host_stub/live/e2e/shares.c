/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/e2e/shares.h"

#include <stdio.h>
#include <string.h>

#include "host_stub/base/json.h"

typedef struct column {
    const char *member; /* of the result */
    const char *words;
} column;

static const column COLUMNS[HS_E2E_COLUMNS] = {
    [HS_E2E_ACCEPTED] = {"accepted", "accepted"},
    [HS_E2E_STALE_BY_TIP] = {"stale_by_tip", "stale by tip"},
    [HS_E2E_STALE_BY_MOVE] = {"stale_by_move", "stale by move"},
    [HS_E2E_STALE_BY_POOL] = {"stale_by_pool", "stale by pool"},
    [HS_E2E_DUPLICATE] = {"duplicates", "duplicates"},
    [HS_E2E_REJECTED] = {"rejected", "rejected"},
    [HS_E2E_LOST] = {"lost", "lost"},
    [HS_E2E_CUT_OFF] = {"cut_off", "cut off"},
    [HS_E2E_CLOSED] = {"closed", "closed"},
    [HS_E2E_UNANSWERED] = {"unanswered", "unanswered"},
};

/* Answers of the proxy about shares whose pool never answered. */
static const char *const LOST_CODES[] = {"upstream-lost", "upstream-too-slow"};
enum { LOST_CODE_COUNT = sizeof LOST_CODES / sizeof LOST_CODES[0] };

int hs_e2e_shares_start(hs_e2e_shares *shares)
{
    memset(shares, 0, sizeof *shares);
    shares->reasons = json_object();
    return shares->reasons != NULL ? 0 : -1;
}

void hs_e2e_shares_free(hs_e2e_shares *shares)
{
    json_decref(shares->reasons);
    memset(shares, 0, sizeof *shares);
}

uint64_t hs_e2e_number(const json_t *object, const char *name)
{
    const json_int_t value = json_integer_value(json_object_get(object, name));
    return value > 0 ? (uint64_t)value : 0;
}

uint64_t hs_e2e_reasons_add(json_t *total, const json_t *more)
{
    json_t *const from = (json_t *)more;
    uint64_t sum = 0;
    for (void *it = json_object_iter(from); it != NULL; it = json_object_iter_next(from, it)) {
        const char *const key = json_object_iter_key(it);
        const uint64_t count = hs_e2e_number(more, key);
        sum += count;
        hs_json_count(total, key, hs_e2e_number(total, key) + count);
    }
    return sum;
}

/* Takes those out that only say that there is no verdict. Returns how many. */
static uint64_t take_lost(json_t *reasons)
{
    uint64_t count = 0;
    for (int i = 0; i < LOST_CODE_COUNT; i++) {
        count += hs_e2e_number(reasons, LOST_CODES[i]);
        (void)json_object_del(reasons, LOST_CODES[i]);
    }
    return count;
}

void hs_e2e_shares_add(hs_e2e_shares *shares, const json_t *counts)
{
    const json_t *const stale = json_object_get(counts, "stale");
    uint64_t *const in = shares->in;
    const uint64_t refused =
        hs_e2e_reasons_add(shares->reasons, json_object_get(counts, "rejected"));
    const uint64_t lost = take_lost(shares->reasons);
    shares->submitted += hs_e2e_number(counts, "submitted");
    shares->needless += hs_e2e_number(stale, "needless");
    in[HS_E2E_ACCEPTED] += hs_e2e_number(counts, "accepted");
    in[HS_E2E_STALE_BY_TIP] += hs_e2e_number(stale, "tip");
    in[HS_E2E_STALE_BY_MOVE] += hs_e2e_number(stale, "move");
    in[HS_E2E_STALE_BY_POOL] += hs_e2e_number(stale, "odd");
    in[HS_E2E_DUPLICATE] += hs_e2e_number(counts, "duplicates");
    in[HS_E2E_REJECTED] += refused - lost;
    in[HS_E2E_LOST] += lost;
    in[HS_E2E_CUT_OFF] += hs_e2e_number(counts, "cut_off");
    in[HS_E2E_CLOSED] += hs_e2e_number(counts, "closed");
    in[HS_E2E_UNANSWERED] += hs_e2e_number(counts, "unanswered");
}

uint64_t hs_e2e_shares_sum(const hs_e2e_shares *shares)
{
    uint64_t sum = 0;
    for (int i = 0; i < HS_E2E_COLUMNS; i++) {
        sum += shares->in[i];
    }
    return sum;
}

uint64_t hs_e2e_shares_open(const hs_e2e_shares *shares)
{
    return shares->in[HS_E2E_LOST] + shares->in[HS_E2E_CUT_OFF] + shares->in[HS_E2E_CLOSED] +
           shares->in[HS_E2E_UNANSWERED];
}

json_t *hs_e2e_shares_json(const hs_e2e_shares *shares)
{
    json_t *const object = json_object();
    hs_json_count(object, "submitted", shares->submitted);
    for (int i = 0; i < HS_E2E_COLUMNS; i++) {
        if (i == HS_E2E_REJECTED) {
            (void)json_object_set(object, COLUMNS[i].member, shares->reasons);
        } else {
            hs_json_count(object, COLUMNS[i].member, shares->in[i]);
        }
    }
    return object;
}

const char *hs_e2e_reasons_text(json_t *reasons, char *to, size_t capacity)
{
    size_t len = 0;
    (void)snprintf(to, capacity, "-");
    for (void *it = json_object_iter(reasons); it != NULL && len < capacity;
         it = json_object_iter_next(reasons, it)) {
        const int more = snprintf(to + len, capacity - len, "%s%s %lld", len > 0 ? ", " : "",
                                  json_object_iter_key(it),
                                  (long long)json_integer_value(json_object_iter_value(it)));
        len += more > 0 ? (size_t)more : 0;
    }
    return to;
}

void hs_e2e_shares_print(const hs_e2e_shares *shares, const char *title)
{
    char reasons[400];
    (void)printf("%s submitted %llu", title, (unsigned long long)shares->submitted);
    for (int i = 0; i < HS_E2E_COLUMNS; i++) {
        (void)printf("%s %s %llu",
                     i == 0                  ? " ="
                     : i == HS_E2E_DUPLICATE ? "\n    +"
                                             : " +",
                     COLUMNS[i].words, (unsigned long long)shares->in[i]);
    }
    (void)printf("\n");
    if (shares->in[HS_E2E_REJECTED] > 0) {
        (void)printf("    rejected: %s\n",
                     hs_e2e_reasons_text(shares->reasons, reasons, sizeof reasons));
    }
}
