/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Reported cases: short scenes between a host and the plugin, by their numbers (scn 1 to 4, 6, 8,
 * 12 and 18, scn2 T11 and T22; 5, 7, 9, T21 and T23 are about prefixes: test_prefixes.c). Beside
 * each what the first version did; what is right is what the header says. */
#include "tests/integration/state/harness_state.h"

static it_host H;

#define AB     IT_POOL("a", "60", "1") IT_POOL("b", "40", "2")
#define HOURLY "[controller]\nevaluation_interval_secs = 3600\n"

static void open_scene(const char *config, uint32_t pools, uint32_t channels)
{
    it_open(&H, config);
    for (uint32_t u = 1; u <= pools; u++) {
        it_up_space(&H, u, (uint8_t)(16 * (9 + u)), 1, 16);
    }
    it_channels(&H, channels, 1e14 / IT_HASHES_PER_SHARE);
}

static uint32_t number_of(const char *id)
{
    static hmx_upstream_info rows[HMX_UPSTREAMS_MAX];
    const uint32_t count = it_table(&H, rows);
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(rows[i].id, id) == 0) {
            return rows[i].upstream;
        }
    }
    return HMX_NONE;
}

/* The decision about a channel in the last tick; its number is 0 when there was none. */
static hmx_decision decision_of(uint64_t channel)
{
    for (uint32_t i = 0; i < H.decision_count; i++) {
        if (H.decisions[i].channel == channel) {
            return H.decisions[i];
        }
    }
    return (hmx_decision){0};
}

/* Seconds, with a tick and its answers in each, until a pool has no channel; at most so many. */
static uint32_t seconds_until_left(uint32_t upstream, uint32_t most)
{
    uint32_t s = 0;
    for (; s < most && it_count_on(&H, upstream) > 0; s++) {
        it_advance(&H, 1);
        it_tick(&H);
        it_answer_all(&H, HMX_RESULT_APPLIED);
    }
    return s;
}

/* ---- 1: APPLIED comes after the decision has run out and another one is pending ---- */

/* HMX_E_STATE: the plugin went on to believe that the channel was on the pool that had died. */
Test(abi2_scn_1, a_move_that_is_reported_late_is_a_fact)
{
    open_scene("[controller]\nhold_secs = 0\n" IT_POOL("a", "50", "1") IT_POOL("b", "30", "2")
                   IT_POOL("c", "20", "3"),
               3, 2);
    const uint64_t channel = H.channels[0].channel;
    it_down(&H, H.channels[0].upstream);
    it_advance(&H, 1);
    it_tick(&H);
    const hmx_decision first = decision_of(channel);
    cr_assert_neq(first.decision, 0);
    it_down(&H, first.to);
    hmx_decision second = {0};
    for (uint32_t s = 0; s < 60 && second.decision == 0; s++) { /* the first one runs out */
        it_advance(&H, 1);
        it_tick(&H);
        second = decision_of(channel);
    }
    cr_assert(second.decision != 0 && second.to != first.to);
    cr_assert_eq(it_answer(&H, &first, HMX_RESULT_APPLIED), HMX_OK, "however late");
    cr_assert_eq(it_channel_row(&H, 0).upstream, first.to);
    cr_assert_eq(it_channel_row(&H, 0).pending_decision, 0, "the other one is void");
    cr_assert_eq(it_answer(&H, &second, HMX_RESULT_APPLIED), HMX_E_STATE);
    cr_assert_eq(it_answer(&H, &first, HMX_RESULT_REFUSED), HMX_E_STATE, "answered before");
    H.host_faults_expected = 2;
    cr_assert_leq(seconds_until_left(first.to, 60), 2, "that pool is dead: it leaves again");
    it_close(&H);
}

/* ---- 2: what comes late for a pool that was removed and is forgotten ---- */

/* Each was refused as the host's mistake. */
Test(abi2_scn_2, what_comes_late_for_a_forgotten_pool_is_noted_and_ignored)
{
    open_scene(AB, 2, 1);
    const it_channel c = H.channels[0];
    cr_assert(c.upstream == IT_A && c.prefix_len > 0);
    it_share(&H, 0, IT_A, HMX_SHARE_SUBMITTED, 1, 100);
    it_close_channel(&H, 0);
    cr_assert_eq(it_reconfigure(&H, IT_POOL("b", "100", "2")), HMX_OK, "%s", H.why);
    cr_assert_eq(number_of("a"), HMX_NONE);
    cr_assert_eq(it_drained(&H, 0, IT_A, c.prefix, c.prefix_len), HMX_OK);
    it_share(&H, 0, IT_A, HMX_SHARE_ACCEPTED, 1, 100);
    it_down(&H, IT_A);
    it_close(&H);
}

