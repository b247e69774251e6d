/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/net/buffer.h"

#include <stdlib.h>
#include <string.h>

enum {
    FIRST_CAPACITY = 4096,
    KEPT_CAPACITY = 256 * 1024 /* what was larger is given back when it is empty */
};

const uint8_t *hs_net_buffer_data(const hs_net_buffer *buffer)
{
    return buffer->data != NULL ? buffer->data + buffer->first : NULL;
}

size_t hs_net_buffer_len(const hs_net_buffer *buffer)
{
    return buffer->end - buffer->first;
}

uint8_t *hs_net_buffer_room(hs_net_buffer *buffer, size_t bytes)
{
    if (buffer->data != NULL && buffer->capacity - buffer->end >= bytes) {
        return buffer->data + buffer->end;
    }
    const size_t len = hs_net_buffer_len(buffer);
    size_t capacity = buffer->capacity != 0 ? buffer->capacity : FIRST_CAPACITY;
    if (bytes > SIZE_MAX / 4 - len) {
        return NULL;
    }
    while (capacity - len < bytes) {
        capacity *= 2;
    }
    uint8_t *const grown = malloc(capacity);
    if (grown == NULL) {
        return NULL;
    }
    /* All of it, so that room that is being written into keeps its beginning. */
    if (buffer->data != NULL) {
        const size_t there = buffer->capacity - buffer->first;
        memcpy(grown, buffer->data + buffer->first, there < capacity ? there : capacity);
    }
    free(buffer->data);
    buffer->data = grown;
    buffer->first = 0;
    buffer->end = len;
    buffer->capacity = capacity;
    return grown + len;
}

void hs_net_buffer_added(hs_net_buffer *buffer, size_t bytes)
{
    buffer->end += bytes;
}

void hs_net_buffer_take(hs_net_buffer *buffer, size_t bytes)
{
    buffer->first += bytes;
    if (buffer->first == buffer->end && buffer->capacity > KEPT_CAPACITY) {
        hs_net_buffer_free(buffer);
    } else if (buffer->first == buffer->end) {
        buffer->first = 0;
        buffer->end = 0;
    }
}

void hs_net_buffer_free(hs_net_buffer *buffer)
{
    free(buffer->data);
    *buffer = (hs_net_buffer){NULL, 0, 0, 0};
}
