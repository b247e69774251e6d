/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * plugin.ini.example and the table of keys agree.
 */
#include "config_fixture.h"

#include "plugin/config_keys.h"
#include "plugin/ini.h"

#define EXAMPLE HMX_SOURCE_DIR "/plugin.ini.example"

Test(config_example, the_example_is_legal_and_60_30_10)
{
    const fixture_load *const r = fixture_run(EXAMPLE, NULL, 0, 0);
    cr_assert_eq(r->status, HMX_OK, "%s", r->why);
    cr_assert_str_eq(r->warnings, "");
    hm_config defaults;
    hm_config_defaults(&defaults);
    cr_assert_eq(memcmp(&r->config.controller, &defaults.controller, sizeof defaults.controller), 0,
                 "the example shows the defaults");
    cr_assert_eq(memcmp(&r->config.failover, &defaults.failover, sizeof defaults.failover), 0);
    cr_assert_eq(r->config.upstream_count, 3);
    static const double percentages[] = {60, 30, 10};
    for (uint32_t i = 0; i < 3; i++) {
        cr_assert(r->config.upstreams[i].percentage == percentages[i]);
        cr_assert_eq(r->config.upstreams[i].priority, i + 1);
    }
}

/* Finds `name =` or `;name =` at the start of a line of the section [section]. */
static int count_key(const char *text, const char *section, const char *name, const char **first)
{
    char current[64] = "";
    int found = 0;
    for (const char *line = text; line != NULL && *line != '\0';) {
        const char *const start = line[0] == ';' ? line + 1 : line;
        if (line[0] == '[') {
            (void)sscanf(line, "[%63[^]]]", current);
        } else if (strcmp(current, section) == 0 && strncmp(start, name, strlen(name)) == 0 &&
                   strncmp(start + strlen(name), " =", 2) == 0) {
            *first = found++ == 0 ? line : *first;
        }
        line = strchr(line, '\n');
        line = line == NULL ? NULL : line + 1;
    }
    return found;
}

/* Each key of the table stands in the example, with its help and the line that tells range, unit
 * and default right above it; and nothing else stands there. */
Test(config_example, the_example_lists_exactly_the_known_keys)
{
    size_t len = 0;
    const char *const text = fixture_read(EXAMPLE, &len);
    int known_lines = 0;
    for (uint32_t k = 0; k < hm_config_key_count; k++) {
        const hm_config_key *const key = &hm_config_keys[k];
        const int of_upstream = key->section == HM_SECTION_UPSTREAM;
        const char *const section = of_upstream ? "upstream.pool_a" : hm_section_name(key->section);
        const char *at = NULL;
        char expected[512];
        hm_text t;
        cr_assert_eq(count_key(text, section, key->name, &at), 1, "[%s] %s", section, key->name);
        known_lines++;
        hm_text_init(&t, expected, sizeof expected);
        hm_text_add(&t, "# ");
        hm_config_key_describe(key, &t);
        hm_text_add(&t, "\n");
        cr_assert(at - text > (long)t.len && strncmp(at - t.len, expected, t.len) == 0,
                  "above %s there is no line: %s", key->name, expected);
        /* The help begins a comment somewhere in the block above; its lines may be broken. */
        char word[64] = "# ";
        (void)strncat(word, key->help, 24);
        const char *const help = strstr(text, word);
        cr_assert(help != NULL && help < at && at - help < 1200, "no help for %s", key->name);
        if (of_upstream) {
            cr_assert_eq(count_key(text, "upstream.pool_b", key->name, &at), 1);
            cr_assert_eq(count_key(text, "upstream.pool_c", key->name, &at), 1);
            known_lines += 2;
        }
        cr_assert(at[0] != ';' || key->given_offset != HM_KEY_ALWAYS, "%s is active", key->name);
    }
    int lines = 0;
    for (const char *line = text; line != NULL && *line != '\0';) {
        lines += line[0] != '#' && line[0] != '[' && line[0] != '\n';
        line = strchr(line, '\n');
        line = line == NULL ? NULL : line + 1;
    }
    cr_assert_eq(lines, known_lines);
}

Test(config_example, the_table_is_sound)
{
    for (uint32_t k = 0; k < hm_config_key_count; k++) {
        const hm_config_key *const key = &hm_config_keys[k];
        cr_assert_eq(hm_config_key_find(key->section, key->name), k, "%s is twice", key->name);
        cr_assert_leq(strlen(key->name), HM_INI_NAME_MAX);
        cr_assert_leq(strlen(key->help), 100);
        cr_assert_eq(key->help[strlen(key->help) - 1], '.');
        cr_assert(key->type != HM_KEY_WORD || key->words != NULL);
        static hm_config config;
        char why[512];
        hm_text t;
        hm_text_init(&t, why, sizeof why);
        if (key->default_value != NULL) {
            cr_assert_eq(
                hm_config_key_read(key, key->default_value, hm_config_row(&config, key, 0), &t),
                HMX_OK, "%s: %s", key->name, why);
            cr_assert_eq(hm_config_key_check(key, hm_config_row(&config, key, 0), &t), HMX_OK,
                         "%s: %s", key->name, why);
        }
    }
}
