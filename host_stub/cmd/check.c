/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * host_stub check: the checker over session files, as a command. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/check/check.h"
#include "host_stub/check/file.h"
#include "host_stub/check/pools.h"
#include "host_stub/cmd/commands.h"

enum { EXIT_CLEAN = 0, EXIT_UNREADABLE = 2, EXIT_VIOLATIONS = 3, WHY_SIZE = 4096, SHOWN_MAX = 10 };

static const char USAGE[] =
    "usage: host_stub check FILE... [--verify] [--all]\n"
    "       host_stub check --rules\n"
    "\n"
    "Proves of recorded or simulated connections that the rules of Stratum V2 hold. Each FILE is\n"
    "one connection, both directions in time order: a line of hex for each frame, and comments\n"
    "'# S->C t=12.500 Name | ...' that may tell who sent the next one and when. up-POOL.hex (and\n"
    "up-POOL.2.hex, ...) are connections of the host to that pool; every other file is one of a\n"
    "miner to the host. With the pools' files each downstream job is traced back to the pool's\n"
    "job. Files with times are compared with each other, whether two channels searched the same\n"
    "space at one time; a file without times only in itself.\n"
    "\n"
    "  --verify   hash each share and judge it against its job's own target, and the server's\n"
    "             verdict with it. Without, as for simulated difficulty, shares are judged by\n"
    "             everything else: job, extranonce size, ntime, version, not sent twice\n"
    "  --all      print every violation, not only the first 10 of a rule in a file\n"
    "  --rules    list the rules\n"
    "\n"
    "A violation is a line 'FILE:LINE: frame N at byte B, Name: rule: sentence'; B counts the\n"
    "bytes of the frames before.\n"
    "\n"
    "Exit status: 0 clean, 3 violations, 2 a file cannot be read or the command line is wrong.\n";

typedef struct printer {
    int all;
    char last_file[4096];
    uint32_t shown[HS_CHECK_RULE_COUNT]; /* in that file */
    uint64_t hidden;
} printer;

static void print_violation(void *ctx, const hs_violation *v)
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

static int is_option(const char *word)
{
    return word[0] == '-' && word[1] != '\0';
}

/* The files of one role. Returns how many could not be read. */
static int check_files(hs_check *check, int argc, char **argv, enum hs_check_role role)
{
    int unreadable = 0;
    for (int i = 1; i < argc; i++) {
        char pool[HS_POOL_NAME_MAX];
        char why[WHY_SIZE];
        if (is_option(argv[i]) || hs_check_file_role(argv[i], pool, sizeof pool) != role) {
            continue;
        }
        if (hs_check_file(check, argv[i], why, sizeof why) != 0) {
            (void)fflush(stdout);
            fprintf(stderr, "host_stub check: %s\n", why);
            unreadable++;
        }
    }
    return unreadable;
}

static int run(int argc, char **argv, int verify, int all)
{
    static printer p;
    memset(&p, 0, sizeof p);
    p.all = all;
    const hs_check_options options = {.verify = verify, .report = print_violation, .ctx = &p};
    hs_check *const check = hs_check_new(&options);
    if (check == NULL) {
        fprintf(stderr, "host_stub check: out of memory\n");
        return EXIT_UNREADABLE;
    }
    /* What the pools sent is needed to judge what the miners got. */
    int unreadable = check_files(check, argc, argv, HS_CHECK_UPSTREAM);
    unreadable += check_files(check, argc, argv, HS_CHECK_DOWNSTREAM);
    hs_check_finish(check);
    const hs_check_totals *const totals = hs_check_totals_of(check);
    print_summary(&p, totals);
    const int status = unreadable > 0           ? EXIT_UNREADABLE
                       : totals->violations > 0 ? EXIT_VIOLATIONS
                                                : EXIT_CLEAN;
    hs_check_free(check);
    return status;
}

int hs_cmd_check(int argc, char **argv)
{
    int verify = 0;
    int all = 0;
    int files = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            (void)fputs(USAGE, stdout);
            return EXIT_CLEAN;
        }
        if (strcmp(argv[i], "--rules") == 0) {
            print_rules();
            return EXIT_CLEAN;
        }
        if (strcmp(argv[i], "--verify") == 0) {
            verify = 1;
        } else if (strcmp(argv[i], "--all") == 0) {
            all = 1;
        } else if (is_option(argv[i])) {
            fprintf(stderr,
                    "host_stub check: there is no option %s; host_stub check --help tells them\n",
                    argv[i]);
            return EXIT_UNREADABLE;
        } else {
            files++;
        }
    }
    if (files == 0) {
        fprintf(stderr, "host_stub check: which files? None is named; host_stub check --help\n");
        return EXIT_UNREADABLE;
    }
    return run(argc, argv, verify, all);
}
