/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/proxy/live.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "host_stub/base/input.h"
#include "host_stub/base/json.h"
#include "host_stub/base/output.h"
#include "host_stub/base/paths.h"
#include "host_stub/base/rng.h"
#include "host_stub/base/text.h"
#include "host_stub/live/net/conn.h"
#include "host_stub/live/net/listen.h"
#include "host_stub/live/net/log.h"
#include "host_stub/live/proxy/core.h"
#include "host_stub/live/proxy/doors.h"
#include "host_stub/live/proxy/plugin.h"
#include "host_stub/live/proxy/spread.h"
#include "host_stub/live/proxy/up.h"
#include "host_stub/live/proxy/wires.h"
#include "host_stub/sv2/frame_file.h"

#define MINUTE_NS (60 * HS_NET_SECOND_NS)
#define TURN_NS   (25 * HS_NET_MILLISECOND_NS)
#define SETTLE_NS (2 * HS_NET_SECOND_NS) /* for verdicts to come in at the end */
#define FLUSH_NS  (HS_NET_SECOND_NS / 2) /* for answers to go out */

enum { STATE_MAX = 64 << 20, LINE_SIZE = 2200 };

typedef struct live live;

/* The connection to a pool. */
typedef struct line {
    live *live;
    uint32_t upstream;
    hs_conn *conn; /* NULL = none */
    char place[HS_PROXY_HOST_SIZE + 8];
    int unproven; /* by Noise, and anybody may answer there */
    unsigned connections;
    hs_frame_file frames;
} line;

struct live {
    const hs_proxy_options *options;
    hs_net_loop *loop;
    hs_net_log *out;
    hs_net_log *err;
    hs_wires *wires;
    hs_plugin plugin;
    hs_proxy *proxy;
    uint64_t start_ns;
    line lines[HMX_UPSTREAMS_MAX + 1];
    hs_proxy_doors doors;
    hs_net_timer *minute; /* the state and the audit onto the disk */
    int state_failing;
    int spreads; /* a new job is still to be given to some */
    int stop;
    int frames_failed;
};

static uint64_t now_ms(const live *l)
{
    return (hs_net_now_ns(l->loop) - l->start_ns) / HS_NET_MILLISECOND_NS;
}

static uint64_t wall_ms(void)
{
    struct timespec wall = {0, 0};
    (void)clock_gettime(CLOCK_REALTIME, &wall);
    return (uint64_t)wall.tv_sec * 1000 + (uint64_t)wall.tv_nsec / 1000000;
}

static void advance(void *ctx)
{
    live *const l = ctx;
    hs_proxy_advance(l->proxy, hs_net_now_ns(l->loop), wall_ms());
}

static void note(void *ctx, uint64_t now_ns, const char *text)
{
    const live *const l = ctx;
    char seconds[32];
    char whole[LINE_SIZE];
    (void)snprintf(
        whole, sizeof whole, "t=%s %s",
        hs_format_fixed(seconds, sizeof seconds, (double)(now_ns - l->start_ns) / 1e9, 3), text);
    hs_net_log_line(l->out, whole);
}

static void say(void *ctx, const char *text)
{
    const live *const l = ctx;
    const uint64_t now_ns = hs_net_now_ns(l->loop); /* of the turn, which the start may be after */
    note(ctx, now_ns > l->start_ns ? now_ns : l->start_ns, text);
}

static void on_violation(void *ctx, enum hs_side side, const char *check, const char *text)
{
    const live *const l = ctx;
    char whole[LINE_SIZE];
    (void)snprintf(whole, sizeof whole, "violation by the %s: %s: %s",
                   side == HS_SIDE_HOST ? "host" : "plugin", check, text);
    hs_net_log_line(l->err, whole);
}

static void end_frames(live *l, hs_frame_file *file)
{
    l->frames_failed |= hs_frame_file_end(file) != 0;
}

/* ---- what the proxy does outside ---- */

