/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/miner/core: devices mine for a live/pool/core in virtual time, over a wire that takes its
 * time. The pool recomputes every share, so that what the two count has to agree. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/live/miner/core.h"
#include "host_stub/live/miner/shares.h"
#include "host_stub/live/miner/state.h"
#include "host_stub/live/pool/state.h"
#include "host_stub/sv2/codec.h"
#include "host_stub/sv2/work.h"

enum { WIRE_MAX = 4096, FRAME_MAX = 512, STEP_MS = 20 };

typedef struct packet {
    uint64_t due_ms;
    size_t len;
    uint8_t frame[FRAME_MAX];
} packet;

/* One direction. */
typedef struct wire {
    packet *packets;
    size_t first;
    size_t count;
} wire;

static hs_miner_options dev_options;
static hs_pool_options pool_options;
static hs_pool *pool;
static hs_pool_peer *peer;
static hs_miner *miner;
static wire up;
static wire down;
static uint64_t now_ms;
static uint64_t delay_ms; /* each way */
static char ended[256];

static void put(wire *w, const hs_sv2_message *m)
{
    hs_sv2_error why;
    cr_assert_lt(w->count, (size_t)WIRE_MAX);
    packet *const p = &w->packets[(w->first + w->count++) % WIRE_MAX];
    p->due_ms = now_ms + delay_ms;
    cr_assert(hs_sv2_encode(m, p->frame, sizeof p->frame, &p->len, &why) == 0, "%s", why.text);
}

static const packet *take(wire *w)
{
    if (w->count == 0 || w->packets[w->first].due_ms > now_ms) {
        return NULL;
    }
    const packet *const p = &w->packets[w->first];
    w->first = (w->first + 1) % WIRE_MAX;
    w->count--;
    return p;
}

static void pool_send(void *link, const hs_sv2_message *messages, size_t count)
{
    (void)link;
    for (size_t i = 0; i < count; i++) {
        put(&down, &messages[i]);
    }
}

static void pool_raw(void *link, const uint8_t *data, size_t len)
{
    (void)link, (void)data, (void)len;
}

static void pool_end(void *link, int after_sending, const char *reason)
{
    (void)link, (void)after_sending, (void)reason;
}

static void pool_note(void *ctx, uint64_t at_ms, const char *text)
{
    (void)ctx, (void)at_ms, (void)text;
}

static void dev_send(void *link, const hs_sv2_message *message)
{
    (void)link;
    put(&up, message);
}

static void dev_end(void *link, const char *reason)
{
    (void)link;
    (void)snprintf(ended, sizeof ended, "%s", reason);
}

static const hs_pool_out POOL_OUT = {pool_send, pool_raw, pool_end, pool_note};
static const hs_miner_out DEV_OUT = {dev_send, dev_end};

static void setup(void)
{
    hs_options_defaults(&HS_MINER_COMMAND, &dev_options);
    hs_options_defaults(&HS_POOL_COMMAND, &pool_options);
    pool_options.hashes_per_share = 100.0;
    pool_options.tip_ms = 86400000;
    pool_options.refresh_ms = 86400000;
    pool_options.batch_ms = 100;
    up.packets = calloc(WIRE_MAX, sizeof(packet));
    down.packets = calloc(WIRE_MAX, sizeof(packet));
    delay_ms = 1;
    now_ms = 0;
    ended[0] = '\0';
}

static void begin(uint32_t channels)
{
    dev_options.count = channels;
    pool = hs_pool_new(&pool_options, &POOL_OUT, NULL, UINT64_C(1700000000000));
    miner = hs_miner_new(&dev_options, 0, channels, &DEV_OUT, NULL);
    cr_assert(pool != NULL && miner != NULL);
    peer = hs_pool_join(pool, NULL);
    cr_assert_eq(hs_miner_connected(miner, now_ms), 0);
}

