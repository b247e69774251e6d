/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * check/rules: the names of everything that the checker can find, and one sentence about each. The
 * rules that concern one message in its connection are the session's (enum hs_rule) and keep their
 * numbers; those here need more than that: bytes, comments, time, the pools' connections, or
 * several channels. */
#ifndef HOST_STUB_CHECK_RULES_H
#define HOST_STUB_CHECK_RULES_H

#include "host_stub/session/session.h"

enum hs_check_rule {
    HS_CHECK_MALFORMED = HS_RULE_COUNT,
    HS_CHECK_ENCODING,
    HS_CHECK_DIRECTION,
    HS_CHECK_COMMENT,
    HS_CHECK_TIME_ORDER,
    HS_CHECK_SEQUENCE_NUMBER,
    HS_CHECK_SHARES_SUM,
    HS_CHECK_SHARE_NTIME,
    HS_CHECK_TARGET_OWED,
    HS_CHECK_ENDPOINT_OWED,
    HS_CHECK_UPDATE_DEBOUNCE,
    HS_CHECK_PREFIX_ORDER,
    HS_CHECK_POOL_JOB,
    HS_CHECK_MERKLE_ROOT,
    HS_CHECK_PREFIX_LENGTH,
    HS_CHECK_PREFIX_SPACE,
    HS_CHECK_POOL_TIP,
    HS_CHECK_OVERLAP,
    HS_CHECK_RULE_COUNT
};

/* The stable name that reports use; "unknown" for a number that is no rule. `rule` is one of
 * either enumeration. */
const char *hs_check_rule_name(unsigned rule);

/* What it demands, as one sentence without a final full stop. */
const char *hs_check_rule_text(unsigned rule);

#endif
