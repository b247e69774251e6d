/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/net/gate: so many connections of an address, so many new ones a second. Time is told to it;
 * the connections come from addresses of this machine. */
#include <criterion/criterion.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host_stub/live/net/gate.h"
#include "tests/host/live/net/local.h"

enum { ENDS_MAX = 64 };

static hs_net_gate *gate;
static int server = -1;
static int ends[ENDS_MAX];
static int end_count;
static char why[200];
static uint64_t now_ns = 1;

static void start(void)
{
    hs_net_address address = *local(0);
    server = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(bind(server, (struct sockaddr *)&address.at, address.len), 0);
    cr_assert_eq(listen(server, ENDS_MAX), 0);
}

static void finish(void)
{
    hs_net_gate_free(gate);
    while (end_count > 0) {
        (void)close(ends[--end_count]);
    }
    (void)close(server);
}

TestSuite(net_gate, .init = start, .fini = finish);

static void gate_with(uint32_t per_address, uint32_t per_second)
{
    gate = hs_net_gate_new(
        &(hs_net_gate_limits){.per_address = per_address, .per_second = per_second});
    cr_assert_not_null(gate);
}

/* Our end of a connection from that address. */
static int from(const char *host)
{
    hs_net_address address;
    hs_net_address there;
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(hs_net_address_of(&address, host, 0, why, sizeof why), 0, "%s", why);
    cr_assert_eq(hs_net_address_here(&there, server), 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&address.at, address.len), 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&there.at, there.len), 0);
    ends[end_count++] = fd;
    ends[end_count++] = accept(server, NULL, NULL);
    cr_assert_geq(ends[end_count - 1], 0);
    return ends[end_count - 1];
}

static hs_net_gate_guest *enter(int fd)
{
    return hs_net_gate_enter(gate, fd, now_ns, why, sizeof why);
}

static void check_counts(uint64_t per_address, uint64_t per_second)
{
    json_t *const counts = hs_net_gate_json(gate);
    cr_assert_eq((uint64_t)json_integer_value(json_object_get(counts, "refused_per_address")),
                 per_address);
    cr_assert_eq((uint64_t)json_integer_value(json_object_get(counts, "refused_per_second")),
                 per_second);
    json_decref(counts);
}

Test(net_gate, an_address_has_so_many_connections_at_a_time)
{
    gate_with(2, 0);
    const int a = from("127.0.0.1");
    hs_net_gate_guest *const first = enter(a);
    cr_assert_not_null(first);
    cr_assert_not_null(enter(a));
    cr_assert_null(enter(a));
    cr_assert_not_null(strstr(why, "a connection from 127.0.0.1:"), "%s", why);
    cr_assert_not_null(strstr(why, "is refused: at most 2 of one address at a time"), "%s", why);
    cr_assert_not_null(enter(from("127.0.0.2")), "another address");
    hs_net_gate_leave(gate, first);
    cr_assert_not_null(enter(a));
    cr_assert_null(enter(a));
    check_counts(2, 0);
}

Test(net_gate, it_is_said_once_a_minute)
{
    gate_with(1, 0);
    const int a = from("127.0.0.1");
    const int b = from("127.0.0.2");
    cr_assert(enter(a) != NULL && enter(b) != NULL);
    cr_assert(enter(a) == NULL && why[0] != '\0');
    now_ns += 59 * HS_NET_SECOND_NS;
    cr_assert(enter(a) == NULL && why[0] == '\0');
    cr_assert(enter(b) == NULL && why[0] != '\0', "each address by itself");
    now_ns += HS_NET_SECOND_NS;
    cr_assert(enter(a) == NULL && why[0] != '\0');
}

Test(net_gate, an_address_has_so_many_new_ones_a_second)
{
    int count = 0;
    gate_with(0, 5);
    const int a = from("127.0.0.1");
    while (count < 1000 && enter(a) != NULL) {
        count++;
    }
    /* Ten seconds' worth at once: a farm that comes back. */
    cr_assert_eq(count, 51);
    cr_assert_not_null(strstr(why, "at most 5 a second from one address"), "%s", why);
    cr_assert_not_null(enter(from("127.0.0.2")));
    now_ns += HS_NET_SECOND_NS;
    for (count = 0; count < 1000 && enter(a) != NULL; count++) {
    }
    cr_assert_eq(count, 5);
    now_ns += 60 * HS_NET_SECOND_NS;
    for (count = 0; count < 1000 && enter(a) != NULL; count++) {
    }
    cr_assert_eq(count, 51);
    check_counts(0, 3);
}

/* Coming and going does not bring back what was used up. */
Test(net_gate, who_has_gone_is_remembered_as_long_as_it_matters)
{
    gate_with(0, 1);
    const int a = from("127.0.0.1");
    for (int i = 0; i < 11; i++) {
        hs_net_gate_guest *const guest = enter(a);
        cr_assert_not_null(guest, "%d", i);
        hs_net_gate_leave(gate, guest);
    }
    cr_assert_null(enter(a));
    now_ns += 12 * HS_NET_SECOND_NS;
    cr_assert_not_null(enter(from("127.0.0.3"))); /* forgets the one before */
    for (int i = 0; i < 11; i++) {
        cr_assert_not_null(enter(a), "%d", i);
    }
    cr_assert_null(enter(a));
}

Test(net_gate, without_limits_all_are_let_in)
{
    gate_with(0, 0);
    const int a = from("127.0.0.1");
    for (int i = 0; i < 10000; i++) {
        cr_assert_not_null(enter(a));
    }
}

Test(net_gate, who_has_gone_already_is_not_let_in)
{
    gate_with(0, 0);
    cr_assert_null(enter(-1));
    cr_assert_str_eq(why, "");
}
