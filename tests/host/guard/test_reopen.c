/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Moves by reopening as the guard follows them: whom a decision may ask for, when the host may
 * close, and where the one that comes back has to be. The plugin is good_mover with hooks of the
 * test in place of its own. Its deaf channel works for upstream 1. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include "tests/host/guard/life.h"

enum { DEAF = LIFE_DEAF, HERE = 1, THERE = 2 };

static hmx_decision next_row;
static hmx_channel_decision next_answer;

static hmx_status tick(hmx_instance *self, const hmx_tick *event, hmx_decision_buf *out)
{
    (void)self, (void)event;
    out->rows[0] = next_row;
    out->count = 1;
    return HMX_OK;
}

static hmx_status answer(hmx_instance *self, const hmx_channel_open *event,
                         hmx_channel_decision *out)
{
    (void)self, (void)event;
    *out = next_answer;
    return HMX_OK;
}

static hmx_status on_close(hmx_instance *self, const hmx_channel_close *event)
{
    (void)self, (void)event;
    return HMX_OK;
}

static hmx_status on_reassign(hmx_instance *self, const hmx_reassign *event)
{
    (void)self, (void)event;
    return HMX_OK;
}

static void begin(life *l)
{
    cr_assert(life_load(l, "good_mover") == 0, "not built");
    life_create(l);
    life_begin(l);
    life_open(l, DEAF);
    cr_assert(l->upstream[DEAF] == HERE && l->note_count == 0, "%s", l->notes[0].text);
    l->plugin.ops.on_tick = tick;
    l->plugin.ops.on_channel_close = on_close;
    l->plugin.ops.on_reassign = on_reassign;
}

static void end(life *l)
{
    hs_guard_delete(l->guard);
    hs_loader_close(&l->plugin);
}

/* Has the plugin ask for the channel to be reopened on the other upstream. */
static hmx_decision ask(life *l, uint64_t channel, uint64_t number)
{
    next_row = (hmx_decision){.size = sizeof next_row,
                              .kind = HMX_DECISION_MOVE,
                              .decision = number,
                              .channel = channel,
                              .cookie = l->cookies[channel],
                              .from = l->upstream[channel],
                              .to = l->upstream[channel] == HERE ? THERE : HERE,
                              .style = HMX_STYLE_REOPEN,
                              .reason = HMX_REASON_EVACUATION,
                              .valid_until_ns = l->now_ns + 120000000000u};
    l->no_answer = 1;
    (void)life_tick(l);
    return next_row;
}

/* A peer opens, and the plugin answers so. */
static void comes(life *l, hmx_channel_open e, uint32_t action, uint32_t upstream)
{
    const uint32_t full = upstream == HERE ? 11 : 10;
    next_answer = (hmx_channel_decision){.size = sizeof next_answer,
                                         .action = action,
                                         .upstream = upstream,
                                         .cookie = 4711 + e.channel};
    if (action == HMX_ACTION_ASSIGN) {
        next_answer.extranonce_prefix_len = full - e.extranonce_size;
        memcpy(next_answer.extranonce_prefix, (uint8_t[]){0xaa, (uint8_t)upstream, 0x77}, 3);
        next_answer.extranonce_prefix[3] = (uint8_t)e.channel;
    }
    l->plugin.ops.on_channel_open = answer;
    hmx_channel_decision out = {.size = sizeof out};
    cr_assert(hs_guard_on_channel_open(l->guard, &e, &out) == HMX_OK, "not opened");
}

/* ---- whom it may be asked for ---- */

typedef struct asked {
    char what[32];
    uint64_t channel;
    uint32_t kind;
    uint32_t to;
    uint64_t caps;
    int legal;
} asked;

