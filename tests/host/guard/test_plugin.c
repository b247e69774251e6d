/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Every rule that binds a plugin: tests/fixtures/bad_<check>.c breaks that one, and the guard says
 * so, and nothing else. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include "tests/host/guard/life.h"

/* The rules of the plugin, as the guard itself lists them: one without a fixture fails. */
ParameterizedTestParameters(guard_plugin, each_rule)
{
    static size_t rows[256];
    size_t count = 0;
    for (size_t i = 0; hs_guard_checks(i) != NULL; i++) {
        if (hs_guard_checks(i)->side == HS_SIDE_PLUGIN) {
            rows[count++] = i;
        }
    }
    return cr_make_param_array(size_t, rows, count);
}

static const char *fixture_of(const char *check)
{
    static char name[96];
    snprintf(name, sizeof name, "bad_%s", check);
    for (char *c = name; *c != '\0'; c++) {
        *c = *c == '-' ? '_' : *c;
    }
    return name;
}

ParameterizedTest(size_t *row, guard_plugin, each_rule)
{
    static life l;
    const hs_guard_check *const check = hs_guard_checks(*row);
    cr_assert(life_load(&l, fixture_of(check->name)) == 0, "no fixture for %s", check->name);
    if (strcmp(check->name, "decision-without-cap") == 0) {
        l.options.caps = HMX_CAP_KNOWN & ~HMX_CAP_REASSIGN;
    }
    const uint64_t found = life_run(&l);
    cr_expect(life_count(&l, HS_SIDE_PLUGIN, check->name) > 0, "%s was not reported", check->name);
    const char *const other = life_other(&l, HS_SIDE_PLUGIN, check->name);
    cr_expect(other == NULL, "%s: something else was reported, too: %s", check->name, other);
    cr_expect(found == (uint64_t)l.note_count, "%s: %d reports, count %d", check->name,
              l.note_count, (int)found);
}

Test(guard_plugin, names_are_unique_per_side_and_explained)
{
    size_t plugin_rules = 0;
    for (size_t i = 0; hs_guard_checks(i) != NULL; i++) {
        const hs_guard_check *const a = hs_guard_checks(i);
        plugin_rules += a->side == HS_SIDE_PLUGIN;
        cr_expect(strlen(a->name) > 0 && strlen(a->meaning) > 10, "%s", a->name);
        for (size_t k = 0; k < i; k++) {
            cr_expect(strcmp(a->name, hs_guard_checks(k)->name) != 0, "%s twice", a->name);
        }
    }
    cr_expect(plugin_rules >= 50, "%zu rules", plugin_rules);
}
