/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/scenario/scenario_read.h"

#include <stdio.h>
#include <string.h>

#include "host_stub/base/text.h"

int hs_blame_entry(const struct hs_blame *blame, const hs_ini_entry *entry, const char *what)
{
    return hs_refuse(blame->why, blame->capacity, "%s:%u: [%s] %s: '%s': %s", blame->file,
                     (unsigned)entry->line, entry->section, entry->key, entry->value, what);
}

int hs_blame_allowed(const struct hs_blame *blame, const hs_ini_entry *entry, const char *allowed)
{
    char what[160];
    snprintf(what, sizeof what, "is not allowed here; allowed: %s", allowed);
    return hs_blame_entry(blame, entry, what);
}

static int parse_switch(const char *word, uint64_t *out)
{
    *out = strcmp(word, "yes") == 0;
    return *out != 0 || strcmp(word, "no") == 0 ? 0 : -1;
}

int hs_key_store(const struct hs_blame *blame, const struct hs_key *keys, size_t count,
                 const hs_ini_entry *entry, void *object)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(entry->key, keys[i].name) != 0) {
            continue;
        }
        unsigned char *const to = (unsigned char *)object + keys[i].offset;
        double decimal = -1.0;
        uint64_t whole = 0;
        const int bad = keys[i].type == HS_KEY_DECIMAL  ? hs_parse_decimal(entry->value, &decimal)
                        : keys[i].type == HS_KEY_COUNT  ? hs_parse_whole(entry->value, &whole)
                        : keys[i].type == HS_KEY_SWITCH ? parse_switch(entry->value, &whole)
                                                        : hs_parse_duration(entry->value, &whole);
        const double value = keys[i].type == HS_KEY_DECIMAL ? decimal : (double)whole;
        if (bad != 0 || value < keys[i].min || value > keys[i].max) {
            return hs_blame_allowed(blame, entry, keys[i].allowed);
        }
        const uint32_t small = (uint32_t)(whole & 0xffffffffu);
        if (keys[i].type == HS_KEY_DECIMAL) {
            memcpy(to, &decimal, sizeof decimal);
        } else if (keys[i].type == HS_KEY_COUNT || keys[i].type == HS_KEY_SWITCH) {
            memcpy(to, &small, sizeof small);
        } else {
            memcpy(to, &whole, sizeof whole);
        }
        return 1;
    }
    return 0;
}

int hs_next_word(const char **at, char *word, size_t capacity)
{
    const char *from = *at + strspn(*at, " \t,");
    const size_t len = strcspn(from, " \t,");
    if (len == 0) {
        return 0;
    }
    if (len >= capacity) {
        return -1;
    }
    memcpy(word, from, len);
    word[len] = '\0';
    *at = from + len;
    return 1;
}

int hs_scenario_pool(const hs_scenario *scenario, const char *id)
{
    for (uint32_t i = 0; i < scenario->pool_count; i++) {
        if (strcmp(scenario->pools[i].id, id) == 0) {
            return (int)i;
        }
    }
    return -1;
}
