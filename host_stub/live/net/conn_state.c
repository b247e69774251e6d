/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/net/conn_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host_stub/sv2/types.h"

hs_conn_limits hs_conn_with_defaults(const hs_conn_limits *asked)
{
    hs_conn_limits limits = {0};
    if (asked != NULL) {
        limits = *asked;
    }
    limits.frame_bytes = limits.frame_bytes != 0 ? limits.frame_bytes
                                                 : (size_t)HS_SV2_HEADER_SIZE + HS_SV2_PAYLOAD_MAX;
    limits.output_bytes = limits.output_bytes != 0 ? limits.output_bytes : (size_t)1024 * 1024;
    limits.frames_per_turn = limits.frames_per_turn != 0 ? limits.frames_per_turn : 64;
    limits.half_frame_ns = limits.half_frame_ns != 0 ? limits.half_frame_ns : 10 * HS_NET_SECOND_NS;
    limits.stall_ns = limits.stall_ns != 0 ? limits.stall_ns : 10 * HS_NET_SECOND_NS;
    limits.handshake_ns = limits.handshake_ns != 0 ? limits.handshake_ns : 5 * HS_NET_SECOND_NS;
    limits.connect_ns = limits.connect_ns != 0 ? limits.connect_ns : 5 * HS_NET_SECOND_NS;
    return limits;
}

void hs_conn_count_large(hs_conn *conn)
{
    const size_t len = evbuffer_get_length(conn->in);
    const size_t large = len > HS_CONN_LARGE_BYTES ? len - HS_CONN_LARGE_BYTES : 0;
    size_t *const total = hs_net_loop_large_bytes(conn->loop);
    *total = *total - conn->large + large;
    conn->large = large;
}

void hs_conn_release(hs_conn *conn)
{
    *hs_net_loop_large_bytes(conn->loop) -= conn->large;
    if (conn->fd >= 0) {
        (void)close(conn->fd);
    }
    hs_net_watch_remove(conn->watch);
    hs_net_timer_remove(conn->timer);
    hs_net_dial_cancel(conn->dial);
    hs_secure_free(conn->secure);
    if (conn->in != NULL) {
        evbuffer_free(conn->in);
    }
    if (conn->out != NULL) {
        evbuffer_free(conn->out);
    }
    free(conn);
}

int hs_conn_reads(const hs_conn *conn)
{
    return (conn->state == CONN_OPEN || conn->state == CONN_SHAKING) && !conn->paused;
}

/* The nearest time limit, or UINT64_MAX. Sets *reason to what is wrong when it has passed. */
static uint64_t deadline(const hs_conn *conn, const char **reason)
{
    uint64_t nearest = UINT64_MAX;
    const int reading = conn->state == CONN_OPEN && !conn->paused;
    const int shaking = conn->state == CONN_SHAKING && !conn->paused;
    const struct {
        int holds;
        uint64_t at;
        const char *reason;
    } limits[] = {
        {shaking, conn->began_ns + conn->limits.handshake_ns,
         "the peer does not finish the Noise handshake in time (does it speak plain frames?)"},
        {conn->state == CONN_LEAVING, conn->began_ns + HS_NET_SECOND_NS, ""},
        {conn->state != CONN_CONNECTING && evbuffer_get_length(conn->out) > 0,
         conn->moved_ns + conn->limits.stall_ns, "the peer does not read what is sent to it"},
        {reading && conn->half_ns != 0, conn->half_ns + conn->limits.half_frame_ns,
         "the peer left a frame unfinished for too long"},
        {!conn->is_known && !conn->paused && conn->limits.greeting_ns != 0 &&
             (conn->state == CONN_OPEN || conn->state == CONN_SHAKING),
         conn->came_ns + conn->limits.greeting_ns, "the peer does not introduce itself in time"},
        {reading && conn->limits.idle_ns != 0, conn->heard_ns + conn->limits.idle_ns,
         "nothing was heard from the peer for too long"},
    };
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        if (limits[i].holds && limits[i].at < nearest) {
            nearest = limits[i].at;
            *reason = limits[i].reason;
        }
    }
    return nearest;
}

/* A timer that is called too early looks again: most limits only move away, with every byte. */
static void arm(hs_conn *conn)
{
    const char *reason = NULL;
    const uint64_t at = conn->state == CONN_OVER ? UINT64_MAX : deadline(conn, &reason);
    if (at < conn->armed_ns) {
        conn->armed_ns = at;
        hs_net_timer_at(conn->timer, at);
    }
}

void hs_conn_rearm(hs_conn *conn)
{
    unsigned events = 0;
    if (conn->fd < 0) {
        return;
    }
    if (evbuffer_get_length(conn->out) > 0) {
        events |= HS_NET_WRITE;
    }
    if (conn->state == CONN_LEAVING || (hs_conn_reads(conn) && !conn->ended)) {
        events |= HS_NET_READ;
    }
    hs_net_watch_set(conn->watch, events);
    arm(conn);
}

void hs_conn_end(hs_conn *conn, const char *reason)
{
    if (conn->state == CONN_OVER) {
        return;
    }
    if (conn->reason[0] == '\0') {
        (void)snprintf(conn->reason, sizeof conn->reason, "%s", reason);
    }
    conn->state = CONN_OVER;
    *hs_net_loop_large_bytes(conn->loop) -= conn->large;
    conn->large = 0;
    hs_net_watch_forget_fd(conn->watch);
    if (conn->fd >= 0) {
        (void)close(conn->fd);
    }
    conn->fd = -1;
    hs_net_dial_cancel(conn->dial);
    conn->dial = NULL;
    hs_net_timer_stop(conn->timer);
    /* The input stays: on_frame may be looking at it, and has called what brought us here. */
    (void)evbuffer_drain(conn->out, evbuffer_get_length(conn->out));
    hs_net_watch_again(conn->watch);
}

void hs_conn_end_errno(hs_conn *conn, const char *what, int error)
{
    char text[HS_CONN_REASON_SIZE];
    (void)snprintf(text, sizeof text, "%s: %s", what, strerror(error));
    hs_conn_end(conn, text);
}

void hs_conn_time_is_up(void *ctx)
{
    hs_conn *const conn = ctx;
    const char *reason = NULL;
    conn->armed_ns = UINT64_MAX;
    if (conn->state != CONN_OVER && deadline(conn, &reason) <= hs_net_now_ns(conn->loop)) {
        hs_conn_end(conn, reason);
    } else {
        arm(conn);
    }
}
