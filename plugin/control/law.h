/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * law: which parts of the control law take part. All of them do; the switches are there so that the
 * ablation tests can link a plugin without one and show what that part is for. Nobody sets them at
 * run time.
 */
#ifndef PLUGIN_CONTROL_LAW_H
#define PLUGIN_CONTROL_LAW_H

#include <stdint.h>

typedef struct hm_law {
    uint8_t back_calculation;      /* debt that whole channels cannot express decays */
    uint8_t swaps;                 /* two channels change places where no single one fits */
    uint8_t hold_time;             /* a deviation must last */
    uint8_t change_detection;      /* CUSUM tests of the estimator */
    uint8_t acceptance_correction; /* more hashrate for a pool that rejects some */
    uint8_t canary;                /* one channel stays at a grey pool */
    uint8_t arrival_patience;      /* wait for newcomers where they will do */
    uint8_t blame;                 /* a channel that is bad is to blame, not its pool */
    uint8_t common_change;         /* what changes the whole farm scales all estimates */
    uint8_t integral_limit;        /* the limit is of the integral, not of the debt */
    uint8_t bearable_gains;        /* no gain is larger than the interval and the window can bear */
    uint8_t still_command;         /* without slicing corrections are no larger than luck */
    uint8_t slicing_by_the_clock;  /* periods that divide the hour where channels alternate */
} hm_law;

extern const hm_law HM_LAW;

#endif
