/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/bench/speed_measure.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/text.h"
#include "host_stub/bench/speed_farm.h"
#include "host_stub/bench/speed_floor.h"

enum {
    BLOCKS = 160,
    COLD_BLOCKS = 20,
    BLOCK_CHANNELS = 25000,
    SNAPSHOT_REPETITIONS = 51,
    TICK_REPETITIONS = 15,
    LARGE_REPETITIONS = 7,
    LIFE_REPETITIONS = 3,
    QUICK_REPETITIONS = 3,
    ROUNDS = 11,
    LARGE_ROUNDS = 5,
    QUICK_ROUNDS = 3,
    TRIES = 3,
    SETTLE_TICKS = 20,
    ROWS_AT_ONCE = 1024,
    SNAPSHOTS = 1000,
    REASON_SIZE = 1024
};

/* The two orders in which shares come, and the memory's floors in them. */
enum order { ORDERED, RANDOM, ORDERS };
enum heat { WARM, COLD, HEATS };
static const char *const ORDER_NAMES[ORDERS] = {"ordered", "random"};
static const char *const HEAT_NAMES[HEATS] = {"warm", "cold"};

typedef struct bench {
    const hs_speed_options *options;
    hs_speed_result *result;
    hs_speed_farm farm;
    hs_speed_records *records;
    hs_speed_sweeper *sweeper;
    uint32_t *shuffled;
    hs_speed_channel *lists[ORDERS];
    double call_ns; /* floors, each per call or record; scan_ns: of all */
    double visit_ns[ORDERS][HEATS];
    double scan_ns;
} bench;

static uint32_t repetitions(const bench *b, uint32_t usual)
{
    const uint32_t most = b->options->channels > 300000u ? (uint32_t)LARGE_REPETITIONS : usual;
    return b->options->quick ? (uint32_t)QUICK_REPETITIONS : usual < most ? usual : most;
}

static void say(const bench *b, const char *what)
{
    if (b->options->progress != NULL) {
        b->options->progress(b->options->channels, what);
    }
}

static hs_speed_row *add_row(bench *b, const char *name, double ns, double floor_ns)
{
    static hs_speed_row spare; /* more rows than fit: a mistake in this file, and shown as such */
    hs_speed_row *const row =
        b->result->count < HS_SPEED_ROWS_MAX ? &b->result->rows[b->result->count++] : &spare;
    *row = (hs_speed_row){.channels = b->options->channels,
                          .ns = ns,
                          .floor_ns = floor_ns,
                          .is_repeat = strncmp(name, "floor_", 6) == 0};
    snprintf(row->name, sizeof row->name, "%s", name);
    return row;
}

/* Does something for `count` channels from `first` on in one of the orders; returns the
 * nanoseconds, or a negative number when the plugin failed. */
typedef double (*timed)(bench *b, enum order order, uint32_t verdict, uint32_t first,
                        uint32_t count);

/* The median time per channel. The farm is walked through in blocks, several times when it is
 * small: a large one takes longer than a busy machine leaves anybody alone. Negative: failed. */
