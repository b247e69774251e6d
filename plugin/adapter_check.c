/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * adapter_check: what more than one hook asks about its arguments (see adapter.h).
 */
#include <math.h>
#include <string.h>

#include "plugin/adapter.h"
#include "plugin/base/rare.h"

int hm_is_quantity(double value)
{
    return isfinite(value) && value >= 0.0;
}

double hm_core_hashrate(double hashes_per_second)
{
    const double most = 1e21;
    return (hashes_per_second < most ? hashes_per_second : most) / HM_HASHES_PER_WORK;
}

int hm_rows_are_sound(const void *rows, uint32_t stride, uint32_t capacity, size_t least)
{
    if (capacity > 0 && (rows == NULL || stride < least)) {
        return 0;
    }
    for (uint32_t i = 0; i < capacity; i++) {
        uint32_t size = 0;
        memcpy(&size, (const unsigned char *)rows + (size_t)i * stride, sizeof size);
        if (size < least || size > stride) {
            return 0;
        }
    }
    return 1;
}

HM_RARE hmx_status hm_poisoned(const hmx_instance *self)
{
    char line[256];
    hm_text text;
    hm_text_init(&text, line, sizeof line);
    hm_text_addf(&text,
                 "this is a fault of the plugin, which stops here; please report it: %s in %s does "
                 "not hold",
                 self->alarm.what, self->alarm.where);
    hm_core_log(&self->core, HMX_LOG_ERROR, line);
    return HMX_E_FATAL;
}
