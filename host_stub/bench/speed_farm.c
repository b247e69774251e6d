/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/bench/speed_farm.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/text.h"
#include "host_stub/bench/speed_floor.h"

/* A quarter of the channels is what the planner moves at once, and never less than four. */
enum { TEXT_SIZE = 4096, ROWS_SPARE = 4 };
#define START_NS        (3600u * HS_SPEED_SECOND_NS)
#define HASHES_PER_WORK 4295032833.0 /* 2^256 / (65535 * 2^208 + 1) */

/* Percentages of the pools, and the same moved by 0.5 and by 15 points. */
static const double TARGETS_3[HS_SPEED_TARGETS_COUNT][HS_SPEED_POOLS_MAX] = {
    {50, 30, 20}, {49.5, 30, 20.5}, {40, 25, 35}};
static const double TARGETS_8[HS_SPEED_TARGETS_COUNT][HS_SPEED_POOLS_MAX] = {
    {30, 20, 15, 10, 10, 5, 5, 5},
    {29.5, 20, 15, 10, 10, 5, 5, 5.5},
    {20, 15, 15, 10, 10, 10, 10, 10}};

static const double *targets_of(const hs_speed_farm *farm, enum hs_speed_targets targets)
{
    return farm->pools == 3 ? TARGETS_3[targets] : TARGETS_8[targets];
}

int hs_speed_fail(hs_speed_farm *farm, const char *call)
{
    farm->failed = call;
    return -1;
}

/* ---- the host's side ---- */

static void *counting_alloc(void *ctx, uint64_t size, uint64_t align)
{
    hs_speed_farm *const farm = ctx;
    void *p = NULL;
    const size_t least = sizeof(void *);
    if (posix_memalign(&p, align < least ? least : (size_t)align, (size_t)size) != 0) {
        return NULL;
    }
    farm->live_bytes += size;
    return p;
}

static void counting_free(void *ctx, void *p, uint64_t size, uint64_t align)
{
    hs_speed_farm *const farm = ctx;
    (void)align;
    farm->live_bytes -= size;
    free(p);
}

static const void *extension(const hs_plugin *plugin, hmx_instance *instance, const char *id)
{
    return plugin->ops.get_extension != NULL ? plugin->ops.get_extension(instance, id) : NULL;
}

/* ---- starting ---- */

static void write_config(const hs_speed_farm *farm, char *text, size_t capacity)
{
    char percentage[32];
    /* Moved channels may move again at once: the same farm is measured many times. */
    size_t len = (size_t)snprintf(text, capacity,
                                  "[controller]\nevaluation_interval_secs = %d\n"
                                  "min_reassignment_interval_secs = 0\ndwell_secs = 0\n",
                                  HS_SPEED_INTERVAL_SECS);
    for (uint32_t i = 0; i < farm->pools; i++) {
        len += (size_t)snprintf(text + len, capacity - len,
                                "[upstream.pool%" PRIu32 "]\naddress = pool%" PRIu32
                                ".example\nport = 3333\n"
                                "percentage = %s\npriority = %" PRIu32 "\n",
                                i + 1, i + 1,
                                hs_format_fixed(percentage, sizeof percentage,
                                                targets_of(farm, HS_SPEED_TARGETS_USUAL)[i], 2),
                                i + 1);
    }
}

static int create(hs_speed_farm *farm, char *why, size_t capacity)
{
    char config[TEXT_SIZE];
    const hs_link_options options = {
        .config_text = config, .channels_max = farm->count, .host = &farm->host};
    write_config(farm, config, sizeof config);
    farm->host = (hmx_host){.size = sizeof farm->host,
                            .abi_major = HMX_ABI_MAJOR,
                            .abi_minor = HMX_ABI_MINOR,
                            .caps = HS_HOST_CAPS_BUT_REOPEN,
                            .ctx = farm,
                            .alloc = counting_alloc,
                            .free = counting_free};
    return hs_link_start(&farm->link, farm->plugin, &options, why, capacity);
}

