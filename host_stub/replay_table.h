/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * replay_table: the account at the end of a replay, as text on standard output.
 */
#ifndef HOST_STUB_REPLAY_TABLE_H
#define HOST_STUB_REPLAY_TABLE_H

#include "host_stub/replay_bridge.h"

void hs_replay_print_table(const hs_bridge *bridge);

#endif
