/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * embed: the least that a proxy does with the plugin. It needs abi/ and libdl, nothing else. Where
 * a real proxy speaks Stratum V2 there is a comment; time is counted here instead of read from a
 * monotonic clock. Usage: embed PATH/hashmux.so */
#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/hmx_abi.h"

#define SECOND_NS UINT64_C(1000000000)
#define CAPS      (HMX_CAP_REASSIGN | HMX_CAP_SHARE_WORK | HMX_CAP_EXTRANONCE)

static const char CONFIG[] =
    "[upstream.alpha]\naddress = a.example\nport = 3333\npercentage = 60\npriority = 1\n"
    "[upstream.beta]\naddress = b.example\nport = 3333\npercentage = 40\npriority = 2\n";

static hmx_ops ops; /* a copy: what the plugin does not have is NULL */
static hmx_instance *plugin;
static uint64_t now_ns = SECOND_NS;
static uint32_t working_for; /* where channel 1 works */

static hmx_event event(size_t size)
{
    static uint64_t seq;
    return (hmx_event){.size = (uint32_t)size, .now_ns = now_ns, .seq = ++seq};
}

static void *host_alloc(void *ctx, uint64_t size, uint64_t align)
{
    (void)ctx;
    return aligned_alloc(align, (size + align - 1) / align * align);
}

static void host_free(void *ctx, void *p, uint64_t size, uint64_t align)
{
    (void)ctx, (void)size, (void)align;
    free(p);
}

/* Reads a plugin's hooks. Returns 1, or 0 when it is none for this host. */
static int load(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    hmx_plugin_entry_fn entry = NULL;
    if (library != NULL) {
        *(void **)&entry = dlsym(library, HMX_ENTRY_SYMBOL);
    }
    const hmx_descriptor *who = entry != NULL ? entry() : NULL;
    if (who == NULL || who->size < HMX_DESCRIPTOR_SIZE_VER0 || who->magic != HMX_ABI_MAGIC ||
        who->min_host_minor > HMX_ABI_MINOR || (who->needs & ~CAPS) != 0) {
        return 0;
    }
    /* Its table may be shorter than ours, or longer. All hooks but two are optional. */
    const size_t size = who->ops->size < sizeof ops ? who->ops->size : sizeof ops;
    memcpy(&ops, who->ops, size - size % sizeof ops.create);
    return ops.create != NULL && ops.destroy != NULL;
}

static void report_pool(uint32_t upstream, uint32_t state)
{
    /* Up: the pool granted 16 bytes behind its own prefix, and a job has come. */
    hmx_upstream_event e = {.event = event(sizeof e), .upstream = upstream, .state = state};
    e.extranonce_size = 16;
    e.extranonce_prefix_len = 2;
    e.extranonce_prefix[0] = (uint8_t)upstream;
    e.has_job = state == HMX_UPSTREAM_UP ? HMX_YES : HMX_NO;
    if (ops.on_upstream != NULL) {
        ops.on_upstream(plugin, &e);
    }
}

static void connect_pools(void)
{
    hmx_upstream_info rows[2] = {{.size = sizeof rows[0]}, {.size = sizeof rows[0]}};
    hmx_upstream_table table = {sizeof table, sizeof rows[0], 2, 0, rows};
    if (ops.upstreams != NULL) {
        ops.upstreams(plugin, &table);
    }
    for (uint32_t i = 0; i < table.count && i < table.capacity; i++) {
        printf("connect to %s at %s:%" PRIu32 "\n", rows[i].id, rows[i].address, rows[i].port);
        report_pool(rows[i].upstream, HMX_UPSTREAM_UP);
    }
}

