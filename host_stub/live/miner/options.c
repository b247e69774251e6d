/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/miner/options.h"

#include <string.h>

#include "host_stub/base/options.h"
#include "host_stub/base/text.h"
#include "host_stub/noise/text.h"

double hs_miner_rate_of(const hs_miner_options *options, uint32_t index)
{
    return options->rate_count > 0 ? options->rates_hs[index % options->rate_count] : 1000.0;
}

double hs_miner_nominal_of(const hs_miner_options *options, uint32_t index)
{
    return options->nominal_count > 0 ? options->nominals_hs[index % options->nominal_count]
                                      : hs_miner_rate_of(options, index);
}

int hs_miner_is_extended(const hs_miner_options *options, uint32_t index)
{
    return options->kind == HS_MINER_EXTENDED ||
           (options->kind == HS_MINER_MIXED && index % 2 == 0);
}

static int read_connect(const hs_option *option, void *options, const char *value, char *why,
                        size_t capacity)
{
    hs_miner_options *const o = options;
    if (hs_parse_address(value, 1, o->host, sizeof o->host, &o->port) != 0) {
        return hs_refuse(why, capacity, "%s takes HOST:PORT with a port from 1 to 65535, not '%s'",
                         option->name, value);
    }
    return 0;
}

static int read_noise(const hs_option *option, void *options, const char *value, char *why,
                      size_t capacity)
{
    hs_miner_options *const o = options;
    char reason[200];
    o->noise = 1;
    o->has_authority = strcmp(value, "any") != 0;
    if (o->has_authority && hs_noise_public_read(value, o->authority, reason, sizeof reason) != 0) {
        return hs_refuse(why, capacity,
                         "%s takes an authority key (51 characters that begin with 9), or any; "
                         "this one %s",
                         option->name, reason);
    }
    return 0;
}

/* Numbers between commas. */
static int read_list(const char *name, const char *value, double most, double *out, size_t *count,
                     char *why, size_t capacity)
{
    *count = 0;
    for (const char *at = value; at != NULL; ++*count) {
        char word[40];
        if (*count == HS_MINER_LIST_MAX) {
            return hs_refuse(why, capacity, "%s takes at most %d numbers", name,
                             (int)HS_MINER_LIST_MAX);
        }
        hs_option_word(&at, word, sizeof word);
        if (hs_option_number(name, word, 0.0, most, &out[*count], why, capacity) != 0) {
            return -1;
        }
    }
    return 0;
}

static int read_rates(const hs_option *option, void *options, const char *value, char *why,
                      size_t capacity)
{
    hs_miner_options *const o = options;
    return read_list(option->name, value, 1e7, o->rates_hs, &o->rate_count, why, capacity);
}

static int read_nominals(const hs_option *option, void *options, const char *value, char *why,
                         size_t capacity)
{
    hs_miner_options *const o = options;
    return read_list(option->name, value, 1e12, o->nominals_hs, &o->nominal_count, why, capacity);
}

static int read_name(const hs_option *option, void *options, const char *value, char *why,
                     size_t capacity)
{
    hs_miner_options *const o = options;
    const size_t len = strlen(value);
    int good = len >= 1 && len <= HS_MINER_NAME_MAX;
    for (size_t i = 0; good && i < len; i++) {
        good = value[i] > 0x20 && value[i] < 0x7f;
    }
    if (!good) {
        return hs_refuse(why, capacity, "%s takes 1 to %d printable characters without blanks",
                         option->name, (int)HS_MINER_NAME_MAX);
    }
    memcpy(o->name, value, len + 1);
    return 0;
}

/* "T:FACTOR". */
static int add_change(const hs_option *option, void *options, const char *value, char *why,
                      size_t capacity)
{
    hs_miner_options *const o = options;
    const char *const colon = strchr(value, ':');
    char time[40] = "";
    double seconds = 0.0;
    double factor = 0.0;
    if (o->change_count == HS_MINER_CHANGES_MAX) {
        return hs_refuse(why, capacity, "%s may be given %d times", option->name,
                         (int)HS_MINER_CHANGES_MAX);
    }
    if (colon != NULL && (size_t)(colon - value) < sizeof time) {
        memcpy(time, value, (size_t)(colon - value));
    }
    if (colon == NULL || hs_option_number("", time, 0.1, 1e6, &seconds, why, capacity) != 0 ||
        hs_option_number("", colon + 1, 0.0, 1000.0, &factor, why, capacity) != 0) {
        return hs_refuse(why, capacity,
                         "%s takes SECONDS:FACTOR, such as 20:0.5, with seconds from 0.1 to "
                         "1000000 and a factor up to 1000, not '%s'",
                         option->name, value);
    }
    o->changes[o->change_count++] = (hs_miner_change){(uint64_t)(seconds * 1000.0 + 0.5), factor};
    return 0;
}

