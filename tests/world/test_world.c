/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A small world, exhaustively: two pools, two channels, every sequence of so many of fourteen
 * events, and after each of them everything that the plugin answers and tells is compared with a
 * model that knows the contract and nothing of the plugin. Depth first, and the instance's memory
 * is put back instead of lived again. Then long random sequences. And the same walk through plugins
 * with a fault, each of which it has to find.
 *
 * HMX_WORLD_LENGTH: another length than that of a usual run (tests/tools/long: 8). */
#include <criterion/criterion.h>

#include "host_stub/load/loader.h"
#include "tests/unit/test_random.h"
#include "tests/unit/test_slow.h"
#include "tests/world/arena.h"
#include "tests/world/told.h"

enum { LENGTH = 6, LENGTH_MAX = 12, RANDOM_LENGTH = 200, LEARN = 3, TRIES = 2000 };

typedef struct walk {
    world_plugin plugin;
    world now[LENGTH_MAX + 1]; /* before the event of this depth */
    uint32_t path[RANDOM_LENGTH];
    uint32_t length;
    uint64_t events;    /* made */
    uint64_t sequences; /* whole ones */
    uint64_t again;     /* subtrees that were walked again */
} walk;

static walk W;
static hs_plugin P;

static void open_world(const char *so)
{
    char why[1024];
    const hs_load_options options = hs_loader_defaults();
    static hmx_host host;
    hmx_create_args args = {.size = sizeof args,
                            .config_text = {WORLD_CONFIG, sizeof WORLD_CONFIG - 1},
                            .now_ns = 1000 * WORLD_SECOND,
                            .unix_ms = 1700000000000ull,
                            .channels_max = CHANNELS};
    cr_assert_eq(hs_loader_open(so, &options, &P, why, sizeof why), HS_LOAD_OK, "%s", why);
    memset(&W, 0, sizeof W);
    arena_begin();
    host = (hmx_host){.size = sizeof host,
                      .abi_major = HMX_ABI_MAJOR,
                      .abi_minor = HMX_ABI_MINOR,
                      .caps = HMX_CAP_KNOWN & ~HMX_CAP_REOPEN,
                      .alloc = arena_alloc,
                      .free = arena_free};
    W.plugin.ops = &P.ops;
    cr_assert_eq(P.ops.create(&host, &args, &W.plugin.self), HMX_OK);
    W.plugin.metrics = P.ops.get_extension(W.plugin.self, HMX_METRICS_ID);
    W.now[0] = (world){.now_ns = args.now_ns};
}

static void close_world(void)
{
    P.ops.destroy(W.plugin.self);
    cr_assert_eq(arena_account()->live, 0, "%llu bytes are left",
                 (unsigned long long)arena_account()->live);
    hs_loader_close(&P);
}

static const char *told(uint32_t length)
{
    static char text[4096];
    size_t at = 0;
    for (uint32_t i = 0; i < length && at + 16 < sizeof text; i++) {
        at += (size_t)snprintf(text + at, sizeof text - at, " %s", WORLD_NAMES[W.path[i]]);
    }
    return text;
}

/* A random sequence from the root, in a world of its own. 0, or -1 with W.length events. */
static int wander(uint64_t *luck, uint32_t length)
{
    world w = W.now[0];
    arena_uproot();
    for (uint32_t i = 0; i < length; i++) {
        W.path[i] = (uint32_t)(test_random(luck) % WORLD_EVENTS);
        W.length = i + 1;
        W.events++;
        if (world_step(&w, &W.plugin, (enum world_event)W.path[i]) != 0) {
            return -1;
        }
    }
    W.sequences++;
    return 0;
}

/* Learns which lines of the memory change at all. */
static int prepare(uint32_t length)
{
    uint64_t luck = 1;
    arena_plant();
    for (uint32_t i = 0; i < TRIES; i++) {
        if (wander(&luck, length) != 0) {
            return -1;
        }
        (void)arena_learn();
    }
    arena_uproot();
    return 0;
}

static int descend(uint32_t depth);

/* The subtree below one event. */
static int branch(uint32_t depth)
{
    W.now[depth + 1] = W.now[depth];
    arena_back(depth);
    W.events++;
    if (world_step(&W.now[depth + 1], &W.plugin, (enum world_event)W.path[depth]) != 0) {
        W.length = depth + 1;
        return -1;
    }
    return descend(depth + 1);
}

