/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * base/options and base/help: one table of every kind of option, read, refused and described. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host_stub/base/help.h"
#include "host_stub/base/text.h"

typedef struct settings {
    const char *file;
    hs_words more;
    int loud;
    uint16_t port;
    uint32_t count;
    uint64_t seed;
    int has_seed;
    double rate;
    uint64_t tip_ms;
    enum { RED, GREEN, BLUE } colour;
    const char *note;
    const char *json;
    const char *frames;
    hs_texts sets;
    char upper[8];
    const char *options_file;
} settings;

static int read_upper(const hs_option *option, void *options, const char *value, char *why,
                      size_t capacity)
{
    settings *const s = options;
    if (strlen(value) >= sizeof s->upper) {
        return hs_refuse(why, capacity, "%s takes up to 7 letters, not '%s'", option->name, value);
    }
    strcpy(s->upper, value);
    return 0;
}

static int settle(void *options, char *why, size_t capacity)
{
    const settings *const s = options;
    return s->count == 13 ? hs_refuse(why, capacity, "--count 13 brings bad luck") : 0;
}

#define AT(member) HS_AT(settings, member)
static const hs_option OPTIONS[] = {
    HS_STRING(INPUT, "FILE", NULL, AT(file), "what is read", .required = 1),
    HS_STRING(REST, "MORE", NULL, AT(more), "and more of it"),
    HS_FLAG("--loud", AT(loud), "says more", .excludes = "--note"),
    HS_WHOLE("--port", "N", AT(port), 1, 65535, "3333", "where"),
    HS_WHOLE("--count", "N", AT(count), 0, UINT32_MAX, NULL, "how many"),
    HS_WHOLE("--seed", "N", AT(seed), 0, UINT64_MAX, NULL, "of chance",
             .given = offsetof(settings, has_seed)),
    HS_NUMBER("--rate", "X", AT(rate), 0.25, 1e11, "10", "how fast"),
    HS_SCALED("--tip-secs", "X", AT(tip_ms), 1e3, 0.1, 60.0, "0.5", "how often"),
    HS_CHOICE("--colour", "WORD", AT(colour), "red green blue", "green", "one of"),
    HS_STRING(TEXT, "--note", "TEXT", AT(note), "is kept as it is"),
    HS_STRING(OUTPUT, "--json", "FILE", AT(json), "the result"),
    HS_STRING(OUTPUT_FOLDER, "--frames", "DIR", AT(frames), "recordings"),
    HS_STRING(TEXTS, "--set", "KEY=VALUE", AT(sets), "one more"),
    HS_OTHER("--upper", "WORD", AT(upper), read_upper, "ABC", "capitals"),
};
static const hs_command COMMAND = {.name = "try",
                                   .title = "tries",
                                   .about = "All that a table can hold.",
                                   .no = "it is not so",
                                   .options = OPTIONS,
                                   .count = sizeof OPTIONS / sizeof OPTIONS[0],
                                   .size = sizeof(settings),
                                   .settle = settle};

static settings got;
static char why[400];

/* The words of `line`, split at blanks. */
static int read_line(const char *line)
{
    static char text[1024];
    static char *argv[40];
    int argc = 1;
    snprintf(text, sizeof text, "%s", line);
    argv[0] = (char *)"try";
    for (char *word = strtok(text, " "); word != NULL && argc < 39; word = strtok(NULL, " ")) {
        argv[argc++] = word;
    }
    why[0] = '\0';
    memset(&got, 0x5a, sizeof got);
    return hs_options_read(&COMMAND, &got, argc, argv, why, sizeof why);
}

static void refuses(const char *line, const char *sentence)
{
    cr_expect_eq(read_line(line), -1, "'%s' was taken", line);
    cr_expect_str_eq(why, sentence, "'%s' was refused with: %s", line, why);
}

Test(options, what_is_not_given_has_its_default_or_is_0)
{
    cr_assert_eq(read_line("a.ini"), 0, "%s", why);
    cr_assert_str_eq(got.file, "a.ini");
    cr_assert(got.port == 3333 && got.count == 0 && got.seed == 0 && got.has_seed == 0);
    cr_assert(got.rate == 10.0 && got.tip_ms == 500 && got.colour == GREEN && got.loud == 0);
    cr_assert(got.note == NULL && got.json == NULL && got.frames == NULL && got.sets.count == 0);
    cr_assert_str_eq(got.upper, "ABC");
    cr_assert_eq(got.more.count, 0);
    memset(&got, 0x5a, sizeof got);
    hs_options_defaults(&COMMAND, &got);
    cr_assert(got.file == NULL && got.port == 3333);
}

