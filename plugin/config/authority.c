/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/config/authority.h"

#include <sodium/crypto_hash_sha256.h>
#include <string.h>

#define VERSION_SIZE  2u
#define CHECKSUM_SIZE 4u
#define PAYLOAD_SIZE  (VERSION_SIZE + HM_AUTHORITY_KEY_SIZE)
#define HEX_X_LEN     64u
#define HEX_POINT_LEN 66u
#define HEX_FULL_LEN  130u
/* 66 characters of base 58 hold less than 49 bytes, leading ones one byte each: at most 66. */
#define DECODED_MAX HM_AUTHORITY_TEXT_MAX

static const char base58_alphabet[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

static hmx_status refuse(hm_text *why, const char *reason)
{
    hm_text_add(why, reason);
    return HMX_E_CONFIG;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* How many of the characters are hexadecimal digits. */
static size_t count_hex(const char *text, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        n += hex_value(text[i]) >= 0;
    }
    return n;
}

/* One character may be shown: it does not give a secret away, and the operator sees the slip. */
static hmx_status refuse_character(hm_text *why, const char *text, size_t at, const char *allowed)
{
    hm_text_add(why, "has the character '");
    hm_text_add_view(why, text + at, 1);
    hm_text_addf(why, "' at position %zu, which %s", at + 1, allowed);
    return HMX_E_CONFIG;
}

/* x is a number below the field prime p = 2^256 - 2^32 - 977, and there is no point with x = 0. */
static hmx_status check_x(const uint8_t x[HM_AUTHORITY_KEY_SIZE], hm_text *why)
{
    static const uint8_t prime[HM_AUTHORITY_KEY_SIZE] = {
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE, 0xFF, 0xFF, 0xFC, 0x2F};
    static const uint8_t zero[HM_AUTHORITY_KEY_SIZE] = {0};
    if (memcmp(x, zero, sizeof zero) == 0) {
        return refuse(why, "is all zero, which is no key");
    }
    if (memcmp(x, prime, sizeof prime) >= 0) {
        return refuse(why, "is no secp256k1 key: its x is not below the field prime");
    }
    return HMX_OK;
}

static hmx_status parse_hex(const char *text, size_t len, uint8_t key[HM_AUTHORITY_KEY_SIZE],
                            hm_text *why)
{
    for (size_t i = 0; i < len; i++) {
        if (hex_value(text[i]) < 0) {
            return refuse_character(why, text, i,
                                    "is no hexadecimal digit (64 or 66 characters are read as "
                                    "hexadecimal; Base58Check has 51)");
        }
    }
    const char *digits = text;
    if (len == HEX_POINT_LEN) {
        if (text[0] != '0' || (text[1] != '2' && text[1] != '3')) {
            hm_text_addf(why, "begins with %.2s; 66 hexadecimal digits begin with 02 or 03", text);
            return HMX_E_CONFIG;
        }
        digits += HEX_POINT_LEN - HEX_X_LEN;
    }
    uint8_t x[HM_AUTHORITY_KEY_SIZE];
    for (size_t i = 0; i < sizeof x; i++) {
        x[i] = (uint8_t)(hex_value(digits[2 * i]) * 16 + hex_value(digits[2 * i + 1]));
    }
    const hmx_status status = check_x(x, why);
    if (status == HMX_OK) {
        memcpy(key, x, sizeof x);
    }
    return status;
}

/* Appends one base-58 digit to the big number in out[0..DECODED_MAX), big-endian. The size is such
 * that nothing can overflow out of the first byte. */
static void base58_push(uint8_t out[DECODED_MAX], unsigned digit)
{
    unsigned carry = digit;
    for (size_t i = DECODED_MAX; i-- > 0;) {
        carry += 58u * out[i];
        out[i] = (uint8_t)(carry & 0xFFu);
        carry >>= 8;
    }
}

/* Decodes into `out` (its last *out_len bytes are moved to the front). */
static hmx_status base58_decode(const char *text, size_t len, uint8_t out[DECODED_MAX],
                                size_t *out_len, hm_text *why)
{
    uint8_t number[DECODED_MAX] = {0};
    size_t zeros = 0;
    for (size_t i = 0; i < len; i++) {
        const char *const digit =
            text[i] == '\0' ? NULL : strchr(base58_alphabet, (unsigned char)text[i]);
        if (digit == NULL) {
            return refuse_character(why, text, i,
                                    "is not in the Base58 alphabet (digits and letters without 0, "
                                    "O, I and l)");
        }
        base58_push(number, (unsigned)(digit - base58_alphabet));
        zeros += zeros == i && text[i] == '1';
    }
    size_t first = 0;
    while (first < DECODED_MAX && number[first] == 0) {
        first++;
    }
    /* Each leading 1 stands for one zero byte. There are at most DECODED_MAX characters, and each
     * of the others adds less than a byte, so the sum fits. */
    const size_t significant = DECODED_MAX - first;
    memset(out, 0, DECODED_MAX);
    memcpy(out + zeros, number + first, significant);
    *out_len = zeros + significant;
    return HMX_OK;
}

static int checksum_fits(const uint8_t *decoded, size_t payload_len)
{
    uint8_t once[crypto_hash_sha256_BYTES];
    uint8_t twice[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(once, decoded, payload_len);
    crypto_hash_sha256(twice, once, sizeof once);
    return memcmp(twice, decoded + payload_len, CHECKSUM_SIZE) == 0;
}

static hmx_status parse_base58(const char *text, size_t len, uint8_t key[HM_AUTHORITY_KEY_SIZE],
                               hm_text *why)
{
    uint8_t decoded[DECODED_MAX];
    size_t decoded_len = 0;
    const hmx_status status = base58_decode(text, len, decoded, &decoded_len, why);
    if (status != HMX_OK) {
        return status;
    }
    if (decoded_len <= CHECKSUM_SIZE) {
        hm_text_addf(why, "is too short with %zu characters; Base58Check has 51", len);
        return HMX_E_CONFIG;
    }
    const size_t payload_len = decoded_len - CHECKSUM_SIZE;
    if (!checksum_fits(decoded, payload_len)) {
        hm_text_addf(why,
                     "fails its checksum: a character is wrong or missing (it has %zu characters, "
                     "Base58Check has 51, hexadecimal 64 or 66)",
                     len);
        return HMX_E_CONFIG;
    }
    if (payload_len == HM_AUTHORITY_KEY_SIZE) {
        return refuse(why, "is 32 bytes without a version: either the legacy form of an authority "
                           "key (ask the pool for the one that begins with 9), or a SECRET key, "
                           "which belongs in no configuration of ours (not shown here)");
    }
    if (payload_len < VERSION_SIZE) {
        hm_text_addf(why, "holds %zu bytes; version and key are 34", payload_len);
        return HMX_E_CONFIG;
    }
    const unsigned version = decoded[0] + 256u * decoded[1];
    if (payload_len != PAYLOAD_SIZE) {
        hm_text_addf(why,
                     "holds a key of %zu bytes (version %u); 32 bytes with version 1 are meant",
                     payload_len - VERSION_SIZE, version);
        return HMX_E_CONFIG;
    }
    if (version != 1) {
        hm_text_addf(why, "has version %u; only version 1 is known", version);
        return HMX_E_CONFIG;
    }
    if (check_x(decoded + VERSION_SIZE, why) != HMX_OK) {
        return HMX_E_CONFIG;
    }
    memcpy(key, decoded + VERSION_SIZE, HM_AUTHORITY_KEY_SIZE);
    return HMX_OK;
}

hmx_status hm_authority_parse(const char *text, size_t len, uint8_t key[HM_AUTHORITY_KEY_SIZE],
                              hm_text *why)
{
    if (len == 0) {
        return refuse(why, "is empty");
    }
    if (memchr(text, '/', len) != NULL) {
        return refuse(why, "looks like a URL; give only the key, which is what follows the last /");
    }
    if (len >= 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        return refuse(why, "begins with 0x; give the hexadecimal digits alone");
    }
    if (len == HEX_FULL_LEN && count_hex(text, len) == len) {
        return refuse(why, "has 130 hexadecimal digits, an uncompressed key; give its x alone, "
                           "digits 3 to 66");
    }
    if (len > HM_AUTHORITY_TEXT_MAX) {
        hm_text_addf(
            why, "is too long with %zu characters; Base58Check has 51, hexadecimal 64 or 66", len);
        return HMX_E_CONFIG;
    }
    if (len == HEX_X_LEN || len == HEX_POINT_LEN) {
        return parse_hex(text, len, key, why);
    }
    /* Long runs of hexadecimal digits are no accident: say what is wrong with their number. */
    if (len > 51 && count_hex(text, len) == len) {
        hm_text_addf(why, "has %zu hexadecimal digits; 64 or 66 are meant", len);
        return HMX_E_CONFIG;
    }
    return parse_base58(text, len, key, why);
}
