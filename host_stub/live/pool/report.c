/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A pool's counts as JSON. */
#include <stdio.h>

#include "host_stub/base/json.h"
#include "host_stub/base/text.h"
#include "host_stub/live/pool/state.h"
#include "host_stub/sv2/work.h"

static void put_counts(json_t *object, const hs_pool_counts *counts)
{
    json_t *const rejected = json_object();
    hs_json_count(object, "accepted", counts->accepted);
    hs_json_put(object, "work_accepted", json_real(counts->work));
    hs_json_put(object, "hashes_accepted", json_real(hs_sv2_hashes_of(counts->work)));
    hs_json_count(object, "stale", counts->stale);
    hs_json_count(object, "stale_ms_most", counts->stale_ms_most);
    hs_json_count(object, "stale_older", counts->stale_older);
    hs_json_count(object, "duplicates", counts->duplicates);
    for (int i = 0; i <= HS_JUDGED_DUPLICATE; i++) {
        const uint64_t more = i == HS_JUDGED_NTIME ? counts->refused : 0;
        if (counts->rejected[i] + more > 0) {
            hs_json_count(rejected, hs_judgement_code((enum hs_judgement)i),
                          counts->rejected[i] + more);
        }
    }
    hs_json_put(object, "rejected", rejected);
    hs_json_count(object, "refused_on_command", counts->refused);
}

static json_t *channel_json(const hs_pool_channel *channel)
{
    json_t *const object = json_object();
    hs_json_count(object, "connection", channel->connection);
    hs_json_count(object, "channel_id", channel->channel_id);
    hs_json_text(object, "kind", channel->kind == HS_CHANNEL_EXTENDED ? "extended" : "standard");
    hs_json_text(object, "user", channel->user);
    hs_json_put(object, "open", json_boolean(channel->open));
    hs_json_put(object, "nominal_hash_rate", json_real(channel->rate_hs));
    put_counts(object, &channel->counts);
    return object;
}

json_t *hs_pool_json(const hs_pool *pool, int with_channels)
{
    char hex[2 * HS_SV2_EXTRANONCE_MAX + 1];
    json_t *const root = json_object();
    hs_json_text(root, "name", pool->options.name);
    hs_json_text(root, "prefix", hs_hex(hex, pool->options.prefix.byte, pool->options.prefix.len));
    hs_json_count(root, "extranonce_size", pool->options.extranonce_size);
    hs_json_put(root, "seconds", json_real((double)pool->now_ms / 1000.0));
    hs_json_count(root, "connections", pool->connection_count);
    hs_json_count(root, "channels_opened", pool->channel_count);
    put_counts(root, &pool->counts);
    hs_json_count(root, "tips", pool->tips);
    hs_json_count(root, "jobs", pool->jobs);
    hs_json_count(root, "targets", pool->targets);
    hs_json_count(root, "prefixes", pool->prefixes);
    hs_json_count(root, "protocol_errors", pool->protocol_errors);
    hs_json_count(root, "own_faults", pool->own_faults);
    if (with_channels) {
        json_t *const channels = json_array();
        for (size_t i = 0; i < pool->channel_count; i++) {
            (void)json_array_append_new(channels, channel_json(pool->channels[i]));
        }
        hs_json_put(root, "channels", channels);
    }
    return root;
}
