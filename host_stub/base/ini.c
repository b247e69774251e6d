/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/base/ini.h"

#include <ini.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/array.h"
#include "host_stub/base/input.h"
#include "host_stub/base/text.h"

enum {
    FILE_MAX = 1 << 20,
    ENTRIES_MAX = 4096,
    LINE_MAX_BYTES = 190,  /* inih's buffer is 200 and cuts silently */
    SECTION_MAX_BYTES = 48 /* inih keeps 49 and cuts silently */
};

/* What the line reader and inih's handler share. */
struct reading {
    hs_ini *ini;
    const char *name;
    const char *text;
    size_t len;
    size_t at;
    uint32_t line;
    char section[SECTION_MAX_BYTES +
                 8]; /* the one that the current line opens, "" for other lines */
    int failed;
    char *why;
    size_t capacity;
};

static int refuse_line(struct reading *r, const char *what)
{
    r->failed = 1;
    return hs_refuse(r->why, r->capacity, "%s:%u: %s", r->name, (unsigned)r->line, what);
}

static int insert_entry(hs_ini *ini, size_t at, const char *section, const char *key,
                        const char *value, uint32_t line)
{
    if (HS_GROW(ini->entries, ini->capacity, ini->count + 1) != 0) {
        return -1;
    }
    hs_ini_entry entry = {strdup(section), strdup(key), strdup(value), line};
    if (entry.section == NULL || entry.key == NULL || entry.value == NULL) {
        free(entry.section);
        free(entry.key);
        free(entry.value);
        return -1;
    }
    memmove(ini->entries + at + 1, ini->entries + at, (ini->count - at) * sizeof *ini->entries);
    ini->entries[at] = entry;
    ini->count++;
    return 0;
}

static int check_line(struct reading *r, const char *line, size_t len)
{
    if (len > LINE_MAX_BYTES) {
        return refuse_line(r, "the line is longer than 190 bytes; split it or shorten it");
    }
    for (size_t i = 0; i < len;) {
        uint32_t character = 0;
        const size_t n = hs_utf8(line + i, len - i, &character);
        if (n == 0 || (character < 0x20 && character != '\t')) {
            return refuse_line(r, "a control character, a NUL byte or bytes that are not UTF-8; "
                                  "only plain text is allowed");
        }
        i += n;
    }
    return 0;
}

/* Remembers the section that this line opens and refuses one that came before. */
static int note_section(struct reading *r, const char *line, size_t len)
{
    const char *const end = memchr(line, ']', len);
    if (end == NULL) {
        return refuse_line(r, "the section's ']' is missing");
    }
    const size_t n = (size_t)(end - line) - 1;
    if (n == 0 || n > SECTION_MAX_BYTES) {
        return refuse_line(r, "a section's name has 1 to 48 bytes");
    }
    memcpy(r->section, line + 1, n);
    r->section[n] = '\0';
    for (size_t i = 0; i < r->ini->count; i++) {
        if (strcmp(r->ini->entries[i].section, r->section) == 0) {
            return refuse_line(r, "this section came before; write each one once");
        }
    }
    return 0;
}

/* inih's reader: one checked physical line without indentation, which inih would take for a
 * continuation. */
static char *next_line(char *to, int size, void *stream)
{
    struct reading *const r = stream;
    if (r->failed || r->at >= r->len) {
        return NULL;
    }
    const char *line = r->text + r->at;
    const char *const newline = memchr(line, '\n', r->len - r->at);
    size_t len = newline != NULL ? (size_t)(newline - line) : r->len - r->at;
    r->at += len + 1;
    r->line++;
    if (len > 0 && line[len - 1] == '\r') {
        len--;
    }
    if (r->line == 1 && len >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0) {
        line += 3;
        len -= 3;
    }
    if (check_line(r, line, len) != 0) {
        return NULL;
    }
    while (len > 0 && (*line == ' ' || *line == '\t')) {
        line++;
        len--;
    }
    if (len > 0 && *line == '[' && note_section(r, line, len) != 0) {
        return NULL;
    }
    if (size < LINE_MAX_BYTES + 2) {
        refuse_line(r, "the INI library's line buffer is too small");
        return NULL;
    }
    memcpy(to, line, len);
    to[len] = '\n';
    to[len + 1] = '\0';
    return to;
}

