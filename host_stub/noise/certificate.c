/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/noise/certificate.h"

#include <sodium.h>
#include <string.h>

#include "host_stub/base/text.h"

enum { FROM_AT = 2, TO_AT = 6, SIGNATURE_AT = 10, VERSION = 0 };

static void put_u32(uint8_t *to, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        to[i] = (uint8_t)(value >> (8 * i));
    }
}

static uint32_t get_u32(const uint8_t *from)
{
    return from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

/* What is signed: the certificate up to the signature, and the static key's x. */
static void digest_of(const uint8_t *certificate, const uint8_t *encoded, uint8_t digest[32])
{
    uint8_t bytes[SIGNATURE_AT + HS_NOISE_X_SIZE];
    memcpy(bytes, certificate, SIGNATURE_AT);
    hs_ellswift_decode(encoded, bytes + SIGNATURE_AT);
    (void)crypto_hash_sha256(digest, bytes, sizeof bytes);
}

int hs_noise_certify(hs_noise_identity *identity, const uint8_t authority[HS_NOISE_SECRET_SIZE],
                     uint32_t from_s, uint32_t to_s)
{
    uint8_t *const certificate = identity->certificate;
    uint8_t digest[32];
    certificate[0] = VERSION;
    certificate[1] = 0;
    put_u32(certificate + FROM_AT, from_s);
    put_u32(certificate + TO_AT, to_s);
    digest_of(certificate, identity->key.encoded, digest);
    return hs_noise_sign(authority, digest, certificate + SIGNATURE_AT);
}

int hs_noise_identity_renew(hs_noise_identity *identity,
                            const uint8_t authority[HS_NOISE_SECRET_SIZE], uint64_t now_s)
{
    const int is_young = now_s >= identity->made_s && now_s - identity->made_s < HS_NOISE_RENEWAL_S;
    if (is_young && identity->made_s != 0) {
        return 0;
    }
    if (hs_noise_key_make(&identity->key) != 0 ||
        hs_noise_certify(identity, authority,
                         (uint32_t)(now_s > HS_NOISE_RENEWAL_S ? now_s - HS_NOISE_RENEWAL_S : 0),
                         (uint32_t)(now_s + 2 * HS_NOISE_RENEWAL_S)) != 0) {
        return -1;
    }
    identity->made_s = now_s;
    return 0;
}

int hs_noise_certificate_check(const uint8_t certificate[HS_NOISE_CERTIFICATE_SIZE],
                               const uint8_t encoded[HS_ELLSWIFT_SIZE],
                               const uint8_t authority[HS_NOISE_X_SIZE], uint64_t now_s, char *why,
                               size_t capacity)
{
    const unsigned version = certificate[0] | (unsigned)certificate[1] << 8;
    const uint32_t from_s = get_u32(certificate + FROM_AT);
    const uint32_t to_s = get_u32(certificate + TO_AT);
    uint8_t digest[32];
    if (version != VERSION) {
        return hs_refuse(why, capacity, "its certificate has version %u; only 0 is known", version);
    }
    digest_of(certificate, encoded, digest);
    if (hs_noise_verify(authority, digest, certificate + SIGNATURE_AT) != 0) {
        return hs_refuse(why, capacity,
                         "its certificate is not signed with the authority key that is expected");
    }
    if (now_s + HS_NOISE_LEEWAY_S < from_s || now_s > (uint64_t)to_s + HS_NOISE_LEEWAY_S) {
        return hs_refuse(why, capacity,
                         "its certificate is good from %lu to %lu (Unix time, seconds), and by our "
                         "clock it is %lu",
                         (unsigned long)from_s, (unsigned long)to_s, (unsigned long)now_s);
    }
    return 0;
}
