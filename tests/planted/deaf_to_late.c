/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A plugin with a fault: a move that was carried out and reported late is not believed. */
#include "plugin/core/core.h"

static int ignore(hm_assignment *a, uint32_t slot, uint64_t decision, uint32_t to, uint64_t now_ns,
                  const uint8_t *prefix, uint32_t prefix_len)
{
    (void)a, (void)slot, (void)decision, (void)to, (void)now_ns, (void)prefix, (void)prefix_len;
    return -1;
}
#define hm_assignment_apply_late ignore
#include "plugin/core/core_moves.c"
