/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/control/law.h"

const hm_law HM_LAW = {
    .back_calculation = 1,
    .swaps = 1,
    .hold_time = 1,
    .change_detection = 1,
    .acceptance_correction = 1,
    .canary = 1,
    .arrival_patience = 1,
    .blame = 1,
    .common_change = 1,
    .integral_limit = 1,
    .bearable_gains = 1,
    .still_command = 1,
    .slicing_by_the_clock = 1,
};
