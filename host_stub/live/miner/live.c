/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/miner/live.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/json.h"
#include "host_stub/base/output.h"
#include "host_stub/base/rng.h"
#include "host_stub/base/text.h"
#include "host_stub/live/miner/core.h"
#include "host_stub/live/net/conn.h"

enum {
    TURN_MS = 20,      /* between two turns of hashing */
    AGAIN_MS = 500,    /* before connecting again, and as much more by chance */
    UNSENT_MAX = 65536 /* bytes: a server that does not read gets no more shares */
};

typedef struct live live;

/* One connection. */
typedef struct rig {
    live *live;
    hs_miner *miner;
    hs_conn *conn; /* NULL while there is none */
    uint64_t connect_at_ms;
    uint64_t leave_at_ms; /* --reconnect-every */
    char host[HS_MINER_HOST_MAX + 1];
    uint16_t port;
} rig;

struct live {
    const hs_miner_options *options;
    hs_net_loop *loop;
    hs_net_timer *timer;
    hs_rng chance;
    uint64_t start_ns;
    rig *rigs;
    uint32_t rig_count;
    uint64_t connections;
    int said_mining;
    int stopping;
    uint64_t stop_ms;  /* when it began to stop */
    size_t unanswered; /* when it looked last, since then */
    uint64_t quiet_ms; /* since when that has not changed */
    char trouble[200]; /* the last reason why a connection ended or did not begin */
};

static uint64_t now_ms(const live *l)
{
    return (hs_net_now_ns(l->loop) - l->start_ns) / HS_NET_MILLISECOND_NS;
}

static void send_message(void *link, const hs_sv2_message *message)
{
    const rig *const r = link;
    if (r->conn != NULL) {
        (void)hs_conn_send_one(r->conn, message);
    }
}

static void end_conn(void *link, const char *reason)
{
    const rig *const r = link;
    if (r->conn != NULL) {
        hs_conn_close(r->conn, reason);
    }
}

static void on_open(void *ctx, hs_conn *conn)
{
    rig *const r = ctx;
    live *const l = r->live;
    l->connections++;
    /* Not all of them leave at once. */
    r->leave_at_ms = l->options->reconnect_ms > 0
                         ? now_ms(l) + (uint64_t)((double)l->options->reconnect_ms *
                                                  (0.5 + hs_rng_uniform(&l->chance)))
                         : UINT64_MAX;
    if (hs_miner_connected(r->miner, now_ms(l)) != 0) {
        hs_conn_close(conn, "no memory");
    }
}

static void on_frame(void *ctx, hs_conn *conn, const uint8_t *frame, size_t len)
{
    const rig *const r = ctx;
    (void)conn;
    hs_miner_frame(r->miner, frame, len, now_ms(r->live));
}

static void lose(rig *r)
{
    r->conn = NULL;
    hs_miner_lost(r->miner);
    (void)hs_miner_take_reconnect(r->miner, r->host, sizeof r->host, &r->port);
    r->connect_at_ms = now_ms(r->live) + AGAIN_MS + hs_rng_below(&r->live->chance, AGAIN_MS);
}

/* Why there is no channel, when there never is one. */
static void note_trouble(live *l, const char *reason)
{
    (void)snprintf(l->trouble, sizeof l->trouble, "%s", reason);
}

static void on_closed(void *ctx, hs_conn *conn, const char *reason)
{
    const rig *const r = ctx;
    (void)conn;
    note_trouble(r->live, reason);
    lose(ctx);
}

static void connect_rig(rig *r)
{
    static const hs_conn_handler HANDLER = {on_open, on_frame, on_closed, NULL};
    live *const l = r->live;
    const hs_miner_options *const o = l->options;
    const hs_net_noise noise = {.theirs = o->has_authority ? o->authority : NULL};
    r->connect_at_ms = now_ms(l) + AGAIN_MS;
    r->conn = hs_conn_dial(l->loop, r->host, r->port, &HANDLER, r, NULL, o->noise ? &noise : NULL);
}

static void turn_rig(rig *r)
{
    live *const l = r->live;
    const uint64_t at_ms = now_ms(l);
    if (r->conn == NULL && !l->stopping && at_ms >= r->connect_at_ms) {
        connect_rig(r);
    }
    if (r->conn != NULL && !l->stopping && hs_conn_is_open(r->conn) && at_ms >= r->leave_at_ms) {
        hs_conn_free(r->conn);
        lose(r);
    }
    if (r->conn == NULL || hs_conn_unsent_bytes(r->conn) <= UNSENT_MAX) {
        hs_miner_advance(r->miner, at_ms);
    }
}

static void stop(live *l)
{
    if (!l->stopping) {
        l->stopping = 1;
        l->stop_ms = now_ms(l);
        l->quiet_ms = l->stop_ms;
        for (uint32_t i = 0; i < l->rig_count; i++) {
            hs_miner_stop(l->rigs[i].miner);
        }
    }
}

/* All shares are answered, or no answer comes any more. */
static int is_settled(live *l)
{
    size_t unanswered = 0;
    for (uint32_t i = 0; i < l->rig_count; i++) {
        unanswered += hs_miner_unanswered(l->rigs[i].miner);
    }
    if (unanswered != l->unanswered) {
        l->unanswered = unanswered;
        l->quiet_ms = now_ms(l);
    }
    return unanswered == 0 || now_ms(l) - l->quiet_ms >= l->options->settle_ms;
}

