/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/sv2/frame_file.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host_stub/base/array.h"
#include "host_stub/base/text.h"
#include "host_stub/sv2/codec.h"
#include "host_stub/sv2/text.h"

enum {
    WRITE_AT = 32 * 1024, /* bytes of text that go into the file at once */
    HEAD_SIZE = 48,       /* of "# S->C t=... " */
    NAME_SIZE = 4096
};

/* ---- folders ---- */

static int is_ours(const char *name)
{
    const size_t len = strlen(name);
    return len > 4 && strcmp(name + len - 4, ".hex") == 0 &&
           (strncmp(name, "conn-", 5) == 0 || strncmp(name, "up-", 3) == 0);
}

static int remove_old(const char *dir, char *why, size_t capacity)
{
    char path[NAME_SIZE];
    DIR *const stream = opendir(dir);
    int ok = stream != NULL;
    struct dirent *entry = NULL;
    while (ok && (entry = readdir(stream)) != NULL) {
        if (is_ours(entry->d_name)) {
            const int len = snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
            ok = len > 0 && (size_t)len < sizeof path && unlink(path) == 0;
        }
    }
    if (!ok) {
        (void)hs_refuse(why, capacity, "the folder %s cannot be cleared of earlier frames: %s", dir,
                        strerror(errno));
    }
    if (stream != NULL) {
        (void)closedir(stream);
    }
    return ok ? 0 : -1;
}

int hs_frame_folder(const char *dir, char *why, size_t capacity)
{
    struct stat about;
    if (mkdir(dir, 0777) != 0 && errno != EEXIST) {
        return hs_refuse(why, capacity, "the folder %s cannot be made: %s", dir, strerror(errno));
    }
    if (stat(dir, &about) != 0 || !S_ISDIR(about.st_mode)) {
        return hs_refuse(why, capacity, "%s is not a folder", dir);
    }
    return remove_old(dir, why, capacity);
}

/* ---- files ---- */

/* Room for `more` bytes behind what is there. */
static int reserve(hs_frame_file *file, size_t more)
{
    file->failed |= HS_GROW(file->text, file->capacity, file->len + more) != 0;
    return file->failed ? -1 : 0;
}

static void flush(hs_frame_file *file)
{
    if (file->len == 0 || file->failed) {
        return;
    }
    FILE *const to = fopen(file->path, "ab");
    const int written = to != NULL && fwrite(file->text, 1, file->len, to) == file->len;
    const int closed = to != NULL && fclose(to) == 0;
    file->failed = !(written && closed);
    file->len = 0;
}

int hs_frame_file_begin(hs_frame_file *file, const char *dir, const char *name, char *why,
                        size_t capacity)
{
    const size_t size = strlen(dir) + 1 + strlen(name) + 1;
    memset(file, 0, sizeof *file);
    file->path = malloc(size);
    if (file->path == NULL) {
        return hs_refuse(why, capacity, "out of memory");
    }
    snprintf(file->path, size, "%s/%s", dir, name);
    FILE *const to = fopen(file->path, "wb");
    if (to == NULL || fclose(to) != 0) {
        (void)hs_refuse(why, capacity, "%s cannot be written: %s", file->path, strerror(errno));
        free(file->path);
        file->path = NULL;
        return -1;
    }
    return 0;
}

static void append(hs_frame_file *file, const char *text, size_t len)
{
    memcpy(file->text + file->len, text, len);
    file->len += len;
}

/* The hex line, and the file if there is enough by now. */
static int finish_frame(hs_frame_file *file, const uint8_t *frame, size_t len)
{
    if (reserve(file, 2 * len + 1) != 0) {
        return -1;
    }
    (void)hs_hex(file->text + file->len, frame, len);
    file->len += 2 * len;
    file->text[file->len++] = '\n';
    file->frames++;
    if (file->len >= WRITE_AT) {
        flush(file);
    }
    return file->failed ? -1 : 0;
}

