/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/farm/blame.h"

#include "plugin/base/fmath.h"
#include "plugin/base/units.h"

enum { SHARES_LEAST = 10 };

/* All shares of some seconds are stale after each new tip: that is nobody's fault. */
static const double LONG_ENOUGH_S = 180.0;
static const double BAD_PART = 0.5;
static const double BAD_TIMES = 2.0; /* the others' part */
static const double WELL_PART = 0.2;
static const double OTHERS_LEAST = 0.25; /* of what the channel did: fewer prove nothing */

double hm_blame_rejected(const hm_blame *b, uint64_t now_ns)
{
    return b->rejected * hm_decay(hm_seconds(now_ns - b->at_ns), HM_BLAME_WINDOW_S);
}

void hm_blame_note(hm_blame *b, uint32_t upstream, double credit, uint32_t count, uint64_t now_ns)
{
    if (b->upstream != upstream || hm_seconds(now_ns - b->at_ns) > HM_BLAME_WINDOW_S) {
        *b = (hm_blame){.upstream = upstream, .since_ns = now_ns, .at_ns = now_ns};
    }
    b->rejected = hm_blame_rejected(b, now_ns) + credit;
    b->at_ns = now_ns;
    b->shares = count > UINT32_MAX - b->shares ? UINT32_MAX : b->shares + count;
}

double hm_blame_done(const hm_blame *b, double rate, uint64_t now_ns)
{
    const double left = hm_decay(hm_seconds(now_ns - b->since_ns), HM_BLAME_WINDOW_S);
    return rate * HM_BLAME_WINDOW_S * (1.0 - left);
}

int hm_blame_is_bad(const hm_blame *b, double rate, double asked, double rejected, uint64_t now_ns)
{
    const double own = hm_blame_rejected(b, now_ns);
    const double done = hm_blame_done(b, rate, now_ns);
    const double others = asked - (done > own ? done : own);
    const double others_rejected = hm_not_negative(rejected - own);
    return b->shares >= SHARES_LEAST && hm_seconds(now_ns - b->since_ns) >= LONG_ENOUGH_S &&
           own > BAD_PART * done && others > OTHERS_LEAST * own &&
           own * others > BAD_TIMES * others_rejected * (done > own ? done : own);
}

int hm_blame_is_still_bad(const hm_blame *b, double rate, uint64_t now_ns)
{
    return hm_blame_rejected(b, now_ns) > WELL_PART * hm_blame_done(b, rate, now_ns);
}
