/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/stress/farm: the processes around a swarm: three pools at which every hash is a share, and
 * the proxy that is measured: its time on the processor and its memory. */
#ifndef HOST_STUB_LIVE_STRESS_FARM_H
#define HOST_STUB_LIVE_STRESS_FARM_H

#include <jansson.h>

#include "host_stub/live/e2e/child.h"
#include "host_stub/live/e2e/state.h"
#include "host_stub/live/stress/options.h"
#include "host_stub/noise/curve.h"

enum { HS_STRESS_POOLS = 3 };

typedef struct hs_stress_farm {
    const hs_stress_options *options;
    hs_net_loop *loop;
    hs_e2e_folder folder;
    hs_e2e_child pools[HS_STRESS_POOLS];
    uint16_t ports[HS_STRESS_POOLS];
    hs_e2e_child proxy;
    uint16_t port;     /* where the proxy listens */
    unsigned pools_up; /* as the proxy says */
    int has_key;       /* Noise everywhere, under one authority */
    uint8_t key[HS_NOISE_X_SIZE];
} hs_stress_farm;

/* Starts all of it, and waits until the proxy has a job of every pool. `frames` NULL: no recording.
 * 0, or -1 with a sentence in `why`; hs_stress_farm_free in any case. */
int hs_stress_farm_start(hs_stress_farm *farm, hs_net_loop *loop, const hs_stress_options *options,
                         const char *frames, char *why, size_t capacity);
/* Ends the proxy as its operator would: its account, or NULL with a sentence. */
json_t *hs_stress_farm_stop(hs_stress_farm *farm, char *why, size_t capacity);
/* Kills what still runs and removes the files. All zero is fine. */
void hs_stress_farm_free(hs_stress_farm *farm);

/* Does everything still run? */
int hs_stress_farm_is_alive(hs_stress_farm *farm);
/* The proxy's, in nanoseconds; 0 = it does not run. */
uint64_t hs_stress_farm_cpu_ns(const hs_stress_farm *farm);
/* The proxy's memory in bytes: now, and the most that it ever was. */
uint64_t hs_stress_farm_rss(const hs_stress_farm *farm);
uint64_t hs_stress_farm_peak(const hs_stress_farm *farm);

#endif
