/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * adapter_life: the hooks that make, end and reconfigure an instance, and its upstream table (see
 * adapter.h).
 */
#include "plugin/adapter.h"

#include <sodium/crypto_generichash.h>
#include <string.h>

#include "abi/hmx_access.h"
#include "plugin/core/core_schedule.h"
#include "plugin/version.h"

static const char OUT_OF_MEMORY[] = "out of memory: the host's alloc returned NULL";

enum { PATH_SIZE = 4096, CHANNELS_DEFAULT = 65536, CHANNELS_LIMIT = 1 << 24 };

static void log_line(void *ctx, uint32_t level, const char *text)
{
    const hmx_instance *const self = ctx;
    if (self->host.log != NULL) {
        self->host.log(self->host.ctx, level, text, strlen(text));
    }
}

/* Logs a text of several lines, one call each. */
static void log_lines(const hmx_instance *self, uint32_t level, const char *text)
{
    while (self->host.log != NULL && *text != '\0') {
        const size_t len = strcspn(text, "\n");
        self->host.log(self->host.ctx, level, text, len);
        text += len + (text[len] == '\n' ? 1u : 0u);
    }
}

/* Before 1.0 a number was wanted, and 0.5 stood in every file: luck decided all the same. */
static void tell_of_auto(const hmx_instance *self, const hm_config *config)
{
    char line[200];
    hm_text t;
    if (config->controller.deadband_points < 0.0) {
        return;
    }
    hm_text_init(&t, line, sizeof line);
    hm_text_add(&t, "[controller] deadband_points ");
    hm_text_add_decimal(&t, config->controller.deadband_points);
    hm_text_add(&t,
                ": a smaller deviation moves no miner; with auto the luck of the shares decides");
    log_lines(self, HMX_LOG_INFO, line);
}

/* Reads the configuration that create or reconfigure was given. */
static hmx_status load_config(const hmx_instance *self, hmx_view path, hmx_view text,
                              hm_config *out, hmx_text *why_out)
{
    char path_text[PATH_SIZE] = {0};
    char warnings_text[1024] = {0};
    hm_text why;
    hm_text warnings;
    hmx_status status = HMX_E_INVALID;
    hm_text_from_abi(&why, why_out);
    hm_text_init(&warnings, warnings_text, sizeof warnings_text);
    if ((path.len == 0) == (text.len == 0)) {
        hm_text_add(&why, "give either config_path or config_text, not both and not neither");
    } else if (path.len > 0 && (path.data == NULL || path.len >= PATH_SIZE ||
                                memchr(path.data, 0, path.len) != NULL)) {
        hm_text_add(&why, "config_path must be 1 to 4095 bytes without a NUL byte");
    } else {
        if (path.len > 0) {
            memcpy(path_text, path.data, path.len);
        }
        const hmx_view none = {NULL, 0};
        status =
            hm_config_load(&self->memory, path.len > 0 ? path_text : NULL,
                           path.len > 0 ? none : text, self->upstreams_max, out, &why, &warnings);
    }
    hm_text_to_abi(&why, why_out);
    if (status == HMX_OK) {
        log_lines(self, HMX_LOG_WARN, warnings_text);
        tell_of_auto(self, out);
    }
    return status;
}

static void say(hmx_text *out, const char *sentence)
{
    hm_text why;
    hm_text_from_abi(&why, out);
    hm_text_add(&why, sentence);
    hm_text_to_abi(&why, out);
}

/* Judges what create was given, apart from the configuration. */
static hmx_status check_args(const hmx_create_args *args)
{
    if (args->flags != 0) {
        say(args->why, "hmx_create_args.flags must be 0: this version knows none");
        return HMX_E_UNSUPPORTED;
    }
    if (args->channels_max > CHANNELS_LIMIT) {
        say(args->why, "hmx_create_args.channels_max must be at most 16777216");
        return HMX_E_LIMIT;
    }
    if (args->upstreams_max > HMX_UPSTREAMS_MAX) {
        say(args->why, "hmx_create_args.upstreams_max must be at most 64");
        return HMX_E_LIMIT;
    }
    const uint32_t instances = args->instance_count > 0 ? args->instance_count : 1;
    if (args->instance_index >= instances) {
        say(args->why, "hmx_create_args.instance_index must be below instance_count");
        return HMX_E_INVALID;
    }
    return HMX_OK;
}

