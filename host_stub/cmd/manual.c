/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The command `host_stub manual`: pages for man(1), made of the same tables as --help. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "host_stub/base/help.h"
#include "host_stub/base/text.h"
#include "host_stub/cmd/commands.h"

enum { PATH_SIZE = 4096 };

typedef struct options {
    const char *folder;
} options;

static const hs_option OPTIONS[] = {
    HS_STRING(OUTPUT_FOLDER, "DIR", NULL, HS_AT(options, folder), "for the pages", .required = 1),
};

const hs_command HS_MANUAL_COMMAND = {
    .name = "manual",
    .title = "writes the pages of the manual, for man",
    .about = "Writes host_stub.1 and a page for each command into a folder, for man(1). The "
             "installation does it.",
    .options = OPTIONS,
    .count = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(options),
};

/* The page of the program itself: what its commands are. */
static void print_index(FILE *to, const hs_command *const *commands, size_t count)
{
    (void)fputs(".TH host_stub 1 \"\" \"hashmux " HS_VERSION "\" \"hashmux\"\n.SH NAME\n"
                "host_stub \\- loads hashmux plugins, proves what they do, and mines with them\n"
                ".SH SYNOPSIS\n.B host_stub\nCOMMAND [options]\n.SH COMMANDS\n",
                to);
    for (size_t i = 0; i < count; i++) {
        (void)fprintf(to, ".TP\n.B %s\n%s\n", commands[i]->name, commands[i]->title);
    }
    (void)fputs(
        ".SH EXIT STATUS\n0 done; 1 the answer is no: a refusal, a violation, a promise that "
        "was broken; 2 no answer: the command line or a file is wrong, or what is to be "
        "written cannot be.\n.SH FILES\n/etc/hashmux/hashmux.ini, /etc/hashmux/proxy.ini, "
        "/usr/lib/hashmux, /usr/share/hashmux/scenarios\n",
        to);
}

/* 0, or -1 with `why`. command NULL: the index. */
static int write_page(const hs_call *call, const char *folder, const hs_command *command, char *why,
                      size_t capacity)
{
    char path[PATH_SIZE];
    (void)snprintf(path, sizeof path, "%s/host_stub%s%s.1", folder, command != NULL ? "-" : "",
                   command != NULL ? command->name : "");
    for (char *blank = strchr(path + strlen(folder), ' '); blank != NULL;
         blank = strchr(blank, ' ')) {
        *blank = '-';
    }
    FILE *const page = fopen(path, "w");
    if (page == NULL) {
        return hs_refuse(why, capacity, "%s cannot be written: %s", path, strerror(errno));
    }
    if (command != NULL) {
        hs_help_manual(page, command, HS_VERSION);
    } else {
        print_index(page, call->commands, call->command_count);
    }
    const int failed = ferror(page);
    return fclose(page) != 0 || failed
               ? hs_refuse(why, capacity, "%s cannot be written: %s", path, strerror(errno))
               : 0;
}

int hs_cmd_manual(hs_call *call)
{
    const options *const o = call->options;
    if (write_page(call, o->folder, NULL, call->why, sizeof call->why) != 0) {
        return HS_STATUS_WRONG;
    }
    for (size_t i = 0; i < call->command_count; i++) {
        if (write_page(call, o->folder, call->commands[i], call->why, sizeof call->why) != 0) {
            return HS_STATUS_WRONG;
        }
    }
    return HS_STATUS_DONE;
}
