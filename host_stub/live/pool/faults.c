/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/pool/faults.h"

#include <string.h>

#include "host_stub/base/text.h"

enum { WORD_SIZE = 64 };

typedef struct kind_entry {
    const char *name;
    double value; /* when none is given; 0 = it takes none */
    double least;
    double most;
} kind_entry;

static const kind_entry KINDS[HS_POOL_FAULT_KINDS] = {
    [HS_POOL_REFUSE] = {"refuse", 0.0, 0.0, 0.0},
    [HS_POOL_DOWN] = {"down", 0.0, 0.0, 0.0},
    [HS_POOL_FLAP] = {"flap", 2.0, 0.05, 3600.0},
    [HS_POOL_GREY] = {"grey", 0.5, 0.0, 1.0},
    [HS_POOL_SLOW] = {"slow", 2.0, 0.0, 600.0},
    [HS_POOL_EASIER] = {"easier-target", 16.0, 1.0, 1e6},
    [HS_POOL_STALL] = {"stall", 0.0, 0.0, 0.0},
    [HS_POOL_PREFIX_CHANGE] = {"prefix-change", 0.0, 0.0, 0.0},
    [HS_POOL_CLOSE] = {"close", 0.0, 0.0, 0.0},
    [HS_POOL_RECONNECT] = {"reconnect", 0.0, 0.0, 0.0},
    [HS_POOL_GARBAGE] = {"garbage", 0.0, 0.0, 0.0},
    [HS_POOL_HALF_FRAME] = {"half-frame", 0.0, 0.0, 0.0},
    [HS_POOL_TIP] = {"tip", 0.0, 0.0, 0.0},
    [HS_POOL_REFRESH] = {"refresh", 0.0, 0.0, 0.0},
};

static const char NAMES[] = "refuse, down, flap, grey, slow, easier-target, stall, prefix-change, "
                            "close, reconnect, garbage, half-frame, tip and refresh";

const char *hs_pool_fault_name(enum hs_pool_fault_kind kind)
{
    return KINDS[kind].name;
}

/* Copies what stands at *text up to one of `ends` into `word` and moves *text there. 0, or -1 when
 * it does not fit. */
static int take_word(const char **text, const char *ends, char word[WORD_SIZE])
{
    const size_t len = strcspn(*text, ends);
    if (len >= WORD_SIZE) {
        return -1;
    }
    memcpy(word, *text, len);
    word[len] = '\0';
    *text += len;
    return 0;
}

static int find_kind(const char *name, enum hs_pool_fault_kind *kind)
{
    for (int i = 0; i < HS_POOL_FAULT_KINDS; i++) {
        if (strcmp(KINDS[i].name, name) == 0) {
            *kind = (enum hs_pool_fault_kind)i;
            return 0;
        }
    }
    return -1;
}

static int read_value(enum hs_pool_fault_kind kind, const char *text, double *out, char *why,
                      size_t capacity)
{
    const kind_entry *const entry = &KINDS[kind];
    char least[24];
    char most[24];
    if (entry->most <= 0.0) {
        return hs_refuse(why, capacity, "the fault %s takes no value", entry->name);
    }
    if (hs_parse_decimal(text, out) != 0 || *out < entry->least || *out > entry->most) {
        return hs_refuse(why, capacity, "the value of %s is a number from %s to %s, not '%s'",
                         entry->name, hs_format_fixed(least, sizeof least, entry->least, 2),
                         hs_format_fixed(most, sizeof most, entry->most, 0), text);
    }
    return 0;
}

static int read_seconds(const char *text, uint64_t *ms)
{
    double seconds = 0.0;
    if (hs_parse_decimal(text, &seconds) != 0 || seconds > 1e9) {
        return -1;
    }
    *ms = (uint64_t)(seconds * 1000.0 + 0.5);
    return 0;
}

