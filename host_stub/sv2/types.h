/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sv2/types: the messages of Stratum V2 that a mining proxy meets, as plain C structs (common
 * messages, the mining protocol, extension 0x0001). Field names and order are those of the
 * specification's tables (03-Protocol-Overview 3.6, 05-Mining-Protocol 5.3, extensions/0x0001).
 *
 * Nothing here owns memory: byte strings and sequences are views. After decoding they point into
 * the frame that was decoded, so they live as long as that buffer; for encoding the caller points
 * them wherever its bytes are. */
#ifndef HOST_STUB_SV2_TYPES_H
#define HOST_STUB_SV2_TYPES_H

#include <stddef.h>
#include <stdint.h>

/* A message's identity: extension_type (without the channel_msg bit) * 256 + msg_type. */
enum hs_sv2_id {
    HS_SV2_SETUP_CONNECTION = 0x00,
    HS_SV2_SETUP_CONNECTION_SUCCESS = 0x01,
    HS_SV2_SETUP_CONNECTION_ERROR = 0x02,
    HS_SV2_CHANNEL_ENDPOINT_CHANGED = 0x03,
    HS_SV2_RECONNECT = 0x04,
    HS_SV2_OPEN_STANDARD = 0x10,
    HS_SV2_OPEN_STANDARD_SUCCESS = 0x11,
    HS_SV2_OPEN_ERROR = 0x12,
    HS_SV2_OPEN_EXTENDED = 0x13,
    HS_SV2_OPEN_EXTENDED_SUCCESS = 0x14,
    HS_SV2_NEW_MINING_JOB = 0x15,
    HS_SV2_UPDATE_CHANNEL = 0x16,
    HS_SV2_UPDATE_CHANNEL_ERROR = 0x17,
    HS_SV2_CLOSE_CHANNEL = 0x18,
    HS_SV2_SET_EXTRANONCE_PREFIX = 0x19,
    HS_SV2_SUBMIT_STANDARD = 0x1a,
    HS_SV2_SUBMIT_EXTENDED = 0x1b,
    HS_SV2_SUBMIT_SUCCESS = 0x1c,
    HS_SV2_SUBMIT_ERROR = 0x1d,
    HS_SV2_NEW_EXTENDED_JOB = 0x1f,
    HS_SV2_SET_NEW_PREV_HASH = 0x20,
    HS_SV2_SET_TARGET = 0x21,
    HS_SV2_SET_CUSTOM_JOB = 0x22,
    HS_SV2_SET_CUSTOM_JOB_SUCCESS = 0x23,
    HS_SV2_SET_CUSTOM_JOB_ERROR = 0x24,
    HS_SV2_SET_GROUP_CHANNEL = 0x25,
    HS_SV2_REQUEST_EXTENSIONS = 0x100,
    HS_SV2_REQUEST_EXTENSIONS_SUCCESS = 0x101,
    HS_SV2_REQUEST_EXTENSIONS_ERROR = 0x102
};

/* SetupConnection.flags and SetupConnection.Success.flags (spec 5.3.1). */
enum hs_sv2_client_flag {
    HS_SV2_REQUIRES_STANDARD_JOBS = 0x1,
    HS_SV2_REQUIRES_WORK_SELECTION = 0x2,
    HS_SV2_REQUIRES_VERSION_ROLLING = 0x4
};
enum hs_sv2_server_flag {
    HS_SV2_REQUIRES_FIXED_VERSION = 0x1,
    HS_SV2_REQUIRES_EXTENDED_CHANNELS = 0x2
};

enum {
    HS_SV2_HEADER_SIZE = 6,        /* bytes */
    HS_SV2_PAYLOAD_MAX = 0xffffff, /* bytes: msg_length is a U24 */
    HS_SV2_EXTRANONCE_MAX = 32,    /* bytes of prefix and rollable part together */
    HS_SV2_COINBASE_PREFIX_MAX = 8 /* bytes, SetCustomMiningJob.coinbase_prefix */
};

/* STR0_255, B0_255, B0_64K: somebody else's bytes, without the length in front. */
typedef struct hs_sv2_bytes {
    const uint8_t *data; /* may be NULL when len is 0 */
    uint32_t len;        /* bytes */
} hs_sv2_bytes;

/* U256: a target is a little-endian integer (byte 31 is the most significant); a hash is in the
 * order in which it stands in a block header. */
typedef struct hs_sv2_u256 {
    uint8_t byte[32];
} hs_sv2_u256;

