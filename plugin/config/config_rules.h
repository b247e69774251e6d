/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * config_rules: the rules of a configuration as a whole, for the loader and for changes at run
 * time alike.
 *
 * Responsible for: judging every value and what the values must be to each other. Leaves to others:
 * where a complaint is shown; the loader knows a line for each key, a setter knows none.
 */
#ifndef PLUGIN_CONFIG_CONFIG_RULES_H
#define PLUGIN_CONFIG_CONFIG_RULES_H

#include "plugin/config/config_keys.h"

/* What could not be read, so that no rule judges a value that nobody gave. */
typedef struct hm_config_gaps {
    int sections;                  /* 1: a whole section was refused, perhaps an upstream */
    uint64_t keys[HM_CONFIG_ROWS]; /* by hm_config_row_number; bit i is row i of hm_config_keys */
} hm_config_gaps;

/* What a complaint is about. */
typedef struct hm_config_place {
    hm_config_section section; /* HM_SECTIONS: the whole configuration */
    uint32_t row;              /* of an upstream or a pin, 0-based; else 0 */
    uint32_t key;              /* index into hm_config_keys, or hm_config_key_count: the section */
    uint32_t other_key;        /* the same: a second key that it is about as much */
} hm_config_place;

typedef struct hm_config_judge {
    const hm_config_gaps *gaps; /* NULL: everything is there */
    int running;                /* 1: the enabled percentages need not sum to 100 */
    void *ctx;
    void (*complain)(void *ctx, hm_config_place place, const char *sentence);
} hm_config_judge;

/* Tells judge->complain about every broken rule; returns how many were broken. */
uint32_t hm_config_judge_all(const hm_config *config, const hm_config_judge *judge);

/* Sum of the percentages of the enabled upstreams that have one, in millionths. Percentages that
 * are no number in 0..100 count as 0. */
int64_t hm_config_enabled_sum_micros(const hm_config *config);

/* 1 when the sum (millionths) is 100 within 0.01, both ends included. */
int hm_config_sum_is_whole(int64_t sum_micros);

/* The pin before pin number `pin` (0-based) that matches whatever this one matches, so that this
 * one never has a miner; or `pin` when there is none. The patterns must be terminated. */
uint32_t hm_config_pin_hidden_by(const hm_config *config, uint32_t pin);

/* Appends "[upstream.pool_a] ", "[controller] ", or nothing. */
void hm_config_add_place(const hm_config *config, hm_config_place place, hm_text *out);

#endif
