/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/e2e/options.h"

#include <stdio.h>
#include <string.h>

#include "host_stub/base/options.h"
#include "host_stub/base/text.h"
#include "host_stub/live/pool/faults.h"

enum { LEAD_MS = 15000, TAIL_MS = 1000 };

const char HS_E2E_USAGE[] =
    "usage: host_stub e2e [options]\n"
    "\n"
    "A live run on loopback: pools that check every hash, the proxy with a plugin, and mining\n"
    "devices that really hash, each a process of its own. Prints what every pool was delivered "
    "and\n"
    "what became of the shares, and which of the promises were broken.\n"
    "\n"
    "  --plugin F.so       default: hashmux.so of this build\n"
    "  --config F.ini      default: pools of 60/30/10 % (or others with --pools) and time "
    "constants\n"
    "                      for a minute. Addresses and ports in it are replaced\n"
    "  --pools N           2 to 8; default 3. With --config, the number that it has to have\n"
    "  --miners N          1 to 200; default 24. Half of them or more have extended channels\n"
    "  --ignore-prefix N   so many of them, extended, ignore SetExtranoncePrefix; default 0\n"
    "  --one-tip           all pools have the same tips at the same moments. Else the first two "
    "do\n"
    "  --seconds S         how long all are mining; default 60, or what the faults take\n"
    "  --seed N            default 1\n"
    "  --faults LIST       refuse,down,grey,flap,prefix-change,easier-target,slow,close, and\n"
    "                      stall, reconnect, garbage, half-frame, tip, restart (of the proxy); "
    "one\n"
    "                      after the other, the pools in turns\n"
    "  --fault-secs S      how long each lasts; default 8\n"
    "  --settle-secs S     the split is looked at so long after a fault's end, and over as long a\n"
    "                      time; default 20\n"
    "  --frames DIR        the proxy records its connections: conn-*.hex and up-<pool>.hex\n"
    "  --logs DIR          keeps what each process printed and counted\n"
    "  --json FILE         the result; - = standard output, and no table\n"
    "\n"
    "Status: 0 all promises were kept, 1 one was broken (a sentence tells which), 2 the command\n"
    "line or a file is wrong.\n";

static int read_ms(const char *name, const char *value, uint64_t *out, char *why, size_t capacity)
{
    double seconds = 0.0;
    if (hs_parse_decimal(value, &seconds) != 0 || seconds < 1.0 || seconds > 86400.0) {
        return hs_refuse(why, capacity, "%s takes seconds, from 1 to 86400, not '%s'", name, value);
    }
    *out = (uint64_t)(seconds * 1000.0 + 0.5);
    return 0;
}

static int add_fault(hs_e2e_options *o, const char *name, char *why, size_t capacity)
{
    hs_lpool_fault known;
    char ignored[400];
    int on = 0;
    if (o->fault_count == HS_E2E_FAULTS_MAX) {
        return hs_refuse(why, capacity, "--faults takes at most %d faults", (int)HS_E2E_FAULTS_MAX);
    }
    hs_e2e_fault *const fault = &o->faults[o->fault_count];
    memset(fault, 0, sizeof *fault);
    if (strcmp(name, HS_E2E_RESTART) != 0) {
        if (strchr(name, ' ') != NULL || strcmp(name, "up") == 0 ||
            hs_lpool_fault_parse_line(name, &known, &on, ignored, sizeof ignored) != 0) {
            return hs_refuse(why, capacity, "--faults: there is no fault '%s'", name);
        }
        fault->lasts = known.kind < HS_LPOOL_LASTING;
    }
    (void)snprintf(fault->name, sizeof fault->name, "%s", name);
    o->fault_count++;
    return 0;
}

static int read_faults(hs_e2e_options *o, const char *value, char *why, size_t capacity)
{
    const char *at = value;
    for (;;) {
        const size_t len = strcspn(at, ",");
        char word[24] = "";
        if (len < sizeof word) {
            memcpy(word, at, len);
        }
        if (add_fault(o, word, why, capacity) != 0) {
            return -1;
        }
        at += len;
        if (*at == '\0') {
            return 0;
        }
        at++;
    }
}

static int take(hs_e2e_options *o, const char *name, const char *value, char *why, size_t capacity)
{
    if (strcmp(name, "--pools") == 0) {
        return hs_option_u32(name, value, 2, HS_E2E_POOLS_MAX, &o->pools, why, capacity);
    }
    if (strcmp(name, "--miners") == 0) {
        return hs_option_u32(name, value, 1, HS_E2E_MINERS_MAX, &o->miners, why, capacity);
    }
    if (strcmp(name, "--ignore-prefix") == 0) {
        return hs_option_u32(name, value, 0, HS_E2E_MINERS_MAX, &o->ignore_prefix, why, capacity);
    }
    if (strcmp(name, "--seed") == 0) {
        return hs_option_whole(name, value, 0, INT32_MAX, &o->seed, why, capacity);
    }
    if (strcmp(name, "--seconds") == 0) {
        return read_ms(name, value, &o->run_ms, why, capacity);
    }
    if (strcmp(name, "--fault-secs") == 0) {
        return read_ms(name, value, &o->fault_ms, why, capacity);
    }
    if (strcmp(name, "--settle-secs") == 0) {
        return read_ms(name, value, &o->settle_ms, why, capacity);
    }
    if (strcmp(name, "--faults") == 0) {
        return read_faults(o, value, why, capacity);
    }
    const struct {
        const char *name;
        const char **to;
    } texts[] = {{"--plugin", &o->plugin},
                 {"--config", &o->config},
                 {"--frames", &o->frames},
                 {"--logs", &o->logs},
                 {"--json", &o->json}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (strcmp(name, texts[i].name) == 0) {
            *texts[i].to = value;
            return 0;
        }
    }
    return hs_refuse(why, capacity, "'%s' is no option of e2e; host_stub e2e --help lists them",
                     name);
}

/* One fault after the other; each has its window to itself. */
static int plan(hs_e2e_options *o, char *why, size_t capacity)
{
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

int hs_e2e_options_read(hs_e2e_options *options, int argc, char **argv, char *why, size_t capacity)
{
    memset(options, 0, sizeof *options);
    options->miners = 24;
    options->seed = 1;
    options->fault_ms = 8000;
    options->settle_ms = 20000;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            options->help = 1;
            return 0;
        }
        if (strcmp(argv[i], "--one-tip") == 0) {
            options->one_tip = 1;
        } else if (i + 1 == argc) {
            return hs_refuse(why, capacity, "'%s' is no option of e2e, or needs a value", argv[i]);
        } else if (take(options, argv[i], argv[i + 1], why, capacity) != 0) {
            return -1;
        } else {
            i++;
        }
    }
    if (options->ignore_prefix > options->miners) {
        return hs_refuse(why, capacity, "--ignore-prefix %u of %u miners: there are not so many",
                         (unsigned)options->ignore_prefix, (unsigned)options->miners);
    }
    return plan(options, why, capacity);
}

void hs_e2e_place_faults(hs_e2e_options *options, uint32_t pools)
{
    for (size_t i = 0; i < options->fault_count; i++) {
        options->faults[i].pool = (uint32_t)((i + 1) % pools);
    }
}