/* B0_32. */
typedef struct hs_sv2_b032 {
    uint32_t len; /* 0..32 */
    uint8_t byte[HS_SV2_EXTRANONCE_MAX];
} hs_sv2_b032;

/* OPTION[U32]. */
typedef struct hs_sv2_option_u32 {
    uint32_t present; /* 0 or 1 */
    uint32_t value;   /* 0 when absent */
} hs_sv2_option_u32;

/* SEQ0_255 and SEQ0_64K: `count` elements in wire form, one after the other; the element's type is
 * the field's. See hs_sv2_seq_u16, _u32, _u256 in sv2/codec.h. */
typedef struct hs_sv2_seq {
    const uint8_t *data; /* may be NULL when count is 0 */
    uint32_t count;      /* elements */
} hs_sv2_seq;

typedef struct hs_sv2_setup_connection {
    uint32_t protocol; /* 0 mining, 1 job declaration, 2 template distribution; others are not */
    uint32_t min_version;
    uint32_t max_version;
    uint32_t flags; /* hs_sv2_client_flag */
    hs_sv2_bytes endpoint_host;
    uint32_t endpoint_port;
    hs_sv2_bytes vendor;
    hs_sv2_bytes hardware_version;
    hs_sv2_bytes firmware;
    hs_sv2_bytes device_id;
} hs_sv2_setup_connection;

typedef struct hs_sv2_setup_connection_success {
    uint32_t used_version;
    uint32_t flags; /* hs_sv2_server_flag */
} hs_sv2_setup_connection_success;

typedef struct hs_sv2_setup_connection_error {
    uint32_t flags; /* the flags that are not supported */
    hs_sv2_bytes error_code;
} hs_sv2_setup_connection_error;

typedef struct hs_sv2_channel_endpoint_changed {
    uint32_t channel_id;
} hs_sv2_channel_endpoint_changed;

typedef struct hs_sv2_reconnect {
    hs_sv2_bytes new_host;
    uint32_t new_port;
} hs_sv2_reconnect;

/* OpenStandardMiningChannel and OpenExtendedMiningChannel: the latter has one field more. */
typedef struct hs_sv2_open {
    uint32_t request_id;
    hs_sv2_bytes user_identity;
    float nominal_hash_rate; /* hashes per second; finite, not negative (HS_SV2_ANY_RATE: any) */
    hs_sv2_u256 max_target;
    uint32_t min_extranonce_size; /* extended only, bytes */
} hs_sv2_open;

/* The two Open*MiningChannel.Success: extranonce_size is in the extended one only. */
typedef struct hs_sv2_open_success {
    uint32_t request_id;
    uint32_t channel_id;
    hs_sv2_u256 target;
    uint32_t extranonce_size; /* extended only: rollable bytes, for the life of the channel */
    hs_sv2_b032 extranonce_prefix;
    uint32_t group_channel_id;
} hs_sv2_open_success;

typedef struct hs_sv2_open_error {
    uint32_t request_id;
    hs_sv2_bytes error_code;
} hs_sv2_open_error;

typedef struct hs_sv2_new_mining_job {
    uint32_t channel_id;
    uint32_t job_id;
    hs_sv2_option_u32 min_ntime; /* absent: a future job */
    uint32_t version;
    hs_sv2_u256 merkle_root;
} hs_sv2_new_mining_job;

typedef struct hs_sv2_update_channel {
    uint32_t channel_id;
    float nominal_hash_rate; /* hashes per second, as in hs_sv2_open */
    hs_sv2_u256 maximum_target;
} hs_sv2_update_channel;

typedef struct hs_sv2_update_channel_error {
    uint32_t channel_id;
    hs_sv2_bytes error_code;
} hs_sv2_update_channel_error;

typedef struct hs_sv2_close_channel {
    uint32_t channel_id;
    hs_sv2_bytes reason_code;
} hs_sv2_close_channel;

typedef struct hs_sv2_set_extranonce_prefix {
    uint32_t channel_id;
    hs_sv2_b032 extranonce_prefix;
} hs_sv2_set_extranonce_prefix;

/* SubmitSharesStandard and SubmitSharesExtended: the latter has the extranonce. */
typedef struct hs_sv2_submit {
    uint32_t channel_id;
    uint32_t sequence_number;
    uint32_t job_id;
    uint32_t nonce;
    uint32_t ntime; /* seconds since 1970 */
    uint32_t version;
    hs_sv2_b032 extranonce; /* extended only: the rollable part */
} hs_sv2_submit;

