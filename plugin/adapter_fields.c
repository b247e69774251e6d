/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/adapter_fields.h"

#include <string.h>

static const char *const MODES[] = {"none", "live", "observe", "paused", NULL};
static const char *const MODELS[] = {
    "none", "aggressive", "balanced", "conservative", "proportional_only", "custom", NULL};
static const char *const DEADBANDS[] = {"none", "auto", "points", NULL};
static const char *const TRIS[] = {"unknown", "yes", "no", NULL};
static const char *const STATES[] = {"unknown", "connecting", "up", "draining", "down", NULL};
static const char *const REASONS[] = {"none", "connect_failed", "lost", "refused", "host", NULL};
static const char *const OUTS[] = {"none", "removed", "disabled", "latched", "down", "no_job",
                                   "held", "rejects", "silent",   "trial",   NULL};

#define GAUGE      0
#define COUNTER    1
#define PERCENT    0.01      /* percentages and points as ratios */
#define POINT_MINS 0.6       /* point x minutes as ratio x seconds */
#define PER_MINUTE (1 / 60.) /* 1/min as 1/s */
#define MINUTES    60.0
#define NANOS      1e-9

/* clang-format off */
#define S(member) #member, offsetof(hmx_snapshot, member)
#define R(member) #member, offsetof(hmx_upstream_metrics, member)
#define S_FLAG(word, bit) word, offsetof(hmx_snapshot, flags), HM_FIELD_FLAG, bit
#define R_FLAG(word, bit) word, offsetof(hmx_upstream_metrics, flags), HM_FIELD_FLAG, bit

