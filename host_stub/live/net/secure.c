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
    struct evbuffer *received;
    struct evbuffer *sent;
};

static void free_buffer(struct evbuffer *buffer)
{
    if (buffer != NULL) {
        evbuffer_free(buffer);
    }
}

hs_secure *hs_secure_new(const hs_net_noise *noise)
{
    hs_secure *const secure = calloc(1, sizeof *secure);
    if (secure == NULL) {
        return NULL;
    }
    secure->received = evbuffer_new();
    secure->sent = evbuffer_new();
    if (secure->received == NULL || secure->sent == NULL) {
        hs_secure_free(secure);
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
        free_buffer(secure->received);
        free_buffer(secure->sent);
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

int hs_secure_begin(hs_secure *secure, struct evbuffer *out)
{
    hs_noise_key key;
    uint8_t act1[HS_NOISE_ACT1_SIZE];
    if (secure->ours != NULL) {
        return 0;
    }
    if (hs_noise_key_make(&key) != 0) {
        return -1;
    }
    hs_noise_initiate(&secure->handshake, &key, act1);
    sodium_memzero(&key, sizeof key);
    return evbuffer_add(out, act1, sizeof act1);
}

static int answer(hs_secure *secure, const uint8_t *act1, struct evbuffer *out, char *why,
                  size_t capacity)
{
    hs_noise_key key;
    hs_noise_authority *const ours = secure->ours;
    uint8_t act2[HS_NOISE_ACT2_SIZE];
    const int rc =
        hs_noise_key_make(&key) == 0 &&
                hs_noise_identity_renew(&ours->identity, ours->secret, wall_s()) == 0 &&
                hs_noise_respond(act1, &key, &ours->identity, act2, &secure->ciphers) == 0 &&
                evbuffer_add(out, act2, sizeof act2) == 0
            ? 0
            : hs_refuse(why, capacity, "no answer to its handshake can be made");
    sodium_memzero(&key, sizeof key);
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
static int shake_hands(hs_secure *secure, struct evbuffer *out, char *why, size_t capacity)
{
    const size_t size = secure->ours != NULL ? HS_NOISE_ACT1_SIZE : HS_NOISE_ACT2_SIZE;
    const size_t there = evbuffer_get_length(secure->received);
    const uint8_t *const act =
        evbuffer_pullup(secure->received, (ev_ssize_t)(there < size ? there : size));
    const char *const other = act != NULL ? other_speech(act, there < size ? there : size) : NULL;
    if (other != NULL) {
        return hs_refuse(why, capacity, "the peer speaks %s, and Noise is spoken here", other);
    }
    if (act == NULL || there < size) {
        return act != NULL || there == 0 ? 0 : hs_refuse(why, capacity, "no memory for its input");
    }
    const int rc = secure->ours != NULL
                       ? answer(secure, act, out, why, capacity)
                       : hs_noise_complete(&secure->handshake, act, secure->theirs, wall_s(),
                                           &secure->ciphers, why, capacity);
    secure->is_ready = rc == 0;
    return evbuffer_drain(secure->received, size) == 0 ? rc : -1;
}

/* ---- frames ---- */

/* Room for `bytes` in one piece, to be committed; NULL when out of memory. */
static uint8_t *room(struct evbuffer *to, size_t bytes, struct evbuffer_iovec *piece)
{
    if (evbuffer_reserve_space(to, (ev_ssize_t)bytes, piece, 1) != 1) {
        return NULL;
    }
    piece->iov_len = bytes;
    return piece->iov_base;
}

static int open_pieces(hs_secure *secure, struct evbuffer *frames, char *why, size_t capacity)
{
    hs_noise_opener *const opener = &secure->ciphers.receive;
    for (;;) {
        struct evbuffer_iovec opened;
        const size_t piece = hs_noise_next_piece(opener);
        if (evbuffer_get_length(secure->received) < piece) {
            return 0;
        }
        const uint8_t *const sealed = evbuffer_pullup(secure->received, (ev_ssize_t)piece);
        uint8_t *const to = room(frames, piece - HS_NOISE_TAG_SIZE, &opened);
        if (sealed == NULL || to == NULL) {
            return hs_refuse(why, capacity, "no memory for its input");
        }
        if (hs_noise_open_piece(opener, sealed, to) != 0) {
            return hs_refuse(why, capacity, "what it sent was changed on its way, or is no Noise");
        }
        if (evbuffer_drain(secure->received, piece) != 0 ||
            evbuffer_commit_space(frames, &opened, 1) != 0) {
            return hs_refuse(why, capacity, "its input cannot be kept");
        }
    }
}

int hs_secure_receive(hs_secure *secure, struct evbuffer *frames, struct evbuffer *out, char *why,
                      size_t capacity)
{
    if (!secure->is_ready && shake_hands(secure, out, why, capacity) != 0) {
        return -1;
    }
    return secure->is_ready ? open_pieces(secure, frames, why, capacity) : 0;
}

struct evbuffer *hs_secure_received(hs_secure *secure)
{
    return secure->received;
}

int hs_secure_is_ready(const hs_secure *secure)
{
    return secure->is_ready;
}

struct evbuffer *hs_secure_sent(hs_secure *secure)
{
    return secure->sent;
}

int hs_secure_send_raw(hs_secure *secure, const uint8_t *data, size_t len, struct evbuffer *out)
{
    struct evbuffer_iovec sealed;
    uint8_t *const to = room(out, hs_noise_sealed_size(len), &sealed);
    if (to == NULL) {
        return -1;
    }
    hs_noise_seal_frame(&secure->ciphers.send, data, len, to);
    return evbuffer_commit_space(out, &sealed, 1);
}

int hs_secure_send(hs_secure *secure, struct evbuffer *out)
{
    while (secure->is_ready && evbuffer_get_length(secure->sent) > 0) {
        size_t size = 0;
        const uint8_t *const header = evbuffer_pullup(secure->sent, HS_SV2_HEADER_SIZE);
        if (header == NULL ||
            hs_sv2_frame_size(header, evbuffer_get_length(secure->sent), &size, NULL) != 0) {
            return -1;
        }
        const uint8_t *const frame = evbuffer_pullup(secure->sent, (ev_ssize_t)size);
        if (frame == NULL || hs_secure_send_raw(secure, frame, size, out) != 0 ||
            evbuffer_drain(secure->sent, size) != 0) {
            return -1;
        }
    }
    return 0;
}
