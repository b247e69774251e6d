/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/net/address: where a socket is, or is to be: numeric IPv4 and IPv6 addresses and localhost.
 * Names are live/net/dial's business. */
#ifndef HOST_STUB_LIVE_NET_ADDRESS_H
#define HOST_STUB_LIVE_NET_ADDRESS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum { HS_NET_ADDRESS_SIZE = 64 }; /* room for the text and its NUL */

typedef struct hs_net_address {
    struct sockaddr_storage at;
    socklen_t len;
} hs_net_address;

/* 0, or -1 with one sentence. */
int hs_net_address_of(hs_net_address *address, const char *host, uint16_t port, char *why,
                      size_t capacity);
/* That of a socket, and that of its other end. 0, or -1 with errno. */
int hs_net_address_here(hs_net_address *address, int fd);
int hs_net_address_there(hs_net_address *address, int fd);

/* Does nobody but this machine reach it? */
int hs_net_address_is_loopback(const hs_net_address *address);
uint16_t hs_net_address_port(const hs_net_address *address);
/* "127.0.0.1:3333", "[::1]:3333". Returns `text`. */
const char *hs_net_address_text(const hs_net_address *address, char text[HS_NET_ADDRESS_SIZE]);

#endif
