/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * farm: an hour of a small farm in a host that calls every kind of hook: three pools, 24 miners, a
 * pool that dies and comes back, targets that change. The same farm stands in C++, Rust and Go in
 * the packages of abi/: from the same seed all four print the same lines, byte for byte
 * (tests/cli/languages.sh). Usage: farm PATH/hashmux.so [SEED]
 */
#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/hmx_abi.h"
#include "abi/hmx_metrics.h"
#include "abi/hmx_tuning.h"

#define SECOND_NS UINT64_C(1000000000)
#define CAPS                                                                                       \
    (HMX_CAP_REASSIGN | HMX_CAP_SHARE_WORK | HMX_CAP_EXTRANONCE | HMX_CAP_DRAIN_REPORT |           \
     HMX_CAP_SOFT_MOVE)
enum { POOLS = 3, MINERS = 24, SECONDS = 3600, ROWS = 8 };

static const char CONFIG[] =
    "[upstream.alpha]\naddress = a.example\nport = 3333\npercentage = 60\npriority = 1\n"
    "[upstream.beta]\naddress = b.example\nport = 3333\npercentage = 30\npriority = 2\n"
    "[upstream.gamma]\naddress = c.example\nport = 3333\npercentage = 10\npriority = 3\n";

typedef struct miner {
    uint64_t cookie;
    double hashrate;
    double difficulty;
    uint32_t at;
    uint32_t prefix_len;
    uint8_t prefix[32];
} miner;

static hmx_ops ops; /* a copy: what the plugin does not have is NULL */
static hmx_instance *plugin;
static uint64_t now_ns = SECOND_NS;
static uint64_t seq;
static uint64_t state; /* of the random numbers */
static miner miners[MINERS];
static uint64_t answered;
static int64_t blocks;

static uint64_t draw(void) /* xorshift64* */
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * UINT64_C(2685821657736338717);
}

static hmx_event event(size_t size)
{
    return (hmx_event){.size = (uint32_t)size, .now_ns = now_ns, .seq = ++seq};
}

static void *host_alloc(void *ctx, uint64_t size, uint64_t align)
{
    (void)ctx;
    blocks++;
    return aligned_alloc(align, (size + align - 1) / align * align);
}

static void host_free(void *ctx, void *p, uint64_t size, uint64_t align)
{
    (void)ctx, (void)size, (void)align;
    blocks--;
    free(p);
}

static void must(hmx_status status, const char *what)
{
    if (status < 0) {
        printf("%s answered %" PRId32 "\n", what, status);
        exit(1);
    }
}

static void load(const char *path)
{
    void *const library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    hmx_plugin_entry_fn entry = NULL;
    if (library != NULL) {
        *(void **)&entry = dlsym(library, HMX_ENTRY_SYMBOL);
    }
    const hmx_descriptor *const who = entry != NULL ? entry() : NULL;
    if (who == NULL || who->size < HMX_DESCRIPTOR_SIZE_VER0 || who->magic != HMX_ABI_MAGIC ||
        who->min_host_minor > HMX_ABI_MINOR || (who->needs & ~(uint64_t)CAPS) != 0) {
        fprintf(stderr, "%s is no plugin for this host\n", path);
        exit(1);
    }
    const size_t size = who->ops->size < sizeof ops ? who->ops->size : sizeof ops;
    memcpy(&ops, who->ops, size - size % sizeof ops.create);
    if (ops.create == NULL || ops.destroy == NULL || ops.upstreams == NULL ||
        ops.on_upstream == NULL || ops.on_channel_open == NULL || ops.on_share == NULL ||
        ops.on_tick == NULL || ops.on_reassign == NULL || ops.save == NULL ||
        ops.get_extension == NULL) {
        fprintf(stderr, "%s lacks a hook that this farm calls\n", path);
        exit(1);
    }
}

static void report_pool(uint32_t upstream, uint32_t how)
{
    hmx_upstream_event e = {.event = event(sizeof e), .upstream = upstream, .state = how};
    if (how == HMX_UPSTREAM_UP) {
        e.has_job = HMX_YES;
        e.extranonce_size = 16;
        e.extranonce_prefix_len = 2;
        e.extranonce_prefix[0] = (uint8_t)upstream;
        e.extranonce_prefix[1] = 0xa0;
    } else {
        e.reason = HMX_UPSTREAM_REASON_LOST;
    }
    must(ops.on_upstream(plugin, &e), "on_upstream");
}

