/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/proxy/down.h"

#include <string.h>

#include "host_stub/live/proxy/open.h"
#include "host_stub/live/proxy/plugin.h"
#include "host_stub/live/proxy/prefix.h"
#include "host_stub/live/proxy/rate.h"
#include "host_stub/live/proxy/shares.h"
#include "host_stub/live/proxy/target.h"
#include "host_stub/sv2/codec.h"
#include "host_stub/sv2/work.h"

enum { VERSION = 2 };

static void offend(hs_proxy_peer *peer, const char *what)
{
    peer->proxy->protocol_errors++;
    hs_proxy_end_peer(peer, 0, what);
}

/* Version rolling is promised unless every pool forbids it. */
static int all_pools_fix_the_version(const hs_proxy *proxy)
{
    int any = 0;
    for (uint32_t i = 1; i <= HMX_UPSTREAMS_MAX; i++) {
        const hs_proxy_up *const up = &proxy->ups[i];
        if (hs_proxy_up_is_ready(proxy, up)) {
            any = 1;
            if ((up->server_flags & HS_SV2_REQUIRES_FIXED_VERSION) == 0) {
                return 0;
            }
        }
    }
    return any;
}

static void refuse_setup(hs_proxy_peer *peer, uint32_t flags, const char *code)
{
    hs_sv2_message m = {.id = HS_SV2_SETUP_CONNECTION_ERROR};
    m.as.setup_connection_error.flags = flags;
    m.as.setup_connection_error.error_code = hs_sv2_bytes_of(code);
    hs_proxy_send_down(peer, &m, 1);
    hs_proxy_end_peer(peer, 1, code);
}

static void keep(hs_proxy_text *text, hs_sv2_bytes told)
{
    text->len = told.len < sizeof text->byte ? told.len : 0;
    if (text->len > 0) {
        memcpy(text->byte, told.data, text->len);
    }
}

static void set_up(hs_proxy_peer *peer, const hs_sv2_setup_connection *asked)
{
    hs_sv2_message m = {.id = HS_SV2_SETUP_CONNECTION_SUCCESS};
    const int fixed = all_pools_fix_the_version(peer->proxy);
    /* All of them are named, those too that the specification does not know (spec 3.6.3). */
    const uint32_t supported =
        HS_SV2_REQUIRES_STANDARD_JOBS | (fixed ? 0U : (uint32_t)HS_SV2_REQUIRES_VERSION_ROLLING);
    const uint32_t unsupported = asked->flags & ~supported;
    if (peer->is_set_up) {
        offend(peer, "a second SetupConnection");
    } else if (asked->protocol != 0) {
        refuse_setup(peer, 0, "unsupported-protocol");
    } else if (asked->min_version > VERSION || asked->max_version < VERSION) {
        refuse_setup(peer, 0, "protocol-version-mismatch");
    } else if (unsupported != 0) {
        refuse_setup(peer, unsupported, "unsupported-feature-flags");
    } else {
        peer->is_set_up = 1;
        peer->proxy->silent--;
        peer->flags = asked->flags;
        peer->server_flags = fixed ? HS_SV2_REQUIRES_FIXED_VERSION : 0;
        keep(&peer->vendor, asked->vendor);
        keep(&peer->hardware, asked->hardware_version);
        keep(&peer->firmware, asked->firmware);
        m.as.setup_connection_success.used_version = VERSION;
        m.as.setup_connection_success.flags = peer->server_flags;
        hs_proxy_send_down(peer, &m, 1);
    }
}

static void update_error(hs_proxy_peer *peer, uint32_t channel_id, const char *code)
{
    hs_sv2_message m = {.id = HS_SV2_UPDATE_CHANNEL_ERROR};
    m.as.update_channel_error.channel_id = channel_id;
    m.as.update_channel_error.error_code = hs_sv2_bytes_of(code);
    hs_proxy_send_down(peer, &m, 1);
}

