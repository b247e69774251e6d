/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Replaces plugin/control/law.c in a plugin that lacks one part of the control law: compiled with
 * HM_WITHOUT as the part's number, in the order of hm_law. */
#include "plugin/control/law.h"

const hm_law HM_LAW = {
    .back_calculation = HM_WITHOUT != 1,
    .swaps = HM_WITHOUT != 2,
    .hold_time = HM_WITHOUT != 3,
    .change_detection = HM_WITHOUT != 4,
    .acceptance_correction = HM_WITHOUT != 5,
    .canary = HM_WITHOUT != 6,
    .arrival_patience = HM_WITHOUT != 7,
    .blame = HM_WITHOUT != 8,
    .common_change = HM_WITHOUT != 9,
    .integral_limit = HM_WITHOUT != 10,
    .bearable_gains = HM_WITHOUT != 11,
    .still_command = HM_WITHOUT != 12,
    .slicing_by_the_clock = HM_WITHOUT != 13,
};
