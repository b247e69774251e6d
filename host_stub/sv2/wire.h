/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sv2/wire: reads and writes the primitive encodings of Stratum V2 (spec 3.1; all integers are
 * little-endian) in a buffer of the caller's, never one byte beyond it. What a value means, and
 * which values are legal, is the codec's business. */
#ifndef HOST_STUB_SV2_WIRE_H
#define HOST_STUB_SV2_WIRE_H

#include <stddef.h>
#include <stdint.h>

typedef struct hs_sv2_reader {
    const uint8_t *data;
    size_t len;
    size_t pos; /* <= len */
} hs_sv2_reader;

/* Bytes that are left. */
size_t hs_sv2_left(const hs_sv2_reader *reader);

/* An unsigned integer of 1..8 bytes (U8, U16, U24, U32, U64). Returns 0, or -1 when too few bytes
 * are left; then nothing is consumed and *out is unchanged. */
int hs_sv2_read_uint(hs_sv2_reader *reader, size_t bytes, uint64_t *out);

/* `bytes` bytes in place: *out points into the reader's buffer. Returns 0 or -1, as above. */
int hs_sv2_read_bytes(hs_sv2_reader *reader, size_t bytes, const uint8_t **out);

/* A little-endian integer of 1..8 bytes at `data`. */
uint64_t hs_sv2_load_uint(const uint8_t *data, size_t bytes);

typedef struct hs_sv2_writer {
    uint8_t *data;
    size_t capacity;
    size_t pos;
    int full; /* set by the first write that did not fit; it and all later ones write nothing */
} hs_sv2_writer;

/* The low `bytes` (1..8) bytes of value. */
void hs_sv2_write_uint(hs_sv2_writer *writer, size_t bytes, uint64_t value);

/* `data` may be NULL when `bytes` is 0. */
void hs_sv2_write_bytes(hs_sv2_writer *writer, const uint8_t *data, size_t bytes);

#endif
