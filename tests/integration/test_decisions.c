/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What the plugin decided for a few farms, recorded. That the decisions are good is shown by the
 * other tests; this one notices that they have become others, by whatever small change. Who means
 * to change them runs it, and puts what it prints into the table below.
 *
 * A farm is small, and its hours are hard: miners of unequal size with luck, some coming and going,
 * pools that reject and fail, a host that refuses, targets and models that change.
 */
#include "tests/integration/harness_field.h"
#include "tests/unit/test_random.h"

static it_host H;

enum { STEP_S = 10, HOUR = 3600 / STEP_S };

typedef struct story {
    const char *name;
    const char *config;
    uint32_t pools;
    uint32_t miners;
    uint32_t hours;
    uint32_t coming;      /* another miner every so many steps, and the oldest goes; 0 = none */
    uint32_t refused;     /* of ten decisions */
    uint32_t rejected[3]; /* of a hundred shares, by each pool; 100 = it answers nothing */
    uint32_t share_s;     /* mean time between two shares of a miner, 0 = 10 */
    uint32_t giga;        /* 1 = very small miners */
    void (*event)(uint32_t step);
    uint64_t moves; /* what was recorded */
    uint64_t digest;
} story;

static void mix(uint64_t *digest, uint64_t value)
{
    *digest = (*digest ^ value) * UINT64_C(0x9E3779B97F4A7C15);
    *digest ^= *digest >> 29;
}

/* 0 to twice the mean, evenly, with the fraction by luck as well. */
static uint32_t shares_found(uint64_t *luck, double mean)
{
    const double wanted = 2.0 * mean * (double)(test_random(luck) >> 11) / 9007199254740992.0;
    const double fraction = (double)(test_random(luck) >> 11) / 9007199254740992.0;
    return (uint32_t)(wanted + fraction);
}

static void mine(const story *s, uint64_t *luck)
{
    const uint32_t share_s = s->share_s > 0 ? s->share_s : 10;
    for (uint32_t i = 0; i < H.channel_count; i++) {
        const it_channel *const c = &H.channels[i];
        if (!c->open || c->upstream == HMX_NONE) {
            continue;
        }
        const uint32_t found = shares_found(luck, STEP_S / (double)share_s);
        const uint32_t rejected = s->rejected[c->upstream - 1];
        for (uint32_t k = 0; k < found; k++) {
            const int is_rejected = test_random(luck) % 100 < rejected;
            it_share(&H, i, c->upstream, HMX_SHARE_SUBMITTED, 1, c->difficulty * share_s);
            if (rejected < 100) {
                it_share(&H, i, c->upstream,
                         is_rejected ? HMX_SHARE_REJECTED_INVALID_JOB : HMX_SHARE_ACCEPTED, 1,
                         c->difficulty * share_s);
            }
        }
    }
}

static void answer(const story *s, uint64_t *luck, uint64_t *digest)
{
    it_tick(&H);
    for (uint32_t i = 0; i < H.decision_count; i++) {
        const hmx_decision *const d = &H.decisions[i];
        const int refused = test_random(luck) % 10 < s->refused;
        mix(digest, H.now_ns / IT_SECOND);
        mix(digest, d->channel);
        mix(digest, (uint64_t)d->from << 32 | d->to);
        mix(digest, (uint64_t)d->kind << 32 | d->reason);
        (void)it_answer(&H, d, refused ? HMX_RESULT_REFUSED : HMX_RESULT_APPLIED);
    }
}

/* A miner of 50 to 250 TH/s, or of GH/s; one of four in the laboratory. */
static void come(const story *s, uint64_t *luck)
{
    const double unit = s->giga ? 1e-3 : 1.0;
    const double ths = unit * (50.0 + (double)(test_random(luck) % 2000) / 10.0);
    (void)it_named(&H, H.channel_count % 4 == 0 ? "lab.1" : "farm.1", ths);
}

/* The numbers that lead to decisions, to a millionth. */
static void mix_numbers(uint64_t *digest, uint32_t pools)
{
    for (uint32_t u = 1; u <= pools; u++) {
        const hmx_upstream_metrics row = it_row(&H, u);
        mix(digest, (uint64_t)llrint(row.command_pct * 1e6));
        mix(digest, (uint64_t)llrint(row.effective_pct * 1e6));
        mix(digest, (uint64_t)llrint(row.allocated_pct * 1e6));
        mix(digest, (uint64_t)llrint(row.integral_point_min * 1e6));
        mix(digest, (uint64_t)llrint(row.d_points * 1e6));
        mix(digest, row.flags);
    }
    mix(digest, (uint64_t)llrint(it_snapshot(&H).s.deadband_effective_points * 1e6));
}

/* Returns 1 when what was decided is not what was recorded. */
static uint32_t live(const story *s)
{
    uint64_t luck = 2026;
    uint64_t digest = 0;
    it_open(&H, s->config);
    it_all_up(&H, s->pools);
    for (uint32_t i = 0; i < s->miners; i++) {
        come(s, &luck);
    }
    for (uint32_t step = 1; step <= s->hours * HOUR; step++) {
        it_advance(&H, STEP_S);
        if (s->event != NULL) {
            s->event(step);
        }
        if (s->coming > 0 && step % s->coming == 0) {
            come(s, &luck);
            it_close_channel(&H, H.channel_count - s->miners - 1);
        }
        mine(s, &luck);
        answer(s, &luck, &digest);
        if (step % (HOUR / 60) == 0) {
            mix_numbers(&digest, s->pools);
        }
    }
    const uint64_t moves = H.moves;
    it_close(&H);
    if (moves == s->moves && digest == s->digest) {
        return 0;
    }
    printf("%s: .moves = %llu, .digest = 0x%llx\n", s->name, (unsigned long long)moves,
           (unsigned long long)digest);
    return 1;
}

