/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * keys_page: prints plugin/KEYS.md from the plugin's own table of keys and its presets. Compared
 * with the page by tests/cli/pages.sh; `tests/cli/pages.sh --refresh` writes it.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "abi/hmx_tuning.h"
#include "plugin/base/text.h"
#include "plugin/config/config_keys.h"
#include "plugin/control/tuning.h"

/* What hashmux.tuning/1 changes; the name of the setter is that of its member, or it does not
 * compile. */
#define SETTER(section, key, member)                                                               \
    {                                                                                              \
        section, key, #member, offsetof(hmx_tuning_v1, member)                                     \
    }
static const struct setter {
    hm_config_section section;
    const char *key;
    const char *name;
    size_t offset; /* there for the compiler to see that the member is */
} SETTERS[] = {
    SETTER(HM_SECTION_CONTROLLER, "mode", set_mode),
    SETTER(HM_SECTION_CONTROLLER, "tuning_model", set_tuning_model),
    SETTER(HM_SECTION_CONTROLLER, "kp", set_custom_pid_params),
    SETTER(HM_SECTION_CONTROLLER, "ki", set_custom_pid_params),
    SETTER(HM_SECTION_CONTROLLER, "kd", set_custom_pid_params),
    SETTER(HM_SECTION_CONTROLLER, "deadband_points", set_deadband),
    SETTER(HM_SECTION_CONTROLLER, "evaluation_interval_secs", set_evaluation_interval),
    SETTER(HM_SECTION_CONTROLLER, "min_reassignment_interval_secs", set_min_reassignment_interval),
    SETTER(HM_SECTION_UPSTREAM, "percentage", set_targets),
    SETTER(HM_SECTION_UPSTREAM, "enabled", set_upstream_enabled),
    SETTER(HM_SECTION_PIN, "user_identity", pin),
    SETTER(HM_SECTION_PIN, "upstream", pin),
};

static const char HEAD[] =
    "<!-- SPDX-License-Identifier: MIT OR Apache-2.0 -->\n"
    "<!-- Made from the table of keys in plugin/config/config_keys.c: "
    "tests/cli/pages.sh --refresh -->\n"
    "# The keys of hashmux.ini\n"
    "\n"
    "The file to start from is [plugin.ini.example](../plugin.ini.example): it says more about "
    "each "
    "key, and how the\nfile is written. How the keys work together is told in "
    "[CONTROL.md](CONTROL.md).\n"
    "\n"
    "*While it runs*: the setter of `hashmux.tuning/1` ([hmx_tuning.h](../abi/hmx_tuning.h)) that "
    "changes the key\nat once. *reload*: a new file does, as a whole (`reconfigure`, SIGHUP of "
    "`host_stub proxy`); a file can change\neverything else too. What is learned of a pool "
    "survives both.\n";

static const char *const SECTIONS[HM_SECTIONS] = {
    "At most once.",
    "At most once.",
    "One per pool, 1 to 64 of them. `<id>` is 1 to 32 characters: a-z, 0-9, _, -; not `stay`.",
    "One per pin, at most 64. When more than one matches a miner, the first in the file wins.",
    ("One per schedule, at most 32. The last in the file that holds wins; none: the pools' own "
     "percentages.\nTargets that are set by hand hold until a schedule begins or ends."),
};

static const char *setter_of(const hm_config_key *key)
{
    for (size_t i = 0; i < sizeof SETTERS / sizeof SETTERS[0]; i++) {
        if (SETTERS[i].section == key->section && strcmp(SETTERS[i].key, key->name) == 0) {
            return SETTERS[i].name;
        }
    }
    return NULL;
}

static void print_row(const hm_config_key *key)
{
    char allowed[512];
    hm_text text;
    hm_text_init(&text, allowed, sizeof allowed);
    hm_config_key_describe(key, &text);
    const char *const setter = setter_of(key);
    printf("| `%s` | %s | ", key->name, key->help);
    for (const char *c = allowed; *c != '\0'; c++) {
        if (*c == '<') {
            fputs("&lt;", stdout); /* else a browser takes <id> for its own */
        } else {
            putchar(*c);
        }
    }
    fputs(" | ", stdout);
    if (setter != NULL) {
        printf("`%s` |\n", setter);
    } else {
        printf("reload |\n");
    }
}

static void print_preset(const char *name, uint32_t model)
{
    const hm_tuning *const t = hm_tuning_preset(model);
    printf("| `%s` | %g, %g, %g | %g | %g | %g | %g | %g |\n", name, t->gains.kp, t->gains.ki,
           t->gains.kd, t->noise_factor, t->hold_s, t->min_improvement, t->ripple_point_min,
           t->dwell_s);
}

static void print_presets(void)
{
    const uint32_t at = hm_config_key_find(HM_SECTION_CONTROLLER, "tuning_model");
    printf("\n## The models\n\nWhat a key that is not set by default is, comes from "
           "`tuning_model`:\n\n"
           "| model | `kp`, `ki`, `kd` | `noise_factor` | `hold_secs` | `min_improvement` | "
           "`ripple_point_mins` | `dwell_secs` |\n"
           "|---|---|---|---|---|---|---|\n");
    for (const hm_key_word *w = hm_config_keys[at].words; w->word != NULL; w++) {
        print_preset(w->word, w->value);
    }
}

int main(void)
{
    fputs(HEAD, stdout);
    for (unsigned s = 0; s < HM_SECTIONS; s++) {
        printf("\n## `[%s]`\n\n%s\n\n| key | what it does | allowed | while it runs "
               "|\n|---|---|---|---|\n",
               hm_section_title((hm_config_section)s), SECTIONS[s]);
        for (uint32_t k = 0; k < hm_config_key_count; k++) {
            if (hm_config_keys[k].section == (hm_config_section)s) {
                print_row(&hm_config_keys[k]);
            }
        }
    }
    print_presets();
    return ferror(stdout) || fflush(stdout) != 0;
}
