/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * check/file: what is read from a session file, and what is refused as none; and the limits of
 * trust in times. */
#include <stdlib.h>

#include "host_stub/check/file.h"
#include "host_stub/check/pools.h"
#include "host_stub/sv2/text.h"
#include "tests/host/check/world.h"

static char why[512];
static hs_check_totals totals;

/* Checks the text as a file of that name. */
static int read_text(const char *name, const char *text, size_t len)
{
    const hs_check_options options = {.report = collect};
    hs_check *const check = hs_check_new(&options);
    FILE *const file = fmemopen((void *)(uintptr_t)text, len, "rb");
    cr_assert_not_null(file);
    finding_count = 0;
    why[0] = '\0';
    const int read = hs_check_stream(check, file, name, why, sizeof why) == 0;
    hs_check_finish(check);
    totals = *hs_check_totals_of(check);
    hs_check_free(check);
    (void)fclose(file);
    return read;
}

static int read_string(const char *text)
{
    return read_text("x.hex", text, strlen(text));
}

Test(check_file, roles_follow_from_names)
{
    char pool[8] = "";
    cr_assert_eq(hs_check_file_role("x/conn-1.hex", pool, sizeof pool), HS_CHECK_DOWNSTREAM);
    cr_assert_eq(hs_check_file_role("up-a/x.hex", pool, sizeof pool), HS_CHECK_DOWNSTREAM);
    cr_assert_eq(hs_check_file_role("x/up-pool_a.hex", pool, sizeof pool), HS_CHECK_UPSTREAM);
    cr_assert_str_eq(pool, "pool_a");
    cr_assert_eq(hs_check_file_role("up-b.2.hex", pool, sizeof pool), HS_CHECK_UPSTREAM);
    cr_assert_str_eq(pool, "b");
    cr_assert_eq(hs_check_file_role("up-long_name.hex", pool, sizeof pool), HS_CHECK_UPSTREAM);
    cr_assert_str_eq(pool, "long_na");
}

/* The world's frames as the text that sv2/frame_file writes. */
static size_t write_text(const conn *c, char *out, size_t capacity)
{
    size_t at = 0;
    for (size_t i = 0; i < c->count; i++) {
        const frame *const f = &c->frames[i];
        if (f->name[0] != '\0') {
            const hs_sv2_message m = decoded(f);
            at += (size_t)snprintf(out + at, capacity - at, "# %s t=%u.%03u ",
                                   f->sender == HS_SV2_SERVER ? "S->C" : "C->S",
                                   (unsigned)(f->t_ms / 1000), (unsigned)(f->t_ms % 1000));
            at += hs_sv2_text(&m, 0, out + at, capacity - at);
            at += (size_t)snprintf(out + at, capacity - at, "\n");
        }
        for (size_t k = 0; k < f->len; k++) {
            at += (size_t)snprintf(out + at, capacity - at, "%02x", f->bytes[k]);
        }
        at += (size_t)snprintf(out + at, capacity - at, "\n");
        cr_assert_lt(at, capacity);
    }
    return at;
}

/* tests/data/sv2/world/ holds the same world for the command line and the fuzzers. With
 * HMX_WRITE_WORLD=FOLDER this test writes it there. */
Test(check_file, the_worlds_files_are_as_it_is_built)
{
    static world w;
    static char text[65536];
    static char stored[65536];
    const char *const to = getenv("HMX_WRITE_WORLD");
    build_world(&w);
    const conn *const conns[] = {&w.a, &w.b, &w.miner, &w.rack};
    for (size_t i = 0; i < 4; i++) {
        char path[512];
        const size_t len = write_text(conns[i], text, sizeof text);
        snprintf(path, sizeof path, "%s/%s", to != NULL ? to : HMX_TEST_DATA "/data/sv2/world",
                 conns[i]->file);
        FILE *const file = fopen(path, to != NULL ? "wb" : "rb");
        cr_assert_not_null(file, "%s", path);
        if (to != NULL) {
            cr_assert_eq(fwrite(text, 1, len, file), len);
        } else {
            cr_assert_eq(fread(stored, 1, sizeof stored, file), len, "%s", path);
            cr_assert_eq(memcmp(stored, text, len), 0, "%s", path);
        }
        cr_assert_eq(fclose(file), 0);
    }
}