Test(options, every_kind_is_read_in_both_ways_of_writing)
{
    static const char *const LINES[] = {
        "a.ini --port 7 --count 9 --seed 18446744073709551615 --rate 2.5 --tip-secs 1.2345 "
        "--colour blue --note --loud --json - --frames dir --set a=1 --set b=2=3 --upper XY",
        "--port=7 --count=9 --seed=18446744073709551615 --rate=2.5 --tip-secs=1.2345 "
        "--colour=blue a.ini --note=--loud --json=- --frames=dir --set=a=1 --set=b=2=3 --upper=XY"};
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(read_line(LINES[i]), 0, "%s", why);
        cr_assert_str_eq(got.file, "a.ini");
        cr_assert(got.port == 7 && got.count == 9 && got.seed == UINT64_MAX && got.has_seed == 1);
        cr_assert(got.rate == 2.5 && got.tip_ms == 1235 && got.colour == BLUE && got.loud == 0);
        cr_assert_str_eq(got.note, "--loud");
        cr_assert_str_eq(got.json, "-");
        cr_assert_str_eq(got.frames, "dir");
        cr_assert_eq(got.sets.count, 2);
        cr_assert_str_eq(got.sets.at[1], "b=2=3");
        cr_assert_str_eq(got.upper, "XY");
    }
}

Test(options, arguments_come_in_order_and_may_look_like_options_behind_two_dashes)
{
    cr_assert_eq(read_line("a --loud b - -- --port"), 0, "%s", why);
    cr_assert_str_eq(got.file, "a");
    cr_assert_eq(got.more.count, 3);
    cr_assert_str_eq(got.more.at[0], "b");
    cr_assert_str_eq(got.more.at[1], "-");
    cr_assert_str_eq(got.more.at[2], "--port");
    cr_assert(got.loud == 1 && got.port == 3333);
}

Test(options, the_last_of_two_holds)
{
    cr_assert_eq(read_line("a --port 1 --port 2 --colour red --colour green"), 0, "%s", why);
    cr_assert(got.port == 2 && got.colour == GREEN);
}

Test(options, the_ends_of_a_range_are_inside)
{
    static const char *const GOOD[] = {
        "a --port 1",     "a --port 65535",        "a --count 4294967295",
        "a --rate 0.25",  "a --rate 100000000000", "a --tip-secs 0.1",
        "a --tip-secs 60"};
    for (size_t i = 0; i < sizeof GOOD / sizeof GOOD[0]; i++) {
        cr_expect_eq(read_line(GOOD[i]), 0, "%s", why);
    }
    refuses("a --port 0", "--port takes a whole number from 1 to 65535, not '0'");
    refuses("a --port 65536", "--port takes a whole number from 1 to 65535, not '65536'");
    refuses("a --count 4294967296",
            "--count takes a whole number from 0 to 4294967295, not '4294967296'");
    refuses("a --rate 0.2", "--rate takes a number from 0.25 to 100000000000, not '0.2'");
    refuses("a --tip-secs 60.1", "--tip-secs takes a number from 0.1 to 60, not '60.1'");
    refuses("a --tip-secs 0.0999", "--tip-secs takes a number from 0.1 to 60, not '0.0999'");
}

Test(options, refusals_say_what_is_allowed)
{
    refuses("", "FILE is needed; host_stub try --help tells more");
    refuses("a --port", "--port needs a value: N");
    refuses("a --port=", "--port takes a whole number from 1 to 65535, not ''");
    refuses("a --port -1", "--port takes a whole number from 1 to 65535, not '-1'");
    refuses("a --port 1x", "--port takes a whole number from 1 to 65535, not '1x'");
    refuses("a --rate 1e3", "--rate takes a number from 0.25 to 100000000000, not '1e3'");
    refuses("a --loud=yes", "--loud takes no value, not 'yes'");
    refuses("a --colour pink", "--colour takes one of: red green blue; not 'pink'");
    refuses("a --colour re", "--colour takes one of: red green blue; not 're'");
    refuses("a --json=", "--json takes the name of a file, not ''");
    refuses("a --frames=", "--frames takes the name of a folder, not ''");
    refuses("a --upper ABCDEFGH", "--upper takes up to 7 letters, not 'ABCDEFGH'");
    refuses("a --loud --note x", "--loud and --note exclude each other");
    refuses("a --note x --loud", "--loud and --note exclude each other");
    refuses("a --count 13", "--count 13 brings bad luck");
}

