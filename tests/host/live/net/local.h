/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A port of this machine, for tests over sockets, and listeners that are closed at a test's end. */
#ifndef TESTS_HOST_LIVE_NET_LOCAL_H
#define TESTS_HOST_LIVE_NET_LOCAL_H

#include <criterion/criterion.h>

#include "host_stub/live/net/address.h"
#include "host_stub/live/net/listen.h"

enum { LOCAL_MAX = 8 };

static hs_net_listener *local_listeners[LOCAL_MAX];
static int local_count;

/* It holds until the next call. */
static inline const hs_net_address *local(uint16_t port)
{
    static hs_net_address address;
    char why[200] = "";
    cr_assert_eq(hs_net_address_of(&address, "127.0.0.1", port, why, sizeof why), 0, "%s", why);
    return &address;
}

static inline hs_net_listener *listen_local(hs_net_loop *loop, uint16_t port,
                                            hs_net_accept_fn *accepted, void *ctx)
{
    char why[200] = "";
    hs_net_listener *const listener =
        hs_net_listen(loop, local(port), accepted, ctx, why, sizeof why);
    cr_assert_not_null(listener, "%s", why);
    cr_assert_lt(local_count, LOCAL_MAX);
    local_listeners[local_count++] = listener;
    return listener;
}

/* Before its time. */
static inline void close_local(hs_net_listener *listener)
{
    for (int i = 0; i < local_count; i++) {
        local_listeners[i] = local_listeners[i] == listener ? NULL : local_listeners[i];
    }
    hs_net_listener_close(listener);
}

/* Before the loop is freed. */
static inline void close_all_local(void)
{
    while (local_count > 0) {
        hs_net_listener_close(local_listeners[--local_count]);
    }
}

#endif
