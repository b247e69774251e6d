/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/base/help.h"

#include <string.h>

enum { WIDTH = 100, GAP = 2 };

/* Words of `text`, broken at WIDTH and indented; a line end in it is one. `at` is the column. */
static void print_wrapped(FILE *to, const char *text, int indent, int at)
{
    while (*text != '\0') {
        const int len = (int)strcspn(text, " \n");
        if (at + len + (at > indent) > WIDTH) {
            (void)fputc('\n', to);
            at = 0;
        }
        if (at < indent && len > 0) {
            (void)fprintf(to, "%*s", indent - at, "");
            at = indent;
        } else if (at > indent && len > 0) {
            (void)fputc(' ', to);
            at++;
        }
        (void)fprintf(to, "%.*s", len, text);
        at += len;
        text += len;
        if (*text == '\n') {
            (void)fputc('\n', to);
            at = 0;
        }
        text += *text != '\0';
    }
    (void)fputc('\n', to);
}

static void print_paragraphs(FILE *to, const char *text)
{
    if (text != NULL) {
        (void)fputc('\n', to);
        print_wrapped(to, text, 0, 0);
    }
}

/* " FILE [OTHER] [options]" and a line end. */
static void print_synopsis(FILE *to, const hs_command *command)
{
    int optional = 0;
    for (size_t i = 0; i < command->count; i++) {
        const hs_option *const o = &command->options[i];
        if (o->required || hs_option_is_argument(o)) {
            (void)fprintf(to, o->required ? " %s%s%s%s" : " [%s%s%s%s]", o->name,
                          o->value != NULL ? " " : "", o->value != NULL ? o->value : "",
                          o->kind == HS_OPTION_REST ? "..." : "");
        } else {
            optional = 1;
        }
    }
    (void)fputs(optional ? " [options]\n" : "\n", to);
}

void hs_help_usage(FILE *to, const hs_command *command)
{
    (void)fprintf(to, "usage: host_stub %s", command->name);
    print_synopsis(to, command);
}

/* " (0 to 65535); default 0; may be repeated" behind an option's own words. */
static void describe(const hs_option *o, char *text, size_t capacity)
{
    char least[32];
    char most[32];
    char range[80] = "";
    if (o->kind == HS_OPTION_WHOLE && o->range.whole.most < INT64_MAX) {
        (void)snprintf(range, sizeof range, " (%llu to %llu)",
                       (unsigned long long)o->range.whole.least,
                       (unsigned long long)o->range.whole.most);
    } else if (o->kind == HS_OPTION_NUMBER) {
        (void)snprintf(range, sizeof range, " (%s to %s)",
                       hs_option_format(least, sizeof least, o->range.number.least),
                       hs_option_format(most, sizeof most, o->range.number.most));
    }
    const int has_default = o->otherwise != NULL && o->otherwise[0] != '\0';
    (void)snprintf(text, capacity, "%s%s%s%s%s%s%s", o->help,
                   o->kind == HS_OPTION_CHOICE ? ": " : "",
                   o->kind == HS_OPTION_CHOICE ? o->range.choices : "", range,
                   has_default ? "; default " : "", has_default ? o->otherwise : "",
                   o->repeated || o->kind == HS_OPTION_TEXTS ? "; may be repeated" : "");
}

static int width_of(const hs_option *o)
{
    return (int)(strlen(o->name) + (o->value != NULL ? strlen(o->value) + 1 : 0));
}

static void print_options(FILE *to, const hs_command *command)
{
    int widest = 0;
    for (size_t i = 0; i < command->count; i++) {
        const int width = width_of(&command->options[i]);
        widest = width > widest ? width : widest;
    }
    (void)fputs(command->count > 0 ? "\n" : "", to);
    for (size_t i = 0; i < command->count; i++) {
        const hs_option *const o = &command->options[i];
        char text[1024];
        describe(o, text, sizeof text);
        (void)fprintf(to, "%*s%s%s%s", GAP, "", o->name, o->value != NULL ? " " : "",
                      o->value != NULL ? o->value : "");
        print_wrapped(to, text, GAP + widest + GAP, GAP + width_of(o));
    }
}

static void status_text(const hs_command *command, char *text, size_t capacity)
{
    (void)snprintf(text, capacity,
                   "Status: 0 done; %s%s%s2 the command line or a file is wrong, or what is to be "
                   "written cannot be.",
                   command->no != NULL ? "1 " : "", command->no != NULL ? command->no : "",
                   command->no != NULL ? "; " : "");
}

void hs_help_print(FILE *to, const hs_command *command)
{
    char status[512];
    hs_help_usage(to, command);
    print_paragraphs(to, command->about != NULL ? command->about : command->title);
    print_options(to, command);
    print_paragraphs(to, command->notes);
    status_text(command, status, sizeof status);
    print_paragraphs(to, status);
}

/* ---- for man ---- */

