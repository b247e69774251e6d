/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/proxy/routes.h"

#include <stdlib.h>

#include "host_stub/base/array.h"

static uint64_t key_of(uint32_t number)
{
    return (uint64_t)number + 1;
}

int hs_proxy_route_add(hs_proxy_up *up, hs_proxy_leg *leg)
{
    leg->up = up;
    leg->at = up->leg_count;
    return HS_PUSH(up->legs, up->leg_capacity, up->leg_count, leg);
}

/* The number is taken off unless it is another's by now. */
static void drop(hs_table *table, uint32_t number, const hs_proxy_leg *leg)
{
    if (hs_table_find(table, key_of(number)) == leg) {
        (void)hs_table_remove(table, key_of(number));
    }
}

void hs_proxy_route_remove(hs_proxy_leg *leg)
{
    hs_proxy_up *const up = leg->up;
    drop(&up->by_id, leg->channel_id, leg);
    drop(&up->by_id, leg->closed_id, leg);
    drop(&up->by_asked, leg->request_id, leg);
    hs_proxy_leg *const last = up->legs[--up->leg_count];
    up->legs[leg->at] = last;
    last->at = leg->at;
    if (up->latest == leg) {
        up->latest = NULL;
    }
}

int hs_proxy_route_ask(hs_proxy_leg *leg)
{
    hs_proxy_up *const up = leg->up;
    if (hs_table_put(&up->by_asked, key_of(up->last_request + 1), leg) != 0) {
        return -1;
    }
    leg->request_id = ++up->last_request;
    return 0;
}

hs_proxy_leg *hs_proxy_route_answered(hs_proxy_up *up, uint32_t request_id)
{
    return hs_table_remove(&up->by_asked, key_of(request_id));
}

int hs_proxy_route_name(hs_proxy_leg *leg, uint32_t channel_id)
{
    const hs_proxy_leg *const before = hs_proxy_route_find(leg->up, channel_id);
    if (before != NULL && before != leg) {
        return -1;
    }
    return hs_table_put(&leg->up->by_id, key_of(channel_id), leg);
}

void hs_proxy_route_unname(hs_proxy_up *up, uint32_t channel_id)
{
    (void)hs_table_remove(&up->by_id, key_of(channel_id));
}

hs_proxy_leg *hs_proxy_route_find(const hs_proxy_up *up, uint32_t channel_id)
{
    return hs_table_find(&up->by_id, key_of(channel_id));
}

void hs_proxy_routes_forget(hs_proxy_up *up)
{
    hs_table_free(&up->by_id);
    hs_table_free(&up->by_asked);
}

void hs_proxy_routes_free(hs_proxy_up *up)
{
    hs_proxy_routes_forget(up);
    free(up->legs);
    up->legs = NULL;
    up->leg_count = 0;
    up->leg_capacity = 0;
}
