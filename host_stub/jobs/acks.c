/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/jobs/acks.h"

#include <stdlib.h>
#include <string.h>

#include "host_stub/base/array.h"

int hs_acks_add(hs_acks *acks, const hs_ack_share *share)
{
    return HS_PUSH(acks->shares, acks->capacity, acks->count, *share);
}

static void settle(hs_ack_share *share, const char *error_code)
{
    share->state = error_code == NULL ? HS_ACK_ACCEPTED : HS_ACK_REFUSED;
    share->error_code = error_code;
}

int hs_acks_settle(hs_acks *acks, uint32_t upstream, uint64_t tag, const char *error_code)
{
    for (size_t i = 0; i < acks->count; i++) {
        hs_ack_share *const share = &acks->shares[i];
        if (share->state == HS_ACK_WAITS && share->upstream == upstream && share->tag == tag) {
            settle(share, error_code);
            return 0;
        }
    }
    return -1;
}

static size_t settled_run(const hs_acks *acks)
{
    size_t run = 0;
    while (run < acks->count && acks->shares[run].state != HS_ACK_WAITS) {
        run++;
    }
    return run;
}

/* Removes `len` shares that begin at `from`. */
static void take_off(hs_acks *acks, size_t from, size_t len)
{
    memmove(&acks->shares[from], &acks->shares[from + len],
            (acks->count - from - len) * sizeof acks->shares[0]);
    acks->count -= len;
}

static void say_error(const hs_ack_share *share, uint32_t channel_id, hs_sv2_message *out)
{
    out->id = HS_SV2_SUBMIT_ERROR;
    out->as.submit_error.channel_id = channel_id;
    out->as.submit_error.sequence_number = share->sequence_number;
    out->as.submit_error.error_code.data = (const uint8_t *)share->error_code;
    out->as.submit_error.error_code.len = (uint32_t)strlen(share->error_code);
}

int hs_acks_next(hs_acks *acks, uint32_t channel_id, hs_sv2_message *out)
{
    const size_t run = settled_run(acks);
    double difficulty = 0.0;
    memset(out, 0, sizeof *out);
    if (run == 0) {
        return 0;
    }
    for (size_t i = 0; i < run; i++) {
        if (acks->shares[i].state == HS_ACK_REFUSED) {
            say_error(&acks->shares[i], channel_id, out);
            take_off(acks, i, 1);
            return 1;
        }
        difficulty += acks->shares[i].difficulty;
    }
    out->id = HS_SV2_SUBMIT_SUCCESS;
    out->as.submit_success.channel_id = channel_id;
    out->as.submit_success.last_sequence_number = acks->shares[run - 1].sequence_number;
    out->as.submit_success.new_submits_accepted_count = (uint32_t)run;
    /* Beyond 2^64 the truncation would be undefined; no farm gets there. */
    out->as.submit_success.new_shares_sum = difficulty < 1.8e19 ? (uint64_t)difficulty : UINT64_MAX;
    take_off(acks, 0, run);
    return 1;
}

void hs_acks_free(hs_acks *acks)
{
    free(acks->shares);
    memset(acks, 0, sizeof *acks);
}
