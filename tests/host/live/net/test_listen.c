/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/net/listen: who connects is taken, refused, or waits. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host_stub/live/net/listen.h"
#include "tests/host/live/net/local.h"

static hs_net_loop *loop;

static void start(void)
{
    loop = hs_net_loop_new();
    cr_assert_not_null(loop);
}

static void finish(void)
{
    close_all_local();
    hs_net_loop_free(loop);
}

TestSuite(net_listen, .init = start, .fini = finish);

static int accepted_fd = -1;

static void accepted(void *ctx, int fd)
{
    (void)ctx;
    accepted_fd = fd;
}

Test(net_listen, listens_where_the_system_says_and_connects_without_waiting)
{
    char why[200] = "";
    hs_net_listener *const listener = listen_local(loop, 0, accepted, NULL);
    const uint16_t port = hs_net_address_port(hs_net_listener_address(listener));
    cr_assert_neq(port, 0);
    const int fd = hs_net_connect(local(port), why, sizeof why);
    cr_assert_geq(fd, 0, "%s", why);
    cr_assert_neq(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    for (int i = 0; i < 10 && accepted_fd < 0; i++) {
        cr_assert_eq(hs_net_loop_turn(loop, HS_NET_SECOND_NS), 0);
    }
    cr_assert_geq(accepted_fd, 0);
    cr_assert_neq(fcntl(accepted_fd, F_GETFL) & O_NONBLOCK, 0);
    (void)close(accepted_fd); /* first: the port is left in TIME_WAIT */
    (void)close(fd);
    cr_assert_null(hs_net_listen(loop, local(port), accepted, NULL, why, sizeof why));
    cr_assert_not_null(strstr(why, "cannot listen on 127.0.0.1:"), "%s", why);
    close_local(listener);
    cr_assert_eq(hs_net_loop_turn(loop, 0), 0);
    /* The port is free at once: a pool that was down comes back on it. */
    const hs_net_listener *const back = listen_local(loop, port, accepted, NULL);
    cr_assert_eq(hs_net_address_port(hs_net_listener_address(back)), port);
}

/* 1 = somebody took the connection, 0 = it was refused. */
static int can_connect(uint16_t port)
{
    char why[200] = "";
    char byte = 0;
    accepted_fd = -1;
    const int fd = hs_net_connect(local(port), why, sizeof why);
    cr_assert_geq(fd, 0, "%s", why);
    for (int i = 0; i < 5 && accepted_fd < 0; i++) {
        cr_assert_eq(hs_net_loop_turn(loop, 20 * HS_NET_MILLISECOND_NS), 0);
    }
    if (accepted_fd < 0) {
        cr_assert_lt(recv(fd, &byte, 1, 0), 0);
    } else {
        (void)close(accepted_fd);
    }
    (void)close(fd);
    return accepted_fd >= 0;
}

Test(net_listen, a_listener_that_pauses_refuses_and_keeps_its_port)
{
    hs_net_listener *const listener = listen_local(loop, 0, accepted, NULL);
    const uint16_t port = hs_net_address_port(hs_net_listener_address(listener));
    cr_assert(can_connect(port));
    for (int i = 0; i < 3; i++) {
        cr_assert(hs_net_listener_pause(listener, 1) == 0);
        cr_assert(hs_net_listener_pause(listener, 1) == 0);
        cr_assert_not(can_connect(port));
        cr_assert(hs_net_listener_pause(listener, 0) == 0);
        cr_assert_eq(hs_net_address_port(hs_net_listener_address(listener)), port);
        cr_assert(can_connect(port));
    }
}

/* ---- descriptors ---- */

enum { FEW = 80 };

static int held[FEW];
static int held_count;
static int taken;
static unsigned troubles;
static char trouble[200];

static void take(void *ctx, int fd)
{
    (void)ctx;
    taken++;
    held[held_count++] = fd;
}

static void told(void *ctx, const char *what)
{
    cr_assert_eq(ctx, &taken);
    troubles++;
    strncpy(trouble, what, sizeof trouble - 1);
}

static void let_only(int descriptors)
{
    struct rlimit limit;
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = (rlim_t)descriptors;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void hold_all_below(int number)
{
    int fd = 0;
    while ((fd = dup(0)) >= 0 && fd < number) {
        held[held_count++] = fd;
    }
    (void)close(fd);
}

static void let_go(void)
{
    while (held_count > 0) {
        (void)close(held[--held_count]);
    }
}

static hs_net_listener *listen_with_few(void)
{
    let_only(FEW);
    hs_net_listener *const listener = listen_local(loop, 0, take, &taken);
    hs_net_listener_tell(listener, told);
    return listener;
}

/* How many turns there are in so many milliseconds: each may wait for 50. */
static int turns_in(unsigned ms)
{
    const uint64_t until_ns = hs_net_clock_ns() + ms * HS_NET_MILLISECOND_NS;
    int turns = 0;
    while (hs_net_clock_ns() < until_ns) {
        cr_assert_eq(hs_net_loop_turn(loop, 50 * HS_NET_MILLISECOND_NS), 0);
        turns++;
    }
    return turns;
}

/* Nobody is taken, nothing spins, it is said once; and it goes on when there are descriptors. */
Test(net_listen, rests_while_descriptors_are_used_up)
{
    char why[200] = "";
    hs_net_listener *const listener = listen_with_few();
    const int fd = hs_net_connect(hs_net_listener_address(listener), why, sizeof why);
    cr_assert_geq(fd, 0, "%s", why);
    hold_all_below(FEW);
    cr_assert_lt(turns_in(1200), 40, "a loop that spins takes thousands");
    cr_assert_eq(taken, 0);
    cr_assert_geq(hs_net_listener_rests(listener), 2);
    cr_assert_eq(troubles, 1u, "once a minute");
    cr_assert_str_eq(trouble, "new connections have to wait: Too many open files");
    let_go();
    (void)turns_in(1200);
    cr_assert_eq(taken, 1);
    cr_assert_eq(hs_net_listener_rests(listener), 2);
    (void)close(fd);
    let_go();
}

/* The last eighth is for pools, files and names. */
Test(net_listen, leaves_some_descriptors_to_others)
{
    char why[200] = "";
    const hs_net_listener *const listener = listen_with_few();
    const int fd = hs_net_connect(hs_net_listener_address(listener), why, sizeof why);
    cr_assert_geq(fd, 0, "%s", why);
    hold_all_below(FEW - FEW / 8);
    (void)turns_in(100);
    cr_assert_eq(taken, 0);
    cr_assert_eq(hs_net_listener_rests(listener), 1);
    const int other = dup(0);
    cr_assert_geq(other, FEW - FEW / 8);
    (void)close(other);
    (void)close(fd);
    let_go();
}

static hs_net_listener *closed_listener;

static void take_and_close(void *ctx, int fd)
{
    (void)ctx;
    taken++;
    (void)close(fd);
    close_local(closed_listener);
}

Test(net_listen, may_be_closed_by_whom_it_calls)
{
    char why[200] = "";
    closed_listener = listen_local(loop, 0, take_and_close, NULL);
    const hs_net_address address = *hs_net_listener_address(closed_listener);
    const int first = hs_net_connect(&address, why, sizeof why);
    const int second = hs_net_connect(&address, why, sizeof why);
    (void)turns_in(100);
    cr_assert_eq(taken, 1);
    (void)close(first);
    (void)close(second);
}

Test(net_listen, has_as_many_descriptors_as_the_system_lets_it)
{
    struct rlimit limit;
    let_only(FEW);
    hs_net_raise_descriptors();
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    cr_assert_eq(limit.rlim_cur, limit.rlim_max);
}
