/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * check_world: a small legal world for the tests of the checker: two pools, and two connections of
 * miners, in which every message of the codec's table occurs. Pool a grants 4 + 12 bytes of
 * extranonce and pool b 2 + 10; an extended channel has 8 of its own. Both pools are on tip 1 until
 * second 50, then on tip 2. Coinbases, paths and merkle roots are real; targets are of difficulty
 * 256 and 65536 and no hash was sought for them. */
#ifndef TESTS_HOST_CHECK_WORLD_H
#define TESTS_HOST_CHECK_WORLD_H

#include "host_stub/sv2/work.h"
#include "tests/host/check/frames.h"

typedef struct world {
    conn a;     /* up-a.hex */
    conn b;     /* up-b.hex */
    conn miner; /* conn-1.hex: channel 2 extended, channel 4 standard */
    conn rack;  /* conn-2.hex: channels 2 and 3 in group 1, custom jobs */
} world;

enum { T0 = 1700000000, EXTENDED = 2, STANDARD = 4 };

static inline hs_sv2_u256 every(uint8_t value)
{
    hs_sv2_u256 u;
    memset(u.byte, value, sizeof u.byte);
    return u;
}

/* 0xffff * 256^(at): difficulty 1 at 26, 256 at 25, 65536 at 24. */
static inline hs_sv2_u256 target_at(unsigned at)
{
    hs_sv2_u256 u = every(0);
    u.byte[at] = u.byte[at + 1] = 0xff;
    return u;
}

static inline hs_sv2_b032 prefix_of(uint8_t pool, uint32_t pool_len, uint32_t len, uint8_t index)
{
    hs_sv2_b032 p = {.len = len};
    memset(p.byte, pool, pool_len);
    if (len > pool_len) {
        p.byte[pool_len] = index;
    }
    return p;
}

static inline hs_sv2_b032 on_a(uint32_t len, uint8_t index)
{
    return prefix_of(0xaa, 4, len, index);
}

static inline hs_sv2_b032 on_b(uint32_t len, uint8_t index)
{
    return prefix_of(0xbb, 2, len, index);
}

/* ---- the pools' jobs ---- */

typedef struct parts {
    uint8_t head[64];
    uint32_t head_len;
    uint8_t tail[32];
    uint32_t tail_len;
    uint8_t path[32];
} parts;

/* A coinbase with `room` bytes for the extranonce; `number` makes it unlike the others. */
static inline parts parts_of(uint8_t pool, uint8_t number)
{
    const uint8_t room = pool == 'a' ? 16 : 12;
    parts p = {.head = {1, 0, 0, 0, 1}, .head_len = 44, .tail_len = 18};
    memset(p.head + 37, 0xff, 4);
    p.head[41] = (uint8_t)(room + 2);
    p.head[42] = pool;
    p.head[43] = number;
    memset(p.tail, 0xff, 4);
    p.tail[4] = 1; /* one output, of 0 and without a script */
    memset(p.path, number, sizeof p.path);
    return p;
}

static inline hs_sv2_message extended_job(uint32_t channel, uint32_t job, const parts *p,
                                          uint32_t min_ntime)
{
    hs_sv2_message m = {.id = HS_SV2_NEW_EXTENDED_JOB};
    m.as.new_extended_job.channel_id = channel;
    m.as.new_extended_job.job_id = job;
    m.as.new_extended_job.min_ntime.present = min_ntime != 0;
    m.as.new_extended_job.min_ntime.value = min_ntime;
    m.as.new_extended_job.version = 0x20000000;
    m.as.new_extended_job.version_rolling_allowed = 1;
    m.as.new_extended_job.merkle_path = (hs_sv2_seq){p->path, 1};
    m.as.new_extended_job.coinbase_tx_prefix = (hs_sv2_bytes){p->head, p->head_len};
    m.as.new_extended_job.coinbase_tx_suffix = (hs_sv2_bytes){p->tail, p->tail_len};
    return m;
}