static int connect_pool(hs_speed_farm *farm, uint32_t upstream)
{
    hmx_upstream_event e = {.upstream = upstream,
                            .state = HMX_UPSTREAM_UP,
                            .extranonce_size = 16,
                            .extranonce_prefix_len = 2,
                            .has_job = HMX_YES,
                            .version_rolling = HMX_YES,
                            .fixed_version = HMX_NO};
    e.extranonce_prefix[0] = (uint8_t)upstream;
    return hs_link_upstream(&farm->link, &e) == HMX_OK ? 0 : hs_speed_fail(farm, "on_upstream");
}

/* Machines of 90 to 250 TH/s, no two alike, in no order. */
static double hashrate_of(uint32_t i)
{
    const uint32_t mixed = (i + 1u) * 2654435761u;
    return (90.0 + 160.0 * (double)mixed / 4294967296.0) * 1e12;
}

int hs_speed_farm_init(hs_speed_farm *farm, const hs_plugin *plugin, uint32_t count, uint32_t pools,
                       char *why, size_t capacity)
{
    memset(farm, 0, sizeof *farm);
    farm->plugin = plugin;
    farm->count = count;
    farm->pools = pools;
    farm->link.now_ns = START_NS;
    const hmx_ops *const ops = &plugin->ops;
    if (ops->on_upstream == NULL || ops->on_channel_open == NULL || ops->on_channel_close == NULL ||
        ops->on_share == NULL || ops->on_tick == NULL || ops->on_reassign == NULL) {
        return hs_refuse(why, capacity, "the plugin lacks one of the hooks that are measured");
    }
    farm->entry = dlsym(plugin->handle, HMX_ENTRY_SYMBOL);
    farm->channels = calloc(count, sizeof *farm->channels);
    farm->prefixes = calloc(count, sizeof *farm->prefixes);
    farm->row_count = count / 4u + ROWS_SPARE;
    farm->rows = calloc(farm->row_count, sizeof *farm->rows);
    if (farm->channels == NULL || farm->prefixes == NULL || farm->rows == NULL) {
        return hs_refuse(why, capacity, "out of memory");
    }
    for (uint32_t i = 0; i < count; i++) {
        farm->channels[i] = (hs_speed_channel){.channel = i + 1u,
                                               .work = hashrate_of(i) / HASHES_PER_WORK *
                                                       (double)HS_SPEED_INTERVAL_SECS,
                                               .index = i};
    }
    if (create(farm, why, capacity) != 0) {
        return -1;
    }
    farm->tuning = extension(plugin, farm->link.instance, HMX_TUNING_ID);
    farm->metrics = extension(plugin, farm->link.instance, HMX_METRICS_ID);
    for (uint32_t i = 1; i <= pools; i++) {
        if (connect_pool(farm, i) != 0) {
            return hs_refuse(why, capacity, "the plugin answered an error to on_upstream");
        }
    }
    return 0;
}

void hs_speed_farm_free(hs_speed_farm *farm)
{
    (void)hs_link_stop(&farm->link);
    free(farm->channels);
    free(farm->prefixes);
    free(farm->rows);
    memset(farm, 0, sizeof *farm);
}

/* ---- channels and shares ---- */

static void keep_prefix(hs_speed_prefix *to, const uint8_t *bytes, uint32_t len)
{
    to->len = len <= HMX_EXTRANONCE_MAX ? len : HMX_EXTRANONCE_MAX;
    memcpy(to->bytes, bytes, to->len);
}

