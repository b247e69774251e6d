/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/replay/input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/input.h"
#include "host_stub/base/text.h"

static int is_raw(const hs_replay_recording *recording)
{
    for (size_t i = 0; i < recording->len; i++) {
        const uint8_t c = recording->data[i];
        if (c < 0x20 && c != '\t' && c != '\n' && c != '\r') {
            return 1;
        }
    }
    return 0;
}

/* Turns the text into bytes in place. Returns 0, or -1 with *why. */
static int from_hex(const char *path, hs_replay_recording *r, char *why, size_t capacity)
{
    size_t len = 0;
    size_t line = 1;
    int high = -1;
    int comment = 0;
    for (size_t i = 0; i < r->len; i++) {
        const uint8_t c = r->data[i];
        const int value = hs_hex_digit((char)c);
        const int blank = c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '#';
        if (!comment && blank && high >= 0) {
            return hs_refuse(why, capacity, "%s:%zu: a hex digit without its second half", path,
                             line);
        }
        if (c == '\n') {
            line++;
            comment = 0;
        } else if (c == '#') {
            comment = 1;
        } else if (!comment && value >= 0) {
            if (high >= 0) {
                r->data[len++] = (uint8_t)(high << 4 | value);
            }
            high = high >= 0 ? -1 : value;
        } else if (!comment && !blank) {
            return hs_refuse(why, capacity,
                             "%s:%zu: byte 0x%02x is no hex digit; a recording as text has hex "
                             "digits, blanks and # comments only",
                             path, line, (unsigned)c);
        }
    }
    if (high >= 0 || len == 0) {
        return hs_refuse(why, capacity, "%s:%zu: %s", path, line,
                         high >= 0 ? "a hex digit without its second half"
                                   : "no frame: there are only blanks and comments");
    }
    r->len = len;
    r->was_hex = 1;
    return 0;
}

int hs_replay_recording_read(const char *path, hs_replay_recording *out, char *why, size_t capacity)
{
    memset(out, 0, sizeof *out);
    char *data = NULL;
    if (hs_input_read(path, HS_REPLAY_FILE_MAX, &data, &out->len, why, capacity) != 0) {
        return -1;
    }
    out->data = (uint8_t *)data;
    const int rc =
        out->len == 0
            ? hs_refuse(why, capacity, "%s: is empty; a recording has at least one frame", path)
        : is_raw(out) ? 0
                      : from_hex(path, out, why, capacity);
    if (rc != 0) {
        hs_replay_recording_free(out);
    }
    return rc;
}

void hs_replay_recording_free(hs_replay_recording *recording)
{
    free(recording->data);
    memset(recording, 0, sizeof *recording);
}
