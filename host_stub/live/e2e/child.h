/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/e2e/child: another process of this program: started with its own arguments, told command
 * lines on its standard input, read line by line, and surely ended. It dies with us, whatever
 * happens to us. What the lines mean is its owner's business. */
#ifndef HOST_STUB_LIVE_E2E_CHILD_H
#define HOST_STUB_LIVE_E2E_CHILD_H

#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "host_stub/live/net/loop.h"

enum { HS_CHILD_LINE_SIZE = 4096, HS_CHILD_ARGS_MAX = 64 };

typedef struct hs_e2e_child hs_e2e_child;

typedef void hs_e2e_child_line_fn(void *ctx, hs_e2e_child *child, const char *line);

struct hs_e2e_child {
    char name[48];
    pid_t pid;  /* 0 = none runs */
    int status; /* of waitpid, once it has ended */
    int has_ended;
    int input; /* our end of its standard input; -1 = closed */
    int output;
    hs_net_watch *watch;
    FILE *log; /* what it prints; NULL = nowhere */
    char line[HS_CHILD_LINE_SIZE];
    size_t len;
    char last[256]; /* the last line of it */
    hs_e2e_child_line_fn *told;
    void *ctx;
};

/* Starts this very program with `argv` (argv[0] = the subcommand, ended by NULL). Lines of its
 * output are told; its errors go into the log, too. `log_path` NULL = no log. The struct must not
 * move. 0, or -1 with a sentence in `why`. */
int hs_e2e_child_start(hs_e2e_child *child, hs_net_loop *loop, const char *name, char *const *argv,
                       const char *log_path, hs_e2e_child_line_fn *told, void *ctx, char *why,
                       size_t capacity);

/* The port of a line "listening 127.0.0.1:PORT", with which servers begin; 0: it is another. */
uint16_t hs_e2e_child_port(const char *line);

/* Sends a command line, without its newline. 0, or -1 when it does not take it. */
int hs_e2e_child_say(const hs_e2e_child *child, const char *line);

void hs_e2e_child_signal(const hs_e2e_child *child, int signal_number);

/* Looks whether it has ended: 1 when it has, or never ran. Never waits. */
int hs_e2e_child_reap(hs_e2e_child *child);

/* Ended by itself with status 0? */
int hs_e2e_child_went_well(const hs_e2e_child *child);

/* Kills it if it still runs, waits for that, frees everything. All zero is fine. */
void hs_e2e_child_free(hs_e2e_child *child);

#endif
