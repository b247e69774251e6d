/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/session/channels.h"

#include <string.h>

#include "host_stub/base/array.h"
#include "host_stub/session/jobs.h"
#include "host_stub/sv2/codec.h"
#include "host_stub/sv2/work.h"

/* Groups: their members have one full extranonce size in common, since the coinbase of a job for
 * the group declares the length of its script (spec 5.2.3, 5.3.22). */
/* Where a table has nothing better to point to. */
static char there;

/* Extranonce bytes of a whole coinbase: what the members of a group must have in common. */
static uint32_t full_size(const hs_session_channel *channel)
{
    return channel->prefix.len + channel->extranonce_size;
}

static int needs_standard_jobs(const hs_session *s)
{
    return (s->client_flags & HS_SV2_REQUIRES_STANDARD_JOBS) != 0;
}

/* Would `channel` fit into its group with a full extranonce of `size` bytes? Groups do not matter
 * on a connection that never gets a job for a group. */
static int check_group_size(hs_session *s, const hs_session_channel *channel, uint32_t size,
                            hs_session_step *step)
{
    size_t at = 0;
    const hs_session_channel *other = NULL;
    if (channel->group_id == 0 || needs_standard_jobs(s)) {
        return 0;
    }
    while ((other = hs_session_next(s, channel->group_id, &at)) != NULL) {
        if (other != channel && full_size(other) != size) {
            return hs_session_fault(
                step, HS_RULE_GROUP_SIZE,
                "channel %u would have a full extranonce of %u bytes and channel %u of "
                "the same group %u has %u: they must be equal",
                (unsigned)channel->channel_id, (unsigned)size, (unsigned)other->channel_id,
                (unsigned)channel->group_id, (unsigned)full_size(other));
        }
    }
    return 0;
}

/* Remembers a group's id; ids of groups and channels share one namespace. */
static int add_group(hs_session *s, uint32_t id, hs_session_step *step)
{
    if (id == 0 || hs_session_is_group(s, id)) {
        return 0;
    }
    if (hs_session_find(s, id) != NULL) {
        return hs_session_fault(step, HS_RULE_CHANNEL_ID,
                                "%u is or was a channel and cannot become a group", (unsigned)id);
    }
    if (s->groups.count == HS_SESSION_CHANNELS_MAX) {
        return hs_session_fault(step, HS_RULE_LIMIT, "more than %d groups on one connection",
                                HS_SESSION_CHANNELS_MAX);
    }
    if (hs_table_put(&s->groups, (uint64_t)id + 1, &there) != 0) {
        return hs_session_fault(step, HS_RULE_MEMORY, "no memory for another group");
    }
    return 0;
}

static int find_open_request(const hs_session *s, uint32_t request_id, size_t *index)
{
    for (size_t i = 0; i < s->open_count; i++) {
        if (s->opens[i].request_id == request_id) {
            *index = i;
            return 0;
        }
    }
    return -1;
}

int hs_session_open(hs_session *s, const hs_sv2_message *m, hs_session_step *step)
{
    size_t index = 0;
    hs_session_open_request request;
    memset(&request, 0, sizeof request);
    request.request_id = m->as.open.request_id;
    request.kind = m->id == HS_SV2_OPEN_EXTENDED ? HS_CHANNEL_EXTENDED : HS_CHANNEL_STANDARD;
    request.min_extranonce_size = m->as.open.min_extranonce_size;
    request.max_target = m->as.open.max_target;
    step->request_id = request.request_id;
    if (find_open_request(s, request.request_id, &index) == 0) {
        return hs_session_fault(step, HS_RULE_REQUEST_ID,
                                "request %u is still waiting for its answer",
                                (unsigned)request.request_id);
    }
    if (request.kind == HS_CHANNEL_STANDARD &&
        (s->server_flags & HS_SV2_REQUIRES_EXTENDED_CHANNELS) != 0) {
        return hs_session_fault(
            step, HS_RULE_CHANNEL_KIND,
            "the server set REQUIRES_EXTENDED_CHANNELS: it opens no standard one");
    }
    if (s->open_count == HS_SESSION_PENDING_MAX) {
        return hs_session_fault(step, HS_RULE_LIMIT, "more than %d requests without an answer",
                                HS_SESSION_PENDING_MAX);
    }
    if (HS_GROW(s->opens, s->open_capacity, s->open_count + 1) != 0) {
        return hs_session_fault(step, HS_RULE_MEMORY, "no memory for another request");
    }
    s->opens[s->open_count++] = request;
    return hs_session_say(step, "request %u for %s channel", (unsigned)request.request_id,
                          request.kind == HS_CHANNEL_EXTENDED ? "an extended" : "a standard");
}

