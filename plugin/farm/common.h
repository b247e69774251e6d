/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * common: a change that is common to the whole farm.
 *
 * The hashrate of the farm is the sum of its channels' estimates, and each of these needs hours to
 * tell a tenth from luck: a power limit that slows all machines by a tenth would be noticed in the
 * evening. All shares together tell it in minutes. Two CUSUM tests (Page 1954) on the work of all
 * channels against what their estimates promise find a lasting difference of about a twentieth or
 * more; then all estimates are scaled by what was seen since it began. A few minutes tell that to
 * some per cent only, so that they are scaled again each time when twice as much was seen, for an
 * hour or two. Shares of the farm do not change by that, so that it moves nobody; absolute targets
 * and caps see the farm as it is. What is beyond 0.6 or 1.6 is the business of the channels' own
 * tests.
 */
#ifndef PLUGIN_FARM_COMMON_H
#define PLUGIN_FARM_COMMON_H

/* One test: its statistic, and what was seen and expected since that was last 0. */
typedef struct hm_common_test {
    double suspicion;
    double work;
    double expected;
} hm_common_test;

typedef struct hm_common {
    hm_common_test drop;
    hm_common_test rise;
    double work; /* since the last change began, and what the estimates expected of it */
    double expected;
    double next;  /* that is to be expected when they are scaled again */
    double often; /* they will still be; 0 = the last change is long ago */
} hm_common;

/* An interval in which channels of whom `expected` work (> 0) was expected did `work`, with the
 * variance of luck (sum of squared difficulties). Returns the factor that all estimates are off by;
 * 1 while nothing is certain. */
double hm_common_update(hm_common *c, double work, double expected, double variance);

#endif
