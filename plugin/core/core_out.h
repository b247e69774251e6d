/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * core_out: why a pool gets no work, or less than its target, for whoever asks. Reads only.
 * Internal to the core.
 */
#ifndef PLUGIN_CORE_CORE_OUT_H
#define PLUGIN_CORE_CORE_OUT_H

#include "abi/hmx_metrics.h"
#include "plugin/core/core.h"

typedef struct hm_out {
    uint32_t reason;   /* HMX_OUT_*: the first that holds */
    uint64_t until_ns; /* when that may end; 0 = not known */
    double trial;      /* on trial: at most so much of the farm, fraction; else 0 */
} hm_out;

hm_out hm_core_out_of(const hm_core *core, uint32_t upstream);

#endif
