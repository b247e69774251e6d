/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/ops/command.h"

#include <event2/buffer.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "abi/hmx_access.h"
#include "host_stub/base/options.h"
#include "host_stub/base/text.h"
#include "host_stub/guard/snapshot.h"

enum { WORDS_MAX = HMX_UPSTREAMS_MAX + 2 };

typedef struct call {
    const hs_ops_proxy *proxy;
    hmx_instance *self;
    const hmx_tuning_v1 *tuning;
    char *words[WORDS_MAX]; /* behind the command */
    size_t count;
    struct evbuffer *reply;
} call;

static int refuse(const call *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int refuse(const call *c, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)evbuffer_add_vprintf(c->reply, format, args);
    va_end(args);
    (void)evbuffer_add_printf(c->reply, "\n");
    return -1;
}

hmx_status hs_ops_write(void *evbuffer, const void *data, uint64_t len)
{
    return evbuffer_add(evbuffer, data, (size_t)len) == 0 ? HMX_OK : HMX_E_NOMEM;
}

/* The plugin's answer to a setter: `done`, or its reasons. */
static int answer(const call *c, hmx_status status, const char *done)
{
    if (status < 0) {
        return refuse(c, "%s",
                      c->proxy->link->reasons[0] != '\0' ? c->proxy->link->reasons
                                                         : hs_link_status(status));
    }
    (void)evbuffer_add_printf(c->reply, "%s\n", done);
    return 0;
}

/* The number of the pool called so; 0 with a refusal. */
static uint32_t pool_of(const call *c, const char *id)
{
    static hs_link_table table;
    char list[HMX_UPSTREAMS_MAX * (HMX_ID_SIZE + 2)] = "";
    (void)hs_link_upstreams(c->proxy->link, &table);
    for (uint32_t i = 0; i < table.count; i++) {
        if (strcmp(table.rows[i].id, id) == 0) {
            return table.rows[i].upstream;
        }
        const size_t len = strlen(list);
        (void)snprintf(list + len, sizeof list - len, " %.*s", HMX_ID_SIZE, table.rows[i].id);
    }
    (void)refuse(c, "there is no pool '%s'; there are:%s", id, list);
    return 0;
}

static int number_of(const call *c, const char *what, const char *text, double *value)
{
    char why[200];
    return hs_option_number(what, text, 0.0, 1e9, value, why, sizeof why) == 0
               ? 0
               : refuse(c, "%s", why);
}

/* ---- asking ---- */

static const char *mode_word(uint32_t mode)
{
    return mode == HMX_MODE_OBSERVE ? "observe" : mode == HMX_MODE_PAUSED ? "paused" : "live";
}

static const char *out_word(uint32_t reason)
{
    static const char *const WORDS[] = {"in",     "removed", "disabled", "latched", "down",
                                        "no job", "held",    "rejects",  "silent",  "trial"};
    return reason < sizeof WORDS / sizeof *WORDS ? WORDS[reason] : "out";
}

static void print_row(const call *c, const hmx_upstream_metrics *row)
{
    char text[5][32];
    (void)evbuffer_add_printf(c->reply, "%-16s %-9s %8s %9s %8s %8" PRIu32 " %12s %14s\n", row->id,
                              out_word(row->out_reason),
                              hs_format_fixed(text[0], 32, row->target_pct, 2),
                              hs_format_fixed(text[1], 32, row->effective_pct, 2),
                              hs_format_fixed(text[2], 32, row->actual_pct, 2), row->channels,
                              hs_format_fixed(text[3], 32, row->hashrate / 1e12, 3),
                              hs_format_fixed(text[4], 32, row->owed_work, 0));
}

static int do_status(const call *c)
{
    hmx_snapshot s;
    static hmx_upstream_metrics rows[HMX_UPSTREAMS_MAX];
    char ths[32];
    char band[32];
    if (hs_guard_snapshot(c->proxy->link->guard, &s, rows) != 0) {
        return refuse(c, "the plugin tells nothing about itself");
    }
    (void)evbuffer_add_printf(
        c->reply,
        "mode %s, %" PRIu32 " channels, %s TH/s, %" PRIu32 " moves pending, %" PRIu64
        " made, deadband %s points\n%-16s %-9s %8s %9s %8s %8s %12s %14s\n",
        mode_word(s.mode), s.channels, hs_format_fixed(ths, sizeof ths, s.hashrate / 1e12, 3),
        s.pending, s.moves_applied,
        hs_format_fixed(band, sizeof band, s.deadband_effective_points, 2), "pool", "state",
        "target %", "aimed at", "actual %", "channels", "TH/s", "owed, diff 1");
    for (uint32_t i = 0; i < s.count; i++) {
        print_row(c, &rows[i]);
    }
    return 0;
}

static int do_config(const call *c)
{
    const hmx_writer to = {.size = sizeof to, .ctx = c->reply, .write = hs_ops_write};
    if (!HS_OPS_HAS(hmx_tuning_v1, c->tuning, write_config)) {
        return refuse(c, "the plugin does not tell its configuration");
    }
    const hmx_status status = c->tuning->write_config(c->self, &to);
    return status < 0 ? refuse(c, "%s", hs_link_status(status)) : 0;
}

