/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * state: what the law has learned that a restart of the proxy should not lose: what each upstream
 * is owed (the ledger's windowed and total error), its controller's terms, how it accepts shares,
 * its failures within the hour and what remains of a hold-down, the luck of the farm's shares, and
 * what was measured of each miner's hashrate, and which peers a move disconnects or does not reach.
 *
 * Not in it: the configuration (the host has it, and write_config for changes made at run time),
 * channels, decisions and prefixes (they end with the connections), counters since create, and
 * verdicts in doubt about a pool: a new connection starts unsuspected. Upstreams are matched by
 * their id, miners by their user_identity.
 *
 * A restart takes every pool down and up, and nobody catches up for that in general. So what was
 * loaded waits: the first time that a restored upstream can be used again it keeps its accounts,
 * and the debts are not clamped to what the part of the farm that is back could work off, both for
 * HM_STATE_GRACE_NS. The bytes are state_bytes.h's business, the host's streams adapter_state.c's.
 */
#ifndef PLUGIN_CORE_STATE_H
#define PLUGIN_CORE_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "abi/hmx_abi.h"
#include "plugin/base/text.h"
#include "plugin/core/core.h"

/* Writes the state at core->now_ns in one call of to->write; changes nothing, so that an instance
 * that saves decides as one that does not. The same state gives the same bytes. HMX_OK; HMX_E_NOMEM
 * before anything was written; HMX_E_IO when the writer refused. */
hmx_status hm_state_save(const hm_core *core, const hmx_writer *to);

/* Takes over a state, all or nothing. The instance is fresh: no event yet, nothing loaded. `size`
 * is what hm_state_head said. HMX_OK, and core->now_ns is now_ns; HMX_E_CORRUPT with the sentence
 * in why; HMX_E_NOMEM. Upstreams that are only in the state or only in the configuration are named
 * in the log. */
hmx_status hm_state_load(hm_core *core, const uint8_t *bytes, size_t size, uint64_t now_ns,
                         hm_text *why);

#endif
