/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/check/file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "host_stub/base/array.h"
#include "host_stub/base/text.h"
#include "host_stub/check/pools.h"
#include "host_stub/sv2/codec.h"

enum { SECONDS_DIGITS_MAX = 15, FRACTION_DIGITS_MAX = 9 };

enum hs_check_role hs_check_file_role(const char *path, char *pool, size_t capacity)
{
    const char *const slash = strrchr(path, '/');
    const char *const name = slash != NULL ? slash + 1 : path;
    if (strncmp(name, "up-", 3) != 0) {
        return HS_CHECK_DOWNSTREAM;
    }
    const size_t len = strcspn(name + 3, ".");
    (void)snprintf(pool, capacity, "%.*s", len < capacity ? (int)len : (int)capacity - 1, name + 3);
    return HS_CHECK_UPSTREAM;
}

static int is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Decimal seconds up to a blank or the end as milliseconds. Returns the first character behind, or
 * NULL when it is none. */
static const char *read_time(const char *at, uint64_t *t_ms)
{
    uint64_t value = 0;
    unsigned digits = 0;
    unsigned fraction = 0;
    for (; *at >= '0' && *at <= '9' && digits < SECONDS_DIGITS_MAX; at++, digits++) {
        value = value * 10 + (uint64_t)(*at - '0');
    }
    value *= 1000;
    if (digits > 0 && *at == '.') {
        uint64_t unit = 100;
        for (at++; *at >= '0' && *at <= '9' && fraction < FRACTION_DIGITS_MAX; at++, fraction++) {
            value += (uint64_t)(*at - '0') * unit;
            unit /= 10; /* what is finer than a millisecond is cut off */
        }
        digits = fraction;
    }
    *t_ms = value;
    return digits > 0 && (*at == '\0' || is_blank(*at)) ? at : NULL;
}

/* What a comment tells about the next frame, if it is such a comment. Returns 0, or -1 when it has
 * a time that is none. */
static int read_comment(const char *text, hs_check_frame *next)
{
    const char *at = text + 1;
    hs_check_frame told = {.sender = 0};
    while (is_blank(*at)) {
        at++;
    }
    if (strncmp(at, "S->C", 4) == 0) {
        told.sender = HS_SV2_SERVER;
    } else if (strncmp(at, "C->S", 4) == 0) {
        told.sender = HS_SV2_CLIENT;
    }
    if (told.sender == 0 || !is_blank(at[4])) {
        return 0;
    }
    at += 5;
    if (strncmp(at, "t=", 2) == 0) {
        at = read_time(at + 2, &told.t_ms);
        if (at == NULL) {
            return -1;
        }
        told.has_time = 1;
        at += is_blank(*at);
    }
    told.name_len = strcspn(at, " \t\r\n");
    told.name = told.name_len > 0 ? at : NULL;
    *next = told;
    return 0;
}

/* The line's hex as bytes, in place. Returns 0, or -1 with a half sentence. */
static int read_hex(char *line, size_t len, size_t *bytes, const char **fault)
{
    uint8_t *const out = (uint8_t *)line;
    *bytes = 0;
    for (size_t i = 0; i < len; i += 2) {
        const int high = hs_hex_digit(line[i]);
        const int low = i + 1 < len ? hs_hex_digit(line[i + 1]) : 0;
        if (high < 0 || low < 0) {
            *fault = "holds something else than hex digits; a frame is one line of them";
            return -1;
        }
        if (i + 1 == len) {
            *fault = "ends with half a byte";
            return -1;
        }
        out[(*bytes)++] = (uint8_t)(high << 4 | low);
    }
    return 0;
}

typedef struct reader {
    hs_check *check;
    const char *path;
    size_t line;
    char *text; /* getline's */
    size_t size;
    char *comment; /* a copy of the last one: its name is in it */
    size_t comment_size;
    hs_check_frame next;
    size_t frames;
    char *why;
    size_t capacity;
} reader;

