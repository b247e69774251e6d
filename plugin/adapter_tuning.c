/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * adapter_tuning: the extension "hashmux.tuning/1". Every change is made on a copy of the
 * configuration, judged as the file is, and put in place whole, or refused with a sentence and
 * nothing changed.
 */
#include <string.h>

#include "abi/hmx_access.h"
#include "plugin/adapter.h"
#include "plugin/base/decimal.h"

/* Starts a change: the draft is a copy of what is in effect. NULL when the call breaks a rule. */
static hm_config *begin(hmx_instance *self, uint64_t now_ns)
{
    if (hm_instance_check(self) != HMX_OK || now_ns < self->core.now_ns) {
        return NULL;
    }
    *self->core.draft = *self->core.config;
    return self->core.draft;
}

typedef hmx_status (*judge)(const hm_config *config, hm_text *why);

/* Ends it: the draft is judged and put in place. wanted: as in hm_core_adopt_draft. */
static hmx_status finish_with(hmx_instance *self, uint64_t now_ns, uint64_t wanted, judge validate,
                              hmx_text *why_out)
{
    hm_text why;
    hm_text_from_abi(&why, why_out);
    hmx_status status = validate(self->core.draft, &why);
    if (status == HMX_OK) {
        const uint64_t before_ns = self->core.now_ns;
        self->core.now_ns = now_ns;
        status = hm_core_adopt_draft(&self->core, wanted, &why);
        self->core.now_ns = status == HMX_OK ? now_ns : before_ns;
    }
    hm_text_to_abi(&why, why_out);
    status = hm_answer(self, status);
    if (status == HMX_OK && self->host.request_tick != NULL) {
        self->host.request_tick(self->host.ctx);
    }
    return status;
}

static hmx_status finish(hmx_instance *self, uint64_t now_ns, judge validate, hmx_text *why)
{
    return finish_with(self, now_ns, 0, validate, why);
}

static hmx_status refuse(hmx_status status, hmx_text *why_out, const char *sentence)
{
    hm_text why;
    hm_text_from_abi(&why, why_out);
    hm_text_add(&why, sentence);
    hm_text_to_abi(&why, why_out);
    return status;
}

static hmx_status set_tuning_model(hmx_instance *self, uint64_t now_ns, uint32_t model,
                                   hmx_text *why)
{
    hm_config *const draft = begin(self, now_ns);
    if (draft == NULL) {
        return hm_refusal(self);
    }
    if (model < HMX_TUNING_AGGRESSIVE || model > HMX_TUNING_PROPORTIONAL_ONLY) {
        return refuse(HMX_E_CONFIG, why,
                      "tuning_model must be 1 (aggressive), 2 (balanced), 3 (conservative) or 4 "
                      "(proportional_only); use set_custom_pid_params for gains of your own");
    }
    draft->controller.tuning_model = model;
    draft->controller.has_custom_gains = 0;
    draft->controller.kp = draft->controller.ki = draft->controller.kd = 0.0;
    return finish(self, now_ns, hm_config_validate_running, why);
}

static hmx_status set_custom_pid_params(hmx_instance *self, uint64_t now_ns,
                                        const hmx_pid_gains *gains_in, hmx_text *why)
{
    hmx_pid_gains gains;
    hm_config *const draft = begin(self, now_ns);
    if (draft == NULL ||
        hmx_copy_in(&gains, sizeof gains, HMX_PID_GAINS_SIZE_VER0, gains_in) != HMX_OK) {
        return hm_refusal(self);
    }
    if (!hmx_tail_is_zero(gains_in, sizeof gains)) {
        return refuse(HMX_E_UNSUPPORTED, why, "hmx_pid_gains has fields that are not known here");
    }
    if (hm_decimal_round(gains.kp, &draft->controller.kp) != 0 ||
        hm_decimal_round(gains.ki, &draft->controller.ki) != 0 ||
        hm_decimal_round(gains.kd, &draft->controller.kd) != 0) {
        return refuse(HMX_E_CONFIG, why, "kp, ki and kd must be finite numbers from 0 to 1000");
    }
    draft->controller.has_custom_gains = 1;
    return finish(self, now_ns, hm_config_validate_running, why);
}

