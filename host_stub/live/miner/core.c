/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/miner/core.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/live/miner/shares.h"
#include "host_stub/live/miner/state.h"
#include "host_stub/sv2/codec.h"
#include "host_stub/sv2/work.h"

enum { VERSION = 2 };

hs_dev *hs_dev_new(const hs_dev_options *options, uint32_t first, uint32_t count,
                   const hs_dev_out *out, void *link)
{
    hs_dev *const dev = calloc(1, sizeof *dev);
    hs_dev_slot *const slots = calloc(count, sizeof *slots);
    if (dev == NULL || slots == NULL) {
        free(dev);
        free(slots);
        return NULL;
    }
    dev->options = options;
    dev->out = *out;
    dev->link = link;
    dev->factor = 1.0;
    dev->slots = slots;
    dev->slot_count = count;
    for (uint32_t i = 0; i < count; i++) {
        hs_dev_slot *const slot = &slots[i];
        slot->index = first + i;
        slot->extended = hs_dev_is_extended(options, slot->index);
        if (options->count > 1) {
            (void)snprintf(slot->name, sizeof slot->name, "%s.%u", options->name,
                           (unsigned)(options->first + slot->index));
        } else {
            (void)snprintf(slot->name, sizeof slot->name, "%s", options->name);
        }
    }
    return dev;
}

void hs_dev_free(hs_dev *dev)
{
    if (dev == NULL) {
        return;
    }
    for (uint32_t i = 0; i < dev->slot_count; i++) {
        free(dev->slots[i].pending);
    }
    free(dev->slots);
    hs_session_free(dev->session);
    free(dev);
}

int hs_dev_connected(hs_dev *dev, uint64_t now_ms)
{
    const hs_dev_options *const o = dev->options;
    hs_sv2_message m = {.id = HS_SV2_SETUP_CONNECTION};
    hs_sv2_setup_connection *const setup = &m.as.setup_connection;
    hs_step step;
    int standard_only = 1;
    dev->session = hs_session_new();
    if (dev->session == NULL) {
        return -1;
    }
    hs_session_set_flags(dev->session, HS_SESSION_TERSE);
    hs_session_set_time(dev->session, now_ms);
    dev->is_set_up = 0;
    for (uint32_t i = 0; i < dev->slot_count; i++) {
        standard_only = standard_only && !dev->slots[i].extended;
        dev->slots[i].state = HS_DEV_CLOSED;
        dev->slots[i].open_at_ms = now_ms;
    }
    setup->min_version = VERSION;
    setup->max_version = VERSION;
    setup->flags = (standard_only ? (uint32_t)HS_SV2_REQUIRES_STANDARD_JOBS : 0U) |
                   (o->roll_version ? (uint32_t)HS_SV2_REQUIRES_VERSION_ROLLING : 0U);
    setup->endpoint_host = hs_sv2_bytes_of(o->host);
    setup->endpoint_port = o->port;
    setup->vendor = hs_sv2_bytes_of("hashmux");
    setup->hardware_version = hs_sv2_bytes_of("test device");
    setup->firmware = hs_sv2_bytes_of(o->ignore_prefix ? "ignores prefixes" : "follows prefixes");
    setup->device_id = hs_sv2_bytes_of(dev->slots[0].name);
    (void)hs_dev_emit(dev, &m, &step);
    return 0;
}

void hs_dev_lost(hs_dev *dev)
{
    for (uint32_t i = 0; i < dev->slot_count; i++) {
        hs_dev_slot *const slot = &dev->slots[i];
        slot->counts.cut_off += slot->pending_count;
        slot->pending_count = 0;
        slot->state = HS_DEV_CLOSED;
        slot->credit = 0.0;
    }
    hs_session_free(dev->session);
    dev->session = NULL;
    dev->is_set_up = 0;
}

static void open_channel(hs_dev *dev, hs_dev_slot *slot)
{
    hs_sv2_message m = {.id = slot->extended ? HS_SV2_OPEN_EXTENDED : HS_SV2_OPEN_STANDARD};
    hs_step step;
    m.as.open.request_id = ++dev->last_request;
    m.as.open.user_identity = hs_sv2_bytes_of(slot->name);
    m.as.open.nominal_hash_rate =
        (float)(hs_dev_nominal_of(dev->options, slot->index) * dev->factor);
    m.as.open.max_target = hs_sv2_target_of(dev->options->least_hashes);
    m.as.open.min_extranonce_size = slot->extended ? dev->options->min_extranonce : 0;
    if (hs_dev_emit(dev, &m, &step) == 0) {
        slot->state = HS_DEV_ASKED;
        slot->request_id = dev->last_request;
    }
}

