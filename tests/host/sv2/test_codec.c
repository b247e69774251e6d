/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sv2/decode, sv2/encode, sv2/table: the published vectors both ways, and everything that must be
 * refused. Frames are decoded from heap copies of their exact size, so that a sanitizer sees the
 * first byte read beyond them. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/sv2/codec.h"
#include "host_stub/sv2/text.h"

enum { LINE_MAX_BYTES = 4096, FRAME_MAX = 1024 };

typedef struct vector {
    char mark; /* 0, '!' every decoder refuses, '~' a strict decoder may refuse */
    char name[64];
    char fields[2048];
    uint8_t frame[FRAME_MAX];
    size_t len;
} vector;

static int hex_value(char c)
{
    const char *const digits = "0123456789abcdef";
    const char *const at = c != '\0' ? strchr(digits, c) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

static size_t from_hex(const char *hex, uint8_t *out)
{
    size_t len = 0;
    while (hex_value(hex[0]) >= 0 && hex_value(hex[1]) >= 0) {
        cr_assert_lt(len, FRAME_MAX);
        out[len++] = (uint8_t)(hex_value(hex[0]) << 4 | hex_value(hex[1]));
        hex += 2;
    }
    return len;
}

/* Reads the next vector; 0 at the end of the file. */
static int next_vector(FILE *file, vector *out)
{
    static char line[LINE_MAX_BYTES];
    memset(out, 0, sizeof *out);
    while (fgets(line, sizeof line, file) != NULL) {
        if (line[0] == '#' || line[0] == '\n') {
            continue;
        }
        char *const fields = strstr(line, " | ");
        cr_assert_not_null(fields);
        char *const hex = strstr(fields + 3, " | ");
        cr_assert_not_null(hex);
        *fields = '\0';
        *hex = '\0';
        const int marked = line[0] == '!' || line[0] == '~';
        out->mark = marked ? line[0] : '\0';
        snprintf(out->name, sizeof out->name, "%s", line + marked);
        snprintf(out->fields, sizeof out->fields, "%s", fields + 3);
        out->len = from_hex(hex + 3, out->frame);
        return 1;
    }
    return 0;
}

static FILE *open_vectors(void)
{
    FILE *const file = fopen(HMX_TEST_DATA "/data/sv2/vectors.txt", "r");
    cr_assert_not_null(file);
    return file;
}

/* Decodes from an exact-size copy; the text, if wanted, is made while the copy lives. */
static int decode_copy(const uint8_t *data, size_t len, uint32_t flags, char *text, size_t capacity,
                       hs_sv2_error *why)
{
    uint8_t *const copy = malloc(len > 0 ? len : 1);
    cr_assert_not_null(copy);
    memcpy(copy, data, len);
    hs_sv2_message message;
    const int done = hs_sv2_decode(copy, len, flags, &message, why) == 0;
    if (done && text != NULL) {
        cr_assert_lt(hs_sv2_text(&message, 0, text, capacity), capacity);
    }
    if (!done) {
        cr_assert_neq(why->reason, HS_SV2_OK);
        cr_assert_neq(why->text[0], '\0');
    }
    free(copy);
    return done;
}

static enum hs_sv2_reason reason_of(const char *hex, uint32_t flags)
{
    uint8_t frame[FRAME_MAX];
    hs_sv2_error why;
    const size_t len = from_hex(hex, frame);
    (void)decode_copy(frame, len, flags, NULL, 0, &why);
    return why.reason;
}

Test(sv2_codec, positive_vectors_decode_to_their_fields_and_encode_to_their_bytes)
{
    FILE *const file = open_vectors();
    vector v;
    int count = 0;
    while (next_vector(file, &v)) {
        if (v.mark != '\0') {
            continue;
        }
        char want[2200];
        char got[2200];
        uint8_t again[FRAME_MAX];
        size_t len = 0;
        hs_sv2_message message;
        hs_sv2_error why;
        cr_assert(hs_sv2_decode(v.frame, v.len, HS_SV2_STRICT, &message, &why) == 0, "%s: %s",
                  v.name, why.text);
        snprintf(want, sizeof want, "%s | %s", v.name, v.fields);
        cr_assert_lt(hs_sv2_text(&message, 0, got, sizeof got), sizeof got);
        cr_assert_str_eq(got, want);
        cr_assert(hs_sv2_encode(&message, again, sizeof again, &len, &why) == 0, "%s", why.text);
        cr_assert_eq(len, v.len);
        cr_assert_arr_eq(again, v.frame, len);
        /* A buffer that is one byte too small is not overrun. */
        uint8_t *const tight = malloc(v.len - 1);
        cr_assert(hs_sv2_encode(&message, tight, v.len - 1, &len, &why) != 0);
        cr_assert_eq(why.reason, HS_SV2_E_CAPACITY);
        cr_assert_eq(len, 0);
        free(tight);
        count++;
    }
    fclose(file);
    cr_assert_eq(count, 38);
}

Test(sv2_codec, negative_vectors_are_refused)
{
    FILE *const file = open_vectors();
    vector v;
    int count = 0;
    while (next_vector(file, &v)) {
        if (v.mark != '!') {
            continue;
        }
        hs_sv2_error why;
        cr_assert_not(decode_copy(v.frame, v.len, 0, NULL, 0, &why), "accepted %s: %s", v.name,
                      v.fields);
        cr_assert_not(decode_copy(v.frame, v.len, HS_SV2_STRICT, NULL, 0, &why));
        count++;
    }
    fclose(file);
    cr_assert_eq(count, 9);
}

Test(sv2_codec, strictness_is_as_documented)
{
    FILE *const file = open_vectors();
    vector v;
    int strict_refusals = 0;
    int lenient_refusals = 0;
    while (next_vector(file, &v)) {
        hs_sv2_error why;
        if (v.mark == '~') {
            strict_refusals += !decode_copy(v.frame, v.len, HS_SV2_STRICT, NULL, 0, &why);
            lenient_refusals += !decode_copy(v.frame, v.len, 0, NULL, 0, &why);
        }
    }
    fclose(file);
    cr_assert_eq(strict_refusals, 5);
    cr_assert_eq(lenient_refusals, 0);
    /* A clear bit on SetExtranoncePrefix, and on NewMiningJob, which older peers send so. */
    const char *const prefix = "0000190d00000400000008b1b2b3b400000009";
    cr_assert_eq(reason_of(prefix, HS_SV2_STRICT), HS_SV2_E_CHANNEL_BIT);
    cr_assert_eq(reason_of(prefix, 0), HS_SV2_OK);
    const char *const job =
        "0000152d0000020000000a0000000000000020404142434445464748494a4b4c4d4e4f505152535455565758"
        "595a5b5c5d5e5f";
    cr_assert_eq(reason_of(job, HS_SV2_STRICT), HS_SV2_OK);
    const char *const control = "00801d0b0000040000006600000002610a";
    cr_assert_eq(reason_of(control, HS_SV2_STRICT), HS_SV2_E_CONTROL);
    cr_assert_eq(reason_of(control, 0), HS_SV2_OK);
}

Test(sv2_codec, a_frame_cut_anywhere_is_refused)
{
    FILE *const file = open_vectors();
    vector v;
    while (next_vector(file, &v)) {
        for (size_t len = 0; v.mark == '\0' && len < v.len; len++) {
            hs_sv2_error why;
            uint8_t cut[FRAME_MAX];
            memcpy(cut, v.frame, v.len);
            cr_assert_not(decode_copy(cut, len, 0, NULL, 0, &why), "%s cut at %zu", v.name, len);
            if (len >= HS_SV2_HEADER_SIZE) { /* and when its header agrees with the cut */
                cut[3] = (uint8_t)(len - HS_SV2_HEADER_SIZE);
                cut[4] = (uint8_t)((len - HS_SV2_HEADER_SIZE) >> 8);
                cr_assert_not(decode_copy(cut, len, 0, NULL, 0, &why), "%s cut at %zu", v.name,
                              len);
            }
        }
    }
    fclose(file);
}

/* Whatever strictly decodes also encodes, to a frame that says the same. */
static void check_round_trip(const uint8_t *frame, size_t len)
{
    static char first[1u << 18];
    static char second[1u << 18];
    static uint8_t again[FRAME_MAX];
    size_t again_len = 0;
    hs_sv2_message message;
    hs_sv2_error why;
    if (!decode_copy(frame, len, HS_SV2_STRICT, first, sizeof first, &why)) {
        return;
    }
    cr_assert(hs_sv2_decode(frame, len, HS_SV2_STRICT, &message, &why) == 0);
    cr_assert(hs_sv2_encode(&message, again, sizeof again, &again_len, &why) == 0, "%s", why.text);
    cr_assert(decode_copy(again, again_len, HS_SV2_STRICT, second, sizeof second, &why));
    cr_assert_str_eq(first, second);
}

Test(sv2_codec, flipped_bits_do_no_harm)
{
    FILE *const file = open_vectors();
    vector v;
    while (next_vector(file, &v)) {
        for (size_t bit = 0; bit < v.len * 8; bit++) {
            v.frame[bit / 8] ^= (uint8_t)(1u << (bit % 8));
            check_round_trip(v.frame, v.len);
            v.frame[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        }
    }
    fclose(file);
}

Test(sv2_codec, random_payloads_do_no_harm)
{
    uint64_t state = 1;
    for (int run = 0; run < 60000; run++) {
        uint8_t frame[HS_SV2_HEADER_SIZE + 255];
        for (size_t i = 0; i < sizeof frame; i++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            frame[i] = (uint8_t)(state >> 56);
            frame[i] &= i > 6 && frame[i] < 200 ? 0x3 : 0xff; /* small lengths are more telling */
        }
        const size_t payload = frame[6];
        frame[0] = run % 16 == 0 ? 1 : 0;
        frame[1] = (uint8_t)(run % 2 << 7);
        frame[2] = (uint8_t)(run % 0x27);
        frame[3] = (uint8_t)payload;
        frame[4] = 0;
        frame[5] = 0;
        check_round_trip(frame, HS_SV2_HEADER_SIZE + payload);
    }
}

Test(sv2_codec, hashrates_that_are_no_hashrates_each_have_a_reason)
{
    /* UpdateChannel with the four bytes of nominal_hash_rate put in. */
    const struct {
        const char *bits;
        enum hs_sv2_reason reason;
    } rows[] = {{"00000000", HS_SV2_OK},
                {"ffff7f7f", HS_SV2_OK}, /* the largest float */
                {"0000c07f", HS_SV2_E_F32_NAN},
                {"010080ff", HS_SV2_E_F32_NAN},
                {"0000807f", HS_SV2_E_F32_INFINITE},
                {"000080ff", HS_SV2_E_F32_INFINITE},
                {"00000080", HS_SV2_E_F32_NEGATIVE}, /* -0.0 */
                {"000080bf", HS_SV2_E_F32_NEGATIVE}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char hex[200];
        snprintf(hex, sizeof hex, "00801628000004000000%s%064d", rows[i].bits, 0);
        cr_assert_eq(reason_of(hex, 0), rows[i].reason, "%s", rows[i].bits);
    }
    hs_sv2_message message = {.id = HS_SV2_UPDATE_CHANNEL};
    uint8_t out[64];
    size_t len = 0;
    hs_sv2_error why;
    message.as.update_channel.nominal_hash_rate = NAN;
    cr_assert(hs_sv2_encode(&message, out, sizeof out, &len, &why) != 0);
    cr_assert_eq(why.reason, HS_SV2_E_F32_NAN);
    message.as.update_channel.nominal_hash_rate = -1.0F;
    cr_assert(hs_sv2_encode(&message, out, sizeof out, &len, &why) != 0);
    cr_assert_eq(why.reason, HS_SV2_E_F32_NEGATIVE);
}

Test(sv2_codec, who_answers_them_may_have_hashrates_as_they_are)
{
    static const uint8_t FRAME[] = {
        0x00, 0x80, 0x16, 0x28, 0, 0, 4, 0, 0, 0, 0, 0, 0xc0, 0x7f, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0,    0,    0,    0,    0, 0, 0, 0, 0, 0, 0, 0, 0,    0,    0, 0, 0, 0, 0, 0, 0, 0, 0};
    hs_sv2_message message;
    hs_sv2_error why;
    cr_assert(hs_sv2_decode(FRAME, sizeof FRAME, 0, &message, &why) != 0);
    cr_assert(hs_sv2_decode(FRAME, sizeof FRAME, HS_SV2_ANY_RATE, &message, &why) == 0);
    cr_assert(isnan(message.as.update_channel.nominal_hash_rate));
    const struct {
        float value;
        int is_rate;
    } rows[] = {{0.0F, 1},      {1e14F, 1}, {NAN, 0},  {INFINITY, 0},
                {-INFINITY, 0}, {-1.0F, 0}, {-0.0F, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_assert_eq(hs_sv2_is_rate(rows[i].value), rows[i].is_rate, "row %zu", i);
    }
}

/* Spec 3.4.3: what an extension has put behind a message is for who knows it. */
Test(sv2_codec, what_nobody_knows_behind_a_message_is_overlooked)
{
    const char *const rows[] = {
        "0080190e00000400000008b1b2b3b40000000900", /* one byte */
        /* a TLV in the byte order of the specification's example */
        "00801b30000004000000650000000a0000000403020105f1536500000020080102030405060708"
        "0002010006776f726b6572"};
    for (size_t i = 0; i < 2; i++) {
        uint8_t frame[FRAME_MAX];
        hs_sv2_message message;
        hs_sv2_error why;
        char hex[400];
        snprintf(hex, sizeof hex, "%s", rows[i]);
        size_t len = from_hex(hex, frame);
        frame[3] = (uint8_t)(len - HS_SV2_HEADER_SIZE);
        cr_assert(hs_sv2_decode(frame, len, HS_SV2_STRICT, &message, &why) != 0);
        cr_assert_eq(why.reason, HS_SV2_E_TLV);
        cr_assert(hs_sv2_decode(frame, len, 0, &message, &why) == 0, "%s", why.text);
        cr_assert_eq(message.tlv.len, 0, "nothing that could be read");
        cr_assert_eq(hs_sv2_channel_of(&message), 4);
    }
}

Test(sv2_codec, only_bit_0_of_a_bool_counts)
{
    /* A NewExtendedMiningJob with an empty path and coinbase; the byte is
     * version_rolling_allowed. */
    const char *const rows[] = {"00", "01", "fe", "ff"};
    for (size_t i = 0; i < 4; i++) {
        char hex[100];
        uint8_t frame[FRAME_MAX];
        hs_sv2_message message;
        hs_sv2_error why;
        snprintf(hex, sizeof hex, "00801f130000040000000c0000000000000020%s0000000000", rows[i]);
        const size_t len = from_hex(hex, frame);
        cr_assert(hs_sv2_decode(frame, len, HS_SV2_STRICT, &message, &why) == 0, "%s", why.text);
        cr_assert_eq(message.as.new_extended_job.version_rolling_allowed, i % 2);
    }
}

Test(sv2_codec, b0_32_holds_32_bytes_and_not_33)
{
    char hex[200];
    snprintf(hex, sizeof hex,
             "008019250000"
             "04000000"
             "20%064d",
             7);
    cr_assert_eq(reason_of(hex, 0), HS_SV2_OK);
    snprintf(hex, sizeof hex,
             "008019260000"
             "04000000"
             "21%066d",
             7);
    cr_assert_eq(reason_of(hex, 0), HS_SV2_E_VALUE);
    hs_sv2_message message = {.id = HS_SV2_SET_EXTRANONCE_PREFIX};
    message.as.set_extranonce_prefix.extranonce_prefix.len = 33;
    uint8_t out[64];
    size_t len = 0;
    hs_sv2_error why;
    cr_assert(hs_sv2_encode(&message, out, sizeof out, &len, &why) != 0);
    cr_assert_eq(why.reason, HS_SV2_E_VALUE);
}

Test(sv2_codec, tlvs_after_a_message_are_read_and_written)
{
    /* Worker name (extension 2, field 1) after a SubmitSharesExtended, then an empty TLV. */
    const char *const hex =
        "00801b2f000004000000650000000a0000000403020105f1536500000020080102030405060708"
        "0200010400726967370300ff0000";
    uint8_t frame[FRAME_MAX];
    uint8_t again[FRAME_MAX];
    char text[1024];
    hs_sv2_message message;
    hs_sv2_error why;
    hs_sv2_tlv tlv;
    size_t again_len = 0;
    const size_t len = from_hex(hex, frame);
    cr_assert(hs_sv2_decode(frame, len, HS_SV2_STRICT, &message, &why) == 0, "%s", why.text);
    hs_sv2_bytes rest = message.tlv;
    cr_assert(hs_sv2_tlv_next(&rest, &tlv));
    cr_assert_eq(tlv.extension_type, 2);
    cr_assert_eq(tlv.field_type, 1);
    cr_assert_eq(tlv.value.len, 4);
    cr_assert_arr_eq(tlv.value.data, "rig7", 4);
    cr_assert(hs_sv2_tlv_next(&rest, &tlv));
    cr_assert_eq(tlv.value.len, 0);
    cr_assert_not(hs_sv2_tlv_next(&rest, &tlv));
    hs_sv2_text(&message, 0, text, sizeof text);
    cr_assert_not_null(strstr(text, ",tlv(0x0002:0x01)=\"rig7\",tlv(0x0003:0xff)=\"\""));
    cr_assert(hs_sv2_encode(&message, again, sizeof again, &again_len, &why) == 0);
    cr_assert_eq(again_len, len);
    cr_assert_arr_eq(again, frame, len);
    message.tlv.len--;
    cr_assert(hs_sv2_encode(&message, again, sizeof again, &again_len, &why) != 0);
    cr_assert_eq(why.reason, HS_SV2_E_TLV);
}

Test(sv2_codec, values_that_do_not_fit_are_not_written)
{
    uint8_t out[1024];
    static const uint8_t bytes[300];
    size_t len = 0;
    hs_sv2_error why;
    hs_sv2_message message = {.id = HS_SV2_SETUP_CONNECTION};
    message.as.setup_connection.protocol = 3;
    cr_assert(hs_sv2_encode(&message, out, sizeof out, &len, &why) != 0);
    cr_assert_eq(why.reason, HS_SV2_E_VALUE);
    message.as.setup_connection.protocol = 0;
    message.as.setup_connection.min_version = 65536;
    cr_assert(hs_sv2_encode(&message, out, sizeof out, &len, &why) != 0);
    message.as.setup_connection.min_version = 2;
    message.as.setup_connection.vendor = (hs_sv2_bytes){bytes, 256};
    cr_assert(hs_sv2_encode(&message, out, sizeof out, &len, &why) != 0);
    message.as.setup_connection.vendor.len = 255;
    cr_assert(hs_sv2_encode(&message, out, sizeof out, &len, &why) == 0, "%s", why.text);
    message.id = 0x26;
    cr_assert(hs_sv2_encode(&message, out, sizeof out, &len, &why) != 0);
    cr_assert_eq(why.reason, HS_SV2_E_TYPE);
}

Test(sv2_codec, an_unknown_extension_is_told_from_an_unknown_message)
{
    cr_assert_eq(reason_of("0280190d00000400000008b1b2b3b400000009", 0), HS_SV2_E_EXTENSION);
    cr_assert_eq(reason_of("008026040000"
                           "04000000",
                           0),
                 HS_SV2_E_TYPE);
    cr_assert_eq(reason_of("010003040000"
                           "04000000",
                           0),
                 HS_SV2_E_TYPE);
}

Test(sv2_codec, a_frame_ends_where_its_header_says)
{
    /* What follows looks like a TLV, but msg_length does not count it. */
    cr_assert_eq(reason_of("008019090000"
                           "04000000"
                           "04b1b2b3b4"
                           "0200010000",
                           0),
                 HS_SV2_E_LENGTH);
    cr_assert_eq(reason_of("0080190e0000"
                           "04000000"
                           "04b1b2b3b4"
                           "0200010000",
                           0),
                 HS_SV2_OK);
}

Test(sv2_codec, frame_size_tells_how_much_is_needed)
{
    const uint8_t header[] = {0x00, 0x80, 0x19, 0x0d, 0x00, 0x01};
    hs_sv2_error why;
    size_t size = 0;
    cr_assert(hs_sv2_frame_size(header, 5, &size, &why) != 0);
    cr_assert_eq(why.reason, HS_SV2_E_HEADER);
    cr_assert_eq(size, 6);
    cr_assert(hs_sv2_frame_size(header, 6, &size, &why) != 0);
    cr_assert_eq(why.reason, HS_SV2_E_LENGTH);
    cr_assert_eq(size, 6 + 0x1000d);
    cr_assert(hs_sv2_frame_size(header, 6, &size, NULL) != 0);
}

Test(sv2_codec, the_table_is_sound)
{
    size_t count = 0;
    const hs_sv2_spec *const specs = hs_sv2_specs(&count);
    cr_assert_eq(count, 29);
    for (size_t i = 0; i < count; i++) {
        cr_assert_eq(hs_sv2_spec_of(specs[i].id), &specs[i]);
        cr_assert(i == 0 || specs[i].id > specs[i - 1].id);
        if (specs[i].channel_bit) { /* spec 3.2.1: the payload starts with the channel_id */
            cr_assert_str_eq(specs[i].fields[0].name, "channel_id");
        }
        hs_sv2_message message = {.id = specs[i].id};
        uint8_t out[256];
        size_t len = 0;
        hs_sv2_error why;
        cr_assert(hs_sv2_encode(&message, out, sizeof out, &len, &why) == 0);
        cr_assert_eq(out[1] >> 7, specs[i].channel_bit);
    }
    hs_sv2_message message = {.id = HS_SV2_SET_TARGET};
    message.as.set_target.channel_id = 77;
    cr_assert_eq(hs_sv2_channel_of(&message), 77);
    message.id = HS_SV2_SET_GROUP_CHANNEL;
    cr_assert_eq(hs_sv2_channel_of(&message), 0);
}
