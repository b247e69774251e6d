/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * host_stub replay: feeds a recorded SV2 connection through codec, session and plugin, and prints
 * what happened, message by message. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/paths.h"
#include "host_stub/base/text.h"
#include "host_stub/cmd/commands.h"
#include "host_stub/replay/bridge.h"
#include "host_stub/replay/input.h"
#include "host_stub/replay/table.h"
#include "host_stub/session/session.h"
#include "host_stub/sv2/codec.h"

enum { PATH_SIZE = 4096, WHY_SIZE = 4096 };

typedef struct arguments {
    const char *file;
    const char *plugin;
    const char *config;
    int verify;
    int simulated;
} arguments;

#define AT(member) HS_AT(arguments, member)
static const hs_option OPTIONS[] = {
    HS_STRING(INPUT, "FILE", NULL, AT(file), "the recording", .required = 1),
    HS_STRING(INPUT, "--plugin", "FILE", AT(plugin),
              "the plugin that is asked and told; default lib/hashmux.so beside this program"),
    HS_STRING(INPUT, "--config", "FILE", AT(config),
              "its configuration; default plugin.ini.example"),
    HS_FLAG("--verify", AT(verify),
            "recompute everything: strict reading, each message is encoded again (other bytes are "
            "a fault), each acknowledged sum is added up again from the hashed shares",
            .excludes = "--simulated"),
    HS_FLAG("--simulated", AT(simulated),
            "the difficulty is only simulated: shares are judged, but not by their hash"),
};

const hs_command HS_REPLAY_COMMAND = {
    .name = "replay",
    .title = "feed a recorded SV2 connection to a plugin",
    .about =
        "FILE is one downstream connection, both directions in the order of their arrival: raw "
        "bytes, or hex digits with # comments (told apart by itself). It is read as the proxy saw "
        "it after decryption. Each message is printed with what it meant; shares are hashed and "
        "judged by their own job's prefix and target.",
    .notes =
        "Who sent a message follows from its type; CloseChannel counts as the client's when it "
        "names a channel and as the server's when it names a group. The first byte of an "
        "extranonce prefix tells the pool; pools stand for the enabled upstreams of the "
        "configuration in order of appearance. Time is virtual: a second per message, and what the "
        "recorded min_ntime adds.",
    .no = "a frame or a share was at fault (the first is named), or the guard saw a violation",
    .options = OPTIONS,
    .count = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(arguments),
};

/* The first thing at fault. */
typedef struct fault {
    size_t count;
    size_t index; /* of the frame, from 1 */
    size_t offset;
    const char *name; /* of the message */
    const char *rule;
    char text[320];
} fault;

typedef struct replay {
    const arguments *args;
    hs_replay_recording recording;
    hs_session *session;
    hs_replay bridge;
    fault first;
    size_t index; /* of the current frame, from 1 */
    size_t offset;
    uint8_t *again; /* for --verify */
    FILE *notes;    /* into notes_text */
    char *notes_text;
    size_t notes_size;
} replay;

/* What plugin and guard say goes below the line of the message that made them speak. */
static void keep_note(void *ctx, const char *text)
{
    const replay *const r = ctx;
    fprintf(r->notes, "       %s\n", text);
}

static void print_notes(replay *r)
{
    (void)fflush(r->notes);
    const long len = ftell(r->notes);
    if (len > 0) {
        (void)fwrite(r->notes_text, 1, (size_t)len, stdout);
    }
    rewind(r->notes);
}

static void note_fault(replay *r, const char *name, const char *rule, const char *text)
{
    if (r->first.count++ == 0) {
        r->first.index = r->index;
        r->first.offset = r->offset;
        r->first.name = name;
        r->first.rule = rule;
        (void)snprintf(r->first.text, sizeof r->first.text, "%s", text);
    }
}

static const char *arrow(enum hs_sv2_sender sender)
{
    return sender == HS_SV2_CLIENT ? "C->S" : "S->C";
}

/* Do the acknowledged shares add up to what the server says? */
static void verify_sum(replay *r, const hs_sv2_message *message, const hs_session_step *step)
{
    double sum = 0.0;
    char number[40];
    char text[160];
    if (!r->args->verify || message->id != HS_SV2_SUBMIT_SUCCESS ||
        hs_shares_sum_fits(step->answered, step->answered_count,
                           message->as.submit_success.new_shares_sum, &sum)) {
        return;
    }
    (void)snprintf(
        text, sizeof text, "new_shares_sum is %" PRIu64 ", and the shares have a difficulty of %s",
        message->as.submit_success.new_shares_sum, hs_format_fixed(number, sizeof number, sum, 3));
    printf("       FAULT shares-sum: %s\n", text);
    note_fault(r, hs_sv2_spec_of(message->id)->name, "shares-sum", text);
}

/* Does the frame obey the strict form, and is it the one that we would have sent? Returns 0, or -1
 * with *why. */
static int verify(replay *r, const uint8_t *frame, size_t size, const hs_sv2_message *message,
                  hs_sv2_error *why)
{
    hs_sv2_message strict;
    size_t len = 0;
    if (!r->args->verify) {
        return 0;
    }
    if (hs_sv2_decode(frame, size, HS_SV2_STRICT, &strict, why) != 0 ||
        hs_sv2_encode(message, r->again, size, &len, why) != 0) {
        return -1;
    }
    if (len != size || memcmp(frame, r->again, size) != 0) {
        (void)snprintf(why->text, sizeof why->text, "its bytes are not those that encoding gives");
        return -1;
    }
    return 0;
}

