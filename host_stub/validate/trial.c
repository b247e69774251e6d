/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/validate/trial.h"

#include <stdarg.h>
#include <stdio.h>

void hs_trial_say(hs_trial *trial, enum hs_verdict verdict, const char *format, ...)
{
    if (verdict <= trial->verdict) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(trial->text, sizeof trial->text, format, arguments);
    va_end(arguments);
    trial->verdict = verdict;
}