static inline hs_sv2_message standard_job(uint32_t channel, uint32_t job, const parts *p,
                                          const hs_sv2_b032 *prefix, uint32_t min_ntime)
{
    const hs_sv2_coinbase coinbase = {
        {p->head, p->head_len}, {prefix->byte, prefix->len}, {p->tail, p->tail_len}};
    const hs_sv2_seq path = {p->path, 1};
    hs_sv2_message m = {.id = HS_SV2_NEW_MINING_JOB};
    m.as.new_mining_job.channel_id = channel;
    m.as.new_mining_job.job_id = job;
    m.as.new_mining_job.min_ntime.present = min_ntime != 0;
    m.as.new_mining_job.min_ntime.value = min_ntime;
    m.as.new_mining_job.version = 0x20000000;
    m.as.new_mining_job.merkle_root = hs_sv2_merkle_root(&coinbase, &path);
    return m;
}

static inline hs_sv2_message new_tip(uint32_t channel, uint32_t job, uint8_t tip,
                                     uint32_t min_ntime)
{
    hs_sv2_message m = {.id = HS_SV2_SET_NEW_PREV_HASH};
    m.as.set_new_prev_hash.channel_id = channel;
    m.as.set_new_prev_hash.job_id = job;
    m.as.set_new_prev_hash.prev_hash = every(tip);
    m.as.set_new_prev_hash.min_ntime = min_ntime;
    m.as.set_new_prev_hash.nbits = 0x17053894;
    return m;
}

/* ---- other messages ---- */

static inline void say_setup(conn *c, uint64_t t, uint32_t flags)
{
    hs_sv2_message m = {.id = HS_SV2_SETUP_CONNECTION};
    m.as.setup_connection.min_version = m.as.setup_connection.max_version = 2;
    m.as.setup_connection.flags = flags;
    say(c, t, &m);
    m = (hs_sv2_message){.id = HS_SV2_SETUP_CONNECTION_SUCCESS};
    m.as.setup_connection_success.used_version = 2;
    say(c, t, &m);
}

static inline void say_open(conn *c, uint64_t t, int extended, uint32_t request, uint32_t channel,
                            uint32_t group, hs_sv2_b032 prefix, uint32_t size)
{
    hs_sv2_message m = {.id = extended ? HS_SV2_OPEN_EXTENDED : HS_SV2_OPEN_STANDARD};
    m.as.open.request_id = request;
    m.as.open.nominal_hash_rate = 1e14F;
    m.as.open.max_target = target_at(25);
    m.as.open.min_extranonce_size = extended ? 8 : 0;
    say(c, t, &m);
    m = (hs_sv2_message){.id = extended ? HS_SV2_OPEN_EXTENDED_SUCCESS
                                        : HS_SV2_OPEN_STANDARD_SUCCESS};
    m.as.open_success.request_id = request;
    m.as.open_success.channel_id = channel;
    m.as.open_success.target = target_at(25);
    m.as.open_success.extranonce_size = size;
    m.as.open_success.extranonce_prefix = prefix;
    m.as.open_success.group_channel_id = group;
    say(c, t, &m);
}

static inline void say_prefix(conn *c, uint64_t t, uint32_t channel, hs_sv2_b032 prefix)
{
    hs_sv2_message m = {.id = HS_SV2_SET_EXTRANONCE_PREFIX};
    m.as.set_extranonce_prefix.channel_id = channel;
    m.as.set_extranonce_prefix.extranonce_prefix = prefix;
    say(c, t, &m);
}

static inline void say_target(conn *c, uint64_t t, uint32_t channel, hs_sv2_u256 target)
{
    hs_sv2_message m = {.id = HS_SV2_SET_TARGET};
    m.as.set_target.channel_id = channel;
    m.as.set_target.maximum_target = target;
    say(c, t, &m);
}

static inline void say_update(conn *c, uint64_t t, uint32_t channel, hs_sv2_u256 target)
{
    hs_sv2_message m = {.id = HS_SV2_UPDATE_CHANNEL};
    m.as.update_channel.channel_id = channel;
    m.as.update_channel.nominal_hash_rate = 1e14F;
    m.as.update_channel.maximum_target = target;
    say(c, t, &m);
}

