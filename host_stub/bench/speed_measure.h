/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * bench/speed_measure: the list of what is measured on a farm of a given size, each the median of
 * several repetitions after a warm-up, with the floor that belongs to it; and the same list for two
 * plugins in turns, so that whatever else the machine does meanwhile falls on both. */
#ifndef HOST_STUB_BENCH_SPEED_MEASURE_H
#define HOST_STUB_BENCH_SPEED_MEASURE_H

#include <stddef.h>
#include <stdint.h>

#include "host_stub/load/loader.h"

enum { HS_SPEED_ROWS_MAX = 64, HS_SPEED_NAME_SIZE = 48 };

typedef struct hs_speed_row {
    char name[HS_SPEED_NAME_SIZE];
    uint32_t channels;
    uint32_t moves;    /* decisions in it, 0 = none */
    double ns;         /* per call; of a tick: the whole */
    double floor_ns;   /* what it is measured against; 0 = nothing */
    double bytes;      /* per channel; then there is no time */
    double most_ratio; /* limits, 0 = none: times the floor, ns above it, bytes */
    double most_above_ns;
    double most_bytes;
    int is_repeat; /* a floor, or a time that stands in another row as well */
} hs_speed_row;

typedef struct hs_speed_result {
    hs_speed_row rows[HS_SPEED_ROWS_MAX];
    uint32_t count;
} hs_speed_result;

typedef struct hs_speed_options {
    const hs_plugin *plugin;
    uint32_t channels;
    int quick;                                             /* fewer repetitions */
    void (*progress)(uint32_t channels, const char *what); /* may be NULL */
} hs_speed_options;

/* Adds rows for one size. 0, or -1 with the reason in `why`. */
int hs_speed_measure(const hs_speed_options *options, hs_speed_result *result, char *why,
                     size_t capacity);

/* One row of two plugins: [0] is the one that is judged, [1] the one it is judged against. */
typedef struct hs_speed_pair {
    char name[HS_SPEED_NAME_SIZE];
    double value[2];               /* ns, or bytes: the medians of the rounds */
    double ratio, lowest, highest; /* [0] to [1] round by round: the median and the extremes */
    int is_bytes;
} hs_speed_pair;

typedef struct hs_speed_comparison {
    uint32_t channels;
    uint32_t rounds;
    uint32_t count;
    hs_speed_pair pairs[HS_SPEED_ROWS_MAX];
} hs_speed_comparison;

/* Measures what both plugins have, on the same farm, in rounds of one turn each; who begins changes
 * from round to round. 0, or -1 with the reason in `why`. */
int hs_speed_compare(const hs_speed_options *options, const hs_plugin *against,
                     hs_speed_comparison *out, char *why, size_t capacity);

#endif
