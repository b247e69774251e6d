/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/session/custom.h"

#include <string.h>

#include "host_stub/base/array.h"
#include "host_stub/session/jobs.h"
#include "host_stub/sv2/wire.h"
#include "host_stub/sv2/work.h"

enum {
    COINBASE_HEAD = 4 + 1 + 36 + 1, /* version, inputs, outpoint, length of the scriptSig */
    COINBASE_PARTS = UINT16_MAX + COINBASE_HEAD + HS_SV2_COINBASE_PREFIX_MAX + 8
};

static int find_custom(const hs_session *s, uint32_t channel_id, uint32_t request_id, size_t *index)
{
    for (size_t i = 0; i < s->custom_count; i++) {
        if (s->customs[i].channel_id == channel_id && s->customs[i].request_id == request_id) {
            *index = i;
            return 0;
        }
    }
    return -1;
}

static void drop_custom(hs_session *s, size_t index)
{
    hs_session_template_release(s->customs[index].job.body);
    s->customs[index] = s->customs[--s->custom_count];
}

void hs_session_drop_customs(hs_session *s)
{
    while (s->custom_count > 0) {
        drop_custom(s, s->custom_count - 1);
    }
}

/* The coinbase that the message describes: BIP141's marker and witness are not in it. NULL when out
 * of memory. */
static hs_session_template *make_body(const hs_session_channel *channel,
                                      const hs_sv2_set_custom_job *told)
{
    static const uint8_t OUTPOINT[36] = {[32] = 0xff, [33] = 0xff, [34] = 0xff, [35] = 0xff};
    uint8_t bytes[COINBASE_PARTS];
    hs_sv2_writer out = {bytes, sizeof bytes, 0, 0};
    const uint32_t script =
        told->coinbase_prefix.len + channel->prefix.len + channel->extranonce_size;
    hs_sv2_write_uint(&out, 4, told->coinbase_tx_version);
    hs_sv2_write_uint(&out, 1, 1);
    hs_sv2_write_bytes(&out, OUTPOINT, sizeof OUTPOINT);
    hs_sv2_write_uint(&out, 1, script);
    hs_sv2_write_bytes(&out, told->coinbase_prefix.data, told->coinbase_prefix.len);
    const uint32_t split = (uint32_t)out.pos;
    hs_sv2_write_uint(&out, 4, told->coinbase_tx_input_nSequence);
    hs_sv2_write_bytes(&out, told->coinbase_tx_outputs.data, told->coinbase_tx_outputs.len);
    hs_sv2_write_uint(&out, 4, told->coinbase_tx_locktime);
    return hs_session_template_new((hs_sv2_bytes){bytes, split},
                                   (hs_sv2_bytes){bytes + split, (uint32_t)out.pos - split},
                                   told->merkle_path);
}

static int check_custom(const hs_session *s, const hs_session_channel *channel,
                        const hs_sv2_set_custom_job *told, hs_session_step *step)
{
    size_t index = 0;
    if ((s->client_flags & HS_SV2_REQUIRES_WORK_SELECTION) == 0) {
        return hs_session_fault(step, HS_RULE_WORK_SELECTION,
                                "the client did not set REQUIRES_WORK_SELECTION");
    }
    if (channel->kind != HS_CHANNEL_EXTENDED) {
        return hs_session_fault(step, HS_RULE_CHANNEL_KIND,
                                "channel %u is standard; custom jobs need an extended one",
                                (unsigned)channel->channel_id);
    }
    if (told->coinbase_prefix.len > HS_SV2_COINBASE_PREFIX_MAX) {
        return hs_session_fault(step, HS_RULE_COINBASE,
                                "coinbase_prefix has %u bytes; at most 8 fit",
                                (unsigned)told->coinbase_prefix.len);
    }
    if (find_custom(s, channel->channel_id, told->request_id, &index) == 0) {
        return hs_session_fault(step, HS_RULE_REQUEST_ID,
                                "request %u is still waiting for its answer",
                                (unsigned)told->request_id);
    }
    if (s->custom_count == HS_SESSION_CUSTOMS_MAX) {
        return hs_session_fault(step, HS_RULE_LIMIT, "more than %d custom jobs without an answer",
                                HS_SESSION_CUSTOMS_MAX);
    }
    return 0;
}

