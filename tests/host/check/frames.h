/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * check_frames: connections as lists of encoded frames that a test can alter, and what the checker
 * finds in them. */
#ifndef TESTS_HOST_CHECK_FRAMES_H
#define TESTS_HOST_CHECK_FRAMES_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "host_stub/check/check.h"
#include "host_stub/replay/input.h"
#include "host_stub/sv2/codec.h"
#include "host_stub/sv2/table.h"

enum { FRAME_SIZE = 1024, FRAMES_MAX = 128, CONNS_MAX = 6, FINDINGS_MAX = 256 };

typedef struct frame {
    uint8_t bytes[FRAME_SIZE];
    size_t len;
    uint64_t t_ms;
    int has_time;
    unsigned sender;
    char name[40];
} frame;

typedef struct conn {
    const char *file;
    const char *pool; /* NULL = downstream */
    frame frames[FRAMES_MAX];
    size_t count;
} conn;

typedef struct finding {
    char file[32];
    size_t frame;
    size_t offset;
    unsigned rule;
    char text[400];
} finding;

static finding findings[FINDINGS_MAX];
static size_t finding_count;

static inline void collect(void *ctx, const hs_check_violation *v)
{
    (void)ctx;
    cr_assert_lt(v->rule, HS_CHECK_RULE_COUNT);
    cr_assert_neq(v->text[0], '\0');
    cr_assert_not_null(v->message);
    if (finding_count < FINDINGS_MAX) {
        finding *const f = &findings[finding_count++];
        snprintf(f->file, sizeof f->file, "%s", v->file);
        snprintf(f->text, sizeof f->text, "%s", v->text);
        f->frame = v->frame;
        f->offset = v->offset;
        f->rule = v->rule;
    }
}

/* ---- putting connections together ---- */

static inline void encode(frame *f, const hs_sv2_message *m)
{
    hs_sv2_error why;
    cr_assert(hs_sv2_encode(m, f->bytes, sizeof f->bytes, &f->len, &why) == 0, "%s", why.text);
}

static inline hs_sv2_message decoded(const frame *f)
{
    hs_sv2_message m;
    hs_sv2_error why;
    cr_assert(hs_sv2_decode(f->bytes, f->len, 0, &m, &why) == 0, "%s", why.text);
    return m;
}

static inline frame *add(conn *c)
{
    cr_assert_lt(c->count, FRAMES_MAX);
    memset(&c->frames[c->count], 0, sizeof c->frames[0]);
    return &c->frames[c->count++];
}

/* Appends a message; CloseChannel comes from the client. */
static inline void say(conn *c, uint64_t t_ms, const hs_sv2_message *m)
{
    const hs_sv2_spec *const spec = hs_sv2_spec_of(m->id);
    frame *const f = add(c);
    encode(f, m);
    f->has_time = 1;
    f->t_ms = t_ms;
    f->sender = spec->sender == HS_SV2_EITHER ? HS_SV2_CLIENT : spec->sender;
    snprintf(f->name, sizeof f->name, "%s", spec->name);
}

/* A recorded session: no times. */
static inline void load(conn *c, const char *name)
{
    char path[512];
    char why[256];
    hs_replay_recording r;
    size_t at = 0;
    snprintf(path, sizeof path, "%s/data/sv2/sessions/%s.hex", HMX_TEST_DATA, name);
    cr_assert(hs_replay_recording_read(path, &r, why, sizeof why) == 0, "%s", why);
    memset(c, 0, sizeof *c);
    c->file = name;
    while (at < r.len) {
        hs_sv2_error error;
        size_t size = 0;
        cr_assert(hs_sv2_frame_size(r.data + at, r.len - at, &size, &error) == 0, "%s", error.text);
        frame *const f = add(c);
        cr_assert_leq(size, sizeof f->bytes);
        memcpy(f->bytes, r.data + at, size);
        f->len = size;
        at += size;
    }
    hs_replay_recording_free(&r);
}

/* ---- altering them ---- */

