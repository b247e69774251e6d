/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/control/health.h"

#include "plugin/base/units.h"

#define HOUR_NS (3600ull * HM_NS_PER_S)

static const double GREY_LIMIT = 50.0; /* 22 rejects in a row */
static const double WELL_LIMIT = 5.0;  /* 8 accepts in a row */
static const uint64_t SILENCE_NS = 120ull * HM_NS_PER_S;

void hm_health_failed(hm_health *h, const hm_health_params *p, uint64_t now_ns)
{
    h->failures = h->failed_ns != 0 && now_ns - h->failed_ns <= HOUR_NS ? h->failures + 1u : 1u;
    h->failed_ns = now_ns > 0 ? now_ns : 1;
    if (h->failures < 2) {
        return;
    }
    uint64_t hold_ns = p->hold_down_ns;
    for (uint32_t i = 1; i < h->failures && hold_ns < p->hold_down_max_ns; i++) {
        hold_ns *= 2u;
    }
    hold_ns = hold_ns < p->hold_down_max_ns ? hold_ns : p->hold_down_max_ns;
    h->held_until_ns = now_ns + hold_ns;
}

static int is_failing(const hm_health *h, const hm_health_params *p, uint64_t now_ns)
{
    if (h->suspicion > GREY_LIMIT && h->verdicts >= p->min_shares) {
        return 1;
    }
    return h->waiting >= p->min_shares && now_ns - h->waiting_since_ns >= SILENCE_NS;
}

void hm_health_judge(hm_health *h, const hm_health_params *p, uint64_t now_ns, int has_canary)
{
    if (h->held_until_ns != 0 && now_ns >= h->held_until_ns) {
        h->held_until_ns = 0;
    }
    if (!h->grey && p->detect && is_failing(h, p, now_ns)) {
        h->grey = 1;
        h->recovery = 0.0;
        hm_health_failed(h, p, now_ns);
    } else if (h->grey) {
        const int blind = !has_canary && now_ns - h->failed_ns >= p->hold_down_max_ns;
        if (h->recovery > WELL_LIMIT || blind || !p->detect) {
            hm_health_restart(h);
        }
    }
}

int hm_health_is_out(const hm_health *h, uint64_t now_ns)
{
    return h->grey || now_ns < h->held_until_ns;
}

void hm_health_restart(hm_health *h)
{
    h->grey = 0;
    h->suspicion = h->recovery = 0.0;
    h->verdicts = h->waiting = 0;
}
