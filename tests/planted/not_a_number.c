/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A plugin with a fault: a pool without channels has a hashrate that is no number. */
#include "plugin/core/core.h"
#include "plugin/core/core_control.h"

static double wanted(const hm_core *core, uint32_t i)
{
    const double channels = core->assignment.counts[i + 1u];
    return hm_control_wanted(core, i) * (channels / channels);
}
#define hm_control_wanted wanted
#include "plugin/adapter_rows.c"
