/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What the guard hands to a plugin, hands back to the host, and remembers from one call to the
 * next. Where a plugin has to misbehave or to be looked into, a hook of the test stands in its
 * place. */
#include <criterion/criterion.h>

#include "host_stub/guard/state.h"
#include "tests/host/guard/life.h"

static void begin(life *l, const char *plugin)
{
    cr_assert(life_load(l, plugin) == 0, "not built");
}

static uint64_t finish(life *l)
{
    const uint64_t found = hs_guard_delete(l->guard);
    hs_loader_close(&l->plugin);
    return found;
}

/* ---- what the plugin gets */

static hmx_channel_close got_close;
static uint32_t got_size;
static unsigned char got_tail;

static hmx_status look_at_close(hmx_instance *self, const hmx_channel_close *event)
{
    (void)self;
    got_size = event->event.size;
    memcpy(&got_close, event, sizeof got_close);
    got_tail = *((const unsigned char *)event + got_size - 1);
    return HMX_OK;
}

Test(guard_follows, cookies_and_sizes_are_as_the_options_say)
{
    static life l;
    for (int odd = 0; odd < 2; odd++) {
        begin(&l, "good_mover");
        l.options.echo_zero_cookie = odd;
        l.options.extra_tail_bytes = odd ? 24 : 0;
        l.plugin.ops.on_channel_close = look_at_close;
        life_create(&l);
        life_begin(&l);
        cr_assert(life_close(&l, 1) == HMX_OK, "close refused");
        cr_expect(got_close.cookie == (odd ? 0 : l.cookies[1]) && l.cookies[1] != 0, "cookie %d",
                  (int)got_close.cookie);
        cr_expect(got_size == sizeof got_close + (odd ? 24 : 0), "size %u", got_size);
        cr_expect(!odd || got_tail != 0, "a tail of zeros shows nothing");
        cr_expect(got_close.channel == 1 && got_close.reason == HMX_CLOSE_PEER, "other facts");
        cr_expect(finish(&l) == 0, "%s", l.notes[0].text);
    }
}

/* ---- what it must not do, beyond what the fixtures show */

static hmx_status write_share(hmx_instance *self, const hmx_share *event)
{
    (void)self;
    ((hmx_share *)(uintptr_t)event)->count++;
    return HMX_OK;
}

Test(guard_follows, a_share_that_was_written_to)
{
    static life l;
    begin(&l, "good_mover");
    l.plugin.ops.on_share = write_share;
    life_create(&l);
    life_begin(&l);
    const hmx_share e = life_share_event(&l, 1, HMX_SHARE_SUBMITTED);
    cr_expect(hs_guard_on_share(l.guard, &e) == HMX_OK, "refused");
    cr_expect(e.count == 2, "the host's own struct was changed");
    cr_expect(life_count(&l, HS_SIDE_PLUGIN, "fact-written") == 1, "not reported");
    cr_expect(finish(&l) == 1, "other reports");
}

typedef struct wide_row {
    hmx_decision decision;
    uint64_t newer[2];
} wide_row;

static hmx_status write_gap(hmx_instance *self, const hmx_tick *event, hmx_decision_buf *out)
{
    (void)self;
    (void)event;
    volatile unsigned char *const row = (unsigned char *)out->rows;
    row[out->rows->size] = 1;
    return HMX_OK;
}

/* A host whose rows lie further apart than they are long. */
Test(guard_follows, what_lies_between_rows_is_the_hosts)
{
    static life l;
    begin(&l, "good_mover");
    l.plugin.ops.on_tick = write_gap;
    life_create(&l);
    wide_row rows[2];
    memset(rows, 0, sizeof rows);
    rows[0].decision.size = rows[1].decision.size = sizeof(hmx_decision);
    rows[0].newer[0] = 77;
    hmx_decision_buf out = {
        .size = sizeof out, .stride = sizeof rows[0], .capacity = 2, .rows = &rows[0].decision};
    const hmx_tick e = {.event = life_event(&l, sizeof e)};
    cr_expect(hs_guard_on_tick(l.guard, &e, &out) == HMX_OK, "refused");
    cr_expect(life_count(&l, HS_SIDE_PLUGIN, "write-beyond-size") == 1, "not reported");
    cr_expect(rows[0].newer[0] == 77, "the host's bytes were changed");
    cr_expect(finish(&l) == 1, "other reports");
}

