/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * rest: what did not work is tried again ever more rarely: after a second, then after twice as long
 * each time, up to a limit. A success ends it. Kept for each pool (moves to it) and each channel.
 */
#ifndef PLUGIN_FARM_REST_H
#define PLUGIN_FARM_REST_H

#include <stdint.h>

#include "plugin/base/units.h"

/* Failures in a row after which only one is tried at a time, and the operator is told. */
enum { HM_REST_TRIAL = 5 };

#define HM_REST_POOL_NS    (300ull * HM_NS_PER_S) /* the longest rest */
#define HM_REST_CHANNEL_NS (300ull * HM_NS_PER_S) /* of a channel */

typedef struct hm_rest {
    uint64_t until_ns;
    uint32_t failures; /* in a row */
    uint32_t pad0;
} hm_rest;

static inline int hm_rest_lasts(const hm_rest *r, uint64_t now_ns)
{
    return now_ns < r->until_ns;
}

/* It did not work. What fails while it rests was under way before, and is no news. Returns 1 when
 * it is one. */
static inline int hm_rest_failed(hm_rest *r, uint64_t now_ns, uint64_t longest_ns)
{
    if (hm_rest_lasts(r, now_ns)) {
        return 0;
    }
    uint64_t rest_ns = HM_NS_PER_S;
    for (uint32_t i = 0; i < r->failures && rest_ns < longest_ns; i++) {
        rest_ns *= 2u;
    }
    r->failures += r->failures < UINT32_MAX;
    r->until_ns = now_ns + (rest_ns < longest_ns ? rest_ns : longest_ns);
    return 1;
}

#endif
