/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A plugin with a fault: a pool without a job is used. */
#include "plugin/farm/upstreams.h"

#define HMX_NO 9 /* which no host says */
#include "plugin/farm/upstreams.c"
