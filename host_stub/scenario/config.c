/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/scenario/config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "host_stub/base/paths.h"
#include "host_stub/base/text.h"

/* The test vector of SV2 spec 4.7.1: well-formed, and nobody's. */
#define ANY_AUTHORITY_KEY "9bXiEd8boQVhq7WddEcERUL5tyyJVFYdU8th3HfbNXK3Yw6GRXh"
#define FIRST_PORT        3333u

static int set_in_section(hs_ini *ini, const char *id, const char *key, const char *value)
{
    char section[HMX_ID_SIZE + 16];
    snprintf(section, sizeof section, "upstream.%s", id);
    return hs_ini_set(ini, section, key, value);
}

int hs_sim_config_target(hs_sim_config *config, const char *id, double target_pct)
{
    char text[32];
    hs_format_fixed(text, sizeof text, target_pct, 6);
    return set_in_section(&config->ini, id, "percentage", text);
}

int hs_sim_config_merge(hs_sim_config *config, const hs_ini *changes)
{
    int rc = 0;
    for (size_t i = 0; i < changes->count && rc == 0; i++) {
        const hs_ini_entry *const e = &changes->entries[i];
        rc = hs_ini_set(&config->ini, e->section, e->key, e->value);
    }
    return rc;
}

static int add_pool(hs_sim_config *config, const hs_sim_pool_spec *pool, uint32_t index)
{
    char address[HMX_ID_SIZE + 32];
    char port[16];
    char priority[16];
    /* A host name has no underscore, an id may: the address is only for show. */
    snprintf(address, sizeof address, "pool-%u.invalid", (unsigned)index + 1);
    snprintf(port, sizeof port, "%u", FIRST_PORT + (unsigned)index);
    snprintf(priority, sizeof priority, "%u", (unsigned)pool->priority);
    hs_ini *const ini = &config->ini;
    if (set_in_section(ini, pool->id, "address", address) != 0 ||
        set_in_section(ini, pool->id, "port", port) != 0 ||
        set_in_section(ini, pool->id, "authority_pubkey", ANY_AUTHORITY_KEY) != 0 ||
        set_in_section(ini, pool->id, "priority", priority) != 0) {
        return -1;
    }
    if (pool->hashrate_ths > 0.0) {
        char text[32];
        hs_format_fixed(text, sizeof text, pool->hashrate_ths, 6);
        return set_in_section(ini, pool->id, "hashrate_ths", text);
    }
    return hs_sim_config_target(config, pool->id, pool->target_pct);
}

/* One --set section.key=value; the section may have points, the key has none. */
static int apply_set(hs_sim_config *config, const char *set, char *why, size_t capacity)
{
    char section[64];
    char key[64];
    const char *const equals = strchr(set, '=');
    const char *point = NULL;
    for (const char *p = set; equals != NULL && p < equals; p++) {
        point = *p == '.' ? p : point;
    }
    if (point == NULL || point == set || point + 1 == equals ||
        (size_t)(point - set) >= sizeof section || (size_t)(equals - point) > sizeof key) {
        return hs_refuse(why, capacity,
                         "--set takes SECTION.KEY=VALUE, such as controller.deadband_points=1, "
                         "not '%s'",
                         set);
    }
    snprintf(section, sizeof section, "%.*s", (int)(point - set), set);
    snprintf(key, sizeof key, "%.*s", (int)(equals - point) - 1, point + 1);
    for (const char *p = set; *p != '\0'; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f) {
            return hs_refuse(why, capacity, "--set %s.%s holds a control character", section, key);
        }
    }
    if (hs_ini_set(&config->ini, section, key, equals + 1) != 0) {
        return hs_refuse(why, capacity, "out of memory");
    }
    return 0;
}

/* The file that the plugin is to read, "" when the configuration is made here. */
static int find_file(hs_sim_config *config, const hs_scenario *scenario, const char *path,
                     char *why, size_t capacity)
{
    const char *const from = path != NULL && path[0] != '\0' ? path : scenario->config;
    if (from == scenario->config && strcmp(from, "default") == 0) {
        if (hs_path_default_config(config->path, sizeof config->path) != 0) {
            return hs_refuse(why, capacity,
                             "the shipped plugin.ini.example is not found; name a "
                             "configuration with --config");
        }
        return 0;
    }
    if ((size_t)snprintf(config->path, sizeof config->path, "%s", from) >= sizeof config->path) {
        return hs_refuse(why, capacity, "the configuration's path is too long");
    }
    return 0;
}

