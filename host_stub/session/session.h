/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * session/session: the state of one downstream connection as an observer of both directions knows
 * it: setup, channels, groups, jobs, shares and their answers. Feed it every message in order; it
 * says what each one meant, or which rule it breaks. It judges shares itself: it puts the header
 * together from the job's own prefix and hashes it against the job's own target.
 *
 * It knows nothing of pools, plugins, files or time, sends nothing, and never stops: a message at
 * fault changes nothing, and the next one is looked at as if it had not been there; only a refused
 * share is remembered, since it will be answered.
 *
 * Sources: spec 5.1 to 5.3; the states of jobs are those of the reference implementation's client
 * (future, active, past, stale). A job captures the channel's extranonce prefix and target when it
 * arrives; SetTarget renews the target of future jobs, nothing renews the prefix. */
#ifndef HOST_STUB_SESSION_SESSION_H
#define HOST_STUB_SESSION_SESSION_H

#include "host_stub/base/table.h"
#include "host_stub/sv2/table.h"
#include "host_stub/sv2/types.h"

/* What an observer keeps at most; beyond it HS_RULE_LIMIT is reported, except for jobs, of which
 * the oldest is forgotten, as the reference implementation's client does. */
enum {
    HS_SESSION_CHANNELS_MAX = 16384, /* channels that a connection ever opens, and its groups */
    HS_SESSION_CUSTOMS_MAX = 1024,   /* custom jobs without an answer */
    HS_SESSION_PENDING_MAX = 4096,   /* requests to open; a channel's shares without an answer */
    HS_SESSION_EXTENSIONS_MAX = 16,  /* RequestExtensions without an answer */
    HS_CHANNEL_FUTURE_MAX = 16,      /* future jobs of a channel */
    HS_CHANNEL_PAST_MAX = 256,       /* past jobs of a channel; then as many can be stale */
    HS_CHANNEL_GONE_MAX = 64         /* numbers of jobs that are forgotten and were valid once */
};

/* The rules that a message can break. hs_rule_name gives the stable names that reports use. */
enum hs_rule {
    HS_RULE_OK = 0,
    HS_RULE_SETUP_ORDER,
    HS_RULE_SETUP_VERSION,
    HS_RULE_SETUP_FLAGS,
    HS_RULE_REQUEST_ID,
    HS_RULE_CHANNEL_UNKNOWN,
    HS_RULE_CHANNEL_ID,
    HS_RULE_CHANNEL_KIND,
    HS_RULE_NOT_FOR_GROUPS,
    HS_RULE_STANDARD_JOBS,
    HS_RULE_GROUP_SIZE,
    HS_RULE_EXTRANONCE_SIZE,
    HS_RULE_TARGET,
    HS_RULE_JOB_ID_IN_USE,
    HS_RULE_FIRST_JOB,
    HS_RULE_COINBASE,
    HS_RULE_VERSION_ROLLING,
    HS_RULE_PREV_HASH_JOB,
    HS_RULE_WORK_SELECTION,
    HS_RULE_SHARE_REFUSED,
    HS_RULE_ANSWER_UNKNOWN,
    HS_RULE_ANSWER_WRONG,
    HS_RULE_LIMIT,
    HS_RULE_MEMORY,
    HS_RULE_COUNT
};

const char *hs_rule_name(enum hs_rule rule);

enum hs_job_state { HS_JOB_FUTURE = 1, HS_JOB_ACTIVE, HS_JOB_PAST, HS_JOB_STALE };

/* What SetNewPrevHash tells. */
typedef struct hs_tip {
    hs_sv2_u256 prev_hash;
    uint32_t min_ntime; /* seconds since 1970 */
    uint32_t nbits;
} hs_tip;

/* An extended job's coinbase and path, shared by the channels of a group. */
typedef struct hs_session_template hs_session_template;

typedef struct hs_session_job {
    uint32_t job_id;
    enum hs_job_state state;
    uint32_t version;
    uint32_t version_rolling;  /* 0 or 1: the general purpose bits may change */
    uint32_t min_ntime;        /* seconds since 1970; 0 in a future job */
    uint64_t since_ms;         /* hs_session_set_time when it could be worked on */
    hs_tip tip;                /* not in a future job */
    hs_sv2_u256 target;        /* captured */
    hs_sv2_b032 prefix;        /* captured */
    hs_sv2_u256 merkle_root;   /* of a NewMiningJob; else see body */
    hs_session_template *body; /* of an extended job, or NULL */
    void *mark;                /* the observer's, see hs_session_mark_job; NULL at first */
} hs_session_job;

/* Our own verdict on a share, in the order in which a server checks. */
enum hs_judgement {
    HS_JUDGED_VALID = 0,
    HS_JUDGED_CHANNEL_CLOSED,
    HS_JUDGED_STALE,
    HS_JUDGED_UNKNOWN_JOB,
    HS_JUDGED_EXTRANONCE_SIZE,
    HS_JUDGED_NTIME,
    HS_JUDGED_VERSION_ROLLING,
    HS_JUDGED_VERSION_BIT,
    HS_JUDGED_LOW_DIFFICULTY,
    HS_JUDGED_DUPLICATE
};

/* The error_code that stands for it on the wire; "valid" for HS_JUDGED_VALID. */
const char *hs_judgement_code(enum hs_judgement judgement);

typedef struct hs_session_share {
    uint32_t channel_id;
    uint32_t sequence_number;
    uint32_t job_id;
    enum hs_judgement judgement;
    double difficulty;  /* of the job's target; of the channel's when there is no such job */
    hs_sv2_b032 prefix; /* the job's; the channel's when there is no such job */
} hs_session_share;

