/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * session_messages: a session and short names for the messages that the tests of its modules feed
 * to it. Targets are all ones where the hash does not matter, and small where it must miss. */
#ifndef TESTS_HOST_SESSION_MESSAGES_H
#define TESTS_HOST_SESSION_MESSAGES_H

#include <criterion/criterion.h>
#include <string.h>

#include "host_stub/session/session.h"
#include "host_stub/sv2/codec.h"

static hs_session *session;
static hs_session_step step;

static inline void start(void)
{
    session = hs_session_new();
    cr_assert_not_null(session);
}

static inline void finish(void)
{
    hs_session_free(session);
}

static inline void legal(const hs_sv2_message *m)
{
    cr_assert(hs_session_apply(session, m, &step) == 0, "%s: %s", hs_rule_name(step.rule),
              step.text);
    cr_assert_eq(step.rule, HS_RULE_OK);
}

static inline void at_fault(const hs_sv2_message *m, enum hs_rule rule)
{
    cr_assert(hs_session_apply(session, m, &step) != 0, "%s", step.text);
    cr_assert_str_eq(hs_rule_name(step.rule), hs_rule_name(rule), "%s", step.text);
    cr_assert_neq(step.text[0], '\0');
}

static inline hs_sv2_u256 ones(void)
{
    hs_sv2_u256 value;
    memset(value.byte, 0xff, sizeof value.byte);
    return value;
}

static inline hs_sv2_u256 small(uint8_t low)
{
    hs_sv2_u256 value = {{0}};
    value.byte[0] = low;
    return value;
}

static inline hs_sv2_b032 bytes(uint32_t len, uint8_t fill)
{
    hs_sv2_b032 value = {len, {0}};
    memset(value.byte, fill, len);
    return value;
}

static inline hs_sv2_message setup_message(uint32_t flags)
{
    hs_sv2_message m = {.id = HS_SV2_SETUP_CONNECTION};
    m.as.setup_connection.min_version = 2;
    m.as.setup_connection.max_version = 2;
    m.as.setup_connection.flags = flags;
    return m;
}

static inline void connect(uint32_t client_flags, uint32_t server_flags)
{
    hs_sv2_message m = setup_message(client_flags);
    legal(&m);
    m = (hs_sv2_message){.id = HS_SV2_SETUP_CONNECTION_SUCCESS};
    m.as.setup_connection_success.used_version = 2;
    m.as.setup_connection_success.flags = server_flags;
    legal(&m);
}

static inline hs_sv2_message open_message(int extended, uint32_t request)
{
    hs_sv2_message m = {.id = extended ? HS_SV2_OPEN_EXTENDED : HS_SV2_OPEN_STANDARD};
    m.as.open.request_id = request;
    m.as.open.max_target = ones();
    m.as.open.min_extranonce_size = extended ? 8 : 0;
    return m;
}

static inline hs_sv2_message opened_message(int extended, uint32_t request, uint32_t channel,
                                            uint32_t group)
{
    hs_sv2_message m = {.id =
                            extended ? HS_SV2_OPEN_EXTENDED_SUCCESS : HS_SV2_OPEN_STANDARD_SUCCESS};
    m.as.open_success.request_id = request;
    m.as.open_success.channel_id = channel;
    m.as.open_success.group_channel_id = group;
    m.as.open_success.target = ones();
    m.as.open_success.extranonce_size = extended ? 8 : 0;
    m.as.open_success.extranonce_prefix = bytes(extended ? 4 : 12, 0xaa);
    return m;
}

static inline const hs_session_channel *open_channel(int extended, uint32_t channel, uint32_t group)
{
    hs_sv2_message m = open_message(extended, channel);
    legal(&m);
    m = opened_message(extended, channel, channel, group);
    legal(&m);
    cr_assert_not_null(step.channel);
    return step.channel;
}

/* A coinbase for 12 bytes of extranonce: scriptSig of 2 + 12 bytes, one empty output. */
static uint8_t coinbase_head[] = {1, 0, 0, 0, 1, 0, 0, 0,    0,    0,    0,    0,  0, 0, 0,
                                  0, 0, 0, 0, 0, 0, 0, 0,    0,    0,    0,    0,  0, 0, 0,
                                  0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 14, 1, 7};
