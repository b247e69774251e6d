/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/pool/options.h"

#include <string.h>

#include "host_stub/base/options.h"
#include "host_stub/base/text.h"

static const double SECS_MAX = 86400.0;

const char HS_LPOOL_USAGE[] =
    "usage: host_stub pool [options]\n"
    "\n"
    "A mining pool for tests: an SV2 server on 127.0.0.1 (plaintext frames) that computes the "
    "hash\n"
    "of every share. Its first line of output is `listening 127.0.0.1:PORT`; it ends on SIGTERM.\n"
    "\n"
    "  --port N              default 0: the system gives one\n"
    "  --name NAME           1 to 16 characters, into its coinbases and its counts; default pool\n"
    "  --prefix HEX          its own bytes, at the beginning of every channel's extranonce prefix\n"
    "                        (two more tell the channels apart); default f0\n"
    "  --extranonce-size N   bytes for an extended channel to roll; default 16. The prefix and\n"
    "                        these together are at most 32\n"
    "  --shares-per-minute X what a channel's target is made for, from its nominal hash rate and\n"
    "                        within its max_target; default 60\n"
    "  --least-rate H        nominal hash rates below are taken for this one; default 1000\n"
    "  --hashes-per-share H  one target for all, whatever their rate\n"
    "  --tip-secs X          a new tip this often; default 30\n"
    "  --refresh-secs X      a new job on the same tip this often; default 10\n"
    "  --seed N              of tips, jobs and chance; default 1\n"
    "  --one-tip-seed N      tips are the same, at the same moments, in every pool with this seed\n"
    "                        and these --tip-secs\n"
    "  --batch N             shares in one SubmitShares.Success; default 10\n"
    "  --batch-secs X        and no share waits longer for it; default 0.5\n"
    "  --fixed-version       miners may not roll the version\n"
    "  --fault WHAT          may be repeated: NAME@START[+DURATION][=VALUE] in seconds. Names:\n"
    "                        refuse, down, flap, grey, slow, easier-target, stall, prefix-change,\n"
    "                        close, reconnect, garbage, half-frame, tip, refresh\n"
    "  --json FILE           the counts at the end; - = standard output\n"
    "  --frames DIR          records every connection as DIR/pool-NAME-N.hex\n"
    "\n"
    "Lines on standard input: a fault's name with a value or `off` (grey 0.3, grey off), up, "
    "stats\n"
    "(prints `stats` and the counts so far as one line of JSON), quit.\n"
    "\n"
    "Status: 0 done, 2 the command line is wrong or it cannot listen.\n";

void hs_lpool_options_defaults(hs_lpool_options *options)
{
    memset(options, 0, sizeof *options);
    memcpy(options->name, "pool", sizeof "pool");
    options->prefix = (hs_sv2_b032){1, {0xf0}};
    options->extranonce_size = 16;
    options->shares_per_minute = 60.0;
    options->least_rate_hs = 1000.0;
    options->tip_ms = 30000;
    options->refresh_ms = 10000;
    options->seed = 1;
    options->batch = 10;
    options->batch_ms = 500;
}

uint32_t hs_lpool_full_extranonce(const hs_lpool_options *options)
{
    return options->prefix.len + HS_LPOOL_INDEX_BYTES + options->extranonce_size;
}

static int digit_of(char c)
{
    static const char DIGITS[] = "0123456789abcdef0123456789ABCDEF";
    const char *const at = c != '\0' ? strchr(DIGITS, c) : NULL;
    return at != NULL ? (int)((at - DIGITS) % 16) : -1;
}

static int read_prefix(const char *value, hs_sv2_b032 *out, char *why, size_t capacity)
{
    const size_t len = strlen(value);
    hs_sv2_b032 prefix = {(uint32_t)(len / 2), {0}};
    int legal = len % 2 == 0 && len / 2 <= HS_SV2_EXTRANONCE_MAX - HS_LPOOL_INDEX_BYTES;
    for (size_t i = 0; legal && i < len / 2; i++) {
        const int high = digit_of(value[2 * i]);
        const int low = digit_of(value[2 * i + 1]);
        legal = high >= 0 && low >= 0;
        prefix.byte[i] = legal ? (uint8_t)(high * 16 + low) : 0;
    }
    if (!legal) {
        return hs_refuse(why, capacity, "--prefix takes 0 to %d bytes in hex, not '%s'",
                         HS_SV2_EXTRANONCE_MAX - HS_LPOOL_INDEX_BYTES, value);
    }
    *out = prefix;
    return 0;
}

static int read_name(const char *value, char *out, char *why, size_t capacity)
{
    const size_t len = strlen(value);
    const size_t good =
        strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
    if (len < 1 || len > HS_LPOOL_NAME_MAX || good != len) {
        return hs_refuse(why, capacity, "--name takes 1 to %d letters, digits, - and _, not '%s'",
                         (int)HS_LPOOL_NAME_MAX, value);
    }
    memcpy(out, value, len + 1);
    return 0;
}

