/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/net/loop: one loop of events for a process, on libevent: file descriptors, timers on the
 * monotonic clock, and signals as ordinary events. It knows nothing of sockets (live/net/listen,
 * live/net/dial) and frames (live/net/conn), and never blocks but where a turn waits.
 *
 * One thread only, and one loop with signals. Every callback may add, change and remove any watch
 * or timer, its own included; what has been removed is not called again, not even in the same
 * turn. Each ready descriptor is called once per turn, so that nobody is served twice before
 * everybody was served once. */
#ifndef HOST_STUB_LIVE_NET_LOOP_H
#define HOST_STUB_LIVE_NET_LOOP_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

#define HS_NET_SECOND_NS      UINT64_C(1000000000)
#define HS_NET_MILLISECOND_NS UINT64_C(1000000)

typedef struct hs_net_loop hs_net_loop;
typedef struct hs_net_watch hs_net_watch;
typedef struct hs_net_timer hs_net_timer;

struct evdns_base;
struct event_base;

/* NULL when out of memory. */
hs_net_loop *hs_net_loop_new(void);
/* Frees the loop with all watches and timers that it still has, and gives back the signals of
 * hs_net_signals. Descriptors of watches stay open: they belong to whoever added them. */
void hs_net_loop_free(hs_net_loop *loop);

/* What looks names up, for live/net/dial: made when it is first asked for. NULL when out of
 * memory. */
struct evdns_base *hs_net_loop_dns(hs_net_loop *loop);

/* libevent's own, for what it serves itself: HTTP. */
struct event_base *hs_net_loop_base(hs_net_loop *loop);

/* Bytes of large frames that are still coming in, on all connections of the loop: live/net/conn
 * keeps this book, so that together they have a limit. */
size_t *hs_net_loop_large_bytes(hs_net_loop *loop);

/* The monotonic clock, read anew. */
uint64_t hs_net_clock_ns(void);
/* The monotonic clock as it stood when the present turn woke up: one moment for a whole turn. */
uint64_t hs_net_now_ns(const hs_net_loop *loop);

/* One turn: waits until something is ready, a timer is due or max_wait_ns have gone by, and calls
 * what is due: descriptors first, then timers, the earliest first. Returns 0, or -1 when waiting
 * fails for a reason that does not go away. Not from within a callback. */
int hs_net_loop_turn(hs_net_loop *loop, uint64_t max_wait_ns);
/* Turns until hs_net_loop_stop. Returns 0, or -1 as above. */
int hs_net_loop_run(hs_net_loop *loop);
void hs_net_loop_stop(hs_net_loop *loop);

/* What a watch waits for and is told. AGAIN is told alone or with others; see hs_net_watch_again.
 * An error or a hang-up is told as whatever the watch waits for, and the next call on the
 * descriptor says which it was; a watch that waits for nothing hears nothing of it. */
enum hs_net_event { HS_NET_READ = 0x1, HS_NET_WRITE = 0x2, HS_NET_AGAIN = 0x4 };

typedef void hs_net_ready_fn(void *ctx, unsigned events);

/* `fd` may be -1: such a watch only hears AGAIN. `events` may be 0. A file that nobody can wait for
 * is always ready. NULL when out of memory. */
hs_net_watch *hs_net_watch_add(hs_net_loop *loop, int fd, unsigned events, hs_net_ready_fn *ready,
                               void *ctx);
void hs_net_watch_set(hs_net_watch *watch, unsigned events);
/* The watch is called in the next turn with AGAIN, which does not wait then: for somebody who has
 * more to do than one turn should take. */
void hs_net_watch_again(hs_net_watch *watch);
/* It is about this descriptor from now on; it had none before. */
void hs_net_watch_take_fd(hs_net_watch *watch, int fd);
/* The descriptor is about to be closed by its owner: the watch goes on as one with fd -1. */
void hs_net_watch_forget_fd(hs_net_watch *watch);
void hs_net_watch_remove(hs_net_watch *watch); /* NULL is fine */

typedef void hs_net_timer_fn(void *ctx);

/* A timer that is not set. NULL when out of memory. */
hs_net_timer *hs_net_timer_new(hs_net_loop *loop, hs_net_timer_fn *due, void *ctx);
/* Sets it to a moment of the monotonic clock, or anew; it is called once, at or after it. */
void hs_net_timer_at(hs_net_timer *timer, uint64_t deadline_ns);
/* The same, counted from hs_net_now_ns. */
void hs_net_timer_after(hs_net_timer *timer, uint64_t delay_ns);
void hs_net_timer_stop(hs_net_timer *timer);
void hs_net_timer_remove(hs_net_timer *timer); /* NULL is fine */

typedef void hs_net_signal_fn(void *ctx, int signal_number);

/* From now on these signals (ended by 0, at most 8) are told as events. Once per loop. SIGPIPE is
 * ignored from now on in any case. Returns 0, or -1. */
int hs_net_signals(hs_net_loop *loop, const int *signals, hs_net_signal_fn *told, void *ctx);
/* For a child between fork and exec: these signals do what they do by themselves. */
void hs_net_signals_restore(const hs_net_loop *loop);

#endif
