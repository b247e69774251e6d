/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * noise/certificate: how a server proves whose it is (specification 4.5.3, 4.7): an authority signs
 * the x of the server's static key and the time in which that holds. */
#ifndef HOST_STUB_NOISE_CERTIFICATE_H
#define HOST_STUB_NOISE_CERTIFICATE_H

#include <stddef.h>
#include <stdint.h>

#include "host_stub/noise/curve.h"

enum {
    HS_NOISE_CERTIFICATE_SIZE = 74, /* version, from, to, signature */
    HS_NOISE_LEEWAY_S = 10,         /* by which the two clocks may differ */
    HS_NOISE_RENEWAL_S = 3600       /* an identity is made anew this often */
};

/* Who a server is for an hour. Whoever has one wipes it. */
typedef struct hs_noise_identity {
    hs_noise_key key; /* the static one */
    uint8_t certificate[HS_NOISE_CERTIFICATE_SIZE];
    uint64_t made_s;
} hs_noise_identity;

/* Writes the certificate for the identity's key, signed by the authority and good for the times
 * given (Unix, seconds). 0, or -1: the authority's is no secret key. */
int hs_noise_certify(hs_noise_identity *identity, const uint8_t authority[HS_NOISE_SECRET_SIZE],
                     uint32_t from_s, uint32_t to_s);

/* A new key and certificate, unless those there are younger than HS_NOISE_RENEWAL_S: signing at
 * each connect would cost as much as the rest of a handshake. All zero at first. They hold for an
 * hour longer, and from an hour ago on, since devices' clocks are not always right. 0 or -1. */
int hs_noise_identity_renew(hs_noise_identity *identity,
                            const uint8_t authority[HS_NOISE_SECRET_SIZE], uint64_t now_s);

/* Is this a certificate by the authority (an x), good at now_s, for the static key? 0; or -1 with a
 * sentence that begins with "its certificate". */
int hs_noise_certificate_check(const uint8_t certificate[HS_NOISE_CERTIFICATE_SIZE],
                               const uint8_t encoded[HS_ELLSWIFT_SIZE],
                               const uint8_t authority[HS_NOISE_X_SIZE], uint64_t now_s, char *why,
                               size_t capacity);

#endif
