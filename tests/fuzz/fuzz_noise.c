/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The transport's reading side. The first byte says what the others are: an act 1, an act 2, the
 * text of a key, or a stream that one end has sealed and the input has changed. */
#include <string.h>

#include "host_stub/noise/handshake.h"
#include "host_stub/noise/text.h"
#include "tests/fuzz/fuzz.h"

enum { NOW = 1790000000 };

/* Made once: they are no part of the input. */
static hs_noise_key authority;
static hs_noise_key ephemeral;
static hs_noise_identity identity;

static void prepare(void)
{
    if (identity.made_s == 0) {
        ALWAYS(hs_noise_key_make(&authority) == 0);
        ALWAYS(hs_noise_key_make(&ephemeral) == 0);
        ALWAYS(hs_noise_identity_renew(&identity, authority.secret, NOW) == 0);
    }
}

/* Any 64 bytes are a point of the curve, and are answered. */
static void answer(const uint8_t *data, size_t size)
{
    uint8_t act1[HS_NOISE_ACT1_SIZE] = {0};
    uint8_t act2[HS_NOISE_ACT2_SIZE];
    uint8_t x[HS_NOISE_X_SIZE];
    hs_noise_ciphers ciphers;
    memcpy(act1, data, size < sizeof act1 ? size : sizeof act1);
    hs_ellswift_decode(act1, x);
    ALWAYS(hs_noise_is_public(x));
    ALWAYS(hs_noise_respond(act1, &ephemeral, &identity, act2, &ciphers) == 0);
}

/* Nobody can make an act 2 without the keys. What is short is the true one with changes. */
static void complete(const uint8_t *data, size_t size)
{
    uint8_t act1[HS_NOISE_ACT1_SIZE];
    uint8_t act2[HS_NOISE_ACT2_SIZE];
    uint8_t x[HS_NOISE_X_SIZE];
    uint8_t changed = 0;
    hs_noise_handshake handshake;
    hs_noise_key key = ephemeral;
    hs_noise_ciphers ciphers;
    char why[200] = "";
    hs_noise_initiate(&handshake, &key, act1);
    ALWAYS(hs_noise_respond(act1, &authority, &identity, act2, &ciphers) == 0);
    for (size_t i = 0; i < size && i < sizeof act2; i++) {
        changed |= data[i];
        act2[i] ^= data[i];
    }
    ALWAYS(hs_noise_public(authority.secret, x) == 0);
    const int rc = hs_noise_complete(&handshake, act2, x, NOW, &ciphers, why, sizeof why);
    ALWAYS(rc == (changed != 0 ? -1 : 0));
    ALWAYS((why[0] != '\0') == (rc != 0));
}

/* What is taken for a key is written as it was read. */
static void read_key(const uint8_t *data, size_t size)
{
    char text[256];
    char again[HS_NOISE_TEXT_SIZE];
    char why[200];
    uint8_t x[HS_NOISE_X_SIZE];
    const size_t len = size < sizeof text - 1 ? size : sizeof text - 1;
    memcpy(text, data, len);
    text[len] = '\0';
    if (hs_noise_public_read(text, x, why, sizeof why) == 0) {
        hs_noise_public_write(x, again);
        ALWAYS(strcmp(text, again) == 0);
    }
    (void)hs_noise_secret_read(text, x, why, sizeof why);
}

/* Seals half of the input as the payload of a frame and changes it by the other half: it comes out
 * whole or not at all. */
static void open_stream(const uint8_t *data, size_t size)
{
    const size_t payload = size / 2;
    const size_t len = HS_NOISE_HEADER_SIZE + payload;
    const size_t sealed_len = hs_noise_sealed_size(len);
    hs_noise_cipher sender = {{7}, 0};
    hs_noise_opener receiver = {sender, 0};
    uint8_t *const frame = calloc(1, len);
    uint8_t *const sealed = malloc(sealed_len);
    uint8_t changed = 0;
    size_t at = 0;
    size_t out = 0;
    int rc = 0;
    ALWAYS(frame != NULL && sealed != NULL);
    frame[3] = (uint8_t)payload;
    frame[4] = (uint8_t)(payload >> 8);
    memcpy(frame + HS_NOISE_HEADER_SIZE, data, payload);
    hs_noise_seal_frame(&sender, frame, len, sealed);
    for (size_t i = 0; i < size - payload; i++) {
        changed |= data[payload + i];
        sealed[i] ^= data[payload + i];
    }
    while (rc == 0 && at + hs_noise_next_piece(&receiver) <= sealed_len) {
        const size_t piece = hs_noise_next_piece(&receiver);
        rc = hs_noise_open_piece(&receiver, sealed + at, sealed + out);
        at += piece;
        out += piece - HS_NOISE_TAG_SIZE;
    }
    ALWAYS(rc == (changed != 0 ? -1 : 0));
    ALWAYS(rc != 0 || (out == len && memcmp(sealed, frame, len) == 0));
    free(sealed);
    free(frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const WAYS[])(const uint8_t *data, size_t size) = {answer, complete, read_key,
                                                                     open_stream};
    prepare();
    if (size > 0 && size < 60000) {
        WAYS[data[0] % (sizeof WAYS / sizeof WAYS[0])](data + 1, size - 1);
    }
    return 0;
}