static inline void say_share(conn *c, uint64_t t, int extended, uint32_t channel, uint32_t sequence,
                             uint32_t job, uint32_t size)
{
    hs_sv2_message m = {.id = extended ? HS_SV2_SUBMIT_EXTENDED : HS_SV2_SUBMIT_STANDARD};
    m.as.submit.channel_id = channel;
    m.as.submit.sequence_number = sequence;
    m.as.submit.job_id = job;
    m.as.submit.nonce = sequence;
    m.as.submit.ntime = (uint32_t)(T0 + t / 1000);
    m.as.submit.version = 0x20000000;
    m.as.submit.extranonce.len = size;
    say(c, t, &m);
}

static inline void say_accepted(conn *c, uint64_t t, uint32_t channel, uint32_t last,
                                uint32_t count, uint64_t sum)
{
    hs_sv2_message m = {.id = HS_SV2_SUBMIT_SUCCESS};
    m.as.submit_success.channel_id = channel;
    m.as.submit_success.last_sequence_number = last;
    m.as.submit_success.new_submits_accepted_count = count;
    m.as.submit_success.new_shares_sum = sum;
    say(c, t, &m);
}

static inline hs_sv2_bytes text_of(const char *text)
{
    return (hs_sv2_bytes){(const uint8_t *)text, (uint32_t)strlen(text)};
}

/* ---- the connections ---- */

/* Jobs 1 (tip 1), 2 (refreshed at second 10), 3 (tip 2 at second 50). */
static inline void build_pool(conn *c, uint8_t pool, const char *name, const char *file)
{
    const hs_sv2_b032 prefix = pool == 'a' ? on_a(4, 0) : on_b(2, 0);
    const parts p1 = parts_of(pool, 1);
    const parts p2 = parts_of(pool, 2);
    const parts p3 = parts_of(pool, 3);
    c->file = file;
    c->pool = name;
    say_setup(c, 0, 0);
    say_open(c, 0, 1, 1, 2, 1, prefix, pool == 'a' ? 12 : 10);
    hs_sv2_message m = extended_job(2, 1, &p1, 0);
    say(c, 0, &m);
    m = new_tip(2, 1, 1, T0);
    say(c, 0, &m);
    m = extended_job(2, 2, &p2, T0 + 10);
    say(c, 10000, &m);
    say_share(c, 13000, 1, 2, 1, 2, pool == 'a' ? 12 : 10);
    say_share(c, 13500, 1, 2, 2, 2, pool == 'a' ? 12 : 10);
    say_accepted(c, 14000, 2, 2, 2, 512);
    say_update(c, 20000, 2, target_at(25));
    say_update(c, 21000, 2, target_at(25));
    m = extended_job(2, 3, &p3, 0);
    say(c, 50000, &m);
    m = new_tip(2, 3, 2, T0 + 50);
    say(c, 50000, &m);
}

static inline void build_openings(conn *c)
{
    const parts p1 = parts_of('a', 1);
    const hs_sv2_b032 full = on_a(16, 2);
    hs_sv2_message m = {.id = HS_SV2_REQUEST_EXTENSIONS};
    static const uint8_t one[2] = {2, 0};
    c->file = "conn-1.hex";
    say_setup(c, 500, 0);
    m.as.extensions.request_id = 7;
    m.as.extensions.extensions = (hs_sv2_seq){one, 1};
    say(c, 600, &m);
    m.id = HS_SV2_REQUEST_EXTENSIONS_SUCCESS;
    say(c, 600, &m);
    m.id = HS_SV2_REQUEST_EXTENSIONS;
    m.as.extensions.request_id = 8;
    say(c, 600, &m);
    m.id = HS_SV2_REQUEST_EXTENSIONS_ERROR;
    say(c, 600, &m);
    say_open(c, 1000, 1, 1, EXTENDED, 1, on_a(8, 1), 8);
    m = extended_job(EXTENDED, 1, &p1, 0);
    say(c, 1000, &m);
    m = new_tip(EXTENDED, 1, 1, T0 + 1);
    say(c, 1000, &m);
    say_open(c, 2000, 0, 2, STANDARD, 3, full, 0);
    m = standard_job(STANDARD, 1, &p1, &full, 0);
    say(c, 2000, &m);
    m = new_tip(STANDARD, 1, 1, T0 + 2);
    say(c, 2000, &m);
}

