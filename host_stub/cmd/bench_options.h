/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * cmd/bench_options: the command line of `host_stub bench control`: what is to be measured. It
 * reads and checks words; finding and loading what they name is cmd/bench_control's part. */
#ifndef HOST_STUB_CMD_BENCH_OPTIONS_H
#define HOST_STUB_CMD_BENCH_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

enum { HS_BENCH_SEEDS_MAX = 1000, HS_BENCH_NAMES_MAX = 128, HS_BENCH_FLEETS_MAX = 10000 };

typedef struct hs_bench_options {
    uint64_t seeds[HS_BENCH_SEEDS_MAX];
    uint32_t seed_count;
    uint32_t fleets; /* random ones, instead of scenarios; 0 = none */
    char *scenarios[HS_BENCH_NAMES_MAX];
    char *plugins[HS_BENCH_NAMES_MAX];
    char *presets[HS_BENCH_NAMES_MAX];
    const char *sets[64];
    uint32_t scenario_count;
    uint32_t plugin_count;
    uint32_t preset_count;
    uint32_t set_count;
    uint32_t plugins_given; /* 0 = the default ones: those that are not built are left out */
    uint32_t workers;       /* 0 = as many as there are processors */
    uint64_t seconds;       /* 0 = the scenarios' */
    const char *json;
    const char *report;
    int check;
    int quiet;
    int help;
} hs_bench_options;

/* argv[0] is the command's name. 0, or -1 with the sentence in `why`. To be freed in any case. */
int hs_bench_options_read(hs_bench_options *options, int argc, char **argv, char *why,
                          size_t capacity);
void hs_bench_options_free(hs_bench_options *options);

extern const char HS_BENCH_USAGE[];

#endif