/* Every sequence that begins with the path so far. */
static int descend(uint32_t depth)
{
    if (depth == LENGTH_MAX || depth == W.length) {
        W.sequences++;
        return 0;
    }
    const uint32_t length = W.length;
    arena_keep(depth);
    for (uint32_t e = 0; e < WORLD_EVENTS;) {
        const walk *const before = &W;
        const uint64_t events = before->events;
        const uint64_t sequences = before->sequences;
        W.path[depth] = e;
        const int rc = branch(depth);
        const uint32_t failed_at = W.length;
        /* Memory that was not known to change was not put back: what was seen there means
         * nothing. */
        if ((rc != 0 || depth + LEARN == length) && arena_learn() > 0) {
            W.events = events;
            W.sequences = sequences;
            W.length = length;
            W.again++;
            continue;
        }
        if (rc != 0) {
            W.length = failed_at;
            return -1;
        }
        e++;
    }
    arena_back(depth);
    return 0;
}

static uint32_t length_or(uint32_t usual)
{
    const char *const text = getenv("HMX_WORLD_LENGTH");
    const long length = text != NULL ? strtol(text, NULL, 10) : 0;
    usual = usual_or_slow(usual, usual - 1);
    return length >= LEARN && length <= LENGTH_MAX ? (uint32_t)length : usual;
}

static void every_sequence(const char *from, uint32_t length)
{
    cr_assert_eq(prepare(length + 2), 0, "after%s: %s", told(W.length), world_why);
    W.events = W.sequences = 0;
    W.length = length;
    cr_assert_eq(descend(0), 0, "%s, then%s: %s", from, told(W.length), world_why);
    uint64_t expected = 1;
    for (uint32_t i = 0; i < length; i++) {
        expected *= WORLD_EVENTS;
    }
    cr_assert_eq(W.sequences, expected);
    printf("world: from %s all %llu sequences of %u events, %llu events, %u lines of memory, %llu "
           "subtrees walked again: equal to the model in each\n",
           from, (unsigned long long)W.sequences, length, (unsigned long long)W.events,
           arena_hot_count, (unsigned long long)W.again);
    arena_uproot();
}

static void step(enum world_event event)
{
    cr_assert_eq(world_step(&W.now[0], &W.plugin, event), 0, "%s: %s", WORLD_NAMES[event],
                 world_why);
}

/* Both pools and both channels are there and at work, and decisions wait. */
static void begin_work(void)
{
    static const enum world_event first[] = {UP_A,   TURN_B, OPEN_1, TURN_2,
                                             SHARES, TICK_1, SHARES, TICK_20};
    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++) {
        step(first[i]);
    }
}

Test(world, every_sequence_from_nothing)
{
    open_world(HMX_HASHMUX_SO);
    every_sequence("nothing", length_or(LENGTH));
    close_world();
}

Test(world, every_sequence_of_a_farm_at_work)
{
    open_world(HMX_HASHMUX_SO);
    begin_work();
    every_sequence("a farm at work", length_or(LENGTH));
    close_world();
}

Test(world, random_sequences_of_two_hundred)
{
    uint64_t luck = 7;
    open_world(HMX_HASHMUX_SO);
    arena_plant();
    for (uint32_t i = 0; i < TRIES; i++) {
        cr_assert_eq(wander(&luck, RANDOM_LENGTH), 0, "after%s: %s", told(W.length), world_why);
    }
    printf("world: %llu random sequences of %d events: equal to the model in each\n",
           (unsigned long long)W.sequences, RANDOM_LENGTH);
    arena_uproot();
    close_world();
}

/* How many events until a plugin with this fault contradicts the model; 0 = it never does. */
static uint64_t found_after(const char *fault)
{
    char so[512];
    uint64_t luck = 3;
    snprintf(so, sizeof so, HMX_LIB_DIR "/planted_%s.so", fault);
    open_world(so);
    arena_plant();
    for (uint32_t i = 0; i < TRIES; i++) {
        if (wander(&luck, RANDOM_LENGTH) != 0) {
            printf("world: planted_%s found after %llu events: %s\n", fault,
                   (unsigned long long)W.events, world_why);
            break;
        }
    }
    const int found = world_why[0] != '\0';
    world_why[0] = '\0';
    hs_loader_close(&P);
    return found ? W.events : 0;
}

Test(world, planted_faults_are_found)
{
    static const char *const faults[] = {"double_count", "early_release", "forgotten_pending",
                                         "deaf_to_late", "late_expiry",   "lost_channel"};
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        cr_assert_neq(found_after(faults[i]), 0, "planted_%s was not found", faults[i]);
    }
}
