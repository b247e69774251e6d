/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * base/options: command lines from tables. A command declares a row for each of its options and
 * arguments; from the rows come the reading into the command's struct, the defaults, the sentences
 * of refusal, --help (base/help.h) and the completion (base/completion.h). What an option does is
 * the command's business, and so is how values are written that follow a grammar of their own.
 *
 * Options are written `--name value` or `--name=value`; `--` ends them. Of an option that is given
 * twice the last value holds, unless it may be repeated. The readers return 0, or -1 with `why`.
 */
#ifndef HOST_STUB_BASE_OPTIONS_H
#define HOST_STUB_BASE_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

/* How every command of host_stub ends. */
enum hs_status {
    HS_STATUS_DONE = 0,
    HS_STATUS_NO = 1,    /* the answer is no: a refusal, a violation, a broken promise */
    HS_STATUS_WRONG = 2, /* no answer: the command line, a file or the machine is in the way */
};

enum hs_option_kind {
    HS_OPTION_FLAG,          /* int: 1 when it is given */
    HS_OPTION_WHOLE,         /* uint16_t, uint32_t or uint64_t */
    HS_OPTION_NUMBER,        /* double; or uint64_t, in units of 1/scale */
    HS_OPTION_CHOICE,        /* unsigned or an enum: the place of the word in `choices`, from 0 */
    HS_OPTION_TEXT,          /* const char *, NULL = not given, as for the four that follow */
    HS_OPTION_INPUT,         /* ... a file that is read */
    HS_OPTION_OUTPUT,        /* ... a file that is written, "-" = standard output */
    HS_OPTION_FOLDER,        /* ... a folder that is read */
    HS_OPTION_OUTPUT_FOLDER, /* ... a folder that is written, made when it is not there */
    HS_OPTION_TEXTS,         /* hs_texts: may be repeated */
    HS_OPTION_REST,          /* hs_words: all arguments, one or more */
    HS_OPTION_OTHER          /* whatever `read` makes of it */
};

/* A command that has an option of this name reads others from the file that it names: INI, one
 * section of the command's name, a key for each option without its two dashes, yes or no for a
 * flag, several words for what may be repeated. What the command line says counts instead. */
#define HS_OPTIONS_FILE "--options"

enum { HS_TEXTS_MAX = 64, HS_OPTIONS_MAX = 40 };

typedef struct hs_texts {
    const char *at[HS_TEXTS_MAX];
    size_t count;
} hs_texts;

typedef struct hs_words {
    char **at;
    size_t count;
} hs_words;

enum hs_option_type {
    HS_TYPE_OTHER,
    HS_TYPE_INT,
    HS_TYPE_U16,
    HS_TYPE_U32,
    HS_TYPE_U64,
    HS_TYPE_DOUBLE
};

/* A member of the command's struct. */
typedef struct hs_option_place {
    size_t offset;
    enum hs_option_type type;
} hs_option_place;

typedef struct hs_option hs_option;

/* Reads a value into *options, the command's struct. */
typedef int hs_option_reader(const hs_option *option, void *options, const char *value, char *why,
                             size_t capacity);

struct hs_option {
    const char *name;  /* "--seed"; or "FILE", an argument without a name */
    const char *value; /* how help calls the value; NULL for flags and arguments */
    enum hs_option_kind kind;
    hs_option_place at;
    union {
        struct {
            uint64_t least;
            uint64_t most;
        } whole;
        struct {
            double least;
            double most;
            double scale; /* 0 = into a double */
        } number;
        const char *choices; /* with blanks between */
    } range;
    hs_option_reader *read;
    const char *otherwise; /* the default, read like a value; NULL = the member stays 0 */
    const char *help;
    int required;
    int repeated;         /* HS_OPTION_OTHER: may be given several times */
    const char *excludes; /* the name of another option */
    size_t given;         /* the offset of an int that is 1 when it was given; 0 = none */
};

/* Rows. AT is HS_AT(struct, member); what follows the help are further members, .required = 1. */
#define HS_AT(type_name, member)                                                                   \
    {                                                                                              \
        offsetof(type_name, member), _Generic(((type_name *)0)->member, int                        \
                                              : HS_TYPE_INT, uint16_t                              \
                                              : HS_TYPE_U16, uint32_t                              \
                                              : HS_TYPE_U32, uint64_t                              \
                                              : HS_TYPE_U64, double                                \
                                              : HS_TYPE_DOUBLE, default                            \
                                              : HS_TYPE_OTHER)                                     \
    }
