/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Each allocation of a long life fails in its turn, and then all from it on. The call that met it
 * answers NOMEM and has changed nothing: what is saved and shown is the same before and after. Made
 * again with memory it succeeds, and the life goes on as if nothing had been: after each later call
 * it shows what the life shows in which nothing failed. Shares allocate nothing at all. */
#include "tests/oom/rig.h"

/* ---- what happens ---- */
static void tell(uint32_t upstream, uint32_t state, uint32_t first, uint32_t size)
{
    hmx_upstream_event e = {.event = head(sizeof e),
                            .upstream = upstream,
                            .state = state,
                            .has_job = HMX_YES,
                            .extranonce_size = size,
                            .extranonce_prefix_len = size > 0 ? 2 : 0,
                            .extranonce_prefix = {(uint8_t)first, (uint8_t)upstream}};
    (void)must(do_upstream, &e, "on_upstream");
}

static void open_rig(uint32_t i)
{
    char name[16];
    const int len = snprintf(name, sizeof name, "farm.rig%02u", i);
    opening o = {.event = {.event = head(sizeof o.event),
                           .channel = ++L.last_channel,
                           .connection = i + 1,
                           .kind = i % 3 == 0 ? HMX_CHANNEL_EXTENDED : HMX_CHANNEL_STANDARD,
                           .honours_prefix = i % 2 == 0 ? HMX_YES : HMX_UNKNOWN,
                           .extranonce_size = i % 3 == 0 ? 4 : 0,
                           .min_extranonce_size = i % 3 == 0 ? 4 : 0,
                           .nominal_hashrate = 1e14 + 1e12 * i,
                           .user_identity = {name, (uint64_t)len}}};
    (void)must(do_open, &o, "on_channel_open");
}

static void close_rig(uint32_t i, uint32_t reason)
{
    hmx_channel_close e = {.event = head(sizeof e),
                           .channel = L.rigs[i].channel,
                           .cookie = i % 2 == 0 ? L.rigs[i].cookie : 0,
                           .reason = reason};
    if (L.rigs[i].open) {
        (void)must(do_close, &e, "on_channel_close");
    }
}

/* Takes no memory and gives none back. */
static void share(const rig *r, uint32_t verdict)
{
    const counted_memory before = L.memory;
    const hmx_share e = {.event = head(sizeof e),
                         .channel = r->channel,
                         .cookie = r->cookie,
                         .upstream = r->upstream,
                         .verdict = verdict,
                         .count = 1,
                         .work = 1e5};
    cr_assert_eq(P.ops.on_share(L.self, &e), HMX_OK);
    cr_assert(L.memory.asked == before.asked && L.memory.live_blocks == before.live_blocks);
}

static void shares(void)
{
    for (uint32_t i = 0; i < CHANNELS; i++) {
        if (L.rigs[i].open && L.rigs[i].upstream != HMX_NONE) {
            share(&L.rigs[i], HMX_SHARE_SUBMITTED);
            share(&L.rigs[i], i % 9 == 0 ? HMX_SHARE_REJECTED_STALE : HMX_SHARE_ACCEPTED);
        }
    }
}

static void drained(const rig *r)
{
    hmx_reassign e = {.event = head(sizeof e),
                      .channel = r->channel,
                      .from = r->upstream,
                      .result = HMX_RESULT_DRAINED,
                      .extranonce_prefix_len = r->prefix_len};
    memcpy(e.extranonce_prefix, r->prefix, sizeof r->prefix);
    const hmx_status status = P.ops.on_reassign(L.self, &e);
    cr_assert(status == HMX_OK || status == HMX_E_STATE, "%d", status);
}

