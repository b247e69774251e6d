/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/check/pools.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/array.h"
#include "host_stub/sv2/wire.h"
#include "host_stub/sv2/work.h"

enum {
    MISSES_MAX = 64, /* after so many a search looks at the neighbourhood only: it is a broken host
                      * that is examined, and no correct one takes its jobs from far away */
    NEIGHBOURHOOD = 16
};

#define ANY_SIZE UINT32_MAX

static char there; /* where a table has nothing better to point to */

static uint64_t key_of(const void *data, size_t len)
{
    static const uint8_t KEY[crypto_shorthash_KEYBYTES] = {1};
    uint8_t out[crypto_shorthash_BYTES];
    (void)crypto_shorthash(out, data, len, KEY);
    const uint64_t key = hs_sv2_load_uint(out, sizeof out);
    return key != 0 ? key : 1;
}

static uint64_t space_key(uint32_t pool, const uint8_t *prefix, uint32_t len, uint32_t size)
{
    uint8_t bytes[8 + HS_SV2_EXTRANONCE_MAX];
    hs_sv2_writer out = {bytes, sizeof bytes, 0, 0};
    hs_sv2_write_uint(&out, 4, pool);
    hs_sv2_write_uint(&out, 4, size);
    hs_sv2_write_bytes(&out, prefix, len);
    return key_of(bytes, out.pos);
}

/* The key of a job: its parts' keys and its version. */
static uint64_t work_key(const hs_session_job *job)
{
    uint64_t parts[5] = {0};
    if (job->body != NULL) {
        const hs_job_parts p = hs_job_body_parts(job);
        parts[0] = key_of(p.prefix.data, p.prefix.len);
        parts[1] = key_of(p.suffix.data, p.suffix.len);
        parts[2] = key_of(p.path.data, (size_t)p.path.count * 32);
    } else {
        parts[3] = key_of(job->merkle_root.byte, sizeof job->merkle_root.byte);
    }
    parts[4] = job->version;
    return key_of(parts, sizeof parts);
}

