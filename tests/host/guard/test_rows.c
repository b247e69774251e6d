/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * More ways to break the rules that have several: rows of the upstream table, and facts of
 * events. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>

#include "tests/host/guard/life.h"

/* ---- rows: a hook of the test gives a sound table, and one row is spoiled */

typedef struct spoiled_row {
    char what[32];
    void (*spoil)(hmx_upstream_info *row); /* of upstream 2 */
} spoiled_row;

static void number_zero(hmx_upstream_info *row)
{
    row->upstream = 0;
}

static void number_high(hmx_upstream_info *row)
{
    row->upstream = 65;
}

static void number_twice(hmx_upstream_info *row)
{
    row->upstream = 1;
}

static void id_empty(hmx_upstream_info *row)
{
    row->id[0] = '\0';
}

static void id_capital(hmx_upstream_info *row)
{
    row->id[0] = 'B';
}

static void id_endless(hmx_upstream_info *row)
{
    memset(row->id, 'b', sizeof row->id);
}

static void id_twice(hmx_upstream_info *row)
{
    row->id[0] = 'a';
}

static void address_empty(hmx_upstream_info *row)
{
    row->address[0] = '\0';
}

static void address_endless(hmx_upstream_info *row)
{
    memset(row->address, 'x', sizeof row->address);
}

static void port_high(hmx_upstream_info *row)
{
    row->port = 65536;
}

static void percentage_nan(hmx_upstream_info *row)
{
    row->percentage = NAN;
}

static void percentage_high(hmx_upstream_info *row)
{
    row->percentage = 100.5;
}

static void priority_twice(hmx_upstream_info *row)
{
    row->priority = 1;
}

static spoiled_row SPOILED[] = {
    {"number 0", number_zero},
    {"number 65", number_high},
    {"number twice", number_twice},
    {"id empty", id_empty},
    {"id with a capital", id_capital},
    {"id without end", id_endless},
    {"id twice", id_twice},
    {"address empty", address_empty},
    {"address without end", address_endless},
    {"port 65536", port_high},
    {"percentage NaN", percentage_nan},
    {"percentage 100.5", percentage_high},
    {"priority twice", priority_twice},
};
enum { SPOILED_COUNT = sizeof SPOILED / sizeof SPOILED[0] };

static void (*spoil_now)(hmx_upstream_info *row);

static hmx_status table(hmx_instance *self, hmx_upstream_table *out)
{
    (void)self;
    for (uint32_t i = 0; i < 3; i++) {
        hmx_upstream_info *const row = &out->rows[i];
        row->upstream = i + 1;
        row->priority = i + 1;
        row->port = 3333;
        row->id[0] = (char)('a' + i);
        row->address[0] = 'x';
    }
    if (spoil_now != NULL) {
        spoil_now(&out->rows[1]);
    }
    out->count = 3;
    return HMX_OK;
}

static void removed_priority_twice(hmx_upstream_info *row)
{
    row->priority = 1;
    row->flags = HMX_UPSTREAM_FLAG_REMOVED;
}

/* Reports about a table whose second row is so. */
static int reports_of(void (*spoil)(hmx_upstream_info *row), const char **text)
{
    static life l;
    cr_assert(life_load(&l, "good_mover") == 0, "not built");
    l.plugin.ops.upstreams = table;
    life_create(&l);
    spoil_now = spoil;
    cr_expect(life_table(&l) == HMX_OK, "refused");
    const int found = life_count(&l, HS_SIDE_PLUGIN, "upstream-row");
    cr_expect(found == l.note_count, "something else: %s",
              life_other(&l, HS_SIDE_PLUGIN, "upstream-row"));
    *text = l.notes[0].text;
    hs_guard_delete(l.guard);
    hs_loader_close(&l.plugin);
    return found;
}

