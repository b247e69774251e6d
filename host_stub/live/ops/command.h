/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/ops/command: what an operator may tell a running proxy, as a line of words. */
#ifndef HOST_STUB_LIVE_OPS_COMMAND_H
#define HOST_STUB_LIVE_OPS_COMMAND_H

#include "host_stub/live/ops/ops.h"

/* Carries out a line (it is changed). What is to be said is added to `reply`: what has changed or
 * is asked for, or the sentence of a refusal. 0, or -1: nothing has changed. */
int hs_ops_command(const hs_ops_proxy *proxy, char *line, struct evbuffer *reply);

#endif