static void run_ms(uint64_t ms)
{
    const uint64_t until = now_ms + ms;
    const packet *p = NULL;
    for (; now_ms < until; now_ms++) {
        hs_pool_advance(pool, now_ms);
        while ((p = take(&up)) != NULL) {
            hs_pool_frame(peer, p->frame, p->len);
        }
        while ((p = take(&down)) != NULL) {
            hs_miner_frame(miner, p->frame, p->len, now_ms);
        }
        if (now_ms % STEP_MS == 0) {
            hs_miner_advance(miner, now_ms);
        }
    }
}

static hs_miner_counts totals(void)
{
    hs_miner_counts total;
    memset(&total, 0, sizeof total);
    hs_miner_add_counts(miner, &total);
    return total;
}

static uint64_t rejected(const hs_miner_counts *counts, const char *code)
{
    for (int i = 0; i < HS_MINER_CODES_MAX; i++) {
        if (strcmp(counts->rejected[i].code, code) == 0) {
            return counts->rejected[i].count;
        }
    }
    return 0;
}

/* Everybody hears of everything; then both have counted the same. */
static hs_miner_counts finish(void)
{
    hs_miner_stop(miner);
    run_ms(2000 + 4 * delay_ms);
    cr_assert_eq(hs_miner_unanswered(miner), 0u);
    hs_miner_settle(miner);
    const hs_miner_counts total = totals();
    const hs_pool_counts theirs = pool->counts;
    cr_assert_eq(total.accepted, theirs.accepted);
    cr_assert_float_eq(total.work_accepted, theirs.work, 1e-12);
    cr_assert_eq(total.stale_tip + total.stale_move + total.stale_odd, theirs.stale);
    cr_assert_eq(total.duplicates, theirs.duplicates);
    return total;
}

static void end(void)
{
    const char *first = "";
    cr_assert_eq(hs_miner_faults(miner, &first), 0u, "%s", first);
    cr_assert_str_eq(ended, "");
    hs_miner_free(miner);
    hs_pool_free(pool);
    free(up.packets);
    free(down.packets);
}

Test(miner_core, mines_at_its_rates_and_everything_is_accepted, .init = setup)
{
    dev_options.kind = HS_MINER_MIXED;
    dev_options.rates_hs[0] = 1000.0;
    dev_options.rates_hs[1] = 4000.0;
    dev_options.rate_count = 2;
    begin(4);
    cr_assert_not(hs_miner_is_mining(miner));
    run_ms(20000);
    cr_assert(hs_miner_is_mining(miner));
    const hs_miner_counts total = finish();
    /* 10000 hashes a second; the channels took a few milliseconds to open. */
    cr_assert(total.hashes > 198000 && total.hashes <= 200000, "%llu hashes",
              (unsigned long long)total.hashes);
    /* 2000 shares on average, with a standard deviation of 45. */
    cr_assert(total.accepted > 1750 && total.accepted < 2250, "%llu accepted",
              (unsigned long long)total.accepted);
    cr_assert_eq(total.accepted, total.submitted);
    cr_assert(miner->slots[1].counts.hashes > 3 * miner->slots[0].counts.hashes);
    cr_assert(miner->slots[0].extended && !miner->slots[1].extended);
    end();
}

Test(miner_core, a_share_that_crosses_a_new_tip_is_stale_by_the_tip, .init = setup)
{
    delay_ms = 150;
    pool_options.tip_ms = 2000;
    begin(2);
    run_ms(20000);
    const hs_miner_counts total = finish();
    cr_assert_gt(total.stale_tip, 5u);
    cr_assert_eq(total.stale_move, 0u);
    cr_assert_eq(total.stale_odd, 0u);
    cr_assert(total.stale_ms_most > 0 && total.stale_ms_most <= 2 * delay_ms, "%llu ms",
              (unsigned long long)total.stale_ms_most);
    cr_assert_eq(total.accepted + total.stale_tip, total.submitted);
    end();
}

