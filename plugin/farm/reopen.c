/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/farm/reopen.h"

#include <sodium/crypto_shorthash.h>
#include <string.h>

uint64_t hm_reopen_who(const unsigned char key[16], hmx_view identity, hmx_view vendor,
                       hmx_view hardware)
{
    _Static_assert(crypto_shorthash_KEYBYTES == 16 && crypto_shorthash_BYTES == 8, "of libsodium");
    const hmx_view parts[] = {identity, vendor, hardware};
    uint64_t hashes[3] = {0};
    uint64_t who = 0;
    for (uint32_t i = 0; i < 3; i++) {
        (void)crypto_shorthash((unsigned char *)&hashes[i],
                               parts[i].len > 0 ? parts[i].data : (const void *)"", parts[i].len,
                               key);
    }
    (void)crypto_shorthash((unsigned char *)&who, (const unsigned char *)hashes, sizeof hashes,
                           key);
    return who != 0 ? who : 1;
}

/* The place of a peer, or HM_REOPEN_KNOWN. */
static uint32_t find(const hm_reopen *r, uint64_t who)
{
    uint32_t at = 0;
    while (at < HM_REOPEN_KNOWN && r->known[at].who != who) {
        at++;
    }
    return at;
}

/* A free place, or that of the longest quiet of those who may be forgotten, or HM_REOPEN_KNOWN. */
static uint32_t find_room(const hm_reopen *r)
{
    uint32_t at = HM_REOPEN_KNOWN;
    for (uint32_t i = 0; i < HM_REOPEN_KNOWN; i++) {
        const hm_reopened *const k = &r->known[i];
        if (k->who == 0) {
            return i;
        }
        if (k->failures < HM_REOPEN_FAILURES &&
            (at == HM_REOPEN_KNOWN || k->at_ns < r->known[at].at_ns)) {
            at = i;
        }
    }
    return at;
}

/* The entry of a peer; NULL when it has none and there is no place for one. */
static hm_reopened *entry_of(hm_reopen *r, uint64_t who)
{
    uint32_t at = find(r, who);
    if (at == HM_REOPEN_KNOWN) {
        at = find_room(r);
        if (at == HM_REOPEN_KNOWN) {
            return NULL;
        }
        r->known[at] = (hm_reopened){.who = who};
    }
    return &r->known[at];
}

int hm_reopen_has_room(const hm_reopen *r, uint32_t asked)
{
    return r->waiting + asked < HM_REOPEN_MAX;
}

int hm_reopen_may(const hm_reopen *r, uint64_t who, uint64_t now_ns, uint64_t dwell_ns)
{
    uint32_t at = find(r, who);
    if (at == HM_REOPEN_KNOWN) {
        at = find_room(r);
    }
    return at < HM_REOPEN_KNOWN &&
           (r->known[at].who == 0 || (r->known[at].failures < HM_REOPEN_FAILURES &&
                                      now_ns - r->known[at].at_ns >= dwell_ns));
}

void hm_reopen_closed(hm_reopen *r, uint64_t who, uint64_t decision, uint32_t to, uint64_t now_ns,
                      uint64_t until_ns)
{
    hm_reopened *const known = entry_of(r, who);
    if (known != NULL) {
        known->at_ns = now_ns;
    }
    for (uint32_t i = 0; i < HM_REOPEN_MAX; i++) {
        if (r->returning[i].decision == 0) {
            r->returning[i] =
                (hm_returning){.who = who, .decision = decision, .until_ns = until_ns, .to = to};
            r->waiting++;
            return;
        }
    }
}

uint32_t hm_reopen_returned(hm_reopen *r, uint64_t who, uint64_t now_ns, uint64_t *decision)
{
    uint32_t first = HM_REOPEN_MAX;
    for (uint32_t i = 0; i < HM_REOPEN_MAX && r->waiting > 0; i++) {
        const hm_returning *const w = &r->returning[i];
        if (w->decision != 0 && w->who == who && w->until_ns >= now_ns &&
            (first == HM_REOPEN_MAX || w->decision < r->returning[first].decision)) {
            first = i;
        }
    }
    if (first == HM_REOPEN_MAX) {
        return HMX_NONE;
    }
    const uint32_t to = r->returning[first].to;
    *decision = r->returning[first].decision;
    r->returning[first] = (hm_returning){0};
    r->waiting--;
    hm_reopened *const known = entry_of(r, who);
    if (known != NULL) {
        known->failures = 0;
    }
    return to;
}

int hm_reopen_missed(hm_reopen *r, uint64_t now_ns, uint64_t *decision, uint32_t *failures)
{
    for (uint32_t i = 0; i < HM_REOPEN_MAX && r->waiting > 0; i++) {
        const hm_returning w = r->returning[i];
        if (w.decision != 0 && w.until_ns < now_ns) {
            r->returning[i] = (hm_returning){0};
            r->waiting--;
            hm_reopened *const known = entry_of(r, w.who);
            *decision = w.decision;
            *failures = known != NULL ? ++known->failures : 1u;
            return 1;
        }
    }
    return 0;
}
