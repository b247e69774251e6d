/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/stress/swarm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/array.h"
#include "host_stub/live/net/conn.h"
#include "host_stub/sv2/codec.h"

enum {
    VERSION = 2,
    EXTRANONCE_SIZE = 4,
    UNDER_WAY_MAX = 64, /* connections that are not ready yet */
    WAITING = 16,       /* shares of a channel whose answers are measured */
    PER_TURN_MAX = 512, /* shares, before others have a turn */
    STRIDE = 7919,      /* a prime: neighbours in time are no neighbours in memory */
    TROUBLE_SIZE = 256
};

/* A channel, and what its next share needs. */
typedef struct channel {
    uint32_t id;
    uint32_t group;
    uint32_t job; /* 0: none yet */
    uint32_t version;
    uint32_t ntime;
    uint32_t future_job;
    uint32_t future_version;
    uint32_t nonce;
    uint32_t sequence; /* of the last share */
    uint32_t answered; /* up to this one */
    uint32_t extranonce_size;
    uint8_t is_extended;
    uint8_t is_open;
    uint64_t sent_ns[WAITING]; /* by sequence number */
} channel;

typedef struct wire {
    hs_swarm *swarm;
    hs_conn *conn;  /* NULL: not dialled yet, or over */
    uint32_t first; /* of its channels */
    uint32_t without_job;
} wire;

typedef struct times {
    uint32_t *us;
    size_t count;
    size_t capacity;
} times;

struct hs_swarm {
    hs_swarm_options options;
    hs_net_loop *loop;
    wire *wires;
    channel *channels;
    uint32_t channel_count;
    uint32_t dialled;
    uint32_t under_way;
    uint32_t ready;
    char trouble[TROUBLE_SIZE];
    double interval_ns; /* between two shares; 0 = none are submitted */
    double due_ns;      /* the next one */
    uint32_t turn;      /* whose it is */
    uint64_t begin_ns;
    uint64_t answered;
    hs_swarm_counts counts;
    times answers;
    times lags;
};

static void note_trouble(hs_swarm *swarm, const char *what, hs_sv2_bytes detail)
{
    if (swarm->trouble[0] == '\0') {
        (void)snprintf(swarm->trouble, sizeof swarm->trouble, "%s%.*s", what,
                       detail.len < 100 ? (int)detail.len : 100, (const char *)detail.data);
    }
}

static void add_time(times *to, uint64_t ns)
{
    const uint64_t us = ns / 1000;
    (void)HS_PUSH(to->us, to->capacity, to->count, us < UINT32_MAX ? (uint32_t)us : UINT32_MAX);
}

/* ---- a channel's life ---- */

static void send_opens(wire *at)
{
    hs_swarm *const swarm = at->swarm;
    for (uint32_t i = 0; i < swarm->options.channels; i++) {
        channel *const c = &swarm->channels[at->first + i];
        hs_sv2_message m = {.id = c->is_extended ? HS_SV2_OPEN_EXTENDED : HS_SV2_OPEN_STANDARD};
        char name[32];
        (void)snprintf(name, sizeof name, "load.%u", (unsigned)(at->first + i));
        m.as.open.request_id = i;
        m.as.open.user_identity = hs_sv2_bytes_of(name);
        m.as.open.nominal_hash_rate = (float)swarm->options.rate_hs;
        memset(&m.as.open.max_target, 0xff, sizeof m.as.open.max_target);
        m.as.open.min_extranonce_size = c->is_extended ? EXTRANONCE_SIZE : 0;
        (void)hs_conn_send_one(at->conn, &m);
    }
}

static channel *find(wire *at, uint32_t id)
{
    channel *const all = &at->swarm->channels[at->first];
    for (uint32_t i = 0; i < at->swarm->options.channels; i++) {
        if (all[i].is_open && (all[i].id == id || all[i].group == id)) {
            return &all[i];
        }
    }
    return NULL;
}

static void opened(wire *at, const hs_sv2_open_success *told)
{
    if (told->request_id < at->swarm->options.channels) {
        channel *const c = &at->swarm->channels[at->first + told->request_id];
        c->is_open = 1;
        c->id = told->channel_id;
        c->group = told->group_channel_id;
        c->extranonce_size = told->extranonce_size;
    }
}

