/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The frames of a simulated run: they change nothing in the run, the checker finds them clean, and
 * what a broken host would write in their place it does not. */
#include <dirent.h>
#include <unistd.h>

#include "host_stub/check/file.h"
#include "host_stub/jobs/move.h"
#include "host_stub/replay/input.h"
#include "host_stub/sim/frames_state.h"
#include "host_stub/sv2/codec.h"
#include "tests/host/sim/test_run.h"

/* Everything at once: two chains, a pool that goes and comes back, one that refuses shares, one
 * whose space the plugin is not told, churn, a rack that loses its power, drifting hashrates. */
#define WORLD                                                                                      \
    "[scenario]\nhours = 1.4\nwarmup = 20min\n[farm]\ncount = 40\nmix = 95:1 200:1 473:1\n"        \
    "joins_per_minute = 0.5\nleaves_per_minute = 0.5\ndrift_pct = 6\n"                             \
    "[pool.a]\ntarget = 50\n[pool.b]\ntarget = 30\nextranonce_size = 14\naccept = 90\n"            \
    "[pool.c]\ntarget = 20\nchain = 1\nextranonce_size = 0\n"                                      \
    "[event.out]\nkind = down\npools = b\nat = 20min\nfor = 15min\n"                               \
    "[event.power]\nkind = disconnect\nminers_pct = 20\nat = 50min\nfor = 10min\n"                 \
    "[event.change]\nkind = targets\ntargets = a:20 b:50 c:30\nat = 70min\n"

static char dir[64];
static hs_sim_result result;

static void begin(void)
{
    snprintf(dir, sizeof dir, "/tmp/hmx_sim_frames_XXXXXX");
    cr_assert_not_null(mkdtemp(dir));
}

static void end(void)
{
    char command[128];
    hs_sim_result_free(&result);
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    cr_assert_eq(system(command), 0);
}

TestSuite(sim_frames, .init = begin, .fini = end);

static void run_frames(const char *world, const char *plugin, uint64_t seed)
{
    hs_sim_options options = {.seed = seed, .frames = dir};
    run_with(world, plugin, &options, &result);
}

/* ---- reading what was written ---- */

static int is_frames(const struct dirent *entry)
{
    return strstr(entry->d_name, ".hex") != NULL;
}

/* The pools' files first: "up-" comes behind "conn-". */
static int backwards(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*b)->d_name, (*a)->d_name);
}

/* Calls `act` with the path of each file. */
static void for_each_file(void (*act)(const char *path, void *ctx), void *ctx)
{
    char path[512];
    struct dirent **entries = NULL;
    const int n = scandir(dir, &entries, is_frames, backwards);
    cr_assert_gt(n, 0);
    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, entries[i]->d_name);
        act(path, ctx);
        free(entries[i]);
    }
    free(entries);
}

static char first_violation[1024];

static void note_violation(void *ctx, const hs_check_violation *v)
{
    unsigned *const violations = ctx;
    if ((*violations)++ == 0) {
        snprintf(first_violation, sizeof first_violation, "%s: %s:%zu: %s",
                 hs_check_rule_name(v->rule), v->file, v->line, v->text);
    }
}

static void check_one(const char *path, void *ctx)
{
    char why[512] = "";
    cr_assert(hs_check_file(ctx, path, why, sizeof why) == 0, "%s", why);
}

/* What the checker finds in the folder; the name of the first rule is in first_violation. */
static unsigned violations(hs_check_totals *totals)
{
    unsigned found = 0;
    const hs_check_options options = {.report = note_violation, .ctx = &found};
    hs_check *const check = hs_check_new(&options);
    cr_assert_not_null(check);
    first_violation[0] = '\0';
    for_each_file(check_one, check);
    hs_check_finish(check);
    if (totals != NULL) {
        *totals = *hs_check_totals_of(check);
    }
    hs_check_free(check);
    return found;
}

