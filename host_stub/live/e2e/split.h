/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/e2e/split: how work was split over pools between two moments, from what each pool said now
 * and then that it had been delivered in all. Pure arithmetic. */
#ifndef HOST_STUB_LIVE_E2E_SPLIT_H
#define HOST_STUB_LIVE_E2E_SPLIT_H

#include <stddef.h>
#include <stdint.h>

typedef struct hs_e2e_sample {
    uint64_t at_ms;
    double work; /* in all, difficulty */
} hs_e2e_sample;

/* One pool's samples, in the order of time. All zero is none. */
typedef struct hs_e2e_track {
    hs_e2e_sample *samples;
    size_t count;
    size_t capacity;
} hs_e2e_track;

/* 0, or -1 out of memory. A sample that is older than the last one is passed over. */
int hs_e2e_track_add(hs_e2e_track *track, uint64_t at_ms, double work);
void hs_e2e_track_free(hs_e2e_track *track);

/* Work delivered by `at_ms`: between two samples in proportion; before the first and after the last
 * that one's. */
double hs_e2e_track_at(const hs_e2e_track *track, uint64_t at_ms);

/* Parts of 100 of what all pools were delivered between the moments; all 0 when that is nothing. */
void hs_e2e_split(const hs_e2e_track *tracks, size_t count, uint64_t from_ms, uint64_t to_ms,
                  double *percent);

#endif
