/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * guard/checks: the one list of everything that the guard checks: which side is at fault, the
 * stable name that reports and tests use, and what the rule is. HS_GUARD_CHECKS(P, H) expands P for
 * each rule of the plugin and H for each rule of the host; it makes the enum below and the table
 * that hs_guard_checks reads. */
#ifndef HOST_STUB_GUARD_CHECKS_H
#define HOST_STUB_GUARD_CHECKS_H

/* clang-format off */
#define HS_GUARD_CHECKS(P, H) \
    /* any hook */ \
    P(BAD_STATUS, "bad-status", "a hook answers 0 or a negative status") \
    P(FACT_WRITTEN, "fact-written", "what the host lends is only read") \
    P(WRITE_BEYOND_SIZE, "write-beyond-size", "nothing is written beyond the size of a struct") \
    P(SIZE_CHANGED, "size-changed", "the members with which the host describes its memory stay as they are") \
    P(OUT_TOUCHED_ON_ERROR, "out-touched-on-error", "a refusal leaves the out-struct as it was") \
    P(FACT_REFUSED, "fact-refused", "a fact that breaks no rule is not answered with INVALID, UNSUPPORTED or STATE") \
    P(ALLOC_ON_SHARE, "alloc-on-share", "a successful on_share neither allocates nor frees") \
    P(LOG_ON_SHARE, "log-on-share", "a successful on_share does not log") \
    /* lifecycle */ \
    P(CREATE_NULL_INSTANCE, "create-null-instance", "create that answers OK gives an instance") \
    P(LEAK_AFTER_CREATE, "leak-after-failed-create", "create that fails leaves no memory behind") \
    P(LEAK_AFTER_DESTROY, "leak-after-destroy", "destroy leaves no memory behind") \
    P(TEXT_FORMAT, "text-format", "a refusal's text fits, ends with NUL at len and has no control characters but newlines") \
    P(REFUSAL_WITHOUT_TEXT, "refusal-without-text", "HMX_E_CONFIG comes with a text") \
    P(IO_ERROR_SWALLOWED, "io-error-swallowed", "a failing stream makes save and load fail") \
    P(EXTENSION_TABLE, "extension-table", "an extension table is aligned, has a sane size and stays where it is") \
    P(EXTENSION_FOR_UNKNOWN, "extension-for-unknown-id", "get_extension answers NULL to an id that nobody defined") \
    /* host services */ \
    P(BAD_ALLOC_REQUEST, "bad-alloc-request", "alloc is asked for size > 0 and align a power of two <= 4096") \
    P(FREE_UNKNOWN, "free-unknown", "free gets what alloc gave, once") \
    P(FREE_WRONG_SIZE, "free-wrong-size", "free gets the same size and align as alloc did") \
    P(WRITE_BEYOND_BLOCK, "write-beyond-block", "nothing is written outside an allocated block") \
    P(LOG_FORMAT, "log-format", "log gets a known level and one line") \
    P(AUDIT_FORMAT, "audit-format", "audit gets one line that is a JSON object") \
    /* the upstream table */ \
    P(UPSTREAM_COUNT, "upstream-count", "the table has 1 to upstreams_max rows, REMOVED ones included") \
    P(UPSTREAM_ROW, "upstream-row", "each row is well-formed, and ids, numbers and priorities are unique") \
    P(UPSTREAM_RENUMBERED, "upstream-renumbered", "an id keeps its number while it is configured") \
    /* openings */ \
    P(BAD_ACTION, "bad-action", "the action is PASS or ASSIGN") \
    P(UNKNOWN_UPSTREAM, "unknown-upstream", "ASSIGN names an upstream that exists") \
    P(ASSIGN_TO_DOWN, "assign-to-down-upstream", "ASSIGN names an upstream that is up and has a job") \
    P(ILLEGAL_ASSIGN, "illegal-assign", "the channel may work for the upstream that it gets") \
    P(BAD_REASON, "bad-reason", "a reason is one of enum hmx_reason, or 0") \
    P(LIMIT_IGNORED, "limit-ignored", "beyond channels_max on_channel_open answers HMX_E_LIMIT") \
    /* decisions */ \
    P(REOPENED_ELSEWHERE, "reopened-elsewhere", "who was closed to be moved and comes back is placed where the decision said") \
    P(DECISION_WITHOUT_CAP, "decision-without-cap", "no decision for a host without HMX_CAP_REASSIGN") \
    P(COUNT_OVER_CAPACITY, "count-over-capacity", "count is at most capacity") \
    P(BAD_MORE, "bad-more", "more is 0, or 1 with at least one row written") \
    P(DECISION_ROW_SIZE, "decision-row-size", "a row's size stays as the host set it") \
    P(DECISION_KIND, "decision-kind", "the kind is MOVE or PREFIX") \
    P(DECISION_NUMBER, "decision-number", "decision numbers increase strictly") \
    P(DECISION_CHANNEL_UNKNOWN, "decision-channel-unknown", "a decision is about an open channel") \
    P(DECISION_COOKIE, "decision-cookie", "the cookie is the one given at the opening") \
    P(DECISION_WHILE_PENDING, "decision-while-pending", "a channel has at most one pending decision") \
    P(DECISION_FROM_WRONG, "decision-from-wrong", "a decision starts from where the channel works") \
    P(DECISION_SAME_UPSTREAM, "decision-same-upstream", "MOVE goes to another upstream, PREFIX stays") \
    P(DECISION_TO_UNKNOWN, "decision-to-unknown-upstream", "a decision goes to an upstream that exists") \
    P(DECISION_TO_DOWN, "decision-to-down-upstream", "a decision goes to an upstream that is up and has a job") \
    P(DECISION_NAN, "decision-nan", "expected_hashrate is finite and not negative") \
    P(DECISION_VALID_UNTIL, "decision-valid-until", "valid_until_ns lies in the future") \
    P(DECISION_STYLE, "decision-style", "the style is HARD, SOFT_ALLOWED when both pools are on one tip, or REOPEN where the host and the peer are made for it") \
    P(ILLEGAL_MOVE, "illegal-move", "the channel may be moved, and to there") \
    /* prefixes */ \
    P(PREFIX_TOO_LONG, "prefix-too-long", "a prefix has at most 32 bytes") \
    P(PREFIX_WRONG_LENGTH, "prefix-wrong-length", "with the channel's own extranonce the prefix fills the pool's exactly") \
    P(PREFIX_WRONG_SPACE, "prefix-wrong-space", "a prefix begins with the pool's own") \
    P(PREFIX_COLLISION, "prefix-collision", "no prefix in use on a pool equals or begins another") \
    /* what the host owes */ \
    H(HOOK_AFTER_FATAL, "hook-after-fatal", "after a fatal status only destroy follows") \
    H(USE_AFTER_DESTROY, "use-after-destroy", "no hook after destroy") \
    H(NO_INSTANCE, "hook-without-instance", "no hook after a create that failed") \
    H(CALL_INSIDE_CALL, "call-inside-call", "callbacks do not call hooks") \
    H(NULL_ARGUMENT, "null-argument", "structs, rows and functions that are announced are there") \
    H(EVENT_SIZE, "event-size", "size is that of the struct, at least that of version 1.0") \
    H(TIME_BACKWARDS, "time-backwards", "now_ns never decreases") \
    H(SEQ, "seq-not-increasing", "seq increases strictly") \
    H(CREATE_ARGS, "create-args", "exactly one of path and text, no unknown flag, numbers within limits") \
    H(BUFFER, "buffer", "an out-struct is zeroed and its rows sized, strided and preset") \
    H(HOST_UNKNOWN_UPSTREAM, "host-unknown-upstream", "the upstream exists") \
    H(UPSTREAM_FACTS, "upstream-facts", "an upstream event holds possible values") \
    H(CHANNEL_ID, "channel-id", "channel and connection are not 0") \
    H(CHANNEL_REUSED, "channel-reused", "a channel number is never used again") \
    H(UNKNOWN_CHANNEL, "unknown-channel", "the channel is open") \
    H(WRONG_COOKIE, "wrong-cookie", "the cookie is the plugin's, or 0") \
    H(CHANNEL_FACTS, "channel-facts", "a channel event holds possible values") \
    H(REOPEN_NOT_PENDING, "reopen-not-pending", "HMX_CLOSE_REOPEN closes a channel whose pending decision has the style REOPEN") \
    H(SHARE_FACTS, "share-facts", "verdict and count are possible, LOCAL only with a rejection") \
    H(SHARE_WORK, "share-work", "work is finite and positive") \
    H(SHARE_UNSUBMITTED, "verdict-without-submit", "a pool judges what was reported SUBMITTED to it before") \
    H(REASSIGN_RESULT, "reassign-result", "result is known, the decision is 0 exactly with FORCED and DRAINED, and no answer says that a reopening was applied") \
    H(REASSIGN_NOT_PENDING, "reassign-not-pending", "the decision answered is pending for this channel") \
    H(REASSIGN_PLACE, "reassign-place", "from and to fit the result and the decision") \
    H(REASSIGN_PREFIX, "reassign-prefix", "the prefix in force is the decision's, if it had one") \
    H(HOST_PREFIX_COLLISION, "host-prefix-collision", "a prefix that the host chose collides with none in use") \
    H(LOAD_ARGS, "load-args", "the arguments of load have no unknown flag and a stream that can be read")
/* clang-format on */

#define HS_GUARD_CHECK_PLUGIN_ENUM(id, name, meaning) HS_P_##id,
#define HS_GUARD_CHECK_HOST_ENUM(id, name, meaning)   HS_H_##id,
enum hs_guard_rule {
    HS_GUARD_CHECKS(HS_GUARD_CHECK_PLUGIN_ENUM, HS_GUARD_CHECK_HOST_ENUM) HS_GUARD_CHECK_COUNT
};

#endif
