/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * bench_control: `host_stub bench control`: scenarios x policies x seeds, each run in a process of
 * its own, as a table of error against moves with the floors of luck and of whole miners beside it,
 * as lines of JSON, as a page, and as an answer to the question whether it is good enough.
 *
 *   bench_options  the command line        bench_print, bench_json  the results for people,
 * programs bench_jobs     runs in parallel        bench_limits             what is good enough
 *   bench_measure  one run                 bench_check              whether it is
 *   bench_result   the structs that all of them share
 */
#ifndef HOST_STUB_BENCH_CONTROL_H
#define HOST_STUB_BENCH_CONTROL_H

/* argv[0] is its name. Returns 0 done, 1 a limit is exceeded, a run failed, or the guard found
 * violations, 2 the command line or a file is wrong. */
int hs_bench_control(int argc, char **argv);

#endif
