/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * entry: the only symbol that hashmux.so exports, and who it says it is.
 */
#include "abi/hmx_layout.h"
#include "plugin/adapter.h"
#include "plugin/version.h"

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

static const hmx_descriptor DESCRIPTOR = {
    .size = sizeof(hmx_descriptor),
    .magic = HMX_ABI_MAGIC,
    .abi_major = HMX_ABI_MAJOR,
    .abi_minor = HMX_ABI_MINOR,
    .min_host_minor = 0,
    .caps = HMX_CAP_KNOWN,
    .needs = HMX_CAP_REASSIGN | HMX_CAP_SHARE_WORK,
    .id = "org.hashmux.hashmux",
    .name = "hashmux: splits hashrate over pools",
    .version = HM_VERSION,
    .build = COMPILER,
    .ops = &HM_OPS,
};

const hmx_descriptor *hmx_plugin_entry_v1(void)
{
    return &DESCRIPTOR;
}
