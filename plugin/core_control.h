/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * core_control: the control law, from what was delivered to what is wanted.
 *
 * The plant has no lag: the allocation is ours and known at once. So the command is feed-forward
 * (the effective target) plus the PID correction for what was really delivered, and the planner
 * goes there in one step. The law and its measured results are those of README, "How it decides".
 * Internal to the core.
 */
#ifndef PLUGIN_CORE_CONTROL_H
#define PLUGIN_CORE_CONTROL_H

#include "plugin/core.h"

#define HM_BALANCE_GAIN 0.05 /* 1/min: sigma-delta gain when Ki = 0 */

double hm_control_interval_s(const hm_core *core);

/* Hashrate allocated to the upstreams that take part. */
double hm_control_hashrate(const hm_core *core);

/* The law for an interval of dt_s seconds: gains, deadband, controllers, command. Returns 1 when
 * the deviation is worth a plan. */
int hm_control_command(hm_core *core, double dt_s);

/* What whole channels could not express decays from the ledger with time constant 1/Ki, instead of
 * being paid back when it suddenly becomes possible. */
void hm_control_bleed(hm_core *core, double hashrate, double dt_s);

#endif
