/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A plugin with a fault: a decision that nobody answered stays pending half a minute too long. */
#define hm_assignment_expire expire_in_time
#include "plugin/farm/assignment.c"
#undef hm_assignment_expire

void hm_assignment_expire(hm_assignment *a, uint64_t now_ns)
{
    expire_in_time(a, now_ns - 30 * HM_NS_PER_S);
    a->now_ns = now_ns;
}