Test(check_file, comments_tell_direction_time_and_name)
{
    static world w;
    static char text[65536];
    build_world(&w);
    size_t len = write_text(&w.a, text, sizeof text);
    cr_assert(read_text("up-a.hex", text, len), "%s", why);
    expect_clean(finding_count);
    cr_assert_eq(totals.files, 1);
    cr_assert_eq(totals.frames, w.a.count);
    cr_assert_eq(totals.shares, 2);
    /* Each part of a comment is looked at. */
    char *const direction = strstr(text, "# S->C");
    memcpy(direction, "# C->S", 6);
    cr_assert(read_text("up-a.hex", text, len));
    expect_first("direction", HS_CHECK_DIRECTION);
    cr_assert_eq(findings[0].frame, 2);
    memcpy(direction, "# S->C", 6);
    char *const name = strstr(text, "SetNewPrevHash");
    name[0] = 'G';
    cr_assert(read_text("up-a.hex", text, len));
    expect_first("name", HS_CHECK_COMMENT);
    name[0] = 'S';
    char *const time = strstr(text, "t=21.000");
    memcpy(time, "t=20.999", 8);
    cr_assert(read_text("up-a.hex", text, len));
    expect_first("time", HS_CHECK_UPDATE_DEBOUNCE);
    memcpy(time, "t=21.0 1", 8); /* which ends the time, and the name is 1 */
    cr_assert(read_text("up-a.hex", text, len));
    expect_first("name after the time", HS_CHECK_COMMENT);
}

Test(check_file, files_that_are_none_are_refused)
{
    static const struct {
        const char *text;
        const char *reason;
    } rows[] = {
        {"\n", "x.hex: no frame is in it"},
        {"# only a comment\n", "x.hex: no frame is in it"},
        {"no hex\n", "x.hex:1: the line holds something else than hex digits"},
        {"# c\n00001\n", "x.hex:2: the line ends with half a byte"},
        {"000000\n", "x.hex:1: the frame has 3 bytes, and its header says 6"},
        {"00000005000000\n", "x.hex:1: the frame has 7 bytes, and its header says 11"},
        {"0000000000000000\n", "x.hex:1: the frame has 8 bytes, and its header says 6"},
        {"# S->C t= Name\n", "x.hex:1: the line has a t= that is no time in seconds"},
        {"# S->C t=1. Name\n", "x.hex:1: the line has a t= that is no time in seconds"},
        {"# S->C t=-1 Name\n", "x.hex:1: the line has a t= that is no time in seconds"},
        {"# S->C t=12345678901234567 N\n", "x.hex:1: the line has a t= that is no time"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_assert_not(read_string(rows[i].text), "%s", rows[i].text);
        cr_assert_eq(strncmp(why, rows[i].reason, strlen(rows[i].reason)), 0, "%s", why);
    }
    cr_assert_not(read_text("x.hex",
                            "00\0"
                            "00\n",
                            6));
    cr_assert_not_null(strstr(why, "a byte 0"));
    hs_check *const check = hs_check_new(&(hs_check_options){.report = collect});
    cr_assert(hs_check_file(check, "/nowhere/x.hex", why, sizeof why) != 0);
    cr_assert_not_null(strstr(why, "cannot be opened"));
    cr_assert(hs_check_file(check, HMX_TEST_DATA, why, sizeof why) != 0);
    cr_assert_not_null(strstr(why, "is a folder"));
    hs_check_free(check);
}

Test(check_file, blanks_and_other_comments_do_not_matter)
{
    cr_assert(read_string("# S->CC t=x\n# -- t=x\n \t\r\n# C->S t=2 SetupConnection.Success |\r\n"
                          "#\n  000001060000020000000000 \r\n"),
              "%s", why);
    cr_assert_eq(totals.frames, 1);
    expect_first("the direction of the comment before", HS_CHECK_DIRECTION);
}

Test(check_file, what_is_before_the_broken_line_was_checked)
{
    static char text[512];
    snprintf(text, sizeof text, "%s%s", "00000106000002000000000000\n", "zz\n");
    cr_assert_not(read_string(text));
    cr_assert_not_null(strstr(why, "x.hex:1:"));
    cr_assert_eq(totals.frames, 0);
    snprintf(text, sizeof text, "%s%s", "000001060000020000000000\n", "zz\n");
    cr_assert_not(read_string(text));
    cr_assert_not_null(strstr(why, "x.hex:2:"));
    cr_assert_eq(totals.frames, 1);
    expect_first("an answer to nothing", HS_RULE_SETUP_ORDER);
}

Test(check_file, a_frame_that_cannot_be_decoded_is_a_violation_not_an_end)
{
    cr_assert(read_string("00801e04000001000000\n000001060000020000000000\n"));
    expect_first("the reserved type", HS_CHECK_MALFORMED);
    cr_assert_eq(finding_count, 2);
    cr_assert_eq(findings[1].frame, 2);
    cr_assert_eq(findings[1].offset, 10);
}

Test(check_file, times_count_from_the_first_frame_on_or_not_at_all)
{
    static world w;
    build_world(&w);
    for (size_t i = 0; i < w.miner.count; i++) {
        w.miner.frames[i].has_time = i > 0; /* the first has none: all the others mean nothing */
        w.miner.frames[i].t_ms = 1000 * (w.miner.count - i);
    }
    const conn *const conns[] = {&w.a, &w.b, &w.miner};
    expect_clean(check_conns(conns, 3, 0));
    w.miner.frames[0].has_time = 1;
    (void)check_conns(conns, 3, 0);
    cr_assert_gt(finding_count, 0);
}
