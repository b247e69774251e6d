/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/miner/options.h"

#include <stdio.h>
#include <string.h>

#include "host_stub/base/options.h"
#include "host_stub/base/text.h"

const char HS_DEV_USAGE[] =
    "usage: host_stub miner --connect HOST:PORT [options]\n"
    "\n"
    "Mining devices for tests: they speak SV2 (plaintext frames) and really hash, at the rate "
    "that\n"
    "is asked for. Each keeps the prefix and the target that a job had when it arrived. Prints\n"
    "`mining N` when all channels have their first job.\n"
    "\n"
    "  --connect HOST:PORT   numeric address or localhost\n"
    "  --kind KIND           standard, extended or mixed (in turns, an extended one first);\n"
    "                        default extended\n"
    "  --rate LIST           hashes per second of a channel; a list with commas is used in turns;\n"
    "                        default 1000\n"
    "  --shares-per-minute X instead: as fast as the channel's target needs for that\n"
    "  --nominal LIST        the hash rate that is stated; default: the rate\n"
    "  --name ID             user_identity, 1 to 64 characters; default miner. With several\n"
    "                        channels .1, .2 ... follow\n"
    "  --first N             the first of these numbers; default 1\n"
    "  --count N             channels; default 1\n"
    "  --per-connection K    channels on one connection; default 1\n"
    "  --min-extranonce N    bytes that an extended channel wants to roll; default 4\n"
    "  --least-hashes H      max_target: no share easier than one in H hashes; default 1\n"
    "  --seed N              of the moments of coming back; default 1\n"
    "  --ignore-prefix       goes on with its first prefix, as some firmware does\n"
    "  --roll-version        rolls version bits and says so\n"
    "  --reconnect-every S   disconnects that often and comes back\n"
    "  --rate-change T:F     T seconds after the start, every rate times F; may be repeated\n"
    "  --tell-rate           and says so with UpdateChannel\n"
    "  --seconds S           ends after S seconds; default: on SIGTERM. At the end it waits up to\n"
    "                        3 seconds for the answers to its shares\n"
    "  --json FILE           the counts at the end; - = standard output\n"
    "\n"
    "Status: 0 done, 1 no channel was ever opened, 2 the command line is wrong.\n";

void hs_dev_options_defaults(hs_dev_options *options)
{
    memset(options, 0, sizeof *options);
    options->kind = HS_DEV_EXTENDED;
    memcpy(options->name, "miner", sizeof "miner");
    options->first = 1;
    options->count = 1;
    options->per_connection = 1;
    options->min_extranonce = 4;
    options->least_hashes = 1.0;
    options->seed = 1;
}

double hs_dev_rate_of(const hs_dev_options *options, uint32_t index)
{
    return options->rate_count > 0 ? options->rates_hs[index % options->rate_count] : 1000.0;
}

double hs_dev_nominal_of(const hs_dev_options *options, uint32_t index)
{
    return options->nominal_count > 0 ? options->nominals_hs[index % options->nominal_count]
                                      : hs_dev_rate_of(options, index);
}

int hs_dev_is_extended(const hs_dev_options *options, uint32_t index)
{
    return options->kind == HS_DEV_EXTENDED || (options->kind == HS_DEV_MIXED && index % 2 == 0);
}

static int read_ms(const char *name, const char *value, uint64_t *out, char *why, size_t capacity)
{
    return hs_option_secs(name, value, 0.1, 1e6, out, why, capacity);
}

/* Numbers between commas. */
static int read_list(const char *name, const char *value, double most, double *out, size_t *count,
                     char *why, size_t capacity)
{
    const char *at = value;
    for (*count = 0; *count < HS_DEV_LIST_MAX; at++) {
        const size_t len = strcspn(at, ",");
        char word[40] = "";
        if (len < sizeof word) {
            memcpy(word, at, len);
        }
        if (hs_option_number(name, word, 0.0, most, &out[*count], why, capacity) != 0) {
            return -1;
        }
        ++*count;
        at += len;
        if (*at == '\0') {
            return 0;
        }
    }
    return hs_refuse(why, capacity, "%s takes at most %d numbers", name, (int)HS_DEV_LIST_MAX);
}

static int read_kind(const char *value, enum hs_dev_kind *out, char *why, size_t capacity)
{
    static const char *const KINDS[] = {"standard", "extended", "mixed"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(value, KINDS[i]) == 0) {
            *out = (enum hs_dev_kind)i;
            return 0;
        }
    }
    return hs_refuse(why, capacity, "--kind takes standard, extended or mixed, not '%s'", value);
}

static int read_name(const char *value, char *out, char *why, size_t capacity)
{
    const size_t len = strlen(value);
    int good = len >= 1 && len <= HS_DEV_NAME_MAX;
    for (size_t i = 0; good && i < len; i++) {
        good = value[i] > 0x20 && value[i] < 0x7f;
    }
    if (!good) {
        return hs_refuse(why, capacity, "--name takes 1 to %d printable characters without blanks",
                         (int)HS_DEV_NAME_MAX);
    }
    memcpy(out, value, len + 1);
    return 0;
}

