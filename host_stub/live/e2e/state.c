/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/e2e/state.h"

#include "host_stub/base/text.h"

uint64_t hs_e2e_now_ms(const hs_e2e_state *r)
{
    return hs_net_now_ns(r->loop) / HS_NET_MILLISECOND_NS;
}

void hs_e2e_fail(hs_e2e_state *r, const char *format, const char *name, const char *detail)
{
    if (!r->failed) {
        (void)hs_refuse(r->why, r->capacity, format, name, detail);
    }
    r->failed = 1;
}
