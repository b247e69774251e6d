/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * validate/farm: a host with a small farm in virtual time, that does to a plugin what the contract
 * allows a host to do: pools with spaces of their own, channels of every kind, shares, ticks,
 * decisions that are carried out, refused, forgotten or answered late, prefixes that drain. What
 * the guard finds is kept by the number of its rule; what the plugin answers goes into a hash, so
 * that two lives can be compared. */
#ifndef HOST_STUB_VALIDATE_FARM_H
#define HOST_STUB_VALIDATE_FARM_H

#include <sodium.h>

#include "host_stub/base/rng.h"
#include "host_stub/link/link.h"
#include "host_stub/validate/trial.h"

enum {
    HS_FARM_CHANNELS = 64, /* open at once */
    HS_FARM_DRAINING = 256,
    HS_FARM_RULES = 256,
    HS_FARM_NOTE = 512,
    HS_FARM_HASH = 32
};

#define HS_FARM_SECOND_NS UINT64_C(1000000000)

typedef struct hs_farm_channel {
    uint64_t channel; /* 0 = free */
    uint64_t cookie;
    hmx_channel_open facts;
    uint32_t upstream;
    uint32_t prefix_len;
    uint8_t prefix[32];
} hs_farm_channel;

typedef struct hs_farm_draining {
    uint64_t channel; /* 0 = free */
    uint64_t due_ns;
    uint32_t upstream;
    uint32_t prefix_len;
    uint8_t prefix[32];
} hs_farm_draining;

/* A decision that was left alone and may be answered late. */
typedef struct hs_farm_late {
    hmx_decision decision;
    uint64_t due_ns; /* 0 = none */
} hs_farm_late;

enum hs_farm_policy {
    HS_FARM_APPLIES, /* every decision, at once */
    HS_FARM_ANYTHING /* what the randomness says */
};

typedef struct hs_farm_options {
    const char *config_text; /* NULL: three pools */
    uint64_t seed;           /* of the plugin, and of the farm's randomness */
    uint64_t without;        /* HMX_CAP_* that the host does not offer */
    uint32_t channels_max;   /* 0 = 6 */
    uint32_t upstreams_max;  /* as in hmx_create_args, as the next two */
    uint32_t instance_index;
    uint32_t instance_count;
    uint32_t event_flags; /* bits that no header defines, in every event */
    enum hs_farm_policy policy;
    int zero_cookie;
    uint32_t extra_tail_bytes;
    uint64_t fail_alloc; /* as in hs_guard_options, as the next */
    int fail_all_after;
    int saves_often;   /* after every tick */
    uint64_t start_ns; /* of the monotonic clock; 0 = a second */
} hs_farm_options;

typedef struct hs_farm {
    hs_trial *trial;
    hs_farm_options options;
    hs_link link;
    hs_link_table table;
    hs_rng rng;
    hmx_upstream_event pools[HMX_UPSTREAMS_MAX + 1]; /* as told last */
    hs_farm_channel channels[HS_FARM_CHANNELS];
    hs_farm_draining draining[HS_FARM_DRAINING];
    hs_farm_late late;
    uint64_t last_channel;
    uint64_t decisions;
    uint64_t refusals;         /* negative statuses of hooks */
    hmx_status negative;       /* the last of them that was not NOMEM, LIMIT or UNSUPPORTED */
    const char *negative_hook; /* that answered it */
    uint64_t found;            /* violations by the plugin */
    uint64_t host_found;       /* and by us, which are mistakes of the validator */
    const char *first;         /* the first rule that the plugin broke */
    char first_text[HS_FARM_NOTE];
    char host_text[HS_FARM_NOTE];
    struct {
        const char *check;
        char text[HS_FARM_NOTE];
    } notes[HS_FARM_RULES];
    size_t note_count;
    crypto_generichash_state answers;
} hs_farm;

/* The default configuration: pools a, b and c with 60, 30 and 10 %. */
extern const char HS_FARM_CONFIG[];

/* Creates the instance and reads its table. 0; or -1: the plugin refuses (link.reasons) and the
 * trial is SKIP, unless allocations were made to fail. hs_farm_stop is due in both cases. */
