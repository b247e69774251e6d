/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/pool/live.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "host_stub/base/json.h"
#include "host_stub/base/output.h"
#include "host_stub/base/text.h"
#include "host_stub/live/net/conn.h"
#include "host_stub/live/net/gate.h"
#include "host_stub/live/net/listen.h"
#include "host_stub/live/net/log.h"
#include "host_stub/live/pool/core.h"
#include "host_stub/sv2/frame_file.h"

enum { LINE_SIZE = 256, RETRY_MS = 100 };

typedef struct live live;

/* One connection. */
typedef struct wire {
    live *live;
    struct wire *next;
    hs_conn *conn;
    hs_pool_peer *peer;
    hs_net_gate_guest *guest;
    hs_frame_file frames;
} wire;

struct live {
    const hs_pool_options *options;
    hs_net_loop *loop;
    hs_net_listener *listener;
    hs_noise_authority *authority; /* NULL: plain frames */
    hs_net_gate *gate;
    hs_net_log *out;
    hs_net_watch *input;
    hs_pool *pool;
    uint64_t start_ns;
    wire *wires;
    unsigned wire_count;
    int stalled;
    int stop;
    char line[LINE_SIZE];
    size_t line_len;
    int line_too_long;
};

static uint64_t now_ms(const live *l)
{
    return (hs_net_now_ns(l->loop) - l->start_ns) / HS_NET_MILLISECOND_NS;
}

static void send_messages(void *to, const hs_sv2_message *messages, size_t count)
{
    char why[200];
    wire *const at = to;
    if (hs_conn_send(at->conn, messages, count, why, sizeof why) != 0 &&
        !hs_conn_is_over(at->conn)) {
        hs_conn_close(at->conn, why);
    }
}

static void send_raw(void *to, const uint8_t *data, size_t len)
{
    (void)hs_conn_send_raw(((wire *)to)->conn, data, len);
}

static void end_conn(void *to, int after_sending, const char *reason)
{
    wire *const at = to;
    if (after_sending) {
        hs_conn_finish(at->conn, reason);
    } else {
        hs_conn_close(at->conn, reason);
    }
}

/* Everything that the pool says is a line of its own, at once. */
static void say(void *ctx, uint64_t at_ms, const char *text)
{
    const live *const l = ctx;
    char seconds[32];
    char line[LINE_SIZE + 500];
    (void)snprintf(line, sizeof line, "t=%s %s",
                   hs_format_fixed(seconds, sizeof seconds, (double)at_ms / 1000.0, 3), text);
    hs_net_log_line(l->out, line);
}

static void on_frame(void *ctx, hs_conn *conn, const uint8_t *frame, size_t len)
{
    wire *const at = ctx;
    (void)conn;
    hs_pool_advance(at->live->pool, now_ms(at->live));
    hs_pool_frame(at->peer, frame, len);
}

static void on_wire(void *ctx, hs_conn *conn, int sent, const uint8_t *frame, size_t len)
{
    wire *const at = ctx;
    (void)conn;
    (void)hs_frame_file_frame(&at->frames, sent ? HS_FRAME_FROM_SERVER : HS_FRAME_FROM_CLIENT,
                              now_ms(at->live), frame, len);
}

static void drop(wire *at)
{
    wire **place = &at->live->wires;
    while (*place != at) {
        place = &(*place)->next;
    }
    *place = at->next;
    hs_pool_leave(at->peer);
    hs_net_gate_leave(at->live->gate, at->guest);
    (void)hs_frame_file_end(&at->frames);
    free(at);
}

static void on_closed(void *ctx, hs_conn *conn, const char *reason)
{
    wire *const at = ctx;
    char text[256];
    (void)conn;
    (void)snprintf(text, sizeof text, "a connection is over: %s", reason);
    say(at->live, now_ms(at->live), text);
    drop(at);
}

/* The socket is the connection's from here on. */
static void let_in(live *l, int fd, hs_net_gate_guest *guest)
{
    static const hs_conn_handler HANDLER = {NULL, on_frame, on_closed, on_wire};
    char name[64];
    char why[200];
    const hs_conn_limits limits = hs_net_gate_limits_of(l->gate);
    const hs_net_noise noise = {.ours = l->authority};
    wire *const at = calloc(1, sizeof *at);
    hs_pool_peer *const peer = at != NULL ? hs_pool_join(l->pool, at) : NULL;
    if (peer == NULL) {
        free(at);
        (void)close(fd);
        hs_net_gate_leave(l->gate, guest);
        return;
    }
    at->live = l;
    at->peer = peer;
    at->guest = guest;
    at->next = l->wires;
    l->wires = at;
    at->conn =
        hs_conn_new(l->loop, fd, &HANDLER, at, &limits, l->authority != NULL ? &noise : NULL);
    if (at->conn == NULL) {
        drop(at);
        return;
    }
    hs_conn_pause(at->conn, l->stalled);
    (void)snprintf(name, sizeof name, "pool-%s-%u.hex", l->options->name, ++l->wire_count);
    if (l->options->frames != NULL &&
        hs_frame_file_begin(&at->frames, l->options->frames, name, why, sizeof why) != 0) {
        say(l, now_ms(l), why);
    }
}

