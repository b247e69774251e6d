/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What must not matter: the channels' numbers, the order of the pools in the file, the unit of the
 * hashrates, and in how many events the shares of a second come. And what must not break anything:
 * numbers from the edge of what the contract allows. */
#include "tests/integration/harness_field.h"
#include "tests/unit/test_draw.h"

static it_host H;

enum { MINERS = 60, HOURS = 4, PLACES = HOURS * 3600 / 30 };

typedef struct variant {
    const char *config;
    uint32_t number_of[3]; /* upstream number of a, b and c */
    double scale;          /* of all hashrates */
    uint32_t pieces;       /* events for the shares of one second */
    uint32_t renumbered;
} variant;

/* What came of a run: where everybody was every half minute, as a, b, c, and the decisions. */
typedef struct outcome {
    uint8_t place[PLACES][MINERS];
    uint64_t moves;
    uint64_t hash; /* of all decisions but the channels' numbers and cookies */
    double credited_pct[3];
} outcome;

static void hash_in(uint64_t *hash, uint64_t value)
{
    *hash = (*hash ^ value) * UINT64_C(0x9E3779B97F4A7C15);
    *hash ^= *hash >> 29;
}

static void pay(const variant *v, uint32_t index, uint32_t found, double difficulty)
{
    const uint32_t upstream = H.channels[index].upstream;
    const uint32_t pieces = v->pieces < found ? v->pieces : found;
    for (uint32_t k = 0; k < pieces; k++) {
        const uint32_t count = found / pieces + (k < found % pieces);
        it_share(&H, index, upstream, HMX_SHARE_SUBMITTED, count, count * difficulty);
    }
    for (uint32_t k = 0; k < pieces; k++) {
        const uint32_t count = found / pieces + (k < found % pieces);
        it_share(&H, index, upstream, HMX_SHARE_ACCEPTED, count, count * difficulty);
    }
    it_pools[upstream].credited += found * difficulty;
}

static void live(const variant *v, outcome *out)
{
    static const double new_targets[] = {20, 50, 30};
    uint64_t luck = 99;
    for (uint32_t s = 0; s < HOURS * 3600; s++) {
        it_advance(&H, 1);
        if (s == 2 * 3600) {
            double rows[3];
            for (uint32_t i = 0; i < 3; i++) {
                rows[v->number_of[i] - 1] = new_targets[i];
            }
            it_new_targets(&H, 3, rows);
        }
        for (uint32_t i = 0; i < MINERS; i++) {
            const uint32_t found = draw_poisson(&luck, 0.3);
            if (found > 0) {
                pay(v, i, found, (double)(1000 + 64 * (i % 20)) * v->scale);
            }
        }
        it_tick(&H);
        for (uint32_t i = 0; i < H.decision_count; i++) {
            hash_in(&out->hash, H.decisions[i].decision);
            hash_in(&out->hash, H.decisions[i].from * 64 + H.decisions[i].to);
            hash_in(&out->hash,
                    (uint64_t)(it_channel_named(&H, H.decisions[i].channel) - H.channels));
        }
        it_answer_all(&H, HMX_RESULT_APPLIED);
        for (uint32_t i = 0; s % 30 == 29 && i < MINERS; i++) {
            for (uint32_t k = 0; k < 3; k++) {
                if (H.channels[i].upstream == v->number_of[k]) {
                    out->place[s / 30][i] = (uint8_t)k;
                }
            }
        }
    }
}

static void run(const variant *v, outcome *out)
{
    const it_options options = {.renumbered = v->renumbered};
    memset(out, 0, sizeof *out);
    it_open_with(&H, v->config, &options);
    it_all_up(&H, 3);
    it_pools_healthy();
    for (uint32_t i = 0; i < MINERS; i++) {
        /* 0.3 shares a second, and declared a little wrong. */
        it_channel_of(&H, 0.25 * (double)(1000 + 64 * (i % 20)) * v->scale);
    }
    live(v, out);
    out->moves = H.moves;
    for (uint32_t i = 0; i < 3; i++) {
        out->credited_pct[i] = it_credited_pct(v->number_of[i]);
    }
    it_close(&H);
}

static const variant PLAIN = {IT_ABC, {1, 2, 3}, 1.0, 1, 0};
static outcome plain;
static outcome other;

