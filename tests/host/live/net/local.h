/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A port of this machine, for tests over sockets. */
#ifndef TESTS_HOST_LIVE_NET_LOCAL_H
#define TESTS_HOST_LIVE_NET_LOCAL_H

#include <criterion/criterion.h>

#include "host_stub/live/net/address.h"

/* It holds until the next call. */
static inline const hs_net_address *local(uint16_t port)
{
    static hs_net_address address;
    char why[200] = "";
    cr_assert_eq(hs_net_address_of(&address, "127.0.0.1", port, why, sizeof why), 0, "%s", why);
    return &address;
}

#endif