/* ---- 3: a pin whose pattern has a NUL byte ---- */

static int is_in_written_config(const char *what)
{
    static it_bytes written;
    written = (it_bytes){0};
    const hmx_writer to = {.size = sizeof to, .ctx = &written, .write = it_stream_write};
    cr_assert_eq(H.tuning->write_config(H.self, &to), HMX_OK);
    cr_assert_lt(written.len, sizeof written.data);
    return strstr((const char *)written.data, what) != NULL;
}

/* It was taken, written as "ab", and could not be taken away. */
Test(abi2_scn_3, a_pattern_with_a_nul_byte_is_refused_and_nothing_of_it_is_kept)
{
    static const hmx_view PATTERN = {"ab\0cd", 5};
    open_scene(AB, 2, 0);
    for (int i = 0; i < 2; i++) {
        hmx_text why = it_text(&H);
        cr_assert_eq(H.tuning->pin(H.self, H.now_ns, PATTERN, IT_B, &why), HMX_E_CONFIG);
        cr_assert_not_null(strstr(H.why, "NUL"), "%s", H.why);
        cr_assert_not(is_in_written_config("[pin."));
        why = it_text(&H);
        cr_assert_eq(H.tuning->unpin(H.self, H.now_ns, PATTERN, &why), HMX_E_CONFIG);
        cr_assert_gt(strlen(H.why), 0);
    }
    it_close(&H);
}

/* ---- 4: rows of set_targets that ask for more ---- */

/* The first was taken, its tail unread. */
Test(abi2_scn_4, a_row_with_an_unknown_tail_asks_for_what_nobody_can_do)
{
    struct {
        hmx_target t;
        uint64_t tail;
    } rows[2] = {{{24, IT_A, 30}, 0x1111}, {{24, IT_B, 70}, 0x2222}};
    hmx_target plain[2] = {{4096, IT_A, 30}, {16, IT_B, 70}};
    const hmx_targets with_tail = {sizeof with_tail, sizeof rows[0], 2, 0, &rows[0].t};
    const hmx_targets too_large = {sizeof too_large, sizeof plain[0], 2, 0, plain};
    open_scene(AB, 2, 0);
    hmx_text why = it_text(&H);
    cr_assert_eq(H.tuning->set_targets(H.self, H.now_ns, &with_tail, &why), HMX_E_UNSUPPORTED);
    cr_assert_gt(strlen(H.why), 0);
    why = it_text(&H);
    cr_assert_eq(H.tuning->set_targets(H.self, H.now_ns, &too_large, &why), HMX_E_CONFIG);
    cr_assert_not_null(strstr(H.why, "stride"), "%s", H.why);
    cr_assert_eq(it_row(&H, IT_A).target_pct, 60, "nothing changed");
    it_close(&H);
}

/* ---- 6: a pool is replaced by another one in one reconfigure ---- */

/* d had the number of b at once: late verdicts of b were booked to d, and b's DOWN took d down. */
Test(abi2_scn_6, a_number_rests_as_long_as_anything_of_its_owner_can_come)
{
    open_scene(AB, 2, 0);
    hmx_channel_open e = it_channel_event(&H, 1000);
    e.current_upstream = IT_B;
    it_channel_with(&H, &e);
    it_share(&H, 0, IT_B, HMX_SHARE_SUBMITTED, 10, 10000);
    it_close_channel(&H, 0);
    cr_assert_eq(it_reconfigure(&H, IT_POOL("a", "60", "1") IT_POOL("d", "40", "2")), HMX_OK, "%s",
                 H.why);
    const uint32_t d = number_of("d");
    cr_assert(d != HMX_NONE && d != IT_A && d != IT_B, "%u", d);
    it_up_space(&H, d, 0xd0, 1, 16);
    it_advance(&H, 0.1);
    it_share(&H, 0, IT_B, HMX_SHARE_ACCEPTED, 10, 10000);
    it_down(&H, IT_B);
    const hmx_upstream_metrics row = it_row(&H, d);
    cr_assert(row.accepted.count == 0 && row.accepted.work == 0 && row.submitted.count == 0);
    cr_assert(row.flags & HMX_ROW_UP);
    it_close(&H);
}

