/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/stress/options.h"

#include "host_stub/base/text.h"

static int read_sizes(const hs_option *option, void *options, const char *value, char *why,
                      size_t capacity)
{
    hs_stress_options *const o = options;
    o->size_count = 0;
    for (const char *at = value; at != NULL; o->size_count++) {
        char word[24];
        uint64_t size = 0;
        hs_option_word(&at, word, sizeof word);
        if (o->size_count == HS_STRESS_SIZES_MAX || hs_parse_whole(word, &size) != 0 || size < 1 ||
            size > HS_STRESS_CONNECTIONS_MAX) {
            return hs_refuse(why, capacity,
                             "%s takes one to eight whole numbers from 1 to %d with commas "
                             "between, such as 100,10000, not '%s'",
                             option->name, (int)HS_STRESS_CONNECTIONS_MAX, value);
        }
        o->sizes[o->size_count] = (uint32_t)size;
    }
    return 0;
}

#define AT(member) HS_AT(hs_stress_options, member)
static const hs_option OPTIONS[] = {
    HS_OTHER("--connections", "LIST", AT(sizes), read_sizes, "100,1000,10000",
             "sizes of the farm, each with pools and a proxy of its own"),
    HS_WHOLE("--channels", "N", AT(channels), 1, 16, "2",
             "of each connection, extended and standard ones in turns"),
    HS_NUMBER("--shares", "X", AT(per_channel), 0.001, 100.0, "0.25",
              "that a channel submits a second"),
    HS_SCALED("--seconds", "X", AT(run_ns), 1e9, 0.5, 3600.0, "10",
              "of each measurement: idle, at that rate, and at half of it"),
    HS_FLAG("--plain", AT(plain), "plain frames everywhere; default: Noise"),
    HS_STRING(INPUT, "--plugin", "FILE", AT(plugin), "default: hashmux.so of this build"),
    HS_STRING(OUTPUT_FOLDER, "--frames", "DIR", AT(frames),
              "the proxy records the last size: conn-*.hex and up-<pool>.hex"),
    HS_FLAG("--check", AT(check),
            "the last size has to have all shares answered on one core, in less than 400 MB, and "
            "at half the rate 99 % of them within 20 ms. Only on a machine that does nothing else"),
    HS_STRING(OUTPUT, "--json", "FILE", AT(json),
              "the measurements; - = to standard output, and no table"),
};

const hs_command HS_BENCH_LIVE_COMMAND = {
    .name = "bench live",
    .title = "what the live proxy bears: connections, shares, latency, memory",
    .about = "Puts a load on the proxy with a plugin: connections with channels that submit shares "
             "at a fixed rate, whatever comes back. Pools at which every hash is a share, the "
             "proxy, and the miners are processes of their own on loopback; what is measured is "
             "the proxy's time on the processor, its memory, and the time from a share to its "
             "answer.",
    .no = "with --check: something was too slow or too large (a sentence tells what)",
    .options = OPTIONS,
    .count = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(hs_stress_options),
};
