/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/cmd/commands.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "abi/hmx_abi.h"
#include "host_stub/base/help.h"
#include "host_stub/base/output.h"
#include "host_stub/live/e2e/options.h"
#include "host_stub/live/miner/options.h"
#include "host_stub/live/pool/options.h"
#include "host_stub/live/proxy/options.h"
#include "host_stub/live/stress/options.h"

/* In the order of help. */
static const struct {
    const hs_command *command;
    int (*run)(hs_call *call);
    int is_live; /* ends when whoever started it ends */
} COMMANDS[] = {
    {&HS_INSPECT_COMMAND, hs_cmd_inspect, 0},
    {&HS_SCAN_COMMAND, hs_cmd_scan, 0},
    {&HS_CONFIG_CHECK_COMMAND, hs_cmd_config_check, 0},
    {&HS_VALIDATE_COMMAND, hs_cmd_validate, 0},
    {&HS_SIMULATE_COMMAND, hs_cmd_simulate, 0},
    {&HS_BENCH_CONTROL_COMMAND, hs_cmd_bench_control, 0},
    {&HS_BENCH_SPEED_COMMAND, hs_cmd_bench_speed, 0},
    {&HS_BENCH_LIVE_COMMAND, hs_cmd_bench_live, 1},
    {&HS_REPLAY_COMMAND, hs_cmd_replay, 0},
    {&HS_POOL_COMMAND, hs_cmd_pool, 1},
    {&HS_PROXY_COMMAND, hs_cmd_proxy, 1},
    {&HS_CTL_COMMAND, hs_cmd_ctl, 0},
    {&HS_AUDIT_COMMAND, hs_cmd_audit, 0},
    {&HS_MINER_COMMAND, hs_cmd_miner, 1},
    {&HS_E2E_COMMAND, hs_cmd_e2e, 1},
    {&HS_KEYS_COMMAND, hs_cmd_keys, 0},
    {&HS_CHECK_COMMAND, hs_cmd_check, 0},
    {&HS_COMPLETION_COMMAND, hs_cmd_completion, 0},
    {&HS_MANUAL_COMMAND, hs_cmd_manual, 0},
};
enum { COMMAND_COUNT = sizeof COMMANDS / sizeof COMMANDS[0] };

static void print_list(FILE *to)
{
    (void)fputs("host_stub: loads hashmux plugins and proves what they do\n\n", to);
    for (int i = 0; i < COMMAND_COUNT; i++) {
        (void)fprintf(to, "  host_stub %-13s %s\n", COMMANDS[i].command->name,
                      COMMANDS[i].command->title);
    }
    (void)fputs(
        "\nhost_stub COMMAND --help, or host_stub help COMMAND, tells its options; host_stub "
        "--version\nwhich one this is.\n"
        "\n"
        "Every command ends with one of these statuses:\n"
        "  0  done\n"
        "  1  the answer is no: a refusal, a violation, a promise that was broken\n"
        "  2  no answer: the command line or a file is wrong, or what is to be written "
        "cannot be\n",
        to);
}

/* How many words of argv are the name: 0, 1 or 2. */
static int words_of(const char *name, int argc, char **argv)
{
    const size_t len = strcspn(name, " ");
    if (argc < 1 || strncmp(argv[0], name, len) != 0 || argv[0][len] != '\0') {
        return 0;
    }
    if (name[len] == '\0') {
        return 1;
    }
    return argc > 1 && strcmp(argv[1], name + len + 1) == 0 ? 2 : 0;
}

static int find(int argc, char **argv, int *words)
{
    for (int i = 0; i < COMMAND_COUNT; i++) {
        *words = words_of(COMMANDS[i].command->name, argc, argv);
        if (*words > 0) {
            return i;
        }
    }
    return -1;
}

/* "bench" alone, or with a word that is none of its own. Returns how many commands begin so. */
static int print_usages(FILE *to, const char *first)
{
    const size_t len = strlen(first);
    int count = 0;
    for (int i = 0; i < COMMAND_COUNT; i++) {
        const char *const name = COMMANDS[i].command->name;
        if (strncmp(name, first, len) == 0 && name[len] == ' ') {
            (void)fprintf(to, "  host_stub %-13s %s\n", name, COMMANDS[i].command->title);
            count++;
        }
    }
    return count;
}

