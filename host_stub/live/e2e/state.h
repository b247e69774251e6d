/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/e2e/state: what a live run holds: its processes, their ports and counts, and how far it
 * is. */
#ifndef HOST_STUB_LIVE_E2E_STATE_H
#define HOST_STUB_LIVE_E2E_STATE_H

#include "host_stub/live/e2e/child.h"
#include "host_stub/live/e2e/run.h"
#include "host_stub/noise/text.h"

/* Where the run keeps its files. */
enum { HS_E2E_PATH_SIZE = 512 };

typedef struct hs_e2e_folder {
    char path[HS_E2E_PATH_SIZE - 64];
    int is_temporary;
} hs_e2e_folder;

enum hs_e2e_phase {
    HS_E2E_POOLS_START,
    HS_E2E_PROXY_STARTS,
    HS_E2E_MINERS_START,
    HS_E2E_MINING,
    HS_E2E_MINERS_END,
    HS_E2E_PROXY_ENDS,
    HS_E2E_POOLS_END,
    HS_E2E_OVER
};

typedef struct hs_e2e_state {
    const hs_e2e_options *options;
    hs_e2e_config *config;
    hs_e2e_result *result;
    hs_e2e_folder folder;
    char authority[HS_NOISE_TEXT_SIZE]; /* the public key of pools and proxy; "" = plain frames */
    hs_net_loop *loop;
    hs_net_timer *timer;
    enum hs_e2e_phase phase;
    uint64_t phase_ms; /* when it began */
    uint64_t begin_ms; /* of mining */
    uint64_t stats_ms; /* next question */
    hs_e2e_child pools[HS_E2E_POOLS_MAX];
    uint16_t ports[HS_E2E_POOLS_MAX];
    hs_e2e_track tracks[HS_E2E_POOLS_MAX];
    uint64_t accepted[HS_E2E_POOLS_MAX]; /* as each pool said last */
    uint64_t progress_ms;                /* when progress is told next, since all mine */
    hs_e2e_child proxy;
    uint16_t proxy_port;
    unsigned proxy_starts;
    int restarting; /* the proxy was told to end, and starts again */
    hs_e2e_child miners[HS_E2E_GROUPS_MAX];
    uint32_t mining; /* groups of which all channels have had a job */
    uint32_t group_count;
    size_t faults_begun;
    size_t faults_ended;
    int failed; /* could not be carried out: `why` says it */
    char *why;
    size_t capacity;
} hs_e2e_state;

/* The time, in milliseconds of the monotonic clock. */
uint64_t hs_e2e_now_ms(const hs_e2e_state *r);
/* The run cannot be carried out, for this reason (a format of two strings). */
void hs_e2e_fail(hs_e2e_state *r, const char *format, const char *name, const char *detail);

/* `keep` is the folder to use, made unless it is there; NULL = a temporary one. 0, or -1 with a
 * sentence in `why`. */
int hs_e2e_folder_open(hs_e2e_folder *folder, const char *keep, char *why, size_t capacity);
/* <folder>/<name><suffix>, at most HS_E2E_PATH_SIZE bytes. Returns `to`. */
const char *hs_e2e_folder_path(const hs_e2e_folder *folder, const char *name, const char *suffix,
                               char *to);
/* Removes it with the files in it when it is temporary. */
void hs_e2e_folder_close(hs_e2e_folder *folder);

#endif