struct census {
    uint64_t messages[256];
    uint64_t files;
    uint64_t shared; /* connections with several channels */
    uint64_t pool_files;
    uint64_t standard_only;
    uint64_t silent;  /* of them, those that got work more than once and so no prefix */
    uint64_t flushes; /* SetNewPrevHash of the tip that the channel had */
};

/* Walks the frames of a file. */
static void for_each_frame(const char *path, void (*act)(const hs_sv2_message *m, void *ctx),
                           void *ctx)
{
    char why[512] = "";
    hs_replay_recording recording;
    cr_assert(hs_replay_recording_read(path, &recording, why, sizeof why) == 0, "%s", why);
    for (size_t at = 0; at < recording.len;) {
        size_t size = 0;
        hs_sv2_message m;
        hs_sv2_error error;
        cr_assert(hs_sv2_frame_size(recording.data + at, recording.len - at, &size, NULL) == 0);
        cr_assert(hs_sv2_decode(recording.data + at, size, HS_SV2_STRICT, &m, &error) == 0,
                  "%s: %s", path, error.text);
        act(&m, ctx);
        at += size;
    }
    hs_replay_recording_free(&recording);
}

static void count_message(const hs_sv2_message *m, void *ctx)
{
    struct census *const census = ctx;
    census->messages[m->id]++;
    census->standard_only += m->id == HS_SV2_SETUP_CONNECTION && m->as.setup_connection.flags == 1;
}

static void count_file(const char *path, void *ctx)
{
    struct census *const census = ctx;
    const char *const name = strrchr(path, '/') + 1;
    if (strncmp(name, "up-", 3) == 0) {
        census->pool_files++;
        return;
    }
    const uint64_t before = census->messages[HS_SV2_OPEN_STANDARD_SUCCESS] +
                            census->messages[HS_SV2_OPEN_EXTENDED_SUCCESS];
    const uint64_t standard_only = census->standard_only;
    const uint64_t prefixes = census->messages[HS_SV2_SET_EXTRANONCE_PREFIX];
    const uint64_t tips = census->messages[HS_SV2_SET_NEW_PREV_HASH];
    for_each_frame(path, count_message, census);
    if (census->standard_only > standard_only) { /* it has no use for a prefix */
        cr_assert_eq(census->messages[HS_SV2_SET_EXTRANONCE_PREFIX], prefixes);
        census->silent += census->messages[HS_SV2_SET_NEW_PREV_HASH] > tips + 1;
    }
    census->files++;
    census->shared += census->messages[HS_SV2_OPEN_STANDARD_SUCCESS] +
                          census->messages[HS_SV2_OPEN_EXTENDED_SUCCESS] >
                      before + 1;
}

static struct census census_of(void)
{
    struct census census = {.files = 0};
    for_each_file(count_file, &census);
    return census;
}

/* ---- the run and its frames ---- */

Test(sim_frames, a_run_with_frames_is_the_run_without_them)
{
    hs_sim_options plain = {.seed = 4};
    run_with(WORLD, HASHMUX, &plain, &result);
    char *const without = hs_sim_json(&result);
    hs_sim_result_free(&result);
    run_frames(WORLD, HASHMUX, 4);
    char *const with = hs_sim_json(&result);
    cr_assert_str_eq(without, with);
    free(without);
    free(with);
}

Test(sim_frames, the_checker_finds_no_fault)
{
    hs_check_totals totals;
    run_frames(WORLD, HASHMUX, 4);
    cr_assert_eq(violations(&totals), 0, "%s", first_violation);
    cr_assert_eq(result.note_count, 0, "%s", result.notes[0]);
    cr_assert_gt(result.moves_hard, 0);
    cr_assert_gt(result.moves_soft, 0);
    cr_assert_eq(result.moves_hard + result.moves_soft, result.moves);
    cr_assert_eq(totals.shares, result.submitted);
    cr_assert_eq(totals.untimed, 0);
}

