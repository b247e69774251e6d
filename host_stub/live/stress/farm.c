/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/stress/farm.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host_stub/base/output.h"
#include "host_stub/base/text.h"
#include "host_stub/live/e2e/start.h"
#include "host_stub/noise/authority.h"
#include "host_stub/noise/text.h"

#define START_NS (60 * HS_NET_SECOND_NS)
#define STOP_NS  (60 * HS_NET_SECOND_NS)
#define TURN_NS  (20 * HS_NET_MILLISECOND_NS)

static const char *const NAMES[HS_STRESS_POOLS] = {"a", "b", "c"};
static const unsigned PERCENT[HS_STRESS_POOLS] = {60, 30, 10};

static void on_pool_line(void *ctx, hs_e2e_child *child, const char *line)
{
    hs_stress_farm *const farm = ctx;
    const size_t index = (size_t)(child - farm->pools);
    farm->ports[index] = farm->ports[index] != 0 ? farm->ports[index] : hs_e2e_child_port(line);
}

static void on_proxy_line(void *ctx, hs_e2e_child *child, const char *line)
{
    hs_stress_farm *const farm = ctx;
    (void)child;
    farm->port = farm->port != 0 ? farm->port : hs_e2e_child_port(line);
    const size_t len = strlen(line);
    farm->pools_up +=
        strstr(line, " pool ") != NULL && len > 6 && strcmp(line + len - 6, " is up") == 0;
}

static void add(hs_e2e_args *args, const char *name, const char *value)
{
    hs_e2e_args_add(args, name);
    hs_e2e_args_add(args, value);
}

static int make_authority(hs_stress_farm *farm, const char *path, char *why, size_t capacity)
{
    hs_noise_authority *const authority = hs_noise_authority_create(path, why, capacity) == 0
                                              ? hs_noise_authority_load(path, why, capacity)
                                              : NULL;
    if (authority == NULL) {
        return -1;
    }
    memcpy(farm->key, authority->x, sizeof farm->key);
    farm->has_key = 1;
    hs_noise_authority_free(authority);
    return 0;
}

static int start_pool(hs_stress_farm *farm, int index, const char *secret, char *why,
                      size_t capacity)
{
    hs_e2e_args args;
    char prefix[4];
    (void)snprintf(prefix, sizeof prefix, "%02x", 0xa0U + (unsigned)index);
    hs_e2e_args_start(&args, "pool");
    add(&args, "--name", NAMES[index]);
    add(&args, "--prefix", prefix);
    add(&args, "--hashes-per-share", "1");
    add(&args, "--batch", "10");
    add(&args, "--batch-secs", "0.002"); /* the answers' time is to be the proxy's */
    if (farm->has_key) {
        add(&args, "--authority-secret", secret);
    }
    return hs_e2e_child_start(&farm->pools[index], farm->loop, NAMES[index], args.argv, NULL,
                              on_pool_line, farm, why, capacity);
}

/* Where the pools are, and nothing else: the plugin as it is by default. */
static int write_config(const hs_stress_farm *farm, const char *path, char *why, size_t capacity)
{
    char text[1024];
    char key[HS_NOISE_TEXT_SIZE] = "";
    size_t len = 0;
    if (farm->has_key) {
        hs_noise_public_write(farm->key, key);
    }
    for (int i = 0; i < HS_STRESS_POOLS; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len,
                                "[upstream.%s]\naddress = 127.0.0.1\nport = %u\npercentage = %u\n"
                                "priority = %d\n%s%s\n",
                                NAMES[i], (unsigned)farm->ports[i], PERCENT[i], i + 1,
                                farm->has_key ? "authority_pubkey = " : "", key);
    }
    return hs_output_save(path, text, len, why, capacity);
}

static int start_proxy(hs_stress_farm *farm, const char *secret, const char *frames, char *why,
                       size_t capacity)
{
    hs_e2e_args args;
    char path[HS_E2E_PATH_SIZE];
    if (write_config(farm, hs_e2e_folder_path(&farm->folder, "config", ".ini", path), why,
                     capacity) != 0) {
        return -1;
    }
    hs_e2e_args_start(&args, "proxy");
    add(&args, "--config", path);
    add(&args, "--json", hs_e2e_folder_path(&farm->folder, "proxy", ".json", path));
    /* All of them come from one address. */
    add(&args, "--connections-per-address", "0");
    add(&args, "--connections-per-second", "0");
    add(&args, "--handshake-secs", "60");
    for (int i = 0; i < HS_STRESS_POOLS && !farm->has_key; i++) {
        add(&args, "--plain", NAMES[i]);
    }
    if (farm->has_key) {
        add(&args, "--authority-secret", secret);
    }
    if (farm->options->plugin != NULL) {
        add(&args, "--plugin", farm->options->plugin);
    }
    if (frames != NULL) {
        add(&args, "--frames", frames);
    }
    return hs_e2e_child_start(&farm->proxy, farm->loop, "proxy", args.argv, NULL, on_proxy_line,
                              farm, why, capacity);
}