static int do_channels(const call *c)
{
    const hmx_writer to = {.size = sizeof to, .ctx = c->reply, .write = hs_ops_write};
    const hmx_metrics_v1 *const metrics = HS_OPS_METRICS(c->proxy);
    if (!HS_OPS_HAS(hmx_metrics_v1, metrics, write_channels)) {
        return refuse(c, "the plugin does not tell of its channels");
    }
    const hmx_status status = metrics->write_channels(c->self, &to);
    (void)evbuffer_add_printf(c->reply, "\n");
    return status < 0 ? refuse(c, "%s", hs_link_status(status)) : 0;
}

static int do_account(const call *c)
{
    json_t *const account = c->proxy->account(c->proxy->ctx);
    char *const text = account != NULL ? json_dumps(account, JSON_INDENT(2)) : NULL;
    json_decref(account);
    if (text == NULL) {
        return refuse(c, "no memory for the account");
    }
    (void)evbuffer_add_printf(c->reply, "%s\n", text);
    free(text);
    return 0;
}

/* ---- changing ---- */

static int do_targets(const call *c)
{
    hmx_target rows[HMX_UPSTREAMS_MAX];
    for (size_t i = 0; i < c->count; i++) {
        char *const equals = strchr(c->words[i], '=');
        if (equals == NULL || i == HMX_UPSTREAMS_MAX) {
            return refuse(c, "targets takes POOL=PERCENT for each pool, not '%s'", c->words[i]);
        }
        *equals = '\0';
        rows[i] = (hmx_target){.size = sizeof rows[i], .upstream = pool_of(c, c->words[i])};
        if (rows[i].upstream == 0 ||
            number_of(c, c->words[i], equals + 1, &rows[i].percentage) != 0) {
            return -1;
        }
    }
    const hmx_targets targets = {.size = sizeof targets,
                                 .stride = sizeof rows[0],
                                 .count = (uint32_t)c->count,
                                 .rows = rows};
    return answer(c,
                  c->tuning->set_targets(c->self, c->proxy->link->now_ns, &targets,
                                         hs_link_text(c->proxy->link)),
                  "the targets are changed");
}

/* The place of the only word in a list with blanks; -1 with a refusal. */
static int choice_of(const call *c, const char *what, const char *const *words, int count)
{
    char list[200] = "";
    for (int i = 0; i < count; i++) {
        if (c->count == 1 && strcmp(c->words[0], words[i]) == 0) {
            return i;
        }
        const size_t len = strlen(list);
        (void)snprintf(list + len, sizeof list - len, "%s%s", i > 0 ? ", " : "", words[i]);
    }
    return refuse(c, "%s takes one of: %s", what, list);
}

static int do_mode(const call *c)
{
    static const char *const WORDS[] = {"live", "observe", "paused"};
    static const char *const DONE[] = {"mode is live", "mode is observe", "mode is paused"};
    const int i = choice_of(c, "mode", WORDS, 3);
    return i < 0 ? -1
                 : answer(c,
                          c->tuning->set_mode(c->self, c->proxy->link->now_ns,
                                              (uint32_t)(HMX_MODE_LIVE + i),
                                              hs_link_text(c->proxy->link)),
                          DONE[i]);
}

static int do_tuning(const call *c)
{
    static const char *const WORDS[] = {"aggressive", "balanced", "conservative",
                                        "proportional_only"};
    hmx_pid_gains gains = {.size = sizeof gains};
    const uint64_t now_ns = c->proxy->link->now_ns;
    if (c->count == 3) {
        if (number_of(c, "Kp", c->words[0], &gains.kp) != 0 ||
            number_of(c, "Ki", c->words[1], &gains.ki) != 0 ||
            number_of(c, "Kd", c->words[2], &gains.kd) != 0) {
            return -1;
        }
        return answer(
            c,
            c->tuning->set_custom_pid_params(c->self, now_ns, &gains, hs_link_text(c->proxy->link)),
            "the gains are changed");
    }
    const int i = choice_of(c, "tuning", WORDS, 4);
    return i < 0 ? -1
                 : answer(c,
                          c->tuning->set_tuning_model(c->self, now_ns,
                                                      (uint32_t)(HMX_TUNING_AGGRESSIVE + i),
                                                      hs_link_text(c->proxy->link)),
                          "the tuning model is changed");
}

static int do_deadband(const call *c)
{
    double points = 0.0;
    if (c->count != 1) {
        return refuse(c, "deadband takes auto, or percentage points");
    }
    const int is_auto = strcmp(c->words[0], "auto") == 0;
    if (!is_auto && number_of(c, "deadband", c->words[0], &points) != 0) {
        return -1;
    }
    return answer(c,
                  c->tuning->set_deadband(c->self, c->proxy->link->now_ns,
                                          is_auto ? HMX_DEADBAND_AUTO : HMX_DEADBAND_POINTS, points,
                                          hs_link_text(c->proxy->link)),
                  "the deadband is changed");
}

