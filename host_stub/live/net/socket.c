/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The sockets of a live/net/loop: listeners on loopback and connections in the making. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host_stub/base/text.h"
#include "host_stub/live/net/internal.h"

enum { ACCEPTS_PER_TURN = 16, BACKLOG = 128 };

struct hs_net_listener {
    hs_net_loop *loop;
    hs_net_listener *next;
    hs_net_watch *watch;
    int fd;
    uint16_t port;
    hs_net_accept_fn *accepted;
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

static void take_connections(void *ctx, unsigned events)
{
    hs_net_listener *const listener = ctx;
    /* The callee may close or pause the listener: its watch is told nothing then, and this loop
     * must end. */
    hs_net_loop *const loop = listener->loop;
    (void)events;
    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        const int fd = accept(listener->fd, NULL, NULL);
        if (fd < 0) {
            return;
        }
        if (hs_net_prepare(fd) != 0) {
            (void)close(fd);
            continue;
        }
        listener->accepted(listener->ctx, fd);
        const hs_net_listener *still = *hs_net_loop_listeners(loop);
        while (still != NULL && still != listener) {
            still = still->next;
        }
        if (still == NULL || listener->watch == NULL) {
            return;
        }
    }
}

/* A socket that is bound to 127.0.0.1:port; *port is the one that it got. -1 with errno set. */
static int open_bound(uint16_t *port)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    const int one = 1;
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons(*port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0) {
        return -1;
    }
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
        hs_net_prepare(fd) != 0 || getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
        const int reason = errno;
        (void)close(fd);
        errno = reason;
        return -1;
    }
    *port = ntohs(address.sin_port);
    return fd;
}

/* Listens on the bound socket of the listener. 1, or 0 with errno set. */
static int begin_listening(hs_net_listener *listener)
{
    if (listen(listener->fd, BACKLOG) != 0) {
        return 0;
    }
    listener->watch =
        hs_net_watch_add(listener->loop, listener->fd, HS_NET_READ, take_connections, listener);
    errno = ENOMEM;
    return listener->watch != NULL;
}

hs_net_listener *hs_net_listen(hs_net_loop *loop, uint16_t port, hs_net_accept_fn *accepted,
                               void *ctx, char *why, size_t capacity)
{
    hs_net_listener *const listener = calloc(1, sizeof *listener);
    if (listener == NULL) {
        (void)hs_refuse(why, capacity, "no memory for a listener");
        return NULL;
    }
    *listener = (hs_net_listener){loop, NULL, NULL, -1, port, accepted, ctx};
    listener->fd = open_bound(&listener->port);
    if (listener->fd < 0 || !begin_listening(listener)) {
        (void)hs_refuse(why, capacity, "cannot listen on 127.0.0.1:%u: %s", (unsigned)port,
                        strerror(errno));
        if (listener->fd >= 0) {
            (void)close(listener->fd);
        }
        free(listener);
        return NULL;
    }
    listener->next = *hs_net_loop_listeners(loop);
    *hs_net_loop_listeners(loop) = listener;
    return listener;
}

uint16_t hs_net_listener_port(const hs_net_listener *listener)
{
    return listener->port;
}

int hs_net_listener_pause(hs_net_listener *listener, int paused)
{
    if (paused == (listener->watch == NULL)) {
        return 1;
    }
    if (paused) {
        hs_net_watch_remove(listener->watch);
        listener->watch = NULL;
        /* A new socket, since this one cannot stop otherwise. */
        (void)close(listener->fd);
        listener->fd = open_bound(&listener->port);
        return 1;
    }
    if (listener->fd < 0) {
        listener->fd = open_bound(&listener->port);
    }
    return listener->fd >= 0 && begin_listening(listener);
}

void hs_net_listener_close(hs_net_listener *listener)
{
    if (listener == NULL) {
        return;
    }
    hs_net_listener **link = hs_net_loop_listeners(listener->loop);
    while (*link != listener) {
        link = &(*link)->next;
    }
    *link = listener->next;
    hs_net_watch_remove(listener->watch);
    if (listener->fd >= 0) {
        (void)close(listener->fd);
    }
    free(listener);
}

int hs_net_connect(const char *host, uint16_t port, char *why, size_t capacity)
{
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                                   .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char service[8];
    int fd = -1;
    (void)snprintf(service, sizeof service, "%u", (unsigned)port);
    const char *const numeric = strcmp(host, "localhost") == 0 ? "127.0.0.1" : host;
    if (getaddrinfo(numeric, service, &hints, &found) != 0) {
        (void)hs_refuse(why, capacity,
                        "'%s' is no address: a numeric IPv4 or IPv6 address, or localhost", host);
        return -1;
    }
    fd = socket(found->ai_family, SOCK_STREAM, 0);
    if (fd < 0 || hs_net_prepare(fd) != 0 ||
        (connect(fd, found->ai_addr, found->ai_addrlen) != 0 && errno != EINPROGRESS)) {
        (void)hs_refuse(why, capacity, "cannot connect to %s:%u: %s", host, (unsigned)port,
                        strerror(errno));
        if (fd >= 0) {
            (void)close(fd);
        }
        fd = -1;
    }
    freeaddrinfo(found);
    return fd;
}