const hm_field HM_SNAPSHOT_FIELDS[] = {
    {S(now_ns), HM_FIELD_U64, 0, "host_clock_seconds", GAUGE, NANOS,
     "The host's monotonic clock at the last call that carried it.", NULL},
    {S_FLAG("all_down", HMX_SNAPSHOT_ALL_DOWN), "all_down", GAUGE, 1,
     "1 while no pool can be used.", NULL},
    {S_FLAG("saturated", HMX_SNAPSHOT_SATURATED), "saturated", GAUGE, 1,
     "1 when the last plan could not reach the command with whole channels.", NULL},
    {S_FLAG("burst", HMX_SNAPSHOT_BURST), "burst", GAUGE, 1,
     "1 while a plan is carried out over several evaluations.", NULL},
    {S_FLAG("gains_limited", HMX_SNAPSHOT_GAINS_LIMITED), "gains_limited", GAUGE, 1,
     "1 when the gains that are set are more than the evaluation interval bears.", NULL},
    {S_FLAG("by_hand", HMX_SNAPSHOT_BY_HAND), "by_hand", GAUGE, 1,
     "1 while targets that were set by hand hold instead of a schedule's.", NULL},
    {S(schedule), HM_FIELD_U32, 0, "schedule", GAUGE, 1,
     "Which schedule holds, in the order of the file from 1; 0 = none.", NULL},
    {S(mode), HM_FIELD_U32, 0, "mode", GAUGE, 1, "1 live, 2 observe, 3 paused.", MODES},
    {S(channels), HM_FIELD_U32, 0, "channels", GAUGE, 1, "Open channels.", NULL},
    {S(pending), HM_FIELD_U32, 0, "pending_decisions", GAUGE, 1,
     "Decisions that are not answered yet; in observe mode those that are withheld.", NULL},
    {S(hashrate), HM_FIELD_DOUBLE, 0, "hashrate_hashes_per_second", GAUGE, 1,
     "Estimate of all open channels.", NULL},
    {S(tuning_model), HM_FIELD_U32, 0, "tuning_model", GAUGE, 1,
     "The tuning model in effect, by its label.", MODELS},
    {S(evaluation_interval_secs), HM_FIELD_U32, 0, "evaluation_interval_seconds", GAUGE, 1,
     "How often the split is judged.", NULL},
    {S(kp_set), HM_FIELD_DOUBLE, 0, "proportional_gain_set", GAUGE, 1,
     "Kp as configured.", NULL},
    {S(ki_set), HM_FIELD_DOUBLE, 0, "integral_gain_set_per_second", GAUGE, PER_MINUTE,
     "Ki as configured.", NULL},
    {S(kd_set), HM_FIELD_DOUBLE, 0, "derivative_gain_set_seconds", GAUGE, MINUTES,
     "Kd as configured.", NULL},
    {S(kp_effective), HM_FIELD_DOUBLE, 0, "proportional_gain", GAUGE, 1,
     "Kp in effect.", NULL},
    {S(ki_effective), HM_FIELD_DOUBLE, 0, "integral_gain_per_second", GAUGE, PER_MINUTE,
     "Ki in effect.", NULL},
    {S(kd_effective), HM_FIELD_DOUBLE, 0, "derivative_gain_seconds", GAUGE, MINUTES,
     "Kd in effect.", NULL},
    {S(deadband_points), HM_FIELD_DOUBLE, 0, "deadband_set_ratio", GAUGE, PERCENT,
     "The deadband as configured; 0 when luck decides.", NULL},
    {S(deadband_effective_points), HM_FIELD_DOUBLE, 0, "deadband_ratio", GAUGE, PERCENT,
     "The deadband in force: a smaller deviation moves nobody.", NULL},
    {S(deviation_points), HM_FIELD_DOUBLE, 0, "deviation_ratio", GAUGE, PERCENT,
     "Largest deviation of the allocation from the command at the last evaluation.", NULL},
    {S(min_reassignment_interval_secs), HM_FIELD_U32, 0, "min_reassignment_interval_seconds", GAUGE,
     1, "A channel that was moved stays for so long.", NULL},
    {S(measure_on_accepted), HM_FIELD_U32, 0, "measure_on_accepted", GAUGE, 1,
     "1: what pools credited is measured, 2: what was submitted.", TRIS},
    {S(evaluations), HM_FIELD_U64, 0, "evaluations", COUNTER, 1, "Evaluations.", NULL},
    {S(decisions), HM_FIELD_U64, 0, "decisions", COUNTER, 1, "Decisions.", NULL},
    {S(moves_applied), HM_FIELD_U64, 0, "moves_applied", COUNTER, 1,
     "Decisions that were carried out.", NULL},
    {S(moves_refused), HM_FIELD_U64, 0, "moves_refused", COUNTER, 1,
     "Decisions that the host refused.", NULL},
    {S(moves_failed), HM_FIELD_U64, 0, "moves_failed", COUNTER, 1,
     "Decisions that the host tried in vain.", NULL},
    {S(moves_expired), HM_FIELD_U64, 0, "moves_expired", COUNTER, 1,
     "Decisions that nobody answered in time.", NULL},
    {S(moves_forced), HM_FIELD_U64, 0, "moves_forced", COUNTER, 1,
     "What the host moved or placed on its own.", NULL},
    {S(deadband), HM_FIELD_U32, 0, "deadband_kind", GAUGE, 1,
     "1: luck decides, 2: a number is set.", DEADBANDS},
    {S(stranded), HM_FIELD_U32, 0, "stranded_channels", GAUGE, 1,
     "Channels whose pool is gone and that may not be moved: they earn nothing.", NULL},
    {S(bad), HM_FIELD_U32, 0, "bad_channels", GAUGE, 1,
     "Channels whose shares are rejected by their own fault.", NULL},
    {S(withheld), HM_FIELD_U64, 0, "decisions_withheld", COUNTER, 1,
     "Decisions that observe mode did not hand out.", NULL},
};

