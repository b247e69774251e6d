/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/replay/input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "host_stub/base/text.h"

/* Takes the whole file into *out. Returns 0, or -1 with *why. */
static int slurp(const char *path, FILE *file, hs_replay_recording *out, char *why, size_t capacity)
{
    struct stat info;
    if (fstat(fileno(file), &info) != 0 || !S_ISREG(info.st_mode)) {
        (void)snprintf(why, capacity, "%s: is not a regular file", path);
        return -1;
    }
    if (info.st_size == 0) {
        (void)snprintf(why, capacity, "%s: is empty; a recording has at least one frame", path);
        return -1;
    }
    if (info.st_size > HS_REPLAY_FILE_MAX) {
        (void)snprintf(why, capacity, "%s: has %lld bytes; at most %d are read", path,
                       (long long)info.st_size, HS_REPLAY_FILE_MAX);
        return -1;
    }
    out->data = malloc((size_t)info.st_size);
    if (out->data == NULL) {
        (void)snprintf(why, capacity, "%s: no memory for its %lld bytes", path,
                       (long long)info.st_size);
        return -1;
    }
    out->len = fread(out->data, 1, (size_t)info.st_size, file);
    if (out->len != (size_t)info.st_size) {
        (void)snprintf(why, capacity, "%s: only %zu of its %lld bytes could be read", path,
                       out->len, (long long)info.st_size);
        return -1;
    }
    return 0;
}

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
            (void)snprintf(why, capacity, "%s:%zu: a hex digit without its second half", path,
                           line);
            return -1;
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
            (void)snprintf(why, capacity,
                           "%s:%zu: byte 0x%02x is no hex digit; a recording as text has hex "
                           "digits, blanks and # comments only",
                           path, line, (unsigned)c);
            return -1;
        }
    }
    if (high >= 0 || len == 0) {
        (void)snprintf(why, capacity, "%s:%zu: %s", path, line,
                       high >= 0 ? "a hex digit without its second half"
                                 : "no frame: there are only blanks and comments");
        return -1;
    }
    r->len = len;
    r->was_hex = 1;
    return 0;
}

int hs_replay_recording_read(const char *path, hs_replay_recording *out, char *why, size_t capacity)
{
    memset(out, 0, sizeof *out);
    FILE *const file = fopen(path, "rb");
    if (file == NULL) {
        (void)snprintf(why, capacity, "%s: cannot be opened: %s", path, strerror(errno));
        return -1;
    }
    const int done = slurp(path, file, out, why, capacity) == 0 &&
                     (is_raw(out) || from_hex(path, out, why, capacity) == 0);
    (void)fclose(file);
    if (!done) {
        hs_replay_recording_free(out);
    }
    return done ? 0 : -1;
}

void hs_replay_recording_free(hs_replay_recording *recording)
{
    free(recording->data);
    memset(recording, 0, sizeof *recording);
}
