/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/scenario/world.h"

#include <string.h>

#include "host_stub/base/text.h"
#include "host_stub/scenario/scenario_keys.h"

/* What makes a scenario that one and no other. */
static const char *const NOT_HERE[] = {"count",  "mix",          "list",
                                       "target", "hashrate_ths", "priority"};

static int is_of_the_scenario(const char *key)
{
    for (size_t i = 0; i < sizeof NOT_HERE / sizeof NOT_HERE[0]; i++) {
        if (strcmp(key, NOT_HERE[i]) == 0) {
            return 1;
        }
    }
    return 0;
}

/* "pool.3" is 2, the third one; -1 for another section. */
static int pool_of(const char *section)
{
    uint64_t number = 0;
    return strncmp(section, "pool.", 5) == 0 && hs_parse_whole(section + 5, &number) == 0 &&
                   number >= 1 && number <= HS_WORLD_POOLS_MAX
               ? (int)number - 1
               : -1;
}

static int take(const struct hs_blame *blame, const hs_ini_entry *entry, hs_scenario *scenario,
                int numbered)
{
    const int is_all = strcmp(entry->section, "pool") == 0;
    const int is_farm = strcmp(entry->section, "farm") == 0;
    const int index = pool_of(entry->section);
    if (!is_farm && !is_all && index < 0) {
        return hs_blame_entry(blame, entry,
                              "there is no such section; a world has [farm], [pool] for all pools, "
                              "and [pool.1] to [pool.16] for the first, the second and so on");
    }
    if (is_of_the_scenario(entry->key)) {
        return hs_blame_entry(blame, entry, "is a scenario's own business, not a world's");
    }
    if (numbered != (index >= 0)) {
        return 0;
    }
    return is_farm ? hs_farm_take(blame, entry, &scenario->farm)
                   : hs_pool_take(blame, entry, &scenario->pool_defaults[is_all ? 0 : index]);
}

int hs_world_take(const struct hs_blame *blame, const hs_ini *ini, hs_scenario *scenario)
{
    uint32_t pools = 1;
    for (size_t i = 0; i < ini->count; i++) {
        const int index = pool_of(ini->entries[i].section);
        pools = index >= (int)pools ? (uint32_t)index + 1 : pools;
        if (take(blame, &ini->entries[i], scenario, 0) != 0) {
            return -1;
        }
    }
    for (uint32_t i = 1; i < pools; i++) {
        scenario->pool_defaults[i] = scenario->pool_defaults[0];
    }
    scenario->pool_default_count = pools;
    for (size_t i = 0; i < ini->count; i++) {
        if (take(blame, &ini->entries[i], scenario, 1) != 0) {
            return -1;
        }
    }
    return 0;
}
