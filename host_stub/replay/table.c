/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/replay/table.h"

#include <inttypes.h>
#include <stdio.h>

#include "host_stub/sv2/text.h"

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

static void print_channels(const hs_replay *b)
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
        print_row(name, hs_replay_pool_name(b, row->upstream), row->submitted, row->verdicts,
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

static void print_pools(const hs_replay *b)
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

void hs_replay_print_table(const hs_replay *b)
{
    putchar('\n');
    print_channels(b);
    print_pools(b);
    printf("\nchannels opened %" PRIu64 ", decisions of the plugin %" PRIu64
           ", guard violations %" PRIu64 " (host %" PRIu64 ", plugin %" PRIu64 ")\n",
           b->opened, b->decisions, b->violations[HS_SIDE_HOST] + b->violations[HS_SIDE_PLUGIN],
           b->violations[HS_SIDE_HOST], b->violations[HS_SIDE_PLUGIN]);
}

/* Fields that say more than the sentence behind them; a message that is not listed shows none. */
static const struct {
    enum hs_sv2_id id;
    const char *names[4];
} SHOWN[] = {
    {HS_SV2_SETUP_CONNECTION, {"vendor", "hardware_version", "firmware", "flags"}},
    {HS_SV2_SETUP_CONNECTION_SUCCESS, {"flags"}},
    {HS_SV2_SETUP_CONNECTION_ERROR, {"flags", "error_code"}},
    {HS_SV2_RECONNECT, {"new_host", "new_port"}},
    {HS_SV2_OPEN_STANDARD, {"user_identity", "max_target"}},
    {HS_SV2_OPEN_EXTENDED, {"user_identity", "max_target", "min_extranonce_size"}},
    {HS_SV2_OPEN_STANDARD_SUCCESS, {"target", "group_channel_id"}},
    {HS_SV2_OPEN_EXTENDED_SUCCESS, {"target", "extranonce_size", "group_channel_id"}},
    {HS_SV2_OPEN_ERROR, {"error_code"}},
    {HS_SV2_NEW_MINING_JOB, {"min_ntime", "version"}},
    {HS_SV2_UPDATE_CHANNEL, {"channel_id", "maximum_target"}},
    {HS_SV2_UPDATE_CHANNEL_ERROR, {"channel_id", "error_code"}},
    {HS_SV2_CLOSE_CHANNEL, {"channel_id", "reason_code"}},
    {HS_SV2_SET_EXTRANONCE_PREFIX, {"channel_id", "extranonce_prefix"}},
    {HS_SV2_SUBMIT_STANDARD, {"channel_id", "job_id", "nonce", "ntime"}},
    {HS_SV2_SUBMIT_EXTENDED, {"channel_id", "job_id", "nonce", "extranonce"}},
    {HS_SV2_SUBMIT_SUCCESS, {"channel_id", "last_sequence_number", "new_shares_sum"}},
    {HS_SV2_SUBMIT_ERROR, {"channel_id", "error_code"}},
    {HS_SV2_NEW_EXTENDED_JOB, {"min_ntime", "version", "version_rolling_allowed"}},
    {HS_SV2_SET_NEW_PREV_HASH, {"channel_id", "prev_hash", "min_ntime", "nbits"}},
    {HS_SV2_SET_TARGET, {"channel_id", "maximum_target"}},
    {HS_SV2_SET_CUSTOM_JOB, {"channel_id", "prev_hash", "min_ntime", "nbits"}},
    {HS_SV2_SET_CUSTOM_JOB_SUCCESS, {"channel_id"}},
    {HS_SV2_SET_CUSTOM_JOB_ERROR, {"channel_id", "error_code"}},
    {HS_SV2_SET_GROUP_CHANNEL, {"channel_ids"}},
    {HS_SV2_REQUEST_EXTENSIONS, {"requested_extensions"}},
    {HS_SV2_REQUEST_EXTENSIONS_SUCCESS, {"supported_extensions"}},
    {HS_SV2_REQUEST_EXTENSIONS_ERROR, {"unsupported_extensions", "required_extensions"}},
};

void hs_replay_print_fields(const hs_sv2_message *message)
{
    char text[1024];
    for (size_t i = 0; i < sizeof SHOWN / sizeof SHOWN[0]; i++) {
        for (size_t k = 0; (uint32_t)SHOWN[i].id == message->id && k < 4; k++) {
            if (SHOWN[i].names[k] != NULL) {
                (void)hs_sv2_text_field(message, SHOWN[i].names[k], HS_SV2_TEXT_SHORT, text,
                                        sizeof text);
                printf(" %s", text);
            }
        }
    }
}
