/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy/state: what the parts of a proxy share, and the small steps that all of them take: to
 * find a pool or a channel, to look at a pool as a place to work, to send to a miner, to end a
 * connection. It decides nothing and tells the plugin nothing.
 *
 * Who calls whom, each only those below it:
 *   core             the clock and the life of the whole
 *   up, jobs         the pools' side          down, open   the miners' side
 *   moves            decisions
 *   leg              the proxy's channels at pools: asked for, granted, closed
 *   shares           shares and their verdicts
 *   probe, deaf      does a peer obey SetExtranoncePrefix? who does not?
 *   spread           a job to all channels of a pool
 *   serve, prefix    a job to a channel; prefixes, and the end of a channel
 *   rate             what works where, what pools are told of it, whether a job is made for it
 *   plugin           the facts for the plugin
 *   own              the channels that one miner has at pools
 *   routes           which of its channels a pool means
 *   identity         the name under which a channel is opened
 *   spaces           which prefixes are in use
 *   state */
#ifndef HOST_STUB_LIVE_PROXY_STATE_H
#define HOST_STUB_LIVE_PROXY_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "host_stub/base/options.h"
#include "host_stub/base/rng.h"
#include "host_stub/base/table.h"
#include "host_stub/jobs/acks.h"
#include "host_stub/jobs/kept.h"
#include "host_stub/jobs/move.h"
#include "host_stub/link/link.h"
#include "host_stub/live/proxy/spaces.h"
#include "host_stub/session/session.h"
#include "host_stub/sv2/types.h"

#define HS_PROXY_MS_NS UINT64_C(1000000)

typedef struct hs_proxy hs_proxy;
typedef struct hs_proxy_peer hs_proxy_peer; /* a miner's connection */

/* What the proxy does outside. `link` is what hs_proxy_join was given, `ctx` the proxy's. None may
 * call back into the proxy. */
typedef struct hs_proxy_out {
    /* As one burst; the messages' views hold until the call returns. */
    void (*send_down)(void *link, const hs_sv2_message *messages, size_t count);
    /* It has to end, once what was sent has left or at once. hs_proxy_leave follows. */
    void (*end_down)(void *link, int after_sending, const char *reason);
    /* Read nothing from it, or go on. */
    void (*pause_down)(void *link, int paused);
    /* Begins to connect. 0: hs_proxy_up_opened or hs_proxy_up_closed follows; -1 with a sentence:
     * nothing follows. */
    int (*dial)(void *ctx, uint32_t upstream, const char *host, uint16_t port, char *why,
                size_t capacity);
    void (*send_up)(void *ctx, uint32_t upstream, const hs_sv2_message *messages, size_t count);
    /* The connection has to end at once. hs_proxy_up_closed follows. */
    void (*end_up)(void *ctx, uint32_t upstream, const char *reason);
    /* One line for people, without a newline. */
    void (*note)(void *ctx, uint64_t now_ns, const char *text);
    /* A violation of the contract, as hs_guard_options.violation. */
    void (*violation)(void *ctx, enum hs_side side, const char *check, const char *text);
    /* A line of the plugin's audit; may be NULL. */
    void (*audit)(void *ctx, const char *json, uint64_t len);
} hs_proxy_out;

enum { HS_PROXY_HOST_SIZE = HMX_ADDRESS_SIZE, HS_PROXY_POOLS_MAX = HMX_UPSTREAMS_MAX };

/* Where a pool really is, in place of the address in the plugin's table. */
typedef struct hs_proxy_place {
    char id[HMX_ID_SIZE];
    char host[HS_PROXY_HOST_SIZE];
    uint16_t port;
} hs_proxy_place;