static int set_enabled(const call *c, uint32_t enabled, const char *what, const char *done)
{
    if (c->count != 1) {
        return refuse(c, "%s takes the id of a pool", what);
    }
    const uint32_t upstream = pool_of(c, c->words[0]);
    return upstream == 0
               ? -1
               : answer(c,
                        c->tuning->set_upstream_enabled(c->self, c->proxy->link->now_ns, upstream,
                                                        enabled, hs_link_text(c->proxy->link)),
                        done);
}

static int do_enable(const call *c)
{
    return set_enabled(c, HMX_YES, "enable", "the pool is enabled");
}

static int do_disable(const call *c)
{
    return set_enabled(c, HMX_NO, "disable", "the pool is disabled: its miners leave");
}

static int do_pin(const call *c)
{
    if (c->count != 2) {
        return refuse(c, "pin takes a pattern of user_identity and the id of a pool, or stay");
    }
    const int stays = strcmp(c->words[1], "stay") == 0;
    const uint32_t upstream = stays ? HMX_NONE : pool_of(c, c->words[1]);
    if (!stays && upstream == 0) {
        return -1;
    }
    return answer(c,
                  c->tuning->pin(c->self, c->proxy->link->now_ns,
                                 (hmx_view){c->words[0], strlen(c->words[0])}, upstream,
                                 hs_link_text(c->proxy->link)),
                  "pinned");
}

static int do_unpin(const call *c)
{
    if (c->count != 1) {
        return refuse(c, "unpin takes the pattern of a pin");
    }
    return answer(c,
                  c->tuning->unpin(c->self, c->proxy->link->now_ns,
                                   (hmx_view){c->words[0], strlen(c->words[0])},
                                   hs_link_text(c->proxy->link)),
                  "not pinned any more");
}

static int do_rebalance(const call *c)
{
    return answer(
        c, c->tuning->rebalance_now(c->self, c->proxy->link->now_ns, hs_link_text(c->proxy->link)),
        "the next tick evaluates");
}

static int do_reload(const call *c)
{
    static char why[HS_LINK_REASONS_SIZE];
    why[0] = '\0';
    if (c->proxy->reload(c->proxy->ctx, why, sizeof why) != 0) {
        return refuse(c, "%s", why);
    }
    (void)evbuffer_add_printf(c->reply, "the configuration is read again\n");
    return 0;
}

/* ---- all of them ---- */

static const struct {
    const char *name;
    const char *takes;
    int (*run)(const call *c);
    int tunes; /* needs the plugin's tuning */
} COMMANDS[] = {
    {"status", "", do_status, 0},
    {"account", "", do_account, 0},
    {"channels", "", do_channels, 0},
    {"config", "", do_config, 1},
    {"targets", "POOL=PERCENT...", do_targets, 1},
    {"tuning", "MODEL | KP KI KD", do_tuning, 1},
    {"deadband", "auto | POINTS", do_deadband, 1},
    {"enable", "POOL", do_enable, 1},
    {"disable", "POOL", do_disable, 1},
    {"pin", "PATTERN POOL | stay", do_pin, 1},
    {"unpin", "PATTERN", do_unpin, 1},
    {"mode", "live | observe | paused", do_mode, 1},
    {"rebalance", "", do_rebalance, 1},
    {"reload", "", do_reload, 0},
};
enum { COMMAND_COUNT = sizeof COMMANDS / sizeof *COMMANDS };

static int refuse_command(const call *c, const char *name)
{
    (void)evbuffer_add_printf(c->reply, "there is no command '%s'; there are:\n", name);
    for (int i = 0; i < COMMAND_COUNT; i++) {
        (void)evbuffer_add_printf(c->reply, "  %s %s\n", COMMANDS[i].name, COMMANDS[i].takes);
    }
    return -1;
}

int hs_ops_command(const hs_ops_proxy *proxy, char *line, struct evbuffer *reply)
{
    char *rest = NULL;
    call c = {.proxy = proxy, .reply = reply};
    const char *const name = strtok_r(line, " \t\r\n", &rest);
    for (char *word; (word = strtok_r(NULL, " \t\r\n", &rest)) != NULL;) {
        if (c.count == WORDS_MAX) {
            return refuse(&c, "too many words");
        }
        c.words[c.count++] = word;
    }
    for (int i = 0; i < COMMAND_COUNT && name != NULL; i++) {
        if (strcmp(COMMANDS[i].name, name) != 0) {
            continue;
        }
        if (COMMANDS[i].takes[0] == '\0' && c.count > 0) {
            return refuse(&c, "%s takes nothing, not '%s'", name, c.words[0]);
        }
        proxy->advance(proxy->ctx);
        c.self = hs_guard_instance(proxy->link->guard);
        c.tuning = HS_OPS_TUNING(proxy);
        return COMMANDS[i].tunes && (c.tuning == NULL || c.tuning->size < HMX_TUNING_V1_SIZE_VER0)
                   ? refuse(&c, "this plugin cannot be retuned while it runs")
                   : COMMANDS[i].run(&c);
    }
    return refuse_command(&c, name != NULL ? name : "");
}
