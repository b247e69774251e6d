/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * replay/bridge: turns what happened in a recorded session into the hooks of a plugin, through the
 * guard, and keeps the replay's own account. The session judges, the plugin decides; the bridge
 * only carries facts from one to the other. A recording cannot be changed, so the plugin's answers
 * are noted, and what the recorded proxy really did is reported to it as the truth. Why that proxy
 * closed a channel nobody knows, so HMX_CAP_REOPEN is not offered.
 *
 * Pools. A downstream connection does not name them: what tells them apart is the first byte of the
 * extranonce prefixes (an empty prefix counts as a value of its own). Each new value is one more
 * pool, and the pools stand, in order of appearance, for the enabled rows of the plugin's upstream
 * table; further ones share the last row. All enabled rows are reported up at the beginning; their
 * jobs and tips as they appear. The recorded proxy chooses every prefix (extranonce_size 0).
 *
 * Time. Each message takes one second; when the min_ntime of a job or tip is ahead of that clock,
 * the clock follows, by at most an hour at once and a day in all. on_tick comes every second. */
#ifndef HOST_STUB_REPLAY_BRIDGE_H
#define HOST_STUB_REPLAY_BRIDGE_H

#include "host_stub/link/link.h"
#include "host_stub/session/session.h"

enum {
    HS_REPLAY_ROWS_MAX = HS_SESSION_CHANNELS_MAX + HS_SESSION_PENDING_MAX,
    HS_REPLAY_DRAINS_MAX = 8, /* old prefixes of one channel that jobs still use */
    HS_REPLAY_SPACES = 257    /* first bytes of prefixes, and the empty prefix */
};

/* Verdicts are counted by enum hmx_verdict. */
enum { HS_REPLAY_VERDICTS = HMX_SHARE_REJECTED_OTHER + 1 };

typedef struct hs_replay_drain {
    uint32_t upstream;
    hs_sv2_b032 prefix;
} hs_replay_drain;

/* One opening, and the channel that came of it. */
typedef struct hs_replay_row {
    uint64_t number; /* the host's channel number, 0 = this row is free */
    uint64_t cookie;
    uint32_t request_id;
    int waits;           /* for the answer to the opening */
    int known;           /* the plugin took it */
    int open;            /* the plugin was not told of its end */
    uint32_t channel_id; /* on the wire */
    enum hs_channel_kind kind;
    double nominal_hashrate_hs;
    uint32_t decided;     /* upstream that the plugin chose at the opening; HMX_NONE = it passed */
    uint32_t told;        /* where the plugin believes it works */
    uint32_t upstream;    /* where it works: the pool of its active job's prefix */
    hs_sv2_b032 prefix;   /* of its active job */
    hmx_decision pending; /* decision 0 = none */
    uint32_t noted_to;    /* where the plugin was last said to want it, until it moves */
    hs_replay_drain drains[HS_REPLAY_DRAINS_MAX];
    uint32_t drain_count;
    uint64_t submitted;
    uint64_t verdicts[HS_REPLAY_VERDICTS];
    uint64_t hard_moves;
    uint64_t soft_moves;
} hs_replay_row;

typedef struct hs_replay_pool {
    uint32_t upstream;
    char id[HMX_ID_SIZE];
    int enabled;
    hmx_upstream_event facts; /* as last told; its event head is filled anew each time */
    uint64_t submitted;
    uint64_t accepted;
    uint64_t rejected;
    double accepted_work_diff1; /* sum of difficulties */
} hs_replay_pool;

typedef struct hs_replay {
    hs_plugin plugin;
    const char *name;     /* of the plugin in a line: the last part of its id */
    hs_link link;         /* its clock is the replay's */
    uint64_t jumped_ns;   /* how much the clock has followed the recorded times */
    uint32_t first_ntime; /* 0 = none seen yet */
    uint32_t client_flags;
    char vendor[256];
    uint32_t vendor_len;
    hs_replay_pool pools[HMX_UPSTREAMS_MAX];
    uint32_t pool_count;
    uint32_t pool_of_space[HS_REPLAY_SPACES]; /* index + 1 */
    uint32_t space_count;
    hs_replay_row *rows; /* HS_REPLAY_ROWS_MAX of them */
    uint32_t row_end;    /* rows from here on were never used */
    uint64_t last_number;
    uint64_t opened;
    uint64_t decisions;
    uint64_t violations[3]; /* by enum hs_side */
    /* Gets one line, without newline, for each thing that the plugin or the guard says. */
    void (*note)(void *ctx, const char *text);
    void *ctx;
} hs_replay;

typedef struct hs_replay_options {
    const char *plugin_path;
    const char *config_path;
    void (*note)(void *ctx, const char *text);
    void *ctx;
} hs_replay_options;

/* Loads the plugin, creates an instance and reports its pools up. Returns 0, or -1 with a sentence
 * in `why`; hs_replay_stop is due in both cases. *bridge must stay where it is. */
int hs_replay_start(hs_replay *bridge, const hs_replay_options *options, char *why,
                    size_t capacity);

/* Frees everything. */
void hs_replay_stop(hs_replay *bridge);

/* After hs_session_apply(message): tells the plugin about it. `legal` is what that returned; from a
 * message at fault only a refused share is told. Then time goes on. `remark` gets a half sentence
 * about pools for the message's line, or becomes empty. */
void hs_replay_message(hs_replay *bridge, const hs_session *session, const hs_sv2_message *message,
                       const hs_session_step *step, int legal, char *remark, size_t capacity);

/* The recording is over: shares without an answer are lost, channels close with their
 * connection. */
void hs_replay_end(hs_replay *bridge, const hs_session *session);

/* For the table: a pool's name by number, "-" for HMX_NONE. */
const char *hs_replay_pool_name(const hs_replay *bridge, uint32_t upstream);

/* "100 TH/s". Returns `out`. */
const char *hs_replay_hashrate(double hashrate_hs, char *out, size_t capacity);

/* Lowercase hex of the prefix, "(none)" for the empty one. Returns `out`. */
const char *hs_replay_prefix(const hs_sv2_b032 *prefix, char out[2 * HS_SV2_EXTRANONCE_MAX + 8]);

#endif
