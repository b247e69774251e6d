/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Devices that ignore SetExtranoncePrefix in the simulated farm: closed to be moved they come back
 * after a while, or stay away, and who need not be closed is not. */
#include "tests/host/sim/test_run.h"

#include "host_stub/jobs/move.h"
#include "host_stub/sim/links.h"

/* A connection that breaks is waited for three seconds, and a tick. */
enum { A, B, MINERS = 40, OUTAGE = 1800, BLIP = 4 };

#define FARM(keys)                                                                                 \
    "[scenario]\nhours = 2\nwarmup = 10min\n[farm]\nlist = 40x200\ndrift_pct = 0\n"                \
    "extended_pct = 100\n" keys "\n[pool.a]\ntarget = 60\n[pool.b]\ntarget = 40\n"
#define REOPEN "[controller]\nreopen = deaf\n"
#define OUT    "[event.out]\nat = 30min\nkind = down\npools = a\n"

static void run(const char *what, hs_sim_result *r)
{
    hs_sim_options options = {.seed = 5, .record = 1};
    run_with(what, HASHMUX, &options, r);
    cr_assert_eq(r->note_count, 0, "%s", r->notes[0]);
    cr_assert_eq(r->forced, 0, "the plugin places them all");
}

Test(sim_reopen, who_is_deaf_is_away_as_long_as_it_takes_and_works_elsewhere)
{
    hs_sim_result r;
    run(FARM("deaf_pct = 100\nreopen_time = 40s") REOPEN OUT, &r);
    const uint32_t there = channels_at(&r, OUTAGE - 1, A);
    cr_assert_gt(there, 10);
    cr_assert_eq(r.reopened, there);
    cr_assert_eq(r.moves_reopened, there);
    cr_assert_eq(r.moves, there, "nothing else moves a deaf one");
    cr_assert_eq(all_channels_at(&r, OUTAGE - 1), MINERS);
    cr_assert_eq(all_channels_at(&r, OUTAGE + BLIP), MINERS - there);
    cr_assert_eq(all_channels_at(&r, OUTAGE + BLIP + 39), MINERS - there);
    cr_assert_eq(channels_at(&r, OUTAGE + BLIP + 40, B), MINERS);
    /* What its 40 seconds cost, and what was under way when the pool broke. */
    const double away = 100.0 * (double)there * 40.0 / (MINERS * 7200.0);
    cr_assert_gt(r.lost_work_pct, 0.9 * away);
    cr_assert_lt(r.lost_work_pct, 1.6 * away);
    cr_assert_lt(r.lost, 50);
    hs_sim_result_free(&r);
}

Test(sim_reopen, without_the_key_nobody_is_closed)
{
    hs_sim_result r;
    run(FARM("deaf_pct = 100") OUT, &r);
    cr_assert_eq(r.reopened, 0);
    cr_assert_gt(channels_at(&r, 7199, A), 10, "they earn nothing there");
    cr_assert_gt(r.lost, 1000);
    char *const json = hs_sim_json(&r);
    cr_assert_null(strstr(json, "reopened"), "%s", json);
    free(json);
    hs_sim_result_free(&r);
}

Test(sim_reopen, only_the_deaf_are_closed)
{
    hs_sim_result r;
    run(FARM("deaf_pct = 50") REOPEN OUT, &r);
    cr_assert_gt(r.reopened, 3);
    cr_assert_eq(r.reopened, r.moves_reopened);
    cr_assert_gt(r.moves_hard + r.moves_soft, 3);
    cr_assert_eq(r.moves, r.moves_hard + r.moves_soft + r.moves_reopened);
    cr_assert_eq(channels_at(&r, 7199, B), MINERS);
    cr_assert_eq(r.moves_refused, 0);
    char *const json = hs_sim_json(&r);
    char expected[64];
    snprintf(expected, sizeof expected, "\"moves_reopened\":%u,\"reopened\":%u",
             (unsigned)r.reopened, (unsigned)r.reopened);
    cr_assert_not_null(strstr(json, expected), "%s", json);
    free(json);
    hs_sim_result_free(&r);
}

