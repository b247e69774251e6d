/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * No input crashes the loader, nothing is half-applied, nothing is left allocated. */
#include "tests/unit/config/config_fixture.h"

#include "tests/unit/test_random.h"

#define A100    FIXTURE_UPSTREAM("a", "100", "1")
#define EXAMPLE HMX_SOURCE_DIR "/plugin.ini.example"

/* ---- nothing crashes, nothing is half-applied ---- */

/* Every cut in the middle of something is refused; the last section is complete only at its end. */
Test(config_robust, every_beginning_of_the_example)
{
    size_t len = 0;
    const char *const text = fixture_read(EXAMPLE, &len);
    const char *const comments = strstr(strstr(text, "[upstream.pool_c]"), "\n# ---");
    int accepted = 0;
    for (size_t cut = 0; cut <= (size_t)(comments - text); cut++) {
        accepted += fixture_run(NULL, text, cut, 0)->status == HMX_OK;
    }
    cr_assert(accepted >= 1 && accepted < 40, "%d beginnings are legal", accepted);
}

Test(config_robust, every_beginning_of_a_file_with_every_key)
{
    int accepted = 0;
    for (size_t cut = 0; cut < sizeof FIXTURE_EVERYTHING; cut++) {
        accepted += fixture_run(NULL, FIXTURE_EVERYTHING, cut, 0)->status == HMX_OK;
    }
    cr_assert(accepted >= 1 && accepted < 60, "%d beginnings are legal", accepted);
}

/* One change: a byte replaced, removed, inserted, or a piece copied over another. */
static size_t mutate(char *data, size_t len, size_t size, uint64_t *state)
{
    static const char interesting[] = "\n\r\0=;#[]:. ,-0159eE\xFF\xC3\x80\tz";
    const size_t at = (size_t)(test_random(state) % len);
    const char byte = interesting[test_random(state) % (sizeof interesting - 1)];
    switch (test_random(state) % 5) {
    case 0:
        data[at] = byte;
        return len;
    case 1:
        data[at] = (char)test_random(state);
        return len;
    case 2:
        memmove(data + at, data + at + 1, len - at - 1);
        return len - 1;
    case 3:
        if (len < size) {
            memmove(data + at + 1, data + at, len - at);
            data[at] = byte;
            return len + 1;
        }
        return len;
    default: {
        const size_t from = (size_t)(test_random(state) % len);
        size_t n = (size_t)(test_random(state) % 200);
        n = n > len - at ? len - at : n;
        n = n > len - from ? len - from : n;
        memmove(data + at, data + from, n);
        return len;
    }
    }
}

/* The example, or a file with every key, and some changes. */
Test(config_robust, mutations)
{
    size_t example_len = 0;
    const char *const example = fixture_read(EXAMPLE, &example_len);
    static char data[66000];
    uint64_t state = 2026;
    int accepted = 0;
    for (int i = 0; i < 6000; i++) {
        const char *const original = i % 2 == 0 ? example : FIXTURE_EVERYTHING;
        size_t len = i % 2 == 0 ? example_len : sizeof FIXTURE_EVERYTHING - 1;
        memcpy(data, original, len);
        const uint64_t changes = 1 + test_random(&state) % 4;
        for (uint64_t c = 0; c < changes; c++) {
            len = mutate(data, len, sizeof data, &state);
        }
        const fixture_load *const r = fixture_run(NULL, data, len, 0);
        if (r->status == HMX_OK) { /* what is accepted is valid by itself */
            char why[4096];
            hm_text t;
            hm_text_init(&t, why, sizeof why);
            cr_assert_eq(hm_config_validate(&r->config, &t), HMX_OK, "%s", why);
            accepted++;
        }
        for (const char *c = r->why; *c != '\0';) { /* and what is said is clean text */
            const size_t n = hm_utf8_character(c, strlen(c));
            cr_assert(n > 0 && (*c == '\n' || !hm_utf8_is_control(c, n)), "%s", r->why);
            c += n;
        }
    }
    cr_assert(accepted > 300 && accepted < 5700, "%d of 6000 accepted", accepted);
}

/* Text that has little to do with INI. */
Test(config_robust, noise)
{
    uint64_t state = 7;
    char data[600];
    for (int i = 0; i < 6000; i++) {
        const size_t len = (size_t)(test_random(&state) % sizeof data);
        for (size_t b = 0; b < len; b++) {
            static const char few[] = "[]=;#:\n\n\n ab.upstream1";
            data[b] = i % 2 == 0 ? (char)test_random(&state)
                                 : few[test_random(&state) % (sizeof few - 1)];
        }
        cr_assert_eq(fixture_run(NULL, data, len, 0)->status, HMX_E_CONFIG);
    }
}

Test(config_robust, every_allocation_may_fail)
{
    for (int from = 0; from < 2; from++) {
        for (int way = 0; way < 2; way++) {
            int finished = 0;
            for (uint64_t k = 1; !finished; k++) {
                counted_memory counted = {.fail_at = k, .fail_from = from};
                const hm_memory memory = counted_hm_memory(&counted);
                static hm_config config;
                char why[1024];
                char warnings[1024];
                hm_text w;
                hm_text v;
                hm_text_init(&w, why, sizeof why);
                hm_text_init(&v, warnings, sizeof warnings);
                memset(&config, 0xEE, sizeof config);
                const hmx_status status =
                    way == 0
                        ? hm_config_load(&memory, EXAMPLE, (hmx_view){NULL, 0}, 0, &config, &w, &v)
                        : hm_config_load(&memory, NULL, (hmx_view){A100, strlen(A100)}, 0, &config,
                                         &w, &v);
                finished = counted.asked < k;
                cr_assert_eq(status, finished ? HMX_OK : HMX_E_NOMEM);
                cr_assert_str_eq(why,
                                 finished ? "" : "the host has no memory for the configuration");
                cr_assert_eq(((unsigned char *)&config)[0] == 0xEE, !finished);
                cr_assert_eq(counted.live_blocks, 0);
                cr_assert_eq(counted.live_bytes, 0);
                cr_assert_eq(counted.mistakes, 0);
                cr_assert_lt(k, 20);
            }
        }
    }
}

/* Whatever room the caller gives, nothing is written beyond it. */
Test(config_robust, the_reasons_are_cut_at_their_capacity)
{
    for (size_t capacity = 0; capacity < 200; capacity++) {
        counted_memory counted = {0};
        const hm_memory memory = counted_hm_memory(&counted);
        static hm_config config;
        char why[256];
        memset(why, '#', sizeof why);
        hm_text w;
        hm_text nowhere;
        hm_text_init(&w, why, capacity);
        hm_text_init(&nowhere, NULL, 0);
        cr_assert_eq(
            hm_config_load(&memory, NULL, (hmx_view){"[a]\nb\nc\n", 8}, 0, &config, &w, &nowhere),
            HMX_E_CONFIG);
        cr_assert_eq(why[capacity], '#');
        cr_assert(capacity == 0 || strlen(why) < capacity);
    }
}
