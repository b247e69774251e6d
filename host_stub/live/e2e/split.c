/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/e2e/split.h"

#include <stdlib.h>

#include "host_stub/base/array.h"

int hs_e2e_track_add(hs_e2e_track *track, uint64_t at_ms, double work)
{
    if (track->count > 0 && at_ms < track->samples[track->count - 1].at_ms) {
        return 0;
    }
    if (HS_GROW(track->samples, track->capacity, track->count + 1) != 0) {
        return -1;
    }
    track->samples[track->count++] = (hs_e2e_sample){at_ms, work};
    return 0;
}

void hs_e2e_track_free(hs_e2e_track *track)
{
    free(track->samples);
    *track = (hs_e2e_track){NULL, 0, 0};
}

double hs_e2e_track_at(const hs_e2e_track *track, uint64_t at_ms)
{
    size_t i = 0;
    if (track->count == 0) {
        return 0.0;
    }
    while (i < track->count && track->samples[i].at_ms < at_ms) {
        i++;
    }
    if (i == 0 || i == track->count) {
        return track->samples[i == 0 ? 0 : i - 1].work;
    }
    const hs_e2e_sample *const a = &track->samples[i - 1];
    const hs_e2e_sample *const b = &track->samples[i];
    return a->work +
           (b->work - a->work) * ((double)(at_ms - a->at_ms) / (double)(b->at_ms - a->at_ms));
}

void hs_e2e_split(const hs_e2e_track *tracks, size_t count, uint64_t from_ms, uint64_t to_ms,
                  double *percent)
{
    double all = 0.0;
    for (size_t i = 0; i < count; i++) {
        percent[i] = hs_e2e_track_at(&tracks[i], to_ms) - hs_e2e_track_at(&tracks[i], from_ms);
        all += percent[i];
    }
    for (size_t i = 0; i < count; i++) {
        percent[i] = all > 0.0 ? 100.0 * percent[i] / all : 0.0;
    }
}
