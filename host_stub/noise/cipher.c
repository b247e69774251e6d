/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/noise/cipher.h"

#include <sodium.h>
#include <string.h>

static void nonce_bytes(uint64_t nonce, uint8_t out[crypto_aead_chacha20poly1305_ietf_NPUBBYTES])
{
    memset(out, 0, 4);
    for (unsigned i = 0; i < 8; i++) {
        out[4 + i] = (uint8_t)(nonce >> (8 * i));
    }
}

void hs_noise_seal(hs_noise_cipher *cipher, const uint8_t *bound, size_t bound_len,
                   const uint8_t *data, size_t len, uint8_t *out)
{
    uint8_t nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];
    nonce_bytes(cipher->nonce++, nonce);
    (void)crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, data, len, bound, bound_len, NULL,
                                                    nonce, cipher->key);
}

int hs_noise_open(hs_noise_cipher *cipher, const uint8_t *bound, size_t bound_len,
                  const uint8_t *data, size_t len, uint8_t *out)
{
    uint8_t nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];
    nonce_bytes(cipher->nonce, nonce);
    if (crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, data, len, bound, bound_len,
                                                  nonce, cipher->key) != 0) {
        return -1;
    }
    cipher->nonce++;
    return 0;
}

/* Of so many bytes that are left of a payload. */
static size_t piece_of(size_t left)
{
    return left < HS_NOISE_PIECE_MAX ? left : HS_NOISE_PIECE_MAX;
}

size_t hs_noise_sealed_size(size_t len)
{
    const size_t payload = len > HS_NOISE_HEADER_SIZE ? len - HS_NOISE_HEADER_SIZE : 0;
    const size_t pieces = (payload + HS_NOISE_PIECE_MAX - 1) / HS_NOISE_PIECE_MAX;
    return len > 0 ? len + (1 + pieces) * HS_NOISE_TAG_SIZE : 0;
}

void hs_noise_seal_frame(hs_noise_cipher *cipher, const uint8_t *frame, size_t len, uint8_t *out)
{
    size_t piece = len < HS_NOISE_HEADER_SIZE ? len : HS_NOISE_HEADER_SIZE;
    while (len > 0) {
        hs_noise_seal(cipher, NULL, 0, frame, piece, out);
        frame += piece;
        len -= piece;
        out += piece + HS_NOISE_TAG_SIZE;
        piece = piece_of(len);
    }
}

size_t hs_noise_next_piece(const hs_noise_opener *opener)
{
    const size_t piece = opener->left == 0 ? HS_NOISE_HEADER_SIZE : piece_of(opener->left);
    return piece + HS_NOISE_TAG_SIZE;
}

int hs_noise_open_piece(hs_noise_opener *opener, const uint8_t *data, uint8_t *out)
{
    const size_t piece = hs_noise_next_piece(opener);
    if (hs_noise_open(&opener->cipher, NULL, 0, data, piece, out) != 0) {
        return -1;
    }
    if (opener->left == 0) {
        opener->left = out[3] | (uint32_t)out[4] << 8 | (uint32_t)out[5] << 16;
    } else {
        opener->left -= (uint32_t)(piece - HS_NOISE_TAG_SIZE);
    }
    return 0;
}
