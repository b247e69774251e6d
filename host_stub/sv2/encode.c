/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The writing half of sv2/codec.h. */
#include <string.h>

#include "host_stub/sv2/codec.h"
#include "host_stub/sv2/field.h"
#include "host_stub/sv2/wire.h"

typedef struct encoder {
    hs_sv2_writer out;
    const hs_sv2_spec *spec;
    const hs_sv2_field *field;
    hs_sv2_error *why;
} encoder;

static int refuse_value(encoder *e, uint64_t seen, uint64_t most)
{
    return hs_sv2_refuse(e->why, HS_SV2_E_VALUE, e->out.pos,
                         "%s: %s is (or has) %llu; at most %llu fits", e->spec->name,
                         e->field->name, (unsigned long long)seen, (unsigned long long)most);
}

static int put_integer(encoder *e, size_t bytes, uint64_t most, const void *from)
{
    uint32_t value = 0;
    memcpy(&value, from, sizeof value);
    const uint64_t limit = e->field->limit != 0 ? e->field->limit : most;
    if (value > limit) {
        return refuse_value(e, value, limit);
    }
    hs_sv2_write_uint(&e->out, bytes, value);
    return 0;
}

static int put_u64(encoder *e, const void *from)
{
    uint64_t value = 0;
    memcpy(&value, from, sizeof value);
    hs_sv2_write_uint(&e->out, 8, value);
    return 0;
}

static int put_f32(encoder *e, const void *from)
{
    float value = 0.0F;
    uint32_t bits = 0;
    memcpy(&value, from, sizeof value);
    memcpy(&bits, from, sizeof bits);
    if (hs_sv2_check_f32(e->spec->name, e->field->name, value, e->out.pos, e->why) != 0) {
        return -1;
    }
    hs_sv2_write_uint(&e->out, 4, bits);
    return 0;
}

static int put_option(encoder *e, const void *from)
{
    hs_sv2_option_u32 option;
    memcpy(&option, from, sizeof option);
    if (option.present > 1) {
        return refuse_value(e, option.present, 1);
    }
    hs_sv2_write_uint(&e->out, 1, option.present);
    if (option.present) {
        hs_sv2_write_uint(&e->out, 4, option.value);
    }
    return 0;
}

static int put_u256(encoder *e, const void *from)
{
    hs_sv2_u256 value;
    memcpy(&value, from, sizeof value);
    hs_sv2_write_bytes(&e->out, value.byte, sizeof value.byte);
    return 0;
}

static int put_bytes(encoder *e, size_t length_bytes, uint32_t most, const void *from)
{
    hs_sv2_bytes value;
    memcpy(&value, from, sizeof value);
    const uint32_t limit = e->field->limit != 0 ? e->field->limit : most;
    if (value.len > limit) {
        return refuse_value(e, value.len, limit);
    }
    if (e->field->kind == HS_SV2_REASON &&
        hs_sv2_check_reason(e->spec->name, e->field->name, value, e->out.pos + length_bytes,
                            e->why) != 0) {
        return -1;
    }
    hs_sv2_write_uint(&e->out, length_bytes, value.len);
    hs_sv2_write_bytes(&e->out, value.data, value.len);
    return 0;
}

static int put_b032(encoder *e, const void *from)
{
    hs_sv2_b032 value;
    memcpy(&value, from, sizeof value);
    if (value.len > HS_SV2_EXTRANONCE_MAX) {
        return refuse_value(e, value.len, HS_SV2_EXTRANONCE_MAX);
    }
    hs_sv2_write_uint(&e->out, 1, value.len);
    hs_sv2_write_bytes(&e->out, value.byte, value.len);
    return 0;
}

static int put_seq(encoder *e, size_t count_bytes, uint32_t most, size_t element_bytes,
                   const void *from)
{
    hs_sv2_seq value;
    memcpy(&value, from, sizeof value);
    if (value.count > most) {
        return refuse_value(e, value.count, most);
    }
    hs_sv2_write_uint(&e->out, count_bytes, value.count);
    hs_sv2_write_bytes(&e->out, value.data, (size_t)value.count * element_bytes);
    return 0;
}

