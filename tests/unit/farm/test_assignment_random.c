/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Thousands of random transactions: after each all sums are added up afresh, and every extranonce
 * index in use must have exactly one owner. */
#include "tests/unit/farm/farm_fixture.h"

enum { POOLS = 4, SLOTS = 120 };

typedef struct world {
    farm f;
    uint32_t slots[SLOTS]; /* HM_SLOT_NONE = closed */
    uint64_t now_ns;
    uint64_t seed;
} world;

static void open_or_close(world *w, uint32_t i)
{
    if (w->slots[i] == HM_SLOT_NONE) {
        w->slots[i] = farm_arrive(&w->f, draw_between(&w->seed, 0.0, 10.0));
    } else if (draw_below(&w->seed, 3) == 0) {
        hm_assignment_close(&w->f.assignment, w->slots[i], w->now_ns);
        w->slots[i] = HM_SLOT_NONE;
    }
}

/* What a host reports of this channel: mostly in order, sometimes on its own. */
static void report(world *w, uint32_t slot)
{
    hm_assignment *const a = &w->f.assignment;
    const uint32_t pending = farm_hot(&w->f, slot)->pending_to;
    const uint32_t what = draw_below(&w->seed, 8);
    if (what == 0) {
        hm_assignment_force(a, slot, draw_below(&w->seed, POOLS + 1u), w->now_ns, NULL, 0);
    } else if (what == 1) {
        hm_assignment_set_hashrate(a, slot, draw_between(&w->seed, 0.0, 10.0));
    } else if (what == 2) {
        farm_hot(&w->f, slot)->marks &= ~(uint32_t)HM_MARK_UNCONFIRMED;
    } else if (pending != HMX_NONE && what < 6) {
        hm_assignment_apply(a, slot, w->now_ns, NULL, 0);
    } else if (pending != HMX_NONE && what < 8) {
        hm_assignment_cancel(a, slot, w->now_ns, (int)(what & 1u));
    }
}

static void propose(world *w, uint32_t slot)
{
    hm_decision d;
    const uint64_t before = w->f.assignment.last_decision;
    const uint32_t to = 1u + draw_below(&w->seed, POOLS);
    if (!hm_assignment_movable(&w->f.assignment, slot) ||
        !hm_assignment_legal(&w->f.assignment, slot, to)) {
        return;
    }
    const uint32_t kind =
        to == farm_hot(&w->f, slot)->upstream ? HMX_DECISION_PREFIX : HMX_DECISION_MOVE;
    cr_assert_eq(
        hm_assignment_propose(&w->f.assignment, slot, to, kind, HMX_REASON_BALANCE, w->now_ns, &d),
        0);
    cr_assert_eq(d.decision, before + 1u);
    cr_assert_eq(farm_hot(&w->f, slot)->pending_to, to);
}

/* Every index in use belongs to exactly one channel, one pending decision or one held place. */
static void check_places(world *w)
{
    hm_assignment *const a = &w->f.assignment;
    for (uint32_t u = 1; u <= POOLS; u++) {
        static uint8_t owners[65536];
        const hm_extranonce_space *const space = hm_space(&a->prefixes, u);
        uint32_t owned = 0;
        memset(owners, 0, space->capacity);
        for (uint32_t i = 0; i < SLOTS; i++) {
            if (w->slots[i] == HM_SLOT_NONE) {
                continue;
            }
            const hm_channel_hot *const hot = farm_hot(&w->f, w->slots[i]);
            const hm_channel_cold *const cold = farm_cold(&w->f, w->slots[i]);
            if (hot->upstream == u && cold->place.count > 0) {
                owners[cold->place.first]++;
                owned++;
            }
            if (hot->pending_to == u && cold->pending_place.count > 0) {
                owners[cold->pending_place.first]++;
                owned++;
            }
        }
        for (uint32_t at = a->prefixes.oldest[u - 1]; at != UINT32_MAX;
             at = a->prefixes.held[at].newer) {
            if (a->prefixes.held[at].place.count > 0) {
                owners[a->prefixes.held[at].place.first]++;
                owned++;
            }
        }
        cr_assert_eq(owned, space->used == NULL ? 0 : space->in_use, "pool %u", u);
        for (uint32_t i = 0; i < space->capacity; i++) {
            if (owners[i] == 0 && space->used[i / 64u] == 0) {
                continue;
            }
            cr_assert_eq(owners[i], space->used[i / 64u] >> (i % 64u) & 1u, "index %u", i);
        }
    }
}

Test(assignment_random, all_sums_and_prefixes_agree_through_random_transactions)
{
    static world w;
    static const double percent[] = {40.0, 30.0, 20.0, 10.0};
    farm_open(&w.f, POOLS, percent, SLOTS);
    farm_grant(&w.f, 1, 8, 1000);
    farm_grant(&w.f, 2, 4, 1000);
    farm_grant(&w.f, 3, 6, 1000);
    w.seed = 81;
    w.now_ns = 1;
    for (uint32_t i = 0; i < SLOTS; i++) {
        w.slots[i] = HM_SLOT_NONE;
    }
    for (int op = 0; op < 20000; op++) {
        const uint32_t i = draw_below(&w.seed, SLOTS);
        w.now_ns += draw_below(&w.seed, 150) * 1000000ull;
        if (w.slots[i] == HM_SLOT_NONE || draw_below(&w.seed, 12) == 0) {
            open_or_close(&w, i);
        } else if (draw_below(&w.seed, 2) == 0) {
            propose(&w, w.slots[i]);
        } else {
            report(&w, w.slots[i]);
        }
        if (op % 20 == 0) {
            hm_assignment_expire(&w.f.assignment, w.now_ns);
            hm_prefixes_expire(&w.f.assignment.prefixes, w.now_ns, &w.f.assignment.channels);
        }
        farm_check_sums(&w.f, 1e-6);
        if (op % 100 == 0) {
            check_places(&w);
        }
    }
    const hm_move_counts *const m = &w.f.assignment.moves;
    cr_assert_gt(m->applied, 500);
    cr_assert_gt(m->expired, 50);
    cr_assert_gt(m->forced, 200);
    cr_assert_gt(m->decisions, m->applied + m->expired);
    for (uint32_t i = 0; i < SLOTS; i++) {
        if (w.slots[i] != HM_SLOT_NONE) {
            hm_assignment_close(&w.f.assignment, w.slots[i], w.now_ns);
        }
    }
    farm_check_sums(&w.f, 0.0);
    farm_close(&w.f);
}