static void work_on(wire *at, channel *c, uint32_t job, uint32_t version, uint32_t ntime)
{
    if (c->job == 0) {
        at->swarm->ready++;
        at->swarm->under_way -= --at->without_job == 0;
    }
    c->job = job;
    c->version = version;
    c->ntime = ntime;
}

static void take_job(wire *at, uint32_t id, uint32_t job, uint32_t version, hs_sv2_option_u32 ntime)
{
    channel *const c = find(at, id);
    if (c != NULL && ntime.present) {
        work_on(at, c, job, version, ntime.value);
    } else if (c != NULL) {
        c->future_job = job;
        c->future_version = version;
    }
}

static void take_tip(wire *at, const hs_sv2_set_new_prev_hash *told)
{
    channel *const c = find(at, told->channel_id);
    if (c != NULL && c->future_job == told->job_id) {
        work_on(at, c, c->future_job, c->future_version, told->min_ntime);
    }
}

/* ---- shares and their answers ---- */

/* The channel's next share that waits is answered; 1 when it counts. */
static int answer_next(hs_swarm *swarm, channel *c)
{
    const uint64_t sent_ns = c->sent_ns[++c->answered % WAITING];
    if (sent_ns < swarm->begin_ns) {
        return 0;
    }
    swarm->answered++;
    add_time(&swarm->answers, hs_net_clock_ns() - sent_ns);
    return 1;
}

/* Of a run that has refused shares in it, those were told of before. */
static void take_success(wire *at, const hs_sv2_submit_success *told)
{
    hs_swarm *const swarm = at->swarm;
    channel *const c = find(at, told->channel_id);
    uint64_t answered = 0;
    while (c != NULL && c->answered < told->last_sequence_number && c->answered < c->sequence) {
        answered += (uint64_t)answer_next(swarm, c);
    }
    const uint64_t accepted =
        answered < told->new_submits_accepted_count ? answered : told->new_submits_accepted_count;
    swarm->counts.accepted += accepted;
    swarm->counts.refused += answered - accepted;
}

static void take_error(wire *at, const hs_sv2_submit_error *told)
{
    hs_swarm *const swarm = at->swarm;
    channel *const c = find(at, told->channel_id);
    if (!hs_sv2_bytes_are(told->error_code, "stale-share")) { /* a new tip, or a move */
        note_trouble(swarm, "a share is refused: ", told->error_code);
    }
    if (c != NULL && told->sequence_number == c->answered + 1 && c->answered < c->sequence) {
        swarm->counts.refused += (uint64_t)answer_next(swarm, c);
    }
}

static void submit(wire *at, channel *c)
{
    hs_sv2_message m = {.id = c->is_extended ? HS_SV2_SUBMIT_EXTENDED : HS_SV2_SUBMIT_STANDARD};
    m.as.submit = (hs_sv2_submit){.channel_id = c->id,
                                  .sequence_number = ++c->sequence,
                                  .job_id = c->job,
                                  .nonce = ++c->nonce,
                                  .ntime = c->ntime,
                                  .version = c->version,
                                  .extranonce = {.len = c->extranonce_size}};
    c->sent_ns[c->sequence % WAITING] = hs_net_clock_ns();
    at->swarm->counts.submitted++;
    (void)hs_conn_send_one(at->conn, &m);
}

/* The next one's share: 0 when nobody has a job. */
static int submit_next(hs_swarm *swarm)
{
    for (uint32_t tries = 0; tries < swarm->channel_count; tries++) {
        swarm->turn = (swarm->turn + STRIDE) % swarm->channel_count;
        channel *const c = &swarm->channels[swarm->turn];
        wire *const at = &swarm->wires[swarm->turn / swarm->options.channels];
        if (at->conn != NULL && c->is_open && c->job != 0) {
            submit(at, c);
            return 1;
        }
    }
    return 0;
}

