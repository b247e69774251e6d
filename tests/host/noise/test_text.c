/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * noise/text: keys that others have published, both ways, and what is no key. */
#include <criterion/criterion.h>
#include <string.h>

#include "host_stub/noise/text.h"
#include "tests/host/noise/vectors.h"

static char why[200];

/* The specification's, the reference pool's, and pools in use. */
static const struct {
    const char *text;
    const char *x;
} PUBLIC[] = {
    {"9bXiEd8boQVhq7WddEcERUL5tyyJVFYdU8th3HfbNXK3Yw6GRXh",
     "76637000979c1c11af0c300bcd8c7fe48610fce9b9c11e3daee35ae0b08a7455"},
    {"9auqWEzQDVyd2oe1JVGFLMLHZtCo2FFqZwtKA5gd9xbuEu7PH72",
     "24ee3c3804a1aaa4c03b80ea19f7a5863c916e8994b7db94a3bad7ee092b6ce7"},
    {"9bDuixKmZqAJnrmP746n8zU1wyAQRrus7th9dxnkPg6RzQvCnan",
     "4df78c3f49302eef4ec3ef2daf5fa337bb63c59a2f1844664776277e9470118c"},
    {"9awtMD5KQgvRUh2yFbjVeT7b6hjipWcAsQHd6wEhgtDT9soosna",
     "29954c97456b599c836f70f508d619d328527bb87229d7d7d2e67e6dcd18ebcf"},
    {"9bCoFxTszKCuffyywH5uS5o6WcU4vsjTH2axxc7wE86y2HhvULU",
     "4b71789db555c3c7c3194622ccb0159c9bf6ac7bbcc70e241ec383afc0e54078"},
};

static const struct {
    const char *text;
    const char *secret;
    size_t public;
} SECRET[] = {
    {"mkDLTBBRxdBv998612qipDYoTK3YUrqLe8uWw7gu3iXbSrn2n",
     "65995eb19631f478a46ffa5cf1e545091efe950eaeac7482ffdc06eb6a89f697", 1},
    {"zmBEmPhqo3A92FkiLVvyCz6htc3e53ph3ZbD4ASqGaLjwnFLi",
     "8327a919dfa7772950ea6e15f035d0cc2eaf21a3a33bc2f595c1dec1cca31a9b", 2},
};

Test(text, public_keys_both_ways)
{
    for (size_t i = 0; i < sizeof PUBLIC / sizeof PUBLIC[0]; i++) {
        uint8_t wanted[32];
        uint8_t x[32];
        char text[HS_NOISE_TEXT_SIZE];
        vectors_bytes(PUBLIC[i].x, wanted, sizeof wanted);
        cr_assert_eq(hs_noise_public_read(PUBLIC[i].text, x, why, sizeof why), 0, "%s", why);
        cr_assert_arr_eq(x, wanted, sizeof x);
        hs_noise_public_write(x, text);
        cr_assert_str_eq(text, PUBLIC[i].text);
    }
}

Test(text, secret_keys_both_ways)
{
    for (size_t i = 0; i < sizeof SECRET / sizeof SECRET[0]; i++) {
        uint8_t wanted[32];
        uint8_t secret[32];
        uint8_t x[32];
        char text[HS_NOISE_TEXT_SIZE];
        vectors_bytes(SECRET[i].secret, wanted, sizeof wanted);
        cr_assert_eq(hs_noise_secret_read(SECRET[i].text, secret, why, sizeof why), 0, "%s", why);
        cr_assert_arr_eq(secret, wanted, sizeof secret);
        hs_noise_secret_write(secret, text);
        cr_assert_str_eq(text, SECRET[i].text);
        cr_assert_eq(hs_noise_public(secret, x), 0);
        hs_noise_public_write(x, text);
        cr_assert_str_eq(text, PUBLIC[SECRET[i].public].text);
    }
}

/* Zeros at the front are ones in the text, which the length of what is read makes up for. */
Test(text, a_secret_that_begins_with_zeros)
{
    static const uint8_t SMALL[32] = {[31] = 1};
    uint8_t secret[32];
    char text[HS_NOISE_TEXT_SIZE];
    hs_noise_secret_write(SMALL, text);
    cr_assert_eq(strspn(text, "1"), (size_t)31);
    cr_assert_eq(hs_noise_secret_read(text, secret, why, sizeof why), 0, "%s", why);
    cr_assert_arr_eq(secret, SMALL, sizeof SMALL);
}

static void refuse_public(const char *text, const char *reason)
{
    uint8_t x[32] = {0xee};
    why[0] = '\0';
    cr_assert_eq(hs_noise_public_read(text, x, why, sizeof why), -1, "%s", text);
    cr_assert_str_eq(why, reason);
    cr_assert_eq(x[0], 0xee);
}

Test(text, what_is_no_public_key)
{
    refuse_public("9bDuixKmZqAJnrmP746n8zU1wyAQRrus7th9dxnkPg6RzQvCnam",
                  "fails its checksum: a character is wrong or missing");
    refuse_public("", "fails its checksum: a character is wrong or missing");
    refuse_public("2myPhc5vkPzuC5FXNK5tee79WmP7uoLh55SxezoF8iqwF3E3rnPY",
                  "has version 12; only 1 is known");
    refuse_public("2wmHTKZkLg2QzXyEXGMBXzKP7JXDUt8yy9SA5hoQwERc92qR6c",
                  "fails its checksum: a character is wrong or missing");
    refuse_public("9bXiEd8boQVhq7WddEcERUL5tyyJVFYdU8th3HfbNXK3Yw6GRX0",
                  "has a character that is not of Base58 (digits and letters without 0, O, I and "
                  "l), at position 51");
    refuse_public("zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", "is too long");
    refuse_public("19bXiEd8boQVhq7WddEcERUL5tyyJVFYdU8th3HfbNXK3Yw6GRXh",
                  "fails its checksum: a character is wrong or missing");
    refuse_public(SECRET[0].text, "fails its checksum: a character is wrong or missing");
}

Test(text, an_x_that_is_on_no_point_is_no_key)
{
    static const uint8_t FIVE[32] = {[31] = 5}; /* 5^3 + 7 is no square */
    char text[HS_NOISE_TEXT_SIZE];
    hs_noise_public_write(FIVE, text);
    refuse_public(text, "is no key: no point of the curve has its x");
}

Test(text, what_is_no_secret_key)
{
    static const uint8_t ZERO[32] = {0};
    uint8_t secret[32];
    char text[HS_NOISE_TEXT_SIZE];
    hs_noise_secret_write(ZERO, text);
    cr_assert_eq(hs_noise_secret_read(text, secret, why, sizeof why), -1);
    cr_assert_str_eq(why, "is no secret key of the curve");
    cr_assert_eq(hs_noise_secret_read(PUBLIC[0].text, secret, why, sizeof why), -1);
    cr_assert_str_eq(why, "is too long");
}
