/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * base/input: files that are read whole. What stands in them is for the callers. */
#ifndef HOST_STUB_BASE_INPUT_H
#define HOST_STUB_BASE_INPUT_H

#include <stddef.h>

/* Reads a regular file of at most `most` bytes. 0 with *data, *len bytes and a NUL, for free(); or
 * -1 with `why`, *data NULL and errno, which is 0 unless it could not be opened. */
int hs_input_read(const char *path, size_t most, char **data, size_t *len, char *why,
                  size_t capacity);

#endif