int hs_pool_fault_parse(const char *text, hs_pool_fault *out, char *why, size_t capacity)
{
    char name[WORD_SIZE];
    char at[WORD_SIZE];
    char lasts[WORD_SIZE] = "";
    const char *rest = text;
    hs_pool_fault fault;
    memset(&fault, 0, sizeof fault);
    if (take_word(&rest, "@", name) != 0 || find_kind(name, &fault.kind) != 0) {
        return hs_refuse(why, capacity, "there is no fault '%.*s'; there are %s",
                         (int)strcspn(text, "@"), text, NAMES);
    }
    fault.value = KINDS[fault.kind].value;
    if (*rest++ != '@' || take_word(&rest, "+=", at) != 0 || read_seconds(at, &fault.at_ms) != 0) {
        return hs_refuse(why, capacity,
                         "a fault is NAME@START[+DURATION][=VALUE] with seconds, such as "
                         "down@12+5 or grey@10+20=0.3, not '%s'",
                         text);
    }
    if (*rest == '+') {
        rest++;
        if (take_word(&rest, "=", lasts) != 0 || read_seconds(lasts, &fault.lasts_ms) != 0 ||
            fault.lasts_ms == 0) {
            return hs_refuse(why, capacity, "'%s': the duration is a number of seconds above 0",
                             text);
        }
    }
    if (*rest == '=' && read_value(fault.kind, rest + 1, &fault.value, why, capacity) != 0) {
        return -1;
    }
    *out = fault;
    return 0;
}

int hs_pool_fault_parse_line(const char *line, hs_pool_fault *out, int *on, char *why,
                             size_t capacity)
{
    char name[WORD_SIZE];
    const char *rest = line;
    hs_pool_fault fault;
    memset(&fault, 0, sizeof fault);
    *on = 1;
    if (strcmp(line, "up") == 0) {
        fault.kind = HS_POOL_DOWN;
        *on = 0;
        *out = fault;
        return 0;
    }
    if (take_word(&rest, " ", name) != 0 || find_kind(name, &fault.kind) != 0) {
        return hs_refuse(why, capacity,
                         "there is no command '%.*s'; there are %s, up, stats and "
                         "quit",
                         (int)strcspn(line, " "), line, NAMES);
    }
    fault.value = KINDS[fault.kind].value;
    rest += strspn(rest, " ");
    if (strcmp(rest, "off") == 0) {
        if (fault.kind >= HS_POOL_LASTING) {
            return hs_refuse(why, capacity, "%s happens at once and cannot be switched off", name);
        }
        *on = 0;
    } else if (*rest != '\0' && read_value(fault.kind, rest, &fault.value, why, capacity) != 0) {
        return -1;
    }
    *out = fault;
    return 0;
}

/* Half a period of the flap, in milliseconds. */
static uint64_t flap_ms(const hs_pool_state *state)
{
    const double ms = state->value[HS_POOL_FLAP] * 1000.0;
    return ms >= 1.0 ? (uint64_t)ms : 1;
}

int hs_pool_state_is_down(const hs_pool_state *state, uint64_t now_ms)
{
    if (state->on[HS_POOL_DOWN]) {
        return 1;
    }
    return state->on[HS_POOL_FLAP] &&
           (now_ms - state->since_ms[HS_POOL_FLAP]) / flap_ms(state) % 2 == 0;
}

uint64_t hs_pool_state_next_ms(const hs_pool_state *state, uint64_t now_ms)
{
    if (!state->on[HS_POOL_FLAP]) {
        return UINT64_MAX;
    }
    const uint64_t since = state->since_ms[HS_POOL_FLAP];
    return since + ((now_ms - since) / flap_ms(state) + 1) * flap_ms(state);
}

/* When the fault has its next moment: its beginning or, begun, its end. */
static uint64_t moment_of(const hs_pool_fault *fault)
{
    if (!fault->begun) {
        return fault->at_ms;
    }
    const int ends = fault->lasts_ms > 0 && fault->kind < HS_POOL_LASTING && !fault->ended;
    return ends ? fault->at_ms + fault->lasts_ms : UINT64_MAX;
}

static size_t next_index(const hs_pool_fault *faults, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++) {
        if (moment_of(&faults[i]) < moment_of(&faults[best])) {
            best = i;
        }
    }
    return best;
}

const hs_pool_fault *hs_pool_faults_due(hs_pool_fault *faults, size_t count, uint64_t now_ms,
                                        int *begins)
{
    hs_pool_fault *const fault = count > 0 ? &faults[next_index(faults, count)] : NULL;
    if (fault == NULL || moment_of(fault) > now_ms || moment_of(fault) == UINT64_MAX) {
        return NULL;
    }
    *begins = !fault->begun;
    fault->ended = fault->begun;
    fault->begun = 1;
    return fault;
}

uint64_t hs_pool_faults_next_ms(const hs_pool_fault *faults, size_t count)
{
    return count > 0 ? moment_of(&faults[next_index(faults, count)]) : UINT64_MAX;
}