/* The n-th (from 0) frame of that message. */
static inline size_t find(const conn *c, unsigned id, size_t n)
{
    for (size_t i = 0; i < c->count; i++) {
        hs_sv2_message m;
        hs_sv2_error why;
        if (hs_sv2_decode(c->frames[i].bytes, c->frames[i].len, 0, &m, &why) == 0 && m.id == id &&
            n-- == 0) {
            return i;
        }
    }
    cr_assert_fail("%s has not so many of message 0x%x", c->file, id);
    return 0;
}

static inline void drop(conn *c, size_t at)
{
    c->count--;
    memmove(&c->frames[at], &c->frames[at + 1], (c->count - at) * sizeof c->frames[0]);
}

/* A second one right behind it. */
static inline void repeat(conn *c, size_t at)
{
    (void)add(c);
    memmove(&c->frames[at + 1], &c->frames[at], (c->count - 1 - at) * sizeof c->frames[0]);
}

/* Takes the frame out and puts it where `to` is then; times stay with their places. */
static inline void move(conn *c, size_t from, size_t to)
{
    const frame moved = c->frames[from];
    const uint64_t t_ms = c->frames[to].t_ms;
    drop(c, from);
    (void)add(c);
    memmove(&c->frames[to + 1], &c->frames[to], (c->count - 1 - to) * sizeof c->frames[0]);
    c->frames[to] = moved;
    c->frames[to].t_ms = t_ms;
}

/* ---- checking them ---- */

static inline void feed(hs_check *check, const conn *c)
{
    cr_assert(hs_check_begin(check, c->file,
                             c->pool != NULL ? HS_CHECK_UPSTREAM : HS_CHECK_DOWNSTREAM,
                             c->pool) == 0);
    for (size_t i = 0; i < c->count; i++) {
        const frame *const f = &c->frames[i];
        /* Of exactly its size, so that a sanitizer sees each byte beyond. */
        uint8_t *const exact = malloc(f->len);
        cr_assert_not_null(exact);
        memcpy(exact, f->bytes, f->len);
        const hs_check_frame told = {.data = exact,
                                     .len = f->len,
                                     .line = 2 * i + 2,
                                     .sender = f->sender,
                                     .has_time = f->has_time,
                                     .t_ms = f->t_ms,
                                     .name = f->name[0] != '\0' ? f->name : NULL,
                                     .name_len = strlen(f->name)};
        hs_check_frame_in(check, &told);
        free(exact);
    }
    hs_check_end(check);
}

/* Fills `findings`; returns how many. */
static inline size_t check_conns(const conn *const *conns, size_t count, int verify)
{
    const hs_check_options options = {.verify = verify, .report = collect};
    hs_check *const check = hs_check_new(&options);
    cr_assert_not_null(check);
    finding_count = 0;
    for (size_t i = 0; i < count; i++) {
        feed(check, conns[i]);
    }
    hs_check_finish(check);
    const hs_check_totals *const totals = hs_check_totals_of(check);
    cr_assert_eq(totals->files, count);
    cr_assert(totals->violations == finding_count || finding_count == FINDINGS_MAX);
    hs_check_free(check);
    return finding_count;
}

static inline size_t check_one(const conn *c, int verify)
{
    return check_conns(&c, 1, verify);
}

static inline void expect_clean(size_t found)
{
    cr_assert_eq(found, 0, "%s frame %zu: %s: %s", findings[0].file, findings[0].frame,
                 hs_check_rule_name(findings[0].rule), findings[0].text);
}

/* The first one is of this rule. */
static inline void expect_first(const char *what, unsigned rule)
{
    cr_assert_gt(finding_count, 0, "%s was not caught; expected %s", what,
                 hs_check_rule_name(rule));
    cr_assert_str_eq(hs_check_rule_name(findings[0].rule), hs_check_rule_name(rule),
                     "%s: %s frame %zu: %s", what, findings[0].file, findings[0].frame,
                     findings[0].text);
}

#endif
