/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/base/json.h"

#include <math.h>

#include "host_stub/base/text.h"

enum { DIGITS = 15 };

json_t *hs_json_real(double value, unsigned decimals)
{
    return isfinite(value) ? json_real(hs_round_decimals(value, decimals)) : json_null();
}

void hs_json_put(json_t *object, const char *name, json_t *value)
{
    (void)json_object_set_new(object, name, value);
}

void hs_json_count(json_t *object, const char *name, uint64_t value)
{
    hs_json_put(object, name, json_integer((json_int_t)value));
}

void hs_json_text(json_t *object, const char *name, const char *text)
{
    hs_json_put(object, name, json_string(text));
}

void hs_json_number(json_t *object, const char *name, double value, unsigned decimals)
{
    hs_json_put(object, name, hs_json_real(value, decimals));
}

static char *dump(json_t *value, size_t flags)
{
    char *const text =
        value != NULL ? json_dumps(value, flags | JSON_REAL_PRECISION(DIGITS)) : NULL;
    json_decref(value);
    return text;
}

char *hs_json_line(json_t *value)
{
    return dump(value, JSON_COMPACT);
}

char *hs_json_page(json_t *value)
{
    return dump(value, JSON_INDENT(2));
}