static void say_mining(live *l)
{
    for (uint32_t i = 0; i < l->rig_count; i++) {
        if (!hs_miner_is_mining(l->rigs[i].miner)) {
            return;
        }
    }
    l->said_mining = 1;
    (void)printf("mining %u\n", (unsigned)l->options->count);
    (void)fflush(stdout);
}

static void on_turn(void *ctx)
{
    live *const l = ctx;
    for (uint32_t i = 0; i < l->rig_count; i++) {
        turn_rig(&l->rigs[i]);
    }
    if (!l->said_mining) {
        say_mining(l);
    }
    if (l->options->run_ms > 0 && now_ms(l) >= l->options->run_ms) {
        stop(l);
    }
    if (l->stopping && is_settled(l)) {
        hs_net_loop_stop(l->loop);
    }
    hs_net_timer_after(l->timer, TURN_MS * HS_NET_MILLISECOND_NS);
}

static void on_signal(void *ctx, int signal_number)
{
    (void)signal_number;
    stop(ctx);
}

static int write_counts(const live *l, const hs_miner_counts *total, uint64_t end_ms, char *why,
                        size_t capacity)
{
    const char *const path = l->options->json;
    json_t *const root = json_object();
    json_t *const channels = json_array();
    const char *first = "";
    uint64_t faults = 0;
    hs_json_put(root, "seconds", json_real((double)end_ms / 1000.0));
    hs_json_put(root, "compliant", json_boolean(!l->options->ignore_prefix));
    hs_json_count(root, "connections", l->connections);
    for (uint32_t i = 0; i < l->rig_count; i++) {
        const char *text = "";
        faults += hs_miner_faults(l->rigs[i].miner, &text);
        first = first[0] == '\0' ? text : first;
        hs_miner_put_channels(l->rigs[i].miner, channels);
    }
    hs_json_count(root, "server_faults", faults);
    hs_json_text(root, "server_fault_first", first);
    hs_miner_put_counts(root, total);
    hs_json_put(root, "channels", channels);
    return hs_output_save_text(path, hs_json_page(root), why, capacity);
}

static int begin(live *l, char *why, size_t capacity)
{
    static const int SIGNALS[] = {SIGTERM, SIGINT, 0};
    static const hs_miner_out OUT = {send_message, end_conn};
    const hs_miner_options *const o = l->options;
    l->loop = hs_net_loop_new();
    l->rigs = calloc((o->count + o->per_connection - 1) / o->per_connection, sizeof *l->rigs);
    if (l->loop == NULL || l->rigs == NULL || hs_net_signals(l->loop, SIGNALS, on_signal, l) != 0 ||
        (l->timer = hs_net_timer_new(l->loop, on_turn, l)) == NULL) {
        return hs_refuse(why, capacity, "cannot set up the event loop: %s", strerror(errno));
    }
    l->start_ns = hs_net_clock_ns();
    hs_rng_init(&l->chance, o->seed, "miner", o->first);
    for (uint32_t first = 0; first < o->count; first += o->per_connection) {
        const uint32_t left = o->count - first;
        rig *const r = &l->rigs[l->rig_count];
        *r = (rig){.live = l, .port = o->port, .leave_at_ms = UINT64_MAX};
        memcpy(r->host, o->host, sizeof r->host);
        r->miner =
            hs_miner_new(o, first, left < o->per_connection ? left : o->per_connection, &OUT, r);
        if (r->miner == NULL) {
            return hs_refuse(why, capacity, "no memory for %u channels", (unsigned)o->count);
        }
        l->rig_count++;
    }
    hs_net_timer_at(l->timer, l->start_ns);
    return 0;
}

/* The counts, once nothing can change them any more. */
static int report(live *l, char *why, size_t capacity)
{
    hs_miner_counts total;
    const uint64_t end_ms = l->stopping ? l->stop_ms : now_ms(l);
    memset(&total, 0, sizeof total);
    for (uint32_t i = 0; i < l->rig_count; i++) {
        hs_miner_settle(l->rigs[i].miner);
        hs_miner_add_counts(l->rigs[i].miner, &total);
    }
    if (l->options->json != NULL && write_counts(l, &total, end_ms, why, capacity) != 0) {
        return HS_STATUS_WRONG;
    }
    if (total.opens == 0) {
        (void)hs_refuse(why, capacity, "no channel was ever opened at %s:%u%s%s", l->options->host,
                        (unsigned)l->options->port, l->trouble[0] != '\0' ? ": " : "", l->trouble);
        return HS_STATUS_NO;
    }
    return HS_STATUS_DONE;
}

int hs_miner_live(const hs_miner_options *options, char *why, size_t capacity)
{
    live l;
    int status = HS_STATUS_WRONG;
    memset(&l, 0, sizeof l);
    l.options = options;
    if (begin(&l, why, capacity) == 0) {
        if (hs_net_loop_run(l.loop) == 0) {
            status = report(&l, why, capacity);
        } else {
            (void)hs_refuse(why, capacity, "the event loop fails: %s", strerror(errno));
        }
    }
    for (uint32_t i = 0; i < l.rig_count; i++) {
        hs_conn_free(l.rigs[i].conn);
        hs_miner_free(l.rigs[i].miner);
    }
    free(l.rigs);
    hs_net_loop_free(l.loop);
    return status;
}