Test(sim_frames, all_that_happens_is_in_the_frames)
{
    run_frames(WORLD, HASHMUX, 4);
    const struct census c = census_of();
    const uint64_t extended = c.messages[HS_SV2_OPEN_EXTENDED_SUCCESS];
    const uint64_t standard = c.messages[HS_SV2_OPEN_STANDARD_SUCCESS];
    cr_assert_eq(c.pool_files, 4, "three pools, of which one was lost and came back");
    cr_assert_geq(extended, standard);
    cr_assert_gt(standard, 0);
    cr_assert_gt(c.shared, 1);
    cr_assert_gt(c.files, c.shared);
    cr_assert_gt(c.standard_only, 0);
    cr_assert_gt(c.messages[HS_SV2_UPDATE_CHANNEL], 0);
    cr_assert_gt(c.messages[HS_SV2_CLOSE_CHANNEL], 0);
    cr_assert_gt(extended + standard, 60, "some joined later: %u", (unsigned)(extended + standard));
    cr_assert_gt(c.messages[HS_SV2_SET_TARGET], 0);
    cr_assert_gt(c.silent, 0);
    cr_assert_gt(c.messages[HS_SV2_SET_EXTRANONCE_PREFIX], 0);
    cr_assert_lt(c.messages[HS_SV2_SET_EXTRANONCE_PREFIX], result.moves, "the others are silent");
    cr_assert_eq(c.messages[HS_SV2_SUBMIT_STANDARD] + c.messages[HS_SV2_SUBMIT_EXTENDED],
                 result.submitted);
    cr_assert_gt(c.messages[HS_SV2_SUBMIT_ERROR], 0);
}

/* Shares in the answers, against the account of the run. */
static void sum_answers(const hs_sv2_message *m, void *ctx)
{
    uint64_t *const sums = ctx;
    sums[0] += m->id == HS_SV2_SUBMIT_SUCCESS ? m->as.submit_success.new_submits_accepted_count : 0;
    sums[1] += m->id == HS_SV2_SUBMIT_ERROR;
}

static void sum_file(const char *path, void *ctx)
{
    for_each_frame(path, sum_answers, ctx);
}

Test(sim_frames, answers_add_up_to_the_account)
{
    uint64_t sums[2] = {0, 0};
    run_frames("[scenario]\nhours = 1\n[farm]\ncount = 30\nmix = 95:1 200:1\n[pool.a]\n"
               "target = 60\naccept = 85\n[pool.b]\ntarget = 40\nack_interval = 47s\n"
               "[event.out]\nkind = down\npools = b\nat = 20min\nfor = 5min\n",
               HASHMUX, 2);
    for_each_file(sum_file, sums);
    cr_assert_eq(sums[0], result.accepted);
    cr_assert_eq(sums[1], result.rejected + result.lost);
    cr_assert_gt(result.rejected, 0);
    cr_assert_gt(result.lost, 0);
}

/* Closes by the host, and openings of whom it has closed. */
struct reopenings {
    uint64_t closes;
    uint64_t opened;
    uint64_t waiting; /* on this connection */
};

static void follow_reopening(const hs_sv2_message *m, void *ctx)
{
    struct reopenings *const r = ctx;
    if (m->id == HS_SV2_CLOSE_CHANNEL &&
        hs_sv2_bytes_are(m->as.close_channel.reason_code, "channel-moved")) {
        r->closes++;
        r->waiting++;
    } else if (m->id == HS_SV2_OPEN_EXTENDED_SUCCESS && r->waiting > 0) {
        r->opened++;
        r->waiting--;
    }
}

static void follow_file(const char *path, void *ctx)
{
    struct reopenings *const r = ctx;
    r->waiting = 0;
    if (strncmp(strrchr(path, '/') + 1, "up-", 3) != 0) {
        for_each_frame(path, follow_reopening, r);
    }
}

#define DEAF(miners)                                                                               \
    "[scenario]\nhours = 1\nwarmup = 10min\n[farm]\nlist = " miners "\ndeaf_pct = 100\n"           \
    "extended_pct = 100\nreopen_lost_pct = 20\n[pool.a]\ntarget = 60\n[pool.b]\ntarget = 40\n"     \
    "[controller]\nreopen = deaf\n"                                                                \
    "[event.out]\nat = 20min\nkind = down\npools = a\nfor = 10min\n"