/* ---- 8: an evaluation each hour, and somebody who has to go now ---- */

/* The dead pool was left an hour later. */
Test(abi2_scn_8, an_evacuation_that_was_refused_once)
{
    open_scene(HOURLY AB, 2, 10);
    it_down(&H, IT_A);
    it_advance(&H, 1);
    cr_assert_eq(it_tick(&H), 6);
    it_answer_all(&H, HMX_RESULT_REFUSED);
    cr_assert_leq(seconds_until_left(IT_A, 4000), 3);
    it_close(&H);
}

/* The same. */
Test(abi2_scn_8, a_move_that_was_applied_just_after_its_destination_died)
{
    open_scene(HOURLY IT_POOL("a", "50", "1") IT_POOL("b", "30", "2") IT_POOL("c", "20", "3"), 3,
               10);
    static hmx_decision moves[IT_ROWS];
    it_down(&H, IT_A);
    it_advance(&H, 1);
    const uint32_t count = it_tick(&H);
    cr_assert_gt(count, 0);
    memcpy(moves, H.decisions, count * sizeof moves[0]);
    it_down(&H, IT_B);
    it_advance(&H, 1);
    it_tick(&H);
    for (uint32_t i = 0; i < count; i++) {
        cr_assert_eq(it_answer(&H, &moves[i], HMX_RESULT_APPLIED), HMX_OK);
    }
    it_answer_all(&H, HMX_RESULT_APPLIED); /* those that were on b left it meanwhile */
    cr_assert_gt(it_count_on(&H, IT_B), 0);
    cr_assert_leq(seconds_until_left(IT_B, 4000), 3);
    cr_assert_eq(it_count_on(&H, IT_C), 10);
    it_close(&H);
}

/* It waited for the hour. */
Test(abi2_scn_8, a_channel_that_the_host_parked)
{
    open_scene(HOURLY AB, 2, 4);
    it_advance(&H, 1);
    it_tick(&H);
    it_answer_all(&H, HMX_RESULT_APPLIED);
    cr_assert_eq(it_force(&H, 0, HMX_NONE), HMX_OK);
    cr_assert_leq(seconds_until_left(HMX_NONE, 4000), 2);
    it_close(&H);
}

/* ---- 12: a path together with a text without bytes, and the other way round ---- */

/* HMX_E_INVALID: both were given. */
Test(abi2_scn_12, an_empty_view_is_not_given_whatever_its_pointer)
{
    static const char PATH[] = HMX_SOURCE_DIR "/plugin.ini.example";
    const hmx_view nothing = {(const void *)1, 0};
    const hmx_view path = {PATH, sizeof PATH - 1};
    const hmx_view text = {AB, sizeof AB - 1};
    for (int with_path = 0; with_path < 2; with_path++) {
        char reason[1024] = "";
        hmx_text why = {.size = sizeof why, .data = reason, .capacity = sizeof reason};
        hmx_create_args args = it_args(AB, &(it_options){0});
        args.config_path = with_path ? path : nothing;
        args.config_text = with_path ? nothing : text;
        args.why = &why;
        memset(&H, 0, sizeof H);
        const hs_load_options load = hs_loader_defaults();
        cr_assert_eq(hs_loader_open(HMX_HASHMUX_SO, &load, &H.plugin, reason, sizeof reason),
                     HS_LOAD_OK, "%s", reason);
        const hs_guard_options guard = {
            .caps = HMX_CAP_KNOWN, .log = it_note_log, .violation = it_note_violation, .ctx = &H};
        H.guard = hs_guard_new(&H.plugin, &args, &guard, &H.created);
        cr_assert_eq(H.created, HMX_OK, "%s", reason);
        it_close(&H);
    }
}

/* ---- 18: a channel that may no longer work where it does ---- */

/* It was never moved. */
Test(abi2_scn_18, who_may_no_longer_work_there_is_moved_at_the_next_tick)
{
    open_scene(AB, 2, 10);
    cr_assert_eq(H.channels[0].upstream, IT_A);
    const hmx_channel_update e = {.event = it_event(&H, sizeof e),
                                  .channel = H.channels[0].channel,
                                  .cookie = H.channels[0].cookie,
                                  .changed = HMX_FACT_UPSTREAMS_ALLOWED,
                                  .upstreams_allowed = 1u << (IT_B - 1)};
    cr_assert_eq(hs_guard_on_channel_update(H.guard, &e), HMX_OK);
    it_advance(&H, 1);
    it_tick(&H);
    cr_assert_eq(decision_of(H.channels[0].channel).to, IT_B);
    it_answer_all(&H, HMX_RESULT_APPLIED);
    it_run(&H, 7200, 1, IT_APPLY);
    cr_assert_eq(H.channels[0].upstream, IT_B);
    it_close(&H);
}

