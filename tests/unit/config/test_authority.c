/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <ctype.h>
#include <sodium/crypto_hash_sha256.h>
#include <string.h>

#include "plugin/config/authority.h"

static void to_hex(const uint8_t *bytes, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * len] = '\0';
}

/* Asserts a refusal that says `reason` and wrote no key. */
static void refused(const char *text, size_t len, const char *reason)
{
    uint8_t key[32];
    char why[512];
    hm_text t;
    memset(key, 0x77, sizeof key);
    hm_text_init(&t, why, sizeof why);
    cr_assert_eq(hm_authority_parse(text, len, key, &t), HMX_E_CONFIG, "%s", text);
    cr_assert_not_null(strstr(why, reason), "%s: '%s' does not say '%s'", text, why, reason);
    cr_assert_eq(t.cut, 0);
    for (size_t i = 0; i < sizeof key; i++) {
        cr_assert_eq(key[i], 0x77, "a refused key wrote byte %zu", i);
    }
}

static void accepted(const char *text, const char *hex)
{
    uint8_t key[32] = {0};
    char why[512];
    char got[65];
    hm_text t;
    hm_text_init(&t, why, sizeof why);
    cr_assert_eq(hm_authority_parse(text, strlen(text), key, &t), HMX_OK, "%s: %s", text, why);
    to_hex(key, sizeof key, got);
    cr_assert_str_eq(got, hex);
    cr_assert_str_eq(why, "");
}

/* The specification's vector, reference implementations, and pools that are in service. */
static const struct {
    const char *text;
    const char *hex;
} known_keys[] = {
    {"9bXiEd8boQVhq7WddEcERUL5tyyJVFYdU8th3HfbNXK3Yw6GRXh",
     "76637000979c1c11af0c300bcd8c7fe48610fce9b9c11e3daee35ae0b08a7455"},
    {"9auqWEzQDVyd2oe1JVGFLMLHZtCo2FFqZwtKA5gd9xbuEu7PH72",
     "24ee3c3804a1aaa4c03b80ea19f7a5863c916e8994b7db94a3bad7ee092b6ce7"},
    {"9bDuixKmZqAJnrmP746n8zU1wyAQRrus7th9dxnkPg6RzQvCnan",
     "4df78c3f49302eef4ec3ef2daf5fa337bb63c59a2f1844664776277e9470118c"},
    {"9awtMD5KQgvRUh2yFbjVeT7b6hjipWcAsQHd6wEhgtDT9soosna",
     "29954c97456b599c836f70f508d619d328527bb87229d7d7d2e67e6dcd18ebcf"},
    {"9c44K6QVizyPWb9xfeqhckFRosxWwB3EfytGa4CfTdD526qb2QV",
     "bb4b07d58a4e5810f7812bfe7fb093b6354d6d53ff38807c74852f5a3a48b031"},
    {"9bQHWXsQ2J9TRFTaxRh3KjoxdyLRfWVEy25YHtKF8y8gotLoCZZ",
     "6586ae0d10963b5ffda0e86ccb1302168a3d76992a995e28c57c6272bf63e077"},
    {"9bwHCYnjhbHm4AS3pWg9MtAH83mzWohoJJJDELYBqZhDNqszDLc",
     "abe73b2dd442131b64e0021b41c7f1e1423edc09c1815613b2a1acfe4aa271f5"},
    {"9bCoFxTszKCuffyywH5uS5o6WcU4vsjTH2axxc7wE86y2HhvULU",
     "4b71789db555c3c7c3194622ccb0159c9bf6ac7bbcc70e241ec383afc0e54078"},
};
#define KNOWN_KEYS (sizeof known_keys / sizeof known_keys[0])

Test(authority, known_keys_in_every_form)
{
    for (size_t i = 0; i < KNOWN_KEYS; i++) {
        char point[67];
        char upper[65];
        accepted(known_keys[i].text, known_keys[i].hex);
        accepted(known_keys[i].hex, known_keys[i].hex);
        for (size_t c = 0; c < 65; c++) {
            upper[c] = (char)toupper((unsigned char)known_keys[i].hex[c]);
        }
        accepted(upper, known_keys[i].hex);
        memcpy(point, i % 2 == 0 ? "02" : "03", 2);
        memcpy(point + 2, known_keys[i].hex, 65);
        accepted(point, known_keys[i].hex);
    }
}