/* The host closes, and the device asks again on the same connection. */
Test(sim_frames, a_move_by_reopening_is_a_close_and_an_opening)
{
    struct reopenings all = {.closes = 0};
    run_frames(DEAF("30x200"), HASHMUX, 4);
    cr_assert_eq(violations(NULL), 0, "%s", first_violation);
    for_each_file(follow_file, &all);
    cr_assert(result.moves_reopened > 8 && result.moves_reopened < result.reopened);
    cr_assert_eq(all.closes, result.reopened);
    cr_assert_eq(all.opened, result.moves_reopened);
}

/* Nobody else is there to keep its connection. */
Test(sim_frames, a_device_alone_in_its_rack_comes_back_there)
{
    struct reopenings all = {.closes = 0};
    run_frames(DEAF("200"), HASHMUX, 4);
    cr_assert_eq(violations(NULL), 0, "%s", first_violation);
    for_each_file(follow_file, &all);
    cr_assert(all.closes == 1 && all.opened == 1 && result.moves_reopened == 1);
}

Test(sim_frames, a_host_that_chooses_the_prefixes_keeps_them_apart)
{
    run_frames(WORLD, STATIC, 1);
    cr_assert_eq(violations(NULL), 0, "%s", first_violation);
    end();
    begin();
    run_frames(WORLD, MINIMAL, 1);
    cr_assert_eq(violations(NULL), 0, "%s", first_violation);
}

Test(sim_frames, channels_that_no_pool_can_serve_wait_for_their_answer)
{
    run_frames("[scenario]\nhours = 0.5\n[farm]\ncount = 10\nmix = 95:1\njoins_per_minute = 2\n"
               "leaves_per_minute = 2\n[pool.a]\ntarget = 60\n[pool.b]\ntarget = 40\n"
               "[event.out]\nkind = down\npools = all\nat = 5min\nfor = 10min\n",
               HASHMUX, 3);
    const struct census c = census_of();
    cr_assert_eq(violations(NULL), 0, "%s", first_violation);
    cr_assert_gt(c.messages[HS_SV2_OPEN_ERROR], 0, "some left before they were served");
    cr_assert_eq(c.messages[HS_SV2_OPEN_STANDARD] + c.messages[HS_SV2_OPEN_EXTENDED],
                 c.messages[HS_SV2_OPEN_STANDARD_SUCCESS] +
                     c.messages[HS_SV2_OPEN_EXTENDED_SUCCESS] + c.messages[HS_SV2_OPEN_ERROR]);
}

Test(sim_frames, a_pool_that_grants_too_little_takes_standard_channels_only)
{
    run_frames("[scenario]\nhours = 0.5\n[farm]\ncount = 20\nmix = 95:1\nleaves_per_minute = 1\n"
               "[pool.a]\ntarget = 60\nextranonce_size = 6\n[pool.b]\ntarget = 40\n",
               HASHMUX, 3);
    cr_assert_eq(violations(NULL), 0, "%s", first_violation);
    cr_assert_eq(result.guard_violations, 0);
}

/* The time between a soft move and the report that its old prefix is free is HS_SIM_DRAIN_SECS at
 * most: by then SetNewPrevHash has ended the jobs that had it, on an old tip if there is no new
 * one. */
struct drains {
    uint8_t moved[1024]; /* by channel: a soft move has happened and nothing ended its past jobs */
    hs_sv2_u256 tip[1024];
    uint64_t flushes;
};

static void watch_drains(const hs_sv2_message *m, void *ctx)
{
    struct drains *const d = ctx;
    const uint32_t id = hs_sv2_channel_of(m) % 1024;
    if (m->id == HS_SV2_SET_EXTRANONCE_PREFIX) {
        d->moved[id] = 1;
    }
    if (m->id == HS_SV2_SET_NEW_PREV_HASH) {
        const int same = memcmp(&d->tip[id], &m->as.set_new_prev_hash.prev_hash, 32) == 0;
        d->flushes += same && d->moved[id];
        d->tip[id] = m->as.set_new_prev_hash.prev_hash;
        d->moved[id] = 0;
    }
}

