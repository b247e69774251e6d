/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Life of an instance: what create refuses, memory to the last byte, and a whole life in which each
 * allocation in turn fails. What broken events do is in test_refused_calls.c. */
#include <stdlib.h>

#include "tests/integration/harness_farm.h"

static it_host H;

/* create as a host would call it, without the guard: for arguments that the guard would not
 * pass. */
typedef struct direct {
    uint64_t live;
    hmx_text text;
    char why[IT_TEXT];
    hmx_create_args args;
    hmx_host host;
    hmx_instance *instance;
    char log[IT_TEXT];
    uint32_t log_lines;
} direct;

static void *direct_alloc(void *ctx, uint64_t size, uint64_t align)
{
    void *p = NULL;
    ((direct *)ctx)->live += size;
    return posix_memalign(&p, align < sizeof p ? sizeof p : align, size) == 0 ? p : NULL;
}

static void direct_free(void *ctx, void *p, uint64_t size, uint64_t align)
{
    (void)align;
    ((direct *)ctx)->live -= size;
    free(p);
}

static direct D;

static direct *fresh(const char *config)
{
    const it_options none = {0};
    memset(&D, 0, sizeof D);
    D.text = (hmx_text){.size = sizeof D.text, .data = D.why, .capacity = sizeof D.why};
    D.args = it_args(config, &none);
    D.args.why = &D.text;
    D.host = (hmx_host){.size = sizeof D.host,
                        .abi_major = HMX_ABI_MAJOR,
                        .abi_minor = HMX_ABI_MINOR,
                        .caps = HMX_CAP_KNOWN,
                        .ctx = &D,
                        .alloc = direct_alloc,
                        .free = direct_free};
    return &D;
}

/* The status of create; a refusal has left nothing behind and no instance. */
static hmx_status attempt(const hmx_host *host, const hmx_create_args *args)
{
    const hmx_status status = H.plugin.ops.create(host, args, &D.instance);
    if (status == HMX_OK) {
        cr_assert_not_null(D.instance);
        H.plugin.ops.destroy(D.instance);
        D.instance = NULL;
    }
    cr_assert_null(D.instance, "a refusal set the instance");
    cr_assert_eq(D.live, 0, "%llu bytes are left", (unsigned long long)D.live);
    return status;
}

static void load(void)
{
    char why[1024];
    const hs_load_options options = hs_loader_defaults();
    cr_assert_eq(hs_loader_open(HMX_HASHMUX_SO, &options, &H.plugin, why, sizeof why), HS_LOAD_OK,
                 "%s", why);
}

Test(create, takes_a_text_and_refuses_both_or_neither, .init = load)
{
    direct *d = fresh(IT_ABC);
    cr_assert_eq(attempt(&d->host, &d->args), HMX_OK);
    d->args.config_path = (hmx_view){"x.ini", 5};
    cr_assert_eq(attempt(&d->host, &d->args), HMX_E_INVALID);
    cr_assert(strstr(d->why, "not both") != NULL, "%s", d->why);
    d = fresh(NULL);
    cr_assert_eq(attempt(&d->host, &d->args), HMX_E_INVALID);
    cr_assert(strstr(d->why, "not neither") != NULL, "%s", d->why);
}

Test(create, refuses_paths_that_are_none, .init = load)
{
    direct *d = fresh(NULL);
    d->args.config_path = (hmx_view){"a\0b", 3};
    cr_assert_eq(attempt(&d->host, &d->args), HMX_E_INVALID);
    cr_assert(strstr(d->why, "NUL") != NULL, "%s", d->why);
    d = fresh(NULL);
    d->args.config_path = (hmx_view){"", 0};
    cr_assert_eq(attempt(&d->host, &d->args), HMX_E_INVALID);
    static char longest[5000];
    memset(longest, 'a', sizeof longest);
    d->args.config_path = (hmx_view){longest, sizeof longest};
    cr_assert_eq(attempt(&d->host, &d->args), HMX_E_INVALID);
    d->args.config_path = (hmx_view){longest, 4096};
    cr_assert_eq(attempt(&d->host, &d->args), HMX_E_INVALID);
    cr_assert(strstr(d->why, "1 to 4095 bytes") != NULL, "%s", d->why);
    d = fresh(NULL);
    d->args.config_path = (hmx_view){longest, 4095};
    cr_assert_eq(attempt(&d->host, &d->args), HMX_E_IO, "only that there is no such file");
    d = fresh(NULL);
    d->args.config_path = (hmx_view){"/no/such/hashmux.ini", 20};
    cr_assert_eq(attempt(&d->host, &d->args), HMX_E_IO);
    cr_assert(strstr(d->why, "/no/such/hashmux.ini") != NULL, "%s", d->why);
    d = fresh(NULL);
    d->args.config_path = (hmx_view){HMX_SOURCE_DIR, strlen(HMX_SOURCE_DIR)}; /* a directory */
    cr_assert_lt(attempt(&d->host, &d->args), 0);
    cr_assert_neq(d->why[0], '\0');
}