Test(sim_reopen, some_stay_away_for_good)
{
    hs_sim_result some;
    hs_sim_result all;
    run(FARM("deaf_pct = 100\nreopen_lost_pct = 50\nreopen_time = 0s") REOPEN OUT, &some);
    cr_assert(some.moves_reopened > 2 && some.moves_reopened < some.reopened - 2);
    cr_assert_eq(all_channels_at(&some, 7199), MINERS - (some.reopened - some.moves_reopened));
    run(FARM("deaf_pct = 100\nreopen_lost_pct = 100") REOPEN OUT, &all);
    cr_assert(all.moves_reopened == 0 && all.reopened == some.reopened);
    cr_assert_eq(all_channels_at(&all, 7199), MINERS - all.reopened);
    hs_sim_result_free(&some);
    hs_sim_result_free(&all);
}

/* Who stays away comes with everybody who is away. */
Test(sim_reopen, everybody_returns)
{
    hs_sim_result r;
    run(FARM("deaf_pct = 100\nreopen_lost_pct = 100") REOPEN OUT
        "[event.back]\nat = 1h\nkind = return\n",
        &r);
    cr_assert_eq(all_channels_at(&r, 3599), MINERS - r.reopened);
    cr_assert_eq(channels_at(&r, 3600, B), MINERS);
    cr_assert_eq(r.moves_reopened, r.reopened);
    hs_sim_result_free(&r);
}

/* To have been moved so costs nothing later. */
Test(sim_reopen, who_is_back_may_leave_like_everybody)
{
    hs_sim_result stays;
    hs_sim_result leaves;
    run(FARM("deaf_pct = 100") REOPEN OUT, &stays);
    run(FARM("deaf_pct = 100") REOPEN OUT
        "[event.off]\nat = 1h\nkind = disconnect\nminers_pct = 100\nfor = 10min\n",
        &leaves);
    cr_assert_eq(all_channels_at(&leaves, 3700), 0);
    cr_assert_eq(leaves.moves, stays.moves);
    cr_assert_lt(leaves.lost_work_pct, 1.2 * stays.lost_work_pct);
    hs_sim_result_free(&stays);
    hs_sim_result_free(&leaves);
}

/* An observer keeps so many channels of a connection: then the device makes another. */
Test(sim_reopen, a_connection_that_has_opened_its_share_is_left)
{
    static hs_sim sim;
    static hs_scenario scenario;
    hs_sim_miner miner = {.number = 1};
    sim.scenario = &scenario;
    cr_assert_eq(hs_sim_links_init(&sim), 0);
    hs_sim_connect(&sim, &miner);
    cr_assert(miner.connection == 1 && miner.rack == 1);
    hs_sim_connect(&sim, &miner);
    cr_assert(miner.connection == 1 && sim.racks[0].opened == 2 && sim.racks[0].channels == 1);
    sim.racks[0].opened = 1000;
    hs_sim_connect(&sim, &miner);
    cr_assert(miner.connection == 2 && sim.racks[0].opened == 1 && sim.racks[0].channels == 1);
    free(sim.racks);
}

/* ---- what the host refuses: a plugin of this file asks for it ---- */

static struct {
    hmx_upstream_event pools[3];
    uint32_t style;
    uint32_t kind;
    uint32_t to;
    int asked;
    hmx_reassign told;
    uint32_t close_reason;
    uint32_t honours[MINERS + 2]; /* by channel */
} fake;

static int instance;

static hmx_status create(const hmx_host *host, const hmx_create_args *args, hmx_instance **out)
{
    (void)host, (void)args;
    *out = (hmx_instance *)&instance;
    return HMX_OK;
}

static void destroy(hmx_instance *self)
{
    (void)self;
}

static hmx_status on_open(hmx_instance *self, const hmx_channel_open *e, hmx_channel_decision *out)
{
    (void)self;
    fake.honours[e->channel] = e->honours_prefix;
    out->cookie = e->channel;
    out->action = HMX_ACTION_ASSIGN;
    out->upstream = 1;
    return HMX_OK;
}

static hmx_status on_close(hmx_instance *self, const hmx_channel_close *e)
{
    (void)self;
    fake.close_reason = e->reason;
    return HMX_OK;
}