/* Who is talking to whom: the first line of a log that somebody sends us. */
static void introduce(const hmx_instance *self)
{
    char line[512];
    hm_text text;
    const char *const name = self->host.name != NULL ? self->host.name : "a host without a name";
    const char *const version = self->host.version != NULL ? self->host.version : "";
    hm_text_init(&text, line, sizeof line);
    hm_text_addf(&text, "hashmux %s in ", HM_VERSION);
    hm_text_add_view(&text, name, strlen(name));
    hm_text_add(&text, version[0] != '\0' ? " " : "");
    hm_text_add_view(&text, version, strlen(version));
    hm_text_addf(&text, ", contract %u.%u, capabilities 0x%llx", self->host.abi_major,
                 self->host.abi_minor, (unsigned long long)self->host.caps);
    log_lines(self, HMX_LOG_INFO, line);
}

static hmx_status start(hmx_instance *self, const hmx_create_args *args)
{
    unsigned char hash_key[16];
    const hm_core_limits limits = {
        .channels_max = args->channels_max > 0 ? args->channels_max : (uint32_t)CHANNELS_DEFAULT,
        .upstreams_max = self->upstreams_max,
        .instance_index = args->instance_index,
        .instance_count = args->instance_count > 0 ? args->instance_count : 1,
        .host_caps = self->host.caps,
    };
    hm_config *const config = hm_alloc(&self->memory, 1, sizeof *config, _Alignof(hm_config));
    if (config == NULL) {
        say(args->why, OUT_OF_MEMORY);
        return HMX_E_NOMEM;
    }
    hmx_status status = load_config(self, args->config_path, args->config_text, config, args->why);
    if (status == HMX_OK) {
        (void)crypto_generichash(hash_key, sizeof hash_key, args->seed, sizeof args->seed, NULL, 0);
        status = hm_core_init(&self->core, &self->memory, config, &limits, hash_key, args->now_ns);
        if (status == HMX_E_NOMEM) {
            say(args->why, OUT_OF_MEMORY);
        }
    }
    hm_free(&self->memory, config, 1, sizeof *config, _Alignof(hm_config));
    return status;
}

hmx_status hm_create(const hmx_host *host_in, const hmx_create_args *args_in, hmx_instance **out)
{
    hmx_host host;
    hmx_create_args args;
    if (out == NULL || hmx_copy_in(&host, sizeof host, offsetof(hmx_host, request_tick), host_in) ||
        hmx_copy_in(&args, sizeof args, HMX_CREATE_ARGS_SIZE_VER0, args_in) || host.alloc == NULL ||
        host.free == NULL) {
        return HMX_E_INVALID;
    }
    if (!hmx_tail_is_zero(args_in, sizeof args)) {
        say(args.why, "hmx_create_args has fields that this version does not know");
        return HMX_E_UNSUPPORTED;
    }
    hmx_status status = check_args(&args);
    if (status != HMX_OK) {
        return status;
    }
    const hm_memory memory = {.ctx = host.ctx, .alloc = host.alloc, .free = host.free};
    hmx_instance *const self = hm_alloc(&memory, 1, sizeof *self, _Alignof(hmx_instance));
    if (self == NULL) {
        say(args.why, OUT_OF_MEMORY);
        return HMX_E_NOMEM;
    }
    self->host = host;
    self->memory = memory;
    self->memory.alarm = &self->alarm;
    self->upstreams_max = args.upstreams_max > 0 ? args.upstreams_max : HMX_UPSTREAMS_MAX;
    status = start(self, &args);
    if (status == HMX_OK && self->alarm.where != NULL) {
        hm_core_free(&self->core);
        status = HMX_E_FATAL;
    }
    if (status != HMX_OK) {
        hm_free(&memory, self, 1, sizeof *self, _Alignof(hmx_instance));
        return status;
    }
    self->core.log = log_line;
    self->core.log_ctx = self;
    hm_note_clock(self, args.now_ns, args.unix_ms);
    hm_audit_begin(self);
    introduce(self);
    hm_core_follow_schedule(&self->core);
    *out = self;
    return HMX_OK;
}