static int fill(hs_sim_config *config, const hs_scenario *scenario, const char *const *sets,
                size_t set_count, char *why, size_t capacity)
{
    if (config->path[0] != '\0') {
        const int rc = hs_ini_load(&config->ini, config->path, why, capacity);
        if (set_count == 0 && scenario->settings.count == 0) {
            /* Given as it is: whether it is a good file, the plugin says. */
            config->can_be_changed = rc == 0;
            return 0;
        }
        if (rc != 0) {
            return -1;
        }
        config->path[0] = '\0';
    }
    config->can_be_changed = 1;
    if (config->ini.count == 0) {
        for (uint32_t i = 0; i < scenario->pool_count; i++) {
            if (add_pool(config, &scenario->pools[i], i) != 0) {
                return hs_refuse(why, capacity, "out of memory");
            }
        }
    }
    if (hs_sim_config_merge(config, &scenario->settings) != 0) {
        return hs_refuse(why, capacity, "out of memory");
    }
    for (size_t i = 0; i < set_count; i++) {
        if (apply_set(config, sets[i], why, capacity) != 0) {
            return -1;
        }
    }
    return 0;
}

int hs_sim_config_build(hs_sim_config *config, const hs_scenario *scenario, const char *path,
                        const char *const *sets, size_t set_count, char *why, size_t capacity)
{
    memset(config, 0, sizeof *config);
    if (find_file(config, scenario, path, why, capacity) != 0 ||
        fill(config, scenario, sets, set_count, why, capacity) != 0) {
        hs_sim_config_free(config);
        return -1;
    }
    return 0;
}

/* The last --set of the section, and of the key unless it is NULL. */
static const char *find_set(const char *const *sets, size_t count, const char *section,
                            const char *key)
{
    const size_t len = strlen(section);
    const char *found = NULL;
    for (size_t i = 0; i < count; i++) {
        const char *const rest = sets[i] + len;
        if (strncmp(sets[i], section, len) == 0 && *rest == '.' && strchr(sets[i], '=') > rest &&
            (key == NULL ||
             (strncmp(rest + 1, key, strlen(key)) == 0 && rest[1 + strlen(key)] == '='))) {
            found = sets[i];
        }
    }
    return found;
}

/* What stands in this line of hs_ini_render, in words; 0 = the whole of it. */
static void name_line(const hs_sim_config *config, const char *const *sets, size_t set_count,
                      uint64_t line, char *name, size_t size)
{
    uint64_t at = 0;
    (void)snprintf(name, size, "the configuration%s",
                   set_count > 0 ? ", with what --set changes" : "");
    for (size_t i = 0; i < config->ini.count && at < line; i++) {
        const hs_ini_entry *const e = &config->ini.entries[i];
        const char *set = find_set(sets, set_count, e->section, e->key);
        const int is_first =
            strcmp(e->section, i > 0 ? config->ini.entries[i - 1].section : "") != 0;
        at += is_first ? 2 : 1;
        if (at < line) {
            continue;
        }
        if (at > line) { /* the section's own line */
            set = find_set(sets, set_count, e->section, NULL);
        }
        if (set != NULL) {
            (void)snprintf(name, size, "--set %s", set);
        } else {
            (void)snprintf(name, size, "the configuration's [%s]%s%s%s%s", e->section,
                           at > line ? "" : " ", at > line ? "" : e->key, at > line ? "" : " = ",
                           at > line ? "" : e->value);
        }
    }
}

void hs_sim_config_explain(const hs_sim_config *config, const char *const *sets, size_t set_count,
                           char *why, size_t capacity)
{
    static const char TEXT[] = "<text>:";
    char plain[4096];
    size_t len = 0;
    if (config->path[0] != '\0') {
        return;
    }
    for (const char *at = why; *at != '\0' && len < sizeof plain - 1;) {
        if (strncmp(at, TEXT, sizeof TEXT - 1) != 0) {
            plain[len++] = *at++;
            continue;
        }
        char name[512];
        uint64_t line = 0;
        at += sizeof TEXT - 1;
        for (; *at >= '0' && *at <= '9' && line < UINT32_MAX; at++) {
            line = 10 * line + (uint64_t)(*at - '0');
        }
        at += line > 0 && *at == ':';
        name_line(config, sets, set_count, line, name, sizeof name);
        const int n = snprintf(plain + len, sizeof plain - len, "%s:", name);
        len = (size_t)n < sizeof plain - len ? len + (size_t)n : sizeof plain - 1;
    }
    plain[len] = '\0';
    (void)snprintf(why, capacity, "%s", plain);
}

void hs_sim_config_free(hs_sim_config *config)
{
    hs_ini_free(&config->ini);
    memset(config, 0, sizeof *config);
}
