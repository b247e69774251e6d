/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A plugin made of functions of this file, called without a guard, sees what the link gives it; and
 * hashmux, through the guard, finds nothing wrong with a whole life told by the link. */
#include <criterion/criterion.h>
#include <string.h>

#include "host_stub/link/link.h"
#include "host_stub/load/loader.h"

enum { BATCHES = 3, TOO_MANY_ROWS = HS_LINK_ROWS + 9 };

static struct {
    hmx_create_args created;
    char config[256];
    uint8_t seed[32];
    uint32_t ticks;
    uint32_t endless; /* always says that there is more; 2: and gives a row each time */
    hmx_tick seen[BATCHES + 1];
    hmx_event last;
    hmx_reassign reassign;
    uint32_t destroyed;
} fake;

static hmx_status fake_create(const hmx_host *host, const hmx_create_args *args, hmx_instance **out)
{
    (void)host;
    fake.created = *args;
    const hmx_view text = args->config_text;
    memset(fake.config, 0, sizeof fake.config);
    memcpy(fake.config, text.data, text.len < 255 ? (size_t)text.len : 255);
    memcpy(fake.seed, args->seed, sizeof fake.seed);
    if (strcmp(fake.config, "refuse") == 0) {
        memset(args->why->data, 'x', (size_t)args->why->capacity); /* without the NUL */
        return HMX_E_CONFIG;
    }
    *out = strcmp(fake.config, "empty") == 0 ? NULL : (hmx_instance *)&fake;
    return HMX_OK;
}

static void fake_destroy(hmx_instance *self)
{
    (void)self;
    fake.destroyed++;
}

static hmx_status fake_upstreams(hmx_instance *self, hmx_upstream_table *out)
{
    (void)self;
    for (uint32_t i = 0; i < out->capacity; i++) {
        cr_assert_eq(out->rows[i].size, sizeof out->rows[i]);
        out->rows[i].upstream = i + 1;
        memset(out->rows[i].id, 'a', sizeof out->rows[i].id);
        memset(out->rows[i].address, 'b', sizeof out->rows[i].address);
    }
    out->count = TOO_MANY_ROWS;
    return HMX_OK;
}

static void head(const hmx_event *e, size_t size, uint32_t flags)
{
    cr_assert_eq(e->size, size);
    cr_assert_eq(e->flags, flags);
    cr_assert_gt(e->seq, fake.last.seq);
    fake.last = *e;
}

static hmx_status fake_open(hmx_instance *self, const hmx_channel_open *e,
                            hmx_channel_decision *out)
{
    (void)self;
    head(&e->event, sizeof *e, 0);
    cr_assert_eq(out->size, sizeof *out);
    cr_assert_eq(out->upstream, 0, "the answer must be zero before the call");
    return HMX_OK;
}

static hmx_status fake_share(hmx_instance *self, const hmx_share *e)
{
    (void)self;
    head(&e->event, sizeof *e, HMX_SHARE_FLAG_LOCAL);
    return HMX_OK;
}

static hmx_status fake_close(hmx_instance *self, const hmx_channel_close *e)
{
    (void)self;
    head(&e->event, sizeof *e, 0);
    cr_assert(e->channel == 7 && e->cookie == 70 && e->reason == HMX_CLOSE_PEER);
    return HMX_OK;
}

static hmx_status fake_reassign(hmx_instance *self, const hmx_reassign *e)
{
    (void)self;
    head(&e->event, sizeof *e, 0);
    fake.reassign = *e;
    return HMX_OK;
}

/* The first BATCHES calls give so many rows each, the last of them one; their numbers count up. */
static hmx_status fake_tick(hmx_instance *self, const hmx_tick *e, hmx_decision_buf *out)
{
    (void)self;
    const uint32_t call = fake.ticks++;
    head(&e->event, sizeof *e, 0);
    if (fake.endless) {
        out->more = 1;
        out->count = fake.endless - 1;
        return HMX_OK;
    }
    cr_assert_lt(call, BATCHES + 1);
    fake.seen[call] = *e;
    out->count = call < BATCHES - 1 ? out->capacity : 1;
    out->more = call < BATCHES - 1;
    for (uint32_t i = 0; i < out->count; i++) {
        cr_assert(out->rows[i].size == sizeof out->rows[i] && out->rows[i].decision == 0);
        out->rows[i].decision = call * HS_LINK_ROWS + i + 1;
    }
    return call == BATCHES ? HMX_E_NOMEM : HMX_OK;
}

