/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A test in a process of its own. */
#define _GNU_SOURCE /* pipe2, sigabbrev_np */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "host_stub/base/text.h"
#include "host_stub/validate/validate.h"

enum { FILES = 64, FILE_MOST = 16 << 20 };
#define MEMORY_MOST (UINT64_C(2) << 30)

/* What a child tells: the end of its trial. */
typedef struct told {
    enum hs_verdict verdict;
    char text[HS_TRIAL_TEXT];
} told;

/* A macro: what the first argument of setrlimit is, the C libraries do not agree on. */
#define LIMIT(what, most)                                                                          \
    do {                                                                                           \
        const struct rlimit both = {(most), (most)};                                               \
        (void)setrlimit((what), &both);                                                            \
    } while (0)

/* A sanitizer's own memory has no bounds. */
static void set_limits(const hs_trial *t, double limit_seconds)
{
    LIMIT(RLIMIT_CORE, 0);
    LIMIT(RLIMIT_NOFILE, FILES);
    LIMIT(RLIMIT_FSIZE, FILE_MOST);
    LIMIT(RLIMIT_CPU, (rlim_t)(t->seconds + limit_seconds) + 1);
    if (!hs_loader_defaults().keep_loaded) {
        LIMIT(RLIMIT_AS, MEMORY_MOST);
    }
}

static void run_test(hs_trial *t)
{
    char why[HS_TRIAL_TEXT];
    const hs_load_options options = hs_loader_defaults();
    if (!t->test->unloaded &&
        hs_loader_open(t->path, &options, &t->plugin, why, sizeof why) != HS_LOAD_OK) {
        hs_trial_say(t, HS_VERDICT_SKIP, "it does not load: %s", why);
        return;
    }
    t->test->run(t);
}

/* The child: never returns. What the plugin prints is nobody's. */
static void be_child(hs_trial *t, double limit_seconds, int to)
{
    told end = {0};
    const int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nothing >= 0) {
        (void)dup2(nothing, STDOUT_FILENO);
    }
    set_limits(t, limit_seconds);
    run_test(t);
    end.verdict = t->verdict;
    memcpy(end.text, t->text, sizeof end.text);
    const ssize_t n = write(to, &end, sizeof end); /* less than a pipe holds at once */
    _exit(n == (ssize_t)sizeof end ? 0 : 1);
}

static int milliseconds_left(const struct timespec *end)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    const double left =
        (double)(end->tv_sec - now.tv_sec) * 1e3 + (double)(end->tv_nsec - now.tv_nsec) * 1e-6;
    return left <= 0 ? 0 : left > 3600e3 ? 3600000 : (int)left + 1;
}

/* Waits for what the child tells, or for the end of its time. 1 = it has told. */
static int listen_to(int from, const struct timespec *end, told *t)
{
    size_t have = 0;
    while (have < sizeof *t) {
        struct pollfd p = {.fd = from, .events = POLLIN};
        const int ready = poll(&p, 1, milliseconds_left(end));
        if (ready < 0 && errno == EINTR) {
            continue;
        }
        const ssize_t n = ready > 0 ? read(from, (char *)t + have, sizeof *t - have) : 0;
        if (n <= 0) {
            break;
        }
        have += (size_t)n;
    }
    return have == sizeof *t;
}

/* The child is gone, or is made to go. */
static void bury(hs_trial *t, pid_t child, int has_told, const told *end, double seconds)
{
    int status = 0;
    siginfo_t gone = {0};
    const int waiting = waitid(P_PID, (id_t)child, &gone, WEXITED | WNOHANG | WNOWAIT);
    const int in_time = has_told || (waiting == 0 && gone.si_pid == child);
    if (!has_told) {
        (void)kill(child, SIGKILL);
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    t->verdict = HS_VERDICT_PASS;
    if (has_told) {
        t->verdict = end->verdict;
        memcpy(t->text, end->text, sizeof t->text);
        t->text[sizeof t->text - 1] = '\0';
        return;
    }
    if (WIFSIGNALED(status) && (in_time || WTERMSIG(status) != SIGKILL)) {
        const char *const name = sigabbrev_np(WTERMSIG(status));
        hs_trial_say(t, HS_VERDICT_FAIL, "it died of signal %d, SIG%s", WTERMSIG(status),
                     name != NULL ? name : "?");
    } else if (WIFSIGNALED(status)) {
        hs_trial_say(t, HS_VERDICT_FAIL, "it did not end within %u seconds", (unsigned)seconds);
    } else {
        hs_trial_say(t, HS_VERDICT_FAIL, "it ended the process with status %d",
                     WEXITSTATUS(status));
    }
}

static int run_apart(hs_trial *t, double limit_seconds, char *why, size_t capacity)
{
    int ends[2];
    told end = {0};
    struct timespec until;
    const double seconds = t->seconds + limit_seconds;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)seconds + 1;
    (void)fflush(NULL); /* or the child would print it once more */
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return hs_refuse(why, capacity, "no pipe can be made: %s", strerror(errno));
    }
    const pid_t child = fork();
    if (child < 0) {
        const int error = errno;
        (void)close(ends[0]);
        (void)close(ends[1]);
        return hs_refuse(why, capacity, "no process can be made: %s", strerror(error));
    }
    if (child == 0) {
        (void)close(ends[0]);
        be_child(t, limit_seconds, ends[1]);
    }
    (void)close(ends[1]);
    const int has_told = listen_to(ends[0], &until, &end);
    (void)close(ends[0]);
    bury(t, child, has_told, &end, seconds);
    return 0;
}

int hs_validate_run(const hs_validate_options *options, hs_validate_sums *sums,
                    hs_validate_told on_end, void *ctx, char *why, size_t capacity)
{
    static hs_trial trial;
    memset(sums, 0, sizeof *sums);
    for (size_t i = 0; hs_validate_list(i) != NULL; i++) {
        const hs_validate_test *const test = hs_validate_list(i);
        if (!hs_validate_chosen(test, options->only)) {
            continue;
        }
        memset(&trial, 0, sizeof trial);
        trial.test = test;
        trial.path = options->path;
        trial.config_text = options->config_text;
        trial.seed = options->seed;
        trial.seconds = strcmp(test->group, "fuzz") == 0 ? options->seconds : 0;
        if (run_apart(&trial, options->limit, why, capacity) != 0) {
            return -1;
        }
        sums->count[trial.verdict]++;
        on_end(ctx, &trial);
    }
    return 0;
}
