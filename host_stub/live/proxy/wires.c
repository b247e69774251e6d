/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/proxy/wires.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <unistd.h>

#include "host_stub/base/json.h"
#include "host_stub/live/net/conn.h"
#include "host_stub/live/net/gate.h"
#include "host_stub/live/net/listen.h"
#include "host_stub/live/net/rate.h"
#include "host_stub/live/proxy/down.h"
#include "host_stub/sv2/frame_file.h"

/* Who wants a connection not to be read. */
enum { PAUSED_BY_PROXY = 0x1, PAUSED_BY_RATE = 0x2 };

typedef struct wire {
    LIST_ENTRY(wire) link;
    hs_wires *wires;
    hs_conn *conn;
    hs_proxy_peer *peer;
    hs_net_gate_guest *guest;
    unsigned paused;
    hs_net_rate opens;
    hs_net_timer *timer; /* NULL: it was never too fast */
    hs_frame_file frames;
} wire;

struct hs_wires {
    hs_wires_owner owner;
    hs_proxy *proxy;
    hs_net_listener *listener;
    hs_noise_authority *authority; /* NULL: plain frames */
    hs_net_gate *gate;
    LIST_HEAD(, wire) all;
    uint64_t throttled;
    int frames_failed;
};

static uint64_t now_ns(const hs_wires *wires)
{
    return hs_net_now_ns(wires->owner.loop);
}

static uint64_t now_ms(const hs_wires *wires)
{
    return (now_ns(wires) - wires->owner.start_ns) / HS_NET_MILLISECOND_NS;
}

static void say(const hs_wires *wires, const char *text)
{
    wires->owner.say(wires->owner.ctx, text);
}

/* ---- what the proxy does to it ---- */

void hs_wire_send(void *to, const hs_sv2_message *messages, size_t count)
{
    hs_conn *const conn = ((wire *)to)->conn;
    char why[200] = "";
    if (hs_conn_send(conn, messages, count, why, sizeof why) != 0 && !hs_conn_is_over(conn)) {
        hs_conn_close(conn, why);
    }
}

void hs_wire_end(void *to, int after_sending, const char *reason)
{
    hs_conn *const conn = ((wire *)to)->conn;
    if (after_sending) {
        hs_conn_finish(conn, reason);
    } else {
        hs_conn_close(conn, reason);
    }
}

static void pause_by(wire *at, unsigned who, int paused)
{
    at->paused = paused ? at->paused | who : at->paused & ~who;
    hs_conn_pause(at->conn, at->paused != 0);
}

void hs_wire_pause(void *to, int paused)
{
    pause_by(to, PAUSED_BY_PROXY, paused);
}

/* ---- what it may ask for ---- */

static void on_slow_enough(void *ctx)
{
    pause_by(ctx, PAUSED_BY_RATE, 0);
}

/* It wants to open a channel. Too many of them, and nothing more is read of it until it was slow
 * enough. */
static void count_open(wire *at)
{
    hs_wires *const wires = at->wires;
    const uint32_t per_second = wires->owner.options->opens_per_second;
    if (per_second == 0) {
        return;
    }
    hs_net_rate_take(&at->opens, now_ns(wires), per_second);
    const uint64_t wait_ns = hs_net_rate_wait_ns(&at->opens, now_ns(wires), HS_NET_SECOND_NS);
    if (wait_ns == 0) {
        return;
    }
    at->timer =
        at->timer != NULL ? at->timer : hs_net_timer_new(wires->owner.loop, on_slow_enough, at);
    if (at->timer == NULL) {
        hs_conn_close(at->conn, "no memory for its timer");
        return;
    }
    wires->throttled++;
    hs_net_timer_after(at->timer, wait_ns);
    pause_by(at, PAUSED_BY_RATE, 1);
}

static void on_frame(void *ctx, hs_conn *conn, const uint8_t *frame, size_t len)
{
    wire *const at = ctx;
    const uint32_t type = frame[2]; /* of a header that is whole */
    (void)conn;
    at->wires->owner.advance(at->wires->owner.ctx);
    hs_proxy_down_frame(at->peer, frame, len);
    if (type == HS_SV2_OPEN_STANDARD || type == HS_SV2_OPEN_EXTENDED) {
        count_open(at);
    }
}

/* ---- its beginning and its end ---- */

static void on_wire(void *ctx, hs_conn *conn, int sent, const uint8_t *frame, size_t len)
{
    wire *const at = ctx;
    (void)conn;
    (void)hs_frame_file_frame(&at->frames, sent ? HS_FRAME_FROM_SERVER : HS_FRAME_FROM_CLIENT,
                              now_ms(at->wires), frame, len);
}

static void drop(wire *at)
{
    hs_wires *const wires = at->wires;
    LIST_REMOVE(at, link);
    hs_proxy_leave(at->peer);
    hs_net_gate_leave(wires->gate, at->guest);
    hs_net_timer_remove(at->timer);
    wires->frames_failed |= hs_frame_file_end(&at->frames) != 0;
    free(at);
}

