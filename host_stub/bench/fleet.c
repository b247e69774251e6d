/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/bench/fleet.h"

#include <inttypes.h>
#include <stdio.h>

#include "host_stub/base/rng.h"
#include "host_stub/base/text.h"

enum { POOLS_MIN = 2, POOLS_MOST = 6, DECIMALS = 4 };
#define MINERS_MOST 400.0
#define UNITS       1000000.0 /* of a target in all: 100 per cent with four decimals */

static const char MIX[] = "95:25 140:15 200:25 270:10 114:10 170:10 473:5";

/* Targets in ten-thousandths of a per cent that make exactly 100 per cent. */
static void draw_targets(hs_rng *rng, uint32_t pools, uint32_t *units)
{
    double weights[POOLS_MOST];
    double sum = 0.0;
    uint32_t given = 0;
    uint32_t most = 0;
    for (uint32_t i = 0; i < pools; i++) {
        weights[i] = hs_rng_exponential(rng);
        sum += weights[i];
    }
    for (uint32_t i = 0; i < pools; i++) {
        units[i] = (uint32_t)(UNITS * weights[i] / sum);
        given += units[i];
        most = units[i] > units[most] ? i : most;
    }
    units[most] += (uint32_t)UNITS - given;
}

void hs_fleet_text(uint64_t number, char *text, size_t capacity)
{
    hs_rng rng;
    uint32_t units[POOLS_MOST];
    char percent[32];
    hs_rng_init(&rng, number, "random fleet", 0);
    const double miners = hs_exp(hs_rng_uniform(&rng) * hs_ln(MINERS_MOST + 1.0));
    const uint32_t count = miners < MINERS_MOST ? (uint32_t)miners : (uint32_t)MINERS_MOST;
    const uint32_t pools = POOLS_MIN + hs_rng_below(&rng, POOLS_MOST - POOLS_MIN + 1);
    draw_targets(&rng, pools, units);
    int n = snprintf(text, capacity,
                     "[scenario]\ntitle = random fleet %" PRIu64 ": %u miners, %u pools\n"
                     "hours = 26\n\n[farm]\ncount = %u\nmix = %s\nnominal_error_pct = 30\n",
                     number, (unsigned)count, (unsigned)pools, (unsigned)count, MIX);
    for (uint32_t i = 0; i < pools && n > 0 && (size_t)n < capacity; i++) {
        hs_format_fixed(percent, sizeof percent, (double)units[i] / 10000.0, DECIMALS);
        n += snprintf(text + n, capacity - (size_t)n, "\n[pool.%c]\ntarget = %s\npriority = %u\n",
                      'a' + (char)i, percent, (unsigned)i + 1);
    }
}

int hs_fleet_scenario(uint64_t number, hs_scenario *scenario, char *why, size_t capacity)
{
    char text[HS_FLEET_TEXT_SIZE];
    char name[64];
    hs_fleet_text(number, text, sizeof text);
    snprintf(name, sizeof name, "fleet%" PRIu64 ".ini", number);
    return hs_scenario_parse(scenario, name, text, why, capacity);
}
