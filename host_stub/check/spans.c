/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/check/spans.h"

#include <stdlib.h>
#include <string.h>

#include "host_stub/base/array.h"

int hs_check_spans_add(hs_check_spans *spans, const hs_check_span *span)
{
    return HS_PUSH(spans->spans, spans->capacity, spans->count, *span);
}

void hs_check_spans_free(hs_check_spans *spans)
{
    free(spans->spans);
    memset(spans, 0, sizeof *spans);
}

static int compare_u64(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

/* Timeline, pool and prefix, a prefix before what it is a prefix of. */
static int compare_space(const hs_check_span *a, const hs_check_span *b)
{
    const uint32_t shorter = a->prefix.len < b->prefix.len ? a->prefix.len : b->prefix.len;
    int order = compare_u64(a->timeline, b->timeline);
    if (order == 0) {
        order = compare_u64(a->pool, b->pool);
    }
    if (order == 0) {
        order = memcmp(a->prefix.byte, b->prefix.byte, shorter);
    }
    return order != 0 ? order : compare_u64(a->prefix.len, b->prefix.len);
}

static int compare_spans(const void *left, const void *right)
{
    const hs_check_span *const a = left;
    const hs_check_span *const b = right;
    int order = compare_space(a, b);
    if (order == 0) {
        order = compare_u64(a->from, b->from);
    }
    if (order == 0) {
        order = compare_u64(a->file, b->file);
    }
    return order != 0 ? order : compare_u64(a->frame, b->frame);
}

static int is_within(const hs_check_span *outer, const hs_check_span *inner)
{
    return outer->timeline == inner->timeline && outer->pool == inner->pool &&
           outer->prefix.len <= inner->prefix.len &&
           memcmp(outer->prefix.byte, inner->prefix.byte, outer->prefix.len) == 0;
}

static int same_channel(const hs_check_span *a, const hs_check_span *b)
{
    return a->file == b->file && a->channel_id == b->channel_id;
}

/* Of the spans of one space up to some index: the one that ends last, and the one that ends last of
 * all channels but the first one's. */
typedef struct reach {
    const hs_check_span *last;
    const hs_check_span *other;
} reach;

static reach extend(reach so_far, const hs_check_span *span)
{
    if (so_far.last == NULL || span->to > so_far.last->to) {
        if (so_far.last != NULL && !same_channel(so_far.last, span)) {
            so_far.other = so_far.last;
        }
        so_far.last = span;
    } else if (!same_channel(so_far.last, span) &&
               (so_far.other == NULL || span->to > so_far.other->to)) {
        so_far.other = span;
    }
    return so_far;
}

/* One that still lasts after `from` and is not the span's own channel's; NULL. */
static const hs_check_span *beyond(const reach *r, const hs_check_span *span)
{
    if (r->last != NULL && !same_channel(r->last, span)) {
        return r->last->to > span->from ? r->last : NULL;
    }
    return r->other != NULL && r->other->to > span->from ? r->other : NULL;
}

/* Equal spaces are neighbours and sorted by their beginning: [first, end) is one group. */
typedef struct group {
    size_t first;
    size_t end;
} group;

/* The last of the group that begins before `to`; its reach tells about it and those before. */
static const reach *find_reach(const hs_check_spans *spans, const reach *reaches, group g,
                               uint64_t to)
{
    size_t low = g.first;
    size_t high = g.end;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (spans->spans[middle].from < to) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low > g.first ? &reaches[low - 1] : NULL;
}

typedef struct sweep {
    const hs_check_spans *spans;
    reach *reaches;                         /* one for each span */
    group outer[HS_SV2_EXTRANONCE_MAX + 1]; /* groups that the present one lies within */
    size_t outer_count;
    void (*report)(void *ctx, const hs_check_span *later, const hs_check_span *earlier);
    void *ctx;
} sweep;

static void compare_group(sweep *s, group g)
{
    reach so_far = {NULL, NULL};
    for (size_t i = g.first; i < g.end; i++) {
        const hs_check_span *const span = &s->spans->spans[i];
        const hs_check_span *found = beyond(&so_far, span);
        for (size_t k = 0; found == NULL && k < s->outer_count; k++) {
            const reach *const r = find_reach(s->spans, s->reaches, s->outer[k], span->to);
            found = r != NULL ? beyond(r, span) : NULL;
        }
        if (found != NULL) {
            s->report(s->ctx, span, found);
        }
        so_far = extend(so_far, span);
        s->reaches[i] = so_far;
    }
}

int hs_check_spans_overlaps(hs_check_spans *spans,
                            void (*report)(void *ctx, const hs_check_span *later,
                                           const hs_check_span *earlier),
                            void *ctx)
{
    sweep s = {.spans = spans, .report = report, .ctx = ctx};
    size_t first = 0;
    if (spans->count == 0) {
        return 0;
    }
    s.reaches = calloc(spans->count, sizeof *s.reaches);
    if (s.reaches == NULL) {
        return -1;
    }
    qsort(spans->spans, spans->count, sizeof spans->spans[0], compare_spans);
    while (first < spans->count) {
        group g = {first, first + 1};
        while (g.end < spans->count &&
               compare_space(&spans->spans[first], &spans->spans[g.end]) == 0) {
            g.end++;
        }
        while (s.outer_count > 0 &&
               !is_within(&spans->spans[s.outer[s.outer_count - 1].first], &spans->spans[first])) {
            s.outer_count--;
        }
        compare_group(&s, g);
        /* Each one within the other has a longer prefix: there are at most 33. */
        s.outer[s.outer_count++] = g;
        first = g.end;
    }
    free(s.reaches);
    return 0;
}
