/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/sv2/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "host_stub/base/text.h"
#include "host_stub/sv2/codec.h"
#include "host_stub/sv2/f32.h"

enum {
    SHORT_BYTES = 12, /* longer byte strings are abbreviated to their first 4 and last 4 bytes */
    SHORT_ITEMS = 8,  /* of a sequence */
    SHORT_HASHES = 2,
    SHORT_TLVS = 4
};

typedef struct text {
    char *out;
    size_t capacity;
    size_t len; /* of the whole text */
    int brief;
} text;

static void put(text *t, const char *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (t->len + 1 < t->capacity) {
            t->out[t->len] = data[i];
        }
        t->len++;
    }
    if (t->capacity > 0) {
        t->out[t->len < t->capacity ? t->len : t->capacity - 1] = '\0';
    }
}

__attribute__((format(printf, 2, 3))) static void put_format(text *t, const char *format, ...)
{
    char buffer[96];
    va_list list;
    va_start(list, format);
    const int len = vsnprintf(buffer, sizeof buffer, format, list);
    va_end(list);
    if (len > 0) {
        put(t, buffer, (size_t)len < sizeof buffer ? (size_t)len : sizeof buffer - 1);
    }
}

static void put_hex(text *t, const uint8_t *data, size_t len)
{
    static const char DIGITS[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        const char pair[2] = {DIGITS[data[i] >> 4], DIGITS[data[i] & 15]};
        put(t, pair, sizeof pair);
    }
}

static void put_bytes(text *t, const uint8_t *data, size_t len)
{
    if (t->brief && len > SHORT_BYTES) {
        put_hex(t, data, 4);
        put(t, "..", 2);
        put_hex(t, data + len - 4, 4);
        put_format(t, "(%zu bytes)", len);
    } else {
        put_hex(t, data, len);
    }
}

static int is_plain(uint32_t c)
{
    return c < 0x80 ? c >= 0x20 && c != 0x7f && strchr("|,\"\\", (int)c) == NULL : c >= 0xa0;
}

static void put_string(text *t, hs_sv2_bytes value)
{
    size_t at = 0;
    while (at < value.len) {
        uint32_t character = 0;
        const size_t size = hs_utf8(value.data + at, value.len - at, &character);
        if (size == 0 || !is_plain(character)) {
            put(t, "hex:", 4);
            put_bytes(t, value.data, value.len);
            return;
        }
        at += size;
    }
    put(t, "\"", 1);
    put(t, (const char *)value.data, value.len);
    put(t, "\"", 1);
}

static void put_float(text *t, const void *from)
{
    char buffer[HS_SV2_F32_TEXT_SIZE];
    float value = 0.0F;
    uint32_t bits = 0;
    memcpy(&value, from, sizeof value);
    memcpy(&bits, from, sizeof bits);
    put(t, buffer, hs_sv2_f32_text(value, buffer));
    put_format(t, "(0x%08" PRIx32 ")", bits);
}

static void put_seq(text *t, enum hs_sv2_kind kind, const hs_sv2_seq *seq)
{
    const uint32_t most = kind == HS_SV2_SEQ0_255_U256 ? SHORT_HASHES : SHORT_ITEMS;
    const uint32_t shown = t->brief && seq->count > most ? most : seq->count;
    put(t, "[", 1);
    for (uint32_t i = 0; i < shown; i++) {
        put(t, ";", i > 0 ? 1 : 0);
        if (kind == HS_SV2_SEQ0_255_U256) {
            put_bytes(t, seq->data + (size_t)i * 32, 32);
        } else if (kind == HS_SV2_SEQ0_64K_U32) {
            put_format(t, "%" PRIu32, hs_sv2_seq_u32(seq, i));
        } else {
            put_format(t, "%u", (unsigned)hs_sv2_seq_u16(seq, i));
        }
    }
    if (shown < seq->count) {
        put_format(t, ";..(%" PRIu32 " items)", seq->count);
    }
    put(t, "]", 1);
}

static void put_number(text *t, enum hs_sv2_kind kind, const void *from)
{
    uint32_t value = 0;
    memcpy(&value, from, sizeof value);
    if (kind == HS_SV2_X32) {
        put_format(t, "0x%08" PRIx32, value);
    } else if (kind == HS_SV2_BOOL) {
        put_format(t, "%s", value ? "true" : "false");
    } else {
        put_format(t, "%" PRIu32, value);
    }
}

