/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy/options: the command line of `host_stub proxy`, read and checked. */
#ifndef HOST_STUB_LIVE_PROXY_OPTIONS_H
#define HOST_STUB_LIVE_PROXY_OPTIONS_H

#include "host_stub/live/proxy/core.h"

typedef struct hs_proxy_options {
    const char *config;
    const char *plugin; /* NULL = hashmux beside the executable */
    uint16_t port;      /* of the listener on 127.0.0.1; 0 = given by the system */
    const char *frames; /* NULL = none */
    const char *json;   /* NULL = none, "-" = standard output */
    const char *state;  /* NULL = none */
    uint64_t seed;
    int has_seed;
    hs_proxy_settings settings;
    int help;
} hs_proxy_options;

extern const char HS_PROXY_USAGE[];

/* argv[0] is the command's name; strings of argv are kept as they are. 0, or -1 with a sentence in
 * `why`. */
int hs_proxy_options_read(hs_proxy_options *options, int argc, char **argv, char *why,
                          size_t capacity);

#endif