const hm_field HM_ROW_FIELDS[] = {
    {R(upstream), HM_FIELD_U32, 0, "number", GAUGE, 1, "The number of the pool.", NULL},
    {R_FLAG("enabled", HMX_ROW_ENABLED), "enabled", GAUGE, 1, "1 when the owner wants it.", NULL},
    {R_FLAG("up", HMX_ROW_UP), "up", GAUGE, 1, "1 while the host says that it is up.", NULL},
    {R_FLAG("usable", HMX_ROW_USABLE), "usable", GAUGE, 1,
     "1 while it may be given channels.", NULL},
    {R_FLAG("removed", HMX_ROW_REMOVED), "removed", GAUGE, 1,
     "1 when it is no longer configured: its channels are leaving.", NULL},
    {R_FLAG("grey", HMX_ROW_GREY), "grey", GAUGE, 1,
     "1 while it is connected and rejects or swallows shares.", NULL},
    {R_FLAG("held_down", HMX_ROW_HELD_DOWN), "held_down", GAUGE, 1,
     "1 while it waits because it failed too often.", NULL},
    {R_FLAG("short_grant", HMX_ROW_SHORT_GRANT), "short_grant", GAUGE, 1,
     "1 when it grants fewer extranonce bytes than some channels need.", NULL},
    {R_FLAG("moves_fail", HMX_ROW_MOVES_FAIL), "moves_fail", GAUGE, 1,
     "1 while moves to it are refused or fail.", NULL},
    {R(priority), HM_FIELD_U32, 0, "priority", GAUGE, 1, "The smaller the earlier.", NULL},
    {R(channels), HM_FIELD_U32, 0, "channels", GAUGE, 1, "Channels that work for it.", NULL},
    {R(pending_in), HM_FIELD_U32, 0, "pending_in", GAUGE, 1, "Moves under way to it.", NULL},
    {R(pending_out), HM_FIELD_U32, 0, "pending_out", GAUGE, 1, "Moves under way from it.", NULL},
    {R(state), HM_FIELD_U32, 0, "state", GAUGE, 1,
     "0 not told, 1 connecting, 2 up, 3 draining, 4 down.", STATES},
    {R(target_pct), HM_FIELD_DOUBLE, 0, "target_ratio", GAUGE, PERCENT,
     "Its part of the farm's work, as configured.", NULL},
    {R(effective_pct), HM_FIELD_DOUBLE, 0, "effective_ratio", GAUGE, PERCENT,
     "Its target after health, pins and caps.", NULL},
    {R(command_pct), HM_FIELD_DOUBLE, 0, "command_ratio", GAUGE, PERCENT,
     "Wanted allocation: effective target and correction.", NULL},
    {R(allocated_pct), HM_FIELD_DOUBLE, 0, "allocated_ratio", GAUGE, PERCENT,
     "Of the estimated hashrate, with moves under way.", NULL},
    {R(actual_pct), HM_FIELD_DOUBLE, 0, "actual_ratio", GAUGE, PERCENT,
     "Of the work delivered within the measurement window.", NULL},
    {R(delivered_pct), HM_FIELD_DOUBLE, 0, "delivered_ratio", GAUGE, PERCENT,
     "Of the work delivered since the start.", NULL},
    {R(has_actual), HM_FIELD_U32, 0, "has_actual", GAUGE, 1,
     "1 while any work lies in the measurement window, else 2.", TRIS},
    {R(reason), HM_FIELD_U32, 0, "reason", GAUGE, 1,
     "Why it is not up: 0 not told, 1 cannot be connected to, 2 connection lost, 3 refused, 4 the "
     "host decided so.", REASONS},
    {R(hashrate), HM_FIELD_DOUBLE, 0, "hashrate_hashes_per_second", GAUGE, 1,
     "Estimate of the channels that work for it.", NULL},
    {R(acceptance_pct), HM_FIELD_DOUBLE, 0, "acceptance_ratio", GAUGE, PERCENT,
     "Accepted credit of what has a verdict.", NULL},
    {R(submitted), HM_FIELD_TALLY, 0, "submitted", COUNTER, 1, "sent to it", NULL},
    {R(accepted), HM_FIELD_TALLY, 0, "accepted", COUNTER, 1, "accepted by it", NULL},
    {R(not_forwarded), HM_FIELD_TALLY, 0, "not_forwarded", COUNTER, 1,
     "that the host kept because they miss its target", NULL},
    {R(lost), HM_FIELD_TALLY, 0, "lost", COUNTER, 1, "without an answer", NULL},
    {R(rejected_stale), HM_FIELD_TALLY, 0, "rejected_stale", COUNTER, 1,
     "rejected as stale", NULL},
    {R(rejected_low_difficulty), HM_FIELD_TALLY, 0, "rejected_low_difficulty", COUNTER, 1,
     "rejected as too easy", NULL},
    {R(rejected_duplicate), HM_FIELD_TALLY, 0, "rejected_duplicate", COUNTER, 1,
     "rejected as duplicates", NULL},
    {R(rejected_invalid_job), HM_FIELD_TALLY, 0, "rejected_invalid_job", COUNTER, 1,
     "rejected for their job", NULL},
    {R(rejected_other), HM_FIELD_TALLY, 0, "rejected_other", COUNTER, 1,
     "rejected for another reason", NULL},
    {R(rejected_local), HM_FIELD_TALLY, 0, "rejected_local", COUNTER, 1,
     "rejected by the host itself", NULL},
    {R(error_points), HM_FIELD_DOUBLE, 0, "error_ratio", GAUGE, PERCENT,
     "Input of the controller: setpoint less measurement.", NULL},
    {R(integral_point_min), HM_FIELD_DOUBLE, 0, "integral_ratio_seconds", GAUGE, POINT_MINS,
     "Input of the controller: the error since ever, as far as it is remembered.", NULL},
    {R(p_points), HM_FIELD_DOUBLE, 0, "proportional_ratio", GAUGE, PERCENT,
     "Proportional term of the controller.", NULL},
    {R(i_points), HM_FIELD_DOUBLE, 0, "integral_ratio", GAUGE, PERCENT,
     "Integral term of the controller.", NULL},
    {R(d_points), HM_FIELD_DOUBLE, 0, "derivative_ratio", GAUGE, PERCENT,
     "Derivative term of the controller.", NULL},
    {R(output_points), HM_FIELD_DOUBLE, 0, "output_ratio", GAUGE, PERCENT,
     "Output of the controller: the sum of its terms.", NULL},
    {R(missing_hashrate), HM_FIELD_DOUBLE, 0, "missing_hashes_per_second", GAUGE, 1,
     "What an absolute target or a minimum lacks.", NULL},
    {R(wanted_hashrate), HM_FIELD_DOUBLE, 0, "wanted_hashes_per_second", GAUGE, 1,
     "What will work for it when it can be used.", NULL},
    {R(out_reason), HM_FIELD_U32, 0, "out_reason", GAUGE, 1,
     "Why it gets no work or less: 0 it takes part, 1 removed, 2 disabled, 3 latched, 4 down, "
     "5 no job, 6 held, 7 rejects, 8 silent, 9 trial.", OUTS},
    {R(out_until_ns), HM_FIELD_U64, 0, "out_until_seconds", GAUGE, NANOS,
     "When that may end, by the host's monotonic clock; 0 = not known.", NULL},
    {R(trial_pct), HM_FIELD_DOUBLE, 0, "trial_ratio", GAUGE, PERCENT,
     "On trial: at most so much of the farm.", NULL},
    {R(owed_work), HM_FIELD_DOUBLE, 0, "owed_work", GAUGE, 1,
     "Work by which it was short-changed; less than 0: what it got too much.", NULL},
    {R(provisional_work), HM_FIELD_DOUBLE, 0, "provisional_work", GAUGE, 1,
     "Work that waits for its verdict.", NULL},
    {R(confirmed_work), HM_FIELD_DOUBLE, 0, "confirmed_work", GAUGE, 1,
     "Work delivered since the start, without that.", NULL},
    {R(wasted_hashrate), HM_FIELD_DOUBLE, 0, "wasted_hashes_per_second", GAUGE, 1,
     "Of the hashrate here, what the rejects cost.", NULL},
};
/* clang-format on */