static hmx_status count_too_much(hmx_instance *self, const hmx_tick *event, hmx_decision_buf *out)
{
    (void)self;
    (void)event;
    out->count = 1000000;
    return HMX_OK;
}

Test(guard_follows, the_host_never_sees_more_rows_than_it_gave)
{
    static life l;
    begin(&l, "good_mover");
    l.plugin.ops.on_tick = count_too_much;
    life_create(&l);
    hmx_decision_buf out = {.size = sizeof out};
    const hmx_tick e = {.event = life_event(&l, sizeof e)};
    cr_expect(hs_guard_on_tick(l.guard, &e, &out) == HMX_OK, "refused");
    cr_expect(out.count == 0, "%u rows", out.count);
    cr_expect(finish(&l) == 1, "%d reports", l.note_count);
}

static hmx_status remark_share(hmx_instance *self, const hmx_share *event)
{
    (void)self;
    (void)event;
    return 7;
}

static hmx_status remark_open(hmx_instance *self, const hmx_channel_open *event,
                              hmx_channel_decision *out)
{
    (void)self;
    out->action = HMX_ACTION_ASSIGN;
    out->upstream = 1;
    out->reason = HMX_REASON_ARRIVAL;
    out->cookie = event->channel;
    return 1;
}

/* A positive status is success with a remark of a later version: of one that is no later it is a
 * mistake. */
Test(guard_follows, a_remark_of_a_later_version_is_success)
{
    static life l;
    for (int later = 0; later < 2; later++) {
        begin(&l, "good_mover");
        l.plugin.ops.on_share = remark_share;
        l.plugin.ops.on_channel_open = remark_open;
        l.plugin.descriptor.abi_minor = later ? HMX_ABI_MINOR + 1 : HMX_ABI_MINOR;
        l.plugin.descriptor.caps = 0; /* prefixes are the host's */
        life_create(&l);
        life_begin(&l);
        cr_expect(l.upstream[1] == 1 && l.cookies[1] == 1, "the answer was dropped");
        const hmx_share e = life_share_event(&l, 1, HMX_SHARE_SUBMITTED);
        cr_expect(hs_guard_on_share(l.guard, &e) == 7, "the status was changed");
        cr_expect(hs_guard_on_share(l.guard, &e) == 7, "the status was changed");
        cr_expect(life_count(&l, HS_SIDE_HOST, "seq-not-increasing") == 1,
                  "what was taken used up its number");
        cr_expect((life_count(&l, HS_SIDE_PLUGIN, "bad-status") == 0) == later, "%d reports",
                  life_count(&l, HS_SIDE_PLUGIN, "bad-status"));
        finish(&l);
    }
}

/* The text of a refusal arrives whole, with its NUL, in a buffer that was not zeroed. */
Test(guard_follows, a_refusal_is_readable)
{
    static life l;
    char reasons[256];
    begin(&l, "static");
    memset(reasons, 'x', sizeof reasons);
    hmx_text why = {.size = sizeof why, .data = reasons, .capacity = sizeof reasons};
    hmx_create_args args = life_args(&l);
    args.config_text = (hmx_view){"\n", 1};
    args.why = &why;
    l.guard = hs_guard_new(&l.plugin, &args, &l.options, &l.created);
    cr_expect(l.created == HMX_E_CONFIG, "create answered %d", l.created);
    cr_assert(why.len > 20 && why.len < sizeof reasons, "%u bytes", why.len);
    cr_expect(reasons[why.len] == '\0' && strlen(reasons) == why.len, "no NUL at its end");
    cr_expect(reasons[why.len + 1] == 'x', "written beyond");
    finish(&l);
}

/* ---- what is remembered */

static hmx_channel_decision next_answer;

static hmx_status answer(hmx_instance *self, const hmx_channel_open *event,
                         hmx_channel_decision *out)
{
    (void)self;
    (void)event;
    *out = next_answer;
    return HMX_OK;
}

