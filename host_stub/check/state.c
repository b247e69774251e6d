/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/check/state.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "host_stub/base/array.h"

uint64_t hs_check_now(const hs_check *c)
{
    return c->now.is_timed ? c->now.now_ms : HS_TIME_NONE;
}

int hs_check_is_header_only(const hs_check *c, const hs_session_channel *channel)
{
    const uint32_t flags = hs_session_client_flags(c->now.session);
    return c->now.role == HS_CHECK_DOWNSTREAM && channel->kind == HS_CHANNEL_STANDARD &&
           (flags & HS_SV2_REQUIRES_STANDARD_JOBS) != 0;
}

void hs_check_tell(hs_check *c, const hs_check_violation *v)
{
    c->totals.violations++;
    c->totals.by_rule[v->rule]++;
    if (c->options.report != NULL) {
        c->options.report(c->options.ctx, v);
    }
}

void hs_check_report(hs_check *c, unsigned rule, const char *format, ...)
{
    char text[HS_REPORT_SIZE];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(text, sizeof text, format, list);
    va_end(list);
    const hs_check_violation violation = {.file = c->files[c->now.file],
                                          .line = c->now.line,
                                          .frame = c->now.frame,
                                          .offset = c->now.offset,
                                          .message = c->now.message,
                                          .rule = rule,
                                          .text = text};
    hs_check_tell(c, &violation);
}

hs_check_channel *hs_check_channel_of(hs_check *c, const hs_session_channel *channel)
{
    hs_check_connection *const now = &c->now;
    size_t count = 0;
    const size_t index = (size_t)(channel - hs_session_channels(now->session, &count));
    while (now->channel_count <= index) {
        if (HS_GROW(now->channels, now->channel_capacity, now->channel_count + 1) != 0) {
            hs_check_report(c, HS_RULE_MEMORY, "no memory for another channel");
            return NULL;
        }
        memset(&now->channels[now->channel_count], 0, sizeof now->channels[0]);
        now->channels[now->channel_count++].pool = HS_CHECK_POOL_NONE;
    }
    return &now->channels[index];
}
