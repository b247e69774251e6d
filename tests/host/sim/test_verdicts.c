/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * When pools answer in the simulator: in batches by time or by number, for everybody or for each
 * channel, rejections with them or at once, late or not. What they credit does not depend on it. */
#include "tests/host/sim/test_fake.h"

#include "host_stub/check/file.h"
#include "host_stub/replay/input.h"
#include "host_stub/sim/frames_state.h"
#include "host_stub/sv2/codec.h"

#define WORLD(pool)                                                                                \
    "[scenario]\nhours = 1\nwarmup = 10min\n[farm]\nlist = 20x200\n[pool.a]\ntarget = 100\n" pool

/* Seconds between one told verdict of this kind and the next that is told later. */
struct gaps {
    uint64_t least;
    uint64_t most;
    uint64_t batches;
    uint64_t shares_least; /* in one batch */
    uint64_t shares_most;
};

static struct gaps gaps_of(uint32_t verdict, uint64_t channel)
{
    struct gaps g = {.least = UINT64_MAX, .shares_least = UINT64_MAX};
    uint64_t last = 0;
    uint64_t shares = 0;
    for (size_t i = 0; i < fake.share_count; i++) {
        const struct fake_share *const s = &fake.shares[i];
        if (s->e.verdict != verdict || (channel != 0 && s->e.channel != channel) ||
            s->second >= 3599) { /* the run's end tells the rest */
            continue;
        }
        if (s->second != last) {
            if (g.batches > 0) {
                g.least = s->second - last < g.least ? s->second - last : g.least;
                g.most = s->second - last > g.most ? s->second - last : g.most;
                g.shares_least = shares < g.shares_least ? shares : g.shares_least;
                g.shares_most = shares > g.shares_most ? shares : g.shares_most;
            }
            g.batches++;
            shares = 0;
        }
        shares += s->e.count;
        last = s->second;
    }
    return g;
}

/* Longest and shortest wait of a channel's one share at a time: from SUBMITTED to its verdict. */
static void first_waits(uint32_t verdict, uint64_t *least, uint64_t *most)
{
    *least = UINT64_MAX;
    *most = 0;
    for (size_t i = 0; i < fake.share_count; i++) {
        const struct fake_share *const s = &fake.shares[i];
        if (s->e.verdict != verdict || s->second >= 3599) {
            continue;
        }
        /* The last that the channel had submitted in another second than this is too late or too
         * early; the newest not later than the verdict is what it may answer. */
        size_t k = i;
        while (k > 0 && !(fake.shares[k].e.verdict == HMX_SHARE_SUBMITTED &&
                          fake.shares[k].e.channel == s->e.channel)) {
            k--;
        }
        const uint64_t wait = s->second - fake.shares[k].second;
        *least = wait < *least ? wait : *least;
        *most = wait > *most ? wait : *most;
    }
}

Test(sim_verdicts, batches_by_time)
{
    run_fake(WORLD("ack_interval = 125s\n"), 3600, NULL, 0, NULL);
    const struct gaps g = gaps_of(HMX_SHARE_ACCEPTED, 0);
    cr_assert(g.least == 125 && g.most == 125 && g.batches == 28, "%u %u %u", (unsigned)g.least,
              (unsigned)g.most, (unsigned)g.batches);
    run_fake(WORLD("ack_interval = 15min\n"), 3600, NULL, 0, NULL);
    cr_assert_eq(gaps_of(HMX_SHARE_ACCEPTED, 0).least, 900);
}

Test(sim_verdicts, batches_by_number)
{
    run_fake(WORLD("ack_shares = 50\n"), 3600, NULL, 0, NULL);
    const struct gaps g = gaps_of(HMX_SHARE_ACCEPTED, 0);
    cr_assert(g.shares_least >= 50 && g.shares_most < 70, "%u to %u", (unsigned)g.shares_least,
              (unsigned)g.shares_most);
    cr_assert_gt(g.least, 10, "no clock of five seconds beside it");
    /* Whichever comes first. */
    run_fake(WORLD("ack_shares = 50\nack_interval = 20s\n"), 3600, NULL, 0, NULL);
    const struct gaps both = gaps_of(HMX_SHARE_ACCEPTED, 0);
    cr_assert(both.most == 20 && both.least < 20, "%u to %u", (unsigned)both.least,
              (unsigned)both.most);
}

Test(sim_verdicts, batches_of_each_channel)
{
    run_fake(WORLD("ack_shares = 10\nack_per_channel = yes\n"), 3600, NULL, 0, NULL);
    for (uint64_t channel = 1; channel <= 20; channel++) {
        const struct gaps g = gaps_of(HMX_SHARE_ACCEPTED, channel);
        cr_assert(g.shares_least >= 10 && g.shares_most < 15 && g.batches > 20, "%u to %u",
                  (unsigned)g.shares_least, (unsigned)g.shares_most);
    }
    run_fake(WORLD("ack_interval = 100s\nack_per_channel = yes\n"), 3600, NULL, 0, NULL);
    cr_assert_eq(gaps_of(HMX_SHARE_ACCEPTED, 7).least, 100);
    cr_assert_eq(gaps_of(HMX_SHARE_ACCEPTED, 7).most, 100);
    cr_assert_lt(gaps_of(HMX_SHARE_ACCEPTED, 0).most, 100, "not all at once");
}