/* The decision of the next tick. */
static hmx_decision decided(life *l)
{
    hmx_decision row = {.size = sizeof row};
    hmx_decision_buf out = {.size = sizeof out, .stride = sizeof row, .capacity = 1, .rows = &row};
    const hmx_tick e = {.event = life_event(l, sizeof e)};
    cr_assert(hs_guard_on_tick(l->guard, &e, &out) == HMX_OK && out.count == 1, "no decision");
    return row;
}

/* Who opens next is given the prefix of this decision. */
static void next_gets(const hmx_decision *row, uint32_t upstream)
{
    next_answer = (hmx_channel_decision){.size = sizeof next_answer,
                                         .action = HMX_ACTION_ASSIGN,
                                         .upstream = upstream,
                                         .extranonce_prefix_len = row->extranonce_prefix_len};
    memcpy(next_answer.extranonce_prefix, row->extranonce_prefix, sizeof row->extranonce_prefix);
}

/* The prefix that a moved channel left is reserved for its old jobs. */
Test(guard_follows, a_move_leaves_its_prefix_draining)
{
    static life l;
    begin(&l, "good_mover");
    life_create(&l);
    life_begin(&l);
    next_answer = (hmx_channel_decision){.size = sizeof next_answer,
                                         .action = HMX_ACTION_ASSIGN,
                                         .upstream = 1,
                                         .extranonce_prefix_len = 11,
                                         .extranonce_prefix = {0xaa, 1, 1}}; /* that of channel 1 */
    cr_assert(life_tick(&l) == HMX_OK && l.decisions == 1 && l.upstream[1] == 2, "not moved");
    cr_assert(l.note_count == 0, "%s", l.notes[0].text);
    l.plugin.ops.on_channel_open = answer;
    cr_expect(life_open(&l, 5) == HMX_OK, "not opened");
    cr_expect(life_count(&l, HS_SIDE_PLUGIN, "prefix-collision") == 1, "it was free again");
    const hmx_reassign drained = {.event = life_event(&l, sizeof drained),
                                  .channel = 1,
                                  .from = 1,
                                  .result = HMX_RESULT_DRAINED,
                                  .extranonce_prefix_len = 11,
                                  .extranonce_prefix = {0xaa, 1, 1}};
    cr_expect(hs_guard_on_reassign(l.guard, &drained) == HMX_OK, "refused");
    cr_expect(life_open(&l, 6) == HMX_OK, "not opened");
    cr_expect(finish(&l) == 1, "drained, and still reserved: %s", l.notes[1].text);
}

Test(guard_follows, a_refused_move_gives_its_prefix_back)
{
    static life l;
    begin(&l, "good_mover");
    life_create(&l);
    life_begin(&l);
    l.no_answer = 1;
    hmx_decision row = decided(&l);
    next_gets(&row, 2);
    l.plugin.ops.on_channel_open = answer;
    cr_expect(life_open(&l, 5) == HMX_OK, "not opened");
    cr_expect(life_count(&l, HS_SIDE_PLUGIN, "prefix-collision") == 1, "pending is in use");
    cr_expect(life_reassign(&l, &row, HMX_RESULT_REFUSED) == HMX_OK, "refused");
    cr_expect(life_open(&l, 6) == HMX_OK, "not opened");
    cr_expect(finish(&l) == 1, "only the first collides: %s", l.notes[1].text);
}

/* The miner may have seen the prefix of a decision that nobody answered, and may work with it. */
Test(guard_follows, an_unanswered_decision_leaves_its_prefix_draining)
{
    static life l;
    begin(&l, "good_mover");
    life_create(&l);
    life_begin(&l);
    hmx_decision row = decided(&l);
    l.now_ns = row.valid_until_ns + 1;
    next_gets(&row, 2);
    l.plugin.ops.on_channel_open = answer;
    cr_expect(life_open(&l, 5) == HMX_OK, "not opened");
    cr_expect(life_count(&l, HS_SIDE_PLUGIN, "prefix-collision") == 1, "it was free at once");
    finish(&l);
}