static hmx_status on_upstream(hmx_instance *self, const hmx_upstream_event *e)
{
    (void)self, (void)e;
    return HMX_OK;
}

static hmx_status on_share(hmx_instance *self, const hmx_share *e)
{
    (void)self, (void)e;
    return HMX_OK;
}

static hmx_status on_tick(hmx_instance *self, const hmx_tick *e, hmx_decision_buf *out)
{
    (void)self;
    if (!fake.asked && e->event.now_ns > 1600ull * 1000000000ull) {
        fake.asked = 1;
        out->count = 1;
        out->rows[0].kind = fake.kind;
        out->rows[0].decision = 1;
        out->rows[0].channel = out->rows[0].cookie = 1;
        out->rows[0].from = 1;
        out->rows[0].to = fake.to;
        out->rows[0].style = fake.style;
        out->rows[0].valid_until_ns = e->event.now_ns + 60000000000ull;
    }
    return HMX_OK;
}

static hmx_status on_reassign(hmx_instance *self, const hmx_reassign *e)
{
    (void)self;
    fake.told = e->decision != 0 ? *e : fake.told;
    return HMX_OK;
}

/* The host's answer to one decision about channel 1: the cause, 0 when there was no answer. */
static uint32_t refusal(const char *farm, uint32_t style, uint32_t kind, uint32_t to)
{
    static hs_scenario scenario;
    const hs_plugin plugin = {.ops = {.size = sizeof(hmx_ops),
                                      .create = create,
                                      .destroy = destroy,
                                      .on_upstream = on_upstream,
                                      .on_channel_open = on_open,
                                      .on_channel_close = on_close,
                                      .on_share = on_share,
                                      .on_tick = on_tick,
                                      .on_reassign = on_reassign}};
    const hs_sim_options options = {.plugin = &plugin, .seed = 5, .seconds = 1200};
    hs_sim_result r;
    char why[1024] = "";
    memset(&fake, 0, sizeof fake);
    fake.style = style;
    fake.kind = kind;
    fake.to = to;
    cr_assert_eq(hs_scenario_parse(&scenario, "text.ini", farm, why, sizeof why), 0, "%s", why);
    cr_assert_eq(hs_sim_run(&scenario, &options, &r, why, sizeof why), 0, "%s", why);
    cr_assert_eq(r.moves_refused, fake.told.decision != 0);
    cr_assert_eq(r.reopened, fake.told.decision == 0);
    cr_assert(fake.told.decision == 0 || fake.told.result == HMX_RESULT_REFUSED);
    cr_assert_eq(fake.close_reason, fake.told.decision == 0 ? (uint32_t)HMX_CLOSE_REOPEN : 0);
    hs_sim_result_free(&r);
    hs_scenario_free(&scenario);
    return fake.told.cause;
}

Test(sim_reopen, what_the_host_refuses)
{
    static const char deaf[] = FARM("deaf_pct = 100");
    static const char down[] = FARM("deaf_pct = 100") "[event.b]\nat = 1min\nkind = down\n"
                                                      "pools = b\n";
    const uint32_t reopen = HMX_STYLE_REOPEN;
    const uint32_t move = HMX_DECISION_MOVE;
    cr_assert_eq(refusal(deaf, reopen, move, 2), 0);
    cr_assert_eq(fake.honours[1], HMX_NO, "the host knows it");
    cr_assert_eq(fake.honours[MINERS + 1], HMX_NO, "and when it comes back");
    cr_assert_eq(refusal(FARM(""), reopen, move, 2), HS_MOVE_POLICY, "it can be moved");
    cr_assert_neq(fake.honours[1], HMX_NO);
    cr_assert_eq(refusal(deaf, reopen, HMX_DECISION_PREFIX, 1), HS_MOVE_POLICY);
    cr_assert_eq(refusal(deaf, reopen, move, 1), HS_MOVE_SAME_POOL);
    cr_assert_eq(refusal(down, reopen, move, 2), HS_MOVE_POOL_NOT_OPEN);
    cr_assert_eq(refusal(deaf, HMX_STYLE_HARD, move, 2), HS_MOVE_PREFIX_IGNORED);
}
