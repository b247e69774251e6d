/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A plugin that wraps another (tests/fixtures/good/good_wrapper.c): a whole life through the guard,
 * with its extensions, beside the one that it wraps. */
#include "tests/host/guard/life.h"

#include <criterion/criterion.h>

#include "abi/hmx_metrics.h"
#include "abi/hmx_tuning.h"

static hmx_snapshot snapshot_of(life *l)
{
    const hmx_metrics_v1 *const metrics = hs_guard_extension(l->guard, HMX_METRICS_ID);
    hmx_snapshot out = {.size = sizeof out, .stride = sizeof(hmx_upstream_metrics)};
    cr_assert(metrics != NULL && metrics->snapshot != NULL);
    cr_assert_eq(metrics->snapshot(hs_guard_instance(l->guard), &out), HMX_OK);
    return out;
}

Test(contract_wrapper, it_keeps_the_contract_as_the_one_inside_does)
{
    static life inside;
    static life around;
    cr_assert(life_load(&inside, "hashmux") == 0 && life_load(&around, "good_wrapper") == 0);
    cr_expect(life_run(&inside) == 0, "%s", inside.notes[0].text);
    cr_expect(life_run(&around) == 0, "%s", around.notes[0].text);
    cr_expect(inside.decisions == around.decisions && inside.decisions > 0);
    for (int i = 0; i < LIFE_CHANNELS_MAX; i++) {
        cr_expect(inside.upstream[i] == around.upstream[i] &&
                  inside.cookies[i] == around.cookies[i]);
    }
}

/* Two of them, each with an instance of its own inside: a table asks the one it is called with. */
Test(contract_wrapper, its_extensions_ask_the_instance_inside)
{
    static life l[2];
    for (int i = 0; i < 2; i++) {
        cr_assert(life_load(&l[i], "good_wrapper") == 0);
        life_create(&l[i]);
        life_begin(&l[i]);
        cr_assert_null(hs_guard_extension(l[i].guard, "hmx.x.nobody/1"));
    }
    life_open(&l[1], 5);
    life_close(&l[1], 5);
    cr_expect(snapshot_of(&l[0]).channels == LIFE_CHANNELS, "its own count");
    cr_expect(snapshot_of(&l[1]).channels == LIFE_CHANNELS + 1);
    cr_expect(snapshot_of(&l[0]).count == 3, "and the rest is the other's");
    const hmx_tuning_v1 *const tuning = hs_guard_extension(l[0].guard, HMX_TUNING_ID);
    cr_assert_eq(
        tuning->pin(hs_guard_instance(l[0].guard), l[0].now_ns, (hmx_view){"farm.*", 6}, 2, NULL),
        HMX_OK);
    cr_assert_null(tuning->unpin, "what it does not pass on is not there");
    for (int i = 0; i < 2; i++) {
        cr_expect(hs_guard_delete(l[i].guard) == 0, "%s", l[i].notes[0].text);
        hs_loader_close(&l[i].plugin);
    }
}