/* Nobody has touched the channel since: what the guard notices late has rested all the same. */
Test(guard_follows, an_unanswered_decision_gives_its_prefix_back_in_time)
{
    static life l;
    begin(&l, "good_mover");
    life_create(&l);
    life_begin(&l);
    hmx_decision row = decided(&l);
    l.now_ns = row.valid_until_ns + 600000000000u;
    cr_assert(life_close(&l, 1) == HMX_OK, "not closed");
    next_gets(&row, 2);
    l.plugin.ops.on_channel_open = answer;
    cr_expect(life_open(&l, 5) == HMX_OK, "not opened");
    cr_expect(finish(&l) == 0, "%s", l.notes[0].text);
}

Test(guard_follows, an_answer_that_is_too_late)
{
    static life l;
    begin(&l, "good_mover");
    life_create(&l);
    life_begin(&l);
    hmx_decision row = decided(&l);
    l.now_ns = row.valid_until_ns + 1;
    (void)life_reassign(&l, &row, HMX_RESULT_REFUSED);
    (void)life_reassign(&l, &row, HMX_RESULT_APPLIED);
    cr_expect(life_count(&l, HS_SIDE_HOST, "reassign-not-pending") == 0, "late is no mistake");
    row.decision += 1000;
    (void)life_reassign(&l, &row, HMX_RESULT_APPLIED);
    cr_expect(life_count(&l, HS_SIDE_HOST, "reassign-not-pending") == 1, "it was taken");
    finish(&l);
}

/* The host moves a channel while a decision about it is pending: both sides may go on. */
Test(guard_follows, a_forced_move_is_a_fact)
{
    static life l;
    begin(&l, "good_mover");
    life_create(&l);
    life_begin(&l);
    const hmx_reassign forced = {.event = life_event(&l, sizeof forced),
                                 .channel = 1,
                                 .cookie = l.cookies[1],
                                 .from = 1,
                                 .to = 2,
                                 .result = HMX_RESULT_FORCED,
                                 .extranonce_prefix_len = 10,
                                 .extranonce_prefix = {0xaa, 2, 0xee}};
    cr_expect(hs_guard_on_reassign(l.guard, &forced) == HMX_OK, "refused");
    l.upstream[1] = 2;
    cr_expect(life_tick(&l) == HMX_OK && l.decisions == 1, "moved on from there");
    cr_expect(l.upstream[1] == 1, "to %u", l.upstream[1]);
    cr_expect(finish(&l) == 0, "%s", l.notes[0].text);
}

/* FORCED to where it is, with no prefix told: it works as before, under the prefix it had. */
Test(guard_follows, forced_to_stay_it_keeps_its_prefix)
{
    static life l;
    begin(&l, "good_mover");
    life_create(&l);
    life_begin(&l);
    hmx_channel_decision mine = {.size = sizeof mine};
    const hmx_channel_open first = life_open_event(&l, 5);
    cr_assert(hs_guard_on_channel_open(l.guard, &first, &mine) == HMX_OK, "not opened");
    cr_assert(mine.upstream == 1 && mine.extranonce_prefix_len > 0, "without a prefix");
    const hmx_reassign forced = {.event = life_event(&l, sizeof forced),
                                 .channel = 5,
                                 .cookie = mine.cookie,
                                 .from = 1,
                                 .to = 1,
                                 .result = HMX_RESULT_FORCED};
    cr_assert(hs_guard_on_reassign(l.guard, &forced) == HMX_OK, "refused");
    l.now_ns += 3600000000000u; /* nothing drains */
    next_answer = mine;
    l.plugin.ops.on_channel_open = answer;
    cr_expect(life_open(&l, 6) == HMX_OK, "not opened");
    cr_expect(life_count(&l, HS_SIDE_PLUGIN, "prefix-collision") == 1, "it was given away");
    finish(&l);
}

/* What a host says of the space of a pool that is gone means nothing: the last one stays. */
Test(guard_follows, a_pool_that_is_down_keeps_its_space)
{
    static life l;
    begin(&l, "good_mover");
    life_create(&l);
    life_begin(&l);
    hmx_upstream_event gone = life_upstream_event(&l, 1, HMX_UPSTREAM_DOWN);
    gone.extranonce_size = 3;
    cr_assert(hs_guard_on_upstream(l.guard, &gone) == HMX_OK, "refused");
    const hs_guard_upstream *const u = &l.guard->upstreams[1];
    cr_expect(u->facts.state == HMX_UPSTREAM_DOWN && u->facts.extranonce_size == 9);
    life_upstream(&l, 1, HMX_UPSTREAM_UP);
    cr_expect(life_open(&l, 5) == HMX_OK, "not opened");
    cr_expect(finish(&l) == 0, "%s", l.notes[0].text);
}

