/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * "In use" is prefix-free, which is more than unique: the tree's order compares only as many
 * bytes as the shorter of two prefixes has, so that one that begins another is equal to it and
 * a look-up finds every conflict in O(log n). (A set in which no member begins another is
 * strictly ordered by that.) */
#define _XOPEN_SOURCE 700 /* tsearch */
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/guard/prefix.h"

struct hs_guard_prefix {
    uint32_t upstream;
    uint32_t len;
    uint8_t bytes[HMX_EXTRANONCE_MAX];
    uint64_t channel;
    uint32_t holds; /* in force, pending */
    int draining;
    uint64_t since_ns; /* draining since */
    hs_guard_prefix *previous;
    hs_guard_prefix *next;
};

static int by_common_bytes(const void *left, const void *right)
{
    const hs_guard_prefix *const a = left;
    const hs_guard_prefix *const b = right;
    return memcmp(a->bytes, b->bytes, a->len < b->len ? a->len : b->len);
}

static hs_guard_prefix *find(hs_guard *g, const hs_guard_prefix *key)
{
    void *const node = tfind(key, &g->upstreams[key->upstream].prefixes, by_common_bytes);
    return node != NULL ? *(hs_guard_prefix **)node : NULL;
}

static void leave_drain_list(hs_guard *g, hs_guard_prefix *p)
{
    if (!p->draining) {
        return;
    }
    *(p->previous != NULL ? &p->previous->next : &g->drain_first) = p->next;
    *(p->next != NULL ? &p->next->previous : &g->drain_last) = p->previous;
    p->previous = NULL;
    p->next = NULL;
    p->draining = 0;
}

static void join_drain_list(hs_guard *g, hs_guard_prefix *p)
{
    leave_drain_list(g, p);
    p->draining = 1;
    p->since_ns = g->now_ns;
    p->previous = g->drain_last;
    *(g->drain_last != NULL ? &g->drain_last->next : &g->drain_first) = p;
    g->drain_last = p;
}

static void forget(hs_guard *g, hs_guard_prefix *p)
{
    leave_drain_list(g, p);
    tdelete(p, &g->upstreams[p->upstream].prefixes, by_common_bytes);
    free(p);
}

static int same(const hs_guard_prefix *a, const hs_guard_prefix *b)
{
    return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

/* The prefix of these bytes, or one that begins it or that it begins; NULL when there is none. */
static hs_guard_prefix *find_bytes(hs_guard *g, uint32_t upstream, const uint8_t *bytes,
                                   uint32_t len)
{
    hs_guard_prefix key = {.upstream = upstream, .len = len};
    if (upstream == HMX_NONE || upstream > HMX_UPSTREAMS_MAX || len > HMX_EXTRANONCE_MAX) {
        return NULL;
    }
    memcpy(key.bytes, bytes, len);
    return find(g, &key);
}

uint64_t hs_guard_prefix_owner(hs_guard *g, uint32_t upstream, const uint8_t *bytes, uint32_t len)
{
    const hs_guard_prefix *const p = find_bytes(g, upstream, bytes, len);
    return p != NULL ? p->channel : 0;
}

hs_guard_prefix *hs_guard_prefix_take(hs_guard *g, uint32_t upstream, const uint8_t *bytes,
                                      uint32_t len, uint64_t channel, uint64_t *other)
{
    hs_guard_prefix key = {.upstream = upstream, .len = len, .channel = channel, .holds = 1};
    *other = 0;
    if (upstream == HMX_NONE || upstream > HMX_UPSTREAMS_MAX || len > HMX_EXTRANONCE_MAX) {
        return NULL;
    }
    memcpy(key.bytes, bytes, len);
    hs_guard_prefix *const there = find(g, &key);
    if (there != NULL) {
        if (there->channel == channel && same(there, &key)) {
            there->holds++;
            return there;
        }
        /* A channel's own longer or shorter prefix is no collision, but cannot be kept beside
         * it. */
        *other = there->channel == channel ? 0 : there->channel;
        return NULL;
    }
    hs_guard_prefix *const p = malloc(sizeof *p);
    if (p == NULL) {
        return NULL;
    }
    *p = key;
    if (tsearch(p, &g->upstreams[upstream].prefixes, by_common_bytes) == NULL) {
        free(p);
        return NULL;
    }
    return p;
}

void hs_guard_prefix_drop(hs_guard *g, hs_guard_prefix *p, int drain)
{
    if (p == NULL) {
        return;
    }
    p->holds--;
    if (p->holds == 0 && drain) {
        join_drain_list(g, p);
    } else if (p->holds == 0 && !p->draining) {
        forget(g, p);
    }
}

void hs_guard_prefix_drained(hs_guard *g, uint32_t upstream, const uint8_t *bytes, uint32_t len)
{
    hs_guard_prefix *const p = find_bytes(g, upstream, bytes, len);
    if (p == NULL || p->len != len || memcmp(p->bytes, bytes, len) != 0) {
        return; /* the host chose it, and the guard never heard of it */
    }
    leave_drain_list(g, p);
    if (p->holds == 0) {
        forget(g, p);
    }
}

uint64_t hs_guard_prefix_hold_ns(const hs_guard *g)
{
    return (g->options.caps & HMX_CAP_DRAIN_REPORT) != 0 ? HS_HOLD_REPORTED_NS : HS_HOLD_NS;
}

void hs_guard_prefix_expire(hs_guard *g)
{
    while (g->drain_first != NULL &&
           g->now_ns - g->drain_first->since_ns >= hs_guard_prefix_hold_ns(g)) {
        hs_guard_prefix *const p = g->drain_first;
        leave_drain_list(g, p);
        if (p->holds == 0) {
            forget(g, p);
        }
    }
}

void hs_guard_prefix_free_all(hs_guard *g)
{
    for (uint32_t u = 1; u <= HMX_UPSTREAMS_MAX; u++) {
        while (g->upstreams[u].prefixes != NULL) {
            hs_guard_prefix *const p = *(hs_guard_prefix **)g->upstreams[u].prefixes;
            forget(g, p);
        }
    }
}
