/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * farm_fixture.h: some pools and channels around one hm_assignment, as the core would set them up.
 * A channel's hashrate is whatever the test says: no estimator is involved. */
#ifndef TESTS_UNIT_FARM_FARM_FIXTURE_H
#define TESTS_UNIT_FARM_FARM_FIXTURE_H

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "plugin/control/buckets.h"
#include "plugin/farm/assignment.h"
#include "tests/unit/counted_memory.h"
#include "tests/unit/test_draw.h"

static const unsigned char FARM_HASH_KEY[16] = {7, 7, 7};

typedef struct farm {
    counted_memory counted;
    hm_memory memory;
    hm_upstreams upstreams;
    hm_assignment assignment;
    hm_buckets buckets;
    double command[HMX_UPSTREAMS_MAX];
    double most[HMX_UPSTREAMS_MAX]; /* caps as hashrate; INFINITY by default */
    uint8_t usable[HMX_UPSTREAMS_MAX];
    uint32_t n;
    uint64_t last_channel;
} farm;

/* `n` pools, all up with a job, in order of priority, with these targets in per cent. */
static inline void farm_open(farm *f, uint32_t n, const double *percent, uint32_t channels_max)
{
    memset(f, 0, sizeof *f);
    f->memory = counted_hm_memory(&f->counted);
    f->n = n;
    f->upstreams.count = f->upstreams.top = n;
    f->upstreams.auto_redistribute = f->upstreams.auto_restore = 1;
    for (uint32_t i = 0; i < n; i++) {
        hm_upstream *const row = &f->upstreams.rows[i];
        row->exists = row->enabled = 1;
        row->percentage = percent[i];
        row->priority = i;
        row->facts.state = HMX_UPSTREAM_UP;
        row->facts.has_job = HMX_YES;
        f->upstreams.order[i] = i;
        f->command[i] = percent[i] / 100.0;
        f->usable[i] = 1;
        f->most[i] = INFINITY;
        row->max_ths = INFINITY;
    }
    cr_assert_eq(
        hm_assignment_init(&f->assignment, &f->memory, &f->upstreams, channels_max, FARM_HASH_KEY),
        0);
    cr_assert_eq(hm_buckets_reserve(&f->buckets, &f->memory, n), 0);
}

static inline void farm_close(farm *f)
{
    hm_buckets_free(&f->buckets);
    hm_assignment_free(&f->assignment);
    cr_assert_eq(f->counted.live_blocks, 0);
    cr_assert_eq(f->counted.mistakes, 0);
}

/* The pool tells its extranonce space: its number as prefix, `granted` bytes. */
static inline void farm_grant(farm *f, uint32_t upstream, uint32_t granted, uint32_t channels)
{
    const uint8_t prefix = (uint8_t)(0xa0u + upstream);
    hm_upstream_facts *const facts = &f->upstreams.rows[upstream - 1u].facts;
    facts->extranonce_size = granted;
    facts->extranonce_prefix_len = 1;
    facts->extranonce_prefix[0] = prefix;
    cr_assert_eq(hm_extranonce_reset(hm_space(&f->assignment.prefixes, upstream), &f->memory,
                                     &prefix, 1, granted, 0, 1, channels),
                 0);
}

static inline hm_channel_hot *farm_hot(farm *f, uint32_t slot)
{
    return hm_hot(&f->assignment.channels, slot);
}

static inline hm_channel_cold *farm_cold(farm *f, uint32_t slot)
{
    return hm_cold(&f->assignment.channels, slot);
}

/* A channel that works nowhere yet: standard, allowed everywhere. */
static inline uint32_t farm_channel(farm *f, double hashrate)
{
    f->last_channel++;
    const uint32_t slot = hm_channels_open(&f->assignment.channels, f->last_channel);
    cr_assert_neq(slot, HM_SLOT_NONE);
    farm_hot(f, slot)->hashrate = hashrate;
    farm_cold(f, slot)->upstreams_allowed = UINT64_MAX;
    farm_cold(f, slot)->kind = HMX_CHANNEL_STANDARD;
    farm_cold(f, slot)->pending_next = farm_cold(f, slot)->pending_prev = HM_SLOT_NONE;
    return slot;
}

static inline uint32_t farm_place(farm *f, double hashrate, uint32_t upstream)
{
    uint8_t prefix[HMX_EXTRANONCE_MAX];
    uint32_t prefix_len = 0;
    const uint32_t slot = farm_channel(f, hashrate);
    cr_assert_eq(hm_assignment_place(&f->assignment, slot, upstream, 0, prefix, &prefix_len), 0);
    return slot;
}

/* A channel that goes where the arrival rule says. */
static inline uint32_t farm_arrive(farm *f, double hashrate)
{
    uint8_t prefix[HMX_EXTRANONCE_MAX];
    uint32_t prefix_len = 0;
    const uint32_t slot = farm_channel(f, hashrate);
    const uint32_t upstream = hm_assignment_arrival(&f->assignment, slot, f->command, f->most);
    cr_assert_eq(hm_assignment_place(&f->assignment, slot, upstream, 0, prefix, &prefix_len), 0);
    return slot;
}

/* All sums of the assignment against the channels themselves. `tolerance` in hashrate. */
static inline void farm_check_sums(farm *f, double tolerance)
{
    hm_assignment *const a = &f->assignment;
    double allocated[HM_PLACES] = {0};
    double working[HM_PLACES] = {0};
    uint32_t counts[HM_PLACES] = {0};
    uint32_t in[HM_PLACES] = {0};
    uint32_t out[HM_PLACES] = {0};
    uint32_t pending = 0;
    for (uint32_t slot = 0; slot < a->channels.slots; slot++) {
        const hm_channel_hot *const hot = farm_hot(f, slot);
        if (hot->channel == 0) {
            continue;
        }
        const uint32_t to = hot->pending_to != HMX_NONE ? hot->pending_to : hot->upstream;
        cr_assert_eq(hot->pending_to != HMX_NONE, farm_cold(f, slot)->decision != 0);
        allocated[to] += hot->hashrate;
        working[hot->upstream] += hot->hashrate;
        counts[hot->upstream]++;
        in[to] += hot->pending_to != HMX_NONE;
        out[hot->upstream] += hot->pending_to != HMX_NONE;
        pending += hot->pending_to != HMX_NONE;
    }
    for (uint32_t i = 0; i < HM_PLACES; i++) {
        cr_assert_float_eq(a->allocated[i], allocated[i], tolerance, "allocated %u", i);
        cr_assert_float_eq(a->working[i], working[i], tolerance, "working %u", i);
        cr_assert_eq(a->counts[i], counts[i], "counts %u", i);
        cr_assert_eq(a->pending_in[i], in[i], "pending_in %u", i);
        cr_assert_eq(a->pending_out[i], out[i], "pending_out %u", i);
    }
    cr_assert_eq(a->pending_count, pending);
}

#endif /* TESTS_UNIT_FARM_FARM_FIXTURE_H */
