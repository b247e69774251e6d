/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/net/loop: who is called, in which order, and what a callback may change. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host_stub/live/net/loop.h"

static hs_net_loop *loop;
static char order[64];

static void start(void)
{
    loop = hs_net_loop_new();
    cr_assert_not_null(loop);
    order[0] = '\0';
}

static void finish(void)
{
    hs_net_loop_free(loop);
}

TestSuite(net_loop, .init = start, .fini = finish);

static void note(const char *letter)
{
    if (strlen(order) + 1 < sizeof order) {
        strcat(order, letter);
    }
}

static void timer_note(void *ctx)
{
    note(ctx);
}

/* They are set one after the other, and each moment counts: the gaps are wider than a busy machine
 * takes for that. */
Test(net_loop, timers_are_called_once_and_in_the_order_of_their_deadlines)
{
    hs_net_timer *const c = hs_net_timer_new(loop, timer_note, "c");
    hs_net_timer *const a = hs_net_timer_new(loop, timer_note, "a");
    hs_net_timer *const b = hs_net_timer_new(loop, timer_note, "b");
    hs_net_timer *const never = hs_net_timer_new(loop, timer_note, "x");
    hs_net_timer_after(c, 600 * HS_NET_MILLISECOND_NS);
    hs_net_timer_after(a, 0);
    hs_net_timer_after(b, 300 * HS_NET_MILLISECOND_NS);
    hs_net_timer_after(never, 1);
    hs_net_timer_stop(never);
    for (int i = 0; i < 100 && strlen(order) < 3; i++) {
        cr_assert_eq(hs_net_loop_turn(loop, HS_NET_SECOND_NS), 0);
    }
    cr_assert_str_eq(order, "abc");
    cr_assert_eq(hs_net_loop_turn(loop, 0), 0);
    cr_assert_str_eq(order, "abc");
}

Test(net_loop, a_turn_waits_for_the_next_timer_and_no_longer)
{
    hs_net_timer *const soon = hs_net_timer_new(loop, timer_note, "s");
    const uint64_t begin = hs_net_now_ns(loop); /* from which the timer counts */
    hs_net_timer_after(soon, 20 * HS_NET_MILLISECOND_NS);
    cr_assert_eq(hs_net_loop_turn(loop, 30 * HS_NET_SECOND_NS), 0);
    const uint64_t took = hs_net_clock_ns() - begin;
    cr_assert_str_eq(order, "s", "one turn, and it is due when that ends");
    cr_assert_geq(took, 20 * HS_NET_MILLISECOND_NS);
    cr_assert_lt(took, 10 * HS_NET_SECOND_NS);
}

static hs_net_timer *again_timer;

static void set_again(void *ctx)
{
    (void)ctx;
    note("r");
    hs_net_timer_at(again_timer, 1); /* long gone by */
}

Test(net_loop, a_timer_that_sets_itself_to_the_past_starves_nobody)
{
    again_timer = hs_net_timer_new(loop, set_again, NULL);
    hs_net_timer *const other = hs_net_timer_new(loop, timer_note, "o");
    hs_net_timer_at(again_timer, 1);
    hs_net_timer_at(other, 2);
    cr_assert_eq(hs_net_loop_turn(loop, 0), 0);
    cr_assert_str_eq(order, "ro");
    cr_assert_eq(hs_net_loop_turn(loop, HS_NET_SECOND_NS), 0);
    cr_assert_str_eq(order, "ror");
}

static hs_net_watch *watches[3];

static void watch_note(void *ctx, unsigned events)
{
    note(ctx);
    note((events & HS_NET_READ) != 0 ? "R" : "");
    note((events & HS_NET_WRITE) != 0 ? "W" : "");
    note((events & HS_NET_AGAIN) != 0 ? "+" : "");
}

static void removes_the_others(void *ctx, unsigned events)
{
    watch_note(ctx, events);
    for (int i = 0; i < 3; i++) {
        hs_net_watch_remove(watches[i]);
    }
}

Test(net_loop, what_is_removed_is_not_called_in_the_same_turn)
{
    watches[0] = hs_net_watch_add(loop, -1, 0, watch_note, "a");
    watches[1] = hs_net_watch_add(loop, -1, 0, removes_the_others, "b");
    watches[2] = hs_net_watch_add(loop, -1, 0, watch_note, "c");
    for (int i = 0; i < 3; i++) {
        hs_net_watch_again(watches[i]);
    }
    cr_assert_eq(hs_net_loop_turn(loop, HS_NET_SECOND_NS), 0);
    cr_assert_str_eq(order, "a+b+");
    cr_assert_eq(hs_net_loop_turn(loop, 0), 0);
    cr_assert_str_eq(order, "a+b+");
}

