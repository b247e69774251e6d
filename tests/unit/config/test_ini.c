/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Every way in which inih 55 misreads a file has a test here (long lines, continuation, sections
 * that are not closed, NUL bytes, directories, ...). */
#include <criterion/criterion.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/config/ini.h"
#include "tests/unit/counted_memory.h"

/* What one parse reported, as text. */
typedef struct record {
    char events[4096]; /* "[s]@1 k=v@2 " */
    char problems[16384];
    uint32_t problem_count;
    hmx_status status;
    hm_text text;
} record;

static void on_section(void *ctx, const char *section, uint32_t line)
{
    record *const r = (record *)ctx;
    hm_text_addf(&r->text, "[%s]@%u ", section == NULL ? "?" : section, line);
}

static void on_torn(void *ctx)
{
    (void)ctx;
}

static void on_key(void *ctx, const char *section, const char *key, const char *value,
                   uint32_t line)
{
    record *const r = (record *)ctx;
    hm_text_addf(&r->text, "%s.%s=", section, key);
    hm_text_add_view(&r->text, value, strlen(value));
    hm_text_addf(&r->text, "@%u ", line);
}

static const record *parse(const char *data, size_t len)
{
    static record r;
    static hm_problems problems;
    counted_memory counted = {0};
    const hm_memory memory = counted_hm_memory(&counted);
    memset(&problems, 0, sizeof problems);
    hm_text_init(&r.text, r.events, sizeof r.events);
    const hm_ini_handler handler = {&r, on_section, on_key, on_torn};
    r.status = hm_ini_parse(&memory, data, len, &handler, &problems);
    r.problem_count = problems.count;
    hm_text t;
    hm_text_init(&t, r.problems, sizeof r.problems);
    hm_problems_print(&problems, "f", &t);
    cr_assert_eq(counted.live_blocks, 0);
    cr_assert_eq(counted.mistakes, 0);
    return &r;
}

static void reads(const char *data, const char *events)
{
    const record *const r = parse(data, strlen(data));
    cr_assert_eq(r->status, HMX_OK);
    cr_assert_str_eq(r->events, events);
    cr_assert_str_eq(r->problems, "");
}

/* One problem that begins with `problem`; `events` is what is reported nevertheless. */
static void refuses_bytes(const char *data, size_t len, const char *problem, const char *events)
{
    const record *const r = parse(data, len);
    cr_assert_eq(r->status, HMX_OK);
    cr_assert_eq(r->problem_count, 1, "%u problems: %s", r->problem_count, r->problems);
    cr_assert(strncmp(r->problems, problem, strlen(problem)) == 0, "'%s' is not '%s'", r->problems,
              problem);
    cr_assert_str_eq(r->events, events);
}

static void refuses(const char *data, const char *problem, const char *events)
{
    refuses_bytes(data, strlen(data), problem, events);
}

Test(ini, sections_keys_values_and_lines)
{
    reads("", "");
    reads("[a]\nx=1\n\ny = 2\n[b.c-d_e]\nx = 3\n",
          "[a]@1 a.x=1@2 a.y=2@4 [b.c-d_e]@5 b.c-d_e.x=3@6 ");
    reads("[a]\nx=\ny =   \n", "[a]@1 a.x=@2 a.y=@3 ");
    reads("[a]\nx = two words\t= and more  \n", "[a]@1 a.x=two words\\x09= and more@2 ");
    reads("[a]\nx = \"1\"", "[a]@1 a.x=\"1\"@2 ");
}