static void send_messages(hs_conn *conn, const hs_sv2_message *messages, size_t count)
{
    char why[200] = "";
    if (conn != NULL && hs_conn_send(conn, messages, count, why, sizeof why) != 0 &&
        !hs_conn_is_over(conn)) {
        hs_conn_close(conn, why);
    }
}

static void send_up(void *ctx, uint32_t upstream, const hs_sv2_message *messages, size_t count)
{
    send_messages(((live *)ctx)->lines[upstream].conn, messages, count);
}

static void end_up(void *ctx, uint32_t upstream, const char *reason)
{
    hs_conn *const conn = ((live *)ctx)->lines[upstream].conn;
    if (conn != NULL) {
        hs_conn_close(conn, reason);
    }
}

/* ---- pools ---- */

static void on_up_open(void *ctx, hs_conn *conn)
{
    line *const at = ctx;
    char text[HMX_ID_SIZE + HS_PROXY_HOST_SIZE + 100];
    (void)conn;
    if (at->unproven) {
        (void)snprintf(text, sizeof text,
                       "pool %s has no authority key: whoever answers at %s is taken for it",
                       hs_proxy_up_id(at->live->proxy, at->upstream), at->place);
        say(at->live, text);
    }
    advance(at->live);
    hs_proxy_up_opened(at->live->proxy, at->upstream);
}

static void on_up_frame(void *ctx, hs_conn *conn, const uint8_t *frame, size_t len)
{
    line *const at = ctx;
    (void)conn;
    advance(at->live);
    hs_proxy_up_frame(at->live->proxy, at->upstream, frame, len);
}

static void on_up_closed(void *ctx, hs_conn *conn, const char *reason)
{
    line *const at = ctx;
    (void)conn;
    at->conn = NULL;
    (void)hs_frame_file_note(&at->frames, now_ms(at->live), "the connection is over");
    end_frames(at->live, &at->frames);
    advance(at->live);
    hs_proxy_up_closed(at->live->proxy, at->upstream, reason);
}

static void on_up_wire(void *ctx, hs_conn *conn, int sent, const uint8_t *frame, size_t len)
{
    line *const at = ctx;
    char name[HMX_ID_SIZE + 32];
    char why[256];
    (void)conn;
    if (at->live->options->frames == NULL) {
        return;
    }
    if (at->frames.path == NULL) { /* connections that were never made leave no file */
        const char *const id = hs_proxy_up_id(at->live->proxy, at->upstream);
        at->connections++;
        if (at->connections == 1) {
            (void)snprintf(name, sizeof name, "up-%s.hex", id);
        } else {
            (void)snprintf(name, sizeof name, "up-%s.%u.hex", id, at->connections);
        }
        if (hs_frame_file_begin(&at->frames, at->live->options->frames, name, why, sizeof why) !=
            0) {
            at->live->frames_failed = 1;
            return;
        }
    }
    (void)hs_frame_file_frame(&at->frames, sent ? HS_FRAME_FROM_CLIENT : HS_FRAME_FROM_SERVER,
                              now_ms(at->live), frame, len);
}

static int is_plain(const live *l, const char *id)
{
    const hs_texts *const plain = &l->options->settings.plain;
    for (size_t i = 0; i < plain->count; i++) {
        if (strcmp(plain->at[i], id) == 0) {
            return 1;
        }
    }
    return 0;
}

static int dial(void *ctx, uint32_t upstream, const char *host, uint16_t port, char *why,
                size_t capacity)
{
    static const hs_conn_handler HANDLER = {on_up_open, on_up_frame, on_up_closed, on_up_wire};
    live *const l = ctx;
    line *const at = &l->lines[upstream];
    at->live = l;
    at->upstream = upstream;
    if (at->conn != NULL) {
        return hs_refuse(why, capacity, "the connection before is not over yet");
    }
    const hs_net_noise noise = {.theirs = hs_proxy_up_key(l->proxy, upstream)};
    const int plain = is_plain(l, hs_proxy_up_id(l->proxy, upstream));
    const hs_conn_limits limits = {.half_frame_ns = 3 * HS_NET_SECOND_NS,
                                   .stall_ns = 5 * HS_NET_SECOND_NS,
                                   .loopback_only = plain};
    at->unproven = !plain && noise.theirs == NULL;
    (void)snprintf(at->place, sizeof at->place, "%s:%u", host, (unsigned)port);
    at->conn = hs_conn_dial(l->loop, host, port, &HANDLER, at, &limits, plain ? NULL : &noise);
    return at->conn != NULL ? 0 : hs_refuse(why, capacity, "no memory for a connection");
}

