/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * faults/faults: a farm on which everything goes wrong that a host can meet, in virtual time. One
 * seed chooses the pools, the miners and the faults: pools that go, come back with another space,
 * reject or say nothing; miners that leave, lie and change; a host that sleeps, refuses, fails,
 * answers late or never, restarts with a state that is good, old or damaged, and reconfigures while
 * decisions wait. In the last two hours there are none any more.
 *
 * Checked are, beside the contract (guard/guard), after each second what must never change: the
 * books of the host and of the plugin are equal, sums are those of their parts, every number is
 * one, memory is bounded. And an hour after the last fault all pools are in use and the split is as
 * it should be.
 */
#ifndef HOST_STUB_FAULTS_FAULTS_H
#define HOST_STUB_FAULTS_FAULTS_H

#include <stddef.h>
#include <stdint.h>

#include "host_stub/load/loader.h"

enum { HS_FAULTS_WHY = 512, HS_FAULTS_HASH = 32 };

typedef struct hs_faults_options {
    const hs_plugin *plugin;
    uint64_t seed;
    uint64_t seconds;    /* 0 = six hours; at least three */
    uint32_t faults_max; /* so many of the faults happen, the first ones; 0 = all */
    /* Each fault as it happens; may be NULL. */
    void (*fault)(void *ctx, uint32_t number, uint64_t second, const char *text);
    void *ctx;
} hs_faults_options;

typedef struct hs_faults_result {
    int failed;
    char why[HS_FAULTS_WHY]; /* what did not hold, and when */
    uint64_t second;         /* at the end */
    uint32_t faults;         /* that happened */
    uint32_t restarts;
    uint64_t events; /* told to the plugin */
    uint64_t decisions;
    double error_points;          /* of the last hours' split */
    uint64_t peak_bytes;          /* of the plugin's memory */
    uint8_t hash[HS_FAULTS_HASH]; /* of all that it answered */
} hs_faults_result;

/* 0 when there is a result, or -1 with `why`: out of memory, or the plugin does not start. */
int hs_faults_run(const hs_faults_options *options, hs_faults_result *result, char *why,
                  size_t capacity);

/* Of a run that failed: the fewest first faults with which it fails, found by halving, and its
 * result. 0 or -1 as above. */
int hs_faults_shrink(const hs_faults_options *options, uint32_t faults, uint32_t *fewest,
                     hs_faults_result *result, char *why, size_t capacity);

#endif
