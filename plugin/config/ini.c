/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/config/ini.h"

#include <ini.h>
#include <string.h>

#define SHOWN_MAX 24u /* characters of a line that is no key = value */

typedef struct hm_ini_seen {
    uint32_t line;
    char name[HM_INI_NAME_MAX + 1];
} hm_ini_seen;

/* A piece of the line in work. */
typedef struct hm_ini_piece {
    const char *data;
    size_t len;
} hm_ini_piece;

/* One pass over one text. */
typedef struct hm_ini_state {
    const hm_ini_handler *handler;
    hm_problems *problems;
    const char *data;
    size_t len;
    size_t at;     /* the first byte not read yet */
    uint32_t line; /* number of the line in work, from 1 */
    uint32_t section_count;
    int in_section;     /* 0 before the first section */
    int skip;           /* 1 inside a refused section: its keys would land somewhere else */
    int unreadable;     /* 1 when inih gave lines less room than we rely on */
    hm_ini_piece value; /* of the key in work, as it stands in the text */
    hm_ini_seen seen[HM_INI_SECTIONS_MAX];
} hm_ini_state;

static int is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static hm_ini_piece trim(hm_ini_piece p)
{
    while (p.len > 0 && is_blank(p.data[0])) {
        p.data++;
        p.len--;
    }
    while (p.len > 0 && is_blank(p.data[p.len - 1])) {
        p.len--;
    }
    return p;
}

static void complain(hm_ini_state *s, const char *sentence)
{
    hm_problems_add(s->problems, s->line, sentence);
}

/* "before 'name' after", the name as far as it fits. */
static void complain_about(hm_ini_state *s, const char *before, hm_ini_piece name,
                           const char *after)
{
    char sentence[HM_PROBLEM_TEXT_SIZE];
    hm_text t;
    hm_text_init(&t, sentence, sizeof sentence);
    hm_text_add(&t, before);
    hm_text_add_view(&t, name.data, name.len);
    hm_text_add(&t, after);
    complain(s, sentence);
}

static void complain_byte(hm_ini_state *s, const char *what, unsigned char byte, size_t at)
{
    char sentence[HM_PROBLEM_TEXT_SIZE];
    hm_text t;
    hm_text_init(&t, sentence, sizeof sentence);
    hm_text_addf(&t, "%s (byte 0x%02X at position %zu)", what, byte, at + 1);
    complain(s, sentence);
}

/* Takes the next physical line without its end. Returns 0 at the end of the text. */
static int next_line(hm_ini_state *s, hm_ini_piece *out)
{
    if (s->at >= s->len) {
        return 0;
    }
    const char *const start = s->data + s->at;
    const size_t left = s->len - s->at;
    const char *const end = (const char *)memchr(start, '\n', left);
    out->data = start;
    out->len = end == NULL ? left : (size_t)(end - start);
    s->at += out->len + (end == NULL ? 0 : 1);
    s->line++;
    if (out->len > 0 && start[out->len - 1] == '\r') {
        out->len--;
    }
    if (s->line == 1 && out->len >= 3 && memcmp(start, "\xEF\xBB\xBF", 3) == 0) {
        out->data += 3;
        out->len -= 3;
    }
    return 1;
}

/* Length, bytes and characters of the whole line, comments included. Returns 1 when it is clean. */
static int bytes_are_clean(hm_ini_state *s, hm_ini_piece line)
{
    if (line.len > HM_INI_LINE_MAX) {
        char sentence[HM_PROBLEM_TEXT_SIZE];
        hm_text t;
        hm_text_init(&t, sentence, sizeof sentence);
        hm_text_addf(
            &t, "line of %zu bytes; at most %u are allowed: a long comment takes several lines",
            line.len, HM_INI_LINE_MAX);
        complain(s, sentence);
        return 0;
    }
    for (size_t i = 0; i < line.len;) {
        const unsigned char byte = (unsigned char)line.data[i];
        const size_t n = hm_utf8_character(line.data + i, line.len - i);
        if (byte == 0) {
            complain_byte(s, "a NUL byte; only text is allowed", byte, i);
            return 0;
        }
        if (n == 0) {
            complain_byte(s, "not valid UTF-8", byte, i);
            return 0;
        }
        if (byte != '\t' && hm_utf8_is_control(line.data + i, n)) {
            complain_byte(s, "a control character; only tab is allowed", byte, i);
            return 0;
        }
        i += n;
    }
    return 1;
}

/* The part before a comment. inih's rule: a ; that follows a blank. */
static hm_ini_piece without_comment(hm_ini_piece line)
{
    for (size_t i = 1; i < line.len; i++) {
        if (line.data[i] == ';' && is_blank(line.data[i - 1])) {
            line.len = i;
            break;
        }
    }
    return trim(line);
}

