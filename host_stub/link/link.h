/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * link/link: a host's end of one plugin instance. It creates the instance, reads its table of
 * upstreams, gives each event its head (size, time, number), ticks until there is no more, and
 * keeps the reasons of a refusal. It knows no pool and no miner: what the facts are and what
 * becomes of a decision is the host's business.
 *
 * The host keeps the clock: it sets now_ns (never 0, never less than before) and unix_ms before it
 * calls. An event comes as the host fills it, with the head left empty but for its flags.
 *
 * Calls go through the guard. A host that measures the plugin and nothing else gives an hmx_host of
 * its own instead: then the hooks are called themselves, and one that is missing answers
 * HMX_E_UNSUPPORTED here too. */
#ifndef HOST_STUB_LINK_LINK_H
#define HOST_STUB_LINK_LINK_H

#include <stddef.h>
#include <stdint.h>

#include "host_stub/guard/guard.h"

enum { HS_LINK_ROWS = 64, HS_LINK_CALLS_MAX = 10000, HS_LINK_REASONS_SIZE = 16384 };

typedef struct hs_link {
    const hs_plugin *plugin;
    hs_guard *guard;        /* NULL: not started, or without a guard */
    hmx_instance *instance; /* without a guard only */
    uint64_t now_ns;        /* set by the host */
    uint64_t unix_ms;       /* set by the host */
    uint64_t ticked_ns;     /* 0 = never */
    uint64_t seq;           /* without a guard: of the last event */
    hmx_text text;
    char reasons[HS_LINK_REASONS_SIZE]; /* of the last call that may refuse; always terminated */
} hs_link;

typedef struct hs_link_options {
    const char *config_path; /* exactly one of the two */
    const char *config_text;
    const char *name;    /* in a refusal; NULL = "the plugin" */
    const uint8_t *seed; /* 32 bytes, or NULL: zeros */
    uint32_t channels_max;
    uint32_t upstreams_max;
    uint32_t instance_index;
    uint32_t instance_count;
    const hmx_host *host;   /* without a guard */
    hs_guard_options guard; /* with one; caps 0 = HS_HOST_CAPS; the link sets name and version */
    uint64_t without;       /* HMX_CAP_* of these that are not offered */
} hs_link_options;

/* Creates the instance at link->now_ns. 0, or -1 with a sentence in `why`; hs_link_stop is due in
 * both cases. `plugin` outlives the link. */
int hs_link_start(hs_link *link, const hs_plugin *plugin, const hs_link_options *options, char *why,
                  size_t capacity);

/* What a status that the plugin answered means, in words: "the configuration is refused". */
const char *hs_link_status(hmx_status status);

/* Destroys the instance. Returns the number of violations that the guard found in its whole life.
 */
uint64_t hs_link_stop(hs_link *link);

/* A new configuration, from a path or as text. The reasons are in link->reasons. */
hmx_status hs_link_reconfigure(hs_link *link, const char *config_path, const char *config_text);

/* link->reasons emptied, for a call that may refuse. */
hmx_text *hs_link_text(hs_link *link);

typedef struct hs_link_table {
    uint32_t count; /* rows that are here */
    uint32_t told;  /* rows that the plugin has: more than `count` when there are too many */
    hmx_upstream_info rows[HMX_UPSTREAMS_MAX]; /* their texts are terminated */
} hs_link_table;

/* After create and after each reconfigure. On an error the table is empty. */
hmx_status hs_link_upstreams(hs_link *link, hs_link_table *table);

/* ---- events: each fills the head and calls the hook ---- */
/* For the hot path of a measurement: the head alone. */
hmx_event hs_link_head(hs_link *link, size_t size, uint32_t flags);
hmx_status hs_link_upstream(hs_link *link, hmx_upstream_event *e);
hmx_status hs_link_open(hs_link *link, hmx_channel_open *e, hmx_channel_decision *answer);
hmx_status hs_link_update(hs_link *link, hmx_channel_update *e);
hmx_status hs_link_close(hs_link *link, uint64_t channel, uint64_t cookie, uint32_t reason);
hmx_status hs_link_share(hs_link *link, hmx_share *e);
/* With the prefix that is in force, or that is free again: `len` of the 32 bytes at `prefix`. */
hmx_status hs_link_reassign(hs_link *link, hmx_reassign *e, const uint8_t *prefix, uint32_t len);
/* No job of this prefix on `upstream` is valid any more. */
hmx_status hs_link_drained(hs_link *link, uint64_t channel, uint64_t cookie, uint32_t upstream,
                           const uint8_t *prefix, uint32_t len);

/* ---- ticks ---- */
/* One call of on_tick with the caller's rows, which are zero. */
hmx_status hs_link_tick_once(hs_link *link, hmx_decision *rows, uint32_t capacity,
                             hmx_decision_buf *out);

/* on_tick until there is no more. What one call decides is handed out before the next is made:
 *     hs_link_tick tick = {.link = link};
 *     for (const hmx_decision *d; (d = hs_link_next(&tick)) != NULL;) { ... }
 */
typedef struct hs_link_tick {
    hs_link *link;
    uint32_t calls;
    uint32_t at; /* the row that is next */
    hmx_decision_buf buf;
    hmx_decision rows[HS_LINK_ROWS];
} hs_link_tick;
const hmx_decision *hs_link_next(hs_link_tick *tick);

#endif