static double block_median(bench *b, timed work, enum order order, enum heat heat, uint32_t verdict)
{
    double times[BLOCKS];
    const uint32_t channels = b->options->channels;
    const uint32_t count = channels < BLOCK_CHANNELS ? channels : (uint32_t)BLOCK_CHANNELS;
    const uint32_t usual = heat == COLD ? (uint32_t)COLD_BLOCKS : (uint32_t)BLOCKS;
    const uint32_t n = b->options->quick ? usual / 4u : usual;
    uint32_t first = 0;
    for (uint32_t i = 0; heat == WARM && i < channels; i += count) {
        if (work(b, order, verdict, i, i + count < channels ? count : channels - i) < 0.0) {
            return -1.0;
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        if (heat == COLD) {
            hs_speed_sweep(b->sweeper);
        }
        const double ns = work(b, order, verdict, first, count);
        if (ns < 0.0) {
            return -1.0;
        }
        times[i] = ns / (double)count;
        first = first + 2u * count <= channels ? first + count : 0;
    }
    return hs_speed_median(times, n);
}

/* ---- floors ---- */

static double time_visit(bench *b, enum order order, uint32_t verdict, uint32_t first,
                         uint32_t count)
{
    const uint32_t *const places = &b->lists[order][first].index;
    (void)verdict;
    return hs_speed_visit(b->records, places, sizeof(hs_speed_channel) / sizeof *places, count);
}

static double time_scan(bench *b, enum order order, uint32_t verdict, uint32_t first,
                        uint32_t count)
{
    (void)order, (void)verdict;
    return hs_speed_scan(b->records, first, count);
}

static double time_empty_calls(bench *b, enum order order, uint32_t verdict, uint32_t first,
                               uint32_t count)
{
    const double start = hs_speed_now_ns();
    hs_speed_empty_calls(&b->farm, &b->lists[order][first], count, verdict);
    return hs_speed_now_ns() - start;
}

static void measure_floors(bench *b)
{
    char name[HS_SPEED_NAME_SIZE];
    say(b, "floors");
    b->call_ns = block_median(b, time_empty_calls, ORDERED, WARM, HMX_SHARE_SUBMITTED);
    (void)add_row(b, "floor_call", b->call_ns, b->call_ns);
    for (int order = ORDERED; order < ORDERS; order++) {
        for (int heat = WARM; heat < HEATS; heat++) {
            const double ns = block_median(b, time_visit, (enum order)order, (enum heat)heat, 0);
            snprintf(name, sizeof name, "floor_line_%s_%s", ORDER_NAMES[order], HEAT_NAMES[heat]);
            (void)add_row(b, name, ns, ns);
            b->visit_ns[order][heat] = ns;
        }
    }
    b->scan_ns = block_median(b, time_scan, ORDERED, WARM, 0) * (double)b->options->channels;
    (void)add_row(b, "floor_scan", b->scan_ns, b->scan_ns);
}

/* ---- shares ---- */

static double time_shares(bench *b, enum order order, uint32_t verdict, uint32_t first,
                          uint32_t count)
{
    const double start = hs_speed_now_ns();
    if (hs_speed_shares(&b->farm, &b->lists[order][first], count, verdict) != 0) {
        return -1.0;
    }
    return hs_speed_now_ns() - start;
}

static int measure_shares(bench *b, enum order order, enum heat heat, uint32_t verdict)
{
    const char *const what = verdict == HMX_SHARE_SUBMITTED ? "submitted" : "accepted";
    char name[HS_SPEED_NAME_SIZE];
    const double ns = block_median(b, time_shares, order, heat, verdict);
    if (ns < 0.0) {
        return -1;
    }
    snprintf(name, sizeof name, "on_share_%s_%s_%s", what, ORDER_NAMES[order], HEAT_NAMES[heat]);
    hs_speed_row *const row = add_row(b, name, ns, b->visit_ns[order][heat]);
    if (order == RANDOM && b->options->channels >= 1000000u) {
        row->most_ratio = 2.0;
    }
    if (heat == WARM) {
        snprintf(name, sizeof name, "on_share_%s_%s_call", what, ORDER_NAMES[order]);
        hs_speed_row *const call = add_row(b, name, ns, b->call_ns);
        call->most_above_ns = b->options->channels <= 1000u ? 15.0 : 0.0;
        call->is_repeat = 1;
    }
    return 0;
}

static int measure_all_shares(bench *b)
{
    static const uint32_t VERDICTS[] = {HMX_SHARE_SUBMITTED, HMX_SHARE_ACCEPTED};
    say(b, "shares");
    for (int v = 0; v < 2; v++) {
        for (int order = ORDERED; order < ORDERS; order++) {
            for (int heat = WARM; heat < HEATS; heat++) {
                if (measure_shares(b, (enum order)order, (enum heat)heat, VERDICTS[v]) != 0) {
                    return -1;
                }
            }
        }
    }
    return 0;
}

/* ---- ticks ---- */

/* Intervals pass until nobody is moved any more. */
static int settle(bench *b)
{
    uint32_t moves = 1;
    for (int i = 0; i < SETTLE_TICKS && moves > 0; i++) {
        hs_speed_clear_rows(&b->farm);
        if (hs_speed_interval(&b->farm) != 0 ||
            hs_speed_tick(&b->farm, b->farm.row_count, &moves) != 0 ||
            hs_speed_apply(&b->farm, moves) != 0) {
            return -1;
        }
    }
    /* One more, in which the places of those that moved last become free. */
    return hs_speed_interval(&b->farm) != 0 || hs_speed_tick(&b->farm, ROWS_AT_ONCE, &moves) != 0 ||
                   hs_speed_apply(&b->farm, moves) != 0
               ? -1
               : 0;
}

/* One call of on_tick (several with few rows at once) in *ns. Returns 1, 0 when somebody else had
 * the processor meanwhile so that the time says nothing, -1 when the plugin failed. */
static int time_tick(bench *b, uint32_t at_once, uint32_t *moves, double *ns)
{
    hs_speed_clear_rows(&b->farm);
    const long before = hs_speed_interruptions();
    const double start = hs_speed_now_ns();
    if (hs_speed_tick(&b->farm, at_once, moves) != 0) {
        return -1;
    }
    *ns = hs_speed_now_ns() - start;
    return hs_speed_interruptions() == before;
}

/* A due tick that moves nobody. Repetitions in which somebody was moved after all do not count. */
static int measure_idle(bench *b)
{
    double times[TICK_REPETITIONS];
    const uint32_t n = repetitions(b, TICK_REPETITIONS);
    uint32_t done = 0;
    char name[HS_SPEED_NAME_SIZE];
    for (uint32_t i = 0; i < TRIES * n && done < n; i++) {
        uint32_t moves = 0;
        const int is_last_chance = i >= TRIES * n - n;
        if (hs_speed_interval(&b->farm) != 0) {
            return -1;
        }
        const int is_clean = time_tick(b, ROWS_AT_ONCE, &moves, &times[done]);
        if (is_clean < 0 || hs_speed_apply(&b->farm, moves) != 0) {
            return -1;
        }
        done += (is_clean || is_last_chance) && moves == 0 ? 1u : 0u;
    }
    if (done == 0) {
        return hs_speed_fail(&b->farm, "on_tick: it never left the farm alone");
    }
    snprintf(name, sizeof name, "on_tick_idle_%" PRIu32 "_pools", b->farm.pools);
    hs_speed_row *const row = add_row(b, name, hs_speed_median(times, done), b->scan_ns);
    row->most_ratio = b->options->channels >= 1000000u ? 4.0 : 0.0;
    return 0;
}

typedef struct correction {
    enum hs_speed_targets targets;
    const char *name;
    double most_ratio; /* at 1e5 channels and 8 pools */
} correction;

/* A due tick after the targets changed: there and back, each time from a settled farm. */
static int measure_correction(bench *b, const correction *what, uint32_t at_once)
{
    double times[TICK_REPETITIONS];
    double moved[TICK_REPETITIONS];
    const uint32_t n = repetitions(b, TICK_REPETITIONS);
    uint32_t done = 0;
    char name[HS_SPEED_NAME_SIZE];
    for (uint32_t i = 0; i < TRIES * n && done < n; i++) {
        uint32_t moves = 0;
        const int is_last_chance = i >= TRIES * n - n;
        if (settle(b) != 0 || hs_speed_interval(&b->farm) != 0 ||
            hs_speed_retarget(&b->farm, i % 2 == 0 ? what->targets : HS_SPEED_TARGETS_USUAL) != 0) {
            return -1;
        }
        const int is_clean = time_tick(b, at_once, &moves, &times[done]);
        if (is_clean < 0 || hs_speed_apply(&b->farm, moves) != 0) {
            return -1;
        }
        moved[done] = moves;
        done += is_clean || is_last_chance ? 1u : 0u;
    }
    if (hs_speed_retarget(&b->farm, HS_SPEED_TARGETS_USUAL) != 0) {
        return -1;
    }
    snprintf(name, sizeof name, "on_tick_%s_%" PRIu32 "_pools%s", what->name, b->farm.pools,
             at_once < b->farm.row_count ? "_in_parts" : "");
    hs_speed_row *const row = add_row(b, name, hs_speed_median(times, done), b->scan_ns);
    row->moves = (uint32_t)hs_speed_median(moved, done);
    if (b->options->channels == 100000u && b->farm.pools == 8 && at_once >= b->farm.row_count) {
        row->most_ratio = what->most_ratio;
    }
    return 0;
}

static int measure_ticks(bench *b)
{
    static const correction CORRECTIONS[] = {
        {HS_SPEED_TARGETS_HALF_POINT, "half_point", 40.0},
        {HS_SPEED_TARGETS_15_POINTS, "15_points", 65.0},
    };
    say(b, "ticks");
    if (settle(b) != 0 || measure_idle(b) != 0) {
        return -1;
    }
    if (b->farm.tuning == NULL || b->farm.tuning->set_targets == NULL ||
        b->farm.tuning->rebalance_now == NULL) {
        return 0; /* nobody can ask this plugin for a correction */
    }
    for (size_t i = 0; i < sizeof CORRECTIONS / sizeof CORRECTIONS[0]; i++) {
        if (measure_correction(b, &CORRECTIONS[i], b->farm.row_count) != 0) {
            return -1;
        }
        if (b->farm.row_count > ROWS_AT_ONCE &&
            measure_correction(b, &CORRECTIONS[i], ROWS_AT_ONCE) != 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- the rest ---- */

static int measure_snapshot(bench *b)
{
    double times[SNAPSHOT_REPETITIONS];
    const uint32_t n = repetitions(b, SNAPSHOT_REPETITIONS);
    char name[HS_SPEED_NAME_SIZE];
    if (b->farm.metrics == NULL || b->farm.metrics->snapshot == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < n; i++) {
        const double start = hs_speed_now_ns();
        for (int k = 0; k < SNAPSHOTS; k++) {
            if (hs_speed_snapshot(&b->farm) != 0) {
                return -1;
            }
        }
        times[i] = (hs_speed_now_ns() - start) / (double)SNAPSHOTS;
    }
    snprintf(name, sizeof name, "snapshot_%" PRIu32 "_pools", b->farm.pools);
    (void)add_row(b, name, hs_speed_median(times, n), b->call_ns);
    return 0;
}

/* Opens and closes the whole farm; it is closed at the end. */
static int measure_life(bench *b)
{
    double opened[LIFE_REPETITIONS];
    double closed[LIFE_REPETITIONS];
    const double count = (double)b->options->channels;
    uint32_t moves = 0;
    say(b, "open and close");
    for (int i = 0; i < LIFE_REPETITIONS; i++) {
        double start = hs_speed_now_ns();
        if (hs_speed_open_all(&b->farm) != 0) {
            return -1;
        }
        opened[i] = (hs_speed_now_ns() - start) / count;
        if (hs_speed_interval(&b->farm) != 0) {
            return -1;
        }
        start = hs_speed_now_ns();
        if (hs_speed_close_all(&b->farm) != 0) {
            return -1;
        }
        closed[i] = (hs_speed_now_ns() - start) / count;
        if (hs_speed_drain_all(&b->farm) != 0 || hs_speed_tick(&b->farm, 0, &moves) != 0) {
            return -1;
        }
    }
    (void)add_row(b, "open", hs_speed_median(opened, LIFE_REPETITIONS), b->call_ns);
    (void)add_row(b, "close", hs_speed_median(closed, LIFE_REPETITIONS), b->call_ns);
    return 0;
}

static void count_bytes(bench *b)
{
    const double bytes = (double)b->farm.live_bytes / (double)b->options->channels;
    hs_speed_row *const row = add_row(b, "bytes_per_channel", 0.0, 0.0);
    row->bytes = bytes;
    row->most_bytes = b->options->channels >= 1000000u ? 448.0 : 0.0;
}

/* What is measured on one farm; each starts with its channels just opened. */
static int part_calls(bench *b)
{
    for (uint32_t i = 0; i < b->options->channels; i++) {
        b->lists[ORDERED][i] = b->farm.channels[i];
        b->lists[RANDOM][i] = b->farm.channels[b->shuffled[i]];
    }
    count_bytes(b);
    measure_floors(b);
    return measure_all_shares(b) != 0 || measure_snapshot(b) != 0 ? -1 : 0;
}

static int part_ticks(bench *b)
{
    return measure_ticks(b) != 0 || (b->farm.pools != 3 && measure_snapshot(b) != 0) ? -1 : 0;
}

static int part_life(bench *b)
{
    return hs_speed_close_all(&b->farm) != 0 || hs_speed_drain_all(&b->farm) != 0 ||
                   measure_life(b) != 0
               ? -1
               : 0;
}

typedef struct part {
    uint32_t pools;
    int (*measure)(bench *b);
} part;
static const part PARTS[] = {{3, part_calls}, {3, part_life}, {3, part_ticks}, {8, part_ticks}};
enum { PART_COUNT = sizeof PARTS / sizeof PARTS[0] };

static int on_a_farm(bench *b, const part *p, char *why, size_t capacity)
{
    int rc = hs_speed_farm_init(&b->farm, b->options->plugin, b->options->channels, p->pools, why,
                                capacity);
    if (rc == 0 && (hs_speed_open_all(&b->farm) != 0 || p->measure(b) != 0)) {
        rc = hs_refuse(why, capacity, "the plugin failed at %s", b->farm.failed);
    }
    hs_speed_farm_free(&b->farm);
    return rc;
}

static void bench_close(bench *b)
{
    free(b->shuffled);
    for (int i = 0; i < ORDERS; i++) {
        free(b->lists[i]);
    }
    hs_speed_records_free(b->records);
    hs_speed_sweeper_free(b->sweeper);
}

/* Takes the memory that every farm of this size needs. -1: there is none left, and none is kept. */
static int bench_open(bench *b, uint32_t channels, char *why, size_t capacity)
{
    memset(b, 0, sizeof *b);
    b->records = hs_speed_records_new(channels);
    b->sweeper = hs_speed_sweeper_new();
    b->shuffled = calloc(channels, sizeof *b->shuffled);
    int enough = b->records != NULL && b->sweeper != NULL && b->shuffled != NULL;
    for (int i = 0; i < ORDERS; i++) {
        b->lists[i] = calloc(channels, sizeof *b->lists[i]);
        enough = enough && b->lists[i] != NULL;
    }
    if (!enough) {
        bench_close(b);
        return hs_refuse(why, capacity, "out of memory");
    }
    hs_speed_shuffle(b->shuffled, channels);
    return 0;
}

int hs_speed_measure(const hs_speed_options *options, hs_speed_result *result, char *why,
                     size_t capacity)
{
    bench b;
    int rc = 0;
    if (bench_open(&b, options->channels, why, capacity) != 0) {
        return -1;
    }
    b.options = options;
    b.result = result;
    for (size_t i = 0; i < PART_COUNT && rc == 0; i++) {
        rc = on_a_farm(&b, &PARTS[i], why, capacity);
    }
    bench_close(&b);
    return rc;
}

/* ---- two plugins in turns ---- */

static const hs_speed_row *find_row(const hs_speed_result *result, const char *name)
{
    for (uint32_t i = 0; i < result->count; i++) {
        if (strcmp(result->rows[i].name, name) == 0) {
            return &result->rows[i];
        }
    }
    return NULL;
}

/* The pair of a row that both plugins have in all rounds. 0: one of them has none. */
static int pair_up(hs_speed_pair *pair, const char *name, hs_speed_result (*rounds)[2],
                   uint32_t count)
{
    double values[2][ROUNDS];
    double ratios[ROUNDS];
    for (uint32_t r = 0; r < count; r++) {
        for (int side = 0; side < 2; side++) {
            const hs_speed_row *const row = find_row(&rounds[r][side], name);
            if (row == NULL) {
                return 0;
            }
            pair->is_bytes = row->bytes > 0.0;
            values[side][r] = pair->is_bytes ? row->bytes : row->ns;
        }
        ratios[r] = values[0][r] / values[1][r];
    }
    snprintf(pair->name, sizeof pair->name, "%s", name);
    pair->value[0] = hs_speed_median(values[0], count);
    pair->value[1] = hs_speed_median(values[1], count);
    pair->ratio = hs_speed_median(ratios, count);
    pair->lowest = ratios[0];
    pair->highest = ratios[count - 1u];
    return 1;
}

int hs_speed_compare(const hs_speed_options *options, const hs_plugin *against,
                     hs_speed_comparison *out, char *why, size_t capacity)
{
    bench b;
    char reason[REASON_SIZE];
    hs_speed_options sides[2] = {*options, *options};
    hs_speed_result(*const rounds)[2] = calloc(ROUNDS, sizeof *rounds);
    const uint32_t usual = options->channels > 300000u ? LARGE_ROUNDS : ROUNDS;
    int rc = 0;
    if (rounds == NULL) {
        return hs_refuse(why, capacity, "out of memory");
    }
    if (bench_open(&b, options->channels, why, capacity) != 0) {
        free(rounds);
        return -1;
    }
    *out = (hs_speed_comparison){.channels = options->channels,
                                 .rounds = options->quick ? QUICK_ROUNDS : usual};
    sides[1].plugin = against;
    sides[0].quick = sides[1].quick = 1; /* the rounds repeat */
    for (size_t i = 0; i < PART_COUNT; i++) {
        for (uint32_t turn = 0; turn < 2u * out->rounds && rc == 0; turn++) {
            const uint32_t round = turn / 2u;
            const uint32_t side = (turn + round) % 2u;
            b.options = &sides[side];
            b.result = &rounds[round][side];
            rc = on_a_farm(&b, &PARTS[i], reason, sizeof reason);
            if (rc != 0) {
                (void)hs_refuse(why, capacity, "%s: %s", b.options->plugin->path, reason);
            }
        }
    }
    for (uint32_t i = 0; i < rounds[0][0].count && rc == 0; i++) {
        const hs_speed_row *const row = &rounds[0][0].rows[i];
        out->count +=
            !row->is_repeat && pair_up(&out->pairs[out->count], row->name, rounds, out->rounds)
                ? 1u
                : 0u;
    }
    bench_close(&b);
    free(rounds);
    return rc;
}
