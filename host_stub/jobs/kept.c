/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/jobs/kept.h"

#include <stdlib.h>
#include <string.h>

#include "host_stub/base/table.h"

struct hs_kept_body {
    size_t owners;
    hs_tip tip;
    hs_sv2_u256 target;
    hs_table shares; /* by their keys */
    hs_job_parts parts;
    uint8_t bytes[]; /* coinbase parts, path */
};

static const uint8_t *append(uint8_t *to, size_t *at, const uint8_t *from, size_t len)
{
    uint8_t *const start = to + *at;
    if (len > 0) {
        memcpy(start, from, len);
        *at += len;
    }
    return start;
}

int hs_kept_job_copy(hs_kept_job *to, const hs_sv2_new_extended_job *from)
{
    const size_t path_len = (size_t)from->merkle_path.count * 32;
    size_t at = 0;
    hs_kept_body *const body = malloc(sizeof *body + (size_t)from->coinbase_tx_prefix.len +
                                      from->coinbase_tx_suffix.len + path_len);
    if (body == NULL) {
        return -1;
    }
    memset(body, 0, sizeof *body);
    body->owners = 1;
    hs_sv2_new_extended_job job = *from;
    job.merkle_path.data = append(body->bytes, &at, from->merkle_path.data, path_len);
    job.coinbase_tx_prefix.data =
        append(body->bytes, &at, from->coinbase_tx_prefix.data, from->coinbase_tx_prefix.len);
    job.coinbase_tx_suffix.data =
        append(body->bytes, &at, from->coinbase_tx_suffix.data, from->coinbase_tx_suffix.len);
    body->parts = (hs_job_parts){job.coinbase_tx_prefix, job.coinbase_tx_suffix, job.merkle_path};
    hs_kept_job_free(to);
    to->job = job;
    to->body = body;
    return 0;
}

void hs_kept_job_free(hs_kept_job *job)
{
    hs_kept_body_release(job->body);
    memset(job, 0, sizeof *job);
}

void hs_kept_job_begin(hs_kept_job *job, const hs_tip *tip, const hs_sv2_u256 *target)
{
    job->body->tip = *tip;
    job->body->target = *target;
}

hs_kept_body *hs_kept_body_share(hs_kept_body *body)
{
    if (body != NULL) {
        body->owners++;
    }
    return body;
}

void hs_kept_body_release(hs_kept_body *body)
{
    if (body != NULL && --body->owners == 0) {
        hs_table_free(&body->shares);
        free(body);
    }
}

hs_job_parts hs_kept_body_parts(const hs_kept_body *body)
{
    return body->parts;
}

const hs_tip *hs_kept_body_tip(const hs_kept_body *body)
{
    return &body->tip;
}

const hs_sv2_u256 *hs_kept_body_target(const hs_kept_body *body)
{
    return &body->target;
}

int hs_kept_body_is_new(hs_kept_body *body, uint64_t key)
{
    static char there;
    if (hs_table_find(&body->shares, key) != NULL) {
        return 0;
    }
    if (body->shares.count == HS_KEPT_SHARES_MAX) {
        hs_table_free(&body->shares);
    }
    (void)hs_table_put(&body->shares, key, &there);
    return 1;
}
