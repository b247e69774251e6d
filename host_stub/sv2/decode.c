/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The reading half of sv2/codec.h, and what looks into decoded messages. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "host_stub/sv2/codec.h"
#include "host_stub/sv2/field.h"
#include "host_stub/sv2/wire.h"

/* What a field's decoding needs to know and to change. */
typedef struct decoder {
    hs_sv2_reader in; /* of the whole frame, so that its pos is the offset to report */
    const hs_sv2_spec *spec;
    const hs_sv2_field *field;
    uint32_t flags;
    hs_sv2_error *why;
} decoder;

int hs_sv2_refuse(hs_sv2_error *why, enum hs_sv2_reason reason, size_t offset, const char *format,
                  ...)
{
    if (why != NULL) {
        va_list list;
        va_start(list, format);
        why->reason = reason;
        why->offset = offset;
        (void)vsnprintf(why->text, sizeof why->text, format, list);
        va_end(list);
    }
    return -1;
}

int hs_sv2_check_f32(const char *message, const char *field, float value, size_t offset,
                     hs_sv2_error *why)
{
    if (isnan(value)) {
        return hs_sv2_refuse(why, HS_SV2_E_F32_NAN, offset,
                             "%s: %s at byte %zu is not a number (NaN)", message, field, offset);
    }
    if (isinf(value)) {
        return hs_sv2_refuse(why, HS_SV2_E_F32_INFINITE, offset, "%s: %s at byte %zu is infinite",
                             message, field, offset);
    }
    if (signbit(value)) {
        return hs_sv2_refuse(why, HS_SV2_E_F32_NEGATIVE, offset,
                             "%s: %s at byte %zu is negative; a hashrate is 0 or more", message,
                             field, offset);
    }
    return 0;
}

int hs_sv2_is_rate(float value)
{
    return isfinite(value) && !signbit(value);
}

int hs_sv2_check_reason(const char *message, const char *field, hs_sv2_bytes text, size_t offset,
                        hs_sv2_error *why)
{
    for (uint32_t i = 0; i < text.len; i++) {
        if (text.data[i] < 0x20 || text.data[i] == 0x7f) {
            return hs_sv2_refuse(why, HS_SV2_E_CONTROL, offset + i,
                                 "%s: %s has the control character 0x%02x at byte %zu", message,
                                 field, (unsigned)text.data[i], offset + i);
        }
    }
    return 0;
}

static int refuse_short(decoder *d, size_t needed)
{
    return hs_sv2_refuse(d->why, HS_SV2_E_SHORT, d->in.pos,
                         "%s: %s at byte %zu needs %zu bytes and the payload has %zu left",
                         d->spec->name, d->field->name, d->in.pos, needed, hs_sv2_left(&d->in));
}

static int take_uint(decoder *d, size_t bytes, uint64_t *out)
{
    return hs_sv2_read_uint(&d->in, bytes, out) == 0 ? 0 : refuse_short(d, bytes);
}

static int take_integer(decoder *d, size_t bytes, void *to)
{
    const size_t offset = d->in.pos;
    uint64_t value = 0;
    if (take_uint(d, bytes, &value) != 0) {
        return -1;
    }
    if ((d->flags & HS_SV2_STRICT) != 0 && d->field->limit != 0 && value > d->field->limit) {
        return hs_sv2_refuse(d->why, HS_SV2_E_VALUE, offset,
                             "%s: %s at byte %zu is %llu; allowed are 0 to %u", d->spec->name,
                             d->field->name, offset, (unsigned long long)value,
                             (unsigned)d->field->limit);
    }
    if (bytes == 8) {
        memcpy(to, &value, sizeof value);
    } else {
        const uint32_t narrow = (uint32_t)value;
        memcpy(to, &narrow, sizeof narrow);
    }
    return 0;
}

static int take_f32(decoder *d, void *to)
{
    const size_t offset = d->in.pos;
    uint64_t bits = 0;
    if (take_uint(d, 4, &bits) != 0) {
        return -1;
    }
    const uint32_t bits32 = (uint32_t)bits;
    float value = 0.0F;
    memcpy(&value, &bits32, sizeof value);
    if ((d->flags & HS_SV2_ANY_RATE) == 0 &&
        hs_sv2_check_f32(d->spec->name, d->field->name, value, offset, d->why) != 0) {
        return -1;
    }
    memcpy(to, &value, sizeof value);
    return 0;
}

static int take_bool(decoder *d, void *to)
{
    uint64_t value = 0;
    if (take_uint(d, 1, &value) != 0) {
        return -1;
    }
    const uint32_t bit = (uint32_t)(value & 1); /* bits 1..7 are to be ignored (spec 3.1) */
    memcpy(to, &bit, sizeof bit);
    return 0;
}