#define AT(member) HS_AT(hs_miner_options, member)
static const hs_option OPTIONS[] = {
    HS_OTHER("--connect", "HOST:PORT", AT(host), read_connect, NULL, "of the pool or the proxy",
             .required = 1),
    HS_OTHER("--noise", "KEY", AT(authority), read_noise, NULL,
             "Noise, and the server has to have a certificate of this authority key; any: whoever "
             "answers is taken for it. Default: plain frames"),
    HS_CHOICE("--kind", "KIND", AT(kind), "standard extended mixed", "extended",
              "of channel (mixed: in turns, an extended one first)"),
    HS_OTHER("--rate", "LIST", AT(rates_hs), read_rates, NULL,
             "hashes per second of a channel; a list with commas is used in turns; default 1000",
             .excludes = "--shares-per-minute"),
    HS_NUMBER("--shares-per-minute", "X", AT(shares_per_minute), 0.1, 1e5, NULL,
              "instead: as fast as the channel's target needs for that"),
    HS_OTHER("--nominal", "LIST", AT(nominals_hs), read_nominals, NULL,
             "the hash rate that is stated; default: the rate"),
    HS_OTHER("--name", "ID", AT(name), read_name, "miner",
             "user_identity, 1 to 64 characters. With several channels .1, .2 ... follow"),
    HS_WHOLE("--first", "N", AT(first), 0, 1000000, "1", "the first of these numbers"),
    HS_WHOLE("--count", "N", AT(count), 1, HS_MINER_COUNT_MAX, "1", "channels"),
    HS_WHOLE("--per-connection", "N", AT(per_connection), 1, HS_MINER_COUNT_MAX, "1",
             "channels on one connection"),
    HS_WHOLE("--min-extranonce", "N", AT(min_extranonce), 0, 32, "4",
             "bytes that an extended channel wants to roll"),
    HS_NUMBER("--least-hashes", "H", AT(least_hashes), 1.0, 1e11, "1",
              "max_target: no share easier than one in H hashes"),
    HS_WHOLE("--seed", "N", AT(seed), 0, INT64_MAX, "1", "of the moments of coming back"),
    HS_FLAG("--ignore-prefix", AT(ignore_prefix),
            "goes on with its first prefix, as some firmware does"),
    HS_FLAG("--roll-version", AT(roll_version), "rolls version bits and says so"),
    HS_SCALED("--reconnect-every", "X", AT(reconnect_ms), 1e3, 0.1, 1e6, NULL,
              "seconds: disconnects that often and comes back"),
    HS_OTHER("--rate-change", "T:F", AT(changes), add_change, NULL,
             "T seconds after the start, every rate times F", .repeated = 1),
    HS_FLAG("--tell-rate", AT(tell_rate), "and says so with UpdateChannel"),
    HS_SCALED("--seconds", "X", AT(run_ms), 1e3, 0.1, 1e6, NULL,
              "ends after so many; default: on SIGTERM"),
    HS_SCALED("--settle-secs", "X", AT(settle_ms), 1e3, 0.0, 3600.0, "3",
              "at the end it waits for the answers to its shares until none has come for so long"),
    HS_STRING(OUTPUT, "--json", "FILE", AT(json), "the counts at the end; - = standard output"),
};

const hs_command HS_MINER_COMMAND = {
    .name = "miner",
    .title = "mining devices that really hash",
    .about = "Mining devices for tests: they speak SV2 and really hash, at the rate that is asked "
             "for. Each keeps the prefix and the target that a job had when it "
             "arrived. Prints `mining N` when all channels have their first job.",
    .no = "no channel was ever opened",
    .options = OPTIONS,
    .count = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(hs_miner_options),
};