Test(create, reads_the_example_as_it_is_shipped, .init = load)
{
    direct *d = fresh(NULL);
    const char *const path = HMX_SOURCE_DIR "/plugin.ini.example";
    d->args.config_path = (hmx_view){path, strlen(path)};
    cr_assert_eq(attempt(&d->host, &d->args), HMX_OK, "%s", d->why);
}

static void note_line(void *ctx, uint32_t level, const char *text, uint64_t len)
{
    direct *const d = ctx;
    const size_t used = strlen(d->log);
    (void)level;
    cr_assert_lt(used + len + 1, sizeof d->log);
    memcpy(d->log + used, text, len);
    d->log[used + len] = '\n';
    d->log_lines++;
}

/* Three pools without a key are three warnings; then, for whoever is sent the log, who is talking
 * to whom. */
Test(create, says_what_is_doubtful_and_who_is_talking_and_no_more, .init = load)
{
    char name[120];
    for (size_t len = 1; len < sizeof name; len++) {
        direct *const d = fresh(IT_ABC);
        memset(name, 'n', len);
        name[len] = '\0';
        d->host.log = note_line;
        d->host.name = name;
        d->host.version = "7.1";
        cr_assert_eq(attempt(&d->host, &d->args), HMX_OK, "%s", d->why);
        char last[160];
        snprintf(last, sizeof last, " in %s 7.1, contract ", name);
        cr_assert(strstr(d->log, last) != NULL, "%s", d->log);
        cr_assert(strstr(d->log, "[upstream.c] authority_pubkey is empty") != NULL, "%s", d->log);
        cr_assert_eq(d->log_lines, 4, "%u lines: %s", d->log_lines, d->log);
    }
}

Test(create, refuses_null_and_structs_that_are_too_small, .init = load)
{
    direct *d = fresh(IT_ABC);
    cr_assert_eq(H.plugin.ops.create(NULL, &d->args, &d->instance), HMX_E_INVALID);
    cr_assert_eq(H.plugin.ops.create(&d->host, NULL, &d->instance), HMX_E_INVALID);
    cr_assert_eq(H.plugin.ops.create(&d->host, &d->args, NULL), HMX_E_INVALID);
    d->args.size = sizeof d->args - 1;
    cr_assert_eq(attempt(&d->host, &d->args), HMX_E_INVALID);
    d->args.size = 0;
    cr_assert_eq(attempt(&d->host, &d->args), HMX_E_INVALID);
    d = fresh(IT_ABC);
    d->host.size = 8;
    cr_assert_eq(attempt(&d->host, &d->args), HMX_E_INVALID);
    d = fresh(IT_ABC);
    d->host.alloc = NULL;
    cr_assert_eq(attempt(&d->host, &d->args), HMX_E_INVALID);
    d = fresh(IT_ABC);
    d->host.free = NULL;
    cr_assert_eq(attempt(&d->host, &d->args), HMX_E_INVALID);
    H.plugin.ops.destroy(NULL);
}

Test(create, refuses_unknown_flags_and_a_tail_that_is_not_zero, .init = load)
{
    struct {
        hmx_create_args args;
        uint64_t newer;
    } larger;
    direct *d = fresh(IT_ABC);
    d->args.flags = 1;
    cr_assert_eq(attempt(&d->host, &d->args), HMX_E_UNSUPPORTED);
    cr_assert(strstr(d->why, "flags") != NULL, "%s", d->why);
    d = fresh(IT_ABC);
    memset(&larger, 0, sizeof larger);
    larger.args = d->args;
    larger.args.size = sizeof larger;
    cr_assert_eq(attempt(&d->host, &larger.args), HMX_OK, "a newer host that asks for nothing");
    larger.newer = 1ull << 40;
    cr_assert_eq(attempt(&d->host, &larger.args), HMX_E_UNSUPPORTED);
    cr_assert_neq(d->why[0], '\0');
}

