/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/proxy/options.h"

#include <string.h>

#include "host_stub/base/text.h"

static int add_pool(const hs_option *option, void *options, const char *value, char *why,
                    size_t capacity)
{
    hs_proxy_settings *const settings = &((hs_proxy_options *)options)->settings;
    const char *const equals = strchr(value, '=');
    const size_t len = equals != NULL ? (size_t)(equals - value) : 0;
    if (settings->place_count == HS_PROXY_POOLS_MAX) {
        return hs_refuse(why, capacity, "%s may be given %d times", option->name,
                         (int)HS_PROXY_POOLS_MAX);
    }
    hs_proxy_place *const place = &settings->places[settings->place_count];
    if (len == 0 || len >= sizeof place->id ||
        hs_parse_address(equals + 1, 1, place->host, sizeof place->host, &place->port) != 0) {
        return hs_refuse(why, capacity,
                         "%s takes ID=HOST:PORT, such as pool_a=127.0.0.1:3333, not '%s'",
                         option->name, value);
    }
    memcpy(place->id, value, len);
    place->id[len] = '\0';
    settings->place_count++;
    return 0;
}

static int read_listen(const hs_option *option, void *options, const char *value, char *why,
                       size_t capacity)
{
    char host[HS_PROXY_HOST_SIZE] = "";
    uint16_t port = 0;
    if (hs_parse_address(value, 0, host, sizeof host, &port) != 0) {
        return hs_refuse(why, capacity, "%s takes HOST:PORT, such as 0.0.0.0:3333, not '%s'",
                         option->name, value);
    }
    return hs_net_address_of(&((hs_proxy_options *)options)->listen, host, port, why, capacity);
}

static int read_http(const hs_option *option, void *options, const char *value, char *why,
                     size_t capacity)
{
    hs_proxy_options *const o = options;
    return hs_parse_address(value, 0, o->http.host, sizeof o->http.host, &o->http.port) == 0
               ? 0
               : hs_refuse(why, capacity, "%s takes HOST:PORT, such as 127.0.0.1:9101, not '%s'",
                           option->name, value);
}

static int complete(void *options, char *why, size_t capacity)
{
    const hs_proxy_options *const o = options;
    hs_proxy_settings *const settings = &((hs_proxy_options *)options)->settings;
    hs_proxy_settings usual;
    char text[HS_NET_ADDRESS_SIZE];
    hs_proxy_settings_defaults(&usual);
    settings->dial_least_ns = usual.dial_least_ns;
    settings->dial_most_ns = usual.dial_most_ns;
    if (settings->per_channel && settings->miner_shares_per_minute > 0.0) {
        return hs_refuse(why, capacity,
                         "--miner-shares-per-minute: with --upstream per-channel the pool makes a "
                         "target for each miner");
    }
    if (o->authority_secret == NULL && !o->plain_listen &&
        !hs_net_address_is_loopback(&o->listen)) {
        return hs_refuse(why, capacity,
                         "--listen %s: others than this machine reach it, and without "
                         "--authority-secret whoever is on the way can read and change what "
                         "miners send; say --plain-listen if that is meant",
                         hs_net_address_text(&o->listen, text));
    }
    return 0;
}