static const hmx_host HOST = {.size = sizeof HOST};

static hs_plugin fake_plugin(void)
{
    const hs_plugin plugin = {.ops = {.size = sizeof(hmx_ops),
                                      .create = fake_create,
                                      .destroy = fake_destroy,
                                      .upstreams = fake_upstreams,
                                      .on_channel_open = fake_open,
                                      .on_channel_close = fake_close,
                                      .on_share = fake_share,
                                      .on_tick = fake_tick,
                                      .on_reassign = fake_reassign}};
    memset(&fake, 0, sizeof fake);
    return plugin;
}

static int start(hs_link *link, const hs_plugin *plugin, const char *config, char *why)
{
    static const uint8_t seed[32] = {1, 2, 3};
    const hs_link_options options = {
        .config_text = config, .seed = seed, .channels_max = 12, .host = &HOST};
    *link = (hs_link){.now_ns = 5000, .unix_ms = 6000};
    return hs_link_start(link, plugin, &options, why, 4096);
}

Test(link, creates_and_destroys_once)
{
    char why[4096] = "";
    const hs_plugin plugin = fake_plugin();
    hs_link link;
    cr_assert_eq(start(&link, &plugin, "good", why), 0, "%s", why);
    cr_assert(fake.created.size == sizeof fake.created && fake.created.channels_max == 12);
    cr_assert(fake.created.now_ns == 5000 && fake.created.unix_ms == 6000);
    cr_assert(fake.created.config_path.data == NULL && fake.created.instance_count == 1);
    cr_assert(strcmp(fake.config, "good") == 0 && fake.seed[2] == 3);
    cr_assert_eq(hs_link_stop(&link), 0);
    cr_assert_eq(hs_link_stop(&link), 0, "twice does no harm");
    cr_assert_eq(fake.destroyed, 1);
}

Test(link, a_refusal_is_a_sentence)
{
    char why[4096] = "";
    const hs_plugin plugin = fake_plugin();
    hs_link link;
    cr_assert_eq(start(&link, &plugin, "refuse", why), -1);
    cr_assert_eq(strncmp(why, "the plugin does not start: xxx", 30), 0, "%s", why);
    cr_assert_eq(strlen(link.reasons), HS_LINK_REASONS_SIZE - 1);
    cr_assert_eq(hs_link_stop(&link), 0);
    cr_assert_eq(fake.destroyed, 0);
    cr_assert_eq(start(&link, &plugin, "empty", why), -1, "an instance that is none");
    cr_assert_str_eq(why, "the plugin does not start: a fault of the plugin: it stops");
    cr_assert_eq(hs_link_reconfigure(&link, NULL, "new"), HMX_E_UNSUPPORTED, "there is no hook");
    cr_assert_str_eq(link.reasons, "");
}

Test(link, the_table_is_cut_and_its_texts_end)
{
    char why[4096] = "";
    const hs_plugin plugin = fake_plugin();
    static hs_link_table table;
    hs_link link;
    cr_assert_eq(start(&link, &plugin, "good", why), 0);
    cr_assert_eq(hs_link_upstreams(&link, &table), HMX_OK);
    cr_assert(table.count == HMX_UPSTREAMS_MAX && table.told == TOO_MANY_ROWS);
    cr_assert_eq(table.rows[63].upstream, 64);
    cr_assert_eq(strlen(table.rows[63].id), HMX_ID_SIZE - 1);
    cr_assert_eq(strlen(table.rows[0].address), HMX_ADDRESS_SIZE - 1);
    hs_link_stop(&link);
}