static void on_accept(void *ctx, int fd)
{
    live *const l = ctx;
    char why[200];
    hs_net_gate_guest *const guest =
        hs_net_gate_enter(l->gate, fd, hs_net_now_ns(l->loop), why, sizeof why);
    if (guest != NULL) {
        let_in(l, fd, guest);
        return;
    }
    (void)close(fd);
    if (why[0] != '\0') {
        say(l, now_ms(l), why);
    }
}

static void on_trouble(void *ctx, const char *what)
{
    say(ctx, now_ms(ctx), what);
}

static void on_signal(void *ctx, int signal_number)
{
    (void)signal_number;
    ((live *)ctx)->stop = 1;
}

static void say_stats(live *l)
{
    static const char WORD[] = "stats ";
    char *const counts = hs_json_line(hs_pool_json(l->pool, 0));
    char *const line = counts != NULL ? malloc(sizeof WORD + strlen(counts)) : NULL;
    if (line != NULL) {
        memcpy(line, WORD, sizeof WORD);
        memcpy(line + sizeof WORD - 1, counts, strlen(counts) + 1);
    }
    hs_net_log_line(l->out, line != NULL ? line : "stats {}");
    free(line);
    free(counts);
}

static void obey(live *l, const char *line)
{
    char text[LINE_SIZE + 400];
    char why[400] = "";
    if (line[0] == '\0') {
        return;
    }
    if (strcmp(line, "quit") == 0) {
        l->stop = 1;
    } else if (strcmp(line, "stats") == 0) {
        say_stats(l);
    } else if (hs_pool_command(l->pool, line, why, sizeof why) != 0) {
        (void)snprintf(text, sizeof text, "error %s", why);
        say(l, now_ms(l), text);
    }
}

/* One byte of standard input. */
static void take_char(live *l, char c)
{
    if (c != '\n') {
        if (l->line_len < LINE_SIZE - 1) {
            l->line[l->line_len++] = c;
        } else {
            l->line_too_long = 1;
        }
        return;
    }
    l->line[l->line_len] = '\0';
    if (l->line_too_long) {
        say(l, now_ms(l), "error the line is too long");
    } else if (memchr(l->line, '\0', l->line_len) == NULL) {
        obey(l, l->line);
    }
    l->line_len = 0;
    l->line_too_long = 0;
}

static void on_input(void *ctx, unsigned events)
{
    live *const l = ctx;
    char bytes[LINE_SIZE];
    (void)events;
    const ssize_t got = read(STDIN_FILENO, bytes, sizeof bytes);
    if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN)) {
        hs_net_watch_remove(l->input);
        l->input = NULL;
        return;
    }
    hs_pool_advance(l->pool, now_ms(l));
    for (ssize_t i = 0; i < got; i++) {
        take_char(l, bytes[i]);
    }
}

/* Listens and reads as the pool's faults say. Returns when to try again, in milliseconds. */
static uint64_t follow_faults(live *l)
{
    const int stalled = hs_pool_is_stalled(l->pool);
    const int listens = hs_net_listener_pause(l->listener, hs_pool_is_down(l->pool)) == 0;
    if (stalled != l->stalled) {
        l->stalled = stalled;
        for (wire *at = l->wires; at != NULL; at = at->next) {
            hs_conn_pause(at->conn, stalled);
        }
    }
    return listens ? UINT64_MAX : RETRY_MS;
}

static int run(live *l, char *why, size_t capacity)
{
    while (!l->stop) {
        const uint64_t retry_ms = follow_faults(l);
        const uint64_t next_ms = hs_pool_next_ms(l->pool);
        const uint64_t at_ms = (hs_net_clock_ns() - l->start_ns) / HS_NET_MILLISECOND_NS;
        uint64_t wait_ms = next_ms > at_ms ? next_ms - at_ms : 0;
        wait_ms = wait_ms < retry_ms ? wait_ms : retry_ms;
        if (hs_net_loop_turn(l->loop, wait_ms < 3600000 ? wait_ms * HS_NET_MILLISECOND_NS
                                                        : 3600 * HS_NET_SECOND_NS) != 0) {
            return hs_refuse(why, capacity, "the event loop fails: %s", strerror(errno));
        }
        hs_pool_advance(l->pool, now_ms(l));
    }
    return 0;
}

