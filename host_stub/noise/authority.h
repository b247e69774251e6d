/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * noise/authority: an authority's keys. The secret one lives in a file that nobody but its owner
 * may read, and in memory that is neither swapped nor written into a core. It is never printed. */
#ifndef HOST_STUB_NOISE_AUTHORITY_H
#define HOST_STUB_NOISE_AUTHORITY_H

#include <stddef.h>
#include <stdint.h>

#include "host_stub/noise/certificate.h"

typedef struct hs_noise_authority {
    uint8_t secret[HS_NOISE_SECRET_SIZE];
    uint8_t x[HS_NOISE_X_SIZE]; /* of its public key */
    hs_noise_identity identity; /* that it has certified; for hs_noise_identity_renew */
} hs_noise_authority;

/* A new one, written into a new file. A file that is there is left alone. 0, or -1 with `why`. */
int hs_noise_authority_create(const char *path, char *why, size_t capacity);

/* NULL with `why`. For hs_noise_authority_free. */
hs_noise_authority *hs_noise_authority_load(const char *path, char *why, size_t capacity);
/* Wipes and frees it; NULL is fine. */
void hs_noise_authority_free(hs_noise_authority *authority);

#endif