Test(ini, line_ends_byte_order_mark_and_last_line)
{
    reads("[a]\r\nx=1\r\n\r\ny=2", "[a]@1 a.x=1@2 a.y=2@4 ");
    reads("\xEF\xBB\xBF[a]\nx=1", "[a]@1 a.x=1@2 ");
    reads("\xEF\xBB\xBF; c\n[a]\nx=1\r", "[a]@2 a.x=1@3 ");
    reads("\xEF\xBB\xBF", "");
    reads("\xEF\xBB\xBF\n[a]\nx=1", "[a]@2 a.x=1@3 ");
    refuses("\xEF\xBB[a]\n", "f:1: not valid UTF-8 (byte 0xEF at position 1)", "");
    refuses("[a]\n\xEF\xBB\xBFx=1\n",
            "f:2: a character that is not ASCII; those are allowed in values and comments only "
            "(byte 0xEF at position 1)",
            "[a]@1 ");
    refuses("[a]\rx=1\n", "f:1: a control character; only tab is allowed (byte 0x0D at position 4)",
            "[?]@1 ");
}

Test(ini, comments)
{
    reads("; a=1\n# b=2\n  ; c=3\n[a] ; c\nx=1 ; c\ny=1;c\nz = 1 # c\nw=;c\nv= ;c\n",
          "[a]@4 a.x=1@5 a.y=1;c@6 a.z=1 # c@7 a.w=;c@8 a.v=@9 ");
    reads("# \xC3\xA9\xE2\x82\xAC\n[a]\nx=1 ; \xC3\xA9\n", "[a]@2 a.x=1@3 ");
    refuses("[a]\nx ; = 1\n", "f:2: 'x' has no =", "[a]@1 ");
}

/* inih joins an indented line to the key before: "x = 1\n  y=2" would report x twice. */
Test(ini, an_indented_line_is_a_line)
{
    reads("[a]\nx=1\n  y=2\n\tz=3\n  [b]\n   w=4\n",
          "[a]@1 a.x=1@2 a.y=2@3 a.z=3@4 [b]@5 b.w=4@6 ");
    refuses("[a]\nx=1\n  more\n", "f:3: 'more' has no =; write key = value", "[a]@1 a.x=1@2 ");
}

/* inih cuts at 198 bytes and reads the rest as another line: a key out of a value or a comment. */
Test(ini, long_lines_are_refused_whole)
{
    static const char *const starts[] = {"x=", "; ", "# ", "  x = "};
    for (size_t i = 0; i < 4; i++) {
        for (size_t len = 180; len < 420; len++) {
            char data[512];
            memset(data, 'v', sizeof data);
            memcpy(data, "[a]\n", 4);
            memcpy(data + 4, starts[i], strlen(starts[i]));
            if (len > 205) {
                memcpy(data + 4 + 199, "k=1", 3);
            }
            memcpy(data + 4 + len, "\ny=2\n", 6);
            const record *const r = parse(data, strlen(data));
            cr_assert_eq(r->problem_count, len > HM_INI_LINE_MAX);
            cr_assert_not_null(strstr(r->events, "a.y=2@3 "), "the line number is kept");
            cr_assert_null(strstr(r->events, "k="));
            const int is_key = starts[i][0] != ';' && starts[i][0] != '#';
            cr_assert_eq(strstr(r->events, "a.x=") != NULL, is_key && len <= HM_INI_LINE_MAX);
            if (len == 191) {
                cr_assert_str_eq(r->problems, "f:2: line of 191 bytes; at most 190 are allowed: a "
                                              "long comment takes several lines");
            }
        }
    }
}

/* A line end of CRLF and a byte order mark do not count. */
Test(ini, the_longest_line)
{
    char data[300] = "\xEF\xBB\xBF[a]\r\nx=";
    const size_t start = strlen(data);
    memset(data + start, 'v', HM_INI_LINE_MAX - 2);
    strcpy(data + start + HM_INI_LINE_MAX - 2, "\r\ny=1");
    const record *const r = parse(data, strlen(data));
    cr_assert_eq(r->problem_count, 0, "%s", r->problems);
    cr_assert_not_null(strstr(r->events, "vvv@2 a.y=1@3 "));
    cr_assert_eq(strlen(r->events),
                 strlen("[a]@1 a.x=@2 a.y=1@3 ") + HM_INI_LINE_MAX - strlen("x="));
}

