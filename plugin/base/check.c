/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/base/check.h"

#include <stddef.h>
#ifdef HM_BROKEN_ABORTS
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#endif

int hm_alarm_raise(hm_alarm *alarm, const char *where, const char *what)
{
#ifdef HM_BROKEN_ABORTS
    (void)alarm;
    (void)dprintf(STDERR_FILENO, "broken in %s: %s\n", where, what);
    abort();
#else
    if (alarm != NULL && alarm->where == NULL) {
        alarm->where = where;
        alarm->what = what;
    }
    return 0;
#endif
}