int hs_farm_start(hs_farm *farm, hs_trial *trial, const hs_farm_options *options);

/* A standard life of a plugin with these options: 0 and the hash of its answers; -1 when it did not
 * start, or broke a rule: then another test tells which, and this one is SKIP. */
int hs_farm_sound(hs_trial *trial, const hs_farm_options *options, uint8_t hash[HS_FARM_HASH]);

/* Fails the trial when a rule was broken, or a hook refused what is legal. `when`: what is said
 * before, "" = nothing. */
void hs_farm_held(hs_trial *trial, const hs_farm *farm, const char *when);

/* A standard life, and one with other options: fails the trial when their answers differ. */
void hs_farm_compare(hs_trial *trial, const hs_farm_options *other, const char *what);

/* Destroys the instance, and writes the hash of all answers to `hash` (NULL = nobody asks). */
void hs_farm_stop(hs_farm *farm, uint8_t hash[HS_FARM_HASH]);

/* What the guard says of this rule, or NULL when nothing. */
const char *hs_farm_note(const hs_farm *farm, const char *check);

void hs_farm_pass(hs_farm *farm, uint64_t seconds);

/* ---- facts ---- */
/* The pool's facts as they are by default, in `state`; they can be changed before they are told. */
hmx_upstream_event hs_farm_pool(uint32_t upstream, uint32_t state);
hmx_status hs_farm_tell(hs_farm *farm, const hmx_upstream_event *facts);
/* All pools of the table are up; of three and more the last stays down. */
void hs_farm_all_up(hs_farm *farm);

/* By default: 1 and 4 are standard ones, 2 extended, 3 extended on custom jobs, and 4 may use
 * upstream 2 only; after these, standard and extended in turns, and 8 is deaf. */
hmx_channel_open hs_farm_device(uint64_t channel);
hmx_status hs_farm_open(hs_farm *farm, const hmx_channel_open *facts);
/* The next number, with the default facts. */
hmx_status hs_farm_open_next(hs_farm *farm);
hs_farm_channel *hs_farm_find(hs_farm *farm, uint64_t channel);
hmx_status hs_farm_change(hs_farm *farm, hmx_channel_update *facts);
hmx_status hs_farm_update(hs_farm *farm, const hs_farm_channel *c, double hashrate);
void hs_farm_close(hs_farm *farm, hs_farm_channel *c, uint32_t reason);
/* For a channel that works somewhere: submitted, then `verdict`. */
void hs_farm_share(hs_farm *farm, const hs_farm_channel *c, uint32_t verdict, uint32_t count);
/* The host puts it there on its own; HMX_NONE parks it. */
void hs_farm_force(hs_farm *farm, hs_farm_channel *c, uint32_t to);
/* Ticks until there is no more; carries out what is decided, as the policy says; reports what has
 * drained. */
void hs_farm_tick(hs_farm *farm);
/* One call with room for so many rows; what it gives is carried out. */
void hs_farm_tick_room(hs_farm *farm, uint32_t capacity);

/* ---- state ---- */
typedef struct hs_farm_state {
    uint8_t *data; /* malloc's */
    uint64_t len;
    size_t capacity;
    uint64_t at;    /* for reading */
    uint64_t piece; /* bytes that a read gives at most; 0 = all */
} hs_farm_state;
/* Saved bytes, appended. */
hmx_status hs_farm_save(hs_farm *farm, hs_farm_state *state);
hmx_status hs_farm_load(hs_farm *farm, hs_farm_state *state);
void hs_farm_state_free(hs_farm_state *state);

/* ---- lives ---- */
/* A short life that touches everything once: what the fixtures of the guard's tests break. Then an
 * hour of a farm. Nothing happens unless it started. */
void hs_farm_live(hs_farm *farm);
/* The same up to the hour. */
void hs_farm_live_minutes(hs_farm *farm);
/* `steps` legal things, drawn from the farm's randomness. */
void hs_farm_random(hs_farm *farm, uint32_t steps);

#endif