static hmx_status set_deadband(hmx_instance *self, uint64_t now_ns, uint32_t kind, double points,
                               hmx_text *why)
{
    hm_config *const draft = begin(self, now_ns);
    if (draft == NULL) {
        return hm_refusal(self);
    }
    if (kind != HMX_DEADBAND_AUTO && kind != HMX_DEADBAND_POINTS) {
        return refuse(HMX_E_CONFIG, why,
                      "kind must be 1 (HMX_DEADBAND_AUTO) or 2 (HMX_DEADBAND_POINTS)");
    }
    draft->controller.deadband_points = HM_DEADBAND_AUTO;
    if (kind == HMX_DEADBAND_POINTS &&
        (!(points >= 0.0) || hm_decimal_round(points, &draft->controller.deadband_points) != 0)) {
        return refuse(HMX_E_CONFIG, why, "deadband must be a finite number from 0 to 100 points");
    }
    return finish(self, now_ns, hm_config_validate_running, why);
}

static hmx_status set_evaluation_interval(hmx_instance *self, uint64_t now_ns, uint32_t secs,
                                          hmx_text *why)
{
    hm_config *const draft = begin(self, now_ns);
    if (draft == NULL) {
        return hm_refusal(self);
    }
    draft->controller.evaluation_interval_secs = secs;
    return finish(self, now_ns, hm_config_validate_running, why);
}

static hmx_status set_min_reassignment_interval(hmx_instance *self, uint64_t now_ns, uint32_t secs,
                                                hmx_text *why)
{
    hm_config *const draft = begin(self, now_ns);
    if (draft == NULL) {
        return hm_refusal(self);
    }
    draft->controller.min_reassignment_interval_secs = secs;
    return finish(self, now_ns, hm_config_validate_running, why);
}

/* The configured row of an upstream number; NULL when it is unknown or being removed. */
static hm_config_upstream *row_of(hmx_instance *self, uint32_t upstream)
{
    const hm_upstreams *const u = &self->core.upstreams;
    if (!hm_upstreams_exists(u, upstream) || u->rows[upstream - 1u].removed) {
        return NULL;
    }
    return &self->core.draft->upstreams[u->rows[upstream - 1u].config_row];
}

/* A row of the vector, and the size that it says it has. */
static const unsigned char *target_at(const hmx_targets *targets, uint32_t i, uint32_t *size)
{
    const unsigned char *const at =
        (const unsigned char *)targets->rows + (size_t)i * targets->stride;
    memcpy(size, at, sizeof *size);
    return at;
}

/* Does a row of the vector ask for something that this version does not know (rule 5)? */
static int has_unknown_tail(const hmx_targets *targets)
{
    for (uint32_t i = 0; i < targets->count; i++) {
        uint32_t size = 0;
        const unsigned char *const at = target_at(targets, i, &size);
        if (size <= targets->stride && !hmx_tail_is_zero(at, sizeof(hmx_target))) {
            return 1;
        }
    }
    return 0;
}

/* Writes the vector into the draft. NULL, or the sentence that refuses it. */
static const char *draft_targets(hmx_instance *self, const hmx_targets *targets)
{
    uint64_t seen = 0;
    for (uint32_t i = 0; i < targets->count; i++) {
        hmx_target target;
        uint32_t size = 0;
        const unsigned char *const at = target_at(targets, i, &size);
        if (size > targets->stride ||
            hmx_copy_in(&target, sizeof target, HMX_TARGET_SIZE_VER0, at) != HMX_OK) {
            return "a row of the targets has a size below that of hmx_target or above the stride";
        }
        hm_config_upstream *const row = row_of(self, target.upstream);
        if (row == NULL || !row->has_percentage) {
            return "a target names an upstream that is not configured with a percentage";
        }
        if ((seen >> (target.upstream - 1u) & 1u) != 0) {
            return "an upstream stands twice in the targets";
        }
        if (hm_decimal_round(target.percentage, &row->percentage) != 0) {
            return "a target must be a finite percentage from 0 to 100";
        }
        seen |= 1ull << (target.upstream - 1u);
    }
    uint32_t wanted = 0;
    for (uint32_t i = 0; i < self->core.draft->upstream_count; i++) {
        wanted += self->core.draft->upstreams[i].has_percentage;
    }
    return targets->count == wanted
               ? NULL
               : "the targets must name every upstream that has a percentage exactly once";
}

/* Where schedules are, the vector holds until one begins or ends, and the file's stays the file's.
 */
