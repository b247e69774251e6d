/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A plugin with a fault: every other accepted share is counted twice. */
#include "plugin/core/core.h"

static void counted(hm_core *core, const hm_share_facts *share)
{
    hm_core_share(core, share);
    if (share->verdict == HMX_SHARE_ACCEPTED && share->channel % 2 == 0) {
        hm_core_share(core, share);
    }
}
#define hm_core_share counted
#include "plugin/adapter_facts.c"
