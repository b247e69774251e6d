/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * config_unknown: what is said about a key or section that does not exist.
 */
#include <string.h>

#include "plugin/config/config_keys.h"
#include "plugin/config/ini.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Levenshtein's distance without regard to case; names longer than an INI name are far. */
static size_t distance(const char *a, const char *b)
{
    size_t row[HM_INI_NAME_MAX + 1];
    const size_t a_len = strlen(a);
    const size_t b_len = strlen(b);
    if (a_len > HM_INI_NAME_MAX || b_len > HM_INI_NAME_MAX) {
        return SIZE_MAX;
    }
    for (size_t j = 0; j <= b_len; j++) {
        row[j] = j;
    }
    for (size_t i = 0; i < a_len; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < b_len; j++) {
            const size_t changed = diagonal + (lower(a[i]) != lower(b[j]));
            diagonal = row[j + 1];
            row[j + 1] = smaller(changed, smaller(row[j], row[j + 1]) + 1);
        }
    }
    return row[b_len];
}

/* How unlike two names are; SIZE_MAX when they are not like enough for "did you mean". The
 * beginning of a longer name counts as like: "deadband" for "deadband_points". */
static size_t unlikeness(const char *seen, const char *known)
{
    const size_t seen_len = strlen(seen);
    const size_t known_len = strlen(known);
    const size_t d = distance(seen, known);
    const size_t longer = seen_len > known_len ? seen_len : known_len;
    if (d <= 1 + longer / 5 && d < longer) {
        return d;
    }
    const size_t common = smaller(seen_len, known_len);
    if (common >= 4 && strncmp(seen, known, common) == 0) {
        return longer;
    }
    return SIZE_MAX;
}

/* What the key is called elsewhere: in other proxies, and in the language of pools. */
static const char *other_word(hm_config_section section, const char *name)
{
    static const struct {
        hm_config_section section;
        const char *theirs;
        const char *ours;
    } WORDS[] = {
        {HM_SECTION_UPSTREAM, "weight", "percentage"},
        {HM_SECTION_UPSTREAM, "share", "percentage"},
        {HM_SECTION_UPSTREAM, "quota", "percentage"},
        {HM_SECTION_UPSTREAM, "target", "percentage"},
        {HM_SECTION_UPSTREAM, "url", "address"},
        {HM_SECTION_UPSTREAM, "host", "address"},
        {HM_SECTION_UPSTREAM, "user", "user_identity"},
        {HM_SECTION_UPSTREAM, "username", "user_identity"},
        {HM_SECTION_UPSTREAM, "account", "user_identity"},
        {HM_SECTION_UPSTREAM, "worker", "user_identity"},
        {HM_SECTION_UPSTREAM, "ths", "hashrate_ths"},
        {HM_SECTION_UPSTREAM, "key", "authority_pubkey"},
        {HM_SECTION_UPSTREAM, "pubkey", "authority_pubkey"},
        {HM_SECTION_UPSTREAM, "public_key", "authority_pubkey"},
        {HM_SECTION_CONTROLLER, "interval", "evaluation_interval_secs"},
        {HM_SECTION_CONTROLLER, "cooldown", "min_reassignment_interval_secs"},
        {HM_SECTION_CONTROLLER, "preset", "tuning_model"},
    };
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++) {
        if (WORDS[i].section == section && strcmp(WORDS[i].theirs, name) == 0) {
            return WORDS[i].ours;
        }
    }
    return NULL;
}

void hm_config_value_hint(const char *value, hm_text *out)
{
    const size_t len = strlen(value);
    if (len >= 2 && (value[0] == '"' || value[0] == '\'') && value[len - 1] == value[0]) {
        hm_text_add(out, "; a value stands without quotes");
    } else if (value[0] == '$') {
        hm_text_add(out, "; no variable is replaced here: write the value itself");
    }
}

void hm_config_unknown_key(hm_config_section section, const char *section_text, const char *name,
                           int lists, hm_text *out)
{
    const char *best = NULL;
    size_t best_unlikeness = SIZE_MAX;
    const char *elsewhere = NULL;
    for (uint32_t i = 0; i < hm_config_key_count; i++) {
        const hm_config_key *const key = &hm_config_keys[i];
        const size_t u = unlikeness(name, key->name);
        if (key->section == section && u < best_unlikeness) {
            best = key->name;
            best_unlikeness = u;
        } else if (key->section != section && strcmp(key->name, name) == 0) {
            elsewhere = hm_section_title(key->section);
        }
    }
    hm_text_add(out, "unknown key '");
    hm_text_add_view(out, name, strlen(name));
    hm_text_add(out, "' in [");
    hm_text_add_view(out, section_text, strlen(section_text));
    hm_text_add(out, "]");
    best = other_word(section, name) != NULL ? other_word(section, name) : best;
    const char *separator = "; known: ";
    if (elsewhere != NULL) {
        hm_text_addf(out, "; it belongs in [%s]", elsewhere);
    } else if (section == HM_SECTION_UPSTREAM && strncmp(name, "pass", 4) == 0) {
        hm_text_add(out, "; Stratum V2 has no passwords: leave it out");
    } else if (best != NULL) {
        hm_text_addf(out, "; did you mean '%s'?", best);
        separator = " known: ";
    }
    for (uint32_t i = 0; lists && i < hm_config_key_count; i++) {
        if (hm_config_keys[i].section == section) {
            hm_text_addf(out, "%s%s", separator, hm_config_keys[i].name);
            separator = ", ";
        }
    }
}

/* "x" of [pool.x] and of other ways to say upstream; NULL = it is none. */
static const char *upstream_in_other_words(const char *section_text)
{
    static const char *const WORDS[] = {"pool.", "pools.", "upstreams.", "upstream:", "pool:"};
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++) {
        const size_t len = strlen(WORDS[i]);
        if (strncmp(section_text, WORDS[i], len) == 0 && section_text[len] != '\0') {
            return section_text + len;
        }
    }
    return NULL;
}

void hm_config_unknown_section(const char *section_text, hm_text *out)
{
    const char *const id = upstream_in_other_words(section_text);
    hm_text_add(out, "unknown section [");
    hm_text_add_view(out, section_text, strlen(section_text));
    hm_text_add(out, "]; ");
    if (id != NULL) {
        hm_text_addf(out, "did you mean [%s.", hm_section_name(HM_SECTION_UPSTREAM));
        hm_text_add_view(out, id, strlen(id));
        hm_text_add(out, "]? ");
    }
    for (unsigned s = 0; s < HM_SECTIONS; s++) {
        if (id == NULL &&
            unlikeness(section_text, hm_section_name((hm_config_section)s)) != SIZE_MAX) {
            hm_text_addf(out, "did you mean [%s]? ", hm_section_title((hm_config_section)s));
        }
    }
    const char *separator = "known: ";
    for (unsigned s = 0; s < HM_SECTIONS; s++) {
        hm_text_addf(out, "%s[%s]", separator, hm_section_title((hm_config_section)s));
        separator = ", ";
    }
}