/* A file that is not there is an empty state. *data is for free(); NULL when there is none. */
static int state_read(const char *path, char **data, size_t *len, char *why, size_t capacity)
{
    const int rc = hs_input_read(path, STATE_MAX, data, len, why, capacity);
    return rc != 0 && errno == ENOENT ? 0 : rc;
}

static int write_state(live *l, char *why, size_t capacity)
{
    uint8_t *data = NULL;
    size_t len = 0;
    if (l->options->state == NULL) {
        return 0;
    }
    const int saved = hs_proxy_save(l->proxy, &data, &len, why, capacity);
    int rc = saved < 0 ? -1 : 0;
    if (saved > 0) {
        rc = hs_output_save(l->options->state, data, len, why, capacity);
    }
    free(data);
    return rc;
}

/* Each minute: a process that is killed has lost no more. A full disk is said once. */
static void on_minute(void *ctx)
{
    live *const l = ctx;
    char why[1024] = "";
    advance(l);
    const int failed = write_state(l, why, sizeof why) != 0;
    if (failed && !l->state_failing) {
        say(l, why);
    }
    l->state_failing = failed;
    if (l->doors.audit != NULL && hs_ops_audit_sync(l->doors.audit, why, sizeof why) != 0) {
        say(l, why);
    }
    hs_net_timer_after(l->minute, MINUTE_NS);
}

/* ---- what the operator's doors ask for ---- */

static int reload(void *ctx, char *why, size_t capacity)
{
    live *const l = ctx;
    advance(l);
    return hs_proxy_reload(l->proxy, why, capacity);
}

static int is_well(void *ctx)
{
    const live *const l = ctx;
    for (uint32_t i = 1; i <= HMX_UPSTREAMS_MAX; i++) {
        const hs_proxy_up *const up = &l->proxy->ups[i];
        if (hs_proxy_up_is_ready(l->proxy, up) && hs_proxy_up_is_offered(up)) {
            return 1;
        }
    }
    return 0;
}

static json_t *account_of(void *ctx)
{
    return hs_proxy_json(((live *)ctx)->proxy);
}

static void on_audit(void *ctx, const char *json, uint64_t len)
{
    hs_proxy_doors_note(&((live *)ctx)->doors, json, len);
}

/* ---- from the beginning to the end ---- */

static void on_signal(void *ctx, int signal_number)
{
    live *const l = ctx;
    static char why[HS_LINK_REASONS_SIZE];
    why[0] = '\0';
    if (signal_number == SIGUSR1) {
        char *const text = hs_json_page(account_of(l));
        hs_net_log_line(l->out, text != NULL ? text : "no memory for the account");
        free(text);
    } else if (signal_number != SIGHUP) {
        l->stop = 1;
    } else if (reload(l, why, sizeof why) != 0) {
        say(l, why);
    } else {
        say(l, "the configuration is read again");
    }
}

static void make_seed(const hs_proxy_options *options, uint8_t seed[32])
{
    hs_rng rng;
    if (!options->has_seed) {
        randombytes_buf(seed, 32);
        return;
    }
    hs_rng_init(&rng, options->seed, "proxy", 0);
    for (int i = 0; i < 32; i++) {
        seed[i] = (uint8_t)hs_rng_u64(&rng);
    }
}

static int load_plugin(live *l, char *why, size_t capacity)
{
    char path[4096];
    const hs_load_options options = hs_loader_defaults();
    if (l->options->plugin != NULL) {
        (void)snprintf(path, sizeof path, "%s", l->options->plugin);
    } else if (hs_path_default_plugin(path, sizeof path) != 0) {
        return hs_refuse(why, capacity, "hashmux.so is not found: say --plugin FILE");
    }
    return hs_loader_open(path, &options, &l->plugin, why, capacity) == HS_LOAD_OK ? 0 : -1;
}