/* inih would put the keys that follow into the section before. */
Test(ini, keys_of_a_refused_section_land_nowhere)
{
    static const char *const heads[] = {"[b",    "[b] x",       "[]",      "[b c]",   "[ b]",
                                        "[b=c]", "[b;c]",       "[\"b\"]", "[b] = 1", "[b\x01]",
                                        "[b[c]", "[b\xC3\xA9]", "[b\xFF]", "[b#]",    "[a]"};
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        char data[128];
        hm_text t;
        hm_text_init(&t, data, sizeof data);
        hm_text_addf(&t, "[a]\nx=1\n%s\nx=2\nx=3\n[c]\nx=4\n", heads[i]);
        refuses(data, "f:3: ", "[a]@1 a.x=1@2 [?]@3 [c]@6 c.x=4@7 ");
    }
    refuses("[a]\n[b\n", "f:2: section '[b' is not closed; write [name]", "[a]@1 [?]@2 ");
    refuses("[a]\n[b] c\n", "f:2: text after the ] of '[b] c'", "[a]@1 [?]@2 ");
    refuses("[]\n", "f:1: a section without a name", "[?]@1 ");
    refuses("[a]\nx=1\n[b]\n[a]\ny=1\n", "f:4: section [a] comes twice, first in line 1",
            "[a]@1 a.x=1@2 [b]@3 [?]@4 ");
}

/* inih cuts names of more than 49 characters without a word. */
Test(ini, long_names_are_refused)
{
    char data[256];
    for (size_t len = 45; len < 55; len++) {
        char name[64];
        memset(name, 'n', sizeof name);
        name[len] = '\0';
        hm_text t;
        hm_text_init(&t, data, sizeof data);
        hm_text_addf(&t, "[%s]\n%s=1\n", name, name);
        const record *const r = parse(data, strlen(data));
        cr_assert_eq(r->problem_count, len > HM_INI_NAME_MAX ? 2 : 0, "%zu: %s", len, r->problems);
        if (len <= HM_INI_NAME_MAX) {
            char events[256];
            hm_text_init(&t, events, sizeof events);
            hm_text_addf(&t, "[%s]@1 %s.%s=1@2 ", name, name, name);
            cr_assert_str_eq(r->events, events);
        } else {
            cr_assert_str_eq(r->events, "[?]@1 ");
        }
    }
}

Test(ini, keys_need_a_name_an_equals_sign_and_a_section)
{
    refuses("[a]\n=1\ny=2\n", "f:2: a value without a key; write key = value", "[a]@1 a.y=2@3 ");
    refuses("[a]\n  = 1\n", "f:2: a value without a key", "[a]@1 ");
    refuses("[a]\nfoo\ny=2\n", "f:2: 'foo' has no =; write key = value", "[a]@1 a.y=2@3 ");
    refuses("[a]\nfoo bar\n", "f:2: 'foo...' has no =", "[a]@1 ");
    refuses("x=1\n[a]\ny=2\n", "f:1: key 'x' stands before the first [section]", "[a]@2 a.y=2@3 ");
}

/* What may be a secret is not repeated. */
Test(ini, a_line_without_equals_sign_is_shown_in_part)
{
    refuses("[a]\nmkDLTBBRxdBv998612qipDYoTK3YUrqLe8uWw7gu3iXbSrn2n\n",
            "f:2: 'mkDLTBBRxdBv998612qipDYo...' has no =", "[a]@1 ");
    refuses("[a]\nauthority_pubkey mkDLTBBRxdBv\n",
            "f:2: 'authority_pubkey...' has no =", "[a]@1 ");
}

