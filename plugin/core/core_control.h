/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * core_control: the control law, from what was delivered to what is wanted.
 *
 * The plant has no lag: the allocation is ours and known at once. So the command is feed-forward
 * (the effective target) plus the PID correction for what was really delivered, and the planner
 * goes there in one step. The law is told in plugin/CONTROL.md.
 * Internal to the core.
 */
#ifndef PLUGIN_CORE_CORE_CONTROL_H
#define PLUGIN_CORE_CORE_CONTROL_H

#include "plugin/core/core.h"

#define HM_BALANCE_GAIN 0.05 /* 1/min: sigma-delta gain when Ki = 0 */

/* The least time between two moves of one miner. */
uint64_t hm_control_dwell_ns(const hm_core *core);

double hm_control_interval_s(const hm_core *core);

/* Does any upstream take part? */
int hm_control_any_usable(const hm_core *core);

/* Hashrate allocated to the upstreams that take part. */
double hm_control_hashrate(const hm_core *core);

/* 0 where any target can be met with whole channels, 1 where they have to be sliced; 0 too when the
 * owner does not want that. */
double hm_control_coarseness(const hm_core *core);

/* What will work for upstream i + 1 when it can be used, in hashrate: of the farm as it is, by the
 * targets, however its pool's connection stands. */
double hm_control_wanted(const hm_core *core, uint32_t i);

/* The gain with which the ledger's debt counts [1/min]: Ki, or what a farm needs whose channels are
 * coarser than its targets. There a channel changes over when the debts have grown by half its own
 * share of the farm over this gain; with the Ki of Conservative a single miner would leave a pool
 * of 3 % without work for a day. */
double hm_control_debt_gain(const hm_core *core);

/* Books the credited work up to now under the targets valid until now; call before any of them
 * changes. */
void hm_core_settle(hm_core *core);
/* The ledger as it is after that, in a copy. */
void hm_core_settled_ledger(const hm_core *core, hm_ledger *out);

/* Recomputes usable, effective target and command after a change of what they depend on. */
void hm_core_retarget(hm_core *core);

/* Forgets what an upstream is owed, in the ledger and in the controller. */
void hm_core_forgive(hm_core *core, uint32_t upstream);

/* Was a state loaded so lately that the farm may still be on its way back? */
int hm_core_is_coming_back(const hm_core *core);
/* The hashrate of the farm, or what it was before the restart while it comes back. */
double hm_core_expected_hashrate(const hm_core *core, double hashrate);

/* The law for an interval of dt_s seconds: gains, deadband, controllers, command. Returns 1 when
 * the deviation is worth a plan. */
int hm_control_command(hm_core *core, double dt_s);

/* The largest |command - allocation| as it is now, in points; hashrate: hm_control_hashrate, more
 * than 0. */
double hm_control_deviation(const hm_core *core, double hashrate);

/* Turns fractions of accepted work into those of hashrate: a pool that rejects a tenth needs a
 * tenth more of it. */
void hm_control_correct_for_rejects(const hm_core *core, const double *wanted, double *corrected);

/* What whole channels could not express, or the host refused, decays from the ledger with time
 * constant 1/Ki, instead of being paid back when it suddenly becomes possible. Looks at what the
 * last evaluation wanted and at what became of it, so that it must come before the next one.
 * When the host refused, nothing is kept to be sliced later. */
void hm_control_bleed(hm_core *core, double hashrate, double dt_s);

#endif
