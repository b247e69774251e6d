/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * replay/table: what a replay prints on standard output beside its sentences: a message's fields,
 * and the account at the end. */
#ifndef HOST_STUB_REPLAY_TABLE_H
#define HOST_STUB_REPLAY_TABLE_H

#include "host_stub/replay/bridge.h"
#include "host_stub/sv2/types.h"

/* The fields that say more than the sentence behind them, each after a blank. */
void hs_replay_print_fields(const hs_sv2_message *message);

void hs_replay_print_table(const hs_replay *bridge);

#endif