ParameterizedTestParameters(guard_reopen, whom)
{
    static asked rows[] = {
        {"deaf", DEAF, HMX_DECISION_MOVE, THERE, HMX_CAP_KNOWN, 1},
        {"obeys", 2, HMX_DECISION_MOVE, THERE, HMX_CAP_KNOWN, 0},
        {"deaf but standard", 5, HMX_DECISION_MOVE, THERE, HMX_CAP_KNOWN, 0},
        {"no move", DEAF, HMX_DECISION_PREFIX, HERE, HMX_CAP_KNOWN, 0},
        {"a host that cannot", DEAF, HMX_DECISION_MOVE, THERE, HMX_CAP_KNOWN & ~HMX_CAP_REOPEN, 0},
    };
    return cr_make_param_array(asked, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(asked *row, guard_reopen, whom)
{
    static life l;
    cr_assert(life_load(&l, "good_mover") == 0, "not built");
    l.options.caps = row->caps;
    life_create(&l);
    life_begin(&l);
    life_open(&l, DEAF);
    hmx_channel_open standard = life_open_event(&l, 5);
    hmx_channel_decision out = {.size = sizeof out};
    standard.honours_prefix = HMX_NO;
    cr_assert(hs_guard_on_channel_open(l.guard, &standard, &out) == HMX_OK, "not opened");
    l.cookies[5] = out.cookie;
    l.plugin.ops.on_tick = tick;
    next_row = (hmx_decision){.size = sizeof next_row,
                              .kind = row->kind,
                              .decision = 1,
                              .channel = row->channel,
                              .cookie = l.cookies[row->channel],
                              .from = HERE,
                              .to = row->to,
                              .style = HMX_STYLE_REOPEN,
                              .valid_until_ns = l.now_ns + 60000000000u};
    l.no_answer = 1;
    (void)life_tick(&l);
    cr_expect(life_count(&l, HS_SIDE_PLUGIN, "decision-style") == !row->legal, "%s: %d reports",
              row->what, life_count(&l, HS_SIDE_PLUGIN, "decision-style"));
    cr_expect(l.note_count == !row->legal, "%s: %s", row->what, l.notes[0].text);
    end(&l);
}

Test(guard_reopen, there_is_no_style_beyond_it)
{
    static life l;
    begin(&l);
    (void)ask(&l, DEAF, 1);
    cr_assert(l.note_count == 0, "%s", l.notes[0].text);
    (void)life_close(&l, DEAF);
    life_open(&l, 6);
    (void)ask(&l, 1, 2);
    cr_expect(life_count(&l, HS_SIDE_PLUGIN, "decision-style") == 1, "not reported");
    next_row.channel = 6;
    next_row.cookie = l.cookies[6];
    next_row.style = HMX_STYLE_REOPEN + 1;
    next_row.decision = 3;
    (void)life_tick(&l);
    cr_expect(life_count(&l, HS_SIDE_PLUGIN, "decision-style") == 2, "not reported");
    end(&l);
}

/* ---- what the host does ---- */

Test(guard_reopen, it_is_not_applied_by_an_answer)
{
    static life l;
    begin(&l);
    hmx_decision d = ask(&l, DEAF, 1);
    cr_expect(life_reassign(&l, &d, HMX_RESULT_REFUSED) == HMX_OK, "refused");
    cr_expect(l.note_count == 0, "a host need not close: %s", l.notes[0].text);
    d = ask(&l, DEAF, 2);
    (void)life_reassign(&l, &d, HMX_RESULT_APPLIED);
    cr_expect(life_count(&l, HS_SIDE_HOST, "reassign-result") == 1, "not reported");
    cr_expect(l.note_count == 1, "%s", l.notes[1].text);
    end(&l);
}

Test(guard_reopen, the_close_is_legal_as_long_as_the_decision_is_pending)
{
    for (int late = 0; late < 2; late++) {
        static life l;
        begin(&l);
        const hmx_decision d = ask(&l, DEAF, 1);
        l.now_ns = d.valid_until_ns - 1000000000u + (uint64_t)late;
        (void)life_close_for(&l, DEAF, HMX_CLOSE_REOPEN);
        cr_expect(life_count(&l, HS_SIDE_HOST, "reopen-not-pending") == late, "late %d", late);
        cr_expect(l.note_count == late, "%s", l.notes[0].text);
        end(&l);
    }
}

Test(guard_reopen, the_host_that_moved_it_itself_has_made_the_decision_void)
{
    static life l;
    begin(&l);
    (void)ask(&l, DEAF, 1);
    const hmx_reassign forced = {.event = life_event(&l, sizeof forced),
                                 .channel = DEAF,
                                 .cookie = l.cookies[DEAF],
                                 .from = HERE,
                                 .result = HMX_RESULT_FORCED};
    cr_assert(hs_guard_on_reassign(l.guard, &forced) == HMX_OK && l.note_count == 0, "%s",
              l.notes[0].text);
    (void)life_close_for(&l, DEAF, HMX_CLOSE_REOPEN);
    cr_expect(life_count(&l, HS_SIDE_HOST, "reopen-not-pending") == 1, "not reported");
    end(&l);
}

/* ---- who comes back ---- */

typedef struct coming {
    char what[40];
    void (*before)(life *l, hmx_channel_open *e); /* between the close and the opening */
    uint32_t action;
    uint32_t upstream;
    int blamed;
} coming;

static void nothing(life *l, hmx_channel_open *e)
{
    (void)l, (void)e;
}

static void pool_went_down(life *l, hmx_channel_open *e)
{
    (void)life_upstream(l, THERE, HMX_UPSTREAM_DOWN);
    (void)life_upstream(l, THERE, HMX_UPSTREAM_UP);
    e->event = life_event(l, sizeof *e);
}

static void pool_refused(life *l, hmx_channel_open *e)
{
    l->upstream[1] = THERE;
    (void)life_share(l, 1, HMX_SHARE_SUBMITTED);
    (void)life_share(l, 1, HMX_SHARE_REJECTED_OTHER);
    e->event = life_event(l, sizeof *e);
}

static void pool_swallows(life *l, hmx_channel_open *e)
{
    l->upstream[1] = THERE;
    (void)life_share(l, 1, HMX_SHARE_SUBMITTED);
    e->event = life_event(l, sizeof *e);
}

static void pool_accepted(life *l, hmx_channel_open *e)
{
    l->upstream[1] = THERE;
    (void)life_share(l, 1, HMX_SHARE_SUBMITTED);
    (void)life_share(l, 1, HMX_SHARE_SUBMITTED);
    (void)life_share(l, 1, HMX_SHARE_ACCEPTED);
    e->event = life_event(l, sizeof *e);
}

static void too_late(life *l, hmx_channel_open *e)
{
    l->now_ns = next_row.valid_until_ns;
    e->event = life_event(l, sizeof *e);
}

static void in_time(life *l, hmx_channel_open *e)
{
    l->now_ns = next_row.valid_until_ns - 1000000000u;
    e->event = life_event(l, sizeof *e);
}

static void somebody_else(life *l, hmx_channel_open *e)
{
    (void)l;
    e->hardware = (hmx_view){"another", 7};
}

static void may_not(life *l, hmx_channel_open *e)
{
    (void)l;
    e->upstreams_allowed = 1;
}

static void wants_harder_shares(life *l, hmx_channel_open *e)
{
    hmx_upstream_event up = life_upstream_event(l, THERE, HMX_UPSTREAM_UP);
    up.target[30] = 2;
    (void)hs_guard_on_upstream(l->guard, &up);
    e->event = life_event(l, sizeof *e);
    memset(e->max_target, 0xff, 31);
    e->max_target[30] = 1;
}

static void hardly_any_room(life *l, hmx_channel_open *e)
{
    (void)l;
    e->extranonce_size = e->min_extranonce_size = 5;
}

static void works_already(life *l, hmx_channel_open *e)
{
    (void)l;
    e->current_upstream = HERE;
}

static hmx_status table_without(hmx_instance *self, hmx_upstream_table *out)
{
    (void)self;
    out->count = 2;
    for (uint32_t i = 0; i < 2; i++) {
        out->rows[i].upstream = i + 1;
        out->rows[i].id[0] = (char)('a' + i);
        out->rows[i].address[0] = 'x';
        out->rows[i].port = 1;
        out->rows[i].priority = i + 1;
        out->rows[i].flags = i + 1 == THERE ? 0 : HMX_UPSTREAM_FLAG_ENABLED;
    }
    return HMX_OK;
}

static void switched_off(life *l, hmx_channel_open *e)
{
    (void)e;
    l->plugin.ops.upstreams = table_without;
}

static const coming COMING[] = {
    {"there", nothing, HMX_ACTION_ASSIGN, THERE, 0},
    {"elsewhere", nothing, HMX_ACTION_ASSIGN, HERE, 1},
    {"nowhere", nothing, HMX_ACTION_PASS, HMX_NONE, 1},
    {"the pool was down", pool_went_down, HMX_ACTION_ASSIGN, HERE, 0},
    {"the pool refused a share", pool_refused, HMX_ACTION_ASSIGN, HERE, 0},
    {"the pool swallows shares", pool_swallows, HMX_ACTION_ASSIGN, HERE, 0},
    {"the pool accepts", pool_accepted, HMX_ACTION_ASSIGN, HERE, 1},
    {"too late", too_late, HMX_ACTION_ASSIGN, HERE, 0},
    {"at the last moment", in_time, HMX_ACTION_ASSIGN, HERE, 1},
    {"somebody else", somebody_else, HMX_ACTION_ASSIGN, HERE, 0},
    {"may not be there", may_not, HMX_ACTION_ASSIGN, HERE, 0},
    {"wants harder shares", wants_harder_shares, HMX_ACTION_ASSIGN, HERE, 0},
    {"hardly any room", hardly_any_room, HMX_ACTION_ASSIGN, HERE, 0},
    {"works already", works_already, HMX_ACTION_PASS, HMX_NONE, 0},
    {"switched off", switched_off, HMX_ACTION_ASSIGN, HERE, 0},
};
enum { COMING_COUNT = sizeof COMING / sizeof COMING[0] };

ParameterizedTestParameters(guard_reopen, who_comes_back)
{
    static size_t rows[COMING_COUNT];
    for (size_t i = 0; i < COMING_COUNT; i++) {
        rows[i] = i;
    }
    return cr_make_param_array(size_t, rows, COMING_COUNT);
}

ParameterizedTest(size_t *index, guard_reopen, who_comes_back)
{
    const coming *const row = &COMING[*index];
    static life l;
    begin(&l);
    (void)ask(&l, DEAF, 1);
    (void)life_close_for(&l, DEAF, HMX_CLOSE_REOPEN);
    hmx_channel_open e = life_open_event(&l, LIFE_RETURNING);
    row->before(&l, &e);
    cr_assert(l.note_count == 0, "%s: %s", row->what, l.notes[0].text);
    comes(&l, e, row->action, row->upstream);
    cr_expect(life_count(&l, HS_SIDE_PLUGIN, "reopened-elsewhere") == row->blamed, "%s: %d reports",
              row->what, life_count(&l, HS_SIDE_PLUGIN, "reopened-elsewhere"));
    cr_expect(l.note_count == row->blamed, "%s: %s", row->what, l.notes[0].text);
    const int came = row->before != somebody_else && row->before != works_already;
    comes(&l, life_open_event(&l, 7), HMX_ACTION_ASSIGN, came ? HERE : THERE);
    cr_expect(l.note_count == row->blamed, "%s: %s", row->what, l.notes[row->blamed].text);
    end(&l);
}

Test(guard_reopen, a_plugin_that_only_watches_places_nobody)
{
    static life l;
    begin(&l);
    (void)ask(&l, DEAF, 1);
    (void)life_close_for(&l, DEAF, HMX_CLOSE_REOPEN);
    hmx_channel_open e = life_open_event(&l, LIFE_RETURNING);
    next_answer = (hmx_channel_decision){.size = sizeof next_answer, .reason = HMX_REASON_OBSERVE};
    l.plugin.ops.on_channel_open = answer;
    hmx_channel_decision out = {.size = sizeof out};
    cr_assert(hs_guard_on_channel_open(l.guard, &e, &out) == HMX_OK, "not opened");
    cr_expect(l.note_count == 0, "%s", l.notes[0].text);
    end(&l);
}

/* Two peers that look the same, one to go there and one to come here: the first decision is
 * answered by the first that comes. */
Test(guard_reopen, the_first_of_several)
{
    for (uint32_t swapped = 0; swapped < 2; swapped++) {
        static life l;
        begin(&l);
        hmx_channel_open e = life_open_event(&l, 5);
        e.kind = HMX_CHANNEL_EXTENDED;
        e.honours_prefix = HMX_NO;
        e.extranonce_size = e.min_extranonce_size = 4;
        comes(&l, e, HMX_ACTION_ASSIGN, THERE);
        l.cookies[5] = 4711 + 5;
        l.upstream[5] = THERE;
        (void)ask(&l, DEAF, 7);
        (void)ask(&l, 5, 9);
        (void)life_close_for(&l, 5, HMX_CLOSE_REOPEN);
        (void)life_close_for(&l, DEAF, HMX_CLOSE_REOPEN);
        cr_assert(l.note_count == 0, "%s", l.notes[0].text);
        comes(&l, life_open_event(&l, LIFE_RETURNING), HMX_ACTION_ASSIGN, swapped ? HERE : THERE);
        comes(&l, life_open_event(&l, 7), HMX_ACTION_ASSIGN, swapped ? THERE : HERE);
        cr_expect(life_count(&l, HS_SIDE_PLUGIN, "reopened-elsewhere") == 2 * (int)swapped,
                  "swapped %u: %d reports", swapped, l.note_count);
        cr_expect(l.note_count == 2 * (int)swapped, "%s", l.notes[0].text);
        end(&l);
    }
}
