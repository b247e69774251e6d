/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Validate, group life: beginning, end, new configurations, and what a plugin may do to the process
 * that it lives in. */
#define _XOPEN_SOURCE 700
#include <dirent.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host_stub/validate/farm.h"
#include "host_stub/validate/groups.h"

enum { SIGNALS = 32 };

static const char NONSENSE[] = "[nobody\nknows = what this says";

static void destroyed_any_time(hs_trial *t)
{
    static hs_farm farm;
    const hs_farm_options o = {.seed = t->seed};
    if (hs_farm_sound(t, &o, NULL) != 0) {
        return;
    }
    for (int stage = 0; stage < 3; stage++) {
        if (hs_farm_start(&farm, t, &o) == 0 && stage > 0) {
            hs_farm_all_up(&farm);
            for (int i = 0; i < 4 && stage > 1; i++) {
                (void)hs_farm_open_next(&farm);
            }
        }
        hs_farm_stop(&farm, NULL);
        (void)HS_TRIAL_HOLDS(t, farm.found == 0, "ended early: %s", farm.first_text);
    }
}

/* create without a place for reasons, with and without a reason. */
static void no_reasons_asked(hs_trial *t)
{
    const char *const good = t->config_text != NULL ? t->config_text : HS_FARM_CONFIG;
    const char *const texts[] = {good, NONSENSE};
    for (int i = 0; i < 2; i++) {
        char reasons[2048];
        hmx_text why = {.size = sizeof why, .data = reasons, .capacity = sizeof reasons};
        hmx_create_args args = {.size = sizeof args,
                                .config_text = {texts[i], strlen(texts[i])},
                                .now_ns = HS_FARM_SECOND_NS,
                                .why = &why};
        const hs_guard_options options = {.caps = HMX_CAP_KNOWN};
        hmx_status with = HMX_OK;
        hmx_status without = HMX_OK;
        (void)hs_guard_delete(hs_guard_new(&t->plugin, &args, &options, &with));
        args.why = NULL;
        (void)hs_guard_delete(hs_guard_new(&t->plugin, &args, &options, &without));
        (void)HS_TRIAL_HOLDS(t, with == without,
                             "create answers %d with a place for the reasons and %d without", with,
                             without);
    }
}

/* A configuration that is refused leaves everything as it was. */
static void refused_reconfigure(hs_trial *t)
{
    static hs_farm farm;
    static hs_link_table before;
    const hs_farm_options o = {.seed = t->seed};
    hs_farm_state saved[2] = {{0}, {0}};
    if (hs_farm_sound(t, &o, NULL) != 0) {
        return;
    }
    (void)hs_farm_start(&farm, t, &o);
    hs_farm_live_minutes(&farm);
    (void)hs_farm_save(&farm, &saved[0]);
    before = farm.table;
    const hmx_status status = hs_link_reconfigure(&farm.link, NULL, NONSENSE);
    if (status == HMX_E_UNSUPPORTED && t->plugin.ops.reconfigure == NULL) {
        hs_trial_say(t, HS_VERDICT_SKIP, "the plugin has no reconfigure");
    } else if (status < 0) {
        (void)hs_farm_save(&farm, &saved[1]);
        (void)hs_link_upstreams(&farm.link, &farm.table);
        (void)HS_TRIAL_HOLDS(t, memcmp(&before, &farm.table, sizeof before) == 0,
                             "reconfigure answered %d, and the upstream table changed", status);
        (void)HS_TRIAL_HOLDS(
            t,
            saved[0].len == saved[1].len &&
                (saved[0].len == 0 || memcmp(saved[0].data, saved[1].data, saved[0].len) == 0),
            "reconfigure answered %d, and the saved state changed", status);
    }
    hs_farm_state_free(&saved[0]);
    hs_farm_state_free(&saved[1]);
    hs_farm_stop(&farm, NULL);
}

