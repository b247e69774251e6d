/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * noise/cipher: frames of every size that matters through a cipher, and a stream that somebody has
 * interfered with. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/noise/cipher.h"

enum { MOST = 16 * 1024 * 1024 };

static hs_noise_cipher sender;
static hs_noise_opener receiver;

static void setup(void)
{
    memset(&sender, 0, sizeof sender);
    memset(&receiver, 0, sizeof receiver);
    memset(sender.key, 0x5a, sizeof sender.key);
    receiver.cipher = sender;
}

TestSuite(cipher, .init = setup);

/* A frame with `payload` bytes, for free(). */
static uint8_t *make(size_t payload)
{
    uint8_t *const frame = malloc(6 + payload);
    cr_assert_not_null(frame);
    const uint8_t header[6] = {
        0, 0, 0x15, (uint8_t)payload, (uint8_t)(payload >> 8), (uint8_t)(payload >> 16)};
    memcpy(frame, header, sizeof header);
    for (size_t i = 0; i < payload; i++) {
        frame[6 + i] = (uint8_t)(i * 7 + i / 256);
    }
    return frame;
}

/* Opens a frame in place, piece by piece. Returns the frame's length. */
static size_t open_frame(const uint8_t *sealed, size_t len, uint8_t *out)
{
    size_t at = 0;
    size_t done = 0;
    do {
        const size_t piece = hs_noise_next_piece(&receiver);
        cr_assert_leq(at + piece, len);
        cr_assert_eq(hs_noise_open_piece(&receiver, sealed + at, out + done), 0);
        at += piece;
        done += piece - HS_NOISE_TAG_SIZE;
    } while (receiver.left > 0);
    cr_assert_eq(at, len);
    return done;
}

Test(cipher, frames_of_all_sizes_come_out_as_they_went_in)
{
    static const struct {
        size_t payload;
        size_t pieces;
    } SIZES[] = {{0, 0},      {1, 1},      {65518, 1},  {65519, 1},     {65520, 2},
                 {131038, 2}, {131039, 3}, {300000, 5}, {16777215, 257}};
    uint8_t *const opened = malloc(MOST + 64);
    cr_assert_not_null(opened);
    for (size_t i = 0; i < sizeof SIZES / sizeof SIZES[0]; i++) {
        const size_t len = 6 + SIZES[i].payload;
        const size_t sealed_len = hs_noise_sealed_size(len);
        uint8_t *const frame = make(SIZES[i].payload);
        uint8_t *const sealed = malloc(sealed_len);
        cr_assert_not_null(sealed);
        cr_assert_eq(sealed_len, len + 16 * (1 + SIZES[i].pieces));
        hs_noise_seal_frame(&sender, frame, len, sealed);
        cr_assert_eq(open_frame(sealed, sealed_len, opened), len);
        cr_assert_eq(memcmp(opened, frame, len), 0);
        free(sealed);
        free(frame);
    }
    free(opened);
}

Test(cipher, what_was_changed_is_refused)
{
    uint8_t *const frame = make(40);
    uint8_t sealed[128];
    uint8_t opened[128];
    hs_noise_seal_frame(&sender, frame, 46, sealed);
    for (size_t i = 0; i < 22; i++) {
        sealed[i] ^= 0x10;
        cr_assert_eq(hs_noise_open_piece(&receiver, sealed, opened), -1, "byte %zu", i);
        sealed[i] ^= 0x10;
    }
    cr_assert_eq(hs_noise_open_piece(&receiver, sealed, opened), 0);
    for (size_t i = 22; i < 22 + 56; i++) {
        sealed[i] ^= 0x10;
        cr_assert_eq(hs_noise_open_piece(&receiver, sealed + 22, opened), -1, "byte %zu", i);
        sealed[i] ^= 0x10;
    }
    cr_assert_eq(hs_noise_open_piece(&receiver, sealed + 22, opened), 0);
    free(frame);
}

Test(cipher, what_was_left_out_repeated_or_cut_is_refused)
{
    uint8_t *const frame = make(0);
    uint8_t first[22];
    uint8_t second[22];
    uint8_t opened[32];
    hs_noise_seal_frame(&sender, frame, 6, first);
    hs_noise_seal_frame(&sender, frame, 6, second);
    cr_assert_neq(memcmp(first, second, sizeof first), 0);
    cr_assert_eq(hs_noise_open_piece(&receiver, second, opened), -1);
    cr_assert_eq(hs_noise_open(&receiver.cipher, NULL, 0, first, sizeof first - 1, opened), -1);
    cr_assert_eq(hs_noise_open_piece(&receiver, first, opened), 0);
    cr_assert_eq(hs_noise_open_piece(&receiver, first, opened), -1);
    cr_assert_eq(hs_noise_open_piece(&receiver, second, opened), 0);
    free(frame);
}

Test(cipher, what_is_bound_to_a_message_counts)
{
    static const uint8_t BOUND[3] = {1, 2, 3};
    uint8_t sealed[32];
    uint8_t opened[32];
    hs_noise_seal(&sender, BOUND, sizeof BOUND, BOUND, sizeof BOUND, sealed);
    cr_assert_eq(hs_noise_open(&receiver.cipher, BOUND, 2, sealed, 19, opened), -1);
    cr_assert_eq(hs_noise_open(&receiver.cipher, BOUND, 3, sealed, 19, opened), 0);
    cr_assert_arr_eq(opened, BOUND, sizeof BOUND);
}

/* Fewer bytes than a header, which only tests and faults send, are a piece all the same. */
Test(cipher, half_a_header_is_one_piece)
{
    uint8_t sealed[32];
    cr_assert_eq(hs_noise_sealed_size(0), (size_t)0);
    cr_assert_eq(hs_noise_sealed_size(4), (size_t)20);
    hs_noise_seal_frame(&sender, sealed, 4, sealed);
    cr_assert_eq(hs_noise_open(&receiver.cipher, NULL, 0, sealed, 20, sealed), 0);
}