static void refuse_as_stale(const hs_miner_slot *slot, uint32_t sequence_number)
{
    uint8_t frame[FRAME_MAX];
    size_t len = 0;
    hs_sv2_error why;
    hs_sv2_message m = {.id = HS_SV2_SUBMIT_ERROR};
    m.as.submit_error.channel_id = slot->channel_id;
    m.as.submit_error.sequence_number = sequence_number;
    m.as.submit_error.error_code = hs_sv2_bytes_of("stale-share");
    cr_assert_eq(hs_sv2_encode(&m, frame, sizeof frame, &len, &why), 0);
    hs_miner_frame(miner, frame, len, now_ms);
}

/* The tips are given by hand: no pool moves a miner. */
Test(miner_core, a_move_between_pools_of_one_tip_needs_no_stale_share, .init = setup)
{
    delay_ms = 1000;
    begin(1);
    run_ms(6000);
    hs_miner_slot *const slot = &miner->slots[0];
    const hs_sv2_u256 tip = slot->prev_hash;
    hs_sv2_u256 other = tip;
    other.byte[0] ^= 1;
    cr_assert_geq(slot->pending_count, 3u);
    const uint32_t first = slot->pending[0].sequence_number;
    refuse_as_stale(slot, first);
    cr_assert_eq(totals().stale_odd, 1u, "nothing that it saw made it stale");
    slot->prefix_news = 1;
    hs_miner_mark_gone(miner, slot, &tip);
    refuse_as_stale(slot, first + 1);
    cr_assert(totals().stale_move == 1 && totals().stale_needless == 1);
    for (size_t i = 0; i < slot->pending_count; i++) {
        slot->pending[i].gone_ms = 0;
    }
    hs_miner_mark_gone(miner, slot, &other);
    refuse_as_stale(slot, first + 2);
    cr_assert(totals().stale_move == 2 && totals().stale_needless == 1, "another tip");
    hs_miner_settle(miner);
    const hs_miner_counts total = totals();
    cr_assert_eq(total.accepted + total.stale_move + total.stale_odd + total.unanswered,
                 total.submitted);
    hs_miner_free(miner);
    hs_pool_free(pool);
    free(up.packets);
    free(down.packets);
}

Test(miner_core, a_job_keeps_the_prefix_it_came_with, .init = setup)
{
    delay_ms = 100;
    dev_options.kind = HS_MINER_MIXED;
    begin(4);
    for (int i = 0; i < 10; i++) {
        char why[200];
        run_ms(1000);
        cr_assert_eq(hs_pool_command(pool, "prefix-change", why, sizeof why), 0, "%s", why);
    }
    run_ms(1000);
    const hs_miner_counts total = finish();
    /* Shares of the jobs before and after each change; none misses its target. */
    cr_assert_eq(total.accepted, total.submitted);
    cr_assert_gt(total.accepted, 200u);
    cr_assert_eq(total.moves_soft, 40u);
    cr_assert_eq(total.moves_hard, 0u);
    cr_assert_gt(total.firsts, 30u);
    cr_assert(total.first_ms_most >= 2 * delay_ms);
    end();
}

/* The pool knows nothing of this prefix, so that no job comes with it. */
Test(miner_core, a_prefix_alone_changes_nothing_for_the_active_job, .init = setup)
{
    hs_sv2_message m = {.id = HS_SV2_SET_EXTRANONCE_PREFIX};
    begin(1);
    run_ms(1000);
    m.as.set_extranonce_prefix.channel_id = miner->slots[0].channel_id;
    m.as.set_extranonce_prefix.extranonce_prefix = miner->slots[0].prefix;
    m.as.set_extranonce_prefix.extranonce_prefix.byte[0] ^= 0xff;
    put(&down, &m);
    run_ms(3000);
    const hs_miner_counts total = finish();
    cr_assert_eq(total.accepted, total.submitted);
    cr_assert_gt(total.accepted, 15u);
    cr_assert_eq(total.moves_hard + total.moves_soft, 0u);
    end();
}