/* Applied, refused, failed or not answered, by the channel's number. */
static void answer(const hmx_decision *d)
{
    rig *r = &L.rigs[0];
    while (r->channel != d->channel) {
        r++;
    }
    const uint32_t luck = (uint32_t)(r->channel % 8);
    const uint32_t result = luck == 0   ? HMX_RESULT_REFUSED
                            : luck == 1 ? HMX_RESULT_FAILED
                                        : HMX_RESULT_APPLIED;
    if (luck == 2) {
        return;
    }
    hmx_reassign e = {.event = head(sizeof e),
                      .decision = d->decision,
                      .channel = d->channel,
                      .cookie = d->cookie,
                      .from = d->from,
                      .to = result == HMX_RESULT_APPLIED ? d->to : d->from,
                      .result = result};
    if (must(do_reassign, &e, "on_reassign") == HMX_OK && result == HMX_RESULT_APPLIED) {
        const rig old = *r;
        r->upstream = d->to;
        r->prefix_len = d->extranonce_prefix_len;
        memcpy(r->prefix, d->extranonce_prefix, sizeof r->prefix);
        L.moved++;
        if (old.prefix_len > 0 && luck > 4) {
            drained(&old);
        }
    }
}

static void force(uint32_t i, uint32_t to)
{
    hmx_reassign e = {.event = head(sizeof e),
                      .channel = L.rigs[i].channel,
                      .cookie = L.rigs[i].cookie,
                      .from = L.rigs[i].upstream,
                      .to = to,
                      .result = HMX_RESULT_FORCED};
    if (L.rigs[i].open && must(do_reassign, &e, "on_reassign, forced") == HMX_OK) {
        L.rigs[i].upstream = to;
        L.rigs[i].prefix_len = 0;
    }
}

static void pass(uint32_t steps, uint32_t seconds)
{
    for (uint32_t i = 0; i < steps; i++) {
        L.now_ns += seconds * IT_SECOND;
        shares();
        L.decision_count = 0;
        do {
            hmx_tick e = {.event = head(sizeof e), .unix_ms = L.now_ns / 1000000};
            L.more = 0;
            (void)must(do_tick, &e, "on_tick");
        } while (L.more != 0);
        for (uint32_t k = 0; k < L.decision_count; k++) {
            answer(&L.decisions[k]);
        }
    }
}

/* ---- the extension's setters ---- */
static hmx_status set_model(void *what)
{
    (void)what;
    return L.tuning->set_tuning_model(L.self, L.now_ns, HMX_TUNING_AGGRESSIVE, NULL);
}

static hmx_status set_gains(void *what)
{
    const hmx_pid_gains gains = {.size = sizeof gains, .kp = 0.5, .ki = 0.1, .kd = 0.01};
    (void)what;
    return L.tuning->set_custom_pid_params(L.self, L.now_ns, &gains, NULL);
}

static hmx_status set_band(void *what)
{
    (void)what;
    return L.tuning->set_deadband(L.self, L.now_ns, HMX_DEADBAND_POINTS, 0.25, NULL);
}

static hmx_status set_intervals(void *what)
{
    (void)what;
    const hmx_status status = L.tuning->set_evaluation_interval(L.self, L.now_ns, 5, NULL);
    return status != HMX_OK ? status
                            : L.tuning->set_min_reassignment_interval(L.self, L.now_ns, 2, NULL);
}

static hmx_status set_targets(void *what)
{
    const double *const a = what;
    const hmx_target rows[] = {{sizeof rows[0], 1, *a}, {sizeof rows[0], 2, 100 - *a}};
    const hmx_targets targets = {
        .size = sizeof targets, .stride = sizeof rows[0], .count = 2, .rows = rows};
    return L.tuning->set_targets(L.self, L.now_ns, &targets, NULL);
}

static hmx_status set_enabled(void *what)
{
    return L.tuning->set_upstream_enabled(L.self, L.now_ns, 2, *(uint32_t *)what, NULL);
}

static hmx_status set_mode(void *what)
{
    return L.tuning->set_mode(L.self, L.now_ns, *(uint32_t *)what, NULL);
}

static hmx_status do_pin(void *what)
{
    const hmx_view who = {what, strlen(what)};
    return L.tuning->pin(L.self, L.now_ns, who, 2, NULL);
}

