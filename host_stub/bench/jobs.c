/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/bench/jobs.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host_stub/base/array.h"
#include "host_stub/base/text.h"

/* One process at work, and what has come from it. */
struct worker {
    pid_t pid; /* 0 = free */
    int fd;
    uint32_t job;
    char *bytes;
    size_t len;
    size_t capacity;
};

struct crew {
    const hs_bench_job *jobs;
    hs_bench_run *runs;
    char **lines;
    uint32_t *order; /* of the jobs, the costly first */
    uint32_t count;
    uint32_t started;
    uint32_t finished;
    uint32_t workers;
    uint32_t busy;
    struct worker crew[HS_BENCH_WORKERS_MAX];
};

uint32_t hs_bench_processors(void)
{
    const long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > HS_BENCH_WORKERS_MAX ? HS_BENCH_WORKERS_MAX : (uint32_t)n;
}

/* ---- in the process that makes the run ---- */

static int write_all(int fd, const void *data, size_t len)
{
    const char *at = data;
    while (len > 0) {
        const ssize_t n = write(fd, at, len);
        if (n < 0 && errno != EINTR) {
            return -1;
        }
        at += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

/* The run, its series, and then its line up to the end. */
static int send_run(int fd, const hs_bench_run *run, const char *line)
{
    const hs_bench_series *const s = &run->series;
    const size_t cells = (size_t)s->points * s->pool_count * sizeof(double);
    return write_all(fd, run, sizeof *run) != 0 || write_all(fd, s->delivered_pct, cells) != 0 ||
                   write_all(fd, s->effective_pct, cells) != 0 ||
                   write_all(fd, s->moves, s->points * sizeof(double)) != 0 ||
                   (line != NULL && write_all(fd, line, strlen(line)) != 0)
               ? -1
               : 0;
}

static void make_run(const hs_bench_job *job, int fd)
{
    static hs_bench_run run; /* large, and this process makes no other */
    char *line = NULL;
    hs_bench_measure(job, &run, &line);
    const int rc = send_run(fd, &run, line);
    _exit(rc == 0 ? 0 : 1);
}

/* ---- in the process that gathers ---- */

static int start(struct crew *c, struct worker *w)
{
    int ends[2];
    if (pipe(ends) != 0) {
        return -1;
    }
    const uint32_t job = c->order[c->started];
    const pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        make_run(&c->jobs[job], ends[1]);
    }
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return -1;
    }
    *w = (struct worker){.pid = pid, .fd = ends[0], .job = job};
    c->started++;
    c->busy++;
    return 0;
}

static void fail(hs_bench_run *run, const hs_bench_job *job, const char *why, int number)
{
    memset(run, 0, sizeof *run);
    memcpy(run->scenario, job->scenario->name, sizeof run->scenario);
    memcpy(run->policy, job->policy->policy, sizeof run->policy);
    memcpy(run->preset, job->policy->preset, sizeof run->preset);
    run->seed = job->seed;
    run->failed = 1;
    snprintf(run->why, sizeof run->why, "%s %d", why, number);
}

/* Copies `count` doubles from *at, which goes on behind them. NULL when they are not there. */
static double *take_doubles(const char **at, const char *end, size_t count)
{
    double *const values = malloc(count > 0 ? count * sizeof *values : 1);
    if (values == NULL || (size_t)(end - *at) < count * sizeof *values) {
        free(values);
        return NULL;
    }
    if (count > 0) {
        memcpy(values, *at, count * sizeof *values);
    }
    *at += count * sizeof *values;
    return values;
}

/* 0, or -1 when what came is not a whole run. */
static int unpack(const struct worker *w, hs_bench_run *run, char **line)
{
    const char *at = w->bytes;
    const char *const end = w->bytes + w->len;
    if (w->len < sizeof *run) {
        return -1;
    }
    memcpy(run, at, sizeof *run);
    at += sizeof *run;
    hs_bench_series *const s = &run->series;
    const size_t cells = (size_t)s->points * s->pool_count;
    s->delivered_pct = take_doubles(&at, end, cells);
    s->effective_pct = take_doubles(&at, end, cells);
    s->moves = take_doubles(&at, end, s->points);
    if (s->delivered_pct == NULL || s->effective_pct == NULL || s->moves == NULL) {
        hs_bench_run_free(run);
        return -1;
    }
    const size_t len = (size_t)(end - at);
    *line = len > 0 ? malloc(len + 1) : NULL;
    if (*line != NULL) {
        memcpy(*line, at, len);
        (*line)[len] = '\0';
    }
    return 0;
}