static int take_entry(void *user, const char *section, const char *key, const char *value)
{
    struct reading *const r = user;
    if (r->failed) {
        return 0;
    }
    if (key[0] == '\0') {
        refuse_line(r, "there is no key before the '='");
        return 0;
    }
    if (hs_ini_get(r->ini, section, key) != NULL) {
        r->failed = 1;
        hs_refuse(r->why, r->capacity, "%s:%u: [%s] %s came before; write each key once", r->name,
                  (unsigned)r->line, section, key);
        return 0;
    }
    if (r->ini->count == ENTRIES_MAX) {
        refuse_line(r, "more than 4096 keys");
        return 0;
    }
    if (insert_entry(r->ini, r->ini->count, section, key, value, r->line) != 0) {
        refuse_line(r, "out of memory");
        return 0;
    }
    return 1;
}

int hs_ini_parse(hs_ini *ini, const char *name, const char *text, size_t len, char *why,
                 size_t capacity)
{
    struct reading r = {ini, name, text, len, 0, 0, "", 0, why, capacity};
    memset(ini, 0, sizeof *ini);
    const int rc = ini_parse_stream(next_line, &r, take_entry, &r);
    if (rc != 0 && !r.failed) {
        r.line = rc > 0 ? (uint32_t)rc : 0;
        refuse_line(&r, "neither '[section]', 'key = value' nor a comment that begins with ; or #");
    }
    if (r.failed) {
        hs_ini_free(ini);
        return -1;
    }
    return 0;
}

int hs_ini_load(hs_ini *ini, const char *path, char *why, size_t capacity)
{
    char *text = NULL;
    size_t len = 0;
    memset(ini, 0, sizeof *ini);
    if (hs_input_read(path, FILE_MAX, &text, &len, why, capacity) != 0) {
        return -1;
    }
    const int rc = hs_ini_parse(ini, path, text, len, why, capacity);
    free(text);
    return rc;
}

static void clear_entry(hs_ini_entry *entry)
{
    free(entry->section);
    free(entry->key);
    free(entry->value);
}

void hs_ini_free(hs_ini *ini)
{
    for (size_t i = 0; i < ini->count; i++) {
        clear_entry(&ini->entries[i]);
    }
    free(ini->entries);
    memset(ini, 0, sizeof *ini);
}

/* Index of the entry, or ini->count. */
static size_t find_entry(const hs_ini *ini, const char *section, const char *key)
{
    for (size_t i = 0; i < ini->count; i++) {
        if (strcmp(ini->entries[i].section, section) == 0 &&
            strcmp(ini->entries[i].key, key) == 0) {
            return i;
        }
    }
    return ini->count;
}

const char *hs_ini_get(const hs_ini *ini, const char *section, const char *key)
{
    const size_t i = find_entry(ini, section, key);
    return i < ini->count ? ini->entries[i].value : NULL;
}

int hs_ini_set(hs_ini *ini, const char *section, const char *key, const char *value)
{
    const size_t i = find_entry(ini, section, key);
    if (i < ini->count) {
        char *const copy = strdup(value);
        if (copy == NULL) {
            return -1;
        }
        free(ini->entries[i].value);
        ini->entries[i].value = copy;
        return 0;
    }
    size_t at = ini->count;
    for (size_t k = ini->count; k > 0; k--) {
        if (strcmp(ini->entries[k - 1].section, section) == 0) {
            at = k;
            break;
        }
    }
    return insert_entry(ini, at, section, key, value, 0);
}

void hs_ini_unset(hs_ini *ini, const char *section, const char *key)
{
    const size_t i = find_entry(ini, section, key);
    if (i < ini->count) {
        clear_entry(&ini->entries[i]);
        memmove(ini->entries + i, ini->entries + i + 1,
                (ini->count - i - 1) * sizeof *ini->entries);
        ini->count--;
    }
}

char *hs_ini_render(const hs_ini *ini)
{
    size_t size = 1;
    for (size_t i = 0; i < ini->count; i++) {
        const hs_ini_entry *const e = &ini->entries[i];
        size += strlen(e->section) + strlen(e->key) + strlen(e->value) + 8;
    }
    char *const text = malloc(size);
    if (text == NULL) {
        return NULL;
    }
    char *to = text;
    for (size_t i = 0; i < ini->count; i++) {
        const hs_ini_entry *const e = &ini->entries[i];
        const char *const before = i == 0 ? "" : ini->entries[i - 1].section;
        if (strcmp(e->section, before) != 0) {
            to = stpcpy(stpcpy(stpcpy(to, "["), e->section), "]\n");
        }
        to = stpcpy(stpcpy(stpcpy(stpcpy(to, e->key), " = "), e->value), "\n");
    }
    *to = '\0';
    return text;
}
