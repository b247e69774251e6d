/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/sv2/table.h"

#define AT(member, field) offsetof(hs_sv2_message, as.member.field)
#define F(member, field, kind)                                                                     \
    {                                                                                              \
#field, HS_SV2_##kind, AT(member, field), 0                                                \
    }
#define LIMITED(member, field, kind, limit)                                                        \
    {                                                                                              \
#field, HS_SV2_##kind, AT(member, field), limit                                            \
    }
/* Where the name on paper is not the name in the struct. */
#define NAMED(name, member, field, kind)                                                           \
    {                                                                                              \
        name, HS_SV2_##kind, AT(member, field), 0                                                  \
    }

static const hs_sv2_field SETUP_CONNECTION[] = {
    LIMITED(setup_connection, protocol, U8, 2),   F(setup_connection, min_version, U16),
    F(setup_connection, max_version, U16),        F(setup_connection, flags, X32),
    F(setup_connection, endpoint_host, STR0_255), F(setup_connection, endpoint_port, U16),
    F(setup_connection, vendor, STR0_255),        F(setup_connection, hardware_version, STR0_255),
    F(setup_connection, firmware, STR0_255),      F(setup_connection, device_id, STR0_255),
};
static const hs_sv2_field SETUP_CONNECTION_SUCCESS[] = {
    F(setup_connection_success, used_version, U16),
    F(setup_connection_success, flags, X32),
};
static const hs_sv2_field SETUP_CONNECTION_ERROR[] = {
    F(setup_connection_error, flags, X32),
    F(setup_connection_error, error_code, REASON),
};
static const hs_sv2_field CHANNEL_ENDPOINT_CHANGED[] = {
    F(channel_endpoint_changed, channel_id, U32),
};
static const hs_sv2_field RECONNECT[] = {
    F(reconnect, new_host, STR0_255),
    F(reconnect, new_port, U16),
};
static const hs_sv2_field OPEN_STANDARD[] = {
    F(open, request_id, U32),
    F(open, user_identity, STR0_255),
    F(open, nominal_hash_rate, F32),
    F(open, max_target, U256),
};
static const hs_sv2_field OPEN_STANDARD_SUCCESS[] = {
    F(open_success, request_id, U32),       F(open_success, channel_id, U32),
    F(open_success, target, U256),          F(open_success, extranonce_prefix, B0_32),
    F(open_success, group_channel_id, U32),
};
static const hs_sv2_field OPEN_ERROR[] = {
    F(open_error, request_id, U32),
    F(open_error, error_code, REASON),
};
static const hs_sv2_field OPEN_EXTENDED[] = {
    F(open, request_id, U32),  F(open, user_identity, STR0_255),  F(open, nominal_hash_rate, F32),
    F(open, max_target, U256), F(open, min_extranonce_size, U16),
};
static const hs_sv2_field OPEN_EXTENDED_SUCCESS[] = {
    F(open_success, request_id, U32),
    F(open_success, channel_id, U32),
    F(open_success, target, U256),
    F(open_success, extranonce_size, U16),
    F(open_success, extranonce_prefix, B0_32),
    F(open_success, group_channel_id, U32),
};
static const hs_sv2_field NEW_MINING_JOB[] = {
    F(new_mining_job, channel_id, U32),       F(new_mining_job, job_id, U32),
    F(new_mining_job, min_ntime, OPTION_U32), F(new_mining_job, version, X32),
    F(new_mining_job, merkle_root, U256),
};
static const hs_sv2_field UPDATE_CHANNEL[] = {
    F(update_channel, channel_id, U32),
    F(update_channel, nominal_hash_rate, F32),
    F(update_channel, maximum_target, U256),
};
static const hs_sv2_field UPDATE_CHANNEL_ERROR[] = {
    F(update_channel_error, channel_id, U32),
    F(update_channel_error, error_code, REASON),
};
static const hs_sv2_field CLOSE_CHANNEL[] = {
    F(close_channel, channel_id, U32),
    F(close_channel, reason_code, REASON),
};
static const hs_sv2_field SET_EXTRANONCE_PREFIX[] = {
    F(set_extranonce_prefix, channel_id, U32),
    F(set_extranonce_prefix, extranonce_prefix, B0_32),
};
static const hs_sv2_field SUBMIT_STANDARD[] = {
    F(submit, channel_id, U32), F(submit, sequence_number, U32), F(submit, job_id, U32),
    F(submit, nonce, X32),      F(submit, ntime, U32),           F(submit, version, X32),
};
static const hs_sv2_field SUBMIT_EXTENDED[] = {
    F(submit, channel_id, U32),   F(submit, sequence_number, U32), F(submit, job_id, U32),
    F(submit, nonce, X32),        F(submit, ntime, U32),           F(submit, version, X32),
    F(submit, extranonce, B0_32),
};
static const hs_sv2_field SUBMIT_SUCCESS[] = {
    F(submit_success, channel_id, U32),
    F(submit_success, last_sequence_number, U32),
    F(submit_success, new_submits_accepted_count, U32),
    F(submit_success, new_shares_sum, U64),
};
static const hs_sv2_field SUBMIT_ERROR[] = {
    F(submit_error, channel_id, U32),
    F(submit_error, sequence_number, U32),
    F(submit_error, error_code, REASON),
};
static const hs_sv2_field NEW_EXTENDED_JOB[] = {
    F(new_extended_job, channel_id, U32),
    F(new_extended_job, job_id, U32),
    F(new_extended_job, min_ntime, OPTION_U32),
    F(new_extended_job, version, X32),
    F(new_extended_job, version_rolling_allowed, BOOL),
    F(new_extended_job, merkle_path, SEQ0_255_U256),
    F(new_extended_job, coinbase_tx_prefix, B0_64K),
    F(new_extended_job, coinbase_tx_suffix, B0_64K),
};
static const hs_sv2_field SET_NEW_PREV_HASH[] = {
    F(set_new_prev_hash, channel_id, U32), F(set_new_prev_hash, job_id, U32),
    F(set_new_prev_hash, prev_hash, U256), F(set_new_prev_hash, min_ntime, U32),
    F(set_new_prev_hash, nbits, X32),
};
static const hs_sv2_field SET_TARGET[] = {
    F(set_target, channel_id, U32),
    F(set_target, maximum_target, U256),
};
static const hs_sv2_field SET_CUSTOM_JOB[] = {
    F(set_custom_job, channel_id, U32),
    F(set_custom_job, request_id, U32),
    F(set_custom_job, mining_job_token, B0_255),
    F(set_custom_job, version, X32),
    F(set_custom_job, prev_hash, U256),
    F(set_custom_job, min_ntime, U32),
    F(set_custom_job, nbits, X32),
    F(set_custom_job, coinbase_tx_version, U32),
    LIMITED(set_custom_job, coinbase_prefix, B0_255, HS_SV2_COINBASE_PREFIX_MAX),
    F(set_custom_job, coinbase_tx_input_nSequence, U32),
    F(set_custom_job, coinbase_tx_outputs, B0_64K),
    F(set_custom_job, coinbase_tx_locktime, U32),
    F(set_custom_job, merkle_path, SEQ0_255_U256),
};
static const hs_sv2_field SET_CUSTOM_JOB_SUCCESS[] = {
    F(set_custom_job_success, channel_id, U32),
    F(set_custom_job_success, request_id, U32),
    F(set_custom_job_success, job_id, U32),
};
static const hs_sv2_field SET_CUSTOM_JOB_ERROR[] = {
    F(set_custom_job_error, channel_id, U32),
    F(set_custom_job_error, request_id, U32),
    F(set_custom_job_error, error_code, REASON),
};
static const hs_sv2_field SET_GROUP_CHANNEL[] = {
    F(set_group_channel, group_channel_id, U32),
    F(set_group_channel, channel_ids, SEQ0_64K_U32),
};
static const hs_sv2_field REQUEST_EXTENSIONS[] = {
    F(extensions, request_id, U16),
    NAMED("requested_extensions", extensions, extensions, SEQ0_64K_U16),
};
static const hs_sv2_field REQUEST_EXTENSIONS_SUCCESS[] = {
    F(extensions, request_id, U16),
    NAMED("supported_extensions", extensions, extensions, SEQ0_64K_U16),
};
static const hs_sv2_field REQUEST_EXTENSIONS_ERROR[] = {
    F(extensions, request_id, U16),
    NAMED("unsupported_extensions", extensions, extensions, SEQ0_64K_U16),
    NAMED("required_extensions", extensions, required, SEQ0_64K_U16),
};