static uint64_t open_channel(void)
{
    hmx_channel_open e = {.event = event(sizeof e), .channel = 1, .connection = 1};
    e.kind = HMX_CHANNEL_EXTENDED;
    e.min_extranonce_size = e.extranonce_size = 8;
    e.nominal_hashrate = 100e12;
    hmx_channel_decision answer = {.size = sizeof answer};
    if (ops.on_channel_open != NULL) {
        ops.on_channel_open(plugin, &e, &answer);
    }
    /* Here: OpenExtendedMiningChannel.Success with this prefix, and jobs of this pool. */
    printf("channel 1 opens on upstream %" PRIu32 ", prefix of %" PRIu32 " bytes\n",
           answer.upstream, answer.extranonce_prefix_len);
    working_for = answer.upstream;
    return answer.cookie;
}

static void report_share(uint64_t cookie, uint32_t verdict)
{
    hmx_share e = {.event = event(sizeof e), .channel = 1, .cookie = cookie, .count = 1};
    e.upstream = working_for; /* the pool of the share's job */
    e.verdict = verdict;
    e.work = 232831.0; /* difficulty of the job's target */
    if (ops.on_share != NULL) {
        ops.on_share(plugin, &e);
    }
}

static void carry_out(const hmx_decision *d)
{
    printf("decision %" PRIu64 ": channel %" PRIu64 " goes from %" PRIu32 " to %" PRIu32 "\n",
           d->decision, d->channel, d->from, d->to);
    /* Here: SetExtranoncePrefix, the new pool's job and target, SetNewPrevHash. Then it is a
     * fact: */
    hmx_reassign e = {.event = event(sizeof e), .decision = d->decision, .channel = d->channel};
    e.cookie = d->cookie;
    e.from = d->from;
    e.to = working_for = d->to;
    e.result = HMX_RESULT_APPLIED;
    e.extranonce_prefix_len = d->extranonce_prefix_len;
    memcpy(e.extranonce_prefix, d->extranonce_prefix, sizeof e.extranonce_prefix);
    if (ops.on_reassign != NULL) {
        ops.on_reassign(plugin, &e);
    }
}

static void tick(void)
{
    hmx_decision_buf buffer;
    hmx_status status = HMX_OK;
    do {
        hmx_decision rows[2] = {{.size = sizeof rows[0]}, {.size = sizeof rows[0]}};
        hmx_tick e = {.event = event(sizeof e)};
        buffer = (hmx_decision_buf){sizeof buffer, sizeof rows[0], 2, 0, 0, 0, rows};
        status = ops.on_tick != NULL ? ops.on_tick(plugin, &e, &buffer) : HMX_OK;
        for (uint32_t i = 0; status >= 0 && i < buffer.count; i++) {
            carry_out(&rows[i]);
        }
    } while (status >= 0 && buffer.more != 0);
}

int main(int argc, char **argv)
{
    const hmx_host host = {.size = sizeof host,
                           .abi_major = HMX_ABI_MAJOR,
                           .abi_minor = HMX_ABI_MINOR,
                           .caps = CAPS,
                           .alloc = host_alloc,
                           .free = host_free};
    char reasons[2000] = "";
    hmx_text why = {sizeof why, 0, reasons, sizeof reasons};
    hmx_create_args args = {.size = sizeof args, .now_ns = now_ns, .why = &why};
    args.config_text = (hmx_view){CONFIG, sizeof CONFIG - 1};
    args.seed[0] = 1; /* a real host fills all 32 bytes at random */
    if (argc != 2 || !load(argv[1]) || ops.create(&host, &args, &plugin) < 0) {
        fprintf(stderr, "no plugin, or one that refuses: %s\n", reasons);
        return 1;
    }
    connect_pools();
    const uint64_t cookie = open_channel();
    for (int second = 1; second <= 60; second++) {
        now_ns += SECOND_NS;
        if (second % 10 == 0) {
            report_share(cookie, HMX_SHARE_SUBMITTED);
            report_share(cookie, HMX_SHARE_ACCEPTED);
        }
        if (second == 45) {
            printf("upstream %" PRIu32 " is lost\n", working_for);
            report_pool(working_for, HMX_UPSTREAM_DOWN);
        }
        tick();
    }
    ops.destroy(plugin);
    return 0;
}