static int begin_proxy(live *l, char *why, size_t capacity)
{
    static const hs_proxy_out OUT = {hs_wire_send, hs_wire_end, hs_wire_pause, dial,    send_up,
                                     end_up,       note,        on_violation,  on_audit};
    hs_proxy_settings settings = l->options->settings;
    char *state = NULL;
    size_t len = 0;
    make_seed(l->options, settings.seed);
    l->doors.proxy = (hs_ops_proxy){.ctx = l,
                                    .advance = advance,
                                    .reload = reload,
                                    .is_well = is_well,
                                    .account = account_of,
                                    .say = say};
    if (hs_proxy_doors_audit(&l->doors, l->options, why, capacity) != 0) {
        return -1;
    }
    if (l->options->state != NULL &&
        state_read(l->options->state, &state, &len, why, capacity) != 0) {
        return -1;
    }
    l->proxy = hs_proxy_new(&settings, &l->plugin, &OUT, l, l->start_ns, wall_ms(),
                            (hs_sv2_bytes){(const uint8_t *)state, (uint32_t)len}, why, capacity);
    free(state);
    if (l->proxy == NULL) {
        return -1;
    }
    l->doors.proxy.link = &l->proxy->link;
    l->minute = hs_net_timer_new(l->loop, on_minute, l);
    if (l->minute == NULL) {
        return hs_refuse(why, capacity, "no memory");
    }
    hs_net_timer_after(l->minute, MINUTE_NS);
    if (hs_proxy_doors_open(&l->doors, l->loop, l->options, why, capacity) != 0) {
        return -1;
    }
    hs_wires_serve(l->wires, l->proxy);
    return 0;
}

static int begin(live *l, char *why, size_t capacity)
{
    static const int SIGNALS[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, 0};
    if (sodium_init() < 0) {
        return hs_refuse(why, capacity, "libsodium does not start");
    }
    l->loop = hs_net_loop_new();
    if (l->loop == NULL || hs_net_signals(l->loop, SIGNALS, on_signal, l) != 0) {
        return hs_refuse(why, capacity, "cannot set up the event loop: %s", strerror(errno));
    }
    l->start_ns = hs_net_clock_ns();
    hs_net_raise_descriptors();
    if (load_plugin(l, why, capacity) != 0) {
        return -1;
    }
    if (l->options->frames != NULL && hs_frame_folder(l->options->frames, why, capacity) != 0) {
        return -1;
    }
    l->out = hs_net_log_new(l->loop, STDOUT_FILENO);
    l->err = hs_net_log_new(l->loop, STDERR_FILENO);
    return l->out != NULL && l->err != NULL ? 0 : hs_refuse(why, capacity, "no memory for a log");
}

static int listen_there(live *l, char *why, size_t capacity)
{
    const hs_wires_owner owner = {l->loop, l->options, l->start_ns, l, advance, say};
    char text[HS_NET_ADDRESS_SIZE];
    char whole[HS_NET_ADDRESS_SIZE + 16];
    l->wires = hs_wires_new(&owner, why, capacity);
    if (l->wires == NULL) {
        return -1;
    }
    (void)snprintf(whole, sizeof whole, "listening %s",
                   hs_net_address_text(hs_wires_address(l->wires), text));
    hs_net_log_line(l->out, whole);
    return 0;
}

static int turn(live *l, char *why, size_t capacity)
{
    if (hs_net_loop_turn(l->loop, l->spreads ? 0 : TURN_NS) != 0) {
        return hs_refuse(why, capacity, "the event loop fails: %s", strerror(errno));
    }
    advance(l);
    l->spreads = hs_proxy_spread_on(l->proxy);
    return 0;
}