static void play(replay *r, const uint8_t *frame, size_t size, const hs_sv2_message *message)
{
    const char *const name = hs_sv2_spec_of(message->id)->name;
    char remark[512];
    hs_session_step step;
    hs_sv2_error why;
    const int legal = hs_session_apply(r->session, message, &step) == 0;
    printf("%5zu  %s %s", r->index, arrow(step.sender), name);
    hs_replay_print_fields(message);
    hs_replay_message(&r->bridge, r->session, message, &step, legal, remark, sizeof remark);
    if (legal) {
        printf(": %s", step.text);
    } else {
        printf(": FAULT %s: %s", hs_rule_name(step.rule), step.text);
        note_fault(r, name, hs_rule_name(step.rule), step.text);
    }
    printf("%s%s\n", remark[0] != '\0' ? "; " : "", remark);
    print_notes(r);
    if (legal) {
        verify_sum(r, message, &step);
    }
    if (verify(r, frame, size, message, &why) != 0) {
        printf("       FAULT encoding: %s\n", why.text);
        note_fault(r, name, "encoding", why.text);
    }
}

/* Takes the frame at r->offset. Returns its size, or 0 with a sentence printed. */
static size_t next_frame(replay *r)
{
    const uint8_t *const frame = r->recording.data + r->offset;
    const size_t left = r->recording.len - r->offset;
    hs_sv2_message message;
    hs_sv2_error why;
    size_t size = 0;
    r->index++;
    if (hs_sv2_frame_size(frame, left, &size, &why) == 0) {
        if (hs_sv2_decode(frame, size, 0, &message, &why) == 0) {
            play(r, frame, size, &message);
            return size;
        }
        if (why.reason == HS_SV2_E_EXTENSION) {
            /* A proxy does not understand it either: it hands it on or drops it (spec 3.4.1). */
            printf("%5zu  ---- %zu bytes of an unknown extension: passed over; %s\n", r->index,
                   size, why.text);
            return size;
        }
    }
    (void)fflush(stdout);
    fprintf(stderr, "host_stub replay: %s: frame %zu at byte %zu is malformed: %s\n", r->args->file,
            r->index, r->offset, why.text);
    return 0;
}

static int run(replay *r)
{
    char why[WHY_SIZE];
    int malformed = 0;
    const hs_replay_options options = {.plugin_path = r->args->plugin,
                                       .config_path = r->args->config,
                                       .note = keep_note,
                                       .ctx = r};
    r->session = hs_session_new();
    r->again = r->args->verify ? malloc(r->recording.len) : NULL;
    r->notes = open_memstream(&r->notes_text, &r->notes_size);
    if (r->session == NULL || r->notes == NULL || (r->args->verify && r->again == NULL)) {
        fprintf(stderr, "host_stub replay: out of memory\n");
        return HS_STATUS_WRONG;
    }
    hs_session_set_flags(r->session, r->args->simulated ? HS_SESSION_SIMULATED : 0);
    if (hs_replay_start(&r->bridge, &options, why, sizeof why) != 0) {
        fprintf(stderr, "host_stub replay: %s\n", why);
        return HS_STATUS_WRONG;
    }
    printf("%zu bytes (%s), plugin %s %s\n", r->recording.len,
           r->recording.was_hex ? "from hex" : "raw", r->bridge.plugin.id,
           r->bridge.plugin.version);
    print_notes(r);
    while (r->offset < r->recording.len && !malformed) {
        const size_t size = next_frame(r);
        malformed = size == 0;
        r->offset += size;
    }
    hs_replay_end(&r->bridge, r->session);
    print_notes(r);
    hs_replay_print_table(&r->bridge);
    if (r->first.count > 0) {
        printf("\n%zu at fault, the first: frame %zu at byte %zu, %s: %s: %s\n", r->first.count,
               r->first.index, r->first.offset, r->first.name, r->first.rule, r->first.text);
    } else if (!malformed) {
        printf("\nno frame and no share at fault\n");
    }
    const uint64_t violations =
        r->bridge.violations[HS_SIDE_HOST] + r->bridge.violations[HS_SIDE_PLUGIN];
    if (violations > 0) {
        printf("the contract between host and plugin was broken %" PRIu64 " times\n", violations);
    }
    if (malformed) {
        return HS_STATUS_WRONG;
    }
    return r->first.count > 0 || violations > 0 ? HS_STATUS_NO : HS_STATUS_DONE;
}

int hs_cmd_replay(hs_call *call)
{
    static replay r;
    arguments *const args = call->options;
    char plugin[PATH_SIZE];
    char config[PATH_SIZE];
    int status = HS_STATUS_WRONG;
    if (args->plugin == NULL && hs_path_default_plugin(plugin, sizeof plugin) != 0) {
        (void)hs_refuse(call->why, sizeof call->why, "hashmux.so is not found; say --plugin FILE");
        return status;
    }
    if (args->config == NULL && hs_path_default_config(config, sizeof config) != 0) {
        (void)hs_refuse(call->why, sizeof call->why,
                        "plugin.ini.example is not found; say --config FILE");
        return status;
    }
    args->plugin = args->plugin != NULL ? args->plugin : plugin;
    args->config = args->config != NULL ? args->config : config;
    memset(&r, 0, sizeof r);
    r.args = args;
    if (hs_replay_recording_read(args->file, &r.recording, call->why, sizeof call->why) != 0) {
        return status;
    }
    status = run(&r);
    hs_replay_stop(&r.bridge);
    if (r.notes != NULL) {
        (void)fclose(r.notes);
    }
    free(r.notes_text);
    hs_session_free(r.session);
    free(r.again);
    hs_replay_recording_free(&r.recording);
    return status;
}