const uint32_t HM_SNAPSHOT_FIELD_COUNT = sizeof HM_SNAPSHOT_FIELDS / sizeof HM_SNAPSHOT_FIELDS[0];
const uint32_t HM_ROW_FIELD_COUNT = sizeof HM_ROW_FIELDS / sizeof HM_ROW_FIELDS[0];

uint64_t hm_field_whole(const hm_field *field, const void *from)
{
    const unsigned char *const at = (const unsigned char *)from + field->offset;
    uint64_t wide = 0;
    uint32_t narrow = 0;
    if (field->type == HM_FIELD_U64) {
        memcpy(&wide, at, sizeof wide);
        return wide;
    }
    memcpy(&narrow, at, sizeof narrow);
    return field->type == HM_FIELD_FLAG ? (narrow & field->flag) != 0 : narrow;
}

double hm_field_number(const hm_field *field, const void *from)
{
    double number = 0.0;
    if (field->type != HM_FIELD_DOUBLE) {
        return (double)hm_field_whole(field, from);
    }
    memcpy(&number, (const unsigned char *)from + field->offset, sizeof number);
    return number;
}

hmx_tally hm_field_tally(const hm_field *field, const void *from)
{
    hmx_tally tally;
    memcpy(&tally, (const unsigned char *)from + field->offset, sizeof tally);
    return tally;
}

const char *hm_field_word(const hm_field *field, const void *from)
{
    const uint64_t value = hm_field_whole(field, from);
    uint64_t count = 0;
    while (field->words != NULL && field->words[count] != NULL) {
        count++;
    }
    return value < count ? field->words[value] : NULL;
}
