/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/net/loop.h"

#include <event2/dns.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <time.h>

enum { SIGNALS_MAX = 8, MICROSECOND_NS = 1000 };

struct hs_net_watch {
    TAILQ_ENTRY(hs_net_watch) link;
    TAILQ_ENTRY(hs_net_watch) again_link;  /* while `again` */
    TAILQ_ENTRY(hs_net_watch) always_link; /* while `always` */
    hs_net_loop *loop;
    struct event *event;
    int fd;
    unsigned events;
    int again;  /* to be told AGAIN in the next turn */
    int due;    /* to be told in this one */
    int always; /* a file, which nobody can wait for: it is ready in every turn */
    hs_net_ready_fn *call;
    void *ctx;
};

struct hs_net_timer {
    TAILQ_ENTRY(hs_net_timer) link;
    hs_net_loop *loop;
    struct event *event;
    hs_net_timer_fn *call;
    void *ctx;
};

struct hs_net_loop {
    struct event_base *base;
    struct event *limit;    /* of a turn's waiting */
    struct evdns_base *dns; /* NULL: no name was looked up yet */
    size_t large_bytes;
    TAILQ_HEAD(, hs_net_watch) watches;
    TAILQ_HEAD(, hs_net_watch) again;
    TAILQ_HEAD(, hs_net_watch) always;
    TAILQ_HEAD(, hs_net_timer) timers;
    uint64_t now_ns;
    int awake; /* now_ns is of this turn */
    int stopped;
    struct event *signals[SIGNALS_MAX];
    size_t signal_count;
    hs_net_signal_fn *signal_call;
    void *signal_ctx;
};

