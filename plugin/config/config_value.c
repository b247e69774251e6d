/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * config_value: how one value of the table is read, judged and printed.
 */
#include <string.h>

#include "plugin/base/decimal.h"
#include "plugin/config/config_keys.h"
#include "plugin/config/pattern.h"
#include "plugin/config/schedule.h"

#define REASON_SIZE  320 /* bytes of the second half of a sentence */
#define IDENTITY_MAX 160u

static const double NUMBER_IS_WORD = HM_DEADBAND_AUTO; /* a decimal that is its word */

static uint32_t get_u32(const void *row, size_t offset)
{
    uint32_t value = 0;
    memcpy(&value, (const char *)row + offset, sizeof value);
    return value;
}

static double get_double(const void *row, size_t offset)
{
    double value = 0;
    memcpy(&value, (const char *)row + offset, sizeof value);
    return value;
}

static int is_word(double value)
{
    return value >= NUMBER_IS_WORD && value <= NUMBER_IS_WORD;
}

static void set_u32(void *row, size_t offset, uint32_t value)
{
    memcpy((char *)row + offset, &value, sizeof value);
}

/* strcasecmp of ASCII: the C library's own follows the locale. */
static int same_word(const char *a, const char *lower)
{
    for (; *a != '\0' && *lower != '\0'; a++, lower++) {
        const char c = *a >= 'A' && *a <= 'Z' ? (char)(*a - 'A' + 'a') : *a;
        if (c != *lower) {
            return 0;
        }
    }
    return *a == *lower;
}

static hmx_status refuse_value(const hm_config_key *key, const char *value, const char *reason,
                               hm_text *why)
{
    hm_text_addf(why, "%s '", key->name);
    hm_text_add_view(why, value, strlen(value));
    hm_text_addf(why, "' %s; allowed: ", reason);
    hm_config_key_allowed(key, why);
    if (strstr(value, " #") != NULL || strstr(value, "\t#") != NULL) {
        hm_text_add(why, "; a comment after a value begins with a blank and ;");
    }
    return HMX_E_CONFIG;
}

/* Refuses the row's own number, which no file may have held. */
static hmx_status refuse_number(const hm_config_key *key, double value, hm_text *why)
{
    hm_text_addf(why, "%s ", key->name);
    if (key->type == HM_KEY_DECIMAL) {
        hm_text_add_decimal(why, value);
    } else {
        hm_text_add_u64(why, (uint64_t)value);
    }
    hm_text_add(why, " is out of range; allowed: ");
    hm_config_key_allowed(key, why);
    return HMX_E_CONFIG;
}

static hmx_status read_word(const hm_config_key *key, const char *value, void *row, hm_text *why)
{
    for (const hm_key_word *w = hm_config_key_words(key); w->word != NULL; w++) {
        if (same_word(value, w->word)) {
            set_u32(row, key->offset, w->value);
            return HMX_OK;
        }
    }
    return refuse_value(key, value, value[0] == '\0' ? "is empty" : "is not known", why);
}

static hmx_status read_number(const hm_config_key *key, const char *value, void *row, hm_text *why)
{
    uint64_t whole = 0;
    double number = 0;
    hm_decimal_refusal refusal = HM_DECIMAL_OK;
    if (key->words != NULL && same_word(value, key->words->word)) {
        memcpy((char *)row + key->offset, &NUMBER_IS_WORD, sizeof NUMBER_IS_WORD);
        return HMX_OK;
    }
    if (key->type == HM_KEY_WHOLE) {
        refusal = hm_decimal_parse_whole(value, strlen(value), &whole);
        number = (double)whole;
    } else {
        refusal = hm_decimal_parse(value, strlen(value), &number);
    }
    if (refusal != HM_DECIMAL_OK) {
        return refuse_value(key, value, hm_decimal_reason(refusal), why);
    }
    if (number < key->min || number > key->max) {
        return refuse_value(key, value, "is out of range", why);
    }
    if (key->type == HM_KEY_WHOLE) {
        set_u32(row, key->offset, (uint32_t)whole);
    } else {
        memcpy((char *)row + key->offset, &number, sizeof number);
    }
    return HMX_OK;
}

static hmx_status read_address(const hm_config_key *key, const char *value, void *row, hm_text *why)
{
    char reason[REASON_SIZE];
    hm_text t;
    hm_text_init(&t, reason, sizeof reason);
    if (hm_address_check(value, &t) != HMX_OK) {
        return refuse_value(key, value, reason, why);
    }
    memset((char *)row + key->offset, 0, HMX_ADDRESS_SIZE);
    memcpy((char *)row + key->offset, value, strlen(value));
    return HMX_OK;
}

/* The value is never repeated: it may be a secret key that was pasted by mistake. */
static hmx_status refuse_authority(const hm_config_key *key, const char *reason, hm_text *why)
{
    hm_text_addf(why, "%s %s; allowed: ", key->name, reason);
    hm_config_key_allowed(key, why);
    hm_text_add(why, ", or nothing");
    return HMX_E_CONFIG;
}