Test(net_loop, descriptors_tell_what_they_are_watched_for)
{
    int pair[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    hs_net_watch *const watch = hs_net_watch_add(loop, pair[0], HS_NET_READ, watch_note, "a");
    cr_assert_eq(hs_net_loop_turn(loop, 0), 0);
    cr_assert_str_eq(order, "");
    cr_assert_eq(write(pair[1], "x", 1), 1);
    cr_assert_eq(hs_net_loop_turn(loop, HS_NET_SECOND_NS), 0);
    cr_assert_str_eq(order, "aR");
    hs_net_watch_set(watch, HS_NET_READ | HS_NET_WRITE);
    cr_assert_eq(hs_net_loop_turn(loop, HS_NET_SECOND_NS), 0);
    cr_assert_str_eq(order, "aRaRW");
    hs_net_watch_set(watch, 0);
    (void)close(pair[1]);
    const uint64_t begin = hs_net_clock_ns();
    cr_assert_eq(hs_net_loop_turn(loop, 30 * HS_NET_MILLISECOND_NS), 0);
    cr_assert_geq(hs_net_clock_ns() - begin, 29 * HS_NET_MILLISECOND_NS,
                  "a hang-up that nobody waits for does not spin");
    cr_assert_str_eq(order, "aRaRW");
    hs_net_watch_set(watch, HS_NET_READ);
    cr_assert_eq(hs_net_loop_turn(loop, HS_NET_SECOND_NS), 0);
    cr_assert_str_eq(order, "aRaRWaR");
    hs_net_watch_forget_fd(watch);
    (void)close(pair[0]);
    cr_assert_eq(hs_net_loop_turn(loop, 0), 0);
    cr_assert_str_eq(order, "aRaRWaR");
}

/* Nobody can wait for a file: it is always ready, as read(2) sees it. */
Test(net_loop, files_are_ready_in_every_turn)
{
    for (int i = 0; i < 2; i++) {
        const int fd = open(i == 0 ? "/dev/null" : HMX_TEST_DATA "/README.md", O_RDONLY);
        cr_assert_geq(fd, 0);
        order[0] = '\0';
        hs_net_watch *const watch = hs_net_watch_add(loop, fd, HS_NET_READ, watch_note, "f");
        cr_assert_not_null(watch);
        cr_assert_eq(hs_net_loop_turn(loop, HS_NET_SECOND_NS), 0);
        cr_assert_eq(hs_net_loop_turn(loop, HS_NET_SECOND_NS), 0);
        cr_assert_str_eq(order, "fRfR");
        hs_net_watch_set(watch, 0);
        cr_assert_eq(hs_net_loop_turn(loop, 0), 0);
        cr_assert_str_eq(order, "fRfR");
        hs_net_watch_remove(watch);
        (void)close(fd);
    }
}

static hs_net_watch *changed;

static void changes_the_other(void *ctx, unsigned events)
{
    watch_note(ctx, events);
    hs_net_watch_set(changed, 0);
}

/* What one callback sets anew for another is told its AGAIN all the same. */
Test(net_loop, a_watch_that_is_changed_in_a_turn_keeps_its_word)
{
    int pair[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    hs_net_watch *const first = hs_net_watch_add(loop, -1, 0, changes_the_other, "a");
    changed = hs_net_watch_add(loop, pair[0], HS_NET_WRITE, watch_note, "b");
    hs_net_watch_again(first);
    hs_net_watch_again(changed);
    cr_assert_eq(hs_net_loop_turn(loop, HS_NET_SECOND_NS), 0);
    cr_assert_str_eq(order, "a+b+");
    cr_assert_eq(hs_net_loop_turn(loop, 0), 0);
    cr_assert_str_eq(order, "a+b+");
    (void)close(pair[0]);
    (void)close(pair[1]);
}

static void signal_note(void *ctx, int signal_number)
{
    (void)ctx;
    note(signal_number == SIGHUP ? "h" : "t");
    if (signal_number == SIGTERM) {
        hs_net_loop_stop(loop);
    }
}

Test(net_loop, signals_are_events_and_end_a_run)
{
    static const int wanted[] = {SIGHUP, SIGTERM, 0};
    cr_assert_eq(hs_net_signals(loop, wanted, signal_note, NULL), 0);
    cr_assert_eq(hs_net_signals(loop, wanted, signal_note, NULL), -1, "once per loop");
    cr_assert_eq(raise(SIGHUP), 0);
    cr_assert_eq(hs_net_loop_turn(loop, HS_NET_SECOND_NS), 0);
    cr_assert_str_eq(order, "h");
    cr_assert_eq(raise(SIGTERM), 0);
    cr_assert_eq(hs_net_loop_run(loop), 0);
    cr_assert_str_eq(order, "ht");
}
