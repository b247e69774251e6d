/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * config_write: a configuration as INI text.
 */
#include <string.h>

#include "plugin/base/decimal.h"
#include "plugin/config/config.h"
#include "plugin/config/config_keys.h"
#include "plugin/config/config_rules.h"

#define HUNDRED_MICROS INT64_C(100000000)
#define CHUNK_SIZE     1024 /* one key with its comments, or one section's head */

/* One writing under way. */
typedef struct hm_writing {
    const hm_config *config;
    const hmx_writer *to;
    hmx_status status;
    int scaled;                             /* the percentages below are not the configured ones */
    int64_t percentages[HMX_UPSTREAMS_MAX]; /* millionths, as they are written */
} hm_writing;

static void flush(hm_writing *w, const hm_text *t)
{
    if (w->status == HMX_OK && w->to->write(w->to->ctx, t->data, (uint64_t)t->len) != HMX_OK) {
        w->status = HMX_E_IO;
    }
}

/* Scales the percentages of the enabled upstreams that have one to exactly 100, when they are off
 * by more than a file may be: then a second writing finds nothing to scale. Whole millionths only;
 * what rounding leaves goes to the largest, where it matters least. */
static void find_percentages(hm_writing *w)
{
    const int64_t sum = hm_config_enabled_sum_micros(w->config);
    int64_t written = 0;
    uint32_t largest = HMX_UPSTREAMS_MAX;
    w->scaled = sum > 0 && !hm_config_sum_is_whole(sum);
    for (uint32_t i = 0; i < w->config->upstream_count; i++) {
        const hm_config_upstream *const u = &w->config->upstreams[i];
        int64_t micros = 0;
        (void)hm_decimal_micros(u->percentage, &micros);
        if (w->scaled && u->enabled == 1 && u->has_percentage == 1) {
            /* At most 1e8 * 1e8 and a half: far inside 63 bits. */
            micros = (micros * HUNDRED_MICROS + sum / 2) / sum;
            written += micros;
            if (largest == HMX_UPSTREAMS_MAX || micros > w->percentages[largest]) {
                largest = i;
            }
        }
        w->percentages[i] = micros;
    }
    if (w->scaled) {
        w->percentages[largest] += HUNDRED_MICROS - written;
    }
}

static int is_percentage(const hm_config_key *key)
{
    return key->section == HM_SECTION_UPSTREAM && strcmp(key->name, "percentage") == 0;
}

static void write_key(hm_writing *w, const hm_config_key *key, uint32_t index)
{
    const void *const row = hm_config_row_const(w->config, key, index);
    char chunk[CHUNK_SIZE];
    hm_text t;
    hm_text_init(&t, chunk, sizeof chunk);
    hm_text_addf(&t, "# %s\n# ", key->help);
    hm_config_key_describe(key, &t);
    hm_text_add(&t, "\n");
    const int scaled = is_percentage(key) && w->scaled && hm_config_key_given(key, row) &&
                       w->config->upstreams[index].enabled == 1;
    if (scaled) {
        hm_text_add(&t, "# Scaled so that the enabled upstreams sum to 100; configured: ");
        hm_config_key_print(key, row, &t);
        hm_text_add(&t, "\n");
    }
    if (!hm_config_key_given(key, row)) {
        hm_text_addf(&t, ";%s =\n", key->name);
    } else {
        hm_text_addf(&t, "%s = ", key->name);
        if (scaled) {
            hm_text_add_decimal(&t, hm_decimal_from_micros(w->percentages[index]));
        } else {
            hm_config_key_print(key, row, &t);
        }
        hm_text_add(&t, "\n");
    }
    flush(w, &t);
}

static void write_section(hm_writing *w, hm_config_section section, uint32_t index)
{
    char head[CHUNK_SIZE];
    hm_text t;
    hm_text_init(&t, head, sizeof head);
    hm_text_addf(&t, "\n[%s", hm_section_name(section));
    if (hm_section_repeats(section)) {
        const char *name = NULL;
        (void)hm_config_row_name(w->config, section, index, &name);
        hm_text_addf(&t, ".%s", name);
    }
    hm_text_add(&t, "]\n");
    flush(w, &t);
    for (uint32_t k = 0; k < hm_config_key_count; k++) {
        if (hm_config_keys[k].section == section) {
            write_key(w, &hm_config_keys[k], index);
        }
    }
}

hmx_status hm_config_write(const hm_config *config, const hmx_writer *to)
{
    hm_writing w = {config, to, HMX_OK, 0, {0}};
    char head[CHUNK_SIZE];
    hm_text t;
    hm_text_init(&t, NULL, 0);
    if (hm_config_validate_running(config, &t) != HMX_OK) {
        return HMX_E_CONFIG;
    }
    hm_text_init(&t, head, sizeof head);
    find_percentages(&w);
    hm_text_add(&t, "# hashmux: the configuration in effect.\n");
    flush(&w, &t);
    for (unsigned s = 0; s < HM_SECTIONS; s++) {
        for (uint32_t i = 0; i < hm_section_rows(config, (hm_config_section)s); i++) {
            write_section(&w, (hm_config_section)s, i);
        }
    }
    return w.status;
}
