/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/stress/report.h"

#include <inttypes.h>
#include <stdio.h>

#include "host_stub/base/json.h"
#include "host_stub/base/text.h"

#define RSS_MOST     400e6 /* bytes */
#define P99_MOST_MS  20.0  /* at half the rate */
#define ANSWERED_PCT 99.0

static double rate_of(const hs_stress_phase *phase, uint64_t count)
{
    return phase->seconds > 0.0 ? (double)count / phase->seconds : 0.0;
}

/* Stale ones are, too. */
static uint64_t answered_of(const hs_stress_phase *phase)
{
    return phase->shares.accepted + phase->shares.refused;
}

static double cpu_pct(const hs_stress_phase *phase)
{
    return phase->seconds > 0.0 ? 100.0 * phase->cpu_secs / phase->seconds : 0.0;
}

/* What it used beyond what it uses without shares. */
static double us_per_share(const hs_stress_row *row)
{
    const double idle_secs =
        row->idle.seconds > 0.0 ? row->idle.cpu_secs * row->full.seconds / row->idle.seconds : 0.0;
    const double extra_secs = row->full.cpu_secs - idle_secs;
    return row->full.shares.submitted > 0 ? 1e6 * extra_secs / (double)row->full.shares.submitted
                                          : 0.0;
}

static double bytes_per_connection(const hs_stress_row *row)
{
    return ((double)row->rss_ready - (double)row->rss_before) / (double)row->connections;
}

void hs_stress_print_heading(const hs_stress_options *options)
{
    (void)printf(
        "%s, %u channels a connection. Processor time and memory are the proxy's.\n\n"
        "                       ready  memory   KB a | idle |     whole rate                       "
        "          | half the rate\n"
        "connections channels       s      MB  conn. | cpu%% | shares/s answered  cpu%%  us each  "
        "p50 ms  p99 ms | p99 ms  most ms\n",
        options->plain ? "Plain frames" : "Noise", (unsigned)options->channels);
    (void)fflush(stdout);
}

void hs_stress_print(const hs_stress_row *row)
{
    char t[10][32];
    (void)printf(
        "%11" PRIu32 " %8" PRIu32 " %7s %7s %6s | %4s | %8s %8s %5s %8s %7s %7s | %6s %8s\n",
        row->connections, row->channels, hs_format_fixed(t[0], sizeof t[0], row->ready_secs, 1),
        hs_format_fixed(t[1], sizeof t[1], (double)row->rss_peak / 1e6, 1),
        hs_format_fixed(t[2], sizeof t[2], bytes_per_connection(row) / 1e3, 1),
        hs_format_fixed(t[3], sizeof t[3], cpu_pct(&row->idle), 1),
        hs_format_fixed(t[4], sizeof t[4], rate_of(&row->full, row->full.shares.submitted), 0),
        hs_format_fixed(t[5], sizeof t[5], rate_of(&row->full, answered_of(&row->full)), 0),
        hs_format_fixed(t[6], sizeof t[6], cpu_pct(&row->full), 1),
        hs_format_fixed(t[7], sizeof t[7], us_per_share(row), 1),
        hs_format_fixed(t[8], sizeof t[8], row->full.shares.p50_ms, 1),
        hs_format_fixed(t[9], sizeof t[9], row->full.shares.p99_ms, 1),
        hs_format_fixed((char[32]){0}, 32, row->half.shares.p99_ms, 1),
        hs_format_fixed((char[32]){0}, 32, row->half.shares.most_ms, 1));
    if (row->half.shares.lag_p99_ms > 1.0) {
        (void)printf("%20s the miners themselves were late by %s ms (p99)\n", "",
                     hs_format_fixed(t[0], sizeof t[0], row->half.shares.lag_p99_ms, 1));
    }
    if (row->trouble[0] != '\0') {
        (void)printf("%20s %s\n", "", row->trouble);
    }
    (void)fflush(stdout);
}

static json_t *phase_json(const hs_stress_phase *phase)
{
    json_t *const all = json_object();
    hs_json_number(all, "seconds", phase->seconds, 3);
    hs_json_number(all, "cpu_pct", cpu_pct(phase), 2);
    hs_json_count(all, "submitted", phase->shares.submitted);
    hs_json_count(all, "accepted", phase->shares.accepted);
    hs_json_count(all, "refused", phase->shares.refused);
    hs_json_count(all, "unanswered", phase->unanswered);
    hs_json_count(all, "late", phase->shares.late);
    hs_json_number(all, "p50_ms", phase->shares.p50_ms, 3);
    hs_json_number(all, "p99_ms", phase->shares.p99_ms, 3);
    hs_json_number(all, "most_ms", phase->shares.most_ms, 3);
    hs_json_number(all, "lag_p99_ms", phase->shares.lag_p99_ms, 3);
    return all;
}

json_t *hs_stress_json(const hs_stress_row *row)
{
    json_t *const all = json_object();
    hs_json_count(all, "connections", row->connections);
    hs_json_count(all, "channels", row->channels);
    hs_json_number(all, "shares_per_second", row->per_second, 3);
    hs_json_number(all, "ready_secs", row->ready_secs, 3);
    hs_json_number(all, "ready_cpu_secs", row->ready_cpu_secs, 3);
    hs_json_count(all, "rss_before", row->rss_before);
    hs_json_count(all, "rss_ready", row->rss_ready);
    hs_json_count(all, "rss_peak", row->rss_peak);
    hs_json_number(all, "bytes_per_connection", bytes_per_connection(row), 0);
    hs_json_number(all, "us_per_share", us_per_share(row), 3);
    hs_json_put(all, "idle", phase_json(&row->idle));
    hs_json_put(all, "full", phase_json(&row->full));
    hs_json_put(all, "half", phase_json(&row->half));
    hs_json_count(all, "lost", row->lost);
    hs_json_text(all, "trouble", row->trouble);
    return all;
}

const char *hs_stress_check(const hs_stress_row *row, char *text, size_t capacity)
{
    char number[32];
    FILE *const to = fmemopen(text, capacity, "w");
    const double wanted = row->per_second * row->full.seconds * ANSWERED_PCT / 100.0;
    text[0] = '\0';
    if (to == NULL) {
        return text;
    }
    if ((double)answered_of(&row->full) < wanted) {
        (void)fprintf(to, "only %" PRIu64 " shares are answered in %s s\n", answered_of(&row->full),
                      hs_format_fixed(number, sizeof number, row->full.seconds, 1));
    }
    if (cpu_pct(&row->full) > 100.0) {
        (void)fprintf(to, "the proxy uses %s %% of a core\n",
                      hs_format_fixed(number, sizeof number, cpu_pct(&row->full), 1));
    }
    if ((double)row->rss_peak > RSS_MOST) {
        (void)fprintf(to, "the proxy needs %s MB\n",
                      hs_format_fixed(number, sizeof number, (double)row->rss_peak / 1e6, 1));
    }
    if (row->half.shares.p99_ms > P99_MOST_MS) {
        (void)fprintf(to, "at half the rate 99 %% of the answers take up to %s ms\n",
                      hs_format_fixed(number, sizeof number, row->half.shares.p99_ms, 1));
    }
    if (row->lost > 0 || row->trouble[0] != '\0') {
        (void)fprintf(to, "%" PRIu64 " shares are lost; %s\n", row->lost,
                      row->trouble[0] != '\0' ? row->trouble : "nothing else went wrong");
    }
    (void)fclose(to);
    return text;
}
