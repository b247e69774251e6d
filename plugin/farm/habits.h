/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * habits: what is known of a peer beyond its channel: when it was moved last, whether a move makes
 * it lose its connection, and that it does not obey SetExtranoncePrefix.
 *
 * A device whose firmware or translator cannot change a prefix closes its channel soon after the
 * move and comes back on another one. To the eye of a balancer that knows only channels it is a
 * newcomer each time, may be moved at once, and never comes to rest. So a peer is known by its
 * user_identity, vendor and hardware (hm_reopen_who): it keeps its dwell, is put where the move was
 * to bring it, and after each such close it rests twice as long from moves for balance: from ten
 * minutes up to a hundred times what it was away, so that moves cost it a hundredth of its work. A
 * move that it survives takes one close back: closes by chance, and those of one among many with
 * the same identity, add up to nothing.
 *
 * Only those of whom there is something to remember are kept, and those with the most closes
 * longest.
 */
#ifndef PLUGIN_FARM_HABITS_H
#define PLUGIN_FARM_HABITS_H

#include <stdint.h>

#include "plugin/base/memory.h"
#include "plugin/base/table.h"
#include "plugin/base/units.h"

/* A close so soon after a move is its doing, and so long after it the peer comes back by it. */
#define HM_HABIT_DROP_NS   (60ull * HM_NS_PER_S)
#define HM_HABIT_RETURN_NS (300ull * HM_NS_PER_S)

enum { HM_HABITS_MIN = 256, HM_HABITS_MAX = 65536, HM_HABIT_DROPS_MAX = 8 };
/* The longest rest. */
#define HM_HABIT_REST_NS (86400ull * HM_NS_PER_S)

typedef struct hm_habit {
    uint64_t who;
    uint64_t moved_ns; /* when it was moved last */
    uint64_t left_ns;  /* when its channel closed after that */
    uint32_t to;       /* where that move brought it and it has not come back to yet, or none */
    uint8_t drops;     /* moves after which its channel closed, less those after which it did not */
    uint8_t deaf;      /* it does not obey SetExtranoncePrefix */
    uint8_t pad0[2];
    uint64_t away_ns;  /* so long it was away then */
    uint64_t until_ns; /* no move for balance before; 0 = it does not rest */
} hm_habit;

typedef struct hm_habits {
    const hm_memory *memory;
    hm_habit *rows;
    uint32_t capacity;
    uint32_t count;
    uint32_t limit;
    uint32_t hand; /* where the next one to forget is looked for */
    hm_table index;
} hm_habits;

/* limit: channels that may be open at once. */
void hm_habits_init(hm_habits *h, const hm_memory *memory, uint32_t limit,
                    const unsigned char hash_key[16]);
void hm_habits_free(hm_habits *h);

/* What is known of a peer, NULL when nothing is. */
const hm_habit *hm_habits_of(const hm_habits *h, uint64_t who);

/* Its channel, moved at moved_ns to `to`, closed. dwell_ns: so long the move is worth
 * remembering. */
void hm_habits_closed(hm_habits *h, uint64_t who, uint64_t moved_ns, uint32_t to, uint64_t now_ns,
                      uint64_t dwell_ns);
/* Its channel was still there long after a move. */
void hm_habits_survived(hm_habits *h, uint64_t who);
/* It obeys SetExtranoncePrefix or does not. */
void hm_habits_obeys(hm_habits *h, uint64_t who, int obeys);
/* It opened a channel: where its last move was to bring it, HMX_NONE when it is expected nowhere
 * (any more). */
uint32_t hm_habits_returned(hm_habits *h, uint64_t who, uint64_t now_ns);

/* Takes over what was known of a peer in another life: *habit as it is to be, but for where it
 * works. One that is known already stays as it is, and one for which there is no place is
 * forgotten. 0, or -1 out of memory. */
int hm_habits_recall(hm_habits *h, const hm_habit *habit);

#endif
