/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tests/unit/config/config_fixture.h"

#include <locale.h>

#include "plugin/base/decimal.h"
#include "tests/unit/test_random.h"

#define ABC                                                                                        \
    FIXTURE_UPSTREAM("a", "60", "1")                                                               \
    FIXTURE_UPSTREAM("b", "30", "2") FIXTURE_UPSTREAM("c", "10", "3")

typedef struct sink {
    char data[262144]; /* 64 upstreams and 64 pins with all their comments */
    size_t len;
    int calls;
    int fail_at; /* the call that fails, from 1; 0 = none */
} sink;

static hmx_status write_to_sink(void *ctx, const void *data, uint64_t len)
{
    sink *const s = (sink *)ctx;
    s->calls++;
    if (s->calls == s->fail_at) {
        return HMX_E_IO;
    }
    cr_assert_lt(s->len + len, sizeof s->data);
    memcpy(s->data + s->len, data, len);
    s->len += len;
    s->data[s->len] = '\0';
    return HMX_OK;
}

static const char *written(const hm_config *config)
{
    static sink s;
    memset(&s, 0, sizeof s);
    const hmx_writer to = {sizeof to, 0, &s, write_to_sink};
    cr_assert_eq(hm_config_write(config, &to), HMX_OK);
    return s.data;
}

/* Writes, reads, and compares byte for byte; returns what was read. */
static const hm_config *round_trip(const hm_config *config)
{
    static hm_config before;
    before = *config;
    const hm_config *const after = fixture_accepted(written(&before));
    cr_assert_eq(memcmp(&before.controller, &after->controller, sizeof before.controller), 0);
    cr_assert_eq(memcmp(&before.failover, &after->failover, sizeof before.failover), 0);
    cr_assert_eq(before.pin_count, after->pin_count);
    cr_assert_eq(memcmp(before.pins, after->pins, sizeof before.pins), 0);
    cr_assert_eq(before.upstream_count, after->upstream_count);
    for (uint32_t i = 0; i < before.upstream_count; i++) {
        cr_assert_eq(memcmp(&before.upstreams[i], &after->upstreams[i], sizeof before.upstreams[i]),
                     0, "upstream %u", i);
    }
    return after;
}

Test(config_write, reads_back_the_same)
{
    (void)round_trip(fixture_accepted(ABC));
    const fixture_load *const example =
        fixture_run(HMX_SOURCE_DIR "/plugin.ini.example", NULL, 0, 0);
    (void)round_trip(&example->config);
    const hm_config *const all = round_trip(fixture_accepted(FIXTURE_EVERYTHING));
    cr_assert_str_eq(all->pins[0].user_identity, "caf\xC3\xA9 *.s9;x");
    cr_assert_eq(all->pin_count, 2);
    (void)round_trip(fixture_accepted(
        ABC "[controller]\ntuning_model = aggressive\nkp = 0.000001\nki = 999.999999\nkd = 1000\n"
            "deadband_points = 0.1\nintegral_limit = 0\n[failover]\nauto_restore = no\n"));
    (void)round_trip(fixture_accepted(
        "[upstream.x]\naddress = 2001:db8::1\nport = 65535\npercentage = 33.33\npriority = 9\n"
        "authority_pubkey = 0276637000979c1c11af0c300bcd8c7fe48610fce9b9c11e3daee35ae0b08a7455\n"
        "[upstream.y]\naddress = Y.example.\nport = 1\npercentage = 66.66\npriority = 4294967295\n"
        "[upstream.z]\naddress = z\nport = 1\npercentage = 5\npriority = 0\nenabled = no\n"));
}

/* The longest id, address, key and numbers still make lines that are read. */
Test(config_write, the_longest_values_read_back)
{
    char text[1024];
    char address[161];
    for (size_t i = 0; i < 160; i++) {
        address[i] = i % 50 == 49 ? '.' : 'a';
    }
    address[160] = '\0';
    (void)snprintf(text, sizeof text,
                   "[upstream.abcdefghijklmnopqrstuvwxyz012345]\naddress=%s\nport=65535\n"
                   "priority=4294967295\npercentage=99.999999\nauthority_pubkey="
                   "0376637000979c1c11af0c300bcd8c7fe48610fce9b9c11e3daee35ae0b08a7455\n",
                   address);
    cr_assert_str_eq(round_trip(fixture_accepted(text))->upstreams[0].address, address);
}

Test(config_write, comments_tell_what_a_key_is)
{
    const char *const text = written(fixture_accepted(ABC));
    cr_assert_not_null(strstr(text,
                              "# A smaller deviation from the target moves no miner; auto: the "
                              "luck of the shares decides.\n"
                              "# auto, or 0..100 percentage points, six decimals at most; default "
                              "auto\ndeadband_points = auto\n"));
    cr_assert_not_null(strstr(text, "\n;kp =\n"));
    cr_assert_null(strstr(text, "Scaled"));
}

/* Loads what is written for percentages and enabled flags; returns the enabled sum in
 * millionths. */
