/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/base/options.h"

#include <stdio.h>
#include <string.h>

#include "host_stub/base/ini.h"
#include "host_stub/base/output.h"
#include "host_stub/base/text.h"

enum { NAME_MAX_LEN = 31, FAR = 3 };

int hs_option_whole(const char *name, const char *value, uint64_t least, uint64_t most,
                    uint64_t *out, char *why, size_t capacity)
{
    uint64_t number = 0;
    if (hs_parse_whole(value, &number) != 0 || number < least || number > most) {
        return hs_refuse(why, capacity, "%s takes a whole number from %llu to %llu, not '%s'", name,
                         (unsigned long long)least, (unsigned long long)most, value);
    }
    *out = number;
    return 0;
}

const char *hs_option_format(char *to, size_t capacity, double value)
{
    hs_format_fixed(to, capacity, value, 3);
    if (strchr(to, '.') != NULL) {
        size_t len = strlen(to);
        while (to[len - 1] == '0') {
            len--;
        }
        to[to[len - 1] == '.' ? len - 1 : len] = '\0';
    }
    return to;
}

int hs_option_number(const char *name, const char *value, double least, double most, double *out,
                     char *why, size_t capacity)
{
    char from[32];
    char to[32];
    double number = 0.0;
    if (hs_parse_decimal(value, &number) != 0 || number < least || number > most) {
        return hs_refuse(why, capacity, "%s takes a number from %s to %s, not '%s'", name,
                         hs_option_format(from, sizeof from, least),
                         hs_option_format(to, sizeof to, most), value);
    }
    *out = number;
    return 0;
}

void hs_option_word(const char **at, char *word, size_t capacity)
{
    const size_t len = strcspn(*at, ",");
    const size_t kept = len < capacity ? len : 0;
    memcpy(word, *at, kept);
    word[kept] = '\0';
    *at = (*at)[len] == ',' ? *at + len + 1 : NULL;
}

int hs_option_is_argument(const hs_option *option)
{
    return option->name[0] != '-';
}

/* ---- what was meant ---- */

static unsigned least_of(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* How many letters have to be changed, added, left out or swapped with their neighbour to make `a`
 * of `b`; FAR = more than a slip of so short a word. */
static unsigned distance(const char *a, const char *b)
{
    unsigned rows[3][NAME_MAX_LEN + 1];
    const size_t a_len = strlen(a);
    const size_t b_len = strlen(b);
    if (a_len > NAME_MAX_LEN || b_len > NAME_MAX_LEN) {
        return FAR;
    }
    for (size_t i = 0; i <= a_len; i++) {
        unsigned *const row = rows[i % 3];
        const unsigned *const above = rows[(i + 2) % 3];
        row[0] = (unsigned)i;
        for (size_t k = 1; k <= b_len; k++) {
            if (i == 0) {
                row[k] = (unsigned)k;
                continue;
            }
            row[k] =
                least_of(above[k - 1] + (a[i - 1] != b[k - 1]), least_of(above[k], row[k - 1]) + 1);
            if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1]) {
                row[k] = least_of(row[k], rows[(i + 1) % 3][k - 2] + 1);
            }
        }
    }
    return rows[a_len % 3][b_len] <= (b_len < 8 ? 1 : 2) ? rows[a_len % 3][b_len] : FAR;
}

const char *hs_options_near(const char *word, const char *const *words, size_t count, char *text,
                            size_t capacity)
{
    unsigned least = FAR;
    (void)snprintf(text, capacity, "%s", "");
    for (size_t i = 0; i < count; i++) {
        const size_t len = strlen(word);
        const unsigned far =
            len > 3 && strncmp(word, words[i], len) == 0 ? 1 : distance(word, words[i]);
        if (far < least) {
            least = far;
            (void)snprintf(text, capacity, "; did you mean %s?", words[i]);
        }
    }
    return text;
}

static int refuse_unknown(const hs_command *command, const char *word, char *why, size_t capacity)
{
    const char *names[HS_OPTIONS_MAX + 1] = {"--help"};
    size_t count = 1;
    char near[80];
    for (size_t i = 0; i < command->count; i++) {
        if (!hs_option_is_argument(&command->options[i])) {
            names[count++] = command->options[i].name;
        }
    }
    return hs_refuse(why, capacity, "there is no option '%s'%s host_stub %s --help lists them",
                     word,
                     hs_options_near(word, names, count, near, sizeof near)[0] != '\0' ? near : ";",
                     command->name);
}

