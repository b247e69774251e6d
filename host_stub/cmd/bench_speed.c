/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * cmd/bench_speed: `host_stub bench speed`: what each hook of a plugin costs, next to what the
 * machine charges anyway for the least that the hook could do. A time alone says more about the
 * machine than about the plugin; the ratio of two times that were measured in one run can be
 * compared.
 *
 * The plugin is called straight through its hooks, as a proxy would, and not through the guard.
 * The farm that is measured is in bench/speed_farm.h, the machine's
 * prices in bench/speed_floor.h, the list of measurements in bench/speed_measure.h. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host_stub/base/output.h"
#include "host_stub/base/text.h"
#include "host_stub/bench/speed_measure.h"
#include "host_stub/bench/speed_report.h"
#include "host_stub/cmd/commands.h"
#include "host_stub/cmd/find.h"

enum { SIZES_MAX = 8, CHANNELS_MIN = 100, CHANNELS_MAX = 10000000 };

typedef struct options {
    const char *plugin;
    const char *against;
    const char *json;
    uint32_t sizes[SIZES_MAX];
    uint32_t size_count;
    int quick;
} options;

/* A whole number, or one digit and an exponent as in 1e6. */
static int parse_size(const char *text, uint32_t *out)
{
    uint64_t value = 0;
    if (text[0] >= '1' && text[0] <= '9' && text[1] == 'e' && text[2] >= '0' && text[2] <= '7' &&
        text[3] == '\0') {
        value = (uint64_t)(text[0] - '0');
        for (int i = 0; i < text[2] - '0'; i++) {
            value *= 10u;
        }
    } else if (hs_parse_whole(text, &value) != 0) {
        return -1;
    }
    *out = (uint32_t)value;
    return value >= CHANNELS_MIN && value <= CHANNELS_MAX ? 0 : -1;
}

static int read_sizes(const hs_option *option, void *given, const char *value, char *why,
                      size_t capacity)
{
    options *const o = given;
    o->size_count = 0;
    for (const char *at = value; at != NULL; o->size_count++) {
        char word[24];
        hs_option_word(&at, word, sizeof word);
        if (o->size_count == SIZES_MAX || parse_size(word, &o->sizes[o->size_count]) != 0) {
            return hs_refuse(why, capacity,
                             "%s takes one to eight whole numbers from %d to %d with commas "
                             "between, such as 1000,1e6, not '%s'",
                             option->name, (int)CHANNELS_MIN, (int)CHANNELS_MAX, value);
        }
    }
    return 0;
}

#define AT(member) HS_AT(options, member)
static const hs_option OPTIONS[] = {
    HS_OTHER("--channels", "LIST", AT(sizes), read_sizes, "1000,10000,100000,1000000",
             "sizes of the farm, 100 to 10000000"),
    HS_STRING(INPUT, "--plugin", "FILE", AT(plugin), "default: hashmux.so beside this program"),
    HS_STRING(INPUT, "--against", "FILE", AT(against),
              "measure this plugin in turns with the other on one farm (A B B A ...) and print the "
              "medians of both and the ratio of the rounds"),
    HS_STRING(OUTPUT, "--json", "FILE", AT(json),
              "one object per line into FILE; - = to standard output, no table"),
    HS_FLAG("--quick", AT(quick), "three repetitions of everything: rougher numbers, sooner"),
};

const hs_command HS_BENCH_SPEED_COMMAND = {
    .name = "bench speed",
    .title = "what each hook costs, beside the machine's floors",
    .about =
        "Measures what each hook of a plugin costs, next to what the machine charges anyway: a "
        "call into a shared object, adding to one 64-byte record after another in the order of the "
        "shares, and a scan of as many records as there are channels. Compare the ratios, not the "
        "times.",
    .notes = "Shares, open, close and snapshot are nanoseconds a call; a tick is the whole call (a "
             "tick in parts: all calls with 1024 rows each).",
    .no = "a plugin was refused or failed",
    .options = OPTIONS,
    .count = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(options),
};

