/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/net/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host_stub/base/text.h"

enum {
    ACCEPTS_PER_TURN = 16,
    RESERVE_MOST = 64, /* descriptors for pools, files and names; of few, an eighth */
    RESERVE_SHARE = 8
};
#define REST_NS HS_NET_SECOND_NS
#define SAY_NS  (60 * HS_NET_SECOND_NS) /* between two complaints */

struct hs_net_listener {
    hs_net_loop *loop;
    hs_net_watch *watch; /* NULL: paused */
    hs_net_timer *timer; /* the end of a rest */
    int fd;
    int busy; /* in a callback: closing waits for its end */
    int closed;
    int most; /* descriptors from this number on are for others */
    uint64_t rests;
    uint64_t said_ns; /* 0: never */
    hs_net_address address;
    hs_net_accept_fn *accepted;
    hs_net_trouble_fn *told;
    void *ctx;
};

int hs_net_prepare(int fd)
{
    const int flags = fcntl(fd, F_GETFL);
    const int one = 1;
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
        return -1;
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return 0;
}

void hs_net_raise_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* Descriptors are given from the lowest number up, so a number tells how many there are. */
static int last_for_us(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > INT32_MAX) {
        return INT32_MAX;
    }
    const int all = (int)limit.rlim_cur;
    const int share = all / RESERVE_SHARE;
    return all - (share < RESERVE_MOST ? share : RESERVE_MOST);
}

static void on_rested(void *ctx)
{
    const hs_net_listener *const listener = ctx;
    if (listener->watch != NULL) {
        hs_net_watch_set(listener->watch, HS_NET_READ);
    }
}

static void rest(hs_net_listener *listener, int error)
{
    char what[200];
    const uint64_t now = hs_net_now_ns(listener->loop);
    listener->rests++;
    hs_net_watch_set(listener->watch, 0);
    hs_net_timer_after(listener->timer, REST_NS);
    if (listener->told == NULL || (listener->said_ns != 0 && now - listener->said_ns < SAY_NS)) {
        return;
    }
    listener->said_ns = now;
    (void)snprintf(what, sizeof what, "new connections have to wait: %s", strerror(error));
    listener->told(listener->ctx, what);
}

/* Is it only about this one connection, which has gone again? */
static int concerns_one(int error)
{
    return error == EINTR || error == ECONNABORTED || error == EPROTO || error == EPERM;
}

/* One connection. 0 when there is none, or none can be taken. */
static int take(hs_net_listener *listener)
{
    const int fd = accept(listener->fd, NULL, NULL);
    if (fd < 0) {
        if (errno != EAGAIN && errno != EWOULDBLOCK && !concerns_one(errno)) {
            rest(listener, errno);
            return 0;
        }
        return concerns_one(errno);
    }
    if (fd >= listener->most) {
        (void)close(fd);
        rest(listener, EMFILE);
        return 0;
    }
    if (hs_net_prepare(fd) != 0) {
        (void)close(fd);
    } else {
        listener->accepted(listener->ctx, fd);
    }
    return 1;
}

static void release(hs_net_listener *listener)
{
    hs_net_watch_remove(listener->watch);
    hs_net_timer_remove(listener->timer);
    if (listener->fd >= 0) {
        (void)close(listener->fd);
    }
    free(listener);
}

static void take_connections(void *ctx, unsigned events)
{
    hs_net_listener *const listener = ctx;
    (void)events;
    listener->busy = 1;
    for (int i = 0; i < ACCEPTS_PER_TURN && take(listener); i++) {
        if (listener->closed || listener->watch == NULL) {
            break;
        }
    }
    listener->busy = 0;
    if (listener->closed) {
        release(listener);
    }
}

/* A socket that is bound to the address, whose port is then the one that it got. -1 with errno. */
static int open_bound(hs_net_address *address)
{
    const int one = 1;
    const int fd = socket(address->at.ss_family, SOCK_STREAM, 0);
    if (fd < 0) {
        return -1;
    }
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        bind(fd, (const struct sockaddr *)&address->at, address->len) != 0 ||
        hs_net_prepare(fd) != 0 || hs_net_address_here(address, fd) != 0) {
        const int reason = errno;
        (void)close(fd);
        errno = reason;
        return -1;
    }
    return fd;
}

/* Listens on the bound socket of the listener. 0, or -1 with errno set. */
static int begin_listening(hs_net_listener *listener)
{
    if (listen(listener->fd, SOMAXCONN) != 0) {
        return -1;
    }
    listener->watch =
        hs_net_watch_add(listener->loop, listener->fd, HS_NET_READ, take_connections, listener);
    errno = ENOMEM;
    return listener->watch != NULL ? 0 : -1;
}

hs_net_listener *hs_net_listen(hs_net_loop *loop, const hs_net_address *address,
                               hs_net_accept_fn *accepted, void *ctx, char *why, size_t capacity)
{
    char text[HS_NET_ADDRESS_SIZE];
    hs_net_listener *const listener = calloc(1, sizeof *listener);
    if (listener == NULL) {
        (void)hs_refuse(why, capacity, "no memory for a listener");
        return NULL;
    }
    listener->loop = loop;
    listener->most = last_for_us();
    listener->address = *address;
    listener->accepted = accepted;
    listener->ctx = ctx;
    listener->timer = hs_net_timer_new(loop, on_rested, listener);
    listener->fd = listener->timer != NULL ? open_bound(&listener->address) : -1;
    if (listener->fd < 0 || begin_listening(listener) != 0) {
        (void)hs_refuse(why, capacity, "cannot listen on %s: %s",
                        hs_net_address_text(address, text), strerror(errno));
        release(listener);
        return NULL;
    }
    return listener;
}

void hs_net_listener_tell(hs_net_listener *listener, hs_net_trouble_fn *told)
{
    listener->told = told;
}

uint64_t hs_net_listener_rests(const hs_net_listener *listener)
{
    return listener->rests;
}

const hs_net_address *hs_net_listener_address(const hs_net_listener *listener)
{
    return &listener->address;
}

int hs_net_listener_pause(hs_net_listener *listener, int paused)
{
    if (paused == (listener->watch == NULL)) {
        return 0;
    }
    if (paused) {
        hs_net_watch_remove(listener->watch);
        listener->watch = NULL;
        /* A new socket, since this one cannot stop otherwise. */
        (void)close(listener->fd);
        listener->fd = open_bound(&listener->address);
        return 0;
    }
    if (listener->fd < 0) {
        listener->fd = open_bound(&listener->address);
    }
    return listener->fd >= 0 && begin_listening(listener) == 0 ? 0 : -1;
}

void hs_net_listener_close(hs_net_listener *listener)
{
    if (listener == NULL) {
        return;
    }
    if (listener->busy) {
        listener->closed = 1;
    } else {
        release(listener);
    }
}

int hs_net_connect(const hs_net_address *address, char *why, size_t capacity)
{
    char text[HS_NET_ADDRESS_SIZE];
    const int fd = socket(address->at.ss_family, SOCK_STREAM, 0);
    if (fd >= 0 && hs_net_prepare(fd) == 0 &&
        (connect(fd, (const struct sockaddr *)&address->at, address->len) == 0 ||
         errno == EINPROGRESS)) {
        return fd;
    }
    (void)hs_refuse(why, capacity, "cannot connect to %s: %s", hs_net_address_text(address, text),
                    strerror(errno));
    if (fd >= 0) {
        (void)close(fd);
    }
    return -1;
}