static int check_target(const hs_sv2_u256 *target, const hs_sv2_u256 *most, hs_session_step *step)
{
    if (hs_sv2_is_zero(target)) {
        return hs_session_fault(step, HS_RULE_TARGET, "the target is 0, which no hash meets");
    }
    if (hs_sv2_compare(target, most) > 0) {
        return hs_session_fault(step, HS_RULE_TARGET,
                                "the target is easier than the max_target that the client accepts");
    }
    return 0;
}

/* May the server open this channel for this request? */
static int check_opening(hs_session *s, const hs_session_open_request *request,
                         const hs_session_channel *channel, hs_session_step *step)
{
    if (request->kind != channel->kind) {
        return hs_session_fault(step, HS_RULE_CHANNEL_KIND,
                                "request %u asked for the other kind of channel",
                                (unsigned)request->request_id);
    }
    if (hs_session_find(s, channel->channel_id) != NULL ||
        hs_session_is_group(s, channel->channel_id) ||
        (channel->group_id != 0 && channel->group_id == channel->channel_id)) {
        return hs_session_fault(step, HS_RULE_CHANNEL_ID,
                                "the id %u is or was in use on this connection",
                                (unsigned)channel->channel_id);
    }
    if (channel->extranonce_size < request->min_extranonce_size) {
        return hs_session_fault(step, HS_RULE_EXTRANONCE_SIZE,
                                "extranonce_size %u is below the min_extranonce_size %u asked for",
                                (unsigned)channel->extranonce_size,
                                (unsigned)request->min_extranonce_size);
    }
    if (full_size(channel) > HS_SV2_EXTRANONCE_MAX) {
        return hs_session_fault(step, HS_RULE_EXTRANONCE_SIZE,
                                "prefix and extranonce have %u bytes together; 32 fit",
                                (unsigned)full_size(channel));
    }
    return check_target(&channel->target, &request->max_target, step) == 0 &&
                   check_group_size(s, channel, full_size(channel), step) == 0 &&
                   add_group(s, channel->group_id, step) == 0
               ? 0
               : -1;
}

/* Files the channel. Returns it, or NULL with the rule set. */
static hs_session_channel *add_channel(hs_session *s, const hs_session_channel *channel,
                                       hs_session_step *step)
{
    /* The tables hold numbers from 1, since a pointer of theirs is never NULL. */
    const uintptr_t number = (uintptr_t)s->channel_count + 1;
    if (HS_GROW(s->channels, s->channel_capacity, s->channel_count + 1) != 0 ||
        hs_table_put(&s->channel_of, (uint64_t)channel->channel_id + 1, (void *)number) != 0) {
        (void)hs_session_fault(step, HS_RULE_MEMORY, "no memory for another channel");
        return NULL;
    }
    s->channels[s->channel_count] = *channel;
    return &s->channels[s->channel_count++];
}

int hs_session_open_success(hs_session *s, const hs_sv2_message *m, hs_session_step *step)
{
    const hs_sv2_open_success *const answer = &m->as.open_success;
    hs_session_channel channel;
    size_t index = 0;
    step->request_id = answer->request_id;
    if (find_open_request(s, answer->request_id, &index) != 0) {
        return hs_session_fault(step, HS_RULE_REQUEST_ID, "no request %u is waiting",
                                (unsigned)answer->request_id);
    }
    memset(&channel, 0, sizeof channel);
    channel.channel_id = answer->channel_id;
    channel.kind =
        m->id == HS_SV2_OPEN_EXTENDED_SUCCESS ? HS_CHANNEL_EXTENDED : HS_CHANNEL_STANDARD;
    channel.open = 1;
    channel.request_id = answer->request_id;
    channel.group_id = answer->group_channel_id;
    channel.extranonce_size = answer->extranonce_size;
    channel.prefix = answer->extranonce_prefix;
    channel.target = answer->target;
    channel.max_target = s->opens[index].max_target;
    channel.max_target_before = channel.max_target;
    if (s->channel_count == HS_SESSION_CHANNELS_MAX) {
        return hs_session_fault(step, HS_RULE_LIMIT, "more than %d channels on one connection",
                                HS_SESSION_CHANNELS_MAX);
    }
    if (check_opening(s, &s->opens[index], &channel, step) != 0) {
        return -1;
    }
    step->channel = add_channel(s, &channel, step);
    if (step->channel == NULL) {
        return -1;
    }
    s->opens[index] = s->opens[--s->open_count];
    return hs_session_say(step, "channel %u opened (%s)", (unsigned)channel.channel_id,
                          channel.kind == HS_CHANNEL_EXTENDED ? "extended" : "standard");
}

