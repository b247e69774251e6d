/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/net/secure.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host_stub/base/text.h"
#include "host_stub/noise/handshake.h"
#include "host_stub/sv2/codec.h"

enum {
    SETUP_BYTES = 8, /* of a SetupConnection, up to the high byte of its first version */
    TEXT_BYTES = 24
};

struct hs_secure {
    hs_noise_authority *ours;
    const uint8_t *theirs; /* NULL, or key */
    uint8_t key[HS_NOISE_X_SIZE];
    hs_noise_handshake handshake; /* of the one that connects */
    hs_noise_ciphers ciphers;
    int is_ready;
    hs_net_buffer received;
    hs_net_buffer sent;
};

hs_secure *hs_secure_new(const hs_net_noise *noise)
{
    hs_secure *const secure = calloc(1, sizeof *secure);
    if (secure == NULL) {
        return NULL;
    }
    secure->ours = noise->ours;
    if (noise->theirs != NULL) {
        memcpy(secure->key, noise->theirs, sizeof secure->key);
        secure->theirs = secure->key;
    }
    return secure;
}

void hs_secure_free(hs_secure *secure)
{
    if (secure != NULL) {
        hs_net_buffer_free(&secure->received);
        hs_net_buffer_free(&secure->sent);
        sodium_memzero(secure, sizeof *secure);
        free(secure);
    }
}

/* ---- the handshake ---- */

static uint64_t wall_s(void)
{
    struct timespec wall = {0, 0};
    (void)clock_gettime(CLOCK_REALTIME, &wall);
    return (uint64_t)wall.tv_sec;
}

int hs_secure_begin(hs_secure *secure, hs_net_buffer *out)
{
    hs_noise_key key;
    if (secure->ours != NULL) {
        return 0;
    }
    uint8_t *const act1 = hs_net_buffer_room(out, HS_NOISE_ACT1_SIZE);
    if (act1 == NULL || hs_noise_key_make(&key) != 0) {
        return -1;
    }
    hs_noise_initiate(&secure->handshake, &key, act1);
    hs_net_buffer_added(out, HS_NOISE_ACT1_SIZE);
    sodium_memzero(&key, sizeof key);
    return 0;
}

static int answer(hs_secure *secure, hs_net_buffer *out, char *why, size_t capacity)
{
    hs_noise_key key;
    hs_noise_authority *const ours = secure->ours;
    uint8_t *const act2 = hs_net_buffer_room(out, HS_NOISE_ACT2_SIZE);
    const int rc = act2 != NULL && hs_noise_key_make(&key) == 0 &&
                           hs_noise_identity_renew(&ours->identity, ours->secret, wall_s()) == 0 &&
                           hs_noise_respond(hs_net_buffer_data(&secure->received), &key,
                                            &ours->identity, act2, &secure->ciphers) == 0
                       ? 0
                       : hs_refuse(why, capacity, "no answer to its handshake can be made");
    sodium_memzero(&key, sizeof key);
    if (rc == 0) {
        hs_net_buffer_added(out, HS_NOISE_ACT2_SIZE);
    }
    return rc;
}

/* What it speaks when it surely does not speak Noise, whose acts begin with 64 bytes that look like
 * chance: one of 2^48 begins like a SetupConnection (no extension, type, protocol and high bytes of
 * length and version are 0), and one of 2^40 with a brace and 23 more characters of a text. */
static const char *other_speech(const uint8_t *data, size_t len)
{
    size_t text = 0;
    if (len > SETUP_BYTES && data[0] == 0 && data[1] == 0 && data[2] == 0 && data[5] == 0 &&
        data[6] == 0 && data[SETUP_BYTES] == 0) {
        return "plain frames";
    }
    while (
        text < len && text < TEXT_BYTES &&
        ((data[text] >= ' ' && data[text] <= '~') || (data[text] >= '\t' && data[text] <= '\r'))) {
        text++;
    }
    return text == TEXT_BYTES && data[0] == '{' ? "Stratum V1" : NULL;
}

/* The other end's act, once all of it is there. */
static int shake_hands(hs_secure *secure, hs_net_buffer *out, char *why, size_t capacity)
{
    const size_t size = secure->ours != NULL ? HS_NOISE_ACT1_SIZE : HS_NOISE_ACT2_SIZE;
    const size_t there = hs_net_buffer_len(&secure->received);
    const char *const other =
        there > 0 ? other_speech(hs_net_buffer_data(&secure->received), there) : NULL;
    if (other != NULL) {
        return hs_refuse(why, capacity, "the peer speaks %s, and Noise is spoken here", other);
    }
    if (there < size) {
        return 0;
    }
    const int rc =
        secure->ours != NULL
            ? answer(secure, out, why, capacity)
            : hs_noise_complete(&secure->handshake, hs_net_buffer_data(&secure->received),
                                secure->theirs, wall_s(), &secure->ciphers, why, capacity);
    hs_net_buffer_take(&secure->received, size);
    secure->is_ready = rc == 0;
    return rc;
}

/* ---- frames ---- */

static int open_pieces(hs_secure *secure, hs_net_buffer *frames, char *why, size_t capacity)
{
    hs_noise_opener *const opener = &secure->ciphers.receive;
    for (;;) {
        const size_t piece = hs_noise_next_piece(opener);
        if (hs_net_buffer_len(&secure->received) < piece) {
            return 0;
        }
        uint8_t *const to = hs_net_buffer_room(frames, piece - HS_NOISE_TAG_SIZE);
        if (to == NULL) {
            return hs_refuse(why, capacity, "no memory for its input");
        }
        if (hs_noise_open_piece(opener, hs_net_buffer_data(&secure->received), to) != 0) {
            return hs_refuse(why, capacity, "what it sent was changed on its way, or is no Noise");
        }
        hs_net_buffer_take(&secure->received, piece);
        hs_net_buffer_added(frames, piece - HS_NOISE_TAG_SIZE);
    }
}

int hs_secure_receive(hs_secure *secure, hs_net_buffer *frames, hs_net_buffer *out, char *why,
                      size_t capacity)
{
    if (!secure->is_ready && shake_hands(secure, out, why, capacity) != 0) {
        return -1;
    }
    return secure->is_ready ? open_pieces(secure, frames, why, capacity) : 0;
}

hs_net_buffer *hs_secure_received(hs_secure *secure)
{
    return &secure->received;
}

int hs_secure_is_ready(const hs_secure *secure)
{
    return secure->is_ready;
}

hs_net_buffer *hs_secure_sent(hs_secure *secure)
{
    return &secure->sent;
}

int hs_secure_send_raw(hs_secure *secure, const uint8_t *data, size_t len, hs_net_buffer *out)
{
    const size_t sealed = hs_noise_sealed_size(len);
    uint8_t *const to = hs_net_buffer_room(out, sealed);
    if (to == NULL) {
        return -1;
    }
    hs_noise_seal_frame(&secure->ciphers.send, data, len, to);
    hs_net_buffer_added(out, sealed);
    return 0;
}

int hs_secure_send(hs_secure *secure, hs_net_buffer *out)
{
    hs_net_buffer *const sent = &secure->sent;
    while (secure->is_ready && hs_net_buffer_len(sent) > 0) {
        size_t size = 0;
        if (hs_sv2_frame_size(hs_net_buffer_data(sent), hs_net_buffer_len(sent), &size, NULL) !=
                0 ||
            hs_secure_send_raw(secure, hs_net_buffer_data(sent), size, out) != 0) {
            return -1;
        }
        hs_net_buffer_take(sent, size);
    }
    return 0;
}
