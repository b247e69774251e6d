/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/net/log: lines into a pipe that is read, not read, and closed. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host_stub/live/net/log.h"

enum { MANY = 10000, READ_MAX = 4 << 20 };

static hs_net_loop *loop;
static hs_net_log *log_under_test;
static int ends[2];

static void start(void)
{
    (void)signal(SIGPIPE, SIG_IGN);
    loop = hs_net_loop_new();
    cr_assert_eq(pipe(ends), 0);
    cr_assert_eq(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    log_under_test = hs_net_log_new(loop, ends[1]);
    cr_assert_not_null(log_under_test);
}

static void finish(void)
{
    hs_net_log_free(log_under_test);
    hs_net_loop_free(loop);
}

TestSuite(net_log, .init = start, .fini = finish);

/* Reads and turns until nothing comes any more. */
static char *read_all(void)
{
    char *const text = calloc(1, READ_MAX);
    size_t len = 0;
    for (int quiet = 0; quiet < 3; quiet++) {
        ssize_t got = 0;
        while ((got = read(ends[0], text + len, READ_MAX - 1 - len)) > 0) {
            len += (size_t)got;
            quiet = 0;
        }
        cr_assert_eq(hs_net_loop_turn(loop, 10 * HS_NET_MILLISECOND_NS), 0);
    }
    return text;
}

Test(net_log, a_line_is_there_at_once)
{
    char got[64] = "";
    hs_net_log_line(log_under_test, "hello");
    cr_assert_eq(read(ends[0], got, sizeof got - 1), 6);
    cr_assert_str_eq(got, "hello\n");
}

/* The flag belongs to everybody who has the descriptor. */
Test(net_log, the_descriptor_stays_as_it_was)
{
    hs_net_log_line(log_under_test, "hello");
    cr_assert_eq(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0);
}

static void say(int from, int to)
{
    char line[100];
    for (int i = from; i < to; i++) {
        snprintf(line, sizeof line, "line %d %080d", i, 0);
        hs_net_log_line(log_under_test, line);
    }
}

Test(net_log, nobody_who_reads_loses_lines_and_where_is_said)
{
    char *text = NULL;
    char *end = NULL;
    char wanted[100];
    int next = 0;
    say(0, MANY); /* about 900 KB: a pipe and the log hold a third of that */
    const unsigned long missing = (unsigned long)hs_net_log_missing(log_under_test);
    cr_assert_gt(missing, MANY / 2);
    cr_assert_lt(missing, MANY);
    text = read_all();
    for (char *line = strtok_r(text, "\n", &end); line != NULL; line = strtok_r(NULL, "\n", &end)) {
        if (next < MANY - (int)missing) {
            snprintf(wanted, sizeof wanted, "line %d %080d", next, 0);
        } else {
            snprintf(wanted, sizeof wanted, "(%lu lines are missing here: nobody read them)",
                     missing);
        }
        cr_assert_str_eq(line, wanted);
        next++;
    }
    cr_assert_eq(next, MANY - (int)missing + 1);
    free(text);
    say(0, 2);
    text = read_all();
    cr_assert(strncmp(text, "line 0 ", 7) == 0 && strstr(text, "\nline 1 ") != NULL, "%s", text);
    free(text);
    cr_assert_eq(hs_net_log_missing(log_under_test), missing);
    cr_assert_eq(hs_net_log_error(log_under_test), 0);
}

Test(net_log, nobody_there_is_an_error_and_no_end)
{
    (void)close(ends[0]);
    say(0, 3);
    cr_assert_eq(hs_net_log_error(log_under_test), EPIPE);
    cr_assert_eq(hs_net_loop_turn(loop, 10 * HS_NET_MILLISECOND_NS), 0);
}

/* The rest is waited for a little, not for ever. */
Test(net_log, its_end_does_not_wait_for_a_reader)
{
    say(0, 2000);
    const uint64_t begin = hs_net_clock_ns();
    hs_net_log_free(log_under_test);
    log_under_test = NULL;
    cr_assert_lt(hs_net_clock_ns() - begin, 5 * HS_NET_SECOND_NS);
}

Test(net_log, a_file_takes_everything)
{
    char path[] = "/tmp/hmx-log-XXXXXX";
    const int fd = mkstemp(path);
    hs_net_log *const file = hs_net_log_new(loop, fd);
    hs_net_log_line(file, "one");
    hs_net_log_line(file, "two");
    char got[32] = "";
    cr_assert_eq(pread(fd, got, sizeof got - 1, 0), 8);
    cr_assert_str_eq(got, "one\ntwo\n");
    hs_net_log_free(file);
    (void)close(fd);
    (void)unlink(path);
}
