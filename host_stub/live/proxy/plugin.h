/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy/plugin: the proxy's end of the plugin: its start and its table, its saved state, and
 * the facts. What the plugin decides is live/proxy/moves' business. Each fact about a channel that
 * the plugin was not told of is kept to itself. */
#ifndef HOST_STUB_LIVE_PROXY_PLUGIN_H
#define HOST_STUB_LIVE_PROXY_PLUGIN_H

#include "host_stub/live/proxy/state.h"

/* 0, or -1 with a sentence. A refused `state` is noted, and the plugin starts afresh. */
int hs_proxy_plugin_start(hs_proxy *proxy, const hs_plugin *plugin, hs_sv2_bytes state, char *why,
                          size_t capacity);
/* Pools are added, moved to another address and taken off accordingly. */
int hs_proxy_read_table(hs_proxy *proxy, char *why, size_t capacity);
/* The plugin reads its configuration anew; pools are added and taken off accordingly. 0, or -1 with
 * the plugin's reasons in `why`: then nothing has changed. */
int hs_proxy_reload(hs_proxy *proxy, char *why, size_t capacity);
/* The plugin's state. 1 with *data, for free(); 0 when it saves none; -1 with a sentence. */
int hs_proxy_save(hs_proxy *proxy, uint8_t **data, size_t *len, char *why, size_t capacity);
/* What the plugin wants to work at each pool, in hashes per second by the number of the pool; 0
 * where it does not say. */
void hs_proxy_ask_wanted(hs_proxy *proxy, double wanted_hs[HMX_UPSTREAMS_MAX + 1]);
/* Notes whether the plugin only watches. */
void hs_proxy_ask_mode(hs_proxy *proxy);
void hs_proxy_tell_up(hs_proxy *proxy, hs_proxy_up *up);
/* Asks where a new channel goes. Returns the plugin's status. */
hmx_status hs_proxy_ask_where(hs_proxy *proxy, const hs_proxy_channel *channel,
                              const hs_sv2_open *asked, hmx_channel_decision *answer);
void hs_proxy_tell_share(hs_proxy *proxy, const hs_proxy_sent *share, uint32_t upstream,
                         uint32_t verdict, uint32_t flags);
void hs_proxy_tell_honours(hs_proxy *proxy, hs_proxy_channel *channel, uint32_t honours);
/* At which pools the channel can work: not where it is refused. */
void hs_proxy_tell_allowed(hs_proxy *proxy, const hs_proxy_channel *channel);
void hs_proxy_tell_updated(hs_proxy *proxy, hs_proxy_channel *channel);
void hs_proxy_tell_closed(hs_proxy *proxy, const hs_proxy_channel *channel, uint32_t reason);
/* Where and with which prefix the channel works is read from it. Returns the plugin's status. */
hmx_status hs_proxy_tell_outcome(hs_proxy *proxy, const hs_proxy_channel *channel,
                                 uint64_t decision, uint32_t from, uint32_t result, uint32_t cause);
void hs_proxy_tell_drained(hs_proxy *proxy, const hs_proxy_drain *drain);

#endif