int hs_speed_open_all(hs_speed_farm *farm)
{
    hmx_channel_open e = {.connection = 1,
                          .kind = HMX_CHANNEL_EXTENDED,
                          .honours_prefix = HMX_YES,
                          .min_extranonce_size = 8,
                          .extranonce_size = 8};
    int wrong = 0;
    for (uint32_t i = 0; i < farm->count; i++) {
        hs_speed_channel *const c = &farm->channels[i];
        hmx_channel_decision answer;
        e.channel = c->channel;
        e.nominal_hashrate = c->work / (double)HS_SPEED_INTERVAL_SECS * HASHES_PER_WORK;
        wrong |= hs_link_open(&farm->link, &e, &answer);
        c->cookie = answer.cookie;
        c->upstream = answer.upstream;
        keep_prefix(&farm->prefixes[i], answer.extranonce_prefix, answer.extranonce_prefix_len);
        wrong |= answer.upstream == HMX_NONE;
    }
    return wrong ? hs_speed_fail(farm, "on_channel_open") : 0;
}

int hs_speed_close_all(hs_speed_farm *farm)
{
    int wrong = 0;
    for (uint32_t i = 0; i < farm->count; i++) {
        const hs_speed_channel *const c = &farm->channels[i];
        wrong |= hs_link_close(&farm->link, c->channel, c->cookie, HMX_CLOSE_PEER);
    }
    return wrong ? hs_speed_fail(farm, "on_channel_close") : 0;
}

/* Makes the event of one share. The time and the number are the host's own work: cheap, and the
 * same when nothing is called. */
static inline void make_share(hs_speed_farm *farm, const hs_speed_channel *c, hmx_share *e)
{
    farm->link.seq++;
    e->event.seq = farm->link.seq;
    e->channel = c->channel;
    e->cookie = c->cookie;
    e->upstream = c->upstream;
    e->work = c->work;
}

static hmx_share share_template(const hs_speed_farm *farm, uint32_t verdict)
{
    return (hmx_share){.event = {.size = sizeof(hmx_share), .now_ns = farm->link.now_ns},
                       .verdict = verdict,
                       .count = 1};
}

int hs_speed_shares(hs_speed_farm *farm, const hs_speed_channel *list, uint32_t count,
                    uint32_t verdict)
{
    hmx_status (*const on_share)(hmx_instance *, const hmx_share *) = farm->plugin->ops.on_share;
    hmx_share e = share_template(farm, verdict);
    int wrong = 0;
    for (uint32_t i = 0; i < count; i++) {
        make_share(farm, &list[i], &e);
        wrong |= on_share(farm->link.instance, &e);
    }
    return wrong ? hs_speed_fail(farm, "on_share") : 0;
}

void hs_speed_empty_calls(hs_speed_farm *farm, const hs_speed_channel *list, uint32_t count,
                          uint32_t verdict)
{
    hmx_plugin_entry_fn entry = NULL;
    hmx_share e = share_template(farm, verdict);
    *(void **)&entry = farm->entry;
    for (uint32_t i = 0; i < count; i++) {
        make_share(farm, &list[i], &e);
        hs_speed_touch(&e);
        (void)entry();
    }
}

int hs_speed_interval(hs_speed_farm *farm)
{
    farm->link.now_ns += HS_SPEED_INTERVAL_SECS * HS_SPEED_SECOND_NS;
    return hs_speed_shares(farm, farm->channels, farm->count, HMX_SHARE_SUBMITTED) != 0 ||
                   hs_speed_shares(farm, farm->channels, farm->count, HMX_SHARE_ACCEPTED) != 0
               ? -1
               : 0;
}

/* ---- ticks and moves ---- */

void hs_speed_clear_rows(hs_speed_farm *farm)
{
    memset(farm->rows, 0, farm->row_count * sizeof *farm->rows);
    for (uint32_t i = 0; i < farm->row_count; i++) {
        farm->rows[i].size = sizeof farm->rows[i];
    }
}

int hs_speed_tick(hs_speed_farm *farm, uint32_t at_once, uint32_t *moves)
{
    hmx_decision_buf buf;
    uint32_t done = 0;
    do {
        const uint32_t left = farm->row_count - done;
        if (hs_link_tick_once(&farm->link, farm->rows + done, left < at_once ? left : at_once,
                              &buf) != HMX_OK ||
            buf.count > buf.capacity) {
            return hs_speed_fail(farm, "on_tick");
        }
        done += buf.count;
    } while (buf.more != 0 && buf.count > 0);
    *moves = done;
    return 0;
}