/* For inih : separates as = does; a URL without = before it would become a key. */
Test(ini, a_colon_does_not_separate)
{
    refuses("[a]\nurl: http://x:1\n",
            "f:2: a : after 'url'; key and value are separated by =", "[a]@1 ");
    refuses("[a]\nx:y=1\n", "f:2: a : after 'x'", "[a]@1 ");
    reads("[a]\nu=stratum+tcp://h:3333\nv = a:b=c\n",
          "[a]@1 a.u=stratum+tcp://h:3333@2 a.v=a:b=c@3 ");
}

/* inih loses what follows a NUL on its line. */
Test(ini, bytes_that_are_no_text)
{
#define LINE(bad) "[a]\nx=1" bad "2\ny=3\n"
    refuses_bytes(LINE("\0"), sizeof LINE("\0") - 1,
                  "f:2: a NUL byte; only text is allowed (byte 0x00 at position 4)",
                  "[a]@1 a.y=3@3 ");
    refuses(LINE("\x01"), "f:2: a control character; only tab is allowed (byte 0x01 at position 4)",
            "[a]@1 a.y=3@3 ");
    refuses(LINE("\x1B[2J"), "f:2: a control character", "[a]@1 a.y=3@3 ");
    refuses(LINE("\x7F"), "f:2: a control character", "[a]@1 a.y=3@3 ");
    refuses(LINE("\xC2\x85"), "f:2: a control character", "[a]@1 a.y=3@3 ");
    refuses(LINE("\xFF"), "f:2: not valid UTF-8 (byte 0xFF at position 4)", "[a]@1 a.y=3@3 ");
    refuses(LINE("\xC3("), "f:2: not valid UTF-8", "[a]@1 a.y=3@3 ");
    refuses(LINE("\xED\xA0\x80"), "f:2: not valid UTF-8", "[a]@1 a.y=3@3 ");
    reads(LINE("\xC3\xA9"), "[a]@1 a.x=1\xC3\xA9"
                            "2@2 a.y=3@3 ");
    refuses("[a]\nx\xC3\xA9=1\ny=3\n",
            "f:2: a character that is not ASCII; those are allowed in values and comments only "
            "(byte 0xC3 at position 2)",
            "[a]@1 a.y=3@3 ");
    refuses("[a]\nx\xC3\xA9\ny=3\n", "f:2: a character that is not ASCII", "[a]@1 a.y=3@3 ");
    refuses("[a]\n; \xFF\ny=3\n", "f:2: not valid UTF-8", "[a]@1 a.y=3@3 ");
    refuses("[a]\ny=3\n; \xC3", "f:3: not valid UTF-8", "[a]@1 a.y=3@2 ");
    refuses("[a]\n# \v\n", "f:2: a control character", "[a]@1 ");
#undef LINE
}

Test(ini, several_problems_in_one_text)
{
    static const char data[] = "[a]\nfoo\nx=1\n=2\n[b\nz=1\n";
    const record *const r = parse(data, sizeof data - 1);
    cr_assert_eq(r->problem_count, 3);
    cr_assert_str_eq(r->problems, "f:2: 'foo' has no =; write key = value\n"
                                  "f:4: a value without a key; write key = value\n"
                                  "f:5: section '[b' is not closed; write [name]");
}

/* Behind the end of the text stands what would make it good, or a mark of it. */
Test(ini, what_stands_behind_the_text_is_not_looked_at)
{
    refuses_bytes("[a]\nx=\xC3\xA9", 7, "f:2: not valid UTF-8 (byte 0xC3 at position 3)", "[a]@1 ");
    refuses_bytes("\xEF\xBB\xBF", 2, "f:1: not valid UTF-8 (byte 0xEF at position 1)", "");
    refuses_bytes("[a]", 2, "f:1: section '[a' is not closed", "[?]@1 ");
    refuses_bytes("[a]\nx=1", 5, "f:2: 'x' has no =", "[a]@1 ");
    refuses_bytes("[a]x\n", 5, "f:1: text after the ] of '[a]x'", "[?]@1 ");
    reads("[a]\n \n\t\nx=\t\ny= z\n", "[a]@1 a.x=@4 a.y=z@5 ");
}

