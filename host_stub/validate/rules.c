/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/validate/rules.h"

#include <string.h>

#include "host_stub/validate/farm.h"

/* ---- the loader ---- */

typedef struct load_row {
    enum hs_load_result result;
    const char *where;
    const char *rule;
} load_row;

/* In the order of the loader's checks: what comes after the one that failed was not looked at. */
static const load_row LOAD[] = {
    {HS_LOAD_WORLD_WRITABLE, "hmx_abi.h, top", "not everybody may write to the file"},
    {HS_LOAD_DLOPEN, "hmx_abi.h, top", "it is a shared object whose symbols are all there"},
    {HS_LOAD_NO_ENTRY, "hmx_abi.h, rule 1", "it exports hmx_plugin_entry_v1"},
    {HS_LOAD_OTHER_MAJOR, "hmx_abi.h, rule 1", "one of its majors is 1"},
    {HS_LOAD_NULL_DESCRIPTOR, "hmx_abi.h, hmx_plugin_entry_v1", "the entry gives a descriptor"},
    {HS_LOAD_IMPURE, "hmx_abi.h, rule 1", "the entry is pure: each call gives the same"},
    {HS_LOAD_MISALIGNED, "hmx_abi.h, rule 12", "the descriptor is aligned to 8 bytes"},
    {HS_LOAD_DESCRIPTOR_SIZE, "hmx_abi.h, rule 2", "its size is at least that of version 1.0"},
    {HS_LOAD_MAGIC, "hmx_abi.h, hmx_descriptor.magic", "magic is HMX_ABI_MAGIC"},
    {HS_LOAD_MAJOR, "hmx_abi.h, hmx_descriptor.abi_major", "abi_major is that of the symbol"},
    {HS_LOAD_MIN_HOST_MINOR, "hmx_abi.h, hmx_descriptor.min_host_minor",
     "it works in a host of this minor version"},
    {HS_LOAD_NEEDS, "hmx_abi.h, hmx_descriptor.needs", "it needs nothing that this host lacks"},
    {HS_LOAD_STRINGS, "hmx_abi.h, hmx_descriptor", "id, name, version and build are as described"},
    {HS_LOAD_OPS, "hmx_abi.h, hmx_ops", "the hooks' table is there, aligned, of a possible size"},
    {HS_LOAD_REQUIRED, "hmx_abi.h, rule 6", "create and destroy are there"},
};
enum { LOAD_COUNT = sizeof LOAD / sizeof LOAD[0] };

static void try_load(hs_trial *t)
{
    char why[2048];
    hs_plugin plugin;
    const hs_load_options options = hs_loader_defaults();
    const load_row *const row = &LOAD[t->test->number];
    const enum hs_load_result result = hs_loader_open(t->path, &options, &plugin, why, sizeof why);
    if (result == row->result) {
        hs_trial_say(t, HS_VERDICT_FAIL, "%s", why);
    } else if (result != HS_LOAD_OK && result < row->result) {
        hs_trial_say(t, HS_VERDICT_SKIP, "not looked at, since before it: %s",
                     hs_loader_result_name(result));
    }
    hs_loader_close(&plugin);
}

/* ---- the guard ---- */

typedef struct guard_row {
    const char *check; /* its name in guard/checks.h */
    const char *group;
    const char *where;
} guard_row;

