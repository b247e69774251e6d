/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * config_address: is this a host name or an IP address? Judged by its form only; nothing here
 * touches the network.
 */
#include <arpa/inet.h>
#include <string.h>

#include "plugin/config/config_keys.h"

/* "address = " and the longest address fit into one line of the file, also when it is written. */
#define ADDRESS_LEN_MAX 160u
#define LABEL_LEN_MAX   63u

static hmx_status refuse(hm_text *why, const char *reason)
{
    hm_text_add(why, reason);
    return HMX_E_CONFIG;
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* One part of a host name between its points. Underscores are no host name by the book, but
 * container networks use them and resolvers take them. */
static hmx_status check_label(const char *label, size_t len, hm_text *why)
{
    if (len == 0) {
        return refuse(why, "has an empty part between points");
    }
    if (len > LABEL_LEN_MAX) {
        return refuse(why, "has a part of more than 63 characters between points");
    }
    if (label[0] == '-' || label[len - 1] == '-') {
        return refuse(why, "has a part that begins or ends with -");
    }
    for (size_t i = 0; i < len; i++) {
        if (!is_letter(label[i]) && !is_digit(label[i]) && label[i] != '-' && label[i] != '_') {
            return refuse(why, "has a character that no host name has");
        }
    }
    return HMX_OK;
}

static hmx_status check_name(const char *address, size_t len, hm_text *why)
{
    int last_is_number = 1;
    size_t start = 0;
    /* One point at the end means the root; "." alone is no name. */
    const size_t end = len > 1 && address[len - 1] == '.' ? len - 1 : len;
    for (size_t i = 0; i <= end; i++) {
        if (i < end && address[i] != '.') {
            last_is_number = last_is_number && is_digit(address[i]);
            continue;
        }
        if (check_label(address + start, i - start, why) != HMX_OK) {
            return HMX_E_CONFIG;
        }
        start = i + 1;
        if (i < end) {
            last_is_number = 1;
        }
    }
    struct in_addr v4;
    if (last_is_number && inet_pton(AF_INET, address, &v4) != 1) {
        return refuse(why, "ends in a number but is no IPv4 address");
    }
    return HMX_OK;
}

hmx_status hm_address_check(const char *address, hm_text *why)
{
    const size_t len = strlen(address);
    struct in6_addr v6;
    if (len == 0) {
        return refuse(why, "is empty");
    }
    if (len > ADDRESS_LEN_MAX) {
        return refuse(why, "is too long");
    }
    if (strchr(address, '/') != NULL) {
        return refuse(why, "looks like a URL; give the host name alone, the port and the key have "
                           "keys of their own");
    }
    if (address[0] == '[') {
        return refuse(why, "has brackets; write an IPv6 address without them");
    }
    if (strchr(address, ':') == NULL) {
        return check_name(address, len, why);
    }
    if (inet_pton(AF_INET6, address, &v6) != 1) {
        return refuse(why, "has a : but is no IPv6 address; the port has a key of its own");
    }
    return HMX_OK;
}
