/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/e2e/options.h"

#include <stdio.h>
#include <string.h>

#include "host_stub/base/options.h"
#include "host_stub/base/text.h"
#include "host_stub/live/pool/faults.h"

enum { LEAD_MS = 15000, TAIL_MS = 1000 };

static int add_fault(hs_e2e_options *o, const char *name, char *why, size_t capacity)
{
    hs_pool_fault known;
    char ignored[400];
    int on = 0;
    if (o->fault_count == HS_E2E_FAULTS_MAX) {
        return hs_refuse(why, capacity, "--faults takes at most %d faults", (int)HS_E2E_FAULTS_MAX);
    }
    hs_e2e_fault *const fault = &o->faults[o->fault_count];
    memset(fault, 0, sizeof *fault);
    if (strcmp(name, HS_E2E_RESTART) != 0) {
        if (strchr(name, ' ') != NULL || strcmp(name, "up") == 0 ||
            hs_pool_fault_parse_line(name, &known, &on, ignored, sizeof ignored) != 0) {
            return hs_refuse(why, capacity, "--faults: there is no fault '%s'", name);
        }
        fault->lasts = known.kind < HS_POOL_LASTING;
    }
    (void)snprintf(fault->name, sizeof fault->name, "%s", name);
    o->fault_count++;
    return 0;
}

static int read_faults(const hs_option *option, void *options, const char *value, char *why,
                       size_t capacity)
{
    (void)option;
    for (const char *at = value; at != NULL;) {
        char word[24];
        hs_option_word(&at, word, sizeof word);
        if (add_fault(options, word, why, capacity) != 0) {
            return -1;
        }
    }
    return 0;
}

/* One fault after the other; each has its window to itself. */
static int plan(void *options, char *why, size_t capacity)
{
    hs_e2e_options *const o = options;
    if (o->ignore_prefix > o->miners) {
        return hs_refuse(why, capacity, "--ignore-prefix %u of %u miners: there are not so many",
                         (unsigned)o->ignore_prefix, (unsigned)o->miners);
    }
    uint64_t at_ms = LEAD_MS < o->settle_ms ? LEAD_MS : o->settle_ms;
    for (size_t i = 0; i < o->fault_count; i++) {
        hs_e2e_fault *const fault = &o->faults[i];
        fault->begin_ms = at_ms;
        fault->end_ms = at_ms + (fault->lasts ? o->fault_ms : 0);
        fault->window_ms = fault->end_ms + o->settle_ms;
        fault->window_end_ms = fault->window_ms + o->settle_ms;
        at_ms = fault->window_end_ms + TAIL_MS;
    }
    if (o->run_ms == 0) {
        o->run_ms = o->fault_count > 0 ? at_ms : 60000;
    }
    if (o->fault_count > 0 && o->run_ms < at_ms) {
        return hs_refuse(why, capacity, "--seconds: these faults need %llu seconds",
                         (unsigned long long)(at_ms + 999) / 1000);
    }
    return 0;
}

#define AT(member) HS_AT(hs_e2e_options, member)
static const hs_option OPTIONS[] = {
    HS_STRING(INPUT, "--plugin", "FILE", AT(plugin), "default: hashmux.so of this build"),
    HS_STRING(INPUT, "--config", "FILE", AT(config),
              "default: pools of 60/30/10 % (or others with --pools) and time constants for a "
              "minute. Addresses, ports and authority keys in it are replaced"),
    HS_FLAG("--noise", AT(noise), "Noise everywhere; the default", .excludes = "--plain"),
    HS_FLAG("--plain", AT(plain), "plain frames everywhere"),
    HS_CHOICE("--upstream", "HOW", AT(per_channel), "aggregated per-channel", "aggregated",
              "as of host_stub proxy: one channel at each pool, or one for each miner there. With "
              "per-channel the built-in pools name their miners: pool_a.%w"),
    HS_WHOLE("--pools", "N", AT(pools), 2, HS_E2E_POOLS_MAX, NULL,
             "default 3. With --config, the number that it has to have"),
    HS_WHOLE("--miners", "N", AT(miners), 1, HS_E2E_MINERS_MAX, "24",
             "half of them or more have extended channels"),
    HS_WHOLE("--ignore-prefix", "N", AT(ignore_prefix), 0, HS_E2E_MINERS_MAX, "0",
             "so many of them, extended, ignore SetExtranoncePrefix"),
    HS_FLAG("--one-tip", AT(one_tip),
            "all pools have the same tips at the same moments. Else the first two do"),
    HS_SCALED("--seconds", "X", AT(run_ms), 1e3, 1.0, 86400.0, NULL,
              "how long all are mining; default 60, or what the faults take"),
    HS_WHOLE("--seed", "N", AT(seed), 0, INT32_MAX, "1", "of rates, tips and chance"),
    HS_OTHER("--faults", "LIST", AT(faults), read_faults, NULL,
             "refuse,down,grey,flap,prefix-change,easier-target,slow,close, and stall, reconnect, "
             "garbage, half-frame, tip, restart (of the proxy); one after the other, the pools in "
             "turns"),
    HS_SCALED("--fault-secs", "X", AT(fault_ms), 1e3, 1.0, 86400.0, "8", "how long each lasts"),
    HS_SCALED("--settle-secs", "X", AT(settle_ms), 1e3, 1.0, 86400.0, "20",
              "the split is looked at so long after a fault's end, and over as long a time"),
    HS_STRING(OUTPUT_FOLDER, "--frames", "DIR", AT(frames),
              "the proxy records its connections: conn-*.hex and up-<pool>.hex"),
    HS_STRING(OUTPUT_FOLDER, "--logs", "DIR", AT(logs),
              "keeps what each process printed and counted"),
    HS_STRING(OUTPUT, "--json", "FILE", AT(json), "the result; - = standard output, and no table"),
    HS_FLAG("--progress", AT(progress),
            "a line on standard error four times a minute and at each fault; without it only when "
            "that is a terminal"),
};

const hs_command HS_E2E_COMMAND = {
    .name = "e2e",
    .title = "a live run: pools, proxy and miners",
    .about = "A live run on loopback: pools that check every hash, the proxy with a plugin, and "
             "mining devices that really hash, each a process of its own. Prints what every pool "
             "was delivered and what became of the shares, and which of the promises were broken.",
    .no = "a promise was broken (a sentence tells which)",
    .options = OPTIONS,
    .count = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(hs_e2e_options),
    .settle = plan,
};

void hs_e2e_place_faults(hs_e2e_options *options, uint32_t pools)
{
    for (size_t i = 0; i < options->fault_count; i++) {
        options->faults[i].pool = (uint32_t)((i + 1) % pools);
    }
}
