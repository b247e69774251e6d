/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/replay/table.h"

#include <inttypes.h>
#include <stdio.h>

#include "host_stub/sv2/f32.h"

static void print_row(const char *name, const char *pool, uint64_t submitted,
                      const uint64_t verdicts[HS_REPLAY_VERDICTS], uint64_t hard, uint64_t soft)
{
    printf("%-8s %-12.12s %9" PRIu64 " %8" PRIu64 " %6" PRIu64 " %8" PRIu64 " %9" PRIu64
           " %8" PRIu64 " %6" PRIu64 " %10" PRIu64 " %5" PRIu64 " %5" PRIu64 "\n",
           name, pool, submitted, verdicts[HMX_SHARE_ACCEPTED], verdicts[HMX_SHARE_REJECTED_STALE],
           verdicts[HMX_SHARE_REJECTED_LOW_DIFFICULTY], verdicts[HMX_SHARE_REJECTED_DUPLICATE],
           verdicts[HMX_SHARE_REJECTED_INVALID_JOB], verdicts[HMX_SHARE_REJECTED_OTHER],
           verdicts[HMX_SHARE_LOST], hard, soft);
}

static void print_channels(const hs_bridge *b)
{
    uint64_t submitted = 0;
    uint64_t verdicts[HS_REPLAY_VERDICTS] = {0};
    uint64_t hard = 0;
    uint64_t soft = 0;
    printf("%-8s %-12s %9s %8s %6s %8s %9s %8s %6s %10s %5s %5s\n", "channel", "ends on",
           "submitted", "accepted", "stale", "low diff", "duplicate", "bad job", "other",
           "unanswered", "hard", "soft");
    for (uint32_t i = 0; i < b->row_end; i++) {
        const hs_replay_row *const row = &b->rows[i];
        char name[16];
        if (row->number == 0 || row->waits) {
            continue;
        }
        (void)snprintf(name, sizeof name, "%" PRIu32, row->channel_id);
        print_row(name, hs_bridge_pool_name(b, row->upstream), row->submitted, row->verdicts,
                  row->hard_moves, row->soft_moves);
        submitted += row->submitted;
        hard += row->hard_moves;
        soft += row->soft_moves;
        for (size_t k = 0; k < HS_REPLAY_VERDICTS; k++) {
            verdicts[k] += row->verdicts[k];
        }
    }
    print_row("all", "", submitted, verdicts, hard, soft);
}

static void print_pools(const hs_bridge *b)
{
    printf("\n%-12s %9s %8s %8s  %s\n", "pool", "submitted", "accepted", "rejected",
           "accepted work (difficulty 1)");
    for (uint32_t i = 0; i < b->pool_count; i++) {
        const hs_replay_pool *const pool = &b->pools[i];
        char work[HS_SV2_F32_TEXT_SIZE];
        hs_sv2_f32_text((float)pool->accepted_work_diff1, work);
        printf("%-12.12s %9" PRIu64 " %8" PRIu64 " %8" PRIu64 "  %s\n", pool->id, pool->submitted,
               pool->accepted, pool->rejected, work);
    }
}

void hs_replay_print_table(const hs_bridge *b)
{
    putchar('\n');
    print_channels(b);
    print_pools(b);
    printf("\nchannels opened %" PRIu64 ", decisions of the plugin %" PRIu64
           ", guard violations %" PRIu64 " (host %" PRIu64 ", plugin %" PRIu64 ")\n",
           b->opened, b->decisions, b->violations[HS_SIDE_HOST] + b->violations[HS_SIDE_PLUGIN],
           b->violations[HS_SIDE_HOST], b->violations[HS_SIDE_PLUGIN]);
}
