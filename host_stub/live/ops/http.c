/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/ops/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "abi/hmx_access.h"
#include "host_stub/base/text.h"

enum { SECONDS = 5, HEADERS_MAX = 8192, HOST_SIZE = 256 };

struct hs_ops_http {
    const hs_ops_proxy *proxy;
    hs_ops_http_options options;
    struct evhttp *server;
    hs_net_address address;
};

static void reply(struct evhttp_request *request, int code, const char *kind, const char *text,
                  struct evbuffer *body)
{
    struct evkeyvalq *const headers = evhttp_request_get_output_headers(request);
    struct evbuffer *const page = body != NULL ? body : evbuffer_new();
    if (page == NULL) {
        evhttp_send_error(request, HTTP_INTERNAL, NULL);
        return;
    }
    if (body == NULL) {
        (void)evbuffer_add_printf(page, "%s\n", text);
    }
    (void)evhttp_add_header(headers, "Content-Type", kind);
    (void)evhttp_add_header(headers, "Cache-Control", "no-store");
    (void)evhttp_add_header(headers, "X-Content-Type-Options", "nosniff");
    evhttp_send_reply(request, code, NULL, page);
    evbuffer_free(page);
}

static void say(struct evhttp_request *request, int code, const char *text)
{
    reply(request, code, "text/plain; charset=utf-8", text, NULL);
}

/* A page of another site makes a browser ask here under that site's name. Numbers, localhost and
 * the name that we were given are ours. */
static int is_our_name(const hs_ops_http *http, const char *given)
{
    char host[HOST_SIZE];
    unsigned char bytes[16];
    if (given == NULL || strlen(given) >= sizeof host) {
        return 0;
    }
    strcpy(host, given);
    if (host[0] == '[') {
        char *const end = strchr(host, ']');
        if (end == NULL) {
            return 0;
        }
        *end = '\0';
        return inet_pton(AF_INET6, host + 1, bytes) == 1;
    }
    host[strcspn(host, ":")] = '\0';
    return inet_pton(AF_INET, host, bytes) == 1 || strcasecmp(host, "localhost") == 0 ||
           strcasecmp(host, http->options.host) == 0;
}

typedef hmx_status write_fn(hmx_instance *self, const hmx_writer *to);

static void write_page(const hs_ops_http *http, struct evhttp_request *request, const char *kind,
                       write_fn *write)
{
    struct evbuffer *const page = evbuffer_new();
    const hmx_writer to = {.size = sizeof to, .ctx = page, .write = hs_ops_write};
    if (write == NULL) {
        say(request, HTTP_NOTFOUND, "this plugin does not tell that");
        if (page != NULL) {
            evbuffer_free(page);
        }
        return;
    }
    http->proxy->advance(http->proxy->ctx);
    if (page == NULL || write(hs_guard_instance(http->proxy->link->guard), &to) < 0) {
        say(request, HTTP_INTERNAL, "the plugin could not write it");
        if (page != NULL) {
            evbuffer_free(page);
        }
        return;
    }
    reply(request, HTTP_OK, kind, NULL, page);
}

static void serve(const hs_ops_http *http, struct evhttp_request *request, const char *path)
{
    const hmx_metrics_v1 *const m = HS_OPS_METRICS(http->proxy);
    if (strcmp(path, "/metrics") == 0) {
        write_page(http, request, "text/plain; version=0.0.4; charset=utf-8",
                   HS_OPS_HAS(hmx_metrics_v1, m, write_prometheus) ? m->write_prometheus : NULL);
    } else if (strcmp(path, "/status.json") == 0) {
        write_page(http, request, "application/json",
                   HS_OPS_HAS(hmx_metrics_v1, m, write_json) ? m->write_json : NULL);
    } else if (strcmp(path, "/channels.json") == 0) {
        if (!http->options.identities) {
            say(request, 403, "it names the miners: only with --show-identities");
            return;
        }
        write_page(http, request, "application/json",
                   HS_OPS_HAS(hmx_metrics_v1, m, write_channels) ? m->write_channels : NULL);
    } else if (strcmp(path, "/health") == 0) {
        http->proxy->advance(http->proxy->ctx);
        const int well = http->proxy->is_well(http->proxy->ctx);
        say(request, well ? HTTP_OK : HTTP_SERVUNAVAIL,
            well ? "miners can work" : "no pool can be worked for");
    } else {
        say(request, HTTP_NOTFOUND, "here are /metrics, /status.json, /channels.json and /health");
    }
}

static void on_request(struct evhttp_request *request, void *ctx)
{
    const hs_ops_http *const http = ctx;
    const struct evhttp_uri *const uri = evhttp_request_get_evhttp_uri(request);
    const char *const path = uri != NULL ? evhttp_uri_get_path(uri) : NULL;
    if (!is_our_name(http, evhttp_find_header(evhttp_request_get_input_headers(request), "Host"))) {
        say(request, 421, "this name is not served; say the address, or localhost");
        return;
    }
    serve(http, request, path != NULL ? path : "");
}

hs_ops_http *hs_ops_http_new(hs_net_loop *loop, const hs_ops_proxy *proxy,
                             const hs_ops_http_options *options, char *why, size_t capacity)
{
    hs_ops_http *const http = calloc(1, sizeof *http);
    if (http == NULL) {
        (void)hs_refuse(why, capacity, "no memory");
        return NULL;
    }
    http->proxy = proxy;
    http->options = *options;
    http->server = evhttp_new(hs_net_loop_base(loop));
    if (http->server == NULL) {
        (void)hs_refuse(why, capacity, "no memory");
        hs_ops_http_free(http);
        return NULL;
    }
    evhttp_set_allowed_methods(http->server, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
    evhttp_set_max_headers_size(http->server, HEADERS_MAX);
    evhttp_set_max_body_size(http->server, 0);
    evhttp_set_timeout(http->server, SECONDS);
    evhttp_set_gencb(http->server, on_request, http);
    struct evhttp_bound_socket *const bound =
        evhttp_bind_socket_with_handle(http->server, options->host, options->port);
    if (bound == NULL ||
        hs_net_address_here(&http->address, evhttp_bound_socket_get_fd(bound)) != 0) {
        (void)hs_refuse(why, capacity, "cannot listen at %s:%u: %s", options->host,
                        (unsigned)options->port, strerror(errno));
        hs_ops_http_free(http);
        return NULL;
    }
    return http;
}

void hs_ops_http_free(hs_ops_http *http)
{
    if (http != NULL && http->server != NULL) {
        evhttp_free(http->server);
    }
    free(http);
}

const hs_net_address *hs_ops_http_address(const hs_ops_http *http)
{
    return &http->address;
}