/* ---- values ---- */

static int take_whole(const hs_option *option, void *at, const char *value, char *why,
                      size_t capacity)
{
    uint64_t number = 0;
    if (hs_option_whole(option->name, value, option->range.whole.least, option->range.whole.most,
                        &number, why, capacity) != 0) {
        return -1;
    }
    if (option->at.type == HS_TYPE_U16) {
        *(uint16_t *)at = (uint16_t)number;
    } else if (option->at.type == HS_TYPE_U32) {
        *(uint32_t *)at = (uint32_t)number;
    } else {
        *(uint64_t *)at = number;
    }
    return 0;
}

static int take_number(const hs_option *option, void *at, const char *value, char *why,
                       size_t capacity)
{
    double number = 0.0;
    if (hs_option_number(option->name, value, option->range.number.least, option->range.number.most,
                         &number, why, capacity) != 0) {
        return -1;
    }
    if (option->at.type == HS_TYPE_DOUBLE) {
        *(double *)at = number;
    } else {
        *(uint64_t *)at = (uint64_t)(number * option->range.number.scale + 0.5);
    }
    return 0;
}

static int take_choice(const hs_option *option, void *at, const char *value, char *why,
                       size_t capacity)
{
    uint32_t number = 0;
    const size_t len = strlen(value);
    for (const char *word = option->range.choices; *word != '\0'; number++) {
        const size_t word_len = strcspn(word, " ");
        if (len == word_len && strncmp(word, value, len) == 0) {
            *(uint32_t *)at = number;
            return 0;
        }
        word += word_len + strspn(word + word_len, " ");
    }
    return hs_refuse(why, capacity, "%s takes one of: %s; not '%s'", option->name,
                     option->range.choices, value);
}

static int take_text(const hs_option *option, void *at, const char *value, char *why,
                     size_t capacity)
{
    if (value[0] == '\0' && option->kind != HS_OPTION_TEXT && option->kind != HS_OPTION_TEXTS) {
        return hs_refuse(why, capacity, "%s takes the name of a %s, not ''", option->name,
                         option->kind == HS_OPTION_FOLDER || option->kind == HS_OPTION_OUTPUT_FOLDER
                             ? "folder"
                             : "file");
    }
    if (option->kind != HS_OPTION_TEXTS) {
        *(const char **)at = value;
        return 0;
    }
    hs_texts *const texts = at;
    if (texts->count == HS_TEXTS_MAX) {
        return hs_refuse(why, capacity, "%s may be given %d times", option->name,
                         (int)HS_TEXTS_MAX);
    }
    texts->at[texts->count++] = value;
    return 0;
}

static int take(const hs_option *option, void *options, const char *value, char *why,
                size_t capacity)
{
    void *const at = (unsigned char *)options + option->at.offset;
    switch (option->kind) {
    case HS_OPTION_FLAG:
        *(int *)at = 1;
        return 0;
    case HS_OPTION_WHOLE:
        return take_whole(option, at, value, why, capacity);
    case HS_OPTION_NUMBER:
        return take_number(option, at, value, why, capacity);
    case HS_OPTION_CHOICE:
        return take_choice(option, at, value, why, capacity);
    case HS_OPTION_OTHER:
        return option->read(option, options, value, why, capacity);
    case HS_OPTION_TEXT:
    case HS_OPTION_INPUT:
    case HS_OPTION_OUTPUT:
    case HS_OPTION_FOLDER:
    case HS_OPTION_OUTPUT_FOLDER:
    case HS_OPTION_TEXTS:
    case HS_OPTION_REST:
        break;
    }
    return take_text(option, at, value, why, capacity);
}

void hs_options_defaults(const hs_command *command, void *options)
{
    char why[200];
    memset(options, 0, command->size);
    for (size_t i = 0; i < command->count; i++) {
        const hs_option *const option = &command->options[i];
        if (option->otherwise != NULL) {
            (void)take(option, options, option->otherwise, why, sizeof why);
        }
    }
}

/* ---- a command line ---- */

typedef struct reading {
    const hs_command *command;
    void *options;
    int argc;
    char **argv;
    int next;
    size_t rest; /* arguments of HS_OPTION_REST, moved to argv[0] and on */
    unsigned char given[HS_OPTIONS_MAX];
} reading;

static int note_given(reading *r, const hs_option *option)
{
    r->given[option - r->command->options] = 1;
    if (option->given != 0) {
        *(int *)(void *)((unsigned char *)r->options + option->given) = 1;
    }
    return 0;
}