Test(options, an_unknown_option_is_answered_with_the_nearest)
{
    refuses("a --prot 1",
            "there is no option '--prot'; did you mean --port? host_stub try --help lists them");
    refuses("a --tip 1",
            "there is no option '--tip'; did you mean --tip-secs? host_stub try --help lists them");
    refuses("a --hlep",
            "there is no option '--hlep'; did you mean --help? host_stub try --help lists them");
    refuses("a --frobnicate", "there is no option '--frobnicate'; host_stub try --help lists them");
    refuses("a -x", "there is no option '-x'; host_stub try --help lists them");
    refuses("a --an-option-that-has-a-name-longer-than-any 1",
            "there is no option '--an-option-that-has-a-name-longer-than-any'; host_stub try "
            "--help lists them");
}

Test(options, one_argument_too_many)
{
    static const hs_option ONE[] = {
        HS_STRING(INPUT, "FILE", NULL, HS_AT(settings, file), "what is read", .required = 1)};
    static const hs_command NARROW = {
        .name = "narrow", .options = ONE, .count = 1, .size = sizeof(settings)};
    char *argv[] = {(char *)"narrow", (char *)"a", (char *)"b"};
    cr_assert_eq(hs_options_read(&NARROW, &got, 3, argv, why, sizeof why), -1);
    cr_assert_str_eq(why, "'b' is one argument too many; host_stub narrow --help tells more");
}

Test(options, a_text_may_be_repeated_so_often_and_not_more)
{
    char *argv[2 * HS_TEXTS_MAX + 4] = {(char *)"try", (char *)"a"};
    int argc = 2;
    for (int i = 0; i < HS_TEXTS_MAX; i++) {
        argv[argc++] = (char *)"--set";
        argv[argc++] = (char *)"k=v";
    }
    cr_assert_eq(hs_options_read(&COMMAND, &got, argc, argv, why, sizeof why), 0, "%s", why);
    cr_assert_eq(got.sets.count, HS_TEXTS_MAX);
    argv[argc++] = (char *)"--set=k=v";
    cr_assert_eq(hs_options_read(&COMMAND, &got, argc, argv, why, sizeof why), -1);
    cr_assert_str_eq(why, "--set may be given 64 times");
}

Test(options, help_wins_over_what_is_missing)
{
    cr_assert_eq(read_line("--help"), 1);
    cr_assert_eq(read_line("--port 2 -h --melt"), 1);
    cr_assert_eq(read_line("a -- --help"), 0);
}

Test(options, outputs_are_checked_before_a_run)
{
    cr_assert_eq(read_line("a --json /nowhere/x"), 0);
    cr_assert_eq(hs_options_check_outputs(&COMMAND, &got, why, sizeof why), -1);
    cr_assert_str_eq(why, "--json: /nowhere/x cannot be written: No such file or directory");
    cr_assert_eq(read_line("a --frames /nowhere/x"), 0);
    cr_assert_eq(hs_options_check_outputs(&COMMAND, &got, why, sizeof why), -1);
    cr_assert_str_eq(why,
                     "--frames: the folder /nowhere/x cannot be made: No such file or directory");
    cr_assert_eq(read_line("a --json - --frames /tmp"), 0);
    cr_assert_eq(hs_options_check_outputs(&COMMAND, &got, why, sizeof why), 0, "%s", why);
}

Test(options, the_words_of_a_list)
{
    const char *at = "ab,,cde,";
    static const char *const WORDS[] = {"ab", "", "", ""};
    for (int i = 0; i < 4; i++) {
        char word[3] = "?";
        cr_assert_not_null(at);
        hs_option_word(&at, word, sizeof word);
        cr_assert_str_eq(word, WORDS[i], "word %d", i);
    }
    cr_assert_null(at);
}

static const char *printed(void (*print)(FILE *to))
{
    static char text[8192];
    memset(text, 0, sizeof text);
    FILE *const to = fmemopen(text, sizeof text - 1, "w");
    print(to);
    fclose(to);
    return text;
}

static void print_help(FILE *to)
{
    hs_help_print(to, &COMMAND);
}

Test(help, tells_all_that_the_table_holds)
{
    cr_assert_str_eq(
        printed(print_help),
        "usage: host_stub try FILE [MORE...] [options]\n"
        "\n"
        "All that a table can hold.\n"
        "\n"
        "  FILE             what is read\n"
        "  MORE             and more of it\n"
        "  --loud           says more\n"
        "  --port N         where (1 to 65535); default 3333\n"
        "  --count N        how many (0 to 4294967295)\n"
        "  --seed N         of chance\n"
        "  --rate X         how fast (0.25 to 100000000000); default 10\n"
        "  --tip-secs X     how often (0.1 to 60); default 0.5\n"
        "  --colour WORD    one of: red green blue; default green\n"
        "  --note TEXT      is kept as it is\n"
        "  --json FILE      the result\n"
        "  --frames DIR     recordings\n"
        "  --set KEY=VALUE  one more; may be repeated\n"
        "  --upper WORD     capitals; default ABC\n"
        "\n"
        "Status: 0 done; 1 it is not so; 2 the command line or a file is wrong, or what is to be "
        "written\n"
        "cannot be.\n");
}

