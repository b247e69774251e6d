/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/net/address: what is an address, and which of them are loopback. */
#include <criterion/criterion.h>
#include <string.h>

#include "host_stub/live/net/address.h"

static const struct {
    const char *host;
    const char *text;
    int is_loopback;
} GOOD[] = {
    {"127.0.0.1", "127.0.0.1:3333", 1},
    {"localhost", "127.0.0.1:3333", 1},
    {"127.8.9.10", "127.8.9.10:3333", 1},
    {"::1", "[::1]:3333", 1},
    {"::ffff:127.0.0.1", "[::ffff:127.0.0.1]:3333", 1},
    {"0.0.0.0", "0.0.0.0:3333", 0},
    {"::", "[::]:3333", 0},
    {"128.0.0.1", "128.0.0.1:3333", 0},
    {"10.1.2.3", "10.1.2.3:3333", 0},
    {"2001:db8::7", "[2001:db8::7]:3333", 0},
    {"::ffff:10.0.0.1", "[::ffff:10.0.0.1]:3333", 0},
};

Test(address, is_read_printed_and_judged)
{
    for (size_t i = 0; i < sizeof GOOD / sizeof GOOD[0]; i++) {
        char text[HS_NET_ADDRESS_SIZE];
        char why[200] = "";
        hs_net_address address;
        cr_assert_eq(hs_net_address_of(&address, GOOD[i].host, 3333, why, sizeof why), 0, "%s",
                     why);
        cr_assert_str_eq(hs_net_address_text(&address, text), GOOD[i].text);
        cr_assert_eq(hs_net_address_port(&address), 3333);
        cr_assert_eq(hs_net_address_is_loopback(&address), GOOD[i].is_loopback, "%s", GOOD[i].host);
    }
}

Test(address, names_are_not_looked_up)
{
    char why[200] = "";
    hs_net_address address;
    cr_assert_lt(hs_net_address_of(&address, "pool.example.com", 3333, why, sizeof why), 0);
    cr_assert_str_eq(why, "'pool.example.com' is no address: a numeric IPv4 or IPv6 address, or "
                          "localhost");
    cr_assert_lt(hs_net_address_of(&address, "", 3333, why, sizeof why), 0);
}