Test(guard_rows, every_fault_of_a_row_is_found)
{
    const char *text = NULL;
    for (int i = 0; i < SPOILED_COUNT; i++) {
        cr_expect(reports_of(SPOILED[i].spoil, &text) == 1, "%s", SPOILED[i].what);
    }
    cr_expect(reports_of(NULL, &text) == 0, "a sound table: %s", text);
    cr_expect(reports_of(removed_priority_twice, &text) == 0, "a removed one's priority: %s", text);
}

/* A host that asks with too little room learns the count, and nothing is judged by half a table. */
Test(guard_rows, a_table_that_does_not_fit)
{
    static life l;
    cr_assert(life_load(&l, "good_mover") == 0, "not built");
    life_create(&l);
    hmx_upstream_table none = {.size = sizeof none};
    cr_expect(hs_guard_upstreams(l.guard, &none) == HMX_OK && none.count == 3, "%u", none.count);
    cr_expect(hs_guard_delete(l.guard) == 0, "%s", l.notes[0].text);
    hs_loader_close(&l.plugin);
}

/* ---- facts */

typedef void (*break_fact)(life *l);

static void fact_state(life *l)
{
    hmx_upstream_event e = life_upstream_event(l, 1, 5);
    (void)hs_guard_on_upstream(l->guard, &e);
}

static void fact_job(life *l)
{
    hmx_upstream_event e = life_upstream_event(l, 1, HMX_UPSTREAM_UP);
    e.has_job = 3;
    (void)hs_guard_on_upstream(l->guard, &e);
}

static void open_spoiled(life *l, hmx_channel_open *e)
{
    hmx_channel_decision out = {.size = sizeof out};
    (void)hs_guard_on_channel_open(l->guard, e, &out);
}

static void fact_kind(life *l)
{
    hmx_channel_open e = life_open_event(l, 5);
    e.kind = 3;
    open_spoiled(l, &e);
}

static void fact_honours(life *l)
{
    hmx_channel_open e = life_open_event(l, 5);
    e.honours_prefix = 3;
    open_spoiled(l, &e);
}

static void fact_standard_extranonce(life *l)
{
    hmx_channel_open e = life_open_event(l, 5);
    e.extranonce_size = 4;
    open_spoiled(l, &e);
}

static void fact_promise(life *l)
{
    hmx_channel_open e = life_open_event(l, 5);
    e.kind = HMX_CHANNEL_EXTENDED;
    e.min_extranonce_size = 5;
    e.extranonce_size = 4;
    open_spoiled(l, &e);
}

static void fact_prefix(life *l)
{
    hmx_channel_open e = life_open_event(l, 5);
    e.extranonce_prefix_len = 3; /* of which pool? */
    open_spoiled(l, &e);
}

static void fact_identity(life *l)
{
    hmx_channel_open e = life_open_event(l, 5);
    e.user_identity = (hmx_view){NULL, 3};
    open_spoiled(l, &e);
}

static void fact_update(life *l)
{
    const hmx_channel_update e = {.event = life_event(l, sizeof e),
                                  .channel = 1,
                                  .changed = HMX_FACT_NOMINAL_HASHRATE,
                                  .nominal_hashrate = -1};
    (void)hs_guard_on_channel_update(l->guard, &e);
}

static void fact_close(life *l)
{
    const hmx_channel_close e = {.event = life_event(l, sizeof e), .channel = 1, .reason = 5};
    (void)hs_guard_on_channel_close(l->guard, &e);
}

static void fact_verdict(life *l)
{
    (void)life_share(l, 1, 10);
}

static void fact_count(life *l)
{
    hmx_share e = life_share_event(l, 1, HMX_SHARE_SUBMITTED);
    e.count = 0;
    (void)hs_guard_on_share(l->guard, &e);
}

static void fact_work(life *l)
{
    hmx_share e = life_share_event(l, 1, HMX_SHARE_SUBMITTED);
    e.work = INFINITY;
    (void)hs_guard_on_share(l->guard, &e);
}