typedef struct hs_proxy_settings {
    const char *config_path; /* exactly one of the two */
    const char *config_text;
    uint8_t seed[32]; /* for the plugin */
    hs_proxy_place places[HS_PROXY_POOLS_MAX];
    size_t place_count;
    hs_texts plain;                 /* ids of pools with which it speaks in the plain */
    uint64_t drain_ns;              /* a prefix rests so long after its last valid job */
    uint32_t per_channel;           /* 1: each miner has a channel of its own at each pool */
    double miner_shares_per_minute; /* of a target of each miner's own; 0 = the pool's */
    uint64_t dial_least_ns;         /* first pause before a pool is dialled again; doubles ... */
    uint64_t dial_most_ns; /* ... up to this, each shortened or lengthened by up to a quarter */
} hs_proxy_settings;

enum {
    HS_PROXY_FUTURES_MAX = 16,          /* future jobs of a pool */
    HS_PROXY_CODES_MAX = 24,            /* different reasons of refusal of a pool; then "other" */
    HS_PROXY_CODE_SIZE = 48,            /* bytes of one, NUL included */
    HS_PROXY_CHANNELS_PER_PEER = 16384, /* open at once on one connection */
    HS_PROXY_WAITING_BYTES = 1 << 20,   /* of requests of a connection that wait for a pool */
    HS_PROXY_UNANSWERED_MAX = 8192, /* shares of a connection; then it is not read for a while */
    HS_PROXY_TEXT_SIZE = 256,       /* a STR0_255 and its NUL */
    HS_PROXY_DEAF_MAX = 4096,       /* devices that are known not to obey SetExtranoncePrefix */
    HS_PROXY_MISSES_MAX = 3         /* in a row after a move: the peer ignores its prefix */
};

typedef struct hs_proxy_up hs_proxy_up;
typedef struct hs_proxy_leg hs_proxy_leg;
typedef struct hs_proxy_channel hs_proxy_channel;

/* A pool's job, with what the proxy's channel there captured when it came. */
typedef struct hs_proxy_job {
    hs_kept_job copy;
    hs_sv2_u256 target;
    hs_sv2_b032 prefix;
    double for_hs; /* hashes per second for which the pool has made this target */
} hs_proxy_job;

/* A share on its way to a pool. */
typedef struct hs_proxy_sent {
    uint32_t sequence_number; /* upstream */
    uint32_t on_channel;      /* the proxy's channel there at that time */
    uint32_t job_id;          /* downstream */
    uint64_t channel;
    uint64_t cookie;
    int told;      /* the plugin knows the channel */
    double work;   /* of the miner's own job */
    double credit; /* what the pool counts, if that is not the same; else 0 */
    uint64_t sent_ns;
    uint64_t job_age_ns;
} hs_proxy_sent;

typedef struct hs_proxy_code {
    char text[HS_PROXY_CODE_SIZE];
    uint64_t count;
} hs_proxy_code;

typedef struct hs_proxy_counts {
    uint64_t submitted; /* sent to the pool */
    uint64_t accepted;
    double work;   /* accepted: difficulty of the pool's own jobs' targets */
    uint64_t kept; /* valid, and not sent: they miss the pool's target */
    uint64_t stale;
    uint64_t stale_moved; /* of them, because a hard move had ended the job */
    uint64_t duplicates;
    uint64_t lost;        /* with the connection or the pool's closing of the channel */
    uint64_t vouched;     /* answered as accepted before there was a verdict; one may come yet */
    uint64_t unanswered;  /* when the proxy ended, or the miner's channel there */
    uint64_t granted;     /* channels of the proxy's */
    uint64_t not_granted; /* the same, refused */
    /* By the proxy itself: the pool never saw them. Stale ones are counted above too. */
    uint64_t refused[HS_JUDGED_DUPLICATE + 1];
    uint64_t too_slow; /* so many waited for the pool that no more were sent */
    hs_proxy_code rejected[HS_PROXY_CODES_MAX];
    size_t rejected_count;
} hs_proxy_counts;

enum hs_proxy_up_state {
    HS_UP_IDLE = 0, /* not connected */
    HS_UP_DIALLING,
    HS_UP_SETUP, /* SetupConnection was sent */
    HS_UP_OPEN,  /* channels can be opened */
    HS_UP_ENDED  /* ended by us; hs_proxy_up_closed is still to come */
};

