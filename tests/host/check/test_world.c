/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * check on a whole small world, pools included: legal it is clean, and each of many changes is
 * caught for the rule that it breaks. Together they break every rule and concern every message. */
#include "tests/host/check/changes_jobs.h"
#include "tests/host/check/changes_shares.h"

enum {
    CHANGES_JOBS = sizeof changes_jobs / sizeof changes_jobs[0],
    CHANGES = CHANGES_JOBS + sizeof changes_shares / sizeof changes_shares[0]
};

static const change *change_at(size_t i)
{
    return i < CHANGES_JOBS ? &changes_jobs[i] : &changes_shares[i - CHANGES_JOBS];
}

Test(check_world, is_legal)
{
    build_world(&w);
    expect_clean(check_world(&w));
    /* In which every message of the table is said. */
    size_t count = 0;
    const hs_sv2_spec *const specs = hs_sv2_specs(&count);
    const conn *const conns[] = {&w.a, &w.b, &w.miner, &w.rack};
    for (size_t i = 0; i < count; i++) {
        int said = specs[i].id == HS_SV2_SETUP_CONNECTION_ERROR; /* which ends a connection */
        for (size_t k = 0; k < 4; k++) {
            for (size_t n = 0; n < conns[k]->count; n++) {
                said |= strcmp(conns[k]->frames[n].name, specs[i].name) == 0;
            }
        }
        cr_assert(said, "nobody says %s", specs[i].name);
    }
}

Test(check_world, every_change_is_caught_for_the_rule_that_it_breaks)
{
    for (size_t i = 0; i < CHANGES; i++) {
        build_world(&w);
        change_at(i)->apply();
        (void)check_world(&w);
        expect_first(change_at(i)->name, change_at(i)->rule);
    }
}

Test(check_world, the_changes_break_every_rule_and_concern_every_message)
{
    size_t count = 0;
    const hs_sv2_spec *const specs = hs_sv2_specs(&count);
    for (unsigned rule = HS_RULE_OK + 1; rule < HS_CHECK_RULE_COUNT; rule++) {
        int broken = rule == HS_RULE_LIMIT || rule == HS_RULE_MEMORY; /* the checker's own */
        for (size_t i = 0; i < CHANGES; i++) {
            broken |= change_at(i)->rule == rule;
        }
        cr_assert(broken, "nothing breaks %s", hs_check_rule_name(rule));
        cr_assert_neq(hs_check_rule_text(rule)[0], '\0');
    }
    for (size_t k = 0; k < count; k++) {
        int concerned = 0;
        for (size_t i = 0; i < CHANGES; i++) {
            concerned |= change_at(i)->id == specs[k].id;
        }
        cr_assert(concerned, "nothing is done to %s", specs[k].name);
    }
}

Test(check_world, the_verdict_is_the_same_each_time)
{
    static finding before[FINDINGS_MAX];
    for (size_t i = 0; i < CHANGES; i++) {
        build_world(&w);
        change_at(i)->apply();
        const size_t first = check_world(&w);
        memcpy(before, findings, sizeof before);
        cr_assert_eq(check_world(&w), first);
        cr_assert_eq(memcmp(before, findings, first * sizeof findings[0]), 0, "%s",
                     change_at(i)->name);
    }
}