/* There is no such command, or only with a second word. `help`: that is all that was asked for. */
static int refuse_command(int argc, char **argv, int help)
{
    const char *names[COMMAND_COUNT + 1] = {"help"};
    char near[80];
    char list[1024] = "";
    for (int i = 0; i < COMMAND_COUNT; i++) {
        names[i + 1] = COMMANDS[i].command->name;
    }
    FILE *const memory = fmemopen(list, sizeof list - 1, "w");
    const int parts = memory != NULL ? print_usages(memory, argv[0]) : 0;
    if (memory != NULL) {
        (void)fclose(memory);
    }
    if (parts > 0 &&
        (argc > 1 ? strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 : help)) {
        (void)fputs(list, stdout);
        return HS_STATUS_DONE;
    }
    if (parts > 0) {
        (void)fprintf(stderr, "host_stub %s: %s%s%s one of:\n%s", argv[0],
                      argc > 1 ? "there is no '" : "say which", argc > 1 ? argv[1] : "",
                      argc > 1 ? "';" : ",", list);
        return HS_STATUS_WRONG;
    }
    (void)fprintf(
        stderr, "host_stub: there is no command '%s'%s host_stub --help lists them\n", argv[0],
        hs_options_near(argv[0], names, COMMAND_COUNT + 1, near, sizeof near)[0] != '\0' ? near
                                                                                         : ";");
    return HS_STATUS_WRONG;
}

/* Whoever started us and dies takes us along: nothing is left behind by a driver that crashed. */
static int lives_alone(void)
{
    const pid_t parent = getppid();
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    return getppid() != parent;
}

static int run(int index, hs_call *call)
{
    const hs_command *const command = COMMANDS[index].command;
    const int rc = hs_options_read(command, call->options, call->argc, call->argv, call->why,
                                   sizeof call->why);
    if (rc > 0) {
        hs_help_print(stdout, command);
        return HS_STATUS_DONE;
    }
    if (rc < 0 ||
        hs_options_check_outputs(command, call->options, call->why, sizeof call->why) != 0) {
        return HS_STATUS_WRONG;
    }
    return COMMANDS[index].run(call);
}

/* argv[0] and perhaps argv[1] are the command's name. */
static int call_command(int argc, char **argv)
{
    static hs_call call;
    const hs_command *commands[COMMAND_COUNT];
    int words = 0;
    const int index = find(argc, argv, &words);
    if (index < 0) {
        return refuse_command(argc, argv, 0);
    }
    if (COMMANDS[index].is_live && lives_alone()) {
        return HS_STATUS_DONE;
    }
    for (int i = 0; i < COMMAND_COUNT; i++) {
        commands[i] = COMMANDS[i].command;
    }
    const hs_command *const command = COMMANDS[index].command;
    call = (hs_call){.options = calloc(1, command->size > 0 ? command->size : 1),
                     .argc = argc - words + 1,
                     .argv = argv + words - 1,
                     .commands = commands,
                     .command_count = COMMAND_COUNT};
    if (call.options == NULL) {
        (void)fprintf(stderr, "host_stub %s: out of memory\n", command->name);
        return HS_STATUS_WRONG;
    }
    const int status = run(index, &call);
    if (command->release != NULL) {
        command->release(call.options);
    }
    free(call.options);
    if (call.why[0] != '\0') {
        (void)fprintf(stderr, "host_stub %s: %s\n", command->name, call.why);
    }
    return status;
}

static int choose(int argc, char **argv)
{
    if (argc < 2) {
        print_list(stderr);
        return HS_STATUS_WRONG;
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)printf("host_stub %s, contract %u.%u\n", HS_VERSION, HMX_ABI_MAJOR, HMX_ABI_MINOR);
        return HS_STATUS_DONE;
    }
    const int is_help = strcmp(argv[1], "help") == 0;
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || (is_help && argc == 2)) {
        print_list(stdout);
        return HS_STATUS_DONE;
    }
    if (is_help) {
        int words = 0;
        const int index = find(argc - 2, argv + 2, &words);
        if (index >= 0 && words == argc - 2) {
            hs_help_print(stdout, COMMANDS[index].command);
            return HS_STATUS_DONE;
        }
        return refuse_command(argc - 2, argv + 2, 1);
    }
    return call_command(argc - 1, argv + 1);
}

int hs_commands_main(int argc, char **argv)
{
    char why[256];
    const int status = choose(argc, argv);
    if (hs_output_finish(why, sizeof why) != 0) {
        (void)fprintf(stderr, "host_stub: %s\n", why);
        return HS_STATUS_WRONG;
    }
    return status;
}