enum hs_proxy_leg_state {
    HS_LEG_NONE = 0, /* not asked for on this connection */
    HS_LEG_OPENING,  /* OpenExtendedMiningChannel was sent */
    HS_LEG_CLOSED,   /* refused or closed by the pool */
    HS_LEG_OPEN
};

/* A channel of the proxy's at a pool: the one in which all miners are, or that of one miner. */
struct hs_proxy_leg {
    hs_proxy_up *up;
    size_t at;               /* its place among the pool's */
    int is_own;              /* of one miner (live/proxy/own) ... */
    hs_proxy_channel *owner; /* ... which is this one; NULL: it has gone */
    hs_proxy_leg *next;      /* of the owner's */
    uint64_t until_ns;       /* after the owner: for verdicts to come */
    int is_new;              /* its job is still to be given to the owner, who works there */
    int is_soft;             /* and that job is on the tip of before */
    int is_refused;          /* by the pool, or it does not answer; until retry_at_ns */
    enum hs_proxy_leg_state state;
    uint64_t since_ns;    /* of the present state */
    uint64_t retry_at_ns; /* not asked for before; the pause doubles ... */
    uint64_t pause_ns;    /* ... until a job comes */
    uint32_t request_id;
    uint32_t ask_size; /* min_extranonce_size */
    uint32_t channel_id;
    uint32_t group_id;
    uint32_t extranonce_size;
    hs_sv2_b032 prefix; /* for jobs to come */
    hs_sv2_u256 target; /* the same */
    hs_proxy_job *futures;
    size_t future_count;
    size_t future_capacity; /* all of them have a body or none */
    int has_job;
    hs_proxy_job job; /* the current one */
    int has_tip;
    hs_tip tip;
    int has_tip_before;
    hs_tip tip_before;

    /* What works there (live/proxy/rate). */
    double stated_hs;       /* told to the pool */
    hs_sv2_u256 stated_max; /* the same */
    double for_hs;          /* that `target` is made for */
    uint64_t asked_ns; /* what was stated then is not answered by a target yet; 0 = nothing is */
    int is_dirty;      /* what works there has changed since it was stated */
    uint64_t dirty_at_ns;
    uint64_t stated_at_ns;
    uint64_t unfit_ns; /* since then somebody waits for a harder job there; 0 = nobody does */
    int is_reopening;
    uint64_t reopened_ns; /* 0 = never */
    uint32_t closed_id;   /* of the channel that was closed then */

    int lowered_max; /* max_target, to see whether the pool lives */
    uint32_t last_sequence;
    hs_proxy_sent *sent; /* in order of their numbers */
    size_t sent_count;
    size_t sent_capacity;
    size_t vouched; /* the first so many of them: their miners have their answer */
};

/* A pool, and the connection to it. */
struct hs_proxy_up {
    uint32_t upstream;
    int is_configured;
    hmx_upstream_info row;
    char host[HS_PROXY_HOST_SIZE];
    uint16_t port;
    char next_host[HS_PROXY_HOST_SIZE]; /* where a Reconnect sent us, for one attempt */
    uint16_t next_port;

    enum hs_proxy_up_state state;
    uint64_t retry_at_ns;
    uint64_t pause_ns;
    int fixes_version;       /* it has refused REQUIRES_VERSION_ROLLING */
    uint64_t since_ns;       /* of the present state */
    uint32_t told_state;     /* the plugin: enum hmx_upstream_state, 0 = nothing yet */
    uint32_t reason;         /* why it is not up, enum hmx_upstream_reason */
    int asks_rolling;        /* the present connection was asked for with it */
    uint32_t server_flags;   /* of SetupConnection.Success */
    hs_sv2_b032 told_prefix; /* the plugin */
    hmx_upstream_event told; /* with per_channel, all of it */
    size_t spread_left;      /* channels that are still to be looked at, for whether they get it */
    int spread_soft;

