/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/net/log.h"

#include <errno.h>
#include <event2/buffer.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    WAITING_MAX = 256 * 1024, /* bytes */
    LAST_MS = 500             /* for the rest, at the end */
};

struct hs_net_log {
    int fd;
    int is_own;
    hs_net_watch *watch; /* for room */
    struct evbuffer *waiting;
    uint64_t missing;
    uint64_t missing_now; /* since the last line that was taken */
    int error;
};

/* A way to the same place that does not block whoever else writes there, if there is one: the flag
 * O_NONBLOCK belongs to all who share a descriptor. */
static int open_again(int fd)
{
    char path[40];
    struct stat what;
    if (fstat(fd, &what) != 0 || (!S_ISFIFO(what.st_mode) && !S_ISCHR(what.st_mode))) {
        return -1;
    }
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* Writes what is taken now, at most PIPE_BUF bytes at a time: a pipe that is ready has room for so
 * many. */
static void write_some(hs_net_log *log)
{
    while (evbuffer_get_length(log->waiting) > 0 && log->error == 0) {
        struct pollfd ready = {log->fd, POLLOUT, 0};
        if (poll(&ready, 1, 0) != 1) {
            return;
        }
        const int put = evbuffer_write_atmost(log->waiting, log->fd, PIPE_BUF);
        if (put < 0 && (errno == EAGAIN || errno == EINTR)) {
            return;
        }
        log->error = put < 0 ? errno : 0;
    }
}

static void wait_for_room(hs_net_log *log)
{
    const int waits = evbuffer_get_length(log->waiting) > 0 && log->error == 0;
    hs_net_watch_set(log->watch, waits ? HS_NET_WRITE : 0);
}

static void add(hs_net_log *log, const char *text)
{
    if (evbuffer_add(log->waiting, text, strlen(text)) != 0 ||
        evbuffer_add(log->waiting, "\n", 1) != 0) {
        log->error = ENOMEM;
    }
}

static void on_room(void *ctx, unsigned events)
{
    hs_net_log *const log = ctx;
    (void)events;
    write_some(log);
    if (log->missing_now > 0 && evbuffer_get_length(log->waiting) == 0) {
        char text[80];
        (void)snprintf(text, sizeof text, "(%" PRIu64 " lines are missing here: nobody read them)",
                       log->missing_now);
        log->missing_now = 0;
        add(log, text);
        write_some(log);
    }
    wait_for_room(log);
}

hs_net_log *hs_net_log_new(hs_net_loop *loop, int fd)
{
    hs_net_log *const log = calloc(1, sizeof *log);
    if (log == NULL) {
        return NULL;
    }
    log->fd = open_again(fd);
    log->is_own = log->fd >= 0;
    log->fd = log->is_own ? log->fd : fd;
    log->waiting = evbuffer_new();
    log->watch = hs_net_watch_add(loop, log->fd, 0, on_room, log);
    if (log->waiting == NULL || log->watch == NULL) {
        hs_net_log_free(log);
        return NULL;
    }
    return log;
}

void hs_net_log_free(hs_net_log *log)
{
    if (log == NULL) {
        return;
    }
    for (int i = 0; log->watch != NULL && i < LAST_MS / 10; i++) {
        struct pollfd ready = {log->fd, POLLOUT, 0};
        on_room(log, 0);
        if (evbuffer_get_length(log->waiting) == 0 || log->error != 0) {
            break;
        }
        (void)poll(&ready, 1, 10);
    }
    hs_net_watch_remove(log->watch);
    if (log->waiting != NULL) {
        evbuffer_free(log->waiting);
    }
    if (log->is_own) {
        (void)close(log->fd);
    }
    free(log);
}

void hs_net_log_line(hs_net_log *log, const char *text)
{
    if (log->error != 0 || log->missing_now > 0 ||
        evbuffer_get_length(log->waiting) + strlen(text) >= WAITING_MAX) {
        log->missing++;
        log->missing_now++;
        return;
    }
    add(log, text);
    write_some(log);
    wait_for_room(log);
}

uint64_t hs_net_log_missing(const hs_net_log *log)
{
    return log->missing;
}

int hs_net_log_error(const hs_net_log *log)
{
    return log->error;
}
