/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * bench/speed_floor: the stopwatch, and what the machine charges for the least that could be done:
 * a call into a shared object that does nothing, and adding to one 64-byte record after another, in
 * a given order. It knows nothing of plugins. */
#ifndef HOST_STUB_BENCH_SPEED_FLOOR_H
#define HOST_STUB_BENCH_SPEED_FLOOR_H

#include <stddef.h>
#include <stdint.h>

/* Monotonic clock in nanoseconds. */
double hs_speed_now_ns(void);

/* The middle one of `count` > 0 values; sorts them. */
double hs_speed_median(double *values, size_t count);

/* A permutation of 0..count-1, the same in every run. */
void hs_speed_shuffle(uint32_t *order, uint32_t count);

typedef struct hs_speed_records hs_speed_records;       /* `count` records of one cache line each */
hs_speed_records *hs_speed_records_new(uint32_t count); /* NULL when out of memory */
void hs_speed_records_free(hs_speed_records *records);

/* Adds to one field of the records that the first `count` numbers name; returns the nanoseconds
 * that it took. The numbers of the order lie `stride` numbers apart: it is part of the list from
 * which the shares are made, so that both read the same from memory before they touch a record. */
double hs_speed_visit(hs_speed_records *records, const uint32_t *order, size_t stride,
                      uint32_t count);
/* The same for `count` records from `first` on, without an order to be read. */
double hs_speed_scan(hs_speed_records *records, uint32_t first, uint32_t count);

/* How often somebody else got the processor in the middle of our work, since the start. */
long hs_speed_interruptions(void);

/* Memory larger than any cache: walking over it makes everything else cold. */
typedef struct hs_speed_sweeper hs_speed_sweeper;
hs_speed_sweeper *hs_speed_sweeper_new(void); /* NULL when out of memory */
void hs_speed_sweep(hs_speed_sweeper *sweeper);
void hs_speed_sweeper_free(hs_speed_sweeper *sweeper);

/* Makes the compiler believe that all of *p is read and written here. */
static inline void hs_speed_touch(const void *p)
{
    __asm__ volatile("" : : "r"(p) : "memory");
}

#endif