static int read_argument(reading *r, char *word, char *why, size_t capacity)
{
    for (size_t i = 0; i < r->command->count; i++) {
        const hs_option *const option = &r->command->options[i];
        if (!hs_option_is_argument(option)) {
            continue;
        }
        if (option->kind == HS_OPTION_REST) {
            hs_words *const words = (void *)((unsigned char *)r->options + option->at.offset);
            r->argv[r->rest++] = word;
            *words = (hs_words){r->argv, r->rest};
            return note_given(r, option);
        }
        if (!r->given[i]) {
            (void)note_given(r, option);
            return take(option, r->options, word, why, capacity);
        }
    }
    return hs_refuse(why, capacity, "'%s' is one argument too many; host_stub %s --help tells more",
                     word, r->command->name);
}

static int read_option(reading *r, char *word, char *why, size_t capacity)
{
    char *const equals = strchr(word, '=');
    const size_t len = equals != NULL ? (size_t)(equals - word) : strlen(word);
    for (size_t i = 0; i < r->command->count; i++) {
        const hs_option *const option = &r->command->options[i];
        if (strncmp(option->name, word, len) != 0 || option->name[len] != '\0') {
            continue;
        }
        (void)note_given(r, option);
        if (option->kind == HS_OPTION_FLAG) {
            return equals == NULL ? take(option, r->options, NULL, why, capacity)
                                  : hs_refuse(why, capacity, "%s takes no value, not '%s'",
                                              option->name, equals + 1);
        }
        if (equals != NULL) {
            return take(option, r->options, equals + 1, why, capacity);
        }
        return r->next < r->argc
                   ? take(option, r->options, r->argv[r->next++], why, capacity)
                   : hs_refuse(why, capacity, "%s needs a value: %s", option->name, option->value);
    }
    return refuse_unknown(r->command, word, why, capacity);
}

/* What has to be there and is not, and what cannot be together. */
static int check_given(const reading *r, char *why, size_t capacity)
{
    for (size_t i = 0; i < r->command->count; i++) {
        const hs_option *const option = &r->command->options[i];
        if (option->required && !r->given[i]) {
            return hs_refuse(why, capacity, "%s%s%s is needed; host_stub %s --help tells more",
                             option->name, option->value != NULL ? " " : "",
                             option->value != NULL ? option->value : "", r->command->name);
        }
        for (size_t k = 0; r->given[i] && option->excludes != NULL && k < r->command->count; k++) {
            if (r->given[k] && strcmp(r->command->options[k].name, option->excludes) == 0) {
                return hs_refuse(why, capacity, "%s and %s exclude each other", option->name,
                                 option->excludes);
            }
        }
    }
    return 0;
}

/* ---- a file of options ---- */

/* Is this option among the words of the command line? */
static int is_said(const reading *r, const char *name)
{
    const size_t len = strlen(name);
    for (int i = 1; i < r->argc && strcmp(r->argv[i], "--") != 0; i++) {
        if (strncmp(r->argv[i], name, len) == 0 &&
            (r->argv[i][len] == '\0' || r->argv[i][len] == '=')) {
            return 1;
        }
    }
    return 0;
}

static int take_flag(const hs_option *option, void *options, const char *value, char *why,
                     size_t capacity)
{
    static const char *const YES[] = {"yes", "true", "on", "1"};
    static const char *const NO[] = {"no", "false", "off", "0"};
    for (size_t i = 0; i < sizeof YES / sizeof *YES; i++) {
        if (strcmp(value, YES[i]) == 0) {
            return take(option, options, NULL, why, capacity);
        }
        if (strcmp(value, NO[i]) == 0) {
            return 0;
        }
    }
    return hs_refuse(why, capacity, "is yes or no, not '%s'", value);
}

/* One value, or as many as there are words for an option that may be repeated. */
static int take_entry(reading *r, const hs_option *option, hs_ini_entry *e, char *why,
                      size_t capacity)
{
    if (option->kind == HS_OPTION_FLAG) {
        return take_flag(option, r->options, e->value, why, capacity);
    }
    if (option->kind != HS_OPTION_TEXTS && !option->repeated) {
        return take(option, r->options, e->value, why, capacity);
    }
    char *rest = NULL;
    for (char *word = strtok_r(e->value, " \t", &rest); word != NULL;
         word = strtok_r(NULL, " \t", &rest)) {
        if (take(option, r->options, word, why, capacity) != 0) {
            return -1;
        }
    }
    return 0;
}