static void outages(uint32_t step)
{
    if (step % 150 == 60) {
        it_down(&H, step / 150 % 3 + 1);
    }
    if (step % 150 == 100) {
        it_up(&H, step / 150 % 3 + 1);
    }
}

static void new_targets(uint32_t step)
{
    static const double rows[][3] = {{20, 50, 30}, {45, 45, 10}, {1, 9, 90}};
    if (step % 200 == 0) {
        it_new_targets(&H, 3, rows[step / 200 % 3]);
    }
    if (step == 500) {
        it_advance(&H, 1800); /* the host slept */
    }
}

static void a_giant(uint32_t step)
{
    if (step == 1) {
        (void)it_named(&H, "giant", 100000);
    }
}

static void new_models(uint32_t step)
{
    if (step % 180 == 0) {
        cr_assert_eq(H.tuning->set_tuning_model(H.self, H.now_ns, 1 + step / 180 % 4, NULL),
                     HMX_OK);
    }
    if (step == 300) {
        cr_assert_eq(H.tuning->set_evaluation_interval(H.self, H.now_ns, 60, NULL), HMX_OK);
        cr_assert_eq(H.tuning->rebalance_now(H.self, H.now_ns, NULL), HMX_OK);
    }
}

#define MODEL(m)  "[controller]\ntuning_model = " m "\n"
#define TWO(a, b) IT_POOL("a", a, "1") IT_POOL("b", b, "2")
#define FIELD                                                                                      \
    IT_PIN("lab", "lab*", "b")                                                                     \
    IT_ABSOLUTE("a", "900", "2")                                                                   \
    IT_POOL_KEYS("b", "1", "percentage = 60\nmax_ths = 1500")                                      \
    IT_POOL_KEYS("c", "3", "percentage = 40\nmin_ths = 700")
#define SUBMITTED "[controller]\nmeasure_on_accepted = false\nmeasurement_window_secs = 1200\n"

/* name, configuration, pools, miners, hours, and what is special; then what was recorded. */
static const story STORIES[] = {
    {"a farm of fifty", IT_ABC, 3, 50, 3, .moves = 14, .digest = 0x14054a5e37d77db4},
    {"one miner", TWO("60", "40"), 2, 1, 12, .moves = 120, .digest = 0xfce9fe141ca6b27f},
    {"two miners", MODEL("conservative") IT_ABC, 3, 2, 24, .moves = 65,
     .digest = 0x9445dc9734e75e0b},
    {"four miners", MODEL("proportional_only") IT_ABC, 3, 4, 18, .moves = 65,
     .digest = 0x3b85a9173c45e274},
    {"nine miners", MODEL("aggressive") TWO("93", "7"), 2, 9, 8, .moves = 6,
     .digest = 0xe2ff78d3b25efc29},
    {"no slicing", "[controller]\ntime_slicing = off\n" IT_ABC, 3, 12, 6, .event = new_targets,
     .moves = 61, .digest = 0x755b4320c8463d17},
    {"coming and going", IT_ABC, 3, 40, 3, .coming = 3, .moves = 24, .digest = 0xd7295d82f32a75c1},
    {"outages", IT_ABC, 3, 30, 4, .coming = 20, .refused = 1, .event = outages, .moves = 234,
     .digest = 0x1b8a14fa32388469},
    {"small outages", IT_ABC, 3, 12, 4, .coming = 30, .giga = 1, .event = outages, .moves = 102,
     .digest = 0xe1a0a1777653647c},
    {"proportional outages", MODEL("proportional_only") IT_ABC, 3, 6, 4, .event = outages,
     .moves = 47, .digest = 0x90de111d86ff0473},
    {"pools that reject", IT_ABC, 3, 30, 3, .rejected = {1, 10, 60}, .moves = 32,
     .digest = 0xb17c342518ba40a1},
    {"a pool that swallows", IT_ABC, 3, 20, 2, .rejected = {0, 0, 100}, .moves = 16,
     .digest = 0xc691cff9e00a1374},
    {"a host that refuses", IT_ABC, 3, 30, 3, .refused = 8, .event = new_targets, .moves = 83,
     .digest = 0xb17cb5b01585283},
    {"a giant among many", TWO("70", "30"), 2, 80, 6, .event = a_giant, .moves = 1842,
     .digest = 0x647f02b61bc5bde7},
    {"models", IT_ABC, 3, 15, 4, .coming = 40, .event = new_models, .moves = 40,
     .digest = 0x5e18fe2175f9b617},
    {"few shares", SUBMITTED IT_ABC, 3, 25, 4, .coming = 15, .rejected = {20, 0, 0}, .share_s = 90,
     .moves = 73, .digest = 0x86208626c353b929},
    {"pins and caps", FIELD, 3, 24, 4, .coming = 25, .event = outages, .moves = 184,
     .digest = 0xa4149a77c2fef8e4},
};

Test(decisions, are_those_recorded)
{
    uint32_t changed = 0;
    for (uint32_t i = 0; i < sizeof STORIES / sizeof STORIES[0]; i++) {
        changed += live(&STORIES[i]);
    }
    cr_assert_eq(changed, 0, "the decisions for %u farms are others, see above", changed);
}
