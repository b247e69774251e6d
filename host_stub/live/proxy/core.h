/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy/core: a mining proxy without its sockets: between the miners' connections, the pools'
 * and the plugin. Towards miners it is a server with channels of its own; towards each pool of the
 * plugin's table a client with one extended channel, in which all miners that work there share the
 * extranonce space. It turns the plugin's decisions into bursts of messages, routes each share by
 * its job to the pool that the job came from, and answers the miners itself.
 *
 * Time is told to it, on the monotonic clock; sockets, files and signals are live/proxy/live's
 * business, which job is which is jobs/table's, what a burst holds is jobs/move's, and who goes
 * where the plugin's. One misbehaving connection is ended and concerns nobody else; a pool that is
 * lost is dialled again, with growing pauses. Specification: spec 5.1 to 5.3. */
#ifndef HOST_STUB_LIVE_PROXY_CORE_H
#define HOST_STUB_LIVE_PROXY_CORE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "host_stub/guard/guard.h"
#include "host_stub/load/loader.h"
#include "host_stub/sv2/types.h"

typedef struct hs_proxy hs_proxy;
typedef struct hs_proxy_peer hs_proxy_peer; /* a miner's connection */

/* What the proxy does outside. `link` is what hs_proxy_join was given, `ctx` the proxy's. None may
 * call back into the proxy. */
typedef struct hs_proxy_out {
    /* As one burst; the messages' views hold until the call returns. */
    void (*send_down)(void *link, const hs_sv2_message *messages, size_t count);
    /* It has to end, once what was sent has left or at once. hs_proxy_leave follows. */
    void (*end_down)(void *link, int after_sending, const char *reason);
    /* Read nothing from it, or go on. */
    void (*pause_down)(void *link, int paused);
    /* Begins to connect. 0: hs_proxy_up_opened or hs_proxy_up_closed follows; -1 with a sentence:
     * nothing follows. */
    int (*dial)(void *ctx, uint32_t upstream, const char *host, uint16_t port, char *why,
                size_t capacity);
    void (*send_up)(void *ctx, uint32_t upstream, const hs_sv2_message *messages, size_t count);
    /* The connection has to end at once. hs_proxy_up_closed follows. */
    void (*end_up)(void *ctx, uint32_t upstream, const char *reason);
    /* One line for people, without a newline. */
    void (*note)(void *ctx, uint64_t now_ns, const char *text);
    /* A violation of the contract, as hs_guard_options.violation. */
    void (*violation)(void *ctx, enum hs_side side, const char *check, const char *text);
} hs_proxy_out;

enum { HS_PROXY_HOST_SIZE = HMX_ADDRESS_SIZE, HS_PROXY_POOLS_MAX = HMX_UPSTREAMS_MAX };

/* Where a pool really is, in place of the address in the plugin's table. */
typedef struct hs_proxy_place {
    char id[HMX_ID_SIZE];
    char host[HS_PROXY_HOST_SIZE];
    uint16_t port;
} hs_proxy_place;

typedef struct hs_proxy_settings {
    const char *config_path; /* exactly one of the two */
    const char *config_text;
    uint8_t seed[32]; /* for the plugin */
    hs_proxy_place places[HS_PROXY_POOLS_MAX];
    size_t place_count;
    uint64_t drain_ns;      /* a prefix rests so long after its last valid job */
    uint64_t answer_ns;     /* a share without a verdict of its pool is lost after this */
    uint64_t dial_least_ns; /* first pause before a pool is dialled again; doubles ... */
    uint64_t dial_most_ns;  /* ... up to this */
} hs_proxy_settings;

/* Sensible ones: drain 3 s, answer 60 s, dial 0.25 s to 4 s. */
void hs_proxy_settings_defaults(hs_proxy_settings *settings);

/* Creates the plugin's instance and reads its table; dials nobody yet. `state` (may be empty) is
 * offered to the plugin's load first; a refusal is noted and the plugin starts afresh. NULL with a
 * sentence in `why`. *settings is copied, the strings it points to and `plugin` must outlive it. */
hs_proxy *hs_proxy_new(const hs_proxy_settings *settings, const hs_plugin *plugin,
                       const hs_proxy_out *out, void *ctx, uint64_t now_ns, uint64_t unix_ms,
                       hs_sv2_bytes state, char *why, size_t capacity);
/* Ends the plugin's instance and frees everything; peers that have not left are forgotten. Returns
 * the number of violations of the contract in its whole life. */
uint64_t hs_proxy_free(hs_proxy *proxy);

/* Does what is due by now_ns, which never goes back. Call it before every other entry and at least
 * every 50 ms. */
void hs_proxy_advance(hs_proxy *proxy, uint64_t now_ns, uint64_t unix_ms);

/* ---- miners ---- */
/* NULL when out of memory. */
hs_proxy_peer *hs_proxy_join(hs_proxy *proxy, void *link);
void hs_proxy_leave(hs_proxy_peer *peer);
void hs_proxy_down_frame(hs_proxy_peer *peer, const uint8_t *frame, size_t len);
/* Its number, from 1, never used again. */
uint32_t hs_proxy_peer_number(const hs_proxy_peer *peer);

/* ---- pools ---- */
void hs_proxy_up_opened(hs_proxy *proxy, uint32_t upstream);
void hs_proxy_up_closed(hs_proxy *proxy, uint32_t upstream, const char *reason);
void hs_proxy_up_frame(hs_proxy *proxy, uint32_t upstream, const uint8_t *frame, size_t len);
/* The id in the plugin's table; "" for none. */
const char *hs_proxy_up_id(const hs_proxy *proxy, uint32_t upstream);

/* ---- the operator ---- */
/* The plugin reads its configuration anew; pools are added and taken off accordingly. 0, or -1 with
 * the plugin's reasons in `why`: then nothing has changed. */
int hs_proxy_reload(hs_proxy *proxy, char *why, size_t capacity);
/* From now on nobody is moved, opened or read any more; verdicts still come in. */
void hs_proxy_begin_end(hs_proxy *proxy);
/* Shares whose pools have not answered. */
size_t hs_proxy_unanswered(const hs_proxy *proxy);
/* What is not answered now is lost, once and for all. After hs_proxy_begin_end. */
void hs_proxy_settle(hs_proxy *proxy);
/* The plugin's state. 1 with *data, for free(); 0 when it saves none; -1 with a sentence. */
int hs_proxy_save(hs_proxy *proxy, uint8_t **data, size_t *len, char *why, size_t capacity);

/* The account: see the usage text of `host_stub proxy`. NULL when out of memory. */
json_t *hs_proxy_json(const hs_proxy *proxy);

#endif