static const guard_row GUARD[] = {
    {"create-null-instance", "life", "hmx_abi.h, create"},
    {"refusal-without-text", "life", "hmx_abi.h, hmx_create_args.why"},
    {"text-format", "life", "hmx_abi.h, hmx_text"},
    {"extension-table", "life", "hmx_abi.h, get_extension"},
    {"extension-for-unknown-id", "life", "hmx_abi.h, get_extension"},
    {"upstream-count", "life", "hmx_abi.h, upstreams"},
    {"upstream-row", "life", "hmx_abi.h, hmx_upstream_info"},
    {"upstream-renumbered", "life", "hmx_abi.h, hmx_upstream_info.upstream"},
    {"log-format", "life", "hmx_abi.h, hmx_host.log"},
    {"audit-format", "life", "hmx_abi.h, hmx_host.audit"},
    {"bad-status", "events", "hmx_abi.h, rule 6"},
    {"fact-refused", "events", "hmx_abi.h, rule 6 and the hook"},
    {"out-touched-on-error", "events", "hmx_abi.h, rule 4"},
    {"log-on-share", "events", "hmx_abi.h, [instance, hot]"},
    {"bad-action", "decisions", "hmx_events.h, enum hmx_action"},
    {"unknown-upstream", "decisions", "hmx_events.h, hmx_channel_decision.upstream"},
    {"assign-to-down-upstream", "decisions", "hmx_events.h, hmx_upstream_event.state"},
    {"illegal-assign", "decisions", "hmx_events.h, hmx_channel_open"},
    {"bad-reason", "decisions", "hmx_events.h, enum hmx_reason"},
    {"decision-without-cap", "decisions", "hmx_abi.h, HMX_CAP_REASSIGN"},
    {"count-over-capacity", "decisions", "hmx_events.h, hmx_decision_buf.count"},
    {"bad-more", "decisions", "hmx_events.h, hmx_decision_buf.more"},
    {"decision-row-size", "decisions", "hmx_events.h, hmx_decision_buf"},
    {"decision-kind", "decisions", "hmx_events.h, enum hmx_decision_kind"},
    {"decision-number", "decisions", "hmx_events.h, hmx_decision.decision"},
    {"decision-channel-unknown", "decisions", "hmx_events.h, hmx_decision.channel"},
    {"decision-cookie", "decisions", "hmx_abi.h, rule 10"},
    {"decision-while-pending", "decisions", "hmx_events.h, hmx_decision.valid_until_ns"},
    {"decision-from-wrong", "decisions", "hmx_events.h, hmx_decision.from"},
    {"decision-same-upstream", "decisions", "hmx_events.h, enum hmx_decision_kind"},
    {"decision-to-unknown-upstream", "decisions", "hmx_events.h, hmx_decision.to"},
    {"decision-to-down-upstream", "decisions", "hmx_events.h, hmx_upstream_event.state"},
    {"decision-nan", "decisions", "hmx_abi.h, rule 3"},
    {"decision-valid-until", "decisions", "hmx_events.h, hmx_decision.valid_until_ns"},
    {"decision-style", "decisions", "hmx_events.h, enum hmx_style"},
    {"reopened-elsewhere", "decisions", "hmx_events.h, enum hmx_style"},
    {"illegal-move", "decisions", "hmx_events.h, hmx_channel_open"},
    {"prefix-too-long", "prefixes", "hmx_abi.h, HMX_EXTRANONCE_MAX"},
    {"prefix-wrong-length", "prefixes", "hmx_events.h, hmx_decision"},
    {"prefix-wrong-space", "prefixes", "hmx_events.h, hmx_decision"},
    {"prefix-collision", "prefixes", "hmx_events.h, hmx_channel_close and hmx_result"},
    {"fact-written", "memory", "hmx_abi.h, rule 11"},
    {"write-beyond-size", "memory", "hmx_abi.h, rule 2"},
    {"size-changed", "memory", "hmx_abi.h, rule 2"},
    {"alloc-on-share", "memory", "hmx_abi.h, [instance, hot]"},
    {"leak-after-failed-create", "memory", "hmx_abi.h, rule 9"},
    {"leak-after-destroy", "memory", "hmx_abi.h, rule 9"},
    {"bad-alloc-request", "memory", "hmx_abi.h, hmx_host.alloc"},
    {"free-unknown", "memory", "hmx_abi.h, hmx_host.free"},
    {"free-wrong-size", "memory", "hmx_abi.h, hmx_host.free"},
    {"write-beyond-block", "memory", "hmx_abi.h, hmx_host.alloc"},
    {"io-error-swallowed", "state", "hmx_abi.h, save and load"},
    {"limit-ignored", "limits", "hmx_abi.h, hmx_create_args.channels_max"},
};
enum { GUARD_COUNT = sizeof GUARD / sizeof GUARD[0] };

static const char *meaning_of(const char *check)
{
    for (size_t i = 0; hs_guard_checks(i) != NULL; i++) {
        if (strcmp(hs_guard_checks(i)->name, check) == 0) {
            return hs_guard_checks(i)->meaning;
        }
    }
    return NULL;
}

static void look(hs_trial *t, const hs_farm_options *options)
{
    static hs_farm farm;
    const char *const check = GUARD[t->test->number].check;
    if (hs_farm_start(&farm, t, options) == 0) {
        hs_farm_live(&farm);
    }
    hs_farm_stop(&farm, NULL);
    const char *const note = hs_farm_note(&farm, check);
    if (note != NULL) {
        hs_trial_say(t, HS_VERDICT_FAIL, "%s", note);
    }
    if (farm.host_found > 0) {
        hs_trial_say(t, HS_VERDICT_WARN, "the validator itself broke a rule: %s", farm.host_text);
    }
}

/* The same life in three hosts: one that can do everything, one that can do nothing, and one with a
 * configuration that nobody can use. */
static void try_rule(hs_trial *t)
{
    static hs_farm farm;
    const hs_farm_options full = {.seed = t->seed};
    const hs_farm_options bare = {.seed = t->seed, .without = HMX_CAP_KNOWN};
    const hs_farm_options nonsense = {.seed = t->seed, .config_text = "\x01 this = is [ nothing"};
    look(t, &full);
    look(t, &bare);
    hs_trial refused = *t; /* that it is refused is no reason to skip anything */
    (void)hs_farm_start(&farm, &refused, &nonsense);
    hs_farm_stop(&farm, NULL);
    const char *const note = hs_farm_note(&farm, GUARD[t->test->number].check);
    if (note != NULL) {
        hs_trial_say(t, HS_VERDICT_FAIL, "%s", note);
    }
}

int hs_validate_rule(size_t index, hs_validate_test *test)
{
    if (index < LOAD_COUNT) {
        *test = (hs_validate_test){.group = "load",
                                   .name = hs_loader_result_name(LOAD[index].result),
                                   .where = LOAD[index].where,
                                   .rule = LOAD[index].rule,
                                   .run = try_load,
                                   .number = (unsigned)index,
                                   .unloaded = 1};
        return 0;
    }
    index -= LOAD_COUNT;
    if (index >= GUARD_COUNT) {
        return -1;
    }
    *test = (hs_validate_test){.group = GUARD[index].group,
                               .name = GUARD[index].check,
                               .where = GUARD[index].where,
                               .rule = meaning_of(GUARD[index].check),
                               .run = try_rule,
                               .number = (unsigned)index};
    return 0;
}