/* The process has closed its end. */
static void finish(struct crew *c, struct worker *w)
{
    hs_bench_run *const run = &c->runs[w->job];
    const hs_bench_job *const job = &c->jobs[w->job];
    int status = 0;
    close(w->fd);
    while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFSIGNALED(status)) {
        fail(run, job, "its process was ended by signal", WTERMSIG(status));
    } else if (unpack(w, run, &c->lines[w->job]) != 0) {
        fail(run, job, "its process gave no result and ended with", WEXITSTATUS(status));
    }
    free(w->bytes);
    memset(w, 0, sizeof *w);
    c->busy--;
    c->finished++;
}

/* 1 = more may come, 0 = the end, -1 = out of memory. */
static int receive(struct worker *w)
{
    if (HS_GROW(w->bytes, w->capacity, w->len + 65536) != 0) {
        return -1;
    }
    const ssize_t n = read(w->fd, w->bytes + w->len, w->capacity - w->len);
    w->len += n > 0 ? (size_t)n : 0;
    return n > 0 || (n < 0 && errno == EINTR) ? 1 : 0;
}

/* Waits until something has come, and takes it. 0, or -1 out of memory. */
static int gather(struct crew *c, const hs_bench_progress *progress)
{
    struct pollfd fds[HS_BENCH_WORKERS_MAX];
    struct worker *whose[HS_BENCH_WORKERS_MAX];
    nfds_t count = 0;
    for (uint32_t i = 0; i < c->workers; i++) {
        if (c->crew[i].pid != 0) {
            whose[count] = &c->crew[i];
            fds[count++] = (struct pollfd){.fd = c->crew[i].fd, .events = POLLIN};
        }
    }
    if (poll(fds, count, -1) < 0) {
        return errno == EINTR ? 0 : -1;
    }
    for (nfds_t i = 0; i < count; i++) {
        const int more = fds[i].revents != 0 ? receive(whose[i]) : 1;
        if (more < 0) {
            return -1;
        }
        if (more == 0) {
            finish(c, whose[i]);
            if (progress->done != NULL) {
                progress->done(progress->ctx, c->finished, c->count);
            }
        }
    }
    return 0;
}

/* Roughly the seconds of miners that are to be simulated. */
static double cost(const hs_bench_job *job)
{
    const uint64_t seconds = job->seconds > 0 ? job->seconds : job->scenario->seconds;
    return (double)seconds * (double)(job->scenario->farm.miners + 20);
}

static int sort_by_cost(struct crew *c)
{
    c->order = malloc((c->count > 0 ? c->count : 1) * sizeof *c->order);
    if (c->order == NULL) {
        return -1;
    }
    /* Jobs come scenario by scenario: an insertion that goes on from the end is quick. */
    for (uint32_t i = 0; i < c->count; i++) {
        uint32_t at = i;
        while (at > 0 && cost(&c->jobs[c->order[at - 1]]) < cost(&c->jobs[i])) {
            c->order[at] = c->order[at - 1];
            at--;
        }
        c->order[at] = i;
    }
    return 0;
}

/* Starts as many as may work at once. 0, or -1 when none is at work. */
static int start_some(struct crew *c)
{
    for (uint32_t i = 0; i < c->workers && c->started < c->count; i++) {
        if (c->crew[i].pid == 0 && start(c, &c->crew[i]) != 0) {
            return c->busy > 0 ? 0 : -1;
        }
    }
    return 0;
}

int hs_bench_run_jobs(const hs_bench_job *jobs, hs_bench_run *runs, char **lines, uint32_t count,
                      uint32_t workers, const hs_bench_progress *progress, char *why,
                      size_t capacity)
{
    struct crew *const c = calloc(1, sizeof *c);
    int rc = 0;
    if (c == NULL) {
        return hs_refuse(why, capacity, "out of memory");
    }
    c->jobs = jobs;
    c->runs = runs;
    c->lines = lines;
    c->count = count;
    c->workers = workers < 1 ? 1 : workers > HS_BENCH_WORKERS_MAX ? HS_BENCH_WORKERS_MAX : workers;
    for (uint32_t i = 0; i < count; i++) {
        fail(&runs[i], &jobs[i], "it was not made, run", (int)i + 1);
        lines[i] = NULL;
    }
    rc = sort_by_cost(c);
    while (rc == 0 && c->finished < count) {
        if (start_some(c) != 0) {
            rc = hs_refuse(why, capacity, "no process can be started: %s", strerror(errno));
        } else if (gather(c, progress) != 0) {
            rc = hs_refuse(why, capacity, "out of memory");
        }
    }
    for (uint32_t i = 0; i < c->workers; i++) { /* only after a failure is one still at work */
        if (c->crew[i].pid != 0) {
            finish(c, &c->crew[i]);
        }
    }
    free(c->order);
    free(c);
    return rc;
}