static void submit_due(hs_swarm *swarm)
{
    const double now_ns = (double)hs_net_clock_ns();
    for (int i = 0; swarm->interval_ns > 0.0 && swarm->due_ns <= now_ns && i < PER_TURN_MAX; i++) {
        add_time(&swarm->lags, (uint64_t)(now_ns - swarm->due_ns));
        swarm->counts.late += submit_next(swarm) == 0;
        swarm->due_ns += swarm->interval_ns;
    }
}

/* ---- its connection ---- */

static void set_up(wire *at)
{
    hs_sv2_message m = {.id = HS_SV2_SETUP_CONNECTION};
    hs_sv2_setup_connection *const setup = &m.as.setup_connection;
    setup->min_version = VERSION;
    setup->max_version = VERSION;
    setup->endpoint_host = hs_sv2_bytes_of("127.0.0.1");
    setup->endpoint_port = at->swarm->options.port;
    setup->vendor = hs_sv2_bytes_of("hashmux");
    setup->hardware_version = hs_sv2_bytes_of("load");
    setup->firmware = hs_sv2_bytes_of("1");
    (void)hs_conn_send_one(at->conn, &m);
}

static void on_open(void *ctx, hs_conn *conn)
{
    (void)conn;
    set_up(ctx);
}

static void take(wire *at, const hs_sv2_message *m)
{
    hs_swarm *const swarm = at->swarm;
    channel *c = NULL;
    switch (m->id) {
    case HS_SV2_SETUP_CONNECTION_SUCCESS:
        send_opens(at);
        break;
    case HS_SV2_OPEN_STANDARD_SUCCESS:
    case HS_SV2_OPEN_EXTENDED_SUCCESS:
        opened(at, &m->as.open_success);
        break;
    case HS_SV2_OPEN_ERROR:
        note_trouble(swarm, "a channel is refused: ", m->as.open_error.error_code);
        break;
    case HS_SV2_NEW_MINING_JOB:
        take_job(at, m->as.new_mining_job.channel_id, m->as.new_mining_job.job_id,
                 m->as.new_mining_job.version, m->as.new_mining_job.min_ntime);
        break;
    case HS_SV2_NEW_EXTENDED_JOB:
        take_job(at, m->as.new_extended_job.channel_id, m->as.new_extended_job.job_id,
                 m->as.new_extended_job.version, m->as.new_extended_job.min_ntime);
        break;
    case HS_SV2_SET_NEW_PREV_HASH:
        take_tip(at, &m->as.set_new_prev_hash);
        break;
    case HS_SV2_SUBMIT_SUCCESS:
        take_success(at, &m->as.submit_success);
        break;
    case HS_SV2_SUBMIT_ERROR:
        take_error(at, &m->as.submit_error);
        break;
    case HS_SV2_CLOSE_CHANNEL:
        note_trouble(swarm, "a channel is closed: ", m->as.close_channel.reason_code);
        if ((c = find(at, m->as.close_channel.channel_id)) != NULL) {
            c->is_open = 0;
        }
        break;
    default: /* targets and prefixes change nothing here */
        break;
    }
}

static void on_frame(void *ctx, hs_conn *conn, const uint8_t *frame, size_t len)
{
    wire *const at = ctx;
    hs_sv2_message m;
    hs_sv2_error why;
    if (hs_sv2_decode(frame, len, 0, &m, &why) == 0) {
        take(at, &m);
    } else {
        hs_conn_close(conn, why.text);
    }
}

static void on_closed(void *ctx, hs_conn *conn, const char *reason)
{
    wire *const at = ctx;
    (void)conn;
    note_trouble(at->swarm, "a connection is over: ", hs_sv2_bytes_of(reason));
    at->conn = NULL;
    at->swarm->under_way -= at->without_job > 0;
    at->without_job = 0;
}

