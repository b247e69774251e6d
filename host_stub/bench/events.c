/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/bench/events.h"

#include <stdlib.h>
#include <string.h>

enum { INSTANTS_MAX = 100000 };

/* Keeps the events in the order of time; a second that is there already stays as it is. */
static void add(hs_bench_run *run, const hs_event_spec *event, uint64_t second, uint32_t begins)
{
    uint32_t at = run->event_count;
    if (second >= run->seconds) {
        return;
    }
    while (at > 0 && run->events[at - 1].second > second) {
        at--;
    }
    if (at > 0 && run->events[at - 1].second == second) {
        return;
    }
    if (run->event_count == HS_BENCH_EVENTS_MAX) {
        run->events_left_out++;
        return;
    }
    memmove(&run->events[at + 1], &run->events[at],
            (run->event_count - at) * sizeof run->events[0]);
    run->event_count++;
    hs_bench_event *const e = &run->events[at];
    *e = (hs_bench_event){.second = second, .kind = event->kind, .begins = begins};
    memcpy(e->name, event->name, sizeof e->name);
}

void hs_bench_events(const hs_scenario *scenario, hs_bench_run *run)
{
    run->events_left_out = 0;
    run->event_count = 1;
    run->events[0] = (hs_bench_event){.begins = 1, .name = "start"};
    for (uint32_t i = 0; i < scenario->event_count; i++) {
        const hs_event_spec *const event = &scenario->events[i];
        for (uint32_t k = 0; k < event->times; k++) {
            uint64_t at = event->at[k];
            for (int n = 0; n < INSTANTS_MAX && at < run->seconds; n++) {
                add(run, event, at, 1);
                if (event->lasts > 0) {
                    add(run, event, at + event->lasts, 0);
                }
                if (event->every == 0 || at + event->every >= event->until) {
                    break;
                }
                at += event->every;
            }
        }
    }
}