static hmx_status do_unpin(void *what)
{
    const hmx_view who = {what, strlen(what)};
    return L.tuning->unpin(L.self, L.now_ns, who, NULL);
}

static hmx_status do_rebalance(void *what)
{
    (void)what;
    return L.tuning->rebalance_now(L.self, L.now_ns, NULL);
}

static hmx_status do_write_config(void *what)
{
    stream *const s = what;
    s->len = 0;
    const hmx_writer writer = {.size = sizeof writer, .ctx = s, .write = put};
    return L.tuning->write_config(L.self, &writer);
}

static void tune(void)
{
    static stream out;
    double swapped = 35;
    uint32_t enabled = HMX_NO;
    uint32_t mode = HMX_MODE_OBSERVE;
    (void)must(set_mode, &mode, "set_mode");
    pass(2, 5);
    mode = HMX_MODE_LIVE;
    (void)must(set_mode, &mode, "set_mode");
    (void)must(set_model, NULL, "set_tuning_model");
    (void)must(set_gains, NULL, "set_custom_pid_params");
    (void)must(set_band, NULL, "set_deadband");
    (void)must(set_intervals, NULL, "set_evaluation_interval");
    (void)must(set_targets, &swapped, "set_targets");
    pass(8, 5);
    (void)must(do_pin, (void *)"farm.rig1*", "pin");
    (void)must(do_rebalance, NULL, "rebalance_now");
    pass(2, 5);
    (void)must(do_unpin, (void *)"farm.rig1*", "unpin");
    (void)must(set_enabled, &enabled, "set_upstream_enabled");
    pass(3, 5);
    enabled = HMX_YES;
    (void)must(set_enabled, &enabled, "set_upstream_enabled");
    (void)must(do_write_config, &out, "write_config");
    pass(4, 5);
}

/* ---- a life ---- */
static hmx_status begin(const counted_memory *memory)
{
    memset(&L, 0, sizeof L);
    L.memory = *memory;
    L.now_ns = 1000 * IT_SECOND;
    L.host = (hmx_host){.size = sizeof L.host,
                        .abi_major = HMX_ABI_MAJOR,
                        .abi_minor = HMX_ABI_MINOR,
                        .caps = HMX_CAP_KNOWN,
                        .ctx = &L.memory,
                        .alloc = counted_alloc,
                        .free = counted_free};
    return must(do_create, (void *)TWO_POOLS, "create");
}

static void come_and_go(void)
{
    for (uint32_t i = 0; i < CHANNELS; i++) {
        open_rig(i);
    }
    pass(12, 5);
    for (uint32_t i = 0; i < CHANNELS; i += 4) {
        close_rig(i, HMX_CLOSE_CONNECTION_LOST);
    }
    for (uint32_t i = 0; i < CHANNELS; i += 4) {
        open_rig(i);
    }
    for (uint32_t i = 0; i < CHANNELS; i += 5) {
        hmx_channel_update e = {.event = head(sizeof e),
                                .channel = L.rigs[i].channel,
                                .changed = HMX_FACT_HONOURS_PREFIX | HMX_FACT_NOMINAL_HASHRATE,
                                .honours_prefix = HMX_NO,
                                .nominal_hashrate = 2e14};
        if (L.rigs[i].open) {
            (void)must(do_update, &e, "on_channel_update");
        }
    }
}

