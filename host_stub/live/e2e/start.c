/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/e2e/start.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host_stub/base/rng.h"
#include "host_stub/base/text.h"
#include "host_stub/live/miner/options.h"
#include "host_stub/noise/authority.h"

enum {
    RATE_LEAST = 1000, /* hashes per second of a miner */
    RATE_MOST = 6000,
    PER_CONNECTION = 3,
    TIP_SECS = 12, /* of pools that have their tips together */
    /* Without an answer: far more than a busy machine needs. */
    SETTLE_SECS = 30,
    IGNORING = HS_E2E_GROUPS_MAX - 1
};

void hs_e2e_args_start(hs_e2e_args *args, const char *command)
{
    args->count = 0;
    args->used = 0;
    args->full = 0;
    hs_e2e_args_add(args, command);
}

void hs_e2e_args_add(hs_e2e_args *args, const char *word)
{
    const size_t size = strlen(word) + 1;
    if (args->count == HS_E2E_WORDS_MAX || size > sizeof args->text - args->used) {
        args->full = 1;
        return;
    }
    char *const to = args->text + args->used;
    memcpy(to, word, size);
    args->used += size;
    args->argv[args->count++] = to;
    args->argv[args->count] = NULL;
}

/* An option and its value; nothing when the value is NULL. */
static void add_pair(hs_e2e_args *args, const char *name, const char *value)
{
    if (value != NULL) {
        hs_e2e_args_add(args, name);
        hs_e2e_args_add(args, value);
    }
}

static void add_number(hs_e2e_args *args, const char *name, uint64_t value)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%" PRIu64, value);
    add_pair(args, name, text);
}

/* Of each channel at a pool, so that all miners together find about as many in either way. */
static uint64_t shares_per_minute(const hs_e2e_options *options)
{
    enum { OF_A_POOL = 3000, OF_A_MINER_LEAST = 60 };
    const uint64_t of_a_miner = 3 * (uint64_t)OF_A_POOL / options->miners;
    return !options->per_channel           ? OF_A_POOL
           : of_a_miner > OF_A_MINER_LEAST ? of_a_miner
                                           : OF_A_MINER_LEAST;
}

void hs_e2e_pool_args(hs_e2e_args *args, const hs_e2e_options *options, uint32_t index,
                      const char *id, const char *json)
{
    /* What the pools' whole extranonces differ in is what prefixes of another length come from. */
    static const unsigned SIZES[] = {16, 12, 20, 8, 14, 18, 10, 16};
    char prefix[16] = "";
    const unsigned bytes = 1 + index % 3;
    for (unsigned i = 0; i < bytes; i++) {
        (void)snprintf(prefix + (size_t)2 * i, 3, "%02x", 0xa0U + index);
    }
    hs_e2e_args_start(args, "pool");
    char name[17];
    (void)snprintf(name, sizeof name, "%.16s", id);
    add_pair(args, "--name", name);
    add_pair(args, "--prefix", prefix);
    add_number(args, "--extranonce-size", SIZES[index % (sizeof SIZES / sizeof SIZES[0])]);
    add_number(args, "--shares-per-minute", shares_per_minute(options));
    add_number(args, "--seed", options->seed * 100 + index);
    add_pair(args, "--refresh-secs", "3");
    add_pair(args, "--batch-secs", "0.2");
    add_pair(args, "--json", json);
    if (options->one_tip || index < 2) {
        add_number(args, "--tip-secs", TIP_SECS);
        add_number(args, "--one-tip-seed", options->seed);
    } else {
        add_number(args, "--tip-secs", TIP_SECS + 5 * index);
    }
}

uint32_t hs_e2e_group_count(const hs_e2e_options *options)
{
    return options->ignore_prefix > 0 ? HS_E2E_GROUPS_MAX : IGNORING;
}

static uint32_t members(const hs_e2e_options *options, uint32_t group)
{
    const uint32_t rest = options->miners - options->ignore_prefix;
    const uint32_t third = rest / 3;
    return group == IGNORING ? options->ignore_prefix : group == 0 ? rest - 2 * third : third;
}