static int all_listen(const hs_stress_farm *farm)
{
    int count = 0;
    for (int i = 0; i < HS_STRESS_POOLS; i++) {
        count += farm->ports[i] != 0;
    }
    return count == HS_STRESS_POOLS;
}

static int is_up(const hs_stress_farm *farm)
{
    return farm->port != 0 && farm->pools_up >= HS_STRESS_POOLS;
}

/* Turns until it is so. */
static int wait_until(hs_stress_farm *farm, int (*is_so)(const hs_stress_farm *farm), char *why,
                      size_t capacity)
{
    const uint64_t until_ns = hs_net_clock_ns() + START_NS;
    while (!is_so(farm)) {
        if (hs_net_loop_turn(farm->loop, TURN_NS) != 0 || hs_net_clock_ns() > until_ns ||
            !hs_stress_farm_is_alive(farm)) {
            return hs_refuse(why, capacity, "the pools and the proxy do not start: %s",
                             farm->proxy.last[0] != '\0' ? farm->proxy.last : farm->pools[0].last);
        }
    }
    return 0;
}

int hs_stress_farm_start(hs_stress_farm *farm, hs_net_loop *loop, const hs_stress_options *options,
                         const char *frames, char *why, size_t capacity)
{
    char secret[HS_E2E_PATH_SIZE];
    memset(farm, 0, sizeof *farm);
    farm->options = options;
    farm->loop = loop;
    if (hs_e2e_folder_open(&farm->folder, NULL, why, capacity) != 0) {
        return -1;
    }
    (void)hs_e2e_folder_path(&farm->folder, "authority", ".secret", secret);
    if (!options->plain && make_authority(farm, secret, why, capacity) != 0) {
        return -1;
    }
    for (int i = 0; i < HS_STRESS_POOLS; i++) {
        if (start_pool(farm, i, secret, why, capacity) != 0) {
            return -1;
        }
    }
    return wait_until(farm, all_listen, why, capacity) == 0 &&
                   start_proxy(farm, secret, frames, why, capacity) == 0 &&
                   wait_until(farm, is_up, why, capacity) == 0
               ? 0
               : -1;
}

json_t *hs_stress_farm_stop(hs_stress_farm *farm, char *why, size_t capacity)
{
    char path[HS_E2E_PATH_SIZE];
    const uint64_t until_ns = hs_net_clock_ns() + STOP_NS;
    hs_e2e_child_signal(&farm->proxy, SIGTERM);
    while (!hs_e2e_child_reap(&farm->proxy) && hs_net_clock_ns() < until_ns) {
        (void)hs_net_loop_turn(farm->loop, TURN_NS);
    }
    json_t *const account =
        json_load_file(hs_e2e_folder_path(&farm->folder, "proxy", ".json", path), 0, NULL);
    if (!hs_e2e_child_went_well(&farm->proxy) || account == NULL) {
        json_decref(account);
        (void)hs_refuse(why, capacity, "the proxy does not end well: %s", farm->proxy.last);
        return NULL;
    }
    return account;
}

void hs_stress_farm_free(hs_stress_farm *farm)
{
    hs_e2e_child_free(&farm->proxy);
    for (int i = 0; i < HS_STRESS_POOLS; i++) {
        hs_e2e_child_free(&farm->pools[i]);
    }
    if (farm->folder.path[0] != '\0') {
        hs_e2e_folder_close(&farm->folder);
    }
    memset(farm, 0, sizeof *farm);
}

int hs_stress_farm_is_alive(hs_stress_farm *farm)
{
    int alive = farm->proxy.told == NULL || !hs_e2e_child_reap(&farm->proxy);
    for (int i = 0; i < HS_STRESS_POOLS; i++) {
        alive = alive && !hs_e2e_child_reap(&farm->pools[i]);
    }
    return alive;
}

uint64_t hs_stress_farm_cpu_ns(const hs_stress_farm *farm)
{
    clockid_t clock = 0;
    struct timespec used = {0, 0};
    if (farm->proxy.pid <= 0 || clock_getcpuclockid(farm->proxy.pid, &clock) != 0 ||
        clock_gettime(clock, &used) != 0) {
        return 0;
    }
    return (uint64_t)used.tv_sec * HS_NET_SECOND_NS + (uint64_t)used.tv_nsec;
}

/* A line of /proc/PID/status that counts KiB, in bytes; 0 = it is not there. */
static uint64_t status_bytes(const hs_stress_farm *farm, const char *name)
{
    char path[48];
    char line[128];
    uint64_t kib = 0;
    const size_t len = strlen(name);
    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)farm->proxy.pid);
    FILE *const file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, name, len) == 0) {
            kib = strtoull(line + len, NULL, 10);
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return kib * 1024;
}

uint64_t hs_stress_farm_rss(const hs_stress_farm *farm)
{
    return status_bytes(farm, "VmRSS:");
}

uint64_t hs_stress_farm_peak(const hs_stress_farm *farm)
{
    return status_bytes(farm, "VmHWM:");
}
