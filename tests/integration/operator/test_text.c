/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The snapshot and the channels as text: what is written is what the snapshot says. */
#include <jansson.h>
#include <math.h>

#include "tests/integration/harness_farm.h"

static it_host H;

typedef struct sink {
    char data[1 << 20];
    size_t len;
    uint64_t most; /* calls that succeed */
    uint64_t calls;
} sink;
static sink S;

static hmx_status keep(void *ctx, const void *data, uint64_t len)
{
    sink *const s = ctx;
    if (++s->calls > s->most || s->len + len >= sizeof s->data) {
        return HMX_E_IO;
    }
    memcpy(s->data + s->len, data, len);
    s->len += len;
    s->data[s->len] = '\0';
    return HMX_OK;
}

static const hmx_writer *writer(uint64_t most)
{
    static hmx_writer to;
    S.len = S.calls = 0;
    S.most = most;
    to = (hmx_writer){.size = sizeof to, .ctx = &S, .write = keep};
    return &to;
}

static json_t *parsed(void)
{
    json_error_t error;
    json_t *const all = json_loadb(S.data, S.len, JSON_REJECT_DUPLICATES, &error);
    cr_assert_not_null(all, "%s at %d", error.text, error.position);
    return all;
}

static double number(const json_t *of, const char *name)
{
    cr_assert(json_is_number(json_object_get(of, name)), "%s", name);
    return json_number_value(json_object_get(of, name));
}

static const char *word(const json_t *of, const char *name)
{
    cr_assert(json_is_string(json_object_get(of, name)), "%s", name);
    return json_string_value(json_object_get(of, name));
}

/* A farm that has done something: moves, rejects, a pool that is down. */
static void work(void)
{
    it_open(&H, "[controller]\ntuning_model = aggressive\n" IT_ABC);
    it_all_up(&H, 3);
    it_channels(&H, 40, 1e6);
    it_run(&H, 40, 30, IT_APPLY);
    it_share(&H, 0, IT_A, HMX_SHARE_SUBMITTED, 3, 3e6);
    it_share(&H, 0, IT_A, HMX_SHARE_REJECTED_STALE, 3, 3e6);
    it_down(&H, IT_C);
    it_run(&H, 3, 30, IT_APPLY);
}

/* The value of a sample; NAN when it is not there. */
static double sample(const char *name)
{
    const size_t len = strlen(name);
    for (const char *at = S.data; *at != '\0'; at = strchr(at, '\n') + 1) {
        if (strncmp(at, name, len) == 0 && at[len] == ' ') {
            /* By jansson: strtod reads as the locale does. */
            json_t *const read =
                json_loadb(at + len, strcspn(at + len, "\n"), JSON_DECODE_ANY, NULL);
            const double value = json_number_value(read);
            cr_assert(json_is_number(read), "%s", at);
            json_decref(read);
            return value;
        }
    }
    cr_assert_fail("no %s in %s", name, S.data);
    return 0.0;
}

static int is_near(double a, double b)
{
    return fabs(a - b) <= 1e-5 + 1e-6 * fabs(b);
}

Test(text, prometheus_says_what_the_snapshot_says)
{
    work();
    const it_view v = it_snapshot(&H);
    cr_assert_eq(H.metrics->write_prometheus(H.self, writer(UINT64_MAX)), HMX_OK);
    cr_assert_eq(sample("hashmux_channels"), 40);
    cr_assert_eq(sample("hashmux_tuning_model{model=\"aggressive\"}"), 1);
    cr_assert(is_near(sample("hashmux_hashrate_hashes_per_second"), v.s.hashrate));
    cr_assert(is_near(sample("hashmux_integral_gain_set_per_second"), 0.1 / 60.0));
    cr_assert(is_near(sample("hashmux_moves_applied_total"), (double)v.s.moves_applied));
    cr_assert(is_near(sample("hashmux_upstream_target_ratio{upstream=\"b\"}"), 0.3));
    cr_assert_eq(sample("hashmux_upstream_up{upstream=\"a\"}"), 1);
    cr_assert_eq(sample("hashmux_upstream_up{upstream=\"c\"}"), 0);
    cr_assert_eq(sample("hashmux_upstream_rejected_stale_shares_total{upstream=\"a\"}"), 3);
    cr_assert(is_near(sample("hashmux_upstream_rejected_stale_work_total{upstream=\"a\"}"), 3e6));
    cr_assert(is_near(sample("hashmux_upstream_integral_ratio_seconds{upstream=\"a\"}"),
                      0.6 * v.rows[0].integral_point_min));
    it_close(&H);
}

