/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * jobs/move: what a host sends to a downstream channel so that it works on a pool's job: the burst
 * SetTarget, SetExtranoncePrefix, job, SetNewPrevHash, each only where it is needed. Moving to
 * another pool, the first job after an opening, a pool's refreshed job and its new tip are all the
 * same burst with more or less of it. And what Stratum V2 says about it: which length a prefix must
 * have, which target is sent, whether a move is legal and whether it can be soft.
 *
 * Pure: no socket, no clock, no plugin and no simulation. Who moves when is the plugin's business,
 * which bytes a prefix has is the plugin's or the host's, carrying the frames is the caller's.
 * Sources: spec 5.1.1, 5.3.10, 5.3.15 to 5.3.17, 5.3.21. */
#ifndef HOST_STUB_JOBS_MOVE_H
#define HOST_STUB_JOBS_MOVE_H

#include "host_stub/jobs/table.h"
#include "host_stub/session/session.h"
#include "host_stub/sv2/codec.h"
#include "host_stub/sv2/types.h"

/* What the host knows of a pool: its channel there, and the job and tip that it sent last. */
typedef struct hs_move_pool {
    uint32_t upstream;        /* 1..64 */
    int is_open;              /* its channel there is open */
    int is_standard;          /* ... and a standard one: it has a prefix and nothing to roll */
    int fixed_version;        /* SetupConnection.Success had REQUIRES_FIXED_VERSION */
    hs_sv2_b032 prefix;       /* that the pool granted to the host */
    uint32_t extranonce_size; /* rollable bytes that it granted, 0 for a standard channel */
    hs_sv2_u256 target;       /* that it asks of the host; all zero = none stated */
    int has_tip;
    hs_tip tip;                         /* of its last SetNewPrevHash */
    const hs_sv2_new_extended_job *job; /* the current one on that tip; NULL = none yet */
    hs_kept_body *body;                 /* ... with what its shares are judged by; NULL = nothing */
} hs_move_pool;

/* A downstream channel as its host sees it. The caller fills it at the opening; hs_move_burst keeps
 * the second part up to date. */
typedef struct hs_move_channel {
    uint32_t channel_id;
    enum hs_channel_kind kind;
    uint32_t extranonce_size;  /* promised for life; 0 for a standard one */
    int needs_version_rolling; /* the connection set REQUIRES_VERSION_ROLLING */
    int told_version_may_roll; /* SetupConnection.Success had no REQUIRES_FIXED_VERSION */
    int ignores_prefix;        /* known not to obey SetExtranoncePrefix */
    int header_only;           /* a standard one whose connection set REQUIRES_STANDARD_JOBS: all
                                * that it needs is the merkle root, and it is told no prefix */
    int has_custom_jobs;       /* work selection: bound to its pool */
    int shares_group;          /* with other channels, and cannot be regrouped */
    hs_sv2_u256 max_target;    /* the easiest that the client takes */

    uint32_t upstream;  /* of its last job; 0 before the first */
    hs_sv2_b032 prefix; /* last told: by the opening, then by SetExtranoncePrefix (header_only: of
                         * its last job) */
    hs_sv2_u256 target; /* last told: by the opening, then by SetTarget */
    int has_tip;
    hs_tip tip; /* of the last SetNewPrevHash */
    hs_job_table jobs;
} hs_move_channel;

/* Why a move cannot be made, as a code for hmx_reassign.cause: beyond those of enum hmx_reason, so
 * that nobody takes one for the other. */
