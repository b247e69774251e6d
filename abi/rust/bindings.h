/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * bindings: what abi/rust/make-bindings turns into src/bindings.rs.
 */
#include "abi/hmx_abi.h"
#include "abi/hmx_metrics.h"
#include "abi/hmx_tuning.h"
