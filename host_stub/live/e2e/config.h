/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/e2e/config: the plugin's configuration for a live run: a built-in one whose time constants
 * fit into a minute, or somebody's file; and with the ports that the pools were given. */
#ifndef HOST_STUB_LIVE_E2E_CONFIG_H
#define HOST_STUB_LIVE_E2E_CONFIG_H

#include "host_stub/base/ini.h"
#include "host_stub/live/e2e/options.h"

enum { HS_E2E_ID_SIZE = 33 };

typedef struct hs_e2e_pool_spec {
    char id[HS_E2E_ID_SIZE];
    double target_pct; /* of the pools together; NaN when the file gives it another target */
} hs_e2e_pool_spec;

typedef struct hs_e2e_config {
    hs_ini ini;
    hs_e2e_pool_spec pools[HS_E2E_POOLS_MAX];
    uint32_t pool_count; /* enabled ones, in the order of the file */
} hs_e2e_config;

/* Reads or makes it. 0, or -1 with a sentence in `why`; free it in either case. */
int hs_e2e_config_load(hs_e2e_config *config, const hs_e2e_options *options, char *why,
                       size_t capacity);
void hs_e2e_config_free(hs_e2e_config *config);

/* Pool `index` listens on this port of 127.0.0.1. 0, or -1 out of memory. */
int hs_e2e_config_set_port(hs_e2e_config *config, uint32_t index, uint16_t port);
/* And proves itself by this authority key. The same. */
int hs_e2e_config_set_key(hs_e2e_config *config, uint32_t index, const char *key);

/* Writes the INI file. 0, or -1 with a sentence. */
int hs_e2e_config_write(const hs_e2e_config *config, const char *path, char *why, size_t capacity);

#endif
