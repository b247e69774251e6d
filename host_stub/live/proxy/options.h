/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy/options: the options of `host_stub proxy`.
 */
#ifndef HOST_STUB_LIVE_PROXY_OPTIONS_H
#define HOST_STUB_LIVE_PROXY_OPTIONS_H

#include "host_stub/base/options.h"
#include "host_stub/live/net/address.h"
#include "host_stub/live/net/gate.h"
#include "host_stub/live/proxy/core.h"

typedef struct hs_proxy_options {
    const char *plugin;           /* NULL = hashmux beside the executable */
    hs_net_address listen;        /* for the miners; port 0 = given by the system */
    const char *authority_secret; /* a file, for Noise with the miners; NULL = plain frames */
    int plain_listen;             /* plain frames beyond loopback are meant */
    hs_net_gate_limits gate;      /* what is asked of miners */
    uint32_t opens_per_second;    /* of a connection; 0 = any number */
    const char *frames;           /* NULL = none */
    const char *json;             /* NULL = none, "-" = standard output */
    const char *state;            /* NULL = none */
    const char *options_file;     /* NULL = none; read with the others */
    const char *control;          /* the socket of `host_stub ctl`; NULL = none */
    struct {
        char host[HS_PROXY_HOST_SIZE]; /* "" = none */
        uint16_t port;
    } http;
    int identities;     /* the page for monitoring names the miners */
    const char *audit;  /* NULL = none */
    uint32_t audit_mib; /* before it is renamed */
    uint64_t seed;
    int has_seed;
    hs_proxy_settings settings;
} hs_proxy_options;

extern const hs_command HS_PROXY_COMMAND;

#endif
