/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/sim/pool.h"

#include <stdlib.h>

#include "host_stub/base/array.h"

int hs_sim_pool_push(hs_sim_pool *pool, const hs_sim_pending *share)
{
    if (HS_GROW(pool->pending, pool->pending_capacity, pool->pending_count + 1) != 0) {
        return -1;
    }
    pool->pending[pool->pending_count++] = *share;
    return 0;
}

static int by_channel(const void *left, const void *right)
{
    /* A channel has at most one entry per second, so the order is total. */
    const hs_sim_pending *const a = left;
    const hs_sim_pending *const b = right;
    if (a->channel != b->channel) {
        return a->channel < b->channel ? -1 : 1;
    }
    return a->second < b->second ? -1 : a->second > b->second;
}

void hs_sim_pool_sort(hs_sim_pool *pool)
{
    if (pool->pending_count > 1) {
        qsort(pool->pending, pool->pending_count, sizeof *pool->pending, by_channel);
    }
}

void hs_sim_pool_free(hs_sim_pool *pool)
{
    free(pool->pending);
    pool->pending = NULL;
    pool->pending_count = 0;
    pool->pending_capacity = 0;
}
