/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * noise/certificate: whose it is, when it is good, and when it is made anew. */
#include <criterion/criterion.h>
#include <string.h>

#include "host_stub/noise/certificate.h"

enum { NOW = 1790000000, HOUR = 3600 };

static hs_noise_key authority;
static uint8_t x[32];
static hs_noise_identity identity;
static char why[200];

static void setup(void)
{
    cr_assert_eq(hs_noise_key_make(&authority), 0);
    cr_assert_eq(hs_noise_public(authority.secret, x), 0);
    cr_assert_eq(hs_noise_key_make(&identity.key), 0);
    cr_assert_eq(hs_noise_certify(&identity, authority.secret, NOW, NOW + HOUR), 0);
}

TestSuite(certificate, .init = setup);

static int check(uint64_t now_s)
{
    why[0] = '\0';
    return hs_noise_certificate_check(identity.certificate, identity.key.encoded, x, now_s, why,
                                      sizeof why);
}

Test(certificate, is_good_in_its_time_and_10_seconds_around)
{
    cr_assert_eq(check(NOW), 0);
    cr_assert_eq(check(NOW + HOUR), 0);
    cr_assert_eq(check(NOW - 10), 0);
    cr_assert_eq(check(NOW + HOUR + 10), 0);
    cr_assert_eq(check(NOW - 11), -1);
    cr_assert_eq(check(NOW + HOUR + 11), -1);
    cr_assert_str_eq(why, "its certificate is good from 1790000000 to 1790003600 (Unix time, "
                          "seconds), and by our clock it is 1790003611");
}

Test(certificate, each_byte_of_it_is_signed_and_so_is_the_key)
{
    for (size_t i = 2; i < HS_NOISE_CERTIFICATE_SIZE; i++) {
        identity.certificate[i] ^= 1;
        cr_assert_eq(check(NOW + HOUR / 2), -1, "byte %zu", i);
        identity.certificate[i] ^= 1;
    }
    cr_assert_eq(check(NOW), 0);
    cr_assert_eq(hs_noise_key_make(&identity.key), 0);
    cr_assert_eq(check(NOW), -1);
    cr_assert_str_eq(why, "its certificate is not signed with the authority key that is expected");
}

Test(certificate, another_version_is_refused)
{
    identity.certificate[0] = 2;
    identity.certificate[1] = 1;
    cr_assert_eq(check(NOW), -1);
    cr_assert_str_eq(why, "its certificate has version 258; only 0 is known");
}

/* Through an identity, an hour is what it lasts. */
static int renew(uint64_t now_s)
{
    uint8_t before[HS_ELLSWIFT_SIZE];
    memcpy(before, identity.key.encoded, sizeof before);
    cr_assert_eq(hs_noise_identity_renew(&identity, authority.secret, now_s), 0);
    cr_assert_eq(check(now_s), 0, "%s", why);
    return memcmp(before, identity.key.encoded, sizeof before) != 0;
}

Test(certificate, an_identity_is_made_anew_after_an_hour)
{
    cr_assert(renew(NOW));
    cr_assert_not(renew(NOW));
    cr_assert_not(renew(NOW + HOUR - 1));
    /* A device whose clock is nearly an hour off still takes it, at its oldest too. */
    cr_assert_eq(check(NOW + HOUR - 1 + HOUR), 0);
    cr_assert_eq(check(NOW - HOUR), 0);
    cr_assert(renew(NOW + HOUR));
    cr_assert(renew(NOW)); /* the clock was set back */
}

/* Of a machine whose clock begins at 1970. */
Test(certificate, an_identity_is_made_in_the_first_hour_of_all)
{
    memset(&identity, 0, sizeof identity);
    cr_assert(renew(100));
}

Test(certificate, none_is_made_without_an_authority)
{
    static const uint8_t ZERO[32] = {0};
    memset(&identity, 0, sizeof identity);
    cr_assert_eq(hs_noise_identity_renew(&identity, ZERO, NOW), -1);
    cr_assert_eq(identity.made_s, 0u);
}
