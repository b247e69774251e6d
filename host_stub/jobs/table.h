/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * jobs/table: the jobs that a host has given to one downstream channel. It numbers them (from 1,
 * never again the same: spec 5.3.15 and 5.3.16, and pools' own numbers collide), and remembers of
 * each which pool it came from, that pool's number for it, and the prefix and target that the
 * client captured when it arrived. So a share is routed by its job, wherever the channel works by
 * now, and a prefix is known to be in use until its last valid job is gone.
 *
 * States are those of session.h: future until SetNewPrevHash names it (or active at once), past
 * when another replaces it on the same tip, stale when the tip changes, forgotten when it changes
 * again. They are what the client knows. Whether a job's pool still takes shares of it is another
 * matter: a move to another pool makes a job stale that is as good as before at its own, until that
 * pool has a new tip; what was found before the client heard of the move can be sent there.
 *
 * The table sends nothing and knows no clock; jobs/move fills it. */
#ifndef HOST_STUB_JOBS_TABLE_H
#define HOST_STUB_JOBS_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "host_stub/jobs/kept.h"
#include "host_stub/session/judge.h"
#include "host_stub/sv2/types.h"

typedef struct hs_job_entry {
    uint32_t job_id; /* downstream */
    enum hs_job_state state;
    uint32_t upstream;        /* whose job it is, 1..64 as in the plugin's table */
    uint32_t upstream_job_id; /* that pool's number for it */
    uint32_t version;
    uint32_t version_rolling; /* 0 or 1 */
    uint32_t min_ntime;       /* seconds since 1970: no share is older; 0 in a future job */
    hs_sv2_u256 target;       /* captured */
    hs_sv2_b032 prefix;       /* captured */
    uint32_t pool_takes;      /* 0 or 1: its pool has no newer tip, as far as the host knows */
    hs_kept_body *body;       /* shared; NULL: nobody judges its shares here */
} hs_job_entry;

/* All zero is an empty table. */
typedef struct hs_job_table {
    hs_job_entry *entries; /* in order of their numbers */
    size_t count;
    size_t capacity;
    uint32_t last_id;
} hs_job_table;

/* Makes room for one more job, so that the next hs_job_table_add cannot fail. Returns 0, or -1
 * when out of memory. */
int hs_job_table_reserve(hs_job_table *table);

/* Adds a copy of *job, another owner of its body, whose job_id is chosen here and whose state is
 * FUTURE or ACTIVE; an active one makes the one before it past. Beyond 16 future or 256 past jobs
 * the oldest is forgotten.
 * Returns the entry, valid until the table changes, or NULL when out of memory. */
const hs_job_entry *hs_job_table_add(hs_job_table *table, const hs_job_entry *job);

/* SetNewPrevHash: the future job becomes active, every other valid one stale or forgotten. Returns
 * 0, or -1 when there is no such future job: then nothing has changed. */
int hs_job_table_new_prev_hash(hs_job_table *table, uint32_t job_id, uint32_t min_ntime);

/* SetTarget: renews the target of the future jobs, and of no other (spec 5.3.21). */
void hs_job_table_set_target(hs_job_table *table, const hs_sv2_u256 *target);

/* By its number, valid or stale; NULL when it was never given or is forgotten. */
const hs_job_entry *hs_job_table_find(const hs_job_table *table, uint32_t job_id);

/* The one that the channel works on; NULL before the first. */
const hs_job_entry *hs_job_table_active(const hs_job_table *table);

/* Does a future, active or past job of that pool hold the prefix? */
int hs_job_table_uses_prefix(const hs_job_table *table, uint32_t upstream,
                             const hs_sv2_b032 *prefix);

/* What a job asks of the shares of a channel that rolls so many bytes. It has a body. */
hs_share_terms hs_job_entry_terms(const hs_job_entry *job, uint32_t extranonce_size);

/* The pool has a new tip: it takes no more shares of the jobs that it has given till now. */
void hs_job_table_end_upstream(hs_job_table *table, uint32_t upstream);

/* The pool has closed its channel or changed its space: its future, active and past jobs become
 * stale, since nobody takes their shares any more. Returns how many there were. */
size_t hs_job_table_retire_upstream(hs_job_table *table, uint32_t upstream);

void hs_job_table_free(hs_job_table *table);

#endif