static int write_counts(const live *l, char *why, size_t capacity)
{
    const char *const path = l->options->json;
    if (path == NULL) {
        return 0;
    }
    json_t *const counts = hs_pool_json(l->pool, 1);
    json_t *const limits = hs_net_gate_json(l->gate);
    hs_json_count(limits, "accept_pauses", hs_net_listener_rests(l->listener));
    hs_json_put(counts, "limits", limits);
    return hs_output_save_text(path, hs_json_page(counts), why, capacity);
}

static int begin(live *l, char *why, size_t capacity)
{
    static const int SIGNALS[] = {SIGTERM, SIGINT, 0};
    static const hs_pool_out OUT = {send_messages, send_raw, end_conn, say};
    struct timespec wall = {0, 0};
    l->loop = hs_net_loop_new();
    if (l->loop == NULL || hs_net_signals(l->loop, SIGNALS, on_signal, l) != 0) {
        return hs_refuse(why, capacity, "cannot set up the event loop: %s", strerror(errno));
    }
    (void)clock_gettime(CLOCK_REALTIME, &wall);
    l->start_ns = hs_net_clock_ns();
    hs_net_raise_descriptors();
    l->out = hs_net_log_new(l->loop, STDOUT_FILENO);
    l->gate = hs_net_gate_new(&l->options->gate);
    if (l->out == NULL || l->gate == NULL) {
        return hs_refuse(why, capacity, "no memory for connections");
    }
    l->pool = hs_pool_new(l->options, &OUT, l,
                          (uint64_t)wall.tv_sec * 1000 + (uint64_t)wall.tv_nsec / 1000000);
    if (l->pool == NULL) {
        return hs_refuse(why, capacity, "no memory for the pool");
    }
    if (l->options->frames != NULL && hs_frame_folder(l->options->frames, why, capacity) != 0) {
        return -1;
    }
    if (l->options->authority_secret != NULL) {
        l->authority = hs_noise_authority_load(l->options->authority_secret, why, capacity);
        if (l->authority == NULL) {
            return -1;
        }
    }
    return 0;
}

static int listen_there(live *l, char *why, size_t capacity)
{
    char text[HS_NET_ADDRESS_SIZE];
    char line[HS_NET_ADDRESS_SIZE + 16];
    hs_net_address address;
    if (hs_net_address_of(&address, "127.0.0.1", l->options->port, why, capacity) != 0) {
        return -1;
    }
    l->listener = hs_net_listen(l->loop, &address, on_accept, l, why, capacity);
    if (l->listener == NULL) {
        return -1;
    }
    hs_net_listener_tell(l->listener, on_trouble);
    l->input = hs_net_watch_add(l->loop, STDIN_FILENO, HS_NET_READ, on_input, l);
    (void)snprintf(line, sizeof line, "listening %s",
                   hs_net_address_text(hs_net_listener_address(l->listener), text));
    hs_net_log_line(l->out, line);
    return 0;
}

int hs_pool_live(const hs_pool_options *options, char *why, size_t capacity)
{
    live l;
    memset(&l, 0, sizeof l);
    l.options = options;
    int rc = begin(&l, why, capacity);
    if (rc == 0) {
        rc = listen_there(&l, why, capacity);
    }
    if (rc == 0) {
        rc = run(&l, why, capacity);
        /* Who has mined for us learns it before we go. */
        hs_pool_settle(l.pool);
        const int written = write_counts(&l, why, capacity);
        rc = rc != 0 ? rc : written;
    }
    while (l.wires != NULL) {
        hs_conn_free(l.wires->conn);
        drop(l.wires);
    }
    hs_pool_free(l.pool);
    hs_net_listener_close(l.listener);
    hs_net_gate_free(l.gate);
    const int error = l.out != NULL ? hs_net_log_error(l.out) : 0;
    hs_net_log_free(l.out);
    if (error != 0 && rc == 0) {
        rc = hs_refuse(why, capacity, "cannot print: %s", strerror(error));
    }
    hs_net_loop_free(l.loop);
    hs_noise_authority_free(l.authority);
    return rc;
}
