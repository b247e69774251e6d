/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * reopen: moves by reopening, for peers that do not obey SetExtranoncePrefix: who was asked to come
 * back and where to, and which identities do not come.
 *
 * A decision of style HMX_STYLE_REOPEN outlives its channel: the host closes it, the peer opens
 * another, and is known again by its user_identity, vendor and hardware (a keyed hash of the three;
 * the first of several equal ones is taken). Who may be reopened is assignment.h's business.
 */
#ifndef PLUGIN_FARM_REOPEN_H
#define PLUGIN_FARM_REOPEN_H

#include <stdint.h>

#include "abi/hmx_abi.h"

enum { HM_REOPEN_MAX = 64, HM_REOPEN_KNOWN = 256, HM_REOPEN_FAILURES = 2 };

/* What became of one identity so far. */
typedef struct hm_reopened {
    uint64_t who; /* 0 = a free place */
    uint64_t at_ns;
    uint32_t failures; /* HM_REOPEN_FAILURES: never again */
    uint32_t pad0;
} hm_reopened;

typedef struct hm_returning {
    uint64_t who;
    uint64_t decision; /* 0 = a free place */
    uint64_t until_ns;
    uint32_t to;
    uint32_t pad0;
} hm_returning;

/* All zero is empty. Who is never to be asked again is never forgotten, and nobody else before his
 * rest is over: when nobody can be forgotten, nobody new is asked. */
typedef struct hm_reopen {
    hm_returning returning[HM_REOPEN_MAX];
    hm_reopened known[HM_REOPEN_KNOWN];
    uint32_t waiting; /* entries of `returning` */
    uint32_t pad0;
} hm_reopen;

/* The hash of a peer; never 0. */
uint64_t hm_reopen_who(const unsigned char key[16], hmx_view identity, hmx_view vendor,
                       hmx_view hardware);

/* Can one more be awaited, when `asked` are about to be closed? */
int hm_reopen_has_room(const hm_reopen *r, uint32_t asked);

/* May this peer be asked (again)? dwell_ns: rest after the last time. */
int hm_reopen_may(const hm_reopen *r, uint64_t who, uint64_t now_ns, uint64_t dwell_ns);

/* The host closed the channel for it. */
void hm_reopen_closed(hm_reopen *r, uint64_t who, uint64_t decision, uint32_t to, uint64_t now_ns,
                      uint64_t until_ns);

/* A peer opened: the upstream that it was promised, and by which decision; HMX_NONE when it is
 * expected nowhere. It is expected no longer. */
uint32_t hm_reopen_returned(hm_reopen *r, uint64_t who, uint64_t now_ns, uint64_t *decision);

/* Takes out one peer that did not come in time, and counts it. Returns 1, the decision and its
 * failures; 0 when there is none (left). */
int hm_reopen_missed(hm_reopen *r, uint64_t now_ns, uint64_t *decision, uint32_t *failures);

#endif