    hs_proxy_leg whole;  /* of all miners */
    hs_proxy_leg **legs; /* of this connection: live/proxy/routes */
    size_t leg_count;
    size_t leg_capacity;
    hs_table by_id;    /* a channel's number + 1 -> its leg */
    hs_table by_asked; /* the number of a request that is not answered + 1 -> its leg */
    uint32_t last_request;
    size_t turn;                /* the leg that is looked at next */
    const hs_proxy_leg *latest; /* to which a job came last; NULL = to none that is there */

    /* Of the channels that work there, and of those that are to be moved there and wait for a
     * harder job (live/proxy/rate). */
    double working_hs;
    size_t working;
    double coming_hs;
    size_t coming;
    size_t coming_idle; /* of them, those whose own pool gives them nothing to do */

    uint64_t heard_ns;          /* the last frame */
    uint64_t rhythm_ns;         /* the longest time without one, on this connection */
    uint32_t pauses;            /* such times that were worth the name */
    uint64_t asked_for_life_ns; /* with a message that has to be answered; 0 = it is not */
    size_t unanswered;          /* shares, in all its channels */
    uint64_t sent_ns;           /* of the last one */
    int is_for_group;           /* what is read now is for many channels */
    uint32_t refused_in_row;    /* openings, since one was granted */
    uint64_t refuses_until_ns;  /* nobody is sent there before */
    hs_proxy_counts counts;
};

/* After a move whose peer has not shown yet that it obeys SetExtranoncePrefix. */
typedef struct hs_proxy_probe {
    int is_on;
    uint64_t decision; /* not answered yet; 0 = it has been */
    uint64_t until_ns; /* it has to be answered before */
    int is_soft;
    uint32_t kind; /* enum hmx_decision_kind */
    uint32_t from;
    uint32_t to;
    hs_sv2_b032 from_prefix;
    uint32_t first_job;
    uint32_t misses;
} hs_proxy_probe;

/* The miner waits for its channel, while one is asked for at a pool (live/proxy/open). */
typedef struct hs_proxy_asking {
    int is_on;
    uint32_t request_id;
    uint32_t assigned;             /* by the plugin, or HMX_NONE */
    uint32_t at;                   /* where it is asked for; HMX_NONE = nowhere */
    uint64_t tried;                /* bit n - 1: it cannot work at n */
    char code[HS_PROXY_CODE_SIZE]; /* with which a pool has refused it last */
} hs_proxy_asking;

struct hs_proxy_channel {
    uint64_t number; /* in the plugin's world: never used again */
    uint64_t cookie;
    int told;  /* the plugin knows it */
    size_t at; /* its place among the proxy's channels */
    hs_proxy_peer *peer;
    hs_move_channel move;
    hs_acks acks;
    uint32_t group_id;
    uint8_t *identity; /* its user_identity, with per_channel; NULL when it is empty */
    uint32_t identity_len;
    hs_proxy_leg *legs; /* its own channels at pools */
    hs_proxy_asking asking;
    double nominal_hs;      /* as declared; 0 = it declares nothing */
    double rate_hs;         /* what it is taken for */
    double own_hs;          /* for which a target of its own is made: see live/proxy/target */
    double own_declared_hs; /* with what that began */
    double seen_work;       /* of its valid shares since then */
    uint64_t seen_since_ns;
    int is_giant;            /* and the operator has been told: see live/proxy/giant */
    uint64_t device;         /* who it is, over connections: see live/proxy/deaf */
    uint32_t honours_prefix; /* enum hmx_tri */
    uint32_t upstream;       /* where it works; set by hs_proxy_put */
    hs_sv2_b032 prefix;      /* there */
    int host_chose_prefix;
    int wants_prefix; /* its pool has another space now */
    uint64_t wants_since_ns;
    int is_deferred; /* a decision waits ... */
    hmx_decision deferred;
    int waits_for_tip; /* ... for both pools to have one tip, until then at the most; else for a
                          job there that is hard enough */
    int waits_for_job; /* and is counted so there */
    int waits_idle;    /* its own pool gave it no work then */
    uint64_t deferred_until_ns;
    hs_proxy_probe probe;
    uint32_t moved_from_job; /* the jobs that the last hard move has ended: these two and those */
    uint32_t moved_to_job;   /* between; 0, 0 = none */
    uint64_t decided_ns;     /* of the last move, until a share is accepted there; 0 = no move */
    uint32_t decided_job;
};

