/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/bench/speed_report.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "host_stub/base/json.h"
#include "host_stub/base/text.h"

enum { CELL = 40, JSON_DECIMALS = 3 };

static double ratio_of(const hs_speed_row *row)
{
    return row->ns / row->floor_ns;
}

/* A time with the unit that suits it. */
static const char *time_cell(char *to, double ns)
{
    char number[CELL];
    if (ns < 1e4) {
        snprintf(to, CELL, "%s ns", hs_format_fixed(number, sizeof number, ns, 1));
    } else if (ns < 1e7) {
        snprintf(to, CELL, "%s us", hs_format_fixed(number, sizeof number, ns / 1e3, 1));
    } else {
        snprintf(to, CELL, "%s ms", hs_format_fixed(number, sizeof number, ns / 1e6, 1));
    }
    return to;
}

/* The limit that a row has, and whether it is kept; empty when it has none. */
static const char *limit_cell(char *to, const hs_speed_row *row)
{
    char number[CELL / 2];
    const char *unit = "x";
    double most = row->most_ratio;
    double is = row->floor_ns > 0.0 ? ratio_of(row) : 0.0;
    if (row->most_above_ns > 0.0) {
        most = row->most_above_ns;
        is = row->ns - row->floor_ns;
        unit = "ns above";
    } else if (row->most_bytes > 0.0) {
        most = row->most_bytes;
        is = row->bytes;
        unit = "bytes";
    }
    to[0] = '\0';
    if (most > 0.0) {
        snprintf(to, CELL, "%s %s: %s", hs_format_fixed(number, sizeof number, most, 0), unit,
                 is <= most ? "kept" : "MISSED");
    }
    return to;
}

static void print_row(FILE *to, const hs_speed_row *row)
{
    char cells[5][CELL] = {"", "", "", "", ""};
    if (row->bytes > 0.0) {
        char number[CELL / 2];
        snprintf(cells[0], CELL, "%s B", hs_format_fixed(number, sizeof number, row->bytes, 1));
    } else {
        (void)time_cell(cells[0], row->ns);
        (void)time_cell(cells[1], row->floor_ns);
        (void)hs_format_fixed(cells[2], CELL, ratio_of(row), 2);
    }
    if (row->moves > 0) {
        snprintf(cells[3], CELL, "%" PRIu32, row->moves);
    }
    fprintf(to, "  %-36s %12s %12s %9s %9s  %s\n", row->name, cells[0], cells[1], cells[2],
            cells[3], limit_cell(cells[4], row));
}

void hs_speed_print_table(FILE *to, const hs_speed_result *result)
{
    uint32_t channels = 0;
    for (uint32_t i = 0; i < result->count; i++) {
        const hs_speed_row *const row = &result->rows[i];
        if (row->channels != channels) {
            channels = row->channels;
            fprintf(to, "%s%" PRIu32 " channels\n  %-36s %12s %12s %9s %9s  %s\n",
                    i > 0 ? "\n" : "", channels, "", "time", "floor", "ratio", "moves", "limit");
        }
        print_row(to, row);
    }
}

static json_t *object_of(const hs_speed_row *row)
{
    json_t *const object = json_object();
    const int is_time = !(row->bytes > 0.0);
    const double ratio = is_time ? ratio_of(row) : NAN; /* null */
    hs_json_text(object, "name", row->name);
    hs_json_count(object, "channels", row->channels);
    hs_json_number(object, "ns", is_time ? row->ns : NAN, JSON_DECIMALS);
    hs_json_number(object, "floor_ns", is_time ? row->floor_ns : NAN, JSON_DECIMALS);
    hs_json_number(object, "ratio", ratio, JSON_DECIMALS);
    if (!is_time) {
        hs_json_number(object, "bytes", row->bytes, JSON_DECIMALS);
    }
    if (row->moves > 0) {
        hs_json_count(object, "moves", row->moves);
    }
    return object;
}

/* One object as a line; it is given away. */
static int print_line(FILE *to, json_t *object)
{
    char *const text = hs_json_line(object);
    const int rc = text == NULL || fprintf(to, "%s\n", text) < 0 ? -1 : 0;
    free(text);
    return rc;
}

int hs_speed_print_json(FILE *to, const hs_speed_result *result)
{
    int rc = 0;
    for (uint32_t i = 0; i < result->count && rc == 0; i++) {
        rc = print_line(to, object_of(&result->rows[i]));
    }
    return rc;
}

void hs_speed_print_comparison(FILE *to, const hs_speed_comparison *comparison)
{
    fprintf(to, "%" PRIu32 " channels, %" PRIu32 " rounds\n  %-36s %12s %12s %9s %9s %9s\n",
            comparison->channels, comparison->rounds, "", "plugin", "against", "ratio", "lowest",
            "highest");
    for (uint32_t i = 0; i < comparison->count; i++) {
        const hs_speed_pair *const pair = &comparison->pairs[i];
        const double ratios[] = {pair->ratio, pair->lowest, pair->highest};
        fprintf(to, "  %-36s", pair->name);
        for (int side = 0; side < 2; side++) {
            char cell[CELL];
            if (pair->is_bytes) {
                char bytes[CELL / 2];
                snprintf(cell, sizeof cell, "%s B",
                         hs_format_fixed(bytes, sizeof bytes, pair->value[side], 1));
            } else {
                (void)time_cell(cell, pair->value[side]);
            }
            fprintf(to, " %12s", cell);
        }
        for (int k = 0; k < 3; k++) {
            char cell[CELL];
            fprintf(to, " %9s", hs_format_fixed(cell, sizeof cell, ratios[k], 3));
        }
        fputc('\n', to);
    }
}

int hs_speed_print_comparison_json(FILE *to, const hs_speed_comparison *comparison)
{
    int rc = 0;
    for (uint32_t i = 0; i < comparison->count && rc == 0; i++) {
        const hs_speed_pair *const pair = &comparison->pairs[i];
        json_t *const object = json_object();
        hs_json_text(object, "name", pair->name);
        hs_json_count(object, "channels", comparison->channels);
        hs_json_count(object, "rounds", comparison->rounds);
        hs_json_number(object, pair->is_bytes ? "bytes" : "ns", pair->value[0], JSON_DECIMALS);
        hs_json_number(object, pair->is_bytes ? "against_bytes" : "against_ns", pair->value[1],
                       JSON_DECIMALS);
        hs_json_number(object, "ratio", pair->ratio, JSON_DECIMALS);
        hs_json_number(object, "lowest", pair->lowest, JSON_DECIMALS);
        hs_json_number(object, "highest", pair->highest, JSON_DECIMALS);
        rc = print_line(to, object);
    }
    return rc;
}