static const hs_option *option_of_key(const hs_command *command, const char *key)
{
    for (size_t i = 0; i < command->count; i++) {
        const hs_option *const option = &command->options[i];
        if (strncmp(option->name, "--", 2) == 0 && strcmp(option->name + 2, key) == 0 &&
            strcmp(option->name, HS_OPTIONS_FILE) != 0) {
            return option;
        }
    }
    return NULL;
}

static int read_entry(reading *r, const char *path, hs_ini_entry *e, char *why, size_t capacity)
{
    char reason[512];
    char word[80];
    if (strcmp(e->section, r->command->name) != 0) {
        return hs_refuse(why, capacity, "%s:%u: the section is [%s], not [%s]", path, e->line,
                         r->command->name, e->section);
    }
    const hs_option *const option = option_of_key(r->command, e->key);
    if (option == NULL) {
        (void)snprintf(word, sizeof word, "--%s", e->key);
        (void)refuse_unknown(r->command, word, reason, sizeof reason);
        return hs_refuse(why, capacity, "%s:%u: %s", path, e->line, reason);
    }
    if (is_said(r, option->name)) {
        return 0;
    }
    (void)note_given(r, option);
    return take_entry(r, option, e, reason, sizeof reason) == 0
               ? 0
               : hs_refuse(why, capacity, "%s:%u: %s: %s", path, e->line, e->key, reason);
}

/* What stands in the file that --options names, but for what the command line says itself. */
static int read_file(reading *r, char *why, size_t capacity)
{
    static hs_ini file; /* the options point into it, until another one is read */
    const size_t len = strlen(HS_OPTIONS_FILE);
    const char *path = NULL;
    for (int i = 1; i < r->argc; i++) {
        if (strncmp(r->argv[i], HS_OPTIONS_FILE, len) == 0) {
            path = r->argv[i][len] == '=' ? r->argv[i] + len + 1 : r->argv[i + 1];
        }
    }
    if (path == NULL) {
        return 0;
    }
    hs_ini_free(&file);
    if (hs_ini_load(&file, path, why, capacity) != 0) {
        return -1;
    }
    for (size_t i = 0; i < file.count; i++) {
        if (read_entry(r, path, &file.entries[i], why, capacity) != 0) {
            return -1;
        }
    }
    return 0;
}

static int has_file(const hs_command *command)
{
    for (size_t i = 0; i < command->count; i++) {
        if (strcmp(command->options[i].name, HS_OPTIONS_FILE) == 0) {
            return 1;
        }
    }
    return 0;
}

int hs_options_read(const hs_command *command, void *options, int argc, char **argv, char *why,
                    size_t capacity)
{
    int only_arguments = 0;
    reading r = {.command = command, .options = options, .argc = argc, .argv = argv, .next = 1};
    hs_options_defaults(command, options);
    if (has_file(command) && read_file(&r, why, capacity) != 0) {
        return -1;
    }
    while (r.next < argc) {
        char *const word = argv[r.next++];
        const int is_option = !only_arguments && word[0] == '-' && word[1] != '\0';
        if (is_option && strcmp(word, "--") == 0) {
            only_arguments = 1;
        } else if (is_option && (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)) {
            return 1;
        } else if ((is_option ? read_option(&r, word, why, capacity)
                              : read_argument(&r, word, why, capacity)) != 0) {
            return -1;
        }
    }
    if (check_given(&r, why, capacity) != 0) {
        return -1;
    }
    return command->settle != NULL ? command->settle(options, why, capacity) : 0;
}

int hs_options_check_outputs(const hs_command *command, const void *options, char *why,
                             size_t capacity)
{
    for (size_t i = 0; i < command->count; i++) {
        const hs_option *const option = &command->options[i];
        if (option->kind != HS_OPTION_OUTPUT && option->kind != HS_OPTION_OUTPUT_FOLDER) {
            continue;
        }
        const char *const path = *(
            const char *const *)(const void *)((const unsigned char *)options + option->at.offset);
        char reason[1024];
        if (path != NULL && (option->kind == HS_OPTION_OUTPUT ? hs_output_check : hs_output_folder)(
                                path, reason, sizeof reason) != 0) {
            return hs_refuse(why, capacity, "%s: %s", option->name, reason);
        }
    }
    return 0;
}
