/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/proxy/options.h"

#include <stdio.h>
#include <string.h>

#include "host_stub/base/text.h"

const char HS_PROXY_USAGE[] =
    "usage: host_stub proxy --config F.ini [options]\n"
    "\n"
    "A mining proxy around a plugin: miners connect to it (plaintext SV2 frames on 127.0.0.1), it\n"
    "has one extended channel on each pool of the plugin's table, and carries out what the plugin\n"
    "decides. Its first line of output is `listening 127.0.0.1:PORT`.\n"
    "\n"
    "  --config FILE          the plugin's configuration, read again on SIGHUP\n"
    "  --plugin FILE          default hashmux.so, beside the program\n"
    "  --listen 127.0.0.1:N   default port 0: the system gives one\n"
    "  --pool ID=HOST:PORT    where the pool of that id is, in place of the configured address; "
    "may\n"
    "                         be repeated. Numeric addresses only: names are not looked up\n"
    "  --frames DIR           records the connections: DIR/conn-N.hex, DIR/up-ID.hex, and\n"
    "                         DIR/up-ID.2.hex and so on when a pool is connected to again\n"
    "  --json FILE            the account at the end; - = standard output\n"
    "  --state FILE           the plugin's state: loaded at the start if it is there, saved at "
    "the\n"
    "                         end\n"
    "  --drain-secs X         a prefix rests so long after its last valid job; default 3\n"
    "  --answer-secs X        a share that a pool does not answer is lost after this; default 60\n"
    "  --seed N               of the plugin's randomness; default random\n"
    "\n"
    "It ends on SIGTERM or SIGINT: waits a little for verdicts, saves the state, writes the\n"
    "account.\n"
    "\n"
    "Status: 0 done, 1 the plugin or the proxy broke the contract (each breach is printed), or "
    "the\n"
    "state or the account cannot be written, 2 the command line, the configuration or a file is\n"
    "wrong.\n";

static int add_pool(hs_proxy_settings *settings, const char *value, char *why, size_t capacity)
{
    const char *const equals = strchr(value, '=');
    const size_t len = equals != NULL ? (size_t)(equals - value) : 0;
    if (settings->place_count == HS_PROXY_POOLS_MAX) {
        return hs_refuse(why, capacity, "--pool may be given %d times", (int)HS_PROXY_POOLS_MAX);
    }
    hs_proxy_place *const place = &settings->places[settings->place_count];
    if (len == 0 || len >= sizeof place->id ||
        hs_parse_address(equals + 1, 1, place->host, sizeof place->host, &place->port) != 0) {
        return hs_refuse(why, capacity,
                         "--pool takes ID=HOST:PORT, such as pool_a=127.0.0.1:3333, not '%s'",
                         value);
    }
    memcpy(place->id, value, len);
    place->id[len] = '\0';
    settings->place_count++;
    return 0;
}

static int read_listen(hs_proxy_options *options, const char *value, char *why, size_t capacity)
{
    char host[HS_PROXY_HOST_SIZE] = "";
    uint16_t port = 0;
    if (hs_parse_address(value, 0, host, sizeof host, &port) != 0 ||
        strcmp(host, "127.0.0.1") != 0) {
        return hs_refuse(why, capacity,
                         "--listen takes 127.0.0.1:PORT (other addresses are not served), not '%s'",
                         value);
    }
    options->port = port;
    return 0;
}

static int read_secs(const char *name, const char *value, uint64_t *out_ns, char *why,
                     size_t capacity)
{
    double seconds = 0.0;
    if (hs_parse_decimal(value, &seconds) != 0 || seconds > 3600.0) {
        return hs_refuse(why, capacity, "%s takes seconds from 0 to 3600, not '%s'", name, value);
    }
    *out_ns = (uint64_t)(seconds * 1e9);
    return 0;
}

static int take(hs_proxy_options *o, const char *name, const char *value, char *why,
                size_t capacity)
{
    if (strcmp(name, "--pool") == 0) {
        return add_pool(&o->settings, value, why, capacity);
    }
    if (strcmp(name, "--listen") == 0) {
        return read_listen(o, value, why, capacity);
    }
    if (strcmp(name, "--drain-secs") == 0) {
        return read_secs(name, value, &o->settings.drain_ns, why, capacity);
    }
    if (strcmp(name, "--answer-secs") == 0) {
        return read_secs(name, value, &o->settings.answer_ns, why, capacity);
    }
    if (strcmp(name, "--seed") == 0) {
        o->has_seed = 1;
        return hs_parse_whole(value, &o->seed) == 0
                   ? 0
                   : hs_refuse(why, capacity, "--seed takes a whole number, not '%s'", value);
    }
    if (strcmp(name, "--config") == 0) {
        o->config = value;
    } else if (strcmp(name, "--plugin") == 0) {
        o->plugin = value;
    } else if (strcmp(name, "--frames") == 0) {
        o->frames = value;
    } else if (strcmp(name, "--json") == 0) {
        o->json = value;
    } else if (strcmp(name, "--state") == 0) {
        o->state = value;
    } else {
        return hs_refuse(why, capacity,
                         "'%s' is no option of proxy; host_stub proxy --help lists them", name);
    }
    return 0;
}

int hs_proxy_options_read(hs_proxy_options *options, int argc, char **argv, char *why,
                          size_t capacity)
{
    memset(options, 0, sizeof *options);
    hs_proxy_settings_defaults(&options->settings);
    for (int i = 1; i < argc; i += 2) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            options->help = 1;
            return 0;
        }
        if (i + 1 >= argc) {
            return hs_refuse(why, capacity,
                             "'%s' needs a value, or is no option of proxy; host_stub proxy --help "
                             "lists them",
                             argv[i]);
        }
        if (take(options, argv[i], argv[i + 1], why, capacity) != 0) {
            return -1;
        }
    }
    if (options->config == NULL) {
        return hs_refuse(why, capacity, "--config is needed: the plugin's configuration");
    }
    options->settings.config_path = options->config;
    return 0;
}
