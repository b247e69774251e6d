/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/e2e/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host_stub/base/text.h"

/* In the child, between fork and exec. Does not return. */
static void become(const hs_net_loop *loop, char *const *argv, int input, int output, pid_t parent)
{
    hs_net_signals_restore(loop);
    (void)signal(SIGPIPE, SIG_DFL);
    if (dup2(input, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
        dup2(output, STDERR_FILENO) >= 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 &&
        getppid() == parent) {
        (void)execv("/proc/self/exe", argv);
    }
    _exit(127);
}

static void take_line(hs_e2e_child *child)
{
    child->line[child->len] = '\0';
    child->len = 0;
    if (child->log != NULL) {
        (void)fprintf(child->log, "%s\n", child->line);
    }
    if (child->line[0] != '\0') {
        (void)snprintf(child->last, sizeof child->last, "%.255s", child->line);
        child->told(child->ctx, child, child->line);
    }
}

/* Takes what is there. 0 at the end of its output. */
static int read_some(hs_e2e_child *child)
{
    char bytes[4096];
    const ssize_t got = read(child->output, bytes, sizeof bytes);
    for (ssize_t i = 0; i < got; i++) {
        if (bytes[i] == '\n') {
            take_line(child);
        } else if (child->len < sizeof child->line - 1) {
            child->line[child->len++] = bytes[i];
        }
    }
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

static void on_output(void *ctx, unsigned events)
{
    hs_e2e_child *const child = ctx;
    (void)events;
    if (!read_some(child)) {
        hs_net_watch_remove(child->watch);
        child->watch = NULL;
    }
}

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
    }
    *fd = -1;
}

static int make_pipe(int ends[2])
{
    if (pipe(ends) != 0) {
        ends[0] = -1;
        ends[1] = -1;
        return -1;
    }
    (void)fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    return 0;
}

int hs_e2e_child_start(hs_e2e_child *child, hs_net_loop *loop, const char *name, char *const *argv,
                       const char *log_path, hs_e2e_child_line_fn *told, void *ctx, char *why,
                       size_t capacity)
{
    char *words[HS_CHILD_ARGS_MAX + 2] = {(char *)"host_stub"};
    int in[2] = {-1, -1};
    int out[2] = {-1, -1};
    for (int i = 0; i < HS_CHILD_ARGS_MAX && argv[i] != NULL; i++) {
        words[i + 1] = argv[i];
    }
    memset(child, 0, sizeof *child);
    child->told = told;
    child->ctx = ctx;
    child->input = -1;
    child->output = -1;
    (void)snprintf(child->name, sizeof child->name, "%s", name);
    if (log_path != NULL && (child->log = fopen(log_path, "ae")) == NULL) {
        return hs_refuse(why, capacity, "%s cannot be written: %s", log_path, strerror(errno));
    }
    if (child->log != NULL) {
        (void)setvbuf(child->log, NULL, _IOLBF, BUFSIZ);
    }
    const pid_t parent = getpid();
    if (make_pipe(in) == 0 && make_pipe(out) == 0 && (child->pid = fork()) == 0) {
        become(loop, words, in[0], out[1], parent);
    }
    close_fd(&in[0]);
    close_fd(&out[1]);
    child->input = in[1];
    child->output = out[0];
    if (child->output < 0 || child->pid <= 0) {
        child->pid = 0;
        return hs_refuse(why, capacity, "%s cannot be started: %s", name, strerror(errno));
    }
    (void)fcntl(child->output, F_SETFL, O_NONBLOCK);
    (void)fcntl(child->input, F_SETFL, O_NONBLOCK);
    child->watch = hs_net_watch_add(loop, child->output, HS_NET_READ, on_output, child);
    return child->watch != NULL ? 0 : hs_refuse(why, capacity, "no memory for %s", name);
}

int hs_e2e_child_say(const hs_e2e_child *child, const char *line)
{
    char text[256];
    const int len = snprintf(text, sizeof text, "%s\n", line);
    return child->input >= 0 && len > 0 && (size_t)len < sizeof text &&
                   write(child->input, text, (size_t)len) == (ssize_t)len
               ? 0
               : -1;
}

void hs_e2e_child_signal(const hs_e2e_child *child, int signal_number)
{
    if (child->pid > 0) {
        (void)kill(child->pid, signal_number);
    }
}

int hs_e2e_child_reap(hs_e2e_child *child)
{
    if (child->pid > 0 && waitpid(child->pid, &child->status, WNOHANG) == child->pid) {
        child->pid = 0;
        child->has_ended = 1;
        /* What it printed last. */
        for (int i = 0; i < 64 && child->watch != NULL; i++) {
            on_output(child, HS_NET_READ);
        }
    }
    return child->pid == 0;
}

int hs_e2e_child_went_well(const hs_e2e_child *child)
{
    return child->has_ended && WIFEXITED(child->status) && WEXITSTATUS(child->status) == 0;
}

void hs_e2e_child_free(hs_e2e_child *child)
{
    if (child->told == NULL) {
        return;
    }
    if (child->pid > 0) {
        (void)kill(child->pid, SIGKILL);
        while (waitpid(child->pid, &child->status, 0) < 0 && errno == EINTR) {
        }
        child->pid = 0;
    }
    hs_net_watch_remove(child->watch);
    child->watch = NULL;
    close_fd(&child->input);
    close_fd(&child->output);
    if (child->log != NULL) {
        (void)fclose(child->log);
    }
    child->log = NULL;
    child->told = NULL;
}

uint16_t hs_e2e_child_port(const char *line)
{
    static const char WORDS[] = "listening 127.0.0.1:";
    uint64_t port = 0;
    return strncmp(line, WORDS, sizeof WORDS - 1) == 0 &&
                   hs_parse_whole(line + sizeof WORDS - 1, &port) == 0 && port < 65536
               ? (uint16_t)port
               : 0;
}