static void show_progress(uint32_t channels, const char *what)
{
    fprintf(stderr, "\r%9" PRIu32 " channels: %-16s", channels, what);
    fflush(stderr);
}

static void end_progress(void)
{
    fprintf(stderr, "\r%44s\r", "");
    fflush(stderr);
}

/* Both at the same size of farm, or the plugin alone. 0, or -1 with `why` when a plugin failed. */
static int measure_size(const hs_speed_options *how, const hs_plugin *against, FILE *json,
                        char *why, size_t capacity)
{
    static hs_speed_result result;
    static hs_speed_comparison comparison;
    result.count = 0;
    const int rc = against != NULL ? hs_speed_compare(how, against, &comparison, why, capacity)
                                   : hs_speed_measure(how, &result, why, capacity);
    if (how->progress != NULL) {
        end_progress();
    }
    if (rc != 0) {
        return -1;
    }
    /* What does not arrive is noticed at the end. */
    if (json != NULL && against != NULL) {
        (void)hs_speed_print_comparison_json(json, &comparison);
    } else if (json != NULL) {
        (void)hs_speed_print_json(json, &result);
    }
    if (json != stdout && against != NULL) {
        hs_speed_print_comparison(stdout, &comparison);
    } else if (json != stdout) {
        hs_speed_print_table(stdout, &result);
    }
    (void)fflush(stdout);
    return 0;
}

static int measure(const options *o, const hs_plugin *plugin, const hs_plugin *against, FILE *json,
                   char *why, size_t capacity)
{
    int rc = 0;
    if (json != stdout) {
        printf("plugin %s %s", plugin->id, plugin->version);
        if (against != NULL) {
            printf(" against %s %s (%s)", against->id, against->version, o->against);
        }
        puts("");
    }
    for (uint32_t i = 0; i < o->size_count && rc == 0; i++) {
        const hs_speed_options how = {.plugin = plugin,
                                      .channels = o->sizes[i],
                                      .quick = o->quick,
                                      .progress = isatty(STDERR_FILENO) ? show_progress : NULL};
        fputs(json != stdout ? "\n" : "", stdout);
        rc = measure_size(&how, against, json, why, capacity);
    }
    return rc;
}

int hs_cmd_bench_speed(hs_call *call)
{
    const options *const o = call->options;
    hs_plugin plugin;
    hs_plugin against;
    char *lines = NULL;
    size_t len = 0;
    FILE *json = NULL;
    int status = HS_STATUS_NO;
    memset(&plugin, 0, sizeof plugin);
    memset(&against, 0, sizeof against);
    const uint64_t caps = HS_HOST_CAPS_BUT_REOPEN;
    if (hs_find_plugin(o->plugin, caps, &plugin, call->why, sizeof call->why) != 0 ||
        (o->against != NULL &&
         hs_find_plugin(o->against, caps, &against, call->why, sizeof call->why) != 0)) {
        goto cleanup;
    }
    if (o->json != NULL) {
        json = strcmp(o->json, "-") == 0 ? stdout : open_memstream(&lines, &len);
    }
    if (o->json != NULL && json == NULL) {
        (void)hs_refuse(call->why, sizeof call->why, "out of memory");
        status = HS_STATUS_WRONG;
        goto cleanup;
    }
    if (measure(o, &plugin, o->against != NULL ? &against : NULL, json, call->why,
                sizeof call->why) == 0) {
        status = HS_STATUS_DONE;
    }
    if (json != NULL && json != stdout &&
        (fclose(json) != 0 ||
         hs_output_save(o->json, lines, len, call->why, sizeof call->why) != 0)) {
        status = HS_STATUS_WRONG;
    }
cleanup:
    free(lines);
    hs_loader_close(&against);
    hs_loader_close(&plugin);
    return status;
}
