/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/e2e/start.h"

#include <stdio.h>
#include <string.h>

#include "host_stub/base/text.h"

/* The port of a "listening 127.0.0.1:PORT" line, or 0. */
static uint16_t port_of(const char *line)
{
    static const char WORDS[] = "listening 127.0.0.1:";
    uint64_t port = 0;
    return strncmp(line, WORDS, sizeof WORDS - 1) == 0 &&
                   hs_parse_whole(line + sizeof WORDS - 1, &port) == 0 && port < 65536
               ? (uint16_t)port
               : 0;
}

static void on_pool_line(void *ctx, hs_e2e_child *child, const char *line)
{
    hs_e2e_state *const r = ctx;
    const size_t index = (size_t)(child - r->pools);
    if (r->ports[index] == 0) {
        r->ports[index] = port_of(line);
    } else if (strncmp(line, "stats ", 6) == 0) {
        json_t *const counts = json_loads(line + 6, 0, NULL);
        if (counts != NULL && r->begin_ms > 0) {
            (void)hs_e2e_track_add(&r->tracks[index], hs_e2e_now_ms(r) - r->begin_ms,
                                   json_real_value(json_object_get(counts, "work_accepted")));
        }
        json_decref(counts);
    }
}

static void on_proxy_line(void *ctx, hs_e2e_child *child, const char *line)
{
    hs_e2e_state *const r = ctx;
    (void)child;
    if (r->proxy_port == 0) {
        r->proxy_port = port_of(line);
    }
}

static void on_miner_line(void *ctx, hs_e2e_child *child, const char *line)
{
    (void)child;
    ((hs_e2e_state *)ctx)->mining += strncmp(line, "mining ", 7) == 0;
}

static void start(hs_e2e_state *r, hs_e2e_child *child, const char *name,
                  hs_e2e_child_line_fn *told)
{
    char log[HS_E2E_PATH_SIZE];
    if (r->args.full) {
        hs_e2e_fail(r, "the command line of %s is too long%s", name, "");
    } else if (hs_e2e_child_start(child, r->loop, name, r->args.argv,
                                  hs_e2e_folder_path(&r->folder, name, ".log", log), told, r,
                                  r->why, r->capacity) != 0) {
        r->failed = 1;
    }
}

void hs_e2e_start_pools(hs_e2e_state *r)
{
    char json[HS_E2E_PATH_SIZE];
    for (uint32_t i = 0; i < r->config->pool_count && !r->failed; i++) {
        const char *const id = r->config->pools[i].id;
        hs_e2e_pool_args(&r->args, r->options, i, id,
                         hs_e2e_folder_path(&r->folder, id, ".json", json));
        start(r, &r->pools[i], id, on_pool_line);
    }
}

void hs_e2e_start_proxy(hs_e2e_state *r)
{
    char path[HS_E2E_PATH_SIZE];
    char name[32];
    char place[32];
    (void)snprintf(name, sizeof name, "proxy-%u", ++r->proxy_starts);
    (void)snprintf(place, sizeof place, "127.0.0.1:%u", (unsigned)r->proxy_port);
    hs_e2e_args_start(&r->args, "proxy");
    hs_e2e_args_pair(&r->args, "--listen", place);
    hs_e2e_args_number(&r->args, "--seed", r->options->seed);
    hs_e2e_args_pair(&r->args, "--config", hs_e2e_folder_path(&r->folder, "config", ".ini", path));
    hs_e2e_args_pair(&r->args, "--plugin", r->options->plugin);
    hs_e2e_args_pair(&r->args, "--state", hs_e2e_folder_path(&r->folder, "proxy", ".state", path));
    hs_e2e_args_pair(&r->args, "--json", hs_e2e_folder_path(&r->folder, name, ".json", path));
    if (r->options->frames != NULL) {
        /* It empties its folder first: what it recorded before it started again is kept. */
        (void)snprintf(path, sizeof path, "%.400s%s%s", r->options->frames,
                       r->proxy_starts > 1 ? "/" : "", r->proxy_starts > 1 ? name : "");
        hs_e2e_args_pair(&r->args, "--frames", path);
    }
    start(r, &r->proxy, name, on_proxy_line);
}

void hs_e2e_start_miners(hs_e2e_state *r)
{
    char json[HS_E2E_PATH_SIZE];
    char name[32];
    for (uint32_t i = 0; i < hs_e2e_group_count(r->options) && !r->failed; i++) {
        (void)snprintf(name, sizeof name, "miners-%u", (unsigned)i);
        if (hs_e2e_miner_args(&r->args, r->options, i, r->proxy_port,
                              hs_e2e_folder_path(&r->folder, name, ".json", json)) > 0) {
            start(r, &r->miners[i], name, on_miner_line);
            r->group_count++;
        }
    }
}

void hs_e2e_write_config(hs_e2e_state *r)
{
    char path[HS_E2E_PATH_SIZE];
    int rc = 0;
    for (uint32_t i = 0; i < r->config->pool_count; i++) {
        rc |= hs_e2e_config_set_port(r->config, i, r->ports[i]);
    }
    if (rc != 0) {
        hs_e2e_fail(r, "no memory for the configuration%s%s", "", "");
    } else if (hs_e2e_config_write(r->config,
                                   hs_e2e_folder_path(&r->folder, "config", ".ini", path), r->why,
                                   r->capacity) != 0) {
        r->failed = 1;
    }
}
