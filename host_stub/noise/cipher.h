/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * noise/cipher: ChaCha20-Poly1305 with a counter for a nonce, as the Noise Protocol Framework
 * (revision 34, sections 5.1 and 12.3) has it, and frames of Stratum V2 under it (specification
 * 4.6): the header by itself, then the payload in pieces of at most 65519 bytes, each with a tag
 * of its own. A message that was changed, left out, repeated or put elsewhere is noticed. */
#ifndef HOST_STUB_NOISE_CIPHER_H
#define HOST_STUB_NOISE_CIPHER_H

#include <stddef.h>
#include <stdint.h>

enum {
    HS_NOISE_TAG_SIZE = 16,
    HS_NOISE_PIECE_MAX = 65519, /* bytes of a payload under one tag */
    HS_NOISE_HEADER_SIZE = 6    /* of a frame */
};

/* One direction. Whoever has one wipes it. */
typedef struct hs_noise_cipher {
    uint8_t key[32];
    uint64_t nonce; /* of the next message */
} hs_noise_cipher;

/* `len` bytes become len + HS_NOISE_TAG_SIZE at `out`, which may be `data`. `bound` (may be NULL
 * with 0) is not sent but has to be the same at the other end. */
void hs_noise_seal(hs_noise_cipher *cipher, const uint8_t *bound, size_t bound_len,
                   const uint8_t *data, size_t len, uint8_t *out);
/* The reverse; len >= HS_NOISE_TAG_SIZE counts the tag. 0; or -1 when it is not what the other end
 * sealed. */
int hs_noise_open(hs_noise_cipher *cipher, const uint8_t *bound, size_t bound_len,
                  const uint8_t *data, size_t len, uint8_t *out);

/* What hs_noise_seal_frame writes for a frame of `len` bytes, its header included. */
size_t hs_noise_sealed_size(size_t len);
/* One frame. That its header tells its length is the caller's business. */
void hs_noise_seal_frame(hs_noise_cipher *cipher, const uint8_t *frame, size_t len, uint8_t *out);

/* Frames that come in, piece by piece. */
typedef struct hs_noise_opener {
    hs_noise_cipher cipher;
    uint32_t left; /* bytes of the present frame's payload that are still to come */
} hs_noise_opener;

/* What hs_noise_open_piece needs of the stream to be called. */
size_t hs_noise_next_piece(const hs_noise_opener *opener);
/* Opens a piece of hs_noise_next_piece bytes: HS_NOISE_TAG_SIZE less are written to `out`, which
 * may be `data`. 0; or -1 when it is not what the other end sealed: the connection is lost. */
int hs_noise_open_piece(hs_noise_opener *opener, const uint8_t *data, uint8_t *out);

#endif