/* "# S->C t=12.500 Name | fields\n"; the message is NULL when its bytes are none. */
static int comment(hs_frame_file *file, enum hs_frame_side side, uint64_t t_ms,
                   const hs_sv2_message *message)
{
    char head[HEAD_SIZE];
    const int head_len =
        snprintf(head, sizeof head, "# %s t=%" PRIu64 ".%03" PRIu64 " ",
                 side == HS_FRAME_FROM_SERVER ? "S->C" : "C->S", t_ms / 1000, t_ms % 1000);
    static const char UNKNOWN[] = "(not a frame that the codec knows)";
    if (reserve(file, (size_t)head_len + sizeof UNKNOWN + 512) != 0) {
        return -1;
    }
    append(file, head, (size_t)head_len);
    if (message == NULL) {
        append(file, UNKNOWN, sizeof UNKNOWN - 1);
    } else {
        size_t room = file->capacity - file->len;
        const size_t len = hs_sv2_text(message, 0, file->text + file->len, room);
        if (len >= room) {
            if (reserve(file, len + 2) != 0) {
                return -1;
            }
            room = file->capacity - file->len;
            (void)hs_sv2_text(message, 0, file->text + file->len, room);
        }
        file->len += len;
    }
    if (reserve(file, 1) != 0) {
        return -1;
    }
    append(file, "\n", 1);
    return 0;
}

int hs_frame_file_message(hs_frame_file *file, enum hs_frame_side side, uint64_t t_ms,
                          const hs_sv2_message *message)
{
    uint8_t small[1024];
    uint8_t *frame = small;
    size_t len = 0;
    hs_sv2_error why;
    if (file->path == NULL || file->failed) {
        return file->failed ? -1 : 0;
    }
    int ok = hs_sv2_encode(message, small, sizeof small, &len, &why) == 0;
    if (!ok && why.reason == HS_SV2_E_CAPACITY) {
        const size_t most = HS_SV2_HEADER_SIZE + (size_t)HS_SV2_PAYLOAD_MAX;
        frame = malloc(most);
        ok = frame != NULL && hs_sv2_encode(message, frame, most, &len, &why) == 0;
    }
    ok = ok && comment(file, side, t_ms, message) == 0 && finish_frame(file, frame, len) == 0;
    if (frame != small) {
        free(frame);
    }
    file->failed |= !ok;
    return ok ? 0 : -1;
}

int hs_frame_file_frame(hs_frame_file *file, enum hs_frame_side side, uint64_t t_ms,
                        const uint8_t *frame, size_t len)
{
    hs_sv2_message message;
    hs_sv2_error why;
    if (file->path == NULL || file->failed) {
        return file->failed ? -1 : 0;
    }
    const int known = hs_sv2_decode(frame, len, 0, &message, &why) == 0;
    const int ok = comment(file, side, t_ms, known ? &message : NULL) == 0 &&
                   finish_frame(file, frame, len) == 0;
    file->failed |= !ok;
    return ok ? 0 : -1;
}

int hs_frame_file_note(hs_frame_file *file, uint64_t t_ms, const char *text)
{
    char head[HEAD_SIZE];
    if (file->path == NULL || file->failed) {
        return file->failed ? -1 : 0;
    }
    const int head_len =
        snprintf(head, sizeof head, "# -- t=%" PRIu64 ".%03" PRIu64 " ", t_ms / 1000, t_ms % 1000);
    if (reserve(file, (size_t)head_len + strlen(text) + 1) != 0) {
        return -1;
    }
    append(file, head, (size_t)head_len);
    append(file, text, strlen(text));
    append(file, "\n", 1);
    return 0;
}

int hs_frame_file_end(hs_frame_file *file)
{
    flush(file);
    const int ok = !file->failed;
    free(file->path);
    free(file->text);
    memset(file, 0, sizeof *file);
    return ok ? 0 : -1;
}
