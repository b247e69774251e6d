/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * config_rules.h: the rules of a configuration as a whole, for the loader and for changes at run
 * time alike.
 *
 * Responsible for: judging every value and what the values must be to each other. Leaves to others:
 * where a complaint is shown; the loader knows a line for each key, a setter knows none.
 */
#ifndef HM_CONFIG_RULES_H
#define HM_CONFIG_RULES_H

#include "plugin/config_keys.h"

#define HM_RULE_NO_UPSTREAM UINT32_MAX

/* What could not be read, so that no rule judges a value that nobody gave: bit i is row i of
 * hm_config_keys. */
typedef struct hm_config_gaps {
    int sections;                          /* 1: a whole section was refused, perhaps an upstream */
    uint64_t general;                      /* keys of [controller] and [failover] */
    uint64_t upstreams[HMX_UPSTREAMS_MAX]; /* keys of each upstream */
} hm_config_gaps;

/* What a complaint is about. */
typedef struct hm_config_place {
    uint32_t upstream; /* 0-based, or HM_RULE_NO_UPSTREAM */
    uint32_t key;      /* index into hm_config_keys, or hm_config_key_count: the section, or the
                          whole configuration */
} hm_config_place;

typedef struct hm_config_judge {
    const hm_config_gaps *gaps; /* NULL: everything is there */
    int running;                /* 1: the enabled percentages need not sum to 100 */
    void *ctx;
    void (*complain)(void *ctx, hm_config_place place, const char *sentence);
} hm_config_judge;

/* Tells judge->complain about every broken rule; returns how many were broken. */
uint32_t hm_config_judge_all(const hm_config *config, const hm_config_judge *judge);

/* Sum of the percentages of the enabled upstreams, in millionths. Percentages that are no number in
 * 0..100 count as 0. */
int64_t hm_config_enabled_sum_micros(const hm_config *config);

/* 1 when the sum (millionths) is 100 within 0.01, both ends included. */
int hm_config_sum_is_whole(int64_t sum_micros);

/* Appends "[upstream.pool_a] ", "[controller] ", or nothing. */
void hm_config_add_place(const hm_config *config, hm_config_place place, hm_text *out);

#endif /* HM_CONFIG_RULES_H */
