/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/config/config_judge.h"

#include <string.h>

#include "plugin/base/problems.h"

void hm_judge_complain(hm_judging *j, hm_config_place place, const char *sentence)
{
    j->broken++;
    j->judge->complain(j->judge->ctx, place, sentence);
}

hm_config_place hm_at_key(hm_config_section section, uint32_t row, uint32_t key)
{
    return (hm_config_place){section, row, key, hm_config_key_count};
}

hm_config_place hm_at_section(hm_config_section section, uint32_t row)
{
    return hm_at_key(section, row, hm_config_key_count);
}

void hm_judge_whole(hm_judging *j, const char *sentence)
{
    hm_judge_complain(j, hm_at_section(HM_SECTIONS, 0), sentence);
}

int hm_judge_known(const hm_judging *j, uint32_t row, uint32_t key)
{
    const hm_config_gaps *const gaps = j->judge->gaps;
    const uint32_t number = hm_config_row_number(hm_config_keys[key].section, row);
    return gaps == NULL || (gaps->keys[number] >> key & 1) == 0;
}

int hm_judge_usable(const hm_judging *j, uint32_t row, uint32_t key)
{
    const void *const at = hm_config_row_const(j->config, &hm_config_keys[key], row);
    hm_text nowhere;
    hm_text_init(&nowhere, NULL, 0);
    return hm_judge_known(j, row, key) && hm_config_key_given(&hm_config_keys[key], at) &&
           hm_config_key_check(&hm_config_keys[key], at, &nowhere) == HMX_OK;
}

/* "[upstream.pool_a]", "[controller]" */
static void add_section(const hm_config *config, hm_config_section section, uint32_t row,
                        hm_text *out)
{
    hm_text_addf(out, "[%s", hm_section_name(section));
    if (hm_section_repeats(section)) {
        const char *name = NULL;
        const size_t len = hm_config_row_name(config, section, row, &name);
        hm_text_add(out, ".");
        hm_text_add_view(out, name, len);
    }
    hm_text_add(out, "]");
}

void hm_config_add_place(const hm_config *config, hm_config_place place, hm_text *out)
{
    if (place.section < HM_SECTIONS) {
        add_section(config, place.section, place.row, out);
        hm_text_add(out, " ");
    }
}

void hm_judge_order(hm_judging *j, hm_config_section section, uint32_t row, const char *low,
                    const char *high)
{
    const uint32_t a = hm_config_key_find(section, low);
    const uint32_t b = hm_config_key_find(section, high);
    if (!hm_judge_usable(j, row, a) || !hm_judge_usable(j, row, b)) {
        return;
    }
    const double low_value = hm_config_key_number(
        &hm_config_keys[a], hm_config_row_const(j->config, &hm_config_keys[a], row));
    const double high_value = hm_config_key_number(
        &hm_config_keys[b], hm_config_row_const(j->config, &hm_config_keys[b], row));
    if (low_value <= high_value) {
        return;
    }
    char sentence[HM_PROBLEM_TEXT_SIZE];
    hm_text t;
    hm_text_init(&t, sentence, sizeof sentence);
    hm_text_addf(&t, "%s ", low);
    hm_text_add_decimal(&t, low_value);
    hm_text_addf(&t, " is more than %s ", high);
    hm_text_add_decimal(&t, high_value);
    hm_text_addf(&t, "; allowed: %s is at most %s", low, high);
    hm_judge_complain(j, (hm_config_place){section, row, a, b}, sentence);
}

int hm_judge_same_name(const hm_config *config, hm_config_section section, uint32_t a, uint32_t b)
{
    const char *x = NULL;
    const char *y = NULL;
    const size_t len = hm_config_row_name(config, section, a, &x);
    return len == hm_config_row_name(config, section, b, &y) && memcmp(x, y, len) == 0;
}

void hm_judge_twice(hm_judging *j, hm_config_place place, uint32_t first, const char *what,
                    const char *rule)
{
    char sentence[HM_PROBLEM_TEXT_SIZE];
    hm_text t;
    hm_text_init(&t, sentence, sizeof sentence);
    hm_text_addf(&t, "%s as ", what);
    add_section(j->config, place.section, first, &t);
    hm_text_addf(&t, "; %s", rule);
    hm_judge_complain(j, place, sentence);
}
