/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * base/options: numbers of a command line. Reads the value of an option, and refuses what is no
 * number or out of range in a sentence that names the option, the range and the value seen. Which
 * options there are is each command's business.
 *
 * All return 0, or -1 with `why`. */
#ifndef HOST_STUB_BASE_OPTIONS_H
#define HOST_STUB_BASE_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

int hs_option_whole(const char *name, const char *value, uint64_t least, uint64_t most,
                    uint64_t *out, char *why, size_t capacity);

/* *out stays as it was when the value is refused; most <= UINT32_MAX. */
int hs_option_u32(const char *name, const char *value, uint64_t least, uint64_t most, uint32_t *out,
                  char *why, size_t capacity);

int hs_option_number(const char *name, const char *value, double least, double most, double *out,
                     char *why, size_t capacity);

/* Seconds, possibly with decimals; *out in milliseconds. */
int hs_option_secs(const char *name, const char *value, double least, double most, uint64_t *out_ms,
                   char *why, size_t capacity);

#endif