static void update(hs_proxy_peer *peer, const hs_sv2_update_channel *told)
{
    hs_proxy *const proxy = peer->proxy;
    hs_proxy_channel *const channel = hs_proxy_find(peer, told->channel_id);
    hs_sv2_message m;
    if (channel == NULL) {
        update_error(peer, told->channel_id, "invalid-channel-id");
        return;
    }
    if (!hs_sv2_is_rate(told->nominal_hash_rate)) {
        update_error(peer, told->channel_id, "invalid-nominal-hashrate");
        return;
    }
    if (hs_sv2_is_zero(&told->maximum_target)) {
        update_error(peer, told->channel_id, "max-target-out-of-range");
        return;
    }
    hs_proxy_declare(proxy, channel, (double)told->nominal_hash_rate);
    channel->move.max_target = told->maximum_target;
    hs_proxy_target_declared(channel);
    hs_proxy_tell_updated(proxy, channel);
    hs_proxy_rate_changed(proxy, hs_proxy_leg_of(proxy, channel, channel->upstream));
    for (hs_proxy_leg *leg = channel->legs; leg != NULL; leg = leg->next) {
        hs_proxy_rate_changed(proxy, leg); /* where it may work later, too */
    }
    /* What is easier than the channel takes from now on has to go at once (spec 5.3.7). */
    const hs_sv2_u256 target = hs_move_target(&channel->move.target, &channel->move.max_target);
    if (hs_move_set_target(&channel->move, &target, &m)) {
        hs_proxy_send_down(peer, &m, 1);
    }
}

/* A channel's number, or a group's: here each channel is a group of its own. */
static void close_by_peer(hs_proxy_peer *peer, uint32_t id)
{
    hs_proxy_channel *channel = hs_proxy_find(peer, id);
    if (channel == NULL && id > 0) {
        channel = hs_proxy_find(peer, id - 1); /* a group's number follows its channel's */
        channel = channel != NULL && channel->group_id == id ? channel : NULL;
    }
    if (channel != NULL) {
        hs_proxy_close_channel(peer->proxy, channel, HMX_CLOSE_PEER, NULL);
    }
}

static void refuse_custom_job(hs_proxy_peer *peer, const hs_sv2_set_custom_job *asked)
{
    hs_sv2_message m = {.id = HS_SV2_SET_CUSTOM_JOB_ERROR};
    m.as.set_custom_job_error.channel_id = asked->channel_id;
    m.as.set_custom_job_error.request_id = asked->request_id;
    m.as.set_custom_job_error.error_code = hs_sv2_bytes_of("jd-not-supported");
    hs_proxy_send_down(peer, &m, 1);
}

static void refuse_extensions(hs_proxy_peer *peer, const hs_sv2_extensions *asked)
{
    hs_sv2_message m = {.id = HS_SV2_REQUEST_EXTENSIONS_ERROR};
    m.as.extensions.request_id = asked->request_id;
    m.as.extensions.extensions = asked->extensions;
    hs_proxy_send_down(peer, &m, 1);
}

static void take(hs_proxy_peer *peer, const hs_sv2_message *m)
{
    switch (m->id) {
    case HS_SV2_OPEN_STANDARD:
    case HS_SV2_OPEN_EXTENDED:
        hs_proxy_request_open(peer, m);
        return;
    case HS_SV2_SUBMIT_STANDARD:
    case HS_SV2_SUBMIT_EXTENDED:
        hs_proxy_submit(peer, m);
        return;
    case HS_SV2_UPDATE_CHANNEL:
        update(peer, &m->as.update_channel);
        return;
    case HS_SV2_CLOSE_CHANNEL:
        close_by_peer(peer, m->as.close_channel.channel_id);
        return;
    case HS_SV2_SET_CUSTOM_JOB:
        refuse_custom_job(peer, &m->as.set_custom_job);
        return;
    default:
        refuse_extensions(peer, &m->as.extensions);
        return;
    }
}

void hs_proxy_down_frame(hs_proxy_peer *peer, const uint8_t *frame, size_t len)
{
    hs_sv2_message m;
    hs_sv2_error why;
    if (peer->ended || peer->proxy->is_ending) {
        return;
    }
    if (hs_sv2_decode(frame, len, HS_SV2_ANY_RATE, &m, &why) != 0) {
        peer->proxy->protocol_errors++;
        if (why.reason != HS_SV2_E_EXTENSION && why.reason != HS_SV2_E_TYPE) {
            hs_proxy_end_peer(peer, 0, why.text); /* unknown ones are to be ignored: spec 3.4 */
        }
        return;
    }
    if ((hs_sv2_spec_of(m.id)->sender & HS_SV2_CLIENT) == 0) {
        offend(peer, "a server's message from a client");
    } else if (m.id == HS_SV2_SETUP_CONNECTION) {
        set_up(peer, &m.as.setup_connection);
    } else if (!peer->is_set_up) {
        offend(peer, "a message before SetupConnection");
    } else {
        take(peer, &m);
    }
}
