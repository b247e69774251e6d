/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/base/options.h"

#include "host_stub/base/text.h"

int hs_option_whole(const char *name, const char *value, uint64_t least, uint64_t most,
                    uint64_t *out, char *why, size_t capacity)
{
    if (hs_parse_whole(value, out) != 0 || *out < least || *out > most) {
        return hs_refuse(why, capacity, "%s takes a whole number from %llu to %llu, not '%s'", name,
                         (unsigned long long)least, (unsigned long long)most, value);
    }
    return 0;
}

int hs_option_u32(const char *name, const char *value, uint64_t least, uint64_t most, uint32_t *out,
                  char *why, size_t capacity)
{
    uint64_t number = 0;
    const int rc = hs_option_whole(name, value, least, most, &number, why, capacity);
    *out = rc == 0 ? (uint32_t)number : *out;
    return rc;
}

int hs_option_number(const char *name, const char *value, double least, double most, double *out,
                     char *why, size_t capacity)
{
    char from[32];
    char to[32];
    if (hs_parse_decimal(value, out) != 0 || *out < least || *out > most) {
        return hs_refuse(why, capacity, "%s takes a number from %s to %s, not '%s'", name,
                         hs_format_fixed(from, sizeof from, least, 3),
                         hs_format_fixed(to, sizeof to, most, 0), value);
    }
    return 0;
}

int hs_option_secs(const char *name, const char *value, double least, double most, uint64_t *out_ms,
                   char *why, size_t capacity)
{
    double seconds = 0.0;
    if (hs_option_number(name, value, least, most, &seconds, why, capacity) != 0) {
        return -1;
    }
    *out_ms = (uint64_t)(seconds * 1000.0 + 0.5);
    return 0;
}
