/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The command `host_stub audit`: reads an audit back: why was this miner moved, how many moves an
 * hour, and do the lines add up. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host_stub/base/text.h"
#include "host_stub/cmd/commands.h"

typedef struct options {
    const char *file;
    const char *identity;
    uint64_t channel;
    int has_channel;
} options;

static const hs_option OPTIONS[] = {
    HS_STRING(INPUT, "FILE", NULL, HS_AT(options, file), "the audit", .required = 1),
    HS_STRING(TEXT, "--identity", "TEXT", HS_AT(options, identity),
              "tells the lines about miners whose user_identity holds TEXT"),
    HS_WHOLE("--channel", "N", HS_AT(options, channel), 1, UINT64_MAX, NULL,
             "tells the lines about this channel", .given = offsetof(options, has_channel)),
};

const hs_command HS_AUDIT_COMMAND = {
    .name = "audit",
    .title = "reads an audit back: why did this miner move?",
    .about =
        "Reads a file that proxy has written with --audit. Counts what is in it, checks that "
        "each outcome belongs to a decision, and tells in a sentence each what concerns a "
        "miner. A line in pieces, as a process leaves it that was killed, is told and no mistake.",
    .no = "there is a line that is none, or an outcome without its decision",
    .options = OPTIONS,
    .count = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(options),
};

typedef struct account {
    const options *o;
    uint64_t lines;
    uint64_t torn;   /* the beginning of one: the process was killed */
    uint64_t broken; /* anything else */
    uint64_t placements;
    uint64_t decisions;
    uint64_t outcomes;
    uint64_t applied;
    uint64_t withheld;
    uint64_t without; /* outcomes whose decision stands nowhere before */
    double first_ms;
    double last_ms;
    json_t *open; /* decisions that have no outcome yet, by number */
} account;

static const char *text_of(const json_t *line, const char *key)
{
    const char *const text = json_string_value(json_object_get(line, key));
    return text != NULL ? text : "?";
}

static const char *pool_of(const json_t *line, const char *key)
{
    const json_t *const pool = json_object_get(line, key);
    return json_is_object(pool) ? text_of(pool, "id") : "no pool";
}

static void print_time(double unix_ms)
{
    char text[32] = "?";
    const time_t seconds = (time_t)(unix_ms / 1000.0);
    struct tm utc;
    if (gmtime_r(&seconds, &utc) != NULL) {
        (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    }
    (void)fputs(text, stdout);
}

static int is_wanted(const options *o, const json_t *line)
{
    if (o->has_channel) {
        return (uint64_t)json_integer_value(json_object_get(line, "channel")) == o->channel;
    }
    return o->identity != NULL && strstr(text_of(line, "identity"), o->identity) != NULL;
}

static void tell(const json_t *line, double unix_ms)
{
    const char *const event = text_of(line, "event");
    char ths[32];
    print_time(unix_ms);
    (void)printf(" channel %" JSON_INTEGER_FORMAT " %s ",
                 json_integer_value(json_object_get(line, "channel")), text_of(line, "identity"));
    if (strcmp(event, "placement") == 0) {
        (void)printf("(%s TH/s) came to %s: %s\n",
                     hs_format_fixed(ths, sizeof ths,
                                     json_number_value(json_object_get(line, "hashrate_hs")) / 1e12,
                                     3),
                     pool_of(line, "to"), text_of(line, "reason"));
    } else if (strcmp(event, "decision") == 0) {
        (void)printf(
            "(%s TH/s) is to go from %s to %s: %s%s\n",
            hs_format_fixed(ths, sizeof ths,
                            json_number_value(json_object_get(line, "hashrate_hs")) / 1e12, 3),
            pool_of(line, "from"), pool_of(line, "to"), text_of(line, "reason"),
            json_is_true(json_object_get(line, "withheld")) ? ", withheld: it only watches" : "");
    } else {
        (void)printf("%s\n", text_of(line, "result"));
    }
}

static void count(account *a, const json_t *line, const char *event)
{
    char number[32];
    (void)snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT,
                   json_integer_value(json_object_get(line, "decision")));
    if (strcmp(event, "placement") == 0) {
        a->placements++;
    } else if (strcmp(event, "decision") == 0) {
        a->decisions++;
        if (json_is_true(json_object_get(line, "withheld"))) {
            a->withheld++;
        } else {
            (void)json_object_set_new(a->open, number, json_true());
        }
    } else {
        a->outcomes++;
        a->applied += strcmp(text_of(line, "result"), "applied") == 0;
        const int is_forced = json_integer_value(json_object_get(line, "decision")) == 0;
        if (!is_forced && json_object_del(a->open, number) != 0) {
            a->without++;
        }
    }
}

static void take_line(account *a, const char *text, size_t len)
{
    json_t *const line = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    const char *const event =
        line != NULL ? json_string_value(json_object_get(line, "event")) : NULL;
    if (event == NULL) {
        const int is_torn = line == NULL && strncmp(text, "{\"v\":1", 5) == 0;
        a->torn += (uint64_t)is_torn;
        a->broken += (uint64_t)!is_torn;
        json_decref(line);
        return;
    }
    const double ms = json_number_value(json_object_get(line, "unix_ms"));
    a->first_ms = a->lines == 0 ? ms : a->first_ms;
    a->last_ms = ms;
    a->lines++;
    count(a, line, event);
    if (is_wanted(a->o, line)) {
        tell(line, ms);
    }
    json_decref(line);
}

static void print_account(const account *a)
{
    char rate[32];
    const double hours = (a->last_ms - a->first_ms) / 3.6e6;
    (void)printf(
        "%" PRIu64 " lines: %" PRIu64 " placements, %" PRIu64 " decisions (%" PRIu64
        " withheld, %zu without an outcome yet), %" PRIu64 " outcomes, %" PRIu64
        " of them applied: %s moves an hour\n",
        a->lines, a->placements, a->decisions, a->withheld, json_object_size(a->open), a->outcomes,
        a->applied,
        hs_format_fixed(rate, sizeof rate, hours > 0.0 ? (double)a->applied / hours : 0.0, 2));
    if (a->torn > 0) {
        (void)printf("%" PRIu64 " lines in pieces, where a process was killed\n", a->torn);
    }
    if (a->broken > 0) {
        (void)printf("%" PRIu64 " lines are no lines of an audit\n", a->broken);
    }
    if (a->without > 0) {
        (void)printf("%" PRIu64 " outcomes belong to no decision here\n", a->without);
    }
}

int hs_cmd_audit(hs_call *call)
{
    account a = {.o = call->options, .open = json_object()};
    FILE *const file = fopen(a.o->file, "r");
    char *text = NULL;
    size_t capacity = 0;
    if (file == NULL) {
        json_decref(a.open);
        (void)hs_refuse(call->why, sizeof call->why, "%s cannot be read: %s", a.o->file,
                        strerror(errno));
        return HS_STATUS_WRONG;
    }
    for (ssize_t len; (len = getline(&text, &capacity, file)) > 0;) {
        take_line(&a, text, (size_t)len);
    }
    free(text);
    (void)fclose(file);
    print_account(&a);
    json_decref(a.open);
    return a.broken + a.without > 0 ? HS_STATUS_NO : HS_STATUS_DONE;
}