/* Channel 2 moves softly to b, and works there with the target 65536. */
static inline void build_soft_move(conn *c)
{
    const parts a2 = parts_of('a', 2);
    const parts b2 = parts_of('b', 2);
    hs_sv2_message m = extended_job(EXTENDED, 2, &a2, T0 + 12);
    say(c, 12000, &m);
    say_share(c, 13000, 1, EXTENDED, 1, 2, 8);
    say_target(c, 15000, EXTENDED, target_at(24));
    say_prefix(c, 15000, EXTENDED, on_b(4, 1));
    m = extended_job(EXTENDED, 3, &b2, T0 + 15);
    say(c, 15000, &m);
    say_share(c, 16000, 1, EXTENDED, 2, 2, 8);
    say_share(c, 17000, 1, EXTENDED, 3, 3, 8);
    say_accepted(c, 18000, EXTENDED, 3, 3, 256 + 256 + 65536);
    say_update(c, 20000, EXTENDED, target_at(23));
    say_target(c, 20000, EXTENDED, target_at(23));
}

/* Channel 4 moves hard to b, with a share that comes too late. */
static inline void build_hard_move(conn *c)
{
    const parts b2 = parts_of('b', 2);
    const hs_sv2_b032 full = on_b(12, 2);
    hs_sv2_message m = standard_job(STANDARD, 2, &b2, &full, 0);
    say_share(c, 21000, 0, STANDARD, 1, 1, 0);
    say_accepted(c, 21500, STANDARD, 1, 1, 256);
    say_prefix(c, 22000, STANDARD, full);
    say(c, 22000, &m);
    m = new_tip(STANDARD, 2, 1, T0 + 22);
    say(c, 22000, &m);
    say_share(c, 23000, 0, STANDARD, 2, 1, 0);
    m = (hs_sv2_message){.id = HS_SV2_SUBMIT_ERROR};
    m.as.submit_error.channel_id = STANDARD;
    m.as.submit_error.sequence_number = 2;
    m.as.submit_error.error_code = text_of("stale-share");
    say(c, 23500, &m);
}

static inline void build_refusals(conn *c)
{
    hs_sv2_message m = {.id = HS_SV2_OPEN_STANDARD};
    m.as.open.request_id = 9;
    m.as.open.max_target = target_at(25);
    say(c, 30000, &m);
    m = (hs_sv2_message){.id = HS_SV2_OPEN_ERROR};
    m.as.open_error.request_id = 9;
    m.as.open_error.error_code = text_of("unknown-user");
    say(c, 30000, &m);
    say_update(c, 31000, STANDARD, target_at(24));
    m = (hs_sv2_message){.id = HS_SV2_UPDATE_CHANNEL_ERROR};
    m.as.update_channel_error.channel_id = STANDARD;
    m.as.update_channel_error.error_code = text_of("invalid-nominal-hashrate");
    say(c, 31000, &m);
}

/* An extension speaks on channel 2, which then goes back to a; channel 4 closes. */
static inline void build_return(conn *c)
{
    const parts a3 = parts_of('a', 3);
    static const uint8_t unknown[] = {0x42, 0x80, 1, 4, 0, 0, EXTENDED, 0, 0, 0};
    hs_sv2_message m = {.id = HS_SV2_CHANNEL_ENDPOINT_CHANGED};
    frame *const f = add(c);
    memcpy(f->bytes, unknown, sizeof unknown);
    f->len = sizeof unknown;
    m.as.channel_endpoint_changed.channel_id = EXTENDED;
    say(c, 51000, &m);
    say_prefix(c, 51000, EXTENDED, on_a(8, 3));
    m = extended_job(EXTENDED, 4, &a3, 0);
    say(c, 51000, &m);
    m = new_tip(EXTENDED, 4, 2, T0 + 51);
    say(c, 51000, &m);
    say_share(c, 52000, 1, EXTENDED, 4, 4, 8);
    say_accepted(c, 52000, EXTENDED, 4, 1, 16777216);
    m = (hs_sv2_message){.id = HS_SV2_CLOSE_CHANNEL};
    m.as.close_channel.channel_id = STANDARD;
    say(c, 62000, &m); /* late enough for what channel 4 would be owed by then */
    m = (hs_sv2_message){.id = HS_SV2_RECONNECT};
    say(c, 63000, &m);
}

