/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/proxy/doors.h"

#include <stdio.h>
#include <string.h>

#include "host_stub/base/text.h"

int hs_proxy_doors_audit(hs_proxy_doors *doors, const hs_proxy_options *options, char *why,
                         size_t capacity)
{
    if (options->audit == NULL) {
        return 0;
    }
    doors->audit =
        hs_ops_audit_open(options->audit, (uint64_t)options->audit_mib << 20, why, capacity);
    return doors->audit != NULL ? 0 : -1;
}

void hs_proxy_doors_note(hs_proxy_doors *doors, const char *json, uint64_t len)
{
    char why[512];
    if (doors->audit != NULL && hs_ops_audit_line(doors->audit, json, len, why, sizeof why) != 0 &&
        why[0] != '\0') {
        doors->proxy.say(doors->proxy.ctx, why);
    }
}

static int open_http(hs_proxy_doors *doors, hs_net_loop *loop, const hs_proxy_options *options,
                     char *why, size_t capacity)
{
    const hs_ops_http_options page = {
        .host = options->http.host, .port = options->http.port, .identities = options->identities};
    char text[HS_NET_ADDRESS_SIZE];
    char line[HS_NET_ADDRESS_SIZE + 160];
    if (page.host[0] == '\0') {
        return 0;
    }
    doors->http = hs_ops_http_new(loop, &doors->proxy, &page, why, capacity);
    if (doors->http == NULL) {
        return -1;
    }
    const hs_net_address *const at = hs_ops_http_address(doors->http);
    (void)snprintf(line, sizeof line, "monitoring at http://%s/metrics%s",
                   hs_net_address_text(at, text),
                   hs_net_address_is_loopback(at)
                       ? ""
                       : ": others than this machine reach it, without a password and without TLS");
    doors->proxy.say(doors->proxy.ctx, line);
    return 0;
}

int hs_proxy_doors_open(hs_proxy_doors *doors, hs_net_loop *loop, const hs_proxy_options *options,
                        char *why, size_t capacity)
{
    if (open_http(doors, loop, options, why, capacity) != 0) {
        return -1;
    }
    if (options->control != NULL) {
        doors->control = hs_ops_control_new(loop, &doors->proxy, options->control, why, capacity);
        return doors->control != NULL ? 0 : -1;
    }
    return 0;
}

void hs_proxy_doors_shut(hs_proxy_doors *doors)
{
    hs_ops_http_free(doors->http);
    hs_ops_control_free(doors->control);
    doors->http = NULL;
    doors->control = NULL;
}

void hs_proxy_doors_close(hs_proxy_doors *doors)
{
    hs_proxy_doors_shut(doors);
    hs_ops_audit_close(doors->audit);
    doors->audit = NULL;
}
