/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy/deaf: devices that have shown not to obey SetExtranoncePrefix, known again when they
 * come back: by vendor and firmware of their connection and the user identity of their channel. So
 * nobody loses work to the same finding at each connection. Which shares show it is
 * live/proxy/probe's business; what becomes of such a device the plugin's. */
#ifndef HOST_STUB_LIVE_PROXY_DEAF_H
#define HOST_STUB_LIVE_PROXY_DEAF_H

#include "host_stub/live/proxy/state.h"

/* The device behind a channel, as a number that is never 0. */
uint64_t hs_proxy_device_of(const hs_proxy_peer *peer, hs_sv2_bytes user_identity);

int hs_proxy_is_deaf(const hs_proxy *proxy, uint64_t device);
/* It has shown it. Of HS_PROXY_DEAF_MAX the one that was found first is forgotten. */
void hs_proxy_note_deaf(hs_proxy *proxy, uint64_t device);
/* It has shown the contrary. */
void hs_proxy_note_hearing(hs_proxy *proxy, uint64_t device);

#endif
