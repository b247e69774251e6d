/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/noise/text.h"

#include <sodium.h>
#include <string.h>

#include "host_stub/base/text.h"

enum {
    VERSION_SIZE = 2,
    CHECKSUM_SIZE = 4,
    PUBLIC_SIZE = VERSION_SIZE + HS_NOISE_X_SIZE,
    DATA_MAX = PUBLIC_SIZE + CHECKSUM_SIZE
};

static const char ALPHABET[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

static void checksum(const uint8_t *data, size_t len, uint8_t sum[CHECKSUM_SIZE])
{
    uint8_t once[crypto_hash_sha256_BYTES];
    uint8_t twice[crypto_hash_sha256_BYTES];
    (void)crypto_hash_sha256(once, data, len);
    (void)crypto_hash_sha256(twice, once, sizeof once);
    memcpy(sum, twice, CHECKSUM_SIZE);
    sodium_memzero(once, sizeof once);
}

/* The number in `data`, most significant byte first, divided by 58 in place; the rest. */
static unsigned divide(uint8_t *data, size_t len)
{
    unsigned rest = 0;
    for (size_t i = 0; i < len; i++) {
        const unsigned value = rest << 8 | data[i];
        data[i] = (uint8_t)(value / 58);
        rest = value % 58;
    }
    return rest;
}

/* `len` <= PUBLIC_SIZE bytes with their checksum. */
static void write_text(const uint8_t *data, size_t len, char text[HS_NOISE_TEXT_SIZE])
{
    uint8_t number[DATA_MAX];
    char reversed[HS_NOISE_TEXT_SIZE];
    size_t digits = 0;
    size_t zeros = 0;
    memcpy(number, data, len);
    checksum(data, len, number + len);
    while (zeros < len && data[zeros] == 0) {
        zeros++;
    }
    while (!sodium_is_zero(number, len + CHECKSUM_SIZE)) {
        reversed[digits++] = ALPHABET[divide(number, len + CHECKSUM_SIZE)];
    }
    memset(text, ALPHABET[0], zeros); /* a zero byte at the front is a digit of its own */
    for (size_t i = 0; i < digits; i++) {
        text[zeros + i] = reversed[digits - 1 - i];
    }
    text[zeros + digits] = '\0';
    sodium_memzero(number, sizeof number);
    sodium_memzero(reversed, sizeof reversed);
}

/* Times 58 and one digit more. -1 when it is more than `len` bytes hold. */
static int push_digit(uint8_t *number, size_t len, unsigned digit)
{
    unsigned carry = digit;
    for (size_t i = len; i-- > 0;) {
        carry += 58u * number[i];
        number[i] = (uint8_t)carry;
        carry >>= 8;
    }
    return carry == 0 ? 0 : -1;
}

/* The number that the text stands for, in `len` bytes. */
static int read_number(const char *text, uint8_t *number, size_t len, char *why, size_t capacity)
{
    memset(number, 0, len);
    for (const char *at = text; *at != '\0'; at++) {
        const char *const digit = strchr(ALPHABET, *at);
        if (digit == NULL) {
            return hs_refuse(why, capacity,
                             "has a character that is not of Base58 (digits and letters without "
                             "0, O, I and l), at position %u",
                             (unsigned)(at - text + 1));
        }
        if (push_digit(number, len, (unsigned)(digit - ALPHABET)) != 0) {
            return hs_refuse(why, capacity, "is too long");
        }
    }
    return 0;
}

/* `len` bytes and their checksum: what would be written as that text. */
static int read_text(const char *text, uint8_t *data, size_t len, char *why, size_t capacity)
{
    uint8_t number[DATA_MAX];
    char again[HS_NOISE_TEXT_SIZE];
    if (read_number(text, number, len + CHECKSUM_SIZE, why, capacity) != 0) {
        return -1;
    }
    write_text(number, len, again);
    const int rc =
        strcmp(text, again) == 0
            ? 0
            : hs_refuse(why, capacity, "fails its checksum: a character is wrong or missing");
    if (rc == 0) {
        memcpy(data, number, len);
    }
    sodium_memzero(number, sizeof number);
    sodium_memzero(again, sizeof again);
    return rc;
}

void hs_noise_public_write(const uint8_t x[HS_NOISE_X_SIZE], char text[HS_NOISE_TEXT_SIZE])
{
    uint8_t data[PUBLIC_SIZE] = {1, 0};
    memcpy(data + VERSION_SIZE, x, HS_NOISE_X_SIZE);
    write_text(data, sizeof data, text);
}

int hs_noise_public_read(const char *text, uint8_t x[HS_NOISE_X_SIZE], char *why, size_t capacity)
{
    uint8_t data[PUBLIC_SIZE];
    if (read_text(text, data, sizeof data, why, capacity) != 0) {
        return -1;
    }
    const unsigned version = data[0] | (unsigned)data[1] << 8;
    if (version != 1) {
        return hs_refuse(why, capacity, "has version %u; only 1 is known", version);
    }
    if (!hs_noise_is_public(data + VERSION_SIZE)) {
        return hs_refuse(why, capacity, "is no key: no point of the curve has its x");
    }
    memcpy(x, data + VERSION_SIZE, HS_NOISE_X_SIZE);
    return 0;
}

void hs_noise_secret_write(const uint8_t secret[HS_NOISE_SECRET_SIZE],
                           char text[HS_NOISE_TEXT_SIZE])
{
    write_text(secret, HS_NOISE_SECRET_SIZE, text);
}

int hs_noise_secret_read(const char *text, uint8_t secret[HS_NOISE_SECRET_SIZE], char *why,
                         size_t capacity)
{
    uint8_t x[HS_NOISE_X_SIZE];
    if (read_text(text, secret, HS_NOISE_SECRET_SIZE, why, capacity) != 0) {
        return -1;
    }
    return hs_noise_public(secret, x) == 0
               ? 0
               : hs_refuse(why, capacity, "is no secret key of the curve");
}