int hs_session_open_error(hs_session *s, const hs_sv2_message *m, hs_session_step *step)
{
    size_t index = 0;
    step->request_id = m->as.open_error.request_id;
    if (find_open_request(s, step->request_id, &index) != 0) {
        return hs_session_fault(step, HS_RULE_REQUEST_ID, "no request %u is waiting",
                                (unsigned)step->request_id);
    }
    s->opens[index] = s->opens[--s->open_count];
    return hs_session_say(step, "request %u is refused", (unsigned)step->request_id);
}

int hs_session_update(hs_session *s, const hs_sv2_message *m, hs_session_step *step)
{
    hs_session_channel *const channel = hs_session_need(s, m->as.update_channel.channel_id, step);
    if (channel == NULL) {
        s->stray_updates += s->stray_updates < UINT32_MAX;
        return -1;
    }
    channel->max_target_refused = channel->max_target;
    channel->updates += channel->updates < UINT32_MAX;
    /* A SetTarget that was on its way may still obey the old limit (spec 5.3.7). */
    if (hs_sv2_compare(&channel->max_target, &channel->max_target_before) > 0) {
        channel->max_target_before = channel->max_target;
    }
    channel->max_target = m->as.update_channel.maximum_target;
    return hs_session_say(step, "channel %u states its hashrate and max_target anew",
                          (unsigned)channel->channel_id);
}

int hs_session_update_error(hs_session *s, const hs_sv2_message *m, hs_session_step *step)
{
    const uint32_t id = m->as.update_channel_error.channel_id;
    hs_session_channel *const channel = hs_session_find(s, id);
    step->channel = channel;
    if (channel != NULL && channel->updates > 0) {
        channel->updates--;
        channel->max_target = channel->max_target_refused;
        return hs_session_say(step, "the update of channel %u is refused", (unsigned)id);
    }
    if (s->stray_updates > 0) {
        s->stray_updates--;
        return hs_session_say(step, "the update of channel %u is refused", (unsigned)id);
    }
    return hs_session_fault(step, HS_RULE_ANSWER_UNKNOWN, "there is no UpdateChannel of channel %u",
                            (unsigned)id);
}

int hs_session_set_target(hs_session *s, const hs_sv2_message *m, hs_session_step *step)
{
    const uint32_t id = m->as.set_target.channel_id;
    const hs_sv2_u256 *const target = &m->as.set_target.maximum_target;
    hs_session_channel *channel = NULL;
    size_t at = 0;
    if (hs_session_need_any(s, id, step) != 0) {
        return -1;
    }
    while ((channel = hs_session_next(s, id, &at)) != NULL) {
        const int eased = hs_sv2_compare(&channel->max_target_before, &channel->max_target) > 0;
        if (check_target(target, eased ? &channel->max_target_before : &channel->max_target,
                         step) != 0) {
            return -1;
        }
    }
    at = 0;
    while ((channel = hs_session_next(s, id, &at)) != NULL) {
        channel->target = *target;
        if (hs_sv2_compare(target, &channel->max_target) <= 0) {
            channel->max_target_before = channel->max_target;
        }
        for (size_t i = 0; i < channel->job_count; i++) {
            if (channel->jobs[i].state == HS_JOB_FUTURE) {
                channel->jobs[i].target = *target; /* spec 5.3.21 */
            }
        }
    }
    return hs_session_say(step, "the target for future jobs and those to come");
}

