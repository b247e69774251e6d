/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/check/rules.h"

static const char *const NAMES[] = {
    [HS_CHECK_MALFORMED - HS_RULE_COUNT] = "malformed",
    [HS_CHECK_ENCODING - HS_RULE_COUNT] = "encoding",
    [HS_CHECK_DIRECTION - HS_RULE_COUNT] = "direction",
    [HS_CHECK_COMMENT - HS_RULE_COUNT] = "comment",
    [HS_CHECK_TIME_ORDER - HS_RULE_COUNT] = "time-order",
    [HS_CHECK_SEQUENCE_NUMBER - HS_RULE_COUNT] = "sequence-number",
    [HS_CHECK_SHARES_SUM - HS_RULE_COUNT] = "shares-sum",
    [HS_CHECK_SHARE_NTIME - HS_RULE_COUNT] = "share-ntime",
    [HS_CHECK_TARGET_OWED - HS_RULE_COUNT] = "set-target-owed",
    [HS_CHECK_ENDPOINT_OWED - HS_RULE_COUNT] = "endpoint-changed-owed",
    [HS_CHECK_UPDATE_DEBOUNCE - HS_RULE_COUNT] = "update-debounce",
    [HS_CHECK_PREFIX_ORDER - HS_RULE_COUNT] = "prefix-order",
    [HS_CHECK_POOL_JOB - HS_RULE_COUNT] = "pool-job",
    [HS_CHECK_MERKLE_ROOT - HS_RULE_COUNT] = "merkle-root",
    [HS_CHECK_PREFIX_LENGTH - HS_RULE_COUNT] = "prefix-length",
    [HS_CHECK_PREFIX_SPACE - HS_RULE_COUNT] = "prefix-space",
    [HS_CHECK_POOL_TIP - HS_RULE_COUNT] = "pool-tip",
    [HS_CHECK_OVERLAP - HS_RULE_COUNT] = "search-space-overlap",
};

