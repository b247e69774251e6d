/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/sv2/share_target.h"

#include <string.h>

#define HASHES_MOST (UINT64_C(1) << 55)

hs_sv2_u256 hs_lpool_target(double hashes)
{
    hs_sv2_u256 target;
    memset(target.byte, 0xff, sizeof target.byte);
    /* Written so that what is not a number counts as 1. */
    if (!(hashes >= 1.5)) {
        return target;
    }
    const uint64_t divisor = hashes < (double)HASHES_MOST ? (uint64_t)(hashes + 0.5) : HASHES_MOST;
    /* 2^256 / divisor, digit by digit in base 256; the remainder stays below 2^55. */
    uint64_t remainder = 1;
    for (int i = 31; i >= 0; i--) {
        const uint64_t value = remainder * 256;
        target.byte[i] = (uint8_t)(value / divisor);
        remainder = value % divisor;
    }
    /* The hashes that meet a target are those up to it, 0 included. */
    for (int i = 0; i < 32 && target.byte[i]-- == 0; i++) {
    }
    return target;
}

double hs_lpool_hashes(double difficulty)
{
    return difficulty * 281474976710656.0 / 65535.0;
}
