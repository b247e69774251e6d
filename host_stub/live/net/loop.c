/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/net/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "host_stub/base/array.h"
#include "host_stub/base/text.h"

struct hs_net_watch {
    hs_net_loop *loop;
    int fd;
    unsigned events;
    unsigned ready; /* what this turn has to tell */
    int again;
    int dead; /* removed: freed when no turn is walking the list */
    hs_net_ready_fn *call;
    void *ctx;
};

struct hs_net_timer {
    hs_net_loop *loop;
    int set;
    int dead;
    uint64_t deadline_ns;
    uint64_t order; /* of setting: equal deadlines keep it */
    hs_net_timer_fn *call;
    void *ctx;
};

struct hs_net_loop {
    hs_net_watch **watches;
    size_t watch_count;
    size_t watch_capacity;
    struct pollfd *polled; /* one per watch */
    size_t polled_capacity;
    hs_net_timer **timers;
    size_t timer_count;
    size_t timer_capacity;
    uint64_t timer_order;
    hs_net_listener *listeners; /* a list */
    uint64_t now_ns;
    int swept; /* nothing dead is left in the lists */
    int stopped;
    int signal_fd; /* -1 = no signals */
    sigset_t old_mask;
    hs_net_watch *signal_watch;
    hs_net_signal_fn *signal_call;
    void *signal_ctx;
};