typedef struct hs_sv2_submit_success {
    uint32_t channel_id;
    uint32_t last_sequence_number;
    uint32_t new_submits_accepted_count;
    uint64_t new_shares_sum; /* difficulty, truncated to an integer by the sender */
} hs_sv2_submit_success;

typedef struct hs_sv2_submit_error {
    uint32_t channel_id;
    uint32_t sequence_number;
    hs_sv2_bytes error_code;
} hs_sv2_submit_error;

typedef struct hs_sv2_new_extended_job {
    uint32_t channel_id; /* or a group's */
    uint32_t job_id;
    hs_sv2_option_u32 min_ntime; /* absent: a future job */
    uint32_t version;
    uint32_t version_rolling_allowed; /* 0 or 1 */
    hs_sv2_seq merkle_path;           /* U256 */
    hs_sv2_bytes coinbase_tx_prefix;
    hs_sv2_bytes coinbase_tx_suffix;
} hs_sv2_new_extended_job;

typedef struct hs_sv2_set_new_prev_hash {
    uint32_t channel_id; /* or a group's */
    uint32_t job_id;
    hs_sv2_u256 prev_hash;
    uint32_t min_ntime;
    uint32_t nbits;
} hs_sv2_set_new_prev_hash;

typedef struct hs_sv2_set_target {
    uint32_t channel_id; /* or a group's */
    hs_sv2_u256 maximum_target;
} hs_sv2_set_target;

typedef struct hs_sv2_set_custom_job {
    uint32_t channel_id;
    uint32_t request_id;
    hs_sv2_bytes mining_job_token;
    uint32_t version;
    hs_sv2_u256 prev_hash;
    uint32_t min_ntime;
    uint32_t nbits;
    uint32_t coinbase_tx_version;
    hs_sv2_bytes coinbase_prefix;
    uint32_t coinbase_tx_input_nSequence;
    hs_sv2_bytes coinbase_tx_outputs;
    uint32_t coinbase_tx_locktime;
    hs_sv2_seq merkle_path; /* U256 */
} hs_sv2_set_custom_job;

typedef struct hs_sv2_set_custom_job_success {
    uint32_t channel_id;
    uint32_t request_id;
    uint32_t job_id;
} hs_sv2_set_custom_job_success;

typedef struct hs_sv2_set_custom_job_error {
    uint32_t channel_id;
    uint32_t request_id;
    hs_sv2_bytes error_code;
} hs_sv2_set_custom_job_error;

typedef struct hs_sv2_set_group_channel {
    uint32_t group_channel_id;
    hs_sv2_seq channel_ids; /* U32 */
} hs_sv2_set_group_channel;

/* RequestExtensions, .Success and .Error of extension 0x0001. */
typedef struct hs_sv2_extensions {
    uint32_t request_id;
    hs_sv2_seq extensions; /* U16: requested, supported, or unsupported */
    hs_sv2_seq required;   /* U16, .Error only */
} hs_sv2_extensions;

typedef struct hs_sv2_message {
    uint32_t id;          /* enum hs_sv2_id: which member of `as` holds */
    uint32_t channel_bit; /* channel_msg as received; encoding sets it by the table */
    hs_sv2_bytes tlv;     /* TLVs after the message, in wire form; see hs_sv2_tlv_next */
    union {
        hs_sv2_setup_connection setup_connection;
        hs_sv2_setup_connection_success setup_connection_success;
        hs_sv2_setup_connection_error setup_connection_error;
        hs_sv2_channel_endpoint_changed channel_endpoint_changed;
        hs_sv2_reconnect reconnect;
        hs_sv2_open open;
        hs_sv2_open_success open_success;
        hs_sv2_open_error open_error;
        hs_sv2_new_mining_job new_mining_job;
        hs_sv2_update_channel update_channel;
        hs_sv2_update_channel_error update_channel_error;
        hs_sv2_close_channel close_channel;
        hs_sv2_set_extranonce_prefix set_extranonce_prefix;
        hs_sv2_submit submit;
        hs_sv2_submit_success submit_success;
        hs_sv2_submit_error submit_error;
        hs_sv2_new_extended_job new_extended_job;
        hs_sv2_set_new_prev_hash set_new_prev_hash;
        hs_sv2_set_target set_target;
        hs_sv2_set_custom_job set_custom_job;
        hs_sv2_set_custom_job_success set_custom_job_success;
        hs_sv2_set_custom_job_error set_custom_job_error;
        hs_sv2_set_group_channel set_group_channel;
        hs_sv2_extensions extensions;
    } as;
} hs_sv2_message;

#endif
