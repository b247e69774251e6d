/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * config_fixture.h: loading a configuration in a unit test: the texts, the allocator and the checks
 * that hold for every load (nothing alive afterwards, nothing half-applied). */
#ifndef TESTS_UNIT_CONFIG_CONFIG_FIXTURE_H
#define TESTS_UNIT_CONFIG_CONFIG_FIXTURE_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "plugin/config/config.h"
#include "tests/unit/counted_memory.h"

#define FIXTURE_KEY_A "9bXiEd8boQVhq7WddEcERUL5tyyJVFYdU8th3HfbNXK3Yw6GRXh"
#define FIXTURE_KEY_B "9auqWEzQDVyd2oe1JVGFLMLHZtCo2FFqZwtKA5gd9xbuEu7PH72"

/* One upstream's section; six lines. */
#define FIXTURE_UPSTREAM(id, percentage, priority)                                                 \
    "[upstream." id "]\naddress = " id ".example\nport = 3333\nauthority_pubkey = " FIXTURE_KEY_A  \
    "\npercentage = " percentage "\npriority = " priority "\n"

/* A legal file in which every key of the table is given. */
#define FIXTURE_EVERYTHING                                                                         \
    "[controller]\ntuning_model = conservative\nkp = 0.25\nki = 0.5\nkd = 0.125\n"                 \
    "deadband_points = 1.5\nevaluation_interval_secs = 11\n"                                       \
    "min_reassignment_interval_secs = 0\nmeasure_on_accepted = false\nintegral_limit = 50.5\n"     \
    "measurement_window_secs = 900\nestimator_window_secs = 61\ntime_slicing = off\n"              \
    "noise_factor = 1.5\nhold_secs = 13\nmin_improvement = 0.25\nripple_point_mins = 480.5\n"      \
    "dwell_secs = 14\n[failover]\nauto_redistribute = no\nauto_restore = off\n"                    \
    "health_check_interval_secs = 7\nhold_down_secs = 8\nhold_down_max_secs = 9\n"                 \
    "grey_detection = no\ngrey_min_shares = 12\ngrey_reject_pct = 12.5\n"                          \
    "[upstream.a]\naddress = 2001:db8::1\nport = 1\nauthority_pubkey = " FIXTURE_KEY_A             \
    "\npercentage = 100\npriority = 4294967295\nenabled = yes\nmin_ths = 0\nmax_ths = 0.000001\n"  \
    "[upstream.b]\naddress = b.example\nport = 2\nauthority_pubkey = " FIXTURE_KEY_B               \
    "\nhashrate_ths = 123.456\npriority = 7\nenabled = yes\nmin_ths = 123.456\n"                   \
    "max_ths = 999999999\n"                                                                        \
    "[pin.first]\nuser_identity = caf\xC3\xA9 *.s9;x\nupstream = b\n"                              \
    "[pin.2]\nuser_identity=*\nupstream=stay\n"

typedef struct fixture_load {
    hmx_status status;
    hm_config config; /* 0xEE bytes unless HMX_OK */
    char why[16384];
    char warnings[4096];
} fixture_load;

static inline const fixture_load *fixture_run(const char *path, const char *text, size_t len,
                                              uint32_t upstreams_max)
{
    static fixture_load r;
    counted_memory counted = {0};
    const hm_memory memory = counted_hm_memory(&counted);
    hm_text why;
    hm_text warnings;
    memset(&r, 0xEE, sizeof r);
    hm_text_init(&why, r.why, sizeof r.why);
    hm_text_init(&warnings, r.warnings, sizeof r.warnings);
    r.status = hm_config_load(&memory, path, (hmx_view){text, len}, upstreams_max, &r.config, &why,
                              &warnings);
    cr_assert_eq(counted.live_blocks, 0);
    cr_assert_eq(counted.live_bytes, 0);
    cr_assert_eq(counted.mistakes, 0);
    if (r.status == HMX_OK) {
        cr_assert_str_eq(r.why, "");
    } else {
        cr_assert_str_neq(r.why, "", "a refusal without a reason");
        cr_assert_str_eq(r.warnings, "");
        const unsigned char *const bytes = (const unsigned char *)&r.config;
        cr_assert(bytes[0] == 0xEE && memcmp(bytes, bytes + 1, sizeof r.config - 1) == 0,
                  "a refused configuration wrote into the struct: %s", r.why);
    }
    return &r;
}

static inline const fixture_load *fixture_text(const char *text)
{
    return fixture_run(NULL, text, strlen(text), 0);
}

/* The configuration of a text that is expected to be legal. */
static inline const hm_config *fixture_accepted(const char *text)
{
    const fixture_load *const r = fixture_text(text);
    cr_assert_eq(r->status, HMX_OK, "%s", r->why);
    return &r->config;
}

/* Asserts a refusal with exactly these lines. */
static inline void fixture_refused(const char *text, const char *why)
{
    const fixture_load *const r = fixture_text(text);
    cr_assert_eq(r->status, HMX_E_CONFIG);
    cr_assert_str_eq(r->why, why);
}

/* Asserts a refusal that says `part` somewhere. */
static inline void fixture_refused_with(const char *text, const char *part)
{
    const fixture_load *const r = fixture_text(text);
    cr_assert_eq(r->status, HMX_E_CONFIG, "accepted: %s", text);
    cr_assert_not_null(strstr(r->why, part), "'%s' does not say '%s'", r->why, part);
}

/* The whole file as text; static memory. */
static inline const char *fixture_read(const char *path, size_t *len)
{
    static char data[65536];
    FILE *const in = fopen(path, "rb");
    cr_assert_not_null(in, "%s", path);
    *len = fread(data, 1, sizeof data - 1, in);
    (void)fclose(in);
    cr_assert(*len > 0 && *len < sizeof data - 1);
    data[*len] = '\0';
    return data;
}

#endif /* TESTS_UNIT_CONFIG_CONFIG_FIXTURE_H */