/* Rates of a farm of different machines, in turns from `first` on. */
static void add_rates(hs_e2e_args *args, uint64_t seed, uint32_t first, uint32_t count)
{
    char list[HS_MINER_LIST_MAX * 8] = "";
    size_t len = 0;
    hs_rng rng;
    hs_rng_init(&rng, seed, "e2e rates", first);
    for (uint32_t i = 0; i < count && i < HS_MINER_LIST_MAX; i++) {
        const uint32_t rate = RATE_LEAST + 100 * hs_rng_below(&rng, (RATE_MOST - RATE_LEAST) / 100);
        len +=
            (size_t)snprintf(list + len, sizeof list - len, "%s%" PRIu32, i > 0 ? "," : "", rate);
    }
    add_pair(args, "--rate", list);
}

uint32_t hs_e2e_miner_args(hs_e2e_args *args, const hs_e2e_options *options, uint32_t group,
                           uint16_t port, const char *json)
{
    static const char *const KINDS[] = {"mixed", "mixed", "extended", "extended"};
    static const char *const NAMES[] = {"farm.single", "farm.shared", "farm.rolling", "farm.deaf"};
    const uint32_t count = members(options, group);
    char place[32];
    uint32_t first = 0;
    if (count == 0) {
        return 0;
    }
    for (uint32_t i = 0; i < group; i++) {
        first += members(options, i);
    }
    (void)snprintf(place, sizeof place, "127.0.0.1:%u", (unsigned)port);
    hs_e2e_args_start(args, "miner");
    add_pair(args, "--connect", place);
    add_pair(args, "--kind", KINDS[group]);
    add_pair(args, "--name", NAMES[group]);
    add_number(args, "--first", first + 1);
    add_number(args, "--count", count);
    add_number(args, "--per-connection", group == 1 ? PER_CONNECTION : 1);
    add_number(args, "--seed", options->seed);
    add_rates(args, options->seed, first, count);
    add_number(args, "--settle-secs", SETTLE_SECS);
    add_pair(args, "--json", json);
    if (group == 2) {
        hs_e2e_args_add(args, "--roll-version");
    }
    if (group == IGNORING) {
        hs_e2e_args_add(args, "--ignore-prefix");
    }
    return count;
}

static void on_pool_line(void *ctx, hs_e2e_child *child, const char *line)
{
    hs_e2e_state *const r = ctx;
    const size_t index = (size_t)(child - r->pools);
    if (r->ports[index] == 0) {
        r->ports[index] = hs_e2e_child_port(line);
    } else if (strncmp(line, "stats ", 6) == 0) {
        json_t *const counts = json_loads(line + 6, 0, NULL);
        if (counts != NULL && r->begin_ms > 0) {
            (void)hs_e2e_track_add(&r->tracks[index], hs_e2e_now_ms(r) - r->begin_ms,
                                   json_real_value(json_object_get(counts, "work_accepted")));
            r->accepted[index] = hs_e2e_number(counts, "accepted");
        }
        json_decref(counts);
    }
}

static void on_proxy_line(void *ctx, hs_e2e_child *child, const char *line)
{
    hs_e2e_state *const r = ctx;
    (void)child;
    if (r->proxy_port == 0) {
        r->proxy_port = hs_e2e_child_port(line);
    }
}

static void on_miner_line(void *ctx, hs_e2e_child *child, const char *line)
{
    (void)child;
    ((hs_e2e_state *)ctx)->mining += strncmp(line, "mining ", 7) == 0;
}

static void start(hs_e2e_state *r, hs_e2e_child *child, const char *name, hs_e2e_args *args,
                  hs_e2e_child_line_fn *told)
{
    char log[HS_E2E_PATH_SIZE];
    if (args->full) {
        hs_e2e_fail(r, "the command line of %s is too long%s", name, "");
    } else if (hs_e2e_child_start(child, r->loop, name, args->argv,
                                  hs_e2e_folder_path(&r->folder, name, ".log", log), told, r,
                                  r->why, r->capacity) != 0) {
        r->failed = 1;
    }
}

/* Of the secret key; NULL: frames are plain. */
static const char *authority_path(const hs_e2e_state *r, char *to)
{
    return r->options->plain ? NULL : hs_e2e_folder_path(&r->folder, "authority", ".secret", to);
}

