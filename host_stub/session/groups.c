/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Groups of a session: their members have one full extranonce size in common, since the coinbase of
 * a job for the group declares the length of its script (spec 5.2.3, 5.3.22). */
#include "host_stub/session/internal.h"

/* Where a table has nothing better to point to. */
static char there;

/* Extranonce bytes of a whole coinbase: what the members of a group must have in common. */
uint32_t hs_channel_full_size(const hs_channel *channel)
{
    return channel->prefix.len + channel->extranonce_size;
}

static int needs_standard_jobs(const hs_session *s)
{
    return (s->client_flags & HS_SV2_REQUIRES_STANDARD_JOBS) != 0;
}

/* Would `channel` fit into its group with a full extranonce of `size` bytes? Groups do not matter
 * on a connection that never gets a job for a group. */
int hs_session_check_group_size(hs_session *s, const hs_channel *channel, uint32_t size,
                                hs_step *step)
{
    size_t at = 0;
    const hs_channel *other = NULL;
    if (channel->group_id == 0 || needs_standard_jobs(s)) {
        return 1;
    }
    while ((other = hs_session_next(s, channel->group_id, &at)) != NULL) {
        if (other != channel && hs_channel_full_size(other) != size) {
            return hs_fault(step, HS_RULE_GROUP_SIZE,
                            "channel %u would have a full extranonce of %u bytes and channel %u of "
                            "the same group %u has %u: they must be equal",
                            (unsigned)channel->channel_id, (unsigned)size,
                            (unsigned)other->channel_id, (unsigned)channel->group_id,
                            (unsigned)hs_channel_full_size(other));
        }
    }
    return 1;
}

/* Remembers a group's id; ids of groups and channels share one namespace. */
int hs_session_add_group(hs_session *s, uint32_t id, hs_step *step)
{
    if (id == 0 || hs_session_is_group(s, id)) {
        return 1;
    }
    if (hs_session_find(s, id) != NULL) {
        return hs_fault(step, HS_RULE_CHANNEL_ID,
                        "%u is or was a channel and cannot become a group", (unsigned)id);
    }
    if (s->groups.count == HS_SESSION_CHANNELS_MAX) {
        return hs_fault(step, HS_RULE_LIMIT, "more than %d groups on one connection",
                        HS_SESSION_CHANNELS_MAX);
    }
    if (hs_table_put(&s->groups, (uint64_t)id + 1, &there) != 0) {
        return hs_fault(step, HS_RULE_MEMORY, "no memory for another group");
    }
    return 1;
}

/* May `channel` be a member beside the first one of the list? */
static int check_member(hs_session *s, const hs_sv2_set_group_channel *list, uint32_t index,
                        hs_step *step)
{
    const uint32_t first_id = hs_sv2_seq_u32(&list->channel_ids, 0);
    const uint32_t id = hs_sv2_seq_u32(&list->channel_ids, index);
    const hs_channel *const channel = hs_session_find(s, id);
    const hs_channel *const first = hs_session_find(s, first_id);
    if (channel == NULL || first == NULL || !channel->open) {
        return hs_fault(step, HS_RULE_CHANNEL_UNKNOWN, "channel %u of the list is not open",
                        (unsigned)id);
    }
    if (hs_channel_full_size(channel) != hs_channel_full_size(first)) {
        return hs_fault(step, HS_RULE_GROUP_SIZE,
                        "channel %u has a full extranonce of %u bytes and channel %u has %u: the "
                        "members of a group must be equal",
                        (unsigned)id, (unsigned)hs_channel_full_size(channel), (unsigned)first_id,
                        (unsigned)hs_channel_full_size(first));
    }
    return 1;
}

int hs_session_set_group(hs_session *s, const hs_sv2_message *m, hs_step *step)
{
    const hs_sv2_set_group_channel *const list = &m->as.set_group_channel;
    const uint32_t group = list->group_channel_id;
    hs_channel *channel = NULL;
    size_t at = 0;
    if (needs_standard_jobs(s)) {
        return hs_fault(step, HS_RULE_STANDARD_JOBS,
                        "the client set REQUIRES_STANDARD_JOBS: it knows no groups");
    }
    if (list->channel_ids.count > HS_SESSION_CHANNELS_MAX) {
        return hs_fault(step, HS_RULE_LIMIT, "a group of more than %d channels",
                        HS_SESSION_CHANNELS_MAX);
    }
    for (uint32_t i = 0; i < list->channel_ids.count; i++) {
        if (!check_member(s, list, i, step)) {
            return 0;
        }
    }
    if (!hs_session_add_group(s, group, step)) {
        return 0;
    }
    /* The list is the whole membership: who is not on it is in no group any more. */
    while (group != 0 && (channel = hs_session_next(s, group, &at)) != NULL) {
        channel->group_id = 0;
    }
    for (uint32_t i = 0; i < list->channel_ids.count; i++) {
        hs_session_find(s, hs_sv2_seq_u32(&list->channel_ids, i))->group_id = group;
    }
    return hs_say(step, "group %u has %u member%s now", (unsigned)group,
                  (unsigned)list->channel_ids.count, list->channel_ids.count == 1 ? "" : "s");
}
