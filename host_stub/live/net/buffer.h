/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/net/buffer: bytes that come in at one end and leave at the other. It grows with what is put
 * into it, and gives much memory back once it is empty; how large it may become is for its owner to
 * say. */
#ifndef HOST_STUB_LIVE_NET_BUFFER_H
#define HOST_STUB_LIVE_NET_BUFFER_H

#include <stddef.h>
#include <stdint.h>

/* All zero is an empty buffer. */
typedef struct hs_net_buffer {
    uint8_t *data;
    size_t first; /* of the bytes that are there */
    size_t end;   /* one past them */
    size_t capacity;
} hs_net_buffer;

const uint8_t *hs_net_buffer_data(const hs_net_buffer *buffer);
size_t hs_net_buffer_len(const hs_net_buffer *buffer);

/* Room for `bytes` more behind what is there; what was written into room that was not declared
 * added stays where it was put, at the start of the new room. NULL when out of memory; the buffer
 * is as before then. */
uint8_t *hs_net_buffer_room(hs_net_buffer *buffer, size_t bytes);
/* The first `bytes` of the room belong to the contents now. */
void hs_net_buffer_added(hs_net_buffer *buffer, size_t bytes);
/* Takes off the first `bytes` <= hs_net_buffer_len. */
void hs_net_buffer_take(hs_net_buffer *buffer, size_t bytes);
/* Frees the memory; the buffer is empty then. */
void hs_net_buffer_free(hs_net_buffer *buffer);

#endif
