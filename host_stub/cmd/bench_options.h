/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * cmd/bench_options: the options of `host_stub bench control`: what is to be measured. It reads
 * and checks words; finding and loading what they name is cmd/bench_control's part. */
#ifndef HOST_STUB_CMD_BENCH_OPTIONS_H
#define HOST_STUB_CMD_BENCH_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "host_stub/base/options.h"

enum {
    HS_BENCH_SEEDS_MAX = 1000,
    HS_BENCH_NAMES_MAX = 128,
    HS_BENCH_FLEETS_MAX = 10000,
    HS_BENCH_PAIRS_MAX = 100000
};

typedef struct hs_bench_options {
    uint64_t seeds[HS_BENCH_SEEDS_MAX];
    uint32_t seed_count;
    uint32_t fleets; /* random ones, instead of scenarios; 0 = none */
    double shares;   /* of each of their miners, a minute */
    char *scenarios[HS_BENCH_NAMES_MAX];
    char *plugins[HS_BENCH_NAMES_MAX];
    char *presets[HS_BENCH_NAMES_MAX];
    hs_texts sets;
    uint32_t scenario_count;
    uint32_t plugin_count;
    uint32_t preset_count;
    int presets_given;
    int plugins_given; /* 0 = the default ones: those that are not built are left out */
    uint32_t workers;  /* 0 = as many as there are processors */
    uint64_t seconds;  /* 0 = the scenarios' */
    const char *world; /* NULL = kind */
    const char *json;
    const char *report;
    int check;
    int keys; /* the sweep of bench/keys, with so many pairs */
    uint32_t pairs;
    int reality; /* the table of bench/reality, or its rows that are named */
    hs_words rows;
    int quiet;
} hs_bench_options;

/* Is it a world that is compared with the kind one? */
int hs_bench_other_world(const hs_bench_options *options);

extern const hs_command HS_BENCH_CONTROL_COMMAND;

#endif