Test(link, events_get_their_heads)
{
    char why[4096] = "";
    const hs_plugin plugin = fake_plugin();
    const uint8_t prefix[32] = {9, 8, 7};
    hs_link link;
    hmx_channel_open open = {.channel = 7};
    hmx_channel_decision answer;
    hmx_share share = {.event = {.flags = HMX_SHARE_FLAG_LOCAL}, .channel = 7};
    hmx_reassign moved = {.decision = 3, .channel = 7, .to = 2, .result = HMX_RESULT_APPLIED};
    cr_assert_eq(start(&link, &plugin, "good", why), 0);
    memset(&answer, 0xff, sizeof answer);
    cr_assert_eq(hs_link_open(&link, &open, &answer), HMX_OK);
    link.now_ns = 5001;
    cr_assert_eq(hs_link_share(&link, &share), HMX_OK);
    cr_assert_eq(fake.last.now_ns, 5001);
    cr_assert_eq(hs_link_reassign(&link, &moved, prefix, 3), HMX_OK);
    cr_assert(fake.reassign.extranonce_prefix_len == 3 && fake.reassign.decision == 3);
    cr_assert_eq(memcmp(fake.reassign.extranonce_prefix, prefix, 32), 0);
    cr_assert_eq(hs_link_drained(&link, 7, 70, 2, prefix, 3), HMX_OK);
    cr_assert(fake.reassign.result == HMX_RESULT_DRAINED && fake.reassign.from == 2);
    cr_assert(fake.reassign.to == HMX_NONE && fake.reassign.cookie == 70);
    cr_assert_eq(hs_link_close(&link, 7, 70, HMX_CLOSE_PEER), HMX_OK);
    cr_assert_eq(fake.last.seq, 5);
    hs_link_stop(&link);
}

Test(link, ticks_until_there_is_no_more)
{
    char why[4096] = "";
    const hs_plugin plugin = fake_plugin();
    hs_link link;
    uint64_t number = 0;
    cr_assert_eq(start(&link, &plugin, "good", why), 0);
    hs_link_tick tick = {.link = &link};
    for (const hmx_decision *d; (d = hs_link_next(&tick)) != NULL;) {
        cr_assert_eq(fake.ticks, number / HS_LINK_ROWS + 1, "a row comes before the next call");
        cr_assert_eq(d->decision, ++number);
    }
    cr_assert(fake.ticks == BATCHES && number == (BATCHES - 1) * HS_LINK_ROWS + 1);
    cr_assert(fake.seen[0].unix_ms == 6000);
    link.now_ns += 70;
    tick = (hs_link_tick){.link = &link};
    cr_assert_null(hs_link_next(&tick), "what comes with an error is nothing");
    cr_assert_eq(fake.ticks, BATCHES + 1);
    fake.endless = 1;
    tick = (hs_link_tick){.link = &link};
    cr_assert_null(hs_link_next(&tick), "more to come, and nothing given");
    cr_assert_eq(fake.ticks, BATCHES + 2);
    fake.endless = 2;
    tick = (hs_link_tick){.link = &link};
    while (hs_link_next(&tick) != NULL) {
    }
    cr_assert_eq(fake.ticks, BATCHES + 2 + HS_LINK_CALLS_MAX);
    hs_link_stop(&link);
}

static void fail_on_violation(void *ctx, enum hs_side side, const char *check, const char *text)
{
    (void)ctx;
    cr_assert_fail("side %d: %s: %s", (int)side, check, text);
}

static hmx_channel_open open_deaf(void)
{
    return (hmx_channel_open){.channel = 7,
                              .connection = 1,
                              .kind = HMX_CHANNEL_EXTENDED,
                              .honours_prefix = HMX_NO,
                              .min_extranonce_size = 4,
                              .extranonce_size = 4,
                              .nominal_hashrate = 1e14};
}

/* A deaf peer's pool is lost: is its channel to be closed, to be opened again? */
static int is_reopened(uint64_t caps)
{
    static const char config[] =
        "[controller]\nreopen = deaf\n[failover]\nhold_down_secs = 0\n"
        "[upstream.a]\naddress = 127.0.0.1\nport = 1\npercentage = 50\npriority = 1\n"
        "[upstream.b]\naddress = 127.0.0.1\nport = 2\npercentage = 50\npriority = 2\n";
    char why[4096] = "";
    hs_plugin plugin;
    const hs_load_options load = hs_loader_defaults();
    cr_assert_eq(hs_loader_open(HMX_HASHMUX_SO, &load, &plugin, why, sizeof why), HS_LOAD_OK);
    const hs_link_options options = {.config_text = config,
                                     .guard = {.caps = caps, .violation = fail_on_violation}};
    hs_link link = {.now_ns = 1000000000, .unix_ms = 1};
    cr_assert_eq(hs_link_start(&link, &plugin, &options, why, sizeof why), 0, "%s", why);
    hmx_upstream_event pool = {.state = HMX_UPSTREAM_UP, .extranonce_size = 16, .has_job = HMX_YES};
    for (pool.upstream = 1; pool.upstream <= 2; pool.upstream++) {
        cr_assert_eq(hs_link_upstream(&link, &pool), HMX_OK);
    }
    hmx_channel_open open = open_deaf();
    hmx_channel_decision answer;
    cr_assert_eq(hs_link_open(&link, &open, &answer), HMX_OK);
    cr_assert_eq(answer.action, HMX_ACTION_ASSIGN);
    pool.upstream = answer.upstream;
    pool.state = HMX_UPSTREAM_DOWN;
    link.now_ns += 1000000000;
    cr_assert_eq(hs_link_upstream(&link, &pool), HMX_OK);
    hs_link_tick tick = {.link = &link};
    const hmx_decision *const d = hs_link_next(&tick);
    const int reopened = d != NULL && d->style == HMX_STYLE_REOPEN;
    cr_assert(d == NULL || reopened, "nothing else is legal");
    cr_assert_eq(hs_link_stop(&link), 0);
    hs_loader_close(&plugin);
    return reopened;
}

