/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/farm/habits.h"

#include <string.h>

#include "abi/hmx_abi.h"

static const uint64_t FIRST_REST_NS = 600ull * HM_NS_PER_S;
static const uint64_t REST_FOR_AWAY = 100;
enum { LOOKED_AT = 1024 };

void hm_habits_init(hm_habits *h, const hm_memory *memory, uint32_t limit,
                    const unsigned char hash_key[16])
{
    *h = (hm_habits){.memory = memory};
    h->limit = limit < HM_HABITS_MIN   ? (uint32_t)HM_HABITS_MIN
               : limit > HM_HABITS_MAX ? (uint32_t)HM_HABITS_MAX
                                       : limit;
    hm_table_init(&h->index, memory, hash_key);
}

void hm_habits_free(hm_habits *h)
{
    if (h->memory != NULL) {
        hm_free(h->memory, h->rows, h->capacity, sizeof *h->rows, _Alignof(hm_habit));
        hm_table_free(&h->index);
    }
    h->rows = NULL;
    h->capacity = h->count = 0;
}

static hm_habit *find(const hm_habits *h, uint64_t who)
{
    const uint32_t at = hm_table_get(&h->index, who);
    return at == HM_TABLE_MISSING ? NULL : &h->rows[at];
}

const hm_habit *hm_habits_of(const hm_habits *h, uint64_t who)
{
    return find(h, who);
}

/* The last one takes the place of one that is forgotten. */
static void forget(hm_habits *h, hm_habit *habit)
{
    const uint32_t at = (uint32_t)(habit - h->rows);
    const uint32_t last = h->count - 1u;
    hm_table_remove(&h->index, habit->who);
    if (at != last) {
        *habit = h->rows[last];
        hm_table_set(&h->index, habit->who, at);
    }
    h->count--;
    if (h->count == 0) {
        hm_free(h->memory, h->rows, h->capacity, sizeof *h->rows, _Alignof(hm_habit));
        h->rows = NULL;
        h->capacity = 0;
    }
}

static int grow(hm_habits *h)
{
    uint32_t capacity = h->capacity == 0 ? 16u : h->capacity * 2u;
    capacity = capacity < h->limit ? capacity : h->limit;
    hm_habit *const rows = hm_alloc(h->memory, capacity, sizeof *rows, _Alignof(hm_habit));
    if (rows == NULL) {
        return -1;
    }
    if (h->count > 0) {
        memcpy(rows, h->rows, h->count * sizeof *rows);
    }
    hm_free(h->memory, h->rows, h->capacity, sizeof *rows, _Alignof(hm_habit));
    h->rows = rows;
    h->capacity = capacity;
    return 0;
}

/* Is less lost with a than with b? */
static int matters_less(const hm_habit *a, const hm_habit *b)
{
    const uint32_t worse_a = (uint32_t)a->drops + (a->deaf ? HM_HABIT_DROPS_MAX : 0u);
    const uint32_t worse_b = (uint32_t)b->drops + (b->deaf ? HM_HABIT_DROPS_MAX : 0u);
    return worse_a != worse_b ? worse_a < worse_b : a->moved_ns < b->moved_ns;
}

/* Forgets the one that matters least of some, if it matters no more than a new one. */
static void make_room(hm_habits *h)
{
    hm_habit *least = NULL;
    for (uint32_t i = 0; i < LOOKED_AT && i < h->count; i++) {
        hm_habit *const here = &h->rows[(h->hand + i) % h->count];
        least = least == NULL || matters_less(here, least) ? here : least;
    }
    h->hand = h->count > 0 ? (h->hand + LOOKED_AT) % h->count : 0;
    if (least != NULL && least->drops <= 1u && !least->deaf) {
        forget(h, least);
    }
}

/* The row of a peer; NULL when it has none and none can be had. */
static hm_habit *row_of(hm_habits *h, uint64_t who)
{
    hm_habit *const known = find(h, who);
    if (known != NULL) {
        return known;
    }
    if (h->count == h->limit) {
        make_room(h);
    }
    if (h->count == h->limit || (h->count == h->capacity && grow(h) != 0) ||
        hm_table_put(&h->index, who, h->count) != 0) {
        return NULL;
    }
    h->rows[h->count] = (hm_habit){.who = who, .to = HMX_NONE};
    return &h->rows[h->count++];
}

static void rest(hm_habit *habit)
{
    const uint64_t most_ns = habit->away_ns < HM_HABIT_REST_NS / REST_FOR_AWAY
                                 ? habit->away_ns * REST_FOR_AWAY
                                 : HM_HABIT_REST_NS;
    uint64_t rest_ns = FIRST_REST_NS;
    for (uint32_t i = 1; i < habit->drops && rest_ns < most_ns; i++) {
        rest_ns *= 2u;
    }
    rest_ns = rest_ns < most_ns || most_ns < FIRST_REST_NS ? rest_ns : most_ns;
    habit->until_ns = habit->moved_ns + rest_ns;
}

void hm_habits_survived(hm_habits *h, uint64_t who)
{
    hm_habit *const habit = find(h, who);
    if (habit == NULL) {
        return;
    }
    habit->drops = (uint8_t)(habit->drops > 0 ? habit->drops - 1u : 0u);
    if (habit->drops == 0 && !habit->deaf) {
        forget(h, habit);
    }
}

void hm_habits_closed(hm_habits *h, uint64_t who, uint64_t moved_ns, uint32_t to, uint64_t now_ns,
                      uint64_t dwell_ns)
{
    const uint64_t ago_ns = now_ns - moved_ns;
    if (ago_ns > HM_HABIT_DROP_NS) {
        hm_habits_survived(h, who);
    }
    hm_habit *const habit = ago_ns <= HM_HABIT_DROP_NS || ago_ns < dwell_ns ? row_of(h, who) : NULL;
    if (habit == NULL) {
        return;
    }
    habit->moved_ns = moved_ns;
    habit->left_ns = now_ns;
    habit->to = HMX_NONE;
    if (ago_ns <= HM_HABIT_DROP_NS) {
        habit->drops =
            (uint8_t)(habit->drops < HM_HABIT_DROPS_MAX ? habit->drops + 1u : HM_HABIT_DROPS_MAX);
        habit->to = to;
        rest(habit);
    }
}

void hm_habits_obeys(hm_habits *h, uint64_t who, int obeys)
{
    hm_habit *const habit = obeys ? find(h, who) : row_of(h, who);
    if (habit == NULL) {
        return;
    }
    habit->deaf = obeys ? 0 : 1;
    if (obeys && habit->drops == 0) {
        forget(h, habit);
    }
}

uint32_t hm_habits_returned(hm_habits *h, uint64_t who, uint64_t now_ns)
{
    hm_habit *const habit = find(h, who);
    if (habit == NULL || habit->to == HMX_NONE) {
        return HMX_NONE;
    }
    habit->away_ns = now_ns - habit->left_ns;
    rest(habit);
    const uint32_t to = habit->away_ns <= HM_HABIT_RETURN_NS ? habit->to : HMX_NONE;
    habit->to = HMX_NONE;
    return to;
}

int hm_habits_recall(hm_habits *h, const hm_habit *habit)
{
    if (find(h, habit->who) != NULL) {
        return 0;
    }
    hm_habit *const row = row_of(h, habit->who);
    if (row == NULL) {
        return h->count == h->limit ? 0 : -1;
    }
    *row = *habit;
    row->moved_ns = row->left_ns = 0;
    row->to = HMX_NONE;
    return 0;
}
