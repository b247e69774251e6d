/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/proxy/deaf.h"

#include <sodium.h>

#include "host_stub/sv2/wire.h"

static void write_text(hs_sv2_writer *out, const uint8_t *data, uint32_t len)
{
    hs_sv2_write_uint(out, 1, len); /* so that no two triples are written alike */
    hs_sv2_write_bytes(out, data, len);
}

uint64_t hs_proxy_device_of(const hs_proxy_peer *peer, hs_sv2_bytes user_identity)
{
    uint8_t who[3 * HS_PROXY_TEXT_SIZE];
    uint8_t key[crypto_shorthash_BYTES];
    hs_sv2_writer out = {who, sizeof who, 0, 0};
    write_text(&out, peer->vendor.byte, peer->vendor.len);
    write_text(&out, peer->firmware.byte, peer->firmware.len);
    write_text(&out, user_identity.data, user_identity.len);
    /* Keyed, so that nobody can make himself taken for another. */
    (void)crypto_shorthash(key, who, out.pos, peer->proxy->settings.seed);
    const uint64_t device = hs_sv2_load_uint(key, sizeof key);
    return device != 0 ? device : 1;
}

int hs_proxy_is_deaf(const hs_proxy *proxy, uint64_t device)
{
    return hs_table_find(&proxy->deaf, device) != NULL;
}

void hs_proxy_note_deaf(hs_proxy *proxy, uint64_t device)
{
    uint64_t *const place = &proxy->deaf_order[proxy->deaf_next];
    if (hs_proxy_is_deaf(proxy, device)) {
        return;
    }
    if (*place != 0 && hs_table_find(&proxy->deaf, *place) == place) {
        (void)hs_table_remove(&proxy->deaf, *place);
    }
    if (hs_table_put(&proxy->deaf, device, place) == 0) {
        *place = device;
        proxy->deaf_next = (proxy->deaf_next + 1) % HS_PROXY_DEAF_MAX;
    }
}

void hs_proxy_note_hearing(hs_proxy *proxy, uint64_t device)
{
    (void)hs_table_remove(&proxy->deaf, device);
}