static const char *const TEXTS[HS_CHECK_RULE_COUNT] = {
    [HS_RULE_OK] = "no fault",
    [HS_RULE_SETUP_ORDER] = "SetupConnection comes first and once, its answer second; mining "
                            "messages need a mining connection (3.6.1)",
    [HS_RULE_SETUP_VERSION] = "used_version lies between min_version and max_version (3.6.2)",
    [HS_RULE_SETUP_FLAGS] = "the server refuses only flags that were set, and does not fix the "
                            "version of a client that requires rolling (5.3.1)",
    [HS_RULE_REQUEST_ID] = "a request_id is not used twice at once, and an answer names one that "
                           "waits (5.3.2 to 5.3.6)",
    [HS_RULE_CHANNEL_UNKNOWN] = "a message addresses a channel or group that is open",
    [HS_RULE_CHANNEL_ID] = "ids of channels and groups share one namespace and never come back "
                           "(5.2)",
    [HS_RULE_CHANNEL_KIND] = "a message suits the kind of its channel, standard or extended",
    [HS_RULE_NOT_FOR_GROUPS] = "NewMiningJob, SetExtranoncePrefix and what a client sends do not "
                               "address groups (5.3.10, 5.3.15)",
    [HS_RULE_STANDARD_JOBS] = "a client with REQUIRES_STANDARD_JOBS gets no extended jobs and no "
                              "groups (5.3.1)",
    [HS_RULE_GROUP_SIZE] = "the channels of a group have one full extranonce size (5.2.3)",
    [HS_RULE_EXTRANONCE_SIZE] = "extranonce_size is at least what was asked for, and with the "
                                "prefix at most 32 bytes (5.3.5, 5.3.10)",
    [HS_RULE_TARGET] = "no target is 0 or easier than max_target (5.3.2, 5.3.7)",
    [HS_RULE_JOB_ID_IN_USE] = "a job_id is not given to a second job while the first is valid "
                              "(5.3.15, 5.3.16)",
    [HS_RULE_FIRST_JOB] = "a channel's first job is a future one: nothing before a SetNewPrevHash "
                          "can be worked on (5.3.15)",
    [HS_RULE_COINBASE] = "the coinbase is one transaction with the channel's prefix and "
                         "extranonce_size in it and nothing left over (5.3.16)",
    [HS_RULE_VERSION_ROLLING] = "a job lets the version roll where the client requires it, and "
                                "only where the pool's job does (5.3.1)",
    [HS_RULE_PREV_HASH_JOB] = "SetNewPrevHash names a queued future job (5.3.17)",
    [HS_RULE_WORK_SELECTION] = "custom jobs need REQUIRES_WORK_SELECTION (5.3.18)",
    [HS_RULE_SHARE_REFUSED] = "a share names a job that its channel knows, with the right "
                              "extranonce length, ntime and version, is new, and meets the job's "
                              "own target with the job's own prefix (--verify)",
    [HS_RULE_ANSWER_UNKNOWN] = "an answer to shares or UpdateChannel is about some that wait for "
                               "one, and as many as it counts (5.3.8, 5.3.13)",
    [HS_RULE_ANSWER_WRONG] = "the server's verdict on a share is not contrary to our own",
    [HS_RULE_LIMIT] = "the connection stays within what an observer keeps",
    [HS_RULE_MEMORY] = "the checker has memory enough",
    [HS_CHECK_MALFORMED] = "a frame can be decoded",
    [HS_CHECK_ENCODING] = "a frame's bytes are those that encoding its message gives, with the "
                          "right channel_msg bit (3.2)",
    [HS_CHECK_DIRECTION] = "a message is sent by the side that may send it (8)",
    [HS_CHECK_COMMENT] = "the name in the comment before a frame is that of its message",
    [HS_CHECK_TIME_ORDER] = "the times of a file do not go back",
    [HS_CHECK_SEQUENCE_NUMBER] = "sequence numbers of a channel's shares rise (5.3.11)",
    [HS_CHECK_SHARES_SUM] = "new_shares_sum is the truncated sum of the difficulties of the "
                            "acknowledged shares' job targets (5.3.13)",
    [HS_CHECK_SHARE_NTIME] = "a share's ntime is not ahead of its job's by more than the time that "
                             "has passed (5.3.11; needs times)",
    [HS_CHECK_TARGET_OWED] = "UpdateChannel with a max_target that is harder than the target is "
                             "followed by SetTarget, before the next job or within 30 s (5.3.7)",
    [HS_CHECK_ENDPOINT_OWED] = "a channel that carried frames of extensions gets "
                               "ChannelEndpointChanged before another pool's job (3.6.4)",
    [HS_CHECK_UPDATE_DEBOUNCE] = "a proxy sends UpdateChannel of one upstream channel at most once "
                                 "a second (5.3.7; needs times)",
    [HS_CHECK_PREFIX_ORDER] = "SetExtranoncePrefix comes before the future job that is to use it: "
                              "a job keeps the prefix that was in force when it arrived (5.3.10)",
    [HS_CHECK_POOL_JOB] = "a job's coinbase, merkle path and version are those of a job that a "
                          "pool has sent by then (needs up-*.hex)",
    [HS_CHECK_MERKLE_ROOT] = "a standard job's merkle root is that of a pool's job with the "
                             "channel's prefix in the coinbase; where the client set "
                             "REQUIRES_STANDARD_JOBS, until it is told of its prefix no more "
                             "(5.3.15; needs up-*.hex)",
    [HS_CHECK_PREFIX_LENGTH] = "prefix and extranonce_size fill what the pool's coinbase has room "
                               "for (3.2; needs up-*.hex)",
    [HS_CHECK_PREFIX_SPACE] = "a job's prefix begins with the one that its pool granted (needs "
                              "up-*.hex)",
    [HS_CHECK_POOL_TIP] = "a job is worked on with the prev_hash and nbits that its pool gave it, "
                          "and no earlier ntime (needs up-*.hex)",
    [HS_CHECK_OVERLAP] = "no two channels search the same space for one pool at one time: no "
                         "prefix of valid jobs is a prefix of another's, and no merkle root is "
                         "given to two that are not told their prefixes",
};

const char *hs_check_rule_name(unsigned rule)
{
    if (rule < HS_RULE_COUNT) {
        return hs_rule_name((enum hs_rule)rule);
    }
    return rule < HS_CHECK_RULE_COUNT ? NAMES[rule - HS_RULE_COUNT] : "unknown";
}

const char *hs_check_rule_text(unsigned rule)
{
    return rule < HS_CHECK_RULE_COUNT ? TEXTS[rule] : "";
}
