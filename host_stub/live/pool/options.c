/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/pool/options.h"

#include <string.h>

#include "host_stub/base/options.h"
#include "host_stub/base/text.h"

uint32_t hs_pool_full_extranonce(const hs_pool_options *options)
{
    return options->prefix.len + HS_POOL_INDEX_BYTES + options->extranonce_size;
}

static int read_prefix(const hs_option *option, void *options, const char *value, char *why,
                       size_t capacity)
{
    hs_pool_options *const o = options;
    const size_t len = strlen(value);
    hs_sv2_b032 prefix = {(uint32_t)(len / 2), {0}};
    int legal = len % 2 == 0 && len / 2 <= HS_SV2_EXTRANONCE_MAX - HS_POOL_INDEX_BYTES;
    for (size_t i = 0; legal && i < len / 2; i++) {
        const int high = hs_hex_digit(value[2 * i]);
        const int low = hs_hex_digit(value[2 * i + 1]);
        legal = high >= 0 && low >= 0;
        prefix.byte[i] = legal ? (uint8_t)(high * 16 + low) : 0;
    }
    if (!legal) {
        return hs_refuse(why, capacity, "%s takes 0 to %d bytes in hex, not '%s'", option->name,
                         HS_SV2_EXTRANONCE_MAX - HS_POOL_INDEX_BYTES, value);
    }
    o->prefix = prefix;
    return 0;
}

static int read_name(const hs_option *option, void *options, const char *value, char *why,
                     size_t capacity)
{
    hs_pool_options *const o = options;
    const size_t len = strlen(value);
    const size_t good =
        strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
    if (len < 1 || len > HS_POOL_NAME_MAX || good != len) {
        return hs_refuse(why, capacity, "%s takes 1 to %d letters, digits, - and _, not '%s'",
                         option->name, (int)HS_POOL_NAME_MAX, value);
    }
    memcpy(o->name, value, len + 1);
    return 0;
}

static int add_fault(const hs_option *option, void *options, const char *value, char *why,
                     size_t capacity)
{
    hs_pool_options *const o = options;
    if (o->fault_count == HS_POOL_FAULTS_MAX) {
        return hs_refuse(why, capacity, "%s may be given %d times", option->name,
                         (int)HS_POOL_FAULTS_MAX);
    }
    if (hs_pool_fault_parse(value, &o->faults[o->fault_count], why, capacity) != 0) {
        return -1;
    }
    o->fault_count++;
    return 0;
}

static int check_sizes(void *options, char *why, size_t capacity)
{
    const hs_pool_options *const o = options;
    if (hs_pool_full_extranonce(o) > HS_SV2_EXTRANONCE_MAX) {
        return hs_refuse(why, capacity,
                         "--prefix, %d bytes for the channel and --extranonce-size make %u bytes; "
                         "%d fit",
                         (int)HS_POOL_INDEX_BYTES, (unsigned)hs_pool_full_extranonce(o),
                         (int)HS_SV2_EXTRANONCE_MAX);
    }
    return 0;
}

#define AT(member) HS_AT(hs_pool_options, member)
static const hs_option OPTIONS[] = {
    HS_WHOLE("--port", "N", AT(port), 0, 65535, "0", "0: the system gives one"),
    HS_STRING(INPUT, "--authority-secret", "FILE", AT(authority_secret),
              "Noise, under the authority whose secret key host_stub keys has put there; default: "
              "plain frames"),
    HS_NET_GATE_OPTIONS(hs_pool_options, gate),
    HS_OTHER("--name", "NAME", AT(name), read_name, "pool",
             "1 to 16 characters, into its coinbases and its counts"),
    HS_OTHER("--prefix", "HEX", AT(prefix), read_prefix, "f0",
             "its own bytes, at the beginning of every channel's extranonce prefix (two more tell "
             "the channels apart)"),
    HS_WHOLE("--extranonce-size", "N", AT(extranonce_size), 0, HS_SV2_EXTRANONCE_MAX, "16",
             "bytes for an extended channel to roll. The prefix and these together are at most 32"),
    HS_NUMBER("--shares-per-minute", "X", AT(shares_per_minute), 0.001, 1e6, "60",
              "what a channel's target is made for, from its nominal hash rate and within its "
              "max_target"),
    HS_NUMBER("--least-rate", "H", AT(least_rate_hs), 0.0, 1e11, "1000",
              "nominal hash rates below are taken for this one"),
    HS_NUMBER("--hashes-per-share", "H", AT(hashes_per_share), 1.0, 1e11, NULL,
              "one target for all, whatever their rate"),
    HS_SCALED("--tip-secs", "X", AT(tip_ms), 1e3, 0.1, 86400.0, "30", "a new tip this often"),
    HS_SCALED("--refresh-secs", "X", AT(refresh_ms), 1e3, 0.1, 86400.0, "10",
              "a new job on the same tip this often"),
    HS_WHOLE("--seed", "N", AT(seed), 0, INT64_MAX, "1", "of tips, jobs and chance"),
    HS_WHOLE("--one-tip-seed", "N", AT(one_tip_seed), 0, INT64_MAX, NULL,
             "tips are the same, at the same moments, in every pool with this seed and these "
             "--tip-secs",
             .given = offsetof(hs_pool_options, one_tip)),
    HS_WHOLE("--batch", "N", AT(batch), 1, 1000, "10", "shares in one SubmitShares.Success"),
    HS_SCALED("--batch-secs", "X", AT(batch_ms), 1e3, 0.0, 86400.0, "0.5",
              "and no share waits longer for it"),
    HS_FLAG("--fixed-version", AT(fixed_version), "miners may not roll the version"),
    HS_OTHER("--fault", "WHAT", AT(faults), add_fault, NULL,
             "NAME@START[+DURATION][=VALUE] in seconds. Names: refuse, down, flap, grey, slow, "
             "easier-target, stall, prefix-change, close, reconnect, garbage, half-frame, tip, "
             "refresh",
             .repeated = 1),
    HS_STRING(OUTPUT, "--json", "FILE", AT(json), "the counts at the end; - = standard output"),
    HS_STRING(OUTPUT_FOLDER, "--frames", "DIR", AT(frames),
              "records every connection as DIR/pool-NAME-N.hex"),
};

const hs_command HS_POOL_COMMAND = {
    .name = "pool",
    .title = "a mining pool on loopback that checks every hash",
    .about = "A mining pool for tests: an SV2 server on 127.0.0.1 that computes the hash of every "
             "share. Its first line of output is `listening 127.0.0.1:PORT`; it "
             "ends on SIGTERM.",
    .notes = "Lines on standard input: a fault's name with a value or `off` (grey 0.3, grey off), "
             "up, stats (prints `stats` and the counts so far as one line of JSON), quit.",
    .options = OPTIONS,
    .count = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(hs_pool_options),
    .settle = check_sizes,
};
