/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * check on the recorded sessions: the legal ones are clean, the bad ones are flagged for the rule
 * that they break, and each of many small changes to a legal one is caught. */
#include "tests/host/check/frames.h"

Test(check_recorded, legal_sessions_are_clean)
{
    static const char *const names[] = {"ext_hard_move", "ext_soft_move", "std_hard_move",
                                        "group_move_setgroupchannel"};
    static conn c;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        load(&c, names[i]);
        expect_clean(check_one(&c, 0));
        expect_clean(check_one(&c, 1));
    }
}

Test(check_recorded, bad_sessions_are_flagged_for_their_own_rule)
{
    static const struct {
        const char *name;
        unsigned rule;
        size_t frame;
        size_t offset;
    } rows[] = {
        {"bad_job_id_collision", HS_RULE_JOB_ID_IN_USE, 8, 384},
        {"bad_prevhash_nonfuture", HS_RULE_PREV_HASH_JOB, 9, 538},
        {"bad_order_prefix_after_job", HS_CHECK_PREFIX_ORDER, 9, 534},
    };
    static conn c;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (int verify = 0; verify < 2; verify++) {
            load(&c, rows[i].name);
            (void)check_one(&c, verify);
            expect_first(rows[i].name, rows[i].rule);
            cr_assert_eq(findings[0].frame, rows[i].frame);
            cr_assert_eq(findings[0].offset, rows[i].offset);
            cr_assert_str_eq(findings[0].file, rows[i].name);
        }
    }
    cr_assert_eq(findings[1].rule, HS_RULE_SHARE_REFUSED); /* with --verify also the hash tells */
}

enum operation { ALTER, DROP, REPEAT, SWAP };

/* What is done to the n-th frame of a message; ALTER adds `value` to the byte at `offset`. SWAP
 * exchanges it with the next. */
typedef struct change {
    const char *session;
    enum operation operation;
    unsigned id;
    size_t n;
    size_t offset;
    uint8_t value;
    unsigned rule;
    int verify;
} change;

/* Offsets count from the frame's first byte: 6 of header, then the fields of the specification's
 * table. */
