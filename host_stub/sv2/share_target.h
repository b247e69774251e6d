/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sv2/share_target: how hard a pool makes a share, as real pools do: so that a channel of this hash
 * rate finds so many per minute. Pure arithmetic. */
#ifndef HOST_STUB_SV2_SHARE_TARGET_H
#define HOST_STUB_SV2_SHARE_TARGET_H

#include "host_stub/sv2/types.h"

/* The target that one of `hashes` hashes meets, on average: 2^256 / hashes - 1. `hashes` is rounded
 * to a whole number; up to 1 every hash meets it, and above 2^55 it is taken for that. */
hs_sv2_u256 hs_lpool_target(double hashes);

/* How many hashes a share of this difficulty stands for: difficulty * 2^48 / 65535. */
double hs_lpool_hashes(double difficulty);

#endif