#define MESSAGE(id, name, sender, bit, lax)                                                        \
    {                                                                                              \
        HS_SV2_##id, name, HS_SV2_##sender, bit, lax, id, sizeof id / sizeof id[0]                 \
    }

static const hs_sv2_spec SPECS[] = {
    MESSAGE(SETUP_CONNECTION, "SetupConnection", CLIENT, 0, 0),
    MESSAGE(SETUP_CONNECTION_SUCCESS, "SetupConnection.Success", SERVER, 0, 0),
    MESSAGE(SETUP_CONNECTION_ERROR, "SetupConnection.Error", SERVER, 0, 0),
    MESSAGE(CHANNEL_ENDPOINT_CHANGED, "ChannelEndpointChanged", SERVER, 1, 0),
    MESSAGE(RECONNECT, "Reconnect", SERVER, 0, 0),
    MESSAGE(OPEN_STANDARD, "OpenStandardMiningChannel", CLIENT, 0, 0),
    MESSAGE(OPEN_STANDARD_SUCCESS, "OpenStandardMiningChannel.Success", SERVER, 0, 0),
    MESSAGE(OPEN_ERROR, "OpenMiningChannel.Error", SERVER, 0, 0),
    MESSAGE(OPEN_EXTENDED, "OpenExtendedMiningChannel", CLIENT, 0, 0),
    MESSAGE(OPEN_EXTENDED_SUCCESS, "OpenExtendedMiningChannel.Success", SERVER, 0, 0),
    /* The bits of this one and of SetCustomMiningJob* were corrected in the spec on 2026-05-12. */
    MESSAGE(NEW_MINING_JOB, "NewMiningJob", SERVER, 1, 1),
    MESSAGE(UPDATE_CHANNEL, "UpdateChannel", CLIENT, 1, 0),
    MESSAGE(UPDATE_CHANNEL_ERROR, "UpdateChannel.Error", SERVER, 1, 0),
    MESSAGE(CLOSE_CHANNEL, "CloseChannel", EITHER, 1, 0),
    MESSAGE(SET_EXTRANONCE_PREFIX, "SetExtranoncePrefix", SERVER, 1, 0),
    MESSAGE(SUBMIT_STANDARD, "SubmitSharesStandard", CLIENT, 1, 0),
    MESSAGE(SUBMIT_EXTENDED, "SubmitSharesExtended", CLIENT, 1, 0),
    MESSAGE(SUBMIT_SUCCESS, "SubmitShares.Success", SERVER, 1, 0),
    MESSAGE(SUBMIT_ERROR, "SubmitShares.Error", SERVER, 1, 0),
    MESSAGE(NEW_EXTENDED_JOB, "NewExtendedMiningJob", SERVER, 1, 0),
    MESSAGE(SET_NEW_PREV_HASH, "SetNewPrevHash", SERVER, 1, 0),
    MESSAGE(SET_TARGET, "SetTarget", SERVER, 1, 0),
    MESSAGE(SET_CUSTOM_JOB, "SetCustomMiningJob", CLIENT, 1, 1),
    MESSAGE(SET_CUSTOM_JOB_SUCCESS, "SetCustomMiningJob.Success", SERVER, 1, 1),
    MESSAGE(SET_CUSTOM_JOB_ERROR, "SetCustomMiningJob.Error", SERVER, 1, 1),
    MESSAGE(SET_GROUP_CHANNEL, "SetGroupChannel", SERVER, 0, 0),
    MESSAGE(REQUEST_EXTENSIONS, "RequestExtensions", CLIENT, 0, 0),
    MESSAGE(REQUEST_EXTENSIONS_SUCCESS, "RequestExtensions.Success", SERVER, 0, 0),
    MESSAGE(REQUEST_EXTENSIONS_ERROR, "RequestExtensions.Error", SERVER, 0, 0),
};
enum { SPEC_COUNT = sizeof SPECS / sizeof SPECS[0] };

const hs_sv2_spec *hs_sv2_spec_of(uint32_t id)
{
    for (size_t i = 0; i < SPEC_COUNT; i++) {
        if ((uint32_t)SPECS[i].id == id) {
            return &SPECS[i];
        }
    }
    return NULL;
}

const hs_sv2_spec *hs_sv2_specs(size_t *count)
{
    *count = SPEC_COUNT;
    return SPECS;
}