Test(miner_core, who_ignores_the_prefix_submits_what_misses_the_target, .init = setup)
{
    char why[200];
    dev_options.kind = HS_MINER_MIXED;
    dev_options.ignore_prefix = 1;
    begin(2);
    run_ms(3000);
    const hs_miner_counts before = totals();
    cr_assert_eq(rejected(&before, "difficulty-too-low"), 0u);
    cr_assert_eq(hs_pool_command(pool, "prefix-change", why, sizeof why), 0);
    run_ms(3000);
    const hs_miner_counts total = finish();
    const hs_miner_counts *const extended = &miner->slots[0].counts;
    const hs_miner_counts *const standard = &miner->slots[1].counts;
    /* One hash in a hundred meets the target by chance. */
    cr_assert_gt(rejected(extended, "difficulty-too-low"), 10u);
    cr_assert_eq(rejected(standard, "difficulty-too-low"), 0u,
                 "a standard job has the prefix in its merkle root");
    cr_assert_eq(total.accepted + rejected(&total, "difficulty-too-low"), total.submitted);
    end();
}

Test(miner_core, a_new_target_holds_for_jobs_to_come, .init = setup)
{
    char why[200];
    begin(1);
    dev_options.rates_hs[0] = 2000.0;
    dev_options.rate_count = 1;
    run_ms(5000);
    const uint64_t before = totals().accepted;
    cr_assert_eq(hs_pool_command(pool, "easier-target 16", why, sizeof why), 0);
    run_ms(5000);
    const uint64_t between = totals().accepted - before;
    cr_assert(between < 2 * before, "the active job keeps its target: %llu after %llu",
              (unsigned long long)between, (unsigned long long)before);
    cr_assert_eq(hs_pool_command(pool, "refresh", why, sizeof why), 0);
    run_ms(5000);
    const hs_miner_counts total = finish();
    cr_assert_gt(total.accepted - between - before, 8 * before);
    cr_assert_eq(total.targets, 1u);
    cr_assert_eq(total.accepted, total.submitted);
    end();
}

Test(miner_core, opens_again_what_was_closed, .init = setup)
{
    char why[200];
    begin(1);
    run_ms(2000);
    cr_assert_eq(hs_pool_command(pool, "close", why, sizeof why), 0);
    run_ms(500);
    cr_assert_not(hs_miner_is_mining(miner));
    const uint64_t at_close = totals().hashes;
    run_ms(300);
    cr_assert_eq(totals().hashes, at_close, "nobody hashes for nobody");
    run_ms(3000);
    cr_assert(hs_miner_is_mining(miner));
    const hs_miner_counts total = finish();
    cr_assert_eq(total.opens, 2u);
    cr_assert_gt(total.hashes, at_close);
    end();
}

/* The prefix of an opening is obeyed by everybody: that is how a deaf device is moved. */
Test(miner_core, who_ignores_the_prefix_takes_that_of_another_opening, .init = setup)
{
    char why[200];
    dev_options.kind = HS_MINER_EXTENDED;
    dev_options.ignore_prefix = 1;
    begin(1);
    run_ms(3000);
    cr_assert_eq(hs_pool_command(pool, "prefix-change", why, sizeof why), 0);
    run_ms(3000);
    cr_assert_eq(hs_pool_command(pool, "close", why, sizeof why), 0);
    run_ms(2000);
    const hs_miner_counts back = totals();
    cr_assert_eq(back.opens, 2u);
    cr_assert_gt(rejected(&back, "difficulty-too-low"), 10u);
    run_ms(5000);
    const hs_miner_counts later = totals();
    cr_assert_eq(rejected(&later, "difficulty-too-low"), rejected(&back, "difficulty-too-low"));
    cr_assert_gt(later.accepted, back.accepted + 20u);
    (void)finish();
    end();
}

Test(miner_core, asks_again_when_it_is_refused, .init = setup)
{
    char why[200];
    begin(1);
    cr_assert_eq(hs_pool_command(pool, "refuse", why, sizeof why), 0);
    run_ms(3500);
    hs_miner_counts total = totals();
    cr_assert(total.open_errors >= 3 && total.open_errors <= 4);
    cr_assert_eq(total.opens, 0u);
    cr_assert_eq(hs_pool_command(pool, "refuse off", why, sizeof why), 0);
    run_ms(3000);
    total = finish();
    cr_assert_eq(total.opens, 1u);
    cr_assert_gt(total.accepted, 0u);
    end();
}

