/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/net/log: lines to standard output or standard error that nobody may be reading: a pipe that
 * is full, a terminal that stands still. What is not taken waits, up to a limit; beyond it lines
 * are left out, and where they are missing that is said. Nothing here ever blocks. */
#ifndef HOST_STUB_LIVE_NET_LOG_H
#define HOST_STUB_LIVE_NET_LOG_H

#include "host_stub/live/net/loop.h"

typedef struct hs_net_log hs_net_log;

/* To this descriptor, which stays the caller's; it is left blocking for whoever else has it. NULL
 * when out of memory. */
hs_net_log *hs_net_log_new(hs_net_loop *loop, int fd);
/* Waits a little for what is left to be taken. NULL is fine. Before the loop is freed. */
void hs_net_log_free(hs_net_log *log);

/* One line; the newline is added. */
void hs_net_log_line(hs_net_log *log, const char *text);

/* Lines that were left out. */
uint64_t hs_net_log_missing(const hs_net_log *log);
/* Why it cannot be written to any more, as an errno; 0 = it can. */
int hs_net_log_error(const hs_net_log *log);

#endif