static void expect_the_same(const variant *v)
{
    run(&PLAIN, &plain);
    run(v, &other);
    cr_assert_gt(plain.moves, 20);
    cr_assert_eq(plain.moves, other.moves, "%llu and %llu moves", (unsigned long long)plain.moves,
                 (unsigned long long)other.moves);
    cr_assert_eq(memcmp(plain.place, other.place, sizeof plain.place), 0);
}

static void expect_alike(const variant *v)
{
    run(&PLAIN, &plain);
    run(v, &other);
    const double moves = (double)plain.moves;
    cr_assert_float_eq((double)other.moves, moves, 0.3 * moves, "%llu and %llu moves",
                       (unsigned long long)plain.moves, (unsigned long long)other.moves);
    for (uint32_t i = 0; i < 3; i++) {
        cr_assert_float_eq(plain.credited_pct[i], other.credited_pct[i], 0.1, "%u: %f and %f", i,
                           plain.credited_pct[i], other.credited_pct[i]);
    }
}

Test(metamorphic, the_same_seed_gives_the_same_decisions)
{
    expect_the_same(&PLAIN);
    cr_assert_eq(plain.hash, other.hash);
}

Test(metamorphic, the_numbers_of_the_channels_do_not_matter)
{
    variant v = PLAIN;
    v.renumbered = 1;
    expect_the_same(&v);
    cr_assert_eq(plain.hash, other.hash);
}

Test(metamorphic, all_hashrates_times_a_power_of_two_are_the_same_bits)
{
    static const double scales[] = {2.0, 1024.0, 0.0625};
    for (size_t i = 0; i < sizeof scales / sizeof scales[0]; i++) {
        variant v = PLAIN;
        v.scale = scales[i];
        expect_the_same(&v);
        cr_assert_eq(plain.hash, other.hash);
    }
}

Test(metamorphic, all_hashrates_times_three_are_alike)
{
    variant v = PLAIN;
    v.scale = 3.0;
    expect_alike(&v);
}

Test(metamorphic, the_shares_of_a_second_in_smaller_events_are_the_same)
{
    variant v = PLAIN;
    v.pieces = 5;
    expect_the_same(&v);
    cr_assert_eq(plain.hash, other.hash);
}

Test(metamorphic, the_order_of_the_pools_in_the_file_does_not_matter)
{
    static const variant orders[] = {
        {IT_POOL("c", "10", "3") IT_POOL("b", "30", "2") IT_POOL("a", "60", "1"),
         {3, 2, 1},
         1.0,
         1,
         0},
        {IT_POOL("b", "30", "2") IT_POOL("a", "60", "1") IT_POOL("c", "10", "3"),
         {2, 1, 3},
         1.0,
         1,
         0},
    };
    for (size_t i = 0; i < 2; i++) {
        expect_alike(&orders[i]);
    }
}

/* ---- the edge of what is allowed ---- */
static void expect_sane(const char *when)
{
    const it_view v = it_snapshot(&H);
    double effective = 0;
    double command = 0;
    cr_assert(isfinite(v.s.hashrate) && v.s.hashrate >= 0, "%s: %g", when, v.s.hashrate);
    cr_assert(isfinite(v.s.deviation_points) && isfinite(v.s.deadband_effective_points), "%s",
              when);
    for (uint32_t i = 0; i < 3; i++) {
        const hmx_upstream_metrics *const row = &v.rows[i];
        const double all[] = {row->effective_pct,      row->command_pct,  row->allocated_pct,
                              row->actual_pct,         row->hashrate,     row->error_points,
                              row->integral_point_min, row->p_points,     row->i_points,
                              row->d_points,           row->output_points};
        for (size_t k = 0; k < sizeof all / sizeof all[0]; k++) {
            cr_assert(isfinite(all[k]), "%s: upstream %u, value %zu is %g", when, i + 1, k, all[k]);
        }
        effective += row->effective_pct;
        command += row->command_pct;
    }
    cr_assert_float_eq(effective, 100, 1e-6, "%s: %f", when, effective);
    cr_assert_float_eq(command, 100, 1e-6, "%s: %f", when, command);
}

