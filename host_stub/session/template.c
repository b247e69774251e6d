/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/session/template.h"

#include <stdlib.h>
#include <string.h>

struct hs_template {
    size_t references;
    uint32_t prefix_len;
    uint32_t suffix_len;
    uint32_t path_count;
    uint8_t bytes[]; /* prefix, suffix, path */
};

static void append(uint8_t *to, size_t *at, const uint8_t *data, size_t len)
{
    if (len > 0) {
        memcpy(to + *at, data, len);
        *at += len;
    }
}

hs_template *hs_template_new(hs_sv2_bytes prefix, hs_sv2_bytes suffix, hs_sv2_seq path)
{
    const size_t path_len = (size_t)path.count * 32;
    hs_template *const body =
        malloc(sizeof *body + (size_t)prefix.len + (size_t)suffix.len + path_len);
    size_t at = 0;
    if (body == NULL) {
        return NULL;
    }
    body->references = 1;
    body->prefix_len = prefix.len;
    body->suffix_len = suffix.len;
    body->path_count = path.count;
    append(body->bytes, &at, prefix.data, prefix.len);
    append(body->bytes, &at, suffix.data, suffix.len);
    append(body->bytes, &at, path.data, path_len);
    return body;
}

hs_template *hs_template_share(hs_template *body)
{
    if (body != NULL) {
        body->references++;
    }
    return body;
}

void hs_template_release(hs_template *body)
{
    if (body != NULL && --body->references == 0) {
        free(body);
    }
}

hs_sv2_bytes hs_template_prefix(const hs_template *body)
{
    return (hs_sv2_bytes){body->bytes, body->prefix_len};
}

hs_sv2_bytes hs_template_suffix(const hs_template *body)
{
    return (hs_sv2_bytes){body->bytes + body->prefix_len, body->suffix_len};
}

hs_sv2_seq hs_template_path(const hs_template *body)
{
    return (hs_sv2_seq){body->bytes + body->prefix_len + body->suffix_len, body->path_count};
}