static void drains_of_file(const char *path, void *ctx)
{
    struct drains d = {.flushes = 0};
    for_each_frame(path, watch_drains, &d);
    *(uint64_t *)ctx += d.flushes;
}

Test(sim_frames, an_old_prefix_is_drained_before_it_is_reported_free)
{
    uint64_t flushes = 0;
    run_frames(WORLD, HASHMUX, 4);
    for_each_file(drains_of_file, &flushes);
    cr_assert_gt(flushes, 0, "after two minutes on one tip a new job ends the old ones");
    cr_assert_leq(flushes, result.moves_soft);
    cr_assert_gt(result.drained, 0);
    cr_assert_eq(result.note_count, 0, "%s", result.notes[0]);
}

Test(sim_frames, what_cannot_be_written_ends_the_run_with_a_sentence)
{
    char why[2048] = "";
    hs_sim_options options = {.seed = 1, .frames = "/no/such/folder"};
    cr_assert_neq(try_run(WORLD, HASHMUX, &options, &result, why, sizeof why), 0);
    cr_assert_not_null(strstr(why, "/no/such/folder"), "%s", why);
    options.frames = "/dev/null";
    cr_assert_neq(try_run(WORLD, HASHMUX, &options, &result, why, sizeof why), 0);
    cr_assert_not_null(strstr(why, "not a folder"), "%s", why);
}

/* ---- a host that is broken on purpose ---- */

/* How a frame is to be spoilt. Returns 1 when it was. */
typedef int (*spoiler)(hs_sv2_message *m);

/* Writes the file anew with the first frame spoilt that lets itself be. Returns 1 if one did. */
static int spoil_file(const char *path, spoiler spoil)
{
    char line[8192];
    char why[256];
    uint8_t frame[4096];
    hs_frame_file out;
    int done = 0;
    FILE *const from = fopen(path, "r");
    cr_assert_not_null(from);
    char copy[600];
    snprintf(copy, sizeof copy, "%s.new", path);
    cr_assert(hs_frame_file_begin(&out, dir, strrchr(copy, '/') + 1, why, sizeof why) == 0, "%s",
              why);
    unsigned long long t_s = 0;
    unsigned t_ms = 0;
    char side = 'C';
    while (fgets(line, sizeof line, from) != NULL) {
        if (line[0] == '#') {
            (void)sscanf(line, "# %c->%*c t=%llu.%u", &side, &t_s, &t_ms);
            continue;
        }
        hs_sv2_message m;
        hs_sv2_error error;
        const size_t len = strlen(line) / 2;
        for (size_t i = 0; i < len; i++) {
            unsigned byte = 0;
            cr_assert_eq(sscanf(line + 2 * i, "%2x", &byte), 1);
            frame[i] = (uint8_t)byte;
        }
        cr_assert(hs_sv2_decode(frame, len, 0, &m, &error) == 0, "%s", error.text);
        done = done || spoil(&m);
        cr_assert(hs_frame_file_message(&out,
                                        side == 'S' ? HS_FRAME_FROM_SERVER : HS_FRAME_FROM_CLIENT,
                                        t_s * 1000 + t_ms, &m) == 0);
    }
    fclose(from);
    cr_assert(hs_frame_file_end(&out) == 0);
    cr_assert_eq(rename(copy, path), 0);
    return done;
}

struct spoiling {
    spoiler spoil;
    int done;
};

static void spoil_first(const char *path, void *ctx)
{
    struct spoiling *const s = ctx;
    if (!s->done && strstr(path, "/conn-") != NULL) {
        s->done = spoil_file(path, s->spoil);
    }
}