/* Names are ASCII. */
static int name_is_ascii(hm_ini_state *s, hm_ini_piece name)
{
    for (size_t i = 0; i < name.len; i++) {
        if ((unsigned char)name.data[i] >= 0x80) {
            complain_byte(s,
                          "a character that is not ASCII; those are allowed in values and comments "
                          "only",
                          (unsigned char)name.data[i], i);
            return 0;
        }
    }
    return 1;
}

/* Remembers a section, or refuses it when it was there before. Returns 1 when it is new. */
static int section_is_new(hm_ini_state *s, hm_ini_piece name)
{
    for (uint32_t i = 0; i < s->section_count; i++) {
        if (strlen(s->seen[i].name) == name.len &&
            memcmp(s->seen[i].name, name.data, name.len) == 0) {
            char after[64];
            hm_text t;
            hm_text_init(&t, after, sizeof after);
            hm_text_addf(&t, "] comes twice, first in line %lu", (unsigned long)s->seen[i].line);
            complain_about(s, "section [", name, after);
            return 0;
        }
    }
    if (s->section_count >= HM_INI_SECTIONS_MAX) {
        complain(s, "too many sections; at most 256 are allowed");
        return 0;
    }
    hm_ini_seen *const seen = &s->seen[s->section_count++];
    memcpy(seen->name, name.data, name.len);
    seen->name[name.len] = '\0';
    seen->line = s->line;
    return 1;
}

/* From here to the next section nothing is reported: the keys would land somewhere else. */
static void lose_section(hm_ini_state *s)
{
    s->in_section = 1;
    s->skip = 1;
    s->handler->section(s->handler->ctx, NULL, s->line);
}

/* Is the name of a section one? */
static int section_name_is_good(hm_ini_state *s, hm_ini_piece name)
{
    if (name.len == 0) {
        complain(s, "a section without a name; write [name]");
        return 0;
    }
    if (name.len > HM_INI_NAME_MAX) {
        complain_about(s, "section name '", name,
                       "' is too long; at most 48 characters are allowed");
        return 0;
    }
    for (size_t i = 0; i < name.len; i++) {
        if (is_blank(name.data[i]) || strchr("[;#=\"'", name.data[i]) != NULL) {
            complain_about(s, "section name '", name, "' has a blank or one of [ ; # = \" ' in it");
            return 0;
        }
    }
    return section_is_new(s, name);
}

/* A line that begins with [. Returns 1 when inih may see it. */
static int is_section(hm_ini_state *s, hm_ini_piece line)
{
    const char *const close = (const char *)memchr(line.data, ']', line.len);
    if (close == NULL) {
        complain_about(s, "section '", line, "' is not closed; write [name]");
        return 0;
    }
    const size_t closed_at = (size_t)(close - line.data);
    if (closed_at + 1 < line.len) {
        complain_about(s, "text after the ] of '", line,
                       "'; a section stands alone, and a comment needs a blank before its ;");
        return 0;
    }
    if (!section_name_is_good(s, (hm_ini_piece){line.data + 1, closed_at - 1})) {
        return 0;
    }
    s->in_section = 1;
    s->skip = 0;
    s->handler->section(s->handler->ctx, s->seen[s->section_count - 1].name, s->line);
    return 1;
}

/* Shows the beginning of the first word only: the rest may be a key that nobody should read. */
static void complain_no_separator(hm_ini_state *s, hm_ini_piece line)
{
    hm_ini_piece word = {line.data, 0};
    while (word.len < line.len && word.len < SHOWN_MAX && !is_blank(line.data[word.len])) {
        word.len++;
    }
    const int is_comment =
        line.len >= 2 && (memcmp(line.data, "//", 2) == 0 || memcmp(line.data, "--", 2) == 0);
    complain_about(s, "'", word,
                   is_comment            ? "...' is no comment; one begins with ; or #"
                   : word.len < line.len ? "...' has no =; write key = value"
                                         : "' has no =; write key = value");
}

/* A line that should be key = value. Returns 1 when inih may see it. */
static int is_key(hm_ini_state *s, hm_ini_piece line)
{
    size_t at = 0;
    while (at < line.len && line.data[at] != '=' && line.data[at] != ':') {
        at++;
    }
    if (!name_is_ascii(s, (hm_ini_piece){line.data, at})) {
        return 0;
    }
    if (at == line.len) {
        complain_no_separator(s, line);
        return 0;
    }
    const hm_ini_piece key = trim((hm_ini_piece){line.data, at});
    if (line.data[at] == ':') {
        complain_about(s, "a : after '", key, "'; key and value are separated by =");
        return 0;
    }
    if (key.len == 0) {
        complain(s, "a value without a key; write key = value");
        return 0;
    }
    if (key.len > HM_INI_NAME_MAX) {
        complain_about(s, "key '", key, "' is too long; at most 48 characters are allowed");
        return 0;
    }
    if (!s->in_section) {
        complain_about(s, "key '", key, "' stands before the first [section]");
        return 0;
    }
    s->value = trim((hm_ini_piece){line.data + at + 1, line.len - at - 1});
    return !s->skip;
}

