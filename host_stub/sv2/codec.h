/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sv2/codec: Stratum V2 frames to messages and back. One frame per call, in buffers of the
 * caller's; no I/O, no memory of its own, no globals, so it fits a live host, a checker and a
 * fuzzer alike. Encryption (spec 4) lies below it and the meaning of messages (session.h) above.
 *
 * Decoding is lenient where deployed peers differ and the meaning is beyond doubt: by default it
 * takes a wrong channel_msg bit (see hs_sv2_message.channel_bit), control characters in reasons, a
 * coinbase_prefix above 8 bytes, a protocol that does not exist (it is for SetupConnection.Error to
 * say so), and overlooks what follows a message's last field unless it is whole TLVs in
 * little-endian order: stray bytes, and TLVs in the byte order of the specification's printed
 * example. HS_SV2_STRICT refuses all of these, except for the bit of NewMiningJob and
 * SetCustomMiningJob*, which older peers rightly sent clear. Encoding is always strict. */
#ifndef HOST_STUB_SV2_CODEC_H
#define HOST_STUB_SV2_CODEC_H

#include "host_stub/sv2/table.h"
#include "host_stub/sv2/types.h"

enum hs_sv2_reason {
    HS_SV2_OK = 0,
    HS_SV2_E_HEADER,       /* fewer than 6 bytes */
    HS_SV2_E_LENGTH,       /* msg_length is not the number of bytes that follow */
    HS_SV2_E_EXTENSION,    /* an extension_type that the table does not know; a well-formed frame */
    HS_SV2_E_TYPE,         /* a msg_type that the table does not know */
    HS_SV2_E_CHANNEL_BIT,  /* strict: the channel_msg bit is wrong */
    HS_SV2_E_SHORT,        /* a field runs past the payload's end */
    HS_SV2_E_VALUE,        /* a length beyond its limit; strict: an integer beyond its own */
    HS_SV2_E_OPTION,       /* an OPTION whose count is not 0 or 1 */
    HS_SV2_E_F32_NAN,      /* a hashrate that is not a number */
    HS_SV2_E_F32_INFINITE, /* ... infinite */
    HS_SV2_E_F32_NEGATIVE, /* ... negative, -0.0 included */
    HS_SV2_E_CONTROL,      /* strict: a control character in a reason */
    HS_SV2_E_TLV,          /* strict: what follows the last field is not whole TLVs */
    HS_SV2_E_CAPACITY      /* encoding: the caller's buffer is too small */
};

/* Why a frame was refused. `text` is one sentence without a final newline. */
typedef struct hs_sv2_error {
    enum hs_sv2_reason reason;
    size_t offset; /* in the frame, of the byte or field at fault */
    char text[224];
} hs_sv2_error;

enum hs_sv2_decode_flag {
    HS_SV2_STRICT = 0x1,
    HS_SV2_ANY_RATE = 0x2 /* hashrates as they are, for who refuses them with an answer */
};

/* Is it finite and not negative (nor -0.0)? */
int hs_sv2_is_rate(float value);

/* Looks at the header of the frame that starts at data[0] (`len` bytes are there) and tells its
 * whole size, header included. Returns 0 when all of it is there, else -1: HS_SV2_E_HEADER with
 * *size = 6, or HS_SV2_E_LENGTH with *size = what it needs. A live host then waits for more bytes.
 * `why` may be NULL. */
int hs_sv2_frame_size(const uint8_t *data, size_t len, size_t *size, hs_sv2_error *why);

/* Decodes exactly one frame. Returns 0, or -1 with the reason in *why (never NULL); then *out is
 * zero. The views in *out point into `data`. */
int hs_sv2_decode(const uint8_t *data, size_t len, uint32_t flags, hs_sv2_message *out,
                  hs_sv2_error *why);

/* Encodes one frame and its TLV tail; *len is its size. Returns 0, or -1 with the reason in *why
 * (never NULL) and *len = 0; the buffer's contents are then undefined. */
int hs_sv2_encode(const hs_sv2_message *message, uint8_t *out, size_t capacity, size_t *len,
                  hs_sv2_error *why);

/* The message's channel_id (or group's), or 0 for messages that address no channel. */
uint32_t hs_sv2_channel_of(const hs_sv2_message *message);

/* One element of a decoded sequence; index < seq->count. */
uint16_t hs_sv2_seq_u16(const hs_sv2_seq *seq, uint32_t index);
uint32_t hs_sv2_seq_u32(const hs_sv2_seq *seq, uint32_t index);
hs_sv2_u256 hs_sv2_seq_u256(const hs_sv2_seq *seq, uint32_t index);

typedef struct hs_sv2_tlv {
    uint16_t extension_type;
    uint8_t field_type;
    hs_sv2_bytes value;
} hs_sv2_tlv;

/* Takes the first TLV off *rest. Returns 1, or 0 when *rest is empty or does not start with a whole
 * TLV (it is then unchanged). Start with a copy of hs_sv2_message.tlv. */
int hs_sv2_tlv_next(hs_sv2_bytes *rest, hs_sv2_tlv *out);

/* A text without its NUL; a view. */
hs_sv2_bytes hs_sv2_bytes_of(const char *text);
/* Are they this text? */
int hs_sv2_bytes_are(hs_sv2_bytes bytes, const char *text);

#endif