static int same_bytes(hs_sv2_bytes a, hs_sv2_bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static int same_work(const hs_check_work *work, const hs_session_job *job)
{
    if (work->version != job->version || work->is_standard != (job->body == NULL)) {
        return 0;
    }
    if (job->body == NULL) {
        return memcmp(&work->merkle_root, &job->merkle_root, sizeof work->merkle_root) == 0;
    }
    const hs_job_parts p = hs_job_body_parts(job);
    return same_bytes(work->prefix, p.prefix) && same_bytes(work->suffix, p.suffix) &&
           same_bytes((hs_sv2_bytes){work->path.data, work->path.count * 32},
                      (hs_sv2_bytes){p.path.data, p.path.count * 32});
}

static void free_work(hs_check_work *work)
{
    if (work != NULL) {
        free(work->bytes);
        free(work->tips);
        free(work);
    }
}

void hs_check_pools_free(hs_check_pools *pools)
{
    for (uint32_t i = 0; i < pools->count; i++) {
        for (size_t k = 0; k < pools->pools[i].count; k++) {
            free_work(pools->pools[i].works[k]);
        }
        free(pools->pools[i].works);
    }
    free(pools->pools);
    hs_table_free(&pools->works);
    hs_table_free(&pools->spaces);
    hs_table_free(&pools->tips);
    memset(pools, 0, sizeof *pools);
}

uint32_t hs_check_pools_add(hs_check_pools *pools, const char *name)
{
    char cut[HS_CHECK_POOL_NAME_MAX];
    (void)snprintf(cut, sizeof cut, "%s", name);
    for (uint32_t i = 0; i < pools->count; i++) {
        if (strcmp(pools->pools[i].name, cut) == 0) {
            return i;
        }
    }
    if (HS_GROW(pools->pools, pools->capacity, pools->count + (size_t)1) != 0) {
        return HS_CHECK_POOL_NONE;
    }
    memset(&pools->pools[pools->count], 0, sizeof pools->pools[0]);
    memcpy(pools->pools[pools->count].name, cut, sizeof cut);
    return pools->count++;
}

/* Copies the parts behind each other. Returns 0, or -1 when out of memory. */
static int copy_parts(hs_check_work *work, const hs_session_job *job)
{
    const hs_job_parts p = hs_job_body_parts(job);
    const size_t path_len = (size_t)p.path.count * 32;
    hs_sv2_writer out = {NULL, (size_t)p.prefix.len + p.suffix.len + path_len, 0, 0};
    work->bytes = malloc(out.capacity + 1);
    if (work->bytes == NULL) {
        return -1;
    }
    out.data = work->bytes;
    hs_sv2_write_bytes(&out, p.prefix.data, p.prefix.len);
    hs_sv2_write_bytes(&out, p.suffix.data, p.suffix.len);
    hs_sv2_write_bytes(&out, p.path.data, path_len);
    work->prefix = (hs_sv2_bytes){work->bytes, p.prefix.len};
    work->suffix = (hs_sv2_bytes){work->bytes + p.prefix.len, p.suffix.len};
    work->path = (hs_sv2_seq){work->bytes + p.prefix.len + p.suffix.len, p.path.count};
    return 0;
}

static int file_work(hs_check_pools *pools, hs_check_work *work)
{
    hs_check_pool *const pool = &pools->pools[work->pool];
    if (HS_GROW(pool->works, pool->capacity, pool->count + 1) != 0) {
        return -1;
    }
    work->next = hs_table_find(&pools->works, work->key);
    if (hs_table_put(&pools->works, work->key, work) != 0) {
        return -1;
    }
    if (pool->count > 0 && work->since_ms < pool->works[pool->count - 1]->since_ms) {
        pool->unsorted = 1;
    }
    pool->works[pool->count++] = work;
    return 0;
}

static int grant(hs_check_pools *pools, uint32_t pool, const hs_session_channel *channel,
                 const hs_session_job *job)
{
    const uint64_t with =
        space_key(pool, job->prefix.byte, job->prefix.len, channel->extranonce_size);
    const uint64_t any = space_key(pool, job->prefix.byte, job->prefix.len, ANY_SIZE);
    return hs_table_put(&pools->spaces, with, &there) == 0 &&
                   hs_table_put(&pools->spaces, any, &there) == 0
               ? 0
               : -1;
}

hs_check_work *hs_check_pools_add_work(hs_check_pools *pools, uint32_t pool,
                                       const hs_session_channel *channel, const hs_session_job *job,
                                       uint64_t now_ms)
{
    const uint64_t key = work_key(job);
    hs_check_work *work = hs_table_find(&pools->works, key);
    if (grant(pools, pool, channel, job) != 0) {
        return NULL;
    }
    while (work != NULL && (work->pool != pool || !same_work(work, job))) {
        work = work->next;
    }
    if (work != NULL) {
        if (now_ms < work->since_ms) {
            work->since_ms = now_ms;
            pools->pools[pool].unsorted = 1;
        }
        return work;
    }
    work = calloc(1, sizeof *work);
    if (work == NULL) {
        return NULL;
    }
    work->pool = pool;
    work->key = key;
    work->since_ms = now_ms;
    work->version = job->version;
    work->version_rolling = job->version_rolling;
    work->full_len = job->prefix.len + channel->extranonce_size;
    work->is_standard = job->body == NULL;
    work->merkle_root = job->merkle_root;
    if ((job->body != NULL && copy_parts(work, job) != 0) || file_work(pools, work) != 0) {
        free_work(work);
        return NULL;
    }
    return work;
}

const hs_tip *hs_check_work_tip(const hs_check_work *work, const hs_tip *tip)
{
    for (size_t i = 0; i < work->tip_count; i++) {
        if (work->tips[i].nbits == tip->nbits &&
            memcmp(&work->tips[i].prev_hash, &tip->prev_hash, sizeof tip->prev_hash) == 0) {
            return &work->tips[i];
        }
    }
    return NULL;
}

static uint64_t tip_key(const hs_tip *tip)
{
    uint8_t bytes[sizeof tip->prev_hash.byte + 4];
    hs_sv2_writer out = {bytes, sizeof bytes, 0, 0};
    hs_sv2_write_bytes(&out, tip->prev_hash.byte, sizeof tip->prev_hash.byte);
    hs_sv2_write_uint(&out, 4, tip->nbits);
    return key_of(bytes, out.pos);
}

int hs_check_pools_has_tip(const hs_check_pools *pools, const hs_tip *tip)
{
    return hs_table_find(&pools->tips, tip_key(tip)) != NULL;
}

int hs_check_pools_add_tip(hs_check_pools *pools, hs_check_work *work, const hs_tip *tip)
{
    if (hs_table_put(&pools->tips, tip_key(tip), &there) != 0) {
        return -1;
    }
    const hs_tip *const known = hs_check_work_tip(work, tip);
    if (known != NULL) {
        hs_tip *const own = &work->tips[known - work->tips];
        own->min_ntime = tip->min_ntime < own->min_ntime ? tip->min_ntime : own->min_ntime;
        return 0;
    }
    return HS_PUSH(work->tips, work->tip_capacity, work->tip_count, *tip);
}

enum hs_check_space_fit hs_check_pools_fit(const hs_check_pools *pools, uint32_t pool,
                                           const hs_sv2_b032 *prefix, uint32_t extranonce_size)
{
    const uint32_t full = prefix->len + extranonce_size;
    int begins = 0;
    for (uint32_t len = 0; len <= prefix->len; len++) {
        if (hs_table_find(&pools->spaces, space_key(pool, prefix->byte, len, full - len)) != NULL) {
            return HS_SPACE_FITS;
        }
        begins |=
            hs_table_find(&pools->spaces, space_key(pool, prefix->byte, len, ANY_SIZE)) != NULL;
    }
    return begins ? HS_SPACE_LENGTH : HS_SPACE_FOREIGN;
}

hs_check_work *hs_check_pools_find_parts(const hs_check_pools *pools, const hs_session_job *job,
                                         uint32_t extranonce_size)
{
    hs_check_work *found = NULL;
    hs_check_work *work = hs_table_find(&pools->works, work_key(job));
    for (; work != NULL; work = work->next) {
        if (same_work(work, job)) {
            if (hs_check_pools_fit(pools, work->pool, &job->prefix, extranonce_size) ==
                HS_SPACE_FITS) {
                return work;
            }
            found = work;
        }
    }
    return found;
}

/* Does this work make the job's root with the job's prefix? */
static int makes_root(const hs_check_work *work, const hs_session_job *job)
{
    if (work->is_standard || work->full_len != job->prefix.len || work->version != job->version) {
        return 0;
    }
    const hs_sv2_coinbase coinbase = {
        work->prefix, {job->prefix.byte, job->prefix.len}, work->suffix};
    const hs_sv2_u256 root = hs_sv2_merkle_root(&coinbase, &work->path);
    return memcmp(&root, &job->merkle_root, sizeof root) == 0;
}

/* The last work that was there at `now_ms`, or where the last search ended. */
static size_t start_of(const hs_check_pool *pool, uint64_t now_ms)
{
    size_t low = 0;
    size_t high = pool->count;
    if (now_ms == HS_TIME_NONE || pool->works[0]->since_ms == HS_TIME_NONE) {
        return pool->hint;
    }
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (pool->works[middle]->since_ms <= now_ms) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low > 0 ? low - 1 : 0;
}

static int compare_works(const void *left, const void *right)
{
    const hs_check_work *const a = *(hs_check_work *const *)left;
    const hs_check_work *const b = *(hs_check_work *const *)right;
    if (a->since_ms != b->since_ms) {
        return a->since_ms < b->since_ms ? -1 : 1;
    }
    return a->key < b->key ? -1 : a->key > b->key;
}

/* Outward from where it should be, in both directions. */
static hs_check_work *search_pool(hs_check_pool *pool, const hs_session_job *job, uint64_t now_ms,
                                  size_t reach)
{
    if (pool->unsorted) {
        qsort(pool->works, pool->count, sizeof(hs_check_work *), compare_works);
        pool->unsorted = 0;
    }
    const size_t start = start_of(pool, now_ms);
    for (size_t step = 0; step < pool->count && step <= reach; step++) {
        const size_t sides[2] = {start - step, start + step};
        for (size_t k = 0; k < 2; k++) {
            const size_t i = sides[k];
            if (i < pool->count && (k == 0 || step > 0) && makes_root(pool->works[i], job)) {
                pool->hint = i;
                return pool->works[i];
            }
        }
    }
    return NULL;
}

hs_check_work *hs_check_pools_find_root(hs_check_pools *pools, const hs_session_job *job,
                                        uint64_t now_ms)
{
    const size_t reach = pools->misses < MISSES_MAX ? SIZE_MAX : NEIGHBOURHOOD;
    hs_check_work *found = hs_check_pools_find_parts(pools, job, 0); /* a standard one's root */
    for (uint32_t i = 0; found == NULL && i < pools->count; i++) {
        if (pools->pools[i].count > 0 &&
            hs_check_pools_fit(pools, i, &job->prefix, 0) == HS_SPACE_FITS) {
            found = search_pool(&pools->pools[i], job, now_ms, reach);
        }
    }
    pools->misses += found == NULL;
    return found;
}