static int put_field(encoder *e, const void *from)
{
    switch (e->field->kind) {
    case HS_SV2_U8:
        return put_integer(e, 1, UINT8_MAX, from);
    case HS_SV2_U16:
        return put_integer(e, 2, UINT16_MAX, from);
    case HS_SV2_U32:
    case HS_SV2_X32:
        return put_integer(e, 4, UINT32_MAX, from);
    case HS_SV2_U64:
        return put_u64(e, from);
    case HS_SV2_F32:
        return put_f32(e, from);
    case HS_SV2_BOOL:
        return put_integer(e, 1, 1, from);
    case HS_SV2_OPTION_U32:
        return put_option(e, from);
    case HS_SV2_U256:
        return put_u256(e, from);
    case HS_SV2_STR0_255:
    case HS_SV2_REASON:
    case HS_SV2_B0_255:
        return put_bytes(e, 1, UINT8_MAX, from);
    case HS_SV2_B0_64K:
        return put_bytes(e, 2, UINT16_MAX, from);
    case HS_SV2_B0_32:
        return put_b032(e, from);
    case HS_SV2_SEQ0_255_U256:
        return put_seq(e, 1, UINT8_MAX, 32, from);
    case HS_SV2_SEQ0_64K_U32:
        return put_seq(e, 2, UINT16_MAX, 4, from);
    case HS_SV2_SEQ0_64K_U16:
        return put_seq(e, 2, UINT16_MAX, 2, from);
    }
    return -1;
}

static int put_tlvs(encoder *e, hs_sv2_bytes tlvs)
{
    hs_sv2_bytes rest = tlvs;
    hs_sv2_tlv tlv;
    while (hs_sv2_tlv_next(&rest, &tlv)) {
        continue;
    }
    if (rest.len > 0) {
        return hs_sv2_refuse(e->why, HS_SV2_E_TLV, e->out.pos,
                             "%s: the last %u bytes of the TLV tail are not a whole TLV",
                             e->spec->name, (unsigned)rest.len);
    }
    hs_sv2_write_bytes(&e->out, tlvs.data, tlvs.len);
    return 0;
}

static int put_message(encoder *e, const hs_sv2_message *message)
{
    const uint32_t id = (uint32_t)e->spec->id;
    hs_sv2_write_uint(&e->out, 2, id >> 8 | e->spec->channel_bit << 15);
    hs_sv2_write_uint(&e->out, 1, id & 0xff);
    hs_sv2_write_uint(&e->out, 3, 0); /* the length: known at the end */
    for (size_t i = 0; i < e->spec->field_count; i++) {
        e->field = &e->spec->fields[i];
        if (put_field(e, (const unsigned char *)message + e->field->offset) != 0) {
            return -1;
        }
    }
    return put_tlvs(e, message->tlv);
}

int hs_sv2_encode(const hs_sv2_message *message, uint8_t *out, size_t capacity, size_t *len,
                  hs_sv2_error *why)
{
    encoder e;
    memset(&e, 0, sizeof e);
    memset(why, 0, sizeof *why);
    *len = 0;
    e.out.data = out;
    e.out.capacity = capacity;
    e.why = why;
    e.spec = hs_sv2_spec_of(message->id);
    if (e.spec == NULL) {
        return hs_sv2_refuse(why, HS_SV2_E_TYPE, 2, "the message id 0x%x is unknown",
                             (unsigned)message->id);
    }
    if (put_message(&e, message) != 0) {
        return -1;
    }
    if (e.out.full) {
        return hs_sv2_refuse(why, HS_SV2_E_CAPACITY, e.out.pos,
                             "%s does not fit into the %zu bytes given", e.spec->name, capacity);
    }
    const size_t payload = e.out.pos - HS_SV2_HEADER_SIZE;
    if (payload > HS_SV2_PAYLOAD_MAX) {
        return hs_sv2_refuse(why, HS_SV2_E_LENGTH, 3,
                             "%s has %zu bytes of payload; a frame holds at most %u", e.spec->name,
                             payload, (unsigned)HS_SV2_PAYLOAD_MAX);
    }
    hs_sv2_writer header = {out + 3, 3, 0, 0};
    hs_sv2_write_uint(&header, 3, payload);
    *len = e.out.pos;
    return 0;
}