Test(authority, the_documented_negatives)
{
    static const struct {
        const char *text;
        const char *reason;
    } rows[] = {
        {"9bDuixKmZqAJnrmP746n8zU1wyAQRrus7th9dxnkPg6RzQvCnam", "fails its checksum"},
        {"2myPhc5vkPzuC5FXNK5tee79WmP7uoLh55SxezoF8iqwF3E3rnPY", "has version 12"},
        {"2wmHTKZkLg2QzXyEXGMBXzKP7JXDUt8yy9SA5hoQwERc92qR6c", "holds a key of 31 bytes"},
        {"u95GEReVMjK6k5YqiSFNqqTnKU4ypU2Wm8awa6tmbmDmk1bWt", "the legacy form"},
        {"mkDLTBBRxdBv998612qipDYoTK3YUrqLe8uWw7gu3iXbSrn2n", "a SECRET key"},
        {"zmBEmPhqo3A92FkiLVvyCz6htc3e53ph3ZbD4ASqGaLjwnFLi", "a SECRET key"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        refused(rows[i].text, strlen(rows[i].text), rows[i].reason);
    }
}

Test(authority, a_refusal_never_repeats_the_key)
{
    static const char *const secrets[] = {"mkDLTBBRxdBv998612qipDYoTK3YUrqLe8uWw7gu3iXbSrn2n",
                                          "mkDLTBBRxdBv998612qipDYoTK3YUrqLe8uWw7gu3iXbSrn2",
                                          "mkDLTBBRxdBv998612qipDYoTK3YUrqLe8uWw7gu3iXbSr0n2n"};
    for (size_t i = 0; i < 3; i++) {
        uint8_t key[32];
        char why[512];
        hm_text t;
        hm_text_init(&t, why, sizeof why);
        cr_assert_eq(hm_authority_parse(secrets[i], strlen(secrets[i]), key, &t), HMX_E_CONFIG);
        for (size_t at = 0; at + 4 <= strlen(secrets[i]); at++) {
            char piece[5] = {0};
            memcpy(piece, secrets[i] + at, 4);
            cr_assert_null(strstr(why, piece), "'%s' shows '%s'", why, piece);
        }
    }
}

Test(authority, other_refusals_have_their_reason)
{
    static const struct {
        const char *text;
        const char *reason;
    } rows[] = {
        {"", "is empty"},
        {"9", "is too short"},
        {"1111", "is too short"},
        {"9bXiEd8boQVhq7WddEcERUL5tyyJVFYdU8th3HfbNXK3Yw6GRX", "fails its checksum"},
        {"9bXiEd8boQVhq0WddEcERUL5tyyJVFYdU8th3HfbNXK3Yw6GRXh", "'0' at position 14"},
        {"9bXiEd8boQVhq7WddEcERUL5tyyJVFYdU8th3HfbNXK3Yw6GRXl", "'l' at position 51"},
        {"9bXiEd8 oQVhq7WddEcERUL5tyyJVFYdU8th3HfbNXK3Yw6GRXh", "' ' at position 8"},
        {"9bXi\xC3", "'\\xC3' at position 5"},
        {"stratum2+tcp://pool:3333/9bXiEd8boQVhq7WddEcERUL5tyyJVFYdU8th3HfbNXK3Yw6GRXh", "URL"},
        {"0x76637000979c1c11af0c300bcd8c7fe48610fce9b9c11e3daee35ae0b08a7455", "begins with 0x"},
        {"0x", "begins with 0x"},
        {"0X76637000979c1c11af0c300bcd8c7fe48610fce9b9c11e3daee35ae0b08a7455", "begins with 0x"},
        {"00x", "'0' at position 1"},
        {"Xx", "is too short"},
        {"g6637000979c1c11af0c300bcd8c7fe48610fce9b9c11e3daee35ae0b08a7455", "'g' at position 1"},
        {"0476637000979c1c11af0c300bcd8c7fe48610fce9b9c11e3daee35ae0b08a7455", "begins with 04"},
        {"7663g000979c1c11af0c300bcd8c7fe48610fce9b9c11e3daee35ae0b08a7455", "'g' at position 5"},
        {"0276637000979c1c11af0c300bcd8c7fe48610fce9b9c11e3daee35ae0b08a745z",
         "'z' at position 66"},
        {"76637000979c1c11af0c300bcd8c7fe48610fce9b9c11e3daee35ae0b08a745",
         "63 hexadecimal digits"},
        {"76637000979c1c11af0c300bcd8c7fe48610fce9b9c11e3daee3", "52 hexadecimal digits"},
        {"76637000979c1c11af0c300bcd8c7fe48610fce9b9c11e3daee35ae0b08a74555",
         "65 hexadecimal digits"},
        {"0276637000979c1c11af0c300bcd8c7fe48610fce9b9c11e3daee35ae0b08a74555", "is too long"},
        {"0000000000000000000000000000000000000000000000000000000000000000", "all zero"},
        {"fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f", "field prime"},
        {"02ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "field prime"},
        {"111111111111111111111111111111111111111111111111111111111111111111", "begins with 11"},
        {"11111111111111111111111111111111111111111111111111111111111111111", "hexadecimal digits"},
        {"zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", "fails its checksum"},
        {"1111111111111111111111111111111111111111111111111111111111111111z", "fails its checksum"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        refused(rows[i].text, strlen(rows[i].text), rows[i].reason);
    }
    refused("9bXi\0d8boQVhq7WddEcERUL5tyyJVFYdU8th3HfbNXK3Yw6GRXh", 51, "'\\x00' at position 5");
    char full[131];
    memset(full, '4', sizeof full);
    full[130] = '\0';
    refused(full, 130, "uncompressed");
    accepted("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2e",
             "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2e");
}

/* What the functions called next find where they have not written yet: zeros. */
__attribute__((noinline)) static void clear_stack(void)
{
    volatile uint8_t below[4096];
    for (size_t i = 0; i < sizeof below; i++) {
        below[i] = 0;
    }
}

/* The number that they stand for has no byte but zeros: the search for its first other one must end
 * with it, also when zeros follow in memory. */
Test(authority, zeros_alone_are_no_key)
{
    char text[52] = {0};
    for (size_t len = 1; len < sizeof text; len++) {
        text[len - 1] = '1';
        uint8_t key[32];
        char why[512];
        hm_text t;
        hm_text_init(&t, why, sizeof why);
        clear_stack();
        cr_assert_eq(hm_authority_parse(text, len, key, &t), HMX_E_CONFIG);
        cr_assert_not_null(strstr(why, len <= 4 ? "is too short" : "fails its checksum"), "%s",
                           why);
    }
}

/* An encoder of our own, so that payloads of any length and version can be tried. */
static size_t base58check(const uint8_t *payload, size_t len, char *out)
{
    static const char alphabet[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    uint8_t bytes[80];
    uint8_t once[32];
    uint8_t twice[32];
    memcpy(bytes, payload, len);
    crypto_hash_sha256(once, payload, len);
    crypto_hash_sha256(twice, once, 32);
    memcpy(bytes + len, twice, 4);
    const size_t total = len + 4;
    char reversed[160];
    size_t n = 0;
    size_t first = 0;
    while (first < total && bytes[first] == 0) {
        first++;
    }
    const size_t zeros = first;
    while (first < total) {
        unsigned rest = 0;
        for (size_t i = first; i < total; i++) {
            rest = rest * 256 + bytes[i];
            bytes[i] = (uint8_t)(rest / 58);
            rest %= 58;
        }
        reversed[n++] = alphabet[rest];
        while (first < total && bytes[first] == 0) {
            first++;
        }
    }
    for (size_t i = 0; i < zeros; i++) {
        reversed[n++] = '1';
    }
    for (size_t i = 0; i < n; i++) {
        out[i] = reversed[n - 1 - i];
    }
    out[n] = '\0';
    return n;
}

Test(authority, every_payload_length_and_some_versions)
{
    uint8_t payload[64];
    char text[160];
    for (size_t i = 0; i < sizeof payload; i++) {
        payload[i] = (uint8_t)(7 * i + 1);
    }
    payload[0] = 1;
    payload[1] = 0;
    for (size_t len = 0; len <= 44; len++) {
        const size_t n = base58check(payload, len, text);
        if (len == 34) {
            char hex[65];
            to_hex(payload + 2, 32, hex);
            accepted(text, hex);
            cr_assert_eq(text[0], '9');
            cr_assert_eq(n, 51);
        } else if (len == 32) {
            refused(text, n, "32 bytes without a version");
        } else if (len >= 2) {
            char reason[64];
            hm_text t;
            hm_text_init(&t, reason, sizeof reason);
            hm_text_addf(&t, "holds a key of %zu bytes (version 1)", len - 2);
            refused(text, n, reason);
        } else {
            refused(text, n, len == 0 ? "is too short" : "holds 1 bytes");
        }
    }
    static const unsigned versions[] = {0, 2, 12, 256, 65535};
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        char reason[32];
        hm_text t;
        payload[0] = (uint8_t)(versions[i] & 255);
        payload[1] = (uint8_t)(versions[i] >> 8);
        hm_text_init(&t, reason, sizeof reason);
        hm_text_addf(&t, "has version %u;", versions[i]);
        refused(text, base58check(payload, 34, text), reason);
    }
}

/* The checksum catches each slip in one character of each key. */
Test(authority, every_single_wrong_character_is_refused)
{
    for (size_t i = 0; i < KNOWN_KEYS; i++) {
        for (size_t at = 0; at < 51; at++) {
            char text[52];
            uint8_t key[32];
            hm_text nowhere;
            hm_text_init(&nowhere, NULL, 0);
            memcpy(text, known_keys[i].text, sizeof text);
            text[at] = text[at] == 'k' ? 'm' : 'k';
            cr_assert_eq(hm_authority_parse(text, 51, key, &nowhere), HMX_E_CONFIG);
        }
    }
}
