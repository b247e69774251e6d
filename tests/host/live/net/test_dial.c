/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/net/dial: names and addresses. The test is the server that knows the names. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <event2/dns.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host_stub/live/net/dial.h"
#include "tests/host/live/net/local.h"

enum { TYPE_A = 1, TYPE_AAAA = 28, ANSWER_MAX = 512 };
#define WAIT_NS (300 * HS_NET_MILLISECOND_NS)

static hs_net_loop *loop;
static hs_net_listener *listener;
static uint16_t port;
static int server = -1; /* for names */
static int dialled_fd;
static unsigned dialled_count;
static char reason[256];

static void on_dialled(void *ctx, int fd, const char *why)
{
    (void)ctx;
    dialled_count++;
    dialled_fd = fd;
    snprintf(reason, sizeof reason, "%s", fd >= 0 ? "" : why);
}

static void on_accept(void *ctx, int fd)
{
    (void)ctx;
    (void)close(fd);
}

/* The name of a question, with a point behind each label, in small letters (libevent mixes them).
 * Returns where it ends. */
static size_t name_of(const uint8_t *question, size_t len, char *name)
{
    size_t at = 12;
    while (at < len && question[at] != 0) {
        for (unsigned i = 0; i < question[at]; i++) {
            *name++ = (char)(question[at + 1 + i] | 0x20);
        }
        *name++ = '.';
        at += 1u + question[at];
    }
    *name = '\0';
    return at + 1;
}

static size_t add_record(uint8_t *answer, size_t at, int type, const void *address, size_t size)
{
    const uint8_t record[12] = {0xc0, 12, 0, (uint8_t)type, 0, 1, 0, 0, 0, 60, 0, (uint8_t)size};
    memcpy(answer + at, record, sizeof record);
    memcpy(answer + at + sizeof record, address, size);
    answer[7]++;
    return at + sizeof record + size;
}

/* many.test: two addresses where nobody listens, then ours. six.test: IPv6 only. far.test: not on
 * this machine. gone.test is none, mute.test is not answered. */
static void on_question(void *ctx, unsigned events)
{
    static const uint8_t NOBODY[][4] = {{127, 9, 9, 1}, {127, 9, 9, 2}};
    static const uint8_t HERE[4] = {127, 0, 0, 1};
    static const uint8_t FAR[4] = {192, 0, 2, 1};
    uint8_t answer[ANSWER_MAX] = {0};
    char name[256];
    struct sockaddr_storage from;
    socklen_t size = sizeof from;
    (void)ctx;
    (void)events;
    const ssize_t len =
        recvfrom(server, answer, sizeof answer - 128, 0, (struct sockaddr *)&from, &size);
    cr_assert_gt(len, 12);
    size_t at = name_of(answer, (size_t)len, name);
    const int type = answer[at + 1];
    at += 4;
    answer[2] = 0x81;
    answer[3] = 0x80;
    memset(answer + 6, 0, 6);
    if (strcmp(name, "mute.test.") == 0) {
        return;
    }
    if (strcmp(name, "gone.test.") == 0) {
        answer[3] |= 3;
    } else if (strcmp(name, "many.test.") == 0 && type == TYPE_A) {
        at = add_record(answer, at, type, NOBODY[0], 4);
        at = add_record(answer, at, type, NOBODY[1], 4);
        at = add_record(answer, at, type, HERE, 4);
    } else if (strcmp(name, "six.test.") == 0 && type == TYPE_AAAA) {
        at = add_record(answer, at, type, &in6addr_loopback, 16);
    } else if (strcmp(name, "far.test.") == 0 && type == TYPE_A) {
        at = add_record(answer, at, type, FAR, 4);
    }
    cr_assert_eq(sendto(server, answer, at, 0, (struct sockaddr *)&from, size), (ssize_t)at);
}

static void start_server(void)
{
    char text[HS_NET_ADDRESS_SIZE];
    hs_net_address address = *local(0);
    struct evdns_base *const dns = hs_net_loop_dns(loop);
    server = socket(AF_INET, SOCK_DGRAM, 0);
    cr_assert_eq(bind(server, (struct sockaddr *)&address.at, address.len), 0);
    cr_assert_eq(hs_net_address_here(&address, server), 0);
    cr_assert_not_null(hs_net_watch_add(loop, server, HS_NET_READ, on_question, NULL));
    (void)evdns_base_clear_nameservers_and_suspend(dns);
    cr_assert_eq(evdns_base_nameserver_ip_add(dns, hs_net_address_text(&address, text)), 0);
    (void)evdns_base_resume(dns);
    evdns_base_search_clear(dns);
}