enum hs_move_refusal {
    HS_MOVE_LEGAL = 0,
    HS_MOVE_POOL_NOT_OPEN = 101,    /* no channel there */
    HS_MOVE_NO_JOB = 102,           /* it has sent no job or no prev_hash yet */
    HS_MOVE_EXTRANONCE_SHORT = 103, /* it grants less than the channel was promised */
    HS_MOVE_EXTRANONCE_LONG = 104,  /* more than 32 bytes, or more than a scriptSig holds */
    HS_MOVE_PREFIX_LENGTH = 105,    /* the prefix does not fill what the coinbase has room for */
    HS_MOVE_PREFIX_SPACE = 106,     /* it does not begin with the pool's own */
    HS_MOVE_PREFIX_IGNORED = 107,   /* an extended channel whose peer keeps its old prefix */
    HS_MOVE_GROUP = 108,            /* the full length would change inside a group */
    HS_MOVE_VERSION_ROLLING = 109,  /* the client rolls versions and the pool forbids it */
    HS_MOVE_CUSTOM_JOBS = 110,
    HS_MOVE_CLOSED = 111, /* the channel or its connection is gone */
    HS_MOVE_SAME_POOL = 112,
    HS_MOVE_POLICY = 113,       /* legal, and the host does not want it */
    HS_MOVE_FROM_WRONG = 114,   /* the channel does not work where the decision says */
    HS_MOVE_JOB_TOO_EASY = 115, /* with it the pool would get many times the shares that it wants */
    HS_MOVE_NOT_GRANTED = 116   /* it refuses a channel for this miner */
};

/* A half sentence for each of them: "the pool has no job yet". Static. */
const char *hs_move_refusal_text(enum hs_move_refusal refusal);

/* Bytes of prefix that a channel needs on this pool: the pool's own and extranonce_size together,
 * less what the channel rolls itself (sv2 3.2: the coinbase's script length is fixed). -1 when it
 * does not fit. */
int hs_move_prefix_len(const hs_move_pool *pool, enum hs_channel_kind kind,
                       uint32_t extranonce_size);

/* Legal as far as the host knows? The channel's first pool is judged as a move is, except for what
 * concerns leaving another. Asks neither whether `pool` is where it works nor for HS_MOVE_CLOSED,
 * _POLICY, _FROM_WRONG, _JOB_TOO_EASY and _NOT_GRANTED: those are the caller's. */
enum hs_move_refusal hs_move_check(const hs_move_channel *channel, const hs_move_pool *pool,
                                   const hs_sv2_b032 *prefix);

/* The harder of the two; a zero pool target sets no bound (spec 5.3.2). */
hs_sv2_u256 hs_move_target(const hs_sv2_u256 *pool_target, const hs_sv2_u256 *max_target);

/* The target of this difficulty, as a double can say it; the easiest one for 0 and below. */
hs_sv2_u256 hs_move_target_of(double difficulty);

/* May the next job be a non-future one? Only on the prev_hash and nbits that the channel was told
 * last (spec 5.3.17). */
int hs_move_can_be_soft(const hs_move_channel *channel, const hs_move_pool *pool);

/* The messages of one burst, in order. Views point into pool->job. */
typedef struct hs_move_frames {
    hs_sv2_message messages[4];
    uint32_t count;
    uint32_t job_id;  /* downstream, of the job that it carries */
    uint32_t is_soft; /* without SetNewPrevHash */
} hs_move_frames;

/* Puts the channel on the pool's current job: fills *out, and the channel and its jobs are as the
 * client will see them. `target` is what hs_move_target said, or harder; easier (not beyond the
 * channel's max_target) where the host keeps what the pool does not count. With `soft` the job is
 * not a future one where that is possible; else the burst is hard. Returns 0, or -1 when out of
 * memory or when the pool has no job: then nothing has changed. hs_move_check comes first. */
int hs_move_burst(hs_move_channel *channel, const hs_move_pool *pool, const hs_sv2_b032 *prefix,
                  const hs_sv2_u256 *target, int soft, hs_move_frames *out);

/* SetTarget alone, for queued and later jobs. Returns 1 with *out filled, or 0 when the channel was
 * told this one already. */
int hs_move_set_target(hs_move_channel *channel, const hs_sv2_u256 *target, hs_sv2_message *out);

#endif
