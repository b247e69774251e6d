/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/ops/control: the operator's door on a Unix socket, which only the user of the process may
 * open (mode 0600). Whoever connects sends one line (ops/command) and is sent "ok" or "no" on a
 * line, then what there is to say; then the connection ends. */
#ifndef HOST_STUB_LIVE_OPS_CONTROL_H
#define HOST_STUB_LIVE_OPS_CONTROL_H

#include "host_stub/live/net/loop.h"
#include "host_stub/live/ops/ops.h"

typedef struct hs_ops_control hs_ops_control;

/* A socket that nobody listens at any more is replaced. *proxy outlives it. NULL with a sentence.
 */
hs_ops_control *hs_ops_control_new(hs_net_loop *loop, const hs_ops_proxy *proxy, const char *path,
                                   char *why, size_t capacity);
/* Removes the socket. NULL is fine. */
void hs_ops_control_free(hs_ops_control *control);

/* The other end: sends the line and prints the reply to `to`. 0 "ok", 1 "no", -1 with a sentence.
 */
int hs_ops_ask(const char *path, const char *line, FILE *to, char *why, size_t capacity);

#endif