Test(sim_verdicts, rejections_with_the_batch_or_at_once)
{
    uint64_t least = 0;
    uint64_t most = 0;
    run_fake(WORLD("accept = 90\nack_interval = 5min\n"), 3600, NULL, 0, NULL);
    cr_assert_eq(gaps_of(HMX_SHARE_REJECTED_OTHER, 0).least, 300);
    const uint64_t rejected = fake_count(HMX_SHARE_REJECTED_OTHER);
    const uint64_t accepted = fake_count(HMX_SHARE_ACCEPTED);
    run_fake(WORLD("accept = 90\nack_interval = 5min\nrejects_at_once = yes\n"), 3600, NULL, 0,
             NULL);
    first_waits(HMX_SHARE_REJECTED_OTHER, &least, &most);
    cr_assert(least == 0 && most == 0, "%u to %u", (unsigned)least, (unsigned)most);
    cr_assert_eq(gaps_of(HMX_SHARE_ACCEPTED, 0).least, 300);
    cr_assert_eq(fake_count(HMX_SHARE_REJECTED_OTHER), rejected, "the same luck");
    cr_assert_eq(fake_count(HMX_SHARE_ACCEPTED), accepted);
    cr_assert_gt(rejected, 500);
}

Test(sim_verdicts, they_come_late)
{
    uint64_t least = 0;
    uint64_t most = 0;
    /* One share an hour and miner, more or less: none is taken for another. */
    run_fake("[scenario]\nhours = 1\nwarmup = 10min\n[farm]\nlist = 50x200\n"
             "shares_per_minute = 0.05\n[pool.a]\ntarget = 100\naccept = 50\nlatency = 7s\n"
             "ack_interval = 1s\nrejects_at_once = yes\n",
             3600, NULL, 0, NULL);
    first_waits(HMX_SHARE_REJECTED_OTHER, &least, &most);
    cr_assert(least == 7 && most == 7, "%u to %u", (unsigned)least, (unsigned)most);
    first_waits(HMX_SHARE_ACCEPTED, &least, &most);
    cr_assert(least == 7 && most == 7, "%u to %u", (unsigned)least, (unsigned)most);
}

#define TWO                                                                                        \
    "[scenario]\nhours = 6\n[farm]\nlist = 10x100 10x200\n[pool.a]\ntarget = 60\naccept = 99\n"
#define B "[pool.b]\ntarget = 40\naccept = 95\n"

/* The account is the truth, whenever the plugin hears of it. */
Test(sim_verdicts, what_is_credited_does_not_depend_on_when_it_is_told)
{
    static const char *const RHYTHMS[] = {
        "ack_interval = 10min\n", "ack_shares = 100\n", "ack_shares = 7\nack_per_channel = yes\n",
        "ack_interval = 90s\nack_per_channel = yes\nrejects_at_once = yes\nlatency = 9s\n"};
    hs_sim_options options = {.seed = 3};
    hs_sim_result kind;
    run_with(TWO B, STATIC, &options, &kind);
    for (size_t i = 0; i < sizeof RHYTHMS / sizeof RHYTHMS[0]; i++) {
        char text[1024];
        hs_sim_result r;
        snprintf(text, sizeof text, "%s%s%s%s", TWO, RHYTHMS[i], B, RHYTHMS[i]);
        run_with(text, STATIC, &options, &r);
        cr_assert(r.accepted == kind.accepted && r.rejected == kind.rejected && r.lost == 0);
        for (int w = 0; w < 3; w++) {
            cr_assert_float_eq(r.errors[w].mean, kind.errors[w].mean, 1e-9);
            cr_assert_float_eq(r.errors[w].max, kind.errors[w].max, 1e-9);
        }
        cr_assert_float_eq(r.lost_work_pct, kind.lost_work_pct, 1e-9);
        hs_sim_result_free(&r);
    }
    hs_sim_result_free(&kind);
}

/* What is on its way goes with the connection. */
Test(sim_verdicts, a_pool_that_breaks_loses_what_it_has_not_answered)
{
    run_fake(WORLD("latency = 30s\nack_interval = 1s\n"
                   "[pool.b]\ntarget = 0\n[event.e]\nat = 30min\nkind = down\npools = a\n"),
             1830, NULL, 0, NULL);
    uint64_t lost = 0;
    for (size_t i = 0; i < fake.share_count; i++) {
        lost += fake.shares[i].second == 1800 && fake.shares[i].e.verdict == HMX_SHARE_LOST
                    ? fake.shares[i].e.count
                    : 0;
    }
    cr_assert(lost > 30 && lost < 100, "%u: 20 miners for 30 s", (unsigned)lost);
}

