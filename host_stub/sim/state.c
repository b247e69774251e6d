/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/sim/state.h"

#include <stdio.h>
#include <string.h>

void hs_sim_second(hs_sim *sim, uint64_t second)
{
    sim->second = second;
    sim->link.now_ns = HS_SIM_START_NS + second * HS_NS_PER_SEC;
    sim->link.unix_ms = HS_SIM_START_UNIX_MS + second * 1000u;
}

void hs_sim_note(hs_sim *sim, const char *text)
{
    hs_sim_result *const result = sim->result;
    for (uint32_t i = 0; i < result->note_count; i++) {
        if (strncmp(result->notes[i], text, sizeof result->notes[i] - 1) == 0) {
            return;
        }
    }
    if (result->note_count < HS_NOTES_MAX) {
        snprintf(result->notes[result->note_count], sizeof result->notes[0], "%s", text);
        result->note_count++;
    }
}
