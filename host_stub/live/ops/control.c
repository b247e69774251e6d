/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/ops/control.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "host_stub/base/text.h"
#include "host_stub/live/ops/command.h"

enum { LINE_MAX_LEN = 8192, SECONDS = 5, GUESTS_MAX = 16 };

typedef struct guest {
    hs_ops_control *control;
    struct bufferevent *line;
    int answered;
    LIST_ENTRY(guest) link;
} guest;

struct hs_ops_control {
    const hs_ops_proxy *proxy;
    struct evconnlistener *listener;
    char path[sizeof((struct sockaddr_un *)0)->sun_path];
    unsigned count;
    LIST_HEAD(, guest) guests;
};

static void leave(guest *g)
{
    LIST_REMOVE(g, link);
    g->control->count--;
    bufferevent_free(g->line);
    free(g);
}

static void on_read(struct bufferevent *line, void *ctx)
{
    guest *const g = ctx;
    struct evbuffer *const in = bufferevent_get_input(line);
    size_t len = 0;
    char *const text = evbuffer_readln(in, &len, EVBUFFER_EOL_LF);
    if (text == NULL) {
        if (evbuffer_get_length(in) > LINE_MAX_LEN) {
            leave(g);
        }
        return;
    }
    struct evbuffer *const reply = evbuffer_new();
    if (reply == NULL || memchr(text, '\0', len) != NULL) {
        leave(g);
    } else {
        const int rc = hs_ops_command(g->control->proxy, text, reply);
        struct evbuffer *const out = bufferevent_get_output(line);
        (void)evbuffer_add_printf(out, rc == 0 ? "ok\n" : "no\n");
        (void)evbuffer_add_buffer(out, reply);
        g->answered = 1;
        (void)bufferevent_disable(line, EV_READ);
    }
    if (reply != NULL) {
        evbuffer_free(reply);
    }
    free(text);
}

static void on_written(struct bufferevent *line, void *ctx)
{
    guest *const g = ctx;
    (void)line;
    if (g->answered) {
        leave(g);
    }
}

static void on_event(struct bufferevent *line, short what, void *ctx)
{
    (void)line, (void)what;
    leave(ctx);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from,
                      int len, void *ctx)
{
    static const struct timeval PATIENCE = {.tv_sec = SECONDS};
    hs_ops_control *const control = ctx;
    guest *const g = control->count < GUESTS_MAX ? calloc(1, sizeof *g) : NULL;
    (void)from, (void)len;
    if (g != NULL) {
        g->line =
            bufferevent_socket_new(evconnlistener_get_base(listener), fd, BEV_OPT_CLOSE_ON_FREE);
    }
    if (g == NULL || g->line == NULL) {
        free(g);
        (void)close(fd);
        return;
    }
    g->control = control;
    control->count++;
    LIST_INSERT_HEAD(&control->guests, g, link);
    bufferevent_setcb(g->line, on_read, on_written, on_event, g);
    (void)bufferevent_set_timeouts(g->line, &PATIENCE, &PATIENCE);
    (void)bufferevent_enable(g->line, EV_READ | EV_WRITE);
}

/* 0, or -1 with a sentence. */
static int address_of(const char *path, struct sockaddr_un *at, char *why, size_t capacity)
{
    memset(at, 0, sizeof *at);
    at->sun_family = AF_UNIX;
    if (path[0] == '\0' || strlen(path) >= sizeof at->sun_path) {
        return hs_refuse(why, capacity, "the path of a socket has 1 to %zu bytes, not '%s'",
                         sizeof at->sun_path - 1, path);
    }
    strcpy(at->sun_path, path);
    return 0;
}

/* A connected socket; -1 with errno. */
static int reach(const struct sockaddr_un *at)
{
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)at, sizeof *at) != 0) {
        const int error = errno;
        (void)close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

/* What is left there of a process that died is removed; anything else stays. */
static int make_way(const struct sockaddr_un *at, char *why, size_t capacity)
{
    struct stat st;
    if (lstat(at->sun_path, &st) != 0) {
        return 0;
    }
    if (!S_ISSOCK(st.st_mode)) {
        return hs_refuse(why, capacity, "%s is there, and is no socket", at->sun_path);
    }
    const int fd = reach(at);
    if (fd >= 0) {
        (void)close(fd);
        return hs_refuse(why, capacity, "somebody listens at %s already", at->sun_path);
    }
    (void)unlink(at->sun_path);
    return 0;
}

hs_ops_control *hs_ops_control_new(hs_net_loop *loop, const hs_ops_proxy *proxy, const char *path,
                                   char *why, size_t capacity)
{
    struct sockaddr_un at;
    if (address_of(path, &at, why, capacity) != 0 || make_way(&at, why, capacity) != 0) {
        return NULL;
    }
    hs_ops_control *const control = calloc(1, sizeof *control);
    if (control == NULL) {
        (void)hs_refuse(why, capacity, "no memory");
        return NULL;
    }
    control->proxy = proxy;
    LIST_INIT(&control->guests);
    strcpy(control->path, at.sun_path);
    const mode_t before = umask(0177); /* never open to others, not even for a moment */
    control->listener = evconnlistener_new_bind(hs_net_loop_base(loop), on_accept, control,
                                                LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 8,
                                                (struct sockaddr *)&at, sizeof at);
    const int error = errno;
    (void)umask(before);
    if (control->listener == NULL) {
        (void)hs_refuse(why, capacity, "cannot listen at %s: %s", path, strerror(error));
        free(control);
        return NULL;
    }
    return control;
}

void hs_ops_control_free(hs_ops_control *control)
{
    if (control == NULL) {
        return;
    }
    while (!LIST_EMPTY(&control->guests)) {
        leave(LIST_FIRST(&control->guests));
    }
    evconnlistener_free(control->listener);
    (void)unlink(control->path);
    free(control);
}

/* ---- the other end ---- */

/* Prints what comes until the end. 0 "ok", 1 "no", -1. */
static int print_reply(FILE *from, FILE *to)
{
    char head[8];
    char chunk[4096];
    if (fgets(head, sizeof head, from) == NULL) {
        return -1;
    }
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, from)) > 0;) {
        (void)fwrite(chunk, 1, n, to);
    }
    return strcmp(head, "ok\n") == 0 ? 0 : strcmp(head, "no\n") == 0 ? 1 : -1;
}

int hs_ops_ask(const char *path, const char *line, FILE *to, char *why, size_t capacity)
{
    static const struct timeval PATIENCE = {.tv_sec = 2 * SECONDS};
    struct sockaddr_un at;
    if (address_of(path, &at, why, capacity) != 0) {
        return -1;
    }
    const int fd = reach(&at);
    if (fd < 0) {
        return hs_refuse(why, capacity, "nobody listens at %s: %s", path,
                         errno == ENOENT         ? "there is no such socket; is the proxy running "
                                                   "with --control?"
                         : errno == ECONNREFUSED ? "the proxy that made it is not there any more"
                                                 : strerror(errno));
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &PATIENCE, sizeof PATIENCE);
    const size_t len = strlen(line);
    FILE *const from = fdopen(fd, "r");
    int rc = -1;
    if (from == NULL) {
        (void)close(fd);
    } else if (send(fd, line, len, MSG_NOSIGNAL) == (ssize_t)len &&
               send(fd, "\n", 1, MSG_NOSIGNAL) == 1) {
        rc = print_reply(from, to);
    }
    if (from != NULL) {
        (void)fclose(from);
    }
    return rc >= 0 ? rc : hs_refuse(why, capacity, "the proxy at %s gave no answer", path);
}
