/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "host_stub/faults/state.h"

void hs_fault_broken(hs_fault_farm *f, const char *format, ...)
{
    va_list args;
    if (f->result->failed) {
        return;
    }
    const int n =
        snprintf(f->result->why, sizeof f->result->why,
                 "second %" PRIu64 ", after fault %u: ", f->second, (unsigned)f->result->faults);
    va_start(args, format);
    (void)vsnprintf(f->result->why + n, sizeof f->result->why - (size_t)n, format, args);
    va_end(args);
    f->result->failed = 1;
}

void hs_fault_hear(hs_fault_farm *f, const void *data, size_t len)
{
    (void)crypto_generichash_update(&f->answers, data, len);
}

void hs_fault_answered(hs_fault_farm *f, const char *hook, hmx_status status, hmx_status wanted,
                       hmx_status also)
{
    f->result->events++;
    if (status != wanted && status != also) {
        hs_fault_broken(f, "%s answered %d, not %d", hook, (int)status, (int)wanted);
    }
}