Test(ini, a_section_that_comes_twice_is_found_wherever_it_was)
{
    for (unsigned twice = 0; twice < 4; twice++) {
        char data[64];
        char problem[80];
        (void)snprintf(data, sizeof data, "[s0]\n[s1]\n[s2]\n[s3]\n[s%u]\n", twice);
        (void)snprintf(problem, sizeof problem, "f:5: section [s%u] comes twice, first in line %u",
                       twice, twice + 1);
        refuses(data, problem, "[s0]@1 [s1]@2 [s2]@3 [s3]@4 [?]@5 ");
    }
}

Test(ini, too_many_sections)
{
    static char data[16384];
    hm_text t;
    hm_text_init(&t, data, sizeof data);
    for (unsigned i = 0; i < HM_INI_SECTIONS_MAX + 2; i++) {
        hm_text_addf(&t, "[s%u]\n", i);
    }
    const record *const r = parse(data, t.len);
    cr_assert_eq(r->problem_count, 2);
    cr_assert_str_eq(r->problems, "f:257: too many sections; at most 256 are allowed\n"
                                  "f:258: too many sections; at most 256 are allowed");
    cr_assert_not_null(strstr(r->events, "[s255]@256 [?]@257 [?]@258 "), "their keys go nowhere");
}

Test(ini, too_much_text)
{
    char *const data = (char *)malloc(HM_INI_FILE_MAX + 1);
    memset(data, '\n', HM_INI_FILE_MAX + 1);
    cr_assert_eq(parse(data, HM_INI_FILE_MAX)->problem_count, 0);
    const record *const r = parse(data, HM_INI_FILE_MAX + 1);
    cr_assert_eq(r->status, HMX_E_CONFIG);
    cr_assert_str_eq(r->problems, "f: is larger than 1 MiB (1048576 bytes), the most that is read");
    free(data);
}

Test(ini, out_of_memory)
{
    counted_memory counted = {.fail_at = 1};
    const hm_memory memory = counted_hm_memory(&counted);
    static hm_problems problems;
    static record r;
    hm_text_init(&r.text, r.events, sizeof r.events);
    const hm_ini_handler handler = {&r, on_section, on_key, on_torn};
    cr_assert_eq(hm_ini_parse(&memory, "[a]\n", 4, &handler, &problems), HMX_E_NOMEM);
    cr_assert_eq(problems.count, 0);
    cr_assert_str_eq(r.events, "");
    cr_assert_eq(counted.live_blocks, 0);
}

/* isspace may follow the locale: inih could trim the second byte of some characters, and take what
 * follows it for a comment. It is shown ASCII only, so nothing depends on which locales this
 * machine has, nor on how its C library classifies bytes. */
Test(ini, the_locale_changes_nothing)
{
    static const char *const locales[] = {"C", "", "de_DE.ISO-8859-1", "fr_FR.ISO-8859-1",
                                          "de_DE.UTF-8"};
    for (size_t i = 0; i < sizeof locales / sizeof locales[0]; i++) {
        (void)setlocale(LC_ALL, locales[i]);
        reads("[a]\nx = \xC3\xA0\ny=1\n", "[a]@1 a.x=\xC3\xA0@2 a.y=1@3 ");
        reads("[a]\nx = \xC3\xA0;\xC2\xA0 \xC5\xA0 ; \xC3\xA0\n",
              "[a]@1 a.x=\xC3\xA0;\xC2\xA0 \xC5\xA0@2 ");
        refuses("[\xC3\xA0]\nx=1\n", "f:1: a character that is not ASCII", "[?]@1 ");
        reads("[a]\nx=1 ; \xC3\xA0\n", "[a]@1 a.x=1@2 ");
    }
}

/* ---- files ---- */

