/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <signal.h>

#include "plugin/base/check.h"

Test(check, what_holds_is_no_matter)
{
    hm_alarm alarm = {0};
    HM_MUST(&alarm, 1 + 1 == 2);
    cr_assert(HM_HOLDS(NULL, alarm.where == NULL) && alarm.what == NULL);
}

Test(check, what_does_not_hold_ends_a_test, .signal = SIGABRT)
{
    hm_alarm alarm = {0};
    HM_MUST(&alarm, 1 + 1 == 3);
}
