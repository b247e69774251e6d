/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * host_stub validate: the tests of validate/ over one plugin, as a command. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "host_stub/base/input.h"
#include "host_stub/base/json.h"
#include "host_stub/base/output.h"
#include "host_stub/base/text.h"
#include "host_stub/cmd/commands.h"
#include "host_stub/validate/validate.h"

enum { CONFIG_MOST = 1 << 20 };

typedef struct options {
    const char *file;
    const char *config;
    const char *only;
    int list;
    const char *json;
    uint64_t seed;
    double seconds;
    double limit;
} options;

static int need_file(void *given, char *why, size_t capacity)
{
    const options *const o = given;
    return o->list || o->file != NULL ? 0
                                      : hs_refuse(why, capacity,
                                                  "which plugin? FILE.so is not given; host_stub "
                                                  "validate --help tells more");
}

#define AT(member) HS_AT(options, member)
static const hs_option OPTIONS[] = {
    HS_STRING(INPUT, "FILE.so", NULL, AT(file), "the plugin"),
    HS_STRING(INPUT, "--config", "FILE", AT(config),
              "the configuration that it is created with; without it a farm of three pools"),
    HS_STRING(TEXT, "--only", "PATTERN", AT(only),
              "only tests whose GROUP.NAME it fits, with * and ?: 'decisions.*'"),
    HS_FLAG("--list", AT(list), "the tests with their rules, without running any"),
    HS_WHOLE("--seed", "N", AT(seed), 0, UINT64_MAX, "1", "of everything that is drawn"),
    HS_NUMBER("--seconds", "S", AT(seconds), 0.0, 86400.0, "5",
              "how long the group fuzz makes up hosts; three of them in any case"),
    HS_NUMBER("--limit", "S", AT(limit), 1.0, 86400.0, "60", "seconds that one test may take"),
    HS_STRING(OUTPUT, "--json", "FILE", AT(json),
              "all of it as one object; - instead of the lines"),
};

const hs_command HS_VALIDATE_COMMAND = {
    .name = "validate",
    .title = "does a plugin keep the contract? Named tests, each in a process of its own",
    .about =
        "Tries a plugin as hosts of every kind would use it, and says of each test whether it is "
        "passed. A test that fails names the rule of the header that is broken. A warning is for "
        "what is allowed and better avoided; skipped is what the plugin does not do at all.",
    .notes = "A crash, an endless loop or too much memory fails the test that it happens in. The "
             "same seed tries the same things; a test of the group fuzz that fails names the seed "
             "that repeats it.",
    .no = "a test is failed",
    .options = OPTIONS,
    .count = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(options),
    .settle = need_file,
};

typedef struct printer {
    int lines;
    json_t *tests; /* NULL: nobody asks for it */
} printer;

static json_t *object_of(const hs_trial *t)
{
    json_t *const o = json_object();
    hs_json_text(o, "group", t->test->group);
    hs_json_text(o, "name", t->test->name);
    hs_json_text(o, "verdict", hs_verdict_name(t->verdict));
    hs_json_text(o, "text", t->text);
    hs_json_text(o, "rule", t->test->rule);
    hs_json_text(o, "where", t->test->where);
    return o;
}

static void print_end(void *ctx, const hs_trial *t)
{
    const printer *const p = ctx;
    if (p->tests != NULL) {
        (void)json_array_append_new(p->tests, object_of(t));
    }
    if (!p->lines) {
        return;
    }
    printf("%s  %s.%s\n", hs_verdict_name(t->verdict), t->test->group, t->test->name);
    if (t->verdict != HS_VERDICT_PASS) {
        printf("        %s\n", t->text);
    }
    if (t->verdict >= HS_VERDICT_WARN) {
        printf("        the rule: %s (%s)\n", t->test->rule, t->test->where);
    }
}

/* The tests that `only` chooses; how many. */
static unsigned list(const char *only)
{
    unsigned count = 0;
    for (size_t i = 0; hs_validate_list(i) != NULL; i++) {
        const hs_validate_test *const test = hs_validate_list(i);
        if (hs_validate_chosen(test, only)) {
            count++;
            printf("%s.%s: %s (%s)\n", test->group, test->name, test->rule, test->where);
        }
    }
    return count;
}

static int save_json(const options *o, const hs_validate_sums *sums, json_t *tests, hs_call *call)
{
    json_t *const page = json_object();
    hs_json_text(page, "file", o->file);
    hs_json_count(page, "seed", o->seed);
    for (int i = HS_VERDICT_PASS; i <= HS_VERDICT_FAIL; i++) {
        hs_json_count(page, hs_verdict_name((enum hs_verdict)i), sums->count[i]);
    }
    (void)json_object_set(page, "tests", tests);
    return hs_output_save_text(o->json, hs_json_page(page), call->why, sizeof call->why);
}

/* Runs them and tells. How many were run; -1 with call->why. */
static int run(const options *o, const char *config, hs_validate_sums *sums, hs_call *call)
{
    const hs_validate_options v = {.path = o->file,
                                   .config_text = config,
                                   .only = o->only,
                                   .seed = o->seed,
                                   .seconds = o->seconds,
                                   .limit = o->limit};
    printer p = {.lines = o->json == NULL || strcmp(o->json, "-") != 0,
                 .tests = o->json != NULL ? json_array() : NULL};
    int rc = hs_validate_run(&v, sums, print_end, &p, call->why, sizeof call->why);
    if (rc == 0 && p.lines) {
        printf("%s, seed %" PRIu64 ": %u passed, %u skipped, %u warned of, %u failed\n", o->file,
               o->seed, sums->count[HS_VERDICT_PASS], sums->count[HS_VERDICT_SKIP],
               sums->count[HS_VERDICT_WARN], sums->count[HS_VERDICT_FAIL]);
    }
    if (rc == 0 && o->json != NULL) {
        rc = save_json(o, sums, p.tests, call);
    }
    json_decref(p.tests);
    for (int i = HS_VERDICT_PASS; i <= HS_VERDICT_FAIL && rc >= 0; i++) {
        rc += (int)sums->count[i];
    }
    return rc;
}

/* Whether it is a plugin, the tests tell. */
static int is_file(const char *path, hs_call *call)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        (void)hs_refuse(call->why, sizeof call->why, "%s: cannot be found: %s", path,
                        strerror(errno));
        return 0;
    }
    if (!S_ISREG(st.st_mode)) {
        (void)hs_refuse(call->why, sizeof call->why, "%s: is %s; a plugin is a regular file", path,
                        S_ISDIR(st.st_mode) ? "a directory" : "not a regular file");
        return 0;
    }
    return 1;
}

int hs_cmd_validate(hs_call *call)
{
    const options *const o = call->options;
    char *config = NULL;
    size_t len = 0;
    hs_validate_sums sums = {{0}};
    int count = 0;
    if (o->list) {
        count = (int)list(o->only);
    } else if (!is_file(o->file, call) ||
               (o->config != NULL && hs_input_read(o->config, CONFIG_MOST, &config, &len, call->why,
                                                   sizeof call->why) != 0)) {
        return HS_STATUS_WRONG;
    } else {
        count = run(o, config, &sums, call);
        free(config);
    }
    if (count == 0) {
        (void)hs_refuse(call->why, sizeof call->why,
                        "no test fits '%s'; host_stub validate --list names them all", o->only);
    }
    return count <= 0                        ? HS_STATUS_WRONG
           : sums.count[HS_VERDICT_FAIL] > 0 ? HS_STATUS_NO
                                             : HS_STATUS_DONE;
}
