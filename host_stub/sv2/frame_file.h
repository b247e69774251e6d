/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sv2/frame_file: writes one connection's frames as a session file, both directions in time order:
 * before each frame a comment
 *
 *   # S->C t=12.500 Name | field=value,...
 *
 * (the text of sv2/text, t in seconds of the host's clock), then the frame as one line of hex. S is
 * the server of the connection and C its client: towards a miner the host is S, towards a pool it
 * is C. Only the hex is data: readers skip the comments, and `replay`, `check` and the independent
 * checker take these files as they are.
 *
 * Lines are kept in memory and appended in large pieces, and no file stays open in between, so that
 * thousands of connections can be written at once. What the frames mean is the caller's
 * business. */
#ifndef HOST_STUB_SV2_FRAME_FILE_H
#define HOST_STUB_SV2_FRAME_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "host_stub/sv2/types.h"

enum hs_frame_side { HS_FRAME_FROM_CLIENT = 0, HS_FRAME_FROM_SERVER = 1 };

/* All zero is one that writes nowhere: writing to it succeeds and does nothing. */
typedef struct hs_frame_file {
    char *path;
    char *text; /* not yet in the file */
    size_t len;
    size_t capacity;
    uint64_t frames; /* written so far */
    int failed;      /* a write failed: nothing more is written */
} hs_frame_file;

/* Makes the folder unless it is there (not its parents) and removes the files conn-*.hex and
 * up-*.hex of an earlier run from it. Returns 0, or -1 with a sentence in `why`. */
int hs_frame_folder(const char *dir, char *why, size_t capacity);

/* Begins DIR/NAME, empty. Returns 0, or -1 with a sentence in `why`. */
int hs_frame_file_begin(hs_frame_file *file, const char *dir, const char *name, char *why,
                        size_t capacity);

/* One message as the codec encodes it. Returns 0, or -1: then `failed` is set. */
int hs_frame_file_message(hs_frame_file *file, enum hs_frame_side side, uint64_t t_ms,
                          const hs_sv2_message *message);

/* One frame as it came or went; its name is unknown to the comment when it cannot be decoded. */
int hs_frame_file_frame(hs_frame_file *file, enum hs_frame_side side, uint64_t t_ms,
                        const uint8_t *frame, size_t len);

/* A comment of one line without newline. */
int hs_frame_file_note(hs_frame_file *file, uint64_t t_ms, const char *text);

/* Writes what is left and frees everything. Returns 0, or -1 when any write failed. */
int hs_frame_file_end(hs_frame_file *file);

#endif