static void on_closed(void *ctx, hs_conn *conn, const char *reason)
{
    wire *const at = ctx;
    char text[256];
    (void)conn;
    (void)snprintf(text, sizeof text, "connection %u is over: %s",
                   (unsigned)hs_proxy_peer_number(at->peer), reason);
    at->wires->owner.advance(at->wires->owner.ctx);
    say(at->wires, text);
    drop(at);
}

static void begin_frames(wire *at)
{
    const char *const folder = at->wires->owner.options->frames;
    char name[64];
    char why[256];
    (void)snprintf(name, sizeof name, "conn-%06u.hex", (unsigned)hs_proxy_peer_number(at->peer));
    if (folder != NULL && hs_frame_file_begin(&at->frames, folder, name, why, sizeof why) != 0) {
        at->wires->frames_failed = 1;
    }
}

/* The socket is the connection's from here on. */
static void let_in(hs_wires *wires, int fd, hs_net_gate_guest *guest)
{
    static const hs_conn_handler HANDLER = {NULL, on_frame, on_closed, on_wire};
    const hs_conn_limits limits = hs_net_gate_limits_of(wires->gate);
    const hs_net_noise noise = {.ours = wires->authority};
    wire *const at = calloc(1, sizeof *at);
    wires->owner.advance(wires->owner.ctx);
    hs_proxy_peer *const peer = at != NULL ? hs_proxy_join(wires->proxy, at) : NULL;
    if (peer == NULL) {
        free(at);
        (void)close(fd);
        hs_net_gate_leave(wires->gate, guest);
        return;
    }
    at->wires = wires;
    at->peer = peer;
    at->guest = guest;
    LIST_INSERT_HEAD(&wires->all, at, link);
    at->conn = hs_conn_new(wires->owner.loop, fd, &HANDLER, at, &limits,
                           wires->authority != NULL ? &noise : NULL);
    if (at->conn == NULL) {
        drop(at);
    } else {
        begin_frames(at);
    }
}

static void on_accept(void *ctx, int fd)
{
    hs_wires *const wires = ctx;
    char why[200];
    hs_net_gate_guest *const guest =
        hs_net_gate_enter(wires->gate, fd, now_ns(wires), why, sizeof why);
    if (guest != NULL) {
        let_in(wires, fd, guest);
        return;
    }
    (void)close(fd);
    if (why[0] != '\0') {
        say(wires, why);
    }
}

static void on_trouble(void *ctx, const char *what)
{
    say(ctx, what);
}

hs_wires *hs_wires_new(const hs_wires_owner *owner, char *why, size_t capacity)
{
    const hs_proxy_options *const options = owner->options;
    hs_wires *const wires = calloc(1, sizeof *wires);
    (void)snprintf(why, capacity, "no memory for connections");
    if (wires == NULL) {
        return NULL;
    }
    wires->owner = *owner;
    LIST_INIT(&wires->all);
    wires->gate = hs_net_gate_new(&options->gate);
    if (wires->gate == NULL ||
        (options->authority_secret != NULL &&
         (wires->authority = hs_noise_authority_load(options->authority_secret, why, capacity)) ==
             NULL) ||
        (wires->listener = hs_net_listen(owner->loop, &options->listen, on_accept, wires, why,
                                         capacity)) == NULL) {
        (void)hs_wires_free(wires);
        return NULL;
    }
    hs_net_listener_tell(wires->listener, on_trouble);
    why[0] = '\0';
    return wires;
}

void hs_wires_serve(hs_wires *wires, hs_proxy *proxy)
{
    wires->proxy = proxy;
}

const hs_net_address *hs_wires_address(const hs_wires *wires)
{
    return hs_net_listener_address(wires->listener);
}

void hs_wires_close(hs_wires *wires)
{
    (void)hs_net_listener_pause(wires->listener, 1);
}

int hs_wires_free(hs_wires *wires)
{
    if (wires == NULL) {
        return 0;
    }
    while (!LIST_EMPTY(&wires->all)) {
        wire *const at = LIST_FIRST(&wires->all);
        hs_conn_free(at->conn);
        drop(at);
    }
    hs_net_listener_close(wires->listener);
    hs_net_gate_free(wires->gate);
    hs_noise_authority_free(wires->authority);
    const int failed = wires->frames_failed;
    free(wires);
    return failed;
}

size_t hs_wires_unsent(const hs_wires *wires)
{
    size_t bytes = 0;
    const wire *at = NULL;
    LIST_FOREACH(at, &wires->all, link)
    {
        bytes += hs_conn_unsent_bytes(at->conn);
    }
    return bytes;
}

json_t *hs_wires_json(const hs_wires *wires)
{
    json_t *const counts = hs_net_gate_json(wires->gate);
    hs_json_count(counts, "accept_pauses", hs_net_listener_rests(wires->listener));
    hs_json_count(counts, "throttled", wires->throttled);
    return counts;
}
