/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/proxy/identity.h"

#include <string.h>

#include "host_stub/base/text.h"

/* What stands behind the percent sign: 'u', 'w', '%', or 0. */
static char form_of(const char *percent)
{
    const char form = percent[1];
    return form == 'u' || form == 'w' || form == '%' ? form : '\0';
}

int hs_identity_check(const char *text, int per_channel, char *why, size_t capacity)
{
    for (const char *at = strchr(text, '%'); at != NULL; at = strchr(at, '%')) {
        const char form = form_of(at);
        if (!per_channel && form != '\0') {
            return hs_refuse(why, capacity,
                             "user_identity '%s': %%%c stands for a miner, and all miners are in "
                             "one channel at the pool; say --upstream per-channel, or name one "
                             "account",
                             text, form);
        }
        if (per_channel && form == '\0') {
            return hs_refuse(why, capacity,
                             "user_identity '%s': behind %% comes u, w or another %%", text);
        }
        at += form != '\0' ? 2 : 1;
    }
    return 0;
}

static hs_sv2_bytes worker_of(hs_sv2_bytes user)
{
    const uint8_t *const dot = user.len > 0 ? memchr(user.data, '.', user.len) : NULL;
    if (dot == NULL) {
        return user;
    }
    const uint32_t before = (uint32_t)(dot - user.data) + 1;
    return (hs_sv2_bytes){user.data + before, user.len - before};
}

/* Appends it. -1 when there is no room. */
static int append(uint8_t to[HS_IDENTITY_MAX], uint32_t *len, hs_sv2_bytes bytes)
{
    if (bytes.len > HS_IDENTITY_MAX - *len) {
        return -1;
    }
    if (bytes.len > 0) {
        memcpy(to + *len, bytes.data, bytes.len);
    }
    *len += bytes.len;
    return 0;
}

int hs_identity_expand(const char *text, hs_sv2_bytes user, uint8_t to[HS_IDENTITY_MAX])
{
    uint32_t len = 0;
    const char *at = text[0] != '\0' ? text : "%u";
    while (*at != '\0') {
        const char form = *at == '%' ? form_of(at) : '\0';
        hs_sv2_bytes next = {(const uint8_t *)at, 1};
        if (*at == '%' && form == '\0') {
            return -1;
        }
        if (form == 'u') {
            next = user;
        } else if (form == 'w') {
            next = worker_of(user);
        }
        if (append(to, &len, next) != 0) {
            return -1;
        }
        at += form != '\0' ? 2 : 1;
    }
    return (int)len;
}