static int64_t written_sum(const hm_config *config, hm_config *again)
{
    *again = *fixture_accepted(written(config));
    int64_t sum = 0;
    for (uint32_t i = 0; i < again->upstream_count; i++) {
        int64_t micros = 0;
        cr_assert_eq(hm_decimal_micros(again->upstreams[i].percentage, &micros), 0);
        sum += again->upstreams[i].enabled ? micros : 0;
    }
    return sum;
}

Test(config_write, a_drained_upstream_scales_the_others)
{
    static hm_config config;
    static hm_config again;
    config = *fixture_accepted(ABC);
    config.upstreams[0].enabled = 0;
    cr_assert_eq(written_sum(&config, &again), 100000000);
    cr_assert(again.upstreams[0].percentage == 60, "its own target is kept");
    cr_assert_eq(again.upstreams[0].enabled, 0);
    cr_assert(again.upstreams[1].percentage == 75);
    cr_assert(again.upstreams[2].percentage == 25);
    cr_assert_not_null(strstr(written(&config), "; configured: 30\npercentage = 75\n"));
    (void)round_trip(&again);

    /* An upstream enabled on top scales the others down. */
    config = *fixture_accepted(
        ABC "[upstream.d]\naddress = d\nport = 1\npercentage = 20\npriority = 9\nenabled = no\n");
    config.upstreams[3].enabled = 1;
    cr_assert_eq(written_sum(&config, &again), 100000000);
    cr_assert(again.upstreams[0].percentage == 50);
    cr_assert(again.upstreams[1].percentage == 25);
    cr_assert(again.upstreams[2].percentage == 8.333333);
    cr_assert(again.upstreams[3].percentage == 16.666667);
}

Test(config_write, the_residue_goes_to_the_largest)
{
    static hm_config config;
    static hm_config again;
    config = *fixture_accepted(FIXTURE_UPSTREAM("a", "10", "1") FIXTURE_UPSTREAM(
        "b", "10", "2") FIXTURE_UPSTREAM("c", "10", "3") FIXTURE_UPSTREAM("d", "70", "4"));
    config.upstreams[3].enabled = 0;
    cr_assert_eq(written_sum(&config, &again), 100000000);
    cr_assert(again.upstreams[0].percentage == 33.333334, "the first of the largest");
    cr_assert(again.upstreams[1].percentage == 33.333333);
    cr_assert(again.upstreams[2].percentage == 33.333333);
    config.upstreams[1].percentage = 10.000001;
    (void)written_sum(&config, &again);
    cr_assert(again.upstreams[0].percentage < again.upstreams[1].percentage);
}

/* Absolute targets are neither counted nor scaled, and percentages that are all 0 beside one are
 * fine. */
Test(config_write, absolute_targets_are_left_alone)
{
    static hm_config config;
    static hm_config again;
    config = *fixture_accepted(ABC "[upstream.d]\naddress = d\nport = 1\nhashrate_ths = 40\n"
                                   "priority = 9\nmin_ths = 30\nmax_ths = 50\n");
    config.upstreams[0].enabled = 0;
    cr_assert_eq(written_sum(&config, &again), 100000000);
    cr_assert(again.upstreams[1].percentage == 75);
    cr_assert(again.upstreams[3].hashrate_ths == 40 && again.upstreams[3].has_hashrate_ths);
    cr_assert(again.upstreams[3].has_percentage == 0 && again.upstreams[3].percentage == 0);
    const char *const absolute = strstr(written(&config), "\n[upstream.d]\n");
    cr_assert_not_null(strstr(absolute, "\n;percentage =\n"));
    cr_assert_null(strstr(absolute, "Scaled"), "only what is scaled says so");
    config.upstreams[1].enabled = 0; /* only c and d are left */
    config.upstreams[2].percentage = 0;
    (void)round_trip(&config);
    cr_assert_null(strstr(written(&config), "Scaled"));
    config.upstreams[2].enabled = 0; /* only d */
    (void)round_trip(&config);
}

/* 64 pools and 64 pins with the longest of everything: still a file that is read. */
Test(config_write, the_largest_configuration_reads_back)
{
    static hm_config config;
    config = *fixture_accepted(FIXTURE_EVERYTHING);
    const hm_config_upstream one = config.upstreams[1];
    config.upstream_count = HMX_UPSTREAMS_MAX;
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        hm_config_upstream *const u = &config.upstreams[i];
        *u = one;
        (void)snprintf(u->id, sizeof u->id, "abcdefghijklmnopqrstuvwxyz0123%02u", i);
        memset(u->address, 'a', 60);
        memset(u->address + 61, 'b', 60);
        u->address[60] = '.';
        u->address[121] = '\0';
        u->port = 65535 - i;
        u->priority = UINT32_MAX - i;
    }
    config.pin_count = HM_CONFIG_PINS_MAX;
    memset(config.pins, 0, sizeof config.pins);
    for (uint32_t i = 0; i < HM_CONFIG_PINS_MAX; i++) {
        hm_config_pin *const p = &config.pins[i];
        (void)snprintf(p->name, sizeof p->name, "abcdefghijklmnopqrstuvwxyz0123%02u", i);
        (void)snprintf(p->upstream, sizeof p->upstream, "%s", config.upstreams[63 - i].id);
        memset(p->user_identity, '#', 128);
        p->user_identity[1] = (char)('0' + i);
        p->user_identity[126] = '\xC3';
        p->user_identity[127] = '\xA0';
    }
    (void)round_trip(&config);
}

