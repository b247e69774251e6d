/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/sv2/wire.h"

#include <string.h>

size_t hs_sv2_left(const hs_sv2_reader *reader)
{
    return reader->len - reader->pos;
}

uint64_t hs_sv2_load_uint(const uint8_t *data, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes && i < sizeof value; i++) {
        value |= (uint64_t)data[i] << (8 * i);
    }
    return value;
}

int hs_sv2_read_bytes(hs_sv2_reader *reader, size_t bytes, const uint8_t **out)
{
    if (bytes > hs_sv2_left(reader)) {
        return -1;
    }
    *out = reader->data + reader->pos;
    reader->pos += bytes;
    return 0;
}

int hs_sv2_read_uint(hs_sv2_reader *reader, size_t bytes, uint64_t *out)
{
    const uint8_t *at = NULL;
    if (hs_sv2_read_bytes(reader, bytes, &at) != 0) {
        return -1;
    }
    *out = hs_sv2_load_uint(at, bytes);
    return 0;
}

void hs_sv2_write_bytes(hs_sv2_writer *writer, const uint8_t *data, size_t bytes)
{
    if (writer->full || bytes > writer->capacity - writer->pos) {
        writer->full = 1;
        return;
    }
    if (bytes > 0) {
        memcpy(writer->data + writer->pos, data, bytes);
        writer->pos += bytes;
    }
}

void hs_sv2_write_uint(hs_sv2_writer *writer, size_t bytes, uint64_t value)
{
    uint8_t wire[8];
    for (size_t i = 0; i < sizeof wire; i++) {
        wire[i] = (uint8_t)(value >> (8 * i));
    }
    hs_sv2_write_bytes(writer, wire, bytes);
}
