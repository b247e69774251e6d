/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The part of sv2/codec.h that looks into decoded messages: sequences, TLVs, the channel. */
#include <string.h>

#include "host_stub/sv2/codec.h"
#include "host_stub/sv2/wire.h"

uint32_t hs_sv2_channel_of(const hs_sv2_message *message)
{
    const hs_sv2_spec *const spec = hs_sv2_spec_of(message->id);
    uint32_t channel = 0;
    if (spec != NULL && spec->channel_bit) {
        /* spec 3.2.1: with the bit set the payload starts with the channel_id. */
        memcpy(&channel, (const unsigned char *)message + spec->fields[0].offset, sizeof channel);
    }
    return channel;
}

uint16_t hs_sv2_seq_u16(const hs_sv2_seq *seq, uint32_t index)
{
    return (uint16_t)hs_sv2_load_uint(seq->data + (size_t)index * 2, 2);
}

uint32_t hs_sv2_seq_u32(const hs_sv2_seq *seq, uint32_t index)
{
    return (uint32_t)hs_sv2_load_uint(seq->data + (size_t)index * 4, 4);
}

hs_sv2_u256 hs_sv2_seq_u256(const hs_sv2_seq *seq, uint32_t index)
{
    hs_sv2_u256 value;
    memcpy(value.byte, seq->data + (size_t)index * 32, sizeof value.byte);
    return value;
}

int hs_sv2_tlv_next(hs_sv2_bytes *rest, hs_sv2_tlv *out)
{
    hs_sv2_reader in = {rest->data, rest->len, 0};
    uint64_t extension = 0;
    uint64_t field = 0;
    uint64_t len = 0;
    const uint8_t *at = NULL;
    if (hs_sv2_read_uint(&in, 2, &extension) != 0 || hs_sv2_read_uint(&in, 1, &field) != 0 ||
        hs_sv2_read_uint(&in, 2, &len) != 0 || hs_sv2_read_bytes(&in, (size_t)len, &at) != 0) {
        return 0;
    }
    out->extension_type = (uint16_t)extension;
    out->field_type = (uint8_t)field;
    out->value.data = at;
    out->value.len = (uint32_t)len;
    rest->data += in.pos;
    rest->len -= (uint32_t)in.pos;
    return 1;
}

hs_sv2_bytes hs_sv2_bytes_of(const char *text)
{
    return (hs_sv2_bytes){(const uint8_t *)text, (uint32_t)strlen(text)};
}

int hs_sv2_bytes_are(hs_sv2_bytes bytes, const char *text)
{
    return bytes.len == strlen(text) && memcmp(bytes.data, text, bytes.len) == 0;
}