/* A healthy hour, a strange second or declaration, and healthy hours: the targets are met. */
static void strange_share(double work, uint32_t count)
{
    char when[64];
    uint32_t rest = 1; /* hours until the farm must be as it was */
    snprintf(when, sizeof when, "%u shares of %g", count, work);
    it_open(&H, IT_ABC);
    it_all_up(&H, 3);
    it_pools_healthy();
    it_channels(&H, 40, 1000);
    it_seconds(&H, 3600);
    for (uint32_t i = 0; i < 40; i += 7) {
        hmx_share e =
            it_share_event(&H, i, H.channels[i].upstream, HMX_SHARE_SUBMITTED, count, work);
        /* The guard holds that whatever is finite is legal: this plugin draws the line at 1e30. */
        const hmx_status said = work > 1e30 && isfinite(work) ? H.plugin.ops.on_share(H.self, &e)
                                                              : hs_guard_on_share(H.guard, &e);
        cr_assert(said == HMX_OK || said == HMX_E_INVALID, "%s: %d", when, said);
        if (said == HMX_OK) {
            rest = 12;
            e = it_share_event(&H, i, H.channels[i].upstream, HMX_SHARE_ACCEPTED, count, work);
            cr_assert_eq(hs_guard_on_share(H.guard, &e), HMX_OK);
        }
        const int legal = work > 0 && work <= 1e30; /* beyond that it is nobody's work */
        cr_assert_eq(said == HMX_OK, legal && count > 0, "%s: %d", when, said);
    }
    for (uint32_t i = 0; i < 6; i++) {
        it_seconds(&H, 1200);
        expect_sane(when);
    }
    it_seconds(&H, rest * 3600);
    it_account_open();
    it_seconds(&H, 2 * 3600);
    cr_assert_float_eq(it_credited_pct(IT_A), 60, 1.0, "%s: %f", when, it_credited_pct(IT_A));
    cr_assert_float_eq(it_credited_pct(IT_C), 10, 1.0, "%s: %f", when, it_credited_pct(IT_C));
    H.host_faults_expected = H.host_faults; /* the guard calls some of these the host's fault */
    it_close(&H);
}

Test(metamorphic, strange_work_leaves_the_targets_met)
{
    strange_share(NAN, 1);
    strange_share(INFINITY, 1);
    strange_share(-1.0, 1);
    strange_share(0.0, 1);
    strange_share(1000.0, 0);
    strange_share(1e-308, 1);
    strange_share(5e-324, 4000000000u);
    strange_share(1e12, 1);
    strange_share(1e30, 1);
    strange_share(1e300, 1);
    strange_share(1.7e308, 1);
    strange_share(1.0, 4000000000u);
}

static void strange_declaration(double nominal)
{
    char when[64];
    snprintf(when, sizeof when, "declared %g", nominal);
    it_open(&H, IT_ABC);
    it_all_up(&H, 3);
    it_pools_healthy();
    it_channels(&H, 40, 1000);
    it_seconds(&H, 600);
    for (uint32_t i = 0; i < 3; i++) {
        hmx_channel_open e = it_channel_event(&H, 1000);
        e.nominal_hashrate = nominal;
        hmx_channel_decision d = {.size = sizeof d};
        const hmx_status said = hs_guard_on_channel_open(H.guard, &e, &d);
        cr_assert_eq(said == HMX_OK, isfinite(nominal) && nominal >= 0, "%s: %d", when, said);
        if (said == HMX_OK) {
            H.channels[H.channel_count++] = (it_channel){.channel = e.channel,
                                                         .cookie = d.cookie,
                                                         .open = 1,
                                                         .upstream = d.upstream,
                                                         .difficulty = 1000};
        }
    }
    for (uint32_t i = 0; i < 6; i++) {
        it_seconds(&H, 1200);
        expect_sane(when);
    }
    it_account_open();
    it_seconds(&H, 2 * 3600);
    cr_assert_float_eq(it_credited_pct(IT_A), 60, 1.0, "%s: %f", when, it_credited_pct(IT_A));
    H.host_faults_expected = H.host_faults;
    it_close(&H);
}

Test(metamorphic, strange_declarations_leave_the_targets_met)
{
    static const double all[] = {0.0,  5e-324, 1e-300,  1e-9, 1.0, 1e6,
                                 1e30, 1e200,  1.7e308, -1.0, NAN, INFINITY};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        strange_declaration(all[i]);
    }
}
