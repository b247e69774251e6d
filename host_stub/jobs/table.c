/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/jobs/table.h"

#include <stdlib.h>
#include <string.h>

#include "host_stub/base/array.h"

static int is_valid(const hs_job_entry *job)
{
    return job->state != HS_JOB_STALE;
}

static void remove_at(hs_job_table *table, size_t index)
{
    hs_kept_body_release(table->entries[index].body);
    table->count--;
    memmove(&table->entries[index], &table->entries[index + 1],
            (table->count - index) * sizeof table->entries[0]);
}

int hs_job_table_reserve(hs_job_table *table)
{
    return HS_GROW(table->entries, table->capacity, table->count + 1);
}

/* Forgets the oldest job in `state` when there are more than `most` of them. */
static void evict(hs_job_table *table, enum hs_job_state state, size_t most)
{
    size_t count = 0;
    size_t oldest = 0;
    for (size_t i = table->count; i > 0; i--) {
        if (table->entries[i - 1].state == state) {
            count++;
            oldest = i - 1;
        }
    }
    if (count > most) {
        remove_at(table, oldest);
    }
}

const hs_job_entry *hs_job_table_add(hs_job_table *table, const hs_job_entry *job)
{
    if (hs_job_table_reserve(table) != 0) {
        return NULL;
    }
    for (size_t i = 0; i < table->count && job->state == HS_JOB_ACTIVE; i++) {
        if (table->entries[i].state == HS_JOB_ACTIVE) {
            table->entries[i].state = HS_JOB_PAST;
        }
    }
    table->entries[table->count] = *job;
    table->entries[table->count].job_id = ++table->last_id;
    (void)hs_kept_body_share(job->body);
    table->count++;
    evict(table, HS_JOB_FUTURE, HS_CHANNEL_FUTURE_MAX);
    evict(table, HS_JOB_PAST, HS_CHANNEL_PAST_MAX);
    return &table->entries[table->count - 1];
}

static hs_job_entry *find(const hs_job_table *table, uint32_t job_id)
{
    size_t low = 0;
    size_t high = table->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (table->entries[middle].job_id < job_id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < table->count && table->entries[low].job_id == job_id ? &table->entries[low] : NULL;
}

int hs_job_table_new_prev_hash(hs_job_table *table, uint32_t job_id, uint32_t min_ntime)
{
    size_t kept = 0;
    const hs_job_entry *const named = find(table, job_id);
    if (named == NULL || named->state != HS_JOB_FUTURE) {
        return -1;
    }
    for (size_t i = 0; i < table->count; i++) {
        hs_job_entry job = table->entries[i];
        const int is_chosen = job.job_id == job_id;
        if (!is_chosen && (job.state == HS_JOB_FUTURE || job.state == HS_JOB_STALE)) {
            hs_kept_body_release(job.body);
            continue;
        }
        job.state = is_chosen ? HS_JOB_ACTIVE : HS_JOB_STALE;
        job.min_ntime = is_chosen ? min_ntime : job.min_ntime;
        table->entries[kept++] = job;
    }
    table->count = kept;
    return 0;
}

void hs_job_table_set_target(hs_job_table *table, const hs_sv2_u256 *target)
{
    for (size_t i = 0; i < table->count; i++) {
        if (table->entries[i].state == HS_JOB_FUTURE) {
            table->entries[i].target = *target;
        }
    }
}

const hs_job_entry *hs_job_table_find(const hs_job_table *table, uint32_t job_id)
{
    return find(table, job_id);
}

const hs_job_entry *hs_job_table_active(const hs_job_table *table)
{
    for (size_t i = table->count; i > 0; i--) {
        if (table->entries[i - 1].state == HS_JOB_ACTIVE) {
            return &table->entries[i - 1];
        }
    }
    return NULL;
}

int hs_job_table_uses_prefix(const hs_job_table *table, uint32_t upstream,
                             const hs_sv2_b032 *prefix)
{
    for (size_t i = 0; i < table->count; i++) {
        const hs_job_entry *const job = &table->entries[i];
        if (is_valid(job) && job->upstream == upstream && hs_prefix_equal(&job->prefix, prefix)) {
            return 1;
        }
    }
    return 0;
}

hs_share_terms hs_job_entry_terms(const hs_job_entry *job, uint32_t extranonce_size)
{
    return (hs_share_terms){.version = job->version,
                            .version_rolling = job->version_rolling,
                            .min_ntime = job->min_ntime,
                            .extranonce_size = extranonce_size,
                            .tip = hs_kept_body_tip(job->body),
                            .parts = hs_kept_body_parts(job->body)};
}

void hs_job_table_end_upstream(hs_job_table *table, uint32_t upstream)
{
    for (size_t i = 0; i < table->count; i++) {
        if (table->entries[i].upstream == upstream) {
            table->entries[i].pool_takes = 0;
        }
    }
}

size_t hs_job_table_retire_upstream(hs_job_table *table, uint32_t upstream)
{
    size_t retired = 0;
    hs_job_table_end_upstream(table, upstream);
    for (size_t i = 0; i < table->count; i++) {
        hs_job_entry *const job = &table->entries[i];
        if (is_valid(job) && job->upstream == upstream) {
            job->state = HS_JOB_STALE;
            retired++;
        }
    }
    return retired;
}

void hs_job_table_free(hs_job_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        hs_kept_body_release(table->entries[i].body);
    }
    free(table->entries);
    memset(table, 0, sizeof *table);
}
