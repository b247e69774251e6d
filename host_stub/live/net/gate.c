/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/net/gate.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "host_stub/base/json.h"
#include "host_stub/base/table.h"
#include "host_stub/base/text.h"
#include "host_stub/live/net/address.h"
#include "host_stub/live/net/rate.h"

enum { ABSENT_MAX = 65536 }; /* addresses that are remembered although nobody is there */
#define WHILE_NS (10 * HS_NET_SECOND_NS)
#define SAY_NS   (60 * HS_NET_SECOND_NS) /* between two sentences about an address */

/* An address: that of all who share it. */
struct hs_net_gate_guest {
    TAILQ_ENTRY(hs_net_gate_guest) link; /* while `here` is 0 */
    uint64_t key;
    uint32_t here;
    hs_net_rate rate;
    uint64_t said_ns; /* 0: nothing was said of it */
};

struct hs_net_gate {
    hs_net_gate_limits limits;
    hs_table guests;
    TAILQ_HEAD(, hs_net_gate_guest) absent; /* in the order of their going */
    size_t absent_count;
    uint64_t refused_per_address;
    uint64_t refused_per_second;
};

hs_net_gate *hs_net_gate_new(const hs_net_gate_limits *limits)
{
    hs_net_gate *const gate = calloc(1, sizeof *gate);
    if (gate != NULL) {
        gate->limits = *limits;
        TAILQ_INIT(&gate->absent);
    }
    return gate;
}

void hs_net_gate_free(hs_net_gate *gate)
{
    if (gate == NULL) {
        return;
    }
    for (size_t i = 0; i < gate->guests.room; i++) {
        if (gate->guests.slots[i].key != 0) {
            free(gate->guests.slots[i].value);
        }
    }
    hs_table_free(&gate->guests);
    free(gate);
}

/* ---- addresses ---- */

/* The first 8 bytes of an IPv6 address, its network; 1 for what has no address. */
static uint64_t key_of_v6(const struct in6_addr *address)
{
    uint64_t key = 0;
    for (int i = 0; i < 8; i++) {
        key = key << 8 | address->s6_addr[i];
    }
    return key != 0 ? key : 1;
}

/* No network of IPv6 begins with so many zeros. */
static uint64_t key_of_v4(const uint8_t *byte)
{
    return UINT64_C(1) << 32 | (uint64_t)byte[0] << 24 | (uint64_t)byte[1] << 16 |
           (uint64_t)byte[2] << 8 | byte[3];
}

static uint64_t key_of(const hs_net_address *from)
{
    if (from->at.ss_family == AF_INET) {
        const struct sockaddr_in *const v4 = (const struct sockaddr_in *)&from->at;
        return key_of_v4((const uint8_t *)&v4->sin_addr);
    }
    if (from->at.ss_family == AF_INET6) {
        const struct sockaddr_in6 *const v6 = (const struct sockaddr_in6 *)&from->at;
        return IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr) ? key_of_v4(&v6->sin6_addr.s6_addr[12])
                                                    : key_of_v6(&v6->sin6_addr);
    }
    return 1;
}

/* ---- who is known ---- */

static void forget(hs_net_gate *gate, hs_net_gate_guest *guest)
{
    TAILQ_REMOVE(&gate->absent, guest, link);
    gate->absent_count--;
    (void)hs_table_remove(&gate->guests, guest->key);
    free(guest);
}

/* Those of whom nothing has to be remembered any more, or who are too many. */
static void forget_absent(hs_net_gate *gate, uint64_t now_ns)
{
    while (!TAILQ_EMPTY(&gate->absent) &&
           (gate->absent_count > ABSENT_MAX ||
            hs_net_rate_is_rested(&TAILQ_FIRST(&gate->absent)->rate, now_ns))) {
        forget(gate, TAILQ_FIRST(&gate->absent));
    }
}

static void put_absent(hs_net_gate *gate, hs_net_gate_guest *guest)
{
    TAILQ_INSERT_TAIL(&gate->absent, guest, link);
    gate->absent_count++;
}

static hs_net_gate_guest *guest_of(hs_net_gate *gate, uint64_t key)
{
    hs_net_gate_guest *guest = hs_table_find(&gate->guests, key);
    if (guest != NULL) {
        return guest;
    }
    guest = calloc(1, sizeof *guest);
    if (guest == NULL || hs_table_put(&gate->guests, key, guest) != 0) {
        free(guest);
        return NULL;
    }
    guest->key = key;
    put_absent(gate, guest);
    return guest;
}

/* ---- the gate ---- */

static hs_net_gate_guest *refuse(hs_net_gate_guest *guest, const hs_net_address *from,
                                 uint64_t now_ns, uint32_t limit, const char *of_what, char *why,
                                 size_t capacity)
{
    char text[HS_NET_ADDRESS_SIZE];
    if (guest->said_ns == 0 || now_ns - guest->said_ns >= SAY_NS) {
        guest->said_ns = now_ns;
        (void)hs_refuse(why, capacity, "a connection from %s is refused: at most %u %s",
                        hs_net_address_text(from, text), (unsigned)limit, of_what);
    }
    return NULL;
}

hs_net_gate_guest *hs_net_gate_enter(hs_net_gate *gate, int fd, uint64_t now_ns, char *why,
                                     size_t capacity)
{
    const hs_net_gate_limits *const limits = &gate->limits;
    hs_net_address from;
    why[0] = '\0';
    forget_absent(gate, now_ns);
    if (hs_net_address_there(&from, fd) != 0) {
        return NULL; /* it has gone again */
    }
    hs_net_gate_guest *const guest = guest_of(gate, key_of(&from));
    if (guest == NULL) {
        return NULL;
    }
    if (limits->per_address != 0 && guest->here >= limits->per_address) {
        gate->refused_per_address++;
        return refuse(guest, &from, now_ns, limits->per_address, "of one address at a time", why,
                      capacity);
    }
    if (limits->per_second != 0 && hs_net_rate_wait_ns(&guest->rate, now_ns, WHILE_NS) > 0) {
        gate->refused_per_second++;
        return refuse(guest, &from, now_ns, limits->per_second, "a second from one address", why,
                      capacity);
    }
    if (limits->per_second != 0) {
        hs_net_rate_take(&guest->rate, now_ns, limits->per_second);
    }
    if (guest->here++ == 0) {
        TAILQ_REMOVE(&gate->absent, guest, link);
        gate->absent_count--;
    }
    return guest;
}

void hs_net_gate_leave(hs_net_gate *gate, hs_net_gate_guest *guest)
{
    if (guest != NULL && --guest->here == 0) {
        put_absent(gate, guest);
    }
}

hs_conn_limits hs_net_gate_limits_of(const hs_net_gate *gate)
{
    return (hs_conn_limits){.handshake_ns = gate->limits.handshake_ns,
                            .greeting_ns = gate->limits.handshake_ns,
                            .greeting_bytes = gate->limits.handshake_bytes};
}

json_t *hs_net_gate_json(const hs_net_gate *gate)
{
    json_t *const counts = json_object();
    hs_json_count(counts, "refused_per_address", gate->refused_per_address);
    hs_json_count(counts, "refused_per_second", gate->refused_per_second);
    return counts;
}