typedef struct hs_proxy_text {
    uint8_t byte[HS_PROXY_TEXT_SIZE];
    uint32_t len;
} hs_proxy_text;

/* A request to open that waits for a pool. */
typedef struct hs_proxy_request {
    struct hs_proxy_request *next;
    size_t size; /* bytes of it all */
    int is_extended;
    hs_sv2_open open; /* its text points into user */
    uint64_t since_ns;
    uint8_t user[];
} hs_proxy_request;

struct hs_proxy_peer {
    hs_proxy *proxy;
    hs_proxy_peer *next;
    hs_proxy_peer **place; /* what points to it in the list */
    void *link;
    uint32_t number;
    int ended;
    int paused;
    int is_set_up;
    uint64_t joined_ns;
    uint32_t flags;        /* SetupConnection.flags */
    uint32_t server_flags; /* what we told */
    hs_proxy_text vendor;  /* of SetupConnection, as the next two */
    hs_proxy_text hardware;
    hs_proxy_text firmware;
    uint32_t last_id;                /* of channels and groups */
    hs_table channels;               /* channel_id + 1 -> hs_proxy_channel */
    hs_proxy_request *requests;      /* in order of their coming */
    hs_proxy_request **last_request; /* where the next one goes */
    size_t request_count;
    size_t request_bytes;
    size_t unanswered;
};

/* A prefix that no new job gets, and old ones may still have. */
typedef struct hs_proxy_drain {
    uint64_t channel;
    uint64_t cookie;
    int told;
    uint32_t upstream;
    hs_sv2_b032 prefix;
    uint64_t unused_ns; /* no valid job has had it since; 0 = one has it */
} hs_proxy_drain;

typedef struct hs_proxy_moves {
    uint64_t applied;
    uint64_t hard;
    uint64_t soft;
    uint64_t refused;
    uint64_t failed;
    uint64_t renewed; /* prefixes on the same pool */
    uint64_t forced;
    uint64_t reopened; /* channels closed so that they are opened again elsewhere */
    uint64_t unproven; /* their peers left before a share showed whether they obey */
    uint64_t refused_by[HS_MOVE_NOT_GRANTED - HS_MOVE_POOL_NOT_OPEN + 1];
    uint32_t *first_accept_ms; /* of each move that has had one */
    size_t first_count;
    size_t first_capacity;
} hs_proxy_moves;

/* Work is difficulty. */
typedef struct hs_proxy_aim {
    double seen;                          /* of all pools, as booked so far */
    double work;                          /* of that, what was booked under known targets ... */
    double wanted[HMX_UPSTREAMS_MAX + 1]; /* ... times each target in per cent */
} hs_proxy_aim;

