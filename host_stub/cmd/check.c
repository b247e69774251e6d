/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * host_stub check: the checker over session files, as a command. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "host_stub/base/text.h"
#include "host_stub/check/check.h"
#include "host_stub/check/file.h"
#include "host_stub/check/pools.h"
#include "host_stub/cmd/commands.h"

enum { SHOWN_MAX = 10 };

typedef struct options {
    hs_words files;
    int verify;
    int all;
    int rules;
} options;

static int need_files(void *given, char *why, size_t capacity)
{
    const options *const o = given;
    return o->rules || o->files.count > 0 ? 0
                                          : hs_refuse(why, capacity,
                                                      "which files? None is named; "
                                                      "host_stub check --help tells "
                                                      "more");
}

#define AT(member) HS_AT(options, member)
static const hs_option OPTIONS[] = {
    HS_STRING(REST, "FILE", NULL, AT(files), "one connection each"),
    HS_FLAG("--verify", AT(verify),
            "hash each share and judge it against its job's own target, and the server's verdict "
            "with it. Without, as for simulated difficulty, shares are judged by everything else: "
            "job, extranonce size, ntime, version, not sent twice"),
    HS_FLAG("--all", AT(all), "print every violation, not only the first 10 of a rule in a file"),
    HS_FLAG("--rules", AT(rules), "list the rules"),
};

const hs_command HS_CHECK_COMMAND = {
    .name = "check",
    .title = "the rules of SV2 over whole connections",
    .about =
        "Proves of recorded or simulated connections that the rules of Stratum V2 hold. Each FILE "
        "is one connection, both directions in time order: a line of hex for each frame, and "
        "comments '# S->C t=12.500 Name | ...' that may tell who sent the next one and when. "
        "up-POOL.hex (and up-POOL.2.hex, ...) are connections of the host to that pool; every "
        "other file is one of a miner to the host. With the pools' files each downstream job is "
        "traced back to the pool's job (of a client with REQUIRES_STANDARD_JOBS as far as it is "
        "told its prefix, which it has no use for). Files with times are compared with each other, "
        "whether two "
        "channels searched the same space at one time; a file without times only in itself.",
    .notes = "A violation is a line 'FILE:LINE: frame N at byte B, Name: rule: sentence'; B counts "
             "the bytes of the frames before.",
    .no = "there are violations",
    .options = OPTIONS,
    .count = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(options),
    .settle = need_files,
};

typedef struct printer {
    int all;
    char last_file[4096];
    uint32_t shown[HS_CHECK_RULE_COUNT]; /* in that file */
    uint64_t hidden;
} printer;

static void print_violation(void *ctx, const hs_check_violation *v)
{
    printer *const p = ctx;
    if (strncmp(p->last_file, v->file, sizeof p->last_file - 1) != 0) {
        (void)snprintf(p->last_file, sizeof p->last_file, "%s", v->file);
        memset(p->shown, 0, sizeof p->shown);
    }
    if (!p->all && p->shown[v->rule] >= SHOWN_MAX) {
        p->hidden++;
        return;
    }
    p->shown[v->rule]++;
    printf("%s:%zu: frame %zu at byte %zu, %s: %s: %s\n", v->file, v->line, v->frame, v->offset,
           v->message, hs_check_rule_name(v->rule), v->text);
}

static void print_rules(void)
{
    for (unsigned i = HS_RULE_OK + 1; i < HS_CHECK_RULE_COUNT; i++) {
        printf("%-27s %s\n", hs_check_rule_name(i), hs_check_rule_text(i));
    }
}

static void print_summary(const printer *p, const hs_check_totals *t)
{
    if (p->hidden > 0) {
        printf("%" PRIu64 " more violations are not shown; --all shows them\n", p->hidden);
    }
    for (unsigned i = 0; i < HS_CHECK_RULE_COUNT; i++) {
        if (t->by_rule[i] > 0) {
            printf("  %-27s %" PRIu64 "\n", hs_check_rule_name(i), t->by_rule[i]);
        }
    }
    if (t->untimed > 0 && t->files > 1) {
        printf("%" PRIu64 " file%s without times: compared with no other\n", t->untimed,
               t->untimed == 1 ? "" : "s");
    }
    printf("files %" PRIu64 ", frames %" PRIu64 ", shares %" PRIu64
           ", jobs traced to pools %" PRIu64 ", violations %" PRIu64 "\n",
           t->files, t->frames, t->shares, t->traced, t->violations);
}

/* The files of one role. Returns how many could not be read. */
static int check_files(hs_check *check, const hs_words *files, enum hs_check_role role)
{
    int unreadable = 0;
    for (size_t i = 0; i < files->count; i++) {
        char pool[HS_CHECK_POOL_NAME_MAX];
        char why[4096];
        if (hs_check_file_role(files->at[i], pool, sizeof pool) != role) {
            continue;
        }
        if (hs_check_file(check, files->at[i], why, sizeof why) != 0) {
            (void)fflush(stdout);
            fprintf(stderr, "host_stub check: %s\n", why);
            unreadable++;
        }
    }
    return unreadable;
}

int hs_cmd_check(hs_call *call)
{
    static printer p;
    const options *const o = call->options;
    if (o->rules) {
        print_rules();
        return HS_STATUS_DONE;
    }
    memset(&p, 0, sizeof p);
    p.all = o->all;
    const hs_check_options how = {.verify = o->verify, .report = print_violation, .ctx = &p};
    hs_check *const check = hs_check_new(&how);
    if (check == NULL) {
        (void)hs_refuse(call->why, sizeof call->why, "out of memory");
        return HS_STATUS_WRONG;
    }
    /* What the pools sent is needed to judge what the miners got. */
    int unreadable = check_files(check, &o->files, HS_CHECK_UPSTREAM);
    unreadable += check_files(check, &o->files, HS_CHECK_DOWNSTREAM);
    hs_check_finish(check);
    const hs_check_totals *const totals = hs_check_totals_of(check);
    print_summary(&p, totals);
    const int status = unreadable > 0           ? HS_STATUS_WRONG
                       : totals->violations > 0 ? HS_STATUS_NO
                                                : HS_STATUS_DONE;
    hs_check_free(check);
    return status;
}
