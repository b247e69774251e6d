/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/pool/faults: what a pool is told to do wrong, when and for how long: the words of --fault
 * and of the command lines, the schedule, and the state that is in force. Acting on it is
 * live/pool/core's and live/pool/live's part.
 *
 *   refuse            opens no channel and accepts no share
 *   down              listens no more, ends its connections; `up` or the end brings it back
 *   flap[=SECONDS]    down and up in turns, so long each (default 2)
 *   grey[=FRACTION]   accepts this part of the shares that are valid (default 0.5)
 *   slow[=SECONDS]    answers shares so much later (default 2)
 *   easier-target[=N] targets N times as easy (default 16), never easier than max_target
 *   stall             reads nothing
 *
 * and at once, one time:
 *
 *   prefix-change     SetExtranoncePrefix and a job on every channel that has a use for it
 *   close             CloseChannel of each connection's oldest channel
 *   reconnect         Reconnect, and the end of the connections
 *   garbage           a frame that is none on every connection
 *   half-frame        the first half of a frame, and nothing more until the connection ends
 *   tip, refresh      a new tip, a refreshed job */
#ifndef HOST_STUB_LIVE_POOL_FAULTS_H
#define HOST_STUB_LIVE_POOL_FAULTS_H

#include <stddef.h>
#include <stdint.h>

enum hs_pool_fault_kind {
    HS_POOL_REFUSE = 0,
    HS_POOL_DOWN,
    HS_POOL_FLAP,
    HS_POOL_GREY,
    HS_POOL_SLOW,
    HS_POOL_EASIER,
    HS_POOL_STALL,
    HS_POOL_LASTING, /* those before it last */
    HS_POOL_PREFIX_CHANGE = HS_POOL_LASTING,
    HS_POOL_CLOSE,
    HS_POOL_RECONNECT,
    HS_POOL_GARBAGE,
    HS_POOL_HALF_FRAME,
    HS_POOL_TIP,
    HS_POOL_REFRESH,
    HS_POOL_FAULT_KINDS
};

enum { HS_POOL_FAULTS_MAX = 64 };

const char *hs_pool_fault_name(enum hs_pool_fault_kind kind);

typedef struct hs_pool_fault {
    enum hs_pool_fault_kind kind;
    uint64_t at_ms;    /* since the pool's start */
    uint64_t lasts_ms; /* 0 = until it is switched off */
    double value;
    int begun;
    int ended;
} hs_pool_fault;

/* "NAME@START[+DURATION][=VALUE]", times in seconds, such as down@12+5 or grey@10+20=0.3. A
 * duration is allowed with every name and means nothing to those that happen at once. 0, or -1 with
 * a sentence in `why`. */
int hs_pool_fault_parse(const char *text, hs_pool_fault *out, char *why, size_t capacity);

/* A command line: "NAME", "NAME VALUE", "NAME off", "up" (for down off and flap off). *on is 0 for
 * off. 0, or -1 with a sentence. */
int hs_pool_fault_parse_line(const char *line, hs_pool_fault *out, int *on, char *why,
                             size_t capacity);

/* What is in force now. */
typedef struct hs_pool_state {
    int on[HS_POOL_LASTING];
    double value[HS_POOL_LASTING];
    uint64_t since_ms[HS_POOL_LASTING];
} hs_pool_state;

/* Is it down now: by `down`, or in the odd half of a flap's period (which begins with it)? */
int hs_pool_state_is_down(const hs_pool_state *state, uint64_t now_ms);
/* When that changes next by itself; UINT64_MAX = never. */
uint64_t hs_pool_state_next_ms(const hs_pool_state *state, uint64_t now_ms);

/* The next fault of the schedule that begins or ends at or before now_ms, in the order of the
 * moments: *begins tells which. NULL = none is due. It counts as done. */
const hs_pool_fault *hs_pool_faults_due(hs_pool_fault *faults, size_t count, uint64_t now_ms,
                                        int *begins);
/* The moment of the next one; UINT64_MAX = none is left. */
uint64_t hs_pool_faults_next_ms(const hs_pool_fault *faults, size_t count);

#endif