static void put_option(text *t, const void *from)
{
    hs_sv2_option_u32 option;
    memcpy(&option, from, sizeof option);
    if (option.present) {
        put_format(t, "%" PRIu32, option.value);
    } else {
        put(t, "none", 4);
    }
}

static void put_blob(text *t, enum hs_sv2_kind kind, const void *from)
{
    hs_sv2_bytes value;
    memcpy(&value, from, sizeof value);
    if (kind == HS_SV2_STR0_255 || kind == HS_SV2_REASON) {
        put_string(t, value);
    } else {
        put_bytes(t, value.data, value.len);
    }
}

static void put_value(text *t, enum hs_sv2_kind kind, const void *from)
{
    hs_sv2_b032 short_bytes;
    hs_sv2_seq seq;
    uint64_t wide = 0;
    switch (kind) {
    case HS_SV2_U8:
    case HS_SV2_U16:
    case HS_SV2_U32:
    case HS_SV2_X32:
    case HS_SV2_BOOL:
        put_number(t, kind, from);
        break;
    case HS_SV2_U64:
        memcpy(&wide, from, sizeof wide);
        put_format(t, "%" PRIu64, wide);
        break;
    case HS_SV2_F32:
        put_float(t, from);
        break;
    case HS_SV2_OPTION_U32:
        put_option(t, from);
        break;
    case HS_SV2_U256:
        put_bytes(t, from, 32);
        break;
    case HS_SV2_B0_32:
        memcpy(&short_bytes, from, sizeof short_bytes);
        put_bytes(t, short_bytes.byte, short_bytes.len);
        break;
    case HS_SV2_STR0_255:
    case HS_SV2_REASON:
    case HS_SV2_B0_255:
    case HS_SV2_B0_64K:
        put_blob(t, kind, from);
        break;
    case HS_SV2_SEQ0_255_U256:
    case HS_SV2_SEQ0_64K_U32:
    case HS_SV2_SEQ0_64K_U16:
        memcpy(&seq, from, sizeof seq);
        put_seq(t, kind, &seq);
        break;
    }
}

static void put_field(text *t, const hs_sv2_message *message, const hs_sv2_field *field)
{
    put(t, field->name, strlen(field->name));
    put(t, "=", 1);
    put_value(t, field->kind, (const unsigned char *)message + field->offset);
}

static void put_tlvs(text *t, hs_sv2_bytes rest)
{
    hs_sv2_tlv tlv;
    uint32_t count = 0;
    while (hs_sv2_tlv_next(&rest, &tlv)) {
        count++;
        if (!t->brief || count <= SHORT_TLVS) {
            put_format(t, ",tlv(0x%04x:0x%02x)=", (unsigned)tlv.extension_type,
                       (unsigned)tlv.field_type);
            put_string(t, tlv.value);
        }
    }
    if (t->brief && count > SHORT_TLVS) {
        put_format(t, ",..(%" PRIu32 " TLVs)", count);
    }
}

size_t hs_sv2_text(const hs_sv2_message *message, uint32_t flags, char *out, size_t capacity)
{
    const hs_sv2_spec *const spec = hs_sv2_spec_of(message->id);
    text t = {out, capacity, 0, (flags & HS_SV2_TEXT_SHORT) != 0};
    put(&t, "", 0);
    if (spec == NULL) {
        put_format(&t, "unknown message 0x%" PRIx32, message->id);
        return t.len;
    }
    if ((flags & HS_SV2_TEXT_FIELDS_ONLY) == 0) {
        put(&t, spec->name, strlen(spec->name));
        put(&t, " | ", 3);
    }
    for (size_t i = 0; i < spec->field_count; i++) {
        const hs_sv2_field *const field = &spec->fields[i];
        put(&t, ",", i > 0 ? 1 : 0);
        put_field(&t, message, field);
    }
    put_tlvs(&t, message->tlv);
    return t.len;
}

size_t hs_sv2_text_field(const hs_sv2_message *message, const char *name, uint32_t flags, char *out,
                         size_t capacity)
{
    const hs_sv2_spec *const spec = hs_sv2_spec_of(message->id);
    text t = {out, capacity, 0, (flags & HS_SV2_TEXT_SHORT) != 0};
    put(&t, "", 0);
    for (size_t i = 0; spec != NULL && i < spec->field_count; i++) {
        if (strcmp(spec->fields[i].name, name) == 0) {
            put_field(&t, message, &spec->fields[i]);
        }
    }
    return t.len;
}
