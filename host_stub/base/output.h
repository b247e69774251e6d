/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * base/output: results that go into files. Whether a file can be written is known before the run
 * that makes the result; what stood in it stays until the result is whole. "-" is standard output.
 *
 * All return 0, or -1 with `why`.
 */
#ifndef HOST_STUB_BASE_OUTPUT_H
#define HOST_STUB_BASE_OUTPUT_H

#include <stddef.h>

/* Could hs_output_save write there? Nothing is changed. */
int hs_output_check(const char *path, char *why, size_t capacity);

/* Could files be made in this folder? It need not be there yet, but the one above it. */
int hs_output_folder(const char *path, char *why, size_t capacity);

/* A regular file is replaced as a whole, with its rights as they were; anything else (/dev/null, a
 * pipe) is written to; a symbolic link stays a link. */
int hs_output_save(const char *path, const void *data, size_t len, char *why, size_t capacity);

/* The same for a text and a line end behind it. The text is malloc's and is freed; NULL = there was
 * no memory for it. */
int hs_output_save_text(const char *path, char *text, char *why, size_t capacity);

/* At the end of a program: has everything that was printed arrived? */
int hs_output_finish(char *why, size_t capacity);

#endif
