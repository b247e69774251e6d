/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy/live_state: the file with the plugin's state. What is in it is the plugin's business;
 * here it is read whole and replaced whole, so that a crash leaves the old one or the new one. */
#ifndef HOST_STUB_LIVE_PROXY_LIVE_STATE_H
#define HOST_STUB_LIVE_PROXY_LIVE_STATE_H

#include <stddef.h>
#include <stdint.h>

/* A file that is not there is an empty state. 0 with *data for free() (NULL when empty), or -1 with
 * a sentence. */
int hs_proxy_state_read(const char *path, uint8_t **data, size_t *len, char *why, size_t capacity);
int hs_proxy_state_write(const char *path, const uint8_t *data, size_t len, char *why,
                         size_t capacity);

#endif