static const change changes[] = {
    {"ext_hard_move", ALTER, HS_SV2_SETUP_CONNECTION, 0, 7, 5, HS_RULE_SETUP_VERSION, 0},
    {"ext_hard_move", DROP, HS_SV2_SETUP_CONNECTION, 0, 0, 0, HS_RULE_SETUP_ORDER, 0},
    {"ext_hard_move", REPEAT, HS_SV2_SETUP_CONNECTION, 0, 0, 0, HS_RULE_SETUP_ORDER, 0},
    {"ext_hard_move", SWAP, HS_SV2_SETUP_CONNECTION_SUCCESS, 0, 0, 0, HS_RULE_SETUP_ORDER, 0},
    {"ext_hard_move", ALTER, HS_SV2_SETUP_CONNECTION_SUCCESS, 0, 6, 1, HS_RULE_SETUP_VERSION, 0},
    {"ext_hard_move", ALTER, HS_SV2_SETUP_CONNECTION_SUCCESS, 0, 8, 1, HS_RULE_SETUP_FLAGS, 0},
    {"ext_hard_move", REPEAT, HS_SV2_OPEN_EXTENDED, 0, 0, 0, HS_RULE_REQUEST_ID, 0},
    {"ext_hard_move", DROP, HS_SV2_OPEN_EXTENDED, 0, 0, 0, HS_RULE_REQUEST_ID, 0},
    {"ext_hard_move", ALTER, HS_SV2_OPEN_EXTENDED_SUCCESS, 0, 6, 1, HS_RULE_REQUEST_ID, 0},
    {"ext_hard_move", ALTER, HS_SV2_OPEN_EXTENDED_SUCCESS, 0, 2, 0xfd, HS_CHECK_MALFORMED, 0},
    /* extranonce_size: one byte fewer than asked for, one more than the coinbase has room for */
    {"ext_hard_move", ALTER, HS_SV2_OPEN_EXTENDED_SUCCESS, 0, 46, 0xff, HS_RULE_EXTRANONCE_SIZE, 0},
    {"ext_hard_move", ALTER, HS_SV2_OPEN_EXTENDED_SUCCESS, 0, 46, 1, HS_RULE_COINBASE, 0},
    {"ext_hard_move", ALTER, HS_SV2_OPEN_EXTENDED_SUCCESS, 0, 46, 21, HS_RULE_EXTRANONCE_SIZE, 0},
    {"ext_hard_move", DROP, HS_SV2_NEW_EXTENDED_JOB, 0, 0, 0, HS_RULE_PREV_HASH_JOB, 0},
    {"ext_hard_move", REPEAT, HS_SV2_NEW_EXTENDED_JOB, 0, 0, 0, HS_RULE_JOB_ID_IN_USE, 0},
    {"ext_hard_move", SWAP, HS_SV2_NEW_EXTENDED_JOB, 0, 0, 0, HS_RULE_PREV_HASH_JOB, 0},
    {"ext_hard_move", ALTER, HS_SV2_NEW_EXTENDED_JOB, 0, 1, 0x80, HS_CHECK_ENCODING, 0},
    {"ext_hard_move", ALTER, HS_SV2_NEW_EXTENDED_JOB, 0, 19, 0xff, HS_RULE_VERSION_ROLLING, 0},
    {"ext_hard_move", ALTER, HS_SV2_NEW_EXTENDED_JOB, 0, 19, 2, HS_CHECK_ENCODING, 0},
    {"ext_hard_move", DROP, HS_SV2_SET_NEW_PREV_HASH, 0, 0, 0, HS_RULE_SHARE_REFUSED, 0},
    {"ext_hard_move", REPEAT, HS_SV2_SET_NEW_PREV_HASH, 0, 0, 0, HS_RULE_PREV_HASH_JOB, 0},
    {"ext_hard_move", ALTER, HS_SV2_SET_NEW_PREV_HASH, 0, 10, 1, HS_RULE_PREV_HASH_JOB, 0},
    {"ext_hard_move", ALTER, HS_SV2_SET_NEW_PREV_HASH, 0, 14, 1, HS_RULE_SHARE_REFUSED, 1},
    {"ext_hard_move", ALTER, HS_SV2_SET_NEW_PREV_HASH, 0, 50, 1, HS_RULE_SHARE_REFUSED, 1},
    {"ext_hard_move", DROP, HS_SV2_SET_EXTRANONCE_PREFIX, 0, 0, 0, HS_RULE_SHARE_REFUSED, 1},
    {"group_move_setgroupchannel", DROP, HS_SV2_SET_EXTRANONCE_PREFIX, 0, 0, 0, HS_RULE_COINBASE,
     0},
    {"ext_hard_move", ALTER, HS_SV2_SET_EXTRANONCE_PREFIX, 0, 11, 1, HS_RULE_SHARE_REFUSED, 1},
    {"ext_hard_move", SWAP, HS_SV2_SET_EXTRANONCE_PREFIX, 0, 0, 0, HS_CHECK_PREFIX_ORDER, 0},
    {"ext_hard_move", ALTER, HS_SV2_SUBMIT_EXTENDED, 0, 14, 77, HS_RULE_SHARE_REFUSED, 0},
    {"ext_hard_move", ALTER, HS_SV2_SUBMIT_EXTENDED, 0, 18, 1, HS_RULE_SHARE_REFUSED, 1},
    {"ext_hard_move", ALTER, HS_SV2_SUBMIT_EXTENDED, 0, 26, 1, HS_RULE_SHARE_REFUSED, 0},
    {"ext_hard_move", REPEAT, HS_SV2_SUBMIT_EXTENDED, 0, 0, 0, HS_RULE_SHARE_REFUSED, 0},
    {"ext_hard_move", DROP, HS_SV2_SUBMIT_EXTENDED, 0, 0, 0, HS_RULE_ANSWER_UNKNOWN, 0},
    {"ext_hard_move", ALTER, HS_SV2_SUBMIT_EXTENDED, 2, 10, 0xfe, HS_CHECK_SEQUENCE_NUMBER, 0},
    {"ext_hard_move", REPEAT, HS_SV2_SUBMIT_SUCCESS, 0, 0, 0, HS_RULE_ANSWER_UNKNOWN, 0},
    {"ext_hard_move", ALTER, HS_SV2_SUBMIT_SUCCESS, 0, 14, 1, HS_RULE_ANSWER_UNKNOWN, 0},
    {"ext_hard_move", ALTER, HS_SV2_SUBMIT_SUCCESS, 0, 14, 0xff, HS_RULE_ANSWER_UNKNOWN, 0},
    {"ext_hard_move", ALTER, HS_SV2_SUBMIT_SUCCESS, 0, 18, 1, HS_CHECK_SHARES_SUM, 0},
    {"ext_hard_move", REPEAT, HS_SV2_SUBMIT_ERROR, 0, 0, 0, HS_RULE_ANSWER_UNKNOWN, 0},
    {"ext_soft_move", DROP, HS_SV2_SET_NEW_PREV_HASH, 0, 0, 0, HS_RULE_FIRST_JOB, 0},
    {"ext_soft_move", DROP, HS_SV2_SET_EXTRANONCE_PREFIX, 0, 0, 0, HS_RULE_SHARE_REFUSED, 1},
    {"std_hard_move", ALTER, HS_SV2_NEW_MINING_JOB, 0, 19, 1, HS_RULE_SHARE_REFUSED, 1},
    {"std_hard_move", ALTER, HS_SV2_NEW_MINING_JOB, 0, 14, 2, HS_CHECK_MALFORMED, 0},
    {"std_hard_move", DROP, HS_SV2_SET_NEW_PREV_HASH, 1, 0, 0, HS_RULE_SHARE_REFUSED, 0},
    {"std_hard_move", ALTER, HS_SV2_SUBMIT_STANDARD, 0, 6, 9, HS_RULE_CHANNEL_UNKNOWN, 0},
    {"group_move_setgroupchannel", DROP, HS_SV2_SET_GROUP_CHANNEL, 0, 0, 0, HS_RULE_GROUP_SIZE, 0},
    {"group_move_setgroupchannel", ALTER, HS_SV2_SET_GROUP_CHANNEL, 0, 12, 7,
     HS_RULE_CHANNEL_UNKNOWN, 0},
    {"group_move_setgroupchannel", ALTER, HS_SV2_SET_GROUP_CHANNEL, 0, 6, 0x9e, HS_RULE_CHANNEL_ID,
     0},
    {"group_move_setgroupchannel", ALTER, HS_SV2_SET_EXTRANONCE_PREFIX, 0, 6, 0xff,
     HS_RULE_NOT_FOR_GROUPS, 0},
    {"group_move_setgroupchannel", ALTER, HS_SV2_OPEN_EXTENDED_SUCCESS, 1, 10, 0xff,
     HS_RULE_CHANNEL_ID, 0},
};

Test(check_recorded, every_change_is_caught)
{
    static conn c;
    cr_assert_geq(sizeof changes / sizeof changes[0], 40);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        const change *const row = &changes[i];
        char what[128];
        load(&c, row->session);
        const size_t at = find(&c, row->id, row->n);
        switch (row->operation) {
        case ALTER:
            cr_assert_lt(row->offset, c.frames[at].len);
            c.frames[at].bytes[row->offset] += row->value;
            break;
        case DROP:
            drop(&c, at);
            break;
        case REPEAT:
            repeat(&c, at);
            break;
        case SWAP:
            move(&c, at, at + 1);
            break;
        }
        (void)check_one(&c, row->verify);
        snprintf(what, sizeof what, "change %zu of %s, message 0x%x", i, row->session, row->id);
        expect_first(what, row->rule);
    }
}
