/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * core_log: one line for the operator (see core.h).
 */
#include <stdarg.h>

#include "plugin/core/core.h"

void hm_core_logf(const hm_core *core, uint32_t level, const char *format, ...)
{
    char line[240];
    hm_text text;
    va_list args;
    hm_text_init(&text, line, sizeof line);
    va_start(args, format);
    hm_text_addv(&text, format, args);
    va_end(args);
    hm_core_log(core, level, line);
}