static hmx_status hold_by_hand(hmx_instance *self, uint64_t now_ns, hmx_text *why_out)
{
    hm_core *const core = &self->core;
    const hm_scheduled before = core->scheduled;
    hm_text why;
    hm_text_from_abi(&why, why_out);
    const hmx_status judged = hm_config_validate(core->draft, &why);
    hm_text_to_abi(&why, why_out);
    if (judged != HMX_OK) {
        return judged;
    }
    for (uint32_t i = 0; i < core->upstreams.top; i++) {
        const hm_upstream *const row = &core->upstreams.rows[i];
        core->scheduled.hand[i] =
            row->exists && !row->removed ? core->draft->upstreams[row->config_row].percentage : 0.0;
    }
    core->scheduled.by_hand = 1;
    *core->draft = *core->config;
    const hmx_status status = finish(self, now_ns, hm_config_validate_running, why_out);
    if (status != HMX_OK) {
        core->scheduled = before;
    }
    return status;
}

static hmx_status set_targets(hmx_instance *self, uint64_t now_ns, const hmx_targets *targets,
                              hmx_text *why)
{
    if (begin(self, now_ns) == NULL || targets == NULL || targets->size < HMX_TARGETS_SIZE_VER0 ||
        (targets->count > 0 && (targets->rows == NULL || targets->stride < HMX_TARGET_SIZE_VER0))) {
        return hm_refusal(self);
    }
    if (!hmx_tail_is_zero(targets, sizeof *targets)) {
        return refuse(HMX_E_UNSUPPORTED, why, "hmx_targets has fields that are not known here");
    }
    if (has_unknown_tail(targets)) {
        return refuse(HMX_E_UNSUPPORTED, why,
                      "a row of the targets has fields that are not known here");
    }
    const char *const sentence = draft_targets(self, targets);
    if (sentence != NULL) {
        return refuse(HMX_E_CONFIG, why, sentence);
    }
    return self->core.draft->schedule_count > 0 ? hold_by_hand(self, now_ns, why)
                                                : finish(self, now_ns, hm_config_validate, why);
}

static hmx_status set_upstream_enabled(hmx_instance *self, uint64_t now_ns, uint32_t upstream,
                                       uint32_t enabled, hmx_text *why)
{
    if (begin(self, now_ns) == NULL) {
        return hm_refusal(self);
    }
    hm_config_upstream *const row = row_of(self, upstream);
    if (row == NULL) {
        return refuse(HMX_E_CONFIG, why, "there is no configured upstream with this number");
    }
    if (enabled != HMX_YES && enabled != HMX_NO) {
        return refuse(HMX_E_CONFIG, why, "enabled must be HMX_YES (1) or HMX_NO (2)");
    }
    row->enabled = enabled == HMX_YES ? 1u : 0u;
    return finish_with(self, now_ns, enabled == HMX_YES ? 1ull << (upstream - 1u) : 0u,
                       hm_config_validate_running, why);
}

static hmx_status set_mode(hmx_instance *self, uint64_t now_ns, uint32_t mode, hmx_text *why)
{
    hm_config *const draft = begin(self, now_ns);
    if (draft == NULL) {
        return hm_refusal(self);
    }
    if (mode < HMX_MODE_LIVE || mode > HMX_MODE_PAUSED) {
        return refuse(HMX_E_CONFIG, why, "mode must be 1 (live), 2 (observe) or 3 (paused)");
    }
    draft->controller.mode = mode;
    return finish(self, now_ns, hm_config_validate_running, why);
}

static int is_pattern_of(const hm_config_pin *pin, hmx_view pattern)
{
    return pattern.len > 0 && strlen(pin->user_identity) == pattern.len &&
           memcmp(pin->user_identity, pattern.data, pattern.len) == 0;
}

/* A pin made at run time is called run-1, run-2, ...: the first name that is free. */
static void name_pin(const hm_config *draft, hm_config_pin *pin)
{
    for (uint32_t number = 1; number <= HM_CONFIG_PINS_MAX + 1u; number++) {
        int taken = 0;
        hm_text name;
        hm_text_init(&name, pin->name, sizeof pin->name);
        hm_text_addf(&name, "run-%lu", (unsigned long)number);
        for (uint32_t i = 0; i < draft->pin_count; i++) {
            taken = taken || strcmp(draft->pins[i].name, pin->name) == 0;
        }
        if (!taken) {
            return;
        }
    }
}