static int add_fault(hs_lpool_options *o, const char *value, char *why, size_t capacity)
{
    if (o->fault_count == HS_LPOOL_FAULTS_MAX) {
        return hs_refuse(why, capacity, "--fault may be given %d times", (int)HS_LPOOL_FAULTS_MAX);
    }
    if (hs_lpool_fault_parse(value, &o->faults[o->fault_count], why, capacity) != 0) {
        return -1;
    }
    o->fault_count++;
    return 0;
}

/* The options of the farm's side: numbers. 1 when `name` is none of them. */
static int take_number(hs_lpool_options *o, const char *name, const char *value, char *why,
                       size_t capacity)
{
    uint64_t n = 0;
    int rc = 0;
    if (strcmp(name, "--shares-per-minute") == 0) {
        return hs_option_number(name, value, 0.001, 1e6, &o->shares_per_minute, why, capacity);
    }
    if (strcmp(name, "--least-rate") == 0) {
        return hs_option_number(name, value, 0.0, 1e11, &o->least_rate_hs, why, capacity);
    }
    if (strcmp(name, "--hashes-per-share") == 0) {
        return hs_option_number(name, value, 1.0, 1e11, &o->hashes_per_share, why, capacity);
    }
    if (strcmp(name, "--tip-secs") == 0) {
        return hs_option_secs(name, value, 0.1, SECS_MAX, &o->tip_ms, why, capacity);
    }
    if (strcmp(name, "--refresh-secs") == 0) {
        return hs_option_secs(name, value, 0.1, SECS_MAX, &o->refresh_ms, why, capacity);
    }
    if (strcmp(name, "--batch-secs") == 0) {
        return hs_option_secs(name, value, 0.0, SECS_MAX, &o->batch_ms, why, capacity);
    }
    if (strcmp(name, "--seed") == 0) {
        return hs_option_whole(name, value, 0, INT64_MAX, &o->seed, why, capacity);
    }
    if (strcmp(name, "--one-tip-seed") == 0) {
        o->one_tip = 1;
        return hs_option_whole(name, value, 0, INT64_MAX, &o->one_tip_seed, why, capacity);
    }
    if (strcmp(name, "--port") == 0) {
        rc = hs_option_whole(name, value, 0, 65535, &n, why, capacity);
        o->port = (uint16_t)n;
    } else if (strcmp(name, "--extranonce-size") == 0) {
        rc = hs_option_whole(name, value, 0, HS_SV2_EXTRANONCE_MAX, &n, why, capacity);
        o->extranonce_size = (uint32_t)n;
    } else if (strcmp(name, "--batch") == 0) {
        rc = hs_option_whole(name, value, 1, 1000, &n, why, capacity);
        o->batch = (uint32_t)n;
    } else {
        return 1;
    }
    return rc;
}

static int take(hs_lpool_options *o, const char *name, const char *value, char *why,
                size_t capacity)
{
    if (value == NULL) {
        return hs_refuse(why, capacity, "%s needs a value", name);
    }
    if (strcmp(name, "--name") == 0) {
        return read_name(value, o->name, why, capacity);
    }
    if (strcmp(name, "--prefix") == 0) {
        return read_prefix(value, &o->prefix, why, capacity);
    }
    if (strcmp(name, "--fault") == 0) {
        return add_fault(o, value, why, capacity);
    }
    if (strcmp(name, "--json") == 0) {
        o->json = value;
    } else if (strcmp(name, "--frames") == 0) {
        o->frames = value;
    } else {
        return take_number(o, name, value, why, capacity);
    }
    return 0;
}

static int is_option(const char *word)
{
    static const char *const NAMES[] = {
        "--port",       "--name",     "--prefix",       "--extranonce-size",  "--shares-per-minute",
        "--least-rate", "--tip-secs", "--refresh-secs", "--hashes-per-share", "--seed",
        "--fault",      "--batch",    "--one-tip-seed", "--batch-secs",       "--json",
        "--frames"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        if (strcmp(word, NAMES[i]) == 0) {
            return 1;
        }
    }
    return 0;
}

int hs_lpool_options_read(hs_lpool_options *options, int argc, char **argv, char *why,
                          size_t capacity)
{
    hs_lpool_options_defaults(options);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            options->help = 1;
            return 0;
        }
        if (strcmp(argv[i], "--fixed-version") == 0) {
            options->fixed_version = 1;
            continue;
        }
        if (!is_option(argv[i])) {
            return hs_refuse(why, capacity,
                             "'%s' is no option of pool; host_stub pool --help lists them",
                             argv[i]);
        }
        if (take(options, argv[i], i + 1 < argc ? argv[i + 1] : NULL, why, capacity) != 0) {
            return -1;
        }
        i++;
    }
    if (hs_lpool_full_extranonce(options) > HS_SV2_EXTRANONCE_MAX) {
        return hs_refuse(why, capacity,
                         "--prefix, %d bytes for the channel and --extranonce-size make %u bytes; "
                         "%d fit",
                         (int)HS_LPOOL_INDEX_BYTES, (unsigned)hs_lpool_full_extranonce(options),
                         (int)HS_SV2_EXTRANONCE_MAX);
    }
    return 0;
}
