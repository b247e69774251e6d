/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/net/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "host_stub/base/text.h"

int hs_net_address_of(hs_net_address *address, const char *host, uint16_t port, char *why,
                      size_t capacity)
{
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                                   .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char service[8];
    (void)snprintf(service, sizeof service, "%u", (unsigned)port);
    const char *const numeric = strcmp(host, "localhost") == 0 ? "127.0.0.1" : host;
    if (getaddrinfo(numeric, service, &hints, &found) != 0) {
        return hs_refuse(why, capacity,
                         "'%s' is no address: a numeric IPv4 or IPv6 address, or localhost", host);
    }
    memset(address, 0, sizeof *address);
    memcpy(&address->at, found->ai_addr, found->ai_addrlen);
    address->len = found->ai_addrlen;
    freeaddrinfo(found);
    return 0;
}

int hs_net_address_here(hs_net_address *address, int fd)
{
    memset(address, 0, sizeof *address);
    address->len = sizeof address->at;
    return getsockname(fd, (struct sockaddr *)&address->at, &address->len);
}

int hs_net_address_there(hs_net_address *address, int fd)
{
    memset(address, 0, sizeof *address);
    address->len = sizeof address->at;
    return getpeername(fd, (struct sockaddr *)&address->at, &address->len);
}

static const struct sockaddr_in *v4(const hs_net_address *address)
{
    return (const struct sockaddr_in *)(const void *)&address->at;
}

static const struct sockaddr_in6 *v6(const hs_net_address *address)
{
    return (const struct sockaddr_in6 *)(const void *)&address->at;
}

int hs_net_address_is_loopback(const hs_net_address *address)
{
    if (address->at.ss_family == AF_INET) {
        return ntohl(v4(address)->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    }
    const struct in6_addr *const at = &v6(address)->sin6_addr;
    return IN6_IS_ADDR_LOOPBACK(at) ||
           (IN6_IS_ADDR_V4MAPPED(at) && at->s6_addr[12] == IN_LOOPBACKNET);
}

uint16_t hs_net_address_port(const hs_net_address *address)
{
    return ntohs(address->at.ss_family == AF_INET ? v4(address)->sin_port : v6(address)->sin6_port);
}

const char *hs_net_address_text(const hs_net_address *address, char text[HS_NET_ADDRESS_SIZE])
{
    char host[INET6_ADDRSTRLEN] = "";
    const int is_v4 = address->at.ss_family == AF_INET;
    (void)inet_ntop(address->at.ss_family,
                    is_v4 ? (const void *)&v4(address)->sin_addr
                          : (const void *)&v6(address)->sin6_addr,
                    host, sizeof host);
    (void)snprintf(text, HS_NET_ADDRESS_SIZE, is_v4 ? "%s:%u" : "[%s]:%u", host,
                   (unsigned)hs_net_address_port(address));
    return text;
}