#define HS_FLAG(NAME, AT, ...)                                                                     \
    {                                                                                              \
        .name = NAME, .kind = HS_OPTION_FLAG, .at = AT, .help = __VA_ARGS__                        \
    }
#define HS_WHOLE(NAME, VALUE, AT, LEAST, MOST, OTHERWISE, ...)                                     \
    {                                                                                              \
        .name = NAME, .value = VALUE, .kind = HS_OPTION_WHOLE, .at = AT,                           \
        .range.whole = {LEAST, MOST}, .otherwise = OTHERWISE, .help = __VA_ARGS__                  \
    }
#define HS_NUMBER(NAME, VALUE, AT, LEAST, MOST, OTHERWISE, ...)                                    \
    {                                                                                              \
        .name = NAME, .value = VALUE, .kind = HS_OPTION_NUMBER, .at = AT,                          \
        .range.number = {LEAST, MOST, 0.0}, .otherwise = OTHERWISE, .help = __VA_ARGS__            \
    }
#define HS_SCALED(NAME, VALUE, AT, SCALE, LEAST, MOST, OTHERWISE, ...)                             \
    {                                                                                              \
        .name = NAME, .value = VALUE, .kind = HS_OPTION_NUMBER, .at = AT,                          \
        .range.number = {LEAST, MOST, SCALE}, .otherwise = OTHERWISE, .help = __VA_ARGS__          \
    }
#define HS_CHOICE(NAME, VALUE, AT, CHOICES, OTHERWISE, ...)                                        \
    {                                                                                              \
        .name = NAME, .value = VALUE, .kind = HS_OPTION_CHOICE, .at = AT,                          \
        .range.choices = CHOICES, .otherwise = OTHERWISE, .help = __VA_ARGS__                      \
    }
/* A text of whatever KIND: TEXT, INPUT, OUTPUT, FOLDER, OUTPUT_FOLDER, TEXTS, REST. */
#define HS_STRING(KIND, NAME, VALUE, AT, ...)                                                      \
    {                                                                                              \
        .name = NAME, .value = VALUE, .kind = HS_OPTION_##KIND, .at = AT, .help = __VA_ARGS__      \
    }
#define HS_OTHER(NAME, VALUE, AT, READ, OTHERWISE, ...)                                            \
    {                                                                                              \
        .name = NAME, .value = VALUE, .kind = HS_OPTION_OTHER, .at = AT, .read = READ,             \
        .otherwise = OTHERWISE, .help = __VA_ARGS__                                                \
    }

typedef struct hs_command {
    const char *name;  /* "pool", or two words, "bench speed" */
    const char *title; /* what it does, in a line */
    const char *about; /* paragraphs for --help, above the options; NULL = the title does */
    const char *notes; /* and below them; NULL = none */
    const char *no;    /* when its status is HS_STATUS_NO; NULL = never */
    const hs_option *options;
    size_t count; /* at most HS_OPTIONS_MAX */
    size_t size;  /* of the struct that they are read into */
    /* What concerns several options at once; NULL = nothing. */
    int (*settle)(void *options, char *why, size_t capacity);
    void (*release)(void *options); /* frees what `read` has allocated; NULL = nothing */
} hs_command;

/* argv[0] is not looked at; strings of argv are kept as they are. Writes the whole of *options. 0;
 * 1 when help was asked for and nothing else counts; -1 with the sentence in `why`. What it has
 * read is to be released in any case. HS_OPTION_REST reorders argv. */
int hs_options_read(const hs_command *command, void *options, int argc, char **argv, char *why,
                    size_t capacity);

/* Only the defaults. */
void hs_options_defaults(const hs_command *command, void *options);

/* Before a long run: can every output that was named be written? Changes nothing there. */
int hs_options_check_outputs(const hs_command *command, const void *options, char *why,
                             size_t capacity);

/* "; did you mean --seed?" or "" into `text`: the one of the words that is nearest to `word`. */
const char *hs_options_near(const char *word, const char *const *words, size_t count, char *text,
                            size_t capacity);

int hs_option_is_argument(const hs_option *option);

/* ---- for the readers of values that follow a grammar ---- */

int hs_option_whole(const char *name, const char *value, uint64_t least, uint64_t most,
                    uint64_t *out, char *why, size_t capacity);
int hs_option_number(const char *name, const char *value, double least, double most, double *out,
                     char *why, size_t capacity);

/* A number without needless zeros; returns `to`. */
const char *hs_option_format(char *to, size_t capacity, double value);

/* The next word of a list with commas, from **at into `word`: "" when it does not fit. *at moves
 * behind the comma, or is NULL after the last word. */
void hs_option_word(const char **at, char *word, size_t capacity);

#endif
