/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/e2e/args.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "host_stub/base/rng.h"
#include "host_stub/live/miner/options.h"

enum {
    RATE_LEAST = 1000, /* hashes per second of a miner */
    RATE_MOST = 6000,
    PER_CONNECTION = 3,
    TIP_SECS = 12, /* of pools that have their tips together */
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

void hs_e2e_args_pair(hs_e2e_args *args, const char *name, const char *value)
{
    if (value != NULL) {
        hs_e2e_args_add(args, name);
        hs_e2e_args_add(args, value);
    }
}

void hs_e2e_args_number(hs_e2e_args *args, const char *name, uint64_t value)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%" PRIu64, value);
    hs_e2e_args_pair(args, name, text);
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
    hs_e2e_args_pair(args, "--name", name);
    hs_e2e_args_pair(args, "--prefix", prefix);
    hs_e2e_args_number(args, "--extranonce-size", SIZES[index % (sizeof SIZES / sizeof SIZES[0])]);
    hs_e2e_args_pair(args, "--shares-per-minute", "3000");
    hs_e2e_args_number(args, "--seed", options->seed * 100 + index);
    hs_e2e_args_pair(args, "--refresh-secs", "3");
    hs_e2e_args_pair(args, "--batch-secs", "0.2");
    hs_e2e_args_pair(args, "--json", json);
    if (options->one_tip || index < 2) {
        hs_e2e_args_number(args, "--tip-secs", TIP_SECS);
        hs_e2e_args_number(args, "--one-tip-seed", options->seed);
    } else {
        hs_e2e_args_number(args, "--tip-secs", TIP_SECS + 5 * index);
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
    hs_e2e_args_pair(args, "--rate", list);
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
    hs_e2e_args_pair(args, "--connect", place);
    hs_e2e_args_pair(args, "--kind", KINDS[group]);
    hs_e2e_args_pair(args, "--name", NAMES[group]);
    hs_e2e_args_number(args, "--first", first + 1);
    hs_e2e_args_number(args, "--count", count);
    hs_e2e_args_number(args, "--per-connection", group == 1 ? PER_CONNECTION : 1);
    hs_e2e_args_number(args, "--seed", options->seed);
    add_rates(args, options->seed, first, count);
    hs_e2e_args_pair(args, "--json", json);
    if (group == 2) {
        hs_e2e_args_add(args, "--roll-version");
    }
    if (group == IGNORING) {
        hs_e2e_args_add(args, "--ignore-prefix");
    }
    return count;
}