int hs_session_set_prefix(hs_session *s, const hs_sv2_message *m, hs_session_step *step)
{
    const hs_sv2_b032 *const prefix = &m->as.set_extranonce_prefix.extranonce_prefix;
    hs_session_channel *const channel =
        hs_session_need(s, m->as.set_extranonce_prefix.channel_id, step);
    if (channel == NULL) {
        return -1;
    }
    if (prefix->len + channel->extranonce_size > HS_SV2_EXTRANONCE_MAX) {
        return hs_session_fault(step, HS_RULE_EXTRANONCE_SIZE,
                                "%u bytes of prefix and %u of extranonce are more than 32",
                                (unsigned)prefix->len, (unsigned)channel->extranonce_size);
    }
    if (check_group_size(s, channel, prefix->len + channel->extranonce_size, step) != 0) {
        return -1;
    }
    channel->prefix = *prefix;
    return hs_session_say(step, "the prefix for the jobs that arrive from now on");
}

int hs_session_close(hs_session *s, const hs_sv2_message *m, hs_session_step *step)
{
    const uint32_t id = m->as.close_channel.channel_id;
    hs_session_channel *channel = NULL;
    size_t at = 0;
    unsigned closed = 0;
    if (hs_session_need_any(s, id, step) != 0) {
        return -1;
    }
    while ((channel = hs_session_next(s, id, &at)) != NULL) {
        channel->open = 0;
        hs_session_channel_drop_jobs(channel);
        hs_table_free(&channel->seen);
        closed++;
    }
    return step->channel != NULL ? hs_session_say(step, "channel %u closed", (unsigned)id)
                                 : hs_session_say(step, "group %u closed: %u channel%s",
                                                  (unsigned)id, closed, closed == 1 ? "" : "s");
}

/* May `channel` be a member beside the first one of the list? */
static int check_member(hs_session *s, const hs_sv2_set_group_channel *list, uint32_t index,
                        hs_session_step *step)
{
    const uint32_t first_id = hs_sv2_seq_u32(&list->channel_ids, 0);
    const uint32_t id = hs_sv2_seq_u32(&list->channel_ids, index);
    const hs_session_channel *const channel = hs_session_find(s, id);
    const hs_session_channel *const first = hs_session_find(s, first_id);
    if (channel == NULL || first == NULL || !channel->open) {
        return hs_session_fault(step, HS_RULE_CHANNEL_UNKNOWN, "channel %u of the list is not open",
                                (unsigned)id);
    }
    if (full_size(channel) != full_size(first)) {
        return hs_session_fault(
            step, HS_RULE_GROUP_SIZE,
            "channel %u has a full extranonce of %u bytes and channel %u has %u: the "
            "members of a group must be equal",
            (unsigned)id, (unsigned)full_size(channel), (unsigned)first_id,
            (unsigned)full_size(first));
    }
    return 0;
}

int hs_session_set_group(hs_session *s, const hs_sv2_message *m, hs_session_step *step)
{
    const hs_sv2_set_group_channel *const list = &m->as.set_group_channel;
    const uint32_t group = list->group_channel_id;
    hs_session_channel *channel = NULL;
    size_t at = 0;
    if (needs_standard_jobs(s)) {
        return hs_session_fault(step, HS_RULE_STANDARD_JOBS,
                                "the client set REQUIRES_STANDARD_JOBS: it knows no groups");
    }
    if (list->channel_ids.count > HS_SESSION_CHANNELS_MAX) {
        return hs_session_fault(step, HS_RULE_LIMIT, "a group of more than %d channels",
                                HS_SESSION_CHANNELS_MAX);
    }
    for (uint32_t i = 0; i < list->channel_ids.count; i++) {
        if (check_member(s, list, i, step) != 0) {
            return -1;
        }
    }
    if (add_group(s, group, step) != 0) {
        return -1;
    }
    /* The list is the whole membership: who is not on it is in no group any more. */
    while (group != 0 && (channel = hs_session_next(s, group, &at)) != NULL) {
        channel->group_id = 0;
    }
    for (uint32_t i = 0; i < list->channel_ids.count; i++) {
        hs_session_find(s, hs_sv2_seq_u32(&list->channel_ids, i))->group_id = group;
    }
    return hs_session_say(step, "group %u has %u member%s now", (unsigned)group,
                          (unsigned)list->channel_ids.count,
                          list->channel_ids.count == 1 ? "" : "s");
}
