/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/base/fmath.h"

#include <math.h>

static const double LN2_HIGH =
    0x1.62e42fee00000p-1; /* 33 bits: k * LN2_HIGH is exact for k < 2^20 */
static const double LN2_LOW = 0x1.a39ef35793c76p-33;

double hm_decay(double elapsed, double time_constant)
{
    const double x = elapsed / time_constant;
    if (!(x > 0.0)) {
        return 1.0;
    }
    if (x > 740.0) {
        return 0.0;
    }
    const int k = (int)(x * 1.4426950408889634);
    const double r = (x - (double)k * LN2_HIGH) - (double)k * LN2_LOW; /* about 0..ln 2 */
    double sum = 1.0;
    for (int i = 20; i >= 1; i--) {
        sum = 1.0 - sum * r / (double)i; /* Taylor series of exp(-r), Horner's way */
    }
    return ldexp(sum, -k); /* exact: a power of two */
}

double hm_clamp(double x, double low, double high)
{
    if (!(x >= low)) {
        return low;
    }
    return x > high ? high : x;
}