static void start(uint64_t seed)
{
    static const hmx_host HOST = {.size = sizeof HOST,
                                  .abi_major = HMX_ABI_MAJOR,
                                  .abi_minor = HMX_ABI_MINOR,
                                  .caps = CAPS,
                                  .alloc = host_alloc,
                                  .free = host_free,
                                  .name = "farm"};
    hmx_create_args args = {.size = sizeof args, .now_ns = now_ns};
    args.config_text = (hmx_view){CONFIG, sizeof CONFIG - 1};
    for (int i = 0; i < 8; i++) {
        args.seed[i] = (uint8_t)(seed >> (8 * i));
    }
    must(ops.create(&HOST, &args, &plugin), "create");
    hmx_upstream_info rows[POOLS] = {
        {.size = sizeof rows[0]}, {.size = sizeof rows[0]}, {.size = sizeof rows[0]}};
    hmx_upstream_table table = {sizeof table, sizeof rows[0], POOLS, 0, rows};
    must(ops.upstreams(plugin, &table), "upstreams");
    for (uint32_t i = 0; i < table.count && i < POOLS; i++) {
        printf("upstream %" PRIu32 " %s %s:%" PRIu32 "\n", rows[i].upstream, rows[i].id,
               rows[i].address, rows[i].port);
        report_pool(rows[i].upstream, HMX_UPSTREAM_UP);
    }
}

static void print_prefix(const uint8_t *prefix, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++) {
        printf("%02x", prefix[i]);
    }
    printf("\n");
}

static void open_channels(void)
{
    for (uint32_t i = 1; i <= MINERS; i++) {
        miner *const m = &miners[i - 1];
        char name[16];
        snprintf(name, sizeof name, "farm.w%02" PRIu32, i);
        m->hashrate = 50e12 + 10e12 * (double)(i % 10);
        m->difficulty = m->hashrate * 10.0 / 4295032833.0;
        hmx_channel_open e = {.event = event(sizeof e), .channel = i, .connection = i};
        e.kind = i % 3 != 0 ? HMX_CHANNEL_EXTENDED : HMX_CHANNEL_STANDARD;
        e.min_extranonce_size = e.extranonce_size = i % 3 != 0 ? 8 : 0;
        e.nominal_hashrate = m->hashrate;
        e.user_identity = (hmx_view){name, strlen(name)};
        hmx_channel_decision answer = {.size = sizeof answer};
        must(ops.on_channel_open(plugin, &e, &answer), "on_channel_open");
        m->cookie = answer.cookie;
        m->at = answer.upstream;
        m->prefix_len = answer.extranonce_prefix_len;
        memcpy(m->prefix, answer.extranonce_prefix, sizeof m->prefix);
        printf("open %" PRIu32 " on %" PRIu32 " prefix ", i, m->at);
        print_prefix(m->prefix, m->prefix_len);
    }
}

static void report_share(uint32_t i, uint32_t verdict)
{
    hmx_share e = {.event = event(sizeof e), .channel = i, .cookie = miners[i - 1].cookie};
    e.upstream = miners[i - 1].at;
    e.verdict = verdict;
    e.count = 1;
    e.work = miners[i - 1].difficulty;
    must(ops.on_share(plugin, &e), "on_share");
}

static void mine(void)
{
    for (uint32_t i = 1; i <= MINERS; i++) {
        if (draw() % 10 == 0 && miners[i - 1].at != HMX_NONE) {
            report_share(i, HMX_SHARE_SUBMITTED);
            report_share(i, draw() % 100 == 0 ? HMX_SHARE_REJECTED_STALE : HMX_SHARE_ACCEPTED);
        }
    }
}

static void drained(uint32_t channel, uint32_t from, const uint8_t *prefix, uint32_t len)
{
    hmx_reassign e = {.event = event(sizeof e), .channel = channel, .from = from};
    e.result = HMX_RESULT_DRAINED;
    e.extranonce_prefix_len = len;
    memcpy(e.extranonce_prefix, prefix, len);
    must(ops.on_reassign(plugin, &e), "on_reassign");
}