static void dial_next(hs_swarm *swarm)
{
    static const hs_conn_handler HANDLER = {on_open, on_frame, on_closed, NULL};
    static const hs_conn_limits LIMITS = {.handshake_ns = 60 * HS_NET_SECOND_NS,
                                          .connect_ns = 60 * HS_NET_SECOND_NS};
    const hs_net_noise noise = {.theirs = swarm->options.authority};
    wire *const at = &swarm->wires[swarm->dialled++];
    at->conn = hs_conn_dial(swarm->loop, "127.0.0.1", swarm->options.port, &HANDLER, at, &LIMITS,
                            noise.theirs != NULL ? &noise : NULL);
    if (at->conn == NULL) {
        note_trouble(swarm, "no memory for a connection", hs_sv2_bytes_of(""));
        return;
    }
    at->without_job = swarm->options.channels;
    swarm->under_way++;
}

/* ---- all of them ---- */

hs_swarm *hs_swarm_new(hs_net_loop *loop, const hs_swarm_options *options)
{
    hs_swarm *const swarm = calloc(1, sizeof *swarm);
    if (swarm == NULL) {
        return NULL;
    }
    swarm->options = *options;
    swarm->loop = loop;
    swarm->channel_count = options->connections * options->channels;
    swarm->wires = calloc(options->connections, sizeof *swarm->wires);
    swarm->channels = calloc(swarm->channel_count, sizeof *swarm->channels);
    if (swarm->wires == NULL || swarm->channels == NULL) {
        hs_swarm_free(swarm);
        return NULL;
    }
    for (uint32_t i = 0; i < options->connections; i++) {
        swarm->wires[i] = (wire){.swarm = swarm, .first = i * options->channels};
    }
    for (uint32_t i = 0; i < swarm->channel_count; i++) {
        swarm->channels[i].is_extended = i % 2 == 0;
    }
    return swarm;
}

void hs_swarm_free(hs_swarm *swarm)
{
    if (swarm == NULL) {
        return;
    }
    for (uint32_t i = 0; swarm->wires != NULL && i < swarm->dialled; i++) {
        hs_conn_free(swarm->wires[i].conn);
    }
    free(swarm->wires);
    free(swarm->channels);
    free(swarm->answers.us);
    free(swarm->lags.us);
    free(swarm);
}

void hs_swarm_advance(hs_swarm *swarm)
{
    while (swarm->dialled < swarm->options.connections && swarm->under_way < UNDER_WAY_MAX) {
        dial_next(swarm);
    }
    submit_due(swarm);
}

uint32_t hs_swarm_ready(const hs_swarm *swarm)
{
    return swarm->ready;
}

const char *hs_swarm_trouble(const hs_swarm *swarm)
{
    return swarm->trouble;
}

void hs_swarm_submit(hs_swarm *swarm, double per_second)
{
    swarm->interval_ns = per_second > 0.0 ? 1e9 / per_second : 0.0;
    swarm->due_ns = (double)hs_net_clock_ns();
}

void hs_swarm_begin(hs_swarm *swarm)
{
    memset(&swarm->counts, 0, sizeof swarm->counts);
    swarm->begin_ns = hs_net_clock_ns();
    swarm->answered = 0;
    swarm->answers.count = 0;
    swarm->lags.count = 0;
}

static int by_size(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a;
    const uint32_t y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Sorted ones: the one that `share` of them do not exceed; 0 of none. */
static double quantile_ms(const times *sorted, double share)
{
    const size_t last = sorted->count > 0 ? sorted->count - 1 : 0;
    return sorted->count > 0 ? (double)sorted->us[(size_t)(share * (double)last)] / 1000.0 : 0.0;
}

static void sort(times *all)
{
    if (all->count > 0) {
        qsort(all->us, all->count, sizeof all->us[0], by_size);
    }
}

hs_swarm_counts hs_swarm_end(hs_swarm *swarm)
{
    hs_swarm_counts counts = swarm->counts;
    sort(&swarm->answers);
    sort(&swarm->lags);
    counts.p50_ms = quantile_ms(&swarm->answers, 0.5);
    counts.p99_ms = quantile_ms(&swarm->answers, 0.99);
    counts.most_ms = quantile_ms(&swarm->answers, 1.0);
    counts.lag_p99_ms = quantile_ms(&swarm->lags, 0.99);
    return counts;
}

uint64_t hs_swarm_unanswered(const hs_swarm *swarm)
{
    return swarm->counts.submitted - swarm->answered;
}
