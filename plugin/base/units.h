/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * units: how the plugin counts time, work and hashrate.
 *
 * Points in time and spans that are compared with them are nanoseconds of the host's monotonic
 * clock (_ns); spans that the law computes with are seconds as double (_s); the configuration has
 * whole seconds (_secs). Work is difficulty 1 units, hashrate is difficulty 1 units per second: the
 * hashes of the outside are counted in them at the border only.
 */
#ifndef PLUGIN_BASE_UNITS_H
#define PLUGIN_BASE_UNITS_H

#include <stdint.h>

#define HM_NS_PER_S 1000000000ull

/* Hashes behind one unit of work: 2^256 / (65535 * 2^208 + 1). */
#define HM_HASHES_PER_WORK 4295032833.0

/* A span of the clock as seconds. */
static inline double hm_seconds(uint64_t ns)
{
    return (double)ns / (double)HM_NS_PER_S;
}

#endif