static hmx_status read_authority(const hm_config_key *key, const char *value, void *row,
                                 hm_text *why)
{
    hm_config_upstream *const u = (hm_config_upstream *)row;
    uint8_t bytes[HM_AUTHORITY_KEY_SIZE] = {0};
    const size_t len = strlen(value);
    if (len > 0) {
        char reason[REASON_SIZE];
        hm_text t;
        hm_text_init(&t, reason, sizeof reason);
        if (hm_authority_parse(value, len, bytes, &t) != HMX_OK) {
            return refuse_authority(key, reason, why);
        }
    }
    memset(u->authority_pubkey, 0, sizeof u->authority_pubkey);
    memcpy(u->authority_pubkey, value, len);
    memcpy(u->key, bytes, sizeof u->key);
    u->has_key = len > 0;
    return HMX_OK;
}

static const char *targets_refusal(const char *value)
{
    hm_scheduled_target target;
    const char *at = value;
    int rc = 1;
    while (rc == 1) {
        rc = hm_targets_next(&at, &target);
    }
    if (value[0] == '\0') {
        return "is empty";
    }
    if (strlen(value) >= HM_CONFIG_TARGETS_SIZE) {
        return "is too long";
    }
    return rc == 0 ? NULL : "is no list of id:percent";
}

/* Reasons against the text of a pattern or of an upstream that a pin names; NULL when good. */
static const char *text_refusal(const hm_config_key *key, const char *value)
{
    if (key->type == HM_KEY_PATTERN) {
        return hm_pattern_refusal(value);
    }
    if (key->type == HM_KEY_IDENTITY) {
        return value[0] == '\0' ? NULL : hm_pattern_text_refusal(value, IDENTITY_MAX);
    }
    if (key->type == HM_KEY_TARGETS) {
        return targets_refusal(value);
    }
    if (hm_config_is_id(value, strlen(value))) {
        return NULL;
    }
    return value[0] == '\0' ? "is empty" : "is no upstream id";
}

static size_t text_size(const hm_config_key *key)
{
    if (key->type == HM_KEY_IDENTITY) {
        return HMX_IDENTITY_SIZE;
    }
    if (key->type == HM_KEY_TARGETS) {
        return HM_CONFIG_TARGETS_SIZE;
    }
    return key->type == HM_KEY_PATTERN ? HM_CONFIG_PATTERN_SIZE : HMX_ID_SIZE;
}

static hmx_status read_text(const hm_config_key *key, const char *value, void *row, hm_text *why)
{
    _Static_assert(HM_PATTERN_MAX < HM_CONFIG_PATTERN_SIZE, "a pattern may not fit");
    const char *const reason = text_refusal(key, value);
    if (reason != NULL) {
        return refuse_value(key, value, reason, why);
    }
    memset((char *)row + key->offset, 0, text_size(key));
    memcpy((char *)row + key->offset, value, strlen(value));
    return HMX_OK;
}

static hmx_status read_moment(const hm_config_key *key, const char *value, void *row, hm_text *why)
{
    uint32_t number = 0;
    const char *reason = key->type == HM_KEY_DAYS   ? hm_days_parse(value, &number)
                         : key->type == HM_KEY_TIME ? hm_time_parse(value, &number)
                                                    : hm_zone_parse(value, &number);
    if (reason == NULL && ((double)number < key->min || (double)number > key->max)) {
        reason = "is out of range";
    }
    if (reason != NULL) {
        return refuse_value(key, value, reason, why);
    }
    set_u32(row, key->offset, number);
    return HMX_OK;
}

/* Only a pattern may have more than ASCII: elsewhere it is a mistake that nobody sees. */
static int is_ascii(const char *value)
{
    while (*value != '\0' && (unsigned char)*value < 0x80) {
        value++;
    }
    return *value == '\0';
}

hmx_status hm_config_key_read(const hm_config_key *key, const char *value, void *row, hm_text *why)
{
    if (key->type != HM_KEY_PATTERN && key->type != HM_KEY_IDENTITY && !is_ascii(value)) {
        static const char reason[] = "has a character that is not ASCII";
        return key->type == HM_KEY_AUTHORITY ? refuse_authority(key, reason, why)
                                             : refuse_value(key, value, reason, why);
    }
    switch (key->type) {
    case HM_KEY_BOOLEAN:
    case HM_KEY_WORD:
        return read_word(key, value, row, why);
    case HM_KEY_WHOLE:
    case HM_KEY_DECIMAL:
        return read_number(key, value, row, why);
    case HM_KEY_ADDRESS:
        return read_address(key, value, row, why);
    case HM_KEY_AUTHORITY:
        return read_authority(key, value, row, why);
    case HM_KEY_PATTERN:
    case HM_KEY_UPSTREAM:
    case HM_KEY_IDENTITY:
    case HM_KEY_TARGETS:
        return read_text(key, value, row, why);
    case HM_KEY_DAYS:
    case HM_KEY_TIME:
    case HM_KEY_ZONE:
        return read_moment(key, value, row, why);
    }
    return HMX_E_CONFIG;
}