Test(miner_core, shares_of_a_lost_connection_are_cut_off, .init = setup)
{
    delay_ms = 400;
    begin(1);
    run_ms(5000);
    const size_t waiting = hs_miner_unanswered(miner);
    cr_assert_gt(waiting, 0u);
    hs_miner_lost(miner);
    hs_pool_leave(peer);
    up.count = 0;
    down.count = 0;
    cr_assert_eq(totals().cut_off, waiting);
    cr_assert_eq(hs_miner_unanswered(miner), 0u);
    peer = hs_pool_join(pool, NULL);
    cr_assert_eq(hs_miner_connected(miner, now_ms), 0);
    run_ms(5000);
    hs_miner_stop(miner);
    run_ms(3000);
    const hs_miner_counts total = totals();
    cr_assert_eq(total.opens, 2u);
    cr_assert_eq(total.accepted + waiting, total.submitted);
    end();
}

Test(miner_core, changes_its_rate_and_says_so, .init = setup)
{
    dev_options.changes[0] = (hs_miner_change){4000, 5.0};
    dev_options.change_count = 1;
    dev_options.tell_rate = 1;
    pool_options.hashes_per_share = 0.0;
    pool_options.shares_per_minute = 600.0;
    begin(1);
    run_ms(4000);
    const uint64_t slow = totals().hashes;
    run_ms(4000);
    const hs_miner_counts total = finish();
    cr_assert(slow > 3800 && slow <= 4000);
    cr_assert(total.hashes - slow > 19000 && total.hashes - slow <= 20100);
    cr_assert_eq(total.targets, 1u, "the pool has heard of it");
    end();
}

Test(miner_core, an_illegal_message_is_a_fault_and_changes_nothing, .init = setup)
{
    hs_sv2_message m = {.id = HS_SV2_SET_NEW_PREV_HASH};
    uint8_t frame[128];
    size_t len = 0;
    hs_sv2_error why;
    const char *first = "";
    begin(1);
    run_ms(2000);
    m.as.set_new_prev_hash.channel_id = miner->slots[0].channel_id;
    m.as.set_new_prev_hash.job_id = 4711;
    cr_assert(hs_sv2_encode(&m, frame, sizeof frame, &len, &why) == 0);
    hs_miner_frame(miner, frame, len, now_ms);
    cr_assert_eq(hs_miner_faults(miner, &first), 1u);
    cr_assert_not_null(strstr(first, "has no job 4711"), "%s", first);
    run_ms(2000);
    (void)finish();
    hs_miner_frame(miner, frame, 3, now_ms);
    cr_assert_not_null(strstr(ended, "a frame that is none"));
    hs_miner_free(miner);
    hs_pool_free(pool);
    free(up.packets);
    free(down.packets);
}

Test(miner_core, counts_as_json, .init = setup)
{
    json_t *const object = json_object();
    json_t *const channels = json_array();
    begin(2);
    run_ms(3000);
    const hs_miner_counts total = finish();
    hs_miner_put_counts(object, &total);
    hs_miner_put_channels(miner, channels);
    cr_assert_eq((uint64_t)json_integer_value(json_object_get(object, "accepted")), total.accepted);
    cr_assert_eq(json_array_size(channels), 2u);
    cr_assert_str_eq(json_string_value(json_object_get(json_array_get(channels, 1), "name")),
                     "miner.2");
    json_int_t sum = 0;
    for (size_t i = 0; i < 2; i++) {
        sum += json_integer_value(json_object_get(json_array_get(channels, i), "accepted"));
    }
    cr_assert_eq((uint64_t)sum, total.accepted);
    json_decref(object);
    json_decref(channels);
    end();
}