static int take_option(decoder *d, void *to)
{
    hs_sv2_option_u32 option = {0, 0};
    const size_t offset = d->in.pos;
    uint64_t count = 0;
    uint64_t value = 0;
    if (take_uint(d, 1, &count) != 0) {
        return -1;
    }
    if (count > 1) {
        return hs_sv2_refuse(d->why, HS_SV2_E_OPTION, offset,
                             "%s: the OPTION %s at byte %zu has %u elements; allowed are 0 and 1",
                             d->spec->name, d->field->name, offset, (unsigned)count);
    }
    if (count == 1 && take_uint(d, 4, &value) != 0) {
        return -1;
    }
    option.present = (uint32_t)count;
    option.value = (uint32_t)value;
    memcpy(to, &option, sizeof option);
    return 0;
}

static int take_u256(decoder *d, void *to)
{
    const uint8_t *at = NULL;
    if (hs_sv2_read_bytes(&d->in, 32, &at) != 0) {
        return refuse_short(d, 32);
    }
    memcpy(to, at, 32);
    return 0;
}

/* A byte string with its length in front, as a view; *offset is that of its first byte. */
static int take_string(decoder *d, size_t length_bytes, hs_sv2_bytes *out, size_t *offset)
{
    uint64_t len = 0;
    const uint8_t *at = NULL;
    if (take_uint(d, length_bytes, &len) != 0) {
        return -1;
    }
    *offset = d->in.pos;
    if (hs_sv2_read_bytes(&d->in, (size_t)len, &at) != 0) {
        return refuse_short(d, (size_t)len);
    }
    out->data = at;
    out->len = (uint32_t)len;
    return 0;
}

static int take_bytes(decoder *d, size_t length_bytes, void *to)
{
    const int strict = (d->flags & HS_SV2_STRICT) != 0;
    hs_sv2_bytes value = {NULL, 0};
    size_t offset = 0;
    if (take_string(d, length_bytes, &value, &offset) != 0) {
        return -1;
    }
    if (strict && d->field->limit != 0 && value.len > d->field->limit) {
        return hs_sv2_refuse(d->why, HS_SV2_E_VALUE, offset - length_bytes,
                             "%s: %s at byte %zu has %u bytes; at most %u are allowed",
                             d->spec->name, d->field->name, offset - length_bytes,
                             (unsigned)value.len, (unsigned)d->field->limit);
    }
    if (strict && d->field->kind == HS_SV2_REASON &&
        hs_sv2_check_reason(d->spec->name, d->field->name, value, offset, d->why) != 0) {
        return -1;
    }
    memcpy(to, &value, sizeof value);
    return 0;
}

static int take_b032(decoder *d, void *to)
{
    hs_sv2_b032 value = {0, {0}};
    const size_t offset = d->in.pos;
    uint64_t len = 0;
    const uint8_t *at = NULL;
    if (take_uint(d, 1, &len) != 0) {
        return -1;
    }
    if (len > HS_SV2_EXTRANONCE_MAX) {
        return hs_sv2_refuse(d->why, HS_SV2_E_VALUE, offset,
                             "%s: %s at byte %zu has %u bytes; a B0_32 holds at most 32",
                             d->spec->name, d->field->name, offset, (unsigned)len);
    }
    if (hs_sv2_read_bytes(&d->in, (size_t)len, &at) != 0) {
        return refuse_short(d, (size_t)len);
    }
    value.len = (uint32_t)len;
    memcpy(value.byte, at, (size_t)len);
    memcpy(to, &value, sizeof value);
    return 0;
}

static int take_seq(decoder *d, size_t count_bytes, size_t element_bytes, void *to)
{
    hs_sv2_seq value = {NULL, 0};
    uint64_t count = 0;
    if (take_uint(d, count_bytes, &count) != 0) {
        return -1;
    }
    const size_t bytes = (size_t)count * element_bytes; /* at most 65535 * 4 or 255 * 32 */
    if (hs_sv2_read_bytes(&d->in, bytes, &value.data) != 0) {
        return refuse_short(d, bytes);
    }
    value.count = (uint32_t)count;
    memcpy(to, &value, sizeof value);
    return 0;
}

static int take_field(decoder *d, void *to)
{
    switch (d->field->kind) {
    case HS_SV2_U8:
        return take_integer(d, 1, to);
    case HS_SV2_U16:
        return take_integer(d, 2, to);
    case HS_SV2_U32:
    case HS_SV2_X32:
        return take_integer(d, 4, to);
    case HS_SV2_U64:
        return take_integer(d, 8, to);
    case HS_SV2_F32:
        return take_f32(d, to);
    case HS_SV2_BOOL:
        return take_bool(d, to);
    case HS_SV2_OPTION_U32:
        return take_option(d, to);
    case HS_SV2_U256:
        return take_u256(d, to);
    case HS_SV2_STR0_255:
    case HS_SV2_REASON:
    case HS_SV2_B0_255:
        return take_bytes(d, 1, to);
    case HS_SV2_B0_64K:
        return take_bytes(d, 2, to);
    case HS_SV2_B0_32:
        return take_b032(d, to);
    case HS_SV2_SEQ0_255_U256:
        return take_seq(d, 1, 32, to);
    case HS_SV2_SEQ0_64K_U32:
        return take_seq(d, 2, 4, to);
    case HS_SV2_SEQ0_64K_U16:
        return take_seq(d, 2, 2, to);
    }
    return -1;
}