static void tell_rates(hs_dev *dev)
{
    for (uint32_t i = 0; dev->options->tell_rate && i < dev->slot_count; i++) {
        const hs_dev_slot *const slot = &dev->slots[i];
        hs_sv2_message m = {.id = HS_SV2_UPDATE_CHANNEL};
        hs_step step;
        if (slot->state == HS_DEV_OPEN) {
            m.as.update_channel.channel_id = slot->channel_id;
            m.as.update_channel.nominal_hash_rate =
                (float)(hs_dev_nominal_of(dev->options, slot->index) * dev->factor);
            m.as.update_channel.maximum_target = hs_sv2_target_of(dev->options->least_hashes);
            (void)hs_dev_emit(dev, &m, &step);
        }
    }
}

void hs_dev_advance(hs_dev *dev, uint64_t now_ms)
{
    const uint64_t elapsed_ms = now_ms - dev->advanced_ms;
    dev->advanced_ms = now_ms;
    dev->now_ms = now_ms;
    while (dev->changes_done < dev->options->change_count &&
           dev->options->changes[dev->changes_done].at_ms <= now_ms) {
        dev->factor *= dev->options->changes[dev->changes_done++].factor;
        if (dev->session != NULL) {
            tell_rates(dev);
        }
    }
    if (dev->session == NULL || !dev->is_set_up) {
        return;
    }
    hs_session_set_time(dev->session, now_ms);
    for (uint32_t i = 0; i < dev->slot_count && !dev->stopped; i++) {
        hs_dev_slot *const slot = &dev->slots[i];
        if (slot->state == HS_DEV_CLOSED && now_ms >= slot->open_at_ms) {
            open_channel(dev, slot);
        }
        if (slot->state == HS_DEV_OPEN) {
            hs_dev_hash(dev, slot, elapsed_ms);
        }
    }
}

void hs_dev_stop(hs_dev *dev)
{
    dev->stopped = 1;
}

/* Is its channel the one that is open now? */
static int is_awaited(const hs_dev_slot *slot, const hs_dev_share *share)
{
    return slot->state == HS_DEV_OPEN && share->channel_id == slot->channel_id;
}

size_t hs_dev_unanswered(const hs_dev *dev)
{
    size_t count = 0;
    for (uint32_t i = 0; i < dev->slot_count; i++) {
        for (size_t j = 0; j < dev->slots[i].pending_count; j++) {
            count += is_awaited(&dev->slots[i], &dev->slots[i].pending[j]) != 0;
        }
    }
    return count;
}

int hs_dev_is_mining(const hs_dev *dev)
{
    for (uint32_t i = 0; i < dev->slot_count; i++) {
        const hs_channel *const channel = hs_dev_view(dev, &dev->slots[i]);
        if (channel == NULL || hs_channel_active_job(channel) == NULL) {
            return 0;
        }
    }
    return 1;
}

int hs_dev_take_reconnect(hs_dev *dev, char *host, size_t host_size, uint16_t *port)
{
    if (dev->reconnect_port == 0) {
        return 0;
    }
    if (dev->reconnect_host[0] != '\0') {
        (void)snprintf(host, host_size, "%s", dev->reconnect_host);
    }
    *port = dev->reconnect_port;
    dev->reconnect_port = 0;
    return 1;
}

void hs_dev_settle(hs_dev *dev)
{
    for (uint32_t i = 0; i < dev->slot_count; i++) {
        hs_dev_slot *const slot = &dev->slots[i];
        for (size_t j = 0; j < slot->pending_count; j++) {
            if (is_awaited(slot, &slot->pending[j])) {
                slot->counts.unanswered++;
            } else {
                slot->counts.closed++;
            }
        }
        slot->pending_count = 0;
    }
}

uint64_t hs_dev_faults(const hs_dev *dev, const char **first)
{
    *first = dev->first_fault;
    return dev->faults;
}