/* Every thirteenth is refused; of the others the old prefix is drained at once. */
static void carry_out(uint32_t second, const hmx_decision *d)
{
    miner *const m = &miners[d->channel - 1];
    const miner old = *m;
    printf("%" PRIu32 " decision %" PRIu64 " channel %" PRIu64 " from %" PRIu32 " to %" PRIu32
           " style %" PRIu32 " reason %" PRIu32 " prefix ",
           second, d->decision, d->channel, d->from, d->to, d->style, d->reason);
    print_prefix(d->extranonce_prefix, d->extranonce_prefix_len);
    hmx_reassign e = {.event = event(sizeof e), .decision = d->decision, .channel = d->channel};
    e.cookie = d->cookie;
    e.from = d->from;
    answered++;
    if (answered % 13 == 0) {
        e.to = d->from;
        e.result = HMX_RESULT_REFUSED;
        must(ops.on_reassign(plugin, &e), "on_reassign");
        return;
    }
    e.to = m->at = d->to;
    e.result = HMX_RESULT_APPLIED;
    e.extranonce_prefix_len = m->prefix_len = d->extranonce_prefix_len;
    memcpy(e.extranonce_prefix, d->extranonce_prefix, sizeof e.extranonce_prefix);
    memcpy(m->prefix, d->extranonce_prefix, sizeof m->prefix);
    must(ops.on_reassign(plugin, &e), "on_reassign");
    drained((uint32_t)d->channel, d->from, old.prefix, old.prefix_len);
}

static void tick(uint32_t second)
{
    hmx_decision_buf buffer;
    do {
        hmx_decision rows[ROWS];
        memset(rows, 0, sizeof rows);
        for (int i = 0; i < ROWS; i++) {
            rows[i].size = sizeof rows[i];
        }
        hmx_tick e = {.event = event(sizeof e)};
        buffer = (hmx_decision_buf){sizeof buffer, sizeof rows[0], ROWS, 0, 0, 0, rows};
        must(ops.on_tick(plugin, &e, &buffer), "on_tick");
        for (uint32_t i = 0; i < buffer.count; i++) {
            carry_out(second, &rows[i]);
        }
    } while (buffer.more != 0);
}

static void change_targets(void)
{
    const hmx_tuning_v1 *const tuning = ops.get_extension(plugin, HMX_TUNING_ID);
    hmx_target rows[POOLS] = {
        {sizeof rows[0], 1, 50}, {sizeof rows[0], 2, 30}, {sizeof rows[0], 3, 20}};
    const hmx_targets targets = {sizeof targets, sizeof rows[0], POOLS, 0, rows};
    must(tuning->set_targets(plugin, now_ns, &targets, NULL), "set_targets");
}

static hmx_status hash_bytes(void *ctx, const void *data, uint64_t len)
{
    uint64_t *const hash = ctx; /* FNV-1a, and the number of bytes behind it */
    for (uint64_t i = 0; i < len; i++) {
        hash[0] = (hash[0] ^ ((const uint8_t *)data)[i]) * UINT64_C(1099511628211);
    }
    hash[1] += len;
    return HMX_OK;
}

static void end(void)
{
    const hmx_metrics_v1 *const metrics = ops.get_extension(plugin, HMX_METRICS_ID);
    hmx_upstream_metrics rows[POOLS] = {
        {.size = sizeof rows[0]}, {.size = sizeof rows[0]}, {.size = sizeof rows[0]}};
    hmx_snapshot s = {.size = sizeof s, .stride = sizeof rows[0], .capacity = POOLS, .rows = rows};
    must(metrics->snapshot(plugin, &s), "snapshot");
    for (uint32_t i = 0; i < s.count && i < POOLS; i++) {
        printf("%s channels %" PRIu32 " submitted %" PRIu64 " accepted %" PRIu64
               " rejected %" PRIu64 "\n",
               rows[i].id, rows[i].channels, rows[i].submitted.count, rows[i].accepted.count,
               rows[i].rejected_stale.count);
    }
    printf("decisions %" PRIu64 " applied %" PRIu64 " refused %" PRIu64 "\n", s.decisions,
           s.moves_applied, s.moves_refused);
    uint64_t hash[2] = {UINT64_C(14695981039346656037), 0};
    const hmx_writer to = {.size = sizeof to, .ctx = hash, .write = hash_bytes};
    must(ops.save(plugin, &to), "save");
    printf("state %" PRIu64 " bytes %016" PRIx64 "\n", hash[1], hash[0]);
    ops.destroy(plugin);
    printf("blocks left %" PRId64 "\n", blocks);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: farm PATH/hashmux.so [SEED]\n");
        return 2;
    }
    const uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    state = seed * 2 + 1;
    load(argv[1]);
    start(seed);
    open_channels();
    for (uint32_t second = 1; second <= SECONDS; second++) {
        now_ns += SECOND_NS;
        mine();
        if (second == 1200 || second == 1500) {
            report_pool(1, second == 1200 ? HMX_UPSTREAM_DOWN : HMX_UPSTREAM_UP);
        }
        if (second == 2000) {
            change_targets();
        }
        tick(second);
    }
    end();
    return 0;
}