static void start(void)
{
    loop = hs_net_loop_new();
    cr_assert_not_null(loop);
    listener = listen_local(loop, 0, on_accept, NULL);
    port = hs_net_address_port(hs_net_listener_address(listener));
    dialled_fd = -1;
    dialled_count = 0;
    start_server();
}

static void finish(void)
{
    close_all_local();
    hs_net_loop_free(loop);
    (void)close(server);
    if (dialled_fd >= 0) {
        (void)close(dialled_fd);
    }
}

TestSuite(net_dial, .init = start, .fini = finish);

static void dial(const char *host, int loopback_only)
{
    cr_assert_not_null(
        hs_net_dial_start(loop, host, port, WAIT_NS, loopback_only, on_dialled, NULL));
    cr_assert_eq(dialled_count, 0u, "never from within");
    for (int i = 0; i < 300 && dialled_count == 0; i++) {
        cr_assert_eq(hs_net_loop_turn(loop, 10 * HS_NET_MILLISECOND_NS), 0);
    }
    cr_assert_eq(dialled_count, 1u, "%s", host);
}

Test(net_dial, an_address_is_not_looked_up)
{
    dial("127.0.0.1", 0);
    cr_assert_geq(dialled_fd, 0, "%s", reason);
}

Test(net_dial, all_addresses_of_a_name_are_tried)
{
    dial("many.test", 1);
    cr_assert_geq(dialled_fd, 0, "%s", reason);
}

Test(net_dial, the_last_address_is_the_reason)
{
    char wanted[200];
    close_local(listener);
    dial("many.test", 0);
    cr_assert_eq(dialled_fd, -1);
    snprintf(wanted, sizeof wanted, "cannot connect to 127.0.0.1:%u: Connection refused",
             (unsigned)port);
    cr_assert_str_eq(reason, wanted);
}

Test(net_dial, addresses_may_be_ipv6)
{
    char wanted[200];
    dial("six.test", 0);
    cr_assert_eq(dialled_fd, -1, "nobody listens there");
    snprintf(wanted, sizeof wanted, "cannot connect to [::1]:%u: ", (unsigned)port);
    cr_assert_eq(strncmp(reason, wanted, strlen(wanted)), 0, "%s", reason);
}

Test(net_dial, a_name_that_is_none_is_refused)
{
    dial("gone.test", 0);
    cr_assert_eq(dialled_fd, -1);
    cr_assert_eq(strncmp(reason, "'gone.test' cannot be looked up: ", 33), 0, "%s", reason);
}

Test(net_dial, a_look_up_has_its_time_limit)
{
    const uint64_t begin = hs_net_now_ns(loop); /* from which it counts */
    dial("mute.test", 0);
    cr_assert_eq(dialled_fd, -1);
    cr_assert_str_eq(reason, "'mute.test' cannot be looked up in time");
    cr_assert_geq(hs_net_clock_ns() - begin, WAIT_NS);
}

Test(net_dial, what_is_for_loopback_goes_nowhere_else)
{
    char wanted[200];
    dial("far.test", 1);
    cr_assert_eq(dialled_fd, -1);
    snprintf(wanted, sizeof wanted,
             "plain frames go to loopback only, and 192.0.2.1:%u is not there", (unsigned)port);
    cr_assert_str_eq(reason, wanted);
}

Test(net_dial, one_that_was_cancelled_tells_nothing)
{
    static const char *const HOSTS[] = {"127.0.0.1", "many.test", "mute.test"};
    for (int turns = 0; turns < 3; turns++) {
        for (size_t i = 0; i < sizeof HOSTS / sizeof HOSTS[0]; i++) {
            hs_net_dial *const one =
                hs_net_dial_start(loop, HOSTS[i], port, WAIT_NS, 0, on_dialled, NULL);
            for (int k = 0; k < turns && dialled_count == 0 && i == 2; k++) {
                cr_assert_eq(hs_net_loop_turn(loop, 0), 0);
            }
            hs_net_dial_cancel(one);
        }
    }
    for (int i = 0; i < 10; i++) {
        cr_assert_eq(hs_net_loop_turn(loop, 10 * HS_NET_MILLISECOND_NS), 0);
    }
    cr_assert_eq(dialled_count, 0u);
}

/* The loop may be freed while somebody dials: what belongs to the dial goes with it. */
Test(net_dial, a_loop_that_ends_takes_look_ups_along)
{
    hs_net_dial *const one =
        hs_net_dial_start(loop, "mute.test", port, WAIT_NS, 0, on_dialled, NULL);
    cr_assert_eq(hs_net_loop_turn(loop, 0), 0);
    hs_net_dial_cancel(one);
}