static const hs_command *const COMMANDS[] = {&COMMAND};

static void print_bash(FILE *to)
{
    hs_help_bash(to, COMMANDS, 1);
}

Test(help, completion_knows_options_and_what_follows_them)
{
    const char *const text = printed(print_bash);
    cr_assert_not_null(strstr(text, "'try') words='--help --loud --port --count --seed --rate "
                                    "--tip-secs --colour --note --json --frames --set --upper' "
                                    "argument='file'"),
                       "%s", text);
    cr_assert_not_null(strstr(text, "'try --colour') words='red green blue'"));
    cr_assert_not_null(strstr(text, "'try --frames') words='directory'"));
    cr_assert_not_null(strstr(text, "'try --port') words=''"));
    cr_assert_null(strstr(text, "'try --loud')"));
}

/* ---- a file of options ---- */

static char file_path[] = "/tmp/hmx_options_XXXXXX";

/* Reads `words` with a file of this text; the sentence of a refusal, or NULL. */
static const char *with_file(settings *s, const char *text, const char *more)
{
    static hs_option rows[sizeof OPTIONS / sizeof *OPTIONS + 1];
    char path[sizeof file_path];
    strcpy(path, file_path);
    const int fd = mkstemp(path);
    cr_assert(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) && close(fd) == 0);
    char *argv[8] = {"host_stub", "input", HS_OPTIONS_FILE, path};
    int argc = 4;
    if (more != NULL) {
        argv[argc++] = (char *)more;
    }
    memcpy(rows, OPTIONS, sizeof OPTIONS);
    rows[COMMAND.count] =
        (hs_option)HS_STRING(INPUT, HS_OPTIONS_FILE, "FILE", AT(options_file), "more of them");
    hs_command command = COMMAND;
    command.options = rows;
    command.count++;
    const int rc = hs_options_read(&command, s, argc, argv, why, sizeof why);
    unlink(path);
    return rc == 0 ? NULL : why;
}

Test(options_file, holds_what_the_command_line_does_not_say)
{
    settings s;
    cr_assert_null(with_file(&s,
                             "[try]\nport = 7\nseed = 5\nnote = a b\ncolour = blue\n"
                             "set = a=1  b=2\n",
                             "--port=9"));
    cr_assert(s.port == 9 && s.seed == 5 && s.has_seed == 1 && s.colour == BLUE);
    cr_assert_str_eq(s.note, "a b");
    cr_assert(s.sets.count == 2 && strcmp(s.sets.at[1], "b=2") == 0);
    cr_assert_str_eq(s.upper, "ABC", "the default");
    cr_assert_null(with_file(&s, "[try]\nset = a=1\n", "--set=c=3"));
    cr_assert(s.sets.count == 1 && strcmp(s.sets.at[0], "c=3") == 0, "not both");
}

Test(options_file, flags_are_yes_or_no)
{
    settings s;
    cr_assert_null(with_file(&s, "[try]\nloud = yes\n", NULL));
    cr_assert_eq(s.loud, 1);
    cr_assert_null(with_file(&s, "[try]\nloud = no\n", NULL));
    cr_assert_eq(s.loud, 0);
    cr_assert_not_null(
        strstr(with_file(&s, "[try]\nloud = 2\n", NULL), ":2: loud: is yes or no, not '2'"));
}

Test(options_file, refusals_name_the_line)
{
    settings s;
    const char *sentence = with_file(&s, "[try]\n\npotr = 7\n", NULL);
    cr_assert_not_null(strstr(sentence, ":3: there is no option '--potr'; did you mean --port?"),
                       "%s", sentence);
    sentence = with_file(&s, "[try]\nport = many\n", NULL);
    cr_assert_not_null(strstr(sentence, ":2: port: "), "%s", sentence);
    cr_assert_not_null(strstr(sentence, "many"), "%s", sentence);
    sentence = with_file(&s, "[other]\nport = 7\n", NULL);
    cr_assert_not_null(strstr(sentence, ":2: the section is [try], not [other]"), "%s", sentence);
    sentence = with_file(&s, "[try]\noptions = x\n", NULL);
    cr_assert_not_null(strstr(sentence, "there is no option"), "%s", sentence);
}