/* Text for troff: nothing in it is a request, and a - is one that can be copied. */
static void print_troff(FILE *to, const char *text)
{
    int line_begins = 1;
    for (; *text != '\0'; text++) {
        if (line_begins && (*text == '.' || *text == '\'')) {
            (void)fputs("\\&", to);
        }
        if (*text == '\n') {
            (void)fputs("\n.PP\n", to);
        } else if (*text == '\\') {
            (void)fputs("\\e", to);
        } else {
            (void)fputs(*text == '-' ? "\\" : "", to);
            (void)fputc(*text, to);
        }
        line_begins = *text == '\n';
    }
    (void)fputc('\n', to);
}

static void print_part(FILE *to, const char *title, const char *text)
{
    if (text != NULL) {
        (void)fprintf(to, ".SH %s\n", title);
        print_troff(to, text);
    }
}

/* "host_stub-bench-speed" */
static void page_name(const hs_command *command, char *name, size_t capacity)
{
    (void)snprintf(name, capacity, "host_stub-%s", command->name);
    for (char *blank = strchr(name, ' '); blank != NULL; blank = strchr(blank, ' ')) {
        *blank = '-';
    }
}

static void print_troff_synopsis(FILE *to, const hs_command *command)
{
    char line[512] = "";
    FILE *const memory = fmemopen(line, sizeof line - 1, "w");
    if (memory != NULL) {
        print_synopsis(memory, command);
        (void)fclose(memory);
    }
    line[strcspn(line, "\n")] = '\0';
    print_troff(to, line[0] == ' ' ? line + 1 : line);
}

static void print_manual_options(FILE *to, const hs_command *command)
{
    (void)fputs(command->count > 0 ? ".SH OPTIONS\n" : "", to);
    for (size_t i = 0; i < command->count; i++) {
        const hs_option *const o = &command->options[i];
        char text[1024];
        describe(o, text, sizeof text);
        char term[160];
        (void)snprintf(term, sizeof term, "%s%s%s", o->name, o->value != NULL ? " " : "",
                       o->value != NULL ? o->value : "");
        (void)fputs(".TP\n.B ", to);
        print_troff(to, term);
        print_troff(to, text);
    }
}

void hs_help_manual(FILE *to, const hs_command *command, const char *version)
{
    char name[64];
    char status[512];
    page_name(command, name, sizeof name);
    (void)fprintf(to, ".TH \"%s\" 1 \"\" \"hashmux %s\" \"hashmux\"\n.nh\n.ad l\n.SH NAME\n", name,
                  version);
    (void)fputs(name, to);
    (void)fputs(" \\- ", to);
    print_troff(to, command->title);
    (void)fputs(".SH SYNOPSIS\n.B host_stub ", to);
    print_troff(to, command->name);
    print_troff_synopsis(to, command);
    print_part(to, "DESCRIPTION", command->about != NULL ? command->about : command->title);
    print_manual_options(to, command);
    print_part(to, "NOTES", command->notes);
    status_text(command, status, sizeof status);
    print_part(to, "EXIT STATUS", status);
    (void)fputs(".SH SEE ALSO\n.BR host_stub (1)\n", to);
}

/* ---- for shells ---- */

/* What a shell puts behind the option's name: files, folders, words or nothing. */
static const char *completes(const hs_option *o)
{
    switch (o->kind) {
    case HS_OPTION_INPUT:
    case HS_OPTION_OUTPUT:
    case HS_OPTION_REST:
        return "file";
    case HS_OPTION_FOLDER:
    case HS_OPTION_OUTPUT_FOLDER:
        return "directory";
    case HS_OPTION_CHOICE:
        return o->range.choices;
    default:
        return "";
    }
}

/* First words of the commands, each once. */
static void print_first_words(FILE *to, const hs_command *const *commands, size_t count)
{
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        const char *const name = commands[i]->name;
        const int again =
            i > 0 && len == strcspn(name, " ") && strncmp(name, commands[i - 1]->name, len) == 0;
        len = strcspn(name, " ");
        if (!again) {
            (void)fprintf(to, "%s%.*s", i > 0 ? " " : "", (int)len, name);
        }
    }
}

/* The second words of commands with two: "bench) words='control speed' ;;" */
static void print_second_words(FILE *to, const hs_command *const *commands, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *const name = commands[i]->name;
        const size_t len = strcspn(name, " ");
        if (name[len] == '\0' || (i > 0 && strncmp(name, commands[i - 1]->name, len + 1) == 0)) {
            continue;
        }
        (void)fprintf(to, "        %.*s) words='", (int)len, name);
        for (size_t k = i; k < count && strncmp(name, commands[k]->name, len + 1) == 0; k++) {
            (void)fprintf(to, "%s%s", k > i ? " " : "", commands[k]->name + len + 1);
        }
        (void)fputs("' ;;\n", to);
    }
}