Test(text, json_says_what_the_snapshot_says)
{
    work();
    const it_view v = it_snapshot(&H);
    cr_assert_eq(H.metrics->write_json(H.self, writer(UINT64_MAX)), HMX_OK);
    json_t *const all = parsed();
    const json_t *const rows = json_object_get(all, "rows");
    cr_assert_eq(json_array_size(rows), 3);
    cr_assert_str_eq(word(all, "mode"), "live");
    cr_assert_str_eq(word(all, "tuning_model"), "aggressive");
    cr_assert_eq(number(all, "channels"), 40);
    cr_assert(is_near(number(all, "deviation_points"), v.s.deviation_points));
    const json_t *const c = json_array_get(rows, 2);
    cr_assert_str_eq(word(c, "id"), "c");
    cr_assert_str_eq(word(c, "out_reason"), "down");
    cr_assert_str_eq(json_string_value(json_array_get(json_object_get(c, "flags"), 0)), "enabled");
    cr_assert_eq(json_array_size(json_object_get(c, "flags")), 1);
    const json_t *const a = json_array_get(rows, 0);
    cr_assert(is_near(number(a, "command_pct"), v.rows[0].command_pct));
    cr_assert(is_near(number(a, "confirmed_work"), v.rows[0].confirmed_work));
    cr_assert_eq(number(json_object_get(a, "rejected_stale"), "count"), 3);
    json_decref(all);
    it_close(&H);
}

Test(text, channels_are_told_on_request_whatever_they_are_called)
{
    char identity[255];
    for (uint32_t i = 0; i < sizeof identity; i++) {
        identity[i] = (char)(i + 1);
    }
    it_open(&H, IT_ABC);
    it_all_up(&H, 3);
    for (uint32_t i = 0; i < 30; i++) {
        hmx_channel_open e = it_channel_event(&H, 1000);
        e.user_identity = (hmx_view){identity, 8u * i};
        it_channel_with(&H, &e);
    }
    it_close_channel(&H, 7);
    cr_assert_eq(H.metrics->write_channels(H.self, writer(UINT64_MAX)), HMX_OK);
    json_t *const all = parsed();
    const json_t *const channels = json_object_get(all, "channels");
    cr_assert_eq(json_array_size(channels), 29);
    const json_t *const ninth = json_array_get(channels, 8);
    cr_assert_eq(number(ninth, "channel"), 10);
    cr_assert_eq(number(ninth, "upstream"), H.channels[9].upstream);
    cr_assert(is_near(number(ninth, "hashrate"), it_hashrate(1000)));
    json_decref(all);
    cr_assert_eq(H.metrics->write_json(H.self, writer(UINT64_MAX)), HMX_OK);
    cr_assert_null(strstr(S.data, "connection\""), "and only then");
    it_close(&H);
}

Test(text, a_writer_that_fails_is_told_of)
{
    hmx_writer bad = {.size = sizeof bad};
    work();
    const uint64_t blocks = hs_guard_live_blocks(H.guard);
    for (uint64_t most = 0; most < 5; most++) {
        cr_assert_eq(H.metrics->write_prometheus(H.self, writer(most)), HMX_E_IO);
        cr_assert_eq(S.calls, most + 1, "and nothing more is said");
    }
    cr_assert_eq(H.metrics->write_json(H.self, writer(1)), HMX_E_IO);
    cr_assert_eq(H.metrics->write_channels(H.self, writer(0)), HMX_E_IO);
    cr_assert_eq(H.metrics->write_json(H.self, &bad), HMX_E_INVALID);
    cr_assert_eq(H.metrics->write_channels(H.self, NULL), HMX_E_INVALID);
    cr_assert_eq(H.metrics->write_prometheus(NULL, writer(9)), HMX_E_INVALID);
    cr_assert_eq(hs_guard_live_blocks(H.guard), blocks);
    it_close(&H);
}
