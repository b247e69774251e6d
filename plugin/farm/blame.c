/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/farm/blame.h"

#include "plugin/base/fmath.h"
#include "plugin/base/units.h"

static const double WINDOW_S = 600.0;
/* All shares of some seconds are stale after each new tip: that is nobody's fault. */
static const double LONG_ENOUGH_S = 180.0;
static const double BAD_PART = 0.5;
static const double SUSPECT_S = 60.0; /* that are forgiven, with what is rejected in them */
static const double BAD_TIMES = 2.0;  /* the others' part */
static const double SHARES_LEAST = 10.0;
static const double SIGMAS = 5.0;
static const double WELL_PART = 0.2;
static const double OTHERS_LEAST = 0.25; /* of what the channel did: fewer prove nothing */

static double age_s(const hm_blame *b, uint64_t now_ns)
{
    return hm_seconds(now_ns - b->since_ns);
}

void hm_blame_note(hm_blame *b, uint32_t upstream, double credit, uint32_t count,
                   const hm_blame_pool *pool, uint64_t now_ns)
{
    if (b->upstream != upstream || age_s(b, now_ns) > WINDOW_S) {
        const hm_blame_pool before = {pool->submitted, pool->rejected - credit};
        *b = (hm_blame){.upstream = upstream, .since_ns = now_ns, .before = before};
    }
    b->rejected += credit;
    b->shares = count > UINT32_MAX - b->shares ? UINT32_MAX : b->shares + count;
}

int hm_blame_is_suspect(const hm_blame *b, double rate, uint64_t now_ns)
{
    return b->rejected > BAD_PART * rate * (age_s(b, now_ns) + SUSPECT_S);
}

/* So many shares were rejected: can that be luck where so many are usual? Shares come by luck, and
 * so do rejects: a Poisson number, whose upper end is long when it is small. */
static int is_luck(double rejected, double usual)
{
    const double beyond = rejected - usual - SHARES_LEAST;
    return beyond < 0.0 || beyond * beyond < SIGMAS * SIGMAS * usual;
}

int hm_blame_is_bad(const hm_blame *b, double rate, const hm_blame_pool *pool, uint64_t now_ns)
{
    const double by_rate = rate * age_s(b, now_ns);
    const double own = by_rate > b->rejected ? by_rate : b->rejected;
    const double others = pool->submitted - b->before.submitted - own;
    const double others_rejected =
        hm_not_negative(pool->rejected - b->before.rejected - b->rejected);
    const double part = others > 0.0 ? hm_clamp(others_rejected / others, 0.0, 1.0) : 1.0;
    const double shares = (double)b->shares;
    return age_s(b, now_ns) >= LONG_ENOUGH_S && b->rejected > BAD_PART * by_rate &&
           others > OTHERS_LEAST * own && b->rejected > BAD_TIMES * part * own &&
           !is_luck(shares, part * shares * own / b->rejected);
}

int hm_blame_review(hm_blame *b, double rate, uint64_t now_ns)
{
    if (age_s(b, now_ns) < WINDOW_S) {
        return 1;
    }
    const int is_bad = b->rejected > WELL_PART * rate * age_s(b, now_ns);
    b->rejected = 0.0;
    b->shares = 0;
    b->since_ns = now_ns;
    return is_bad;
}
