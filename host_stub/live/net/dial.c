/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/net/dial.h"

#include <errno.h>
#include <event2/dns.h>
#include <event2/util.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host_stub/base/text.h"
#include "host_stub/live/net/listen.h"

enum { ADDRESSES_MAX = 16, HOST_SIZE = 256, WHY_SIZE = 200 };

/* A look-up under way: libevent tells its end even after it was cancelled, when the dial is
 * gone. */
typedef struct lookup {
    hs_net_dial *dial; /* NULL: gone */
    struct evdns_getaddrinfo_request *request;
} lookup;

struct hs_net_dial {
    hs_net_loop *loop;
    uint64_t wait_ns;
    int loopback_only;
    hs_net_dialled_fn *dialled;
    void *ctx;
    hs_net_timer *timer;
    lookup *lookup;      /* NULL: it is over */
    hs_net_watch *watch; /* of the socket that is being connected; NULL: none is */
    int fd;
    hs_net_address addresses[ADDRESSES_MAX];
    size_t count;
    size_t next;
    char host[HOST_SIZE];
    char why[WHY_SIZE]; /* about the last address */
};

static void drop_socket(hs_net_dial *dial)
{
    hs_net_watch_remove(dial->watch);
    dial->watch = NULL;
    if (dial->fd >= 0) {
        (void)close(dial->fd);
        dial->fd = -1;
    }
}

void hs_net_dial_cancel(hs_net_dial *dial)
{
    if (dial == NULL) {
        return;
    }
    if (dial->lookup != NULL) {
        dial->lookup->dial = NULL;
        evdns_getaddrinfo_cancel(dial->lookup->request);
    }
    drop_socket(dial);
    hs_net_timer_remove(dial->timer);
    free(dial);
}

/* Tells and frees. */
static void end(hs_net_dial *dial, int fd)
{
    hs_net_watch_remove(dial->watch);
    dial->watch = NULL;
    dial->fd = -1;
    dial->dialled(dial->ctx, fd, dial->why);
    hs_net_dial_cancel(dial);
}

/* ---- its addresses ---- */

static void on_writable(void *ctx, unsigned events);

/* Begins to connect to the next address. 0, or -1 with the reason in `why`. */
static int try_address(hs_net_dial *dial)
{
    const hs_net_address *const address = &dial->addresses[dial->next++];
    char text[HS_NET_ADDRESS_SIZE];
    if (dial->loopback_only && !hs_net_address_is_loopback(address)) {
        return hs_refuse(dial->why, sizeof dial->why,
                         "plain frames go to loopback only, and %s is not there",
                         hs_net_address_text(address, text));
    }
    dial->fd = hs_net_connect(address, dial->why, sizeof dial->why);
    if (dial->fd < 0) {
        return -1;
    }
    dial->watch = hs_net_watch_add(dial->loop, dial->fd, HS_NET_WRITE, on_writable, dial);
    if (dial->watch == NULL) {
        drop_socket(dial);
        return hs_refuse(dial->why, sizeof dial->why, "no memory for a connection");
    }
    hs_net_timer_after(dial->timer, dial->wait_ns);
    return 0;
}

static void try_next(hs_net_dial *dial)
{
    drop_socket(dial);
    while (dial->next < dial->count) {
        if (try_address(dial) == 0) {
            return;
        }
    }
    end(dial, -1);
}

static void refuse_address(hs_net_dial *dial, const char *reason)
{
    char text[HS_NET_ADDRESS_SIZE];
    (void)hs_refuse(dial->why, sizeof dial->why, "cannot connect to %s: %s",
                    hs_net_address_text(&dial->addresses[dial->next - 1], text), reason);
}

static void on_writable(void *ctx, unsigned events)
{
    hs_net_dial *const dial = ctx;
    int error = 0;
    socklen_t size = sizeof error;
    (void)events;
    if (getsockopt(dial->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
        error = errno;
    }
    if (error == 0) {
        end(dial, dial->fd);
        return;
    }
    refuse_address(dial, strerror(error));
    try_next(dial);
}

/* ---- its name ---- */

static void take_addresses(hs_net_dial *dial, const struct evutil_addrinfo *found)
{
    for (; found != NULL && dial->count < ADDRESSES_MAX; found = found->ai_next) {
        hs_net_address *const to = &dial->addresses[dial->count++];
        memcpy(&to->at, found->ai_addr, found->ai_addrlen);
        to->len = found->ai_addrlen;
    }
}

static void on_found(int result, struct evutil_addrinfo *found, void *ctx)
{
    lookup *const at = ctx;
    hs_net_dial *const dial = at->dial;
    if (dial != NULL) {
        dial->lookup = NULL;
        take_addresses(dial, found);
        (void)hs_refuse(dial->why, sizeof dial->why, "'%s' cannot be looked up: %s", dial->host,
                        result != 0 ? evutil_gai_strerror(result) : "it has no address");
        hs_net_timer_after(dial->timer, 0); /* not from within hs_net_dial_start */
    }
    if (found != NULL) {
        evutil_freeaddrinfo(found);
    }
    free(at);
}

/* What is waited for has not come; or nothing is, and it can begin. */
static void on_time(void *ctx)
{
    hs_net_dial *const dial = ctx;
    if (dial->lookup != NULL) {
        (void)hs_refuse(dial->why, sizeof dial->why, "'%s' cannot be looked up in time",
                        dial->host);
        end(dial, -1);
        return;
    }
    if (dial->watch != NULL) {
        refuse_address(dial, "no answer in time");
    }
    try_next(dial);
}

static int look_up(hs_net_dial *dial, uint16_t port)
{
    const struct evutil_addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct evdns_base *const dns = hs_net_loop_dns(dial->loop);
    char service[8];
    lookup *const at = dns != NULL ? calloc(1, sizeof *at) : NULL;
    if (at == NULL) {
        return -1;
    }
    (void)snprintf(service, sizeof service, "%u", (unsigned)port);
    at->dial = dial;
    dial->lookup = at;
    hs_net_timer_after(dial->timer, dial->wait_ns);
    /* on_found may be called from within, and `at` is gone then. */
    struct evdns_getaddrinfo_request *const request =
        evdns_getaddrinfo(dns, dial->host, service, &hints, on_found, at);
    if (dial->lookup != NULL) {
        at->request = request;
    }
    return 0;
}

hs_net_dial *hs_net_dial_start(hs_net_loop *loop, const char *host, uint16_t port, uint64_t wait_ns,
                               int loopback_only, hs_net_dialled_fn *dialled, void *ctx)
{
    hs_net_dial *const dial = calloc(1, sizeof *dial);
    if (dial == NULL) {
        return NULL;
    }
    dial->loop = loop;
    dial->wait_ns = wait_ns;
    dial->loopback_only = loopback_only;
    dial->dialled = dialled;
    dial->ctx = ctx;
    dial->fd = -1;
    (void)snprintf(dial->host, sizeof dial->host, "%s", host);
    dial->timer = hs_net_timer_new(loop, on_time, dial);
    if (dial->timer == NULL) {
        hs_net_dial_cancel(dial);
        return NULL;
    }
    if (hs_net_address_of(&dial->addresses[0], host, port, NULL, 0) == 0) {
        dial->count = 1;
        hs_net_timer_after(dial->timer, 0);
    } else if (look_up(dial, port) != 0) {
        hs_net_dial_cancel(dial);
        return NULL;
    }
    return dial;
}