Test(link, what_a_host_does_not_carry_out_is_not_offered)
{
    cr_assert_eq(is_reopened(0), 1, "all that our hosts can do, unless they say otherwise");
    cr_assert_eq(is_reopened(HS_HOST_CAPS), 1);
    cr_assert_eq(is_reopened(HS_HOST_CAPS_BUT_REOPEN), 0);
}

Test(link, the_guard_finds_nothing_wrong)
{
    static const char config[] =
        "[upstream.a]\naddress = 127.0.0.1\nport = 3333\npercentage = 100\npriority = 1\n";
    char why[4096] = "";
    hs_plugin plugin;
    static hs_link_table table;
    const hs_load_options load = hs_loader_defaults();
    cr_assert_eq(hs_loader_open(HMX_HASHMUX_SO, &load, &plugin, why, sizeof why), HS_LOAD_OK);
    const hs_link_options options = {.config_text = config,
                                     .guard = {.violation = fail_on_violation}};
    hs_link link = {.now_ns = 1000000000, .unix_ms = 1};
    cr_assert_eq(hs_link_start(&link, &plugin, &options, why, sizeof why), 0, "%s", why);
    cr_assert_eq(hs_link_upstreams(&link, &table), HMX_OK);
    cr_assert(table.count == 1 && table.told == 1);
    cr_assert_str_eq(table.rows[0].id, "a");
    hmx_upstream_event up = {.upstream = table.rows[0].upstream,
                             .state = HMX_UPSTREAM_UP,
                             .extranonce_size = 16,
                             .has_job = HMX_YES};
    hmx_channel_open open = {
        .channel = 7, .connection = 1, .kind = HMX_CHANNEL_STANDARD, .nominal_hashrate = 1e14};
    hmx_channel_decision answer;
    cr_assert_eq(hs_link_upstream(&link, &up), HMX_OK);
    cr_assert_eq(hs_link_open(&link, &open, &answer), HMX_OK);
    cr_assert(answer.action == HMX_ACTION_ASSIGN && answer.upstream == table.rows[0].upstream);
    hmx_channel_update update = {.channel = 7,
                                 .cookie = answer.cookie,
                                 .changed = HMX_FACT_NOMINAL_HASHRATE,
                                 .nominal_hashrate = 2e14};
    hmx_share share = {.channel = 7,
                       .cookie = answer.cookie,
                       .upstream = answer.upstream,
                       .verdict = HMX_SHARE_SUBMITTED,
                       .count = 1,
                       .work = 1000.0};
    cr_assert_eq(hs_link_update(&link, &update), HMX_OK);
    cr_assert_eq(hs_link_share(&link, &share), HMX_OK);
    for (int i = 0; i < 3; i++) {
        link.now_ns += 1000000000;
        hs_link_tick tick = {.link = &link};
        cr_assert_null(hs_link_next(&tick), "one pool leaves nothing to decide");
    }
    cr_assert_eq(hs_link_reconfigure(&link, NULL, config), HMX_OK, "%s", link.reasons);
    cr_assert_eq(hs_link_reconfigure(&link, NULL, "nonsense"), HMX_E_CONFIG);
    cr_assert_neq(link.reasons[0], '\0');
    cr_assert_eq(hs_link_close(&link, 7, answer.cookie, HMX_CLOSE_PEER), HMX_OK);
    cr_assert_eq(hs_link_drained(&link, 7, answer.cookie, answer.upstream, answer.extranonce_prefix,
                                 answer.extranonce_prefix_len),
                 HMX_OK);
    cr_assert_eq(hs_link_stop(&link), 0);
    hs_loader_close(&plugin);
}
