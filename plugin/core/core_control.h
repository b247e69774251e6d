/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * core_control: the control law, from what was delivered to what is wanted.
 *
 * The plant has no lag: the allocation is ours and known at once. So the command is feed-forward
 * (the effective target) plus the PID correction for what was really delivered, and the planner
 * goes there in one step. The law and its measured results are those of README, "How it decides".
 * Internal to the core.
 */
#ifndef PLUGIN_CORE_CORE_CONTROL_H
#define PLUGIN_CORE_CORE_CONTROL_H

#include "plugin/core/core.h"

#define HM_BALANCE_GAIN 0.05 /* 1/min: sigma-delta gain when Ki = 0 */

double hm_control_interval_s(const hm_core *core);

/* Hashrate allocated to the upstreams that take part. */
double hm_control_hashrate(const hm_core *core);

/* 0 where any target can be met with whole channels, 1 where they have to be sliced; 0 too when the
 * owner does not want that. */
double hm_control_coarseness(const hm_core *core);

/* The gain with which the ledger's debt counts [1/min]: Ki, or what a farm needs whose channels are
 * coarser than its targets. There a channel changes over when the debts have grown by half its own
 * share of the farm over this gain; with the Ki of Conservative a single miner would leave a pool
 * of 3 % without work for a day. */
double hm_control_debt_gain(const hm_core *core);

/* The law for an interval of dt_s seconds: gains, deadband, controllers, command. Returns 1 when
 * the deviation is worth a plan. */
int hm_control_command(hm_core *core, double dt_s);

/* What whole channels could not express, or the host refused, decays from the ledger with time
 * constant 1/Ki, instead of being paid back when it suddenly becomes possible. Looks at what the
 * last evaluation wanted and at what became of it, so that it must come before the next one.
 * When the host refused, nothing is kept to be sliced later. */
void hm_control_bleed(hm_core *core, double hashrate, double dt_s);

#endif
