/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * replay/input: a recorded byte stream from a file, raw or as hexadecimal text with # comments.
 * What the bytes mean is the codec's business. */
#ifndef HOST_STUB_REPLAY_INPUT_H
#define HOST_STUB_REPLAY_INPUT_H

#include <stddef.h>
#include <stdint.h>

enum { HS_REPLAY_FILE_MAX = 64 * 1024 * 1024 }; /* bytes */

typedef struct hs_replay_recording {
    uint8_t *data; /* free with hs_replay_recording_free */
    size_t len;    /* > 0 */
    int was_hex;
} hs_replay_recording;

/* Reads the file. It is raw when it holds a control character (every raw stream does: its first
 * byte is 0), else it must be text: pairs of hex digits, blanks, and comments from # to the end of
 * a line. Returns 0, or -1 with a sentence in `why`; then *out is zero. */
int hs_replay_recording_read(const char *path, hs_replay_recording *out, char *why,
                             size_t capacity);

void hs_replay_recording_free(hs_replay_recording *recording);

#endif