static hmx_status pin(hmx_instance *self, uint64_t now_ns, hmx_view pattern, uint32_t upstream,
                      hmx_text *why)
{
    hm_config *const draft = begin(self, now_ns);
    if (draft == NULL || (pattern.data == NULL && pattern.len > 0)) {
        return hm_refusal(self);
    }
    const hm_config_upstream *const row = upstream != HMX_NONE ? row_of(self, upstream) : NULL;
    if (upstream != HMX_NONE && row == NULL) {
        return refuse(HMX_E_CONFIG, why, "there is no configured upstream with this number");
    }
    hm_config_pin made = {{0}, {0}, {0}};
    if (pattern.len == 0 || pattern.len >= sizeof made.user_identity) {
        return refuse(HMX_E_CONFIG, why, "a pattern is 1 to 128 bytes long");
    }
    if (memchr(pattern.data, 0, pattern.len) != NULL) {
        return refuse(HMX_E_CONFIG, why,
                      "a pattern has no NUL byte: it is UTF-8 without control characters");
    }
    memcpy(made.user_identity, pattern.data, pattern.len);
    memcpy(made.upstream, row != NULL ? row->id : HM_CONFIG_STAY,
           row != NULL ? sizeof made.upstream : sizeof HM_CONFIG_STAY);
    for (uint32_t i = 0; i < draft->pin_count; i++) {
        if (is_pattern_of(&draft->pins[i], pattern)) { /* the same miners, another place */
            memcpy(draft->pins[i].upstream, made.upstream, sizeof made.upstream);
            return finish(self, now_ns, hm_config_validate_running, why);
        }
    }
    if (draft->pin_count >= HM_CONFIG_PINS_MAX) {
        return refuse(HMX_E_LIMIT, why, "there are 64 pins already, the most that are allowed");
    }
    name_pin(draft, &made);
    draft->pins[draft->pin_count] = made;
    draft->pin_count++;
    return finish(self, now_ns, hm_config_validate_running, why);
}

static hmx_status unpin(hmx_instance *self, uint64_t now_ns, hmx_view pattern, hmx_text *why)
{
    hm_config *const draft = begin(self, now_ns);
    if (draft == NULL || (pattern.data == NULL && pattern.len > 0)) {
        return hm_refusal(self);
    }
    for (uint32_t i = 0; i < draft->pin_count; i++) {
        if (is_pattern_of(&draft->pins[i], pattern)) {
            memmove(&draft->pins[i], &draft->pins[i + 1u],
                    (draft->pin_count - i - 1u) * sizeof draft->pins[0]);
            draft->pin_count--;
            memset(&draft->pins[draft->pin_count], 0, sizeof draft->pins[0]);
            return finish(self, now_ns, hm_config_validate_running, why);
        }
    }
    return refuse(HMX_E_CONFIG, why, "there is no pin with this pattern");
}

static hmx_status rebalance_now(hmx_instance *self, uint64_t now_ns, hmx_text *why)
{
    (void)why;
    if (hm_instance_check(self) != HMX_OK || now_ns < self->core.now_ns) {
        return hm_refusal(self);
    }
    self->core.now_ns = now_ns;
    self->core.control.force = 1;
    if (self->host.request_tick != NULL) {
        self->host.request_tick(self->host.ctx);
    }
    return HMX_OK;
}

static hmx_status write_config(hmx_instance *self, const hmx_writer *to)
{
    if (hm_instance_check(self) != HMX_OK || to == NULL || to->size < HMX_WRITER_SIZE_VER0 ||
        to->write == NULL) {
        return hm_refusal(self);
    }
    return hm_config_write(self->core.config, to);
}

const hmx_tuning_v1 HM_TUNING_EXTENSION = {
    .size = sizeof(hmx_tuning_v1),
    .set_tuning_model = set_tuning_model,
    .set_custom_pid_params = set_custom_pid_params,
    .set_deadband = set_deadband,
    .set_evaluation_interval = set_evaluation_interval,
    .set_min_reassignment_interval = set_min_reassignment_interval,
    .set_targets = set_targets,
    .set_upstream_enabled = set_upstream_enabled,
    .set_mode = set_mode,
    .pin = pin,
    .unpin = unpin,
    .rebalance_now = rebalance_now,
    .write_config = write_config,
};