/* 99.99 is what three times 33.33 is meant to be: left alone. */
Test(config_write, what_a_file_may_be_off_is_not_scaled)
{
    const hm_config *const c =
        round_trip(fixture_accepted(FIXTURE_UPSTREAM("a", "33.33", "1") FIXTURE_UPSTREAM(
            "b", "33.33", "2") FIXTURE_UPSTREAM("c", "33.33", "3")));
    cr_assert(c->upstreams[0].percentage == 33.33);
    cr_assert_null(strstr(written(c), "Scaled"));
}

/* Any percentages, any of them enabled: what is written is legal, sums to 100, keeps the order of
 * the targets, and is written again as it is. */
Test(config_write, scaling_is_exact_and_idempotent)
{
    static hm_config config;
    static hm_config once;
    static hm_config twice;
    static char text[16384];
    uint64_t state = 3;
    for (int i = 0; i < 300; i++) {
        const uint32_t n = 1 + (uint32_t)(test_random(&state) % 64);
        hm_text t;
        hm_text_init(&t, text, sizeof text);
        for (uint32_t u = 0; u < n; u++) {
            hm_text_addf(&t, "[upstream.u%u]\naddress=u%u\nport=1\npriority=%u\npercentage=%u\n", u,
                         u, u, u == 0 ? 100 : 0);
        }
        config = *fixture_accepted(text);
        for (uint32_t u = 0; u < n; u++) {
            const int64_t scale = u % 2 == 0 ? 100000001 : 1000;
            config.upstreams[u].percentage =
                hm_decimal_from_micros((int64_t)(test_random(&state) % (uint64_t)scale));
            config.upstreams[u].enabled = u == 0 || test_random(&state) % 3 != 0;
        }
        config.upstreams[0].percentage = hm_decimal_from_micros(1 + i % 7);
        const int64_t sum = written_sum(&config, &once);
        cr_assert(sum >= 99990000 && sum <= 100010000);
        cr_assert(sum == 100000000 || memcmp(&once, &config, sizeof once) == 0);
        cr_assert_eq(written_sum(&once, &twice), sum);
        cr_assert_eq(memcmp(&once, &twice, sizeof once), 0);
        for (uint32_t u = 1; u < n; u++) {
            const hm_config_upstream *const a = &config.upstreams[u - 1];
            const hm_config_upstream *const b = &config.upstreams[u];
            if (a->enabled && b->enabled && a->percentage < b->percentage) {
                cr_assert_leq(once.upstreams[u - 1].percentage,
                              once.upstreams[u].percentage + 64e-6);
            }
        }
    }
}

Test(config_write, a_writer_that_fails_is_told_about)
{
    static hm_config config;
    static sink s;
    config = *fixture_accepted(ABC);
    for (int k = 1;; k++) {
        memset(&s, 0, sizeof s);
        s.fail_at = k;
        const hmx_writer to = {sizeof to, 0, &s, write_to_sink};
        const hmx_status status = hm_config_write(&config, &to);
        if (s.calls < k) {
            cr_assert_eq(status, HMX_OK);
            break;
        }
        cr_assert_eq(status, HMX_E_IO);
        cr_assert_eq(s.calls, k, "nothing is written after a failure");
    }
}

Test(config_write, what_is_not_valid_is_not_written)
{
    static hm_config config;
    static sink s;
    config = *fixture_accepted(ABC);
    config.controller.deadband_points = -2;
    const hmx_writer to = {sizeof to, 0, &s, write_to_sink};
    cr_assert_eq(hm_config_write(&config, &to), HMX_E_CONFIG);
    config = *fixture_accepted(ABC);
    config.upstream_count = 65;
    cr_assert_eq(hm_config_write(&config, &to), HMX_E_CONFIG);
    cr_assert_eq(s.calls, 0);
}

/* The same bytes under a comma locale, where this machine has one. */
Test(config_write, the_locale_changes_nothing)
{
    static char expected[262144];
    static const char text[] = ABC "[controller]\ndeadband_points = 1.25\nmin_improvement = 0.125\n"
                                   "[pin.p]\nuser_identity = \xC3\xA0;\xC3\xA0\nupstream = stay\n";
    (void)strcpy(expected, written(fixture_accepted(text)));
    static const char *const locales[] = {"", "de_DE.UTF-8", "fr_FR.UTF-8", "de_DE.ISO-8859-1"};
    for (size_t i = 0; i < sizeof locales / sizeof locales[0]; i++) {
        (void)setlocale(LC_ALL, locales[i]);
        cr_assert_str_eq(written(fixture_accepted(text)), expected);
    }
}