/* "T:FACTOR". */
static int add_change(hs_dev_options *o, const char *value, char *why, size_t capacity)
{
    const char *const colon = strchr(value, ':');
    char time[40] = "";
    hs_dev_change change = {0, 0.0};
    if (o->change_count == HS_DEV_CHANGES_MAX) {
        return hs_refuse(why, capacity, "--rate-change may be given %d times",
                         (int)HS_DEV_CHANGES_MAX);
    }
    if (colon != NULL && (size_t)(colon - value) < sizeof time) {
        memcpy(time, value, (size_t)(colon - value));
    }
    if (colon == NULL || read_ms("", time, &change.at_ms, why, capacity) != 0 ||
        hs_option_number("", colon + 1, 0.0, 1000.0, &change.factor, why, capacity) != 0) {
        return hs_refuse(why, capacity,
                         "--rate-change takes SECONDS:FACTOR, such as 20:0.5, not '%s'", value);
    }
    o->changes[o->change_count++] = change;
    return 0;
}

enum option {
    CONNECT,
    KIND,
    RATE,
    SHARES,
    NOMINAL,
    NAME,
    FIRST,
    COUNT,
    PER_CONNECTION,
    MIN_EXTRANONCE,
    LEAST_HASHES,
    SEED,
    RECONNECT,
    RATE_CHANGE,
    SECONDS,
    JSON_FILE,
    OPTION_COUNT
};

static const char *const NAMES[OPTION_COUNT] = {
    "--connect",         "--kind",           "--rate",         "--shares-per-minute",
    "--nominal",         "--name",           "--first",        "--count",
    "--per-connection",  "--min-extranonce", "--least-hashes", "--seed",
    "--reconnect-every", "--rate-change",    "--seconds",      "--json"};

static int take(hs_dev_options *o, enum option option, const char *value, char *why,
                size_t capacity)
{
    const char *const name = NAMES[option];
    switch (option) {
    case CONNECT:
        return hs_parse_address(value, 1, o->host, sizeof o->host, &o->port) == 0
                   ? 0
                   : hs_refuse(why, capacity,
                               "--connect takes HOST:PORT with a port from 1 to 65535, not '%s'",
                               value);
    case KIND:
        return read_kind(value, &o->kind, why, capacity);
    case RATE:
        return read_list(name, value, 1e7, o->rates_hs, &o->rate_count, why, capacity);
    case SHARES:
        return hs_option_number(name, value, 0.1, 1e5, &o->shares_per_minute, why, capacity);
    case NOMINAL:
        return read_list(name, value, 1e12, o->nominals_hs, &o->nominal_count, why, capacity);
    case NAME:
        return read_name(value, o->name, why, capacity);
    case FIRST:
        return hs_option_u32(name, value, 0, 1000000, &o->first, why, capacity);
    case COUNT:
        return hs_option_u32(name, value, 1, HS_DEV_COUNT_MAX, &o->count, why, capacity);
    case PER_CONNECTION:
        return hs_option_u32(name, value, 1, HS_DEV_COUNT_MAX, &o->per_connection, why, capacity);
    case MIN_EXTRANONCE:
        return hs_option_u32(name, value, 0, 32, &o->min_extranonce, why, capacity);
    case LEAST_HASHES:
        return hs_option_number(name, value, 1.0, 1e11, &o->least_hashes, why, capacity);
    case SEED:
        return hs_option_whole(name, value, 0, INT64_MAX, &o->seed, why, capacity);
    case RECONNECT:
        return read_ms(name, value, &o->reconnect_ms, why, capacity);
    case RATE_CHANGE:
        return add_change(o, value, why, capacity);
    case SECONDS:
        return read_ms(name, value, &o->run_ms, why, capacity);
    case JSON_FILE:
    case OPTION_COUNT:
        break;
    }
    o->json = value;
    return 0;
}

/* 1 when it was one of the words without a value. */
static int take_flag(hs_dev_options *o, const char *word)
{
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        o->help = 1;
    } else if (strcmp(word, "--ignore-prefix") == 0) {
        o->ignore_prefix = 1;
    } else if (strcmp(word, "--roll-version") == 0) {
        o->roll_version = 1;
    } else if (strcmp(word, "--tell-rate") == 0) {
        o->tell_rate = 1;
    } else {
        return 0;
    }
    return 1;
}

int hs_dev_options_read(hs_dev_options *options, int argc, char **argv, char *why, size_t capacity)
{
    hs_dev_options_defaults(options);
    for (int i = 1; i < argc; i++) {
        int option = 0;
        if (take_flag(options, argv[i])) {
            if (options->help) {
                return 0;
            }
            continue;
        }
        while (option < OPTION_COUNT && strcmp(argv[i], NAMES[option]) != 0) {
            option++;
        }
        if (option == OPTION_COUNT) {
            return hs_refuse(why, capacity,
                             "'%s' is no option of miner; host_stub miner --help lists them",
                             argv[i]);
        }
        if (i + 1 == argc) {
            return hs_refuse(why, capacity, "%s needs a value", argv[i]);
        }
        if (take(options, (enum option)option, argv[++i], why, capacity) != 0) {
            return -1;
        }
    }
    if (options->port == 0) {
        return hs_refuse(why, capacity, "--connect HOST:PORT must be given");
    }
    if (options->shares_per_minute > 0.0 && options->rate_count > 0) {
        return hs_refuse(why, capacity, "--rate and --shares-per-minute exclude each other");
    }
    return 0;
}