/* "'pool --frames') kinds='directory' ;;" for each option with a value. */
static void print_values(FILE *to, const hs_command *command)
{
    for (size_t i = 0; i < command->count; i++) {
        const hs_option *const o = &command->options[i];
        if (o->kind != HS_OPTION_FLAG && !hs_option_is_argument(o)) {
            (void)fprintf(to, "        '%s %s') words='%s' ;;\n", command->name, o->name,
                          completes(o));
        }
    }
}

static void print_names(FILE *to, const hs_command *command)
{
    const char *argument = "";
    (void)fprintf(to, "        '%s') words='--help", command->name);
    for (size_t i = 0; i < command->count; i++) {
        const hs_option *const o = &command->options[i];
        if (hs_option_is_argument(o)) {
            argument = completes(o);
        } else {
            (void)fprintf(to, " %s", o->name);
        }
    }
    (void)fprintf(to, "' argument='%s' ;;\n", argument);
}

/* Sets `words` and `argument` from the arrays `line` (the words so far, the program's name first)
 * and the word before the cursor's: the same for both shells. */
static void print_choosing(FILE *to, const hs_command *const *commands, size_t count)
{
    (void)fputs("_host_stub_choose() { # FIRST SECOND BEFORE: what may follow, and the argument\n"
                "    local command=$1\n"
                "    words='' argument=''\n"
                "    if [ -z \"$command\" ]; then\n"
                "        words='",
                to);
    print_first_words(to, commands, count);
    (void)fputs(" help --help --version'\n"
                "        return\n"
                "    fi\n"
                "    case \"$command\" in\n",
                to);
    print_second_words(to, commands, count);
    (void)fputs("    esac\n"
                "    if [ -n \"$words\" ]; then\n"
                "        [ -n \"$2\" ] || return 0\n"
                "        command=\"$command $2\" words=''\n"
                "    fi\n"
                "    case \"$command $3\" in\n",
                to);
    for (size_t i = 0; i < count; i++) {
        print_values(to, commands[i]);
    }
    (void)fputs("        *) false ;;\n"
                "    esac && return\n"
                "    case \"$command\" in\n"
                "        help) words='",
                to);
    print_first_words(to, commands, count);
    (void)fputs("' ;;\n", to);
    for (size_t i = 0; i < count; i++) {
        print_names(to, commands[i]);
    }
    (void)fputs("    esac\n"
                "}\n",
                to);
}

void hs_help_bash(FILE *to, const hs_command *const *commands, size_t count)
{
    (void)fputs("# bash completion of host_stub: source <(host_stub completion bash)\n", to);
    print_choosing(to, commands, count);
    (void)fputs("_host_stub() {\n"
                "    local words argument cur=${COMP_WORDS[COMP_CWORD]} first='' second=''\n"
                "    [ \"$COMP_CWORD\" -lt 2 ] || first=${COMP_WORDS[1]}\n"
                "    [ \"$COMP_CWORD\" -lt 3 ] || second=${COMP_WORDS[2]}\n"
                "    _host_stub_choose \"$first\" \"$second\" \"${COMP_WORDS[COMP_CWORD-1]}\"\n"
                "    case \"$cur\" in\n"
                "        -*) ;;\n"
                "        *) [ -z \"$argument\" ] || words=$argument ;;\n"
                "    esac\n"
                "    case \"$words\" in\n"
                "        file) COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n"
                "        directory) COMPREPLY=($(compgen -d -- \"$cur\")) ;;\n"
                "        *) COMPREPLY=($(compgen -W \"$words\" -- \"$cur\")) ;;\n"
                "    esac\n"
                "}\n"
                "complete -o filenames -F _host_stub host_stub\n",
                to);
}

void hs_help_zsh(FILE *to, const hs_command *const *commands, size_t count)
{
    (void)fputs(
        "#compdef host_stub\n"
        "# zsh completion of host_stub: source <(host_stub completion zsh), after compinit\n",
        to);
    print_choosing(to, commands, count);
    (void)fputs("_host_stub() {\n"
                "    local -a line\n"
                "    local first='' second='' cur=$words[CURRENT] before=$words[CURRENT-1]\n"
                "    (( CURRENT > 2 )) && first=$words[2]\n"
                "    (( CURRENT > 3 )) && second=$words[3]\n"
                "    () {\n"
                "        local words argument\n"
                "        _host_stub_choose \"$1\" \"$2\" \"$3\"\n"
                "        [[ $cur == -* || -z $argument ]] || words=$argument\n"
                "        line=(${=words})\n"
                "    } \"$first\" \"$second\" \"$before\"\n"
                "    case \"$line\" in\n"
                "        file) _files ;;\n"
                "        directory) _files -/ ;;\n"
                "        *) compadd -- $line ;;\n"
                "    esac\n"
                "}\n"
                "compdef _host_stub host_stub\n",
                to);
}
