/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * check/pools: what the pools have sent to the host, as far as the jobs of downstream channels can
 * be traced back to it: the jobs (coinbase parts, path, version, and the tips that they were worked
 * on with) and the extranonce spaces (prefix and size) that were granted. It is filled from the
 * upstream connections and then asked where a downstream job comes from. Reading those connections
 * and judging the answers is check/jobs' business. */
#ifndef HOST_STUB_CHECK_POOLS_H
#define HOST_STUB_CHECK_POOLS_H

#include "host_stub/base/table.h"
#include "host_stub/session/session.h"

#define HS_CHECK_POOL_NONE UINT32_MAX
#define HS_CHECK_POOL_ROOT (UINT32_MAX - 1) /* no pool: a merkle root, whoever's it is */
#define HS_TIME_NONE       UINT64_MAX

enum { HS_CHECK_POOL_NAME_MAX = 64 };

/* A job of a pool. The same parts sent twice, or on two channels, are one. */
typedef struct hs_check_work {
    uint32_t pool;
    uint64_t key;      /* of the parts and the version */
    uint64_t since_ms; /* when it was first sent; HS_TIME_NONE when the file has no times */
    uint32_t version;
    uint32_t version_rolling; /* 0 or 1 */
    uint32_t full_len;        /* bytes of the whole extranonce */
    int is_standard;          /* a NewMiningJob: only the root is known */
    hs_sv2_u256 merkle_root;  /* ... */
    hs_sv2_bytes prefix;      /* coinbase parts and path; in `bytes` */
    hs_sv2_bytes suffix;
    hs_sv2_seq path;
    uint8_t *bytes;
    hs_tip *tips; /* that it was worked on with; min_ntime is the smallest of each */
    size_t tip_count;
    size_t tip_capacity;
    struct hs_check_work *next; /* of the same key */
} hs_check_work;

typedef struct hs_check_pool {
    char name[HS_CHECK_POOL_NAME_MAX];
    hs_check_work **works; /* in order of arrival, once a search has sorted them */
    size_t count;
    size_t capacity;
    size_t hint;  /* where the last search ended */
    int unsorted; /* an earlier connection was read after a later one */
} hs_check_pool;

/* All zero is an empty one. */
typedef struct hs_check_pools {
    hs_check_pool *pools;
    uint32_t count;
    size_t capacity;
    hs_table works;  /* by key; of all pools */
    hs_table spaces; /* granted prefixes with their size, and (with another key) without */
    hs_table tips;   /* that any pool has given to any job */
    unsigned misses; /* searches for a root that found none */
} hs_check_pools;

void hs_check_pools_free(hs_check_pools *pools);

/* The pool's number, a new one for a new name (cut to fit). HS_CHECK_POOL_NONE when out of
 * memory. */
uint32_t hs_check_pools_add(hs_check_pools *pools, const char *name);

/* Files a job as it stands in an upstream channel. Returns it, or NULL when out of memory. */
hs_check_work *hs_check_pools_add_work(hs_check_pools *pools, uint32_t pool,
                                       const hs_session_channel *channel, const hs_session_job *job,
                                       uint64_t now_ms);

/* That job of a pool is worked on with this tip. Returns 0, or -1 when out of memory. */
int hs_check_pools_add_tip(hs_check_pools *pools, hs_check_work *work, const hs_tip *tip);

/* Has any pool given this prev_hash and nbits to any job? */
int hs_check_pools_has_tip(const hs_check_pools *pools, const hs_tip *tip);

/* The tip of that prev_hash and nbits, or NULL. */
const hs_tip *hs_check_work_tip(const hs_check_work *work, const hs_tip *tip);

/* The work that an extended job is: the same parts and version; of several the one whose space the
 * prefix is in, if there is one. NULL when no pool has sent it. */
hs_check_work *hs_check_pools_find_parts(const hs_check_pools *pools, const hs_session_job *job,
                                         uint32_t extranonce_size);

/* The work whose coinbase with `prefix` as its whole extranonce has this root, near `now_ms` first.
 * NULL when there is none. */
hs_check_work *hs_check_pools_find_root(hs_check_pools *pools, const hs_session_job *job,
                                        uint64_t now_ms);

/* How a prefix lies in what the pool granted. */
enum hs_check_space_fit {
    HS_SPACE_FITS = 0,
    HS_SPACE_LENGTH, /* it begins with a granted one, but does not fill it */
    HS_SPACE_FOREIGN /* it begins with none */
};

enum hs_check_space_fit hs_check_pools_fit(const hs_check_pools *pools, uint32_t pool,
                                           const hs_sv2_b032 *prefix, uint32_t extranonce_size);

#endif
