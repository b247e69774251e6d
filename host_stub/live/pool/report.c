/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A pool's counts as JSON. */
#include <stdio.h>

#include "host_stub/live/pool/state.h"
#include "host_stub/sv2/work.h"

static void put_number(json_t *object, const char *name, uint64_t value)
{
    (void)json_object_set_new(object, name, json_integer((json_int_t)value));
}

static void put_counts(json_t *object, const hs_pool_counts *counts)
{
    json_t *const rejected = json_object();
    put_number(object, "accepted", counts->accepted);
    (void)json_object_set_new(object, "work_accepted", json_real(counts->work));
    (void)json_object_set_new(object, "hashes_accepted", json_real(hs_sv2_hashes_of(counts->work)));
    put_number(object, "stale", counts->stale);
    put_number(object, "stale_ms_most", counts->stale_ms_most);
    put_number(object, "stale_older", counts->stale_older);
    put_number(object, "duplicates", counts->duplicates);
    for (int i = 0; i <= HS_JUDGED_DUPLICATE; i++) {
        const uint64_t more = i == HS_JUDGED_NTIME ? counts->refused : 0;
        if (counts->rejected[i] + more > 0) {
            put_number(rejected, hs_judgement_code((enum hs_judgement)i),
                       counts->rejected[i] + more);
        }
    }
    (void)json_object_set_new(object, "rejected", rejected);
    put_number(object, "refused_on_command", counts->refused);
}

static json_t *channel_json(const hs_pool_channel *channel)
{
    json_t *const object = json_object();
    put_number(object, "connection", channel->connection);
    put_number(object, "channel_id", channel->channel_id);
    (void)json_object_set_new(
        object, "kind",
        json_string(channel->kind == HS_CHANNEL_EXTENDED ? "extended" : "standard"));
    (void)json_object_set_new(object, "user", json_string(channel->user));
    (void)json_object_set_new(object, "open", json_boolean(channel->open));
    (void)json_object_set_new(object, "nominal_hash_rate", json_real(channel->rate_hs));
    put_counts(object, &channel->counts);
    return object;
}

static json_t *hex_json(const hs_sv2_b032 *bytes)
{
    char text[2 * HS_SV2_EXTRANONCE_MAX + 1] = "";
    for (uint32_t i = 0; i < bytes->len; i++) {
        (void)snprintf(text + (size_t)2 * i, 3, "%02x", (unsigned)bytes->byte[i]);
    }
    return json_string(text);
}

json_t *hs_pool_json(const hs_pool *pool, int with_channels)
{
    json_t *const root = json_object();
    (void)json_object_set_new(root, "name", json_string(pool->options.name));
    (void)json_object_set_new(root, "prefix", hex_json(&pool->options.prefix));
    put_number(root, "extranonce_size", pool->options.extranonce_size);
    (void)json_object_set_new(root, "seconds", json_real((double)pool->now_ms / 1000.0));
    put_number(root, "connections", pool->connection_count);
    put_number(root, "channels_opened", pool->channel_count);
    put_counts(root, &pool->counts);
    put_number(root, "tips", pool->tips);
    put_number(root, "jobs", pool->jobs);
    put_number(root, "targets", pool->targets);
    put_number(root, "prefixes", pool->prefixes);
    put_number(root, "protocol_errors", pool->protocol_errors);
    put_number(root, "own_faults", pool->own_faults);
    if (with_channels) {
        json_t *const channels = json_array();
        for (size_t i = 0; i < pool->channel_count; i++) {
            (void)json_array_append_new(channels, channel_json(pool->channels[i]));
        }
        (void)json_object_set_new(root, "channels", channels);
    }
    return root;
}