/* What is under way is answered as far as the pools do, and the miners are told. */
static int finish(live *l, char *why, size_t capacity)
{
    hs_wires_close(l->wires);
    hs_proxy_begin_end(l->proxy);
    uint64_t until_ns = hs_net_clock_ns() + SETTLE_NS;
    while (hs_proxy_unanswered(l->proxy) > 0 && hs_net_clock_ns() < until_ns) {
        if (turn(l, why, capacity) != 0) {
            return -1;
        }
    }
    hs_proxy_settle(l->proxy);
    until_ns = hs_net_clock_ns() + FLUSH_NS;
    while (hs_wires_unsent(l->wires) > 0 && hs_net_clock_ns() < until_ns) {
        if (turn(l, why, capacity) != 0) {
            return -1;
        }
    }
    return 0;
}

static int write_account(const live *l, char *why, size_t capacity)
{
    const char *const path = l->options->json;
    if (path == NULL) {
        return 0;
    }
    json_t *const account = hs_proxy_json(l->proxy);
    json_t *const limits = hs_wires_json(l->wires);
    hs_json_count(limits, "lines_missing", hs_net_log_missing(l->out));
    hs_json_put(account, "limits", limits);
    return hs_output_save_text(path, hs_json_page(account), why, capacity);
}

/* Those who were turned away are in the log, too. */
static void tell_limits(live *l)
{
    json_t *const counts = hs_wires_json(l->wires);
    const char *name = NULL;
    json_t *count = NULL;
    char text[100];
    json_object_foreach(counts, name, count)
    {
        if (json_integer_value(count) > 0) {
            (void)snprintf(text, sizeof text, "limits: %s %" PRIu64, name,
                           (uint64_t)json_integer_value(count));
            say(l, text);
        }
    }
    json_decref(counts);
}

/* 1 when a recording could not be written. */
static int close_all(live *l)
{
    l->frames_failed |= hs_wires_free(l->wires);
    for (uint32_t i = 0; i <= HMX_UPSTREAMS_MAX; i++) {
        hs_conn_free(l->lines[i].conn);
        end_frames(l, &l->lines[i].frames);
    }
    return l->frames_failed;
}

/* Lines that nobody reads are left out; a full disk is a failure. */
static int close_logs(live *l, char *why, size_t capacity)
{
    const int error = l->out != NULL ? hs_net_log_error(l->out) : 0;
    hs_net_log_free(l->out);
    hs_net_log_free(l->err);
    return error == 0 ? 0 : hs_refuse(why, capacity, "cannot print: %s", strerror(error));
}

int hs_proxy_live(const hs_proxy_options *options, char *why, size_t capacity)
{
    live *const l = calloc(1, sizeof *l);
    int rc = HS_STATUS_WRONG;
    if (l == NULL) {
        (void)hs_refuse(why, capacity, "no memory");
        return rc;
    }
    l->options = options;
    if (begin(l, why, capacity) == 0 && listen_there(l, why, capacity) == 0 &&
        begin_proxy(l, why, capacity) == 0) {
        int failed = 0;
        while (!l->stop && !failed) {
            failed = turn(l, why, capacity) != 0;
        }
        failed |= finish(l, why, capacity) != 0;
        tell_limits(l);
        failed |= write_state(l, why, capacity) != 0;
        failed |= write_account(l, why, capacity) != 0;
        rc = failed ? HS_STATUS_WRONG : HS_STATUS_DONE;
    }
    const int frames_failed = close_all(l);
    hs_proxy_doors_shut(&l->doors);
    if (hs_proxy_free(l->proxy) > 0 && rc == 0) {
        (void)hs_refuse(why, capacity, "the contract was broken");
        rc = HS_STATUS_NO;
    }
    if (frames_failed && rc == 0) {
        (void)hs_refuse(why, capacity, "a recording could not be written");
        rc = HS_STATUS_WRONG;
    }
    if (close_logs(l, rc == 0 ? why : NULL, rc == 0 ? capacity : 0) != 0 && rc == 0) {
        rc = HS_STATUS_WRONG;
    }
    hs_proxy_doors_close(&l->doors);
    hs_loader_close(&l->plugin);
    hs_net_loop_free(l->loop);
    free(l);
    return rc;
}