struct hs_proxy {
    hs_proxy_settings settings;
    hs_proxy_out out;
    void *ctx;
    hs_link link; /* to the plugin */
    uint64_t start_ns;
    uint64_t now_ns;
    uint64_t unix_ms;
    uint64_t swept_ns;
    hs_rng chance; /* of the pauses before pools are dialled */
    int tick_wanted;
    int is_observed; /* the plugin only watches: who loses its pool is ours to place */
    int is_ending;
    hs_proxy_up ups[HMX_UPSTREAMS_MAX + 1]; /* by number; [0] is unused */
    hs_proxy_peer *peers;
    size_t silent;       /* of them, that have not said SetupConnection */
    uint32_t peer_count; /* that ever came */
    uint64_t last_channel;
    hs_table by_number; /* of a channel */
    hs_proxy_channel **channels;
    size_t channel_count;
    size_t channel_capacity;
    size_t asking;     /* channels that wait for a pool's answer */
    size_t sweep_left; /* channels that hs_proxy_sweep_moves has still to look at */
    hs_spaces spaces;  /* of channels, and those that rest */
    hs_proxy_drain *drains;
    size_t drain_count;
    size_t drain_capacity;
    uint32_t next_index[HMX_UPSTREAMS_MAX + 1]; /* of prefixes that the host chooses */
    hs_proxy_moves moves;
    hs_proxy_aim aim;
    uint64_t giant; /* the channel that is more than half of the farm; see live/proxy/giant */
    uint64_t giant_at_ns;
    hs_table deaf;                          /* devices -> their places in deaf_order */
    uint64_t deaf_order[HS_PROXY_DEAF_MAX]; /* a ring: the next place has the oldest */
    size_t deaf_next;
    /* What works and waits (live/proxy/rate). */
    double waiting_hs; /* of the requests to open that wait */
    double waiting_most_hs;
    double usual_hs; /* of one miner; 0 = none has ever come */
    size_t waiting;
    int sums_are_rough; /* something was taken off sums of rates, which rounds */
    double wanted_hs[HMX_UPSTREAMS_MAX + 1]; /* by the plugin; 0 = it does not say */
    uint64_t looked_ns;                      /* when the plugin was asked; 0 = never */
    uint64_t submitted;                      /* shares that miners sent */
    uint64_t unknown;                        /* of them, for no channel that is open */
    uint64_t protocol_errors;
};

void hs_proxy_note(hs_proxy *proxy, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- pools ---- */
hs_proxy_up *hs_proxy_up_of(hs_proxy *proxy, uint32_t upstream); /* NULL for no such number */
/* Is it configured, to be used? */
int hs_proxy_up_is_offered(const hs_proxy_up *up);
/* Can a miner work there? */
int hs_proxy_up_is_ready(const hs_proxy *proxy, const hs_proxy_up *up);
/* The pools that can be used, as a host without a plugin takes them: by priority, each once; bit
 * n-1 of *tried: upstream n had its turn. NULL when there is none left. */
hs_proxy_up *hs_proxy_next_up(hs_proxy *proxy, uint64_t *tried);
/* What a pool gives as a reason, as text of printable characters. */
void hs_proxy_code_text(hs_sv2_bytes code, char text[HS_PROXY_CODE_SIZE]);
void hs_proxy_end_up(hs_proxy *proxy, hs_proxy_up *up, const char *reason);

/* ---- the proxy's channels there ---- */
/* In which this miner works there, or would; NULL for no such pool, or when it has none of its own
 * there yet. */
hs_proxy_leg *hs_proxy_leg_of(hs_proxy *proxy, const hs_proxy_channel *channel, uint32_t upstream);
/* Is it open, on a connection that has not been ended? NULL is none. */
int hs_proxy_leg_is_open(const hs_proxy_leg *leg);
/* And has it a job and a tip? */
int hs_proxy_leg_is_usable(const hs_proxy_leg *leg);
/* As a place to work. */
hs_move_pool hs_proxy_pool_view(const hs_proxy_leg *leg);
void hs_proxy_forget_jobs(hs_proxy_leg *leg);
/* What belongs to it, but not itself. */
void hs_proxy_leg_free(hs_proxy_leg *leg);

/* ---- miners ---- */
/* The peer's open channel of that id; NULL. One that is asked for at a pool is not open yet. */
hs_proxy_channel *hs_proxy_find(const hs_proxy_peer *peer, uint32_t channel_id);
hs_proxy_channel *hs_proxy_channel_of(const hs_proxy *proxy, uint64_t number);
void hs_proxy_send_down(const hs_proxy_peer *peer, const hs_sv2_message *messages, size_t count);
void hs_proxy_end_peer(hs_proxy_peer *peer, int after_sending, const char *reason);

#endif