Test(guard_follows, pools_judge_no_more_than_they_got)
{
    static life l;
    begin(&l, "good_mover");
    life_create(&l);
    life_begin(&l);
    hmx_share e = life_share_event(&l, 1, HMX_SHARE_SUBMITTED);
    (void)hs_guard_on_share(l.guard, &e); /* two shares */
    e = life_share_event(&l, 1, HMX_SHARE_REJECTED_STALE);
    e.event.flags = HMX_SHARE_FLAG_LOCAL; /* never sent, so never counted */
    (void)hs_guard_on_share(l.guard, &e);
    e = life_share_event(&l, 1, HMX_SHARE_ACCEPTED);
    e.count = 1;
    (void)hs_guard_on_share(l.guard, &e);
    cr_expect(l.note_count == 0, "%s", l.notes[0].text);
    e = life_share_event(&l, 1, HMX_SHARE_ACCEPTED); /* two, but one is left */
    (void)hs_guard_on_share(l.guard, &e);
    cr_expect(life_count(&l, HS_SIDE_HOST, "verdict-without-submit") == 1, "not reported");
    cr_expect(finish(&l) == 1, "other reports");
}

/* ---- the allocator fails as it is told */

static int opened_of_forty(int all_after)
{
    static life l;
    int opened = 0;
    begin(&l, "static");
    l.options.fail_alloc = 3; /* the first growth of its table */
    l.options.fail_all_after = all_after;
    hmx_create_args args = life_args(&l);
    args.channels_max = 0;
    l.guard = hs_guard_new(&l.plugin, &args, &l.options, &l.created);
    for (uint64_t channel = 1; channel <= 40; channel++) {
        const hmx_channel_open e = {.event = life_event(&l, sizeof e),
                                    .channel = channel,
                                    .connection = 1,
                                    .kind = HMX_CHANNEL_STANDARD};
        hmx_channel_decision out = {.size = sizeof out};
        const hmx_status status = hs_guard_on_channel_open(l.guard, &e, &out);
        cr_expect(status == HMX_OK || status == HMX_E_NOMEM, "answered %d", status);
        opened += status == HMX_OK;
    }
    cr_expect(finish(&l) == 0, "%s", l.notes[0].text);
    return opened;
}

Test(guard_follows, allocations_fail_once_or_for_ever)
{
    cr_expect(opened_of_forty(0) == 39, "one fails: %d", opened_of_forty(0));
    cr_expect(opened_of_forty(1) == 32, "all fail: %d", opened_of_forty(1));
}

/* ---- what a refusal leaves behind */

static hmx_status refuse_once(hmx_instance *self, const hmx_channel_open *event,
                              hmx_channel_decision *out)
{
    static int calls;
    (void)self;
    out->cookie = event->channel;
    if (calls++ == 0) {
        out->cookie = 0;
        return HMX_E_NOMEM;
    }
    return HMX_OK;
}

Test(guard_follows, a_refused_opening_may_be_tried_again_and_takes_no_room)
{
    static life l;
    begin(&l, "good_mover");
    l.plugin.ops.on_channel_open = refuse_once;
    life_create(&l);
    for (uint32_t i = 1; i <= 3; i++) {
        life_upstream(&l, i, HMX_UPSTREAM_UP);
    }
    cr_assert_eq(life_open(&l, 1), HMX_E_NOMEM);
    cr_assert_eq(life_open(&l, 1), HMX_OK, "the same number again");
    for (uint64_t channel = 2; channel <= LIFE_CHANNELS_MAX; channel++) {
        cr_assert_eq(life_open(&l, channel), HMX_OK, "there is room");
    }
    cr_expect(finish(&l) == 0, "%s", l.notes[0].text);
}