static uint8_t coinbase_tail[] = {0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

static inline hs_sv2_message extended_job(uint32_t channel, uint32_t job, int future)
{
    hs_sv2_message m = {.id = HS_SV2_NEW_EXTENDED_JOB};
    m.as.new_extended_job.channel_id = channel;
    m.as.new_extended_job.job_id = job;
    m.as.new_extended_job.version = 0x20000000;
    m.as.new_extended_job.version_rolling_allowed = 1;
    m.as.new_extended_job.coinbase_tx_prefix = (hs_sv2_bytes){coinbase_head, sizeof coinbase_head};
    m.as.new_extended_job.coinbase_tx_suffix = (hs_sv2_bytes){coinbase_tail, sizeof coinbase_tail};
    m.as.new_extended_job.min_ntime.present = !future;
    m.as.new_extended_job.min_ntime.value = future ? 0 : 1500;
    return m;
}

static inline hs_sv2_message standard_job(uint32_t channel, uint32_t job, int future)
{
    hs_sv2_message m = {.id = HS_SV2_NEW_MINING_JOB};
    m.as.new_mining_job.channel_id = channel;
    m.as.new_mining_job.job_id = job;
    m.as.new_mining_job.version = 0x20000000;
    m.as.new_mining_job.min_ntime.present = !future;
    return m;
}

static inline hs_sv2_message prev_hash(uint32_t channel, uint32_t job)
{
    hs_sv2_message m = {.id = HS_SV2_SET_NEW_PREV_HASH};
    m.as.set_new_prev_hash.channel_id = channel;
    m.as.set_new_prev_hash.job_id = job;
    m.as.set_new_prev_hash.min_ntime = 1000;
    m.as.set_new_prev_hash.prev_hash = small((uint8_t)job);
    return m;
}

/* A future job and the SetNewPrevHash that starts it. */
static inline void start_job(uint32_t channel, uint32_t job)
{
    hs_sv2_message m = extended_job(channel, job, 1);
    legal(&m);
    m = prev_hash(channel, job);
    legal(&m);
}

static inline hs_sv2_message share(uint32_t channel, uint32_t sequence, uint32_t job)
{
    hs_sv2_message m = {.id = HS_SV2_SUBMIT_EXTENDED};
    m.as.submit.channel_id = channel;
    m.as.submit.sequence_number = sequence;
    m.as.submit.job_id = job;
    m.as.submit.nonce = sequence; /* so that no two are the same */
    m.as.submit.ntime = 2000;
    m.as.submit.version = 0x20000000;
    m.as.submit.extranonce = bytes(8, 1);
    return m;
}

static inline void expect(const hs_sv2_message *m, enum hs_judgement judgement)
{
    const int late = judgement == HS_JUDGED_STALE || judgement == HS_JUDGED_CHANNEL_CLOSED;
    if (judgement == HS_JUDGED_VALID || late) {
        legal(m);
    } else {
        at_fault(m, HS_RULE_SHARE_REFUSED);
        cr_assert_not_null(strstr(step.text, hs_judgement_code(judgement)), "%s", step.text);
    }
    cr_assert_not_null(step.share);
    cr_assert_eq(step.share->judgement, judgement, "%s", step.text);
}

static inline hs_sv2_message set_target(uint32_t channel, hs_sv2_u256 target)
{
    hs_sv2_message m = {.id = HS_SV2_SET_TARGET};
    m.as.set_target.channel_id = channel;
    m.as.set_target.maximum_target = target;
    return m;
}

static inline hs_sv2_message set_prefix(uint32_t channel, hs_sv2_b032 prefix)
{
    hs_sv2_message m = {.id = HS_SV2_SET_EXTRANONCE_PREFIX};
    m.as.set_extranonce_prefix.channel_id = channel;
    m.as.set_extranonce_prefix.extranonce_prefix = prefix;
    return m;
}

static inline hs_sv2_message set_group(uint32_t group, const uint8_t *ids, uint32_t count)
{
    hs_sv2_message m = {.id = HS_SV2_SET_GROUP_CHANNEL};
    m.as.set_group_channel.group_channel_id = group;
    m.as.set_group_channel.channel_ids = (hs_sv2_seq){ids, count};
    return m;
}

static inline hs_sv2_message close_channel(uint32_t channel)
{
    hs_sv2_message m = {.id = HS_SV2_CLOSE_CHANNEL};
    m.as.close_channel.channel_id = channel;
    return m;
}

static inline hs_sv2_message accepted(uint32_t channel, uint32_t last, uint32_t count)
{
    hs_sv2_message m = {.id = HS_SV2_SUBMIT_SUCCESS};
    m.as.submit_success.channel_id = channel;
    m.as.submit_success.last_sequence_number = last;
    m.as.submit_success.new_submits_accepted_count = count;
    return m;
}

static inline hs_sv2_message refused(uint32_t channel, uint32_t sequence, const char *code)
{
    hs_sv2_message m = {.id = HS_SV2_SUBMIT_ERROR};
    m.as.submit_error.channel_id = channel;
    m.as.submit_error.sequence_number = sequence;
    m.as.submit_error.error_code = (hs_sv2_bytes){(const uint8_t *)code, (uint32_t)strlen(code)};
    return m;
}

#endif
