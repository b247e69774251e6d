/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/scenario/scenario_keys.h"

#include <string.h>

#include "host_stub/base/text.h"

#define YEAR_SECS 31536000.0
/* clang-format off */
#define KEY(type, object, field, min, max, allowed) \
    {#field, type, offsetof(object, field), min, max, allowed}
/* clang-format on */

static const struct hs_key POOL_KEYS[] = {
    {"target", HS_KEY_DECIMAL, offsetof(hs_sim_pool_spec, target_pct), 0.0, 100.0,
     "per cent from 0 to 100"},
    {"hashrate_ths", HS_KEY_DECIMAL, offsetof(hs_sim_pool_spec, hashrate_ths), 0.001, 1000000.0,
     "TH/s from 0.001 to 1000000"},
    {"accept", HS_KEY_DECIMAL, offsetof(hs_sim_pool_spec, accept_pct), 0.0, 100.0,
     "per cent from 0 to 100"},
    KEY(HS_KEY_COUNT, hs_sim_pool_spec, priority, 0.0, 65535.0, "a whole number from 0 to 65535"),
    KEY(HS_KEY_COUNT, hs_sim_pool_spec, extranonce_size, 0.0, 28.0, "bytes from 0 to 28"),
    KEY(HS_KEY_COUNT, hs_sim_pool_spec, chain, 0.0, 63.0, "a whole number from 0 to 63"),
    {"ack_interval", HS_KEY_TIME, offsetof(hs_sim_pool_spec, ack_secs), 1.0, 3600.0,
     "a time from 1s to 1h"},
    KEY(HS_KEY_COUNT, hs_sim_pool_spec, ack_shares, 0.0, 10000.0, "shares from 0 to 10000"),
    KEY(HS_KEY_SWITCH, hs_sim_pool_spec, ack_per_channel, 0.0, 1.0, "yes or no"),
    KEY(HS_KEY_SWITCH, hs_sim_pool_spec, rejects_at_once, 0.0, 1.0, "yes or no"),
    KEY(HS_KEY_SWITCH, hs_sim_pool_spec, aggregate, 0.0, 1.0, "yes or no"),
    KEY(HS_KEY_DECIMAL, hs_sim_pool_spec, upstream_share_rate, 0.01, 6000.0, "0.01 to 6000"),
    {"latency", HS_KEY_TIME, offsetof(hs_sim_pool_spec, latency_secs), 0.0, 600.0,
     "a time from 0s to 10min"},
    {"stale_time", HS_KEY_TIME, offsetof(hs_sim_pool_spec, stale_secs), 0.0, 600.0,
     "a time from 0s to 10min"},
    KEY(HS_KEY_DECIMAL, hs_sim_pool_spec, stale_pct, 0.0, 100.0, "per cent from 0 to 100"),
    KEY(HS_KEY_DECIMAL, hs_sim_pool_spec, refuses_pct, 0.0, 100.0, "per cent from 0 to 100"),
    KEY(HS_KEY_DECIMAL, hs_sim_pool_spec, fails_pct, 0.0, 100.0, "per cent from 0 to 100"),
};

static const struct hs_key FARM_KEYS[] = {
    {"count", HS_KEY_COUNT, offsetof(hs_farm_spec, miners), 1.0, (double)HS_MINERS_MAX,
     "a whole number of miners from 1 to 100000"},
    KEY(HS_KEY_COUNT, hs_farm_spec, proxy_devices, 0.0, (double)HS_MINERS_MAX,
        "a whole number from 0 to 100000"),
    KEY(HS_KEY_DECIMAL, hs_farm_spec, shares_per_minute, 0.01, 600.0, "0.01 to 600"),
    KEY(HS_KEY_DECIMAL, hs_farm_spec, nominal_error_pct, 0.0, 90.0, "per cent from 0 to 90"),
    KEY(HS_KEY_DECIMAL, hs_farm_spec, drift_pct, 0.0, 20.0, "per cent from 0 to 20"),
    KEY(HS_KEY_DECIMAL, hs_farm_spec, extended_pct, 0.0, 100.0, "per cent from 0 to 100"),
    KEY(HS_KEY_DECIMAL, hs_farm_spec, deaf_pct, 0.0, 100.0, "per cent from 0 to 100"),
    KEY(HS_KEY_DECIMAL, hs_farm_spec, reopen_lost_pct, 0.0, 100.0, "per cent from 0 to 100"),
    KEY(HS_KEY_DECIMAL, hs_farm_spec, unheard_pct, 0.0, 100.0, "per cent from 0 to 100"),
    KEY(HS_KEY_DECIMAL, hs_farm_spec, drops_pct, 0.0, 100.0, "per cent from 0 to 100"),
    {"drops_time", HS_KEY_TIME, offsetof(hs_farm_spec, drops_secs), 1.0, 86400.0,
     "a time from 1s to 24h"},
    KEY(HS_KEY_DECIMAL, hs_farm_spec, bad_pct, 0.0, 100.0, "per cent from 0 to 100"),
    {"bad_shares_per_minute", HS_KEY_DECIMAL, offsetof(hs_farm_spec, bad_per_minute), 0.0, 3000.0,
     "0 to 3000"},
    KEY(HS_KEY_DECIMAL, hs_farm_spec, bad_difficulty, 0.0, 1e15, "0 to 1000000000000000"),
    KEY(HS_KEY_DECIMAL, hs_farm_spec, mute_pct, 0.0, 100.0, "per cent from 0 to 100"),
    KEY(HS_KEY_DECIMAL, hs_farm_spec, liars_pct, 0.0, 100.0, "per cent from 0 to 100"),
    KEY(HS_KEY_SWITCH, hs_farm_spec, liars_mute, 0.0, 1.0, "yes or no"),
    KEY(HS_KEY_DECIMAL, hs_farm_spec, lie, 0.0, 1e12, "a factor from 0 to 1000000000000"),
    KEY(HS_KEY_DECIMAL, hs_farm_spec, second_lie, 0.0, 1e12, "a factor from 0 to 1000000000000"),
    {"lie_time", HS_KEY_TIME, offsetof(hs_farm_spec, lie_secs), 0.0, YEAR_SECS,
     "a time such as 10min, or 0s"},
    {"reopen_time", HS_KEY_TIME, offsetof(hs_farm_spec, reopen_secs), 0.0, 86400.0,
     "a time from 0s to 24h"},
    KEY(HS_KEY_DECIMAL, hs_farm_spec, joins_per_minute, 0.0, 6000.0, "0 to 6000"),
    KEY(HS_KEY_DECIMAL, hs_farm_spec, leaves_per_minute, 0.0, 6000.0, "0 to 6000"),
    {"drift_time", HS_KEY_TIME, offsetof(hs_farm_spec, drift_secs), 60.0, YEAR_SECS,
     "a time of 1min or more, such as 2h"},
    {"vardiff_lag", HS_KEY_TIME, offsetof(hs_farm_spec, vardiff_secs), 1.0, 86400.0,
     "a time from 1s to 24h"},
    {"move_cost", HS_KEY_TIME, offsetof(hs_farm_spec, move_cost_secs), 0.0, 3600.0,
     "a time from 0s to 1h"},
    {"host_delay", HS_KEY_TIME, offsetof(hs_farm_spec, host_delay_secs), 0.0, 600.0,
     "a time from 0s to 10min"},
    {"tip_interval", HS_KEY_TIME, offsetof(hs_farm_spec, tip_secs), 1.0, 86400.0,
     "a time from 1s to 24h"},
    {"join_time", HS_KEY_TIME, offsetof(hs_farm_spec, join_secs), 0.0, 86400.0,
     "a time from 0s to 24h"},
};

/* "95:25 140:15": hashrates in TH/s and weights. "100 2x20": a list, each with the number of
 * miners. */
static int take_miners(const struct hs_blame *blame, const hs_ini_entry *entry, hs_farm_spec *farm,
                       int is_list)
{
    const char *const allowed =
        is_list ? "up to 32 hashrates in TH/s, each as 200 or, for 5 such miners, as 5x200"
                : "up to 32 pairs of hashrate in TH/s and weight, such as 95:25 140:15";
    const char *at = entry->value;
    char word[64];
    uint64_t miners = 0;
    int rc = hs_next_word(&at, word, sizeof word);
    farm->mix_count = 0;
    for (; rc == 1; rc = hs_next_word(&at, word, sizeof word)) {
        char *const split = strchr(word, is_list ? 'x' : ':');
        const char *hashrate = word;
        const char *weight = "1";
        if (split != NULL) {
            *split = '\0';
            hashrate = is_list ? split + 1 : word;
            weight = is_list ? word : split + 1;
        }
        hs_mix mix = {0.0, 0.0};
        uint64_t count = 1;
        if ((split == NULL && !is_list) || farm->mix_count == HS_MIX_MAX ||
            hs_parse_decimal(hashrate, &mix.hashrate_ths) != 0 || mix.hashrate_ths < 0.001 ||
            mix.hashrate_ths > 1000000.0 || hs_parse_decimal(weight, &mix.weight) != 0 ||
            mix.weight <= 0.0 || (is_list && hs_parse_whole(weight, &count) != 0)) {
            return hs_blame_allowed(blame, entry, allowed);
        }
        miners += count;
        farm->mix[farm->mix_count++] = mix;
    }
    if (rc < 0 || farm->mix_count == 0 || miners > HS_MINERS_MAX) {
        return hs_blame_allowed(blame, entry, allowed);
    }
    if (is_list) {
        farm->is_list = 1;
        farm->miners = (uint32_t)miners;
    }
    return 0;
}

int hs_farm_take(const struct hs_blame *blame, const hs_ini_entry *entry, hs_farm_spec *farm)
{
    const int is_list = strcmp(entry->key, "list") == 0;
    if (is_list || strcmp(entry->key, "mix") == 0) {
        if (farm->mix_count > 0) {
            return hs_blame_entry(blame, entry, "a farm has a mix or a list, not both");
        }
        return take_miners(blame, entry, farm, is_list);
    }
    const int stored =
        hs_key_store(blame, FARM_KEYS, sizeof FARM_KEYS / sizeof FARM_KEYS[0], entry, farm);
    if (stored == 0) {
        return hs_blame_entry(blame, entry,
                              "there is no such key; [farm] has count, mix, list, proxy_devices, "
                              "shares_per_minute, nominal_error_pct, drift_pct, drift_time, "
                              "vardiff_lag, move_cost, join_time, extended_pct, deaf_pct, "
                              "reopen_time, reopen_lost_pct, joins_per_minute, "
                              "leaves_per_minute, tip_interval, host_delay, unheard_pct, "
                              "drops_pct, drops_time, bad_pct, bad_shares_per_minute, "
                              "bad_difficulty, mute_pct, liars_pct, liars_mute, lie, second_lie, "
                              "lie_time");
    }
    return stored < 0 ? -1 : 0;
}

int hs_pool_take(const struct hs_blame *blame, const hs_ini_entry *entry, hs_sim_pool_spec *pool)
{
    const int stored =
        hs_key_store(blame, POOL_KEYS, sizeof POOL_KEYS / sizeof POOL_KEYS[0], entry, pool);
    if (stored == 0) {
        return hs_blame_entry(blame, entry,
                              "there is no such key; [pool.<id>] has target, hashrate_ths, "
                              "priority, accept, extranonce_size, chain, ack_interval, "
                              "ack_shares, ack_per_channel, rejects_at_once, latency, "
                              "stale_time, stale_pct, refuses_pct, fails_pct, aggregate, "
                              "upstream_share_rate");
    }
    return stored < 0 ? -1 : 0;
}
