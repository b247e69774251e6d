/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/e2e/config.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/text.h"

/* Hundreds of shares per minute and pool make the luck of ten seconds as small as that of ten
 * minutes in a real farm: everything goes sixty times as fast. */
static const char BUILT_IN[] = "[controller]\n"
                               "tuning_model = aggressive\n"
                               "kp = 0.5\n"
                               "ki = 2\n"
                               "kd = 0\n"
                               "deadband_points = 0.5\n"
                               "evaluation_interval_secs = 1\n"
                               "min_reassignment_interval_secs = 3\n"
                               "measurement_window_secs = 10\n"
                               "estimator_window_secs = 60\n"
                               "noise_factor = 1\n"
                               "hold_secs = 1\n"
                               "dwell_secs = 3\n"
                               "ripple_point_mins = 0.5\n"
                               "[failover]\n"
                               "health_check_interval_secs = 1\n"
                               "hold_down_secs = 1\n"
                               "hold_down_max_secs = 3\n"
                               "grey_min_shares = 30\n";

static int add_built_in_pools(hs_ini *ini, uint32_t count, int per_channel)
{
    static const char *const THREE[] = {"60", "30", "10"};
    int rc = 0;
    for (uint32_t i = 0; i < count; i++) {
        char section[32];
        char number[32];
        char percent[32];
        char account[32];
        (void)snprintf(section, sizeof section, "upstream.pool_%c", (char)('a' + i));
        (void)snprintf(number, sizeof number, "%u", (unsigned)(i + 1));
        /* Otherwise n : n-1 : ... : 1, all but the last rounded down. */
        const uint32_t parts = count * (count + 1) / 2;
        uint32_t whole = 100 * (count - i) / parts;
        if (i == 0) {
            whole = 100;
            for (uint32_t j = 1; j < count; j++) {
                whole -= 100 * (count - j) / parts;
            }
        }
        (void)snprintf(account, sizeof account, "pool_%c.%%w", (char)('a' + i));
        (void)snprintf(percent, sizeof percent, "%u", (unsigned)whole);
        rc |= hs_ini_set(ini, section, "address", "127.0.0.1");
        rc |= hs_ini_set(ini, section, "port", number);
        rc |= hs_ini_set(ini, section, "percentage", count == 3 ? THREE[i] : percent);
        rc |= hs_ini_set(ini, section, "priority", number);
        rc |= per_channel ? hs_ini_set(ini, section, "user_identity", account) : 0;
    }
    return rc;
}

static int is_false(const char *value)
{
    return value != NULL && (strcmp(value, "false") == 0 || strcmp(value, "no") == 0 ||
                             strcmp(value, "off") == 0 || strcmp(value, "0") == 0);
}

static int add_pool(hs_e2e_config *config, const char *section, char *why, size_t capacity)
{
    const char *const id = section + strlen("upstream.");
    const char *const percent = hs_ini_get(&config->ini, section, "percentage");
    hs_e2e_pool_spec *const pool = &config->pools[config->pool_count];
    if (is_false(hs_ini_get(&config->ini, section, "enabled"))) {
        return 0;
    }
    if (config->pool_count == HS_E2E_POOLS_MAX || strlen(id) >= HS_E2E_ID_SIZE) {
        return hs_refuse(why, capacity, "[%s]: at most %d pools, with ids of at most %d characters",
                         section, (int)HS_E2E_POOLS_MAX, (int)HS_E2E_ID_SIZE - 1);
    }
    if (percent == NULL || hs_parse_decimal(percent, &pool->target_pct) != 0) {
        pool->target_pct = NAN;
    }
    memcpy(pool->id, id, strlen(id) + 1);
    config->pool_count++;
    return 0;
}

static int read_pools(hs_e2e_config *config, char *why, size_t capacity)
{
    const hs_ini *const ini = &config->ini;
    for (size_t i = 0; i < ini->count; i++) {
        const char *const section = ini->entries[i].section;
        const int is_first = i == 0 || strcmp(ini->entries[i - 1].section, section) != 0;
        if (is_first && strncmp(section, "upstream.", strlen("upstream.")) == 0 &&
            add_pool(config, section, why, capacity) != 0) {
            return -1;
        }
    }
    if (config->pool_count < 2) {
        return hs_refuse(why, capacity, "the configuration has %u enabled pools; a split needs two",
                         (unsigned)config->pool_count);
    }
    return 0;
}

int hs_e2e_config_load(hs_e2e_config *config, const hs_e2e_options *options, char *why,
                       size_t capacity)
{
    memset(config, 0, sizeof *config);
    if (options->config != NULL) {
        if (hs_ini_load(&config->ini, options->config, why, capacity) != 0) {
            return -1;
        }
    } else if (hs_ini_parse(&config->ini, "built-in configuration", BUILT_IN, sizeof BUILT_IN - 1,
                            why, capacity) != 0) {
        return -1;
    } else if (add_built_in_pools(&config->ini, options->pools > 0 ? options->pools : 3,
                                  options->per_channel != 0) != 0) {
        return hs_refuse(why, capacity, "no memory for the configuration");
    }
    if (read_pools(config, why, capacity) != 0) {
        return -1;
    }
    if (options->pools > 0 && options->pools != config->pool_count) {
        return hs_refuse(why, capacity, "--pools %u, and the configuration has %u enabled pools",
                         (unsigned)options->pools, (unsigned)config->pool_count);
    }
    return 0;
}

void hs_e2e_config_free(hs_e2e_config *config)
{
    hs_ini_free(&config->ini);
}

static int set(hs_e2e_config *config, uint32_t index, const char *key, const char *value)
{
    char section[HS_E2E_ID_SIZE + 16];
    (void)snprintf(section, sizeof section, "upstream.%s", config->pools[index].id);
    return hs_ini_set(&config->ini, section, key, value);
}

int hs_e2e_config_set_port(hs_e2e_config *config, uint32_t index, uint16_t port)
{
    char number[16];
    (void)snprintf(number, sizeof number, "%u", (unsigned)port);
    return set(config, index, "address", "127.0.0.1") | set(config, index, "port", number);
}

int hs_e2e_config_set_key(hs_e2e_config *config, uint32_t index, const char *key)
{
    return set(config, index, "authority_pubkey", key);
}

int hs_e2e_config_write(const hs_e2e_config *config, const char *path, char *why, size_t capacity)
{
    char *const text = hs_ini_render(&config->ini);
    FILE *const file = text != NULL ? fopen(path, "w") : NULL;
    int rc = file != NULL ? 0 : -1;
    if (file != NULL) {
        rc |= fputs(text, file) < 0;
        rc |= fclose(file) != 0;
    }
    free(text);
    return rc == 0 ? 0
                   : hs_refuse(why, capacity, "%s cannot be written: %s", path, strerror(errno));
}