#define AT(member) HS_AT(hs_proxy_options, member)
static const hs_option OPTIONS[] = {
    HS_STRING(INPUT, "--config", "FILE", AT(settings.config_path),
              "the plugin's configuration, read again on SIGHUP", .required = 1),
    HS_STRING(
        INPUT, HS_OPTIONS_FILE, "FILE", AT(options_file),
        "these options, from an INI file: a key for each, in the section [proxy]; what is said "
        "here counts instead"),
    HS_STRING(INPUT, "--plugin", "FILE", AT(plugin), "default hashmux.so, beside the program"),
    HS_OTHER("--listen", "HOST:PORT", AT(listen), read_listen, "127.0.0.1:0",
             "a numeric address of this machine, for the miners; port 0: the system gives one"),
    HS_STRING(INPUT, "--authority-secret", "FILE", AT(authority_secret),
              "Noise with the miners, under the authority whose secret key host_stub keys has put "
              "there; default: plain frames"),
    HS_FLAG("--plain-listen", AT(plain_listen),
            "plain frames also where others than this machine can connect"),
    HS_NET_GATE_OPTIONS(hs_proxy_options, gate),
    HS_WHOLE("--opens-per-second", "N", AT(opens_per_second), 0, 1000000, "1000",
             "channels of a connection: who asks for more is read more slowly; 0: any number"),
    HS_OTHER("--pool", "ID=HOST:PORT", AT(settings.places), add_pool, NULL,
             "where the pool of that id is, in place of the configured address", .repeated = 1),
    HS_CHOICE(
        "--upstream", "HOW", AT(settings.per_channel), "aggregated per-channel", "aggregated",
        "aggregated: one channel at each pool, for all miners. per-channel: each miner has its "
        "own there, kept open when it works elsewhere; user_identity may then hold %u (the "
        "miner's own), %w (what stands behind its first dot) and %%"),
    HS_STRING(TEXTS, "--plain", "POOL", AT(settings.plain),
              "plain frames with the pool of that id, which has to be on loopback; default: Noise "
              "with all, and each proves itself by its key in the configuration"),
    HS_STRING(OUTPUT_FOLDER, "--frames", "DIR", AT(frames),
              "records the connections: DIR/conn-N.hex, DIR/up-ID.hex, and DIR/up-ID.2.hex and so "
              "on when a pool is connected to again"),
    HS_STRING(OUTPUT, "--json", "FILE", AT(json), "the account at the end; - = standard output"),
    HS_STRING(
        OUTPUT, "--state", "FILE", AT(state),
        "the plugin's state: loaded at the start if it is there, saved each minute and at the "
        "end"),
    HS_STRING(TEXT, "--control", "PATH", AT(control),
              "a Unix socket for host_stub ctl, which only this user may open"),
    HS_OTHER("--http", "HOST:PORT", AT(http), read_http, NULL,
             "for monitoring, read only: /metrics (Prometheus), /status.json, /health; port 0: the "
             "system gives one"),
    HS_FLAG("--show-identities", AT(identities),
            "/channels.json is there too, and names the miners"),
    HS_STRING(OUTPUT, "--audit", "FILE", AT(audit),
              "a line of JSON for each placement, decision and outcome of the plugin; host_stub "
              "audit reads it back"),
    HS_WHOLE("--audit-mib", "N", AT(audit_mib), 1, 1048576, "64",
             "a larger audit is renamed to FILE.1, of which eight are kept"),
    HS_SCALED("--drain-secs", "X", AT(settings.drain_ns), 1e9, 0.0, 3600.0, "3",
              "a prefix rests so long after its last valid job"),
    HS_NUMBER(
        "--miner-shares-per-minute", "X", AT(settings.miner_shares_per_minute), 0.0, 1e4, "0",
        "each miner has a target of its own for so many, by its rate; what its pool would not "
        "count is kept. 0: miners work at the target of their pool, which is one for all"),
    HS_WHOLE("--seed", "N", AT(seed), 0, UINT64_MAX, NULL,
             "of the plugin's randomness; default random",
             .given = offsetof(hs_proxy_options, has_seed)),
};

const hs_command HS_PROXY_COMMAND = {
    .name = "proxy",
    .title = "a mining proxy around a plugin, on real sockets",
    .about = "A mining proxy around a plugin: miners connect to it, it has one extended channel on "
             "each pool of the plugin's table, or one for each miner there, and carries out what "
             "the plugin decides. Its first "
             "line of output is `listening HOST:PORT`.",
    .notes = "It ends on SIGTERM or SIGINT: waits a little for verdicts, saves the state, writes "
             "the account.",
    .no = "the plugin or the proxy broke the contract (each breach is printed)",
    .options = OPTIONS,
    .count = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(hs_proxy_options),
    .settle = complete,
};
