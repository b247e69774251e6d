/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/cmd/bench_speed.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host_stub/base/paths.h"
#include "host_stub/base/text.h"
#include "host_stub/bench/speed_measure.h"
#include "host_stub/bench/speed_report.h"
#include "host_stub/load/loader.h"

enum { SIZES_MAX = 8, CHANNELS_MIN = 100, CHANNELS_MAX = 10000000, WHY_SIZE = 4096 };

struct command_line {
    const char *plugin;
    const char *against;
    const char *json;
    uint32_t sizes[SIZES_MAX];
    uint32_t size_count;
    int quick;
    int help;
};

static const char USAGE[] =
    "usage: host_stub bench speed [options]\n"
    "\n"
    "Measures what each hook of a plugin costs, next to what the machine charges anyway: a call\n"
    "into a shared object, adding to one 64-byte record after another in the order of the shares,\n"
    "and a scan of as many records as there are channels. Compare the ratios, not the times.\n"
    "\n"
    "  --channels LIST    sizes of the farm, 100 to 10000000; default: 1000,10000,100000,1000000\n"
    "  --plugin FILE.so   default: hashmux.so beside this program\n"
    "  --against FILE.so  measure this plugin in turns with the other on one farm (A B B A ...)\n"
    "                     and print the medians of both and the ratio of the rounds\n"
    "  --json FILE        one object per line into FILE; - = to standard output, no table\n"
    "  --quick            three repetitions of everything: rougher numbers, sooner\n"
    "\n"
    "Shares, open, close and snapshot are nanoseconds a call; a tick is the whole call (a tick in\n"
    "parts: all calls with 1024 rows each). Status: 0 done, 1 the plugin was refused or failed, 2\n"
    "the command line or a file is wrong.\n";

static int complain(const char *what)
{
    fprintf(stderr, "host_stub bench speed: %s\n", what);
    return -1;
}

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

static int parse_sizes(const char *list, struct command_line *line)
{
    line->size_count = 0;
    for (;;) {
        char item[24];
        const size_t len = strcspn(list, ",");
        if (len >= sizeof item || line->size_count == SIZES_MAX) {
            return -1;
        }
        memcpy(item, list, len);
        item[len] = '\0';
        if (parse_size(item, &line->sizes[line->size_count]) != 0) {
            return -1;
        }
        line->size_count++;
        if (list[len] == '\0') {
            return 0;
        }
        list += len + 1;
    }
}

static int take_option(struct command_line *line, const char *name, const char *value)
{
    if (strcmp(name, "--plugin") == 0) {
        line->plugin = value;
    } else if (strcmp(name, "--against") == 0) {
        line->against = value;
    } else if (strcmp(name, "--json") == 0) {
        line->json = value;
    } else if (parse_sizes(value, line) != 0) {
        return complain("--channels takes one to eight whole numbers from 100 to 10000000 with "
                        "commas between, such as 1000,1e6");
    }
    return 0;
}

static int read_command_line(int argc, char **argv, struct command_line *line)
{
    *line = (struct command_line){.sizes = {1000, 10000, 100000, 1000000}, .size_count = 4};
    for (int i = 1; i < argc; i++) {
        const int known = strcmp(argv[i], "--channels") == 0 || strcmp(argv[i], "--plugin") == 0 ||
                          strcmp(argv[i], "--against") == 0 || strcmp(argv[i], "--json") == 0;
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            line->help = 1;
        } else if (strcmp(argv[i], "--quick") == 0) {
            line->quick = 1;
        } else if (!known) {
            fprintf(stderr, "host_stub bench speed: there is no option '%s'; --help lists them\n",
                    argv[i]);
            return -1;
        } else if (i + 1 == argc) {
            fprintf(stderr, "host_stub bench speed: %s needs a value\n", argv[i]);
            return -1;
        } else if (take_option(line, argv[i], argv[i + 1]) != 0) {
            return -1;
        } else {
            i++;
        }
    }
    return 0;
}

static int open_plugin(const char *given, hs_plugin *plugin)
{
    char path[WHY_SIZE];
    char why[WHY_SIZE];
    const hs_load_options options = hs_loader_defaults();
    if (given == NULL && hs_path_default_plugin(path, sizeof path) != 0) {
        return complain("hashmux.so is not found; name a plugin with --plugin");
    }
    return hs_loader_open(given != NULL ? given : path, &options, plugin, why, sizeof why) ==
                   HS_LOAD_OK
               ? 0
               : complain(why);
}

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

/* Both at the same size of farm, or the plugin alone. 0, 1 when a plugin failed, 2 when the output
 * cannot be written. */
static int measure_size(const hs_speed_options *options, const hs_plugin *against, FILE *json)
{
    static hs_speed_result result;
    static hs_speed_comparison comparison;
    char why[WHY_SIZE] = "";
    result.count = 0;
    const int rc = against != NULL
                       ? hs_speed_compare(options, against, &comparison, why, sizeof why)
                       : hs_speed_measure(options, &result, why, sizeof why);
    if (options->progress != NULL) {
        end_progress();
    }
    if (rc != 0) {
        complain(why);
        return 1;
    }
    if (json != NULL && (against != NULL ? hs_speed_print_comparison_json(json, &comparison)
                                         : hs_speed_print_json(json, &result)) != 0) {
        complain("the JSON lines cannot be written");
        return 2;
    }
    if (json != stdout && against != NULL) {
        hs_speed_print_comparison(stdout, &comparison);
    } else if (json != stdout) {
        hs_speed_print_table(stdout, &result);
    }
    fflush(stdout);
    return 0;
}

static int measure(const struct command_line *line, const hs_plugin *plugin,
                   const hs_plugin *against, FILE *json)
{
    int status = 0;
    if (json != stdout) {
        printf("plugin %s %s", plugin->id, plugin->version);
        if (against != NULL) {
            printf(" against %s %s (%s)", against->id, against->version, line->against);
        }
        puts("");
    }
    for (uint32_t i = 0; i < line->size_count && status == 0; i++) {
        const hs_speed_options options = {.plugin = plugin,
                                          .channels = line->sizes[i],
                                          .quick = line->quick,
                                          .progress = isatty(STDERR_FILENO) ? show_progress : NULL};
        fputs(json != stdout ? "\n" : "", stdout);
        status = measure_size(&options, against, json);
    }
    return status;
}

int hs_bench_speed(int argc, char **argv)
{
    struct command_line line;
    hs_plugin plugin;
    hs_plugin against;
    FILE *json = NULL;
    if (read_command_line(argc, argv, &line) != 0) {
        return 2;
    }
    if (line.help) {
        fputs(USAGE, stdout);
        return 0;
    }
    memset(&plugin, 0, sizeof plugin);
    memset(&against, 0, sizeof against);
    int status = 1;
    if (open_plugin(line.plugin, &plugin) != 0 ||
        (line.against != NULL && open_plugin(line.against, &against) != 0)) {
        goto cleanup;
    }
    status = 2;
    if (line.json != NULL) {
        json = strcmp(line.json, "-") == 0 ? stdout : fopen(line.json, "w");
        if (json == NULL) {
            fprintf(stderr, "host_stub bench speed: %s cannot be written\n", line.json);
            goto cleanup;
        }
    }
    status = measure(&line, &plugin, line.against != NULL ? &against : NULL, json);
    if (json != NULL && (json == stdout ? fflush(json) : fclose(json)) != 0 && status == 0) {
        complain("the JSON lines cannot be written");
        status = 2;
    }
cleanup:
    hs_loader_close(&against);
    hs_loader_close(&plugin);
    return status;
}