void hm_destroy(hmx_instance *self)
{
    if (self == NULL) {
        return;
    }
    const hm_memory memory = self->memory;
    hm_core_free(&self->core);
    hm_free(&memory, self, 1, sizeof *self, _Alignof(hmx_instance));
}

static hmx_upstream_info info_of(const hm_core *core, uint32_t i)
{
    const hm_upstream *const row = &core->upstreams.rows[i];
    hmx_upstream_info info = {
        .size = sizeof info,
        .upstream = i + 1u,
        .priority = row->priority,
        .percentage = row->percentage,
        .health_check_interval_secs = core->config->failover.health_check_interval_secs,
    };
    memcpy(info.id, row->id, sizeof info.id);
    const hm_endpoint *const endpoint = &core->endpoints[i];
    info.flags = (row->removed ? (uint32_t)HMX_UPSTREAM_FLAG_REMOVED : 0u) |
                 (row->enabled ? (uint32_t)HMX_UPSTREAM_FLAG_ENABLED : 0u) |
                 (endpoint->has_key ? (uint32_t)HMX_UPSTREAM_FLAG_HAS_KEY : 0u);
    info.port = endpoint->port;
    memcpy(info.authority_key, endpoint->key, sizeof info.authority_key);
    memcpy(info.address, endpoint->address, sizeof info.address);
    memcpy(info.user_identity, endpoint->user_identity, sizeof info.user_identity);
    return info;
}

hmx_status hm_upstreams_table(hmx_instance *self, hmx_upstream_table *out)
{
    if (hm_instance_check(self) != HMX_OK || out == NULL ||
        out->size < HMX_UPSTREAM_TABLE_SIZE_VER0 ||
        !hm_rows_are_sound(out->rows, out->stride, out->capacity, HMX_UPSTREAM_INFO_SIZE_VER0)) {
        return hm_refusal(self);
    }
    const hm_upstreams *const u = &self->core.upstreams;
    for (uint32_t i = 0; i < u->count && i < out->capacity; i++) {
        unsigned char *const row = (unsigned char *)out->rows + (size_t)i * out->stride;
        const hmx_upstream_info info = info_of(&self->core, u->order[i]);
        (void)hmx_copy_out(row, HMX_UPSTREAM_INFO_SIZE_VER0, &info, sizeof info);
    }
    out->count = u->count;
    return HMX_OK;
}

/* The draft is a new file: it says everything anew, and a refusal changes nothing. */
static hmx_status adopt_file(hmx_instance *self, const hmx_reconfigure_args *args, hm_text *why)
{
    hm_core *const core = &self->core;
    const hm_scheduled scheduled = core->scheduled;
    const uint64_t now_ns = core->now_ns;
    const uint64_t clock_ns = core->clock_ns;
    const uint64_t unix_ms = core->unix_ms;
    core->now_ns = args->now_ns;
    core->scheduled.by_hand = 0;
    hm_note_clock(self, args->now_ns, args->unix_ms);
    const hmx_status status = hm_core_adopt_draft(core, UINT64_MAX, why);
    if (status != HMX_OK) {
        core->scheduled = scheduled;
        core->now_ns = now_ns;
        hm_note_clock(self, clock_ns, unix_ms);
    }
    return status;
}

hmx_status hm_reconfigure(hmx_instance *self, const hmx_reconfigure_args *args_in)
{
    hmx_reconfigure_args args;
    if (hm_instance_check(self) != HMX_OK ||
        hmx_copy_in(&args, sizeof args, HMX_RECONFIGURE_ARGS_SIZE_VER0, args_in) != HMX_OK ||
        args.now_ns < self->core.now_ns) {
        return hm_refusal(self);
    }
    if (args.flags != 0 || !hmx_tail_is_zero(args_in, sizeof args)) {
        say(args.why, "hmx_reconfigure_args asks for something that this version does not know");
        return HMX_E_UNSUPPORTED;
    }
    hm_core *const core = &self->core;
    hmx_status status =
        load_config(self, args.config_path, args.config_text, core->draft, args.why);
    if (status == HMX_OK) {
        hm_text why;
        hm_text_from_abi(&why, args.why);
        status = adopt_file(self, &args, &why);
        hm_text_to_abi(&why, args.why);
    }
    status = hm_answer(self, status);
    if (status == HMX_OK && self->host.request_tick != NULL) {
        self->host.request_tick(self->host.ctx);
    }
    return status;
}
