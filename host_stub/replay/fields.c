/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Which fields of a message a replay prints in its line. */
#include <stdio.h>

#include "host_stub/replay/table.h"
#include "host_stub/sv2/text.h"

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
