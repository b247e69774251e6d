/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/bench/speed_floor.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { LINE = 64, SWEEP_BYTES = 96 << 20 };

typedef struct record {
    uint64_t sum;
    uint64_t rest[LINE / 8 - 1];
} record;
_Static_assert(sizeof(record) == LINE, "one cache line");

struct hs_speed_records {
    record *rows;
};

struct hs_speed_sweeper {
    record *rows;
};

double hs_speed_now_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

double hs_speed_median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_value);
    return values[count / 2];
}

void hs_speed_shuffle(uint32_t *order, uint32_t count)
{
    uint64_t state = 0x9e3779b97f4a7c15u; /* Knuth's MMIX generator: any mixing will do */
    for (uint32_t i = 0; i < count; i++) {
        order[i] = i;
    }
    for (uint32_t i = count; i > 1; i--) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        const uint32_t k = (uint32_t)((state >> 32) * i >> 32);
        const uint32_t kept = order[i - 1];
        order[i - 1] = order[k];
        order[k] = kept;
    }
}

static record *records_new(size_t count)
{
    record *const rows = aligned_alloc(LINE, count * sizeof *rows);
    if (rows != NULL) {
        memset(rows, 0, count * sizeof *rows);
    }
    return rows;
}

hs_speed_records *hs_speed_records_new(uint32_t count)
{
    hs_speed_records *const r = malloc(sizeof *r);
    if (r == NULL) {
        return NULL;
    }
    *r = (hs_speed_records){records_new(count)};
    if (r->rows == NULL) {
        free(r);
        return NULL;
    }
    return r;
}

void hs_speed_records_free(hs_speed_records *records)
{
    if (records != NULL) {
        free(records->rows);
        free(records);
    }
}

double hs_speed_visit(hs_speed_records *records, const uint32_t *order, size_t stride,
                      uint32_t count)
{
    record *const rows = records->rows;
    const double start = hs_speed_now_ns();
    for (uint32_t i = 0; i < count; i++) {
        rows[order[i * stride]].sum += i;
    }
    const double end = hs_speed_now_ns();
    hs_speed_touch(rows);
    return end - start;
}

double hs_speed_scan(hs_speed_records *records, uint32_t first, uint32_t count)
{
    record *const rows = records->rows + first;
    const double start = hs_speed_now_ns();
    for (uint32_t i = 0; i < count; i++) {
        rows[i].sum += i;
    }
    const double end = hs_speed_now_ns();
    hs_speed_touch(rows);
    return end - start;
}

long hs_speed_interruptions(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_nivcsw : 0;
}

hs_speed_sweeper *hs_speed_sweeper_new(void)
{
    hs_speed_sweeper *const s = malloc(sizeof *s);
    if (s == NULL) {
        return NULL;
    }
    s->rows = records_new(SWEEP_BYTES / LINE);
    if (s->rows == NULL) {
        free(s);
        return NULL;
    }
    return s;
}

void hs_speed_sweep(hs_speed_sweeper *sweeper)
{
    for (size_t i = 0; i < SWEEP_BYTES / LINE; i++) {
        sweeper->rows[i].sum++;
    }
    hs_speed_touch(sweeper->rows);
}

void hs_speed_sweeper_free(hs_speed_sweeper *sweeper)
{
    if (sweeper != NULL) {
        free(sweeper->rows);
        free(sweeper);
    }
}