uint64_t hs_net_clock_ns(void)
{
    struct timespec now = {0, 0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * HS_NET_SECOND_NS + (uint64_t)now.tv_nsec;
}

size_t *hs_net_loop_large_bytes(hs_net_loop *loop)
{
    return &loop->large_bytes;
}

uint64_t hs_net_now_ns(const hs_net_loop *loop)
{
    return loop->now_ns;
}

/* The first of a turn's callbacks reads the clock. */
static void wake(hs_net_loop *loop)
{
    if (!loop->awake) {
        loop->awake = 1;
        loop->now_ns = hs_net_clock_ns();
    }
}

static void on_limit(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    wake(ctx);
}

/* libevent would print them; what fails is told by what the calls return. */
static void drop_message(int severity, const char *message)
{
    (void)severity;
    (void)message;
}

/* Timers to the microsecond, and by the clock as it is: a turn may take long. */
static struct event_base *make_base(void)
{
    struct event_config *const config = event_config_new();
    if (config == NULL) {
        return NULL;
    }
    (void)event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER |
                                            EVENT_BASE_FLAG_NO_CACHE_TIME | EVENT_BASE_FLAG_NOLOCK |
                                            EVENT_BASE_FLAG_IGNORE_ENV);
    struct event_base *const base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

hs_net_loop *hs_net_loop_new(void)
{
    hs_net_loop *const loop = calloc(1, sizeof *loop);
    if (loop == NULL) {
        return NULL;
    }
    TAILQ_INIT(&loop->watches);
    TAILQ_INIT(&loop->again);
    TAILQ_INIT(&loop->always);
    TAILQ_INIT(&loop->timers);
    loop->now_ns = hs_net_clock_ns();
    event_set_log_callback(drop_message);
    loop->base = make_base();
    loop->limit = loop->base != NULL ? evtimer_new(loop->base, on_limit, loop) : NULL;
    if (loop->limit == NULL) {
        hs_net_loop_free(loop);
        return NULL;
    }
    return loop;
}

static void free_signals(hs_net_loop *loop)
{
    for (size_t i = 0; i < loop->signal_count; i++) {
        event_free(loop->signals[i]);
    }
    loop->signal_count = 0;
}

void hs_net_loop_free(hs_net_loop *loop)
{
    if (loop == NULL) {
        return;
    }
    while (!TAILQ_EMPTY(&loop->watches)) {
        hs_net_watch_remove(TAILQ_FIRST(&loop->watches));
    }
    while (!TAILQ_EMPTY(&loop->timers)) {
        hs_net_timer_remove(TAILQ_FIRST(&loop->timers));
    }
    free_signals(loop);
    if (loop->limit != NULL) {
        event_free(loop->limit);
    }
    if (loop->dns != NULL) {
        evdns_base_free(loop->dns, 1);
        (void)event_base_loop(loop->base, EVLOOP_NONBLOCK); /* look-ups are told of their end */
    }
    if (loop->base != NULL) {
        event_base_free(loop->base);
    }
    free(loop);
}

struct event_base *hs_net_loop_base(hs_net_loop *loop)
{
    return loop->base;
}

struct evdns_base *hs_net_loop_dns(hs_net_loop *loop)
{
    if (loop->dns == NULL) {
        loop->dns = evdns_base_new(loop->base, EVDNS_BASE_DISABLE_WHEN_INACTIVE);
        if (loop->dns != NULL) {
            (void)evdns_base_resolv_conf_parse(loop->dns, DNS_OPTIONS_ALL, "/etc/resolv.conf");
        }
    }
    return loop->dns;
}

/* ---- watches ---- */

static short flags_of(unsigned events)
{
    const int read = (events & HS_NET_READ) != 0 ? EV_READ : 0;
    const int write = (events & HS_NET_WRITE) != 0 ? EV_WRITE : 0;
    return (short)(read | write);
}

static void on_ready(evutil_socket_t fd, short what, void *ctx)
{
    hs_net_watch *const watch = ctx;
    unsigned events = 0;
    (void)fd;
    wake(watch->loop);
    events |= (what & EV_READ) != 0 ? HS_NET_READ : 0U;
    events |= (what & EV_WRITE) != 0 ? HS_NET_WRITE : 0U;
    events |= watch->due ? HS_NET_AGAIN : 0U;
    watch->due = 0;
    watch->call(watch->ctx, events);
}

static void activate(hs_net_watch *watch)
{
    event_active(watch->event, EV_TIMEOUT, 1);
}

static void set_always(hs_net_watch *watch, int always)
{
    if (always && !watch->always) {
        TAILQ_INSERT_TAIL(&watch->loop->always, watch, always_link);
    } else if (!always && watch->always) {
        TAILQ_REMOVE(&watch->loop->always, watch, always_link);
    }
    watch->always = always;
}

/* Waits for something else from now on; what it is to be told in this turn it is told. */
static void assign(hs_net_watch *watch, int fd, unsigned events)
{
    (void)event_del(watch->event);
    (void)event_assign(watch->event, watch->loop->base, fd, (short)(flags_of(events) | EV_PERSIST),
                       on_ready, watch);
    watch->fd = fd;
    watch->events = events;
    set_always(watch, fd >= 0 && events != 0 && event_add(watch->event, NULL) != 0);
    if (watch->due) {
        activate(watch);
    }
}

hs_net_watch *hs_net_watch_add(hs_net_loop *loop, int fd, unsigned events, hs_net_ready_fn *ready,
                               void *ctx)
{
    hs_net_watch *const watch = calloc(1, sizeof *watch);
    if (watch == NULL) {
        return NULL;
    }
    watch->loop = loop;
    watch->call = ready;
    watch->ctx = ctx;
    watch->event = event_new(loop->base, -1, EV_PERSIST, on_ready, watch);
    if (watch->event == NULL) {
        free(watch);
        return NULL;
    }
    TAILQ_INSERT_TAIL(&loop->watches, watch, link);
    assign(watch, fd, events);
    return watch;
}

void hs_net_watch_set(hs_net_watch *watch, unsigned events)
{
    if (events != watch->events) {
        assign(watch, watch->fd, events);
    }
}

void hs_net_watch_again(hs_net_watch *watch)
{
    if (!watch->again) {
        watch->again = 1;
        TAILQ_INSERT_TAIL(&watch->loop->again, watch, again_link);
    }
}

void hs_net_watch_forget_fd(hs_net_watch *watch)
{
    assign(watch, -1, 0);
}

void hs_net_watch_take_fd(hs_net_watch *watch, int fd)
{
    assign(watch, fd, watch->events);
}

void hs_net_watch_remove(hs_net_watch *watch)
{
    if (watch == NULL) {
        return;
    }
    if (watch->again) {
        TAILQ_REMOVE(&watch->loop->again, watch, again_link);
    }
    set_always(watch, 0);
    TAILQ_REMOVE(&watch->loop->watches, watch, link);
    event_free(watch->event);
    free(watch);
}

/* ---- timers ---- */

static void on_due(evutil_socket_t fd, short what, void *ctx)
{
    hs_net_timer *const timer = ctx;
    (void)fd;
    (void)what;
    wake(timer->loop);
    timer->call(timer->ctx);
}

hs_net_timer *hs_net_timer_new(hs_net_loop *loop, hs_net_timer_fn *due, void *ctx)
{
    hs_net_timer *const timer = calloc(1, sizeof *timer);
    if (timer == NULL) {
        return NULL;
    }
    timer->loop = loop;
    timer->call = due;
    timer->ctx = ctx;
    timer->event = evtimer_new(loop->base, on_due, timer);
    if (timer->event == NULL) {
        free(timer);
        return NULL;
    }
    TAILQ_INSERT_TAIL(&loop->timers, timer, link);
    return timer;
}

/* Rounded up, so that it is due when it is told. */
static struct timeval until(uint64_t deadline_ns)
{
    const uint64_t now = hs_net_clock_ns();
    const uint64_t left = deadline_ns > now ? deadline_ns - now : 0;
    const uint64_t us = left / MICROSECOND_NS + (left % MICROSECOND_NS != 0);
    return (struct timeval){(time_t)(us / 1000000), (suseconds_t)(us % 1000000)};
}

void hs_net_timer_at(hs_net_timer *timer, uint64_t deadline_ns)
{
    const struct timeval left = until(deadline_ns);
    (void)evtimer_add(timer->event, &left);
}

void hs_net_timer_after(hs_net_timer *timer, uint64_t delay_ns)
{
    const uint64_t now = timer->loop->now_ns;
    hs_net_timer_at(timer, delay_ns > UINT64_MAX - now ? UINT64_MAX : now + delay_ns);
}

void hs_net_timer_stop(hs_net_timer *timer)
{
    (void)evtimer_del(timer->event);
}

void hs_net_timer_remove(hs_net_timer *timer)
{
    if (timer != NULL) {
        TAILQ_REMOVE(&timer->loop->timers, timer, link);
        event_free(timer->event);
        free(timer);
    }
}

/* ---- turns ---- */

/* Those that have something to be told whatever their descriptors say. */
static void activate_all(hs_net_loop *loop)
{
    hs_net_watch *watch = NULL;
    while ((watch = TAILQ_FIRST(&loop->again)) != NULL) {
        TAILQ_REMOVE(&loop->again, watch, again_link);
        watch->again = 0;
        watch->due = 1;
        activate(watch);
    }
    TAILQ_FOREACH(watch, &loop->always, always_link)
    {
        event_active(watch->event, flags_of(watch->events), 1);
    }
}

int hs_net_loop_turn(hs_net_loop *loop, uint64_t max_wait_ns)
{
    const uint64_t now = hs_net_clock_ns();
    const int how = EVLOOP_ONCE | (max_wait_ns > 0 ? 0 : EVLOOP_NONBLOCK);
    activate_all(loop);
    loop->awake = 0;
    if (max_wait_ns > 0 && max_wait_ns < UINT64_MAX - now) {
        const struct timeval longest = until(now + max_wait_ns);
        (void)evtimer_add(loop->limit, &longest);
    }
    const int rc = event_base_loop(loop->base, how | EVLOOP_NO_EXIT_ON_EMPTY);
    (void)evtimer_del(loop->limit);
    wake(loop);
    return rc < 0 ? -1 : 0;
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

/* ---- signals ---- */

static void on_signal(evutil_socket_t number, short what, void *ctx)
{
    hs_net_loop *const loop = ctx;
    (void)what;
    wake(loop);
    loop->signal_call(loop->signal_ctx, (int)number);
}

int hs_net_signals(hs_net_loop *loop, const int *signals, hs_net_signal_fn *told, void *ctx)
{
    (void)signal(SIGPIPE, SIG_IGN);
    if (loop->signal_count > 0) {
        return -1;
    }
    loop->signal_call = told;
    loop->signal_ctx = ctx;
    for (size_t i = 0; signals[i] != 0; i++) {
        struct event *const event =
            i < SIGNALS_MAX ? evsignal_new(loop->base, signals[i], on_signal, loop) : NULL;
        if (event == NULL || event_add(event, NULL) != 0) {
            if (event != NULL) {
                event_free(event);
            }
            free_signals(loop);
            return -1;
        }
        loop->signals[loop->signal_count++] = event;
    }
    return 0;
}

void hs_net_signals_restore(const hs_net_loop *loop)
{
    for (size_t i = 0; i < loop->signal_count; i++) {
        (void)signal(event_get_signal(loop->signals[i]), SIG_DFL);
    }
    (void)signal(SIGPIPE, SIG_DFL);
}
