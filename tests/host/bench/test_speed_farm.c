/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What the farm of the benchmark of speed tells a plugin about its host before it measures. */
#include <criterion/criterion.h>
#include <string.h>

#include "host_stub/bench/speed_farm.h"

static int instance; /* its address is the instance */
static uint64_t asked;
static uint64_t offered;

static hmx_status create(const hmx_host *host, const hmx_create_args *args, hmx_instance **out)
{
    (void)args;
    offered = host->caps;
    *out = (hmx_instance *)&instance;
    return HMX_OK;
}

static void destroy(hmx_instance *self)
{
    (void)self;
}

static hmx_status on_upstream(hmx_instance *self, const hmx_upstream_event *e)
{
    (void)self, (void)e;
    return HMX_OK;
}

static hmx_status on_open(hmx_instance *self, const hmx_channel_open *e, hmx_channel_decision *out)
{
    (void)self, (void)e, (void)out;
    return HMX_OK;
}

static hmx_status on_close(hmx_instance *self, const hmx_channel_close *e)
{
    (void)self, (void)e;
    return HMX_OK;
}

static hmx_status on_share(hmx_instance *self, const hmx_share *e)
{
    (void)self, (void)e;
    return HMX_OK;
}

static hmx_status on_tick(hmx_instance *self, const hmx_tick *e, hmx_decision_buf *out)
{
    (void)self, (void)e, (void)out;
    return HMX_OK;
}

static hmx_status on_reassign(hmx_instance *self, const hmx_reassign *e)
{
    (void)self, (void)e;
    return HMX_OK;
}

static const void *get_extension(hmx_instance *self, const char *id)
{
    static const hmx_tuning_v1 TUNING = {.size = sizeof TUNING};
    asked++;
    cr_assert_eq(self, (hmx_instance *)&instance, "%s: asked without an instance", id);
    return strcmp(id, HMX_TUNING_ID) == 0 ? &TUNING : NULL;
}

Test(speed_farm, what_is_offered_and_asked)
{
    static hs_speed_farm farm;
    const hs_plugin plugin = {.ops = {.size = sizeof(hmx_ops),
                                      .create = create,
                                      .destroy = destroy,
                                      .on_upstream = on_upstream,
                                      .on_channel_open = on_open,
                                      .on_channel_close = on_close,
                                      .on_share = on_share,
                                      .on_tick = on_tick,
                                      .on_reassign = on_reassign,
                                      .get_extension = get_extension}};
    char why[256] = "";
    cr_assert_eq(hs_speed_farm_init(&farm, &plugin, 4, 3, why, sizeof why), 0, "%s", why);
    cr_assert_eq(asked, 2);
    cr_assert(farm.tuning != NULL && farm.metrics == NULL);
    cr_assert_eq(offered, HMX_CAP_KNOWN & ~HMX_CAP_REOPEN, "it closes nobody");
    hs_speed_farm_free(&farm);
}