static hmx_status open_file(const char *path, hm_ini_file *file, char *why, size_t why_size)
{
    counted_memory counted = {0};
    const hm_memory memory = counted_hm_memory(&counted);
    static hm_problems problems;
    memset(&problems, 0, sizeof problems);
    const hmx_status status = hm_ini_open(&memory, path, file, &problems);
    hm_text t;
    hm_text_init(&t, why, why_size);
    hm_problems_print(&problems, "f", &t);
    if (status == HMX_OK) {
        cr_assert_eq(counted.live_blocks, 1);
        hm_ini_close(&memory, file);
        cr_assert_null(file->data);
    }
    cr_assert_eq(counted.live_blocks, 0);
    cr_assert_eq(counted.mistakes, 0);
    return status;
}

static void refuses_file(const char *path, const char *problem)
{
    char why[1024];
    hm_ini_file file = {NULL, 0, 0};
    cr_assert_eq(open_file(path, &file, why, sizeof why), HMX_E_IO, "%s", path);
    cr_assert_str_eq(why, problem);
    cr_assert_null(file.data);
}

/* A folder of this test's own; the caller removes what it put there. */
static const char *temporary_folder(void)
{
    static char folder[] = "/tmp/hmx_ini_XXXXXX";
    cr_assert_not_null(mkdtemp(folder));
    return folder;
}

Test(ini, what_is_no_readable_file)
{
    char path[128];
    const char *const folder = temporary_folder();
    refuses_file(folder, "f: is a directory; a regular file is wanted");
    refuses_file("/dev/null", "f: is a device; a regular file is wanted");
    refuses_file("", "f: cannot open it: there is no such file");
    (void)snprintf(path, sizeof path, "%s/none.ini", folder);
    refuses_file(path, "f: cannot open it: there is no such file");
    (void)snprintf(path, sizeof path, "%s/fifo", folder);
    cr_assert_eq(mkfifo(path, 0600), 0);
    refuses_file(path, "f: is a pipe; a regular file is wanted"); /* and does not hang */
    cr_assert_eq(unlink(path), 0);
    (void)snprintf(path, sizeof path, "%s/loop", folder);
    cr_assert_eq(symlink(path, path), 0);
    refuses_file(path, "f: cannot open it: too many symbolic links");
    cr_assert_eq(unlink(path), 0);
    (void)snprintf(path, sizeof path, "%s/big", folder);
    FILE *const big = fopen(path, "w");
    cr_assert_eq(ftruncate(fileno(big), HM_INI_FILE_MAX + 1), 0);
    refuses_file(path, "f: is larger than 1 MiB (1048576 bytes), the most that is read");
    (void)fclose(big);
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(rmdir(folder), 0);
}

Test(ini, a_file_is_read_whole)
{
    char path[128];
    const char *const folder = temporary_folder();
    (void)snprintf(path, sizeof path, "%s/a.ini", folder);
    static const size_t sizes[] = {0, 1, 5000, HM_INI_FILE_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        counted_memory counted = {0};
        const hm_memory memory = counted_hm_memory(&counted);
        static hm_problems problems;
        hm_ini_file file = {NULL, 0, 0};
        FILE *const out = fopen(path, "w");
        for (size_t b = 0; b < sizes[i]; b++) {
            (void)fputc((int)('a' + b % 26), out);
        }
        (void)fclose(out);
        cr_assert_eq(hm_ini_open(&memory, path, &file, &problems), HMX_OK);
        cr_assert_eq(file.len, sizes[i]);
        for (size_t b = 0; b < sizes[i]; b++) {
            cr_assert_eq(file.data[b], (char)('a' + b % 26));
        }
        hm_ini_close(&memory, &file);
        cr_assert_eq(counted.live_blocks, 0);

        counted_memory failing = {.fail_at = 1};
        const hm_memory poor = counted_hm_memory(&failing);
        cr_assert_eq(hm_ini_open(&poor, path, &file, &problems), HMX_E_NOMEM);
        cr_assert_null(file.data);
        cr_assert_eq(problems.count, 0);
    }
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(rmdir(folder), 0);
}