uint64_t hs_net_clock_ns(void)
{
    struct timespec now = {0, 0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * HS_NET_SECOND_NS + (uint64_t)now.tv_nsec;
}

uint64_t hs_net_now_ns(const hs_net_loop *loop)
{
    return loop->now_ns;
}

hs_net_loop *hs_net_loop_new(void)
{
    hs_net_loop *const loop = calloc(1, sizeof *loop);
    if (loop != NULL) {
        loop->signal_fd = -1;
        loop->swept = 1;
        loop->now_ns = hs_net_clock_ns();
    }
    return loop;
}

void hs_net_loop_free(hs_net_loop *loop)
{
    if (loop == NULL) {
        return;
    }
    while (loop->listeners != NULL) {
        hs_net_listener_close(loop->listeners);
    }
    if (loop->signal_fd >= 0) {
        (void)close(loop->signal_fd);
        (void)sigprocmask(SIG_SETMASK, &loop->old_mask, NULL);
    }
    for (size_t i = 0; i < loop->watch_count; i++) {
        free(loop->watches[i]);
    }
    for (size_t i = 0; i < loop->timer_count; i++) {
        free(loop->timers[i]);
    }
    free(loop->watches);
    free(loop->polled);
    free(loop->timers);
    free(loop);
}

hs_net_watch *hs_net_watch_add(hs_net_loop *loop, int fd, unsigned events, hs_net_ready_fn *ready,
                               void *ctx)
{
    hs_net_watch *const watch = calloc(1, sizeof *watch);
    if (watch == NULL || HS_GROW(loop->watches, loop->watch_capacity, loop->watch_count + 1) != 0) {
        free(watch);
        return NULL;
    }
    *watch = (hs_net_watch){loop, fd, events, 0, 0, 0, ready, ctx};
    loop->watches[loop->watch_count++] = watch;
    return watch;
}

void hs_net_watch_set(hs_net_watch *watch, unsigned events)
{
    watch->events = events;
}

void hs_net_watch_again(hs_net_watch *watch)
{
    watch->again = 1;
}

void hs_net_watch_forget_fd(hs_net_watch *watch)
{
    watch->fd = -1;
    watch->events = 0;
    watch->ready &= HS_NET_AGAIN;
}

void hs_net_watch_remove(hs_net_watch *watch)
{
    if (watch != NULL) {
        watch->dead = 1;
        watch->fd = -1;
        watch->loop->swept = 0;
    }
}

hs_net_timer *hs_net_timer_new(hs_net_loop *loop, hs_net_timer_fn *due, void *ctx)
{
    hs_net_timer *const timer = calloc(1, sizeof *timer);
    if (timer == NULL || HS_GROW(loop->timers, loop->timer_capacity, loop->timer_count + 1) != 0) {
        free(timer);
        return NULL;
    }
    timer->loop = loop;
    timer->call = due;
    timer->ctx = ctx;
    loop->timers[loop->timer_count++] = timer;
    return timer;
}

void hs_net_timer_at(hs_net_timer *timer, uint64_t deadline_ns)
{
    timer->set = 1;
    timer->deadline_ns = deadline_ns;
    timer->order = ++timer->loop->timer_order;
}

void hs_net_timer_after(hs_net_timer *timer, uint64_t delay_ns)
{
    const uint64_t now = timer->loop->now_ns;
    hs_net_timer_at(timer, delay_ns > UINT64_MAX - now ? UINT64_MAX : now + delay_ns);
}

void hs_net_timer_stop(hs_net_timer *timer)
{
    timer->set = 0;
}

void hs_net_timer_remove(hs_net_timer *timer)
{
    if (timer != NULL) {
        timer->dead = 1;
        timer->set = 0;
        timer->loop->swept = 0;
    }
}

/* Frees what was removed; only between turns. */
static void sweep(hs_net_loop *loop)
{
    size_t kept = 0;
    for (size_t i = 0; i < loop->watch_count; i++) {
        hs_net_watch *const watch = loop->watches[i];
        if (watch->dead) {
            free(watch);
        } else {
            loop->watches[kept++] = watch;
        }
    }
    loop->watch_count = kept;
    kept = 0;
    for (size_t i = 0; i < loop->timer_count; i++) {
        hs_net_timer *const timer = loop->timers[i];
        if (timer->dead) {
            free(timer);
        } else {
            loop->timers[kept++] = timer;
        }
    }
    loop->timer_count = kept;
    loop->swept = 1;
}

/* The timer that is due first among those set up to that order, or NULL. */
static hs_net_timer *first_timer(const hs_net_loop *loop, uint64_t last_order)
{
    hs_net_timer *first = NULL;
    for (size_t i = 0; i < loop->timer_count; i++) {
        hs_net_timer *const timer = loop->timers[i];
        if (timer->set && timer->order <= last_order &&
            (first == NULL || timer->deadline_ns < first->deadline_ns ||
             (timer->deadline_ns == first->deadline_ns && timer->order < first->order))) {
            first = timer;
        }
    }
    return first;
}

/* poll's own time is in milliseconds: rounded up, so that a timer is due when poll returns. */
static int wait_ms(const hs_net_loop *loop, uint64_t max_wait_ns)
{
    const hs_net_timer *const timer = first_timer(loop, UINT64_MAX);
    const uint64_t now = hs_net_clock_ns();
    uint64_t wait_ns = max_wait_ns;
    for (size_t i = 0; i < loop->watch_count; i++) {
        if (loop->watches[i]->again) {
            return 0;
        }
    }
    if (timer != NULL) {
        const uint64_t left = timer->deadline_ns > now ? timer->deadline_ns - now : 0;
        wait_ns = left < wait_ns ? left : wait_ns;
    }
    if (wait_ns > (uint64_t)INT_MAX * HS_NET_MILLISECOND_NS) {
        return -1;
    }
    return (int)((wait_ns + HS_NET_MILLISECOND_NS - 1) / HS_NET_MILLISECOND_NS);
}

static unsigned events_of(const hs_net_watch *watch, short revents)
{
    unsigned events = 0;
    if ((revents & POLLIN) != 0) {
        events |= HS_NET_READ;
    }
    if ((revents & POLLOUT) != 0) {
        events |= HS_NET_WRITE;
    }
    if ((revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) {
        events |= watch->events;
    }
    return events;
}

/* Asks poll and files the answers in the watches. */
static int ask(hs_net_loop *loop, uint64_t max_wait_ns)
{
    if (HS_GROW(loop->polled, loop->polled_capacity, loop->watch_count) != 0) {
        return -1;
    }
    for (size_t i = 0; i < loop->watch_count; i++) {
        const hs_net_watch *const watch = loop->watches[i];
        const int in = (watch->events & HS_NET_READ) != 0 ? POLLIN : 0;
        const int out = (watch->events & HS_NET_WRITE) != 0 ? POLLOUT : 0;
        /* poll tells of errors unasked: for ever, to somebody who does not want to act on them. */
        loop->polled[i] =
            (struct pollfd){watch->events != 0 ? watch->fd : -1, (short)(in | out), 0};
    }
    const int found = poll(loop->polled, (nfds_t)loop->watch_count, wait_ms(loop, max_wait_ns));
    if (found < 0 && errno != EINTR && errno != EAGAIN) {
        return -1;
    }
    for (size_t i = 0; i < loop->watch_count; i++) {
        hs_net_watch *const watch = loop->watches[i];
        watch->ready = found > 0 ? events_of(watch, loop->polled[i].revents) : 0;
        if (watch->again) {
            watch->again = 0;
            watch->ready |= HS_NET_AGAIN;
        }
    }
    return 0;
}

int hs_net_loop_turn(hs_net_loop *loop, uint64_t max_wait_ns)
{
    if (!loop->swept) {
        sweep(loop);
    }
    if (ask(loop, max_wait_ns) != 0) {
        return -1;
    }
    loop->now_ns = hs_net_clock_ns();
    /* Watches that are added meanwhile have nothing to tell yet. */
    const size_t count = loop->watch_count;
    for (size_t i = 0; i < count; i++) {
        hs_net_watch *const watch = loop->watches[i];
        if (!watch->dead && watch->ready != 0) {
            watch->call(watch->ctx, watch->ready);
        }
    }
    /* A timer that is set from here on has a higher order and waits for the next turn, even if its
     * moment has gone by. */
    const uint64_t last_order = loop->timer_order;
    for (size_t i = loop->timer_count; i > 0; i--) {
        hs_net_timer *const timer = first_timer(loop, last_order);
        if (timer == NULL || timer->deadline_ns > loop->now_ns) {
            break;
        }
        timer->set = 0;
        timer->call(timer->ctx);
    }
    return 0;
}

int hs_net_loop_run(hs_net_loop *loop)
{
    loop->stopped = 0;
    while (!loop->stopped) {
        if (hs_net_loop_turn(loop, UINT64_MAX) != 0) {
            return -1;
        }
    }
    return 0;
}

void hs_net_loop_stop(hs_net_loop *loop)
{
    loop->stopped = 1;
}

static void read_signals(void *ctx, unsigned events)
{
    hs_net_loop *const loop = ctx;
    struct signalfd_siginfo info;
    (void)events;
    /* One per turn: poll tells again while there are more. */
    if (read(loop->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        loop->signal_call(loop->signal_ctx, (int)info.ssi_signo);
    }
}

int hs_net_signals(hs_net_loop *loop, const int *signals, hs_net_signal_fn *told, void *ctx)
{
    sigset_t wanted;
    (void)signal(SIGPIPE, SIG_IGN);
    if (loop->signal_fd >= 0) {
        return -1;
    }
    (void)sigemptyset(&wanted);
    for (size_t i = 0; signals[i] != 0; i++) {
        if (sigaddset(&wanted, signals[i]) != 0) {
            return -1;
        }
    }
    if (sigprocmask(SIG_BLOCK, &wanted, &loop->old_mask) != 0) {
        return -1;
    }
    loop->signal_fd = signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC);
    if (loop->signal_fd >= 0) {
        loop->signal_call = told;
        loop->signal_ctx = ctx;
        loop->signal_watch =
            hs_net_watch_add(loop, loop->signal_fd, HS_NET_READ, read_signals, loop);
    }
    if (loop->signal_watch == NULL) {
        if (loop->signal_fd >= 0) {
            (void)close(loop->signal_fd);
            loop->signal_fd = -1;
        }
        (void)sigprocmask(SIG_SETMASK, &loop->old_mask, NULL);
        return -1;
    }
    return 0;
}

void hs_net_signals_restore(const hs_net_loop *loop)
{
    if (loop->signal_fd >= 0) {
        (void)sigprocmask(SIG_SETMASK, &loop->old_mask, NULL);
    }
    (void)signal(SIGPIPE, SIG_DFL);
}

/* ---- the sockets: listeners and connections in the making ---- */

enum { ACCEPTS_PER_TURN = 16, BACKLOG = 128 };

struct hs_net_listener {
    hs_net_loop *loop;
    hs_net_listener *next;
    hs_net_watch *watch;
    int fd;
    hs_net_address address;
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
        const hs_net_listener *still = loop->listeners;
        while (still != NULL && still != listener) {
            still = still->next;
        }
        if (still == NULL || listener->watch == NULL) {
            return;
        }
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
    if (listen(listener->fd, BACKLOG) != 0) {
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
    *listener = (hs_net_listener){loop, NULL, NULL, -1, *address, accepted, ctx};
    listener->fd = open_bound(&listener->address);
    if (listener->fd < 0 || begin_listening(listener) != 0) {
        (void)hs_refuse(why, capacity, "cannot listen on %s: %s",
                        hs_net_address_text(address, text), strerror(errno));
        if (listener->fd >= 0) {
            (void)close(listener->fd);
        }
        free(listener);
        return NULL;
    }
    listener->next = loop->listeners;
    loop->listeners = listener;
    return listener;
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
    hs_net_listener **link = &listener->loop->listeners;
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
