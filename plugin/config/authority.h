/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * authority: reads the public key with which a pool proves who it is.
 *
 * Responsible for: the three ways of writing an authority key (Stratum V2 specification, Protocol
 * Security, section 4.7), and a reason for everything else. Accepted:
 *   - Base58Check: version 1 as two little-endian bytes, 32 bytes x, four bytes of the double
 *     SHA-256 as checksum; 51 characters that begin with 9;
 *   - 64 hexadecimal digits: x;
 *   - 66 hexadecimal digits: 02 or 03 (whose sign of y is dropped), then x.
 * x must be below the field prime and not 0. Whether x lies on the curve is NOT checked: about
 * half of all 32-byte strings are no key, and a Noise handshake with such a key fails at the host.
 * Leaves to others: what an empty key means. A refusal never repeats the text it was given, since
 * it may be a secret key that was pasted by mistake.
 */
#ifndef PLUGIN_CONFIG_AUTHORITY_H
#define PLUGIN_CONFIG_AUTHORITY_H

#include <stddef.h>
#include <stdint.h>

#include "abi/hmx_abi.h"
#include "plugin/base/text.h"

#define HM_AUTHORITY_TEXT_MAX 66 /* characters of the longest accepted form */
#define HM_AUTHORITY_KEY_SIZE 32

/* Reads `len` characters into `key`. HMX_E_CONFIG: `key` is untouched and `why` got the reason, the
 * second half of a sentence about the key ("fails its checksum: ..."). */
hmx_status hm_authority_parse(const char *text, size_t len, uint8_t key[HM_AUTHORITY_KEY_SIZE],
                              hm_text *why);

#endif