enum hs_channel_kind { HS_CHANNEL_STANDARD = 1, HS_CHANNEL_EXTENDED = 2 };

typedef struct hs_session_channel {
    uint32_t channel_id;
    enum hs_channel_kind kind;
    uint32_t open;                  /* 0 after CloseChannel: its number never comes back */
    uint32_t request_id;            /* of the opening */
    uint32_t group_id;              /* 0 = in no group */
    uint32_t extranonce_size;       /* rollable bytes, extended only */
    hs_sv2_b032 prefix;             /* in force for the jobs that arrive from now on */
    hs_sv2_u256 target;             /* the same */
    hs_sv2_u256 max_target;         /* the easiest that the client takes */
    hs_sv2_u256 max_target_before;  /* before UpdateChannel, until the server has followed */
    hs_sv2_u256 max_target_refused; /* the one that UpdateChannel.Error would bring back */
    uint32_t updates;               /* UpdateChannel that could still be refused */
    int has_tip;
    hs_tip tip;
    uint64_t tip_since_ms; /* hs_session_set_time when it came */
    hs_session_job *jobs;  /* in order of arrival */
    size_t job_count;
    size_t job_capacity;
    uint32_t gone[HS_CHANNEL_GONE_MAX]; /* a ring: a share for one of these is very late */
    uint64_t gone_count;
    hs_session_share *pending; /* shares without an answer, in order of arrival */
    size_t pending_count;
    size_t pending_capacity;
    hs_table
        seen; /* the valid shares' hashes (their first 8 bytes) since the last SetNewPrevHash */
} hs_session_channel;

/* What one message meant. */
typedef struct hs_session_step {
    enum hs_rule rule;                 /* HS_RULE_OK, or the rule that it breaks */
    enum hs_sv2_sender sender;         /* HS_SV2_CLIENT or HS_SV2_SERVER */
    uint32_t request_id;               /* with the answers to Open*: whose request ended here */
    const hs_session_channel *channel; /* the one that it addresses; NULL for none or a group */
    const hs_session_share *share;     /* a submitted share, judged; else NULL */
    const hs_session_share *answered;  /* shares that this message answers */
    size_t answered_count;
    int terse;      /* the session's business */
    char text[320]; /* one sentence: what it meant, or what is wrong */
} hs_session_step;

typedef struct hs_session hs_session;

/* NULL when out of memory. */
hs_session *hs_session_new(void);
void hs_session_free(hs_session *session);

enum hs_session_flag {
    /* The difficulty was only simulated: hashes are not computed, shares are judged by everything
     * else, and nobody can say that a refusal for a low difficulty is wrong. */
    HS_SESSION_SIMULATED = 0x1,
    HS_SESSION_TERSE = 0x2 /* no text in the steps of legal messages: faster */
};

/* enum hs_session_flag, none at first. Before the first message. */
void hs_session_set_flags(hs_session *session, uint32_t flags);

/* The observer's clock, for the since_ms of jobs and tips; it changes no judgement. 0 at first. */
void hs_session_set_time(hs_session *session, uint64_t now_ms);

/* Takes the next message of the stream. Returns 0 when it is legal, -1 when it is at fault. The
 * pointers in *step hold until the next call.
 *
 * Who sent a message follows from its type. CloseChannel, the only one that both sides send, counts
 * as the client's when it names a channel and as the server's when it names a group. */
int hs_session_apply(hs_session *session, const hs_sv2_message *message, hs_session_step *step);

/* The channels that were ever opened, in order of their opening. */
const hs_session_channel *hs_session_channels(const hs_session *session, size_t *count);

/* Walks the open channels that `id`, a channel's or a group's, addresses: *at starts at 0. NULL at
 * the end. */
const hs_session_channel *hs_session_addressed(const hs_session *session, uint32_t id, size_t *at);

/* The channel's job of that number, future, active or past; NULL. */
const hs_session_job *hs_session_channel_job(const hs_session_channel *channel, uint32_t job_id);

/* Puts the observer's mark on such a job of an open channel. */
void hs_session_mark_job(hs_session *session, uint32_t channel_id, uint32_t job_id, void *mark);

/* The coinbase parts and the path of an extended job; views that live as long as it does. */
typedef struct hs_job_parts {
    hs_sv2_bytes prefix;
    hs_sv2_bytes suffix;
    hs_sv2_seq path; /* U256 */
} hs_job_parts;
hs_job_parts hs_job_body_parts(const hs_session_job *job);

/* Is `told` what a server may say in new_shares_sum for these shares: the sum of the difficulties
 * of their jobs' targets, truncated? Rounding is forgiven, and so is counting each share at least
 * 1 where targets are easier than difficulty 1. *sum gets the sum. */
int hs_shares_sum_fits(const hs_session_share *shares, size_t count, uint64_t told, double *sum);

/* The job that the channel works on, or NULL before the first. */
const hs_session_job *hs_session_channel_active_job(const hs_session_channel *channel);

/* Does a future, active or past job of the channel hold this prefix? */
int hs_session_channel_uses_prefix(const hs_session_channel *channel, const hs_sv2_b032 *prefix);

/* SetupConnection.flags; 0 before it came. */
uint32_t hs_session_client_flags(const hs_session *session);

int hs_prefix_equal(const hs_sv2_b032 *a, const hs_sv2_b032 *b);

#endif