/* No job of this prefix is valid any more. */
static int drain(hs_speed_farm *farm, uint32_t index, uint32_t upstream)
{
    const hs_speed_prefix *const prefix = &farm->prefixes[index];
    const hs_speed_channel *const c = &farm->channels[index];
    return hs_link_drained(&farm->link, c->channel, c->cookie, upstream, prefix->bytes,
                           prefix->len) == HMX_OK
               ? 0
               : hs_speed_fail(farm, "on_reassign (drained)");
}

int hs_speed_drain_all(hs_speed_farm *farm)
{
    for (uint32_t i = 0; i < farm->count; i++) {
        if (farm->prefixes[i].len > 0 && drain(farm, i, farm->channels[i].upstream) != 0) {
            return -1;
        }
    }
    return 0;
}

static int apply_one(hs_speed_farm *farm, const hmx_decision *d)
{
    if (d->channel == 0 || d->channel > farm->count) {
        return hs_speed_fail(farm, "on_tick");
    }
    const uint32_t index = (uint32_t)(d->channel - 1u);
    hs_speed_channel *const c = &farm->channels[index];
    hmx_reassign e = {.decision = d->decision,
                      .channel = d->channel,
                      .cookie = c->cookie,
                      .from = d->from,
                      .to = d->to,
                      .result = HMX_RESULT_APPLIED};
    if (hs_link_reassign(&farm->link, &e, d->extranonce_prefix, d->extranonce_prefix_len) !=
        HMX_OK) {
        return hs_speed_fail(farm, "on_reassign");
    }
    if (farm->prefixes[index].len > 0 && drain(farm, index, d->from) != 0) {
        return -1;
    }
    c->upstream = d->to;
    keep_prefix(&farm->prefixes[index], d->extranonce_prefix, d->extranonce_prefix_len);
    return 0;
}

int hs_speed_apply(hs_speed_farm *farm, uint32_t moves)
{
    for (uint32_t i = 0; i < moves; i++) {
        if (apply_one(farm, &farm->rows[i]) != 0) {
            return -1;
        }
    }
    return 0;
}

int hs_speed_retarget(hs_speed_farm *farm, enum hs_speed_targets targets)
{
    hmx_target rows[HS_SPEED_POOLS_MAX];
    const double *const percentages = targets_of(farm, targets);
    for (uint32_t i = 0; i < farm->pools; i++) {
        rows[i] =
            (hmx_target){.size = sizeof rows[i], .upstream = i + 1u, .percentage = percentages[i]};
    }
    const hmx_targets vector = {
        .size = sizeof vector, .stride = sizeof rows[0], .count = farm->pools, .rows = rows};
    if (farm->tuning->set_targets(farm->link.instance, farm->link.now_ns, &vector, NULL) !=
        HMX_OK) {
        return hs_speed_fail(farm, "set_targets");
    }
    return farm->tuning->rebalance_now(farm->link.instance, farm->link.now_ns, NULL) == HMX_OK
               ? 0
               : hs_speed_fail(farm, "rebalance_now");
}

int hs_speed_snapshot(hs_speed_farm *farm)
{
    hmx_upstream_metrics rows[HS_SPEED_POOLS_MAX];
    for (uint32_t i = 0; i < farm->pools; i++) {
        rows[i] = (hmx_upstream_metrics){.size = sizeof rows[i]};
    }
    hmx_snapshot out = {
        .size = sizeof out, .stride = sizeof rows[0], .capacity = farm->pools, .rows = rows};
    return farm->metrics->snapshot(farm->link.instance, &out) == HMX_OK
               ? 0
               : hs_speed_fail(farm, "snapshot");
}