static void fact_drained(life *l)
{
    const hmx_reassign e = {.event = life_event(l, sizeof e),
                            .channel = 1,
                            .from = 1,
                            .to = 2,
                            .result = HMX_RESULT_DRAINED};
    (void)hs_guard_on_reassign(l->guard, &e);
}

static void fact_forced(life *l)
{
    const hmx_reassign e = {.event = life_event(l, sizeof e),
                            .channel = 1,
                            .from = 2, /* it works for 1 */
                            .to = 1,
                            .result = HMX_RESULT_FORCED};
    (void)hs_guard_on_reassign(l->guard, &e);
}

static void fact_closed(life *l)
{
    const hmx_reassign e = {
        .event = life_event(l, sizeof e), .channel = 99, .to = 1, .result = HMX_RESULT_FORCED};
    (void)hs_guard_on_reassign(l->guard, &e);
}

static void fact_long_prefix(life *l)
{
    const hmx_reassign e = {.event = life_event(l, sizeof e),
                            .channel = 1,
                            .from = 1,
                            .to = 2,
                            .result = HMX_RESULT_FORCED,
                            .extranonce_prefix_len = 33};
    (void)hs_guard_on_reassign(l->guard, &e);
}

static void fact_row_not_zeroed(life *l)
{
    hmx_decision row = {.size = sizeof row, .cookie = 1};
    hmx_decision_buf out = {.size = sizeof out, .stride = sizeof row, .capacity = 1, .rows = &row};
    const hmx_tick e = {.event = life_event(l, sizeof e)};
    (void)hs_guard_on_tick(l->guard, &e, &out);
}

static void fact_row_size(life *l)
{
    hmx_decision row = {.size = 8};
    hmx_decision_buf out = {.size = sizeof out, .stride = sizeof row, .capacity = 1, .rows = &row};
    const hmx_tick e = {.event = life_event(l, sizeof e)};
    cr_expect(hs_guard_on_tick(l->guard, &e, &out) == HMX_E_INVALID, "taken");
}

static void fact_answer_not_zeroed(life *l)
{
    const hmx_channel_open e = life_open_event(l, 5);
    hmx_channel_decision out = {.size = sizeof out, .upstream = 1};
    (void)hs_guard_on_channel_open(l->guard, &e, &out);
}

static const struct {
    const char *check;
    break_fact break_it;
} FACTS[] = {
    {"upstream-facts", fact_state},
    {"upstream-facts", fact_job},
    {"channel-facts", fact_kind},
    {"channel-facts", fact_honours},
    {"channel-facts", fact_standard_extranonce},
    {"channel-facts", fact_promise},
    {"channel-facts", fact_prefix},
    {"channel-facts", fact_identity},
    {"channel-facts", fact_update},
    {"channel-facts", fact_close},
    {"share-facts", fact_verdict},
    {"share-facts", fact_count},
    {"share-work", fact_work},
    {"reassign-place", fact_drained},
    {"reassign-place", fact_forced},
    {"unknown-channel", fact_closed},
    {"reassign-prefix", fact_long_prefix},
    {"buffer", fact_row_not_zeroed},
    {"buffer", fact_row_size},
    {"buffer", fact_answer_not_zeroed},
};
enum { FACT_COUNT = sizeof FACTS / sizeof FACTS[0] };

Test(guard_rows, every_impossible_fact_is_found)
{
    static life l;
    for (int i = 0; i < FACT_COUNT; i++) {
        cr_assert(life_load(&l, "good_mover") == 0, "not built");
        life_create(&l);
        life_begin(&l);
        FACTS[i].break_it(&l);
        /* What else a share of an impossible kind breaks is of no interest here. */
        cr_expect(life_count(&l, HS_SIDE_HOST, FACTS[i].check) == 1, "%d: %s", i, FACTS[i].check);
        cr_expect(hs_guard_violations(l.guard, HS_SIDE_PLUGIN) == 0, "%d: the plugin is blamed: %s",
                  i, l.notes[0].text);
        hs_guard_delete(l.guard);
        hs_loader_close(&l.plugin);
    }
}
