/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/faults/faults.h"

#include <stdlib.h>
#include <string.h>

#include "host_stub/base/text.h"
#include "host_stub/faults/state.h"

enum { SIX_HOURS = 21600, HOUR = 3600, MANY_POOLS_IN = 16, FEW_POOLS = 6 };

static void prepare(hs_fault_farm *f)
{
    static const uint64_t caps[] = {HMX_CAP_DRAIN_REPORT, HMX_CAP_EXTRANONCE, HMX_CAP_SOFT_MOVE,
                                    HMX_CAP_REOPEN};
    const uint64_t seed = f->options.seed;
    hs_rng_init(&f->rng, seed, "faults", 0);
    hs_rng_init(&f->luck, seed, "faults: luck", 0);
    hs_rng_init(&f->manner, seed, "faults: host", 0);
    (void)crypto_generichash_init(&f->answers, NULL, 0, HS_FAULTS_HASH);
    f->seconds = f->options.seconds > 0 ? f->options.seconds : (uint64_t)SIX_HOURS;
    f->quiet_s = f->seconds - 2 * HOUR;
    f->measure_s = f->seconds - HOUR;
    f->link.now_ns = 1000 * HS_FAULT_SECOND_NS;
    f->link.unix_ms = UINT64_C(1700000000000);
    f->tick_every_s = 1;
    for (size_t i = 0; i < sizeof caps / sizeof caps[0]; i++) {
        f->without |= hs_rng_below(&f->rng, 8) == 0 ? caps[i] : 0;
    }
    f->pool_count = hs_rng_below(&f->rng, MANY_POOLS_IN) == 0
                        ? (uint32_t)HMX_UPSTREAMS_MAX
                        : hs_fault_between(&f->rng, 2, FEW_POOLS);
    for (uint32_t i = 0; i < f->pool_count; i++) {
        hs_fault_pool_init(f, i);
        f->pools[i].configured = i < 2 || hs_rng_below(&f->rng, 4) != 0;
    }
    for (uint32_t i = 0; i < HS_FAULT_MINERS; i++) {
        hs_fault_miner_init(f, i);
    }
    hs_fault_share_out(f);
}

static void connect_miners(hs_fault_farm *f)
{
    for (uint32_t i = 0; i < HS_FAULT_MINERS; i++) {
        hs_fault_miner *const m = &f->miners[i];
        if (m->channel == 0 && m->back_s != 0 && m->back_s <= f->second) {
            hs_fault_connect(f, m);
        }
    }
}

static void pass_second(hs_fault_farm *f)
{
    f->second++;
    f->link.now_ns += HS_FAULT_SECOND_NS;
    f->link.unix_ms += 1000;
    if (f->second == f->quiet_s) {
        hs_fault_end(f);
    }
    if (f->second < f->asleep_s) {
        return;
    }
    const int ticks = f->second % f->tick_every_s == 0 || f->second == f->asleep_s;
    if (ticks) { /* a host that wakes finds its timer due, and has read nothing yet */
        hs_fault_tick(f);
    }
    if (!f->is_quiet) {
        hs_fault_maybe(f);
    }
    hs_fault_pools_return(f);
    connect_miners(f);
    hs_fault_mine(f);
    hs_fault_verdicts(f);
    hs_fault_answers(f);
    hs_fault_drains(f);
    if (ticks && !f->result->failed) {
        hs_fault_check(f);
    }
    if (f->second == f->measure_s) {
        hs_fault_check_recovered(f);
    }
}

static void live(hs_fault_farm *f)
{
    while (f->second < f->seconds && !f->result->failed && !f->no_memory) {
        pass_second(f);
    }
    if (!f->result->failed && !f->no_memory) {
        hs_fault_check_split(f);
        hs_fault_save(f, &f->state);
    }
    f->result->second = f->second;
    hs_fault_stop(f);
    (void)crypto_generichash_final(&f->answers, f->result->hash, HS_FAULTS_HASH);
}

int hs_faults_run(const hs_faults_options *options, hs_faults_result *result, char *why,
                  size_t capacity)
{
    memset(result, 0, sizeof *result);
    hs_fault_farm *const f = calloc(1, sizeof *f);
    if (f == NULL || sodium_init() < 0) {
        free(f);
        return hs_refuse(why, capacity, "out of memory");
    }
    f->options = *options;
    f->result = result;
    prepare(f);
    int rc = hs_fault_start(f, why, capacity);
    if (rc == 0) {
        live(f);
        rc = f->no_memory ? hs_refuse(why, capacity, "out of memory") : 0;
    } else {
        hs_fault_stop(f);
    }
    free(f->verdicts);
    free(f->drains);
    free(f->old.data);
    free(f->state.data);
    free(f);
    return rc;
}

int hs_faults_shrink(const hs_faults_options *options, uint32_t faults, uint32_t *fewest,
                     hs_faults_result *result, char *why, size_t capacity)
{
    hs_faults_options o = *options;
    uint32_t passes = 0; /* with so many it passes, as far as is known */
    *fewest = faults;
    o.fault = NULL;
    while (*fewest > passes + 1) {
        o.faults_max = passes + (*fewest - passes) / 2;
        if (hs_faults_run(&o, result, why, capacity) != 0) {
            return -1;
        }
        if (result->failed) {
            *fewest = o.faults_max;
        } else {
            passes = o.faults_max;
        }
    }
    o.faults_max = *fewest;
    o.fault = options->fault;
    return hs_faults_run(&o, result, why, capacity);
}
