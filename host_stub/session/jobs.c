/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/session/jobs.h"

#include <stdlib.h>
#include <string.h>

#include "host_stub/base/array.h"
#include "host_stub/sv2/wire.h"
#include "host_stub/sv2/work.h"

struct hs_session_template {
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

hs_session_template *hs_session_template_new(hs_sv2_bytes prefix, hs_sv2_bytes suffix,
                                             hs_sv2_seq path)
{
    const size_t path_len = (size_t)path.count * 32;
    hs_session_template *const body =
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

static hs_session_template *share_template(hs_session_template *body)
{
    if (body != NULL) {
        body->references++;
    }
    return body;
}

void hs_session_template_release(hs_session_template *body)
{
    if (body != NULL && --body->references == 0) {
        free(body);
    }
}

hs_sv2_bytes hs_session_template_prefix(const hs_session_template *body)
{
    return (hs_sv2_bytes){body->bytes, body->prefix_len};
}

hs_sv2_bytes hs_session_template_suffix(const hs_session_template *body)
{
    return (hs_sv2_bytes){body->bytes + body->prefix_len, body->suffix_len};
}

hs_sv2_seq hs_session_template_path(const hs_session_template *body)
{
    return (hs_sv2_seq){body->bytes + body->prefix_len + body->suffix_len, body->path_count};
}

/* ---- the jobs of a channel ---- */

static int is_valid(const hs_session_job *job)
{
    return job->state != HS_JOB_STALE;
}

static hs_session_job *find_job(const hs_session_channel *channel, uint32_t job_id, int valid)
{
    for (size_t i = 0; i < channel->job_count; i++) {
        if (channel->jobs[i].job_id == job_id && is_valid(&channel->jobs[i]) == valid) {
            return &channel->jobs[i];
        }
    }
    return NULL;
}

hs_session_job *hs_session_channel_valid_job(const hs_session_channel *channel, uint32_t job_id)
{
    return find_job(channel, job_id, 1);
}

hs_session_job *hs_session_channel_stale_job(const hs_session_channel *channel, uint32_t job_id)
{
    return find_job(channel, job_id, 0);
}

const hs_session_job *hs_session_channel_job(const hs_session_channel *channel, uint32_t job_id)
{
    return find_job(channel, job_id, 1);
}

void hs_session_mark_job(hs_session *session, uint32_t channel_id, uint32_t job_id, void *mark)
{
    hs_session_channel *const channel = hs_session_find(session, channel_id);
    hs_session_job *const job = channel != NULL ? find_job(channel, job_id, 1) : NULL;
    if (job != NULL) {
        job->mark = mark;
    }
}

hs_job_parts hs_job_body_parts(const hs_session_job *job)
{
    return (hs_job_parts){hs_session_template_prefix(job->body),
                          hs_session_template_suffix(job->body),
                          hs_session_template_path(job->body)};
}

const hs_session_job *hs_session_channel_active_job(const hs_session_channel *channel)
{
    for (size_t i = 0; i < channel->job_count; i++) {
        if (channel->jobs[i].state == HS_JOB_ACTIVE) {
            return &channel->jobs[i];
        }
    }
    return NULL;
}

int hs_session_channel_uses_prefix(const hs_session_channel *channel, const hs_sv2_b032 *prefix)
{
    for (size_t i = 0; i < channel->job_count; i++) {
        if (is_valid(&channel->jobs[i]) && hs_prefix_equal(&channel->jobs[i].prefix, prefix)) {
            return 1;
        }
    }
    return 0;
}

static void remove_job(hs_session_channel *channel, size_t index)
{
    if (channel->jobs[index].state != HS_JOB_FUTURE) {
        channel->gone[channel->gone_count++ % HS_CHANNEL_GONE_MAX] = channel->jobs[index].job_id;
    }
    hs_session_template_release(channel->jobs[index].body);
    channel->job_count--;
    memmove(&channel->jobs[index], &channel->jobs[index + 1],
            (channel->job_count - index) * sizeof channel->jobs[0]);
}

void hs_session_channel_drop_jobs(hs_session_channel *channel)
{
    for (size_t i = 0; i < channel->job_count; i++) {
        hs_session_template_release(channel->jobs[i].body);
    }
    free(channel->jobs);
    channel->jobs = NULL;
    channel->job_count = 0;
    channel->job_capacity = 0;
}

int hs_session_channel_reserve_job(hs_session_channel *channel)
{
    return HS_GROW(channel->jobs, channel->job_capacity, channel->job_count + 1);
}

/* Forgets the oldest job in `state` when there are `most` of them already. */
static void evict(hs_session_channel *channel, enum hs_job_state state, size_t most)
{
    size_t count = 0;
    size_t oldest = 0;
    for (size_t i = channel->job_count; i > 0; i--) {
        if (channel->jobs[i - 1].state == state) {
            count++;
            oldest = i - 1;
        }
    }
    if (count >= most) {
        remove_job(channel, oldest);
    }
}

void hs_session_channel_add_job(hs_session_channel *channel, const hs_session_job *job,
                                uint64_t now_ms)
{
    hs_session_job added = *job;
    added.prefix = channel->prefix;
    added.target = channel->target;
    added.body = share_template(job->body);
    added.since_ms = now_ms;
    if (added.state == HS_JOB_FUTURE) {
        evict(channel, HS_JOB_FUTURE, HS_CHANNEL_FUTURE_MAX);
    } else {
        for (size_t i = 0; i < channel->job_count; i++) {
            if (channel->jobs[i].state == HS_JOB_ACTIVE) {
                channel->jobs[i].state = HS_JOB_PAST;
            }
        }
    }
    evict(channel, HS_JOB_PAST, HS_CHANNEL_PAST_MAX + 1);
    for (size_t i = channel->job_count; i > 0; i--) {
        if (channel->jobs[i - 1].job_id == added.job_id && !is_valid(&channel->jobs[i - 1])) {
            remove_job(channel, i - 1); /* the number has a new meaning now */
        }
    }
    channel->jobs[channel->job_count++] = added;
}

void hs_session_channel_retire_jobs(hs_session_channel *channel, uint32_t chosen_job_id,
                                    int has_chosen)
{
    for (size_t i = channel->job_count; i > 0; i--) {
        hs_session_job *const job = &channel->jobs[i - 1];
        if (has_chosen && job->state == HS_JOB_FUTURE && job->job_id == chosen_job_id) {
            continue;
        }
        if (job->state == HS_JOB_ACTIVE || job->state == HS_JOB_PAST) {
            job->state = HS_JOB_STALE;
        } else {
            remove_job(channel, i - 1); /* other future jobs, and what was stale already */
        }
    }
    hs_table_free(&channel->seen);
}

const char *hs_session_channel_coinbase_fault(const hs_session_channel *channel,
                                              const hs_session_template *body)
{
    static const uint8_t ZEROS[HS_SV2_EXTRANONCE_MAX];
    const hs_sv2_coinbase coinbase = {hs_session_template_prefix(body),
                                      {ZEROS, channel->prefix.len + channel->extranonce_size},
                                      hs_session_template_suffix(body)};
    return hs_sv2_coinbase_fault(&coinbase);
}

/* May this channel get this job now? */
static int check_job(hs_session_channel *channel, const hs_session_job *job, hs_session_step *step)
{
    const hs_session_job *const other = hs_session_channel_valid_job(channel, job->job_id);
    if (other != NULL) {
        static const char *const STATES[] = {"", "future", "active", "past", "stale"};
        return hs_session_fault(
            step, HS_RULE_JOB_ID_IN_USE,
            "job %u of channel %u is still in use (%s): its number cannot be given to "
            "another job",
            (unsigned)job->job_id, (unsigned)channel->channel_id, STATES[other->state]);
    }
    if (job->state != HS_JOB_FUTURE && !channel->has_tip) {
        return hs_session_fault(
            step, HS_RULE_FIRST_JOB,
            "channel %u has no prev_hash yet: its first job must be a future one",
            (unsigned)channel->channel_id);
    }
    if (job->body != NULL) {
        const char *const fault = hs_session_channel_coinbase_fault(channel, job->body);
        if (fault != NULL) {
            return hs_session_fault(
                step, HS_RULE_COINBASE,
                "the coinbase does not fit the %u bytes of channel %u's extranonce: %s",
                (unsigned)(channel->prefix.len + channel->extranonce_size),
                (unsigned)channel->channel_id, fault);
        }
    }
    if (hs_session_channel_reserve_job(channel) != 0) {
        return hs_session_fault(step, HS_RULE_MEMORY, "no memory for another job");
    }
    return 0;
}

static void give_job(hs_session_channel *channel, const hs_session_job *job, uint64_t now_ms)
{
    hs_session_job own = *job;
    own.tip = channel->tip;
    if (own.state != HS_JOB_FUTURE && channel->tip.min_ntime > own.min_ntime) {
        own.min_ntime = channel->tip.min_ntime; /* the larger of the two floors holds */
    }
    hs_session_channel_add_job(channel, &own, now_ms);
}

static void start_job(hs_session_job *job, uint32_t job_id, uint32_t version,
                      hs_sv2_option_u32 min_ntime)
{
    memset(job, 0, sizeof *job);
    job->job_id = job_id;
    job->version = version;
    job->state = min_ntime.present ? HS_JOB_ACTIVE : HS_JOB_FUTURE;
    job->min_ntime = min_ntime.value;
}

int hs_session_new_job(hs_session *s, const hs_sv2_message *m, hs_session_step *step)
{
    const hs_sv2_new_mining_job *const told = &m->as.new_mining_job;
    hs_session_channel *const channel = hs_session_need(s, told->channel_id, step);
    hs_session_job job;
    if (channel == NULL) {
        return -1;
    }
    if (channel->kind != HS_CHANNEL_STANDARD) {
        return hs_session_fault(step, HS_RULE_CHANNEL_KIND,
                                "channel %u is extended and gets NewExtendedMiningJob only",
                                (unsigned)channel->channel_id);
    }
    start_job(&job, told->job_id, told->version, told->min_ntime);
    job.version_rolling = (s->server_flags & HS_SV2_REQUIRES_FIXED_VERSION) == 0;
    job.merkle_root = told->merkle_root;
    if (check_job(channel, &job, step) != 0) {
        return -1;
    }
    give_job(channel, &job, s->now_ms);
    return hs_session_say(step, "job %u for channel %u, %s", (unsigned)job.job_id,
                          (unsigned)channel->channel_id,
                          job.state == HS_JOB_FUTURE ? "future" : "to work on at once");
}

/* Rules of the message as a whole, whoever gets the job. */
static int check_extended(hs_session *s, const hs_sv2_new_extended_job *told, hs_session_step *step)
{
    if (hs_session_need_any(s, told->channel_id, step) != 0) {
        return -1;
    }
    if ((s->client_flags & HS_SV2_REQUIRES_STANDARD_JOBS) != 0) {
        return hs_session_fault(step, HS_RULE_STANDARD_JOBS,
                                "the client set REQUIRES_STANDARD_JOBS: it takes no extended job");
    }
    if (step->channel != NULL && step->channel->kind != HS_CHANNEL_EXTENDED) {
        return hs_session_fault(
            step, HS_RULE_CHANNEL_KIND,
            "channel %u is standard: an extended job reaches it only by its group",
            (unsigned)told->channel_id);
    }
    if ((s->client_flags & HS_SV2_REQUIRES_VERSION_ROLLING) != 0 &&
        !told->version_rolling_allowed) {
        return hs_session_fault(step, HS_RULE_VERSION_ROLLING,
                                "the client set REQUIRES_VERSION_ROLLING and the job forbids it");
    }
    return 0;
}

/* Gives the job to everybody that `id` addresses, or to nobody. */
static int give_to_all(hs_session *s, uint32_t id, const hs_session_job *job, hs_session_step *step)
{
    hs_session_channel *channel = NULL;
    unsigned count = 0;
    size_t at = 0;
    while ((channel = hs_session_next(s, id, &at)) != NULL) {
        if (check_job(channel, job, step) != 0) {
            return -1;
        }
    }
    at = 0;
    while ((channel = hs_session_next(s, id, &at)) != NULL) {
        give_job(channel, job, s->now_ms);
        count++;
    }
    return hs_session_say(step, "job %u for %s %u, %s%s", (unsigned)job->job_id,
                          step->channel != NULL ? "channel" : "group", (unsigned)id,
                          job->state == HS_JOB_FUTURE ? "future" : "to work on at once",
                          count == 0 ? " (nobody is in the group)" : "");
}

int hs_session_new_extended_job(hs_session *s, const hs_sv2_message *m, hs_session_step *step)
{
    const hs_sv2_new_extended_job *const told = &m->as.new_extended_job;
    hs_session_job job;
    if (check_extended(s, told, step) != 0) {
        return -1;
    }
    start_job(&job, told->job_id, told->version, told->min_ntime);
    job.version_rolling = told->version_rolling_allowed;
    job.body = hs_session_template_new(told->coinbase_tx_prefix, told->coinbase_tx_suffix,
                                       told->merkle_path);
    if (job.body == NULL) {
        return hs_session_fault(step, HS_RULE_MEMORY, "no memory for another job");
    }
    const int legal = give_to_all(s, told->channel_id, &job, step) == 0;
    hs_session_template_release(job.body);
    return legal ? 0 : -1;
}

static int check_prev_hash(hs_session *s, const hs_sv2_set_new_prev_hash *told,
                           hs_session_step *step)
{
    hs_session_channel *channel = NULL;
    size_t at = 0;
    if (hs_session_need_any(s, told->channel_id, step) != 0) {
        return -1;
    }
    while ((channel = hs_session_next(s, told->channel_id, &at)) != NULL) {
        const hs_session_job *const job = hs_session_channel_valid_job(channel, told->job_id);
        if (job == NULL) {
            return hs_session_fault(step, HS_RULE_PREV_HASH_JOB, "channel %u has no job %u",
                                    (unsigned)channel->channel_id, (unsigned)told->job_id);
        }
        if (job->state != HS_JOB_FUTURE) {
            return hs_session_fault(
                step, HS_RULE_PREV_HASH_JOB,
                "job %u of channel %u is no future job: it is in use already, on "
                "another prev_hash",
                (unsigned)told->job_id, (unsigned)channel->channel_id);
        }
    }
    return 0;
}

int hs_session_prev_hash(hs_session *s, const hs_sv2_message *m, hs_session_step *step)
{
    const hs_sv2_set_new_prev_hash *const told = &m->as.set_new_prev_hash;
    const hs_tip tip = {told->prev_hash, told->min_ntime, told->nbits};
    hs_session_channel *channel = NULL;
    size_t at = 0;
    if (check_prev_hash(s, told, step) != 0) {
        return -1;
    }
    while ((channel = hs_session_next(s, told->channel_id, &at)) != NULL) {
        hs_session_channel_retire_jobs(channel, told->job_id, 1);
        hs_session_job *const job = hs_session_channel_valid_job(channel, told->job_id);
        job->state = HS_JOB_ACTIVE;
        job->tip = tip;
        job->min_ntime = tip.min_ntime;
        job->since_ms = s->now_ms;
        channel->tip = tip;
        channel->tip_since_ms = s->now_ms;
        channel->has_tip = 1;
    }
    return hs_session_say(step, "new tip: job %u is the one to work on, earlier ones are stale",
                          (unsigned)told->job_id);
}

/* ---- custom jobs ---- */

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