static int refuse(reader *r, const char *what)
{
    return hs_refuse(r->why, r->capacity, "%s:%zu: the line %s", r->path, r->line, what);
}

static int take_comment(reader *r, const char *text, size_t len)
{
    r->next.name = NULL; /* it points into the comment before */
    if (HS_GROW(r->comment, r->comment_size, len + 1) != 0) {
        return refuse(r, "is too long for the memory there is");
    }
    memcpy(r->comment, text, len);
    r->comment[len] = '\0';
    return read_comment(r->comment, &r->next) == 0
               ? 0
               : refuse(r, "has a t= that is no time in seconds");
}

static int take_frame(reader *r, char *text, size_t len)
{
    hs_sv2_error why;
    const char *fault = NULL;
    size_t bytes = 0;
    size_t size = 0;
    if (read_hex(text, len, &bytes, &fault) != 0) {
        return refuse(r, fault);
    }
    const uint8_t *const data = (const uint8_t *)text;
    if (hs_sv2_frame_size(data, bytes, &size, &why) != 0 || size != bytes) {
        return hs_refuse(r->why, r->capacity,
                         "%s:%zu: the frame has %zu bytes, and its header says %zu", r->path,
                         r->line, bytes, size);
    }
    hs_check_frame frame = r->next;
    frame.data = data;
    frame.len = bytes;
    frame.line = r->line;
    hs_check_frame_in(r->check, &frame);
    r->next = (hs_check_frame){.sender = 0};
    r->frames++;
    return 0;
}

static int take_line(reader *r, size_t len)
{
    char *at = r->text;
    size_t left = len;
    if (memchr(at, '\0', len) != NULL) {
        return refuse(r, "holds a byte 0: this is no text");
    }
    while (left > 0 && is_blank(at[left - 1])) {
        left--;
    }
    while (left > 0 && is_blank(*at)) {
        at++;
        left--;
    }
    if (left == 0) {
        return 0;
    }
    return *at == '#' ? take_comment(r, at, left) : take_frame(r, at, left);
}

int hs_check_stream(hs_check *check, FILE *file, const char *path, char *why, size_t capacity)
{
    char pool[HS_CHECK_POOL_NAME_MAX] = "";
    reader r = {.check = check, .path = path, .why = why, .capacity = capacity};
    const enum hs_check_role role = hs_check_file_role(path, pool, sizeof pool);
    ssize_t len = 0;
    int readable = 1;
    if (hs_check_begin(check, path, role, pool) != 0) {
        return hs_refuse(why, capacity, "%s: no memory for another connection", path);
    }
    while (readable && (len = getline(&r.text, &r.size, file)) >= 0) {
        r.line++;
        readable = take_line(&r, (size_t)len) == 0;
    }
    if (readable && ferror(file)) {
        readable = 0;
        (void)hs_refuse(why, capacity, "%s: reading stopped after line %zu: %s", path, r.line,
                        strerror(errno));
    } else if (readable && r.frames == 0) {
        readable = 0;
        (void)hs_refuse(why, capacity, "%s: no frame is in it", path);
    }
    hs_check_end(check);
    free(r.text);
    free(r.comment);
    return readable ? 0 : -1;
}

int hs_check_file(hs_check *check, const char *path, char *why, size_t capacity)
{
    struct stat info;
    FILE *const file = fopen(path, "rb");
    if (file == NULL) {
        return hs_refuse(why, capacity, "%s: cannot be opened: %s", path, strerror(errno));
    }
    int done = 0;
    if (fstat(fileno(file), &info) != 0 || S_ISDIR(info.st_mode)) {
        (void)hs_refuse(why, capacity, "%s: is a folder; name the files in it", path);
    } else {
        done = hs_check_stream(check, file, path, why, capacity) == 0;
    }
    (void)fclose(file);
    return done ? 0 : -1;
}
