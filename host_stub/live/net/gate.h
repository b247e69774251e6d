/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/net/gate: who may connect: so many connections of one address at a time, and so many new
 * ones a second. An IPv6 address counts with all of its /64, which one host can have whole. Whom
 * the gate refuses is closed by its caller at once, before anything is known or kept of it. */
#ifndef HOST_STUB_LIVE_NET_GATE_H
#define HOST_STUB_LIVE_NET_GATE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "host_stub/live/net/conn.h"

/* What is asked of whoever connects. 0 = no limit. */
typedef struct hs_net_gate_limits {
    uint32_t per_address;     /* connections at a time */
    uint32_t per_second;      /* new connections; ten seconds' worth of them at once */
    uint64_t handshake_ns;    /* until it has introduced itself */
    uint32_t handshake_bytes; /* what it may say until then */
} hs_net_gate_limits;

/* The rows for a command's table (base/options). */
#define HS_NET_GATE_OPTIONS(type, member)                                                          \
    HS_WHOLE("--connections-per-address", "N", HS_AT(type, member.per_address), 0, 1000000,        \
             "4096", "at a time; an IPv6 address counts with its /64; 0: any number"),             \
        HS_WHOLE("--connections-per-second", "N", HS_AT(type, member.per_second), 0, 1000000,      \
                 "200", "new ones of an address, and ten times as many for once; 0: any number"),  \
        HS_SCALED("--handshake-secs", "X", HS_AT(type, member.handshake_ns), 1e9, 0.1, 3600.0,     \
                  "5", "to introduce itself: the handshake of Noise, and SetupConnection"),        \
        HS_WHOLE("--handshake-bytes", "N", HS_AT(type, member.handshake_bytes), 0, 1 << 24,        \
                 "4096", "that may come until then; 0: any number")

typedef struct hs_net_gate hs_net_gate;
typedef struct hs_net_gate_guest hs_net_gate_guest;

/* NULL when out of memory. */
hs_net_gate *hs_net_gate_new(const hs_net_gate_limits *limits);
/* Guests that have not left are forgotten. NULL is fine. */
void hs_net_gate_free(hs_net_gate *gate);

/* May the other end of this socket stay? NULL: it may not, and `why` has a sentence about its
 * address, "" when one was said of it in the last minute, or when there is no memory. */
hs_net_gate_guest *hs_net_gate_enter(hs_net_gate *gate, int fd, uint64_t now_ns, char *why,
                                     size_t capacity);
/* NULL is fine. */
void hs_net_gate_leave(hs_net_gate *gate, hs_net_gate_guest *guest);

/* The limits of a connection that has entered. */
hs_conn_limits hs_net_gate_limits_of(const hs_net_gate *gate);

/* {"refused_per_address", "refused_per_second"}; NULL when out of memory. */
json_t *hs_net_gate_json(const hs_net_gate *gate);

#endif
