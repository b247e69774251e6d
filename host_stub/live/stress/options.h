/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/stress/options: the options of `host_stub bench live`.
 */
#ifndef HOST_STUB_LIVE_STRESS_OPTIONS_H
#define HOST_STUB_LIVE_STRESS_OPTIONS_H

#include "host_stub/base/options.h"

enum { HS_STRESS_SIZES_MAX = 8, HS_STRESS_CONNECTIONS_MAX = 50000 };

typedef struct hs_stress_options {
    const char *plugin;                  /* NULL = the proxy's default */
    uint32_t sizes[HS_STRESS_SIZES_MAX]; /* connections */
    uint32_t size_count;
    uint32_t channels;  /* of each connection */
    double per_channel; /* shares a second */
    uint64_t run_ns;    /* of each measurement */
    int plain;          /* frames; else Noise */
    int check;
    const char *frames; /* the last size is recorded there; NULL = none */
    const char *json;   /* NULL = none, "-" = standard output */
} hs_stress_options;

extern const hs_command HS_BENCH_LIVE_COMMAND;

#endif