double hm_config_key_number(const hm_config_key *key, const void *row)
{
    return key->type == HM_KEY_DECIMAL ? get_double(row, key->offset)
                                       : (double)get_u32(row, key->offset);
}

static hmx_status check_word(const hm_config_key *key, uint32_t value, hm_text *why)
{
    for (const hm_key_word *w = hm_config_key_words(key); w->word != NULL; w++) {
        if (w->value == value) {
            return HMX_OK;
        }
    }
    return refuse_number(key, (double)value, why);
}

static hmx_status check_address(const hm_config_key *key, const void *row, hm_text *why)
{
    const char *const address = (const char *)row + key->offset;
    char reason[REASON_SIZE];
    hm_text t;
    hm_text_init(&t, reason, sizeof reason);
    if (memchr(address, '\0', HMX_ADDRESS_SIZE) == NULL) {
        hm_text_addf(why, "%s is not terminated", key->name);
        return HMX_E_CONFIG;
    }
    if (hm_address_check(address, &t) != HMX_OK) {
        return refuse_value(key, address, reason, why);
    }
    return HMX_OK;
}

static hmx_status check_text(const hm_config_key *key, const void *row, hm_text *why)
{
    const char *const value = (const char *)row + key->offset;
    if (memchr(value, '\0', text_size(key)) == NULL) {
        hm_text_addf(why, "%s is not terminated", key->name);
        return HMX_E_CONFIG;
    }
    const char *const reason = text_refusal(key, value);
    return reason == NULL ? HMX_OK : refuse_value(key, value, reason, why);
}

/* Text and bytes must belong together: the text is what gets written. */
static hmx_status check_authority(const hm_config_key *key, const void *row, hm_text *why)
{
    const hm_config_upstream *const u = (const hm_config_upstream *)row;
    uint8_t bytes[HM_AUTHORITY_KEY_SIZE] = {0};
    char reason[REASON_SIZE];
    hm_text t;
    hm_text_init(&t, reason, sizeof reason);
    const char *const end =
        (const char *)memchr(u->authority_pubkey, '\0', sizeof u->authority_pubkey);
    if (end == NULL) {
        return refuse_authority(key, "is not terminated", why);
    }
    const size_t len = (size_t)(end - u->authority_pubkey);
    if (len > 0 && hm_authority_parse(u->authority_pubkey, len, bytes, &t) != HMX_OK) {
        return refuse_authority(key, reason, why);
    }
    if (u->has_key != (len > 0) || memcmp(bytes, u->key, sizeof bytes) != 0) {
        return refuse_authority(key, "is not the key that is in use", why);
    }
    return HMX_OK;
}

hmx_status hm_config_key_check(const hm_config_key *key, const void *row, hm_text *why)
{
    switch (key->type) {
    case HM_KEY_BOOLEAN:
    case HM_KEY_WORD:
        return check_word(key, get_u32(row, key->offset), why);
    case HM_KEY_WHOLE:
    case HM_KEY_DAYS:
    case HM_KEY_TIME:
    case HM_KEY_ZONE:
    case HM_KEY_DECIMAL: {
        const double value = hm_config_key_number(key, row);
        /* Written so that NaN is refused. */
        return (value >= key->min && value <= key->max) || (key->words != NULL && is_word(value))
                   ? HMX_OK
                   : refuse_number(key, value, why);
    }
    case HM_KEY_ADDRESS:
        return check_address(key, row, why);
    case HM_KEY_AUTHORITY:
        return check_authority(key, row, why);
    case HM_KEY_PATTERN:
    case HM_KEY_UPSTREAM:
    case HM_KEY_IDENTITY:
    case HM_KEY_TARGETS:
        return check_text(key, row, why);
    }
    return HMX_E_CONFIG;
}

void hm_config_key_print(const hm_config_key *key, const void *row, hm_text *out)
{
    switch (key->type) {
    case HM_KEY_BOOLEAN:
    case HM_KEY_WORD:
        for (const hm_key_word *w = hm_config_key_words(key); w->word != NULL; w++) {
            if (w->value == get_u32(row, key->offset)) {
                hm_text_add(out, w->word);
                break;
            }
        }
        break;
    case HM_KEY_WHOLE:
        hm_text_add_u64(out, get_u32(row, key->offset));
        break;
    case HM_KEY_DECIMAL:
        if (key->words != NULL && is_word(get_double(row, key->offset))) {
            hm_text_add(out, key->words->word);
        } else {
            hm_text_add_decimal(out, get_double(row, key->offset));
        }
        break;
    case HM_KEY_ADDRESS:
    case HM_KEY_AUTHORITY:
    case HM_KEY_PATTERN:
    case HM_KEY_UPSTREAM:
    case HM_KEY_IDENTITY:
    case HM_KEY_TARGETS:
        hm_text_add(out, (const char *)row + key->offset);
        break;
    case HM_KEY_DAYS:
        hm_days_print(get_u32(row, key->offset), out);
        break;
    case HM_KEY_TIME:
        hm_time_print(get_u32(row, key->offset), out);
        break;
    case HM_KEY_ZONE:
        hm_zone_print(get_u32(row, key->offset), out);
        break;
    }
}