/* Judges one line; returns what inih shall see of it, which may be nothing. */
static hm_ini_piece judge_line(hm_ini_state *s, hm_ini_piece line)
{
    const hm_ini_piece nothing = {"", 0};
    const hm_ini_piece whole = trim(line);
    if (!bytes_are_clean(s, line)) {
        if (whole.len > 0 && whole.data[0] == '[') {
            lose_section(s);
        } else {
            s->handler->torn(s->handler->ctx);
        }
        return nothing;
    }
    if (whole.len == 0 || whole.data[0] == ';' || whole.data[0] == '#') {
        return nothing;
    }
    const hm_ini_piece text = without_comment(whole);
    if (text.data[0] != '[') {
        if (is_key(s, text)) {
            return text;
        }
        s->handler->torn(s->handler->ctx);
        return nothing;
    }
    if (name_is_ascii(s, text) && is_section(s, text)) {
        return text;
    }
    lose_section(s);
    return nothing;
}

/* inih's way of asking for a line: as fgets. What it sees is ASCII: it trims with isspace, whose
 * answer for other bytes is the locale's business (the last byte of "à" is a blank in Latin-1).
 * They are stood in for here, and on_key puts them back. */
static char *read_line(char *buffer, int size, void *stream)
{
    hm_ini_state *const s = (hm_ini_state *)stream;
    hm_ini_piece line = {NULL, 0};
    if (!next_line(s, &line)) {
        return NULL;
    }
    const hm_ini_piece text = judge_line(s, line);
    if (size < 2 || text.len > (size_t)size - 2) {
        s->unreadable = 1; /* an inih built for lines shorter than ours */
        return NULL;
    }
    for (size_t i = 0; i < text.len; i++) {
        buffer[i] = (unsigned char)text.data[i] < 0x80 ? text.data[i] : '?';
    }
    buffer[text.len] = '\n';
    buffer[text.len + 1] = '\0';
    return buffer;
}

/* inih parses each line before it asks for the next: the state's line is the line of this key. */
static int on_key(void *user, const char *section, const char *name, const char *value)
{
    hm_ini_state *const s = (hm_ini_state *)user;
    char whole[HM_INI_LINE_MAX + 1];
    if (strlen(value) != s->value.len || s->value.len > HM_INI_LINE_MAX) {
        s->unreadable = 1; /* an inih that reads values in another way */
        return 1;
    }
    memcpy(whole, s->value.data, s->value.len);
    whole[s->value.len] = '\0';
    s->handler->key(s->handler->ctx, section, name, whole, s->line);
    return 1;
}

/* What the text is, when it is none of ours as a whole: one sentence instead of one for each line.
 * NULL = it may be. */
static const char *foreign_text(const char *data, size_t len)
{
    const int has_feeds = memchr(data, '\n', len) != NULL;
    if (len >= 2 && (memcmp(data, "\xFF\xFE", 2) == 0 || memcmp(data, "\xFE\xFF", 2) == 0 ||
                     (data[0] == '\0') != (data[1] == '\0'))) {
        return "is text in UTF-16; save it as UTF-8 (Windows editors call UTF-16 \"Unicode\")";
    }
    if (len > 0 && !has_feeds && memchr(data, '\r', len) != NULL) {
        return "has the line ends of an old Macintosh (a carriage return alone); save it with line "
               "feeds";
    }
    return NULL;
}

hmx_status hm_ini_parse(const hm_memory *memory, const char *data, size_t len,
                        const hm_ini_handler *handler, hm_problems *problems)
{
    if (len > HM_INI_FILE_MAX) {
        hm_problems_add(problems, HM_PROBLEM_NO_LINE,
                        "is larger than 1 MiB (1048576 bytes), the most that is read");
        return HMX_E_CONFIG;
    }
    const char *const foreign = len > 0 ? foreign_text(data, len) : NULL;
    if (foreign != NULL) {
        hm_problems_add(problems, HM_PROBLEM_NO_LINE, foreign);
        return HMX_E_CONFIG;
    }
    hm_ini_state *const s =
        (hm_ini_state *)hm_alloc(memory, 1, sizeof(hm_ini_state), _Alignof(hm_ini_state));
    if (s == NULL) {
        return HMX_E_NOMEM;
    }
    s->handler = handler;
    s->problems = problems;
    s->data = data;
    s->len = len;
    const int result = ini_parse_stream(read_line, s, on_key, s);
    hmx_status status = HMX_OK;
    if (result == -2) {
        status = HMX_E_NOMEM; /* an inih that keeps its line on the heap */
    } else if (result != 0 || s->unreadable) {
        /* Cannot happen with the lines that we let through; silence would be a lost key. */
        complain(s, "cannot be read as INI");
    }
    hm_free(memory, s, 1, sizeof(hm_ini_state), _Alignof(hm_ini_state));
    return status;
}