int hs_session_custom(hs_session *s, const hs_sv2_message *m, hs_session_step *step)
{
    const hs_sv2_set_custom_job *const told = &m->as.set_custom_job;
    const hs_session_channel *const channel = hs_session_need(s, told->channel_id, step);
    hs_session_custom_request request;
    if (channel == NULL || check_custom(s, channel, told, step) != 0) {
        return -1;
    }
    memset(&request, 0, sizeof request);
    request.channel_id = channel->channel_id;
    request.request_id = told->request_id;
    request.job.state = HS_JOB_ACTIVE;
    request.job.version = told->version;
    request.job.version_rolling = (s->server_flags & HS_SV2_REQUIRES_FIXED_VERSION) == 0;
    request.job.min_ntime = told->min_ntime;
    request.job.tip = (hs_tip){told->prev_hash, told->min_ntime, told->nbits};
    request.job.body = make_body(channel, told);
    if (request.job.body == NULL) {
        return hs_session_fault(step, HS_RULE_MEMORY, "no memory for another job");
    }
    const char *const fault = hs_session_channel_coinbase_fault(channel, request.job.body);
    if (fault != NULL) {
        hs_session_template_release(request.job.body);
        return hs_session_fault(step, HS_RULE_COINBASE, "the coinbase is no transaction: %s",
                                fault);
    }
    if (HS_GROW(s->customs, s->custom_capacity, s->custom_count + 1) != 0) {
        hs_session_template_release(request.job.body);
        return hs_session_fault(step, HS_RULE_MEMORY, "no memory for another job");
    }
    s->customs[s->custom_count++] = request;
    return hs_session_say(step, "the client proposes a job of its own (request %u)",
                          (unsigned)told->request_id);
}

int hs_session_custom_success(hs_session *s, const hs_sv2_message *m, hs_session_step *step)
{
    const hs_sv2_set_custom_job_success *const told = &m->as.set_custom_job_success;
    hs_session_channel *const channel = hs_session_need(s, told->channel_id, step);
    size_t index = 0;
    if (channel == NULL) {
        return -1;
    }
    if (find_custom(s, told->channel_id, told->request_id, &index) != 0) {
        return hs_session_fault(step, HS_RULE_REQUEST_ID, "no custom job %u is waiting",
                                (unsigned)told->request_id);
    }
    if (hs_session_channel_valid_job(channel, told->job_id) != NULL) {
        return hs_session_fault(step, HS_RULE_JOB_ID_IN_USE, "job %u of channel %u is still in use",
                                (unsigned)told->job_id, (unsigned)told->channel_id);
    }
    if (hs_session_channel_reserve_job(channel) != 0) {
        return hs_session_fault(step, HS_RULE_MEMORY, "no memory for another job");
    }
    hs_session_job *const job = &s->customs[index].job;
    const hs_session_job *const active = hs_session_channel_active_job(channel);
    if (active != NULL &&
        memcmp(&active->tip.prev_hash, &job->tip.prev_hash, sizeof job->tip.prev_hash) != 0) {
        hs_session_channel_retire_jobs(channel, 0, 0);
    }
    job->job_id = told->job_id;
    hs_session_channel_add_job(channel, job, s->now_ms);
    drop_custom(s, index);
    return hs_session_say(step, "the client's job is accepted as job %u", (unsigned)told->job_id);
}

int hs_session_custom_error(hs_session *s, const hs_sv2_message *m, hs_session_step *step)
{
    const hs_sv2_set_custom_job_error *const told = &m->as.set_custom_job_error;
    size_t index = 0;
    if (find_custom(s, told->channel_id, told->request_id, &index) != 0) {
        return hs_session_fault(step, HS_RULE_REQUEST_ID, "no custom job %u is waiting",
                                (unsigned)told->request_id);
    }
    drop_custom(s, index);
    return hs_session_say(step, "the client's job is refused");
}