int hs_sv2_frame_size(const uint8_t *data, size_t len, size_t *size, hs_sv2_error *why)
{
    *size = HS_SV2_HEADER_SIZE;
    if (len < HS_SV2_HEADER_SIZE) {
        return hs_sv2_refuse(why, HS_SV2_E_HEADER, 0,
                             "a frame's header has 6 bytes and only %zu are there", len);
    }
    const size_t payload = (size_t)hs_sv2_load_uint(data + 3, 3);
    *size += payload;
    if (len - HS_SV2_HEADER_SIZE < payload) {
        return hs_sv2_refuse(why, HS_SV2_E_LENGTH, 3,
                             "the header's msg_length at byte 3 promises %zu bytes of payload and "
                             "only %zu follow",
                             payload, len - HS_SV2_HEADER_SIZE);
    }
    return 0;
}

/* Finds the message's entry by the header's first three bytes. */
static int find_spec(decoder *d, const uint8_t *data, hs_sv2_message *out)
{
    const uint32_t word = (uint32_t)hs_sv2_load_uint(data, 2);
    const uint32_t extension = word & 0x7fffU;
    const uint32_t bit = word >> 15;
    if (extension > 1) {
        return hs_sv2_refuse(d->why, HS_SV2_E_EXTENSION, 0,
                             "the extension_type 0x%04x at byte 0 is unknown; known are 0x0000 "
                             "(core) and 0x0001 (extensions negotiation)",
                             (unsigned)extension);
    }
    d->spec = hs_sv2_spec_of(extension << 8 | data[2]);
    if (d->spec == NULL) {
        return hs_sv2_refuse(
            d->why, HS_SV2_E_TYPE, 2, "the msg_type 0x%02x at byte 2 is %s in extension 0x%04x",
            (unsigned)data[2], extension == 0 && data[2] == 0x1e ? "reserved" : "unknown",
            (unsigned)extension);
    }
    if ((d->flags & HS_SV2_STRICT) != 0 && bit != d->spec->channel_bit &&
        !d->spec->channel_bit_lax) {
        return hs_sv2_refuse(d->why, HS_SV2_E_CHANNEL_BIT, 1,
                             "%s: the channel_msg bit at byte 1 is %u and must be %u",
                             d->spec->name, (unsigned)bit, (unsigned)d->spec->channel_bit);
    }
    out->id = (uint32_t)d->spec->id;
    out->channel_bit = bit;
    return 0;
}

static int take_tlvs(decoder *d, hs_sv2_message *out)
{
    hs_sv2_bytes rest = {d->in.data + d->in.pos, (uint32_t)hs_sv2_left(&d->in)};
    hs_sv2_tlv tlv;
    out->tlv = rest;
    while (hs_sv2_tlv_next(&rest, &tlv)) {
        continue;
    }
    if (rest.len > 0 && (d->flags & HS_SV2_STRICT) == 0) {
        out->tlv.len = 0; /* of an extension that nobody here knows: to be ignored (spec 3.4.3) */
    } else if (rest.len > 0) {
        const size_t offset = d->in.len - rest.len;
        return hs_sv2_refuse(d->why, HS_SV2_E_TLV, offset,
                             "%s: %u bytes from byte %zu on are neither a field nor a whole TLV",
                             d->spec->name, (unsigned)rest.len, offset);
    }
    return 0;
}

static int decode(decoder *d, const uint8_t *data, size_t len, hs_sv2_message *out)
{
    size_t size = 0;
    if (hs_sv2_frame_size(data, len, &size, d->why) != 0) {
        return -1;
    }
    if (size != len) {
        return hs_sv2_refuse(d->why, HS_SV2_E_LENGTH, size,
                             "the header's msg_length at byte 3 ends the frame at byte %zu and %zu "
                             "bytes are there",
                             size, len);
    }
    if (find_spec(d, data, out) != 0) {
        return -1;
    }
    d->in.data = data;
    d->in.len = len;
    d->in.pos = HS_SV2_HEADER_SIZE;
    for (size_t i = 0; i < d->spec->field_count; i++) {
        d->field = &d->spec->fields[i];
        if (take_field(d, (unsigned char *)out + d->field->offset) != 0) {
            return -1;
        }
    }
    return take_tlvs(d, out);
}

int hs_sv2_decode(const uint8_t *data, size_t len, uint32_t flags, hs_sv2_message *out,
                  hs_sv2_error *why)
{
    decoder d;
    memset(&d, 0, sizeof d);
    memset(out, 0, sizeof *out);
    memset(why, 0, sizeof *why);
    d.flags = flags;
    d.why = why;
    const int rc = decode(&d, data, len, out);
    if (rc != 0) {
        memset(out, 0, sizeof *out);
    }
    return rc;
}

/* ---- decoded messages: sequences, TLVs, the channel, texts ---- */

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