static inline hs_sv2_message custom_job(uint32_t request, const parts *p)
{
    hs_sv2_message m = {.id = HS_SV2_SET_CUSTOM_JOB};
    m.as.set_custom_job.channel_id = 2;
    m.as.set_custom_job.request_id = request;
    m.as.set_custom_job.version = 0x20000000;
    m.as.set_custom_job.prev_hash = every(1);
    m.as.set_custom_job.min_ntime = T0;
    m.as.set_custom_job.nbits = 0x17053894;
    m.as.set_custom_job.coinbase_tx_outputs = (hs_sv2_bytes){p->tail + 4, 10};
    return m;
}

/* Two extended channels in one group, on a's jobs; then a group of another number for one of them,
 * and jobs of the client's own. */
static inline void build_rack(conn *c)
{
    const parts p1 = parts_of('a', 1);
    const parts p2 = parts_of('a', 2);
    static const uint8_t list[4] = {3, 0, 0, 0};
    c->file = "conn-2.hex";
    say_setup(c, 700, HS_SV2_REQUIRES_WORK_SELECTION);
    say_open(c, 3000, 1, 1, 2, 1, on_a(8, 0x11), 8);
    say_open(c, 3000, 1, 2, 3, 1, on_a(8, 0x12), 8);
    hs_sv2_message m = extended_job(1, 1, &p1, 0);
    say(c, 3000, &m);
    m = new_tip(1, 1, 1, T0 + 3);
    say(c, 3000, &m);
    m = (hs_sv2_message){.id = HS_SV2_SET_GROUP_CHANNEL};
    m.as.set_group_channel.group_channel_id = 9;
    m.as.set_group_channel.channel_ids = (hs_sv2_seq){list, 1};
    say(c, 4000, &m);
    m = extended_job(9, 2, &p2, T0 + 14);
    say(c, 14000, &m);
    m = custom_job(1, &p1);
    say(c, 15000, &m);
    m = (hs_sv2_message){.id = HS_SV2_SET_CUSTOM_JOB_SUCCESS};
    m.as.set_custom_job_success.channel_id = 2;
    m.as.set_custom_job_success.request_id = 1;
    m.as.set_custom_job_success.job_id = 5;
    say(c, 15000, &m);
    m = custom_job(2, &p1);
    say(c, 16000, &m);
    m = (hs_sv2_message){.id = HS_SV2_SET_CUSTOM_JOB_ERROR};
    m.as.set_custom_job_error.channel_id = 2;
    m.as.set_custom_job_error.request_id = 2;
    m.as.set_custom_job_error.error_code = text_of("stale-chain-tip");
    say(c, 16000, &m);
    say_share(c, 17000, 1, 2, 1, 5, 8);
}

static inline void build_world(world *w)
{
    memset(w, 0, sizeof *w);
    build_pool(&w->a, 'a', "a", "up-a.hex");
    build_pool(&w->b, 'b', "b", "up-b.hex");
    build_openings(&w->miner);
    build_soft_move(&w->miner);
    build_hard_move(&w->miner);
    build_refusals(&w->miner);
    build_return(&w->miner);
    build_rack(&w->rack);
}

static inline size_t check_world(const world *w)
{
    const conn *const conns[] = {&w->a, &w->b, &w->miner, &w->rack};
    return check_conns(conns, 4, 0);
}

#endif