void hs_e2e_make_authority(hs_e2e_state *r)
{
    char to[HS_E2E_PATH_SIZE];
    const char *const path = authority_path(r, to);
    if (path == NULL) {
        return;
    }
    (void)unlink(path); /* that of an earlier run in the same folder */
    hs_noise_authority *const authority = hs_noise_authority_create(path, r->why, r->capacity) == 0
                                              ? hs_noise_authority_load(path, r->why, r->capacity)
                                              : NULL;
    if (authority == NULL) {
        r->failed = 1;
        return;
    }
    hs_noise_public_write(authority->x, r->authority);
    hs_noise_authority_free(authority);
}

void hs_e2e_start_pools(hs_e2e_state *r)
{
    hs_e2e_args args;
    char json[HS_E2E_PATH_SIZE];
    char secret[HS_E2E_PATH_SIZE];
    for (uint32_t i = 0; i < r->config->pool_count && !r->failed; i++) {
        const char *const id = r->config->pools[i].id;
        hs_e2e_pool_args(&args, r->options, i, id,
                         hs_e2e_folder_path(&r->folder, id, ".json", json));
        add_pair(&args, "--authority-secret", authority_path(r, secret));
        start(r, &r->pools[i], id, &args, on_pool_line);
    }
}

void hs_e2e_start_proxy(hs_e2e_state *r)
{
    hs_e2e_args args;
    char path[HS_E2E_PATH_SIZE];
    char name[32];
    char place[32];
    (void)snprintf(name, sizeof name, "proxy-%u", ++r->proxy_starts);
    (void)snprintf(place, sizeof place, "127.0.0.1:%u", (unsigned)r->proxy_port);
    hs_e2e_args_start(&args, "proxy");
    add_pair(&args, "--listen", place);
    add_pair(&args, "--authority-secret", authority_path(r, path));
    for (uint32_t i = 0; r->options->plain && i < r->config->pool_count; i++) {
        add_pair(&args, "--plain", r->config->pools[i].id);
    }
    add_pair(&args, "--upstream", r->options->per_channel ? "per-channel" : "aggregated");
    add_number(&args, "--seed", r->options->seed);
    add_pair(&args, "--config", hs_e2e_folder_path(&r->folder, "config", ".ini", path));
    add_pair(&args, "--plugin", r->options->plugin);
    add_pair(&args, "--state", hs_e2e_folder_path(&r->folder, "proxy", ".state", path));
    add_pair(&args, "--json", hs_e2e_folder_path(&r->folder, name, ".json", path));
    if (r->options->frames != NULL) {
        /* It empties its folder first: what it recorded before it started again is kept. */
        (void)snprintf(path, sizeof path, "%.400s%s%s", r->options->frames,
                       r->proxy_starts > 1 ? "/" : "", r->proxy_starts > 1 ? name : "");
        add_pair(&args, "--frames", path);
    }
    start(r, &r->proxy, name, &args, on_proxy_line);
}

void hs_e2e_start_miners(hs_e2e_state *r)
{
    hs_e2e_args args;
    char json[HS_E2E_PATH_SIZE];
    char name[32];
    for (uint32_t i = 0; i < hs_e2e_group_count(r->options) && !r->failed; i++) {
        (void)snprintf(name, sizeof name, "miners-%u", (unsigned)i);
        if (hs_e2e_miner_args(&args, r->options, i, r->proxy_port,
                              hs_e2e_folder_path(&r->folder, name, ".json", json)) > 0) {
            add_pair(&args, "--noise", r->options->plain ? NULL : r->authority);
            start(r, &r->miners[i], name, &args, on_miner_line);
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
        rc |= r->options->plain ? 0 : hs_e2e_config_set_key(r->config, i, r->authority);
    }
    if (rc != 0) {
        hs_e2e_fail(r, "no memory for the configuration%s%s", "", "");
    } else if (hs_e2e_config_write(r->config,
                                   hs_e2e_folder_path(&r->folder, "config", ".ini", path), r->why,
                                   r->capacity) != 0) {
        r->failed = 1;
    }
}
