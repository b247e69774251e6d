/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * cmd/bench_control: `host_stub bench control`: scenarios x policies x seeds, each run in a process
 * of its own, as a table of error against moves with the floors of luck and of whole miners beside
 * it, as lines of JSON, as a page, and as an answer to the question whether it is good enough.
 *
 *   cmd/bench_options  the command line        bench/print, bench/json  the results for people,
 * programs bench/jobs     runs in parallel        bench/limits             what is good enough
 *   bench/measure  one run                 bench/check              whether it is
 *   bench/result   the structs that all of them share */
#ifndef HOST_STUB_CMD_BENCH_CONTROL_H
#define HOST_STUB_CMD_BENCH_CONTROL_H

/* argv[0] is its name. Returns 0 done, 1 a limit is exceeded, a run failed, or the guard found
 * violations, 2 the command line or a file is wrong. */
int hs_bench_control(int argc, char **argv);

#endif