/* Tips every two minutes; what is found within three seconds of one is stale, three in four. */
Test(sim_verdicts, stale_after_a_tip)
{
    hs_sim_result r;
    run_fake("[scenario]\nhours = 1\nwarmup = 10min\n[farm]\nlist = 50x200\n"
             "shares_per_minute = 60\ntip_interval = 2min\n"
             "[pool.a]\ntarget = 100\nstale_time = 3s\nstale_pct = 75\naccept = 90\n"
             "rejects_at_once = yes\nack_interval = 5s\n",
             3600, NULL, 0, &r);
    const uint64_t stale = fake_count(HMX_SHARE_REJECTED_STALE);
    const double expected = (double)r.tips * 3.0 * 50.0 * 0.9 * 0.75;
    cr_assert(r.tips > 15 && r.tips < 50, "%u", (unsigned)r.tips);
    cr_assert_float_eq((double)stale, expected, 0.1 * expected, "%u of %.0f", (unsigned)stale,
                       expected);
    cr_assert_eq(r.rejected, stale + fake_count(HMX_SHARE_REJECTED_OTHER));
    cr_assert_float_eq((double)fake_count(HMX_SHARE_REJECTED_OTHER), 0.1 * (double)r.submitted,
                       0.005 * (double)r.submitted);
    /* All in bursts, each of three seconds. */
    uint64_t bursts = 0;
    uint64_t begin = 0;
    for (size_t i = 0; i < fake.share_count; i++) {
        const struct fake_share *const s = &fake.shares[i];
        if (s->e.verdict == HMX_SHARE_REJECTED_STALE && (bursts == 0 || s->second >= begin + 3)) {
            bursts++;
            begin = s->second;
        }
    }
    cr_assert(bursts <= r.tips && bursts + 3 > r.tips, "%u of %u", (unsigned)bursts,
              (unsigned)r.tips);
    hs_sim_result_free(&r);
}

static void note_violation(void *ctx, const hs_check_violation *v)
{
    (void)ctx;
    cr_assert_fail("%s: %s:%zu: %s", hs_check_rule_name(v->rule), v->file, v->line, v->text);
}

struct answers {
    uint64_t successes; /* messages */
    uint64_t accepted;  /* shares */
    uint64_t refused;
    uint64_t lost;
};

static void count_answers(const char *path, struct answers *a)
{
    char why[512] = "";
    hs_replay_recording recording;
    cr_assert_eq(hs_replay_recording_read(path, &recording, why, sizeof why), 0, "%s", why);
    for (size_t at = 0; at < recording.len;) {
        size_t size = 0;
        hs_sv2_message m;
        hs_sv2_error error;
        cr_assert_eq(hs_sv2_frame_size(recording.data + at, recording.len - at, &size, NULL), 0);
        cr_assert_eq(hs_sv2_decode(recording.data + at, size, HS_SV2_STRICT, &m, &error), 0);
        at += size;
        if (m.id == HS_SV2_SUBMIT_SUCCESS) {
            a->successes++;
            a->accepted += m.as.submit_success.new_submits_accepted_count;
        } else if (m.id == HS_SV2_SUBMIT_ERROR) {
            const int lost = m.as.submit_error.error_code.data[0] == HS_CODE_POOL_LOST[0];
            *(lost ? &a->lost : &a->refused) += 1;
        }
    }
    hs_replay_recording_free(&recording);
}

/* The answers on the wire are the same ones. */
Test(sim_verdicts, frames)
{
    static const char *const FILES[] = {"up-a.hex", "up-a.2.hex", "conn-00001.hex"};
    char dir[64] = "/tmp/hmx_sim_verdicts_XXXXXX";
    char command[256];
    char path[256];
    char why[512] = "";
    hs_sim_result r;
    struct answers a = {0};
    cr_assert_not_null(mkdtemp(dir));
    hs_sim_options options = {.seed = 3, .frames = dir};
    run_with("[scenario]\nhours = 1\nwarmup = 10min\n[farm]\nlist = 1x100\n[pool.a]\ntarget = 100\n"
             "accept = 80\nack_interval = 3min\nlatency = 90s\nrejects_at_once = yes\n"
             "[event.e]\nat = 31min\nkind = down\npools = a\nfor = 1s\n",
             STATIC, &options, &r);
    const hs_check_options check_options = {.report = note_violation};
    hs_check *const check = hs_check_new(&check_options);
    for (size_t i = 0; i < sizeof FILES / sizeof FILES[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, FILES[i]);
        cr_assert_eq(hs_check_file(check, path, why, sizeof why), 0, "%s", why);
    }
    hs_check_finish(check);
    hs_check_free(check);
    count_answers(path, &a);
    cr_assert(a.accepted == r.accepted && a.refused == r.rejected && a.lost == r.lost,
              "%u of %u, %u of %u, %u of %u", (unsigned)a.accepted, (unsigned)r.accepted,
              (unsigned)a.refused, (unsigned)r.rejected, (unsigned)a.lost, (unsigned)r.lost);
    cr_assert(a.lost > 5 && a.refused > 40);
    cr_assert_leq(a.successes, 21, "%u: one for each batch", (unsigned)a.successes);
    hs_sim_result_free(&r);
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    cr_assert_eq(system(command), 0);
}