/* ---- scn2 T11: both pools are held down; one's hold is over, and the host reports its tip ---- */

static uint32_t used(uint32_t upstream)
{
    return it_row(&H, upstream).flags & (HMX_ROW_USABLE | HMX_ROW_HELD_DOWN);
}

/* Both stayed in use, or neither, until the next health check: up to a day. */
Test(abi2_scn2_t11, a_hold_that_is_over_is_seen_when_the_host_reports)
{
    it_open(&H, HOURLY "[failover]\nhealth_check_interval_secs = 3600\nhold_down_secs = 60\n"
                       "hold_down_max_secs = 7200\n" AB);
    for (uint32_t k = 0; k < 5; k++) {
        it_all_up(&H, 2);
        it_advance(&H, 1);
        if (k < 2) {
            it_down(&H, IT_A);
        }
        if (k < 4) {
            it_down(&H, IT_B);
        }
        it_advance(&H, 1);
    }
    cr_assert_eq(used(IT_A), HMX_ROW_HELD_DOWN | HMX_ROW_USABLE, "for want of better");
    cr_assert_eq(used(IT_B), HMX_ROW_HELD_DOWN | HMX_ROW_USABLE);
    it_channels(&H, 10, 1000);
    it_advance(&H, 130);
    it_up(&H, IT_A);
    it_tick(&H);
    it_answer_all(&H, HMX_RESULT_APPLIED);
    cr_assert_eq(used(IT_A), HMX_ROW_USABLE);
    cr_assert_eq(used(IT_B), HMX_ROW_HELD_DOWN);
    cr_assert_eq(it_row(&H, IT_A).effective_pct, 100);
    cr_assert_eq(it_row(&H, IT_A).channels, 10);
    it_close(&H);
}

/* ---- scn2 T22: 64 pools with caps and mins, which come and go ---- */

/* Pool p<i> of 1.5 %, the last one of 5.5. */
static const char *many_pools(void)
{
    static char text[16384];
    size_t used_bytes = 0;
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        used_bytes += (size_t)snprintf(
            text + used_bytes, sizeof text - used_bytes,
            "[upstream.p%u]\naddress = h%u\nport = 1\npriority = %u\npercentage = %s\n"
            "max_ths = %u\nmin_ths = 1\n",
            i, i, i, i < HMX_UPSTREAMS_MAX - 1 ? "1.5" : "5.5", 300 + i);
    }
    return text;
}

/* Its effective targets summed to 100 too. The guard sees each decision: to a pool that is up. */
Test(abi2_scn2_t22, targets_add_up_whoever_comes_and_goes)
{
    uint64_t luck = 4;
    it_open(&H, many_pools());
    for (uint32_t u = 1; u <= HMX_UPSTREAMS_MAX; u++) {
        it_up_space(&H, u, 0xa0, 1, 16);
    }
    it_channels(&H, 1000, 1e14 / IT_HASHES_PER_SHARE);
    for (uint32_t s = 0; s < 3600; s += 5) {
        it_advance(&H, 5);
        if (s % 50 == 0) {
            it_mine(&H, 50);
        }
        luck = luck * 6364136223846793005ull + 1442695040888963407ull;
        const uint32_t upstream = 1 + (uint32_t)(luck >> 33) % HMX_UPSTREAMS_MAX;
        if (luck >> 32 & 1) {
            it_down(&H, upstream);
        } else {
            it_up_space(&H, upstream, 0xa0, 1, 16);
        }
        it_tick(&H);
        it_answer_all(&H, HMX_RESULT_APPLIED);
        double sum = 0.0;
        const it_view view = it_snapshot(&H);
        for (uint32_t u = 0; u < view.s.count; u++) {
            sum += view.rows[u].effective_pct;
        }
        cr_assert_float_eq(sum, 100, 1e-6, "%u s: %.9f", s, sum);
    }
    cr_assert_gt(H.moves, 1000);
    it_close(&H);
}
