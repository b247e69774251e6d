/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * adapter: the table of the hooks, which lie in the other files of the adapter (see adapter.h).
 */
#include "plugin/adapter.h"

#include <string.h>

static const void *get_extension(hmx_instance *self, const char *id)
{
    (void)self; /* the same tables for all of ours */
    if (id != NULL && strcmp(id, HMX_TUNING_ID) == 0) {
        return &HM_TUNING_EXTENSION;
    }
    if (id != NULL && strcmp(id, HMX_METRICS_ID) == 0) {
        return &HM_METRICS_EXTENSION;
    }
    return NULL;
}

const hmx_ops HM_OPS = {
    .size = sizeof(hmx_ops),
    .create = hm_create,
    .destroy = hm_destroy,
    .upstreams = hm_upstreams_table,
    .on_upstream = hm_on_upstream,
    .on_channel_open = hm_on_channel_open,
    .on_channel_update = hm_on_channel_update,
    .on_channel_close = hm_on_channel_close,
    .on_share = hm_on_share,
    .on_tick = hm_on_tick,
    .on_reassign = hm_on_reassign,
    .save = hm_save,
    .load = hm_load,
    .reconfigure = hm_reconfigure,
    .get_extension = get_extension,
};