/* The same configuration once more is no event. */
static void same_reconfigure(hs_trial *t)
{
    static hs_farm farm;
    static hs_link_table before;
    const hs_farm_options o = {.seed = t->seed};
    if (hs_farm_sound(t, &o, NULL) != 0) {
        return;
    }
    (void)hs_farm_start(&farm, t, &o);
    hs_farm_live_minutes(&farm);
    before = farm.table;
    const hmx_status status = hs_link_reconfigure(
        &farm.link, NULL, t->config_text != NULL ? t->config_text : HS_FARM_CONFIG);
    if (t->plugin.ops.reconfigure == NULL) {
        hs_trial_say(t, HS_VERDICT_SKIP, "the plugin has no reconfigure");
    } else if (HS_TRIAL_HOLDS(t, status >= 0,
                              "reconfigure answers %d to the configuration that create took: %s",
                              status, farm.link.reasons)) {
        (void)hs_link_upstreams(&farm.link, &farm.table);
        (void)HS_TRIAL_HOLDS(t, memcmp(&before, &farm.table, sizeof before) == 0,
                             "the same configuration gives another upstream table");
    }
    hs_farm_stop(&farm, NULL);
}

/* ---- the process ---- */

static int entries(const char *folder)
{
    int count = 0;
    DIR *const dir = opendir(folder);
    if (dir == NULL) {
        return -1;
    }
    while (readdir(dir) != NULL) {
        count++;
    }
    (void)closedir(dir);
    return count;
}

typedef struct process {
    int files;
    int threads;
    void (*handlers[SIGNALS])(int);
    char folder[4096];
    char locale[256];
} process;

static void look_at(process *p)
{
    memset(p, 0, sizeof *p);
    p->files = entries("/proc/self/fd");
    p->threads = entries("/proc/self/task");
    for (int i = 1; i < SIGNALS; i++) {
        struct sigaction action;
        if (sigaction(i, NULL, &action) == 0) {
            p->handlers[i] = action.sa_handler;
        }
    }
    if (getcwd(p->folder, sizeof p->folder) == NULL) {
        p->folder[0] = '\0';
    }
    (void)snprintf(p->locale, sizeof p->locale, "%s", setlocale(LC_ALL, NULL));
}

static void process_left_alone(hs_trial *t)
{
    static hs_farm farm;
    static process before;
    static process after;
    char why[1024];
    const hs_farm_options o = {.seed = t->seed};
    const hs_load_options load = hs_loader_defaults();
    hs_loader_close(&t->plugin);
    look_at(&before);
    if (hs_loader_open(t->path, &load, &t->plugin, why, sizeof why) != HS_LOAD_OK) {
        hs_trial_say(t, HS_VERDICT_SKIP, "%s", why);
        return;
    }
    if (hs_farm_start(&farm, t, &o) == 0) {
        hs_farm_live_minutes(&farm);
    }
    look_at(&after);
    hs_farm_stop(&farm, NULL);
    (void)HS_TRIAL_HOLDS(t, before.files == after.files, "it leaves %d files open",
                         after.files - before.files);
    (void)HS_TRIAL_HOLDS(t, strcmp(before.folder, after.folder) == 0,
                         "it changes the working folder to %s", after.folder);
    (void)HS_TRIAL_HOLDS(t, strcmp(before.locale, after.locale) == 0, "it changes the locale to %s",
                         after.locale);
    for (int i = 1; i < SIGNALS; i++) {
        if (before.handlers[i] != after.handlers[i]) {
            hs_trial_say(t, HS_VERDICT_WARN, "it takes signal %d for itself", i);
        }
    }
    if (before.threads != after.threads) {
        hs_trial_say(t, HS_VERDICT_WARN, "it starts %d threads of its own",
                     after.threads - before.threads);
    }
}

static const hs_validate_test TESTS[] = {
    {"life", "destroyed-any-time", "hmx_abi.h, destroy",
     "an instance may end at any time after create, and leaves nothing behind", destroyed_any_time,
     0, 0},
    {"life", "no-reasons-asked", "hmx_abi.h, hmx_create_args.why", "why may be NULL",
     no_reasons_asked, 0, 0},
    {"life", "same-reconfigure", "hmx_abi.h, reconfigure",
     "what create took, reconfigure takes too, and it gives the same table", same_reconfigure, 0,
     0},
    {"life", "refused-reconfigure", "hmx_abi.h, reconfigure",
     "a configuration is taken as a whole, or nothing of it", refused_reconfigure, 0, 0},
    {"life", "process-left-alone", "hmx_abi.h, top",
     "a plugin does no I/O: no file, no thread, no signal, no locale of its own",
     process_left_alone, 0, 0},
};
const hs_validate_group HS_VALIDATE_LIFE = HS_VALIDATE_GROUP(TESTS);