static void live(void)
{
    static stream out;
    (void)must(do_load, &BEFORE, "load");
    tell(1, HMX_UPSTREAM_UP, 1, 8);
    tell(2, HMX_UPSTREAM_UP, 2, 6);
    come_and_go();
    tune();
    tell(1, HMX_UPSTREAM_UP, 77, 8); /* another space: its channels get new prefixes */
    pass(2, 5);
    for (uint32_t i = 0; i < 6; i++) {
        force(i, i % 3);
    }
    tell(2, HMX_UPSTREAM_DOWN, 2, 6);
    pass(3, 5);
    (void)must(do_save, &out, "save");
    const uint32_t pools =
        must(do_reconfigure, (void *)TEN_POOLS, "reconfigure") == HMX_OK ? 10 : 2;
    for (uint32_t u = 2; u <= pools; u++) {
        tell(u, HMX_UPSTREAM_UP, u, u < 6 ? 8 : 0);
    }
    pass(6, 20);
    (void)must(do_reconfigure, (void *)TWO_POOLS, "reconfigure");
    pass(4, 20);
    for (uint32_t i = 0; i < CHANNELS; i++) {
        close_rig(i, i % 2 == 0 ? HMX_CLOSE_PEER : HMX_CLOSE_HOST);
    }
    pass(2, 1800);
    open_rig(3);
    pass(1, 30);
}

/* Destroy: nothing is left, and nothing went back with another size. */
static void end(void)
{
    P.ops.destroy(L.self);
    cr_assert(L.memory.live_bytes == 0 && L.memory.live_blocks == 0, "%llu bytes are left",
              (unsigned long long)L.memory.live_bytes);
    cr_assert_eq(L.memory.mistakes, 0);
}

/* A life in which nothing fails. Returns how many allocations it makes; a first one, without a
 * state, writes the state with which all others begin. */
static uint64_t undisturbed(void)
{
    const counted_memory memory = {0};
    memset(&BEFORE, 0, sizeof BEFORE);
    (void)begin(&memory);
    tell(1, HMX_UPSTREAM_UP, 1, 8);
    tell(2, HMX_UPSTREAM_UP, 2, 6);
    come_and_go();
    (void)must(do_save, &BEFORE, "save");
    end();
    (void)begin(&memory);
    live();
    const uint64_t asked = L.memory.asked;
    cr_assert_gt(L.moved, 50, "only %u moves", L.moved);
    end();
    return asked;
}

Test(oom, each_allocation_in_turn_fails, .init = open_plugin, .fini = close_plugin, .timeout = 300)
{
    const uint64_t allocations = undisturbed();
    uint32_t refused = 0;
    uint32_t coped = 0;
    for (uint64_t k = 1; k <= allocations; k++) {
        const counted_memory memory = {.fail_at = k};
        (void)begin(&memory);
        live();
        cr_assert_eq(L.step, AS_EVER_COUNT);
        cr_assert_eq(L.refused + L.coped, 1, "allocation %llu", (unsigned long long)k);
        refused += L.refused;
        coped += L.coped;
        end();
    }
    printf("oom: each of %llu allocations of a life of %u calls failed: %u calls answered NOMEM "
           "and changed nothing, %u did without\n",
           (unsigned long long)allocations, AS_EVER_COUNT, refused, coped);
    cr_assert_gt(allocations, 100);
}

/* Memory is back: what was refused works, on this very instance. */
static void recover(void)
{
    L.memory.fail_at = 0;
    tell(1, HMX_UPSTREAM_UP, 9, 8);
    for (uint32_t i = 0; i < 20; i++) {
        if (!L.rigs[i].open) {
            open_rig(i);
            cr_assert_eq(L.rigs[i].open, 1);
        }
    }
    pass(4, 20);
    static stream out;
    (void)must(do_save, &out, "save");
    (void)must(do_reconfigure, (void *)TEN_POOLS, "reconfigure");
}

Test(oom, a_budget_stays_exhausted, .init = open_plugin, .fini = close_plugin, .timeout = 300)
{
    const uint64_t allocations = undisturbed();
    uint32_t refused = 0;
    for (uint64_t k = 1; k <= allocations; k += k < 40 ? 1 : 7) {
        const counted_memory memory = {.fail_at = k, .fail_from = 1};
        if (begin(&memory) == HMX_OK) {
            live();
            refused += L.refused;
            recover();
        } else {
            cr_assert_null(L.self);
        }
        end();
    }
    printf("oom: from one of %llu allocations on none was given: %u calls answered NOMEM and "
           "changed nothing, then all went on\n",
           (unsigned long long)allocations, refused);
}
