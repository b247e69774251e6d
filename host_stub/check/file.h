/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * check/file: a session file, read line by line into a checker. Its form is that of
 * sv2/frame_file.h and of the recorded sessions: comments from #, and each frame as one line of
 * hex. A comment `# S->C t=12.500 Name | ...` tells direction, time and name of the frame after it;
 * time and comment may be missing, and other comments mean nothing. A file of any size takes the
 * memory of its longest line. */
#ifndef HOST_STUB_CHECK_FILE_H
#define HOST_STUB_CHECK_FILE_H

#include <stdio.h>

#include "host_stub/check/check.h"

/* up-<pool>.hex and up-<pool>.<anything>.hex are the upstream connections of that pool; all other
 * names are downstream ones. Returns the role, and for an upstream one the pool in `pool`, cut to
 * `capacity`. */
enum hs_check_role hs_check_file_role(const char *path, char *pool, size_t capacity);

/* Checks one file from hs_check_begin to hs_check_end. Returns 0, or -1 when it cannot be read to
 * its end as such a file, with a sentence in `why`: then the checker has seen what is before. */
int hs_check_file(hs_check *check, const char *path, char *why, size_t capacity);

/* The same for a file that is open already, which stays open; `path` names it. */
int hs_check_stream(hs_check *check, FILE *file, const char *path, char *why, size_t capacity);

#endif