Test(create, refuses_limits_that_cannot_be, .init = load)
{
    direct *d = fresh(IT_ABC);
    d->args.upstreams_max = 65;
    cr_assert_eq(attempt(&d->host, &d->args), HMX_E_LIMIT);
    cr_assert(strstr(d->why, "upstreams_max") != NULL, "%s", d->why);
    for (uint32_t most = 1; most <= 3; most++) { /* three are configured */
        d = fresh(IT_ABC);
        d->args.upstreams_max = most;
        cr_assert_eq(attempt(&d->host, &d->args), most < 3 ? HMX_E_CONFIG : HMX_OK);
        cr_assert_eq(d->why[0] == '\0', most == 3, "%s", d->why);
    }
    d = fresh(IT_ABC);
    d->args.channels_max = UINT32_MAX;
    cr_assert_eq(attempt(&d->host, &d->args), HMX_E_LIMIT);
    cr_assert(strstr(d->why, "channels_max") != NULL, "%s", d->why);
    d = fresh(IT_ABC);
    d->args.instance_index = 1; /* of one */
    cr_assert_eq(attempt(&d->host, &d->args), HMX_E_INVALID);
    cr_assert(strstr(d->why, "instance_index") != NULL, "%s", d->why);
    d->args.instance_count = 2;
    cr_assert_eq(attempt(&d->host, &d->args), HMX_OK);
}

Test(create, does_without_a_text_a_log_and_the_optional_callbacks, .init = load)
{
    direct *d = fresh("nonsense");
    d->args.why = NULL;
    cr_assert_eq(attempt(&d->host, &d->args), HMX_E_CONFIG);
    d = fresh(IT_ABC);
    d->host.size = offsetof(hmx_host, request_tick);
    cr_assert_eq(attempt(&d->host, &d->args), HMX_OK);
    char tiny[4] = "xyz";
    d = fresh("nonsense");
    d->text = (hmx_text){.size = sizeof d->text, .data = tiny, .capacity = sizeof tiny};
    cr_assert_eq(attempt(&d->host, &d->args), HMX_E_CONFIG);
    cr_assert_eq(tiny[3], '\0', "the text is cut, with its NUL");
}

/* A life with a bit of everything. Every status is OK or NOMEM, and errors write nothing. */
static void live(uint32_t channels)
{
    for (uint32_t u = IT_A; u <= IT_C; u++) {
        hmx_upstream_event e = it_upstream(&H, u, HMX_UPSTREAM_UP);
        e.extranonce_prefix_len = 4;
        e.extranonce_prefix[0] = (uint8_t)u;
        e.extranonce_size = 8;
        hmx_status status = hs_guard_on_upstream(H.guard, &e);
        cr_assert(status == HMX_OK || status == HMX_E_NOMEM);
        if (status == HMX_E_NOMEM) { /* memory is back: what was refused works the second time */
            e.event = it_event(&H, sizeof e);
            cr_assert_eq(hs_guard_on_upstream(H.guard, &e), HMX_OK);
        }
    }
    for (uint32_t i = 0; i < channels; i++) {
        hmx_channel_decision d = {.size = sizeof d};
        const hmx_channel_decision zero = d;
        const hmx_channel_open e = it_channel_event(&H, 1000);
        const hmx_status status = hs_guard_on_channel_open(H.guard, &e, &d);
        cr_assert(status == HMX_OK || status == HMX_E_NOMEM);
        cr_assert(status == HMX_OK || memcmp(&d, &zero, sizeof d) == 0);
        if (status == HMX_OK) {
            cr_assert_gt(d.extranonce_prefix_len, 0, "the pool's space is known");
        }
        H.channels[H.channel_count++] = (it_channel){.channel = e.channel,
                                                     .cookie = d.cookie,
                                                     .open = status == HMX_OK,
                                                     .difficulty = 1000,
                                                     .upstream = d.upstream};
    }
    it_run(&H, 31, 1, IT_APPLY);
    it_down(&H, IT_A);
    it_run(&H, 2, 1, IT_APPLY);
    hmx_reconfigure_args args = {
        .size = sizeof args, .config_text = {IT_ABC, strlen(IT_ABC)}, .now_ns = H.now_ns};
    const hmx_status status = hs_guard_reconfigure(H.guard, &args);
    cr_assert(status == HMX_OK || status == HMX_E_NOMEM);
    for (uint32_t i = 0; i < H.channel_count; i++) {
        if (H.channels[i].open) {
            it_close_channel(&H, i);
        }
    }
    it_run(&H, 1, 30, IT_APPLY);
}