static void is_caught(spoiler spoil, const char *const *rules)
{
    struct spoiling s = {.spoil = spoil};
    run_frames(WORLD, HASHMUX, 4);
    for_each_file(spoil_first, &s);
    cr_assert(s.done, "nothing was spoilt");
    cr_assert_gt(violations(NULL), 0);
    int expected = 0;
    for (int i = 0; rules[i] != NULL; i++) {
        expected |= strncmp(first_violation, rules[i], strlen(rules[i])) == 0;
    }
    cr_assert(expected, "%s", first_violation);
}

static int spoil_nothing(hs_sv2_message *m)
{
    return m->id == HS_SV2_NEW_MINING_JOB;
}

Test(sim_frames, spoiling_nothing_is_no_violation)
{
    struct spoiling s = {.spoil = spoil_nothing};
    run_frames(WORLD, HASHMUX, 4);
    for_each_file(spoil_first, &s);
    cr_assert(s.done);
    cr_assert_eq(violations(NULL), 0, "%s", first_violation);
}

static int spoil_root(hs_sv2_message *m)
{
    m->as.new_mining_job.merkle_root.byte[17] ^= m->id == HS_SV2_NEW_MINING_JOB ? 0x20 : 0;
    return m->id == HS_SV2_NEW_MINING_JOB;
}

Test(sim_frames, a_broken_merkle_root_is_caught)
{
    static const char *const RULES[] = {"merkle-root", NULL};
    is_caught(spoil_root, RULES);
}

/* A standard channel (its prefix fills everything) whose next root is made with other bytes. */
static int change_prefix(hs_sv2_message *m)
{
    hs_sv2_b032 *const prefix = &m->as.set_extranonce_prefix.extranonce_prefix;
    if (m->id != HS_SV2_SET_EXTRANONCE_PREFIX || prefix->len < 16) {
        return 0;
    }
    prefix->byte[prefix->len - 1] ^= 1;
    return 1;
}

Test(sim_frames, a_job_for_another_prefix_is_caught)
{
    static const char *const RULES[] = {"merkle-root", NULL};
    is_caught(change_prefix, RULES);
}

static int shorten_opened_prefix(hs_sv2_message *m)
{
    if (m->id != HS_SV2_OPEN_STANDARD_SUCCESS && m->id != HS_SV2_OPEN_EXTENDED_SUCCESS) {
        return 0;
    }
    m->as.open_success.extranonce_prefix.len--;
    return 1;
}

Test(sim_frames, a_prefix_that_is_too_short_at_the_opening_is_caught)
{
    static const char *const RULES[] = {"coinbase", "prefix-length", "merkle-root", NULL};
    is_caught(shorten_opened_prefix, RULES);
}

static int lengthen_set_prefix(hs_sv2_message *m)
{
    if (m->id != HS_SV2_SET_EXTRANONCE_PREFIX) {
        return 0;
    }
    m->as.set_extranonce_prefix.extranonce_prefix.len++;
    return 1;
}

Test(sim_frames, a_prefix_that_is_too_long_after_a_move_is_caught)
{
    static const char *const RULES[] = {"coinbase", "prefix-length", "merkle-root",
                                        "extranonce-size", NULL};
    is_caught(lengthen_set_prefix, RULES);
}

static int ease_target(hs_sv2_message *m)
{
    if (m->id != HS_SV2_SET_TARGET) {
        return 0;
    }
    memset(&m->as.set_target.maximum_target, 0xff, 32);
    return 1;
}

Test(sim_frames, a_target_that_the_device_does_not_take_is_caught)
{
    static const char *const RULES[] = {"target-above-max", NULL};
    is_caught(ease_target, RULES);
}

static int count_one_more(hs_sv2_message *m)
{
    if (m->id != HS_SV2_SUBMIT_SUCCESS) {
        return 0;
    }
    m->as.submit_success.new_submits_accepted_count++;
    return 1;
}

Test(sim_frames, an_answer_that_does_not_add_up_is_caught)
{
    static const char *const RULES[] = {"answer-to-nothing", "shares-sum", NULL};
    is_caught(count_one_more, RULES);
}
