/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy/core: a mining proxy without its sockets: between the miners' connections, the pools'
 * and the plugin. Towards miners it is a server with channels of its own; towards each pool of the
 * plugin's table a client with one extended channel, in which all miners that work there share the
 * extranonce space. It turns the plugin's decisions into bursts of messages, routes each share by
 * its job to the pool that the job came from, and answers the miners itself.
 *
 * Time is told to it, on the monotonic clock; sockets, files and signals are live/proxy/live's
 * business, which job is which is jobs/table's, what a burst holds is jobs/move's, and who goes
 * where the plugin's. One misbehaving connection is ended and concerns nobody else; a pool that is
 * lost is dialled again, with growing pauses. Specification: spec 5.1 to 5.3. */
#ifndef HOST_STUB_LIVE_PROXY_CORE_H
#define HOST_STUB_LIVE_PROXY_CORE_H

#include <jansson.h>

#include "host_stub/live/proxy/state.h"

/* Sensible ones: drain 3 s, dial 0.25 s to 4 s. */
void hs_proxy_settings_defaults(hs_proxy_settings *settings);

/* Creates the plugin's instance and reads its table; dials nobody yet. `state` (may be empty) is
 * offered to the plugin's load first; a refusal is noted and the plugin starts afresh. NULL with a
 * sentence in `why`. *settings is copied, the strings it points to and `plugin` must outlive it. */
hs_proxy *hs_proxy_new(const hs_proxy_settings *settings, const hs_plugin *plugin,
                       const hs_proxy_out *out, void *ctx, uint64_t now_ns, uint64_t unix_ms,
                       hs_sv2_bytes state, char *why, size_t capacity);
/* Ends the plugin's instance and frees everything; peers that have not left are forgotten. Returns
 * the number of violations of the contract in its whole life. */
uint64_t hs_proxy_free(hs_proxy *proxy);

/* Does what is due by now_ns, which never goes back. Call it before every other entry and at least
 * every 50 ms. */
void hs_proxy_advance(hs_proxy *proxy, uint64_t now_ns, uint64_t unix_ms);

/* ---- miners ---- */
/* NULL when out of memory. */
hs_proxy_peer *hs_proxy_join(hs_proxy *proxy, void *link);
void hs_proxy_leave(hs_proxy_peer *peer);
/* Its number, from 1, never used again. */
uint32_t hs_proxy_peer_number(const hs_proxy_peer *peer);

/* ---- pools ---- */
/* The id in the plugin's table; "" for none. */
const char *hs_proxy_up_id(const hs_proxy *proxy, uint32_t upstream);
/* The authority key of a pool in the table, an x; NULL: it has none. */
const uint8_t *hs_proxy_up_key(const hs_proxy *proxy, uint32_t upstream);

/* ---- the operator ---- */
/* From now on nobody is moved, opened or read any more; verdicts still come in. */
void hs_proxy_begin_end(hs_proxy *proxy);
/* Shares whose pools have not answered. */
size_t hs_proxy_unanswered(const hs_proxy *proxy);
/* What is not answered now never is: counted so, and neither lost nor told. After
 * hs_proxy_begin_end. */
void hs_proxy_settle(hs_proxy *proxy);
/* The account: see the usage text of `host_stub proxy`. NULL when out of memory. */
json_t *hs_proxy_json(const hs_proxy *proxy);

#endif