Test(memory, each_allocation_in_turn_fails, .timeout = 120)
{
    uint64_t made = 0;
    uint64_t k = 1;
    do {
        const it_options o = {.fail_alloc = k, .channels_max = 200};
        it_try(&H, IT_ABC, &o);
        cr_assert(H.created == HMX_OK || H.created == HMX_E_NOMEM, "%d: %s", H.created, H.why);
        if (H.created == HMX_OK) {
            hmx_upstream_info rows[HMX_UPSTREAMS_MAX];
            it_table(&H, rows);
            live(120);
        }
        made = hs_guard_allocations(H.guard);
        it_close(&H);
        k++;
    } while (made >= k - 1);
    cr_assert_gt(k, 15, "a whole life makes more than %llu allocations", (unsigned long long)k);
}

Test(memory, a_hundred_thousand_opens_and_closes_leave_nothing, .timeout = 120)
{
    const it_options o = {.channels_max = 1024};
    it_open_with(&H, IT_ABC, &o);
    it_all_up(&H, 3);
    const uint64_t before = hs_guard_live_bytes(H.guard);
    for (uint32_t round = 0; round < 1000; round++) {
        for (uint32_t i = 0; i < 100; i++) {
            const uint64_t channel = round * 100ull + i + 1;
            const hmx_channel_open e = {.event = it_event(&H, sizeof e),
                                        .channel = channel,
                                        .connection = channel,
                                        .kind = HMX_CHANNEL_STANDARD,
                                        .nominal_hashrate = 1e14};
            hmx_channel_decision d = {.size = sizeof d};
            cr_assert_eq(hs_guard_on_channel_open(H.guard, &e, &d), HMX_OK);
            cr_assert_eq(d.action, HMX_ACTION_ASSIGN);
        }
        for (uint32_t i = 0; i < 100; i++) {
            const hmx_channel_close e = {.event = it_event(&H, sizeof e),
                                         .channel = round * 100ull + i + 1};
            cr_assert_eq(hs_guard_on_channel_close(H.guard, &e), HMX_OK);
        }
        it_advance(&H, 1);
        cr_assert_eq(it_tick(&H), 0);
    }
    cr_assert_eq(hs_guard_live_bytes(H.guard), before);
    cr_assert_eq(it_snapshot(&H).s.channels, 0);
    cr_assert_eq(it_snapshot(&H).s.hashrate, 0.0);
    it_close(&H);
}

Test(memory, and_neither_do_their_prefixes, .timeout = 120)
{
    const it_options o = {.channels_max = 1024};
    it_open_with(&H, IT_POOL("a", "100", "1"), &o);
    it_up_space(&H, IT_A, 1, 4, 8);
    const uint64_t before = hs_guard_live_bytes(H.guard);
    for (uint32_t round = 0; round < 100; round++) {
        H.channel_count = 0;
        for (uint32_t i = 0; i < 1000; i++) {
            hmx_channel_open e = it_channel_event(&H, 1000);
            e.channel += 1000 * round;
            it_channel_with(&H, &e);
            cr_assert_eq(H.channels[i].prefix_len, 12);
        }
        for (uint32_t i = 0; i < 1000; i++) {
            it_close_channel(&H, i);
            cr_assert_eq(it_drained(&H, i, IT_A, H.channels[i].prefix, 12), HMX_OK);
        }
        it_advance(&H, 30);
        cr_assert_eq(it_tick(&H), 0);
    }
    cr_assert_eq(hs_guard_live_bytes(H.guard), before);
    it_close(&H);
}

Test(limits, channels_max_is_kept_and_a_place_is_free_again)
{
    const it_options o = {.channels_max = 10};
    it_open_with(&H, IT_ABC, &o);
    it_all_up(&H, 3);
    it_channels(&H, 10, 1000);
    hmx_channel_decision d = {.size = sizeof d};
    hmx_channel_open e = it_channel_event(&H, 1000);
    cr_assert_eq(hs_guard_on_channel_open(H.guard, &e, &d), HMX_E_LIMIT);
    cr_assert_eq(it_snapshot(&H).s.channels, 10);
    const hmx_channel_close refused = {.event = it_event(&H, sizeof refused), .channel = e.channel};
    cr_assert_eq(hs_guard_on_channel_close(H.guard, &refused), HMX_E_STATE, "it never knew it");
    it_close_channel(&H, 3);
    e.event = it_event(&H, sizeof e);
    e.channel = 77;
    cr_assert_eq(hs_guard_on_channel_open(H.guard, &e, &d), HMX_OK);
    it_close(&H);
}
